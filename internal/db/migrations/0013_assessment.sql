-- +goose Up
-- An individual assessment of a person; never changed, the next one follows.
-- risks and needs are codes of the pack. The words are the part assessment/<n>.
create table assessment (
	casefile text not null references casefile (id),
	n bigint not null,
	person text not null,
	phase text not null,
	day text not null,
	risks text not null,
	needs text not null,
	interest smallint not null,
	court smallint not null,
	made bigint not null,
	made_by text not null,
	primary key (casefile, n)
);

-- What an assessment asks to be done, by whom and until when.
create table assessment_measure (
	casefile text not null references casefile (id),
	n bigint not null,
	assessment bigint not null,
	code text not null,
	owner text not null,
	due text not null,
	state text not null,
	closed text not null,
	closed_by text not null,
	primary key (casefile, n)
);

-- How a person may be reached. days and from_time, until_time are local;
-- details are the part contact/<person>.
create table contact_plan (
	casefile text not null references casefile (id),
	person text not null,
	ways text not null,
	days text not null,
	from_time text not null,
	until_time text not null,
	no_voicemail smallint not null,
	codeword smallint not null,
	stopped smallint not null,
	version bigint not null,
	changed bigint not null,
	changed_by text not null,
	primary key (casefile, person)
);

-- Contacts that were made, or tried.
create table contact (
	casefile text not null references casefile (id),
	n bigint not null,
	person text not null,
	way text not null,
	at bigint not null,
	result text not null,
	basis text not null,
	staff text not null,
	primary key (casefile, n)
);

-- Whose name and ways of contact are opened one by one, with a reason.
create table shield (
	casefile text not null references casefile (id),
	person text not null,
	basis text not null,
	since bigint not null,
	staff text not null,
	primary key (casefile, person)
);

-- +goose Down
drop table shield;
drop table contact;
drop table contact_plan;
drop table assessment_measure;
drop table assessment;
