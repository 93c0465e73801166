-- +goose Up
-- The official record of a recording (rule A-22): n counts its versions, of
-- which the last counts; a signed one never changes. told names the fields of
-- which the sealed words (an age file to the case key of epoch) speak.
create table recording_official (
	recording text not null references recording (id),
	n bigint not null,
	version bigint not null,
	told text not null,
	epoch bigint not null,
	sealed bytea not null,
	reason text not null,
	written_by text not null,
	written bigint not null,
	signed_by text not null,
	signed bigint not null,
	hash bytea not null,
	primary key (recording, n)
);

-- Minutes of a sealed recording that were linked to a topic afterwards; those
-- that were marked while it ran are its marks.
create table recording_topic (
	recording text not null references recording (id),
	n bigint not null,
	topic text not null,
	mono bigint not null,
	at bigint not null,
	staff text not null,
	primary key (recording, n)
);

-- +goose Down
drop table recording_topic;
drop table recording_official;
