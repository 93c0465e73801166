package casefile

import (
	"context"
	"database/sql"
	"errors"
	"slices"
	"strings"
	"time"

	"verhaal/internal/custody"
	"verhaal/internal/db"
	"verhaal/internal/fault"
)

// DialogueWay is the dialogue of the person's own report.
const DialogueWay = "dialogue"

var (
	contactWays    = []string{DialogueWay, "call", "text", "mail", "letter", "trusted_person", "lawyer", "shelter"}
	contactResults = []string{"reached", "no_answer", "not_safe"}
	weekdays       = []string{"su", "mo", "tu", "we", "th", "fr", "sa"} // by time.Weekday
	shieldBases    = []string{"threat", "witness_protection", "named_by_decision", "minor", "shelter_address"}
	unshieldWhys   = []string{"contact", "interview", "safety", "court_order"}
)

// dangerToLife is the only reason that breaks a safe-contact plan.
const dangerToLife = "danger_to_life"

// ContactWays, ContactResults, ShieldBases and UnshieldReasons list the codes.
func ContactWays() []string     { return slices.Clone(contactWays) }
func ContactResults() []string  { return slices.Clone(contactResults) }
func ShieldBases() []string     { return slices.Clone(shieldBases) }
func UnshieldReasons() []string { return slices.Clone(unshieldWhys) }

// ContactPlan says how and when a person may be reached. It binds every
// contact; numbers, addresses and the codeword are sealed, in the part
// contact/<person>.
type ContactPlan struct {
	Ways        []string // allowed
	Days        []string // mo … su; empty = every day
	From, Until string   // local times, 09:30; "" = no bound
	NoVoicemail bool
	Codeword    bool // there is one, asked before anything is said
	Stopped     bool // no contact at all for now
	Version     int64
}

// Contact is one contact that was made or tried.
type Contact struct {
	N      int64
	Person string
	Way    string
	At     time.Time
	Result string // reached, no_answer, not_safe
	Broke  bool   // outside the plan, because of danger to life
	Staff  string
}

// SetContactPlan keeps how a person may be reached.
func (f *Files) SetContactPlan(ctx context.Context, actor, id, person string, p ContactPlan) error {
	file, err := f.Get(ctx, actor, id)
	if err != nil {
		return err
	}
	if kind, err := f.kindOf(ctx, id, person); err != nil || kind != personKind {
		return fault.New(fault.NotFound, "", "no such person")
	}
	within := func(all []string) func(string) bool { return func(s string) bool { return !slices.Contains(all, s) } }
	if slices.ContainsFunc(p.Ways, within(contactWays)) || slices.ContainsFunc(p.Days, within(weekdays)) {
		return fault.New(fault.BadInput, "", "a way or a day that is none")
	}
	for _, t := range []string{p.From, p.Until} {
		if _, err := time.Parse("15:04", t); t != "" && err != nil {
			return fault.New(fault.BadInput, "case.fault.contact_hours", "no time of day")
		}
	}
	if (p.From == "") != (p.Until == "") || p.From != "" && p.From >= p.Until {
		return fault.New(fault.BadInput, "case.fault.contact_hours", "hours that end before they begin")
	}
	return f.change(ctx, actor, file, "contact_plan_set", person, func(tx *db.Tx) error {
		n, err := tx.Exec(upsertContactPlan, id, person, strings.Join(p.Ways, ","), strings.Join(p.Days, ","), p.From, p.Until,
			flag(p.NoVoicemail), flag(p.Codeword), flag(p.Stopped), f.clock().Unix(), actor, p.Version)
		if err == nil && n == 0 {
			err = fault.New(fault.Conflict, "case.fault.changed_meanwhile", "another version than the writer saw")
		}
		return err
	})
}

// ContactPlanOf finds a person's safe-contact plan; false when there is none yet.
func (f *Files) ContactPlanOf(ctx context.Context, actor, id, person string) (ContactPlan, bool, error) {
	if _, err := f.Get(ctx, actor, id); err != nil {
		return ContactPlan{}, false, err
	}
	return scanPlan(f.db.QueryRow(ctx, findContactPlan, id, person))
}

func scanPlan(row interface{ Scan(...any) error }) (p ContactPlan, found bool, err error) {
	var ways, days string
	var voicemail, codeword, stopped int
	err = row.Scan(&ways, &days, &p.From, &p.Until, &voicemail, &codeword, &stopped, &p.Version)
	if errors.Is(err, sql.ErrNoRows) {
		return ContactPlan{}, false, nil
	}
	p.Ways, p.Days, p.NoVoicemail, p.Codeword, p.Stopped = codesIn(ways), codesIn(days), voicemail != 0, codeword != 0, stopped != 0
	return p, err == nil, err
}

// Allows is nil when the plan lets somebody be reached in a way at a moment of
// the installation's time zone; else its fault says what stands in the way.
func (p ContactPlan) Allows(way string, at time.Time) error {
	now := clockTime(at)
	switch {
	case p.Stopped:
		return fault.New(fault.Refused, "case.fault.contact_stopped", "no contact for now")
	case !slices.Contains(p.Ways, way):
		return fault.New(fault.Refused, "case.fault.contact_way", "a way that the plan does not allow")
	case len(p.Days) > 0 && !slices.Contains(p.Days, weekdays[at.Weekday()]), p.From != "" && (now < p.From || now >= p.Until):
		return fault.New(fault.Refused, "case.fault.contact_time", "a time that the plan does not allow")
	}
	return nil
}

