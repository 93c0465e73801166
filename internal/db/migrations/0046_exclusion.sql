-- +goose Up
-- That somebody is kept out of a case, by whom, and what a prosecutor who has no part
-- in it made of that: open, stands, lifted. member says whether they were one.
create table case_exclusion (
	id text primary key,
	casefile text not null references casefile (id),
	n bigint not null,
	staff text not null,
	why text not null,
	excluded_by text not null,
	at bigint not null,
	member smallint not null,
	state text not null,
	judged bigint not null,
	judged_by text not null,
	lifted_for text not null,
	unique (casefile, n)
);
create index case_exclusion_state on case_exclusion (state, at);
-- Nobody looked at those that were made before.
insert into case_exclusion (id, casefile, n, staff, why, excluded_by, at, member, state, judged, judged_by, lifted_for)
select m.casefile || '-' || m.staff, m.casefile, row_number() over (partition by m.casefile order by m.since, m.staff),
	m.staff, m.excluded, m.added_by, m.since,
	case when c.opened_by = m.staff or exists (select 1 from case_event e
		where e.casefile = m.casefile and e.kind = 'member_added' and e.subject = m.staff) then 1 else 0 end,
	'open', 0, '', ''
from case_member m join casefile c on c.id = m.casefile where m.excluded <> '';
-- The board of their cases is written anew.
delete from case_reckoned where casefile in (select casefile from case_exclusion);

-- +goose Down
delete from case_due where kind = 'exclusion';
drop table case_exclusion;
