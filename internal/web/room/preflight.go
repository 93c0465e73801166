package room

import (
	"context"
	"slices"

	"verhaal/internal/casefile"
	"verhaal/internal/policy"
)

// check is one line of pre-flight. Ask leads to where a deviation is asked for,
// where the rules let somebody sign one.
type check struct{ Name, Ask string }

// What rules ask about, that pre-flight looks at.
const (
	aboutLevel       = "plan.level"
	aboutOverview    = "recording.overview_shot"
	aboutStudio      = "plan.holding_studio"
	aboutTrafficking = "plan.holding"
)

// requirements are those whose rule asks about one of some facts.
func requirements(d policy.Decision, facts ...string) []policy.Requirement {
	var out []policy.Requirement
	for _, r := range d.Requirements {
		if slices.ContainsFunc(d.Pack.Asks(r.Rule), func(name string) bool { return slices.Contains(facts, name) }) {
			out = append(out, r)
		}
	}
	return out
}

// preflight lists what is looked at before an interview is recorded, in order.
func (p *recordPage) preflight(d policy.Decision) {
	ask := func(facts ...string) string {
		rules := requirements(d, facts...)
		if len(rules) == 0 || slices.ContainsFunc(rules, func(r policy.Requirement) bool { return len(r.Rule.GrantedBy) == 0 }) {
			return ""
		}
		return "/case/" + p.Case + "/about/" + p.Interview + "#deviations"
	}
	p.Checks = []check{{Name: "browser"}, {Name: "alone"}, {Name: "microphone"}, {Name: "camera", Ask: ask(aboutLevel)}}
	if len(requirements(d, aboutOverview)) > 0 {
		p.Checks = append(p.Checks, check{"overview", ask(aboutOverview)})
	}
	if slices.ContainsFunc(p.People, func(one person) bool { return len(one.Certificates) > 0 }) {
		p.Checks = append(p.Checks, check{"certificates", ask(aboutStudio, aboutTrafficking)})
		p.Certificates = p.certified(d)
	}
	for _, name := range []string{"test", "sealing", "disk", "space", "clock", "wake"} {
		p.Checks = append(p.Checks, check{Name: name})
	}
}

// certified is the verdict on the certificates of those planned: somebody without
// one is told, and stands in the way unless the rules let the plan go on today, or
// the recording runs already.
func (p *recordPage) certified(d policy.Decision) string {
	without := func(one certificate) bool { return one.State != "valid" }
	if !slices.ContainsFunc(p.People, func(one person) bool { return slices.ContainsFunc(one.Certificates, without) }) {
		return "good"
	}
	rules := requirements(d, aboutStudio, aboutTrafficking)
	if p.Running == "" && (len(rules) == 0 || slices.ContainsFunc(rules, policy.Requirement.Blocks)) {
		return "bad"
	}
	return "warn"
}

// followers are the colleagues who may watch: the members of the case.
func (f *face) followers(ctx context.Context, actor, id string) ([]string, error) {
	members, err := f.files.Members(ctx, actor, id)
	if err != nil {
		return nil, err
	}
	var out []string
	for _, m := range slices.DeleteFunc(members, func(m casefile.Member) bool { return !m.Now }) {
		who, err := f.people.ByID(ctx, m.Staff)
		if err != nil {
			return nil, err
		}
		out = append(out, who.Name)
	}
	return out, nil
}
