package proof

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"iter"
	"slices"

	"verhaal/internal/recording/chunk"
)

// loadExcerpt reads excerpt.json, if dir is an excerpt, and holds it against the
// manifest, so that what follows can rely on its numbers.
func loadExcerpt(dir fs.FS, m Manifest) (*excerpt, error) {
	text, err := readFile(dir, excerptFile)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	e := &excerpt{}
	if err := parse(text, e); err != nil {
		return nil, fmt.Errorf("%s: %w", excerptFile, err)
	}
	if err := e.check(m); err != nil {
		return nil, fmt.Errorf("%s: %w", excerptFile, err)
	}
	return e, nil
}

func (e *excerpt) check(m Manifest) error {
	switch {
	case e.Version != manifestVersion:
		return fmt.Errorf("version %d is unknown", e.Version)
	case e.Recording != m.Recording:
		return errors.New("it is of another recording than the manifest")
	case !ascending(e.Minutes) || len(e.Minutes) == 0 || len(e.Tracks) == 0:
		return errors.New("it names no minutes or tracks, or not in order")
	}
	for i, t := range e.Tracks {
		sealed, ok := m.track(t.Track)
		if !ok || i > 0 && e.Tracks[i-1].Track >= t.Track || len(t.Parts) == 0 {
			return errors.New("a track is not in the manifest, doubled or empty")
		}
		for j, p := range t.Parts {
			part, ok := sealed.part(p.Part)
			if !ok || j > 0 && t.Parts[j-1].Part >= p.Part || len(p.Records) == 0 {
				return errors.New("a part is not in the manifest, doubled or empty")
			}
			next := int64(0)
			for _, run := range p.Records {
				if int64(run[0]) < next || run[1] < run[0] || run[1] >= part.Records {
					return errors.New("its records are not in order, or more than there are")
				}
				next = int64(run[1]) + 2 // runs that touch are one
			}
		}
	}
	return nil
}

func ascending(numbers []uint32) bool {
	for i := range numbers {
		if i > 0 && numbers[i-1] >= numbers[i] {
			return false
		}
	}
	return true
}

func (m Manifest) track(t chunk.Track) (Track, bool) {
	i := slices.IndexFunc(m.Tracks, func(x Track) bool { return x.Track == t })
	if i < 0 {
		return Track{}, false
	}
	return m.Tracks[i], true
}

func (t Track) part(number uint16) (Part, bool) {
	i := slices.IndexFunc(t.Parts, func(p Part) bool { return p.Part == number })
	if i < 0 {
		return Part{}, false
	}
	return t.Parts[i], true
}

// excerpt checks an excerpt: that its records are those that were sealed, in
// their places, and that nothing of its minutes was left out.
func (c *check) excerpt(ctx context.Context, e *excerpt) error {
	c.What = "excerpt"
	for _, minute := range e.Minutes {
		c.Seal.Minutes = append(c.Seal.Minutes, int(minute))
	}
	for _, t := range e.Tracks {
		if err := c.excerptTrack(ctx, e, t); err != nil {
			return err
		}
	}
	for _, t := range c.m.Tracks {
		if !slices.ContainsFunc(e.Tracks, func(x excerptTrack) bool { return x.Track == t.Track }) {
			found := fault(1, Open, "this track is not in the excerpt")
			found.Track = &t.Track
			c.note(found)
		}
	}
	c.contents()
	return nil
}

