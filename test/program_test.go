package test

import (
	"os"
	"path/filepath"
	"testing"

	"verhaal/internal/cli"
	"verhaal/internal/drill"
)

// asProgram makes the test's own binary the program, which can be killed.
const asProgram = "VERHAAL_TEST_AS_PROGRAM"

func TestMain(m *testing.M) {
	if os.Getenv(asProgram) != "" {
		os.Exit(cli.Run(os.Args[1:], os.Stdout, os.Stderr))
	}
	if err := os.Setenv(asProgram, "1"); err != nil { // for those it starts
		panic(err)
	}
	os.Exit(m.Run())
}

// program is a demonstration in a process of its own, which ends with the test.
func program(t *testing.T) *drill.Server {
	t.Helper()
	s, err := drill.NewServer(os.Args[0], filepath.Join(t.TempDir(), "demo"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Kill)
	restart(t, s)
	return s
}

// restart starts it, again if it ran before.
func restart(t *testing.T, s *drill.Server) {
	t.Helper()
	if _, err := s.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
}
