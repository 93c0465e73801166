package policy

import (
	"bytes"
	"slices"
	"strings"
	"time"

	"go.yaml.in/yaml/v4"
)

// maxFacts bounds a file of facts, in bytes.
const maxFacts = 256 << 10

// ReadFacts reads facts written as YAML. Its error is one line that names
// file, line, field and what is allowed there; nothing is guessed. today is
// the day on which the question is asked (YYYY-MM-DD); ages are reckoned at
// plan.date, or today where there is no plan yet.
func (p *Pack) ReadFacts(file string, body []byte, today string) (Facts, error) {
	r := &reader{file: file}
	if len(body) > maxFacts {
		r.fail(field{}, "must be no longer than %d bytes", maxFacts)
		return nil, r.err
	}
	if len(bytes.TrimSpace(body)) == 0 {
		return Facts{}, nil
	}
	root, ok := r.parse(body)
	if !ok {
		return nil, r.err
	}
	return p.factsOf(r, root, today)
}

func (p *Pack) factsOf(r *reader, root field, today string) (Facts, error) {
	facts := Facts{}
	if !root.empty() {
		p.section(r, root, "", facts)
	}
	if r.err == nil {
		r.contradictions(root, facts, today)
	}
	return facts, r.err
}

// below are the names of the schema under each prefix ("plan.room."), as
// reader.fields wants them.
var below = func() map[string][]string {
	out := map[string][]string{}
	for _, known := range schema {
		for prefix, rest := "", known.Name; rest != ""; {
			first, deeper, _ := strings.Cut(rest, ".")
			if !slices.Contains(out[prefix], first+"?") {
				out[prefix] = append(out[prefix], first+"?")
			}
			prefix, rest = prefix+first+".", deeper
		}
	}
	return out
}()

// section reads the part of the schema under a prefix ("plan.room.").
func (p *Pack) section(r *reader, f field, prefix string, facts Facts) {
	names := below[prefix]
	parts := r.fields(f, names...)
	for _, name := range names {
		name = strings.TrimSuffix(name, "?")
		part := parts[name]
		if part.empty() {
			continue
		}
		if known, ok := findFact(prefix + name); ok {
			facts[known.Name] = p.value(r, known, part)
		} else {
			p.section(r, part, prefix+name+".", facts)
		}
	}
}

// empty says that nothing is told: absent, or null in the file.
func (f field) empty() bool { return !f.present() || f.node.ShortTag() == "!!null" }

func (p *Pack) value(r *reader, known Fact, f field) any {
	switch known.Kind {
	case YesNo:
		return r.flag(f)
	case Day:
		return r.day(f)
	case Whole:
		return r.number(f, 0, known.Most)
	case Code:
		return r.oneOf(f, p.Allowed(known)...)
	case Codes:
		out := []string{}
		for _, one := range r.list(f) {
			if known.Values != nil {
				out = append(out, r.oneOf(one, known.Values...))
			} else {
				out = append(out, r.words(one))
			}
		}
		return out
	case Words:
		return r.maybe(f)
	case Reasons:
		m := r.fields(f, optional(p.ruleIDs())...)
		out := map[string]string{}
		for id, one := range m {
			if one.present() {
				out[id] = r.maybe(one)
			}
		}
		return out
	case Things:
		out := []Row{}
		for _, one := range r.list(f) {
			out = append(out, p.row(r, known, one))
		}
		return out
	default:
		return p.row(r, known, f)
	}
}

// Allowed are the values of a fact that is a code; some the pack itself knows.
func (p *Pack) Allowed(known Fact) []string {
	if known.Name == "case.desk" {
		return p.channelIDs()
	}
	return known.Values
}

func (p *Pack) row(r *reader, known Fact, f field) Row {
	var names []string
	for _, of := range known.Of {
		names = append(names, of.Name+"?")
	}
	m := r.fields(f, names...)
	row := Row{}
	for _, of := range known.Of {
		if m[of.Name].empty() {
			if of.Assumed != nil {
				row[of.Name] = of.Assumed
			}
			continue
		}
		row[of.Name] = p.value(r, of, m[of.Name])
	}
	switch known.Name {
	case "deviations":
		r.oneOf(m["rule"], p.ruleIDs()...)
		if m["rule"].empty() {
			r.fail(f, "must name the rule it is from; allowed are %s", strings.Join(p.ruleIDs(), ", "))
		}
	case "plan.interviewers", "plan.director":
		if row["id"] == nil || row["id"] == "" {
			r.fail(f, "must have an id")
		}
	case "plan.topics":
		if row["name"] == nil || row["name"] == "" {
			r.fail(f, "must have a name")
		}
	}
	return row
}

