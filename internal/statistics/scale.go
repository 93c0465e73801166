package statistics

import (
	"maps"
	"slices"
	"strconv"
	"strings"
)

// waits are the upper ends of the buckets of days, each a row; the last has none.
var waits = []int{0, 3, 7, 14, 30, 90}

// unknownWait is the row of what has no known day to count from.
const unknownWait = "waited.unknown"

// waited is the row of a number of days. A day before the report is one that
// was entered wrong: nothing can be said of it.
func waited(days int) string {
	if days < 0 {
		return unknownWait
	}
	i, _ := slices.BinarySearch(waits, days)
	return "waited." + strconv.Itoa(i)
}

func waitRows() []string {
	out := make([]string, len(waits)+1)
	for i := range out {
		out[i] = "waited." + strconv.Itoa(i)
	}
	return out
}

// rank is the place, from 1, of a percentile among n values in their order.
func rank(n, percent int) int { return (n*percent + 99) / 100 }

// percentiles are those that are shown.
var percentiles = []int{50, 90}

// tells says whether a percentile of n values may be shown: it is the value of
// one person, so enough others must be as high or higher.
func tells(n, percent int) bool {
	if percent == 50 {
		return n >= hideBelow
	}
	return n-rank(n, percent)+1 >= hideBelow
}

// aMedian is in front of the total row of a scale in a cell that stands for the
// scale's percentiles.
const aMedian = "~"

func isMedian(row string) bool { return strings.HasPrefix(row, aMedian) }

// moved are the medians, shown until now, that would lie in another bucket if
// the effects were real: aMedian and the total row of their scale.
func (h *hiding) moved(effects map[cell]int) []cell {
	out := map[cell]bool{}
	for of := range effects {
		for _, s := range h.scales {
			total := cell{of.desk, of.period, s.total}
			median := cell{of.desk, of.period, aMedian + s.total}
			if _, hidden := h.hidden[total]; hidden || effects[total] != 0 || h.blurred[median] || !slices.Contains(s.rows, of.row) {
				continue
			}
			if h.buckets(of, s, nil) != h.buckets(of, s, effects) {
				out[median] = true
			}
		}
	}
	return slices.SortedFunc(maps.Keys(out), byPlace)
}

// buckets are those in which the percentiles of a scale lie; -1 for one that
// is not shown.
func (h *hiding) buckets(at cell, s scale, effects map[cell]int) (out [2]int) {
	counts, n := make([]int, len(s.rows)), 0
	for i, row := range s.rows {
		c := cell{at.desk, at.period, row}
		counts[i] = h.values[c] + effects[c]
		n += counts[i]
	}
	for i, percent := range percentiles {
		out[i] = -1
		if !tells(n, percent) {
			continue
		}
		sum, want := 0, rank(n, percent)
		for b, count := range counts {
			if sum += count; sum >= want {
				out[i] = b
				break
			}
		}
	}
	return out
}
