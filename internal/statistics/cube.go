package statistics

import (
	"maps"
	"slices"
	"strings"
)

// everyDesk stands for all desks of a cube together.
const everyDesk = -1

// hideBelow is the smallest count that is shown; 0 is always shown.
const hideBelow = 5

// cell is one count that a table shows: of a desk (or everyDesk), in a period,
// in a row.
type cell struct {
	desk   int
	period Period
	row    string
}

// atom is the set of rows that one thing counts in, such as "all first
// waited.3", in the order that it was counted with.
type atom string

func (a atom) rows() []string { return strings.Split(string(a), " ") }

func (a atom) in(row string) bool { return slices.Contains(a.rows(), row) }

// cube counts things by desk and quarter. What it shows is every row for each
// desk and all together, in each quarter and in each whole year.
type cube struct {
	desks int
	// level of detail in time.
	quarters, years bool
	// scales are the rows of which a median is shown too.
	scales []scale
	counts map[place]map[atom]int
}

type place struct {
	desk    int
	quarter Quarter
}

// scale is an ordered list of rows with the row of which they are the parts.
type scale struct {
	total string
	rows  []string
}

func newCube(desks int, quarters, years bool, scales ...scale) *cube {
	return &cube{desks, quarters, years, scales, map[place]map[atom]int{}}
}

// add counts one thing in all of its rows.
func (c *cube) add(desk int, q Quarter, rows ...string) {
	at := place{desk, q}
	if c.counts[at] == nil {
		c.counts[at] = map[atom]int{}
	}
	c.counts[at][atom(strings.Join(rows, " "))]++
}

// value is the count of a cell.
func (c *cube) value(of cell) int {
	n := 0
	for _, d := range c.parts(of.desk) {
		for _, q := range of.period.parts() {
			for a, count := range c.counts[place{d, q}] {
				if a.in(of.row) {
					n += count
				}
			}
		}
	}
	return n
}

func (c *cube) parts(desk int) []int {
	if desk != everyDesk {
		return []int{desk}
	}
	all := make([]int, c.desks)
	for i := range all {
		all[i] = i
	}
	return all
}

// nodes are the desks that a desk is shown in: itself and, where there are
// several, all together.
func (c *cube) nodes(desk int) []int {
	if c.desks == 1 {
		return []int{desk}
	}
	return []int{desk, everyDesk}
}

// values is every count above zero of the periods that end with a quarter.
func (c *cube) values(q Quarter, years bool) map[cell]int {
	out := map[cell]int{}
	add := func(of Quarter, p Period) {
		for d := range c.desks {
			for a, n := range c.counts[place{d, of}] {
				for _, row := range a.rows() {
					for _, node := range c.nodes(d) {
						out[cell{node, p, row}] += n
					}
				}
			}
		}
	}
	if !years {
		add(q, Period{Quarter: q})
		return out
	}
	for _, part := range year(q).parts() {
		add(part, year(q))
	}
	return out
}

// span is the first and the last quarter in which anything was counted.
func (c *cube) span() (first, last Quarter) {
	all := slices.Collect(maps.Keys(c.counts))
	if len(all) == 0 {
		return 0, -1
	}
	byQuarter := func(a, b place) int { return int(a.quarter - b.quarter) }
	return slices.MinFunc(all, byQuarter).quarter, slices.MaxFunc(all, byQuarter).quarter
}
