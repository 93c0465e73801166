package policy

import (
	"slices"
	"strings"
)

// table reads a list of rows with an id each; it needs at least one.
func table[T keyed](r *reader, f field, row func(field) T) []T {
	out := tableOrNone(r, f, row)
	if len(out) == 0 {
		r.fail(f, "must hold at least one row")
	}
	return out
}

func tableOrNone[T keyed](r *reader, f field, row func(field) T) []T {
	var out []T
	for _, one := range r.list(f) {
		t := row(one)
		if _, twice := byID(out, t.key()); twice {
			r.fail(one, "the id %s is taken by an earlier row", t.key())
		}
		out = append(out, t)
	}
	return out
}

// pick reads the id of one of rows.
func pick[T keyed](r *reader, f field, rows []T) T {
	row, _ := byID(rows, r.oneOf(f, keys(rows)...))
	return row
}

// picks reads ids of rows, none of them twice.
func picks[T keyed](r *reader, f field, rows []T) []T {
	var out []T
	for _, id := range r.codes(f, keys(rows)...) {
		row, _ := byID(rows, id)
		out = append(out, row)
	}
	return out
}

// codes reads a list of allowed codes, none of them twice.
func (r *reader) codes(f field, allowed ...string) []string {
	var out []string
	for _, one := range r.list(f) {
		if len(allowed) == 0 {
			r.fail(f, "must be empty: the pack has nothing that it could name")
		}
		code := r.oneOf(one, allowed...)
		if slices.Contains(out, code) {
			r.fail(one, "%s stands twice", code)
		}
		out = append(out, code)
	}
	return out
}

// coded reads the id and the name of a row whose other fields are in m.
func (r *reader) coded(m map[string]field) Coded {
	return Coded{ID: r.matching(m["id"], idShape, idWords), Name: r.text(m["name"])}
}

// codedRow reads a row that is nothing but an id and a name.
func (r *reader) codedRow(f field) Coded { return r.coded(r.fields(f, "id", "name")) }

func (r *reader) ground(f field) Ground {
	m := r.fields(f, "rules?", "document", "section", "confidence")
	g := Ground{Document: r.words(m["document"]), Section: r.words(m["section"]), Confidence: r.confidence(m["confidence"])}
	for _, one := range r.list(m["rules"]) {
		g.Rules = append(g.Rules, r.matching(one, ruleShape, "the id of a rule, as in A-16"))
	}
	return g
}

// longest is far beyond any term in the law; more is a slip of the keyboard.
var longest = map[Unit]int{UnitHours: 240, UnitDays: 730, UnitWorkingDays: 260, UnitWeeks: 104, UnitMonths: 120, UnitYears: 110}

// span reads a map with one unit, as in {days: 30}.
func (r *reader) span(f field) Span {
	units := []Unit{UnitHours, UnitDays, UnitWorkingDays, UnitWeeks, UnitMonths, UnitYears}
	var names, all []string
	for _, u := range units {
		names = append(names, string(u)+"?")
		all = append(all, string(u))
	}
	m := r.fields(f, names...)
	var s Span
	for _, u := range units {
		one := m[string(u)]
		if !one.present() {
			continue
		}
		if !s.IsZero() {
			r.fail(f, "must have one unit only")
		}
		s = Span{Amount: r.number(one, 1, longest[u]), Unit: u}
	}
	if f.present() && s.IsZero() {
		r.fail(f, "must have one of %s, as in {days: 30}", strings.Join(all, ", "))
	}
	return s
}
