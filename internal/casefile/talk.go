package casefile

import (
	"context"
	"net/url"
	"slices"

	"verhaal/internal/custody"
	"verhaal/internal/db"
	"verhaal/internal/fault"
	"verhaal/internal/policy"
)

// becomesFormal is the event, and becameFormal the fact, of a talk that became a
// formal report; phaseFormal the event of one that begins otherwise.
const (
	becomesFormal = "becomes_formal_report"
	becameFormal  = "talk.became_formal_report"
	phaseFormal   = "phase_" + FormalReport

	withdrawalAsked = "case.withdrawal_asked"
	talkArea        = "talk" // of the rules about it
)

// BeginFormalReport says that the formal report of a victim or a witness begins.
// The pack is asked about that person's own talk: rules that are in the way refuse
// it, as TalkFirst. The case goes on from the phase that the writer saw with the
// first, as by Advance; for those who made none, see phaseOf.
func (f *Files) BeginFormalReport(ctx context.Context, actor, id, person, seen string) error {
	file, err := f.Get(ctx, actor, id)
	if err != nil {
		return err
	}
	if file.Phase != seen {
		return changedMeanwhile("phase")
	}
	s, err := f.reporting(ctx, id, person)
	if err != nil {
		return err
	}
	if file.Phase == FormalReport && s.reported(person) {
		return fault.New(fault.Conflict, "case.fault.no_talk", "a formal report that was begun")
	}
	if err := f.mayReport(ctx, file, person); err != nil {
		return err
	}
	return f.reports(ctx, actor, file, phaseFormal, person, func(*db.Tx) error { return nil })
}

// BecomesFormalReport says that a person's informative talk has become a formal
// report, at this second: from now on the recording rules apply to that person
// (2013A012, requirement M-07). The event keeps the time; the phase and the fact
// follow in one act. Outside the phase of the talk the rules are asked first, as by
// BeginFormalReport, but for who is still in it: see phaseOf.
func (f *Files) BecomesFormalReport(ctx context.Context, actor, id, person string) error {
	file, err := f.Get(ctx, actor, id)
	if err != nil {
		return err
	}
	s, err := f.reporting(ctx, id, person)
	if err != nil {
		return err
	}
	if file.Phase == Sent || file.Phase == Closed || s.reported(person) {
		return fault.New(fault.Conflict, "case.fault.no_talk", "a person beyond the talk")
	}
	ruled, err := phaseOf(f.db.Source(ctx), file, person)
	if err != nil {
		return err
	}
	if ruled != Talk { // there the talk that the rules want is going on
		if err := f.mayReport(ctx, file, person); err != nil {
			return err
		}
	}
	return f.reports(ctx, actor, file, becomesFormal, person, func(tx *db.Tx) error {
		return f.putFact(tx, actor, id, person, becameFormal, url.Values{becameFormal: {"true"}})
	})
}

// Interviewed says of a person that talks, formal reports and interviews are held with them.
func (p Person) Interviewed() bool { return p.Role == Victim || p.Role == Witness }

// Reports says of an event that a person's formal report began with it.
func (h Happened) Reports(person string) bool {
	return h.Subject == person && (h.Kind == phaseFormal || h.Kind == becomesFormal)
}

// reporting loads a case for somebody's formal report: a victim's or a witness's.
func (f *Files) reporting(ctx context.Context, id, person string) (*state, error) {
	s, err := f.load(f.db.Source(ctx), id)
	if err != nil {
		return nil, err
	}
	if !slices.ContainsFunc(s.people, func(p somebody) bool { return p.ID == person && p.Interviewed() }) {
		return nil, fault.New(fault.NotFound, "", "no such victim or witness")
	}
	return s, nil
}

// reported says whether an act of the case showed a person's formal report.
func (s *state) reported(person string) bool {
	return slices.ContainsFunc(s.steps, func(one Step) bool { return one.What == formalReport && one.About == person && one.Stands() })
}

// reports notes a person's formal report, with its step, and takes the case to the phase.
func (f *Files) reports(ctx context.Context, actor string, file File, kind, person string, more func(tx *db.Tx) error) error {
	act := custody.Act{Kind: "case." + kind, Actor: actor, Subject: file.ID, Facts: map[string]string{"channel": file.Channel, "person": person}}
	return f.changed(ctx, act, person, func(tx *db.Tx) error {
		if err := enter(tx, file, FormalReport); err != nil {
			return err
		}
		s, err := f.load(tx, file.ID)
		if err != nil {
			return err
		}
		if !s.reported(person) {
			if err := f.addStep(tx, s, Step{What: formalReport, About: person, Day: s.today, Seen: true}); err != nil {
				return err
			}
		}
		return more(tx)
	})
}

