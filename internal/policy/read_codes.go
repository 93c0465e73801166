package policy

import (
	"regexp"
	"slices"
)

var (
	standardField = regexp.MustCompile(`^[a-z]{3}_[A-Z][A-Za-z]{1,59}$`)
	standardValue = regexp.MustCompile(`^[A-Z][A-Za-z_]{0,79}$`)
)

// exploitationList is the id of the only list whose entries are offences.
const exploitationList = "exploitation"

func (p *Pack) readCodes(r *reader, root field) {
	m := r.fields(root, "lists")
	p.Codes = table(r, m["lists"], r.codeList)
}

func (r *reader) codeList(f field) CodeList {
	m := r.fields(f, "id", "name", "htcds?", "choose", "entries", "clause")
	l := CodeList{
		Coded:    r.coded(m),
		Standard: r.matching(m["htcds"], standardField, "a field of the standard, as in vic_TypeOfExploitation"),
		Many:     r.oneOf(m["choose"], "one", "many") == "many",
		Ground:   r.ground(m["clause"]),
	}
	if l.ID == DeviationReasons && l.Many {
		r.fail(m["choose"], "must be one: a deviation is asked for one reason, and counted once")
	}
	l.Entries = table(r, m["entries"], func(f field) CodeEntry { return r.codeEntry(f, l) })
	var taken []string
	for i, one := range r.list(m["entries"]) {
		s := l.Entries[i].Standard
		if s != "" && slices.Contains(taken, s) {
			r.fail(one, "the value %s of the standard is taken by an earlier row", s)
		}
		taken = append(taken, s)
	}
	return l
}

func (r *reader) codeEntry(f field, l CodeList) CodeEntry {
	m := r.fields(f, "id", "name", "htcds?", "local?", "bases?", "clause?")
	e := CodeEntry{
		Coded:    r.coded(m),
		Standard: r.matching(m["htcds"], standardValue, "a value of the standard, as in ForcedLabour"),
		Ground:   l.Ground,
	}
	if m["clause"].present() {
		e.Ground = r.ground(m["clause"])
	}
	local := m["local"].present() && r.flag(m["local"])
	switch {
	case m["htcds"].present() == local:
		r.fail(f, "must have htcds with the value of the standard, or local: true")
	case m["htcds"].present() && l.Standard == "":
		r.fail(m["htcds"], "must be absent where the list names no field of the standard")
	case m["bases"].present() != (l.ID == exploitationList):
		r.fail(f, "an entry of the list %s has bases, and no other has any", exploitationList)
	}
	for _, one := range r.list(m["bases"]) {
		b := r.basis(one)
		if n := len(e.Bases); n > 0 && !b.follows(e.Bases[n-1]) {
			r.fail(one, "must begin after the basis before it has ended; those that are pending come last")
		}
		e.Bases = append(e.Bases, b)
	}
	if m["bases"].present() && len(e.Bases) == 0 {
		r.fail(m["bases"], "must hold at least one basis")
	}
	return e
}

func (r *reader) basis(f field) Basis {
	m := r.fields(f, "state", "from?", "until?", "checked", "clause")
	b := Basis{
		State:   BasisState(r.oneOf(m["state"], string(BasisInForce), string(BasisPending))),
		From:    r.date(m["from"]),
		Until:   r.date(m["until"]),
		Checked: r.date(m["checked"]),
		Ground:  r.ground(m["clause"]),
	}
	switch {
	case b.State == BasisPending && (b.From != "" || b.Until != ""):
		r.fail(f, "what is pending has no from and no until: it covers no day yet")
	case b.Until != "" && b.Until < b.From:
		r.fail(m["until"], "must not be before from")
	}
	return b
}

func (b Basis) follows(before Basis) bool {
	if b.State == BasisPending {
		return true
	}
	return before.State == BasisInForce && before.Until != "" && before.Until < b.From
}
