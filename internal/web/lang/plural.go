package lang

import (
	"fmt"

	"github.com/nicksnyder/go-i18n/v2/i18n"
	"github.com/nicksnyder/go-i18n/v2/i18n/template"
	"golang.org/x/text/language"
)

// newLocalizer hands the messages of one language to go-i18n, which knows the
// plural rules of CLDR. CLDR has none for some small languages (Edo, Krio,
// Mandinka…); these get the one form of its root, as Japanese does.
func newLocalizer(t *texts) (*i18n.Localizer, error) {
	var messages []*i18n.Message
	for key, m := range t.messages {
		messages = append(messages, &i18n.Message{ID: key, Zero: m.forms["zero"], One: m.forms["one"],
			Two: m.forms["two"], Few: m.forms["few"], Many: m.forms["many"], Other: m.forms["other"]})
	}
	tag := rulesOf(t.tag)
	bundle := i18n.NewBundle(tag)
	if err := bundle.AddMessages(tag, messages...); err != nil {
		return nil, err
	}
	return i18n.NewLocalizer(bundle, tag.String()), nil
}

// rulesOf is the language whose plural rules hold for tag.
func rulesOf(tag language.Tag) language.Tag {
	probe := &i18n.Message{ID: "probe", Other: "x"}
	if i18n.NewBundle(tag).AddMessages(tag, probe) != nil {
		return language.Japanese
	}
	return tag
}

// neededForms lists the plural forms that integers select in a language, found
// by asking the engine that will select them.
func neededForms(tag language.Tag) ([]string, error) {
	probe := &texts{tag: tag, messages: map[string]message{}}
	m := message{counts: true, forms: map[string]string{}}
	for _, f := range formNames {
		m.forms[f] = f
	}
	probe.messages["probe"] = m
	var err error
	if probe.localizer, err = newLocalizer(probe); err != nil {
		return nil, err
	}
	seen := map[string]bool{"other": true}
	// Every rule of CLDR for integers looks at the number, its last two digits,
	// or (French, Spanish, …) whether it is a multiple of a million.
	counts := []int{1000, 10_000, 100_000, 1_000_000, 2_000_000, 1_000_000_000}
	for n := range 400 {
		counts = append(counts, n)
	}
	for _, n := range counts {
		form, err := probe.localize("probe", map[string]any{"Count": n})
		if err != nil {
			return nil, fmt.Errorf("count %d: %w", n, err)
		}
		seen[form] = true
	}
	var out []string
	for _, f := range formNames {
		if seen[f] {
			out = append(out, f)
		}
	}
	return out, nil
}

// strict makes a placeholder that nobody filled an error and never "<no value>"
// on a page.
var strict = &template.TextParser{Option: "missingkey=error"}
