package proof_test

import (
	"bytes"
	"strings"
	"testing"

	"verhaal/internal/recording/chunk"
	"verhaal/internal/recording/proof"
	"verhaal/internal/recording/recordingtest"
)

// looked makes a recording of one part and looks into it with all keys.
func looked(t *testing.T, part recordingtest.Part) proof.Result {
	t.Helper()
	r := recordingtest.Make(t, part)
	r.WriteKeys(t)
	result := verify(t, r)
	if state(result, 1) != proof.Passed || state(result, 2) != proof.Passed || state(result, 3) == proof.NotChecked {
		t.Fatal(result.Words())
	}
	return result
}

func between(from, to uint64) func(uint64) bool {
	return func(ms uint64) bool { return from <= ms && ms < to }
}

func TestRealSlicesOfABrowserAreRead(t *testing.T) {
	for _, codec := range []chunk.Codec{chunk.VP8Opus, chunk.Opus} {
		result := looked(t, recordingtest.Part{Track: chunk.Main, Camera: recordingtest.Camera{Codec: codec}, Slices: recordingtest.Chromium(codec)})
		if !result.Sound || len(result.Notes) > 0 || state(result, 3) != proof.Passed {
			t.Errorf("%s:\n%s", codec, result.Words())
		}
	}
}

func TestSoundThatIsMissingIsNamedWithItsMinutes(t *testing.T) {
	part := recordingtest.ThreeMinutes()
	part.Camera.Fail = between(65_000, 75_000) // 1:55 to 2:05 of the recording
	result := looked(t, part)
	if f := find(result, proof.Media); len(result.Faults) != 1 || *f.Minutes != (proof.Span{From: 1, To: 2}) || !strings.Contains(f.What, "0:01:54") {
		t.Fatal(result.Words())
	}
	part.Camera.Fail = between(0, 1_000_000)
	if result = looked(t, part); find(result, proof.Media).Minutes.To != 2 || result.Sound {
		t.Fatal(result.Words())
	}
}

func TestDigitalSilenceIsNotedAndAllOfItIsAFault(t *testing.T) {
	part := recordingtest.ThreeMinutes()
	part.Camera.Mute = between(65_000, 86_000)
	result := looked(t, part)
	if f := find(result, proof.Media); !result.Sound || *f.Minutes != (proof.Span{From: 1, To: 2}) || !strings.Contains(f.What, "silence") {
		t.Fatal(result.Words())
	}
	part.Camera.Mute = between(65_000, 80_000)
	if result = looked(t, part); !result.Sound || len(result.Notes) > 0 {
		t.Fatalf("15 s:\n%s", result.Words())
	}
	part.Camera.Mute = between(0, 1_000_000)
	if result = looked(t, part); result.Sound || !strings.Contains(find(result, proof.Media).What, "all sound") {
		t.Fatal(result.Words())
	}
}

// TestAPictureThatThinsOutIsNotedWithItsMinutes: a busy computer is no forger, nor
// is a screen on which nothing moves.
func TestAPictureThatThinsOutIsNotedWithItsMinutes(t *testing.T) {
	for _, c := range []struct {
		track chunk.Track
		lose  func(ms uint64) bool // of the part, which begins 50 s before a minute
		says  string               // "" = nothing is noted
		at    proof.Span
	}{
		{chunk.Main, func(ms uint64) bool { return ms%1000 == 0 }, "", proof.Span{}},
		{chunk.Main, between(65_000, 65_400), "", proof.Span{}},
		{chunk.Main, between(65_000, 65_500), "the longest time without one is 600 ms", proof.Span{From: 1, To: 1}},
		{chunk.Main, func(ms uint64) bool { return between(70_000, 130_000)(ms) && ms%200 > 0 }, "down to 5.0 a second, where the fullest minute holds 10.0", proof.Span{From: 2, To: 2}},
		{chunk.Exhibit, func(ms uint64) bool { return between(70_000, 130_000)(ms) && ms%800 > 0 }, "", proof.Span{}},
	} {
		part := recordingtest.ThreeMinutes()
		part.Track, part.Camera.Lose = c.track, c.lose
		result := looked(t, part)
		switch f := find(result, proof.Media); {
		case !result.Sound || state(result, 3) != proof.Passed:
			t.Errorf("%q is a fault:\n%s", c.says, result.Words())
		case c.says == "" && len(result.Notes) > 0:
			t.Errorf("nothing is to be noted:\n%s", result.Words())
		case c.says != "" && (len(result.Notes) != 1 || *f.Minutes != c.at || !strings.Contains(f.What, c.says)):
			t.Errorf("want %q of minutes %v:\n%s", c.says, c.at, result.Words())
		}
	}
}

func TestAContainerThatIsNotWhatTheHeaderSaysIsFound(t *testing.T) {
	sound := recordingtest.Camera{Codec: chunk.Opus}
	result := looked(t, recordingtest.Part{Track: chunk.Main, Camera: recordingtest.Camera{Codec: chunk.VP8Opus}, Slices: sound.Film(0, 10_000, 500)})
	if f := find(result, proof.Media); result.Sound || !strings.Contains(f.What, "no picture of the codec") {
		t.Errorf("sound sold as picture:\n%s", result.Words())
	}

	camera := recordingtest.Camera{Codec: chunk.VP8}
	result = looked(t, recordingtest.Part{Track: chunk.Main, Camera: recordingtest.Camera{Codec: chunk.VP8Opus}, Slices: camera.Film(0, 10_000, 500)})
	if f := find(result, proof.Media); result.Sound || !strings.Contains(f.What, "no track of sound") {
		t.Errorf("picture without sound:\n%s", result.Words())
	}

	camera = recordingtest.Camera{Codec: chunk.VP8Opus}
	slices := camera.Film(0, 100_000, 500)
	copy(slices[150].Bytes, bytes.Repeat([]byte{0xff}, 400))
	result = looked(t, recordingtest.Part{Track: chunk.Main, Camera: camera, Slices: slices})
	if f := find(result, proof.Media); result.Sound || *f.Minutes != (proof.Span{From: 1, To: 1}) || f.Records.From != 150 {
		t.Errorf("rubbish:\n%s", result.Words())
	}
}

// TestAShiftedContainerIsFound exchanges what was said in one minute for what
// was said in another, by somebody who has all keys.
func TestAShiftedContainerIsFound(t *testing.T) {
	camera := recordingtest.Camera{Codec: chunk.VP8Opus}
	slices := camera.Film(0, 200_000, 500)
	for i := 140; i < 150; i++ {
		slices[i].Bytes, slices[i+200].Bytes = slices[i+200].Bytes, slices[i].Bytes
	}
	result := looked(t, recordingtest.Part{Track: chunk.Main, Camera: camera, Slices: slices})
	if f := find(result, proof.Clock); result.Sound || *f.Minutes != (proof.Span{From: 1, To: 1}) || f.Records.From != 140 {
		t.Fatal(result.Words())
	}
}

func TestAWrongKeyIsNamedWithItsMinute(t *testing.T) {
	r := recordingtest.Make(t, recordingtest.ThreeMinutes())
	keys := r.Keys()
	keys[1].Key[0] ^= 1
	text, err := proof.MarshalKeys(r.ID, keys)
	if err != nil {
		t.Fatal(err)
	}
	r.Write(t, "keys.json", text)
	result := verify(t, r)
	if f := find(result, proof.Key); len(result.Faults) != 1 || *f.Records != (proof.Span{From: 20, To: 139}) || *f.Minutes != (proof.Span{From: 1, To: 1}) || result.Tracks[0].Opened != 140 {
		t.Fatal(result.Words())
	}
}
