-- +goose Up
-- Whose view was told; '' where nobody knows any more.
alter table case_view add column person text not null default '';

-- A talk, its report and the formal report are of one person each. Where the case has
-- one victim, what was kept of them with the case is that victim's.
create temporary table alone as select casefile, min(id) as person from case_subject
where kind = 'person' and role = 'victim' group by casefile having count(*) = 1;

insert into case_fact (casefile, subject, name, fields, version, changed, changed_by)
select f.casefile, a.person, f.name, f.fields, f.version, f.changed, f.changed_by from case_fact f join alone a on a.casefile = f.casefile
where f.subject = '' and f.fields <> '' and (f.name like 'talk.%' or f.name in ('case.talk_held', 'case.withdrawal_asked', 'case.view_told_to_prosecutor'))
on conflict (casefile, subject, name) do nothing;
update case_step set about = (select a.person from alone a where a.casefile = case_step.casefile)
where what = 'talk_held' and about = '' and exists (select 1 from alone a where a.casefile = case_step.casefile);
update case_delay set about = (select a.person from alone a where a.casefile = case_delay.casefile)
where clock = 'informative_talk' and about = '' and exists (select 1 from alone a where a.casefile = case_delay.casefile);
update case_sealed set part = (select 'talk/' || a.person from alone a where a.casefile = case_sealed.casefile)
where part = 'talk/report' and exists (select 1 from alone a where a.casefile = case_sealed.casefile);
update case_event set subject = (select a.person from alone a where a.casefile = case_event.casefile)
where kind in ('becomes_formal_report', 'phase_formal_report') and subject = '' and exists (select 1 from alone a where a.casefile = case_event.casefile);
update case_view set person = (select a.person from alone a where a.casefile = case_view.casefile)
where exists (select 1 from alone a where a.casefile = case_view.casefile);
drop table alone;

-- Of several, a mark of a recording says whose talk became a formal report. What is
-- said by nothing else counts for nobody and is asked again: only the words stay.
insert into case_fact (casefile, subject, name, fields, version, changed, changed_by)
select distinct r.casefile, s.about, 'talk.became_formal_report', 'talk.became_formal_report=true', 1, m.at, m.staff
from recording_mark m join recording r on r.id = m.recording
join case_subject s on s.casefile = r.casefile and s.id = r.interview and s.kind = 'interview'
where m.kind = 'becomes_formal_report' and not exists (select 1 from recording_mark o join recording q on q.id = o.recording
	where q.casefile = r.casefile and q.interview = r.interview and o.kind = m.kind and (o.at, o.recording, o.n) < (m.at, m.recording, m.n))
on conflict (casefile, subject, name) do nothing;
delete from case_fact where subject = '' and (name like 'talk.%' or name in ('case.talk_held', 'case.withdrawal_asked', 'case.view_told_to_prosecutor'));

-- Every case is reckoned anew.
delete from case_reckoned;

-- +goose Down
alter table case_view drop column person;
delete from case_reckoned;
