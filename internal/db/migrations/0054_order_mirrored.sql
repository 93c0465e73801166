-- +goose Up
-- What the second copy has of an archive for a prosecutor: kept, or deleted since
-- it was ended; '' before it has the whole. Of what was ended until now there was
-- no second copy.
alter table recording_order add column mirrored text not null default '';
update recording_order set mirrored = 'deleted' where state = 'ended';

-- +goose Down
alter table recording_order drop column mirrored;
