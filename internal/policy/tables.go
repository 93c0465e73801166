package policy

import (
	"fmt"
	"slices"
)

// Ground is what a row of a table rests on. Unlike a Clause it may rest on no
// rule of the pack, or on several.
type Ground struct {
	Rules      []string // ids, "A-16"; may be empty
	Document   string   // "2010A018"
	Section    string   // "Protocol 2"
	Confidence Confidence
}

// Coded is a code and its words for staff, in the pack's staff languages.
type Coded struct {
	ID   string // "studio_full"
	Name Text
}

func (n Coded) key() string { return n.ID }

// keyed is a row that is found by its id.
type keyed interface{ key() string }

func byID[T keyed](rows []T, id string) (T, bool) {
	i := slices.IndexFunc(rows, func(row T) bool { return row.key() == id })
	if i < 0 {
		var none T
		return none, false
	}
	return rows[i], true
}

func keys[T keyed](rows []T) []string {
	var out []string
	for _, row := range rows {
		out = append(out, row.key())
	}
	return out
}

// Unit is what a Span counts in.
type Unit string

// The units. A working day is a day that is no Saturday, Sunday or holiday.
const (
	UnitHours       Unit = "hours"
	UnitDays        Unit = "days"
	UnitWorkingDays Unit = "working_days"
	UnitWeeks       Unit = "weeks"
	UnitMonths      Unit = "months"
	UnitYears       Unit = "years"
)

// Span is a length of time in the words of its source: "3 months" is not 90
// days. The zero Span stands for none.
type Span struct {
	Amount int // from 1
	Unit   Unit
}

// IsZero says that there is no span.
func (s Span) IsZero() bool { return s == Span{} }

// String is the span for logs and tests, "3 months"; words for people are in
// locales.
func (s Span) String() string { return fmt.Sprintf("%d %s", s.Amount, s.Unit) }
