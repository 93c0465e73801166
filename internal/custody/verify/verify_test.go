package verify

import (
	"bytes"
	"encoding/binary"
	"errors"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"golang.org/x/mod/sumdb/tlog"
	"pgregory.net/rapid"
)

func TestSoundLogsOfEverySizeVerify(t *testing.T) {
	s := newSynthetic(t)
	var older [][]byte
	for _, n := range []int64{0, 1, 2, 255, 256, 257, 511, 512, 700, 65536, 65537, 66000} {
		m := s.memory(t, n, plainLeaf)
		r, err := Log(t.Context(), m, s.vkey, older...)
		if err != nil {
			t.Fatalf("%d leaves: %v", n, err)
		}
		if r.Size != n || r.Actors != int(min(n, 4)) {
			t.Errorf("%d leaves: checked %d of %d actors", n, r.Size, r.Actors)
		}
		older = append(older, r.Checkpoint)
	}
}

// leafAt finds where leaf i of a bundle begins.
func leafAt(bundle []byte, i int) (start, end int) {
	for {
		end = start + 2 + int(binary.BigEndian.Uint16(bundle[start:]))
		if i == 0 {
			return start, end
		}
		start, i = end, i-1
	}
}

func flip(at int) func([]byte) []byte {
	return func(b []byte) []byte { b[at] ^= 1; return b }
}

func gone([]byte) []byte { return nil }

// changed spells leaf i with another reason, a change of the same length.
func changed(i int) func([]byte) []byte {
	return func(b []byte) []byte {
		start, end := leafAt(b, i)
		copy(b[start:end], bytes.Replace(b[start:end], []byte("duty"), []byte("fake"), 1))
		return b
	}
}

func TestWhatIsWrongIsSaidInPlainWords(t *testing.T) {
	s := newSynthetic(t)
	const n = 600
	good := s.memory(t, n, plainLeaf)
	otherLeaf := func(i int64) []byte {
		if i == 100 {
			return bytes.Replace(plainLeaf(i), []byte("duty"), []byte("fake"), 1)
		}
		return plainLeaf(i)
	}
	other := s.memory(t, n, otherLeaf)
	longer := s.memory(t, n+50, plainLeaf)
	spaced := s.memory(t, n, func(i int64) []byte {
		if i == 7 {
			return bytes.Replace(plainLeaf(i), []byte(`,"v"`), []byte(`, "v"`), 1)
		}
		return plainLeaf(i)
	})
	unchained := s.memory(t, n, func(i int64) []byte {
		if i == 44 {
			return bytes.Replace(plainLeaf(i), []byte(`"prev":40`), []byte(`"prev":36`), 1)
		}
		return plainLeaf(i)
	})
	swapped := good.with("tile/entries/001", func(b []byte) []byte {
		s3, e3 := leafAt(b, 3)
		s4, e4 := leafAt(b, 4)
		return slices.Concat(b[:s3], b[s4:e4], b[s3:e3], b[e4:])
	})
	both := maps.Clone(good)
	both["tile/entries/000"], both["tile/0/000"] = other["tile/entries/000"], other["tile/0/000"]

	for name, c := range map[string]struct {
		log   memory
		older [][]byte
		want  []string
	}{
		"changed leaf":                 {good.with("tile/entries/001", changed(44)), nil, []string{"leaf 300 (tile/entries/001): was changed"}},
		"changed leaf in last bundle":  {good.with("tile/entries/002.p/88", changed(8)), nil, []string{"leaf 520 (tile/entries/002.p/88): was changed"}},
		"changed hash":                 {good.with("tile/0/001", flip(44*32)), nil, []string{"leaf 300 (tile/0/001): the tile's hash was changed"}},
		"changed hash in last tile":    {good.with("tile/0/002.p/88", flip(0)), nil, []string{"leaf 512 (tile/0/002.p/88): the tile's hash was changed"}},
		"changed upper tile":           {good.with("tile/1/000.p/2", flip(32)), nil, []string{"tile/1/000.p/2: hash 1 does not follow"}},
		"leaf and hash changed":        {both, nil, []string{"tile/1/000.p/2: hash 0 does not follow", "the leaves don't make the tree that was signed"}},
		"changed places":               {swapped, nil, []string{"leaf 259 (tile/entries/001): this is leaf 260: leaves changed places", "leaf 260 (tile/entries/001): this is leaf 259"}},
		"tail cut":                     {good.with("tile/entries/002.p/88", func(b []byte) []byte { return b[:len(b)-5] }), nil, []string{"leaf 599 (tile/entries/002.p/88): the bundle is cut short here: 1 leaves"}},
		"bundle gone":                  {good.with("tile/entries/001", gone), nil, []string{"tile/entries/001: is missing: 256 leaves"}},
		"tile gone":                    {good.with("tile/0/001", gone), nil, []string{"tile/0/001: is missing"}},
		"upper tile gone":              {good.with("tile/1/000.p/2", gone), nil, []string{"tile/1/000.p/2: is missing"}},
		"tile cut":                     {good.with("tile/0/001", func(b []byte) []byte { return b[:100] }), nil, []string{"tile/0/001: is cut short"}},
		"something after the last":     {good.with("tile/entries/001", func(b []byte) []byte { return append(b, 0) }), nil, []string{"tile/entries/001: goes on after its last leaf"}},
		"checkpoint gone":              {good.with("checkpoint", gone), nil, []string{"checkpoint: is missing"}},
		"checkpoint forged":            {good.with("checkpoint", flip(len("log.example/verhaal\n"))), nil, []string{"checkpoint: is not signed by the key of log.example/verhaal"}},
		"log of somebody else":         {newSynthetic(t).memory(t, n, plainLeaf), nil, []string{"checkpoint: is not signed"}},
		"tail dropped with checkpoint": {good, [][]byte{longer["checkpoint"]}, []string{"the log has 600 leaves, but it had 650", "the last 50 are gone"}},
		"split view":                   {longer, [][]byte{other["checkpoint"]}, []string{"the first 600 leaves are not those an older checkpoint was signed over"}},
		"split view of one size":       {good, [][]byte{other["checkpoint"]}, []string{"the first 600 leaves are not those"}},
		"older checkpoint forged":      {good, [][]byte{[]byte("x")}, []string{"older checkpoint 1: is not signed"}},
		"not canonical":                {spaced, nil, []string{"leaf 7 (tile/entries/000): lacks v, or its members are not in order"}},
		"chain broken":                 {unchained, nil, []string{"leaf 44 (tile/entries/000): says that its actor's act before is leaf 36, but that is leaf 40"}},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := Log(t.Context(), c.log, s.vkey, c.older...)
			var b *Broken
			if !errors.As(err, &b) {
				t.Fatalf("got %v", err)
			}
			for _, want := range c.want {
				if !strings.Contains(b.Error(), want) {
					t.Errorf("it says\n%v\nand not %q", b, want)
				}
			}
		})
	}
}

