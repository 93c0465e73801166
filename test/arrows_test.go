// Package test holds what is checked over the whole house: the direction of
// imports here, and beside it what only a running server can show.
package test

import (
	"encoding/json"
	"errors"
	"io"
	"os/exec"
	"strings"
	"testing"
)

// layer is the height of a package: it may import what is lower, and of its
// own height only what allowed names.
var layers = []struct {
	name     string
	packages []string
}{
	{"mechanism", []string{"internal/fault", "internal/lock", "internal/seal", "internal/db", "internal/blob", "internal/custody", "internal/keyring"}},
	{"domain", []string{"internal/policy", "internal/staff", "internal/desk", "internal/report", "internal/casefile", "internal/rulebook", "internal/planner", "internal/recording", "internal/statistics"}},
	{"face", []string{"internal/web", "internal/client"}},
	{"composition", []string{"internal/app"}},
	{"command", []string{"internal/drill", "internal/cli", "cmd", "test"}},
}

// within lists the arrows allowed inside one layer.
var within = map[string][]string{
	"internal/seal":    {"internal/fault"},
	"internal/db":      {"internal/fault", "internal/lock", "internal/db"},
	"internal/blob":    {"internal/fault", "internal/lock", "internal/blob"},
	"internal/custody": {"internal/fault", "internal/db", "internal/custody", "internal/seal"},
	"internal/keyring": {"internal/fault", "internal/db", "internal/custody", "internal/seal"},
	// The pack is data that a desk takes as a value; policy itself imports nothing of ours.
	"internal/desk": {"internal/policy"},
	// The rulebook keeps packs: it loads and compares them.
	"internal/rulebook": {"internal/policy"},
	// A case file asks the pack, as a value too.
	"internal/casefile": {"internal/policy"},
	// Statistics reads the forms that facts are kept as, with the pack's own reader.
	"internal/statistics": {"internal/policy", "internal/statistics"},
	// A recording takes the kinds of room of the pack, as values.
	"internal/recording": {"internal/policy", "internal/recording"},
	"internal/web":       {"internal/web"},
	"internal/app":       {"internal/app"},
	"internal/cli":       {"internal/cli", "internal/drill"},
	"cmd":                {"internal/cli"},
	"test":               {"internal/cli", "internal/drill", "test"},
}

// data packages hold embedded files only; anyone above the mechanisms may read them.
var data = []string{"packs", "locales", "ui"}

func place(path string) (layer int, pkg string) {
	path = strings.TrimPrefix(path, "verhaal/")
	for i, l := range layers {
		for _, p := range l.packages {
			if path == p || strings.HasPrefix(path, p+"/") {
				return i, p
			}
		}
	}
	return -1, path
}

func isData(path string) bool {
	for _, d := range data {
		if path == "verhaal/"+d || strings.HasPrefix(path, "verhaal/"+d+"/") {
			return true
		}
	}
	return false
}

func TestImportsPointFromFacesToDomainToMechanisms(t *testing.T) {
	out, err := exec.Command("go", "list", "-json=ImportPath,Imports", "verhaal/...").Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	seen := 0
	for d := json.NewDecoder(strings.NewReader(string(out))); ; {
		var p struct {
			ImportPath string
			Imports    []string
		}
		if err := d.Decode(&p); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatal(err)
		}
		if isData(p.ImportPath) {
			continue
		}
		from, name := place(p.ImportPath)
		if from < 0 {
			t.Errorf("%s has no place in the house: name its layer in this test", p.ImportPath)
			continue
		}
		seen++
		for _, imp := range p.Imports {
			if !strings.HasPrefix(imp, "verhaal/") || isData(imp) {
				continue
			}
			to, target := place(imp)
			switch {
			case to < from:
			case to > from:
				t.Errorf("%s (%s) imports %s (%s): arrows point from faces to domain to mechanisms", p.ImportPath, layers[from].name, imp, layers[to].name)
			case !contains(within[name], target):
				t.Errorf("%s imports %s beside it: take a value or a one-method interface instead", p.ImportPath, imp)
			}
		}
	}
	if seen < 10 {
		t.Fatalf("only %d packages seen; the test looks at the wrong place", seen)
	}
}

// TestOnlyCustodyWrites holds that nobody but the custody log, and the
// composition root that hands it over, ever names the door for writing.
func TestOnlyCustodyWrites(t *testing.T) {
	out, err := exec.Command("git", "-C", "..", "grep", "-lE", `db\.Writer|\*Writer\b`, "--", "internal/*.go", "cmd/*.go").Output()
	if err != nil {
		t.Fatalf("git grep: %v", err)
	}
	for _, file := range strings.Fields(string(out)) {
		ok := strings.HasPrefix(file, "internal/db/") || strings.HasPrefix(file, "internal/custody/") ||
			strings.HasPrefix(file, "internal/app/") || strings.HasSuffix(file, "_test.go")
		if !ok {
			t.Errorf("%s names db.Writer: every write is an act, take *custody.Log", file)
		}
	}
}

func contains(list []string, s string) bool {
	for _, l := range list {
		if l == s {
			return true
		}
	}
	return false
}
