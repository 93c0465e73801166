-- +goose Up
-- A reason for a delay counts while it holds, and is read from what was given of it:
-- kept as a fact it had no end.
delete from case_fact where name in ('clock.victims_wish', 'clock.reason');

-- +goose Down
delete from case_reckoned;
