package casefile

import (
	"context"
	"database/sql"
	"errors"
	"maps"
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
// plan is kept. See weighing.
func (f *Files) Try(ctx context.Context, actor, id, interview string, plan url.Values) (policy.Decision, error) {
	file, err := f.Get(ctx, actor, id)
	if err != nil {
		return policy.Decision{}, err
	}
	w, err := f.weigh(ctx, file, interview)
	if err != nil {
		return policy.Decision{}, err
	}
	return w.decide(plan, f.holds(ctx))
}

// decide asks the pack about an interview as its plan is kept.
func (f *Files) decide(ctx context.Context, file File, interview string) (policy.Decision, error) {
	w, err := f.weigh(ctx, file, interview)
	if err != nil {
		return policy.Decision{}, err
	}
	return w.decide(w.plan, f.holds(ctx))
}

// holds asks the staff's record for certificates.
func (f *Files) holds(ctx context.Context) func(login, kind, day string) (bool, error) {
	return func(login, kind, day string) (bool, error) { return f.people.Holds(ctx, login, kind, day) }
}

// weighing is what a decision about an interview rests on besides its plan:
// what is known of the person and the case, with every interview of the person
// that was held here or elsewhere, and the deviations that were signed.
type weighing struct {
	files *Files
	known url.Values
	plan  url.Values // as it is kept
}

func (f *Files) weigh(ctx context.Context, file File, interview string) (weighing, error) {
	all, err := f.interviews(ctx, file.ID)
	if err != nil {
		return weighing{}, err
	}
	i := slices.IndexFunc(all, func(p Planned) bool { return p.ID == interview })
	if i < 0 {
		return weighing{}, fault.New(fault.NotFound, "", "no such interview")
	}
	var parts []map[string]Fact
	for _, subject := range []string{"", all[i].Person, interview} {
		facts, err := f.facts(ctx, file.ID, subject)
		if err != nil {
			return weighing{}, err
		}
		parts = append(parts, facts)
	}
	known := form(parts[:2]...)
	known.Set("case.origin", file.Origin)
	known.Set("case.desk", file.Channel)
	known.Set("case.phase", Interview)
	if file.Phase == Talk || file.Phase == FormalReport {
		known.Set("case.phase", file.Phase)
	}
	if err := f.addHeld(ctx, file.ID, all, all[i], known); err != nil {
		return weighing{}, err
	}
	if err := f.addSigned(ctx, file.ID, interview, known); err != nil {
		return weighing{}, err
	}
	return weighing{f, known, form(parts[2])}, nil
}

// decide asks the pack about a plan. A plan says nothing about the person or
// the case, and certificates are those on record, never what was typed.
func (w weighing) decide(plan url.Values, holds func(login, kind, day string) (bool, error)) (policy.Decision, error) {
	fields := maps.Clone(w.known)
	for name, values := range plan {
		if section, _, _ := strings.Cut(name, "."); slices.Contains(sections[interviewKind], section) {
			fields[name] = values
		}
	}
	if err := policy.Certify(fields, w.files.today(), holds); err != nil {
		return policy.Decision{}, err
	}
	pack, facts, err := w.files.read(fields)
	if err != nil {
		return policy.Decision{}, err
	}
	d, err := pack.Decide(facts, w.files.today())
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
	return f.move(ctx, actor, id, interview, step{to: confirmed, from: []string{planned}, allowed: func(d policy.Decision) error {
		if d.Verdict != policy.Allowed {
			return fault.New(fault.Refused, "case.fault.blocked", "a must that is not met")
		}
		return nil
	}})
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

// cancelReasons are the codes of why an interview will not be held, or not at
// its time.
var cancelReasons = []string{"persons_wish", "person_ill", "safety", "interviewer", "interpreter", "companion", "room", "equipment", "prosecutor", "no_need"}

// CancelReasons lists the codes of why an interview is called off or moved.
func CancelReasons() []string { return slices.Clone(cancelReasons) }

// Cancel ends a plan that will not be held and gives its slot back; why is one
// of CancelReasons.
func (f *Files) Cancel(ctx context.Context, actor, id, interview, why string) error {
	if !slices.Contains(cancelReasons, why) {
		return fault.New(fault.BadInput, "case.fault.why", "no reason of the list")
	}
	return f.move(ctx, actor, id, interview, step{to: cancelled, from: []string{planned, confirmed}, basis: why, also: func(tx *db.Tx) error {
		return f.calendar.Release(tx, id, interview, why)
	}})
}

// askAgain asks the rules again about the confirmed interviews that a fact of a
// person, or of the case (""), matters to. One that they block now goes back to
// being a plan, with its slot: nothing is held on the word of an old decision.
func (f *Files) askAgain(ctx context.Context, actor string, file File, subject string) error {
	all, err := f.interviews(ctx, file.ID)
	if err != nil {
		return err
	}
	for _, p := range all {
		if p.State != confirmed || subject != "" && p.Person != subject {
			continue
		}
		d, err := f.decide(ctx, file, p.ID)
		if err != nil && !errors.As(err, new(Unreadable)) {
			return err
		}
		if err == nil && d.Verdict == policy.Allowed {
			continue
		}
		if err := f.change(ctx, actor, file, "interview_reopened", p.ID, func(tx *db.Tx) error {
			if err := stateIs(tx, file.ID, p.ID, confirmed); err != nil {
				return err
			}
			_, err := tx.Exec(setState, file.ID, p.ID, planned)
			return err
		}); err != nil {
			return err
		}
	}
	return nil
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
	d, err := f.decide(ctx, file, interview)
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
		_, err = tx.Exec(insertDecision, id, interview, n+1, f.clock().Unix(), actor, d.Pack.Name, d.Pack.Version, d.Pack.Hash, text)
		return err
	})
}

// changes tells whether any fact of a case file changed between two looks.
type changes struct{ facts, versions int64 }

func (f *Files) changes(ctx context.Context, id string) (c changes, err error) {
	err = f.db.QueryRow(ctx, countChanges, id).Scan(&c.facts, &c.versions)
	return c, err
}

// still holds an act to the facts that its decision was about.
func (c changes) still(tx *db.Tx, id string) error {
	var now changes
	if err := tx.QueryRow(countChanges, id).Scan(&now.facts, &now.versions); err != nil {
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
		r.At = time.Unix(at, 0).UTC()
		out = append(out, r)
	}
	return out, rows.Err()
}
