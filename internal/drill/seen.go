package drill

import (
	"bufio"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"verhaal/internal/recording/chunk"
	"verhaal/internal/recording/proof"
)

// Seen is what the numbers in a sealed picture or sound show themselves, whatever
// the headers of its records say. A number may come more than once; it is lost
// when it never comes between the first and the last one, though the camera showed
// it or the microphone heard it. A browser on a busy computer loses some with no
// fault at all; those before the fault tell how many.
type Seen struct {
	Piece  int64 `json:"piece_ms"`    // what one number stands for
	Kept   int   `json:"kept"`        // numbers on record
	Before int   `json:"lost_before"` // numbers lost before the fault
	Lost   int   `json:"lost"`        // and since
	Hole   int64 `json:"hole_ms"`     // the longest run of lost ones
	// Tail is, of a killed browser, from the last number on record to the kill: to
	// the one that its page had a moment before, and by the clock from there. The
	// opened browser's film begins anew, so nothing is counted across. nil of others.
	Tail *int64 `json:"tail_ms,omitempty"`
	// Told is, of a picture, whether the interviewer was shown that it loses frames.
	Told *bool `json:"told,omitempty"`

	most int64 // the longest hole that breaks no promise, in ms
}

// untold is how long a hole in a picture may be without an alarm, in ms.
const untold = 1000

// String is "2 + 0 of 150 (longest 66 ms), no alarm": how many numbers were lost
// before the fault and since, of how many, and whether the interviewer was told.
func (s *Seen) String() string {
	text := fmt.Sprintf("%d + %d of %d (longest %d ms)", s.Before, s.Lost, s.Kept+s.Before+s.Lost, s.Hole)
	if s.Tail != nil {
		text += fmt.Sprintf(" and %d ms before the kill", *s.Tail)
	}
	if s.Told != nil {
		text += map[bool]string{true: ", alarm", false: ", no alarm"}[*s.Told]
	}
	return text
}

// Watched tells in words what the picture and the sound show.
func (r Row) Watched() string {
	if r.Seen == nil {
		return "not looked at: no " + decoder
	}
	var all []string
	for _, what := range slices.Sorted(maps.Keys(r.Seen)) {
		all = append(all, what+" "+r.Seen[what].String())
	}
	return strings.Join(all, ", ")
}

// broken says what is wrong; "" for nothing.
func (s *Seen) broken() string {
	switch {
	case s.Hole > s.most:
		return fmt.Sprintf("has a hole of %d ms", s.Hole)
	case s.Told != nil && !*s.Told && s.Hole > untold:
		return fmt.Sprintf("has a hole of %d ms of which nobody was told", s.Hole)
	case s.Tail != nil && *s.Tail > s.most+s.Piece:
		return fmt.Sprintf("lost %d ms before the kill", *s.Tail)
	}
	return ""
}

// reel takes the numbers of a film as they come, and gives each its place: those of
// the second lap go on where the first ended. A hole longer than a lap is told
// without its whole laps.
type reel struct {
	count int // of numbers in a lap
	kept  int
	first int // places
	last  int
	holes []hole
}

// hole is a run of lost numbers.
type hole struct{ after, length int } // the place before it; numbers

func newReel(piece time.Duration) *reel { return &reel{count: int(lap / piece)} }

// behind is how far numbers may go back: a part may begin before the one before it has ended.
const behind = 2 * time.Second

// take counts the next number.
func (r *reel) take(n int) {
	if r.kept == 0 {
		r.kept, r.first, r.last = 1, n, n
		return
	}
	ahead := (n - r.last%r.count + r.count) % r.count
	if ahead == 0 || r.count-ahead <= r.count*int(behind/time.Second)/int(lap/time.Second) {
		return // shown again
	}
	if ahead > 1 {
		r.holes = append(r.holes, hole{r.last, ahead - 1})
	}
	r.kept++
	r.last += ahead
}

// place is where a number stood that came about so long after the first one.
func (r *reel) place(n int, after time.Duration) int {
	about := r.first + int(after*time.Duration(r.count)/lap)
	ahead := ((n-about)%r.count + r.count) % r.count
	if ahead > r.count/2 {
		ahead -= r.count
	}
	return about + ahead
}

func (r *reel) ms(pieces int) int64 { return int64(pieces) * lap.Milliseconds() / int64(r.count) }

