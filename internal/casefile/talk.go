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

// BecomesFormalReport says that the informative talk has become a formal report,
// at this second: from now on the recording rules apply (2013A012, requirement
// M-07). The event keeps the time; the phase and the fact follow in one act.
func (f *Files) BecomesFormalReport(ctx context.Context, actor, id string) error {
	file, err := f.Get(ctx, actor, id)
	if err != nil {
		return err
	}
	if file.Phase == FormalReport || file.Phase == Sent || file.Phase == Closed {
		return fault.New(fault.Conflict, "case.fault.no_talk", "a case beyond the talk")
	}
	return f.change(ctx, actor, file, "becomes_formal_report", "", func(tx *db.Tx) error {
		n, err := tx.Exec(setPhase, id, FormalReport, file.Phase)
		if err == nil && n == 0 {
			err = fault.New(fault.Conflict, "case.fault.changed_meanwhile", "another phase than the writer saw")
		}
		if err != nil {
			return err
		}
		const fact = "talk.became_formal_report"
		return f.putFact(tx, actor, id, "", fact, url.Values{fact: {"true"}})
	})
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

// TellProsecutor keeps what a victim wants the prosecutor to know, sealed, in
// place of a withdrawal, which the law does not know (requirement M-08): a
// formal report stands, and the prosecutor hears the victim's view.
func (f *Files) TellProsecutor(ctx context.Context, actor, id string, p Part) error {
	file, err := f.Get(ctx, actor, id)
	if err != nil {
		return err
	}
	p.Name = "view/1"
	if err := f.checkPart(ctx, id, p); err != nil {
		return err
	}
	act := custody.Act{Kind: "case.view_told", Actor: actor, Subject: id, Facts: map[string]string{"channel": file.Channel}}
	return f.changed(ctx, act, "", func(tx *db.Tx) error {
		var n int64
		if err := tx.QueryRow(countViews, id).Scan(&n); err != nil {
			return err
		}
		if err := f.putPart(tx, actor, id, "view/"+number(n+1), p); err != nil {
			return err
		}
		const fact = "case.view_told_to_prosecutor"
		return f.putFact(tx, actor, id, "", fact, url.Values{fact: {"true"}})
	})
}
