package proof_test

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"verhaal/internal/recording/chunk"
	"verhaal/internal/recording/proof"
	"verhaal/internal/recording/recordingtest"
)

const reader = "../../../docs/reader/verhaal_reader.py"

var wrongMinute = regexp.MustCompile(`(?m)^WRONG .*minutes? (\d+)`)

// python is one that can decrypt.
func python(t *testing.T) string {
	t.Helper()
	for _, name := range []string{"python3", "/usr/bin/python3"} {
		if exec.Command(name, "-c", "import cryptography").Run() == nil {
			return name
		}
	}
	t.Fatal("python3 with its package cryptography is missing: run test/needs, or apt-get install python3-cryptography")
	return ""
}

// read runs the independent reader: its exit status and what it says.
func read(t *testing.T, args ...string) (status int, said string) {
	t.Helper()
	out, err := exec.Command(python(t), append([]string{reader}, args...)...).CombinedOutput()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	if exit != nil {
		status = exit.ExitCode()
	}
	return status, string(out)
}

func TestAnIndependentReaderAgreesOnTheVectors(t *testing.T) {
	if status, said := read(t, "--vectors", "../chunk/testdata/vectors.json"); status != 0 || !strings.Contains(said, "vectors agree") {
		t.Errorf("%d: %s", status, said)
	}
}

func TestAnIndependentReaderVerifiesAnExportAndNamesEachTampering(t *testing.T) {
	r := recordingtest.Make(t, recordingtest.ThreeMinutes())
	if status, said := read(t, r.Dir, "--log-key", r.LogKey); status != 0 || !strings.Contains(said, "SOUND") || !strings.Contains(said, "sealed as act 6") {
		t.Fatalf("%d: %s", status, said)
	}
	if status, said := read(t, r.Dir, "--log-key", recordingtest.Make(t, recordingtest.ThreeMinutes()).LogKey); status != 1 {
		t.Errorf("another log's key: %d: %s", status, said)
	}
	file := filepath.Join(r.Dir, "0-0.vhc")
	whole, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range recordingtest.Tamperings() {
		recordingtest.Rewrite(t, file, whole, c.Do)
		// It names the minute in which the next right record should begin; a
		// replayed one stands a minute after its own.
		status, said := read(t, r.Dir, "--log-key", r.LogKey)
		named := wrongMinute.FindStringSubmatch(said)
		if status != 1 || named == nil || strings.Contains(said, "Traceback") {
			t.Errorf("%s: %d: %s", c.Name, status, said)
			continue
		}
		if minute, err := strconv.ParseInt(named[1], 10, 64); err != nil || minute < c.Minutes.From || minute > c.Minutes.To && c.Kind != proof.Replayed {
			t.Errorf("%s: minute %d is named, it was in %d to %d: %s", c.Name, minute, c.Minutes.From, c.Minutes.To, said)
		}
	}
}

func TestAnIndependentReaderHoldsTheRecordsAgainstTheHeadsInTheLog(t *testing.T) {
	r := recordingtest.Make(t, recordingtest.ThreeMinutes())
	main := chunk.Part{Recording: r.ID}
	heads, err := os.ReadFile(filepath.Join(r.Dir, "log/heads.json"))
	if err != nil {
		t.Fatal(err)
	}
	r.Forge(t, main, 100)
	for _, dir := range []string{r.Dir, excerpt(t, r, proof.Selection{Tracks: []chunk.Track{chunk.Main}, Minutes: []uint32{1}})} {
		status, said := read(t, dir, "--log-key", r.LogKey)
		if status != 1 || strings.Count(said, "WRONG") != 1 || !strings.Contains(said, "0-0.vhc, minute 1: the log says that it ended otherwise: it took another record 139 down") {
			t.Errorf("%d: %s", status, said)
		}
	}
	r.Write(t, "log/heads.json", heads) // under the root of another log
	if status, said := read(t, r.Dir, "--log-key", r.LogKey); status != 1 || !strings.Contains(said, "does not hold these heads") {
		t.Errorf("%d: %s", status, said)
	}
	sound := recordingtest.Make(t, recordingtest.ThreeMinutes())
	if heads, err = os.ReadFile(filepath.Join(sound.Dir, "log/heads.json")); err != nil {
		t.Fatal(err)
	}
	acts, err := proof.ParseHeads(heads)
	if err != nil {
		t.Fatal(err)
	}
	if heads, err = proof.MarshalHeads(acts[:1]); err != nil {
		t.Fatal(err)
	}
	sound.Write(t, "log/heads.json", heads)
	if status, said := read(t, sound.Dir, "--log-key", sound.LogKey); status != 0 || !strings.Contains(said, "NOT CHECKED: 0-0.vhc, minutes 0 to 2") {
		t.Errorf("%d: %s", status, said)
	}
	tally := proof.NewTally(main)
	var short []byte
	for _, rec := range r.Records[main][:100] {
		tally.Add(rec.Header, rec.Hash())
		short = append(short, rec.Raw...)
	}
	r.Write(t, main.File(), short)
	r.Reseal(t, main, tally)
	if status, said := read(t, r.Dir, "--log-key", r.LogKey); status != 1 || !strings.Contains(said, "that are not in the seal") {
		t.Errorf("%d: %s", status, said)
	}
	if err := os.Remove(filepath.Join(r.Dir, "log/heads.json")); err != nil {
		t.Fatal(err)
	}
	if status, said := read(t, r.Dir, "--log-key", r.LogKey); status != 0 || !strings.Contains(said, "NOT CHECKED: the heads of minutes") {
		t.Errorf("%d: %s", status, said)
	}
}

