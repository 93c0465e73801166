package drill

import (
	"bytes"
	"encoding/binary"
	"math"
	"os"
	"time"
)

// How a made-up microphone sounds, as the peak of a wave whose full scale is 1.
const (
	Speaking = 0.25 // -12 dB
	TooLoud  = 4
)

// Each tenth of a second has a number, which is heard as a chord of a low and a
// high note. The low notes go up and down again, so that from one number to the
// next, and from the last to the first, one of the two notes stays: what is heard
// across the border is the one number or the other.
const (
	beat    = 100 * time.Millisecond
	beats   = int(lap / beat)
	lows    = 20
	highs   = beats / lows
	sounds  = 80 * time.Millisecond // of each; then a short pause, as of somebody who speaks
	lowest  = 500                   // Hz
	lowStep = 60
	above   = 2000
	upStep  = 120
)

// notes are the chord of a number.
func notes(n int) (low, high int) {
	low, high = n%lows, n/lows
	if high%2 == 1 {
		low = lows - 1 - low
	}
	return low, high
}

// beatOf is the number of a chord.
func beatOf(low, high int) int {
	if high%2 == 1 {
		low = lows - 1 - low
	}
	return high*lows + low
}

const rate = 48_000

// Tone writes a sound for a made-up microphone to a file (WAV), whose chords tell
// each tenth of a second.
func Tone(path string, peak float64) error {
	const length, on = rate / int(time.Second/beat), rate * int(sounds/time.Millisecond) / 1000
	samples := make([]int16, beats*length)
	for n := range beats {
		low, high := notes(n)
		for i := range on {
			turn := 2 * math.Pi * float64(i) / rate
			wave := peak / 2 * (math.Sin(turn*float64(lowest+low*lowStep)) + math.Sin(turn*float64(above+high*upStep)))
			samples[n*length+i] = int16(math.MaxInt16 * min(max(wave, -1), 1))
		}
	}
	var file bytes.Buffer
	for _, part := range []any{
		[]byte("RIFF"), uint32(36 + 2*len(samples)), []byte("WAVEfmt "), uint32(16),
		uint16(1), uint16(1), uint32(rate), uint32(2 * rate), uint16(2), uint16(16), // PCM, one channel, 16 bits
		[]byte("data"), uint32(2 * len(samples)), samples,
	} {
		if err := binary.Write(&file, binary.LittleEndian, part); err != nil {
			return err
		}
	}
	return os.WriteFile(path, file.Bytes(), 0o600)
}

// How a sound is listened to: so many samples a second, through a window, step by step.
const (
	heardRate = 16_000
	window    = heardRate / 25
	step      = heardRate / 50
)

// ear hears the notes in a window of samples.
type ear struct {
	shape [window]float64 // Hann
	wave  [window]float64
}

func newEar() *ear {
	e := new(ear)
	for i := range e.shape {
		e.shape[i] = 0.5 - 0.5*math.Cos(2*math.Pi*(float64(i)+0.5)/window)
	}
	return e
}

// hear reads the number of the chord in a window; ok is false in a pause, and
// where two chords are equally loud.
func (e *ear) hear(samples []int16) (n int, ok bool) {
	for i, s := range samples {
		e.wave[i] = e.shape[i] * float64(s) / math.MaxInt16
	}
	low, clear := e.loudest(lows, lowest, lowStep)
	if !clear {
		return 0, false
	}
	high, clear := e.loudest(highs, above, upStep)
	return beatOf(low, high), clear
}

// loudest says which of count notes is louder than any other by 6 dB, and above
// what a room has by itself.
func (e *ear) loudest(count, from, step int) (best int, clear bool) {
	const faint = 0.005 // amplitude
	var first, second float64
	for i := range count {
		power := e.power(float64(from + i*step))
		if power > first {
			best, first, second = i, power, first
		} else {
			second = max(second, power)
		}
	}
	return best, first > faint*faint && first > 4*second
}

// power is the square of the amplitude of one note (Goertzel).
func (e *ear) power(hz float64) float64 {
	turn := 2 * math.Cos(2*math.Pi*hz/heardRate)
	var a, b float64
	for _, s := range e.wave {
		a, b = s+turn*a-b, a
	}
	const whole = window / 4 // what a full wave gives: half of a Hann window's sum
	return (a*a + b*b - turn*a*b) / (whole * whole)
}
