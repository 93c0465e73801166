package proof_test

import (
	"bytes"
	"encoding/binary"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"verhaal/internal/recording/chunk"
	"verhaal/internal/recording/proof"
	"verhaal/internal/recording/recordingtest"
)

// clusterTime is where a cluster of a test's camera has its time, in ms.
const clusterTime = 14

// filmed gives the clusters of minute 1 of a recording, and where its film begins
// in its part's container, in ms.
func filmed(t *testing.T, r *recordingtest.Recording, p chunk.Part) (clusters [][]byte, begin uint32) {
	t.Helper()
	for _, rec := range r.Records[p] {
		if rec.Minute() != 1 {
			continue
		}
		plain, err := rec.Open(nil, r.Key(p, 1).Key)
		if err != nil {
			t.Fatal(err)
		}
		clusters = append(clusters, plain)
	}
	return clusters, binary.BigEndian.Uint32(clusters[0][clusterTime:])
}

// late moves a cluster's time, in ms.
func late(cluster []byte, ms uint32) {
	at := cluster[clusterTime:]
	binary.BigEndian.PutUint32(at, binary.BigEndian.Uint32(at)+ms)
}

// cropped has a film's picture cut by 16 lines at the bottom.
func cropped(head []byte) []byte {
	crop := []byte{0xe0, 0x84, 0x54, 0xaa, 0x81, 16}
	tracks, codec := bytes.Index(head, []byte{0x16, 0x54, 0xae, 0x6b}), bytes.Index(head, []byte("V_VP8"))
	head[tracks+7] += byte(len(crop))
	head[codec-18] += byte(len(crop)) // the last byte of its entry's size
	return append(head, crop...)
}

// TestAFilmThatIsNotWhatTheRecordsHoldIsNamed alters the film of a court pack,
// which is what a court looks at.
func TestAFilmThatIsNotWhatTheRecordsHoldIsNamed(t *testing.T) {
	r := recordingtest.Make(t, recordingtest.ThreeMinutes())
	main := chunk.Part{Recording: r.ID}
	camera := recordingtest.Camera{Codec: chunk.VP8Opus}
	dir := excerpt(t, r, proof.Selection{Tracks: []chunk.Track{chunk.Main}, Minutes: []uint32{1}, Keys: minuteKeys(r, 1), Heads: map[chunk.Part][]byte{main: camera.Head()}})
	put := func(name string, data []byte) {
		if err := os.WriteFile(filepath.Join(dir, name), data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	put("custody.csv", []byte("who,what\n"))
	other := recordingtest.Make(t, recordingtest.ThreeMinutes())
	foreign, _ := filmed(t, other, chunk.Part{Recording: other.ID})
	for name, c := range map[string]struct {
		head  func([]byte) []byte
		spoil func([][]byte) [][]byte
		from  int64 // minute that is named; -1: the film is right
	}{
		"untouched":               {nil, nil, -1},
		"a bit":                   {nil, func(all [][]byte) [][]byte { all[100][len(all[100])-1] ^= 1; return all }, 1},
		"another minute's moment": {nil, func(all [][]byte) [][]byte { all[50] = bytes.Clone(all[49]); return all }, 1},
		"a moment left out":       {nil, func(all [][]byte) [][]byte { return slices.Delete(all, 50, 51) }, 1},
		"the beginning left out":  {nil, func(all [][]byte) [][]byte { return all[1:] }, 1},
		"the end left out":        {nil, func(all [][]byte) [][]byte { return all[:len(all)-1] }, 1},
		"the end torn off":        {nil, func(all [][]byte) [][]byte { n := len(all) - 1; all[n] = all[n][:len(all[n])-50]; return all }, 1},
		"a moment more":           {nil, func(all [][]byte) [][]byte { return append(all, bytes.Clone(all[3])) }, 1},
		"a moment later":          {nil, func(all [][]byte) [][]byte { late(all[50], 40); return all }, 1},
		"all of it later": {nil, func(all [][]byte) [][]byte {
			for _, c := range all {
				late(c, 2000)
			}
			return all
		}, 1},
		"a picture made invisible":    {nil, func(all [][]byte) [][]byte { all[50][bytes.LastIndex(all[50], []byte{0x80 | 2})+3] |= 8; return all }, 1},
		"a clock that runs slow":      {func(b []byte) []byte { return bytes.Replace(b, []byte{0x0f, 0x42, 0x40}, []byte{0x1e, 0x84, 0x80}, 1) }, nil, 1},
		"another codec's name":        {func(b []byte) []byte { return bytes.Replace(b, []byte("V_VP8"), []byte("V_VP9"), 1) }, nil, 1},
		"a picture cut smaller":       {cropped, nil, 1},
		"a film of another recording": {nil, func([][]byte) [][]byte { return foreign[:50] }, 1},
		"no film at all":              {func([]byte) []byte { return []byte("Dear court") }, func([][]byte) [][]byte { return nil }, 1},
	} {
		t.Run(name, func(t *testing.T) {
			clusters, begin := filmed(t, r, main)
			for _, c := range clusters {
				late(c, -begin)
			}
			head := camera.Head()
			if c.head != nil {
				head = c.head(head)
			}
			if c.spoil != nil {
				clusters = c.spoil(clusters)
			}
			put("main.webm", append(head, bytes.Join(clusters, nil)...))
			result := verifyDir(t, dir, r.LogKey)
			if !slices.Equal(result.Unchecked, []string{"custody.csv"}) || !strings.Contains(result.Words(), "were not checked: custody.csv.") {
				t.Errorf("not checked: %q\n%s", result.Unchecked, result.Words())
			}
			if c.from < 0 {
				if !result.Sound || !slices.Equal(result.Films, []string{"main.webm"}) || !strings.HasPrefix(result.Words(), "The records of this excerpt are unaltered") {
					t.Fatal(result.Words())
				}
				return
			}
			if f := find(result, proof.Film); len(result.Faults) != 1 || state(result, 3) != proof.Failed || len(result.Films) > 0 || f.Minutes.From != c.from || !strings.Contains(f.What, "main.webm") {
				t.Fatal(result.Words())
			}
		})
	}
	put("a\nThis excerpt is sound", nil)
	if words := verifyDir(t, dir, r.LogKey).Words(); strings.Contains(words, "\nThis excerpt is sound") {
		t.Errorf("the name of a file passes for words of the page:\n%s", words)
	}
	if _, said := read(t, dir, "--log-key", r.LogKey); strings.Contains(said, "\nThis excerpt is sound") {
		t.Errorf("the name of a file passes for words of the reader:\n%s", said)
	}
	if err := os.Remove(filepath.Join(dir, "a\nThis excerpt is sound")); err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(filepath.Join(dir, "keys.json")); err != nil {
		t.Fatal(err)
	}
	result := verifyDir(t, dir, r.LogKey)
	if !result.Sound || !slices.Equal(result.Unchecked, []string{"custody.csv", "main.webm"}) {
		t.Errorf("without keys: %q\n%s", result.Unchecked, result.Words())
	}
	if status, said := read(t, dir, "--log-key", r.LogKey); status != 0 || !strings.Contains(said, "NOT CHECKED, beside the records: custody.csv, main.webm") {
		t.Errorf("the independent reader: %d: %s", status, said)
	}
}
