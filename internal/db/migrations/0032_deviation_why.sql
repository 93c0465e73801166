-- +goose Up
-- why is the code of the pack's list deviation_reason that a deviation was asked
-- for; '' where it was asked before there were codes.
alter table case_deviation add column why text not null default '';

-- +goose Down
alter table case_deviation drop column why;
