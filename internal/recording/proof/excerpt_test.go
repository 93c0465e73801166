package proof_test

import (
	"archive/zip"
	"bytes"
	"context"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"verhaal/internal/recording/chunk"
	"verhaal/internal/recording/proof"
	"verhaal/internal/recording/recordingtest"
)

func twoTracks(t *testing.T) *recordingtest.Recording {
	second := recordingtest.ThreeMinutes()
	second.Number, second.From = 1, 180_200
	return recordingtest.Make(t, recordingtest.ThreeMinutes(), second,
		recordingtest.Part{Track: chunk.AudioSafe, From: 50_000, Seconds: 260, Camera: recordingtest.Camera{Codec: chunk.Opus}})
}

// excerpt writes an excerpt into a folder of its own.
func excerpt(t *testing.T, r *recordingtest.Recording, want proof.Selection) string {
	t.Helper()
	var archive bytes.Buffer
	w := zip.NewWriter(&archive)
	if err := proof.Excerpt(context.Background(), os.DirFS(r.Dir), want, w); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	z, err := zip.NewReader(bytes.NewReader(archive.Bytes()), int64(archive.Len()))
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	if err := os.CopyFS(dir, z); err != nil {
		t.Fatal(err)
	}
	return dir
}

func verifyDir(t *testing.T, dir, key string) proof.Result {
	t.Helper()
	result, err := proof.Verify(context.Background(), os.DirFS(dir), proof.Options{LogKey: key})
	if err != nil {
		t.Fatal(err)
	}
	return result
}

// minuteKeys is K_m of the given minutes of all parts of the tracks.
func minuteKeys(r *recordingtest.Recording, minutes ...uint32) (out []proof.MinuteKey) {
	for _, k := range r.Keys() {
		if bytes.Contains([]byte{byte(minutes[0]), byte(minutes[len(minutes)-1])}, []byte{byte(k.Minute)}) {
			out = append(out, k)
		}
	}
	return out
}

func TestAnExcerptProvesItsMinutesAloneAndOpensNoOther(t *testing.T) {
	r := twoTracks(t)
	main, again := chunk.Part{Recording: r.ID}, chunk.Part{Recording: r.ID, Number: 1}
	want := proof.Selection{Tracks: []chunk.Track{chunk.Main, chunk.AudioSafe}, Minutes: []uint32{3, 2}, Keys: minuteKeys(r, 2, 3), Heads: map[chunk.Part][]byte{}}
	camera := recordingtest.Camera{Codec: chunk.VP8Opus}
	want.Heads[main], want.Heads[again] = camera.Head(), camera.Head()
	camera.Codec = chunk.Opus
	want.Heads[chunk.Part{Recording: r.ID, Track: chunk.AudioSafe}] = camera.Head()
	dir := excerpt(t, r, want)
	result := verifyDir(t, dir, r.LogKey)
	if !result.Sound || result.What != "excerpt" || state(result, 1) != proof.Passed || state(result, 2) != proof.Passed {
		t.Fatal(result.Words())
	}
	// The marks tell of every minute: they are not there, and that is all that is noted.
	if _, err := os.Stat(filepath.Join(dir, "marks.json")); !os.IsNotExist(err) || len(result.Notes) != 1 || !strings.Contains(result.Words(), "marks.json did not come along") {
		t.Fatalf("%v\n%s", err, result.Words())
	}
	// Main: minute 2 is 120 records and its neighbour, minute 3 what part 1 has of
	// it and its neighbour. The neighbours stay closed.
	if m := result.Tracks[0]; m.Records != 1+120+120+1 || m.Opened != m.Records-2 || result.Tracks[1].Opened != result.Tracks[1].Records-2 {
		t.Fatalf("%+v\n%s", result.Tracks, result.Words())
	}
	for _, s := range []struct {
		p    chunk.Part
		file string
	}{{main, "0-0.vhc"}, {again, "0-1.vhc"}} {
		file, err := os.Open(filepath.Join(dir, s.file))
		if err != nil {
			t.Fatal(err)
		}
		defer file.Close()
		for reader := chunk.NewReader(file); ; {
			rec, err := reader.Next()
			if err == io.EOF {
				break
			}
			if err != nil {
				t.Fatal(err)
			}
			for _, k := range want.Keys {
				if _, err := rec.Open(nil, k.Key); err == nil && rec.Minute() != 2 && rec.Minute() != 3 {
					t.Fatalf("minute %d opens with the %s", rec.Minute(), k)
				}
			}
		}
	}
}

func TestAnExcerptOfEveryMinuteHasTheMarks(t *testing.T) {
	r := twoTracks(t)
	for _, c := range []struct {
		minutes []uint32
		marks   bool
	}{{[]uint32{0, 1, 2, 3, 4, 5}, true}, {[]uint32{0, 1, 2, 3, 4}, false}, {[]uint32{1, 2, 3, 4, 5}, false}} {
		dir := excerpt(t, r, proof.Selection{Tracks: []chunk.Track{chunk.Main}, Minutes: c.minutes})
		if _, err := os.Stat(filepath.Join(dir, "marks.json")); (err == nil) != c.marks {
			t.Errorf("%v: %v", c.minutes, err)
		}
		if result := verifyDir(t, dir, r.LogKey); !result.Sound {
			t.Error(result.Words())
		}
	}
}

