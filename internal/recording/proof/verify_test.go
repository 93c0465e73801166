package proof_test

import (
	"bytes"
	"context"
	"crypto/x509"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/mod/sumdb/note"
	"pgregory.net/rapid"

	"verhaal/internal/custody/witness"
	"verhaal/internal/recording/chunk"
	"verhaal/internal/recording/proof"
	"verhaal/internal/recording/recordingtest"
	"verhaal/internal/seal"
)

func verify(t *testing.T, r *recordingtest.Recording) proof.Result {
	t.Helper()
	result, err := proof.Verify(context.Background(), os.DirFS(r.Dir), proof.Options{LogKey: r.LogKey})
	if err != nil {
		t.Fatal(err)
	}
	return result
}

func TestASoundRecordingPassesAllLevels(t *testing.T) {
	r := recordingtest.Make(t, recordingtest.ThreeMinutes(),
		recordingtest.Part{Track: chunk.AudioSafe, From: 49_800, Seconds: 130, Camera: recordingtest.Camera{Codec: chunk.Opus}},
		recordingtest.Part{Track: chunk.Overview, Seconds: 5, Slices: recordingtest.Chromium(chunk.VP8Opus)},
		recordingtest.Part{Track: chunk.Exhibit, From: 58_000, Camera: recordingtest.Camera{Codec: chunk.Opus}, Slices: clipped(recordingtest.Chromium(chunk.Opus), 2_000)})
	result := verify(t, r)
	if !result.Sound || len(result.Notes) > 0 || state(result, 1) != proof.Passed || state(result, 2) != proof.Passed || state(result, 3) != proof.NotChecked {
		t.Fatalf("without keys:\n%s", result.Words())
	}
	if result.Seal.Position == nil || *result.Seal.Position != 6 {
		t.Fatalf("position: %v", result.Seal.Position)
	}
	r.WriteKeys(t)
	if result = verify(t, r); !result.Sound || len(result.Notes) > 0 || state(result, 3) != proof.Passed {
		t.Fatalf("with keys:\n%s", result.Words())
	}
}

// clipped cuts slices where a minute ends, as a recorder must: ms after the
// part's beginning.
func clipped(slices []recordingtest.Slice, ms uint64) []recordingtest.Slice {
	for i := range slices {
		if slices[i].Mono < ms && slices[i].Till > ms {
			slices[i].Till = ms
			slices[i+1].Mono = ms
		}
	}
	return slices
}

func state(r proof.Result, level int) string { return r.Levels[level-1].State }

func TestEachTamperingIsNamedWithItsRecordAndMinute(t *testing.T) {
	r := recordingtest.Make(t, recordingtest.ThreeMinutes())
	file := filepath.Join(r.Dir, "0-0.vhc")
	whole, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range recordingtest.Tamperings() {
		t.Run(c.Name, func(t *testing.T) {
			recordingtest.Rewrite(t, file, whole, c.Do)
			result := verify(t, r)
			if len(result.Faults) != 1 || result.Sound || state(result, 1) != proof.Failed || state(result, 2) != proof.Passed {
				t.Fatalf("want one fault:\n%s", result.Words())
			}
			f := result.Faults[0]
			if f.Kind != c.Kind || *f.Track != chunk.Main || *f.Part != 0 || *f.Records != c.Records || *f.Minutes != c.Minutes {
				t.Fatalf("%s: %s; want %s, records %v, minutes %v", f.Kind, f, c.Kind, c.Records, c.Minutes)
			}
		})
	}
}

func TestTamperingInEveryOtherRecordIsCountedAndBounded(t *testing.T) {
	r := recordingtest.Make(t, recordingtest.ThreeMinutes())
	file := filepath.Join(r.Dir, "0-0.vhc")
	whole, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	recordingtest.Rewrite(t, file, whole, func(all [][]byte) [][]byte {
		for i := 0; i < len(all); i += 2 {
			all[i][200] ^= 1
		}
		return all
	})
	if result := verify(t, r); len(result.Faults) != 51 || !strings.Contains(result.Words(), "and 80 faults more") {
		t.Fatalf("%d faults:\n%s", len(result.Faults), result.Words())
	}
}

