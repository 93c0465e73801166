-- +goose Up
-- What interviews need and who works on them. Nothing here says who is
-- interviewed: a booking knows its case file by id alone.
create table room (
	id text primary key,
	name text not null unique,
	site text not null,
	region text not null,
	kind text not null,
	adapted smallint not null,
	equipment text not null,
	hours text not null,
	used smallint not null,
	version bigint not null
);

-- A staff member as somebody who can be planned.
create table roster (
	staff text primary key,
	region text not null,
	sex text not null,
	trainee smallint not null,
	hours text not null,
	used smallint not null,
	version bigint not null
);

-- The register of interpreters. sworn_until is '' for one who is not sworn.
create table interpreter (
	id text primary key,
	name text not null,
	number text not null,
	sworn_until text not null,
	languages text not null,
	sex text not null,
	hours text not null,
	used smallint not null,
	version bigint not null
);

-- When a room or a person can't be had. who is "room/…", "staff/…" or
-- "interpreter/…", as in booking_use.
create table absence (
	id text primary key,
	who text not null,
	starts bigint not null,
	ends bigint not null,
	why text not null
);
create index absence_who on absence (who, ends);

create table booking (
	id text primary key,
	casefile text not null,
	interview text not null,
	room text not null,
	starts bigint not null,
	ends bigint not null,
	made bigint not null,
	made_by text not null,
	cancelled bigint not null,
	why text not null
);
create index booking_interview on booking (casefile, interview, cancelled);

-- The times for which a booking holds a room or a person, margins included.
create table booking_use (
	booking text not null references booking (id),
	who text not null,
	starts bigint not null,
	ends bigint not null,
	primary key (booking, who)
);
create index booking_use_ends on booking_use (ends, starts, who);
create index booking_use_who on booking_use (who, ends);

-- How often bookings and absences changed: who has read them since needs not
-- read them again.
create table calendar (
	version bigint not null
);
insert into calendar (version) values (0);

-- When somebody is at a site whom the person of a case must not meet.
create table visit (
	id text primary key,
	casefile text not null,
	site text not null,
	starts bigint not null,
	ends bigint not null
);
create index visit_casefile on visit (casefile, ends);

-- Interpreters who must not work on a case.
create table interpreter_conflict (
	casefile text not null,
	interpreter text not null,
	primary key (casefile, interpreter)
);

-- Secret addresses of calendars; the secret itself is not kept.
create table feed (
	hash bytea primary key,
	who text not null,
	made bigint not null,
	made_by text not null
);
create index feed_who on feed (who);

-- What searches found: how often no studio is free is known for the first
-- time. found is JSON without names of anybody in the case.
create table plan_search (
	id text primary key,
	casefile text not null,
	interview text not null,
	channel text not null,
	at bigint not null,
	staff text not null,
	day text not null,
	outcome text not null,
	studio smallint not null,
	waited bigint not null,
	found bytea not null
);
create index plan_search_at on plan_search (at, channel);

-- +goose Down
drop table plan_search;
drop table feed;
drop table interpreter_conflict;
drop table visit;
drop table calendar;
drop table booking_use;
drop table booking;
drop table absence;
drop table interpreter;
drop table roster;
drop table room;
