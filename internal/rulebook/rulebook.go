// Package rulebook holds the versions of the policy pack and says which is in
// force: the law changes while the house goes on working. Now and On give the
// pack of a day; Propose, Confirm and Refuse change which versions there are,
// each as an act in the custody log.
//
// Promises: a version judges only after two people stood behind it; one that
// does not load, fails its own worked cases or goes back in number never takes
// the place of one that works; a confirmed version goes on judging its own days
// for good. Now never waits and never fails.
package rulebook

import (
	"context"
	"fmt"
	"io/fs"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"verhaal/internal/custody"
	"verhaal/internal/db"
	"verhaal/internal/fault"
	"verhaal/internal/policy"
	"verhaal/packs"
)

// The states of a version.
const (
	Proposed  = "proposed"
	InForce   = "in_force" // confirmed; it judges from its own first day on
	Refused   = "refused"
	Withdrawn = "withdrawn" // by who proposed it
)

// Version is one version of the pack in the book.
type Version struct {
	Hash       string // policy.Pack.Hash
	Pack       string
	Number     string // "2026.1"
	InForce    string // first day, YYYY-MM-DD
	Against    string // hash of the version that Report compares with; "" for the first
	Report     Report
	State      string
	ProposedBy string // staff id; "" = it came with the software
	ProposedAt time.Time
	DecidedBy  string // staff id; "" = nobody yet, or nobody had to
	DecidedAt  time.Time
	Broken     bool // confirmed, and can't be loaded by this software
}

// Report is what the check of a candidate came to.
type Report struct {
	Passed  int      // worked cases
	Failed  []string // one line each; empty for every version that is stored
	Changes []string // one line for each thing that is decided differently
}

// Check runs the worked cases of a candidate and compares it with the version
// in force.
type Check func(candidate, inForce *policy.Pack) (Report, error)

// Broken is why a version was not taken, in one line for whoever wrote it. It
// comes inside a fault of kind BadInput.
type Broken struct{ Line string }

func (b *Broken) Error() string { return b.Line }

func broken(err error) error {
	line := strings.Join(strings.Fields(err.Error()), " ")
	return fault.Wrap(fault.BadInput, "admin.fault.rules_broken", &Broken{line})
}

// Config is what a book stands on.
type Config struct {
	Pack  string // name of the pack that the installation works by
	Packs fs.FS  // the packs that came with the software
	Check Check
	// Administrator says whether somebody is at work here now and may run the system.
	Administrator func(ctx context.Context, staff string) (bool, error)
	Clock         func() time.Time
	Log           *slog.Logger
}

// Book is the book of versions of one pack. It is safe for concurrent use, and
// several processes may have it open on one database: Run makes each notice
// what the others confirmed.
type Book struct {
	Config
	db    *db.DB
	log   *custody.Log
	state atomic.Pointer[state]
	mu    sync.Mutex // only one refresh at a time, so that no older state follows a newer
}

// state is what was confirmed, loaded. It is never changed.
type state struct {
	packs     []*policy.Pack          // by first day, then by number; never empty
	rows      map[string]*policy.Pack // those of packs that the database holds, by hash
	broken    map[string]bool
	confirmed int // rows, whether they load or not
}

// Open opens the book. The pack that came with the software is the first
// version of a new book; a later one is proposed to the administrators. An
// error is one of the database or of the pack that came with the software; a
// stored version that can't be loaded any more is told to the log and left out.
func Open(ctx context.Context, d *db.DB, log *custody.Log, c Config) (*Book, error) {
	b := &Book{Config: c, db: d, log: log}
	shipped, err := policy.Load(c.Packs, c.Pack)
	if err != nil {
		return nil, err
	}
	// A stored version that is the one shipped is not read a second time.
	b.state.Store(&state{packs: []*policy.Pack{shipped}, rows: map[string]*policy.Pack{shipped.Hash: shipped}, broken: map[string]bool{}})
	if err := b.Refresh(ctx); err != nil {
		return nil, err
	}
	if err := b.keepShipped(ctx, shipped); err != nil {
		return nil, err
	}
	return b, b.Refresh(ctx)
}

// Now is the version in force today (UTC). What belongs together, such as one
// request, must ask once.
func (b *Book) Now() *policy.Pack { return b.state.Load().on(b.Today()) }

