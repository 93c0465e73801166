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
	aboutCertificate = "plan.holding_studio"
)

// requirements are those whose rule asks about a fact.
func requirements(d policy.Decision, fact string) []policy.Requirement {
	var out []policy.Requirement
	for _, r := range d.Requirements {
		if slices.Contains(d.Pack.Asks(r.Rule), fact) {
			out = append(out, r)
		}
	}
	return out
}

// preflight lists what is looked at before an interview is recorded, in order.
func (p *recordPage) preflight(d policy.Decision, certificate string) {
	ask := func(fact string) string {
		rules := requirements(d, fact)
		if len(rules) == 0 || slices.ContainsFunc(rules, func(r policy.Requirement) bool { return len(r.Rule.GrantedBy) == 0 }) {
			return ""
		}
		return "/case/" + p.Case + "/about/" + p.Interview + "#deviations"
	}
	p.Checks = []check{{Name: "browser"}, {Name: "alone"}, {Name: "microphone"}, {Name: "camera", Ask: ask(aboutLevel)}}
	if len(requirements(d, aboutOverview)) > 0 {
		p.Checks = append(p.Checks, check{"overview", ask(aboutOverview)})
	}
	if certificate != "" {
		p.Checks = append(p.Checks, check{"certificates", ask(aboutCertificate)})
		p.Certificates = p.certified(d)
	}
	for _, name := range []string{"test", "disk", "space", "clock", "wake"} {
		p.Checks = append(p.Checks, check{Name: name})
	}
}

// certified is the verdict on the certificates of those planned: somebody without
// one is told, and stands in the way unless the rules let the plan go on.
func (p *recordPage) certified(d policy.Decision) string {
	if !slices.ContainsFunc(p.People, func(one person) bool { return one.Certificate == "missing" || one.Certificate == "ended" }) {
		return "good"
	}
	rules := requirements(d, aboutCertificate)
	if len(rules) == 0 || slices.ContainsFunc(rules, policy.Requirement.Blocks) {
		return "bad"
	}
	return "warn" // in training, or a deviation was signed
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
