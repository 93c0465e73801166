-- +goose Up
-- A deviation from one rule for one interview, asked of a named prosecutor.
-- reason and answer are sealed to the case key and to the prosecutor.
-- decision is what the pack said of the rule when it was asked (JSON).
create table case_deviation (
	id text primary key,
	casefile text not null references casefile (id),
	interview text not null,
	rule text not null,
	state text not null,
	asked_by text not null,
	asked bigint not null,
	prosecutor text not null,
	reason bytea not null,
	decision bytea not null,
	decided bigint not null,
	answer bytea not null
);
create index case_deviation_prosecutor on case_deviation (prosecutor, asked, id);
create index case_deviation_interview on case_deviation (casefile, interview);

-- +goose Down
drop table case_deviation;
