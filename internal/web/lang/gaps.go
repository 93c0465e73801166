package lang

import (
	"fmt"
	"slices"
	"strings"
)

// Gaps compares every language with every other and with CLDR and lists, a
// line each, what a translator still has to do: keys that another language
// has, plural forms the language needs or has no use for, placeholders that
// differ from the English text. Nothing listed = complete.
func (b *Bundle) Gaps() ([]string, error) {
	var out []string
	for _, l := range b.order {
		needed, err := neededForms(b.languages[l].tag)
		if err != nil {
			return nil, fmt.Errorf("plural forms of %s: %w", l, err)
		}
		for _, key := range b.keys() {
			if text := b.gap(l, key, needed); text != "" {
				out = append(out, text)
			}
		}
	}
	return out, nil
}

// gap describes what is wrong with one text, or is empty.
func (b *Bundle) gap(l, key string, needed []string) string {
	m, ok := b.languages[l].messages[key]
	first, inFallback := b.languages[fallback].messages[key]
	switch {
	case !ok:
		return fmt.Sprintf("locales/%s: key %s is missing", l, key)
	case !inFallback:
		return "" // told at the fallback
	case m.counts != first.counts:
		return fmt.Sprintf("%s:%d: key %s must have plural forms in all languages or in none", m.file, m.line, key)
	case !slices.Equal(m.placeholders, first.placeholders):
		return fmt.Sprintf("%s:%d: key %s has placeholders [%s], English has [%s]", m.file, m.line, key,
			strings.Join(m.placeholders, " "), strings.Join(first.placeholders, " "))
	}
	if !m.counts {
		return ""
	}
	var has []string
	for _, f := range formNames {
		if m.forms[f] != "" {
			has = append(has, f)
		}
	}
	if !slices.Equal(has, needed) {
		return fmt.Sprintf("%s:%d: key %s has the plural forms [%s], the language needs [%s]", m.file, m.line, key,
			strings.Join(has, " "), strings.Join(needed, " "))
	}
	return ""
}

// keys lists the keys of all languages together, sorted.
func (b *Bundle) keys() []string {
	var all []string
	for _, t := range b.languages {
		for k := range t.messages {
			all = append(all, k)
		}
	}
	slices.Sort(all)
	return slices.Compact(all)
}
