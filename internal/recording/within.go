package recording

import (
	"slices"
	"strconv"
	"strings"

	"verhaal/internal/recording/chunk"
)

// run is minutes of a recording, with the first and the last.
type run struct{ from, to uint64 }

// Within leaves of acts those about the recording as a whole and those about
// minutes of a stretch: who is given some minutes is not told when in the others
// somebody wept, or which of them others asked for.
func Within(acts []Acted, from, to uint32) []Acted {
	return slices.DeleteFunc(slices.Clone(acts), func(a Acted) bool {
		return a.minutes != nil && !slices.ContainsFunc(a.minutes, func(r run) bool { return r.from <= uint64(to) && r.to >= uint64(from) })
	})
}

// minutesOf finds the minutes that acts on a recording are about, asked in their
// order.
type minutesOf struct {
	marks  []Mark           // whose act was not met yet: each has one
	orders map[string][]run // what was asked for so far
}

// act gives the minutes of an act; nil for one about the whole.
func (m *minutesOf) act(kind string, facts map[string]string) (out []run) {
	switch {
	case kind == "recording.marked" && len(m.marks) > 0:
		at := m.marks[0].Mono / chunk.MinuteMS
		out, m.marks = []run{{at, at}}, m.marks[1:]
	case facts["minutes"] != "":
		out = readRuns(facts["minutes"], 1)
	case facts["seconds"] != "":
		out = readRuns(facts["seconds"], 60)
	case facts["ms"] != "":
		out = readRuns(facts["ms"], chunk.MinuteMS)
	}
	if order := facts["order"]; order != "" {
		if out == nil {
			return m.orders[order]
		}
		m.orders[order] = out
	}
	return out
}

// readRuns reads "3-5 9", in a unit of which so many are a minute.
func readRuns(text string, perMinute uint64) (out []run) {
	for one := range strings.FieldsSeq(text) {
		from, to, many := strings.Cut(one, "-")
		if !many {
			to = from
		}
		first, _ := strconv.ParseUint(from, 10, 64)
		last, _ := strconv.ParseUint(to, 10, 64)
		out = append(out, run{first / perMinute, last / perMinute})
	}
	return out
}
