-- +goose Up
-- Minutes of a sealed recording that a prosecutor asked for, and what came of it:
-- asked, delivered, refused, ended. words and answer are age files to the case key
-- and to the prosecutor's own. file is the name of the archive, sealed to the
-- prosecutor, that the server keeps; '' while there is none. archive is the SHA-256
-- of what is sealed in it. Times are Unix seconds.
create table recording_order (
	id text primary key,
	recording text not null references recording (id),
	number text not null,
	prosecutor text not null,
	recipient text not null,
	asked bigint not null,
	first_minute bigint not null,
	last_minute bigint not null,
	what text not null,
	purpose text not null,
	power text not null,
	words bytea not null,
	state text not null,
	settled bigint not null,
	settled_by text not null,
	answer bytea not null,
	archive text not null,
	size bigint not null,
	file text not null
);
create index recording_order_recording on recording_order (recording, asked, id);
create index recording_order_prosecutor on recording_order (prosecutor, asked, id);
create index recording_order_state on recording_order (state, asked, id);

-- +goose Down
drop table recording_order;
