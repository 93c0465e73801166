package drill

import (
	"os"
	"path/filepath"
	"slices"
	"testing"

	"verhaal/internal/client"
	"verhaal/internal/recording/chunk"
	"verhaal/internal/recording/proof"
)

// record writes a part with records that begin at these ms and last half a second
// each, and gives their hashes and where each ends in the file.
func record(t *testing.T, dir string, p chunk.Part, begins ...uint64) (heads []chunk.Hash, ends []int64) {
	t.Helper()
	chain, raw := chunk.NewChain(p), []byte(nil)
	for i, mono := range begins {
		h := chunk.Header{Part: p, Codec: chunk.Opus, Seq: chain.Next(), Mono: mono, Duration: 500, Prev: chain.Head()}
		if i == 0 {
			h.Flags = chunk.First
		}
		r, err := chunk.Seal(h, chunk.NewSecret(), []byte("sound"))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := chain.Add(r); err != nil {
			t.Fatal(err)
		}
		raw = append(raw, r.Raw...)
		heads, ends = append(heads, chain.Head()), append(ends, int64(len(raw)))
	}
	if err := os.WriteFile(filepath.Join(dir, p.File()), raw, 0o600); err != nil {
		t.Fatal(err)
	}
	return heads, ends
}

// TestHolesAreCountedWithinPartsAndBetweenThem by the headers of records.
func TestHolesAreCountedWithinPartsAndBetweenThem(t *testing.T) {
	dir, first := t.TempDir(), chunk.Part{Track: chunk.AudioSafe}
	second := first
	second.Number = 1
	record(t, dir, first, 0, 500, 1300) // 300 ms are missing
	record(t, dir, second, 2000, 2500)  // and 200
	track := proof.Track{Track: first.Track, Parts: []proof.Part{{Part: 0}, {Part: 1}}}
	if ms, err := holes(dir, first.Recording, track); err != nil || ms != 500 {
		t.Errorf("%d ms, %v", ms, err)
	}
	track.Parts = append(track.Parts, proof.Part{Part: 2})
	if _, err := holes(dir, first.Recording, track); err == nil {
		t.Error("a part without a file has no hole")
	}
}

// TestWhatWasAcknowledgedMustStandInTheExport: up to the record whose hash the server named.
func TestWhatWasAcknowledgedMustStandInTheExport(t *testing.T) {
	dir, p := t.TempDir(), chunk.Part{Track: chunk.AudioSafe}
	heads, ends := record(t, dir, p, 0, 500, 1000)
	last := len(heads) - 1
	for name, c := range map[string]struct {
		next        uint32
		head        chunk.Hash
		bytes, gone int64
	}{
		"all":                      {3, heads[last], ends[last], 0},
		"all but the last":         {2, heads[1], ends[1], 0},
		"none yet":                 {0, chunk.Hash{}, 0, 0},
		"one more than is there":   {4, heads[last], ends[last], ends[last]},
		"another in its place":     {2, heads[0], ends[1], ends[1]},
		"nothing of what was safe": {9, chunk.Hash{1}, ends[last], ends[last]},
	} {
		bytes, gone, err := kept(dir, p.Recording, []client.RecordedPart{{Track: p.Track, Next: c.next, Head: c.head}})
		if err != nil || bytes != c.bytes || gone != c.gone {
			t.Errorf("%s: %d of %d bytes gone, %v; want %d of %d", name, gone, bytes, err, c.gone, c.bytes)
		}
	}
}

// TestEveryFaultHasANameOfItsOwn: --only picks by it.
func TestEveryFaultHasANameOfItsOwn(t *testing.T) {
	names := Faults()
	slices.Sort(names)
	if len(names) != len(faults) || len(slices.Compact(names)) != len(faults) || !slices.Contains(names, networkCut) {
		t.Errorf("%q", names)
	}
}
