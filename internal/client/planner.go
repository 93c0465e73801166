package client

import (
	"context"
	"net/url"
)

// KeepRoom adds a room to the calendar, with the fields of the form of
// POST /planner/rooms/new, and gives its id.
func (c *Staff) KeepRoom(ctx context.Context, fields url.Values) (string, error) {
	return c.moved(ctx, "/planner/rooms/new", fields)
}

// KeepWorker puts a colleague, by their id, into the calendar for the first time.
func (c *Staff) KeepWorker(ctx context.Context, id string, fields url.Values) error {
	fields.Set("version", "0")
	_, err := c.moved(ctx, "/planner/people/"+id, fields)
	return err
}

// KeepInterpreter adds an interpreter to the register and gives their id.
func (c *Staff) KeepInterpreter(ctx context.Context, fields url.Values) (string, error) {
	return c.moved(ctx, "/planner/interpreters/new", fields)
}

// Away takes a room or a person ("room/…", "staff/…", "interpreter/…") out of
// the calendar; from and until are local, as 2026-11-23T09:00.
func (c *Staff) Away(ctx context.Context, who, from, until, why string) error {
	_, err := c.moved(ctx, "/planner/absences", url.Values{"who": {who}, "from": {from}, "until": {until}, "why": {why}})
	return err
}
