package statistics

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

const q0 = Quarter(2025 * 4)

// randomCube is desks × quarters × two breakdowns of the same things, perhaps
// crossed (as deviations are by rule and reason), with counts small enough that
// much must be hidden, or large ones among them.
func randomCube(t *rapid.T) (*cube, Quarter) {
	levels := rapid.SampledFrom([][2]bool{{true, true}, {true, false}, {false, true}}).Draw(t, "levels")
	rows := waitRows()[:rapid.IntRange(2, 4).Draw(t, "rows")]
	c := newCube(rapid.IntRange(1, 3).Draw(t, "desks"), levels[0], levels[1], scale{"all", rows})
	crossed := rapid.Bool().Draw(t, "crossed")
	most := rapid.SampledFrom([]int{1, 3, 8, 30}).Draw(t, "most")
	last := q0 + Quarter(rapid.IntRange(0, 5).Draw(t, "last"))
	for d := range c.desks {
		for q := q0; q <= last; q++ {
			for _, wait := range rows {
				for _, kind := range []string{"kind.a", "kind.b"} {
					for range rapid.IntRange(0, most).Draw(t, "n") {
						if crossed {
							c.add(d, q, "all", wait, wait+"."+kind, kind)
						} else {
							c.add(d, q, "all", wait, kind)
						}
					}
				}
			}
		}
	}
	return c, last
}

func published(c *cube, last Quarter) []cell {
	seen := map[cell]bool{}
	rows := map[string]bool{}
	for _, atoms := range c.counts {
		for a := range atoms {
			for _, row := range a.rows() {
				rows[row] = true
			}
		}
	}
	nodes := []int{0}
	if c.desks > 1 {
		nodes = append(c.parts(everyDesk), everyDesk)
	}
	for q := q0; q <= last; q++ {
		for row := range rows {
			for _, d := range nodes {
				if c.quarters {
					seen[cell{d, Period{Quarter: q}, row}] = true
				}
				if c.years && q%4 == 3 {
					seen[cell{d, year(q), row}] = true
				}
			}
		}
	}
	return slices.SortedFunc(maps.Keys(seen), byPlace)
}

func TestNoHiddenCountFollowsFromWhatIsShown(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c, last := randomCube(t)
		h := c.hide(last)
		all := published(c, last)
		var shown, hidden []cell
		for _, of := range all {
			n := c.value(of)
			_, kept := h.hidden[of]
			if n > 0 && n < hideBelow && !kept {
				t.Fatalf("%v is shown with %d", of, n)
			}
			if kept && n == 0 {
				t.Fatalf("%v is a zero that is hidden", of)
			}
			if kept {
				hidden = append(hidden, of)
			} else {
				shown = append(shown, of)
			}
		}
		// Another state of the world that shows the same, counted anew.
		for _, of := range hidden {
			other := c.with(h.hidden[of])
			if other.value(of) == c.value(of) {
				t.Fatalf("%v: the witness leaves it at %d", of, c.value(of))
			}
			for _, s := range shown {
				if other.value(s) != c.value(s) {
					t.Fatalf("%v: the witness shows another %v", of, s)
				}
			}
			for _, s := range hidden {
				if other.value(s) < 1 {
					t.Fatalf("%v: the witness takes %v to %d", of, s, other.value(s))
				}
			}
			for at, atoms := range other.counts {
				for a, n := range atoms {
					if n < 0 {
						t.Fatalf("%v: the witness has %d of %s at %v", of, n, a, at)
					}
				}
			}
			for _, s := range shown {
				if s.row == "all" && !h.blurred[cell{s.desk, s.period, aMedian + "all"}] {
					if a, b := h.buckets(s, h.scales[0], nil), (&hiding{cube: other, values: other.valuesOf(all)}).buckets(s, h.scales[0], nil); a != b {
						t.Fatalf("%v: the witness has medians in %v, not %v, of %v", of, b, a, s)
					}
				}
			}
		}
		// And no sums and differences of what is shown give one, by an algebra that
		// knows nothing of witnesses.
		span := newSpan(c, all)
		for _, s := range shown {
			span.add(span.row(s))
		}
		for _, of := range hidden {
			if span.has(span.row(of)) {
				t.Fatalf("%v follows from what is shown", of)
			}
		}
	})
}

func TestWhatAQuarterShowedIsNeverHiddenLater(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c, last := randomCube(t)
		before := c.hide(last - 1)
		after := c.hide(last)
		for _, of := range published(c, last-1) {
			_, then := before.hidden[of]
			_, now := after.hidden[of]
			if then != now {
				t.Fatalf("%v: hidden %v a quarter ago, %v now", of, then, now)
			}
		}
		for of := range before.blurred {
			if !after.blurred[of] {
				t.Fatalf("%v: its median comes back", of)
			}
		}
	})
}

