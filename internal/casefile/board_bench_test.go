package casefile

import (
	"context"
	"fmt"
	"log/slog"
	"path/filepath"
	"testing"
	"time"

	"verhaal/internal/custody"
	"verhaal/internal/db"
	"verhaal/internal/db/dbtest"
	"verhaal/internal/policy"
	"verhaal/packs"
)

// BenchmarkBoardOfALargeDesk reads the first page of a desk with 100,000 open cases,
// each of which owes five things, a third of them late.
func BenchmarkBoardOfALargeDesk(b *testing.B) {
	const cases = 100_000
	pack, err := policy.Load(packs.FS, "nl")
	ok(b, err)
	now := time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
	for name, url := range map[string]string{"sqlite": "sqlite:" + filepath.Join(b.TempDir(), "board.db"), "postgres": dbtest.Postgres(b)} {
		b.Run(name, func(b *testing.B) {
			d, w := dbtest.Open(b, url)
			key, err := custody.NewKey("verhaal.test/log")
			ok(b, err)
			clock := func() time.Time { return now }
			log := custody.New(d, w, key, clock, slog.New(slog.DiscardHandler))
			x := &fixture{off: map[string]bool{}}
			f := New(d, log, Around{Desks: everybody{x}, People: x, Rules: always{pack}, Calendar: x, Clock: clock})
			fillDesk(b, log, cases, now)
			for _, page := range []struct {
				name     string
				upcoming bool
			}{{"late", false}, {"soon", true}} {
				b.Run(page.name, func(b *testing.B) {
					for b.Loop() {
						rows, next, err := f.Board(context.Background(), "ann", avim, "", page.upcoming, 50)
						if err != nil || len(rows) != 50 || next == "" {
							b.Fatal(len(rows), err)
						}
					}
				})
			}
		})
	}
}

type everybody struct{ *fixture }

func (everybody) MayRead(context.Context, string, string) error { return nil }

// fillDesk writes case files as reckon leaves them, a thousand to an act.
func fillDesk(b *testing.B, log *custody.Log, cases int, now time.Time) {
	b.Helper()
	for from := 0; from < cases; from += 1000 {
		_, err := log.Do(b.Context(), custody.Act{Kind: "bench.filled"}, func(tx *db.Tx) error {
			for i := from; i < from+1000; i++ {
				id := fmt.Sprintf("c%06d", i)
				if _, err := tx.Exec(insertFile, id, "2026-"+id, avim, ExOfficio, Signal, now.Unix(), "ann"); err != nil {
					return err
				}
				if i%10 == 0 {
					if _, err := tx.Exec(insertMember, id, "ann", now.Unix(), "ann", ""); err != nil {
						return err
					}
				}
				for n := range 5 {
					due := now.AddDate(0, 0, (i*7+n*31)%300-100).Format(time.DateOnly)
					if _, err := tx.Exec(upsertDue, id, KindTask, "comensha_found", "p1", n+1, avim, due, due, "", ""); err != nil {
						return err
					}
				}
			}
			return nil
		})
		ok(b, err)
	}
}
