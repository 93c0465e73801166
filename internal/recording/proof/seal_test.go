package proof_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"verhaal/internal/recording/chunk"
	"verhaal/internal/recording/proof"
	"verhaal/internal/recording/recordingtest"
)

func TestASkimmedFileGivesTheTallyThatWasKept(t *testing.T) {
	r := recordingtest.Make(t, recordingtest.ThreeMinutes())
	p := chunk.Part{Recording: r.ID}
	whole, err := os.ReadFile(filepath.Join(r.Dir, p.File()))
	if err != nil {
		t.Fatal(err)
	}
	tally, err := proof.Skim(bytes.NewReader(whole), int64(len(whole)), p, nil)
	if err != nil {
		t.Fatal(err)
	}
	share, err := os.ReadFile(filepath.Join(r.Dir, "shares/0-0.age"))
	if err != nil {
		t.Fatal(err)
	}
	track := proof.SealTrack(chunk.Main, []proof.SealedPart{{Tally: tally, ShareA: share, ShareB: []byte("sealed elsewhere")}})
	if !reflect.DeepEqual(track, r.Manifest.Tracks[0]) {
		t.Fatalf("%+v\nwant\n%+v", track, r.Manifest.Tracks[0])
	}
	for name, bad := range map[string][]byte{"cut": whole[:len(whole)-1], "headless": whole[1:], "without its beginning": whole[len(r.Records[p][0].Raw):]} {
		if _, err := proof.Skim(bytes.NewReader(bad), int64(len(bad)), p, nil); err == nil {
			t.Errorf("%s: skimmed", name)
		}
	}
	if tally, err := proof.Skim(bytes.NewReader(nil), 0, p, nil); err != nil || tally.Records() != 0 {
		t.Errorf("empty: %v", err)
	}
}

// TestSealingADayTakesLessThanASecond seals 24 hours of records of half a
// second, on three tracks.
func TestTheSameRecordingGivesTheSameManifestInOneSpelling(t *testing.T) {
	r := recordingtest.Make(t, recordingtest.ThreeMinutes())
	text, err := r.Manifest.Canonical()
	if err != nil {
		t.Fatal(err)
	}
	m, err := proof.ParseManifest(text)
	if err != nil {
		t.Fatal(err)
	}
	if again, err := m.Canonical(); err != nil || !bytes.Equal(again, text) {
		t.Fatalf("%s, %v", again, err)
	}
	var pretty bytes.Buffer
	if err := json.Indent(&pretty, text, "", " "); err != nil {
		t.Fatal(err)
	}
	for _, other := range [][]byte{pretty.Bytes(), append(bytes.Clone(text), ' '), bytes.Replace(text, []byte(`"v":1`), []byte(`"v":2`), 1),
		bytes.Replace(text, []byte(`"v":1`), []byte(`"v":1,"x":1`), 1), bytes.Replace(text, []byte(`"room_empty":true,`), nil, 1)} {
		if _, err := proof.ParseManifest(other); err == nil {
			t.Errorf("accepted: %s", other)
		}
	}
}

func TestMinuteKeysDoNotPrintThemselves(t *testing.T) {
	k := proof.MinuteKey{Key: chunk.Secret{'l', 'e', 'a', 'k'}}
	text, err := json.Marshal([]any{k, &k})
	if err != nil {
		t.Fatal(err)
	}
	if out := string(text) + fmt.Sprintf("%v %+v %#v", k, k, k); strings.Contains(out, "leak") || strings.Contains(out, "108") || strings.Contains(out, "bGVha") {
		t.Error(out)
	}
}
