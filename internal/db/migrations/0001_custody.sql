-- +goose Up
-- The custody log. Leaves are numbered from 0 without a gap, in the order of
-- their commits.
create table custody_leaf (
	seq bigint primary key,
	leaf bytea not null,
	-- When the act was done, unix seconds; midnight UTC where only the day is kept.
	done_at bigint not null,
	-- What opens the commitment in the leaf. Erasing both leaves the tree as it is.
	subject text,
	salt bytea
);
create index custody_leaf_subject on custody_leaf (subject, seq);

-- The number of the next leaf; one row.
create table custody_head (
	id smallint primary key,
	next bigint not null
);
insert into custody_head (id, next) values (1, 0);

-- The last leaf of each actor, "" for reporters and the system.
create table custody_actor (
	actor text primary key,
	seq bigint not null,
	prev bigint not null -- the one before; -1 = none
);

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

-- One row per writing process on PostgreSQL: see internal/db/postgres.go.
create table commit_mark (
	writer text primary key,
	mark bigint not null
);

-- +goose Down
drop table commit_mark;
drop table custody_checkpoint;
drop table custody_tile;
drop table custody_actor;
drop table custody_head;
drop table custody_leaf;