func TestAnIndependentReaderOpensTheMinutesOfAnExcerptAndNoOther(t *testing.T) {
	r := recordingtest.Make(t, recordingtest.ThreeMinutes())
	camera := recordingtest.Camera{Codec: chunk.VP8Opus}
	main := chunk.Part{Recording: r.ID}
	dir := excerpt(t, r, proof.Selection{Tracks: []chunk.Track{chunk.Main}, Minutes: []uint32{2}, Keys: minuteKeys(r, 2), Heads: map[chunk.Part][]byte{main: camera.Head()}})
	out := t.TempDir()
	status, said := read(t, dir, "--log-key", r.LogKey, "--out", out)
	if status != 0 || !strings.Contains(said, "120 records were decrypted") {
		t.Fatalf("%d: %s", status, said)
	}
	var want []byte
	want = append(want, camera.Head()...)
	for _, rec := range r.Records[main] {
		if rec.Minute() == 2 {
			plain, err := rec.Open(nil, r.Key(main, 2).Key)
			if err != nil {
				t.Fatal(err)
			}
			want = append(want, plain...)
		}
	}
	film, err := os.ReadFile(filepath.Join(out, "0-0.webm"))
	if err != nil || string(film) != string(want) {
		t.Errorf("%d bytes of film, want %d; %v", len(film), len(want), err)
	}

	// A key that is said to be of the neighbour's minute does not open it.
	keys := filepath.Join(dir, "keys.json")
	text, err := os.ReadFile(keys)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(keys, []byte(strings.ReplaceAll(string(text), `"minute":2`, `"minute":1`)), 0o600); err != nil {
		t.Fatal(err)
	}
	if status, said := read(t, dir, "--log-key", r.LogKey); status != 1 || !strings.Contains(said, "does not open") {
		t.Errorf("minute 1 with the key of minute 2: %d: %s", status, said)
	}
}

// TestAnIndependentReaderRefusesAListThatNoExcerptMayHave: as the program does.
func TestAnIndependentReaderRefusesAListThatNoExcerptMayHave(t *testing.T) {
	r := recordingtest.Make(t, recordingtest.ThreeMinutes())
	dir := excerpt(t, r, proof.Selection{Tracks: []chunk.Track{chunk.Main}, Minutes: []uint32{1}})
	list, err := os.ReadFile(filepath.Join(dir, "excerpt.json"))
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range [][2]string{
		{`"minutes":[1]`, `"minutes":[]`},
		{`"minutes":[1]`, `"minutes":[2,1]`},
		{`"minutes":[1]`, `"minutes":[1,1]`},
		{`"minutes":[1]`, `"minutes":[1.5]`},
		{`"minutes":[1],`, ``},
		{`"v":1`, `"v":2`},
		{r.ID.String(), chunk.ID{}.String()},
		{`[[19,140]]`, `[[140,19]]`},
		{`[[19,140]]`, `[[19,140],[141,150]]`},
		{`[[19,140]]`, `[[19,999]]`},
		{`[[19,140]]`, `[]`},
		{`"part":0`, `"part":7`},
		{`{"`, `{"a":1,"`},
	} {
		if err := os.WriteFile(filepath.Join(dir, "excerpt.json"), []byte(strings.Replace(string(list), c[0], c[1], 1)), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := proof.Verify(t.Context(), os.DirFS(dir), proof.Options{}); err == nil {
			t.Errorf("%s: the program takes it", c[1])
		}
		if status, said := read(t, dir, "--log-key", r.LogKey); status != 2 {
			t.Errorf("%s: %d: %s", c[1], status, said)
		}
	}
}

func TestAnIndependentReaderAgreesOnClocksHolesAndStrangers(t *testing.T) {
	jumps := recordingtest.ThreeMinutes()
	jumps.Wall = func(mono uint64) int64 { return int64(mono / 125_000 * 3_600_000) }
	second := recordingtest.ThreeMinutes()
	second.Number, second.From = 1, 200_000
	hole := recordingtest.Make(t, recordingtest.ThreeMinutes(), second)
	more := recordingtest.Make(t, recordingtest.ThreeMinutes())
	more.Write(t, "0-7.vhc", more.Records[chunk.Part{Recording: more.ID}][0].Raw)
	for says, r := range map[string]*recordingtest.Recording{
		"0-0.vhc, minute 2: the recorder's clock jumps by +3600000 ms":                recordingtest.Make(t, jumps),
		"0-1.vhc, minute 3: nothing was recorded from 0:03:00 to 0:03:20, and nobody": hole,
		"0-7.vhc does not belong": more,
	} {
		if verify(t, r).Sound {
			t.Errorf("%s: the program finds nothing", says)
		}
		if status, said := read(t, r.Dir, "--log-key", r.LogKey); status != 1 || !strings.Contains(said, "WRONG "+says) {
			t.Errorf("want %q: %d: %s", says, status, said)
		}
	}
}
