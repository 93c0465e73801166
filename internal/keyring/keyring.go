// Package keyring holds shared keys that change hands: the key of a desk, the
// key of a case file. A ring is a row of epochs; each epoch is a hybrid key pair
// made in a member's browser, whose private half is kept only as wraps, age
// files sealed to one holder each. Holding a wrap is the permission to read.
//
// A member's browser asks Duty what the ring needs and answers with MakeEpoch or
// AddWraps. Who may hold is not decided here: the owner of the rings says so,
// at every call.
//
// Promises: no wrap is given out to anyone who may not hold at that moment,
// whatever the tables say; exactly one epoch of a ring is current; every epoch
// is wrapped for recovery. The server never sees a private key.
package keyring

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"errors"
	"maps"
	"slices"
	"time"

	"verhaal/internal/custody"
	"verhaal/internal/db"
	"verhaal/internal/fault"
	"verhaal/internal/seal"
)

// Recovery is the holder of every epoch's recovery wrap.
const Recovery = "recovery"

// Holder is somebody an epoch must be wrapped for.
type Holder struct{ ID, Recipient string }

// Owner says who may hold the keys of a ring now.
type Owner interface {
	// MayHold is nil for a person who may read what the ring's key opens.
	MayHold(ctx context.Context, ring, staff string) error
	// Holders are all who may, with a key of their own; recovery is not among them.
	Holders(ctx context.Context, ring string) ([]Holder, error)
}

// Rings are the rings of one owner. They are safe for concurrent use.
type Rings struct {
	db       *db.DB
	log      *custody.Log
	owner    Owner
	kind     string // first part of the acts' names: "desk"
	about    string // name of the fact that names the ring: "channel"
	recovery string // recipient
	clock    func() time.Time
}

// New opens the rings of an owner. Acts are called kind.key_made and so on, and
// name the ring by the fact about.
func New(d *db.DB, log *custody.Log, owner Owner, kind, about, recovery string, clock func() time.Time) *Rings {
	return &Rings{d, log, owner, kind, about, recovery, clock}
}

// Epoch is the public half of a ring's key.
type Epoch struct {
	N         int64 // 0 = the ring has no key yet
	Recipient string
	Due       bool // somebody lost the right to hold: a new epoch must be made
}

// Current is the epoch to seal to.
func (r *Rings) Current(ctx context.Context, ring string) (Epoch, error) {
	var e Epoch
	var due int
	err := r.db.QueryRow(ctx, findEpoch, ring).Scan(&e.N, &e.Recipient, &due)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return Epoch{}, err
	}
	e.Due = due == 1
	return e, nil
}

// Wrap is one epoch's private half, sealed to the one who asks.
type Wrap struct {
	Epoch     int64
	Recipient string
	Wrapped   []byte // age file, one recipient
}

// Wraps gives out a person's wraps, newest epoch first, if they may hold now.
func (r *Rings) Wraps(ctx context.Context, ring, staff string) ([]Wrap, error) {
	if err := r.owner.MayHold(ctx, ring, staff); err != nil {
		return nil, err
	}
	return r.wrapsOf(ctx, ring, staff)
}

// wrapsOf lists the wraps of a holder without asking whether they may.
func (r *Rings) wrapsOf(ctx context.Context, ring, holder string) ([]Wrap, error) {
	rows, err := r.db.Query(ctx, listWraps, ring, holder)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var out []Wrap
	for rows.Next() {
		var w Wrap
		if err := rows.Scan(&w.Epoch, &w.Recipient, &w.Wrapped); err != nil {
			return nil, err
		}
		out = append(out, w)
	}
	return out, rows.Err()
}

// Duty is what a member's browser should do for a ring now. With New it makes
// the epoch after Current and wraps it for all Holders; else it wraps the
// epochs that it has for those in Missing.
type Duty struct {
	Current   int64  // 0 = the ring has no key yet
	Recipient string // of Current
	New       bool
	Holders   []Holder           // all who may hold, and recovery
	Missing   map[int64][]Holder // by epoch that the asking member holds
}

