package drill

import (
	"errors"
	"image"
	"math"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// TestEveryFrameAndChordTellsItsNumber holds the writing and the reading together, without a codec between.
func TestEveryFrameAndChordTellsItsNumber(t *testing.T) {
	small := image.NewGray(image.Rect(0, 0, smallWidth, smallHeight))
	for n := range frames {
		draw(small, n)
		if got, ok := readFrame(small.Pix); !ok || got != n {
			t.Fatalf("frame %d reads %d, %v", n, got, ok)
		}
	}
	for n := range beats {
		low, high := notes(n)
		if low < 0 || low >= lows || high >= highs || beatOf(low, high) != n {
			t.Errorf("chord %d is %d and %d", n, low, high)
		}
		nextLow, nextHigh := notes((n + 1) % beats)
		if low != nextLow && high != nextHigh {
			t.Errorf("no note stays from chord %d to the next", n)
		}
	}
	if last, _ := notes(beats - 1); last != 0 {
		t.Errorf("the last chord does not lead to the first")
	}
}

// TestAFrameThatIsMixedOrOutOfTheFilmHasNoNumber: nothing is counted that was not shown.
func TestAFrameThatIsMixedOrOutOfTheFilmHasNoNumber(t *testing.T) {
	one, two := image.NewGray(image.Rect(0, 0, smallWidth, smallHeight)), image.NewGray(image.Rect(0, 0, smallWidth, smallHeight))
	draw(one, 6)
	draw(two, 9)
	torn := slices.Concat(one.Pix[:len(one.Pix)/2], two.Pix[len(two.Pix)/2:])
	draw(two, frames)
	for what, pix := range map[string][]byte{"torn": torn, "beyond the film": two.Pix, "black": make([]byte, smallWidth*smallHeight), "grey": slices.Repeat([]byte{128}, smallWidth*smallHeight)} {
		if n, ok := readFrame(pix); ok {
			t.Errorf("%s: reads %d", what, n)
		}
	}
}

// TestSilenceAndTwoChordsAtOnceAreNoNumber: what is not clear is not counted.
func TestSilenceAndTwoChordsAtOnceAreNoNumber(t *testing.T) {
	wave := func(hz ...float64) []int16 {
		out := make([]int16, window)
		for i := range out {
			for _, f := range hz {
				out[i] += int16(4000 * math.Sin(2*math.Pi*f*float64(i)/heardRate))
			}
		}
		return out
	}
	low, up := float64(lowest), float64(above)
	if n, ok := newEar().hear(wave(low+3*lowStep, up)); !ok || n != 3 {
		t.Errorf("a chord reads %d, %v", n, ok)
	}
	for what, samples := range map[string][]int16{"silence": wave(), "one note": wave(low), "two chords": wave(low, low+5*lowStep, up)} {
		if n, ok := newEar().hear(samples); ok {
			t.Errorf("%s: reads %d", what, n)
		}
	}
}

// TestAReelCountsWhatIsMissing: frames that are shown again are not lost, nor those of a second lap.
func TestAReelCountsWhatIsMissing(t *testing.T) {
	const lapOf = int(lap / beat)
	count := func(from, to int) (numbers []int) {
		for n := from; n < to; n++ {
			numbers = append(numbers, n%lapOf)
		}
		return numbers
	}
	for name, c := range map[string]struct {
		numbers []int
		fault   int
		want    Seen
	}{
		"whole":                  {count(5, 50), 20, Seen{Kept: 45}},
		"shown again":            {slices.Concat(count(5, 50), count(49, 60)), 20, Seen{Kept: 55}},
		"over the lap":           {count(lapOf-20, lapOf+20), lapOf, Seen{Kept: 40}},
		"missing over the lap":   {slices.Concat(count(lapOf-20, lapOf-3), count(lapOf+2, lapOf+10)), lapOf + 1, Seen{Kept: 25, Before: 5, Hole: 500}},
		"missing on either side": {slices.Concat(count(0, 10), count(12, 30), count(31, 40)), 20, Seen{Kept: 37, Before: 2, Lost: 1, Hole: 200}},
		"missing right before":   {slices.Concat(count(0, 10), count(12, 30)), 10, Seen{Kept: 28, Before: 2, Hole: 200}},
		"missing right after":    {slices.Concat(count(0, 10), count(12, 30)), 9, Seen{Kept: 28, Lost: 2, Hole: 200}},
		"a part that overlaps":   {slices.Concat(count(0, 30), count(25, 40)), 30, Seen{Kept: 40}},
		"nothing":                {nil, 0, Seen{}},
	} {
		r, got := newReel(beat), Seen{}
		for _, n := range c.numbers {
			r.take(n)
		}
		got.add(r, c.fault)
		if got != c.want {
			t.Errorf("%s: %+v, want %+v", name, got, c.want)
		}
	}
}

// TestAPlaceIsFoundInTheRightLap: a number comes once in each lap.
func TestAPlaceIsFoundInTheRightLap(t *testing.T) {
	r := newReel(beat)
	r.take(300)
	for n, after := range map[int]time.Duration{305: time.Second, 310: time.Second, 319: time.Second, 300: 0, 0: 2 * time.Second, 299: 31 * time.Second} {
		for laps := range 3 {
			want := n + laps*beats
			if n < 300 {
				want += beats
			}
			if got := r.place(n, after+time.Duration(laps)*lap); got != want {
				t.Errorf("%d after %v and %d laps stands at %d, want %d", n, after, laps, got, want)
			}
		}
	}
}

// devices writes the film and the sound; the picture is small, to be quick.
func devices(t *testing.T) (film, sound string) {
	t.Helper()
	film, sound = filepath.Join(t.TempDir(), "film.mjpeg"), filepath.Join(t.TempDir(), "sound.wav")
	if err := errors.Join(Film(film, 320, 180), Tone(sound, Speaking)); err != nil {
		t.Fatal(err)
	}
	return film, sound
}

// encode makes of them what a browser does: VP8 and Opus at the recorder's rates,
// after filters of ffmpeg took something out.
func encode(t *testing.T, film, sound, pictureFilter, soundFilter string) string {
	t.Helper()
	out := filepath.Join(t.TempDir(), "out.webm")
	said, err := exec.Command(decoder, "-v", "error", "-nostdin", "-t", "8", "-framerate", "30", "-f", "mjpeg", "-i", film, "-t", "8", "-i", sound, "-vf", pictureFilter, "-af", soundFilter,
		"-c:v", "libvpx", "-deadline", "realtime", "-cpu-used", "8", "-b:v", "1800k", "-pix_fmt", "yuv420p", "-c:a", "libopus", "-b:a", "96k", "-fps_mode", "vfr", out).CombinedOutput()
	if err != nil {
		t.Fatalf("%v: %s", err, said)
	}
	return out
}

// TestAnEncodedFilmTellsWhatIsMissing: through the codecs each number is read, and what was cut out is seen.
func TestAnEncodedFilmTellsWhatIsMissing(t *testing.T) {
	if !Decodes() {
		t.Fatal("no ffmpeg: run test/needs")
	}
	film, sound := devices(t)
	for name, c := range map[string]struct {
		picture, sound string // filters
		lost, unheard  Seen
	}{
		"whole": {"null", "anull", Seen{Kept: 120}, Seen{Kept: 80}},
		// Frames 30 to 32, that is pictures 60 to 65, and the sound from 3.0 to 3.5 s.
		"cut": {"select='not(between(n,60,65))'", "asetnsamples=480,aselect='not(between(t,3,3.495))',asetpts=N/SR/TB", Seen{Kept: 117, Lost: 3, Hole: 200}, Seen{Kept: 75, Lost: 5, Hole: 500}},
		// Each second picture is the same frame again, so nothing is lost without it.
		"thinned": {"select='mod(n,2)'", "anull", Seen{Kept: 120}, Seen{Kept: 80}},
	} {
		encoded := encode(t, film, sound, c.picture, c.sound)
		for _, sense := range senses {
			want := map[string]Seen{"picture": c.lost, "sound": c.unheard}[sense.name]
			r, got := newReel(sense.piece), Seen{}
			if err := sense.read(t.Context(), encoded, r.take); err != nil {
				t.Fatal(err)
			}
			if got.add(r, 0); got != want {
				t.Errorf("%s: the %s has %+v, want %+v", name, sense.name, got, want)
			}
		}
	}
}

// TestWhatIsNoFilmIsAnError: a recording that can't be decoded is not one without loss.
func TestWhatIsNoFilmIsAnError(t *testing.T) {
	if err := watch(t.Context(), filepath.Join(t.TempDir(), "none.webm"), func(int) {}); err == nil || !strings.Contains(err.Error(), decoder) {
		t.Errorf("%v", err)
	}
}

// TestARowTellsInWordsWhatWasSeen: also that nobody looked, and what breaks a promise.
func TestARowTellsInWordsWhatWasSeen(t *testing.T) {
	if got, want := (Row{}).Watched(), "not looked at: no ffmpeg"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
	row := Row{Seen: map[string]*Seen{"main sound": {Piece: 100, Kept: 80, Tail: new(int64(334)), most: MostLost}, "main picture": {Piece: 66, Kept: 206, Before: 3, Lost: 1, Hole: 133, most: 5000, Told: new(true)}}}
	if got, want := row.Watched(), "main picture 3 + 1 of 210 (longest 133 ms), alarm, main sound 0 + 0 of 80 (longest 0 ms) and 334 ms before the kill"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
	for want, s := range map[string]*Seen{
		"": row.Seen["main sound"], "has a hole of 600 ms": {Hole: 600, most: MostLost}, "lost 601 ms before the kill": {Piece: 100, Tail: new(int64(601)), most: MostLost},
		"has a hole of 1001 ms of which nobody was told": {Hole: 1001, most: 5000, Told: new(false)}, "has a hole of 5001 ms": {Hole: 5001, most: 5000, Told: new(true)}} {
		if got := s.broken(); got != want {
			t.Errorf("%+v is broken as %q, want %q", s, got, want)
		}
	}
}

// FuzzAFrameReadsWhatItShows: whatever a decoder gives, a number is read only from what shows it.
func FuzzAFrameReadsWhatItShows(f *testing.F) {
	f.Add(slices.Concat(make([]byte, bits), slices.Repeat([]byte{255}, bits)))
	f.Fuzz(func(t *testing.T, cells []byte) {
		small, again := image.NewGray(image.Rect(0, 0, smallWidth, smallHeight)), image.NewGray(image.Rect(0, 0, smallWidth, smallHeight))
		for i := range small.Pix {
			if len(cells) > 0 {
				small.Pix[i] = cells[(i/smallWidth/cellSize*across+i%smallWidth/cellSize)%len(cells)]
			}
		}
		n, ok := readFrame(small.Pix)
		if !ok {
			return
		}
		draw(again, n)
		for i, grey := range small.Pix {
			if grey > (black+white)/2 != (again.Pix[i] == white) {
				t.Fatalf("%d was read from another picture", n)
			}
		}
	})
}
