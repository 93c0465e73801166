package statistics

import (
	"cmp"
	"maps"
	"slices"
)

// Counts of 1 to 4 are not shown, and neither are others from which they could
// be worked out: a row's other figures, totals, the sum over desks, the year a
// quarter is part of. What is hidden for the one reason looks like what is
// hidden for the other, for the difference would tell too.
//
// Each hidden count has a witness: a few things more here and fewer there that
// change it, no count that is shown and no median's bucket, and leave every hidden
// count at 1 or more. So there are at least two states of the world that show
// the same, and the reader can't tell which it is. Zeros are shown: that
// nothing was done points to nobody.
//
// A period is published when it is over, so periods are protected in their
// order, and what one of them shows is never hidden because of a later one:
// who kept last quarter's tables learns nothing more from this quarter's.

// step is one thing more or less of an atom at a place.
type step struct {
	place
	atom atom
	by   int
}

// witness is steps that together change no count that is shown.
type witness []step

// hiding is what a cube keeps back.
type hiding struct {
	*cube
	values map[cell]int     // of everything published so far, above zero
	hidden map[cell]witness // counts
	// alone are the witnesses of quarters that need no other quarter.
	alone   map[cell]witness
	blurred map[cell]bool // medians, by the total row of their scale
	// fresh are the periods that are published now: only these may still hide more.
	fresh map[Period]bool
	done  map[Period]bool // published before or now
}

// hide protects a cube up to the last whole quarter.
func (c *cube) hide(last Quarter) *hiding {
	h := &hiding{c, map[cell]int{}, map[cell]witness{}, map[cell]witness{}, map[cell]bool{}, nil, map[Period]bool{}}
	first, newest := c.span()
	for q := first - first%4; q <= min(newest-newest%4+3, last); q++ {
		if c.quarters {
			h.publish(q, Period{Quarter: q}, false)
		}
		if c.years && q%4 == 3 {
			h.publish(q, year(q), true)
		}
	}
	return h
}

func (h *hiding) publish(q Quarter, p Period, years bool) {
	fresh := h.cube.values(q, years)
	maps.Copy(h.values, fresh)
	h.fresh, h.done[p] = map[Period]bool{p: true}, true
	var small []cell
	for c, n := range fresh {
		if n < hideBelow {
			small = append(small, c)
			h.hidden[c] = nil
		}
	}
	// A year takes away what kept its quarters apart from their sum.
	if years {
		for c := range h.hidden {
			if !c.period.Whole && year(c.period.Quarter) == p {
				small = append(small, c)
			}
		}
	}
	slices.SortFunc(small, byPlace)
	safe := map[cell]bool{}
	for _, c := range small {
		if safe[c] {
			continue
		}
		w, needs := h.cheapest(c)
		for _, need := range needs {
			if isMedian(need.row) {
				h.blurred[need] = true
			} else {
				h.hidden[need] = w
			}
		}
		for of := range h.effects(w) {
			h.hidden[of], safe[of] = w, true
			if !years {
				h.alone[of] = w
			}
		}
	}
}

func byPlace(a, b cell) int {
	return cmp.Or(cmp.Compare(a.period.Quarter, b.period.Quarter), cmp.Compare(a.desk, b.desk), cmp.Compare(a.row, b.row), cmp.Compare(len(a.period.String()), len(b.period.String())))
}

// cheapest finds a witness for a cell, and what must be hidden with it.
func (h *hiding) cheapest(c cell) (best witness, needs []cell) {
	cost := -1
	try := func(w witness) {
		also, price, ok := h.allows(c, w)
		if ok && (cost < 0 || price < cost) {
			best, needs, cost = w, also, price
		}
	}
	// What kept a quarter apart still does when the year hides what it changes
	// in it, so there is always a witness.
	for _, q := range c.period.parts() {
		if w := h.alone[cell{c.desk, Period{Quarter: q}, c.row}]; w != nil {
			try(w)
		}
	}
	for w := range h.moves(c) {
		if try(w); cost == 0 {
			break
		}
	}
	return best, needs
}

// effects are the published counts that a witness changes, and by how much.
func (h *hiding) effects(w witness) map[cell]int {
	out := map[cell]int{}
	for _, s := range w {
		for _, p := range []Period{{Quarter: s.quarter}, year(s.quarter)} {
			if !h.done[p] {
				continue
			}
			for _, row := range s.atom.rows() {
				for _, node := range h.nodes(s.desk) {
					c := cell{node, p, row}
					if out[c] += s.by; out[c] == 0 {
						delete(out, c)
					}
				}
			}
		}
	}
	return out
}

// allows says whether a witness proves that c could be another number, what must
// be hidden for it and at what price: what is lost to the reader.
func (h *hiding) allows(c cell, w witness) (needs []cell, price int, ok bool) {
	for _, s := range w {
		if s.by < 0 && h.counts[s.place][s.atom] < -s.by {
			return nil, 0, false
		}
	}
	effects := h.effects(w)
	if effects[c] == 0 {
		return nil, 0, false
	}
	for of, by := range effects {
		now := h.values[of]
		if now == 0 || now+by < 1 {
			return nil, 0, false
		}
		if _, hidden := h.hidden[of]; hidden {
			continue
		}
		if !h.fresh[of.period] {
			return nil, 0, false
		}
		needs, price = append(needs, of), price+now+hideBelow
	}
	for _, of := range h.moved(effects) {
		if !h.fresh[of.period] {
			return nil, 0, false
		}
		needs, price = append(needs, of), price+4*hideBelow
	}
	return needs, price, true
}
