package policy

import (
	"slices"
	"strings"
)

// Rule is one protection: when it applies, what must hold, how strongly, and
// where the law says so.
type Rule struct {
	ID       string // "S-17"
	Area     string // see areas
	Title    Text
	Says     Text // the duty in one plain sentence
	Lacks    Text // why it is not met; may be absent
	Duty     string
	Strength Strength
	Falls    Moment
	// GrantedBy are the roles that may sign a deviation; empty = nobody may.
	GrantedBy []string
	Clause    Clause
	// CarriesOut are the rules of the pack it extends that this one puts into
	// national law; these are not listed beside it.
	CarriesOut []string
	Pack       string // name of the pack it stands in

	when, met condition
}

// Strength says how much a rule binds.
type Strength string

// The strengths: a must is met or deviated from by a holder of the power; an
// if_possible that is not met needs a reason; a may never blocks.
const (
	Must       Strength = "must"
	IfPossible Strength = "if_possible"
	May        Strength = "may"
)

// Moment is when a duty falls. What falls later than the plan is due until it
// is known to hold or not.
type Moment string

// The moments, seen from the interview.
const (
	Before Moment = "before"
	Start  Moment = "start"
	During Moment = "during"
	After  Moment = "after"
)

var (
	areas = []string{"routing", "talk", "interview", "recording", "room", "people", "deadline", "retention", "disclosure", "release"}

	strengths = []string{string(Must), string(IfPossible), string(May)}
	moments   = []string{string(Before), string(Start), string(During), string(After)}
)

// Choice is a point that the sources leave open, and what this pack chooses.
// Rules read it as option.<name>.
type Choice struct {
	ID      string // "C-3"
	Name    string // "video_16_17"
	Says    Text   // what is open, and why the default is what it is
	Chosen  string
	Choices []string
}

// term is a condition with a name and a sentence. Rules are made of terms, so
// that a decision can say in words which of them fired.
type term struct {
	name string
	is   condition
	says []sentence
}

// sentence is said when its condition holds; a text with places for facts.
type sentence struct {
	when *condition // nil = always
	text Text
}

// Rule finds a rule by its id.
func (p *Pack) Rule(id string) (*Rule, bool) {
	i := slices.IndexFunc(p.Rules, func(r *Rule) bool { return r.ID == id })
	if i < 0 {
		return nil, false
	}
	return p.Rules[i], true
}

func (p *Pack) ruleIDs() []string {
	out := make([]string, len(p.Rules))
	for i, r := range p.Rules {
		out[i] = r.ID
	}
	return out
}

// Asks lists the facts and derivations that a rule's duty depends on, those
// behind its terms too: "case.comensha_told".
func (p *Pack) Asks(r *Rule) []string { return r.met.asks }

// inForce says whether the rule is law on a day.
func (r *Rule) inForce(day string) bool {
	return r.Clause.InForce <= day && (r.Clause.Until == "" || day <= r.Clause.Until)
}

// deviatedBy says whether a deviation counts: for this rule, with a reason, by
// a named holder of the power, not signed after the interview.
func (r *Rule) deviatedBy(d Row, day string) bool {
	text := func(column string) string { s, _ := d[column].(string); return s }
	return text("rule") == r.ID && slices.Contains(r.GrantedBy, text("by_role")) &&
		!blank(text("by")) && !blank(text("reason")) && text("at") <= day
}

func blank(s string) bool { return strings.TrimSpace(s) == "" }
