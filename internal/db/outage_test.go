package db_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"net/url"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"verhaal/internal/db"
	"verhaal/internal/db/dbtest"
)

// TestWritesOutliveKillsOfPostgres kills the server again and again under
// writers that are never told of it: all writes succeed, each once.
func TestWritesOutliveKillsOfPostgres(t *testing.T) {
	c := dbtest.NewCluster(t, "on")
	d, w := dbtest.Open(t, c.Database(t))
	var hooked atomic.Int64
	w.BeforeCommit(func(_ *db.Tx, marks []any) (func(), error) {
		return func() { hooked.Add(int64(len(marks))) }, nil
	})
	stop := make(chan struct{})
	var wg sync.WaitGroup
	var written atomic.Int64
	for worker := range 16 {
		wg.Go(func() {
			for i := 0; ; i++ {
				select {
				case <-stop:
					return
				default:
				}
				if err := write(w, fmt.Sprintf("%d-%d", worker, i)); err != nil {
					t.Errorf("write: %v", err)
					return
				}
				written.Add(1)
			}
		})
	}
	for range 4 {
		time.Sleep(150 * time.Millisecond)
		c.Kill()
		if err := c.Start(); err != nil {
			t.Fatal(err)
		}
	}
	close(stop)
	wg.Wait()
	if n := int64(count(t, d)); n != written.Load() || hooked.Load() != n || n == 0 {
		t.Errorf("%d rows, %d acknowledged, %d told to the hook", n, written.Load(), hooked.Load())
	}
}

// wire is a connection to PostgreSQL that can swallow the answer to a commit.
type wire struct {
	net.Listener
	server  string
	swallow atomic.Bool
	cuts    atomic.Int64
}

func newWire(t *testing.T, server string) *wire {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	x := &wire{Listener: l, server: server}
	t.Cleanup(func() { _ = l.Close() })
	go func() {
		for {
			in, err := l.Accept()
			if err != nil {
				return
			}
			go x.carry(in)
		}
	}()
	return x
}

func (x *wire) carry(in net.Conn) {
	defer in.Close()
	out, err := net.Dial("tcp", x.server)
	if err != nil {
		return
	}
	defer out.Close()
	go func() { _, _ = io.Copy(out, in) }()
	buf := make([]byte, 1<<16)
	for {
		n, err := out.Read(buf)
		if err != nil {
			return
		}
		// CommandComplete with the tag COMMIT: it has happened.
		if bytes.Contains(buf[:n], []byte("COMMIT\x00")) && x.swallow.CompareAndSwap(true, false) {
			x.cuts.Add(1)
			return
		}
		if _, err := in.Write(buf[:n]); err != nil {
			return
		}
	}
}

func TestACommitWhoseAnswerIsLostIsNotDoneTwice(t *testing.T) {
	address := dbtest.Postgres(t)
	u, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	x := newWire(t, u.Host)
	u.Host = x.Addr().String()
	d, w := dbtest.Open(t, u.String())
	runs := 0
	for i := range 3 {
		x.swallow.Store(true)
		if err := w.Write(context.Background(), nil, func(tx *db.Tx) error {
			runs++
			_, err := tx.Exec(put, fmt.Sprint(i), []byte("v"))
			return err
		}); err != nil {
			t.Errorf("write %d: %v", i, err)
		}
	}
	if n := count(t, d); n != 3 || runs != 3 || x.cuts.Load() != 3 {
		t.Errorf("%d rows after %d runs and %d lost answers, want 3 of each", n, runs, x.cuts.Load())
	}
}

// TestWritersOfSeveralProcessesAreAloneInTurn adds to one row by reading it
// first, which loses steps unless each function has the database to itself.
func TestWritersOfSeveralProcessesAreAloneInTurn(t *testing.T) {
	dbtest.EachURL(t, func(t *testing.T, address string) {
		d, first := dbtest.Open(t, address)
		writers := []*db.Writer{first, first}
		if d.Engine() == db.Postgres {
			_, writers[1] = dbtest.Open(t, address)
		}
		if err := write(first, "counter"); err != nil {
			t.Fatal(err)
		}
		var wg sync.WaitGroup
		const steps, workers = 20, 8
		for i := range workers {
			wg.Go(func() {
				for range steps {
					if err := writers[i%2].Write(context.Background(), nil, func(tx *db.Tx) error {
						var value []byte
						if err := tx.QueryRow(`select value from install where name = $1`, "counter").Scan(&value); err != nil {
							return err
						}
						_, err := tx.Exec(`update install set value = $2 where name = $1`, "counter", append(value, '+'))
						return err
					}); err != nil {
						t.Error(err)
					}
				}
			})
		}
		wg.Wait()
		var value []byte
		if err := d.QueryRow(t.Context(), `select value from install where name = $1`, "counter").Scan(&value); err != nil || len(value) != 1+steps*workers {
			t.Errorf("%d steps of %d are left: %v", len(value)-1, steps*workers, err)
		}
	})
}

func TestAWaitingActEndsWithItsContext(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB, w *db.Writer) {
		began, release := make(chan struct{}), make(chan struct{})
		var wg sync.WaitGroup
		wg.Go(func() {
			first := true
			if err := w.Write(context.Background(), nil, func(tx *db.Tx) error {
				if first {
					first = false
					close(began)
					<-release
				}
				_, err := tx.Exec(put, "slow", []byte("v"))
				return err
			}); err != nil {
				t.Error(err)
			}
		})
		<-began
		ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
		defer cancel()
		if err := w.Write(ctx, nil, func(*db.Tx) error { t.Error("run"); return nil }); err != context.DeadlineExceeded {
			t.Errorf("waiting: %v", err)
		}
		close(release)
		wg.Wait()
		if n := count(t, d); n != 1 {
			t.Errorf("%d rows", n)
		}
	})
}

func TestAnActThatGoesOnAfterAFailedStatementFails(t *testing.T) {
	d, w := dbtest.Open(t, dbtest.Postgres(t))
	if err := w.Write(t.Context(), nil, func(tx *db.Tx) error {
		_, _ = tx.Exec(`insert into nowhere (x) values (1)`)
		return nil
	}); err == nil {
		t.Error("acknowledged, though PostgreSQL had given the transaction up")
	}
	if err := write(w, "next"); err != nil {
		t.Errorf("the next act suffers: %v", err)
	}
	if n := count(t, d); n != 1 {
		t.Errorf("%d rows", n)
	}
}
