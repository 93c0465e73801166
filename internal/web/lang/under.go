package lang

import "strings"

// Text is one text in one language and in English.
type Text struct{ Key, Here, English string }

// Under gives all texts whose keys begin with prefix, sorted, for a script that
// puts sentences together itself; Key is what comes after the prefix.
func (b *Bundle) Under(lang, prefix string) []Text {
	var out []Text
	for _, key := range b.keys() {
		if rest, ok := strings.CutPrefix(key, prefix); ok {
			out = append(out, Text{rest, b.T(lang, key), b.T(fallback, key)})
		}
	}
	return out
}