func TestForeignRecordsAndFilesAreNamed(t *testing.T) {
	r := recordingtest.Make(t, recordingtest.ThreeMinutes(), recordingtest.Part{Track: chunk.AudioSafe, From: 50_000, Seconds: 130, Camera: recordingtest.Camera{Codec: chunk.Opus}})
	other := recordingtest.Make(t, recordingtest.ThreeMinutes())
	file := filepath.Join(r.Dir, "0-0.vhc")
	whole, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	foreign := other.Records[chunk.Part{Recording: other.ID}][100].Raw

	t.Run("in the place of a record", func(t *testing.T) {
		recordingtest.Rewrite(t, file, whole, func(all [][]byte) [][]byte { all[100] = foreign; return all })
		result := verify(t, r)
		if len(result.Faults) != 2 || find(result, proof.Foreign).Minutes.From != 1 || *find(result, proof.Missing).Records != (proof.Span{From: 100, To: 100}) ||
			!strings.Contains(find(result, proof.Foreign).What, other.ID.String()) {
			t.Fatal(result.Words())
		}
	})
	t.Run("between records", func(t *testing.T) {
		recordingtest.Rewrite(t, file, whole, func(all [][]byte) [][]byte {
			return append(append(append([][]byte{}, all[:150]...), foreign, foreign), all[150:]...)
		})
		result := verify(t, r)
		if f := find(result, proof.Foreign); len(result.Faults) != 1 || f.Minutes.From != 2 || !strings.Contains(f.What, "1 more") {
			t.Fatal(result.Words())
		}
	})
	t.Run("another track's file", func(t *testing.T) {
		sound, err := os.ReadFile(filepath.Join(r.Dir, "1-0.vhc"))
		if err != nil {
			t.Fatal(err)
		}
		r.Write(t, "0-0.vhc", sound)
		result := verify(t, r)
		if find(result, proof.Foreign).What == "" || find(result, proof.Cut).Records.To != 259 {
			t.Fatal(result.Words())
		}
	})
	t.Run("a file more", func(t *testing.T) {
		r.Write(t, "0-0.vhc", whole)
		r.Write(t, "0-7.vhc", foreign)
		if result := verify(t, r); len(result.Faults) != 1 || !strings.Contains(find(result, proof.Foreign).What, "0-7.vhc") {
			t.Fatal(result.Words())
		}
	})
	t.Run("a file missing", func(t *testing.T) {
		if err := errors.Join(os.Remove(filepath.Join(r.Dir, "0-7.vhc")), os.Remove(file)); err != nil {
			t.Fatal(err)
		}
		if result := verify(t, r); len(result.Faults) != 1 || *find(result, proof.Cut).Minutes != (proof.Span{From: 0, To: 2}) {
			t.Fatal(result.Words())
		}
	})
}

func find(r proof.Result, kind string) proof.Finding {
	for _, f := range append(append([]proof.Finding{}, r.Faults...), r.Notes...) {
		if f.Kind == kind {
			return f
		}
	}
	return proof.Finding{Minutes: &proof.Span{From: -1}, Records: &proof.Span{From: -1}}
}

func TestAClockThatJumpsIsNamedWithItsMinute(t *testing.T) {
	part := recordingtest.ThreeMinutes()
	part.Wall = func(mono uint64) int64 {
		if mono >= 125_000 {
			return 3_600_000
		}
		return 0
	}
	r := recordingtest.Make(t, part)
	result := verify(t, r)
	if f := find(result, proof.Clock); len(result.Faults) != 1 || *f.Minutes != (proof.Span{From: 2, To: 2}) || *f.Records != (proof.Span{From: 150, To: 150}) {
		t.Fatal(result.Words())
	}
	m := r.Manifest
	m.Gaps = []proof.Gap{{Track: chunk.Main, From: 124_500, To: 126_000, Reason: "clock"}}
	r.Seal(t, m, nil)
	if result = verify(t, r); !result.Sound || find(result, proof.Clock).Minutes.From != 2 {
		t.Fatalf("declared:\n%s", result.Words())
	}
}

