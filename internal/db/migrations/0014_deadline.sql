-- +goose Up
-- What happened in a case on a day, by the events of the pack. about is a
-- person, '' for the case itself. seen = 1 where the system noticed it by
-- itself. withdrawn is when somebody took a mistake back, 0 = it stands.
create table case_step (
	casefile text not null references casefile (id),
	n bigint not null,
	what text not null,
	about text not null,
	day text not null,
	seen smallint not null,
	noted bigint not null,
	staff text not null,
	withdrawn bigint not null,
	primary key (casefile, n)
);

-- Why something comes later than its target. from_day and until_day are the
-- first and the last day on which the reason holds, until_day '' while it goes
-- on. words = 1 where the part delay/<n> holds the reason in words, sealed.
create table case_delay (
	casefile text not null references casefile (id),
	n bigint not null,
	clock text not null,
	about text not null,
	reason text not null,
	from_day text not null,
	until_day text not null,
	words smallint not null,
	noted bigint not null,
	staff text not null,
	primary key (casefile, n)
);

-- What must be done. A row is never removed: state goes from open to done or
-- to not_applicable, with day and who. of_period names the period that a report
-- is due in, '' for a task of the pack.
create table case_task (
	casefile text not null references casefile (id),
	n bigint not null,
	task text not null,
	about text not null,
	of_period text not null,
	opened text not null,
	due text not null,
	state text not null,
	day text not null,
	reason text not null,
	consent smallint not null,
	closed bigint not null,
	staff text not null,
	primary key (casefile, n)
);

create table case_period (
	casefile text not null references casefile (id),
	about text not null,
	period text not null,
	from_day text not null,
	until_day text not null,
	ending text not null,
	ended text not null,
	noted bigint not null,
	staff text not null,
	primary key (casefile, about, period)
);

-- What is due, written anew in every act that changes it, so that a desk's
-- board is one read of an index. quiet is the last day on which a reason
-- explains why it is late, '' = none; still lists the days on which the clock
-- stands still, "2026-11-01/2026-11-05,2026-11-20/". escalated is how far it
-- went up: 0, 1 = the desk, 2 = the team leader.
create table case_due (
	casefile text not null references casefile (id),
	kind text not null,
	name text not null,
	about text not null,
	n bigint not null,
	channel text not null,
	started text not null,
	due text not null,
	quiet text not null,
	still text not null,
	escalated smallint not null,
	primary key (casefile, kind, name, about, n)
);
create index case_due_board on case_due (channel, due, casefile, kind, name, about, n);
create index case_due_late on case_due (escalated, due);

-- By which pack a case's rows of case_due were reckoned last.
create table case_reckoned (
	casefile text primary key references casefile (id),
	pack text not null
);
create index case_reckoned_pack on case_reckoned (pack);

-- +goose Down
drop table case_reckoned;
drop table case_due;
drop table case_period;
drop table case_task;
drop table case_delay;
drop table case_step;
