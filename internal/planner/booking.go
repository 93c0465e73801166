package planner

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"verhaal/internal/custody"
	"verhaal/internal/db"
	"verhaal/internal/fault"
)

// Booking is a slot that an interview has.
type Booking struct {
	ID, Casefile, Interview string
	Room                    string // id
	RoomName                string
	Span
	Who []string // everything it holds: "room/…", "staff/…", "interpreter/…"
}

// Reserve takes the slot of a proposal for an interview, inside the act that
// writes the plan. What somebody else took meanwhile is a Conflict with
// "planner.fault.taken". Acts run as if alone, so nobody can come between.
func (b *Book) Reserve(tx *db.Tx, actor, casefile, interview string, p Proposal) error {
	var other string
	err := tx.QueryRow(findBooking, casefile, interview).Scan(&other)
	if err == nil {
		return fault.New(fault.Conflict, "planner.fault.booked_already", "the interview has a slot")
	}
	if !errors.Is(err, sql.ErrNoRows) {
		return err
	}
	id := newID()
	if _, err := tx.Exec(insertBooking, id, casefile, interview, p.Room.ID, p.Start.Unix(), p.End.Unix(), b.clock().Unix(), actor); err != nil {
		return err
	}
	for _, u := range uses(p) {
		var taken int
		if err := tx.QueryRow(countTaken, u.who, u.Start.Unix(), u.End.Unix()).Scan(&taken); err != nil {
			return err
		}
		if taken > 0 {
			return fault.New(fault.Conflict, "planner.fault.taken", "booked or absent meanwhile")
		}
		if _, err := tx.Exec(insertUse, id, u.who, u.Start.Unix(), u.End.Unix()); err != nil {
			return err
		}
	}
	_, err = tx.Exec(bumpVersion)
	return err
}

// use is how long a booking holds something.
type use struct {
	who string
	Span
}

func uses(p Proposal) []use {
	wider := func(by time.Duration) Span { return Span{p.Start.Add(-by), p.End.Add(by)} }
	out := []use{{roomWho + p.Room.ID, wider(roomMargin)}}
	people := p.Interviewers
	if p.Director != nil {
		people = append(people[:len(people):len(people)], *p.Director)
	}
	for _, w := range people {
		span := p.Span
		if w.Region != p.Room.Region {
			span = wider(travel)
		}
		out = append(out, use{staffWho + w.ID, span})
	}
	if p.Interpreter != nil {
		out = append(out, use{interpreterWho + p.Interpreter.ID, p.Span})
	}
	return out
}

// Release gives the slot of an interview back, inside the act that does so; why
// is a code. An interview without a slot is left alone.
func (b *Book) Release(tx *db.Tx, casefile, interview, why string) error {
	var id string
	err := tx.QueryRow(findBooking, casefile, interview).Scan(&id)
	if errors.Is(err, sql.ErrNoRows) {
		return nil
	}
	if err != nil {
		return err
	}
	if _, err := tx.Exec(deleteUses, id); err != nil {
		return err
	}
	if _, err := tx.Exec(bumpVersion); err != nil {
		return err
	}
	_, err = tx.Exec(cancelBooking, id, b.clock().Unix(), why)
	return err
}

// Booked says, inside an act, whether an interview has a slot.
func (b *Book) Booked(tx *db.Tx, casefile, interview string) (bool, error) {
	var id string
	err := tx.QueryRow(findBooking, casefile, interview).Scan(&id)
	if errors.Is(err, sql.ErrNoRows) {
		return false, nil
	}
	return err == nil, err
}

// Of finds the slot of an interview; NotFound when it has none.
func (b *Book) Of(ctx context.Context, casefile, interview string) (Booking, error) {
	all, err := b.bookings(ctx, listBookingOf, casefile, interview)
	if err != nil {
		return Booking{}, err
	}
	if len(all) == 0 {
		return Booking{}, fault.New(fault.NotFound, "", "no slot")
	}
	return all[0], nil
}

// Between lists what is booked in a time, the soonest first.
func (b *Book) Between(ctx context.Context, s Span) ([]Booking, error) {
	return b.bookings(ctx, listBookings, s.Start.Unix(), s.End.Unix())
}