// Duty tells a person who may hold what the ring needs.
func (r *Rings) Duty(ctx context.Context, ring, staff string) (Duty, error) {
	mine, err := r.Wraps(ctx, ring, staff)
	if err != nil {
		return Duty{}, err
	}
	current, err := r.Current(ctx, ring)
	if err != nil {
		return Duty{}, err
	}
	out := Duty{Current: current.N, Recipient: current.Recipient, New: current.N == 0 || current.Due, Missing: map[int64][]Holder{}}
	if out.Holders, err = r.holders(ctx, ring); err != nil {
		return Duty{}, err
	}
	for _, w := range mine {
		have, err := r.HoldersOf(ctx, ring, w.Epoch)
		if err != nil {
			return Duty{}, err
		}
		for _, h := range out.Holders {
			if !slices.Contains(have, h.ID) {
				out.Missing[w.Epoch] = append(out.Missing[w.Epoch], h)
			}
		}
	}
	return out, nil
}

func (r *Rings) holders(ctx context.Context, ring string) ([]Holder, error) {
	all, err := r.owner.Holders(ctx, ring)
	return append([]Holder{{Recovery, r.recovery}}, all...), err
}

// HoldersOf lists who has a wrap of an epoch.
func (r *Rings) HoldersOf(ctx context.Context, ring string, epoch int64) ([]string, error) {
	return r.db.Strings(ctx, listHolders, ring, epoch)
}

// MakeEpoch makes the epoch after previous the current one. wraps, by holder,
// must be exactly for recovery and for those who may hold now; previous must be
// current still, else it is a Conflict: another browser was first.
func (r *Rings) MakeEpoch(ctx context.Context, ring, staff string, previous int64, recipient string, wraps map[string][]byte) error {
	if err := r.owner.MayHold(ctx, ring, staff); err != nil {
		return err
	}
	if err := seal.CheckRecipient(recipient); err != nil {
		return fault.Wrap(fault.BadInput, "", err)
	}
	holders, err := r.checkWraps(ctx, ring, wraps)
	if err != nil {
		return err
	}
	if len(wraps) != len(holders) {
		return fault.New(fault.Conflict, "", "those who may hold the key changed meanwhile")
	}
	epoch := previous + 1
	print := sha256.Sum256([]byte(recipient))
	act := custody.Act{Kind: r.kind + ".key_made", Actor: staff, Facts: r.facts(ring, epoch), Hashes: map[string][]byte{"recipient": print[:]}}
	_, err = r.log.Do(ctx, act, func(tx *db.Tx) error {
		var current int64
		if err := tx.QueryRow(lastEpoch, ring).Scan(&current); err != nil {
			return err
		}
		n := int64(0)
		if current == previous {
			var err error
			if n, err = tx.Exec(insertEpoch, ring, epoch, recipient, staff, r.clock().Unix()); err != nil {
				return err
			}
		}
		if n == 0 {
			return fault.New(fault.Conflict, "", "another browser made this epoch")
		}
		return PutWraps(tx, ring, epoch, wraps)
	})
	return err
}

// AddWraps gives an epoch that exists to more holders, who must all be allowed
// to hold now. Wraps that exist already stay as they are.
func (r *Rings) AddWraps(ctx context.Context, ring, staff string, epoch int64, wraps map[string][]byte) error {
	mine, err := r.Wraps(ctx, ring, staff)
	if err != nil {
		return err
	}
	if !slices.ContainsFunc(mine, func(w Wrap) bool { return w.Epoch == epoch }) {
		return fault.New(fault.Refused, "", "only a holder of an epoch can pass it on")
	}
	if _, err := r.checkWraps(ctx, ring, wraps); err != nil {
		return err
	}
	act := custody.Act{Kind: r.kind + ".key_shared", Actor: staff, Facts: r.facts(ring, epoch)}
	_, err = r.log.Do(ctx, act, func(tx *db.Tx) error { return PutWraps(tx, ring, epoch, wraps) })
	return err
}

func (r *Rings) checkWraps(ctx context.Context, ring string, wraps map[string][]byte) ([]Holder, error) {
	holders, err := r.holders(ctx, ring)
	if err != nil {
		return nil, err
	}
	for id, w := range wraps {
		if !slices.ContainsFunc(holders, func(h Holder) bool { return h.ID == id }) {
			return nil, fault.New(fault.Conflict, "", "a wrap for somebody who may not hold the key now")
		}
		if err := seal.CheckFile(w, 1); err != nil {
			return nil, err
		}
	}
	return holders, nil
}