func optional(names []string) []string {
	out := make([]string, len(names))
	for i, n := range names {
		out[i] = n + "?"
	}
	return out
}

// day reads a day, in quotes or not.
func (r *reader) day(f field) string {
	if f.node.Kind == yaml.ScalarNode {
		if t, err := time.Parse(time.DateOnly, f.node.Value); err == nil && t.Year() >= 1900 {
			return f.node.Value
		}
	}
	r.fail(f, "%q must be a day that exists, from 1900 on, as in \"2026-11-23\"", f.node.Value)
	return ""
}

// maybe reads a text that may be empty.
func (r *reader) maybe(f field) string {
	if f.node.Kind == yaml.ScalarNode && f.node.ShortTag() == "!!str" && len(f.node.Value) <= 2000 {
		return strings.TrimSpace(f.node.Value)
	}
	r.fail(f, "must be a text of at most 2000 bytes, in quotes when it looks like a number, a date, yes or no")
	return ""
}

// contradictions finds what cannot be true at once.
func (r *reader) contradictions(root field, facts Facts, today string) {
	day := facts.interviewDay(today)
	at := func(name string) field { return root.down(name) }
	born, hasBirth := facts["subject.birth_date"].(string)
	age, hasAge := facts["subject.age"].(int)
	switch unknown, _ := facts["subject.age_unknown"].(bool); {
	case unknown && hasBirth:
		r.fail(at("subject.age_unknown"), "contradicts subject.birth_date")
	case unknown && hasAge:
		r.fail(at("subject.age_unknown"), "contradicts subject.age")
	case hasBirth && born > day:
		r.fail(at("subject.birth_date"), "%s is after the day of the interview, %s", born, day)
	case hasBirth && hasAge && ageOn(born, day) != age:
		r.fail(at("subject.age"), "%d contradicts subject.birth_date, which makes %d on %s", age, ageOn(born, day), day)
	}
	rows, _ := facts["earlier"].([]Row)
	for _, row := range rows {
		if on, ok := row["date"].(string); ok && on > day {
			r.fail(at("earlier"), "an earlier interview on %s is after the day of this one, %s", on, day)
		}
	}
	if done, ok := facts["case.assessment.done"].(bool); ok && !done && facts["case.assessment.at"] != nil {
		r.fail(at("case.assessment.at"), "contradicts case.assessment.done: false")
	}
	if chosen, ok := facts["plan.companion.chosen"].(bool); ok && !chosen && facts.refusal() {
		r.fail(at("plan.companion.refused"), "contradicts plan.companion.chosen: false")
	}
	from, _ := facts["reflection.from"].(string)
	until, _ := facts["reflection.until"].(string)
	if from != "" && until != "" && until < from {
		r.fail(at("reflection.until"), "%s is before reflection.from, %s", until, from)
	}
	var acts []string
	for _, section := range []string{"disclosure", "retention", "informant"} {
		if act, _ := facts[section+".act"].(string); act != "" {
			acts = append(acts, section+".act")
		}
	}
	if len(acts) > 1 {
		r.fail(at(acts[1]), "contradicts %s: one question at a time", acts[0])
	}
}

// refusal says that the companion was refused, with or without all that takes.
func (facts Facts) refusal() bool {
	for _, part := range []string{"reason", "decided_by", "about_person"} {
		if text, _ := facts["plan.companion.refused."+part].(string); text != "" {
			return true
		}
	}
	return false
}

// interviewDay is the day that ages and certificates are judged on.
func (facts Facts) interviewDay(today string) string {
	if day, ok := facts["plan.date"].(string); ok {
		return day
	}
	return today
}

// down finds the place of a fact again, for an error to point to.
func (f field) down(name string) field {
	at := field{path: name, node: f.node}
	for part := range strings.SplitSeq(name, ".") {
		if at.node == nil || at.node.Kind != yaml.MappingNode {
			break
		}
		for i := 0; i+1 < len(at.node.Content); i += 2 {
			if at.node.Content[i].Value == part {
				at.node = at.node.Content[i+1]
				break
			}
		}
	}
	return at
}

// ageOn is the age in whole years on a day. Somebody born on 29 February grows
// a year older on 1 March where there is no 29th, which keeps the protection of
// the younger age a day longer.
func ageOn(born, day string) int {
	b, _ := time.Parse(time.DateOnly, born)
	d, _ := time.Parse(time.DateOnly, day)
	age := d.Year() - b.Year()
	if day[len("2006"):] < born[len("2006"):] {
		age--
	}
	return age
}