func (c *check) excerptTrack(ctx context.Context, e *excerpt, t excerptTrack) error {
	sealed, _ := c.m.track(t.Track)
	for run := range minuteRuns(e.outside(sealed)) {
		found := fault(1, Missing, "nothing of this track was recorded then").times(run.From, run.To)
		found.Track = &t.Track
		c.note(found)
	}
	result := TrackResult{Track: t.Track, Name: t.Track.String(), Parts: len(t.Parts)}
	var leaves []chunk.Hash
	var numbers []int64
	begin, sound := int64(0), true
	for _, s := range sealed.Parts {
		p := c.part(sealed, s)
		listed, ok := e.part(p)
		if !ok {
			c.join(lacking(p, e.within(s)))
			begin += int64(s.Records)
			continue
		}
		f := &picker{part: p, sealed: s, e: e, gaps: gapsOf(c.m.Gaps, p.Track), runs: slices.Clone(listed.Records), ahead: e.within(s)}
		o := c.opener(p, s)
		heads := c.headed(p, s)
		err := c.scan(ctx, p, func(i item) {
			next := f.take(i)
			if next {
				heads.take(i.Header, i.hash)
				leaves, numbers = append(leaves, i.hash), append(numbers, begin+int64(i.Seq))
				if result.Records == 0 {
					result.From = i.Mono
				}
				result.Records, result.Bytes, result.To = result.Records+1, result.Bytes+int64(len(i.Raw)), i.End()
			}
			o.take(i, next)
		})
		if err != nil {
			return err
		}
		f.finish()
		sound = sound && len(f.faults) == 0
		c.join(f.findings)
		c.opened(o)
		c.headsOf(heads)
		result.Opened += o.opened
		begin += int64(s.Records)
	}
	if sound {
		if root, err := rootByPath(begin, numbers, leaves, t.Path); err != nil || root != sealed.Root {
			found := fault(1, Root, "these records are not under the root that was sealed")
			found.Track = &t.Track
			c.fault(found)
		}
	}
	c.Tracks = append(c.Tracks, result)
	return nil
}

// picker checks the records of a part in an excerpt one after the other.
type picker struct {
	findings
	part   chunk.Part
	sealed Part
	e      *excerpt
	gaps   []Gap       // of the track
	ahead  []uint32    // minutes of the excerpt in this part that no record showed yet
	lacks  []uint32    // minutes of which nothing is here
	runs   [][2]uint32 // still to come; the first begins with the next record
	inside bool        // the record before belongs to the same run
	head   chunk.Hash
	last   chunk.Header
	began  bool
	lost   int64
}

func (f *picker) wrong(kind, what string, args ...any) Finding {
	return fault(1, kind, what, args...).at(f.part)
}

// where gives the place of the next record as near as the excerpt tells.
func (f *picker) where(found Finding, to int64) Finding {
	from := int64(f.runs[0][0])
	found = found.records(from, to)
	if f.began {
		return found.times(f.last.End(), f.last.End()+1)
	}
	first := uint64(f.e.Minutes[0]) * chunk.MinuteMS
	return found.times(first, first+1)
}

func (f *picker) take(i item) (next bool) {
	h := i.Header
	switch {
	case i.lost > 0:
		f.lost += i.lost
		return false
	case h.Part != f.part:
		f.fault(f.wrong(Foreign, "a record of recording %s, %s, part %d stands there", h.Recording, h.Track, h.Number).times(f.last.End(), f.last.End()+1))
		return false
	case len(f.runs) == 0 || h.Seq < f.runs[0][0]:
		f.fault(f.wrong(Added, "it is not in the excerpt's list, or stands there twice").records(int64(h.Seq), int64(h.Seq)).times(h.Mono, h.End()))
		return false
	case !i.whole:
		f.lost += int64(h.Size())
		return false
	}
	if h.Seq != f.runs[0][0] && !f.skip(h) {
		return false
	}
	if f.lost > 0 {
		f.fault(f.wrong(Added, "%d bytes before it are no record", f.lost).records(int64(h.Seq), int64(h.Seq)).times(h.Mono, h.End()))
		f.lost = 0
	}
	if f.inside && h.Prev != f.head {
		f.fault(f.wrong(Changed, "it is not the record that the next one follows: it was changed or exchanged").
			records(int64(h.Seq)-1, int64(h.Seq)-1).times(f.last.Mono, f.last.End()))
	}
	if !f.inside && h.Seq > 0 && f.e.wants(h.Minute()) {
		f.fault(f.wrong(Missing, "records of this minute before it may have been left out").records(int64(h.Seq), int64(h.Seq)).times(h.Mono, h.End()))
	}
	if f.inside && h.Mono > f.last.End()+slack {
		f.silence(f.part, f.gaps, f.last.End(), h.Mono)
	}
	f.show(h)
	f.step(h, i.hash)
	if !f.inside && h.Seq+1 < f.sealed.Records && f.e.wants(h.Minute()) {
		f.fault(f.wrong(Missing, "records of this minute after it may have been left out").records(int64(h.Seq), int64(h.Seq)).times(h.Mono, h.End()))
	}
	return true
}

