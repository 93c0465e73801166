package db_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"verhaal/internal/db"
	"verhaal/internal/db/dbtest"
	"verhaal/internal/fault"
)

const put = `insert into install (name, value) values ($1, $2)`

func write(w *db.Writer, name string) error {
	return w.Write(context.Background(), name, func(tx *db.Tx) error {
		_, err := tx.Exec(put, name, []byte("v"))
		return err
	})
}

func count(t *testing.T, d *db.DB) (n int) {
	t.Helper()
	if err := d.QueryRow(t.Context(), `select count(*) from install`).Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}

func TestWhatIsWrittenIsRead(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB, w *db.Writer) {
		value := []byte{0, 1, 255}
		err := w.Write(t.Context(), nil, func(tx *db.Tx) error {
			// $2 before $1: the engines must agree which is which.
			_, err := tx.Exec(`insert into install (value, name) values ($2, $1)`, "swapped", value)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		var got []byte
		if err := d.QueryRow(t.Context(), `select value from install where name = $1`, "swapped").Scan(&got); err != nil {
			t.Fatal(err)
		}
		if string(got) != string(value) {
			t.Errorf("read %v", got)
		}
		if err := d.QueryRow(t.Context(), `select value from install where name = $1`, "none").Scan(&got); !errors.Is(err, sql.ErrNoRows) {
			t.Errorf("a missing row gives %v", err)
		}
	})
}

func TestAFailingActTakesNothingWithIt(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB, w *db.Writer) {
		var marks []any
		w.BeforeCommit(func(_ *db.Tx, m []any) (func(), error) { return func() { marks = append(marks, m...) }, nil })
		boom := errors.New("boom")
		var wg sync.WaitGroup
		for i := range 90 {
			wg.Go(func() {
				name := fmt.Sprint(i)
				err := w.Write(context.Background(), name, func(tx *db.Tx) error {
					if _, err := tx.Exec(put, name, []byte("v")); err != nil {
						return err
					}
					switch i % 3 {
					case 1:
						return boom
					case 2:
						panic("an act that breaks")
					}
					return nil
				})
				if (err == nil) != (i%3 == 0) {
					t.Errorf("act %d: %v", i, err)
				}
			})
		}
		wg.Wait()
		if n := count(t, d); n != 30 {
			t.Errorf("%d rows, want 30", n)
		}
		if len(marks) != 30 {
			t.Errorf("%d marks, want 30", len(marks))
		}
	})
}

func TestTheHooksErrorUndoesTheGroup(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB, w *db.Writer) {
		w.BeforeCommit(func(*db.Tx, []any) (func(), error) { return nil, errors.New("no leaf") })
		if err := write(w, "a"); err == nil {
			t.Error("acknowledged without its leaf")
		}
		if n := count(t, d); n != 0 {
			t.Errorf("%d rows were kept", n)
		}
	})
}

func TestAStatementErrorIsTheActsOwn(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB, w *db.Writer) {
		if err := write(w, "same"); err != nil {
			t.Fatal(err)
		}
		if err := write(w, "same"); err == nil {
			t.Error("a second row with the same key was taken")
		}
		if err := write(w, "other"); err != nil {
			t.Errorf("the next act suffers: %v", err)
		}
	})
}

func TestACancelledActIsNotRun(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB, w *db.Writer) {
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		err := w.Write(ctx, nil, func(*db.Tx) error { t.Error("run"); return nil })
		if !errors.Is(err, context.Canceled) {
			t.Errorf("got %v", err)
		}
	})
}

func TestSQLiteServesOneProcess(t *testing.T) {
	url := "sqlite:" + t.TempDir() + "/one.db"
	dbtest.Open(t, url)
	_, _, err := db.Open(t.Context(), url, nil)
	if err == nil || !strings.Contains(err.Error(), "another process") {
		t.Errorf("a second opening gives %v", err)
	}
}

func TestPostgresGoneAndBack(t *testing.T) {
	c := dbtest.NewCluster(t, "off")
	d, w := dbtest.Open(t, c.Database(t))
	if err := write(w, "before"); err != nil {
		t.Fatal(err)
	}
	c.Stop()
	if err := write(w, "while gone"); fault.KindOf(err) != fault.Unavailable {
		t.Errorf("while gone: %v", err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
	defer cancel()
	if err := d.Ping(ctx); fault.KindOf(err) != fault.Unavailable {
		t.Errorf("ping while gone: %v", err)
	}
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	var err error
	for range 10 {
		if err = write(w, "after"); err == nil {
			break
		}
	}
	if err != nil {
		t.Fatalf("after it came back: %v", err)
	}
	if n := count(t, d); n != 2 {
		t.Errorf("%d rows, want before and after", n)
	}
}

func TestAFullDiskIsSaidAndLosesNothing(t *testing.T) {
	d, w := dbtest.Open(t, "sqlite:"+t.TempDir()+"/small.db")
	kept, failed := 0, error(nil)
	for i := range 200 {
		if failed = w.Write(t.Context(), nil, func(tx *db.Tx) error {
			// The engine's own page limit stands in for the end of the disk: the
			// same SQLITE_FULL. It is set each time since it ends with a connection.
			var pages int
			if err := tx.QueryRow(`pragma max_page_count = 60`).Scan(&pages); err != nil {
				return err
			}
			_, err := tx.Exec(put, fmt.Sprint(i), make([]byte, 4000))
			return err
		}); failed != nil {
			break
		}
		kept++
	}
	if fault.KindOf(failed) != fault.Unavailable || fault.KeyOf(failed) != "fault.disk_full" {
		t.Fatalf("a full disk gives %v", failed)
	}
	if n := count(t, d); n != kept {
		t.Errorf("%d rows, %d were acknowledged", n, kept)
	}
	if err := write(w, "after room was made"); err != nil {
		t.Errorf("the writer does not recover: %v", err)
	}
}
