package desk

import (
	"context"
	"maps"
	"slices"
	"strconv"

	"verhaal/internal/custody"
	"verhaal/internal/db"
	"verhaal/internal/fault"
	"verhaal/internal/seal"
)

// Wrap is one epoch's private half, sealed to the one who asks.
type Wrap struct {
	Epoch     int64
	Recipient string
	Wrapped   []byte // age file, one recipient
}

// Wraps gives out a member's wraps, newest epoch first, if the member may read now.
func (d *Desks) Wraps(ctx context.Context, staff, channel string) ([]Wrap, error) {
	if err := d.MayRead(ctx, staff, channel); err != nil {
		return nil, err
	}
	return d.wrapsOf(ctx, staff, channel)
}

func (d *Desks) wrapsOf(ctx context.Context, holder, channel string) ([]Wrap, error) {
	rows, err := d.db.Query(ctx, listWraps, channel, holder)
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

// Holder is somebody an epoch must be wrapped for.
type Holder struct{ ID, Recipient string }

// Duty is what a member's browser should do for the desk's key now. With New
// it makes the epoch after Current and wraps it for all Holders; else it wraps
// the epochs that it has for those in Missing.
type Duty struct {
	Current   int64  // 0 = the desk has no key yet
	Recipient string // of Current
	New       bool
	Holders   []Holder           // all who may read, and recovery
	Missing   map[int64][]Holder // by epoch that the asking member holds
}

// Duty tells a member who may read what the desk's key needs.
func (d *Desks) Duty(ctx context.Context, staff, channel string) (Duty, error) {
	if err := d.MayRead(ctx, staff, channel); err != nil {
		return Duty{}, err
	}
	var out Duty
	var due int
	err := d.db.QueryRow(ctx, findEpoch, channel).Scan(&out.Current, &out.Recipient, &due)
	if err != nil && !noRows(err) {
		return Duty{}, err
	}
	if out.Holders, err = d.holders(ctx, channel); err != nil {
		return Duty{}, err
	}
	out.New = out.Current == 0 || due == 1
	wraps, err := d.Wraps(ctx, staff, channel)
	if err != nil {
		return Duty{}, err
	}
	out.Missing = map[int64][]Holder{}
	for _, w := range wraps {
		have, err := d.strings(ctx, listHolders, channel, w.Epoch)
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

// holders lists the members who may read today and have a key of their own,
// and recovery.
func (d *Desks) holders(ctx context.Context, channel string) ([]Holder, error) {
	members, err := d.strings(ctx, listMembers, channel)
	if err != nil {
		return nil, err
	}
	out := []Holder{{Recovery, d.recovery}}
	for _, m := range members {
		ok, err := d.certified(ctx, m, channel)
		if err != nil {
			return nil, err
		}
		if !ok {
			continue
		}
		recipient, err := d.staff.Recipient(ctx, m)
		if err != nil {
			return nil, err
		}
		if recipient != "" {
			out = append(out, Holder{m, recipient})
		}
	}
	return out, nil
}

// MakeEpoch makes the epoch after previous the current one. wraps, by holder,
// must be exactly for recovery and for the members who may read now; previous
// must be current still, else it is a Conflict: another browser was first.
func (d *Desks) MakeEpoch(ctx context.Context, staff, channel string, previous int64, recipient string, wraps map[string][]byte) error {
	if err := d.MayRead(ctx, staff, channel); err != nil {
		return err
	}
	if err := seal.CheckRecipient(recipient); err != nil {
		return fault.Wrap(fault.BadInput, "", err)
	}
	if err := d.checkWraps(ctx, channel, wraps); err != nil {
		return err
	}
	holders, err := d.holders(ctx, channel)
	if err != nil {
		return err
	}
	if len(wraps) != len(holders) {
		return fault.New(fault.Conflict, "", "the desk's members changed meanwhile")
	}
	epoch := previous + 1
	act := custody.Act{Kind: "desk.key_made", Actor: staff, Facts: facts(channel, epoch),
		Hashes: map[string][]byte{"recipient": fingerprint(recipient)}}
	_, err = d.log.Do(ctx, act, func(tx *db.Tx) error {
		var current int64
		if err := tx.QueryRow(lastEpoch, channel).Scan(&current); err != nil {
			return err
		}
		n := int64(0)
		if current == previous {
			var err error
			if n, err = tx.Exec(insertEpoch, channel, epoch, recipient, staff, d.clock().Unix()); err != nil {
				return err
			}
		}
		if n == 0 {
			return fault.New(fault.Conflict, "", "another browser made this epoch")
		}
		return putWraps(tx, channel, epoch, wraps)
	})
	d.forget(channel)
	return err
}

// AddWraps gives an epoch that exists to more holders, who must all be allowed
// to read now. Wraps that exist already stay as they are.
func (d *Desks) AddWraps(ctx context.Context, staff, channel string, epoch int64, wraps map[string][]byte) error {
	mine, err := d.Wraps(ctx, staff, channel)
	if err != nil {
		return err
	}
	if !slices.ContainsFunc(mine, func(w Wrap) bool { return w.Epoch == epoch }) {
		return fault.New(fault.Refused, "", "only a holder of an epoch can pass it on")
	}
	if err := d.checkWraps(ctx, channel, wraps); err != nil {
		return err
	}
	act := custody.Act{Kind: "desk.key_shared", Actor: staff, Facts: facts(channel, epoch)}
	_, err = d.log.Do(ctx, act, func(tx *db.Tx) error { return putWraps(tx, channel, epoch, wraps) })
	return err
}

func (d *Desks) checkWraps(ctx context.Context, channel string, wraps map[string][]byte) error {
	holders, err := d.holders(ctx, channel)
	if err != nil {
		return err
	}
	for id, w := range wraps {
		if !slices.ContainsFunc(holders, func(h Holder) bool { return h.ID == id }) {
			return fault.New(fault.Conflict, "", "a wrap for somebody who may not read now")
		}
		if err := seal.CheckFile(w, 1); err != nil {
			return err
		}
	}
	return nil
}

func putWraps(tx *db.Tx, channel string, epoch int64, wraps map[string][]byte) error {
	for _, holder := range slices.Sorted(maps.Keys(wraps)) {
		if _, err := tx.Exec(insertWrap, channel, epoch, holder, wraps[holder]); err != nil {
			return err
		}
	}
	return nil
}

func facts(channel string, epoch int64) map[string]string {
	return map[string]string{"channel": channel, "epoch": strconv.FormatInt(epoch, 10)}
}
