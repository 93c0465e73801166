package casefile

import (
	"context"
	"slices"

	"verhaal/internal/db"
	"verhaal/internal/fault"
)

// Advance takes a case file to another phase. Entering the formal report asks
// the pack: a rule about the talk that is in the way refuses it, named in the
// error. Nothing else is a condition: no phase needs the one before (S-02).
func (f *Files) Advance(ctx context.Context, actor, id, phase string) error {
	file, err := f.Get(ctx, actor, id)
	if err != nil {
		return err
	}
	if !slices.Contains(phases, phase) || phase == file.Phase {
		return fault.New(fault.BadInput, "", "a phase that is none, or the present one")
	}
	if phase == FormalReport {
		if err := f.mayReport(ctx, file); err != nil {
			return err
		}
	}
	return f.change(ctx, actor, file, "phase_"+phase, "", func(tx *db.Tx) error {
		n, err := tx.Exec(setPhase, id, phase, file.Phase)
		if err == nil && n == 0 {
			err = fault.New(fault.Conflict, "case.fault.changed_meanwhile", "another phase than the writer saw")
		}
		return err
	})
}

// mayReport asks the rules about talks whether a formal report may begin.
func (f *Files) mayReport(ctx context.Context, file File) error {
	known, err := f.facts(ctx, file.ID, "")
	if err != nil {
		return err
	}
	fields := form(known)
	fields.Set("case.phase", FormalReport)
	pack, facts, err := f.read(fields)
	if err != nil {
		return err
	}
	d, err := pack.Decide(facts, f.today())
	if err != nil {
		return Unreadable{err}
	}
	for _, r := range d.Requirements {
		if r.Rule.Area == "talk" && r.Blocks() {
			return fault.New(fault.Refused, "case.fault.talk_first", "rule %s is in the way", r.Rule.ID)
		}
	}
	return nil
}
