-- +goose Up
-- What a slot was taken by: it stands while its room, its people and its
-- interpreter still meet that. regions is one a line; '' = anywhere.
alter table booking add column kind text not null default '';
alter table booking add column adapted smallint not null default 0;
alter table booking add column language text not null default '';
alter table booking add column sworn smallint not null default 0;
alter table booking add column sex text not null default '';
alter table booking add column regions text not null default '';
-- Of slots that were taken before, the plan tells it, and the person's language.
update booking set
	kind = coalesce((select substr(f.fields, length('plan.room.kind=') + 1) from case_fact f
		where f.casefile = booking.casefile and f.subject = booking.interview and f.name = 'plan.room.kind'),
		(select r.kind from room r where r.id = booking.room), ''),
	adapted = coalesce((select max(1) from case_fact f where f.casefile = booking.casefile and f.subject = booking.interview
		and f.name = 'plan.room.adapted' and f.fields = 'plan.room.adapted=true'), 0),
	sworn = coalesce((select max(1) from case_fact f where f.casefile = booking.casefile and f.subject = booking.interview
		and f.name = 'plan.interpreter.sworn' and f.fields = 'plan.interpreter.sworn=true'), 0),
	language = coalesce((select lower(substr(f.fields, length('subject.language=') + 1)) from case_fact f
		where f.casefile = booking.casefile and f.subject = booking.person and f.name = 'subject.language'
		and exists (select 1 from booking_use u where u.booking = booking.id and u.who like 'interpreter/%')), '')
where cancelled = 0;
-- Nobody is cleared who must not work on a case.
delete from interpreter_check where exists (select 1 from interpreter_conflict x
	where x.casefile = interpreter_check.casefile and x.interpreter = interpreter_check.interpreter);

-- +goose Down
alter table booking drop column regions;
alter table booking drop column sex;
alter table booking drop column sworn;
alter table booking drop column language;
alter table booking drop column adapted;
alter table booking drop column kind;
