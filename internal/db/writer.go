package db

import (
	"context"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"verhaal/internal/fault"
)

// groupSize is how many functions share one commit at the most.
const groupSize = 64

// Writer runs functions in writing transactions, many to a commit, one after
// the other as if each were alone, on both engines and over all processes that
// share a PostgreSQL database. It is the only door for writing: Open gives it
// out once.
type Writer struct {
	connect func(context.Context) (*session, error)
	log     *slog.Logger
	jobs    chan *job
	quit    chan struct{}
	done    sync.WaitGroup
	before  Hook

	// Of the writing goroutine alone.
	session *session  // nil until connected
	down    time.Time // since when the database can't be reached; zero when it can
}

// job is one function that waits for the writer. Whoever moves state away
// from waiting, the caller that gives up or the writer, decides its fate.
type job struct {
	state atomic.Int32
	fn    func(*Tx) error
	mark  any
	err   error         // set before done is closed
	done  chan struct{} // closed when the answer is certain
}

const (
	waiting int32 = iota
	running
	abandoned
)

func newWriter(connect func(context.Context) (*session, error), log *slog.Logger) *Writer {
	w := &Writer{connect: connect, log: log, jobs: make(chan *job, groupSize), quit: make(chan struct{}),
		before: func(*Tx, []any) (func(), error) { return func() {}, nil }}
	w.done.Go(w.run)
	return w
}

// Hook runs at the end of each group, inside its transaction, with the marks of
// the functions that succeeded, in their order. Its error undoes the whole
// group; like the functions it may be run again. kept is called when the
// transaction is committed, before the next begins.
type Hook func(tx *Tx, marks []any) (kept func(), err error)

// BeforeCommit sets the hook. Call it once, before the first Write.
func (w *Writer) BeforeCommit(hook Hook) { w.before = hook }

// Write runs fn in a transaction that it shares with others who wait, and
// returns when the commit is durable. An error or a panic of fn undoes fn
// alone. A nil fn is a mark without a change.
//
// fn must talk to its Tx only and be short, for all others wait; and it must
// be safe to run again from the start: it is, when another function of the
// group failed, when PostgreSQL could not serialise, or when the connection was
// lost and came back. Only the last run counts.
//
// A context that ends while fn waits keeps it from running and its error is
// returned; once fn runs it is finished. A fault of kind Unavailable means
// that the database is full or gone: nothing was kept, unless the connection
// was lost in the very moment of the commit and did not come back to be asked.
func (w *Writer) Write(ctx context.Context, mark any, fn func(*Tx) error) error {
	j := &job{fn: fn, mark: mark, done: make(chan struct{})}
	if err := ctx.Err(); err != nil {
		return err
	}
	select {
	case w.jobs <- j:
	case <-ctx.Done():
		return ctx.Err()
	case <-w.quit:
		return errStopped
	}
	select {
	case <-j.done:
		return j.err
	case <-ctx.Done():
		if j.state.CompareAndSwap(waiting, abandoned) {
			return ctx.Err()
		}
	case <-w.quit:
		if j.state.CompareAndSwap(waiting, abandoned) {
			return errStopped
		}
	}
	<-j.done
	return j.err
}

var errStopped = fault.New(fault.Unavailable, "", "the database is being closed")

func (w *Writer) stop() error {
	close(w.quit)
	w.done.Wait()
	return nil
}

func (w *Writer) run() {
	defer func() { w.session.close() }()
	for {
		select {
		case j := <-w.jobs:
			if j.take() {
				w.serve(&group{jobs: []*job{j}})
			}
		case <-w.quit:
			return
		}
	}
}

func (j *job) take() bool { return j.state.CompareAndSwap(waiting, running) }

// join adds what is waiting to the group.
func (w *Writer) join(g *group) {
	for len(g.jobs) < groupSize {
		select {
		case j := <-w.jobs:
			if j.take() {
				g.jobs = append(g.jobs, j)
			}
		default:
			return
		}
	}
}
