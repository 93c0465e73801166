package planner

import (
	"math/bits"
	"time"
)

// Tick is the grain of the calendar: everything begins and ends on a quarter.
const Tick = 15 * time.Minute

// ticks is a row of quarters, one bit each, set where somebody is free or a
// start is possible.
type ticks []uint64

func newTicks(n int) ticks { return make(ticks, (n+63)/64) }

func (t ticks) has(i int) bool {
	return i >= 0 && i < len(t)*64 && t[i/64]&(1<<(i%64)) != 0
}

// set fills [from, to) with one value.
func (t ticks) set(from, to int, value bool) {
	from, to = max(from, 0), min(to, len(t)*64)
	for i := from; i < to; {
		word, at := i/64, i%64
		n := min(64-at, to-i)
		mask := (^uint64(0) >> (64 - n)) << at
		if value {
			t[word] |= mask
		} else {
			t[word] &^= mask
		}
		i += n
	}
}

func (t ticks) clone() ticks { return append(ticks(nil), t...) }

func (t ticks) and(other ticks) {
	for i := range t {
		t[i] &= other[i]
	}
}

func (t ticks) or(other ticks) {
	for i := range t {
		t[i] |= other[i]
	}
}

// andSooner keeps bit i only where bit i+n is set too.
func (t ticks) andSooner(n int) {
	words, rest := n/64, n%64
	for i := range t {
		var word uint64
		if i+words < len(t) {
			word = t[i+words] >> rest
		}
		if rest > 0 && i+words+1 < len(t) {
			word |= t[i+words+1] << (64 - rest)
		}
		t[i] &= word
	}
}

// later gives bit i the value of bit i-n.
func (t ticks) later(n int) ticks {
	out := make(ticks, len(t))
	words, rest := n/64, n%64
	for i := range out {
		if i >= words {
			out[i] = t[i-words] << rest
		}
		if rest > 0 && i > words {
			out[i] |= t[i-words-1] >> (64 - rest)
		}
	}
	return out
}

// starts says where n quarters in a row are set: bit i when [i, i+n) all are.
func (t ticks) starts(n int) ticks {
	out := t.clone()
	for have := 1; have < n; {
		step := min(have, n-have)
		out.andSooner(step)
		have += step
	}
	return out
}

// around says where somebody is free from before quarters ahead of a start
// until after quarters behind its end.
func (t ticks) around(length, before, after int) ticks {
	return t.starts(before + length + after).later(before)
}

// each calls f with every set bit, in order, until it returns false.
func (t ticks) each(f func(i int) bool) {
	for w, word := range t {
		for word != 0 {
			if !f(w*64 + bits.TrailingZeros64(word)) {
				return
			}
			word &= word - 1
		}
	}
}

// horizon is the time that a search looks at, cut into quarters: whole days of
// the installation's time zone.
type horizon struct {
	base  time.Time // midnight of the first day
	n     int       // quarters
	days  []string  // YYYY-MM-DD
	first []int     // the first quarter of each day; one more than days
}

// newHorizon spans days from the day of from until that of until, both
// included, in the time zone of from.
func newHorizon(from, until time.Time) horizon {
	zone := from.Location()
	at := time.Date(from.Year(), from.Month(), from.Day(), 0, 0, 0, 0, zone)
	h := horizon{base: at}
	for !at.After(until) {
		h.days = append(h.days, at.Format(time.DateOnly))
		h.first = append(h.first, h.index(at))
		at = time.Date(at.Year(), at.Month(), at.Day()+1, 0, 0, 0, 0, zone)
	}
	h.n = h.index(at)
	h.first = append(h.first, h.n)
	return h
}

// index is the quarter that t falls in; it may lie outside.
func (h horizon) index(t time.Time) int { return quarter(t.Unix() - h.base.Unix()) }

// indexUp is the first quarter that begins at t or later.
func (h horizon) indexUp(t time.Time) int {
	after := t.Unix() - h.base.Unix()
	if t.Nanosecond() > 0 {
		after++
	}
	return -quarter(-after)
}

// quarter is a number of seconds as whole quarters, rounded down.
func quarter(seconds int64) int {
	const tick = int64(Tick / time.Second)
	n := seconds / tick
	if seconds < n*tick {
		n--
	}
	return int(n)
}

func (h horizon) at(i int) time.Time { return h.base.Add(time.Duration(i) * Tick) }

// open is when hours say yes.
func (h horizon) open(w Hours) ticks {
	out := newTicks(h.n)
	zone := h.base.Location()
	for _, name := range h.days {
		day, err := time.ParseInLocation(time.DateOnly, name, zone)
		if err != nil || !w.Days[day.Weekday()] {
			continue
		}
		at := func(minutes int) time.Time {
			return time.Date(day.Year(), day.Month(), day.Day(), 0, minutes, 0, 0, zone)
		}
		out.set(h.indexUp(at(w.From)), h.index(at(w.To)), true)
	}
	return out
}

// without takes times out of what is free: a quarter that is touched is gone.
func (h horizon) without(free ticks, busy []Span) ticks {
	out := free.clone()
	for _, s := range busy {
		out.set(h.index(s.Start), h.indexUp(s.End), false)
	}
	return out
}
