package planner

import (
	"context"
	"slices"
	"strings"
	"time"

	"verhaal/internal/custody"
	"verhaal/internal/db"
	"verhaal/internal/fault"
)

// Times are when it suits somebody of a case. They are kept with the person, so
// that every search and every booking is held to them.
type Times struct {
	Suits   []Hours // none = whenever
	Never   []Days  // out of the question
	Version int64   // 0 = never said
}

// Days are days in a row, both included, YYYY-MM-DD.
type Days struct{ From, Until string }

func (t Times) never(day string) bool {
	return slices.ContainsFunc(t.Never, func(d Days) bool { return d.From <= day && day <= d.Until })
}

// Whose times they can be: the person's, or those of who comes with them.
const (
	OfPerson    = "person"
	OfCompanion = "companion"
)

// mostTimes bounds how many hours and days somebody can give.
const mostTimes = 20

// SetTimes keeps when it suits a person, or who comes with them. t.Version must
// be what the writer saw; else it is a Conflict. Interviews of the person that
// are booked when it does not suit them must be among seen, see change.
func (b *Book) SetTimes(ctx context.Context, actor, casefile, person, whose string, t Times, seen ...string) error {
	if whose != OfPerson && whose != OfCompanion || len(t.Suits) > mostTimes || len(t.Never) > mostTimes {
		return fault.New(fault.BadInput, "", "nobody's times, or too many")
	}
	var suits, never []string
	for _, h := range t.Suits {
		suits = append(suits, h.String())
	}
	for _, d := range t.Never {
		for _, day := range []string{d.From, d.Until} {
			if _, err := time.Parse(time.DateOnly, day); err != nil || d.Until < d.From {
				return fault.New(fault.BadInput, "planner.fault.span", "days that end before they begin")
			}
		}
		never = append(never, d.From+"/"+d.Until)
	}
	act := custody.Act{Kind: "planner.times_set", Actor: actor, Subject: casefile}
	touched := func(src db.Source) ([]Booking, error) {
		now := b.clock()
		return b.bookings(src, listBookingsOfCase, casefile, now.Unix(), now.Add(longest).Unix())
	}
	fields := []any{casefile, person, whose, strings.Join(suits, ";"), strings.Join(never, ";")}
	return b.change(ctx, act, "times_changed", seen, touched, put(t.Version, insertTimes, updateTimes, fields))
}

// Recall fills in what the calendar keeps about the person of a wish: the times
// of both, when another interview takes them, and when somebody whom they must not
// meet is where.
func (b *Book) Recall(ctx context.Context, casefile string, w Wish) (Wish, error) {
	return b.recall(b.db.Source(ctx), casefile, w)
}

func (b *Book) recall(src db.Source, casefile string, w Wish) (Wish, error) {
	w.Person, w.Companion = Times{}, Times{}
	err := db.Each(src, listTimes, func(row func(...any) error) error {
		var whose, suits, never string
		var t Times
		if err := row(&whose, &suits, &never, &t.Version); err != nil {
			return err
		}
		for _, text := range strings.FieldsFunc(suits, semicolon) {
			h, err := ParseHours(text)
			if err != nil {
				return fault.Wrap(fault.Internal, "", err)
			}
			t.Suits = append(t.Suits, h)
		}
		for _, text := range strings.FieldsFunc(never, semicolon) {
			from, until, _ := strings.Cut(text, "/")
			t.Never = append(t.Never, Days{from, until})
		}
		if whose == OfPerson {
			w.Person = t
		} else {
			w.Companion = t
		}
		return nil
	}, casefile, w.Of)
	if err != nil {
		return w, err
	}
	w.Apart, w.Taken, err = b.visits(src, casefile, w)
	return w, err
}

func semicolon(c rune) bool { return c == ';' }
