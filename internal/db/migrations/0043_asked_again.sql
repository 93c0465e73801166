-- +goose Up
-- How many topics of a plan had been told before when it was confirmed last, and
-- how many of these have no reason.
create table case_asked_again (
	casefile text not null references casefile (id),
	interview text not null,
	topics bigint not null,
	unexplained bigint not null,
	primary key (casefile, interview)
);

-- +goose Down
drop table case_asked_again;
