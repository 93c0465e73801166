// Package desk holds the desks of the channels: who is a member, which key
// reports are sealed to now, and who has that key. Holding the key is the
// permission: a wrap exists only for members who may read today.
//
// Reporters' pages call Sealing; an officer's browser asks Duty what it should
// do for the desk's key and answers with MakeEpoch or AddWraps; Sweep takes the
// wraps of those away who may not read any more. The server never sees a
// private key: wraps are age files made in members' browsers.
//
// Promises: no wrap is given out to anyone who may not read at that moment,
// whatever the tables say; exactly one epoch of a channel is current; every
// epoch is wrapped for recovery.
package desk

import (
	"context"
	"database/sql"
	"errors"
	"sync"
	"time"

	"verhaal/internal/custody"
	"verhaal/internal/db"
	"verhaal/internal/fault"
	"verhaal/internal/keyring"
	"verhaal/internal/policy"
	"verhaal/internal/seal"
)

// Staff is what a desk must know of people.
type Staff interface {
	// Certified says whether a person holds a certificate of a kind valid on a day (YYYYMMDD).
	Certified(ctx context.Context, staff, kind string, day int) (bool, error)
	// Recipient is an active person's own key; "" for one who has none or has left.
	Recipient(ctx context.Context, staff string) (string, error)
}

// Desks is the book of all desks. It is safe for concurrent use.
type Desks struct {
	db       *db.DB
	log      *custody.Log
	pack     func() *policy.Pack // in force now
	staff    Staff
	recovery string // recipient
	clock    func() time.Time
	rings    *keyring.Rings

	mu     sync.RWMutex // guards cached
	cached map[string]cachedKey
}

// New opens the book. recovery is the installation's recovery recipient.
func New(d *db.DB, log *custody.Log, pack func() *policy.Pack, staff Staff, recovery string, clock func() time.Time) *Desks {
	desks := &Desks{db: d, log: log, pack: pack, staff: staff, recovery: recovery, clock: clock, cached: map[string]cachedKey{}}
	desks.rings = keyring.New(d, log, owner{desks}, "desk", "channel", recovery, clock)
	return desks
}

// Key is the public half of a desk key.
type Key struct {
	Channel     string
	Epoch       int64
	Recipient   string
	Fingerprint string
}

type cachedKey struct {
	key   Key
	until time.Time
}

// keyTime is how long another process's new epoch may go unnoticed here. A
// report sealed to the epoch before can still be read by its members.
const keyTime = time.Second

// Sealing gives the key that a report for channel is sealed to now. It is
// Unavailable with the key "fault.channel_closed" while the channel is closed
// or has no key yet.
func (d *Desks) Sealing(ctx context.Context, channel string) (Key, error) {
	now := d.clock()
	d.mu.RLock()
	c, ok := d.cached[channel]
	d.mu.RUnlock()
	if ok && now.Before(c.until) {
		return c.key, nil
	}
	k := Key{Channel: channel}
	var open int
	err := d.db.QueryRow(ctx, findSealing, channel).Scan(&open, &k.Epoch, &k.Recipient)
	if errors.Is(err, sql.ErrNoRows) || err == nil && open == 0 {
		return Key{}, fault.New(fault.Unavailable, "fault.channel_closed", "the channel takes no reports")
	}
	if err != nil {
		return Key{}, err
	}
	k.Fingerprint = seal.Fingerprint(k.Recipient)
	d.mu.Lock()
	d.cached[channel] = cachedKey{k, now.Add(keyTime)}
	d.mu.Unlock()
	return k, nil
}

func (d *Desks) forget(channel string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	delete(d.cached, channel)
}

// MayRead is nil for a member who may read the channel at this moment; else
// Refused, with the key "fault.certificate_expired" when only the certificate
// is missing.
func (d *Desks) MayRead(ctx context.Context, staff, channel string) error {
	var since int64
	err := d.db.QueryRow(ctx, findMember, channel, staff).Scan(&since)
	if errors.Is(err, sql.ErrNoRows) {
		return fault.New(fault.Refused, "fault.refused", "not a member of this desk")
	}
	if err != nil {
		return err
	}
	ok, err := d.certified(ctx, staff, channel)
	if err != nil {
		return err
	}
	if !ok {
		return fault.New(fault.Refused, "fault.certificate_expired", "no certificate valid today")
	}
	return nil
}

func (d *Desks) certified(ctx context.Context, staff, channel string) (bool, error) {
	c, ok := d.pack().Channel(channel)
	if !ok {
		return false, fault.New(fault.NotFound, "", "no such channel")
	}
	if c.Certificate == "" {
		return true, nil
	}
	return d.staff.Certified(ctx, staff, c.Certificate, d.today())
}

func (d *Desks) today() int {
	y, m, day := d.clock().UTC().Date()
	return y*10000 + int(m)*100 + day
}

// Of lists the channels whose desk a person is a member of, with or without a
// certificate, in the pack's order.
func (d *Desks) Of(ctx context.Context, staff string) ([]string, error) {
	mine, err := d.db.Strings(ctx, listChannelsOf, staff)
	if err != nil {
		return nil, err
	}
	var out []string
	for _, c := range d.pack().Channels {
		for _, m := range mine {
			if m == c.ID {
				out = append(out, m)
			}
		}
	}
	return out, nil
}
