package casefile

import (
	"net/url"
	"slices"
	"strconv"
	"strings"

	"verhaal/internal/fault"
	"verhaal/internal/policy"
)

// earlierFact is the list of interviews that a person had elsewhere. The rules on
// a further one rest on it, so no row goes, or says less, but as a Correction.
const earlierFact = "earlier"

// correctionReasons are the codes of why a row is taken off the list or lessened.
var correctionReasons = []string{"mistyped", "entered_twice", "other_person", "not_held"}

// CorrectionReasons lists them.
func CorrectionReasons() []string { return slices.Clone(correctionReasons) }

// Correction says of rows of the earlier interviews, as Lessened names them, why
// they go or say less; without a reason it corrects nothing.
type Correction struct {
	Why  string // one of CorrectionReasons
	Rows []string
}

// Lessened is a change that takes earlier interviews away, or part of what is
// known of them: the recording level, who asked, about what. Rows names them by
// day, agency and level.
type Lessened struct{ Rows []string }

// Error implements error.
func (l Lessened) Error() string { return "earlier interviews would be lessened" }

// Unwrap makes it Refused, with "case.fault.earlier_lessened".
func (l Lessened) Unwrap() error {
	return fault.New(fault.Refused, "case.fault.earlier_lessened", "earlier interviews go only as a correction")
}

// check gives the rows that a change of the earlier interviews lessens, each
// named by the correction; else it is Lessened.
func (c Correction) check(known, fields url.Values) ([]string, error) {
	rows := lessened(known, fields)
	switch {
	case len(rows) == 0:
		return nil, nil
	case c.Why != "" && !slices.Contains(correctionReasons, c.Why):
		return nil, fault.New(fault.BadInput, "case.fault.why", "no reason of the list")
	case c.Why == "" || slices.ContainsFunc(rows, func(row string) bool { return !slices.Contains(c.Rows, row) }):
		return nil, Lessened{rows}
	}
	return rows, nil
}

// lessened names the rows of known that fields leave out, or of which they say
// less. What was not known may be filled in, and a level may rise.
func lessened(known, fields url.Values) (out []string) {
	left := policy.Rows(fields, earlierFact)
	if fields.Get(earlierFact+".none") != "" {
		left = nil
	}
	for _, i := range policy.Rows(known, earlierFact) {
		was := earlierRow(known, i)
		// The row of the same number first: others are looked at where rows moved.
		n := slices.IndexFunc(left, func(j int) bool { return j == i && was.standsIn(earlierRow(fields, j)) })
		if n < 0 {
			n = slices.IndexFunc(left, func(j int) bool { return was.standsIn(earlierRow(fields, j)) })
		}
		if n < 0 {
			out = append(out, was.name())
			continue
		}
		left = slices.Delete(left, n, n+1)
	}
	return out
}

// heldElsewhere is a row of the earlier interviews by its columns.
type heldElsewhere func(column string) string

func earlierRow(fields url.Values, i int) heldElsewhere {
	return func(column string) string {
		return strings.TrimSpace(fields.Get(earlierFact + "." + strconv.Itoa(i) + "." + column))
	}
}

func (h heldElsewhere) name() string {
	return strings.Join(slices.DeleteFunc([]string{h("date"), h("agency"), h("level")}, func(s string) bool { return s == "" }), " ")
}

// standsIn says whether a row says all that this one said.
func (h heldElsewhere) standsIn(now heldElsewhere) bool {
	for _, column := range []string{"date", "agency"} {
		if h(column) != "" && !strings.EqualFold(h(column), now(column)) {
			return false
		}
	}
	levels := []string{"", policy.LevelNone, policy.LevelAudio, policy.LevelVideo}
	if slices.Index(levels, now("level")) < slices.Index(levels, h("level")) {
		return false
	}
	for _, column := range []string{"interviewers", "topics"} {
		codes := func(row heldElsewhere) []string {
			return codesIn(strings.ReplaceAll(strings.ToLower(row(column)), " ", ""))
		}
		kept := codes(now)
		if slices.ContainsFunc(codes(h), func(code string) bool { return !slices.Contains(kept, code) }) {
			return false
		}
	}
	return true
}
