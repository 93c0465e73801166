-- +goose Up
-- heard: 0 where a recording was sealed in which nobody is heard; it counts as
-- none.
alter table recording add column heard smallint not null default 1;

-- +goose Down
alter table recording drop column heard;
