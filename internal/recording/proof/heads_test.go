package proof_test

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"verhaal/internal/recording/chunk"
	"verhaal/internal/recording/proof"
	"verhaal/internal/recording/recordingtest"
)

// rewritten wants one fault, by the heads that the log has.
func rewritten(t *testing.T, result proof.Result, minutes, records proof.Span) proof.Finding {
	t.Helper()
	if len(result.Faults) != 1 || state(result, 1) != proof.Passed || state(result, 2) != proof.Failed {
		t.Fatalf("want one fault of the log's:\n%s", result.Words())
	}
	f := result.Faults[0]
	if f.Kind != proof.Rewritten || *f.Track != chunk.Main || *f.Part != 0 || *f.Minutes != minutes || *f.Records != records {
		t.Fatalf("%s: %s; want minutes %v, records %v", f.Kind, f, minutes, records)
	}
	return f
}

// TestARecordingThatIsRewrittenAndSealedAnewIsCaughtByItsHeads forges as one
// who holds the log's key and every minute's: all but the heads agrees.
func TestARecordingThatIsRewrittenAndSealedAnewIsCaughtByItsHeads(t *testing.T) {
	r := recordingtest.Make(t, recordingtest.ThreeMinutes())
	main := chunk.Part{Recording: r.ID}
	if result := verify(t, r); !result.Sound || result.Seal.Heads != 3 || !strings.Contains(result.Words(), "and that agree: 3.") {
		t.Fatalf("untouched:\n%s", result.Words())
	}
	for _, c := range []struct {
		seq              int
		minutes, records proof.Span
		later            string
	}{
		{0, proof.Span{From: 0, To: 0}, proof.Span{From: 0, To: 0}, "differ too: 2"},
		{1, proof.Span{From: 0, To: 0}, proof.Span{From: 1, To: 19}, "differ too: 1"},
		{19, proof.Span{From: 0, To: 0}, proof.Span{From: 1, To: 19}, "differ too: 1"},
		{20, proof.Span{From: 1, To: 1}, proof.Span{From: 20, To: 139}, "record 139 down when that was made"},
		{100, proof.Span{From: 1, To: 1}, proof.Span{From: 20, To: 139}, "record 139 down when that was made"},
		{139, proof.Span{From: 1, To: 1}, proof.Span{From: 20, To: 139}, "record 139 down when that was made"},
	} {
		r.Forge(t, main, c.seq)
		r.WriteKeys(t)
		result := verify(t, r)
		if f := rewritten(t, result, c.minutes, c.records); !strings.HasSuffix(f.What, c.later) {
			t.Errorf("record %d: %s", c.seq, f)
		}
		if state(result, 3) != proof.Passed {
			t.Errorf("record %d does not open: the forgery is no good\n%s", c.seq, result.Words())
		}
	}
	// What no head speaks of yet is under the seal alone.
	r.Forge(t, main, 140)
	if result := verify(t, r); !result.Sound {
		t.Error(result.Words())
	}
}

func TestARecordingThatIsCutAndSealedAnewIsCaughtByItsHeads(t *testing.T) {
	r := recordingtest.Make(t, recordingtest.ThreeMinutes())
	main := chunk.Part{Recording: r.ID}
	var short []byte
	tally := proof.NewTally(main)
	for _, rec := range r.Records[main][:100] {
		tally.Add(rec.Header, rec.Hash())
		short = append(short, rec.Raw...)
	}
	r.Write(t, main.File(), short)
	r.Reseal(t, main, tally)
	if f := rewritten(t, verify(t, r), proof.Span{From: 1, To: 1}, proof.Span{From: 100, To: 139}); !strings.Contains(f.What, "went on") {
		t.Error(f)
	}
}

