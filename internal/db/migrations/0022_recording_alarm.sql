-- +goose Up
-- Alarms of a recorder as they came (is_on = 1) and went; the last of a kind
-- counts. at is Unix ms.
create table recording_alarm (
	recording text not null references recording (id),
	n bigint not null,
	kind text not null,
	is_on smallint not null,
	at bigint not null,
	staff text not null,
	primary key (recording, n)
);

-- needed: the level that the rules demand since a talk became a formal report,
-- and by which rules; empty where it did not.
alter table recording add column needed text not null default '';
alter table recording add column needed_by text not null default '';

-- +goose Down
alter table recording drop column needed_by;
alter table recording drop column needed;
drop table recording_alarm;