// bookings reads rows of a booking and one of its uses each.
func (b *Book) bookings(ctx context.Context, query string, args ...any) ([]Booking, error) {
	rows, err := b.db.Query(ctx, query, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var out []Booking
	for rows.Next() {
		var one Booking
		var from, until int64
		var who string
		if err := rows.Scan(&one.ID, &one.Casefile, &one.Interview, &one.Room, &one.RoomName, &from, &until, &who); err != nil {
			return nil, err
		}
		one.Span = b.span(from, until)
		if n := len(out); n == 0 || out[n-1].ID != one.ID {
			out = append(out, one)
		}
		last := &out[len(out)-1]
		last.Who = append(last.Who, who)
	}
	return out, rows.Err()
}

// AddVisit says that somebody of a case is at a site whom its other persons
// must not meet.
func (b *Book) AddVisit(ctx context.Context, actor, casefile string, v Visit) error {
	if err := label(v.Site, 60); err != nil {
		return err
	}
	if !v.Start.Before(v.End) || v.End.Sub(v.Start) > 7*24*time.Hour {
		return fault.New(fault.BadInput, "planner.fault.span", "an end that is not after the start")
	}
	_, err := b.log.Do(ctx, custody.Act{Kind: "planner.visit_added", Actor: actor, Subject: casefile}, func(tx *db.Tx) error {
		_, err := tx.Exec(insertVisit, newID(), casefile, v.Site, v.Start.Unix(), v.End.Unix())
		return err
	})
	return err
}

// Visits lists those of a case that end after a moment.
func (b *Book) Visits(ctx context.Context, casefile string, after time.Time) ([]Visit, error) {
	rows, err := b.db.Query(ctx, listVisits, casefile, after.Unix())
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var out []Visit
	for rows.Next() {
		var v Visit
		var from, until int64
		if err := rows.Scan(&v.Site, &from, &until); err != nil {
			return nil, err
		}
		v.Span = b.span(from, until)
		out = append(out, v)
	}
	return out, rows.Err()
}

// SetConflict says that an interpreter must not work on a case (requirement
// T-05), for good.
func (b *Book) SetConflict(ctx context.Context, actor, casefile, interpreter string) error {
	_, err := b.log.Do(ctx, custody.Act{Kind: "planner.conflict_set", Actor: actor, Subject: casefile}, func(tx *db.Tx) error {
		n, err := tx.Exec(insertConflict, casefile, interpreter)
		if err == nil && n == 0 {
			err = fault.New(fault.Conflict, "planner.fault.conflict_known", "known already")
		}
		return err
	})
	return err
}

// Load gives a search everything in use with what keeps it busy between two
// moments. It costs three short queries however many there are.
func (b *Book) Load(ctx context.Context, casefile string, s Span) (Calendar, error) {
	busy, err := b.busy(ctx, s)
	if err != nil {
		return Calendar{}, err
	}
	conflicts, err := b.db.Strings(ctx, listConflicts, casefile)
	if err != nil {
		return Calendar{}, err
	}
	rooms, err := b.Rooms(ctx)
	if err != nil {
		return Calendar{}, err
	}
	workers, err := b.Workers(ctx)
	if err != nil {
		return Calendar{}, err
	}
	interpreters, err := b.Interpreters(ctx)
	if err != nil {
		return Calendar{}, err
	}
	var c Calendar
	for _, e := range rooms {
		if e.Used {
			e.It.Busy = busy[roomWho+e.It.ID]
			c.Rooms = append(c.Rooms, e.It)
		}
	}
	for _, e := range workers {
		if e.Used {
			e.It.Busy = busy[staffWho+e.It.ID]
			c.Workers = append(c.Workers, e.It)
		}
	}
	for _, e := range interpreters {
		if e.Used {
			e.It.Busy = busy[interpreterWho+e.It.ID]
			for _, id := range conflicts {
				e.It.Conflict = e.It.Conflict || id == e.It.ID
			}
			c.Interpreters = append(c.Interpreters, e.It)
		}
	}
	return c, nil
}

// busy is when each room and person is taken. There may be a hundred thousand
// times, so what was read is kept until a booking or an absence changes.
func (b *Book) busy(ctx context.Context, s Span) (map[string][]Span, error) {
	var version int64
	if err := b.db.QueryRow(ctx, findVersion).Scan(&version); err != nil {
		return nil, err
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if k := b.seen; k.busy != nil && k.version == version && !s.Start.Before(k.Start) && !s.End.After(k.End) {
		return k.busy, nil
	}
	busy, err := b.readBusy(ctx, s)
	if err == nil {
		b.seen = taken{version, s, busy}
	}
	return busy, err
}

func (b *Book) readBusy(ctx context.Context, s Span) (map[string][]Span, error) {
	rows, err := b.db.Query(ctx, listBusy, s.Start.Unix(), s.End.Unix())
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	out := map[string][]Span{}
	for rows.Next() {
		var who string
		var from, until int64
		if err := rows.Scan(&who, &from, &until); err != nil {
			return nil, err
		}
		out[who] = append(out[who], b.span(from, until))
	}
	return out, rows.Err()
}