func TestEveryByteCounts(t *testing.T) {
	s := newSynthetic(t)
	good := s.memory(t, 300, plainLeaf)
	paths := slices.Sorted(maps.Keys(good))
	rapid.Check(t, func(t *rapid.T) {
		path := rapid.SampledFrom(paths).Draw(t, "file")
		size := len(good[path])
		if path == checkpointPath {
			// The last character of a signature in base64 has bits without meaning.
			size = bytes.Index(good[path], []byte("\n\n"))
		}
		at := rapid.IntRange(0, size-1).Draw(t, "byte")
		bit := rapid.IntRange(0, 7).Draw(t, "bit")
		bad := good.with(path, func(b []byte) []byte { b[at] ^= 1 << bit; return b })
		var b *Broken
		if _, err := Log(t.Context(), bad, s.vkey); !errors.As(err, &b) {
			t.Fatalf("not seen: %v", err)
		}
	})
}

func TestAFolderIsReadAsItWasWritten(t *testing.T) {
	s, dir := newSynthetic(t), t.TempDir()
	s.write(t, 600, plainLeaf, onDisk(t, dir))
	if _, err := Log(t.Context(), At(dir, ""), s.vkey); err != nil {
		t.Error(err)
	}
	if _, err := Log(t.Context(), At(filepath.Join(dir, "none"), ""), s.vkey); err == nil {
		t.Error("nothing verifies")
	}
}

func onDisk(t testing.TB, dir string) func(string, []byte) {
	return func(path string, data []byte) {
		file := filepath.Join(dir, path)
		if err := errors.Join(os.MkdirAll(filepath.Dir(file), 0o700), os.WriteFile(file, data, 0o600)); err != nil {
			t.Fatal(err)
		}
	}
}

func TestRootsAgreeWithTheLibrarys(t *testing.T) {
	var stored []tlog.Hash
	reader := tlog.HashReaderFunc(func(at []int64) ([]tlog.Hash, error) {
		out := make([]tlog.Hash, len(at))
		for i, a := range at {
			out[i] = stored[a]
		}
		return out, nil
	})
	var e edge
	var partial []tlog.Hash
	for i := range int64(1500) {
		want, err := tlog.TreeHash(i, reader)
		if err != nil {
			t.Fatal(err)
		}
		if got := e.root(partial); got != want {
			t.Fatalf("%d leaves: another root", i)
		}
		more, err := tlog.StoredHashes(i, plainLeaf(i), reader)
		if err != nil {
			t.Fatal(err)
		}
		stored = append(stored, more...)
		if partial = append(partial, tlog.RecordHash(plainLeaf(i))); len(partial) == tileWidth {
			e.add(treeHash(partial))
			partial = nil
		}
	}
}

// BenchmarkLog checks a million leaves on disk; leaves/s times 30 s must be
// over ten million.
func BenchmarkLog(b *testing.B) {
	s, dir := newSynthetic(b), b.TempDir()
	const n = 1_000_000
	s.write(b, n, plainLeaf, onDisk(b, dir))
	for b.Loop() {
		if _, err := Log(b.Context(), Dir(dir), s.vkey); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(n)*float64(b.N)/b.Elapsed().Seconds(), "leaves/s")
	b.ReportMetric(0, "ns/op")
}
