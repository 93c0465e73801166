-- +goose Up
-- received: unix seconds; on channels that keep only the day, midnight UTC of it.
-- rank: 0 child in danger, 1 child, 2 danger, 3 other.
create table report (
	id text primary key,
	channel text not null,
	epoch bigint not null,
	received bigint not null,
	rank smallint not null,
	unread smallint not null,
	state text not null,
	lang text not null,
	danger text not null,
	age text not null,
	kinds text not null,
	about_self text not null,
	spoken text not null,
	arrival text not null,
	marked smallint not null,
	reporter text not null,
	lookup_hash bytea not null unique,
	proof_hash bytea not null,
	body_hash bytea not null,
	content bytea not null,
	identity_key bytea not null,
	identity bytea not null
);
create index report_queue on report (channel, rank, received, id);
create index report_unread on report (channel, unread, rank);

create table message (
	report text not null references report (id),
	n bigint not null,
	sender text not null,
	staff text not null,
	sent bigint not null,
	epoch bigint not null,
	sealed bytea not null,
	primary key (report, n)
);

create table identity_opening (
	id text primary key,
	report text not null references report (id),
	staff text not null,
	code text not null,
	reason bytea not null,
	opened bigint not null
);
create index identity_opening_report on identity_opening (report, opened);

-- +goose Down
drop table identity_opening;
drop table message;
drop table report;
