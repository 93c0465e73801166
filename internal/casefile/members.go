package casefile

import (
	"context"
	"errors"
	"slices"
	"strings"

	"verhaal/internal/custody"
	"verhaal/internal/db"
	"verhaal/internal/fault"
	"verhaal/internal/keyring"
)

// Member is somebody who may read a case file, or must not.
type Member struct {
	Staff    string
	Excluded string // implicated or conflict; "" for a member
	Now      bool   // may read at this moment
}

// Members lists who may read a case file and who is excluded.
func (f *Files) Members(ctx context.Context, actor, id string) ([]Member, error) {
	file, err := f.Get(ctx, actor, id)
	if err != nil {
		return nil, err
	}
	all, err := membersOf(f.db.Source(ctx), id)
	for i := range all {
		all[i].Now = all[i].Excluded == "" && f.desks.MayRead(ctx, all[i].Staff, file.Channel) == nil
	}
	return all, err
}

func membersOf(src db.Source, id string) (out []Member, err error) {
	err = db.Each(src, listMembers, func(row func(...any) error) error {
		var m Member
		err := row(&m.Staff, &m.Excluded)
		out = append(out, m)
		return err
	}, id)
	return out, err
}

// AddMember lets a colleague of the channel's desk read a case file. The case
// key reaches them when a member's browser wraps it. Who is excluded stays out.
func (f *Files) AddMember(ctx context.Context, actor, id, staff string) error {
	file, err := f.Get(ctx, actor, id)
	if err != nil {
		return err
	}
	if err := f.desks.MayRead(ctx, staff, file.Channel); err != nil {
		return fault.New(fault.Refused, "case.fault.not_of_desk", "not somebody who may read this desk now")
	}
	return f.change(ctx, actor, file, "member_added", staff, func(tx *db.Tx) error {
		n, err := tx.Exec(insertMember, id, staff, f.clock().Unix(), actor, "")
		if err == nil && n == 0 {
			err = fault.New(fault.Conflict, "case.fault.member_already", "a member already, or excluded")
		}
		return err
	})
}

// RemoveMember takes a member off a case file who is not needed there any more;
// their wraps go and a new epoch is due. They can be added again.
func (f *Files) RemoveMember(ctx context.Context, actor, id, staff string) error {
	return f.takeOff(ctx, actor, id, staff, "member_removed", "", func(tx *db.Tx, _ []Member) error {
		n, err := tx.Exec(removeMember, id, staff)
		if err == nil && n == 0 {
			err = fault.New(fault.NotFound, "", "no member of this case file")
		}
		return err
	})
}

// takeOff is what removing and excluding share: the actor is a member still, inside the
// act, which keeps two who take each other off from leaving nobody; and whoever goes
// is never the only one who can open what is sealed: that is Refused with
// "case.fault.last_key".
func (f *Files) takeOff(ctx context.Context, actor, id, staff, kind, basis string, fn func(*db.Tx, []Member) error) error {
	file, err := f.Get(ctx, actor, id)
	if err != nil {
		return err
	}
	if staff == actor {
		return fault.New(fault.Refused, "case.fault.not_oneself", "nobody takes themselves off: a colleague does")
	}
	return f.changeFor(ctx, actor, file, kind, staff, basis, func(tx *db.Tx) error {
		now, err := membersOf(tx, id)
		if err != nil {
			return err
		}
		if !slices.Contains(now, Member{Staff: actor}) {
			return fault.New(fault.Refused, "fault.refused", "a member no longer")
		}
		left, err := f.reading(ctx, file, now, staff)
		if err != nil {
			return err
		}
		if alone, err := keyring.Alone(tx, ring(id), staff, left); err != nil || alone {
			return errors.Join(err, fault.New(fault.Refused, "case.fault.last_key", "nobody else has the key"))
		}
		if err := fn(tx, now); err != nil {
			return err
		}
		return keyring.TakeWraps(tx, ring(id), staff)
	})
}

// reading are the members but one who may read a case file now.
func (f *Files) reading(ctx context.Context, file File, all []Member, but string) (out []string, err error) {
	for _, m := range all {
		if m.Staff == but || m.Excluded != "" {
			continue
		}
		err := f.desks.MayRead(ctx, m.Staff, file.Channel)
		if err == nil {
			out = append(out, m.Staff)
		} else if fault.KindOf(err) != fault.Refused {
			return nil, err
		}
	}
	return out, nil
}

