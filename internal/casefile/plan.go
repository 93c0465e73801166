package casefile

import (
	"context"
	"database/sql"
	"errors"
	"net/url"
	"slices"
	"time"

	"verhaal/internal/db"
	"verhaal/internal/fault"
	"verhaal/internal/policy"
)

// States of an interview.
const (
	planned   = "planned"   // may still change
	confirmed = "confirmed" // the pack allowed it and somebody relied on that
	held      = "held"
	cancelled = "cancelled"
)

// Planned is an interview of a person, from its first plan on.
type Planned struct {
	ID     string // "i1"
	Person string
	State  string // planned, confirmed, held, cancelled
	// Outside is why a confirmed interview has no slot in the calendar, one of
	// OutsideReasons; "" = it has one.
	Outside string
}

// Plan begins the plan of an interview of a person.
func (f *Files) Plan(ctx context.Context, actor, id, person string) (string, error) {
	if kind, err := f.kindOf(ctx, id, person); err != nil || kind != personKind {
		return "", fault.New(fault.NotFound, "", "no such person")
	}
	return f.addSubject(ctx, actor, id, "i", interviewKind, "", person)
}

// Interviews lists the interviews of a case file.
func (f *Files) Interviews(ctx context.Context, actor, id string) ([]Planned, error) {
	if _, err := f.Get(ctx, actor, id); err != nil {
		return nil, err
	}
	return interviewsOf(f.db.Source(ctx), id)
}

func interviewsOf(src db.Source, id string) (out []Planned, err error) {
	err = db.Each(src, listSubjects, func(row func(...any) error) error {
		var p Planned
		var role string
		err := row(&p.ID, &role, &p.Person, &p.State, &p.Outside)
		out = append(out, p)
		return err
	}, id, interviewKind)
	return out, err
}

// Hold says that a confirmed interview was held, on its day or later. It counts
// from now on as one of the person's earlier interviews.
func (f *Files) Hold(ctx context.Context, actor, id, interview string) error {
	return f.move(ctx, actor, id, interview, step{to: held, from: []string{confirmed}, allowed: func(d policy.Decision) error {
		if d.Date > f.today() {
			return fault.New(fault.Refused, "case.fault.not_yet", "an interview before its day")
		}
		return nil
	}})
}

// notHeldReasons are the codes of why an interview that was said to be held was not.
var notHeldReasons = []string{"mistake", "other_interview", "not_come"}

// NotHeldReasons lists them.
func NotHeldReasons() []string { return slices.Clone(notHeldReasons) }

// NotHeld takes back that an interview was held, for one of NotHeldReasons: it is a plan
// again and counts as no interview. What was recorded is Refused with "case.fault.recorded",
// and what somebody wrote down as told there with "case.fault.built_on".
func (f *Files) NotHeld(ctx context.Context, actor, id, interview, why string) error {
	if !slices.Contains(notHeldReasons, why) {
		return fault.New(fault.BadInput, "case.fault.why", "no reason of the list")
	}
	return f.move(ctx, actor, id, interview, step{to: planned, from: []string{held}, basis: why, also: func(tx *db.Tx) error {
		if err := f.unrecorded(tx, id, interview); err != nil {
			return err
		}
		var told int
		if err := tx.QueryRow(countToldIn, id, interview).Scan(&told); err != nil {
			return err
		}
		if told > 0 {
			return fault.New(fault.Refused, "case.fault.built_on", "what was told there is written down")
		}
		return f.unhold(tx, id, interview)
	}})
}

// unrecorded refuses, inside an act, an interview that was recorded.
func (f *Files) unrecorded(tx *db.Tx, id, interview string) error {
	recorded, err := f.sources.Recorded(tx, id, interview)
	if err == nil && recorded {
		err = fault.New(fault.Refused, "case.fault.recorded", "an interview that was recorded")
	}
	return err
}

// cancelReasons are the codes of why an interview will not be held, or not at
// its time.
var cancelReasons = []string{"persons_wish", "person_ill", "safety", "interviewer", "interpreter", "companion", "room", "equipment", "prosecutor", "no_need"}

// CancelReasons lists the codes of why an interview is called off or moved.
func CancelReasons() []string { return slices.Clone(cancelReasons) }

// Recorded says, inside the act that seals a recording of an interview, that it
// was held: what was recorded counts as told, whatever somebody made of the plan
// meanwhile. shown is what the recording says of itself, by the names of the
// schema: it stands in place of what anybody typed.
func (f *Files) Recorded(tx *db.Tx, actor, id, interview string, shown map[string]string) error {
	for _, fact := range policy.Schema() {
		value, says := shown[fact.Name]
		if !says || fact.Values != nil && !slices.Contains(fact.Values, value) {
			continue
		}
		if err := f.showFact(tx, actor, id, interview, fact.Name, value); err != nil {
			return err
		}
	}
	if err := f.reckon(tx, id); err != nil {
		return err
	}
	err := stateIs(tx, id, interview, planned, confirmed)
	if fault.KindOf(err) == fault.Conflict { // held already: this is another part of it
		return f.follow(tx, actor, id, "recorded_again", interview)
	}
	if err != nil {
		return err
	}
	if _, err := tx.Exec(setState, id, interview, held); err != nil {
		return err
	}
	return f.follow(tx, actor, id, "interview_"+held, interview)
}

// TopicLinked says, inside the act that links a topic to a recording of an
// interview, that it was told there: the rules are asked again about the others.
func (f *Files) TopicLinked(tx *db.Tx, actor, id, interview string) error {
	return f.follow(tx, actor, id, "topic_linked", interview)
}

