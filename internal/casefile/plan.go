package casefile

import (
	"context"
	"database/sql"
	"errors"
	"net/url"
	"slices"
	"strings"
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
	return f.interviews(ctx, id)
}

func (f *Files) interviews(ctx context.Context, id string) ([]Planned, error) {
	rows, err := f.db.Query(ctx, listSubjects, id, interviewKind)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var out []Planned
	for rows.Next() {
		var p Planned
		var role string
		if err := rows.Scan(&p.ID, &role, &p.Person, &p.State); err != nil {
			return nil, err
		}
		out = append(out, p)
	}
	return out, rows.Err()
}

// Try asks the pack about an interview as somebody types its plan: nothing of
// plan is kept. See decide.
func (f *Files) Try(ctx context.Context, actor, id, interview string, plan url.Values) (policy.Decision, error) {
	file, err := f.Get(ctx, actor, id)
	if err != nil {
		return policy.Decision{}, err
	}
	return f.decide(ctx, file, interview, func(map[string]Fact) url.Values { return plan })
}

// kept takes the plan as it is kept.
func kept(facts map[string]Fact) url.Values { return form(facts) }

// decide asks the pack about an interview: what is known of the person, the
// case and the plan together, with every interview of the person that was held
// here or elsewhere.
func (f *Files) decide(ctx context.Context, file File, interview string, plan func(map[string]Fact) url.Values) (policy.Decision, error) {
	all, err := f.interviews(ctx, file.ID)
	if err != nil {
		return policy.Decision{}, err
	}
	i := slices.IndexFunc(all, func(p Planned) bool { return p.ID == interview })
	if i < 0 {
		return policy.Decision{}, fault.New(fault.NotFound, "", "no such interview")
	}
	var parts []map[string]Fact
	for _, subject := range []string{"", all[i].Person, interview} {
		facts, err := f.facts(ctx, file.ID, subject)
		if err != nil {
			return policy.Decision{}, err
		}
		parts = append(parts, facts)
	}
	fields := form(parts[:2]...)
	for name, values := range plan(parts[2]) {
		// A plan says nothing about the person or the case.
		if section, _, _ := strings.Cut(name, "."); slices.Contains(sections[interviewKind], section) {
			fields[name] = values
		}
	}
	fields.Set("case.origin", file.Origin)
	fields.Set("case.desk", file.Channel)
	fields.Set("case.phase", Interview)
	if file.Phase == Talk || file.Phase == FormalReport {
		fields.Set("case.phase", file.Phase)
	}
	if err := policy.Certify(fields, f.today(), func(login, kind, day string) (bool, error) { return f.people.Holds(ctx, login, kind, day) }); err != nil {
		return policy.Decision{}, err
	}
	if err := f.addHeld(ctx, file.ID, all, all[i], fields); err != nil {
		return policy.Decision{}, err
	}
	if err := f.addSigned(ctx, file.ID, interview, fields); err != nil {
		return policy.Decision{}, err
	}
	pack, facts, err := f.read(fields)
	if err != nil {
		return policy.Decision{}, err
	}
	d, err := pack.Decide(facts, f.today())
	if err != nil {
		return policy.Decision{}, Unreadable{err}
	}
	return d, nil
}

// addHeld puts the person's interviews that were held here behind those that
// were entered from elsewhere: nothing that was told is forgotten.
func (f *Files) addHeld(ctx context.Context, id string, all []Planned, now Planned, fields url.Values) error {
	row := policy.RowsIn(fields, "earlier")
	for _, p := range all {
		if p.Person != now.Person || p.State != held || p.ID == now.ID {
			continue
		}
		plan, err := f.facts(ctx, id, p.ID)
		if err != nil {
			return err
		}
		policy.AddEarlier(fields, row, form(plan))
		row++
	}
	return nil
}

// Confirm relies on the pack's decision: the plan stands, and the decision is
// kept with the version of the pack that made it. A blocked plan is Refused
// with "case.fault.blocked".
func (f *Files) Confirm(ctx context.Context, actor, id, interview string) error {
	return f.move(ctx, actor, id, interview, []string{planned}, confirmed, func(d policy.Decision) error {
		if d.Verdict != policy.Allowed {
			return fault.New(fault.Refused, "case.fault.blocked", "a must that is not met")
		}
		return nil
	})
}

// Hold says that a confirmed interview was held, on its day or later. It counts
// from now on as one of the person's earlier interviews.
func (f *Files) Hold(ctx context.Context, actor, id, interview string) error {
	return f.move(ctx, actor, id, interview, []string{confirmed}, held, func(d policy.Decision) error {
		if d.Date > f.today() {
			return fault.New(fault.Refused, "case.fault.not_yet", "an interview before its day")
		}
		return nil
	})
}

// Cancel ends a plan that will not be held.
func (f *Files) Cancel(ctx context.Context, actor, id, interview string) error {
	return f.move(ctx, actor, id, interview, []string{planned, confirmed}, cancelled, nil)
}

func (f *Files) move(ctx context.Context, actor, id, interview string, from []string, to string, allowed func(policy.Decision) error) error {
	file, err := f.Get(ctx, actor, id)
	if err != nil {
		return err
	}
	var before, now changes
	if err := f.db.QueryRow(ctx, countChanges, id).Scan(&before.facts, &before.versions); err != nil {
		return err
	}
	d, err := f.decide(ctx, file, interview, kept)
	if err != nil {
		return err
	}
	if allowed != nil {
		if err := allowed(d); err != nil {
			return err
		}
	}
	text, err := d.JSON("en")
	if err != nil {
		return err
	}
	return f.change(ctx, actor, file, "interview_"+to, interview, func(tx *db.Tx) error {
		if err := stateIs(tx, id, interview, from...); err != nil {
			return err
		}
		// The decision must be about the facts as they are at this moment.
		if err := tx.QueryRow(countChanges, id).Scan(&now.facts, &now.versions); err != nil {
			return err
		}
		if now != before {
			return fault.New(fault.Conflict, "case.fault.changed_meanwhile", "a fact changed while the rules were asked")
		}
		if _, err := tx.Exec(setState, id, interview, to); err != nil {
			return err
		}
		var n int64
		if err := tx.QueryRow(lastDecision, id, interview).Scan(&n); err != nil {
			return err
		}
		_, err = tx.Exec(insertDecision, id, interview, n+1, f.clock().Unix(), actor, d.Pack.Name, d.Pack.Version, d.Pack.Hash, text)
		return err
	})
}

// changes tells whether any fact of a case file changed between two looks.
type changes struct{ facts, versions int64 }

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
		r.At = time.Unix(at, 0).UTC()
		out = append(out, r)
	}
	return out, rows.Err()
}
