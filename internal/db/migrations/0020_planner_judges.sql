-- +goose Up
-- When it suits a person of a case, or who comes with them (whose: "person",
-- "companion"). suits is hours of a week, "mo,tu 09:00-12:00;we 13:00-17:00",
-- '' = whenever; never is days, "2026-12-24/2026-12-26;…".
create table person_times (
	casefile text not null,
	person text not null,
	whose text not null,
	suits text not null,
	never text not null,
	version bigint not null,
	primary key (casefile, person, whose)
);

-- Whose interview a booking is for, by their id in the case: who must not meet
-- them is kept away.
alter table booking add column person text not null default '';
update booking set person = coalesce((select s.about from case_subject s where s.casefile = booking.casefile and s.id = booking.interview), '');
create index booking_casefile on booking (casefile, ends);

-- That an interpreter was checked for ties to those of a case, and with whom.
create table interpreter_check (
	casefile text not null,
	interpreter text not null,
	asked text not null,
	at bigint not null,
	staff text not null,
	primary key (casefile, interpreter)
);

-- Why a confirmed interview has no slot in the calendar: a code; '' = it has one.
alter table case_subject add column outside text not null default '';

-- Equipment that rooms need: fixed in a room (mobile = 0), or a kit that is kept
-- in a region and booked with a room that lacks it.
create table equipment (
	id text primary key,
	kind text not null,
	number text not null,
	room text not null,
	region text not null,
	mobile smallint not null,
	used smallint not null,
	version bigint not null,
	unique (kind, number)
);

-- +goose Down
drop table equipment;
alter table case_subject drop column outside;
drop table interpreter_check;
drop index booking_casefile;
alter table booking drop column person;
drop table person_times;
