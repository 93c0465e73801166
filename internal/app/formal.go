package app

import (
	"context"
	"slices"

	"verhaal/internal/casefile"
	"verhaal/internal/fault"
	"verhaal/internal/policy"
)

// BecomesFormalReport implements recording.Formal. A person beyond the talk keeps
// the moment that they have.
func (i interviews) BecomesFormalReport(ctx context.Context, actor, id, interview string) (level string, rules []string, err error) {
	plans, err := i.Interviews(ctx, actor, id)
	if err != nil {
		return "", nil, err
	}
	n := slices.IndexFunc(plans, func(p casefile.Planned) bool { return p.ID == interview })
	if n < 0 {
		return "", nil, fault.New(fault.NotFound, "", "no such interview")
	}
	person := plans[n].Person
	if err := i.Files.BecomesFormalReport(ctx, actor, id, person); err != nil && fault.KeyOf(err) != "case.fault.no_talk" {
		return "", nil, err
	}
	needed, err := i.LevelsNeeded(ctx, actor, id)
	for _, one := range needed {
		if one.Person == person {
			return one.Level, one.Rules, err
		}
	}
	return policy.LevelAudio, nil, err
}
