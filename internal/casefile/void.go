package casefile

import (
	"context"
	"errors"

	"verhaal/internal/policy"
)

// Why a request for a deviation, or its signature, counts no longer.
const (
	VoidFacts = "facts" // what its rule asks about has changed since it was asked
	VoidRule  = "rule"  // the rules that judge the interview have no such rule
)

// void says why a deviation does not count for facts, "" where it does: only
// while what its rule asks about is what it was when the prosecutor was asked.
func (d Deviation) void(pack *policy.Pack, facts policy.Facts, today string) string {
	rule, known := pack.Rule(d.Rule)
	switch {
	case !known:
		return VoidRule
	case d.about != pack.Fingerprint(rule, facts, today):
		return VoidFacts
	}
	return ""
}

// markVoid says of each deviation of an interview that is still to come whether
// it counts. What a plan that can't be read says is not known: the page of the
// plan tells what is wrong with it.
func (f *Files) markVoid(ctx context.Context, all []Deviation) error {
	marks := map[string]func(Deviation) string{}
	for i, d := range all {
		if d.State == Refused || d.State == Withdrawn {
			continue
		}
		of := d.Casefile + " " + d.Interview
		mark, known := marks[of]
		if !known {
			var err error
			if mark, err = f.voids(ctx, d.Casefile, d.Interview); err != nil {
				return err
			}
			marks[of] = mark
		}
		all[i].Void = mark(d)
	}
	return nil
}

// voids tells of the deviations of one interview why they count no longer.
func (f *Files) voids(ctx context.Context, id, interview string) (func(Deviation) string, error) {
	counts := func(Deviation) string { return "" }
	file, err := f.find(ctx, id)
	if err != nil {
		return nil, err
	}
	w, err := f.weigh(f.db.Source(ctx), file, interview)
	if err != nil {
		return nil, err
	}
	if w.state != planned && w.state != confirmed {
		return counts, nil // it was judged when it was held
	}
	pack, facts, err := w.facts(w.plan, f.holds(ctx))
	if errors.As(err, new(Unreadable)) {
		return counts, nil
	}
	return func(d Deviation) string { return d.void(pack, facts, f.today()) }, err
}
