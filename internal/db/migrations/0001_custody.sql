-- +goose Up
-- The custody log. Leaves are numbered from 0 without a gap, in the order of
-- their commits.
create table custody_leaf (
	seq bigint primary key,
	leaf bytea not null,
	actor text not null,
	-- When the act was done, unix seconds; midnight UTC where only the day is kept.
	done_at bigint not null,
	-- What opens the commitment in the leaf. Erasing both leaves the tree as it is.
	subject text,
	salt bytea
);
create index custody_leaf_actor on custody_leaf (actor, seq);
create index custody_leaf_subject on custody_leaf (subject, seq);

-- The tree that the sequencer made of the leaves: hash tiles (C2SP tlog-tiles)
-- as they grow, and the newest signed checkpoint; one row.
create table custody_tile (
	level smallint not null,
	n bigint not null,
	hashes bytea not null,
	primary key (level, n)
);
create table custody_checkpoint (
	id smallint primary key,
	size bigint not null,
	note bytea not null
);

-- Whose turn it was to write, on PostgreSQL: see internal/db/postgres.go.
-- commit_turn is one row that counts commits, commit_mark the last of each
-- writing process.
create table commit_turn (
	id smallint primary key,
	turn bigint not null
);
insert into commit_turn (id, turn) values (1, 0);
create table commit_mark (
	writer text primary key,
	turn bigint not null
);

-- +goose Down
drop table commit_mark;
drop table commit_turn;
drop table custody_checkpoint;
drop table custody_tile;
drop table custody_leaf;
