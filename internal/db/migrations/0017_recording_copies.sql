-- +goose Up
-- copied: every part has a whole second copy. stamp: the answer of a
-- timestamping authority (RFC 3161) over the manifest; empty while there is none.
alter table recording add column copied smallint not null default 0;
alter table recording add column stamp bytea not null default '';

-- +goose Down
alter table recording drop column stamp;
alter table recording drop column copied;
