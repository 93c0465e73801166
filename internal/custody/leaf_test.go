package custody_test

import (
	"encoding/hex"
	"encoding/json"
	"testing"
	"time"

	"github.com/gowebpki/jcs"
	"pgregory.net/rapid"

	"verhaal/internal/custody"
)

// TestLeavesAreCanonical holds our own writing of a leaf against a general
// implementation of RFC 8785.
func TestLeavesAreCanonical(t *testing.T) {
	name := rapid.StringMatching(`[a-z][a-z0-9_]{0,8}`)
	rapid.Check(t, func(t *rapid.T) {
		act := custody.Act{
			Kind:    rapid.StringMatching(`[a-z]{1,8}\.[a-z_]{1,8}`).Filter(func(s string) bool { return s[len(s)-1] != '.' }).Draw(t, "kind"),
			Actor:   rapid.String().Draw(t, "actor"),
			Subject: rapid.String().Draw(t, "subject"),
			Basis:   rapid.String().Draw(t, "basis"),
			Facts:   rapid.MapOfN(name, rapid.String(), 0, 5).Draw(t, "facts"),
			Hashes:  rapid.MapOfN(name, rapid.SliceOfN(rapid.Byte(), 32, 32), 0, 3).Draw(t, "hashes"),
			DayOnly: rapid.Bool().Draw(t, "day only"),
		}
		prev := rapid.Int64Range(-1, 1<<53).Draw(t, "prev")
		leaf, err := custody.LeafOf(act, prev, noon, make([]byte, 32))
		if err != nil {
			t.Skip(err)
		}
		again, err := jcs.Transform(leaf)
		if err != nil || string(again) != string(leaf) {
			t.Fatalf("%s\nis not the canonical\n%s\n(%v)", leaf, again, err)
		}
		var back struct {
			V, Day, Time                int64
			Prev                        *int64
			Actor, Basis, Kind, Subject string
			Facts, Hashes               map[string]string
		}
		if err := json.Unmarshal(leaf, &back); err != nil {
			t.Fatal(err)
		}
		if back.V != 1 || back.Kind != act.Kind || back.Actor != act.Actor || back.Basis != act.Basis ||
			(back.Prev == nil) != (prev < 0) || back.Prev != nil && *back.Prev != prev ||
			(back.Subject == "") != (act.Subject == "") || len(back.Facts) != len(act.Facts) || len(back.Hashes) != len(act.Hashes) {
			t.Fatalf("%s says something else than %+v", leaf, act)
		}
		for k, v := range act.Facts {
			if back.Facts[k] != v {
				t.Fatalf("fact %s changed", k)
			}
		}
		for k, v := range act.Hashes {
			if back.Hashes[k] != hex.EncodeToString(v) {
				t.Fatalf("hash %s changed", k)
			}
		}
		if act.DayOnly && (back.Day != 20261123 || back.Time != 0) || !act.DayOnly && (back.Day != 0 || back.Time != noon.Unix()) {
			t.Fatalf("%s: wrong time", leaf)
		}
	})
}

func TestTwoLeavesOnOneSubjectCannotBeLinked(t *testing.T) {
	act := custody.Act{Kind: "report.opened", Subject: "r1"}
	one, err := custody.LeafOf(act, -1, time.Unix(0, 0), []byte("salt one"))
	if err != nil {
		t.Fatal(err)
	}
	two, err := custody.LeafOf(act, -1, time.Unix(0, 0), []byte("salt two"))
	if err != nil {
		t.Fatal(err)
	}
	if string(one) == string(two) {
		t.Error("the same commitment twice")
	}
}

func FuzzPath(f *testing.F) {
	for _, path := range []string{"tile/0/000", "tile/1/x001/234", "tile/entries/x123/x456/789.p/7", "tile/7/000.p/255",
		"tile/8/0", "tile/00/000", "tile/0/1000", "tile/0/x000/001", "tile/0/000.p/256", "tile/entries/-01", "tile/0/+01"} {
		f.Add(path)
	}
	f.Fuzz(func(t *testing.T, path string) {
		again, err := custody.SpellPath(path)
		if err == nil && again != path {
			t.Fatalf("%q is also %q", path, again)
		}
	})
}

func TestPathsOutsideTheFormatAreRefused(t *testing.T) {
	for path, ok := range map[string]bool{
		"tile/0/000": true, "tile/7/x999/x999/999.p/255": true, "tile/entries/000.p/1": true,
		"": false, "tile": false, "tile/0": false, "tile/0/": false, "tile/8/000": false, "tile/00/000": false,
		"tile/0/0": false, "tile/0/1000": false, "tile/0/x000/001": false, "tile/0/001/002": false, "tile/0/000.p/0": false,
		"tile/0/000.p/256": false, "tile/0/000.p/": false, "tile/0/-01": false, "/tile/0/000": false, "tile/0/000/..": false,
		"tile/0/x999/x999/x999/x999/x999/x999/x999/x999/999": false,
	} {
		if _, err := custody.SpellPath(path); (err == nil) != ok {
			t.Errorf("%q: %v", path, err)
		}
	}
}