func TestAPartThatTheSealDoesNotKnowIsCaughtByItsHeads(t *testing.T) {
	r := recordingtest.Make(t, recordingtest.ThreeMinutes(), recordingtest.Part{Track: chunk.AudioSafe, From: 50_000, Seconds: 130, Camera: recordingtest.Camera{Codec: chunk.Opus}})
	m := r.Manifest
	m.Tracks = m.Tracks[:1]
	r.Seal(t, m, nil)
	if err := os.Remove(filepath.Join(r.Dir, "1-0.vhc")); err != nil {
		t.Fatal(err)
	}
	result := verify(t, r)
	if f := find(result, proof.Rewritten); len(result.Faults) != 1 || *f.Track != chunk.AudioSafe || state(result, 2) != proof.Failed {
		t.Fatal(result.Words())
	}
}

func TestAnExcerptOfARewrittenMinuteIsCaughtByItsHeads(t *testing.T) {
	r := recordingtest.Make(t, recordingtest.ThreeMinutes())
	whole := proof.Selection{Tracks: []chunk.Track{chunk.Main}, Minutes: []uint32{1}}
	// The minute ends with one head, and its neighbour before it is one.
	if result := verifyDir(t, excerpt(t, r, whole), r.LogKey); !result.Sound || result.Seal.Heads != 2 || len(result.Notes) != 1 {
		t.Fatal(result.Words())
	}
	r.Forge(t, chunk.Part{Recording: r.ID}, 100)
	rewritten(t, verifyDir(t, excerpt(t, r, whole), r.LogKey), proof.Span{From: 1, To: 1}, proof.Span{From: 20, To: 139})
	whole.Minutes = []uint32{0}
	if result := verifyDir(t, excerpt(t, r, whole), r.LogKey); !result.Sound || result.Seal.Heads != 2 {
		t.Errorf("a minute before the change:\n%s", result.Words())
	}
}

func TestAnExportWithoutHeadsIsSoundAndSaysSo(t *testing.T) {
	r := recordingtest.Make(t, recordingtest.ThreeMinutes())
	without := func(dir string) {
		t.Helper()
		result := verifyDir(t, dir, r.LogKey)
		if f := find(result, proof.Open); !result.Sound || state(result, 2) != proof.Passed || !strings.Contains(f.What, "no heads of minutes came along") {
			t.Error(result.Words())
		}
	}
	empty, err := proof.MarshalHeads([]proof.LoggedAct{})
	if err != nil {
		t.Fatal(err)
	}
	r.Write(t, "log/heads.json", empty)
	without(r.Dir)
	if err := os.Remove(filepath.Join(r.Dir, "log/heads.json")); err != nil {
		t.Fatal(err)
	}
	without(r.Dir)
	without(excerpt(t, r, proof.Selection{Tracks: []chunk.Track{chunk.Main}, Minutes: []uint32{1}}))
}

// TestHeadsThatWereLeftOutAreMissed leaves out those that would tell.
func TestHeadsThatWereLeftOutAreMissed(t *testing.T) {
	part := recordingtest.ThreeMinutes()
	part.Seconds = 190
	r := recordingtest.Make(t, part)
	r.Forge(t, chunk.Part{Recording: r.ID}, 200)
	text, err := os.ReadFile(filepath.Join(r.Dir, "log/heads.json"))
	if err != nil {
		t.Fatal(err)
	}
	acts, err := proof.ParseHeads(text)
	if err != nil {
		t.Fatal(err)
	}
	for keep, noted := range map[int]proof.Span{3: {From: 2, To: 3}, 2: {From: 1, To: 3}, 1: {From: 0, To: 3}} {
		if text, err = proof.MarshalHeads(acts[:keep]); err != nil {
			t.Fatal(err)
		}
		r.Write(t, "log/heads.json", text)
		result := verify(t, r)
		if f := find(result, proof.Open); !result.Sound || !strings.Contains(f.What, "no head of minutes") || *f.Minutes != noted {
			t.Errorf("%d acts of %d:\n%s", keep, len(acts), result.Words())
		}
	}
}