// phaseOf is the phase that the rules know of an interview of a person held now.
// A formal report is of one person. Beside it a victim who made none is still in
// the talk, if the case came from there; whoever else is interviewed.
func phaseOf(src db.Source, file File, person string) (string, error) {
	if file.Phase != FormalReport {
		return file.ruled(), nil
	}
	ruled := Interview
	err := db.Each(src, findReporting, func(row func(...any) error) error {
		var role, before string
		var reports int
		err := row(&role, &reports, &before)
		switch {
		case reports > 0:
			ruled = FormalReport
		case role == Victim && before == "phase_"+Talk:
			ruled = Talk
		}
		return err
	}, file.ID, person)
	return ruled, err
}

// talkReport is the sealed part that holds the written report of a person's talk.
// It stays out of the case file (rule M-06), so it is never given out with the rest.
func talkReport(person string) string { return talkParts + person }

const talkParts = "talk/"

// unowned is such a report of which nobody knows whose talk it was: written when
// those of a case with several victims were one.
const unowned = talkParts + "report"

// talkReasons are the codes of why somebody opens the report of a talk.
var talkReasons = []string{"writing", "prosecutor_asks", "in_file", "court_order"}

// TalkReasons lists them.
func TalkReasons() []string { return slices.Clone(talkReasons) }

// OpenTalkReport gives out the sealed written report of a person's talk, this once,
// and one of which nobody knows whose it was; none when there is none yet. It is an
// act that names why.
func (f *Files) OpenTalkReport(ctx context.Context, actor, id, person, why string) ([]Part, error) {
	file, err := f.Get(ctx, actor, id)
	if err != nil {
		return nil, err
	}
	if !slices.Contains(talkReasons, why) {
		return nil, fault.New(fault.BadInput, "case.fault.why", "no reason of the list")
	}
	act := custody.Act{Kind: "case.talk_report_read", Actor: actor, Subject: id, Basis: why, Facts: map[string]string{"channel": file.Channel, "person": person}}
	if err := f.do(ctx, act, nil); err != nil {
		return nil, err
	}
	all, err := f.parts(ctx, id)
	return slices.DeleteFunc(all, func(p Part) bool { return p.Name != talkReport(person) && p.Name != unowned }), err
}

// Needed is the recording level that a person must have from now on, with the
// rules that demand it.
type Needed struct {
	Person, Level string
	Rules         []string
}

// LevelsNeeded says for every victim and witness which level the rules demand
// of a formal report or interview that began now.
func (f *Files) LevelsNeeded(ctx context.Context, actor, id string) ([]Needed, error) {
	people, err := f.Persons(ctx, actor, id)
	if err != nil {
		return nil, err
	}
	src := f.db.Source(ctx)
	interviews, err := interviewsOf(src, id)
	if err != nil {
		return nil, err
	}
	known, err := f.facts(ctx, id, "")
	if err != nil {
		return nil, err
	}
	var out []Needed
	for _, p := range people {
		if !p.Interviewed() {
			continue
		}
		about, err := f.facts(ctx, id, p.ID)
		if err != nil {
			return nil, err
		}
		fields := form(known, about)
		if err := addHeld(src, id, interviews, Planned{Person: p.ID}, fields); err != nil {
			return nil, err
		}
		fields.Set("case.phase", FormalReport)
		fields.Set("plan.planned", "true")
		fields.Set("plan.level", policy.LevelAudio)
		pack, facts, err := f.read(fields)
		if err != nil {
			return nil, err
		}
		d, err := pack.Decide(facts, f.today())
		if err != nil {
			return nil, Unreadable{err}
		}
		need := Needed{Person: p.ID, Level: policy.LevelAudio}
		for _, r := range d.Requirements {
			if r.Blocks() && slices.Contains(pack.Asks(r.Rule), "plan.level") {
				need.Level = policy.LevelVideo
				need.Rules = append(need.Rules, r.Rule.ID)
			}
		}
		out = append(out, need)
	}
	return out, nil
}
