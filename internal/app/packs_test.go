package app

import (
	"io/fs"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"verhaal/internal/policy"
	"verhaal/packs"
)

// edited is the pack with from replaced by to in one of its files.
func edited(t *testing.T, file, from, to string) *policy.Pack {
	t.Helper()
	fsys := fstest.MapFS{}
	if err := fs.WalkDir(packs.FS, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		body, err := fs.ReadFile(packs.FS, name)
		fsys[name] = &fstest.MapFile{Data: body}
		return err
	}); err != nil {
		t.Fatal(err)
	}
	before := string(fsys[file].Data)
	fsys[file] = &fstest.MapFile{Data: []byte(strings.Replace(before, from, to, 1))}
	if before == string(fsys[file].Data) {
		t.Fatalf("%s holds no %q", file, from)
	}
	p, err := policy.Load(fsys, "nl")
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestTheCheckOfAPackNamesCasesThatFailAndWhatIsDecidedDifferently(t *testing.T) {
	own, err := policy.Load(packs.FS, "nl")
	if err != nil {
		t.Fatal(err)
	}
	same, err := checkPack(own, own)
	if err != nil || same.Passed == 0 || len(same.Failed)+len(same.Changes) != 0 {
		t.Errorf("the pack beside itself: %d passed, %q, %q, %v", same.Passed, same.Failed, same.Changes, err)
	}
	// Video under 12 instead of under 16 (S-17).
	changed, err := checkPack(edited(t, "nl/rules/40-recording.yaml", "asks && (under_16 ||", "asks && (under_12 ||"), own)
	about := func(line string) bool { return strings.Contains(line, "S-17") }
	if err != nil || !slices.ContainsFunc(changed.Failed, about) || !slices.ContainsFunc(changed.Changes, about) {
		t.Errorf("another age: %q, %q, %v", changed.Failed, changed.Changes, err)
	}
}