// add counts a reel into what was seen; fault is the place at which something went wrong.
func (s *Seen) add(r *reel, fault int) {
	s.Kept += r.kept
	for _, h := range r.holes {
		if h.after < fault {
			s.Before += h.length
		} else {
			s.Lost += h.length
		}
		s.Hole = max(s.Hole, r.ms(h.length))
	}
}

// decoder is what opens the picture and the sound of a recording.
const decoder = "ffmpeg"

// Decodes says whether the picture and the sound of a recording can be looked at here.
func Decodes() bool {
	_, err := exec.LookPath(decoder)
	return err == nil
}

// watch gives the numbers in the picture of a film (WebM) in order.
func watch(ctx context.Context, film string, take func(n int)) error {
	small := make([]byte, smallWidth*smallHeight)
	return decode(ctx, film, func(r io.Reader) error {
		for {
			if _, err := io.ReadFull(r, small); err != nil {
				return err
			}
			if n, ok := readFrame(small); ok {
				take(n)
			}
		}
	}, "-map", "0:v:0", "-vf", fmt.Sprintf("scale=%d:%d:flags=area", smallWidth, smallHeight), "-fps_mode", "passthrough", "-f", "rawvideo", "-pix_fmt", "gray")
}

// listen gives the numbers in the sound of a film (WebM) in order.
func listen(ctx context.Context, film string, take func(n int)) error {
	e, heard := newEar(), make([]int16, window)
	return decode(ctx, film, func(r io.Reader) error {
		for {
			copy(heard, heard[step:])
			if err := binary.Read(r, binary.LittleEndian, heard[window-step:]); err != nil {
				return err
			}
			if n, ok := e.hear(heard); ok {
				take(n)
			}
		}
	}, "-map", "0:a:0", "-ac", "1", "-ar", fmt.Sprint(heardRate), "-f", "s16le")
}

// decode lets read have what the decoder makes of a film. Time is not filled up:
// what is not on record is not in there.
func decode(ctx context.Context, film string, read func(r io.Reader) error, as ...string) error {
	cmd := exec.CommandContext(ctx, decoder, append(append([]string{"-v", "error", "-nostdin", "-i", film}, as...), "pipe:1")...)
	out, err := cmd.StdoutPipe()
	if err != nil {
		return err
	}
	if err := cmd.Start(); err != nil {
		return err
	}
	err = read(bufio.NewReaderSize(out, 1<<16))
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		err = nil
	} else if err != nil {
		_ = cmd.Process.Kill() // it would wait for us to read on
	}
	if ended := cmd.Wait(); err == nil && ended != nil {
		err = fmt.Errorf("%s: %w", decoder, ended)
	}
	return err
}

// senses are what is recorded of a film.
var senses = []struct {
	name   string
	piece  time.Duration
	in     func(chunk.Codec) bool
	read   func(ctx context.Context, film string, take func(n int)) error
	of     func(*had) int
	most   int64 // the longest hole that breaks no promise, in ms
	alarms bool  // of shorter ones: a busy computer makes them
}{
	{"picture", frame, chunk.Codec.Picture, watch, func(h *had) int { return h.frame }, 5000, true}, // what a recorder calls frozen
	{"sound", beat, chunk.Codec.Sound, listen, func(h *had) int { return h.beat }, MostLost, false},
}

// see reads the numbers of all tracks of a sealed recording that lies in a
// folder, by track and sense ("main picture"). had is what its page had when
// something went wrong.
func (d *drill) see(dir string, m proof.Manifest, had *had) (map[string]*Seen, error) {
	all := map[string]*Seen{}
	for _, track := range m.Tracks {
		var films []string
		for _, part := range track.Parts {
			film, err := d.open(dir, chunk.Part{Recording: m.Recording, Track: track.Track, Number: part.Part}, part)
			if err != nil {
				return nil, err
			}
			films = append(films, film)
		}
		began := m.Started + int64(track.Parts[0].From)
		for _, sense := range senses {
			if !sense.in(track.Parts[0].Codec) {
				continue
			}
			r, s := newReel(sense.piece), &Seen{Piece: sense.piece.Milliseconds(), most: sense.most}
			all[track.Track.String()+" "+sense.name] = s
			if sense.alarms {
				s.Told = new(bool)
			}
			fault := func() int { return r.place(sense.of(had), time.Duration(had.at-began)*time.Millisecond) }
			for i, film := range films {
				if err := sense.read(d.ctx, film, r.take); err != nil {
					return nil, err
				}
				if i == 0 && had.killed > 0 {
					s.Tail = new(r.ms(fault()-r.last) + had.killed - had.at)
					s.add(r, fault())
					r = newReel(sense.piece) // the film of the browser that was opened again begins anew
				}
			}
			if had.killed > 0 {
				s.add(r, 0)
			} else {
				s.add(r, fault())
			}
		}
	}
	return all, nil
}

