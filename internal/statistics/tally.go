package statistics

import (
	"strconv"
	"time"
)

// The topics of which there are figures. All are counted in the quarter in
// which the thing itself was recorded, so that a quarter that is over does not change.
const (
	contacts   = "contact"    // first contacts, by days since the report
	waiting    = "waiting"    // reports without one at the end of the last quarter, by days
	talks      = "talk"       // informative talks, by days since the report
	interviews = "interviews" // of victims: the first by days; which of the victim it was; what repeats; who asks
	victims    = "victims"    // of cases sent or closed, by the number of their interviews
	deviations = "deviations" // asked, signed, refused, by rule and reason
	studios    = "studios"    // searches for a studio
	recordings = "recordings" // recordings of interviews
)

// years is how far back figures go, this year included.
const years = 10

// seat is where a channel is counted: walled desks in cubes of their own, so
// that no sum or difference with others tells of them.
type seat struct{ cube, desk int }

// topic is the counts of one topic.
type topic struct {
	cubes []*cube // the desks that are not walled, then each walled one
	days  map[sample]map[int]int
}

// sample is the days of one desk and month that belong to one total.
type sample struct {
	seat
	month month
	total string
}

type tally struct {
	seats  map[string]seat
	last   Quarter // the last whole one
	until  int64   // its end, unix seconds
	topics map[string]*topic
}

func newTally(channels []Channel, last Quarter) *tally {
	t := &tally{seats: map[string]seat{}, last: last, until: (last + 1).Start().Unix(), topics: map[string]*topic{}}
	open, walled := 0, 0
	for _, c := range channels {
		if c.Walled {
			walled++
			t.seats[c.ID] = seat{walled, 0}
		} else {
			t.seats[c.ID] = seat{0, open}
			open++
		}
	}
	add := func(name string, years bool, scales ...scale) {
		t.topics[name] = &topic{days: map[sample]map[int]int{}, cubes: []*cube{newCube(open, true, years, scales...)}}
		for range walled {
			t.topics[name].cubes = append(t.topics[name].cubes, newCube(1, false, years))
		}
	}
	wait := func(total string) scale { return scale{total, waitRows()} }
	add(contacts, true, wait("all"))
	add(waiting, false)
	add(talks, true, wait("all"))
	add(interviews, true, wait("first"))
	add(victims, true)
	add(deviations, true)
	add(studios, true)
	add(recordings, true)
	return t
}

// counts says whether something of this moment belongs to a whole quarter that
// figures go back to.
func (t *tally) counts(at int64) bool {
	return at > 0 && at < t.until && QuarterOf(time.Unix(at, 0)).Year() > t.last.Year()-years
}

// count counts one thing of a channel at a moment, in rows.
func (t *tally) count(name, channel string, at int64, rows ...string) {
	if s, ok := t.seats[channel]; ok && t.counts(at) {
		t.topics[name].cubes[s.cube].add(s.desk, QuarterOf(time.Unix(at, 0)), rows...)
	}
}

// maxDays bounds a wait, and with it the memory that samples take.
const maxDays = 3660

// took remembers the days that one thing took, under the total of its scale.
func (t *tally) took(name, channel string, at int64, total string, days int) {
	s, ok := t.seats[channel]
	if !ok || s.cube > 0 || !t.counts(at) || days < 0 {
		return
	}
	of := sample{s, monthOf(time.Unix(at, 0)), total}
	all := t.topics[name].days
	if all[of] == nil {
		all[of] = map[int]int{}
	}
	all[of][min(days, maxDays)]++
}

// numbered is the row of the n-th of something; most stands for all after it.
func numbered(row string, n, most int) string { return row + "." + strconv.Itoa(min(n, most)) }
