package planner

import (
	"testing"

	"verhaal/internal/db/dbtest"
	"verhaal/internal/planner"
)

// BenchmarkAskingAgainAboutAllThatIsConfirmed looks at 40 confirmed interviews of 18
// days that all stand, in the calendar of one studio: at their slots together, with the
// rules of the next two weeks, and with the rules of all.
func BenchmarkAskingAgainAboutAllThatIsConfirmed(b *testing.B) {
	const interviews = 40
	for name, url := range map[string]string{"sqlite": "sqlite:" + b.TempDir() + "/again.db", "postgres": dbtest.Postgres(b)} {
		b.Run(name, func(b *testing.B) {
			d, w := dbtest.Open(b, url)
			h, ctx := open(b, d, w), b.Context()
			h.studio(b)
			today := h.now
			for i := range interviews {
				h.now = today.AddDate(0, 0, i/3)
				file, planned, err := h.girl(ctx, "ann", "true")
				ok(b, err)
				p, search := h.searched(b, file, planned)
				ok(b, h.take(ctx, "ann", file, planned, chosen(search, p)))
				ok(b, h.settle(ctx, &asked{who: "ann", file: file, planned: planned}, planner.Proposal{Interpreter: p.Interpreter}))
			}
			h.now = today
			for of, ask := range map[string]func() (int, error){
				"slots": func() (n int, err error) {
					err = h.book.Fallen(d.Source(ctx), func(string, string) { n++ })
					return n, err
				},
				"near": func() (int, error) { return h.cases.AskAll(ctx, false) },
				"far":  func() (int, error) { return h.cases.AskAll(ctx, true) },
			} {
				b.Run(of, func(b *testing.B) {
					for b.Loop() {
						if fell, err := ask(); err != nil || fell > 0 {
							b.Fatal(fell, err)
						}
					}
					b.ReportMetric(float64(b.Elapsed().Microseconds())/float64(b.N)/interviews/1000, "ms/interview")
				})
			}
		})
	}
}