func TestAClockThatIsWrongFromTheBeginningIsNoted(t *testing.T) {
	part := recordingtest.ThreeMinutes()
	part.Wall = func(uint64) int64 { return -86_400_000 }
	result := verify(t, recordingtest.Make(t, part))
	if f := find(result, proof.Clock); !result.Sound || !strings.Contains(f.What, "-86400000 ms") {
		t.Fatal(result.Words())
	}
}

func TestAHoleInTimeMustBeDeclared(t *testing.T) {
	second := recordingtest.ThreeMinutes()
	second.Number, second.From = 1, 200_000
	r := recordingtest.Make(t, recordingtest.ThreeMinutes(), second)
	result := verify(t, r)
	if f := find(result, proof.Hole); len(result.Faults) != 1 || *f.Minutes != (proof.Span{From: 3, To: 3}) || *f.Part != 1 {
		t.Fatal(result.Words())
	}
	m := r.Manifest
	m.Gaps = []proof.Gap{{Track: chunk.Main, From: 180_000, To: 200_000, Reason: "browser_killed"}}
	r.Seal(t, m, nil)
	if result = verify(t, r); !result.Sound || !strings.Contains(find(result, proof.Declared).What, "browser_killed") {
		t.Fatalf("declared:\n%s", result.Words())
	}
}

// TestWhereTwoComputersRecordedNothingIsMissing: a later part ended before the
// one that goes on beside it, and what no part has is found.
func TestWhereTwoComputersRecordedNothingIsMissing(t *testing.T) {
	part := func(track chunk.Track, number uint16, from, seconds uint64) recordingtest.Part {
		return recordingtest.Part{Track: track, Number: number, From: from, Seconds: seconds, Camera: recordingtest.Camera{Codec: chunk.Opus}}
	}
	r := recordingtest.Make(t, part(chunk.AudioSafe, 0, 0, 30), part(chunk.AudioSafe, 1, 5000, 5), part(chunk.AudioSafe, 2, 20_000, 15), part(chunk.AudioSafe, 3, 50_000, 5))
	hole := proof.Gap{Track: chunk.AudioSafe, From: 35_000, To: 50_000}
	if got := r.Manifest.Undeclared(); !slices.Equal(got, []proof.Gap{hole}) {
		t.Errorf("undeclared: %+v", got)
	}
	if result := verify(t, r); len(result.Faults) != 1 || *find(result, proof.Hole).Part != 3 {
		t.Errorf("the one hole is not found:\n%s", result.Words())
	}
	m := r.Manifest
	m.Gaps = []proof.Gap{hole}
	r.Seal(t, m, nil)
	if result := verify(t, r); !result.Sound || len(m.Undeclared()) > 0 {
		t.Errorf("declared:\n%s", result.Words())
	}
}