func TestAKeyOfAnotherMinuteDoesNotGoIntoAnExcerpt(t *testing.T) {
	r := twoTracks(t)
	for _, want := range []proof.Selection{
		{Tracks: []chunk.Track{chunk.Main}, Minutes: []uint32{1}, Keys: minuteKeys(r, 2)},
		{Tracks: []chunk.Track{chunk.AudioSafe}, Minutes: []uint32{1}, Keys: []proof.MinuteKey{r.Key(chunk.Part{Recording: r.ID}, 1)}},
		{Tracks: []chunk.Track{chunk.Main}, Minutes: []uint32{77}},
		{Tracks: []chunk.Track{chunk.Exhibit}, Minutes: []uint32{1}},
	} {
		if err := proof.Excerpt(context.Background(), os.DirFS(r.Dir), want, zip.NewWriter(io.Discard)); err == nil {
			t.Errorf("minutes %v of %v with %v was given out", want.Minutes, want.Tracks, want.Keys)
		}
	}
}

func TestNoExcerptOfAFaultyRecording(t *testing.T) {
	r := twoTracks(t)
	file := filepath.Join(r.Dir, "0-1.vhc")
	whole, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	recordingtest.Rewrite(t, file, whole, func(all [][]byte) [][]byte { all[200][100] ^= 1; return all })
	err = proof.Excerpt(context.Background(), os.DirFS(r.Dir), proof.Selection{Tracks: []chunk.Track{chunk.Main}, Minutes: []uint32{1}}, zip.NewWriter(io.Discard))
	if err == nil || !strings.Contains(err.Error(), "minute 4") {
		t.Fatal(err)
	}
}

func TestTamperingWithAnExcerptIsFound(t *testing.T) {
	r := twoTracks(t)
	dir := excerpt(t, r, proof.Selection{Tracks: []chunk.Track{chunk.Main}, Minutes: []uint32{1, 3}})
	if result := verifyDir(t, dir, r.LogKey); !result.Sound || state(result, 3) != proof.NotChecked {
		t.Fatal(result.Words())
	}
	file := filepath.Join(dir, "0-0.vhc") // records 19 to 140
	whole, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	list, err := os.ReadFile(filepath.Join(dir, "excerpt.json"))
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Contains(list, []byte(`[[19,140]]`)) {
		t.Fatalf("it lists %s", list)
	}
	for name, c := range map[string]struct {
		do   func([][]byte) [][]byte
		list func([]byte) []byte
		kind string
		from int64
	}{
		"a bit":                {func(all [][]byte) [][]byte { all[50][200] ^= 1; return all }, nil, proof.Changed, 69},
		"a bit, mended":        {func(all [][]byte) [][]byte { all[50][200] ^= 1; recordingtest.Mend(all[50]); return all }, nil, proof.Changed, 69},
		"the last bit, mended": {func(all [][]byte) [][]byte { all[121][200] ^= 1; recordingtest.Mend(all[121]); return all }, nil, proof.Root, -1},
		"one left out":         {func(all [][]byte) [][]byte { return append(all[:50:50], all[51:]...) }, nil, proof.Missing, 69},
		"the first left out":   {func(all [][]byte) [][]byte { return all[1:] }, nil, proof.Missing, 19},
		"the tail left out":    {func(all [][]byte) [][]byte { return all[:100] }, nil, proof.Cut, 119},
		"one twice":            {func(all [][]byte) [][]byte { return append(all, all[3]) }, nil, proof.Added, 22},
		"junk":                 {func(all [][]byte) [][]byte { return append(all, []byte("junk")) }, nil, proof.Added, -1},
		"the beginning of the minute hidden": {func(all [][]byte) [][]byte { return all[11:] },
			func(b []byte) []byte { return bytes.Replace(b, []byte(`[[19,140]]`), []byte(`[[30,140]]`), 1) }, proof.Missing, 30},
		"the end of the minute hidden": {func(all [][]byte) [][]byte { return all[:110] },
			func(b []byte) []byte { return bytes.Replace(b, []byte(`[[19,140]]`), []byte(`[[19,128]]`), 1) }, proof.Missing, 128},
		"the middle of the minute hidden": {func(all [][]byte) [][]byte { return append(all[:50:50], all[60:]...) },
			func(b []byte) []byte {
				return bytes.Replace(b, []byte(`[[19,140]]`), []byte(`[[19,68],[79,140]]`), 1)
			}, proof.Missing, 68},
	} {
		t.Run(name, func(t *testing.T) {
			recordingtest.Rewrite(t, file, whole, c.do)
			changed := list
			if c.list != nil {
				changed = c.list(list)
			}
			if err := os.WriteFile(filepath.Join(dir, "excerpt.json"), changed, 0o600); err != nil {
				t.Fatal(err)
			}
			result := verifyDir(t, dir, r.LogKey)
			if f := find(result, c.kind); result.Sound || f.What == "" || c.from >= 0 && f.Records.From != c.from {
				t.Fatalf("want %s at record %d:\n%s", c.kind, c.from, result.Words())
			}
		})
	}
}

