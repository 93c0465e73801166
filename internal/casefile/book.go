package casefile

import (
	"context"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strings"

	"verhaal/internal/db"
	"verhaal/internal/fault"
	"verhaal/internal/policy"
)

// Standing is how the rules see a slot, as far as another could change it.
type Standing struct {
	Blocks []string // rules that must be met and are not
	Wants  []string // rules that ask something if possible, without a reason yet
	Signed bool     // a deviation counts that was signed for these very people
}

// Judge gives a function that says how slots of an interview stand with the
// rules. It reads the case once; the function may be called often.
func (f *Files) Judge(ctx context.Context, actor, id, interview string) (func(Slot) (Standing, error), error) {
	w, err := f.weighFor(ctx, actor, id, interview)
	if err != nil {
		return nil, err
	}
	holds := remembered(f.holds(ctx))
	rest := withoutSlot(w.plan)
	known := map[string]policy.Facts{}
	return func(s Slot) (Standing, error) {
		d, err := w.quick(s, rest, holds, known)
		if err != nil {
			return Standing{}, err
		}
		return w.standing(d), nil
	}, nil
}

// quick is decide for a plan that is one of many, which differ only in their
// slot: all the rest is read once and kept in known, by what it depends on.
func (w weighing) quick(s Slot, rest url.Values, holds func(login, kind, day string) (bool, error), known map[string]policy.Facts) (policy.Decision, error) {
	if s.Ideal {
		holds = func(login, _, _ string) (bool, error) { return login != "", nil }
	}
	pack, err := w.files.rules.On(s.Day)
	if err != nil {
		return policy.Decision{}, err
	}
	excuses, err := w.excuses(s.Day)
	if err != nil {
		return policy.Decision{}, err
	}
	today, before := w.files.today(), w.before(s.Day)
	like := fmt.Sprint(pack.Hash, len(before), excuses.Encode())
	if s.Ideal {
		like += strings.Join(s.Interviewers, ",")
	}
	if known[like] == nil {
		fields := maps.Clone(w.known)
		maps.Copy(fields, rest)
		addAhead(fields, before)
		maps.Copy(fields, excuses)
		if s.Ideal {
			fields = s.knownTo(fields)
		}
		fields.Set("plan.date", s.Day)
		if known[like], err = pack.FactsFromForm(fields, today); err != nil {
			return policy.Decision{}, Unreadable{err}
		}
	}
	slot := s.fields()
	if rest.Get(levelFact) == "" {
		// It is chosen when a slot is booked; the highest is never in the way.
		levels := levelsIn(pack, s.RoomKind)
		slot.Set(levelFact, levels[len(levels)-1])
	}
	if err := policy.Certify(slot, today, holds); err != nil {
		return policy.Decision{}, err
	}
	decided, err := pack.FactsFromForm(slot, today)
	if err != nil {
		return policy.Decision{}, Unreadable{err}
	}
	facts := maps.Clone(known[like])
	maps.Copy(facts, decided)
	w.sign(pack, facts)
	d, err := pack.Decide(facts, today)
	if err != nil {
		return policy.Decision{}, Unreadable{err}
	}
	return d, nil
}

// remembered asks for each certificate once.
func remembered(holds func(login, kind, day string) (bool, error)) func(login, kind, day string) (bool, error) {
	known := map[[3]string]bool{}
	return func(login, kind, day string) (bool, error) {
		key := [3]string{login, kind, day}
		held, ok := known[key]
		if ok {
			return held, nil
		}
		held, err := holds(login, kind, day)
		if err == nil {
			known[key] = held
		}
		return held, err
	}
}

// fill puts a slot into the plan as it is kept and asks the pack. A level that
// nobody chose is the lowest of the room that the rules allow.
func (w weighing) fill(s Slot, holds func(login, kind, day string) (bool, error)) (plan url.Values, d policy.Decision, err error) {
	plan = s.into(w.plan)
	levels := []string{plan.Get(levelFact)}
	if levels[0] == "" {
		pack, err := w.files.rules.On(s.Day)
		if err != nil {
			return nil, d, err
		}
		levels = levelsIn(pack, s.RoomKind)
	}
	for _, level := range levels {
		plan.Set(levelFact, level)
		if d, err = w.decide(plan, holds); err != nil || !slices.ContainsFunc(d.Requirements, func(r policy.Requirement) bool {
			return (r.Blocks() || r.Status == policy.Excused) && slices.Contains(d.Pack.Asks(r.Rule), levelFact)
		}) {
			break
		}
	}
	return plan, d, err
}

// decides says of a fact that a slot of this interview decides it.
func (w weighing) decides(fact string) bool {
	return slices.Contains(slotFacts, fact) || fact == levelFact && w.plan.Get(levelFact) == ""
}

