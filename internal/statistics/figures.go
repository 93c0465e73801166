package statistics

import (
	"cmp"
	"maps"
	"slices"
	"strings"
)

// Figures is what may be shown, as it was at the end of a quarter. It does not
// change and is safe for concurrent use.
type Figures struct {
	Last   Quarter // the newest that is over
	seats  map[string]seat
	topics map[string]*shown
	parts  []part
}

type shown struct {
	cubes []*hiding
	days  map[sample]map[int]int
}

// part is one table: some rows of a topic that together make up its total.
type part struct {
	name, topic, total string
	rows               []string
	scaled             bool   // its rows are a scale
	each               string // its rows are whatever begins so, in place of rows
	now                bool   // of the last quarter's end alone
}

func parts(withSearches, withRecordings bool) []part {
	count := func(row string, from, to int) (out []string) {
		for i := from; i <= to; i++ {
			out = append(out, numbered(row, i, to))
		}
		return out
	}
	withUnknown := append(waitRows(), unknownWait)
	out := []part{
		{name: "contact", topic: contacts, total: "all", rows: waitRows(), scaled: true},
		{name: "waiting", topic: waiting, total: "all", rows: waitRows(), now: true},
		{name: "talk", topic: talks, total: "all", rows: withUnknown, scaled: true},
		{name: "first", topic: interviews, total: "first", rows: withUnknown, scaled: true},
		{name: "number", topic: interviews, total: "all", rows: count("nth", 1, 4)},
		{name: "victims", topic: victims, total: "all", rows: count("number", 0, 4)},
		{name: "repeat", topic: interviews, total: "all", rows: []string{"repeat.none", "repeat.explained", "repeat.unexplained"}},
		{name: "people", topic: interviews, total: "minor", rows: []string{"people.same", "people.explained", "people.unexplained"}},
		{name: "asked", topic: deviations, total: "asked", each: "asked."},
		{name: "why", topic: deviations, total: "asked", each: "why."},
		{name: "signed", topic: deviations, total: "signed", each: "signed."},
		{name: "refused", topic: deviations, total: "refused", each: "refused."},
	}
	ended := []string{"worked", "failed"}
	if withSearches {
		out = append(out, part{name: "studios", topic: studios, total: "all", rows: ended})
	}
	if withRecordings {
		out = append(out, part{name: "recordings", topic: recordings, total: "all", rows: ended})
	}
	return out
}

func (t *tally) figures(withSearches, withRecordings bool) *Figures {
	f := &Figures{Last: t.last, seats: t.seats, topics: map[string]*shown{}, parts: parts(withSearches, withRecordings)}
	for name, topic := range t.topics {
		s := &shown{days: topic.days}
		for _, c := range topic.cubes {
			s.cubes = append(s.cubes, c.hide(t.last))
		}
		f.topics[name] = s
	}
	return f
}

// Quarters are those of which there may be figures, the newest first.
func (f *Figures) Quarters() []Quarter {
	var out []Quarter
	for q := f.Last; q.Year() > f.Last.Year()-years; q-- {
		out = append(out, q)
	}
	return out
}

// Periods are what a desk ("" = all that are not walled) shows from one quarter to another: the
// quarters and the whole calendar years between them; of a walled desk the years alone.
func (f *Figures) Periods(desk string, from, to Quarter, quarters bool) []Period {
	var out []Period
	for q := from; q <= to; q++ {
		if quarters && !f.Walled(desk) {
			out = append(out, Period{Quarter: q})
		}
		if q%4 == 3 && q-3 >= from {
			out = append(out, year(q))
		}
	}
	return out
}

// Walled says whether a desk is counted apart and by years only.
func (f *Figures) Walled(desk string) bool { return f.seats[desk].cube > 0 }

// Count is one figure.
type Count struct {
	N      int
	Hidden bool // 1 to 4, or one from which such a count could be worked out; then N is 0
	None   bool // there is no such figure: too few values, or none; then N is 0
}

// Row is the counts of one row, one for each period.
type Row struct {
	Name   string // "waited.3", "nth.2", "asked.S-19", "asked.S-19.equipment"; see docs/managers.md
	Part   bool   // of the last row before it that is none: what it counts, that one counts too
	Counts []Count
}

// Table is one table of a topic.
type Table struct {
	Name    string // "contact", "first"
	Periods []Period
	Rows    []Row
	Total   Row
	// Of days: empty where the table is not about days.
	Median, P90 []Count
	Months      []Month
}