func TestAnAlteredSealIsFound(t *testing.T) {
	r := recordingtest.Make(t, recordingtest.ThreeMinutes())
	read := func(name string) []byte {
		text, err := os.ReadFile(filepath.Join(r.Dir, name))
		if err != nil {
			t.Fatal(err)
		}
		return text
	}
	otherLog := recordingtest.Make(t, recordingtest.ThreeMinutes()).LogKey
	for name, c := range map[string]struct {
		file  string
		put   func([]byte) []byte
		level int
		what  string
	}{
		"a role":             {"manifest.json", func(b []byte) []byte { return bytes.Replace(b, []byte("st-7k2"), []byte("st-7k3"), 1) }, 2, "another manifest"},
		"the spelling":       {"manifest.json", func(b []byte) []byte { return append(b, '\n') }, 1, "canonically"},
		"a bit of structure": {"manifest.json", func(b []byte) []byte { b[0] ^= 1; return b }, 1, "no manifest"},
		"the root":           {"manifest.json", func(b []byte) []byte { return swapHash(b, `"root":"`) }, 1, "root"},
		"a head":             {"manifest.json", func(b []byte) []byte { return swapHash(b, `"head":"`) }, 1, "not the record that was sealed"},
		"a size":             {"manifest.json", func(b []byte) []byte { return bytes.Replace(b, []byte(`"to":180000`), []byte(`"to":179999`), 1) }, 1, "other sizes or times"},
		"the marks":          {"marks.json", func(b []byte) []byte { return bytes.Replace(b, []byte("1000"), []byte("1001"), 1) }, 1, "marks.json"},
		"a share":            {"shares/0-0.age", func(b []byte) []byte { b[5000] ^= 1; return b }, 1, "shares/0-0.age"},
		"the signature":      {"manifest.sig", func(b []byte) []byte { b[len(b)-10] ^= 1; return b }, 2, "not signed"},
		"the signature gone": {"manifest.sig", nil, 2, "not sealed"},
		"the act":            {"log/leaf.json", func(b []byte) []byte { return bytes.Replace(b, []byte(`"v":1`), []byte(`"v":2`), 1) }, 2, "does not hold"},
		"the act's kind":     {"log/leaf.json", func(b []byte) []byte { return bytes.Replace(b, []byte("sealed"), []byte("opened"), 1) }, 2, "something else"},
		"the proof":          {"log/manifest.tlog-proof", func(b []byte) []byte { return bytes.Replace(b, []byte("index 6"), []byte("index 7"), 1) }, 2, "act number 7"},
		"the checkpoint":     {"log/manifest.tlog-proof", func(b []byte) []byte { return bytes.Replace(b, []byte("\n11\n"), []byte("\n12\n"), 1) }, 2, "checkpoint"},
	} {
		t.Run(name, func(t *testing.T) {
			before := read(c.file)
			defer r.Write(t, c.file, before)
			if c.put == nil {
				if err := os.Remove(filepath.Join(r.Dir, c.file)); err != nil {
					t.Fatal(err)
				}
			} else {
				r.Write(t, c.file, c.put(bytes.Clone(before)))
			}
			result := verify(t, r)
			if result.Sound || state(result, c.level) != proof.Failed || !strings.Contains(result.Words(), c.what) {
				t.Fatalf("want %q at level %d:\n%s", c.what, c.level, result.Words())
			}
		})
	}
	t.Run("another log's key", func(t *testing.T) {
		result, err := proof.Verify(context.Background(), os.DirFS(r.Dir), proof.Options{LogKey: otherLog})
		if err != nil || state(result, 2) != proof.Failed {
			t.Fatalf("%v:\n%s", err, result.Words())
		}
	})
	t.Run("the key that came along", func(t *testing.T) {
		result, err := proof.Verify(context.Background(), os.DirFS(r.Dir), proof.Options{})
		if err != nil || !result.Sound || !strings.Contains(find(result, proof.Open).What, r.LogKey) {
			t.Fatalf("%v:\n%s", err, result.Words())
		}
	})
	t.Run("nothing but records", func(t *testing.T) {
		if _, err := proof.Verify(context.Background(), os.DirFS(t.TempDir()), proof.Options{}); !errors.Is(err, proof.ErrNoRecording) {
			t.Fatal(err)
		}
	})
}

func swapHash(b []byte, member string) []byte {
	i := bytes.Index(b, []byte(member)) + len(member)
	if b[i] != '0' {
		b[i] = '0'
	} else {
		b[i] = '1'
	}
	return b
}

