package casefile

import (
	"context"
	"slices"

	"verhaal/internal/db"
	"verhaal/internal/fault"
	"verhaal/internal/policy"
)

// Next lists the phases that a case file may go to. It goes forward only, and no
// phase needs the one before (S-02); a formal report may also follow interviews or
// that of another victim, and what was sent or closed may be opened again. Nothing goes back to the
// signal or the talk, where the rules ask for less: a formal report is never
// withdrawn (M-08).
func (f File) Next() []string {
	at := slices.Index(phases, f.Phase)
	out := slices.Clone(phases[at+1:])
	if f.Phase == Sent || f.Phase == Closed {
		out = append(out, Interview)
	}
	if at >= slices.Index(phases, FormalReport) { // of another victim, or once more
		out = append(out, FormalReport)
	}
	return out
}

// ruled is the phase that the rules know of an interview held now.
func (f File) ruled() string {
	if f.Phase == Talk || f.Phase == FormalReport {
		return f.Phase
	}
	return Interview
}

// recordedAs lists what a recording made in a phase that the rules know may be
// called, the likeliest first. They ask more of a formal report than of a talk, so
// neither is recorded as what they did not judge.
func recordedAs(ruled string) []string {
	out := []string{ruled}
	if ruled == FormalReport {
		out = append(out, Interview)
	}
	return out
}

// Advance takes a case file from the phase that the writer saw to one of its next phases;
// another is Refused with "case.fault.phase". If somebody else was there meanwhile it is a
// Conflict with "case.fault.changed_meanwhile". A formal report is of a person: see
// BeginFormalReport. A confirmed interview that the rules of the new phase would not allow
// is a plan again.
func (f *Files) Advance(ctx context.Context, actor, id, seen, phase string) error {
	file, err := f.Get(ctx, actor, id)
	if err != nil {
		return err
	}
	if file.Phase != seen && slices.Contains(phases, phase) {
		return changedMeanwhile("phase")
	}
	if phase == FormalReport || !slices.Contains(file.Next(), phase) {
		return fault.New(fault.Refused, "case.fault.phase", "from %s to %q", file.Phase, phase)
	}
	return f.change(ctx, actor, file, "phase_"+phase, "", func(tx *db.Tx) error { return enter(tx, file, phase) })
}

// enter takes a case file from the phase in which the writer saw it to another.
func enter(tx *db.Tx, seen File, phase string) error {
	n, err := tx.Exec(setPhase, seen.ID, phase, seen.Phase)
	if err == nil && n == 0 {
		err = changedMeanwhile("phase")
	}
	return err
}

// changedMeanwhile is what an act on one value meets when somebody else changed it after
// the writer saw it.
func changedMeanwhile(what string) error {
	return fault.New(fault.Conflict, "case.fault.changed_meanwhile", "another %s than the writer saw", what)
}

// TalkFirst is a formal report that rules about the talk don't let begin; it holds
// those, as they were decided.
type TalkFirst struct{ policy.Decision }

// Error implements error.
func (t TalkFirst) Error() string { return "rule " + t.Requirements[0].Rule.ID + " is in the way" }

// Unwrap makes it Refused, with "case.fault.talk_first".
func (TalkFirst) Unwrap() error {
	return fault.New(fault.Refused, "case.fault.talk_first", "rules about the talk")
}

// mayReport asks the rules about talks whether a person's formal report may begin.
// What one asks of an interview it asks when that is planned (M-07).
func (f *Files) mayReport(ctx context.Context, file File, person string) error {
	known, err := f.facts(ctx, file.ID, "")
	if err != nil {
		return err
	}
	about, err := f.facts(ctx, file.ID, person)
	if err != nil {
		return err
	}
	fields := form(known, about)
	fields.Set("case.phase", FormalReport)
	pack, facts, err := f.read(fields)
	if err != nil {
		return err
	}
	d, err := pack.Decide(facts, f.today())
	if err != nil {
		return Unreadable{err}
	}
	d.Requirements = slices.DeleteFunc(d.Requirements, func(r policy.Requirement) bool {
		return r.Rule.Area != talkArea || !r.Blocks() || slices.ContainsFunc(pack.Asks(r.Rule), ofInterview)
	})
	if len(d.Requirements) > 0 {
		return TalkFirst{d}
	}
	return nil
}
