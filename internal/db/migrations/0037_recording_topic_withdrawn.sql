-- +goose Up
-- withdrawn: when a topic that was linked by mistake was taken back, in Unix ms;
-- 0 while it stands.
alter table recording_topic add column withdrawn bigint not null default 0;

-- +goose Down
alter table recording_topic drop column withdrawn;
