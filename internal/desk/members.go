package desk

import (
	"context"
	"database/sql"
	"errors"

	"verhaal/internal/custody"
	"verhaal/internal/db"
	"verhaal/internal/fault"
	"verhaal/internal/keyring"
)

// AddMember makes a person a member of a desk. The key reaches them when a
// colleague's browser wraps it.
func (d *Desks) AddMember(ctx context.Context, actor, channel, staff string) error {
	return d.change(ctx, actor, channel, "desk.member_added", staff, func(tx *db.Tx) error {
		_, err := tx.Exec(insertMember, channel, staff, d.clock().Unix(), actor)
		return err
	})
}

// RemoveMember takes a person off a desk, their wraps away, and asks for a new epoch.
func (d *Desks) RemoveMember(ctx context.Context, actor, channel, staff string) error {
	return d.change(ctx, actor, channel, "desk.member_removed", staff, func(tx *db.Tx) error {
		if n, err := tx.Exec(deleteMember, channel, staff); err != nil {
			return err
		} else if n == 0 {
			return fault.New(fault.NotFound, "", "not a member of this desk")
		}
		return keyring.TakeWraps(tx, channel, staff)
	})
}

// SetOpen opens a channel to reports, or closes it.
func (d *Desks) SetOpen(ctx context.Context, actor, channel string, open bool) error {
	kind, value := "channel.closed", 0
	if open {
		kind, value = "channel.opened", 1
	}
	return d.change(ctx, actor, channel, kind, "", func(tx *db.Tx) error {
		_, err := tx.Exec(setOpen, channel, value)
		return err
	})
}

func (d *Desks) change(ctx context.Context, actor, channel, kind, subject string, fn func(*db.Tx) error) error {
	if _, ok := d.pack().Channel(channel); !ok {
		return fault.New(fault.NotFound, "", "no such channel")
	}
	act := custody.Act{Kind: kind, Actor: actor, Subject: subject, Facts: map[string]string{"channel": channel}}
	_, err := d.log.Do(ctx, act, fn)
	d.forget(channel)
	return err
}

// Sweep removes the wraps of everyone who may not read today: certificates
// that ended, people who left. It marks their channels' epochs as due and says
// how many wraps went. Reports go on being sealed to the current epoch until a
// remaining member's browser makes the next: nobody is refused meanwhile.
func (d *Desks) Sweep(ctx context.Context) (removed int, err error) {
	for _, c := range d.pack().Channels {
		n, err := d.rings.Sweep(ctx, c.ID)
		removed += n
		if err != nil {
			return removed, err
		}
	}
	return removed, nil
}

// State is a desk as an administrator sees it: no key, no content.
type State struct {
	Channel string
	Open    bool
	Epoch   int64 // 0 = no key yet
	Due     bool  // a new epoch is due
	Members []Membership
}

// Membership is one member of a desk.
type Membership struct {
	Staff     string
	Certified bool // may read today
	HasKey    bool // holds the current epoch
}

// State describes a channel's desk.
func (d *Desks) State(ctx context.Context, channel string) (State, error) {
	s := State{Channel: channel}
	var open int
	if err := d.db.QueryRow(ctx, findOpen, channel).Scan(&open); err != nil && !errors.Is(err, sql.ErrNoRows) {
		return State{}, err
	}
	epoch, err := d.rings.Current(ctx, channel)
	if err != nil {
		return State{}, err
	}
	s.Open, s.Epoch, s.Due = open == 1, epoch.N, epoch.Due
	members, err := d.db.Strings(ctx, listMembers, channel)
	if err != nil {
		return State{}, err
	}
	holders, err := d.rings.HoldersOf(ctx, channel, s.Epoch)
	if err != nil {
		return State{}, err
	}
	has := map[string]bool{}
	for _, h := range holders {
		has[h] = true
	}
	for _, m := range members {
		ok, err := d.certified(ctx, m, channel)
		if err != nil {
			return State{}, err
		}
		s.Members = append(s.Members, Membership{m, ok, has[m]})
	}
	return s, nil
}
