-- +goose Up
-- What a victim wants the prosecutor to know, in place of a withdrawal, told to
-- a named prosecutor. The words are the part view/<n>, sealed to the case key
-- and to the prosecutor. read_at is 0 until they were read.
create table case_view (
	id text primary key,
	casefile text not null references casefile (id),
	n bigint not null,
	prosecutor text not null,
	told bigint not null,
	told_by text not null,
	read_at bigint not null
);
create unique index case_view_casefile on case_view (casefile, n);
create index case_view_prosecutor on case_view (prosecutor, told, id);

-- A view that nobody was sent was not told. That a person was assessed is read
-- from their own assessments.
delete from case_fact where name in ('case.view_told_to_prosecutor', 'case.assessment.done', 'case.assessment.at', 'case.assessment.in_victims_interest');

-- What is about one person is kept under that person. Where several could be
-- meant nobody knows who was: it is asked again.
insert into case_fact (casefile, subject, name, fields, version, changed, changed_by)
select f.casefile, p.id, f.name, f.fields, f.version, f.changed, f.changed_by
from case_fact f join case_subject p on p.casefile = f.casefile and p.kind = 'person' and p.role in ('victim', 'witness')
where f.subject = '' and f.name in ('case.interest_weighed', 'case.expert_supports', 'case.expert_conducts', 'case.would_rather_not_testify', 'case.court_measures_considered')
and (select count(*) from case_subject o where o.casefile = f.casefile and o.kind = 'person' and o.role in ('victim', 'witness')) = 1;
delete from case_fact where subject = ''
and name in ('case.interest_weighed', 'case.expert_supports', 'case.expert_conducts', 'case.would_rather_not_testify', 'case.court_measures_considered');

-- Topics that a person told already, as codes. interview is that of the case in
-- which it was told, '' = in a report, a document, elsewhere. The words are the
-- part told/<person>.
create table case_told (
	casefile text not null references casefile (id),
	person text not null,
	topic text not null,
	interview text not null,
	primary key (casefile, person, topic, interview)
);

-- Measures of assessments stand on the board too: every case is reckoned anew.
delete from case_reckoned;

-- +goose Down
drop table case_told;
drop table case_view;