// showFact keeps what a recording says, whatever stood there.
func (f *Files) showFact(tx *db.Tx, actor, id, interview, name string, values ...string) error {
	_, err := tx.Exec(showFact, id, interview, name, url.Values{name: values}.Encode(), f.clock().Unix(), actor)
	return err
}

// recordFields is the fact that the rules read the fields of an official record
// from.
const recordFields = "record.fields"

// RecordSigned says, inside the act that signs an interview's official record,
// which fields it has (rule A-22).
func (f *Files) RecordSigned(tx *db.Tx, actor, id, interview string, fields []string) error {
	if err := f.showFact(tx, actor, id, interview, recordFields, fields...); err != nil {
		return err
	}
	return f.reckon(tx, id)
}

// Cancel ends a plan that will not be held and gives its slot back; why is one
// of CancelReasons. What was recorded is Refused with "case.fault.recorded".
func (f *Files) Cancel(ctx context.Context, actor, id, interview, why string) error {
	if !slices.Contains(cancelReasons, why) {
		return fault.New(fault.BadInput, "case.fault.why", "no reason of the list")
	}
	return f.move(ctx, actor, id, interview, step{to: cancelled, from: []string{planned, confirmed}, basis: why, also: func(tx *db.Tx) error {
		if err := f.unrecorded(tx, id, interview); err != nil {
			return err
		}
		return f.calendar.Release(tx, id, interview, why)
	}})
}

// step is a change of an interview's state.
type step struct {
	to      string
	from    []string
	basis   string                      // a reason code
	allowed func(policy.Decision) error // nil = whatever the rules say
	also    func(*db.Tx) error          // what else belongs to the act; nil = nothing
}

// move takes an interview to another state, with the decision that the pack
// makes of it now.
func (f *Files) move(ctx context.Context, actor, id, interview string, s step) error {
	file, err := f.Get(ctx, actor, id)
	if err != nil {
		return err
	}
	before, err := f.changes(ctx, id)
	if err != nil {
		return err
	}
	d, err := f.decide(ctx, f.db.Source(ctx), file, interview)
	if err != nil {
		return err
	}
	if s.allowed != nil {
		if err := s.allowed(d); err != nil {
			return err
		}
	}
	text, err := d.JSON("en")
	if err != nil {
		return err
	}
	return f.changeFor(ctx, actor, file, "interview_"+s.to, interview, s.basis, func(tx *db.Tx) error {
		if err := stateIs(tx, id, interview, s.from...); err != nil {
			return err
		}
		if err := before.still(tx, id); err != nil {
			return err
		}
		if _, err := tx.Exec(setState, id, interview, s.to); err != nil {
			return err
		}
		if s.also != nil {
			if err := s.also(tx); err != nil {
				return err
			}
		}
		var n int64
		if err := tx.QueryRow(lastDecision, id, interview).Scan(&n); err != nil {
			return err
		}
		if d.Again != nil && s.to == confirmed {
			if _, err := tx.Exec(setAskedAgain, id, interview, d.Again.Topics, d.Again.Unexplained); err != nil {
				return err
			}
		}
		_, err = tx.Exec(insertDecision, id, interview, n+1, f.clock().Unix(), actor, d.Pack.Name, d.Pack.Version, d.Pack.Hash, text)
		return err
	})
}

// changes tells whether a case file changed between two looks: a fact, or
// anything that is an event.
type changes struct{ facts, versions, events int64 }

func (f *Files) changes(ctx context.Context, id string) (c changes, err error) {
	err = f.db.QueryRow(ctx, countChanges, id).Scan(&c.facts, &c.versions, &c.events)
	return c, err
}

// still holds an act to the facts that its decision was about.
func (c changes) still(tx *db.Tx, id string) error {
	var now changes
	if err := tx.QueryRow(countChanges, id).Scan(&now.facts, &now.versions, &now.events); err != nil {
		return err
	}
	if now != c {
		return fault.New(fault.Conflict, "case.fault.changed_meanwhile", "a fact changed while the rules were asked")
	}
	return nil
}

// stateIs holds an act on an interview to the states it may begin in.
func stateIs(tx *db.Tx, id, interview string, allowed ...string) error {
	var state string
	err := tx.QueryRow(findState, id, interview).Scan(&state)
	if errors.Is(err, sql.ErrNoRows) {
		return fault.New(fault.NotFound, "", "no such interview")
	}
	if err == nil && !slices.Contains(allowed, state) {
		err = fault.New(fault.Conflict, "case.fault.state", "the interview is %s", state)
	}
	return err
}

// Relied is a decision that somebody relied on, as the pack said it then.
type Relied struct {
	At                  time.Time
	Staff               string
	Pack, Version, Hash string
	Decision            []byte // JSON, see policy.Decision.JSON
}

// Decisions lists the decisions that an interview rests on, the oldest first.
func (f *Files) Decisions(ctx context.Context, actor, id, interview string) ([]Relied, error) {
	if _, err := f.Get(ctx, actor, id); err != nil {
		return nil, err
	}
	rows, err := f.db.Query(ctx, listDecisions, id, interview)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var out []Relied
	for rows.Next() {
		var r Relied
		var n, at int64
		if err := rows.Scan(&n, &at, &r.Staff, &r.Pack, &r.Version, &r.Hash, &r.Decision); err != nil {
			return nil, err
		}
		r.At = f.moment(at)
		out = append(out, r)
	}
	return out, rows.Err()
}
