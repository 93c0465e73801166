// Package planner knows rooms, the people who work in them and when they are
// free, and finds the soonest lawful slot for an interview. Search is pure: it
// chooses from a Calendar and asks a Judge, and says why earlier times fail.
// Book keeps the calendar: Load gives it to a search, Reserve takes a slot in
// the same transaction as the plan it belongs to, so that nothing is booked
// twice, however many plan at once.
//
// Nothing here says who is interviewed: a booking names its case file, and the
// person in it, by id.
package planner

import (
	"context"
	"crypto/rand"
	"encoding/base32"
	"strings"
	"time"

	"verhaal/internal/custody"
	"verhaal/internal/db"
	"verhaal/internal/fault"
)

// Colleague is a member of staff as the calendar needs to know them.
type Colleague struct {
	ID, Login, Name string
	Held            []Held
}

// Colleagues lists everybody who works here now, with their certificates.
type Colleagues func(ctx context.Context) ([]Colleague, error)

// Around is what the calendar needs of the rest of the house.
type Around struct {
	Staff Colleagues
	// Kinds are the kinds of interview room of the pack in force.
	Kinds func() []Kind
	// Avoided are whom a person of a case must not meet, as src shows it.
	Avoided func(src db.Source, casefile, person string) ([]string, error)
	// Fell tells a case that an interview's slot does not stand any more; happened
	// is the kind of what took it away.
	Fell  func(ctx context.Context, actor, casefile, interview, happened string) error
	Clock func() time.Time // in the installation's time zone
}

// Book is the calendar of an installation. It is safe for concurrent use.
type Book struct {
	db      *db.DB
	log     *custody.Log
	staff   Colleagues
	kinds   func() []Kind
	avoided func(src db.Source, casefile, person string) ([]string, error)
	fell    func(ctx context.Context, actor, casefile, interview, happened string) error
	clock   func() time.Time
}

// New opens the calendar.
func New(d *db.DB, log *custody.Log, a Around) *Book {
	return &Book{db: d, log: log, staff: a.Staff, kinds: a.Kinds, avoided: a.Avoided, fell: a.Fell, clock: a.Clock}
}

// The prefixes of what can be booked, before an id.
const (
	roomWho        = "room/"
	staffWho       = "staff/"
	interpreterWho = "interpreter/"
	equipmentWho   = "equipment/"
)

// longest bounds how far ahead the calendar looks.
const longest = 400 * 24 * time.Hour

func newID() string {
	var b [10]byte
	_, _ = rand.Read(b[:]) // never fails, crypto/rand ends the process first
	return strings.ToLower(base32.StdEncoding.EncodeToString(b[:]))
}

// label is a name or a code that people give: short, printable, one line.
func label(s string, most int) error {
	if s == "" || len(s) > most || strings.TrimSpace(s) != s {
		return fault.New(fault.BadInput, "planner.fault.label", "a name that is empty or too long")
	}
	for _, r := range s {
		if r < ' ' || r == 0x7f {
			return fault.New(fault.BadInput, "planner.fault.label", "a name with control characters")
		}
	}
	return nil
}

func number(yes bool) int {
	if yes {
		return 1
	}
	return 0
}

// texts is the first column of every row.
func texts(src db.Source, query string, args ...any) (out []string, err error) {
	err = db.Each(src, query, func(row func(...any) error) error {
		var one string
		err := row(&one)
		out = append(out, one)
		return err
	}, args...)
	return out, err
}

func list(s string) []string {
	if s == "" {
		return nil
	}
	return strings.Split(s, ",")
}
