package db

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"runtime/debug"
	"time"

	"verhaal/internal/fault"
)

const (
	// tries is how often a group is run that PostgreSQL undoes because of
	// another transaction.
	tries = 10
	// patience is how long writes wait for a lost database before they are
	// refused; while it stays away the later ones are refused at once.
	patience = 10 * time.Second
	// limit ends an attempt that hangs, e.g. on a network that swallows packets.
	limit = 30 * time.Second
)

// group is the functions that share one commit.
type group struct {
	jobs    []*job
	begun   bool // a first transaction was open, so the group is complete
	careful bool // a function failed: run each in a savepoint of its own
	// unknown is the turn of the attempt whose commit got no answer; 0 = none.
	unknown int64
	// kept is what the hook wants to be told when the commit is certain.
	kept func()
}

var (
	// errCareful undoes an attempt without savepoints in which a function failed.
	errCareful = errors.New("a function of the group failed")
	errUnknown = fault.New(fault.Unavailable, "", "the connection was lost during a commit: it is not known whether it happened")
)

// serve runs the group until it is durable or undone for good, and answers.
func (w *Writer) serve(g *group) {
	err := w.settle(g)
	if err != nil {
		w.log.Error("a group of writes was undone", "functions", len(g.jobs), "error", err)
		w.drop()
	}
	for _, j := range g.jobs {
		if err != nil {
			j.err = classify(err)
		}
		close(j.done)
	}
}

func (w *Writer) settle(g *group) error {
	for try := 1; ; try++ {
		err := w.attempt(g)
		switch {
		case err == nil:
			w.down = time.Time{}
			return nil
		case errors.Is(err, errCareful):
			g.careful = true
			if w.session.exec("rollback") == nil {
				continue
			}
			w.drop()
		case w.session.alive() && again(err) && try < tries:
			if w.session.exec("rollback") != nil {
				w.drop()
			}
			time.Sleep(rand.N(time.Duration(try) * 2 * time.Millisecond))
		case w.session.lost(err):
			w.drop()
			if full(err) || !w.mayWait() {
				if g.unknown != 0 {
					return errUnknown
				}
				if err = classify(err); fault.KindOf(err) == fault.Unavailable {
					return err
				}
				return fault.Wrap(fault.Unavailable, "", err)
			}
		default:
			return err
		}
	}
}

// mayWait pauses before the next attempt to reach a lost database, until
// patience ends or the writer is stopped.
func (w *Writer) mayWait() bool {
	if w.down.IsZero() {
		w.down = time.Now()
	}
	if time.Since(w.down) > patience {
		return false
	}
	select {
	case <-w.quit:
		return false
	case <-time.After(50 * time.Millisecond):
		return true
	}
}

func (w *Writer) drop() {
	w.session.close()
	w.session = nil
}

// attempt runs the group in one transaction. An error means that it is not
// committed, or not known to be.
func (w *Writer) attempt(g *group) (err error) {
	ctx, cancel := context.WithTimeout(context.Background(), limit)
	defer cancel()
	if w.session == nil {
		if w.session, err = w.connect(ctx); err != nil {
			return err
		}
	}
	s := w.session
	s.ctx = ctx
	undisturbed, err := s.begin()
	if err != nil {
		return err
	}
	if g.unknown != 0 {
		// The lock that begin took says that the lost transaction has ended.
		committed, err := s.committed(g.unknown)
		if err != nil {
			return err
		}
		if committed {
			g.kept()
			return s.exec("rollback")
		}
		g.unknown = 0
	}
	if !g.begun {
		g.begun = true
		w.join(g)
	}
	tx := &Tx{s: s, ctx: ctx, undisturbed: undisturbed}
	var marks []any
	for _, j := range g.jobs {
		if err := runOne(tx, j, g); err != nil {
			return err
		}
		if j.err == nil {
			marks = append(marks, j.mark)
		}
	}
	if len(marks) == 0 {
		return s.exec("rollback")
	}
	g.kept, err = w.before(tx, marks)
	tx.closeRows()
	if err != nil {
		return err
	}
	turn, err := s.commit()
	if err != nil {
		if s.lost(err) {
			g.unknown = turn
		}
		return err
	}
	g.kept()
	return nil
}

// runOne runs one function. An error is the group's; the function's own is
// left in its job.
func runOne(tx *Tx, j *job, g *group) error {
	s := tx.s
	if !g.careful {
		if j.err = call(tx, j.fn); j.err != nil {
			return errCareful
		}
		return nil
	}
	if err := s.exec("savepoint act"); err != nil {
		return err
	}
	j.err = call(tx, j.fn)
	if j.err != nil && (again(j.err) || s.lost(j.err)) {
		return j.err
	}
	if j.err == nil {
		// PostgreSQL refuses when the function went on after a failed statement.
		if j.err = s.exec("release savepoint act"); j.err == nil {
			return nil
		}
	}
	if err := s.exec("rollback to savepoint act"); err != nil {
		return err
	}
	j.err = classify(j.err)
	return s.exec("release savepoint act")
}

// call runs fn and turns a panic into an error. Of a value that is no error
// only the type is kept: it may hold anything, and errors reach logs.
func call(tx *Tx, fn func(*Tx) error) (err error) {
	if fn == nil {
		return nil
	}
	defer tx.closeRows()
	defer func() {
		if p := recover(); p != nil {
			if e, ok := p.(error); ok {
				err = fmt.Errorf("a writing function panicked: %w\n%s", e, debug.Stack())
				return
			}
			err = fmt.Errorf("a writing function panicked with a %T\n%s", p, debug.Stack())
		}
	}()
	return fn(tx)
}