// Contact notes a contact with a person, now: the one door for contacts. One
// outside the person's plan is Refused, but for danger to life, which is noted.
// Without a plan nobody is contacted: how it is safe is asked first.
func (f *Files) Contact(ctx context.Context, actor, id, person, way, result, basis string) error {
	file, err := f.Get(ctx, actor, id)
	if err != nil {
		return err
	}
	if !slices.Contains(contactWays, way) || !slices.Contains(contactResults, result) || basis != "" && basis != dangerToLife {
		return fault.New(fault.BadInput, "", "a way, a result or a reason that is none")
	}
	return f.changeFor(ctx, actor, file, "contact_noted", person, basis, func(tx *db.Tx) error {
		plan, found, err := scanPlan(tx.QueryRow(findContactPlan, id, person))
		if err != nil {
			return err
		}
		if !found {
			return fault.New(fault.Refused, "case.fault.contact_unplanned", "no safe-contact plan yet")
		}
		outside := plan.Allows(way, f.clock())
		if outside != nil && basis == "" {
			return outside
		}
		var n int64
		if err := tx.QueryRow(lastContact, id).Scan(&n); err != nil {
			return err
		}
		if outside == nil {
			basis = ""
		}
		_, err = tx.Exec(insertContact, id, n+1, person, way, f.clock().Unix(), result, basis, actor)
		return err
	})
}

// Contacts lists the contacts with a person, the newest first; at most 100.
func (f *Files) Contacts(ctx context.Context, actor, id, person string) ([]Contact, error) {
	if _, err := f.Get(ctx, actor, id); err != nil {
		return nil, err
	}
	rows, err := f.db.Query(ctx, listContacts, id, person)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var out []Contact
	for rows.Next() {
		var c Contact
		var at int64
		var basis string
		if err := rows.Scan(&c.N, &c.Person, &c.Way, &at, &c.Result, &basis, &c.Staff); err != nil {
			return nil, err
		}
		c.At, c.Broke = f.moment(at), basis != ""
		out = append(out, c)
	}
	return out, rows.Err()
}

// MayAnswer says whether the desk may write in the dialogue of a report now,
// inside the act that writes: the safe-contact plans of the case files that
// rest on it bind it too. Without any plan it may, unlike every way that
// Contact notes: the reporter opened this way, nothing rings or arrives, and
// they fetch an answer where and when it is safe for them. Only the dialogue
// can ask them how else they are safely reached.
func (f *Files) MayAnswer(tx *db.Tx, report string) error {
	rows, err := tx.Query(listPlansOfReport, report)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		plan, _, err := scanPlan(rows)
		if err != nil {
			return err
		}
		// The reporter fetches an answer when it suits them: its hour is theirs.
		plan.Days, plan.From, plan.Until = nil, "", ""
		if err := plan.Allows(DialogueWay, f.clock()); err != nil {
			return err
		}
	}
	return rows.Err()
}

// Shield hides a person's name and ways of contact from those who open the case:
// they are opened one by one from then on, each time with a reason. seen is the basis that
// the writer saw, "" for none; if somebody else shielded them meanwhile it is a Conflict with
// "case.fault.changed_meanwhile".
func (f *Files) Shield(ctx context.Context, actor, id, person, seen, basis string) error {
	file, err := f.Get(ctx, actor, id)
	if err != nil {
		return err
	}
	if kind, err := f.kindOf(ctx, id, person); err != nil || kind != personKind {
		return fault.New(fault.NotFound, "", "no such person")
	}
	if !slices.Contains(shieldBases, basis) {
		return fault.New(fault.BadInput, "case.fault.why", "no reason of the list")
	}
	return f.changeFor(ctx, actor, file, "shielded", person, basis, func(tx *db.Tx) error {
		all, err := shieldedIn(tx, id)
		if err != nil {
			return err
		}
		if all[person] != seen {
			return changedMeanwhile("basis")
		}
		_, err = tx.Exec(insertShield, id, person, basis, f.clock().Unix(), actor)
		return err
	})
}

// Shielded lists who is shielded in a case file, with why.
func (f *Files) Shielded(ctx context.Context, actor, id string) (map[string]string, error) {
	if _, err := f.Get(ctx, actor, id); err != nil {
		return nil, err
	}
	return f.shielded(ctx, id)
}

func (f *Files) shielded(ctx context.Context, id string) (map[string]string, error) {
	return shieldedIn(f.db.Source(ctx), id)
}

func shieldedIn(src db.Source, id string) (map[string]string, error) {
	out := map[string]string{}
	return out, db.Each(src, listShields, func(row func(...any) error) error {
		var person, basis string
		err := row(&person, &basis)
		out[person] = basis
		return err
	}, id)
}

// partOf is the person whose name or ways of contact a part holds; "" = nobody's.
func partOf(name string) string {
	words := strings.Split(name, "/")
	if len(words) >= 2 && (words[0] == "person" || words[0] == "contact") {
		return words[1]
	}
	return ""
}

// Unshield gives out the sealed name and ways of contact of a shielded person,
// this once. It is an act that names why.
func (f *Files) Unshield(ctx context.Context, actor, id, person, why string) ([]Part, error) {
	file, err := f.Get(ctx, actor, id)
	if err != nil {
		return nil, err
	}
	if !slices.Contains(unshieldWhys, why) {
		return nil, fault.New(fault.BadInput, "case.fault.why", "no reason of the list")
	}
	act := custody.Act{Kind: "case.unshielded", Actor: actor, Subject: id, Basis: why, Facts: map[string]string{"channel": file.Channel, "person": person}}
	if _, err := f.log.Do(ctx, act, nil); err != nil {
		return nil, err
	}
	all, err := f.parts(ctx, id)
	return slices.DeleteFunc(all, func(p Part) bool { return partOf(p.Name) != person }), err
}