// show takes the minutes off that h shows: its own, and those between it and the
// record that it follows, in which nothing was recorded.
func (f *picker) show(h chunk.Header) {
	for ; len(f.ahead) > 0 && f.ahead[0] <= h.Minute(); f.ahead = f.ahead[1:] {
		if minute := f.ahead[0]; minute < h.Minute() && !(f.inside && f.last.Minute() < minute) {
			f.lacks = append(f.lacks, minute)
		}
	}
}

// step moves on to the record after h.
func (f *picker) step(h chunk.Header, hash chunk.Hash) {
	f.head, f.last, f.began = hash, h, true
	if f.inside = h.Seq < f.runs[0][1]; f.inside {
		f.runs[0][0] = h.Seq + 1
	} else {
		f.runs = f.runs[1:]
	}
}

// skip reports the records that should stand before h, if h is listed at all.
func (f *picker) skip(h chunk.Header) bool {
	at := slices.IndexFunc(f.runs, func(run [2]uint32) bool { return run[0] <= h.Seq && h.Seq <= run[1] })
	if at < 0 {
		f.fault(f.wrong(Added, "it is not in the excerpt's list").records(int64(h.Seq), int64(h.Seq)).times(h.Mono, h.End()))
		return false
	}
	kind, what := Missing, "not there"
	if f.lost > 0 {
		kind, what = Changed, fmt.Sprintf("%d bytes in their place are no record any more", f.lost)
		f.lost = 0
	}
	to := int64(h.Seq) - 1
	if at > 0 && h.Seq == f.runs[at][0] {
		to = int64(f.runs[at-1][1])
	}
	f.fault(f.where(f.wrong(kind, "%s", what), to))
	f.runs = f.runs[at:]
	f.runs[0][0], f.inside = h.Seq, false
	return true
}

// lacking gives a fault for each run of minutes that an excerpt names, and of
// which it has nothing of a part that reaches over them.
func lacking(p chunk.Part, minutes []uint32) (f findings) {
	for run := range minuteRuns(minutes) {
		f.fault(fault(1, Missing, "the excerpt names these minutes, and holds nothing of them").at(p).times(run.From, run.To))
	}
	return f
}

// outside gives the excerpt's minutes over which no part of a track reaches.
func (e *excerpt) outside(t Track) []uint32 {
	return slices.DeleteFunc(slices.Clone(e.Minutes), func(minute uint32) bool {
		return slices.ContainsFunc(t.Parts, func(s Part) bool {
			return uint64(minute)*chunk.MinuteMS < s.To && s.From < (uint64(minute)+1)*chunk.MinuteMS
		})
	})
}

// minuteRuns gives the stretches of ascending minutes that follow each other, in ms.
func minuteRuns(minutes []uint32) iter.Seq[Gap] {
	return func(yield func(Gap) bool) {
		for i, j := 0, 0; i < len(minutes); i = j {
			for j = i + 1; j < len(minutes) && minutes[j] == minutes[j-1]+1; j++ {
			}
			if !yield(Gap{From: uint64(minutes[i]) * chunk.MinuteMS, To: (uint64(minutes[j-1]) + 1) * chunk.MinuteMS}) {
				return
			}
		}
	}
}

func (f *picker) finish() {
	if len(f.runs) > 0 {
		f.fault(f.where(f.wrong(Cut, "not there"), int64(f.runs[len(f.runs)-1][1])))
	} else if f.lost > 0 {
		f.fault(f.wrong(Added, "the file ends with %d bytes that are no record", f.lost).times(f.last.End(), f.last.End()+1))
	}
	if len(f.faults) == 0 {
		found := lacking(f.part, append(f.lacks, f.ahead...))
		f.faults = found.faults
	}
}
