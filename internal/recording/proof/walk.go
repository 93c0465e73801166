package proof

import (
	"errors"
	"io"

	"github.com/at-wat/ebml-go"

	"verhaal/internal/recording/chunk"
)

// walker reads a container from records as they come. Its reader runs beside
// and asks for one record after the other.
type walker struct {
	findings
	part   chunk.Part
	sealed Part
	from   uint64 // ms at which the stretch begins
	feeds  chan feeding
	done   chan struct{}

	at      chunk.Header // the record that is being read
	rest    []byte       // of it
	v       container
	codecs  map[uint64]string // by track number of the container
	footage *footage          // nil where no film is to be compared
	time    uint64            // of the cluster
	sound   stream
	picture stream
	frames  density
	apart   bool   // that the clocks differ was reported
	hush    bool   // silence is at hand
	silent  uint64 // ms at which it began
	heard   bool   // there was a packet that is not silence
}

// stream is the last packet of sound or picture.
type stream struct {
	seen bool
	last uint64 // ms of the recording
}

type feeding struct {
	h     chunk.Header
	plain []byte
}

// container is as much of a WebM file as is looked at. Nothing in it grows: each
// block takes the place of the one before, and the hook sees them all.
type container struct {
	Segment struct {
		Tracks struct {
			TrackEntry []struct {
				TrackNumber  uint64
				CodecID      string
				CodecPrivate []byte
				Video        frame
			}
		}
		Cluster struct {
			Timestamp   uint64
			SimpleBlock ebml.Block
			BlockGroup  struct{ Block ebml.Block }
		}
	}
}

func newWalker(p chunk.Part, s Part, first chunk.Header, f *footage) *walker {
	w := &walker{part: p, sealed: s, footage: f, from: first.Mono, feeds: make(chan feeding), done: make(chan struct{}), at: first, codecs: map[uint64]string{}}
	go w.run()
	return w
}

// feed hands over a record; plain is the walker's from here on.
func (w *walker) feed(h chunk.Header, plain []byte) { w.feeds <- feeding{h, plain} }

func (w *walker) end() findings {
	close(w.feeds)
	<-w.done
	return w.findings
}

// Read gives the records' bytes to the container's reader.
func (w *walker) Read(b []byte) (int, error) {
	for len(w.rest) == 0 {
		next, ok := <-w.feeds
		if !ok {
			return 0, io.EOF
		}
		w.at, w.rest = next.h, next.plain
	}
	n := copy(b, w.rest)
	w.rest = w.rest[n:]
	return n, nil
}

func (w *walker) run() {
	defer close(w.done)
	err := ebml.Unmarshal(w, &w.v, ebml.WithElementReadHooks(w.element), ebml.WithMaxLeafElementSize(maxElement))
	// A container that ends in a block is cut by the end of its records, which the
	// chain answers for; the reader's silence about it is not relied on.
	if err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
		w.fault(w.here(Media, "the container can't be read from here on"))
		for range w.feeds { // what is left
		}
		return
	}
	w.close()
}

func (w *walker) here(kind, what string, args ...any) Finding {
	return fault(3, kind, what, args...).at(w.part).records(int64(w.at.Seq), int64(w.at.Seq)).times(w.at.Mono, w.at.End())
}

// element sees every element of the container that was read.
func (w *walker) element(e *ebml.Element) {
	switch e.Type {
	case ebml.ElementTracks:
		for _, t := range w.v.Segment.Tracks.TrackEntry {
			w.codecs[t.TrackNumber] = t.CodecID
			if w.footage != nil && t.CodecID == "A_OPUS" {
				w.footage.opus = t.CodecPrivate
			} else if w.footage != nil {
				w.footage.frame = t.Video
			}
		}
	case ebml.ElementTimestamp:
		w.time, _ = e.Value.(uint64)
	case ebml.ElementSimpleBlock, ebml.ElementBlock:
		if b, ok := e.Value.(ebml.Block); ok {
			w.block(b)
		}
	}
}

// block sees a packet of sound or picture.
func (w *walker) block(b ebml.Block) {
	ms := w.sealed.From + uint64(int64(w.time)+int64(b.Timecode))
	if d := int64(ms) - int64(w.at.Mono); !w.apart && (d < -apart || d > apart+int64(w.at.Duration)) {
		w.apart = true
		w.fault(w.here(Clock, "by the container's clock it lies %+d ms from where its header puts it", d))
	}
	codec := w.codecs[b.TrackNumber]
	if w.footage != nil {
		w.footage.add(codec == "A_OPUS", int64(ms), b)
	}
	bytes := 0
	for _, d := range b.Data {
		bytes += len(d)
	}
	switch codec {
	case "A_OPUS":
		if from := w.sound.since(w.from); ms > from+pause {
			w.fault(w.stretch(from, ms, "there is no sound from %s to %s"))
		}
		w.sound = stream{true, ms}
		w.listen(ms, bytes <= silentPacket)
	case "V_VP8", "V_VP9":
		if from := w.picture.since(w.from); ms > from+still {
			w.note(w.stretch(from, ms, "there is no picture from %s to %s"))
		}
		w.picture = stream{true, ms}
		w.frames.frame(ms)
	}
}

// since is when the last packet came, or the stretch began.
func (s stream) since(begin uint64) uint64 {
	if s.seen {
		return s.last
	}
	return begin
}

// listen follows stretches of digital silence.
func (w *walker) listen(ms uint64, silence bool) {
	switch {
	case silence && !w.hush:
		w.hush, w.silent = true, ms
	case !silence:
		w.endSilence(ms)
		w.hush, w.heard = false, true
	}
}

func (w *walker) endSilence(ms uint64) {
	if w.hush && ms >= w.silent+quiet {
		w.note(w.stretch(w.silent, ms, "the sound is digital silence from %s to %s: nothing came from the microphone"))
	}
}

func (w *walker) stretch(from, to uint64, what string) Finding {
	return fault(3, Media, what, span(from), span(to)).at(w.part).times(from, to)
}

// pictures are what a container calls the codecs of pictures.
var pictures = map[chunk.Codec]string{chunk.VP8Opus: "V_VP8", chunk.VP9Opus: "V_VP9", chunk.VP8: "V_VP8"}

// close checks what only the end of a stretch shows.
func (w *walker) close() {
	codec, end := w.sealed.Codec, w.at.End()
	picture := pictures[codec]
	if picture != "" && !w.holds(picture) {
		w.fault(w.stretch(w.from, end, "the container has no picture of the codec that the header names, from %s to %s"))
	} else if from := w.picture.since(w.from); picture != "" && end > from+still {
		w.note(w.stretch(from, end, "there is no picture from %s to %s"))
	}
	if w.part.Track != chunk.Exhibit { // a screen gives a frame when something changes
		w.frames.thin(func(from, to uint64, what string) { w.note(fault(3, Media, "%s", what).at(w.part).times(from, to)) })
	}
	if !codec.Sound() {
		return
	}
	from := w.sound.since(w.from)
	switch {
	case !w.holds("A_OPUS"):
		w.fault(w.stretch(w.from, end, "the container has no track of sound, from %s to %s"))
	case end > from+pause:
		w.fault(w.stretch(from, end, "there is no sound from %s to %s"))
	case w.sound.seen && !w.heard && end > w.from+quiet:
		w.fault(w.stretch(w.from, end, "all sound is digital silence, from %s to %s: nothing came from the microphone"))
	default:
		w.endSilence(end)
	}
}

func (w *walker) holds(codec string) bool {
	for _, c := range w.codecs {
		if c == codec {
			return true
		}
	}
	return false
}
