package drill

import (
	"bytes"
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"time"
)

// ready is what a demonstration says last when it serves.
const ready = "Ctrl-C stops it."

// Server is a demonstration in a process of its own, which can be killed.
type Server struct {
	Addr    string // host:port on loopback
	Program string
	Data    string // its folder
	cmd     *exec.Cmd
	said    said
}

// NewServer chooses a free port for a demonstration of a program, with its data
// in a folder. Start starts it.
func NewServer(program, data string) (*Server, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	return &Server{Addr: l.Addr().String(), Program: program, Data: data}, l.Close()
}

// Start starts it, or starts it again, and waits until it serves. It gives what
// the demonstration says about itself.
func (s *Server) Start(ctx context.Context) (said string, err error) {
	s.said.reset()
	s.cmd = exec.CommandContext(ctx, s.Program, "demo", "--addr", s.Addr, "--data", s.Data)
	s.cmd.Env, s.cmd.Stdout, s.cmd.Stderr = os.Environ(), &s.said, &s.said
	if err := s.cmd.Start(); err != nil {
		return "", err
	}
	for range 1200 {
		if said := s.said.String(); strings.Contains(said, ready) {
			return said, nil
		}
		select {
		case <-ctx.Done():
			return "", ctx.Err()
		case <-time.After(100 * time.Millisecond):
		}
	}
	return "", fmt.Errorf("the server did not start: %s", s.said.String())
}

// Base is the address in front of its paths.
func (s *Server) Base() string { return "http://" + s.Addr }

// Stop asks it to end, and waits until it has; the error is that of the process.
func (s *Server) Stop() error {
	if err := s.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		return err
	}
	return s.cmd.Wait()
}

// Kill ends it as a power cut does.
func (s *Server) Kill() {
	if s.cmd == nil || s.cmd.ProcessState != nil {
		return
	}
	_ = s.cmd.Process.Kill() // it may have ended by itself
	_ = s.cmd.Wait()         // killed, as wanted
}

// said is what a process writes.
type said struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (s *said) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.buf.Write(p)
}

func (s *said) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.buf.String()
}

func (s *said) reset() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.buf.Reset()
}
