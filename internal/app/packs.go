package app

import (
	"context"
	"fmt"
	"time"

	"verhaal/internal/fault"
	"verhaal/internal/policy"
	"verhaal/internal/rulebook"
	"verhaal/internal/staff"
	"verhaal/packs"
)

// openRules opens the book of the versions of the pack.
func (a *App) openRules(ctx context.Context) (err error) {
	a.Rules, err = rulebook.Open(ctx, a.db, a.Log, rulebook.Config{
		Pack: a.config.Pack, Packs: packs.FS, Check: checkPack, Clock: time.Now, Log: a.logger,
		Administrator: func(ctx context.Context, id string) (bool, error) {
			who, err := a.Members.ByID(ctx, id)
			if err != nil && fault.KindOf(err) == fault.NotFound {
				return false, nil
			}
			return who.Can(staff.Administrator), err
		},
	})
	return err
}

// checkPack runs the worked cases of a candidate and puts them beside what is
// in force.
func checkPack(candidate, inForce *policy.Pack) (rulebook.Report, error) {
	results := candidate.Test()
	report := rulebook.Report{Passed: results.Passed}
	for _, f := range results.Failed {
		report.Failed = append(report.Failed, f.Case+": "+f.Why)
	}
	for _, c := range policy.Diff(inForce, candidate) {
		where := c.Rule
		if c.Case != "" {
			where = c.Case + ": " + c.Rule
		}
		report.Changes = append(report.Changes, fmt.Sprintf("%s: %s → %s", where, c.Was, c.Is))
	}
	return report, nil
}
