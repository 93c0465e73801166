package casefile

import (
	"context"
	"database/sql"
	"errors"
	"slices"
	"time"

	"verhaal/internal/custody"
	"verhaal/internal/db"
	"verhaal/internal/fault"
)

// Why somebody must not work on a case, and why they may again.
var (
	exclusions = []string{"implicated", "conflict"}
	liftings   = []string{"unfounded", "wrong_person", "over"}
)

// ExclusionReasons and LiftReasons list the codes.
func ExclusionReasons() []string { return slices.Clone(exclusions) }
func LiftReasons() []string      { return slices.Clone(liftings) }

// States of an exclusion. It holds from the first moment; a prosecutor who has no part
// in the case lets it stand or lifts it.
const (
	ExclusionOpen   = "open" // nobody looked at it yet
	ExclusionStands = "stands"
	ExclusionLifted = "lifted"
)

// Exclusion is that a member keeps somebody out of a case.
type Exclusion struct {
	ID      string
	Number  string // of the case file
	Channel string
	Staff   string // who is kept out
	Why     string // of ExclusionReasons
	By      string
	At      time.Time
	State   string
}

// Exclude keeps a person out of a case file, because they are implicated or have a
// conflict, from this moment: their wraps go and a new epoch is due. It also keeps out
// somebody who was no member. An interview in which the person has a part is a plan
// again, and a victim's view that was told to them alone must be told to another.
// Whoever excludes does not have the last word: every prosecutor who has no part in the
// case is told, and until one of them looked at it, it stands on the board of the desk.
func (f *Files) Exclude(ctx context.Context, actor, id, staff, why string) error {
	if !slices.Contains(exclusions, why) {
		return fault.New(fault.BadInput, "case.fault.why", "no reason of the list")
	}
	return f.takeOff(ctx, actor, id, staff, "member_excluded", why, func(tx *db.Tx, now []Member) error {
		i := slices.IndexFunc(now, func(m Member) bool { return m.Staff == staff })
		if i >= 0 && now[i].Excluded != "" {
			return fault.New(fault.Conflict, "case.fault.excluded_already", "excluded already")
		}
		at := f.clock().Unix()
		if _, err := tx.Exec(exclude, id, staff, at, actor, why); err != nil {
			return err
		}
		if _, err := tx.Exec(insertExclusion, newID(), id, staff, why, actor, at, flag(i >= 0)); err != nil {
			return err
		}
		return f.tellAnother(tx, actor, id)
	})
}

// Exclusions lists for a prosecutor who is kept out of cases in which they have no part
// and excluded nobody, what nobody looked at first, then the newest. It names people and
// numbers, and nothing of a case.
func (f *Files) Exclusions(ctx context.Context, prosecutor string, limit int) (out []Exclusion, err error) {
	err = db.Each(f.db.Source(ctx), listExclusions, func(row func(...any) error) error {
		var e Exclusion
		var at int64
		err := row(&e.ID, &e.Number, &e.Channel, &e.Staff, &e.Why, &e.By, &at, &e.State)
		e.At = f.moment(at)
		out = append(out, e)
		return err
	}, prosecutor, limit)
	return out, err
}

// JudgeExclusion lets an exclusion stand, once, or lifts it for a reason of LiftReasons, by a
// prosecutor who has no part in its case and did not exclude. Who was a member is one again:
// a colleague's browser wraps the case key for them, as for who is added.
func (f *Files) JudgeExclusion(ctx context.Context, prosecutor, exclusion, state, why string) error {
	lifts := state == ExclusionLifted && slices.Contains(liftings, why)
	if !lifts && (state != ExclusionStands || why != "") {
		return fault.New(fault.BadInput, "case.fault.why", "neither let stand nor lifted for a reason of the list")
	}
	if ok, err := f.people.Prosecutes(ctx, prosecutor); err != nil || !ok {
		return errors.Join(err, fault.New(fault.Refused, "fault.refused", "no prosecutor any more"))
	}
	var id, channel, staff, by string
	var member int
	err := f.db.QueryRow(ctx, findExclusion, exclusion).Scan(&id, &channel, &staff, &by, &member)
	if errors.Is(err, sql.ErrNoRows) {
		return fault.New(fault.NotFound, "", "no such exclusion")
	}
	if err != nil {
		return err
	}
	act := custody.Act{Kind: "case.exclusion_" + state, Actor: prosecutor, Subject: id, Basis: why, Facts: map[string]string{"channel": channel}}
	return f.changed(ctx, act, staff, func(tx *db.Tx) error {
		if err := outside(tx, id, by, prosecutor); err != nil {
			return err
		}
		n, err := tx.Exec(judgeExclusion, exclusion, state, f.clock().Unix(), prosecutor, why)
		if err == nil && n == 0 {
			err = fault.New(fault.Conflict, "case.fault.answered", "lifted already, or let stand")
		}
		if err != nil || !lifts {
			return err
		}
		if member == 1 {
			_, err = tx.Exec(readmit, id, staff)
		} else {
			_, err = tx.Exec(unexclude, id, staff)
		}
		return err
	})
}

// excludes says whether a case file keeps somebody out.
func excludes(src db.Source, id, staff string) (bool, error) {
	all, err := membersOf(src, id)
	return slices.ContainsFunc(all, func(m Member) bool { return m.Staff == staff && m.Excluded != "" }), err
}

// notExcluded refuses whoever a case file keeps out.
func notExcluded(src db.Source, id, staff string) error {
	out, err := excludes(src, id, staff)
	if err == nil && out {
		err = fault.New(fault.Refused, "fault.refused", "excluded from the case")
	}
	return err
}

// noneExcluded refuses an interview in which somebody has a part who is excluded
// from its case.
func (f *Files) noneExcluded(ctx context.Context, src db.Source, id, interview string) error {
	crew, err := f.crew(ctx, src, id, interview)
	if err != nil {
		return err
	}
	for _, staff := range crew {
		if out, err := excludes(src, id, staff); err != nil || out {
			return errors.Join(err, fault.New(fault.Refused, "case.fault.excluded_plans", "somebody of the plan is excluded from the case"))
		}
	}
	return nil
}
