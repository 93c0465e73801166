-- +goose Up
-- Keys that change hands are no longer those of desks alone.
alter table desk_epoch rename to ring_epoch;
alter table ring_epoch rename column channel to ring;
alter table desk_wrap rename to ring_wrap;
alter table ring_wrap rename column channel to ring;

-- +goose Down
alter table ring_wrap rename column ring to channel;
alter table ring_wrap rename to desk_wrap;
alter table ring_epoch rename column ring to channel;
alter table ring_epoch rename to desk_epoch;
