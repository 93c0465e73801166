-- +goose Up
create table casefile (
	id text primary key,
	number text not null unique,
	channel text not null,
	origin text not null,
	phase text not null,
	opened bigint not null,
	opened_by text not null
);

-- Who may read a case file. excluded is why somebody must not: implicated,
-- conflict; '' for members.
create table case_member (
	casefile text not null references casefile (id),
	staff text not null,
	since bigint not null,
	added_by text not null,
	excluded text not null,
	primary key (casefile, staff)
);
create index case_member_staff on case_member (staff, excluded, since, casefile);

create table case_report (
	casefile text not null references casefile (id),
	report text not null,
	primary key (casefile, report)
);
create index case_report_report on case_report (report);

-- What facts are about besides the case itself: persons and interviews. state
-- is that of an interview: planned, confirmed, held, cancelled.
create table case_subject (
	casefile text not null references casefile (id),
	id text not null,
	kind text not null,
	role text not null,
	about text not null,
	state text not null,
	made bigint not null,
	made_by text not null,
	primary key (casefile, id)
);

-- One fact as the fields of a form; subject is '' for the case itself.
create table case_fact (
	casefile text not null references casefile (id),
	subject text not null,
	name text not null,
	fields text not null,
	version bigint not null,
	changed bigint not null,
	changed_by text not null,
	primary key (casefile, subject, name)
);

-- Names, notes and reasons, sealed to an epoch of the case key.
create table case_sealed (
	casefile text not null references casefile (id),
	part text not null,
	version bigint not null,
	epoch bigint not null,
	sealed bytea not null,
	changed bigint not null,
	changed_by text not null,
	primary key (casefile, part)
);

create table case_event (
	casefile text not null references casefile (id),
	n bigint not null,
	kind text not null,
	subject text not null,
	at bigint not null,
	staff text not null,
	primary key (casefile, n)
);

-- What a pack said when somebody relied on it, and which version said it.
create table case_decision (
	casefile text not null references casefile (id),
	subject text not null,
	n bigint not null,
	at bigint not null,
	staff text not null,
	pack text not null,
	version text not null,
	hash text not null,
	decision bytea not null,
	primary key (casefile, subject, n)
);

-- +goose Down
drop table case_decision;
drop table case_event;
drop table case_sealed;
drop table case_fact;
drop table case_subject;
drop table case_report;
drop table case_member;
drop table casefile;
