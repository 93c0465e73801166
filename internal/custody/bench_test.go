package custody_test

import (
	"context"
	"crypto/rand"
	"database/sql"
	"fmt"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	_ "github.com/jackc/pgx/v5/stdlib"
	_ "modernc.org/sqlite"

	"verhaal/internal/custody"
	"verhaal/internal/db"
	"verhaal/internal/db/dbtest"
)

// BenchmarkActs measures durable acts with a row of their own, beside what the
// bare engine does with the row alone, one commit each.
func BenchmarkActs(b *testing.B) {
	cluster := sync.OnceValue(func() *dbtest.Cluster { return dbtest.NewCluster(b, "on") })
	for _, c := range []struct {
		engine        string
		callers, size int
	}{
		{"sqlite", 1, 100}, {"sqlite", 1, 11 << 10}, {"sqlite", 16, 15 << 10}, {"sqlite", 64, 15 << 10},
		{"postgres", 1, 100}, {"postgres", 16, 15 << 10}, {"postgres", 64, 15 << 10},
	} {
		row := make([]byte, c.size)
		_, _ = rand.Read(row)
		name := fmt.Sprintf("%s/callers=%d/row=%d", c.engine, c.callers, c.size)
		address := func() (driver, dsn, url string) {
			if c.engine == "sqlite" {
				path := filepath.Join(b.TempDir(), "bench.db")
				return "sqlite", "file:" + path + "?_pragma=journal_mode(wal)&_pragma=synchronous(full)&_pragma=busy_timeout(5000)", "sqlite:" + path
			}
			url = cluster().Database(b)
			return "pgx", url, url
		}
		b.Run(name+"/bare", func(b *testing.B) {
			driver, dsn, _ := address()
			store, err := sql.Open(driver, dsn)
			if err != nil {
				b.Fatal(err)
			}
			defer store.Close()
			store.SetMaxIdleConns(c.callers)
			if c.engine == "sqlite" {
				store.SetMaxOpenConns(1)
			}
			if _, err := store.Exec(`create table bare (name text primary key, value bytea not null)`); err != nil {
				b.Fatal(err)
			}
			insert, err := store.Prepare(`insert into bare (name, value) values ($1, $2)`)
			if err != nil {
				b.Fatal(err)
			}
			measure(b, c.callers, func(n string) error { _, err := insert.Exec(n, row); return err })
		})
		b.Run(name+"/acts", func(b *testing.B) {
			_, _, url := address()
			d, w := dbtest.Open(b, url)
			l := newLog(b, d, w)
			ctx, cancel := context.WithCancel(b.Context())
			var running sync.WaitGroup
			running.Go(func() { l.Run(ctx) })
			defer running.Wait()
			defer cancel()
			measure(b, c.callers, func(n string) error {
				act := custody.Act{Kind: "report.received", Subject: n, DayOnly: true,
					Facts: map[string]string{"channel": "police-avim", "epoch": "1"}, Hashes: map[string][]byte{"sealed": row[:32]}}
				_, err := l.Do(context.Background(), act, func(tx *db.Tx) error { _, err := tx.Exec(put, n, row); return err })
				return err
			})
		})
	}
}

// measure does b.N acts by some callers and reports acts/s and the 99th percentile.
func measure(b *testing.B, callers int, act func(name string) error) {
	took := make([]time.Duration, b.N)
	next := make(chan int)
	var wg sync.WaitGroup
	b.ResetTimer()
	for range callers {
		wg.Go(func() {
			for i := range next {
				start := time.Now()
				if err := act(rand.Text()); err != nil {
					b.Error(err)
				}
				took[i] = time.Since(start)
			}
		})
	}
	for i := range b.N {
		next <- i
	}
	close(next)
	wg.Wait()
	b.StopTimer()
	slices.Sort(took)
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "acts/s")
	b.ReportMetric(float64(took[b.N*99/100].Microseconds())/1000, "p99-ms")
	b.ReportMetric(0, "ns/op")
}

// BenchmarkInclusion proves one leaf among 100,000.
func BenchmarkInclusion(b *testing.B) {
	for _, url := range []string{"sqlite:" + filepath.Join(b.TempDir(), "bench.db"), dbtest.NewCluster(b, "off").Database(b)} {
		d, w := dbtest.Open(b, url)
		l := newLog(b, d, w)
		fill(b, l, 100_000)
		grow(b, l)
		b.Run(string(d.Engine()), func(b *testing.B) {
			seq := int64(0)
			for b.Loop() {
				if _, err := l.Inclusion(b.Context(), seq%100_000); err != nil {
					b.Fatal(err)
				}
				seq += 7919
			}
		})
	}
}