func TestShareAAndTheReleasedMinutesOpenTheRecording(t *testing.T) {
	r := recordingtest.Make(t, recordingtest.ThreeMinutes())
	check := func(id seal.Identity) (proof.Result, error) {
		return proof.Verify(context.Background(), os.DirFS(r.Dir), proof.Options{LogKey: r.LogKey, Identities: []seal.Identity{id}})
	}
	if _, err := check(r.Case); err == nil || !strings.Contains(err.Error(), "release.json") {
		t.Fatalf("share A alone: %v", err)
	}
	release, err := proof.MarshalKeys(r.ID, r.Release()[1:2])
	if err != nil {
		t.Fatal(err)
	}
	r.Write(t, "release.json", release)
	stranger, err := seal.NewIdentity()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := check(stranger); err == nil {
		t.Fatal("a stranger's key opens share A")
	}
	result, err := check(r.Case)
	if err != nil || !result.Sound || result.Tracks[0].Opened != 120 || state(result, 3) != proof.Incomplete {
		t.Fatalf("minute 1: %v\n%s", err, result.Words())
	}
	if release, err = proof.MarshalKeys(r.ID, r.Release()); err != nil {
		t.Fatal(err)
	}
	r.Write(t, "release.json", release)
	if result, err = check(r.Case); err != nil || !result.Sound || result.Tracks[0].Opened != 260 || state(result, 3) != proof.Passed {
		t.Fatalf("all minutes: %v\n%s", err, result.Words())
	}
}

// TestAnyFlippedBitOfAnExportIsFound flips bits anywhere in what the seal
// covers.
func TestAnyFlippedBitOfAnExportIsFound(t *testing.T) {
	r := recordingtest.Make(t, recordingtest.Part{Track: chunk.Main, From: 59_000, Seconds: 3, Camera: recordingtest.Camera{Codec: chunk.VP8Opus, Bitrate: 1000}})
	files := map[string][]byte{}
	for _, name := range []string{"0-0.vhc", "manifest.json", "manifest.sig", "marks.json", "shares/0-0.age"} {
		text, err := os.ReadFile(filepath.Join(r.Dir, name))
		if err != nil {
			t.Fatal(err)
		}
		files[name] = text
	}
	rapid.Check(t, func(rt *rapid.T) {
		name := rapid.SampledFrom([]string{"0-0.vhc", "0-0.vhc", "0-0.vhc", "manifest.json", "manifest.sig", "marks.json", "shares/0-0.age"}).Draw(rt, "file")
		b := bytes.Clone(files[name])
		defer r.Write(t, name, files[name])
		at := rapid.IntRange(0, len(b)-1).Draw(rt, "byte")
		b[at] ^= 1 << rapid.IntRange(0, 7).Draw(rt, "bit")
		r.Write(t, name, b)
		result, err := proof.Verify(context.Background(), os.DirFS(r.Dir), proof.Options{LogKey: r.LogKey})
		if err == nil && result.Sound {
			rt.Fatalf("byte %d of %s: nobody noticed\n%s", at, name, result.Words())
		}
		if name == "0-0.vhc" && (err != nil || len(result.Faults) != 1 || result.Faults[0].Minutes == nil) {
			rt.Fatalf("byte %d: %v\n%s", at, err, result.Words())
		}
	})
}

func TestOneFileAloneIsFollowed(t *testing.T) {
	r := recordingtest.Make(t, recordingtest.ThreeMinutes())
	whole, err := os.ReadFile(filepath.Join(r.Dir, "0-0.vhc"))
	if err != nil {
		t.Fatal(err)
	}
	result, err := proof.VerifyPart(context.Background(), bytes.NewReader(whole))
	if err != nil || !result.Sound || len(result.Notes) > 0 || result.Tracks[0].Records != 260 {
		t.Fatalf("%v\n%s", err, result.Words())
	}
	if result, err = proof.VerifyPart(context.Background(), bytes.NewReader(whole[:len(whole)-3])); err != nil || find(result, proof.Cut).Minutes.From != 2 {
		t.Fatalf("%v\n%s", err, result.Words())
	}
	if result, err = proof.VerifyPart(context.Background(), bytes.NewReader(whole[3:])); err != nil || find(result, proof.Changed).Records.From != 0 {
		t.Fatalf("%v\n%s", err, result.Words())
	}
	if _, err = proof.VerifyPart(context.Background(), strings.NewReader("a letter")); err == nil {
		t.Fatal("a letter is no recording")
	}
}

