package facts

import (
	"slices"

	"verhaal/internal/policy"
)

// Decision is a decision as a page shows it, for the shared template
// "decision".
type Decision struct {
	Pack     *policy.Pack
	Lang     string // of the pack's sentences
	Problem  string // why the facts could not be read; names the field
	Verdict  policy.Verdict
	Blocking int
	Judged   string // the day it is judged on
	Channel  *policy.Channel
	Advice   *policy.Suggestion
	Groups   []Group
}

// Group is the requirements that stand alike.
type Group struct {
	Status       policy.Status
	Requirements []policy.Requirement
}

// Open says that a group is shown at once: what blocks or needed somebody.
func (g Group) Open() bool { return g.Status != policy.Met && g.Status != policy.Due }

// Show makes a page's decision out of the pack's, or of the error that there
// was instead.
func Show(p *policy.Pack, d policy.Decision, err error, lang string) Decision {
	out := Decision{Pack: p, Lang: lang}
	if err != nil {
		out.Problem = err.Error()
		return out
	}
	out.Verdict, out.Judged, out.Advice = d.Verdict, d.Date, d.Channel
	if d.Channel != nil {
		c, _ := p.Channel(d.Channel.Channel)
		out.Channel = &c
	}
	for _, status := range []policy.Status{policy.Unmet, policy.Unknown, policy.Deviated, policy.Excused, policy.Met, policy.Due} {
		g := Group{Status: status}
		for _, q := range d.Requirements {
			if q.Status != status {
				continue
			}
			g.Requirements = append(g.Requirements, q)
			if q.Blocks() {
				out.Blocking++
			}
		}
		if len(g.Requirements) > 0 {
			out.Groups = append(out.Groups, g)
		}
	}
	return out
}

// Language is that of the sentences of a pack: the page's, or English where
// the pack has no other.
func Language(p *policy.Pack, page string) string {
	if slices.Contains(p.StaffLanguages, page) {
		return page
	}
	return "en"
}
