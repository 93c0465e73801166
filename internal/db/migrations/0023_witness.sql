-- +goose Up
-- The last checkpoint that each witness (its public key) cosigned, and its
-- signature line.
create table custody_witness (
	witness text primary key,
	size bigint not null,
	checkpoint bytea not null,
	line text not null
);

-- +goose Down
drop table custody_witness;
