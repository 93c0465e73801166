package planner

import (
	"database/sql"
	"errors"
	"slices"

	"verhaal/internal/db"
	"verhaal/internal/fault"
)

// Stands looks, inside an act, at the slot of an interview again, besides other
// bookings: none was ever taken over it. What it holds is out of use or away is a
// Conflict with "planner.fault.gone", somebody of avoid at the site then, or times
// that don't suit the person any more, one with "planner.fault.apart" or
// "planner.fault.times". An interview without a slot, or whose slot has begun, stands.
func (b *Book) Stands(tx *db.Tx, casefile, interview string, avoid []string) error {
	w := Wish{Avoid: avoid}
	var site string
	var from, until int64
	err := tx.QueryRow(findSlot, casefile, interview, b.clock().Unix()).Scan(&w.Of, &site, &from, &until)
	if errors.Is(err, sql.ErrNoRows) {
		return nil
	}
	if err != nil {
		return err
	}
	var gone int
	if err := tx.QueryRow(countGone, casefile, interview).Scan(&gone); err != nil {
		return err
	}
	if gone > 0 {
		return fault.New(fault.Conflict, "planner.fault.gone", "a room, somebody or something that is not there then")
	}
	if w, err = b.recall(tx, casefile, w); err != nil {
		return err
	}
	slot := b.span(from, until)
	if slices.ContainsFunc(w.Apart, func(v Visit) bool {
		return v.Site == site && v.Start.Add(-visitMargin).Before(slot.End) && v.End.Add(visitMargin).After(slot.Start)
	}) {
		return fault.New(fault.Conflict, "planner.fault.apart", "somebody is there whom the person must not meet")
	}
	w.From, w.Until, w.Now, w.Length = slot.Start, slot.Start, slot.Start, slot.End.Sub(slot.Start)
	s := newSearch(Calendar{}, w, nil)
	if at := s.index(slot.Start); !s.person.has(at) || !s.companion.has(at) {
		return fault.New(fault.Conflict, "planner.fault.times", "not when it suits the person")
	}
	return nil
}
