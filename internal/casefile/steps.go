package casefile

import (
	"context"
	"slices"
	"strconv"

	"verhaal/internal/custody"
	"verhaal/internal/db"
	"verhaal/internal/fault"
	"verhaal/internal/policy"
)

// Events of the pack that are known here by name: those that facts and acts of
// a case show by themselves, and those that are also facts.
const (
	reportReceived = "report_received"
	contactMade    = "contact_made"
	victimFound    = "victim_found"
	minorFound     = "minor_found"
	talkHeld       = "talk_held"
	victimReady    = "victim_ready"
	interviewHeld  = "interview_held"
	formalReport   = "formal_report"
	cooperation    = "cooperation"
	periodOffered  = "period_offered"
	periodWanted   = "period_wanted"
	periodRefused  = "period_refused"
	fileSent       = "file_sent"
)

const (
	dublinClock = "dublin_leads"
	talkFact    = "case.talk_held"
	readyFact   = "clock.ready"
	controller  = "controller" // of the data: what it does is no event of a case
)

// dayFacts are the facts that hold the day of an event.
var dayFacts = map[string]string{reportReceived: reported, victimReady: readyFact}

// aboutPersons are the events that are about one person each. The pack says who
// makes an event happen and not whom it is about, so this says it.
var aboutPersons = []string{victimFound, minorFound, talkHeld, victimReady, interviewHeld, periodOffered, periodWanted, periodRefused, formalReport,
	cooperation, "residence_form_sent", "permit_decided", "leads_judged", "placement_out_of_hours", "shelter_asked"}

func personal(event string) bool { return slices.Contains(aboutPersons, event) }

// Step is something that happened in a case on a day, by an event of the pack.
type Step struct {
	N         int64
	What      string // id of the event
	About     string // the person; "" = the case
	Day       string // YYYY-MM-DD
	Seen      bool   // noticed by the system, not entered
	Staff     string
	Withdrawn bool
}

// stand are the events that an act of the case shows and that stay true whatever
// follows: a formal report is never withdrawn (requirement M-08). An interview was held
// unless NotHeld says that it was not.
var stand = []string{victimFound, interviewHeld, formalReport, fileSent}

// Stands says of a step that an act of the case showed it and nobody takes it back.
func (s Step) Stands() bool { return s.Seen && slices.Contains(stand, s.What) }

// unhold withdraws, inside an act, the step that an interview was held by, whose day it is; if
// another of the person was held, that is seen anew.
func (f *Files) unhold(tx *db.Tx, id, interview string) error {
	s, err := f.load(tx, id)
	if err != nil {
		return err
	}
	all, err := interviewsOf(tx, id)
	if err != nil {
		return err
	}
	i := slices.IndexFunc(all, func(p Planned) bool { return p.ID == interview })
	for _, one := range s.steps {
		if one.What != interviewHeld || one.About != all[i].Person || !one.Seen || one.Day != s.known[interview].Get("plan.date") {
			continue
		}
		if _, err := tx.Exec(withdrawStep, id, one.N, f.clock().Unix()); err != nil {
			return err
		}
	}
	return nil
}

// Enterable lists the events of a pack that somebody may enter: whatever starts or
// stops a clock, opens a task or begins a period in a case. personal tells
// which are about one person.
func Enterable(p *policy.Pack) (persons, of []policy.Coded) {
	var known []policy.Coded
	add := func(c policy.Coded) {
		if !slices.ContainsFunc(known, func(k policy.Coded) bool { return k.ID == c.ID }) {
			known = append(known, c)
		}
	}
	for _, c := range p.Clocks {
		if c.Starts.By.ID != controller {
			add(c.Starts.What)
			add(c.Stops.What)
		}
	}
	for _, t := range p.Tasks {
		if t.By.ID == controller {
			continue
		}
		for _, c := range t.Opens {
			add(c)
		}
	}
	for _, c := range known {
		switch {
		case c.ID == periodOffered || c.ID == periodWanted: // by beginning the period
		case c.ID == interviewHeld: // by its plan, or among the earlier interviews: the rules count it
		case personal(c.ID):
			persons = append(persons, c)
		default:
			of = append(of, c)
		}
	}
	return persons, of
}

