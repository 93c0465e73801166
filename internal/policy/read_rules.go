package policy

import (
	"maps"
	"regexp"
	"slices"
	"strings"

	"cel.dev/cel-go/cel"
	"cel.dev/cel-go/common/types"
	"cel.dev/cel-go/common/types/ref"
)

var (
	nameShape   = regexp.MustCompile(`^[a-z][a-z0-9_]{1,39}$`)
	choiceShape = regexp.MustCompile(`^C-[0-9]{1,2}[a-z]?$`)
)

const ruleWords = "the id of a rule, as in S-05"

// readRules reads a file of rules/: terms, then the rules made of them. A term
// may use the terms before it.
func (p *Pack) readRules(r *reader, root field) {
	m := r.fields(root, "terms?", "rules?")
	for _, f := range r.list(m["terms"]) {
		p.readTerm(r, f)
	}
	for _, f := range r.list(m["rules"]) {
		if rule := p.readRule(r, f); r.err == nil {
			p.addRule(r, f, rule)
		}
	}
}

func (p *Pack) readTerm(r *reader, f field) {
	m := r.fields(f, "name", "is", "says?")
	t := &term{name: r.matching(m["name"], nameShape, "lower-case letters, digits and underscores"), is: p.condition(r, m["is"])}
	if m["says"].present() {
		variants := []field{m["says"]}
		if several := r.isList(m["says"]); several {
			variants = r.list(m["says"])
		}
		for _, v := range variants {
			t.says = append(t.says, p.sentence(r, v))
		}
	}
	if r.err != nil {
		return
	}
	if _, taken := p.language.names[t.name]; taken {
		r.fail(m["name"], "%s is the name of an earlier term or fact", t.name)
		return
	}
	if err := p.language.add(t.name, cel.BoolType, name{from: t.is.value, term: t}); err != nil {
		r.fail(m["name"], "%v", err)
	}
}

// sentence reads a text with, perhaps, an "if" beside its languages.
func (p *Pack) sentence(r *reader, f field) sentence {
	m := r.fields(f, append([]string{"if?"}, r.languages...)...)
	var out sentence
	if m["if"].present() {
		c := p.condition(r, m["if"])
		out.when = &c
	}
	out.text = Text{}
	for _, l := range r.languages {
		out.text[l] = r.words(m[l])
	}
	p.checkPlaces(r, f, out.text)
	return out
}

// checkPlaces holds the places of a text ("{age}") to names that exist.
func (p *Pack) checkPlaces(r *reader, f field, text Text) {
	for _, s := range text {
		fill(s, func(name string) string {
			if _, ok := p.language.names[name]; !ok {
				r.fail(f, "{%s} names no fact or term", name)
			}
			return ""
		})
		if strings.Count(s, "{") != strings.Count(s, "}") {
			r.fail(f, "a place {…} is not closed")
		}
	}
}

func (p *Pack) condition(r *reader, f field) condition {
	source := r.words(f)
	if r.err != nil {
		return condition{}
	}
	c, err := p.language.compile(source)
	if err != nil {
		r.fail(f, "%v", err)
	}
	return c
}

func (p *Pack) readRule(r *reader, f field) *Rule {
	m := r.fields(f, "id", "area", "title", "says", "lacks?", "when", "duty", "strength", "falls?", "met", "granted_by?", "clause", "carries_out?")
	rule := &Rule{
		ID:       r.matching(m["id"], ruleShape, ruleWords),
		Area:     r.oneOf(m["area"], areas...),
		Title:    r.text(m["title"]),
		Says:     r.text(m["says"]),
		Lacks:    r.text(m["lacks"]),
		Duty:     r.matching(m["duty"], nameShape, "lower-case letters, digits and underscores"),
		Strength: Strength(r.oneOf(m["strength"], strengths...)),
		Falls:    Before,
		Clause:   r.statute(m["clause"]),
		Pack:     p.Name,
		when:     p.condition(r, m["when"]),
		met:      p.condition(r, m["met"]),
	}
	rule.Clause.Rule = rule.ID
	if m["falls"].present() {
		rule.Falls = Moment(r.oneOf(m["falls"], moments...))
	}
	for _, g := range r.list(m["granted_by"]) {
		rule.GrantedBy = append(rule.GrantedBy, r.oneOf(g, roles...))
	}
	p.checkPlaces(r, m["says"], rule.Says)
	p.checkPlaces(r, m["lacks"], rule.Lacks)
	for _, of := range r.list(m["carries_out"]) {
		rule.CarriesOut = append(rule.CarriesOut, r.oneOf(of, slices.Sorted(maps.Keys(p.inherited))...))
	}
	return rule
}

