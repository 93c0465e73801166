package statistics

import (
	"cmp"
	"slices"
)

// moves are the witnesses to try for a cell: something more or less in its row;
// moved to or from another row of the same desk and quarter; and the reverse
// at another desk or in another quarter of the same year, so that sums stay.
func (h *hiding) moves(c cell) func(yield func(witness) bool) {
	return func(yield func(witness) bool) {
		for _, d := range h.parts(c.desk) {
			for _, q := range c.period.parts() {
				here := place{d, q}
				for _, in := range h.most(here, c.row) {
					for _, to := range append([]atom{""}, h.nearest(here, in, c.row)...) {
						for _, there := range append([]place{here}, h.elsewhere(c, here)...) {
							for _, by := range []int{1, -1} {
								if !yield(swap(here, there, in, to, by)) {
									return
								}
							}
						}
					}
				}
			}
		}
	}
}

func swap(here, there place, in, to atom, by int) witness {
	w := witness{{here, in, by}}
	if to != "" {
		w = append(w, step{here, to, -by})
	}
	if there == here {
		return w
	}
	for _, s := range w {
		w = append(w, step{there, s.atom, -s.by})
	}
	return w
}

// elsewhere are the places of which a reverse can keep sums as they are.
func (h *hiding) elsewhere(c cell, here place) []place {
	var out []place
	desks, quarters := []int{here.desk}, []Quarter{here.quarter}
	if c.desk != everyDesk {
		desks = h.parts(everyDesk)
	}
	// Before its year is out, a quarter must be safe without the others: they
	// are what the year falls back on.
	if !c.period.Whole && h.done[year(c.period.Quarter)] {
		quarters = year(c.period.Quarter).parts()
	}
	for _, d := range desks {
		for _, q := range quarters {
			if there := (place{d, q}); there != here {
				out = append(out, there)
			}
		}
	}
	return out
}

// Enough to find a cheap witness; the search is greedy, not the best there is.
const (
	maxFrom = 3
	maxTo   = 12
)

// most are the atoms of a row with the highest counts at a place.
func (h *hiding) most(at place, row string) []atom {
	return h.sorted(at, maxFrom, func(a atom) (int, bool) { return 0, a.in(row) })
}

// nearest are the atoms outside of row that share most other rows with a.
func (h *hiding) nearest(at place, a atom, row string) []atom {
	own := a.rows()
	return h.sorted(at, maxTo, func(b atom) (int, bool) {
		far := 0
		for _, r := range b.rows() {
			if !slices.Contains(own, r) {
				far++
			}
		}
		return far, !b.in(row)
	})
}

func (h *hiding) sorted(at place, most int, rank func(atom) (far int, ok bool)) []atom {
	type ranked struct {
		atom
		far, n int
	}
	var all []ranked
	for a, n := range h.counts[at] {
		if far, ok := rank(a); ok {
			all = append(all, ranked{a, far, n})
		}
	}
	slices.SortFunc(all, func(a, b ranked) int {
		return cmp.Or(cmp.Compare(a.far, b.far), cmp.Compare(b.n, a.n), cmp.Compare(a.atom, b.atom))
	})
	out := make([]atom, 0, most)
	for _, r := range all[:min(most, len(all))] {
		out = append(out, r.atom)
	}
	return out
}
