package test

import (
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"verhaal/internal/cli"
)

// asProgram makes the test's own binary the program, which can be killed.
const asProgram = "VERHAAL_TEST_AS_PROGRAM"

func TestMain(m *testing.M) {
	if os.Getenv(asProgram) != "" {
		os.Exit(cli.Run(os.Args[1:], os.Stdout, os.Stderr))
	}
	os.Exit(m.Run())
}

// program is a demonstration in a process of its own.
type program struct {
	t    *testing.T
	base string
	args []string
	cmd  *exec.Cmd
}

// start starts a demonstration that ends with the test.
func start(t *testing.T) *program {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	addr := l.Addr().String()
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	p := &program{t: t, base: "http://" + addr, args: []string{"demo", "--addr", addr, "--data", filepath.Join(t.TempDir(), "demo")}}
	t.Cleanup(p.kill)
	p.start()
	return p
}

// start starts it, or starts it again, and waits until it serves.
func (p *program) start() {
	p.t.Helper()
	out := &screen{}
	p.cmd = exec.Command(os.Args[0], p.args...)
	p.cmd.Env = append(os.Environ(), asProgram+"=1")
	p.cmd.Stdout, p.cmd.Stderr = out, out
	if err := p.cmd.Start(); err != nil {
		p.t.Fatal(err)
	}
	for range 1200 {
		if strings.Contains(out.String(), "Ctrl-C stops it.") {
			return
		}
		time.Sleep(100 * time.Millisecond)
	}
	p.t.Fatalf("the demonstration did not start:\n%s", out)
}

// kill ends it as a power cut does.
func (p *program) kill() {
	if p.cmd == nil || p.cmd.ProcessState != nil {
		return
	}
	_ = p.cmd.Process.Kill() // it may have ended by itself
	_ = p.cmd.Wait()         // killed, as wanted
}