// TestOfASmallTableEveryStateThatShowsTheSameIsTried counts them all.
func TestOfASmallTableEveryStateThatShowsTheSameIsTried(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		rows := []string{"kind.a", "kind.b", "kind.c"}
		counts := rapid.SliceOfN(rapid.IntRange(0, 9), 3, 3).Draw(t, "counts")
		fill := func(counts []int) *cube {
			c := newCube(1, true, true)
			for i, n := range counts {
				for range n {
					c.add(0, q0, "all", rows[i])
				}
			}
			return c
		}
		c := fill(counts)
		h := c.hide(q0)
		all := published(c, q0)
		seen := map[cell]map[int]bool{}
		for x := range 4096 {
			other := fill([]int{x % 16, x / 16 % 16, x / 256})
			same := true
			for _, of := range all {
				_, kept := h.hidden[of]
				same = same && (kept && other.value(of) > 0 || !kept && other.value(of) == c.value(of))
			}
			if !same {
				continue
			}
			for of := range h.hidden {
				if seen[of] == nil {
					seen[of] = map[int]bool{}
				}
				seen[of][other.value(of)] = true
			}
		}
		for of := range h.hidden {
			if len(seen[of]) < 2 {
				t.Fatalf("%v of %v can only be %v", of, counts, seen[of])
			}
		}
	})
}

func TestWhatIsHiddenInATypicalTable(t *testing.T) {
	c := newCube(1, true, true)
	for row, n := range map[string]int{"kind.a": 40, "kind.b": 3, "kind.c": 7, "kind.d": 0} {
		for range n {
			c.add(0, q0, "all", row)
		}
	}
	h := c.hide(q0)
	var kept []string
	for of := range h.hidden {
		kept = append(kept, of.row)
	}
	slices.Sort(kept)
	if got := strings.Join(kept, " "); got != "kind.b kind.c" {
		t.Errorf("hidden are %s: a 3 needs a neighbour, and the total may stay", got)
	}
}

// with is the cube in the state of the world that a witness tells of.
func (c *cube) with(w witness) *cube {
	other := newCube(c.desks, c.quarters, c.years, c.scales...)
	for at, atoms := range c.counts {
		other.counts[at] = maps.Clone(atoms)
	}
	for _, s := range w {
		if other.counts[s.place] == nil {
			other.counts[s.place] = map[atom]int{}
		}
		other.counts[s.place][s.atom] += s.by
	}
	return other
}

func (c *cube) valuesOf(all []cell) map[cell]int {
	out := map[cell]int{}
	for _, of := range all {
		out[of] = c.value(of)
	}
	return out
}

// span is the space of all sums and differences of rows, over a prime field.
type span struct {
	*cube
	columns map[string]int
	basis   map[int][]int64 // by the first column that is not 0
}

const prime = 2147483647

func newSpan(c *cube, all []cell) *span {
	s := &span{c, map[string]int{}, map[int][]int64{}}
	for _, of := range all {
		for _, d := range c.parts(of.desk) {
			for _, q := range of.period.parts() {
				for _, atoms := range c.counts {
					for a := range atoms {
						name := fmt.Sprint(d, q, a)
						if _, ok := s.columns[name]; !ok {
							s.columns[name] = len(s.columns)
						}
					}
				}
			}
		}
	}
	return s
}

func (s *span) row(of cell) []int64 {
	out := make([]int64, len(s.columns))
	for _, d := range s.parts(of.desk) {
		for _, q := range of.period.parts() {
			for _, atoms := range s.counts {
				for a := range atoms {
					if a.in(of.row) {
						out[s.columns[fmt.Sprint(d, q, a)]] = 1
					}
				}
			}
		}
	}
	return out
}

func (s *span) reduce(v []int64) (first int) {
	for i := range v {
		if v[i] == 0 {
			continue
		}
		b := s.basis[i]
		if b == nil {
			return i
		}
		k := v[i]
		for j := i; j < len(v); j++ {
			v[j] = ((v[j]-k*b[j])%prime + prime) % prime
		}
	}
	return -1
}

func (s *span) add(v []int64) {
	i := s.reduce(v)
	if i < 0 {
		return
	}
	inverse := int64(1)
	for e, b := prime-2, v[i]; e > 0; e, b = e/2, b*b%prime {
		if e%2 == 1 {
			inverse = inverse * b % prime
		}
	}
	for j := range v {
		v[j] = v[j] * inverse % prime
	}
	s.basis[i] = v
}

func (s *span) has(v []int64) bool { return s.reduce(v) < 0 }