// TestWhatIsDemandedIsNotDroppedWithWhatLeadsToIt takes out of an export what a
// cosignature and a stamp hang on.
func TestWhatIsDemandedIsNotDroppedWithWhatLeadsToIt(t *testing.T) {
	_, public, err := witness.NewKey("court.example")
	if err != nil {
		t.Fatal(err)
	}
	court, err := witness.Verifier(public)
	if err != nil {
		t.Fatal(err)
	}
	cosigned := proof.Options{Witnesses: []note.Verifier{court}}
	stamped := proof.Options{Authorities: x509.NewCertPool()}
	for _, c := range []struct {
		gone string
		o    proof.Options
		kind string
	}{
		{"log/key", cosigned, proof.InLog},
		{"log/leaf.json", cosigned, proof.InLog},
		{"log/manifest.tlog-proof", cosigned, proof.InLog},
		{"manifest.sig", cosigned, proof.InLog},
		{"manifest.tsr", stamped, proof.Stamp},
		{"log/key", stamped, proof.Stamp},
	} {
		r := recordingtest.Make(t, recordingtest.ThreeMinutes())
		if err := os.Remove(filepath.Join(r.Dir, c.gone)); err != nil && !errors.Is(err, os.ErrNotExist) {
			t.Fatal(err)
		}
		result, err := proof.Verify(t.Context(), os.DirFS(r.Dir), c.o)
		if err != nil || result.Sound || state(result, 2) != proof.Failed || find(result, c.kind).Level != 2 {
			t.Errorf("without %s: %v\n%s", c.gone, err, result.Words())
		}
	}
}

func TestRecordsThatGoOnAfterTheEndAreNoted(t *testing.T) {
	r := recordingtest.Make(t, recordingtest.ThreeMinutes())
	m := r.Manifest
	m.Ended = m.Started + 100_000
	r.Seal(t, m, nil)
	result := verify(t, r)
	if f := find(result, proof.Clock); !result.Sound || len(result.Notes) != 1 || *f.Minutes != (proof.Span{From: 1, To: 2}) || f.What != "records go on 80 s after the end of the recording" {
		t.Fatal(result.Words())
	}
	if status, said := read(t, r.Dir, "--log-key", r.LogKey); status != 0 || !strings.Contains(said, "records go on 80 s after the end") {
		t.Errorf("the independent reader: %d: %s", status, said)
	}
	m.Ended = m.Started + 179_000
	r.Seal(t, m, nil)
	if result = verify(t, r); len(result.Notes) > 0 {
		t.Fatalf("a slice that came late:\n%s", result.Words())
	}
}

// TestAFileMadeOfBeginningsIsReadSoon gives what sends a search for the next
// record back and forth: headers that promise 4 MiB each, alone, and with a
// record between each two.
func TestAFileMadeOfBeginningsIsReadSoon(t *testing.T) {
	r := recordingtest.Make(t, recordingtest.Part{Track: chunk.Main, Seconds: 3, Camera: recordingtest.Camera{Codec: chunk.Opus}})
	first := r.Records[chunk.Part{Recording: r.ID}][0].Raw
	head := bytes.Clone(first[:chunk.HeaderSize])
	copy(head[chunk.HeaderSize-4:], []byte{0, 0x3f, 0xff, 0xff})
	for name, piece := range map[string][]byte{"alone": head, "with a record between": append(bytes.Clone(head), first...)} {
		r.Write(t, "0-0.vhc", bytes.Repeat(piece, 16<<20/len(piece)))
		ctx, stop := context.WithTimeout(t.Context(), 10*time.Second)
		began := time.Now()
		result, err := proof.Verify(ctx, os.DirFS(r.Dir), proof.Options{LogKey: r.LogKey})
		stop()
		if err != nil || result.Sound {
			t.Errorf("%s: %v\n%s", name, err, result.Words())
		}
		t.Logf("%s: %v", name, time.Since(began))
	}
}