// change does an act on a case file, notes it among its events, reckons its
// deadlines again and asks the rules again about what they allowed.
func (f *Files) change(ctx context.Context, actor string, file File, kind, subject string, fn func(*db.Tx) error) error {
	return f.changeFor(ctx, actor, file, kind, subject, "", fn)
}

// changeFor is change with the reason code that the act rests on.
func (f *Files) changeFor(ctx context.Context, actor string, file File, kind, subject, basis string, fn func(*db.Tx) error) error {
	act := custody.Act{Kind: "case." + kind, Actor: actor, Subject: file.ID, Basis: basis, Facts: map[string]string{"channel": file.Channel}}
	return f.changed(ctx, act, subject, fn)
}

// changed is change for an act of one's own; its kind is "case." and that of
// the event.
func (f *Files) changed(ctx context.Context, act custody.Act, subject string, fn func(*db.Tx) error) error {
	kind := strings.TrimPrefix(act.Kind, "case.")
	return f.do(ctx, act, func(tx *db.Tx) error {
		if err := fn(tx); err != nil {
			return err
		}
		return f.follow(tx, act.Actor, act.Subject, kind, subject)
	})
}

// follow notes inside an act what happened, and draws what follows from it.
func (f *Files) follow(tx *db.Tx, actor, id, kind, subject string) error {
	if err := event(tx, id, kind, subject, actor, f.clock()); err != nil {
		return err
	}
	if err := f.askAgain(tx, actor, id); err != nil {
		return err
	}
	return f.reckon(tx, id)
}

func (f *Files) do(ctx context.Context, act custody.Act, fn func(*db.Tx) error) error {
	_, err := f.log.Do(ctx, act, fn)
	return err
}

// ring names a case file's keys among all rings.
func ring(id string) string { return "case/" + id }

// owner tells the rings who may hold a case key.
type owner struct{ *Files }

// MayHold implements keyring.Owner.
func (o owner) MayHold(ctx context.Context, ring, staff string) error {
	file, err := o.find(ctx, ring[len("case/"):])
	if err != nil {
		return err
	}
	return o.mayRead(ctx, file, staff)
}

// Holders implements keyring.Owner.
func (o owner) Holders(ctx context.Context, ring string) ([]keyring.Holder, error) {
	id := ring[len("case/"):]
	file, err := o.find(ctx, id)
	if err != nil {
		return nil, err
	}
	all, err := membersOf(o.db.Source(ctx), id)
	if err != nil {
		return nil, err
	}
	var out []keyring.Holder
	for _, m := range all {
		if err := o.mayRead(ctx, file, m.Staff); fault.KindOf(err) == fault.Refused {
			continue
		} else if err != nil {
			return nil, err
		}
		recipient, err := o.people.Recipient(ctx, m.Staff)
		if err != nil {
			return nil, err
		}
		if recipient != "" {
			out = append(out, keyring.Holder{ID: m.Staff, Recipient: recipient})
		}
	}
	return out, nil
}

// Wraps gives out a member's wraps of the case key, newest epoch first.
func (f *Files) Wraps(ctx context.Context, actor, id string) ([]keyring.Wrap, error) {
	return f.rings.Wraps(ctx, ring(id), actor)
}

// Duty tells a member what the case key needs. Whoever lost the right to read
// since somebody last looked loses their wraps first.
func (f *Files) Duty(ctx context.Context, actor, id string) (keyring.Duty, error) {
	if _, err := f.Get(ctx, actor, id); err != nil {
		return keyring.Duty{}, err
	}
	if _, err := f.rings.Sweep(ctx, ring(id)); err != nil {
		return keyring.Duty{}, err
	}
	return f.rings.Duty(ctx, ring(id), actor)
}

// MakeEpoch makes the next case key, see keyring.
func (f *Files) MakeEpoch(ctx context.Context, actor, id string, previous int64, recipient string, wraps map[string][]byte) error {
	return f.rings.MakeEpoch(ctx, ring(id), actor, previous, recipient, wraps)
}

// AddWraps passes an epoch on to colleagues, see keyring.
func (f *Files) AddWraps(ctx context.Context, actor, id string, epoch int64, wraps map[string][]byte) error {
	return f.rings.AddWraps(ctx, ring(id), actor, epoch, wraps)
}

// Key is the case key to seal to now.
func (f *Files) Key(ctx context.Context, actor, id string) (keyring.Epoch, error) {
	if _, err := f.Get(ctx, actor, id); err != nil {
		return keyring.Epoch{}, err
	}
	return f.rings.Current(ctx, ring(id))
}
