package proof

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"fmt"
	"path"
	"slices"

	"github.com/at-wat/ebml-go"

	"verhaal/internal/recording/chunk"
)

// A court pack has films beside its records: what they hold in another wrapping,
// for watching (ui/room/remux.ts). Nothing is coded anew, so that a film must have
// the packets of the records, all of them, at the same times.

// filmNames are what the films of the tracks are called. Where a later part is
// coded otherwise there is a further film: main-2.webm.
var filmNames = map[chunk.Track]string{chunk.Main: "main", chunk.AudioSafe: "safe", chunk.Overview: "overview", chunk.Exhibit: "screen"}

// filmName is the name of the film number n of a track, from 0.
func filmName(t chunk.Track, n int) string {
	if n == 0 {
		return filmNames[t] + ".webm"
	}
	return fmt.Sprintf("%s-%d.webm", filmNames[t], n+1)
}

func isFilm(name string) bool { return path.Ext(name) == ".webm" }

// rounding is how far the time of a packet may lie from the records', in ms.
const rounding = 2

// packet is one of sound or picture.
type packet struct {
	ms    int64 // of the recording; of a film's: since it begins
	sum   [sha256.Size]byte
	early bool // of a picture before the first that stands alone: a film may lack it
}

// footage is the packets of a part's records that were opened.
type footage struct {
	part           chunk.Part
	from           uint64 // ms of the recording at which the part begins
	codec          chunk.Codec
	sound, picture []packet
	opus           []byte // what its decoder is set to
	frame          frame
}

// frame is how a container says that pictures are shown.
type frame struct {
	PixelWidth, PixelHeight                                      uint64
	PixelCropBottom, PixelCropTop, PixelCropLeft, PixelCropRight uint64
}

// add takes a block of the part's container.
func (f *footage) add(sound bool, ms int64, b ebml.Block) {
	into := &f.picture
	if sound {
		into = &f.sound
	}
	early := !sound && !b.Keyframe && (len(*into) == 0 || (*into)[len(*into)-1].early)
	for _, frame := range b.Data {
		*into = append(*into, packet{ms, sha256.Sum256(frame), early})
	}
}

// films compares the films with the records that were opened. What no key opens
// is not checked.
func (c *check) films() error {
	slices.SortStableFunc(c.footage, func(a, b *footage) int {
		return cmp.Or(cmp.Compare(a.part.Track, b.part.Track), cmp.Compare(a.from, b.from))
	})
	shown := map[string][]*footage{}
	number := 0
	for i, f := range c.footage {
		if i > 0 && c.footage[i-1].part.Track != f.part.Track {
			number = 0
		} else if i > 0 && c.footage[i-1].codec != f.codec {
			number++
		}
		name := filmName(f.part.Track, number)
		shown[name] = append(shown[name], f)
	}
	for _, name := range slices.Clone(c.Unchecked) {
		parts := shown[name]
		if parts == nil {
			continue
		}
		c.Unchecked = slices.DeleteFunc(c.Unchecked, func(other string) bool { return other == name })
		if err := c.film(name, parts); err != nil {
			return err
		}
	}
	return nil
}

// film compares one film with the parts that it shows.
func (c *check) film(name string, parts []*footage) error {
	file, err := c.dir.Open(name)
	if err != nil {
		return err
	}
	defer file.Close()
	s := &screening{}
	for _, p := range parts {
		s.sound, s.picture = append(s.sound, p.sound...), append(s.picture, p.picture...)
	}
	s.opus, s.frame, s.coded, s.at = parts[0].opus, parts[0].frame, pictures[parts[0].codec], s.begin()
	if err := ebml.Unmarshal(file, &s.v, ebml.WithElementReadHooks(s.element), ebml.WithMaxLeafElementSize(maxElement)); err != nil {
		s.differs = true
	}
	s.finish()
	if s.differs {
		found := fault(3, Film, "the film %s is not what the records hold: it differs from %s on", name, span(uint64(s.at))).times(uint64(s.at), uint64(s.at)+1)
		found.Track = &parts[0].part.Track
		c.fault(found)
		return nil
	}
	c.Films = append(c.Films, name)
	return nil
}

