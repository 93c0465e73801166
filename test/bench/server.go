package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"time"

	"verhaal/internal/client"
)

// channel is the one that takes the load: dialogue, certified staff.
const channel = "police-avim"

const passphrase = "river cabinet mosaic thunder willow"

// server is `verhaal serve` in a process of its own, so that it can be killed
// and its memory read.
type server struct {
	binary, dir, database, base string
	process                     *exec.Cmd
	officer                     *client.Staff
}

// newServer sets an installation up and starts it.
func newServer(ctx context.Context, binary, dir, database string) (*server, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	address := l.Addr().String()
	_ = l.Close()
	s := &server{binary: binary, dir: dir, database: database, base: "http://" + address}
	config := fmt.Sprintf("listen: %s\ndata: %s\norigin: bench.test/log\norigins: [%q]\ndatabase: %q\n", address, filepath.Join(dir, "data"), s.base, database)
	if err := os.WriteFile(s.config(), []byte(config), 0o600); err != nil {
		return nil, err
	}
	out, err := exec.CommandContext(ctx, binary, "init", "--config", s.config()).CombinedOutput()
	if err != nil {
		return nil, fmt.Errorf("init: %w: %s", err, out)
	}
	code := regexp.MustCompile(`(?s)enter this code\..*?\n\n\s+(\S[^\n]*)\n`).FindSubmatch(out)
	if code == nil {
		return nil, errors.New("init prints no code")
	}
	if _, err := s.start(ctx); err != nil {
		return nil, err
	}
	if err := s.furnish(ctx, strings.TrimSpace(string(code[1]))); err != nil {
		s.kill()
		return nil, err
	}
	return s, nil
}

func (s *server) config() string { return filepath.Join(s.dir, "verhaal.yaml") }

// start starts the process and says how long it took to its first answer.
func (s *server) start(ctx context.Context) (time.Duration, error) {
	s.process = exec.CommandContext(ctx, s.binary, "serve", "--config", s.config())
	s.process.Stderr = os.Stderr
	s.process.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	began := time.Now()
	if err := s.process.Start(); err != nil {
		return 0, err
	}
	for time.Since(began) < 30*time.Second {
		if res, err := http.Get(s.base + "/healthz"); err == nil {
			_ = res.Body.Close()
			if res.StatusCode == http.StatusOK {
				return time.Since(began), nil
			}
		}
		time.Sleep(2 * time.Millisecond)
	}
	return 0, errors.New("the server did not start")
}

// kill ends the process as a power cut would.
func (s *server) kill() {
	_ = s.process.Process.Signal(syscall.SIGKILL)
	_ = s.process.Wait()
}

// memory is the resident memory of the process in MB.
func (s *server) memory() (float64, error) {
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", s.process.Process.Pid))
	if err != nil {
		return 0, err
	}
	m := regexp.MustCompile(`VmRSS:\s+(\d+) kB`).FindSubmatch(status)
	if m == nil {
		return 0, errors.New("no VmRSS")
	}
	kb, err := strconv.Atoi(string(m[1]))
	return float64(kb) / 1024, err
}

// furnish makes an administrator, an officer and the desk's key, and opens the channel.
func (s *server) furnish(ctx context.Context, code string) error {
	admin := client.NewStaff(s.base)
	s.officer = client.NewStaff(s.base)
	var id string
	now := time.Now().UTC()
	for _, step := range []struct {
		what string
		do   func() error
	}{
		{"enrol the administrator", func() error {
			return admin.Enrol(ctx, client.Newcomer{Code: code, Login: "admin", Name: "A. Admin", Lang: "en", Passphrase: passphrase})
		}},
		{"invite an officer", func() (err error) { id, code, err = admin.Invite(ctx, "officer", "B. Officer", "officer"); return err }},
		{"certify the officer", func() error {
			return admin.Certify(ctx, id, "trafficking", now.Format(time.DateOnly), now.AddDate(1, 0, 0).Format(time.DateOnly), "bench")
		}},
		{"enrol the officer", func() error {
			return s.officer.Enrol(ctx, client.Newcomer{Code: code, Lang: "en", Passphrase: passphrase})
		}},
		{"seat the officer", func() error { return admin.Seat(ctx, channel, "officer") }},
		{"make the desk's key", func() error { return s.officer.DoDuty(ctx, channel) }},
		{"open the channel", func() error { return admin.OpenChannel(ctx, channel) }},
	} {
		if err := step.do(); err != nil {
			return fmt.Errorf("%s: %w", step.what, err)
		}
	}
	return nil
}
