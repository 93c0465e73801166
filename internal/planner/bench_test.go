package planner_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"verhaal/internal/planner"
)

// country is 40 rooms, 400 people and 30 interpreters, booked three quarters
// of their time for 90 days.
func country(seed uint64) (planner.Calendar, planner.Wish) {
	r := rand.New(rand.NewPCG(seed, 1))
	base := time.Date(2026, 11, 23, 0, 0, 0, 0, amsterdam)
	week := planner.Hours{Days: [7]bool{false, true, true, true, true, true, false}, From: 8 * 60, To: 18 * 60}
	busy := func(share float64) []planner.Span {
		var out []planner.Span
		for d := range 90 {
			for h := 8; h < 18; h += 2 {
				if r.Float64() < share {
					at := base.AddDate(0, 0, d).Add(time.Duration(h) * time.Hour)
					out = append(out, planner.Span{Start: at, End: at.Add(2 * time.Hour)})
				}
			}
		}
		return out
	}
	var c planner.Calendar
	for i := range 40 {
		kind := "plain"
		if i%4 == 0 {
			kind = "studio"
		}
		c.Rooms = append(c.Rooms, planner.Room{ID: fmt.Sprint("r", i), Name: fmt.Sprint("r", i), Site: fmt.Sprint("s", i/4), Region: fmt.Sprint("region", i%10), Kind: kind, Adapted: i%4 == 1, Hours: week, Busy: busy(.75)})
	}
	for i := range 400 {
		w := planner.Worker{Login: fmt.Sprint("w", i), Name: fmt.Sprint("w", i), Region: fmt.Sprint("region", i%10), Hours: week, Busy: busy(.75)}
		w.Held = append(w.Held, planner.Held{Kind: "trafficking", From: "2020-01-01", Until: "2030-01-01"})
		if i%5 == 0 {
			w.Held = append(w.Held, planner.Held{Kind: "studio", From: "2020-01-01", Until: "2030-01-01"})
		}
		c.Workers = append(c.Workers, w)
	}
	for i := range 30 {
		c.Interpreters = append(c.Interpreters, planner.Interpreter{ID: fmt.Sprint("t", i), Number: "1", Until: "2030-01-01", Languages: []string{"ro"}, Hours: week, Busy: busy(.75)})
	}
	return c, planner.Wish{From: base, Until: base.AddDate(0, 0, 89), Now: base, Length: 2 * time.Hour, Interviewers: 2, Kinds: kinds, Language: "ro", Most: 5}
}

// BenchmarkSoonestSlot: 40 rooms × 400 people × 90 days; "found" stops at five
// proposals, "nothing" must look at all of it, because one of those who held
// the earlier interview never comes.
func BenchmarkSoonestSlot(b *testing.B) {
	for _, name := range []string{"found", "nothing"} {
		b.Run(name, func(b *testing.B) {
			c, w := country(7)
			r := rules{cal: c, studio: true, late: "9"}
			if name == "nothing" {
				r.same = []string{"nobody"}
				w.Same = r.same
			}
			for b.Loop() {
				got, err := planner.Search(context.Background(), c, w, r.judge)
				if err != nil || (len(got.Full) == 0) != (name == "nothing") {
					b.Fatal(err, len(got.Full))
				}
			}
			b.ReportMetric(float64(b.Elapsed().Milliseconds())/float64(b.N), "ms/search")
		})
	}
}
