// Package custody is the log of everything that was done. Each act is a leaf
// of a Merkle tree, and the leaf is written in the same transaction as the
// change it tells of: Log.Do is the only way to a writing transaction.
//
// Most callers need Do; a server also runs Run, which grows the tree and signs
// checkpoints, and serves Checkpoint and Tile. The tree is RFC 6962's, served
// as C2SP tlog-tiles (https://c2sp.org/tlog-tiles) and signed as C2SP
// checkpoints (https://c2sp.org/tlog-checkpoint), so that readers of others
// can check it; ours is the package verify, which shares no code with this one.
//
// Promises: when Do returns nil, change and leaf are durable, and the leaf will
// be in every later checkpoint under the number that Do gave; when it returns
// an error of another kind than Unavailable, neither exists. Leaves are
// numbered from 0 without a gap. No leaf is ever changed or removed: what may
// be erased is what opens the commitment to its subject (Erase).
package custody

import (
	"context"
	"crypto/rand"
	"log/slog"
	"maps"
	"time"

	"golang.org/x/mod/sumdb/tlog"

	"verhaal/internal/db"
	"verhaal/internal/fault"
)

// Act is one thing somebody did, as the log tells it to auditors. Nothing in
// it may identify a person.
type Act struct {
	Kind    string            // noun.verb_past: "report.received", "desk.key_made"
	Actor   string            // pseudonymous staff id; "" = a reporter or the system
	Subject string            // id of the thing acted on; only a salted commitment enters the leaf
	Basis   string            // rule id or reason code
	Facts   map[string]string // small and non-identifying: channel, epoch, code
	Hashes  map[string][]byte // name to SHA-256 of sealed bytes
	DayOnly bool              // keep the day, not the time: every act of a reporter
}

// Entry is an act's leaf. Only Do's caller and the auditors see it.
type Entry struct {
	Seq  int64     // number of the leaf, from 0
	Leaf []byte    // canonical JSON, see docs/formats.md
	Hash [32]byte  // RFC 6962 leaf hash
	Time time.Time // UTC; midnight where the act keeps only the day
}

// Log is the custody log of one installation. It is safe for concurrent use,
// and several processes may have the same log open on one PostgreSQL database.
type Log struct {
	db    *db.DB
	w     *db.Writer
	key   Key
	clock func() time.Time
	log   *slog.Logger
	end   end
}

// New opens the log and takes w for itself: there is one Log per Writer. log
// receives what went wrong in the sequencer.
func New(d *db.DB, w *db.Writer, key Key, clock func() time.Time, log *slog.Logger) *Log {
	l := &Log{db: d, w: w, key: key, clock: clock, log: log}
	w.BeforeCommit(l.append)
	return l
}

// pending is an act on its way into the log.
type pending struct {
	Act
	salt  []byte
	entry Entry // set by append, for the last run of the group
}

// Do runs fn and writes act's leaf; both are durable when it returns nil, or
// neither is done. fn nil is an act without a change. What fn may do, and that
// it must be safe to run again, is said at db.Writer.Write; the error of fn
// comes back as it is. Thousands may call Do at once: they share commits.
func (l *Log) Do(ctx context.Context, act Act, fn func(tx *db.Tx) error) (Entry, error) {
	if err := act.check(); err != nil {
		return Entry{}, err
	}
	p := &pending{Act: act}
	if act.Subject != "" {
		p.salt = make([]byte, saltSize)
		_, _ = rand.Read(p.salt) // never fails: crypto/rand
	}
	if err := l.w.Write(ctx, p, fn); err != nil {
		return Entry{}, err
	}
	return p.entry, nil
}

// Erase removes what opens the commitments to a subject, in all leaves that
// there are: afterwards nobody can tell which leaves spoke of it, and the tree
// is what it was. It is an act of its own, "subject.erased", that names the
// number of leaves and not the subject. NotFound when no leaf speaks of it.
func (l *Log) Erase(ctx context.Context, actor, subject, basis string) (Entry, error) {
	if subject == "" {
		return Entry{}, fault.New(fault.BadInput, "", "no subject to erase")
	}
	return l.Do(ctx, Act{Kind: "subject.erased", Actor: actor, Basis: basis}, func(tx *db.Tx) error {
		n, err := tx.Exec(eraseSubject, subject)
		if err == nil && n == 0 {
			return fault.New(fault.NotFound, "", "no act has this subject")
		}
		return err
	})
}

// end is the end of the log as this process last committed it. It belongs to
// the writing goroutine.
type end struct {
	known bool
	next  int64            // number of the next leaf
	last  map[string]int64 // the last leaf of the actors met so far; -1 = none
}

// maxActors bounds the memory of end.
const maxActors = 10_000

// append is the end of every group of writes: it numbers the acts and writes
// their leaves. Writers run one after the other (db.Writer), so the numbers
// have the order of the commits.
func (l *Log) append(tx *db.Tx, marks []any) (kept func(), err error) {
	var acts []*pending
	for _, m := range marks {
		if p, ok := m.(*pending); ok {
			acts = append(acts, p)
		}
	}
	if !tx.Undisturbed() || !l.end.known || len(l.end.last) > maxActors {
		l.end = end{known: true, last: map[string]int64{}}
		if err := tx.QueryRow(findNext).Scan(&l.end.next); err != nil {
			l.end.known = false
			return nil, err
		}
	}
	now := l.clock().UTC().Truncate(time.Second)
	next, last := l.end.next, map[string]int64{}
	for _, p := range acts {
		before, ok := last[p.Actor]
		if !ok {
			if before, err = l.lastOf(tx, p.Actor); err != nil {
				return nil, err
			}
		}
		when := now
		if p.DayOnly {
			when = now.Truncate(24 * time.Hour)
		}
		leaf := p.leaf(before, when, commitment(p.salt, p.Subject))
		p.entry = Entry{Seq: next, Leaf: leaf, Hash: tlog.RecordHash(leaf), Time: when}
		last[p.Actor] = next
		next++
	}
	return func() {
		l.end.next = next
		maps.Copy(l.end.last, last)
	}, insertLeaves(tx, acts)
}

// lastOf finds an actor's last leaf that is committed; -1 when there is none.
func (l *Log) lastOf(tx *db.Tx, actor string) (int64, error) {
	if seq, ok := l.end.last[actor]; ok {
		return seq, nil
	}
	var seq int64
	if err := tx.QueryRow(findLast, actor).Scan(&seq); err != nil {
		return 0, err
	}
	l.end.last[actor] = seq
	return seq, nil
}