// standing keeps what a slot decides of a decision. A reason that was written
// for another slot does not excuse this one.
func (w weighing) standing(d policy.Decision) Standing {
	var out Standing
	for _, r := range d.Requirements {
		if !slices.ContainsFunc(d.Pack.Asks(r.Rule), w.decides) {
			continue
		}
		wanted := r.Rule.Strength == policy.IfPossible
		switch {
		case r.Status == policy.Deviated:
			out.Signed = out.Signed || slices.ContainsFunc(d.Pack.Asks(r.Rule), func(fact string) bool { return slices.Contains(crewFacts, fact) })
		case wanted && (r.Blocks() || r.Status == policy.Excused && w.plan.Get("plan.reasons."+r.Rule.ID) != ""):
			out.Wants = append(out.Wants, r.Rule.ID)
		case r.Blocks():
			out.Blocks = append(out.Blocks, r.Rule.ID)
		}
	}
	return out
}

// Book gives an interview a slot: the plan and the calendar change in one act.
// reserve takes the rooms and people, inside it. reason is what excuses the
// rules that the slot leaves out though they ask only if possible; "" leaves
// that to somebody's own words. A slot that a rule forbids is Refused with
// "case.fault.blocked"; an interview that is no plan any more is a Conflict.
func (f *Files) Book(ctx context.Context, actor, id, interview string, s Slot, reason string, reserve func(*db.Tx) error) error {
	file, err := f.Get(ctx, actor, id)
	if err != nil {
		return err
	}
	before, err := f.changes(ctx, id)
	if err != nil {
		return err
	}
	w, err := f.weigh(f.db.Source(ctx), file, interview)
	if err != nil {
		return err
	}
	s.Ideal = false
	plan, d, err := w.fill(s, f.holds(ctx))
	if err != nil {
		return err
	}
	stands := w.standing(d)
	if len(stands.Blocks) > 0 {
		return fault.New(fault.Refused, "case.fault.blocked", "rules %v are in the way", stands.Blocks)
	}
	for _, rule := range stands.Wants {
		if name := "plan.reasons." + rule; reason != "" {
			plan.Set(name, reason)
		} else if plan.Get(name) != SealedWords {
			plan.Del(name)
		}
	}
	return f.change(ctx, actor, file, "interview_booked", interview, func(tx *db.Tx) error {
		if err := stateIs(tx, id, interview, planned); err != nil {
			return err
		}
		if err := before.still(tx, id); err != nil {
			return err
		}
		if err := reserve(tx); err != nil {
			return err
		}
		checked, err := f.calendar.Cleared(tx, id, interview)
		if err != nil {
			return err
		}
		for _, name := range append(slices.Clone(fixed), levelFact, "plan.reasons") {
			fields := policy.FieldsOf(name, plan)
			if name == tiesChecked && !checked {
				fields = nil
			}
			if err := f.putFact(tx, actor, id, interview, name, fields); err != nil {
				return err
			}
		}
		return f.noneExcluded(ctx, tx, id, interview)
	})
}

// putFact writes a fact whatever version stands, unless it says so already.
func (f *Files) putFact(tx *db.Tx, actor, id, subject, name string, fields url.Values) error {
	_, err := tx.Exec(putFact, id, subject, name, fields.Encode(), f.clock().Unix(), actor)
	return err
}

// Unbook gives the slot of a plan back, with all that it wrote into the plan, so
// that another can be looked for; why is one of CancelReasons. A confirmed
// interview is cancelled instead.
func (f *Files) Unbook(ctx context.Context, actor, id, interview, why string) error {
	file, err := f.Get(ctx, actor, id)
	if err != nil {
		return err
	}
	if !slices.Contains(cancelReasons, why) {
		return fault.New(fault.BadInput, "case.fault.why", "no reason of the list")
	}
	return f.changeFor(ctx, actor, file, "interview_unbooked", interview, why, func(tx *db.Tx) error {
		if err := stateIs(tx, id, interview, planned); err != nil {
			return err
		}
		plan, err := factsOf(tx, id, interview)
		if err != nil {
			return err
		}
		for name, fact := range plan {
			var left url.Values
			switch {
			case name == "plan.reasons": // those in somebody's words stay
				left = fact.Fields
				maps.DeleteFunc(left, func(_ string, given []string) bool { return !slices.Contains(given, SealedWords) })
			case !FixedBySlot(name):
				continue
			}
			if err := f.putFact(tx, actor, id, interview, name, left); err != nil {
				return err
			}
		}
		return f.calendar.Release(tx, id, interview, why)
	})
}
