package policy

import "slices"

// DeviationReasons is the id of the list of reasons for which a prosecutor is
// asked for a deviation. A pack from before there was one has none.
const DeviationReasons = "deviation_reason"

// CodeList is a list of codes that a form offers and statistics count.
type CodeList struct {
	Coded
	// Standard is the field of the Human Trafficking Case Data Standard 2.0 of
	// the IOM that the codes map to, "vic_TypeOfExploitation"; "" = none.
	Standard string
	Many     bool // more than one code may be chosen
	Entries  []CodeEntry
	Ground   Ground
}

// CodeEntry is one code of a list.
type CodeEntry struct {
	Coded
	// Standard is the value of the list's field in the standard; "" = a local
	// code that the standard has no value for.
	Standard string
	// Bases say which offence it is, oldest first, those that are pending last;
	// no two cover the same day. Only forms of exploitation have any.
	Bases  []Basis
	Ground Ground // that of the list where the entry gives none of its own
}

// BasisState says whether a basis is law.
type BasisState string

// The states.
const (
	BasisInForce BasisState = "in_force"
	// A bill, or a directive that no law carries out yet, on the day it was
	// looked at. Nobody is prosecuted on it.
	BasisPending BasisState = "pending"
)

// Basis is the law that makes a form of exploitation an offence. What counts is
// the law on the day of the offence, not of the report.
type Basis struct {
	State BasisState
	// From and Until are the first and last day of offences that it covers,
	// YYYY-MM-DD; a pending one has neither. An empty From is a law whose first
	// day was not looked up: it is taken to cover every day. An empty Until has
	// no known end.
	From, Until string
	// Checked is the day of the text that was read, YYYY-MM-DD, the first of its
	// month where only the month is known.
	Checked string
	Ground  Ground
}

// Entry finds a code by its id.
func (l CodeList) Entry(id string) (CodeEntry, bool) { return byID(l.Entries, id) }

// BasisOn is the law for an offence on a day (YYYY-MM-DD); false when none that
// is in force covers it, as for a form that only a bill names.
func (e CodeEntry) BasisOn(day string) (Basis, bool) {
	i := slices.IndexFunc(e.Bases, func(b Basis) bool {
		return b.State == BasisInForce && b.From <= day && (b.Until == "" || day <= b.Until)
	})
	if i < 0 {
		return Basis{}, false
	}
	return e.Bases[i], true
}

// CodeList finds a list of codes by its id.
func (p *Pack) CodeList(id string) (CodeList, bool) { return byID(p.Codes, id) }
