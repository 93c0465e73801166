package planner_test

import (
	"testing"
	"time"

	"verhaal/internal/planner"
)

// TestStudiosAreFullOnlyInTheHoursThatTheyAreOpen: neither a weekend nor an evening
// in which nobody works makes them so.
func TestStudiosAreFullOnlyInTheHoursThatTheyAreOpen(t *testing.T) {
	office := planner.Hours{Days: [7]bool{false, true, true, true, true, true, false}, From: 9 * 60, To: 17 * 60}
	evenings := planner.Times{Suits: []planner.Hours{{Days: office.Days, From: 18 * 60, To: 22 * 60}}}
	wednesday := time.Date(2026, 11, 25, 0, 0, 0, 0, amsterdam)
	from := func(day time.Time, hour, until int) planner.Span {
		return planner.Span{Start: day.Add(time.Duration(hour) * time.Hour), End: day.Add(time.Duration(until) * time.Hour)}
	}
	for name, c := range map[string]struct {
		day    time.Time
		now    int // hours into the day
		person planner.Times
		busy   []planner.Span
		taken  bool
	}{
		"free":                              {day: wednesday},
		"taken":                             {day: wednesday, busy: []planner.Span{from(wednesday, 9, 17)}, taken: true},
		"no hour left":                      {day: wednesday, busy: []planner.Span{from(wednesday, 9, 12), from(wednesday, 12, 17)}, taken: true},
		"taken until noon":                  {day: wednesday, busy: []planner.Span{from(wednesday, 9, 12)}},
		"taken until noon, and evening now": {day: wednesday, now: 17, busy: []planner.Span{from(wednesday, 9, 12)}},
		"taken, and only evenings suit":     {day: wednesday, person: evenings, busy: []planner.Span{from(wednesday, 9, 17)}},
		"a weekend":                         {day: wednesday.AddDate(0, 0, 3)},
		"a weekend, with somebody in it":    {day: wednesday.AddDate(0, 0, 3), busy: []planner.Span{from(wednesday.AddDate(0, 0, 3), 9, 17)}},
	} {
		var cal planner.Calendar
		cal.Rooms = []planner.Room{{ID: "s", Name: "Studio", Kind: "studio", Hours: office, Busy: c.busy}, {ID: "p", Name: "Room", Kind: "plain", Hours: office}}
		cal.Workers = []planner.Worker{{ID: "a", Login: "a", Hours: office, Held: []planner.Held{{Kind: "trafficking", From: "2020-01-01", Until: "2030-01-01"}, {Kind: "studio", From: "2020-01-01", Until: "2030-01-01"}}},
			{ID: "b", Login: "b", Hours: office, Held: []planner.Held{{Kind: "studio", From: "2020-01-01", Until: "2030-01-01"}}}}
		w := planner.Wish{From: c.day, Until: c.day.AddDate(0, 0, 6), Now: c.day.Add(time.Duration(c.now) * time.Hour), Length: time.Hour, Interviewers: 1, Kinds: kinds, Most: 1, Person: c.person}
		found, err := planner.Search(t.Context(), cal, w, rules{cal: cal, studio: true, late: "2030-01-01"}.judge)
		ok(t, err)
		if found.Taken != c.taken {
			t.Errorf("%s: full is %t, because of %+v", name, found.Taken, found.Why)
		}
	}
}
