package planner

import (
	"slices"

	"verhaal/internal/db"
	"verhaal/internal/fault"
)

// taken is the slot of an interview, with the room as it is now.
type taken struct {
	booking, person string
	room            Room
	Span
}

// Stands looks at the slot of an interview again, besides other bookings: none
// was ever taken over it. What it holds is out of use or away, or the room lacks
// then what its kind must have, is a Conflict with "planner.fault.gone", somebody
// of avoid at the site then, or times that don't suit the person any more, one with
// "planner.fault.apart" or "planner.fault.times". An interview without a slot, or
// whose slot has begun, stands.
func (b *Book) Stands(src db.Source, casefile, interview string, avoid []string) error {
	slot, err := b.ahead(src, casefile, interview)
	if err != nil || slot.booking == "" {
		return err
	}
	there, err := b.there(src, slot)
	if err != nil {
		return err
	}
	if !there {
		return fault.New(fault.Conflict, "planner.fault.gone", "a room, somebody or something that is not there then")
	}
	w, err := b.recall(src, casefile, Wish{Of: slot.person, Avoid: avoid})
	if err != nil {
		return err
	}
	if slices.ContainsFunc(w.Apart, func(v Visit) bool {
		return v.Site == slot.room.Site && v.Start.Add(-visitMargin).Before(slot.End) && v.End.Add(visitMargin).After(slot.Start)
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

// ahead is the slot of an interview that has not begun; without a booking when
// there is none.
func (b *Book) ahead(src db.Source, casefile, interview string) (slot taken, err error) {
	err = db.Each(src, findSlot, func(row func(...any) error) error {
		var equipment string
		var from, until int64
		err := row(&slot.booking, &slot.person, &slot.room.ID, &slot.room.Site, &slot.room.Kind, &equipment, &from, &until)
		slot.room.Equipment, slot.Span = list(equipment), b.span(from, until)
		return err
	}, casefile, interview, b.clock().Unix())
	return slot, err
}

// there says whether everything that a slot holds can be had then, and the room
// has what its kind must have: a piece that stands in it or is brought, or, where
// none stands, a tick.
func (b *Book) there(src db.Source, slot taken) (bool, error) {
	var gone int
	err := db.Each(src, countGone, func(row func(...any) error) error { return row(&gone) }, slot.booking)
	if err != nil || gone > 0 {
		return false, err
	}
	works := map[string]bool{} // by kind of the pieces
	err = db.Each(src, listPieces, func(row func(...any) error) error {
		var kind string
		var away int
		err := row(&kind, &away)
		works[kind] = works[kind] || away == 0
		return err
	}, slot.booking, slot.room.ID, slot.Start.Add(-roomMargin).Unix(), slot.End.Add(roomMargin).Unix())
	lacks := func(need string) bool {
		working, stands := works[need]
		return !working && (stands || !slices.Contains(slot.room.Equipment, need))
	}
	return !slices.ContainsFunc(b.needs(slot.room.Kind), lacks), err
}
