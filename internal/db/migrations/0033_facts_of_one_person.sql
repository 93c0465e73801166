-- +goose Up
-- What a step that was taken back had said, and nobody wrote since, is not known
-- any more; of the other steps the first counts. A report says its own day.
update case_fact set fields = '', version = version + 1
where subject = '' and name = 'clock.ready' and exists (select 1 from case_step s where s.casefile = case_fact.casefile
	and s.what = 'victim_ready' and s.withdrawn >= case_fact.changed and case_fact.fields = 'clock.ready=' || s.day);
update case_fact set version = version + 1, fields = coalesce((select 'clock.reported=' || min(s.day) from case_step s
	where s.casefile = case_fact.casefile and s.what = 'report_received' and s.withdrawn = 0), '')
where subject = '' and name = 'clock.reported' and not exists (select 1 from case_report r where r.casefile = case_fact.casefile)
and exists (select 1 from case_step s where s.casefile = case_fact.casefile
	and s.what = 'report_received' and s.withdrawn >= case_fact.changed and case_fact.fields = 'clock.reported=' || s.day);
update case_fact set fields = 'case.talk_held=false', version = version + 1
where subject = '' and name = 'case.talk_held' and fields = 'case.talk_held=true'
and exists (select 1 from case_step s where s.casefile = case_fact.casefile and s.what = 'talk_held' and s.withdrawn >= case_fact.changed)
and not exists (select 1 from case_step s where s.casefile = case_fact.casefile and s.what = 'talk_held' and s.withdrawn = 0);

-- What is about one person is kept under that person. Where only one could be
-- meant, it is theirs.
insert into case_fact (casefile, subject, name, fields, version, changed, changed_by)
select f.casefile, p.id, f.name, f.fields, f.version, f.changed, f.changed_by
from case_fact f join case_subject p on p.casefile = f.casefile and p.kind = 'person' and p.role in ('victim', 'witness')
where f.subject = '' and f.fields <> '' and (f.name in ('clock.ready', 'clock.victims_wish', 'clock.reason') or f.name like 'reflection.%')
and (select count(*) from case_subject o where o.casefile = f.casefile and o.kind = 'person' and o.role in ('victim', 'witness')) = 1;
delete from case_fact where subject = '' and (name in ('clock.ready', 'clock.victims_wish', 'clock.reason') or name like 'reflection.%');

-- Of several, what was noted of each: when they were ready, why it took longer, their
-- time to think. What is said by nothing else is asked again.
insert into case_fact (casefile, subject, name, fields, version, changed, changed_by)
select s.casefile, s.about, 'clock.ready', 'clock.ready=' || s.day, 1, s.noted, s.staff
from case_step s where s.what = 'victim_ready' and s.withdrawn = 0 and not exists (select 1 from case_step o
	where o.casefile = s.casefile and o.what = s.what and o.about = s.about and o.withdrawn = 0 and (o.day, o.n) < (s.day, s.n))
on conflict (casefile, subject, name) do nothing;
insert into case_fact (casefile, subject, name, fields, version, changed, changed_by)
select d.casefile, d.about, 'clock.victims_wish', 'clock.victims_wish=true', 1, d.noted, d.staff
from case_delay d where d.clock in ('child_interview', 'adult_interview') and d.reason = 'victims_wish'
on conflict (casefile, subject, name) do nothing;
insert into case_fact (casefile, subject, name, fields, version, changed, changed_by)
select d.casefile, d.about, 'clock.reason', 'clock.reason=' || d.reason, 1, d.noted, d.staff
from case_delay d where d.clock in ('child_interview', 'adult_interview') and d.reason <> 'victims_wish'
and not exists (select 1 from case_delay o where o.casefile = d.casefile and o.about = d.about
	and o.clock in ('child_interview', 'adult_interview') and o.reason <> 'victims_wish' and o.n > d.n)
on conflict (casefile, subject, name) do nothing;
insert into case_fact (casefile, subject, name, fields, version, changed, changed_by)
select t.casefile, t.about, t.name, t.fields, 1, t.noted, t.staff from (
	select p.*, 'reflection.offered' as name, 'reflection.offered=true' as fields from case_period p
	union all select p.*, 'reflection.from', 'reflection.from=' || p.from_day from case_period p
	union all select p.*, 'reflection.until', 'reflection.until=' || p.until_day from case_period p
	union all select p.*, 'reflection.extended', 'reflection.extended=false' from case_period p
) t where not exists (select 1 from case_period o where o.casefile = t.casefile and o.about = t.about and (o.noted, o.period) > (t.noted, t.period))
on conflict (casefile, subject, name) do nothing;

-- Every case is reckoned anew.
delete from case_reckoned;

-- +goose Down
delete from case_reckoned;