// NoteStep says that something happened on a day. The clocks that it starts or
// stops, and the tasks it opens, follow in the same act.
func (f *Files) NoteStep(ctx context.Context, actor, id string, step Step) error {
	file, err := f.Get(ctx, actor, id)
	if err != nil {
		return err
	}
	if err := f.past(step.Day); err != nil {
		return err
	}
	pack, err := f.rules.On(f.today())
	if err != nil {
		return err
	}
	persons, of := Enterable(pack)
	among := of
	if step.About != "" {
		among = persons
		if kind, err := f.kindOf(ctx, id, step.About); err != nil || kind != personKind {
			return fault.New(fault.NotFound, "", "no such person")
		}
	}
	if !slices.ContainsFunc(among, func(c policy.Coded) bool { return c.ID == step.What }) {
		return fault.New(fault.BadInput, "case.fault.step", "no event of a case, or one that is about somebody else")
	}
	step.Staff, step.Seen = actor, false
	act := custody.Act{Kind: "case.step_noted", Actor: actor, Subject: id, Facts: map[string]string{"channel": file.Channel, "event": step.What, "day": step.Day}}
	return f.changed(ctx, act, step.What, func(tx *db.Tx) error {
		s, err := f.load(tx, id)
		if err != nil {
			return err
		}
		return f.restep(tx, s, actor, step, func() error { return f.addStep(tx, s, step) })
	})
}

// restep changes the steps of the event of one of them, and lets the fact that
// the rules read of it say what those that stand say. A fact that says otherwise
// was entered by somebody, and stays.
func (f *Files) restep(tx *db.Tx, s *state, actor string, of Step, change func() error) error {
	fact, was, err := f.said(tx, s, of)
	if err != nil {
		return err
	}
	if err := change(); err != nil || fact == "" {
		return err
	}
	_, now, err := f.said(tx, s, of)
	if known := s.known[of.About].Get(fact); err != nil || known == now || known != "" && known != was {
		return err
	}
	return f.tell(tx, s.file.ID, actor, of.About, fact, now)
}

// said is what the steps of a step's event that stand say as a fact: the first
// day, or whether there is one. fact is "" where the rules read none: a talk of
// which nobody knows whose it was counts for nobody.
func (f *Files) said(tx *db.Tx, s *state, of Step) (fact, value string, err error) {
	if of.About == "" && personal(of.What) {
		return "", "", nil
	}
	day := s.firstStep(of.What, of.About, "")
	switch of.What {
	case talkHeld:
		return talkFact, strconv.FormatBool(day != ""), nil
	case periodRefused: // until they have one after all
		if day != "" && !slices.ContainsFunc(s.periods, func(p Period) bool { return p.About == of.About }) {
			value = "true"
		}
		return refusedFact, value, nil
	case reportReceived: // the reports of the case say it too
		first, err := f.firstReport(tx, s.file.ID)
		return reported, earlier(day, first), err
	}
	return dayFacts[of.What], day, nil
}

// TakeBack withdraws a step that was a mistake, with what the rules read of it. It
// stays in the list; the tasks that it opened stay open until somebody says that
// they need not be done. One that Stands is Refused with "case.fault.step_stands".
func (f *Files) TakeBack(ctx context.Context, actor, id string, n int64) error {
	file, err := f.Get(ctx, actor, id)
	if err != nil {
		return err
	}
	act := custody.Act{Kind: "case.step_withdrawn", Actor: actor, Subject: id, Facts: map[string]string{"channel": file.Channel, "step": number(n)}}
	return f.changed(ctx, act, number(n), func(tx *db.Tx) error {
		s, err := f.load(tx, id)
		if err != nil {
			return err
		}
		i := slices.IndexFunc(s.steps, func(one Step) bool { return one.N == n && !one.Withdrawn })
		if i < 0 {
			return fault.New(fault.Conflict, "case.fault.changed_meanwhile", "no such step, or withdrawn already")
		}
		if s.steps[i].Stands() {
			return fault.New(fault.Refused, "case.fault.step_stands", "a step that an act of the case shows")
		}
		return f.restep(tx, s, actor, s.steps[i], func() error {
			s.steps[i].Withdrawn = true
			_, err := tx.Exec(withdrawStep, id, n, f.clock().Unix())
			return err
		})
	})
}
