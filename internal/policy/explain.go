package policy

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"cel.dev/cel-go/common/types"
	"cel.dev/cel-go/common/types/ref"
	"cel.dev/cel-go/common/types/traits"
)

// Reason is one sentence of an explanation. It is put into words when asked.
type Reason struct {
	view   *view
	text   Text     // a sentence of the pack, with places for facts
	values Row      // what to put there instead, or nil
	gone   *lacking // what is not known, in place of a text
}

// In is the sentence in a language of the pack.
func (r Reason) In(lang string) string {
	p := r.view.pack
	switch {
	case r.gone != nil:
		labels := make([]string, len(r.gone.facts))
		for i, n := range r.gone.facts {
			labels[i] = p.Label(n, lang)
		}
		return fill(p.phrases["not_known"].In(lang), func(string) string { return strings.Join(labels, ", ") })
	case r.values != nil:
		return fill(r.text.In(lang), func(n string) string { s, _ := r.values[n].(string); return p.Label(s, lang) })
	}
	return fill(r.text.In(lang), func(n string) string {
		return p.words(r.view.value(p.language.names[n]), lang)
	})
}

// Why is the explanation in a language, each sentence once.
func (r Requirement) Why(lang string) []string {
	out := make([]string, 0, len(r.Because))
	for _, reason := range r.Because {
		if s := reason.In(lang); !slices.Contains(out, s) {
			out = append(out, s)
		}
	}
	return out
}

// fill puts words into the places of a text, written {name}.
func fill(text string, with func(name string) string) string {
	if !strings.Contains(text, "{") {
		return text
	}
	var b strings.Builder
	b.Grow(2 * len(text))
	for {
		before, rest, open := strings.Cut(text, "{")
		b.WriteString(before)
		name, after, closed := strings.Cut(rest, "}")
		if !open || !closed {
			return b.String()
		}
		b.WriteString(with(name))
		text = after
	}
}

// words puts a value into words: codes by their labels.
func (p *Pack) words(value ref.Val, lang string) string {
	switch value := value.(type) {
	case types.String:
		return p.Label(string(value), lang)
	case types.Bool:
		return p.Label(map[types.Bool]string{true: "yes", false: "no"}[value], lang)
	case traits.Lister:
		var out []string
		for it := value.Iterator(); it.HasNext() == types.True; {
			out = append(out, p.words(it.Next(), lang))
		}
		return strings.Join(out, ", ")
	case *lacking:
		return p.Label("unknown", lang)
	}
	return fmt.Sprint(value.Value())
}

// Label is what a fact or a code is called; what has no label (a date, somebody's
// id, a free text) is itself.
func (p *Pack) Label(code, lang string) string {
	if text, ok := p.labels[code]; ok {
		return text.In(lang)
	}
	return code
}

// because adds a reason to those of the requirement that is being judged.
func (v *view) because(r Reason) {
	r.view = v
	v.reasons = append(v.reasons, r)
}

// fired gives the sentences of the terms that made a condition hold, and what
// it would have to know.
func (v *view) fired(c condition, gone *lacking) error {
	for _, n := range c.says {
		if v.value(n) != types.True {
			continue
		}
		for _, s := range n.term.says {
			holds := yes
			if s.when != nil {
				var err error
				if holds, _, err = s.when.ask(v); err != nil {
					return err
				}
			}
			if holds == yes {
				v.because(Reason{text: s.text})
				break
			}
		}
	}
	if gone != nil {
		v.because(Reason{gone: gone})
	}
	return nil
}

// JSON is the decision as `verhaal policy explain --json` prints it, with its
// sentences in lang. Names are a fixed interface.
func (d Decision) JSON(lang string) ([]byte, error) {
	type clause struct {
		Document   string     `json:"document"`
		Section    string     `json:"section"`
		Address    string     `json:"address,omitempty"`
		InForce    string     `json:"in_force,omitempty"`
		Until      string     `json:"until,omitempty"`
		Confidence Confidence `json:"confidence"`
	}
	cite := func(c Clause) clause {
		return clause{c.Document, c.Section, c.Address, c.InForce, c.Until, c.Confidence}
	}
	type channel struct {
		ID      string   `json:"id"`
		Because []string `json:"because"`
		Rule    string   `json:"rule"`
		Clause  clause   `json:"clause"`
	}
	type requirement struct {
		Rule      string   `json:"rule"`
		Title     string   `json:"title"`
		Area      string   `json:"area"`
		Duty      string   `json:"duty"`
		Strength  Strength `json:"strength"`
		Falls     Moment   `json:"falls"`
		Status    Status   `json:"status"`
		Says      string   `json:"says"`
		Because   []string `json:"because"`
		GrantedBy []string `json:"granted_by"`
		Clause    clause   `json:"clause"`
	}
	out := struct {
		Pack         string        `json:"pack"`
		Version      string        `json:"version"`
		Hash         string        `json:"hash"`
		Date         string        `json:"date"`
		Verdict      Verdict       `json:"verdict"`
		Channel      *channel      `json:"channel,omitempty"`
		Requirements []requirement `json:"requirements"`
	}{d.Pack.Name, d.Pack.Version, d.Pack.Hash, d.Date, d.Verdict, nil, []requirement{}}
	if c := d.Channel; c != nil {
		out.Channel = &channel{c.Channel, []string{c.Because.In(lang)}, c.Clause.Rule, cite(c.Clause)}
	}
	for _, r := range d.Requirements {
		because := append([]string{}, r.Why(lang)...)
		out.Requirements = append(out.Requirements, requirement{r.Rule.ID, r.Rule.Title.In(lang), r.Rule.Area, r.Rule.Duty, r.Rule.Strength,
			r.Rule.Falls, r.Status, r.Rule.Says.In(lang), because, append([]string{}, r.Rule.GrantedBy...), cite(r.Rule.Clause)})
	}
	return json.MarshalIndent(out, "", "  ")
}

// InEveryLanguage is the decision as JSON gives it, by each language of the pack:
// {"en": {…}, "nl": {…}}, to be kept for readers of whom nobody knows yet which
// language they read.
func (d Decision) InEveryLanguage() ([]byte, error) {
	out := map[string]json.RawMessage{}
	for _, lang := range d.Pack.StaffLanguages {
		text, err := d.JSON(lang)
		if err != nil {
			return nil, err
		}
		out[lang] = text
	}
	return json.Marshal(out)
}

// Requirement finds what a decision says about a rule.
func (d Decision) Requirement(id string) (Requirement, bool) {
	i := slices.IndexFunc(d.Requirements, func(r Requirement) bool { return r.Rule.ID == id })
	if i < 0 {
		return Requirement{}, false
	}
	return d.Requirements[i], true
}
