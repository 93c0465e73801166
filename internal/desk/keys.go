package desk

import (
	"context"

	"verhaal/internal/keyring"
)

// The desk's keys are a ring named by the channel; Recovery holds a wrap of
// every epoch.
type (
	// Wrap is one epoch's private half, sealed to the one who asks.
	Wrap = keyring.Wrap
	// Holder is somebody an epoch must be wrapped for.
	Holder = keyring.Holder
	// Duty is what a member's browser should do for the desk's key now.
	Duty = keyring.Duty
)

// Recovery is the holder of every epoch's recovery wrap.
const Recovery = keyring.Recovery

// owner tells the ring who may hold a desk's key.
type owner struct{ *Desks }

// MayHold implements keyring.Owner.
func (o owner) MayHold(ctx context.Context, channel, staff string) error {
	return o.MayRead(ctx, staff, channel)
}

// Holders lists the members who may read today and have a key of their own.
func (o owner) Holders(ctx context.Context, channel string) ([]Holder, error) {
	members, err := o.db.Strings(ctx, listMembers, channel)
	if err != nil {
		return nil, err
	}
	var out []Holder
	for _, m := range members {
		ok, err := o.certified(ctx, m, channel)
		if err != nil {
			return nil, err
		}
		if !ok {
			continue
		}
		recipient, err := o.staff.Recipient(ctx, m)
		if err != nil {
			return nil, err
		}
		if recipient != "" {
			out = append(out, Holder{ID: m, Recipient: recipient})
		}
	}
	return out, nil
}

// Wraps gives out a member's wraps, newest epoch first, if the member may read now.
func (d *Desks) Wraps(ctx context.Context, staff, channel string) ([]Wrap, error) {
	return d.rings.Wraps(ctx, channel, staff)
}

// Duty tells a member who may read what the desk's key needs.
func (d *Desks) Duty(ctx context.Context, staff, channel string) (Duty, error) {
	return d.rings.Duty(ctx, channel, staff)
}

// MakeEpoch makes the epoch after previous the current one, see keyring.
func (d *Desks) MakeEpoch(ctx context.Context, staff, channel string, previous int64, recipient string, wraps map[string][]byte) error {
	defer d.forget(channel)
	return d.rings.MakeEpoch(ctx, channel, staff, previous, recipient, wraps)
}

// AddWraps gives an epoch that exists to more holders, see keyring.
func (d *Desks) AddWraps(ctx context.Context, staff, channel string, epoch int64, wraps map[string][]byte) error {
	return d.rings.AddWraps(ctx, channel, staff, epoch, wraps)
}
