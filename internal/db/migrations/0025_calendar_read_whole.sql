-- +goose Up
-- When somebody is busy is read from the index alone, whatever lies before. It
-- is quick enough to be read each time: nobody asks any more what changed.
drop index absence_who;
create index absence_who on absence (who, ends, starts);
drop index booking_use_who;
create index booking_use_who on booking_use (who, ends, starts);
drop table calendar;

-- +goose Down
create table calendar (
	version bigint not null
);
insert into calendar (version) values (0);
drop index booking_use_who;
create index booking_use_who on booking_use (who, ends);
drop index absence_who;
create index absence_who on absence (who, ends);