func TestHeadsThatTheLogDoesNotHoldAreNoEvidence(t *testing.T) {
	r := recordingtest.Make(t, recordingtest.ThreeMinutes())
	other := recordingtest.Make(t, recordingtest.ThreeMinutes())
	sound, err := os.ReadFile(filepath.Join(r.Dir, "log/heads.json"))
	if err != nil {
		t.Fatal(err)
	}
	strange, err := os.ReadFile(filepath.Join(other.Dir, "log/heads.json"))
	if err != nil {
		t.Fatal(err)
	}
	swap := func(old, new string) []byte {
		out := bytes.Replace(sound, []byte(old), []byte(new), 1)
		if bytes.Equal(out, sound) {
			t.Fatalf("there is no %s", old)
		}
		return out
	}
	head := r.Records[chunk.Part{Recording: r.ID}][139].Hash().String()
	for name, c := range map[string]struct {
		file  []byte
		wants string
		heads int
	}{
		"a hash":             {swap(head, strings.Repeat("0", 64)), "does not hold these heads of minutes as its act number 2", 2},
		"a number":           {swap(`\"track_0_part_0\":\"139\"`, `\"track_0_part_0\":\"138\"`), "does not hold these heads of minutes as its act number 2", 2},
		"no number":          {swap(`,\"track_0_part_0\":\"139\"`, ``), "act number 2 of the log tells of no heads", 2},
		"a number too large": {swap(`\"track_0_part_0\":\"139\"`, `\"track_0_part_0\":\"4294967296\"`), "act number 2 of the log tells of no heads", 2},
		"another place":      {swap(`"index":2`, `"index":3`), "act number 3", 2},
		"beyond the tree":    {swap(`"index":2`, `"index":99`), "act number 99 of the log, with heads of minutes, does not stand", 2},
		"after the seal":     {swap(`"index":2`, `"index":7`), "act number 7 of the log, with heads of minutes, does not stand", 2},
		"twice":              {swap(`"index":2`, `"index":1`), "act number 1 of the log, with heads of minutes, does not stand", 2},
		"of another":         {strange, "tells of no heads of this recording", 0},
		"no list":            {[]byte("[[["), "log/heads.json can't be read", 0},
		"another version":    {swap(`"v":1}`, `"v":2}`), "log/heads.json can't be read", 0},
	} {
		r.Write(t, "log/heads.json", c.file)
		if result := verify(t, r); result.Sound || state(result, 1) != proof.Passed || state(result, 2) != proof.Failed || !strings.Contains(result.Words(), c.wants) || result.Seal.Heads != c.heads {
			t.Errorf("%s: want %q, %d heads:\n%s", name, c.wants, c.heads, result.Words())
		}
	}
}

// FuzzReadHeads holds that what is read of an act names records of parts that
// can be.
func FuzzReadHeads(f *testing.F) {
	id := chunk.ID{7}
	act := func(name, seq, hash string) []byte {
		return fmt.Appendf(nil, `{"facts":{"salt":"s","%s":"%s"},"hashes":{"%s":"%s","recording":"%x"},"kind":"recording.heads","v":1}`, name, seq, name, hash, proof.Binding(id, "s"))
	}
	f.Add(act("track_3_part_65535", "4294967295", strings.Repeat("ab", 32)))
	f.Add(act("track_3_part_65536", "0", strings.Repeat("ab", 32)))
	f.Add(act("track_0_part_0", "01", strings.Repeat("ab", 32)))
	f.Add([]byte(`{"kind":"recording.heads"}`))
	f.Fuzz(func(t *testing.T, leaf []byte) {
		heads, err := proof.ReadHeads(leaf, id)
		for _, h := range heads {
			if err != nil || h.Part.Recording != id || h.Part.Track > chunk.Exhibit {
				t.Fatalf("%s: %+v, %v", leaf, h, err)
			}
		}
	})
}
