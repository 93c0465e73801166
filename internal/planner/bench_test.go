package planner_test

import (
	"context"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"testing"
	"time"

	"verhaal/internal/custody"
	"verhaal/internal/db"
	"verhaal/internal/db/dbtest"
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

// BenchmarkLoad reads such a country's calendar from either engine.
func BenchmarkLoad(b *testing.B) {
	for name, fresh := range map[string]func(*testing.B) string{
		"sqlite":   func(b *testing.B) string { return "sqlite:" + b.TempDir() + "/country.db" },
		"postgres": func(b *testing.B) string { return dbtest.Postgres(b) },
	} {
		b.Run(name, func(b *testing.B) {
			d, w := dbtest.Open(b, fresh(b))
			key, err := custody.NewKey("verhaal.test/log")
			ok(b, err)
			log := custody.New(d, w, key, time.Now, slog.New(slog.DiscardHandler))
			var staff []planner.Colleague
			for i := range 400 {
				staff = append(staff, planner.Colleague{ID: fmt.Sprint(i), Login: fmt.Sprint("w", i)})
			}
			book := planner.New(d, log, planner.Around{Staff: func(context.Context) ([]planner.Colleague, error) { return staff, nil }, Clock: time.Now})
			base := time.Date(2026, 11, 23, 0, 0, 0, 0, amsterdam)
			_, err = log.Do(b.Context(), custody.Act{Kind: "bench.filled"}, func(tx *db.Tx) error {
				for _, all := range []struct {
					who, add string
					many     int64
				}{
					{"room/", `insert into room (id, name, site, region, kind, adapted, equipment, hours, used, version) select '' || i, 'r' || i, 's', 'r', 'plain', 0, '', $2, 1, 1 from n`, 40},
					{"staff/", `insert into roster (staff, region, sex, trainee, hours, used, version) select '' || i, 'r', '', 0, $2, 1, 1 from n`, 400},
					{"interpreter/", `insert into interpreter (id, name, number, sworn_until, languages, sex, hours, used, version) select '' || i, 't' || i, '', '', 'ro', '', $2, 1, 1 from n`, 30},
				} {
					if _, err := tx.Exec(numbers+all.add, all.many, office); err != nil {
						return err
					}
					if _, err := tx.Exec(numbers+threeQuarters, all.many*450, all.who, base.Unix()); err != nil {
						return err
					}
				}
				return nil
			})
			ok(b, err)
			spans := 0
			for b.Loop() {
				c, err := book.Load(b.Context(), "a", planner.Span{Start: base, End: base.AddDate(0, 0, 90)})
				ok(b, err)
				spans = 0
				for _, w := range c.Workers {
					spans += len(w.Busy)
				}
			}
			b.ReportMetric(float64(spans), "times/search")
		})
	}
}

// numbers are 0 … $1 - 1, as big as what they are put into.
const numbers = `with recursive n(i) as (select cast(0 as bigint) union all select i + 1 from n where i + 1 < $1) `

// threeQuarters takes $2 with each of those numbers for three quarters of the
// 450 times that 90 days from $3 on have.
const threeQuarters = `insert into absence (id, who, starts, ends, why)
select $2 || i, $2 || (i / 450), $3 + (i % 450) / 5 * 86400 + (8 + i % 5 * 2) * 3600, $3 + (i % 450) / 5 * 86400 + (10 + i % 5 * 2) * 3600, 'court'
from n where i * 7919 % 1009 < 757`
