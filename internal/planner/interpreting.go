package planner

import (
	"context"
	"database/sql"
	"errors"
	"slices"
	"time"

	"verhaal/internal/db"
	"verhaal/internal/fault"
)

// Check is that an interpreter was checked for ties to those of a case
// (requirement T-05).
type Check struct {
	Interpreter string // name
	Asked       string // with whom it was checked, one of CheckedWith; "" = not yet
	Conflict    bool   // they must not work on the case
	At          time.Time
	Staff       string
}

var checkedWith = []string{"interpreter", "bureau", "records", "person"}

// CheckedWith lists the codes of whom ties can be checked with.
func CheckedWith() []string { return slices.Clone(checkedWith) }

// Checked says, inside an act, that an interpreter has no ties to those of a
// case, and with whom that was checked. It gives the interviews of the case
// that they are booked for. Who must not work on the case is a Conflict with
// "planner.fault.conflict", whatever was checked.
func (b *Book) Checked(tx *db.Tx, actor, casefile, interpreter, asked string) ([]string, error) {
	if !slices.Contains(checkedWith, asked) {
		return nil, fault.New(fault.BadInput, "", "checked with nobody of the list")
	}
	if away, err := texts(tx, listConflicts, casefile); err != nil || slices.Contains(away, interpreter) {
		return nil, errors.Join(err, fault.New(fault.Conflict, "planner.fault.conflict", "kept away from the case"))
	}
	if _, err := tx.Exec(insertCheck, casefile, interpreter, asked, b.clock().Unix(), actor); err != nil {
		return nil, err
	}
	return b.interpreting(tx, casefile, interpreter)
}

// Conflicts says, inside an act, that an interpreter must not work on a case,
// for good, whatever was checked before. It gives the interviews of the case
// that they are booked for; one that is not among seen is a Clash.
func (b *Book) Conflicts(tx *db.Tx, casefile, interpreter string, seen ...string) ([]string, error) {
	n, err := tx.Exec(insertConflict, casefile, interpreter)
	if err == nil && n == 0 {
		err = fault.New(fault.Conflict, "planner.fault.conflict_known", "known already")
	}
	if err != nil {
		return nil, err
	}
	if _, err := tx.Exec(deleteCheck, casefile, interpreter); err != nil {
		return nil, err
	}
	clashes, err := b.bookedFor(interpreterWho + interpreter)(tx)
	if err != nil {
		return nil, err
	}
	clashes = slices.DeleteFunc(clashes, func(one Booking) bool { return one.Casefile != casefile })
	if err := Unseen(clashes, seen); err != nil {
		return nil, err
	}
	return b.interpreting(tx, casefile, interpreter)
}

// Uncheck says, inside an act, that who was checked must be checked again: there is a
// suspect whom nobody asked about.
func (b *Book) Uncheck(tx *db.Tx, casefile string) error {
	_, err := tx.Exec(deleteChecks, casefile)
	return err
}

// Cleared says, inside an act, whether who interprets in the slot of an
// interview was checked for ties to those of the case.
func (b *Book) Cleared(tx *db.Tx, casefile, interview string) (bool, error) {
	var n int
	err := tx.QueryRow(countCleared, casefile, interview).Scan(&n)
	return n > 0, err
}

// Sworn says of who interprets in the slot of an interview, while it has not
// begun, whether the register counts on its day; known is whether there is such a
// slot.
func (b *Book) Sworn(src db.Source, casefile, interview string) (sworn, known bool, err error) {
	err = db.Each(src, findSworn, func(row func(...any) error) error {
		var t Interpreter
		var start int64
		err := row(&t.Number, &t.Until, &start)
		sworn, known = t.sworn(b.span(start, start).Start.Format(time.DateOnly)), true
		return err
	}, casefile, interview, b.clock().Unix())
	return sworn, known, err
}

func (b *Book) interpreting(tx *db.Tx, casefile, interpreter string) ([]string, error) {
	return texts(tx, listInterpreting, casefile, interpreterWho+interpreter)
}

// CheckOf says how an interpreter stands with a case.
func (b *Book) CheckOf(ctx context.Context, casefile, interpreter string) (Check, error) {
	var c Check
	var at int64
	var conflict int
	err := b.db.QueryRow(ctx, findCheck, casefile, interpreter).Scan(&c.Interpreter, &c.Asked, &at, &c.Staff, &conflict)
	if errors.Is(err, sql.ErrNoRows) {
		return c, fault.New(fault.NotFound, "", "no such interpreter")
	}
	c.Conflict = conflict > 0
	if at > 0 {
		c.At = b.span(at, at).Start
	}
	return c, err
}
