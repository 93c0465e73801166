package policy

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// Case is a worked example that a pack must satisfy: facts, and what the pack
// must say about them.
type Case struct {
	Name   string
	File   string // "nl/cases/ages.yaml:12"
	Facts  Facts
	Today  string // the day on which the question is asked
	Expect map[string]string
}

// What a case may expect besides the status of a rule, and of a rule that must
// not apply.
const (
	expectVerdict = "verdict"
	expectChannel = "channel"
	absent        = "absent"
)

// Examples names the sets of facts that the pack's cases start from, in the
// order of their names.
func (p *Pack) Examples() []string { return slices.Sorted(maps.Keys(p.bases)) }

// Example is one of them, to be changed at will; empty when there is none of
// that name.
func (p *Pack) Example(name string) Facts {
	facts := Facts{}
	maps.Copy(facts, p.bases[name])
	return facts
}

// Results is what the cases of a pack came to.
type Results struct {
	Passed   int
	Failed   []CaseFailure
	Coverage []Coverage // one for each rule, in the pack's order
}

// CaseFailure is one case that the pack does not satisfy, or a rule that no
// case holds.
type CaseFailure struct{ Case, Why string }

// Coverage counts in how many cases a rule applied and in how many it didn't.
type Coverage struct {
	Rule            string
	Fired, NotFired int
}

// Test runs the pack's own cases. Every rule of the pack must apply in one of
// them and not apply in another.
func (p *Pack) Test() Results {
	var out Results
	fired := map[string]int{}
	for _, c := range p.Cases {
		decision, err := p.Decide(c.Facts, c.Today)
		why := ""
		if err != nil {
			why = err.Error()
		} else {
			why = c.differs(decision)
		}
		if why != "" {
			out.Failed = append(out.Failed, CaseFailure{c.File + " " + c.Name, why})
			continue
		}
		out.Passed++
		for _, r := range decision.Requirements {
			fired[r.Rule.ID]++
		}
	}
	for _, r := range p.Rules {
		held := Coverage{r.ID, fired[r.ID], out.Passed - fired[r.ID]}
		out.Coverage = append(out.Coverage, held)
		if r.Pack == p.Name && (held.Fired == 0 || held.NotFired == 0) {
			out.Failed = append(out.Failed, CaseFailure{"rule " + r.ID, fmt.Sprintf("applies in %d cases and does not in %d; there must be one of each", held.Fired, held.NotFired)})
		}
	}
	return out
}

// differs says in a line what the decision says otherwise; "" when nothing.
func (c Case) differs(d Decision) string {
	var out []string
	for _, what := range slices.Sorted(maps.Keys(c.Expect)) {
		if is := d.says(what); is != c.Expect[what] {
			out = append(out, fmt.Sprintf("%s is %s, must be %s", what, is, c.Expect[what]))
		}
	}
	return strings.Join(out, "; ")
}

// says is the verdict, the channel, or the status of a rule.
func (d Decision) says(what string) string {
	switch what {
	case expectVerdict:
		return string(d.Verdict)
	case expectChannel:
		if d.Channel == nil {
			return absent
		}
		return d.Channel.Channel
	}
	r, ok := d.Requirement(what)
	if !ok {
		return absent
	}
	return string(r.Status)
}

// Change is one thing that two versions of a pack say differently.
type Change struct {
	Case string // the worked case in which it shows; "" for a rule that came or went
	Rule string // id of the rule, "verdict" or "channel"
	Was  string
	Is   string
}

// Diff puts the worked cases of both packs to both and lists what is decided
// differently, after the rules that came and went.
func Diff(old, now *Pack) []Change {
	var out []Change
	for _, r := range old.Rules {
		if _, ok := now.Rule(r.ID); !ok {
			out = append(out, Change{Rule: r.ID, Was: string(r.Strength), Is: absent})
		}
	}
	for _, r := range now.Rules {
		was, ok := old.Rule(r.ID)
		switch {
		case !ok:
			out = append(out, Change{Rule: r.ID, Was: absent, Is: string(r.Strength)})
		case was.binds() != r.binds():
			out = append(out, Change{Rule: r.ID, Was: was.binds(), Is: r.binds()})
		}
	}
	cases := slices.Clone(now.Cases)
	for _, c := range old.Cases {
		if !slices.ContainsFunc(cases, func(other Case) bool { return other.Name == c.Name }) {
			cases = append(cases, c)
		}
	}
	for _, c := range cases {
		out = append(out, c.changes(old, now)...)
	}
	return out
}

