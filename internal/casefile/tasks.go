package casefile

import (
	"context"
	"net/url"
	"slices"
	"strings"

	"verhaal/internal/policy"
)

// Tasks are the duties towards a person that the case itself can fulfil and has
// not: an assessment, the CoMensha notice, a guardian, the reflection period. They
// are reckoned from the facts each time, so that none can be lost; a duty goes
// when its fact is there (rules V-01, V-06, V-07, S-07 and others). What is owed at
// a talk (M-04, M-05, M-06) is owed as long when the talk is over.
func (f *Files) Tasks(ctx context.Context, actor, id, person string) ([]policy.Requirement, error) {
	file, err := f.Get(ctx, actor, id)
	if err != nil {
		return nil, err
	}
	var parts []map[string]Fact
	for _, subject := range []string{"", person} {
		facts, err := f.facts(ctx, id, subject)
		if err != nil {
			return nil, err
		}
		parts = append(parts, facts)
	}
	fields := form(parts...)
	fields.Set("case.origin", file.Origin)
	ruled, err := phaseOf(f.db.Source(ctx), file, person)
	if err != nil {
		return nil, err
	}
	fields.Set("case.phase", Talk)
	if file.Phase == FormalReport || file.Phase == Interview {
		fields.Set("case.phase", ruled)
	}
	if err := addAssessed(f.db.Source(ctx), id, person, f.today(), fields); err != nil {
		return nil, err
	}
	out, err := f.open(fields)
	if err != nil || !talked(fields) {
		return out, err
	}
	fields.Set("case.phase", Talk)
	fields.Del(becameFormal)
	then, err := f.open(fields)
	for _, r := range then {
		if r.Rule.Area == talkArea && !slices.ContainsFunc(out, func(q policy.Requirement) bool { return q.Rule.ID == r.Rule.ID }) {
			out = append(out, r)
		}
	}
	return out, err
}

// open lists what the rules ask by facts, can be fulfilled by the case itself, and is not.
func (f *Files) open(fields url.Values) ([]policy.Requirement, error) {
	pack, facts, err := f.read(fields)
	if err != nil {
		return nil, err
	}
	d, err := pack.Decide(facts, f.today())
	if err != nil {
		return nil, Unreadable{err}
	}
	var out []policy.Requirement
	for _, r := range d.Requirements {
		open := r.Status == policy.Due || r.Status == policy.Unmet || r.Status == policy.Unknown
		if asks := pack.Asks(r.Rule); open && len(asks) > 0 && !slices.ContainsFunc(asks, ofInterview) {
			out = append(out, r)
		}
	}
	return out, nil
}

// talked says of what is known of a person whether there was a talk with them.
func talked(fields url.Values) bool {
	for name := range fields {
		if strings.HasPrefix(name, "talk.") {
			return true
		}
	}
	return fields.Get(talkFact) == "true"
}

// ofInterview says of a fact that it belongs to one interview and not to the
// case.
func ofInterview(fact string) bool {
	section, _, _ := strings.Cut(fact, ".")
	return !slices.Contains([]string{"case", "reflection", "talk", "day"}, section)
}