// screening reads a film and holds it against the packets that are still to come.
type screening struct {
	v              wrapping
	sound, picture []packet
	opus           []byte
	frame          frame
	coded          string // as what pictures are
	time           uint64 // of the cluster
	offset         int64  // ms of the recording at the film's time 0
	begun          bool
	lowest         int64 // ms of the film, of its earliest packet
	at             int64 // ms of the recording, of the packet that came last or differs
	differs        bool
}

// wrapping is as much of a film's container as is looked at.
type wrapping struct {
	Segment struct {
		Info   struct{ TimestampScale uint64 }
		Tracks struct {
			TrackEntry []struct {
				TrackNumber         uint64
				CodecID             string
				CodecPrivate        []byte
				TrackTimestampScale float64
				Video               frame
				ContentEncodings    *struct{}
			}
		}
		Cluster struct {
			Timestamp   uint64
			SimpleBlock ebml.Block
			BlockGroup  struct{ Block ebml.Block }
		}
	}
}

// begin is when the first packet comes that a film must have.
func (s *screening) begin() int64 {
	first := int64(-1)
	for _, all := range [][]packet{s.sound, s.picture} {
		if i := slices.IndexFunc(all, func(p packet) bool { return !p.early }); i >= 0 && (first < 0 || all[i].ms < first) {
			first = all[i].ms
		}
	}
	return max(first, 0)
}

func (s *screening) element(e *ebml.Element) {
	if s.differs {
		return
	}
	switch e.Type {
	case ebml.ElementTracks:
		s.tracks()
	case ebml.ElementTimestamp:
		s.time, _ = e.Value.(uint64)
	case ebml.ElementSimpleBlock, ebml.ElementBlock:
		if b, ok := e.Value.(ebml.Block); ok {
			s.block(b)
		}
	}
}

// tracks looks at what else decides what is seen and heard: one track of each
// kind that the records have, nothing packed further, the decoder of sound set as
// theirs, the pictures as large and nothing cut off.
func (s *screening) tracks() {
	info, seen := s.v.Segment.Info, map[string]bool{}
	for _, t := range s.v.Segment.Tracks.TrackEntry {
		kind := t.CodecID[:min(1, len(t.CodecID))]
		wrong := seen[kind] || t.ContentEncodings != nil || t.TrackTimestampScale != 0 && t.TrackTimestampScale != 1 ||
			kind == "A" && s.opus != nil && !bytes.Equal(t.CodecPrivate, s.opus) || kind == "V" && (t.CodecID != s.coded || t.Video != s.frame)
		if wrong || info.TimestampScale != 0 && info.TimestampScale != 1e6 {
			s.differs = true
		}
		seen[kind] = true
	}
}

// block compares a block of the film with the packets that must come next.
func (s *screening) block(b ebml.Block) {
	var rest *[]packet
	for _, t := range s.v.Segment.Tracks.TrackEntry {
		switch {
		case t.TrackNumber != b.TrackNumber:
		case t.CodecID == "A_OPUS":
			rest = &s.sound
		case t.CodecID == s.coded:
			rest = &s.picture
		}
	}
	if rest == nil || b.Invisible {
		s.differs = true
		return
	}
	ms := int64(s.time) + int64(b.Timecode)
	for _, frame := range b.Data {
		sum := sha256.Sum256(frame)
		for len(*rest) > 0 && (*rest)[0].early && (*rest)[0].sum != sum {
			*rest = (*rest)[1:]
		}
		if len(*rest) == 0 {
			s.differs = true
			return
		}
		want := (*rest)[0]
		s.at = want.ms
		if !s.begun {
			s.begun, s.offset, s.lowest = true, want.ms-ms, ms
		}
		s.lowest = min(s.lowest, ms)
		if off := want.ms - ms - s.offset; want.sum != sum || off < -rounding || off > rounding {
			s.differs = true
			return
		}
		*rest = (*rest)[1:]
	}
}

// finish looks for packets that the film lacks, or time before the first.
func (s *screening) finish() {
	s.differs = s.differs || s.lowest < 0 || s.lowest > rounding
	for _, rest := range [][]packet{s.sound, s.picture} {
		if i := slices.IndexFunc(rest, func(p packet) bool { return !p.early }); i >= 0 && !s.differs {
			s.at = rest[i].ms
			s.differs = true
		}
	}
}
