-- +goose Up
-- A recording of an interview. started and stopped are Unix ms; stopped = 0
-- while it runs. The bytes are in files: what is here is an index and what was sealed.
create table recording (
	id text primary key,
	casefile text not null,
	interview text not null,
	channel text not null,
	kind text not null,
	level text not null,
	room text not null,
	started bigint not null,
	started_by text not null,
	reserve bigint not null,
	facts bytea not null,
	stopped bigint not null,
	room_empty smallint not null,
	manifest bytea not null,
	signature bytea not null
);
create index recording_interview on recording (casefile, interview, started);
create index recording_running on recording (stopped, started);

-- One run of one recorder. share_a is an age file to the case key and the
-- recovery key; share_b the server's half, an age file to the recovery key: the
-- half itself lies in the keys' folder.
create table recording_part (
	recording text not null references recording (id),
	track bigint not null,
	part bigint not null,
	codec bigint not null,
	opened bigint not null,
	opened_by text not null,
	share_a bytea not null,
	share_b bytea not null,
	primary key (recording, track, part)
);

create table recording_mark (
	recording text not null references recording (id),
	n bigint not null,
	kind text not null,
	mono bigint not null,
	code text not null,
	sealed bytea not null,
	at bigint not null,
	staff text not null,
	primary key (recording, n)
);

create table recording_gap (
	recording text not null references recording (id),
	n bigint not null,
	track bigint not null,
	from_ms bigint not null,
	to_ms bigint not null,
	reason text not null,
	at bigint not null,
	staff text not null,
	primary key (recording, n)
);

-- +goose Down
drop table recording_gap;
drop table recording_mark;
drop table recording_part;
drop table recording;
