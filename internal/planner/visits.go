package planner

import (
	"context"
	"slices"
	"time"

	"verhaal/internal/custody"
	"verhaal/internal/db"
	"verhaal/internal/fault"
)

// AddVisit says that somebody of a case is at a site whom its other persons
// must not meet. Interviews of the case that are booked there then must be among
// seen, see change.
func (b *Book) AddVisit(ctx context.Context, actor, casefile string, v Visit, seen ...string) error {
	if err := label(v.Site, 60); err != nil {
		return err
	}
	if !v.Start.Before(v.End) || v.End.Sub(v.Start) > 7*24*time.Hour {
		return fault.New(fault.BadInput, "planner.fault.span", "an end that is not after the start")
	}
	act := custody.Act{Kind: "planner.visit_added", Actor: actor, Subject: casefile}
	near := func(src db.Source) ([]Booking, error) {
		return b.bookings(src, listBookingsOfCase, casefile, v.Start.Add(-visitMargin).Unix(), v.End.Add(visitMargin).Unix())
	}
	return b.change(ctx, act, "visit_added", seen, near, func(tx *db.Tx) (int64, error) {
		return tx.Exec(insertVisit, newID(), casefile, v.Site, v.Start.Unix(), v.End.Unix())
	})
}

// EndVisit says that a visit is over, or will not be: what has begun ends now,
// what has not is taken back.
func (b *Book) EndVisit(ctx context.Context, actor, casefile, visit string) error {
	return b.save(ctx, custody.Act{Kind: "planner.visit_ended", Actor: actor, Subject: casefile}, func(tx *db.Tx) (int64, error) {
		now := b.clock().Unix()
		n, err := tx.Exec(deleteVisit, visit, casefile, now)
		if err != nil || n > 0 {
			return n, err
		}
		return tx.Exec(endVisit, visit, casefile, now)
	})
}

// visits lists when somebody is at a site whom the person of a wish must not meet:
// those that were entered for the case, and the interviews that are booked of whom
// they avoid; and when the person is in an interview themselves.
func (b *Book) visits(src db.Source, casefile string, w Wish) (apart []Visit, taken []Span, err error) {
	err = db.Each(src, listVisits, func(row func(...any) error) error {
		var v Visit
		var person string
		var from, until int64
		if err := row(&v.ID, &person, &v.Site, &from, &until); err != nil {
			return err
		}
		v.Span = b.span(from, until)
		switch {
		case v.ID != "" || slices.Contains(w.Avoid, person):
			apart = append(apart, v)
		case person == w.Of:
			taken = append(taken, v.Span)
		}
		return nil
	}, casefile, b.clock().Add(-visitMargin).Unix())
	return apart, taken, err
}
