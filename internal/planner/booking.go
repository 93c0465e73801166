package planner

import (
	"context"
	"database/sql"
	"errors"
	"slices"
	"strings"
	"time"

	"verhaal/internal/db"
	"verhaal/internal/fault"
)

// Booking is a slot that an interview has.
type Booking struct {
	ID, Casefile, Interview string
	Room                    string // id
	RoomName, Site          string
	Span
	Who []string // everything it holds: "room/…", "staff/…", "interpreter/…"
	by  terms
}

// terms are what a slot was taken by: it stands while it meets them.
type terms struct {
	of       string // the person, by their id in the case
	kind     string // of the room
	adapted  bool   // the room
	language string // of the interpreter; "" = there is none
	sworn    bool   // the interpreter
	sex      string
	regions  []string
}

// Reserve takes the slot of a proposal for the interview of a wish, inside the
// act that writes the plan. Everything is looked at again in there: what was
// taken meanwhile, or does not fit the wish, the person's own times and
// interviews, whom they must not meet or an interpreter's ties, is a Conflict with
// "planner.fault.taken". Acts run as if alone, so nobody can come between.
func (b *Book) Reserve(tx *db.Tx, actor, casefile, interview string, w Wish, p Proposal) error {
	booked, err := b.Booked(tx, casefile, interview)
	if err != nil {
		return err
	}
	if booked {
		return fault.New(fault.Conflict, "planner.fault.booked_already", "the interview has a slot")
	}
	if p, err = b.again(tx, casefile, w, p); err != nil {
		return err
	}
	id := newID()
	if _, err := tx.Exec(insertBooking, id, casefile, interview, w.Of, p.Room.ID, p.Start.Unix(), p.End.Unix(), b.clock().Unix(), actor,
		p.Room.Kind, number(p.Room.Adapted), w.Language, number(p.Sworn), w.Sex, strings.Join(w.Regions, "\n")); err != nil {
		return err
	}
	for _, u := range uses(p) {
		if _, err := tx.Exec(insertUse, id, u.who, u.Start.Unix(), u.End.Unix()); err != nil {
			return err
		}
	}
	return nil
}

// again searches a calendar that holds nothing but the slot, as it is now. What
// the rules say of it is asked beside.
func (b *Book) again(tx *db.Tx, casefile string, w Wish, p Proposal) (Proposal, error) {
	w, err := b.recall(tx, casefile, w)
	if err != nil {
		return p, err
	}
	busy, err := b.busy(tx, p.around())
	if err != nil {
		return p, err
	}
	var staff []Colleague
	for _, one := range p.people() {
		staff = append(staff, Colleague{one.ID, one.Login, one.Name, one.Held})
	}
	c, err := load(tx, casefile, staff, busy)
	if err != nil {
		return p, err
	}
	c.Rooms = slices.DeleteFunc(c.Rooms, func(o Room) bool { return o.ID != p.Room.ID })
	c.Interpreters = slices.DeleteFunc(c.Interpreters, func(o Interpreter) bool { return p.Interpreter == nil || o.ID != p.Interpreter.ID })
	again, free, err := c.at(p.Span, w)
	if err == nil && (!free || len(again.people()) != len(p.people())) {
		err = fault.New(fault.Conflict, "planner.fault.taken", "not free, or not as wished")
	}
	return again, err
}

// at searches one slot alone, whatever the rules say of it; false when it can't be had.
func (c Calendar) at(s Span, w Wish) (Proposal, bool, error) {
	w.From, w.Until, w.Now, w.Length, w.Most = s.Start, s.Start, s.Start, s.End.Sub(s.Start), 1
	found, err := Search(context.Background(), c, w, func(Candidate) (Verdict, error) { return Verdict{}, nil })
	i := slices.IndexFunc(found.Full, func(o Proposal) bool { return o.Start.Equal(s.Start) && o.End.Equal(s.End) })
	if err != nil || i < 0 {
		return Proposal{}, false, err
	}
	return found.Full[i], true, nil
}

