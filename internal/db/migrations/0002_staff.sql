-- +goose Up
-- People who work. state: invited, active, left. A login is free again when
-- its member left: the row then has the id in its place.
create table staff (
	id text primary key,
	login text not null unique,
	name text not null,
	lang text not null,
	powers text not null,
	state text not null,
	invite_hash bytea unique,
	invite_until bigint not null,
	salt bytea,
	proof_hash bytea,
	recipient text not null,
	since bigint not null
);
create index staff_name on staff (name, id);

-- The member's private key, wrapped: kind passphrase, passkey (credential names
-- which) or recovery. Each is an age file to one hybrid recipient.
create table staff_wrap (
	staff text not null references staff (id),
	kind text not null,
	credential text not null,
	wrapped bytea not null,
	primary key (staff, kind, credential)
);

-- public: what verifies the passkey's signatures (webauthn credential record, JSON).
create table passkey (
	credential text primary key,
	staff text not null references staff (id),
	label text not null,
	public text not null,
	since bigint not null
);
create index passkey_staff on passkey (staff, since);

-- Days are YYYYMMDD; valid_until is the last day that counts.
create table certificate (
	id text primary key,
	staff text not null references staff (id),
	kind text not null,
	valid_from bigint not null,
	valid_until bigint not null,
	number text not null,
	recorded_by text not null,
	revoked smallint not null
);
create index certificate_staff on certificate (staff, kind, valid_until);
create index certificate_until on certificate (valid_until);

-- share: half of what unlocks the member's key in the browser's tab.
create table staff_session (
	token_hash bytea primary key,
	staff text not null references staff (id),
	share bytea not null,
	created bigint not null,
	until bigint not null
);
create index staff_session_staff on staff_session (staff);
create index staff_session_until on staff_session (until);

-- Passkey challenges that have been answered: none is answered twice.
create table staff_ceremony (
	hash bytea primary key,
	until bigint not null
);

-- +goose Down
drop table staff_ceremony;
drop table staff_session;
drop table certificate;
drop table passkey;
drop table staff_wrap;
drop table staff;
