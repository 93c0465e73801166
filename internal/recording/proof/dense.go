package proof

import (
	"fmt"

	"verhaal/internal/recording/chunk"
)

const (
	// jerk is how long no picture may come before its minute is named, in ms: a
	// recorder alarms for as much.
	jerk = 500
	// enough is how much of a minute must be there to be compared, in ms.
	enough = 10_000
)

// density is how many frames of a picture each minute holds. A busy computer
// loses some, and no header says so.
type density struct {
	minutes     []minute // that hold any, ascending
	first, last uint64   // ms of the recording, of the frames
}

// minute is what one holds.
type minute struct {
	number uint64
	frames int
	hole   uint64 // ms, the longest that begins in it
}

// frame counts a frame at a time of the recording.
func (d *density) frame(ms uint64) {
	if len(d.minutes) == 0 {
		d.first, d.last = ms, ms
	}
	// One that goes back is for the clocks to tell.
	ms = max(ms, d.last)
	if n := len(d.minutes); n > 0 {
		d.minutes[n-1].hole = max(d.minutes[n-1].hole, ms-d.last)
	}
	if n := len(d.minutes); n == 0 || d.minutes[n-1].number != ms/chunk.MinuteMS {
		d.minutes = append(d.minutes, minute{number: ms / chunk.MinuteMS})
	}
	d.minutes[len(d.minutes)-1].frames++
	d.last = ms
}

// rate is how many frames a second a minute holds; false where too little of it is
// there.
func (d *density) rate(m minute) (float64, bool) {
	from, to := max(d.first, m.number*chunk.MinuteMS), min(d.last, (m.number+1)*chunk.MinuteMS)
	if to < from+enough {
		return 0, false
	}
	return float64(m.frames) * 1000 / float64(to-from), true
}

// thin gives the runs of minutes that hold less than two thirds of what the
// fullest one does, or have a hole, in words.
func (d *density) thin(found func(from, to uint64, what string)) {
	fullest := 0.0
	for _, m := range d.minutes {
		if rate, ok := d.rate(m); ok {
			fullest = max(fullest, rate)
		}
	}
	var run []minute
	end := func() {
		if len(run) > 0 {
			found(run[0].number*chunk.MinuteMS, (run[len(run)-1].number+1)*chunk.MinuteMS, d.words(run, fullest))
			run = nil
		}
	}
	for _, m := range d.minutes {
		rate, ok := d.rate(m)
		if m.hole <= jerk && (!ok || rate >= fullest*2/3) {
			end()
			continue
		}
		if len(run) > 0 && run[len(run)-1].number+1 != m.number {
			end()
		}
		run = append(run, m)
	}
	end()
}

// words says what a run of thin minutes holds.
func (d *density) words(run []minute, fullest float64) string {
	least, hole := fullest, uint64(0)
	for _, m := range run {
		if rate, ok := d.rate(m); ok {
			least = min(least, rate)
		}
		hole = max(hole, m.hole)
	}
	what := "frames of the picture are missing, or the camera gave fewer"
	if fullest > 0 {
		what += fmt.Sprintf(": down to %.1f a second, where the fullest minute holds %.1f", least, fullest)
	}
	if hole > jerk {
		what += fmt.Sprintf("; the longest time without one is %d ms", hole)
	}
	return what
}
