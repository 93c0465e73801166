-- +goose Up
-- That a victim wants no time to think is an answer, which the rules know: as it was
-- noted of those who had none.
insert into case_fact (casefile, subject, name, fields, version, changed, changed_by)
select s.casefile, s.about, 'reflection.refused', 'reflection.refused=true', 1, s.noted, s.staff from case_step s
where s.what = 'period_refused' and s.about <> '' and s.withdrawn = 0
and not exists (select 1 from case_period p where p.casefile = s.casefile and p.about = s.about)
on conflict (casefile, subject, name) do nothing;

-- +goose Down
delete from case_fact where name = 'reflection.refused';