// On is the version in force on a day (YYYY-MM-DD). Days before the first
// version get the first: its rules say themselves since when they are law.
func (b *Book) On(day string) (*policy.Pack, error) {
	if _, err := time.Parse(time.DateOnly, day); err != nil {
		return nil, fault.New(fault.BadInput, "", "not a day of the form YYYY-MM-DD")
	}
	return b.state.Load().on(day), nil
}

// Version finds a confirmed version by its hash, for decisions that name it.
func (b *Book) Version(hash string) (*policy.Pack, error) {
	for _, p := range b.state.Load().packs {
		if p.Hash == hash {
			return p, nil
		}
	}
	return nil, fault.New(fault.NotFound, "", "no such version of the rules is confirmed and can be loaded")
}

// Today is the day that Now is about (UTC), YYYY-MM-DD.
func (b *Book) Today() string { return b.Clock().UTC().Format(time.DateOnly) }

func (s *state) on(day string) *policy.Pack {
	at := s.packs[0]
	for _, p := range s.packs {
		if p.InForce <= day {
			at = p
		}
	}
	return at
}

// pace is how often Run looks whether another process confirmed something.
const pace = 2 * time.Second

// Run keeps the book up to date with the other processes until ctx ends.
func (b *Book) Run(ctx context.Context) {
	tick := time.NewTicker(pace)
	defer tick.Stop()
	failed := false
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		err := b.Refresh(ctx)
		if err != nil && !failed && ctx.Err() == nil {
			b.Log.Error("the book of rules was not read; the version known before stays in force", "error", err)
		}
		failed = err != nil
	}
}

// Refresh reads what was confirmed since, here or by another process. It costs
// one small query when nothing was.
func (b *Book) Refresh(ctx context.Context) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	var n int
	if err := b.db.QueryRow(ctx, countConfirmed, b.Pack).Scan(&n); err != nil {
		return err
	}
	before := b.state.Load()
	if n == before.confirmed {
		return nil
	}
	rows, err := b.confirmed(ctx)
	if err != nil {
		return err
	}
	next := &state{rows: map[string]*policy.Pack{}, broken: map[string]bool{}, confirmed: len(rows)}
	for _, row := range rows {
		p, ok := before.rows[row.Hash]
		if !ok {
			p, err = b.load(row)
		}
		if err != nil {
			next.broken[row.Hash] = true
			if !before.broken[row.Hash] {
				b.Log.Error("a confirmed version of the rules can't be loaded and is left out", "hash", row.Hash, "error", err)
			}
			continue
		}
		next.packs, next.rows[row.Hash] = append(next.packs, p), p
	}
	if len(next.packs) == 0 {
		next.packs = before.packs
	}
	slices.SortFunc(next.packs, func(x, y *policy.Pack) int {
		if d := strings.Compare(x.InForce, y.InForce); d != 0 {
			return d
		}
		return compare(x.Version, y.Version)
	})
	b.state.Store(next)
	return nil
}

// load reads a version from its archive, laid over the packs it was written
// for. Whatever an archive does to the reader of packs, it is only an error.
func (b *Book) load(row stored) (_ *policy.Pack, err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("the pack can't be read: %v", r)
		}
	}()
	upper, err := open(row.archive, b.Pack)
	if err != nil {
		return nil, err
	}
	lower, err := unzipped(row.beneath)
	if err != nil {
		return nil, err
	}
	p, err := policy.Load(packs.Layer(upper, lower), b.Pack)
	if err == nil && row.Hash != "" && p.Hash != row.Hash {
		err = fmt.Errorf("the stored archive has the hash %s", p.Hash)
	}
	return p, err
}

// compare orders version numbers part by part, a missing part as nought.
func compare(x, y string) int {
	for x != "" || y != "" {
		var a, b string
		a, x, _ = strings.Cut(x, ".")
		b, y, _ = strings.Cut(y, ".")
		a, b = strings.TrimLeft(a, "0"), strings.TrimLeft(b, "0")
		if len(a) != len(b) {
			return len(a) - len(b)
		}
		if d := strings.Compare(a, b); d != 0 {
			return d
		}
	}
	return 0
}
