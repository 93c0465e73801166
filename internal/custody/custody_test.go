package custody_test

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"testing"
	"time"

	"verhaal/internal/custody"
	"verhaal/internal/db"
	"verhaal/internal/db/dbtest"
	"verhaal/internal/fault"
)

const origin = "log.example/verhaal"

var noon = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)

func clock() time.Time { return noon }

func newLog(t testing.TB, d *db.DB, w *db.Writer) *custody.Log {
	t.Helper()
	key, err := custody.NewKey(origin)
	if err != nil {
		t.Fatal(err)
	}
	return custody.New(d, w, key, clock, slog.New(slog.DiscardHandler))
}

const put = `insert into install (name, value) values ($1, $2)`

func do(t testing.TB, l *custody.Log, act custody.Act) custody.Entry {
	t.Helper()
	e, err := l.Do(context.Background(), act, nil)
	if err != nil {
		t.Fatal(err)
	}
	return e
}

func TestChangeAndLeafCommitTogetherOrNotAtAll(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB, w *db.Writer) {
		l := newLog(t, d, w)
		var wg sync.WaitGroup
		var mu sync.Mutex
		seen := map[int64]bool{}
		for i := range 60 {
			wg.Go(func() {
				e, err := l.Do(context.Background(), custody.Act{Kind: "thing.made", Actor: "a"}, func(tx *db.Tx) error {
					if _, err := tx.Exec(put, string(rune('A'+i)), []byte("v")); err != nil {
						return err
					}
					if i%2 == 1 {
						return errors.New("no")
					}
					return nil
				})
				mu.Lock()
				defer mu.Unlock()
				if (err == nil) != (i%2 == 0) {
					t.Errorf("act %d: %v", i, err)
				} else if err == nil && seen[e.Seq] {
					t.Errorf("number %d twice", e.Seq)
				} else if err == nil {
					seen[e.Seq] = true
				}
			})
		}
		wg.Wait()
		entries, err := l.Entries(t.Context(), 0, 100)
		if err != nil {
			t.Fatal(err)
		}
		var rows int
		if err := d.QueryRow(t.Context(), `select count(*) from install`).Scan(&rows); err != nil {
			t.Fatal(err)
		}
		if len(entries) != 30 || rows != 30 {
			t.Errorf("%d leaves and %d rows, want 30", len(entries), rows)
		}
		for i, e := range entries {
			if e.Seq != int64(29-i) || !seen[e.Seq] {
				t.Errorf("leaf %d stands at %d", e.Seq, i)
			}
		}
	})
}

func TestErasingASubjectKeepsItsLeaves(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB, w *db.Writer) {
		l := newLog(t, d, w)
		first := do(t, l, custody.Act{Kind: "report.received", Subject: "r1", DayOnly: true})
		do(t, l, custody.Act{Kind: "report.received", Subject: "r2", DayOnly: true})
		do(t, l, custody.Act{Kind: "report.opened", Subject: "r1", Actor: "staff"})
		about, err := l.About(t.Context(), "r1")
		if err != nil || len(about) != 2 || about[0].Seq != first.Seq || string(about[0].Leaf) != string(first.Leaf) {
			t.Fatalf("about r1: %v, %v", about, err)
		}
		if _, err := l.Erase(t.Context(), "staff", "r1", "retention"); err != nil {
			t.Fatal(err)
		}
		if about, err = l.About(t.Context(), "r1"); err != nil || len(about) != 0 {
			t.Errorf("after erasing: %v, %v", about, err)
		}
		var named int
		if err := d.QueryRow(t.Context(), `select count(*) from custody_leaf where subject is not null or salt is not null`).Scan(&named); err != nil || named != 1 {
			t.Errorf("%d leaves still name a subject, want r2's: %v", named, err)
		}
		all, err := l.Entries(t.Context(), 0, 10)
		if err != nil || len(all) != 4 || string(all[3].Leaf) != string(first.Leaf) {
			t.Errorf("leaves changed: %v", err)
		}
		if _, err := l.Erase(t.Context(), "staff", "r1", "retention"); fault.KindOf(err) != fault.NotFound {
			t.Errorf("erasing twice: %v", err)
		}
	})
}

func TestAnActThatCannotBeALeafIsRefused(t *testing.T) {
	d, w := dbtest.Open(t, "sqlite:"+t.TempDir()+"/a.db")
	l := newLog(t, d, w)
	for want, acts := range map[fault.Kind][]custody.Act{
		fault.BadInput: {
			{},
			{Kind: "Report"},
			{Kind: "a.b", Actor: "\xff"},
			{Kind: "a.b", Facts: map[string]string{"Not plain": "x"}},
			{Kind: "a.b", Hashes: map[string][]byte{"short": {1}}},
		},
		fault.TooLarge: {{Kind: "a.b", Facts: map[string]string{"long": string(make([]byte, 1<<16))}}},
	} {
		for _, act := range acts {
			_, err := l.Do(t.Context(), act, func(*db.Tx) error { t.Error("run"); return nil })
			if fault.KindOf(err) != want {
				t.Errorf("%q: %v, want %v", act.Kind, err, want)
			}
		}
	}
}
