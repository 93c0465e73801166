package test

import (
	"context"
	"crypto/rand"
	"fmt"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"verhaal/internal/client"
	"verhaal/internal/report"
	"verhaal/internal/seal"
)

// process is the real binary, demonstrating on a folder of its own.
type process struct {
	binary, data string
	cmd          *exec.Cmd
	out          *screen
}

func build(t *testing.T) string {
	t.Helper()
	binary := filepath.Join(t.TempDir(), "verhaal")
	if out, err := exec.Command("go", "build", "-o", binary, "verhaal/cmd/verhaal").CombinedOutput(); err != nil {
		t.Fatalf("build: %v: %s", err, out)
	}
	return binary
}

// start runs the demonstration and gives its address.
func (p *process) start(t *testing.T) string {
	t.Helper()
	p.out = &screen{}
	p.cmd = exec.Command(p.binary, "demo", "--addr", "127.0.0.1:0", "--data", p.data)
	p.cmd.Stdout, p.cmd.Stderr = p.out, p.out
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = p.cmd.Process.Kill(); _ = p.cmd.Wait() })
	for range 1200 {
		if strings.Contains(p.out.String(), "Ctrl-C stops it.") {
			return regexp.MustCompile(`http://127[^/]+`).FindString(p.out.String())
		}
		time.Sleep(100 * time.Millisecond)
	}
	t.Fatalf("did not start:\n%s", p.out)
	return ""
}

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
	p := &process{binary: build(t), data: filepath.Join(t.TempDir(), "demo")}
	base := p.start(t)
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
		if err := p.cmd.Process.Signal(syscall.SIGKILL); err != nil {
			t.Fatal(err)
		}
		_ = p.cmd.Wait()
		wg.Wait()
		base = p.start(t)
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
	p := &process{binary: build(t), data: filepath.Join(t.TempDir(), "demo")}
	p.start(t)
	out, err := exec.Command(p.binary, "demo", "--addr", "127.0.0.1:0", "--data", p.data).CombinedOutput()
	if err == nil || !strings.Contains(string(out), "SQLite serves one process") {
		t.Errorf("a second process: %v\n%s", err, out)
	}
}

func TestATermSignalFinishesWhatWasBegun(t *testing.T) {
	p := &process{binary: build(t), data: filepath.Join(t.TempDir(), "demo")}
	p.start(t)
	if err := p.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if err := p.cmd.Wait(); err != nil {
		t.Errorf("a stop ends with %v:\n%s", err, p.out)
	}
}