// binds says how much a rule binds and who may deviate from it.
func (r *Rule) binds() string {
	return strings.Join(append([]string{string(r.Strength), r.Duty}, r.GrantedBy...), " ")
}

func (c Case) changes(old, now *Pack) []Change {
	was, err := old.Decide(c.Facts, c.Today)
	if err != nil {
		return []Change{{c.Name, expectVerdict, err.Error(), ""}}
	}
	is, err := now.Decide(c.Facts, c.Today)
	if err != nil {
		return []Change{{c.Name, expectVerdict, "", err.Error()}}
	}
	about := []string{expectVerdict, expectChannel}
	for _, r := range append(slices.Clone(was.Requirements), is.Requirements...) {
		if !slices.Contains(about, r.Rule.ID) {
			about = append(about, r.Rule.ID)
		}
	}
	var out []Change
	for _, what := range about {
		if a, b := was.says(what), is.says(what); a != b {
			out = append(out, Change{c.Name, what, a, b})
		}
	}
	return out
}

// readCases reads a file of cases/. Facts that many cases share stand once
// under base, for this file and those after it; a case takes one of them and
// changes what it is about.
func (p *Pack) readCases(r *reader, root field) {
	m := r.fields(root, "today?", "base?", "cases?")
	if m["today"].present() {
		p.today = r.date(m["today"])
	}
	for name, facts := range r.entries(m["base"]) {
		p.bases[name] = Facts{}
		p.section(r, facts, "", p.bases[name])
	}
	for _, f := range r.list(m["cases"]) {
		if c := p.readCase(r, f); r.err == nil {
			p.Cases = append(p.Cases, c)
		}
	}
}

func (p *Pack) readCase(r *reader, f field) Case {
	m := r.fields(f, "name", "from?", "with?", "without?", "today?", "expect")
	c := Case{Name: r.words(m["name"]), Today: p.today, Facts: Facts{}, Expect: map[string]string{}}
	if r.err != nil {
		return c
	}
	c.File = fmt.Sprintf("%s:%d", r.file, f.node.Line)
	if slices.ContainsFunc(p.Cases, func(other Case) bool { return other.Name == c.Name }) {
		r.fail(m["name"], "an earlier case has this name")
	}
	if m["from"].present() {
		c.Facts = maps.Clone(p.bases[r.oneOf(m["from"], slices.Sorted(maps.Keys(p.bases))...)])
	}
	if c.Facts == nil {
		return c
	}
	if m["today"].present() {
		c.Today = r.date(m["today"])
	}
	if c.Today == "" {
		r.fail(f, "must say what day today is, or an earlier file must")
	}
	for _, gone := range r.list(m["without"]) {
		p.forget(r, gone, c.Facts)
	}
	if m["with"].present() {
		p.change(r, m["with"], c.Facts)
	}
	if r.err == nil {
		r.contradictions(f, c.Facts, c.Today)
	}
	p.readExpect(r, m["expect"], c.Expect)
	return c
}

// forget takes a fact away, or every fact of a section.
func (p *Pack) forget(r *reader, f field, facts Facts) {
	name, found := r.words(f), false
	for _, known := range schema {
		if known.Name == name || strings.HasPrefix(known.Name, name+".") {
			delete(facts, known.Name)
			found = true
		}
	}
	if !found {
		r.fail(f, "%q names no fact", name)
	}
}

// change reads facts written with their whole names ("plan.level: audio").
func (p *Pack) change(r *reader, f field, facts Facts) {
	for name, value := range r.entries(f) {
		if known, ok := findFact(name); ok {
			facts[name] = p.value(r, known, value)
		} else {
			r.fail(value, "names no fact")
		}
	}
}

func (p *Pack) readExpect(r *reader, f field, into map[string]string) {
	for what, value := range r.entries(f) {
		switch _, rule := p.Rule(what); {
		case what == expectVerdict:
			into[what] = r.oneOf(value, string(Allowed), string(Blocked))
		case what == expectChannel:
			into[what] = r.oneOf(value, append(p.channelIDs(), absent)...)
		case rule:
			into[what] = r.oneOf(value, string(Met), string(Unmet), string(Unknown), string(Deviated), string(Excused), string(Due), absent)
		default:
			r.fail(value, "must be verdict, channel or the id of a rule")
		}
	}
	if len(into) == 0 {
		r.fail(f, "must expect something")
	}
}
