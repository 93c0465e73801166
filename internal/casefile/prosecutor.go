package casefile

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"math"

	"verhaal/internal/custody"
	"verhaal/internal/db"
	"verhaal/internal/fault"
)

// Outside is a case, and the recipient of its key, for a prosecutor who has no
// part in it; "" while a new key is due.
func (f *Files) Outside(ctx context.Context, prosecutor, id string) (file File, recipient string, err error) {
	if ok, err := f.people.Prosecutes(ctx, prosecutor); err != nil || !ok {
		return File{}, "", errors.Join(err, fault.New(fault.Refused, "fault.refused", "no prosecutor any more"))
	}
	if err := hasNoPart(f.db.QueryRow(ctx, countMember, id, prosecutor), false); err != nil {
		return File{}, "", err
	}
	if file, err = f.find(ctx, id); err != nil {
		return File{}, "", err
	}
	key, err := f.rings.Current(ctx, ring(id))
	if key.Due {
		key.Recipient = ""
	}
	return file, key.Recipient, err
}

// Heard lists the cases in which a prosecutor was asked or told something, and
// has no part.
func (f *Files) Heard(ctx context.Context, prosecutor string) (out []string, err error) {
	err = db.Each(f.db.Source(ctx), listHeard, func(row func(...any) error) error {
		var id string
		err := row(&id)
		out = append(out, id)
		return err
	}, prosecutor)
	return out, err
}

// ForProsecutor lists what a prosecutor was asked, what is open first, then the
// newest first; and what victims had them told, the newest first. What belongs to
// a case that excludes them is left out. after is "" or the cursor that the page
// before returned, which goes on in both lists. That they looked is an act.
func (f *Files) ForProsecutor(ctx context.Context, prosecutor, after string, limit int) (out []Deviation, told []View, next string, err error) {
	at := heard{done: -1, id: "-", told: math.MaxInt64, view: "-"}
	if after != "" {
		if _, err := fmt.Sscan(after, &at.done, &at.asked, &at.id, &at.told, &at.view); err != nil {
			return nil, nil, "", fault.New(fault.BadInput, "", "not a cursor")
		}
	}
	if err := f.do(ctx, custody.Act{Kind: "decisions.viewed", Actor: prosecutor}, nil); err != nil {
		return nil, nil, "", err
	}
	if out, err = f.deviations(ctx, listAskedOf, prosecutor, at.done, -at.asked, at.id, limit+1); err != nil {
		return nil, nil, "", err
	}
	if told, err = f.views(ctx, listViewsOf, prosecutor, -at.told, at.view, limit+1); err != nil {
		return nil, nil, "", err
	}
	more := len(out) > limit || len(told) > limit
	out, told = out[:min(len(out), limit)], told[:min(len(told), limit)]
	if more {
		next = at.behind(out, told)
	}
	return out, told, next, f.markVoid(ctx, out)
}

// heard is a place in the lists of what a prosecutor was asked, and told.
type heard struct {
	done  int
	asked int64
	id    string
	told  int64
	view  string
}

// behind is the cursor of the place behind what was listed.
func (at heard) behind(asked []Deviation, told []View) string {
	if n := len(asked); n > 0 {
		at.done, at.asked, at.id = flag(asked[n-1].State != Asked), asked[n-1].Asked.Unix(), asked[n-1].ID
	}
	if n := len(told); n > 0 {
		at.told, at.view = told[n-1].Told.Unix(), told[n-1].ID
	}
	return fmt.Sprintf("%d %d %s %d %s", at.done, at.asked, at.id, at.told, at.view)
}

// AnswerDeviation signs or refuses a deviation, once. answer is the
// prosecutor's own reason, an age file to the case key and to the prosecutor's.
func (f *Files) AnswerDeviation(ctx context.Context, prosecutor, deviation, state string, answer []byte) error {
	if state != Signed && state != Refused {
		return fault.New(fault.BadInput, "", "neither signed nor refused")
	}
	if err := checkReason(answer); err != nil {
		return err
	}
	if ok, err := f.people.Prosecutes(ctx, prosecutor); err != nil || !ok {
		return errors.Join(err, fault.New(fault.Refused, "fault.refused", "no prosecutor any more"))
	}
	var id, of, rule, asker string
	err := f.db.QueryRow(ctx, findDeviation, deviation).Scan(&id, &of, &rule, &asker)
	if errors.Is(err, sql.ErrNoRows) || err == nil && of != prosecutor {
		return fault.New(fault.NotFound, "", "no such request to this prosecutor")
	}
	if err != nil {
		return err
	}
	act := custody.Act{Kind: "deviation." + state, Actor: prosecutor, Subject: id, Basis: rule}
	return f.do(ctx, act, func(tx *db.Tx) error {
		if err := errors.Join(outside(tx, id, asker, prosecutor), f.keyStands(ctx, id)); err != nil {
			return err
		}
		return f.endDeviation(tx, prosecutor, id, deviation, state, answer)
	})
}