// TestAnExcerptHoldsWhatItNames edits the list of an excerpt of minute 1, and
// leaves out a part.
func TestAnExcerptHoldsWhatItNames(t *testing.T) {
	r := twoTracks(t)
	dir := excerpt(t, r, proof.Selection{Tracks: []chunk.Track{chunk.Main}, Minutes: []uint32{1}})
	list, err := os.ReadFile(filepath.Join(dir, "excerpt.json"))
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		minutes string
		lacks   []proof.Span
		part    uint16 // in which the first of them is missing
		says    string // by the independent reader
	}{
		{"[1]", nil, 0, "minutes in this excerpt: 1\n"},
		{"[1,3,4,5]", []proof.Span{{From: 3, To: 5}}, 1, "0-1.vhc, minutes 3 to 5"},
		{"[0,1]", []proof.Span{{From: 0, To: 0}}, 0, "minute"},
		{"[1,2]", []proof.Span{{From: 2, To: 2}}, 0, "minute"},
		{"[1,9]", nil, 0, "track 0: nothing was recorded in minutes 9"},
	} {
		changed := bytes.Replace(list, []byte(`"minutes":[1]`), []byte(`"minutes":`+c.minutes), 1)
		if err := os.WriteFile(filepath.Join(dir, "excerpt.json"), changed, 0o600); err != nil {
			t.Fatal(err)
		}
		result := verifyDir(t, dir, r.LogKey)
		var lacks []proof.Span
		for _, f := range result.Faults {
			if f.Kind == proof.Missing {
				lacks = append(lacks, *f.Minutes)
			}
		}
		if result.Sound != (c.lacks == nil) || !slices.Equal(lacks, c.lacks) || len(lacks) > 0 && *find(result, proof.Missing).Part != c.part {
			t.Errorf("%s:\n%s", c.minutes, result.Words())
		}
		if status, said := read(t, dir, "--log-key", r.LogKey); (status == 0) != (c.lacks == nil) || status > 1 || !strings.Contains(said, c.says) {
			t.Errorf("%s: the independent reader: %d: %s", c.minutes, status, said)
		}
	}
}

// TestAnExcerptShowsThatAMinuteHasNothing cuts a part whose recorder slept for
// minutes: the records around them prove it.
func TestAnExcerptShowsThatAMinuteHasNothing(t *testing.T) {
	camera := recordingtest.Camera{Codec: chunk.VP8Opus}
	film := camera.Film(0, 300_000, 500)
	slept := append(film[:140:140], film[500:]...) // nothing from 1:10 to 4:10
	r := recordingtest.Make(t, recordingtest.Part{Track: chunk.Main, Camera: camera, Slices: slept})
	m := r.Manifest
	m.Gaps = []proof.Gap{{Track: chunk.Main, From: 70_000, To: 250_000, Reason: "sleep"}}
	r.Seal(t, m, nil)
	for _, minutes := range [][]uint32{{1, 2}, {2, 4}, {2}, {0, 3}} {
		dir := excerpt(t, r, proof.Selection{Tracks: []chunk.Track{chunk.Main}, Minutes: minutes})
		result := verifyDir(t, dir, r.LogKey)
		if !result.Sound || !strings.Contains(find(result, proof.Declared).What, "sleep") {
			t.Errorf("%v:\n%s", minutes, result.Words())
		}
		if status, said := read(t, dir, "--log-key", r.LogKey); status != 0 || !strings.Contains(said, "declared reason: sleep") {
			t.Errorf("%v: the independent reader: %d: %s", minutes, status, said)
		}
	}
	dir := excerpt(t, r, proof.Selection{Tracks: []chunk.Track{chunk.Main}, Minutes: []uint32{1, 2}})
	m.Gaps = nil
	r.Seal(t, m, nil)
	for _, name := range []string{"manifest.json", "manifest.sig", "log/leaf.json", "log/manifest.tlog-proof", "log/heads.json"} {
		text, err := os.ReadFile(filepath.Join(r.Dir, name))
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, name), text, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for _, dir := range []string{r.Dir, dir} {
		if result := verifyDir(t, dir, r.LogKey); len(result.Faults) != 1 || *find(result, proof.Hole).Minutes != (proof.Span{From: 1, To: 4}) {
			t.Error(result.Words())
		}
		if status, said := read(t, dir, "--log-key", r.LogKey); status != 1 || strings.Count(said, "WRONG") != 1 || !strings.Contains(said, "nobody declared why") {
			t.Errorf("the independent reader: %d: %s", status, said)
		}
	}
}
