-- +goose Up
-- Keys with which somebody outside may read the custody log.
create table custody_reader (
	token_hash bytea primary key,
	made_by text not null
);

-- +goose Down
drop table custody_reader;