// use is how long a booking holds something.
type use struct {
	who string
	Span
}

func uses(p Proposal) []use {
	wider := func(by time.Duration) Span { return Span{p.Start.Add(-by), p.End.Add(by)} }
	out := []use{{roomWho + p.Room.ID, wider(roomMargin)}}
	for _, w := range p.people() {
		span := p.Span
		if w.Region != p.Room.Region {
			span = wider(travel)
		}
		out = append(out, use{staffWho + w.ID, span})
	}
	for _, item := range p.Kit {
		out = append(out, use{equipmentWho + item.ID, wider(roomMargin)})
	}
	if p.Interpreter != nil {
		out = append(out, use{interpreterWho + p.Interpreter.ID, p.Span})
	}
	return out
}

// people are all who interview or direct.
func (p Proposal) people() []Worker {
	if p.Director == nil {
		return p.Interviewers
	}
	return append(slices.Clone(p.Interviewers), *p.Director)
}

// Interpreter is the id of who interprets; "" = nobody.
func (b Booking) Interpreter() string {
	for _, who := range b.Who {
		if id, is := strings.CutPrefix(who, interpreterWho); is {
			return id
		}
	}
	return ""
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
	all, err := b.bookings(b.db.Source(ctx), listBookingOf, casefile, interview)
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
	return b.bookings(b.db.Source(ctx), listBookings, s.Start.Unix(), s.End.Unix())
}

// bookedFor lists what rooms, people or pieces are booked for from now on.
func (b *Book) bookedFor(who ...string) func(db.Source) ([]Booking, error) {
	now := b.clock()
	return func(src db.Source) (out []Booking, err error) {
		for _, one := range who {
			all, err := b.bookings(src, listBookingsOf, one, now.Unix(), now.Add(longest).Unix())
			if err != nil {
				return nil, err
			}
			out = append(out, all...)
		}
		return out, nil
	}
}

// BookedFor lists what somebody is booked for from now on.
func (b *Book) BookedFor(ctx context.Context, staff string) ([]Booking, error) {
	return b.bookedFor(staffWho + staff)(b.db.Source(ctx))
}

// Lapsed lists what somebody is booked for from now on, on days when they hold
// gone and no other of its kind: what rests on it.
func (b *Book) Lapsed(ctx context.Context, staff string, gone Held) ([]Booking, error) {
	people, err := b.staff(ctx)
	if err != nil {
		return nil, err
	}
	var left []Held
	for _, c := range people {
		if c.ID == staff {
			left = slices.Clone(c.Held)
		}
	}
	if i := slices.Index(left, gone); i >= 0 {
		left = slices.Delete(left, i, i+1)
	}
	all, err := b.BookedFor(ctx, staff)
	return slices.DeleteFunc(all, func(one Booking) bool {
		day := one.Start.Format(time.DateOnly)
		return !gone.on(day) || slices.ContainsFunc(left, func(h Held) bool { return h.Kind == gone.Kind && h.on(day) })
	}), err
}

// bookings reads rows of a booking and one of its uses each.
func (b *Book) bookings(src db.Source, query string, args ...any) (out []Booking, err error) {
	err = db.Each(src, query, func(row func(...any) error) error {
		var one Booking
		var from, until int64
		var adapted, sworn int
		var regions, who string
		if err := row(&one.ID, &one.Casefile, &one.Interview, &one.Room, &one.RoomName, &one.Site, &from, &until,
			&one.by.of, &one.by.kind, &adapted, &one.by.language, &sworn, &one.by.sex, &regions, &who); err != nil {
			return err
		}
		one.Span = b.span(from, until)
		one.by.adapted, one.by.sworn, one.by.regions = adapted != 0, sworn != 0, strings.FieldsFunc(regions, func(c rune) bool { return c == '\n' })
		if n := len(out); n == 0 || out[n-1].ID != one.ID {
			out = append(out, one)
		}
		last := &out[len(out)-1]
		last.Who = append(last.Who, who)
		return nil
	}, args...)
	return out, err
}