// Month is the median of the days of one month.
type Month struct {
	Name   string // "2026-03"
	Median Count
}

// Tables are those of a desk ("" = all that are not walled) in periods that
// Periods gave, in the order of a case; none of a desk that was not counted.
func (f *Figures) Tables(desk string, periods []Period) []Table {
	var out []Table
	if _, known := f.seats[desk]; desk != "" && !known {
		return nil
	}
	for _, p := range f.parts {
		if p.now && f.Walled(desk) {
			continue
		}
		columns := periods
		if p.now {
			columns = []Period{{Quarter: f.Last}}
		}
		out = append(out, f.table(p, desk, columns))
	}
	return out
}

func (f *Figures) table(p part, desk string, periods []Period) Table {
	s := f.topics[p.topic]
	at := f.seats[desk]
	if desk == "" {
		at = seat{0, everyDesk}
		if s.cubes[0].desks == 1 {
			at.desk = 0
		}
	}
	h := s.cubes[at.cube]
	t := Table{Name: p.name, Periods: periods, Total: h.row(p.total, at.desk, periods)}
	rows := p.rows
	if p.each != "" {
		rows = h.rows(p.each, at.desk, periods)
	}
	for _, row := range rows {
		t.Rows = append(t.Rows, h.row(row, at.desk, periods))
	}
	if !p.scaled || at.cube > 0 {
		return t
	}
	for _, of := range periods {
		days := s.merged(at, of, p.total)
		t.Median = append(t.Median, h.percentile(days, at.desk, of, p.total, 50))
		t.P90 = append(t.P90, h.percentile(days, at.desk, of, p.total, 90))
		if of.Whole {
			continue
		}
		for m := month(of.Quarter * 3); m < month(of.Quarter*3+3); m++ {
			days, median := s.of(at, m, p.total), Count{None: true}
			// Enough on both sides of it, for a month has no counts beside it.
			if total(days) >= 2*hideBelow {
				median = h.percentile(days, at.desk, of, p.total, 50)
			}
			t.Months = append(t.Months, Month{m.String(), median})
		}
	}
	return t
}

func (h *hiding) row(name string, desk int, periods []Period) Row {
	out := Row{Name: name, Part: strings.Count(name, ".") == 2}
	for _, p := range periods {
		c := cell{desk, p, name}
		if _, hidden := h.hidden[c]; hidden {
			out.Counts = append(out.Counts, Count{Hidden: true})
		} else {
			out.Counts = append(out.Counts, Count{N: h.values[c]})
		}
	}
	return out
}

// rows are the names that begin with a prefix and count anything in the periods.
func (h *hiding) rows(prefix string, desk int, periods []Period) []string {
	found := map[string]bool{}
	for c := range h.values {
		if c.desk == desk && strings.HasPrefix(c.row, prefix) && slices.Contains(periods, c.period) {
			found[c.row] = true
		}
	}
	return slices.Sorted(maps.Keys(found))
}

// percentile is that of some days, when the total they belong to is shown.
func (h *hiding) percentile(days map[int]int, desk int, p Period, of string, percent int) Count {
	n := total(days)
	_, hidden := h.hidden[cell{desk, p, of}]
	if hidden || h.blurred[cell{desk, p, aMedian + of}] || !tells(n, percent) {
		return Count{None: true}
	}
	left := rank(n, percent)
	for _, d := range slices.SortedFunc(maps.Keys(days), cmp.Compare[int]) {
		if left -= days[d]; left <= 0 {
			return Count{N: d}
		}
	}
	return Count{None: true}
}

func total(days map[int]int) int {
	n := 0
	for _, count := range days {
		n += count
	}
	return n
}

// of is the days of a desk, or of all, in a month.
func (s *shown) of(at seat, m month, of string) map[int]int {
	out := map[int]int{}
	for _, d := range s.cubes[0].parts(at.desk) {
		for days, n := range s.days[sample{seat{0, d}, m, of}] {
			out[days] += n
		}
	}
	return out
}

// merged is the days of all months of a period.
func (s *shown) merged(at seat, p Period, of string) map[int]int {
	out := map[int]int{}
	for _, q := range p.parts() {
		for m := month(q * 3); m < month(q*3+3); m++ {
			for days, n := range s.of(at, m, of) {
				out[days] += n
			}
		}
	}
	return out
}
