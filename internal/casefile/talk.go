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
// formal report.
const (
	becomesFormal = "becomes_formal_report"
	becameFormal  = "talk.became_formal_report"
)

// BecomesFormalReport says that the informative talk has become a formal report,
// at this second: from now on the recording rules apply (2013A012, requirement
// M-07). The event keeps the time; the phase and the fact follow in one act. In
// any phase but the talk the rules are asked first, as by Advance.
func (f *Files) BecomesFormalReport(ctx context.Context, actor, id string) error {
	file, err := f.Get(ctx, actor, id)
	if err != nil {
		return err
	}
	known, err := f.facts(ctx, id, "")
	if err != nil {
		return err
	}
	if file.Phase == FormalReport || file.Phase == Sent || file.Phase == Closed || form(known).Get(becameFormal) == "true" {
		return fault.New(fault.Conflict, "case.fault.no_talk", "a case beyond the talk")
	}
	if file.Phase != Talk { // there the talk that the rules want is going on
		if err := f.mayReport(ctx, file); err != nil {
			return err
		}
	}
	return f.change(ctx, actor, file, becomesFormal, "", func(tx *db.Tx) error {
		if err := enter(tx, file, FormalReport); err != nil {
			return err
		}
		return f.putFact(tx, actor, id, "", becameFormal, url.Values{becameFormal: {"true"}})
	})
}

// talkReport is the sealed part that holds the written report of a talk. It
// stays out of the case file (rule M-06), so it is never given out with the rest.
const talkReport = "talk/report"

// talkReasons are the codes of why somebody opens the report of a talk.
var talkReasons = []string{"writing", "prosecutor_asks", "in_file", "court_order"}

// TalkReasons lists them.
func TalkReasons() []string { return slices.Clone(talkReasons) }

// OpenTalkReport gives out the sealed written report of the talk, this once; it
// gives none when there is none yet. It is an act that names why.
func (f *Files) OpenTalkReport(ctx context.Context, actor, id, why string) ([]Part, error) {
	file, err := f.Get(ctx, actor, id)
	if err != nil {
		return nil, err
	}
	if !slices.Contains(talkReasons, why) {
		return nil, fault.New(fault.BadInput, "case.fault.why", "no reason of the list")
	}
	act := custody.Act{Kind: "case.talk_report_read", Actor: actor, Subject: id, Basis: why, Facts: map[string]string{"channel": file.Channel}}
	if err := f.do(ctx, act, nil); err != nil {
		return nil, err
	}
	all, err := f.parts(ctx, id)
	return slices.DeleteFunc(all, func(p Part) bool { return p.Name != talkReport }), err
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
	known, err := f.facts(ctx, id, "")
	if err != nil {
		return nil, err
	}
	var out []Needed
	for _, p := range people {
		if p.Role != Victim && p.Role != Witness {
			continue
		}
		about, err := f.facts(ctx, id, p.ID)
		if err != nil {
			return nil, err
		}
		fields := form(known, about)
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
