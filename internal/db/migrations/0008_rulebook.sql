-- +goose Up
-- Every version of the policy pack that was proposed, with what came of it.
-- archive is the zip as it was uploaded, beneath the other packs that it was
-- laid over: together they say the same after every upgrade of the software.
create table rulebook_version (
	hash text primary key,
	pack text not null,
	version text not null,
	in_force text not null,
	archive bytea not null,
	beneath bytea not null,
	against text not null,
	report text not null,
	state text not null,
	proposed_by text not null,
	proposed_at bigint not null,
	decided_by text not null,
	decided_at bigint not null
);
create index rulebook_version_state on rulebook_version (pack, state);

-- +goose Down
drop table rulebook_version;
