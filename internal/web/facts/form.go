// Package facts puts the facts of a pack's schema into forms, and decisions
// about them on pages: for the rule explorer, case files and plans.
package facts

import (
	"maps"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"verhaal/internal/policy"
)

// Section is one part of a form.
type Section struct {
	Name   string // "subject"
	Open   bool
	Fields []Input
}

// Input is one field of a form, ready for the shared template "field".
type Input struct {
	Fact        string // name in the schema; "" within rows
	Name, Label string
	Lang        string // of the labels
	Kind        string // code, codes, text, day, number, rows, row, reasons
	Value       string
	Options     []Option
	Most        int     // of a number
	None        bool    // a list that is known to be empty
	HasNone     bool    // whether that can be said of it
	Rows        []Input // of rows; each has Fields
	Fields      []Input
}

// Option is one value to choose.
type Option struct {
	Value, Label string
	Chosen       bool
	Own          bool // the label is in the language of the page, not of the pack
}

// rowsShown is how many empty rows of a list there are to fill in.
const rowsShown = 2

// Sections makes the sections of a form, with what form holds filled in; those
// in open are shown at once. Labels are in lang, a language of the pack.
func Sections(p *policy.Pack, form url.Values, lang string, names []string, open ...string) []Section {
	b := builder{p, form, lang}
	var out []Section
	for _, name := range names {
		part := Section{Name: name, Open: slices.Contains(open, name)}
		for _, f := range policy.Schema() {
			if f.Section() == name {
				in := b.field(f, f.Name, f.Name)
				in.Fact = f.Name
				part.Fields = append(part.Fields, in)
			}
		}
		out = append(out, part)
	}
	return out
}

type builder struct {
	pack *policy.Pack
	form url.Values
	lang string
}

// field makes the input of a fact; at is its place in the form, path its name
// in the schema, which has no numbers of rows.
func (b builder) field(f policy.Fact, at, path string) Input {
	in := Input{Name: at, Label: b.pack.Label(path, b.lang), Lang: b.lang, Value: b.form.Get(at)}
	switch f.Kind {
	case policy.YesNo:
		in.Kind = "code"
		in.Options = []Option{{Value: "true", Label: b.pack.Label("yes", b.lang), Chosen: in.Value == "true"}, {Value: "false", Label: b.pack.Label("no", b.lang), Chosen: in.Value == "false"}}
	case policy.Day:
		in.Kind = "day"
	case policy.Whole:
		in.Kind, in.Most = "number", f.Most
	case policy.Code:
		in.Kind, in.Options = "code", b.options(b.pack.Allowed(f), func(v string) bool { return in.Value == v })
	case policy.Codes:
		in.HasNone, in.None = true, b.form.Get(at+".none") != ""
		in.Kind = "text"
		if f.Values != nil {
			in.Kind, in.Options = "codes", b.options(f.Values, func(v string) bool { return slices.Contains(b.form[at], v) })
		}
	case policy.Reasons:
		in.Kind = "reasons"
		for _, r := range b.pack.Rules {
			if r.Strength == policy.IfPossible {
				name := at + "." + r.ID
				in.Fields = append(in.Fields, Input{Kind: "text", Name: name, Label: r.ID + " " + r.Title.In(b.lang), Value: b.form.Get(name)})
			}
		}
	case policy.Things:
		in.Kind, in.HasNone, in.None = "rows", true, b.form.Get(at+".none") != ""
		for i := range b.rows(at) {
			in.Rows = append(in.Rows, b.row(f, at+"."+strconv.Itoa(i), path))
		}
	case policy.Thing:
		in.Kind, in.Rows = "rows", []Input{b.row(f, at, path)}
	default:
		in.Kind = "text"
	}
	return in
}

// rows is how many rows to show: those filled in and one more, some at least.
func (b builder) rows(at string) int {
	n := rowsShown
	for i := range policy.FormRows {
		prefix := at + "." + strconv.Itoa(i) + "."
		for name := range b.form {
			if len(name) > len(prefix) && name[:len(prefix)] == prefix && b.form.Get(name) != "" {
				n = max(n, i+1)
			}
		}
	}
	return n
}

func (b builder) row(f policy.Fact, at, path string) Input {
	row := Input{Kind: "row"}
	for _, of := range f.Of {
		name, below := at+"."+of.Name, path+"."+of.Name
		switch {
		case path == "deviations" && of.Name == "rule":
			in := b.field(of, name, below)
			in.Kind = "code"
			for _, r := range b.pack.Rules {
				if len(r.GrantedBy) > 0 || in.Value == r.ID {
					in.Options = append(in.Options, Option{Value: r.ID, Label: r.ID + " " + r.Title.In(b.lang), Chosen: in.Value == r.ID})
				}
			}
			row.Fields = append(row.Fields, in)
		case of.Kind == policy.Things: // a code and a day: one day for each code
			for _, code := range of.Of[0].Values {
				row.Fields = append(row.Fields, Input{Kind: "day", Name: name + "." + code, Value: b.form.Get(name + "." + code),
					Label: b.pack.Label(below, b.lang) + ": " + b.pack.Label(code, b.lang)})
			}
		default:
			row.Fields = append(row.Fields, b.field(of, name, below))
		}
	}
	return row
}

func (b builder) options(values []string, chosen func(string) bool) []Option {
	out := make([]Option, len(values))
	for i, v := range values {
		out[i] = Option{Value: v, Label: b.pack.Label(v, b.lang), Chosen: chosen(v)}
	}
	return out
}

// Said is what a part of a form says, in a line.
func Said(form url.Values) string {
	var out []string
	for _, field := range slices.Sorted(maps.Keys(form)) {
		out = append(out, strings.Join(form[field], ", "))
	}
	return strings.Join(out, "; ")
}
