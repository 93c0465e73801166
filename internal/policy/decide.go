package policy

import (
	"fmt"
	"slices"
)

// Status says how a requirement stands.
type Status string

// The statuses. Only unmet and unknown can block.
const (
	Met      Status = "met"
	Unmet    Status = "unmet"
	Unknown  Status = "unknown"  // a fact is missing
	Deviated Status = "deviated" // signed by a holder of the power, with a reason
	Excused  Status = "excused"  // an if_possible with a recorded reason
	Due      Status = "due"      // falls later
)

// Verdict says whether the plan may go on.
type Verdict string

// The verdicts.
const (
	Allowed Verdict = "allowed"
	Blocked Verdict = "blocked"
)

// Requirement is one rule that applies, and how it stands.
type Requirement struct {
	Rule    *Rule
	Status  Status
	Because []Reason // what made it apply, then why it stands as it does
}

// Blocks says that the plan may not go on as long as this stands so.
func (r Requirement) Blocks() bool {
	return (r.Status == Unmet || r.Status == Unknown) && r.Rule.Strength != May
}

// Decision is what a pack says about facts. It can be held and shown later; it
// keeps the pack that decided.
type Decision struct {
	Pack         *Pack
	Date         string // the day it is judged on, YYYY-MM-DD
	Verdict      Verdict
	Channel      *Suggestion // nil where nothing is known of a report
	Requirements []Requirement
	Again        *Again // nil where it is not known what was told before
}

// Again is how many topics of a plan were told before, and how many of these have
// no reason.
type Again struct{ Topics, Unexplained int }

// Decide applies every rule that is law on the day of the interview (plan.date,
// or today). An unknown fact counts as the protective side: a rule that could
// apply applies. Its error says that the pack is not in force that day, or that
// a condition could not be reckoned; then nothing is decided.
func (p *Pack) Decide(facts Facts, today string) (Decision, error) {
	v := p.view(facts, today)
	if v.day < p.InForce {
		return Decision{}, fmt.Errorf("plan.date: %s is before the first day of pack %s %s, %s", v.day, p.Name, p.Version, p.InForce)
	}
	d := Decision{Pack: p, Date: v.day, Verdict: Allowed, Channel: p.route(facts), Requirements: make([]Requirement, 0, len(p.Rules))}
	for _, rule := range p.Rules {
		if !rule.inForce(v.day) {
			continue
		}
		requirement, applies, err := rule.judge(v)
		if err != nil {
			return Decision{}, fmt.Errorf("rule %s: %w", rule.ID, err)
		}
		if !applies {
			continue
		}
		if requirement.Blocks() {
			d.Verdict = Blocked
		}
		d.Requirements = append(d.Requirements, requirement)
	}
	if again, known := v.again(); known {
		d.Again = &again
	}
	return d, nil
}

func (r *Rule) judge(v *view) (Requirement, bool, error) {
	applies, gone, err := r.when.ask(v)
	if err != nil || applies == no {
		return Requirement{}, false, err
	}
	out, first := Requirement{Rule: r}, len(v.reasons)
	if err := v.fired(r.when, gone); err != nil {
		return out, false, err
	}
	holds, gone, err := r.met.ask(v)
	if err != nil {
		return out, false, err
	}
	switch {
	case holds == yes:
		out.Status = Met
	case holds == unknown && r.Falls != Before:
		out.Status = Due
	case holds == unknown:
		out.Status = Unknown
		v.because(Reason{gone: gone})
	default:
		out.Status = Unmet
		if r.Lacks != nil {
			v.because(Reason{text: r.Lacks})
		}
	}
	if out.Blocks() {
		r.excuse(v, &out)
	}
	out.Because = slices.Clip(v.reasons[first:])
	return out, true, nil
}

// excuse looks for what lets a plan go on though a rule is not met: a signed
// deviation, or the reason why what is wanted if possible was not.
func (r *Rule) excuse(v *view, out *Requirement) {
	signed, _ := v.facts["deviations"].([]Row)
	if i := slices.IndexFunc(signed, func(d Row) bool { return r.deviatedBy(d, v.day) }); i >= 0 {
		out.Status = Deviated
		v.because(Reason{text: v.pack.phrases["deviated"], values: signed[i]})
		return
	}
	reasons, _ := v.facts["plan.reasons"].(map[string]string)
	if reason := reasons[r.ID]; r.Strength == IfPossible && !blank(reason) {
		out.Status = Excused
		v.because(Reason{text: v.pack.phrases["excused"], values: Row{"reason": reason}})
	}
}

// route says which channel a report of these facts belongs to.
func (p *Pack) route(facts Facts) *Suggestion {
	if len(p.Channels) == 0 || (facts["report.exploitation"] == nil && facts["report.anonymous"] == nil) {
		return nil
	}
	answers := Answers{}
	if kinds, ok := facts["report.exploitation"].([]string); ok {
		answers["kind"] = kinds
	}
	if anonymous, ok := facts["report.anonymous"].(bool); ok {
		answers["name"] = []string{map[bool]string{true: "no", false: "yes"}[anonymous]}
	}
	s := p.Suggest(answers)
	return &s
}
