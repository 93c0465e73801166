-- +goose Up
-- Each time a report went from one desk to another: n is 1, 2, … within the
-- report, day YYYYMMDD. reason is sealed to the desk that let it go, or empty.
-- body_hash knows the same request when it is sent again.
create table hand_over (
	report text not null references report (id),
	n bigint not null,
	from_channel text not null,
	to_channel text not null,
	advised text not null,
	consent text not null,
	reason bytea not null,
	staff text not null,
	day bigint not null,
	body_hash bytea not null,
	primary key (report, n)
);
create index hand_over_from on hand_over (from_channel, day);

-- +goose Down
drop table hand_over;
