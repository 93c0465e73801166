-- +goose Up
create table channel_state (
	channel text primary key,
	open smallint not null
);

create table desk_member (
	channel text not null,
	staff text not null,
	since bigint not null,
	added_by text not null,
	primary key (channel, staff)
);
create index desk_member_staff on desk_member (staff);

-- The key that reports are sealed to: the highest epoch of a channel. due says
-- that somebody lost the right to read and a new epoch must be made.
create table desk_epoch (
	channel text not null,
	epoch bigint not null,
	recipient text not null,
	made_by text not null,
	made_at bigint not null,
	due smallint not null,
	primary key (channel, epoch)
);

-- The private half of an epoch, sealed to one holder: a member's staff id, or
-- "recovery".
create table desk_wrap (
	channel text not null,
	epoch bigint not null,
	holder text not null,
	wrapped bytea not null,
	primary key (channel, epoch, holder)
);
create index desk_wrap_holder on desk_wrap (holder);

-- +goose Down
drop table desk_wrap;
drop table desk_epoch;
drop table desk_member;
drop table channel_state;