// open decrypts a part of a sealed recording that lies in a folder, with keys that
// the server gives out, to a file (WebM).
func (d *drill) open(dir string, p chunk.Part, sealed proof.Part) (film string, err error) {
	var minutes []uint32
	for m := sealed.From / 60_000; m <= sealed.To/60_000; m++ {
		minutes = append(minutes, uint32(m))
	}
	keys, err := d.staff.Keys(d.ctx, d.room.Case, p, minutes, "check_quality")
	if err != nil {
		return "", err
	}
	from, err := os.Open(filepath.Join(dir, p.File()))
	if err != nil {
		return "", err
	}
	defer from.Close()
	film = filepath.Join(d.dir, p.Recording.String()+"-"+p.File()+".webm")
	to, err := os.Create(film)
	if err != nil {
		return "", err
	}
	defer func() { err = errors.Join(err, to.Close()) }()
	for records := chunk.NewReader(from); ; {
		record, err := records.Next()
		if errors.Is(err, io.EOF) {
			return film, nil
		}
		if err != nil {
			return "", err
		}
		plain, err := record.Open(nil, keys[record.Minute()])
		if err != nil {
			return "", err
		}
		if _, err := to.Write(plain); err != nil {
			return "", err
		}
	}
}

// had is what the page of the recorder had just before something went wrong: the
// numbers of the frame that it showed and of the chord that it heard.
type had struct {
	frame, beat int
	at          int64 // Unix ms
	killed      int64 // when its browser was killed, Unix ms; 0 = it was not
}

// look asks the page what it has now. It is asked again while a number changes.
const look = `(async () => {
	const video = document.querySelector("[data-view]"), context = new AudioContext(), hears = new AnalyserNode(context, { fftSize: 4096, smoothingTimeConstant: 0 });
	context.createMediaStreamSource(video.srcObject).connect(hears);
	const [levels, small] = [new Float32Array(hears.frequencyBinCount), new OffscreenCanvas(%[1]d, %[2]d).getContext("2d", { willReadFrequently: true })];
	const loudest = (count, from, step) => {
		const [first, second] = Array.from({ length: count }, (_, note) => ({ note, level: levels[Math.round((from + note * step) * hears.fftSize / context.sampleRate)] })).sort((a, b) => b.level - a.level);
		return first.level > -60 && first.level > second.level + 6 ? first.note : -1;
	};
	try {
		for (;;) {
			await new Promise((r) => setTimeout(r, 10));
			const at = Date.now();
			hears.getFloatFrequencyData(levels);
			small.drawImage(video, 0, 0, %[1]d, %[2]d);
			const heard = [loudest(%[3]d, %[4]d, %[5]d), loudest(%[6]d, %[7]d, %[8]d)];
			if (!heard.includes(-1)) return { at, heard, shown: [...small.getImageData(0, 0, %[1]d, %[2]d).data.filter((_, i) => i %% 4 === 1)] };
		}
	} finally {
		void context.close();
	}
})()`

// look asks the page of the recorder what its devices give just now.
func (t *tab) look() (*had, error) {
	for range 100 {
		got, err := ask[struct {
			At    int64
			Heard [2]int
			Shown []int
		}](t, fmt.Sprintf(look, smallWidth, smallHeight, lows, lowest, lowStep, highs, above, upStep))
		if err != nil {
			return nil, err
		}
		small := make([]byte, len(got.Shown))
		for i, grey := range got.Shown {
			small[i] = byte(grey)
		}
		if n, ok := readFrame(small); ok {
			return &had{frame: n, beat: beatOf(got.Heard[0], got.Heard[1]), at: got.At}, nil
		}
	}
	return nil, errors.New("the recorder shows another picture than its camera does")
}
