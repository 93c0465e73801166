-- +goose Up
-- about is a hash over what the rule asked about when the deviation was asked
-- for: a signature counts for that plan and no other. One that was asked before
-- this column was there counts for none, and must be asked for again.
alter table case_deviation add column about text not null default '';

-- +goose Down
alter table case_deviation drop column about;