// addRule puts a rule in its place. What it carries out of the pack below goes,
// and it must be at least as strong.
func (p *Pack) addRule(r *reader, f field, rule *Rule) {
	if _, taken := p.Rule(rule.ID); taken {
		r.fail(f, "the id %s is taken by an earlier rule", rule.ID)
		return
	}
	for _, id := range rule.CarriesOut {
		base := p.inherited[id]
		if slices.Index(strengths, string(rule.Strength)) > slices.Index(strengths, string(base.Strength)) {
			r.fail(f, "%s is %s, weaker than %s of pack %s, which it carries out and which is %s", rule.ID, rule.Strength, id, base.Pack, base.Strength)
		}
		p.Rules = slices.DeleteFunc(p.Rules, func(other *Rule) bool { return other == base })
	}
	p.Rules = append(p.Rules, rule)
}

// statute reads the clause of a rule: with the days on which it is law.
func (r *reader) statute(f field) Clause {
	m := r.fields(f, "document", "section", "address?", "in_force", "until?", "confidence")
	c := Clause{
		Document:   r.words(m["document"]),
		Section:    r.words(m["section"]),
		Address:    r.words(m["address"]),
		InForce:    r.date(m["in_force"]),
		Until:      r.date(m["until"]),
		Confidence: r.confidence(m["confidence"]),
	}
	if c.Until != "" && c.Until < c.InForce {
		r.fail(m["until"], "%s is before in_force, %s", c.Until, c.InForce)
	}
	return c
}

// readChoices reads the points that the sources leave open.
func (p *Pack) readChoices(r *reader, root field) {
	for _, f := range r.list(r.fields(root, "options")["options"]) {
		m := r.fields(f, "id", "name", "says", "chosen", "choices")
		c := Choice{
			ID:   r.matching(m["id"], choiceShape, "the number of an open point, as in C-3"),
			Name: r.matching(m["name"], nameShape, "lower-case letters, digits and underscores"),
			Says: r.text(m["says"]),
		}
		for _, one := range r.list(m["choices"]) {
			c.Choices = append(c.Choices, r.matching(one, nameShape, "lower-case letters, digits and underscores"))
		}
		c.Chosen = r.oneOf(m["chosen"], c.Choices...)
		if r.err != nil {
			return
		}
		if _, taken := p.language.names["option."+c.Name]; taken {
			r.fail(f, "the name %s is taken by an earlier option", c.Name)
			return
		}
		chosen := types.String(c.Chosen)
		if err := p.language.add("option."+c.Name, cel.StringType, name{from: func(*view) ref.Val { return chosen }}); err != nil {
			r.fail(f, "%v", err)
		}
		p.Choices = append(p.Choices, c)
	}
}

// readWords reads what facts and codes are called.
func (p *Pack) readWords(r *reader, root field) {
	m := r.fields(root, "facts?", "codes?", "phrases?")
	for part, into := range map[string]map[string]Text{"facts": p.labels, "codes": p.labels, "phrases": p.phrases} {
		for key, text := range r.entries(m[part]) {
			if _, twice := into[key]; twice {
				r.fail(text, "stands twice")
			}
			into[key] = r.text(text)
		}
	}
}

// unlabelled names a fact, a code or a phrase that decisions may have to say
// and that no file of words has.
func (p *Pack) unlabelled() string {
	var need func(facts []Fact, prefix string) string
	need = func(facts []Fact, prefix string) string {
		for _, f := range facts {
			if _, ok := p.labels[prefix+f.Name]; !ok {
				return prefix + f.Name
			}
			for _, v := range f.Values {
				if _, ok := p.labels[v]; !ok {
					return v
				}
			}
			if missing := need(f.Of, prefix+f.Name+"."); missing != "" {
				return missing
			}
		}
		return ""
	}
	if missing := need(schema, ""); missing != "" {
		return missing
	}
	codes := slices.Concat(areas, strengths, moments, roles, []string{"yes", "no", "unknown",
		string(Met), string(Unmet), string(Unknown), string(Deviated), string(Excused), string(Due), string(Allowed), string(Blocked)})
	for _, c := range codes {
		if _, ok := p.labels[c]; !ok {
			return c
		}
	}
	for _, phrase := range []string{"not_known", "deviated", "excused"} {
		if _, ok := p.phrases[phrase]; !ok {
			return "phrases." + phrase
		}
	}
	return ""
}
