package test

import (
	"context"
	"crypto/rand"
	"fmt"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	"verhaal/internal/client"
	"verhaal/internal/report"
	"verhaal/internal/seal"
)

// sender sends reports until the server is gone and remembers what was acknowledged.
type sender struct {
	mu       sync.Mutex // guards accepted
	accepted []seal.Keys
}

func (s *sender) send(ctx context.Context, c *client.Reporter, key client.DeskKey, name int) error {
	for i := 0; ; i++ {
		var keys seal.Keys
		_, _ = rand.Read(keys.Lookup[:])
		_, _ = rand.Read(keys.Proof[:])
		var err error
		if keys.Identity, err = seal.NewIdentity(); err != nil {
			return err
		}
		sealed, err := c.SealUnder(keys, key, report.Facts{Danger: "no", Age: "adult", AboutSelf: "no"},
			client.Story{Text: fmt.Sprintf("report %d of sender %d", i, name)}, client.Identity{})
		if err != nil {
			return err
		}
		if _, err := c.Send(ctx, sealed); err != nil {
			return nil // the server is gone: what is not acknowledged may be lost
		}
		s.mu.Lock()
		s.accepted = append(s.accepted, keys)
		s.mu.Unlock()
	}
}

func TestNothingAcknowledgedIsLostWhenTheServerIsKilled(t *testing.T) {
	p := program(t)
	base := p.Base()
	s := &sender{}
	for round := range 2 {
		key, err := client.NewReporter(base, "en").Key(t.Context(), "police-avim")
		if err != nil {
			t.Fatal(err)
		}
		var wg sync.WaitGroup
		for i := range 8 {
			wg.Go(func() {
				if err := s.send(context.Background(), client.NewReporter(base, "en"), key, i); err != nil {
					t.Error(err)
				}
			})
		}
		time.Sleep(1500 * time.Millisecond)
		p.Kill()
		wg.Wait()
		restart(t, p)
		c := client.NewReporter(base, "en")
		for i, keys := range s.accepted {
			if _, err := c.ReturnWith(t.Context(), keys); err != nil {
				t.Fatalf("round %d: acknowledged report %d of %d does not open: %v", round, i, len(s.accepted), err)
			}
		}
	}
	if len(s.accepted) < 50 {
		t.Errorf("only %d reports were acknowledged; the test looks at nothing", len(s.accepted))
	}
	t.Logf("%d acknowledged, all open", len(s.accepted))
}

func TestASecondProcessOnTheSameFolderIsRefusedWithASentence(t *testing.T) {
	p := program(t)
	out, err := exec.Command(p.Program, "demo", "--addr", "127.0.0.1:0", "--data", p.Data).CombinedOutput()
	if err == nil || !strings.Contains(string(out), "SQLite serves one process") {
		t.Errorf("a second process: %v\n%s", err, out)
	}
}

func TestATermSignalFinishesWhatWasBegun(t *testing.T) {
	if err := program(t).Stop(); err != nil {
		t.Errorf("a stop ends with %v", err)
	}
}
