package planner

import (
	"context"
	"errors"
	"slices"

	"verhaal/internal/custody"
	"verhaal/internal/db"
	"verhaal/internal/fault"
)

// Clash is a Conflict with "planner.fault.clashes": with what was to be kept these
// bookings would not stand any more, and whoever keeps it has not seen them all.
type Clash struct {
	Bookings []Booking
	fault    error
}

func (c *Clash) Error() string { return c.fault.Error() }

// Unwrap gives its fault.
func (c *Clash) Unwrap() error { return c.fault }

// Unseen is a Clash unless all of clashes are among seen, by their ids.
func Unseen(clashes []Booking, seen []string) error {
	if !slices.ContainsFunc(clashes, func(one Booking) bool { return !slices.Contains(seen, one.ID) }) {
		return nil
	}
	return &Clash{clashes, fault.New(fault.Conflict, "planner.fault.clashes", "%d bookings would not stand", len(clashes))}
}

// change keeps in one act what bookings may rest on, as save does. Those of touched
// that stand before it and not with it must be among seen, or nothing is kept and a
// Clash lists them. Their cases are told right after; happened is what they are told.
func (b *Book) change(ctx context.Context, act custody.Act, happened string, seen []string, touched func(db.Source) ([]Booking, error), put func(*db.Tx) (int64, error)) error {
	var clashes []Booking
	err := b.save(ctx, act, func(tx *db.Tx) (int64, error) {
		all, err := touched(tx)
		if err != nil {
			return 0, err
		}
		before, err := b.standing(tx, all)
		if err != nil {
			return 0, err
		}
		n, err := put(tx)
		if err != nil || n == 0 {
			return n, err
		}
		after, err := b.standing(tx, before)
		if err != nil {
			return n, err
		}
		clashes = missing(before, after)
		return n, Unseen(clashes, seen)
	})
	if err != nil {
		return err
	}
	return b.Tell(ctx, act.Actor, happened, clashes)
}

// Tell tells the cases of bookings that these don't stand any more. It goes on when
// whoever asked for it went away, and past a case that can't be told now: what it
// leaves is found by casefile's AskAll.
func (b *Book) Tell(ctx context.Context, actor, happened string, clashes []Booking) (err error) {
	ctx = context.WithoutCancel(ctx)
	for _, one := range clashes {
		err = errors.Join(err, b.fell(ctx, actor, one.Casefile, one.Interview, happened))
	}
	return err
}