// Sweep takes the wraps of everyone away who may not hold the ring's key now and
// marks its epoch as due. It says how many holders lost theirs.
func (r *Rings) Sweep(ctx context.Context, ring string) (removed int, err error) {
	held, err := r.db.Strings(ctx, listAllHolders, ring)
	if err != nil {
		return 0, err
	}
	allowed, err := r.holders(ctx, ring)
	if err != nil {
		return 0, err
	}
	for _, holder := range held {
		if slices.ContainsFunc(allowed, func(h Holder) bool { return h.ID == holder }) {
			continue
		}
		act := custody.Act{Kind: r.kind + ".key_taken", Subject: holder, Facts: map[string]string{r.about: ring}}
		if _, err := r.log.Do(ctx, act, func(tx *db.Tx) error { return TakeWraps(tx, ring, holder) }); err != nil {
			return removed, err
		}
		removed++
	}
	return removed, nil
}

// Recover gives somebody every epoch of a ring, with the recovery key that was brought from
// the safe: for the day when nobody can open what the ring's key opens. The owner has asked
// whether they may hold; recipient is theirs, "" if they have no key of their own yet. It
// is an act, in which fn does what the owner adds (nil for nothing), and the only one for
// which a private key is ever in this program's memory; run it where you would dare to lay
// the paper down. It says how many epochs it gave.
func (r *Rings) Recover(ctx context.Context, ring, staff, recipient string, recovery seal.Identity, fn func(*db.Tx) error) (int, error) {
	if recovery.Recipient() != r.recovery {
		return 0, fault.New(fault.Refused, "fault.wrong_key", "not the recovery key of this installation")
	}
	if recipient == "" {
		return 0, fault.New(fault.Refused, "", "the member has no key of their own yet")
	}
	held, err := r.wrapsOf(ctx, ring, Recovery)
	if err != nil {
		return 0, err
	}
	given := map[int64][]byte{}
	for _, w := range held {
		key, err := seal.Open(w.Wrapped, recovery)
		if err != nil {
			return 0, err
		}
		if given[w.Epoch], err = seal.Seal(key, recipient); err != nil {
			return 0, err
		}
	}
	act := custody.Act{Kind: r.kind + ".key_recovered", Subject: staff, Facts: map[string]string{r.about: ring}}
	_, err = r.log.Do(ctx, act, func(tx *db.Tx) error {
		if fn != nil {
			if err := fn(tx); err != nil {
				return err
			}
		}
		for epoch, wrapped := range given {
			if err := PutWraps(tx, ring, epoch, map[string][]byte{staff: wrapped}); err != nil {
				return err
			}
		}
		return nil
	})
	return len(given), err
}

// PutWraps stores wraps of an epoch within an act of the owner.
func PutWraps(tx *db.Tx, ring string, epoch int64, wraps map[string][]byte) error {
	for _, holder := range slices.Sorted(maps.Keys(wraps)) {
		if _, err := tx.Exec(insertWrap, ring, epoch, holder, wraps[holder]); err != nil {
			return err
		}
	}
	return nil
}

// Alone says whether a holder has an epoch of a ring that none of the others has:
// taken from them, what it opens would open to nobody but recovery.
func Alone(src db.Source, ring, holder string, others []string) (bool, error) {
	mine, shared := map[int64]bool{}, map[int64]bool{}
	err := db.Each(src, listHeld, func(row func(...any) error) error {
		var epoch int64
		var has string
		err := row(&epoch, &has)
		mine[epoch] = mine[epoch] || has == holder
		shared[epoch] = shared[epoch] || slices.Contains(others, has)
		return err
	}, ring)
	for epoch, has := range mine {
		if has && !shared[epoch] {
			return true, err
		}
	}
	return false, err
}

// TakeWraps takes every wrap of a holder away within an act of the owner, and
// asks for a new epoch if there were any.
func TakeWraps(tx *db.Tx, ring, holder string) error {
	n, err := tx.Exec(deleteWraps, ring, holder)
	if err != nil || n == 0 {
		return err
	}
	_, err = tx.Exec(markDue, ring)
	return err
}
