package custody_test

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"pgregory.net/rapid"

	"verhaal/internal/custody"
	"verhaal/internal/custody/verify"
	"verhaal/internal/db"
	"verhaal/internal/db/dbtest"
)

// TestAnyHistoryVerifies lets acts, sequencers and restarts come in any order
// and number, on PostgreSQL from two processes, and checks the log after each.
func TestAnyHistoryVerifies(t *testing.T) {
	dbtest.EachURL(t, func(t *testing.T, url string) {
		key, err := custody.NewKey(origin)
		if err != nil {
			t.Fatal(err)
		}
		var stores []*db.DB
		var logs []*custody.Log
		open := func() {
			for range map[bool]int{true: 1, false: 2}[strings.HasPrefix(url, "sqlite:")] {
				d, w, err := db.Open(context.Background(), url, slog.New(slog.DiscardHandler))
				if err != nil {
					t.Fatal(err)
				}
				stores = append(stores, d)
				logs = append(logs, custody.New(d, w, key, clock, slog.New(slog.DiscardHandler)))
			}
		}
		shut := func() {
			for _, d := range stores {
				if err := d.Close(); err != nil {
					t.Error(err)
				}
			}
			stores, logs = nil, nil
		}
		open()
		defer func() { shut() }()
		var acts int64
		var older [][]byte
		rapid.Check(t, func(rt *rapid.T) {
			for range rapid.IntRange(1, 4).Draw(rt, "steps") {
				switch rapid.SampledFrom([]string{"acts", "acts", "grow", "restart"}).Draw(rt, "step") {
				case "acts":
					n := rapid.IntRange(1, 90).Draw(rt, "acts")
					var wg sync.WaitGroup
					for _, l := range logs {
						wg.Go(func() { fill(t, l, n) })
						wg.Go(func() {
							if err := l.Grow(context.Background()); err != nil {
								t.Error(err)
							}
						})
						acts += int64(n)
					}
					wg.Wait()
				case "grow":
					grow(t, logs[0])
				case "restart":
					shut()
					open()
				}
			}
			grow(t, logs[len(logs)-1])
			if acts == 0 {
				return
			}
			url := serve(t, logs[0], "")
			r, err := verify.Log(context.Background(), verify.URL(url, ""), key.Verifier(), older...)
			if err != nil {
				rt.Fatal(err)
			}
			if r.Size != acts {
				rt.Fatalf("%d acts were done, the log has %d", acts, r.Size)
			}
			if older = append(older, r.Checkpoint); len(older) > 5 {
				older = older[1:]
			}
		})
	})
}

// victim is the environment variable that makes this test binary a process
// that does acts until it is killed.
const victim = "VERHAAL_TEST_VICTIM"

func TestMain(m *testing.M) {
	if url := os.Getenv(victim); url != "" {
		if err := actUntilKilled(url); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
	}
	os.Exit(m.Run())
}

func actUntilKilled(url string) error {
	d, w, err := db.Open(context.Background(), url, slog.New(slog.DiscardHandler))
	if err != nil {
		return err
	}
	key, err := custody.NewKey(origin)
	if err != nil {
		return err
	}
	l := custody.New(d, w, key, time.Now, slog.New(slog.DiscardHandler))
	for worker := range 8 {
		go func() {
			for i := 0; ; i++ {
				name := fmt.Sprintf("%d-%d-%d", os.Getpid(), worker, i)
				e, err := l.Do(context.Background(), custody.Act{Kind: "thing.made", Actor: "a", Facts: map[string]string{"name": name}},
					func(tx *db.Tx) error {
						_, err := tx.Exec(put, name, []byte("v"))
						return err
					})
				if err != nil {
					fmt.Fprintln(os.Stderr, err)
					os.Exit(1)
				}
				fmt.Printf("%s %d\n", name, e.Seq) // one write: whole or not at all
			}
		}()
	}
	select {}
}

// TestNoAcknowledgedActIsLostOrDoubledByAKill kills a process in the middle of
// its acts, again and again.
func TestNoAcknowledgedActIsLostOrDoubledByAKill(t *testing.T) {
	dbtest.EachURL(t, func(t *testing.T, url string) {
		acknowledged := map[string]int64{}
		for round := range 4 {
			for name, seq := range kill(t, url, 200, time.Duration(round)*3*time.Millisecond) {
				acknowledged[name] = seq
			}
		}
		d, w := dbtest.Open(t, url)
		l := newLog(t, d, w)
		do(t, l, custody.Act{Kind: "log.begun"}) // after whatever the dead process left running
		entries, err := l.Entries(t.Context(), 0, 1<<20)
		if err != nil {
			t.Fatal(err)
		}
		leaves := map[string]int64{}
		for _, e := range entries[1:] {
			var act struct{ Facts map[string]string }
			if err := json.Unmarshal(e.Leaf, &act); err != nil {
				t.Fatal(err)
			}
			if _, ok := leaves[act.Facts["name"]]; ok {
				t.Errorf("act %s has two leaves", act.Facts["name"])
			}
			leaves[act.Facts["name"]] = e.Seq
		}
		for name, seq := range acknowledged {
			if got, ok := leaves[name]; !ok || got != seq {
				t.Errorf("act %s was acknowledged as leaf %d; found %d, %v", name, seq, got, ok)
			}
		}
		rows, err := d.Query(t.Context(), `select name from install`)
		if err != nil {
			t.Fatal(err)
		}
		defer rows.Close()
		n := 0
		for rows.Next() {
			var name string
			if err := rows.Scan(&name); err != nil {
				t.Fatal(err)
			}
			if _, ok := leaves[name]; !ok {
				t.Errorf("change %s has no leaf", name)
			}
			n++
		}
		if err := rows.Err(); err != nil || n != len(leaves) {
			t.Errorf("%d changes, %d leaves: %v", n, len(leaves), err)
		}
		grow(t, l)
		dir := filepath.Join(t.TempDir(), "log")
		if err := l.ExportDir(t.Context(), dir); err != nil {
			t.Fatal(err)
		}
		if _, err := verify.Log(t.Context(), verify.Dir(dir), l.Verifier()); err != nil {
			t.Error(err)
		}
		t.Logf("%d acknowledged, %d kept", len(acknowledged), len(leaves))
	})
}

// kill starts a victim, kills it after so many acts and a moment, and gives
// what it had acknowledged.
func kill(t *testing.T, url string, acts int, moment time.Duration) map[string]int64 {
	t.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), victim+"="+url)
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	acknowledged := map[string]int64{}
	for lines := bufio.NewScanner(out); lines.Scan(); {
		var name string
		var seq int64
		if n, _ := fmt.Sscanf(lines.Text(), "%s %d", &name, &seq); n == 2 {
			acknowledged[name] = seq
		}
		if len(acknowledged) == acts {
			time.AfterFunc(moment, func() { _ = cmd.Process.Signal(syscall.SIGKILL) })
		}
	}
	_ = cmd.Wait()
	if len(acknowledged) < acts {
		t.Fatalf("the victim ended by itself after %d acts", len(acknowledged))
	}
	return acknowledged
}
