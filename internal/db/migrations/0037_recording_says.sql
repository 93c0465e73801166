-- +goose Up
-- withdrawn: when a topic that was linked by mistake was taken back, in Unix ms;
-- 0 while it stands.
alter table recording_topic add column withdrawn bigint not null default 0;
-- shown: 1 where a sealed recording says the fact; nobody says it by hand then.
alter table case_fact add column shown smallint not null default 0;

-- +goose Down
alter table case_fact drop column shown;
alter table recording_topic drop column withdrawn;
