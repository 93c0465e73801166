-- +goose Up
-- What an installation is made of, once: its salt and its recovery recipient.
create table install (
	name text primary key,
	value bytea not null
);

-- +goose Down
drop table install;
