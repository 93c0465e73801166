package policy

import (
	"fmt"
	"iter"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"go.yaml.in/yaml/v4"
)

// reader takes a YAML document apart field by field, strictly: a field nobody
// asked for, a missing one or a value of the wrong kind is an error. The first
// error is kept and everything after it is ignored, so that the code that reads
// a file looks like the file.
type reader struct {
	file      string
	languages []string
	err       error
}

// field is one value and the way to it ("channels[2].phones[0].number"). The
// zero field stands for one that is absent.
type field struct {
	path string
	node *yaml.Node
}

func (f field) present() bool { return f.node != nil }

func (f field) at(name string) string {
	if f.path == "" {
		return name
	}
	return f.path + "." + name
}

// fail keeps the first error: file, line, field, what must be there.
func (r *reader) fail(f field, format string, args ...any) {
	if r.err != nil {
		return
	}
	line := 1
	if f.present() {
		line = max(f.node.Line, 1)
	}
	name := f.path
	if name == "" {
		name = "the file"
	}
	r.err = fmt.Errorf("%s:%d: %s: %s", r.file, line, name, fmt.Sprintf(format, args...))
}

func (r *reader) parse(body []byte) (field, bool) {
	var doc yaml.Node
	if err := yaml.Load(body, &doc); err != nil {
		r.err = fmt.Errorf("%s: not YAML: %s", r.file, strings.Join(strings.Fields(err.Error()), " "))
		return field{}, false
	}
	root := &doc
	if root.Kind == yaml.DocumentNode && len(root.Content) == 1 {
		root = root.Content[0]
	}
	return field{node: root}, true
}

// fields takes a map apart. Names that end in "?" may be absent; no others may
// be there.
func (r *reader) fields(f field, names ...string) map[string]field {
	out := map[string]field{}
	var known, needed []string
	for _, n := range names {
		n, optional := strings.CutSuffix(n, "?")
		known = append(known, n)
		if !optional {
			needed = append(needed, n)
		}
		// Where it would stand, so that an error can point to its parent.
		out[n] = field{path: f.at(n)}
	}
	if !f.present() {
		return out
	}
	if f.node.Kind != yaml.MappingNode {
		r.fail(f, "must be a map with %s", strings.Join(known, ", "))
		return out
	}
	for i := 0; i+1 < len(f.node.Content); i += 2 {
		k, v := f.node.Content[i], f.node.Content[i+1]
		here := field{path: f.at(strconv.Quote(k.Value)), node: k}
		if k.Kind != yaml.ScalarNode || !slices.Contains(known, k.Value) {
			r.fail(here, "unknown field; allowed are %s", strings.Join(known, ", "))
		} else if out[k.Value].present() {
			r.fail(here, "stands twice")
		}
		out[k.Value] = field{path: f.at(k.Value), node: meant(v)}
	}
	for _, n := range needed {
		if !out[n].present() {
			r.fail(field{path: f.at(n), node: f.node}, "is missing")
		}
	}
	return out
}

// entries takes a map apart whose names the file chooses, in its order.
func (r *reader) entries(f field) iter.Seq2[string, field] {
	return func(yield func(string, field) bool) {
		if !f.present() {
			return
		}
		if f.node.Kind != yaml.MappingNode {
			r.fail(f, "must be a map")
			return
		}
		seen := map[string]bool{}
		for i := 0; i+1 < len(f.node.Content); i += 2 {
			name := f.node.Content[i].Value
			if seen[name] {
				r.fail(field{path: f.at(name), node: f.node.Content[i]}, "stands twice")
			}
			seen[name] = true
			if !yield(name, field{path: f.at(name), node: meant(f.node.Content[i+1])}) {
				return
			}
		}
	}
}

// list takes a sequence apart; absent is empty.
func (r *reader) list(f field) []field {
	if !f.present() {
		return nil
	}
	if f.node.Kind != yaml.SequenceNode {
		r.fail(f, "must be a list")
		return nil
	}
	var out []field
	for i, n := range f.node.Content {
		out = append(out, field{path: fmt.Sprintf("%s[%d]", f.path, i), node: meant(n)})
	}
	return out
}

// meant follows an alias ("*age") to what it stands for.
func meant(n *yaml.Node) *yaml.Node {
	if n.Kind == yaml.AliasNode && n.Alias != nil {
		return n.Alias
	}
	return n
}

func (r *reader) isList(f field) bool { return f.node.Kind == yaml.SequenceNode }

func (r *reader) scalar(f field, tag, what string) string {
	if !f.present() {
		return "" // told by fields, or optional
	}
	if f.node.Kind != yaml.ScalarNode || f.node.ShortTag() != tag || strings.TrimSpace(f.node.Value) == "" {
		r.fail(f, "must be %s", what)
		return ""
	}
	return f.node.Value
}

func (r *reader) words(f field) string {
	return r.scalar(f, "!!str", "a text that is not empty, in quotes when it looks like a number, a date, yes or no")
}

func (r *reader) matching(f field, shape *regexp.Regexp, what string) string {
	s := r.words(f)
	if s != "" && !shape.MatchString(s) {
		r.fail(f, "%q must be %s", s, what)
	}
	return s
}

func (r *reader) oneOf(f field, allowed ...string) string {
	if !f.present() {
		return ""
	}
	if f.node.Kind != yaml.ScalarNode || !slices.Contains(allowed, f.node.Value) {
		r.fail(f, "%q must be one of %s", f.node.Value, strings.Join(allowed, ", "))
		return ""
	}
	return f.node.Value
}

func (r *reader) flag(f field) bool {
	return r.oneOf(f, "true", "false") == "true"
}

func (r *reader) number(f field, low, high int) int {
	if !f.present() {
		return 0
	}
	n, err := strconv.Atoi(f.node.Value)
	if f.node.Kind != yaml.ScalarNode || err != nil || n < low || n > high {
		r.fail(f, "must be a number from %d to %d", low, high)
	}
	return n
}

func (r *reader) date(f field) string {
	s := r.words(f)
	if s == "" {
		return ""
	}
	if _, err := time.Parse(time.DateOnly, s); err != nil {
		r.fail(f, "%q must be a day that exists, in quotes, as in \"2026-11-23\"", s)
	}
	return s
}

// text reads a sentence in every language of the pack and in no other.
func (r *reader) text(f field) Text {
	if !f.present() {
		return nil
	}
	m := r.fields(f, r.languages...)
	t := Text{}
	for _, l := range r.languages {
		t[l] = r.words(m[l])
	}
	return t
}

func (r *reader) texts(f field) []Text {
	var out []Text
	for _, one := range r.list(f) {
		out = append(out, r.text(one))
	}
	if len(out) == 0 {
		r.fail(f, "must hold at least one sentence")
	}
	return out
}
