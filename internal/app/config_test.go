package app

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestAConfigurationSaysWhatIsWrongWithIt(t *testing.T) {
	for name, c := range map[string]struct{ text, want string }{
		"unknown field": {"data: d\norigin: a/log\nlistne: x\n", "listne"},
		"no data":       {"origin: a/log\n", "data:"},
		"no origin":     {"data: d\n", "origin:"},
		"bad origins":   {"data: d\norigin: a/log\norigins: [meldingen.example.nl]\n", "origins:"},
		"not YAML":      {"data: [", "verhaal.yaml"},
	} {
		path := filepath.Join(t.TempDir(), "verhaal.yaml")
		if err := os.WriteFile(path, []byte(c.text), 0o600); err != nil {
			t.Fatal(err)
		}
		_, err := LoadConfig(path)
		if err == nil || !strings.Contains(err.Error(), c.want) || !strings.Contains(err.Error(), "verhaal.yaml") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestDefaultsMakeAWorkingConfiguration(t *testing.T) {
	path := filepath.Join(t.TempDir(), "verhaal.yaml")
	if err := os.WriteFile(path, []byte("data: store\norigin: a/log\nsite: meldingen.example.nl\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	c, err := LoadConfig(path)
	if err != nil {
		t.Fatal(err)
	}
	if c.Data != filepath.Join(filepath.Dir(path), "store") || !strings.HasPrefix(c.Database, "sqlite:") || c.Origins[0] != "https://meldingen.example.nl" {
		t.Errorf("%+v", c)
	}
}

func TestAnInstallationIsSetUpOnceOnly(t *testing.T) {
	c := Config{Data: t.TempDir(), Origin: "verhaal.test/log"}
	made, err := Init(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	if made.Code == "" || made.Recovery.Reveal() == "" || !strings.HasPrefix(made.Verifier, "verhaal.test/log+") {
		t.Error("something that is shown once is empty")
	}
	if _, err := Init(t.Context(), c); err == nil || !strings.Contains(err.Error(), "set up") {
		t.Errorf("a second time: %v", err)
	}
	if err := os.Chmod(c.keyFile(serverKeyFile), 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(t.Context(), c, quiet); err == nil || !strings.Contains(err.Error(), "chmod 600") {
		t.Errorf("a key that others can read: %v", err)
	}
}
