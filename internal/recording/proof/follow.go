package proof

import (
	"fmt"
	"slices"

	"verhaal/internal/recording/chunk"
)

const (
	// slack is how far two times may lie apart that should be one, in ms: the
	// slice of a recorder that is late.
	slack = 1500
	// jump is by how much the wall clock may move against the monotonic one from
	// one record to the next, in ms.
	jump = 1000
	// maxFindings bounds the findings of one part.
	maxFindings = 50
)

// findings collects what is found in a part, or in what belongs to none.
type findings struct {
	faults, notes []Finding
	more          int
}

func (f *findings) fault(found Finding) {
	if len(f.faults) == maxFindings {
		f.more++
		return
	}
	f.faults = append(f.faults, found)
}

func (f *findings) note(found Finding) {
	if len(f.notes) < maxFindings {
		f.notes = append(f.notes, found)
	}
}

func fault(level int, kind, what string, args ...any) Finding {
	return Finding{Level: level, Kind: kind, What: fmt.Sprintf(what, args...)}
}

// at puts a finding into its part.
func (f Finding) at(p chunk.Part) Finding { f.Track, f.Part = &p.Track, &p.Number; return f }

func (f Finding) records(from, to int64) Finding { f.Records = &Span{from, to}; return f }

// times gives the minutes of [from, to) in ms.
func (f Finding) times(from, to uint64) Finding {
	first := int64(from / chunk.MinuteMS)
	f.Minutes = &Span{first, max(first, (int64(to)-1)/chunk.MinuteMS)}
	return f
}

// hole is records that were not there when the next one came.
type hole struct {
	from, to   int64 // numbers
	begin, end uint64
	last       chunk.Hash // of the record number to, by the one after
	lost       int64      // bytes in their place
}

// follower checks the records of a part one after the other: framing, chain and
// times. It is level 1 of the check, and needs no key.
type follower struct {
	findings
	part   chunk.Part
	sealed *Part // nil without a manifest
	gaps   []Gap // of the track

	next  int64 // number of the next record
	head  chunk.Hash
	sure  bool // head is the hash of record next-1, as it lies here
	first chunk.Header
	last  chunk.Header
	began bool // first and last are set

	records, bytes int64
	holes          []hole
	lost           int64 // bytes that are no record, not reported yet
	tail           bool
	doubt          *Finding // the record before is to blame, unless this one turns out changed itself
	foreign        *Finding // a run of foreign records
}

func newFollower(p chunk.Part, sealed *Part, gaps []Gap) *follower {
	f := &follower{part: p, sealed: sealed, gaps: gapsOf(gaps, p.Track), head: p.Start(), sure: true}
	if sealed != nil {
		f.last.Mono = sealed.From
	}
	return f
}

func (f *follower) wrong(kind, what string, args ...any) Finding {
	return fault(1, kind, what, args...).at(f.part)
}

// take checks what stands next; it says whether that is the next record of the
// part, unaltered as far as can be told now.
func (f *follower) take(i item) (next bool) {
	if i.lost > 0 {
		f.lost, f.tail = f.lost+i.lost, i.tail
		return false
	}
	h := i.Header
	if !i.whole {
		f.damaged(h)
		return false
	}
	if h.Part != f.part {
		f.stranger(h)
		return false
	}
	f.endStrangers()
	f.records, f.bytes = f.records+1, f.bytes+int64(len(i.Raw))
	seq := int64(h.Seq)
	if seq < f.next {
		f.late(h, i.hash)
		return false
	}
	if seq > f.next {
		f.holes = append(f.holes, hole{f.next, seq - 1, f.last.End(), h.Mono, h.Prev, f.lost})
		f.sure = false
	} else if f.lost > 0 && f.sure {
		f.fault(f.wrong(Added, "%d bytes that are no record stand before this record", f.lost).records(seq, seq).times(h.Mono, h.End()))
	} else if f.lost > 0 {
		f.sure = false
	}
	f.lost = 0
	f.link(h)
	f.moment(h)
	f.step(h)
	f.head, f.sure = i.hash, true
	return true
}

// link holds a record's prev against the record before.
func (f *follower) link(h chunk.Header) {
	seq := int64(h.Seq)
	if !f.sure || h.Prev == f.head {
		f.settle()
		return
	}
	// Two broken links in a row: the record between them was changed, and what it
	// says of the one before is no testimony.
	f.doubt = nil
	if seq == 0 {
		f.fault(f.wrong(Changed, "it does not begin this part").records(0, 0).times(h.Mono, h.End()))
		return
	}
	found := f.wrong(Changed, "it is not the record that the next one follows: it was changed or exchanged").
		records(seq-1, seq-1).times(f.last.Mono, f.last.End())
	f.doubt = &found
}

// settle reports the record that a broken link put in doubt.
func (f *follower) settle() {
	if f.doubt != nil {
		f.fault(*f.doubt)
		f.doubt = nil
	}
}

// moment checks the times of a record against the one before.
func (f *follower) moment(h chunk.Header) {
	if !f.began || !f.sure {
		return
	}
	seq := int64(h.Seq)
	if h.Mono < f.last.End() {
		f.fault(f.wrong(Clock, "it begins %d ms before the record before it ends", f.last.End()-h.Mono).records(seq, seq).times(h.Mono, h.End()))
	} else if hole := h.Mono - f.last.End(); hole > slack {
		f.silence(f.part, f.gaps, f.last.End(), h.Mono)
	}
	if d := int64(h.Wall-h.Mono) - int64(f.last.Wall-f.last.Mono); d > jump || d < -jump {
		found := f.wrong(Clock, "the recorder's clock jumps by %+d ms", d).records(seq, seq).times(h.Mono, h.End())
		if _, ok := declared(f.gaps, h.Mono, h.Mono); ok {
			f.note(found)
		} else {
			f.fault(found)
		}
	}
}

// silence reports a stretch without media; gaps are of the part's track.
func (f *findings) silence(p chunk.Part, gaps []Gap, from, to uint64) {
	if g, ok := declared(gaps, from, to); ok {
		f.note(fault(1, Declared, "nothing was recorded from %s to %s; declared reason: %s", span(from), span(to), g.Reason).at(p).times(from, to))
		return
	}
	f.fault(fault(1, Hole, "nothing was recorded from %s to %s, and nobody declared why", span(from), span(to)).at(p).times(from, to))
}

// gapsOf are those of a track.
func gapsOf(gaps []Gap, track chunk.Track) []Gap {
	return slices.DeleteFunc(slices.Clone(gaps), func(g Gap) bool { return g.Track != track })
}

// declared finds the gap that covers [from, to].
func declared(gaps []Gap, from, to uint64) (Gap, bool) {
	i := slices.IndexFunc(gaps, func(g Gap) bool { return g.From <= from+slack && to <= g.To+slack })
	if i < 0 {
		return Gap{}, false
	}
	return gaps[i], true
}

// damaged takes a record whose bytes were changed where it stands.
func (f *follower) damaged(h chunk.Header) {
	if h.Part != f.part || int64(h.Seq) != f.next || f.began && h.Mono < f.last.End() {
		f.lost += int64(h.Size()) // the change hit the header: it says nothing
		return
	}
	f.settle()
	f.fault(f.wrong(Changed, "bytes of it were changed").records(f.next, f.next).times(h.Mono, h.End()))
	f.step(h)
	f.sure = false
}

func (f *follower) step(h chunk.Header) {
	if !f.began {
		f.first, f.began = h, true
	}
	f.last, f.next = h, int64(h.Seq)+1
}

// stranger takes a record that belongs elsewhere.
func (f *follower) stranger(h chunk.Header) {
	if f.foreign != nil && f.foreign.Records != nil {
		f.foreign.Records.To++
		return
	}
	f.endStrangers()
	found := f.wrong(Foreign, "after record %d stands a record of recording %s, %s, part %d (its number %d, its minute %d)",
		f.next-1, h.Recording, h.Track, h.Number, h.Seq, h.Minute()).times(f.last.End(), f.last.End()+1)
	if f.next == 0 {
		found.What = fmt.Sprintf("the file begins with a record of recording %s, %s, part %d (its number %d, its minute %d)", h.Recording, h.Track, h.Number, h.Seq, h.Minute())
	}
	found.Records = &Span{1, 1} // counts the run until it ends
	f.foreign = &found
}

func (f *follower) endStrangers() {
	if f.foreign == nil {
		return
	}
	if n := f.foreign.Records.To; n > 1 {
		f.foreign.What += fmt.Sprintf(", and %d more such records", n-1)
	}
	f.foreign.Records = nil
	f.fault(*f.foreign)
	f.foreign = nil
}

// late takes a record whose place is behind.
func (f *follower) late(h chunk.Header, hash chunk.Hash) {
	seq := int64(h.Seq)
	i := slices.IndexFunc(f.holes, func(o hole) bool { return o.from <= seq && seq <= o.to })
	if i < 0 {
		f.fault(f.wrong(Replayed, "a record of this number stands there a second time, after record %d", f.next-1).records(seq, seq).times(h.Mono, h.End()))
		return
	}
	o := f.holes[i]
	f.fault(f.wrong(Moved, "it stands after record %d", f.next-1).records(seq, seq).times(h.Mono, h.End()))
	if seq == o.to && hash != o.last {
		f.fault(f.wrong(Changed, "it is not the record that the next one follows: it was changed or exchanged").records(seq, seq).times(h.Mono, h.End()))
	}
	rest := slices.Delete(f.holes, i, i+1)
	if o.from < seq {
		rest = append(rest, hole{from: o.from, to: seq - 1, begin: o.begin, end: h.Mono})
	}
	if seq < o.to {
		rest = append(rest, hole{from: seq + 1, to: o.to, begin: h.End(), end: o.end, last: o.last})
	}
	f.holes = rest
}

// finish checks what only the end of the file shows.
func (f *follower) finish() {
	f.endStrangers()
	for _, o := range f.holes {
		found := f.wrong(Missing, "not there").records(o.from, o.to).times(o.begin, o.end)
		if o.lost > 0 {
			found.Kind, found.What = Changed, fmt.Sprintf("%d bytes in their place are no records any more", o.lost)
			if o.from == o.to {
				found.What = fmt.Sprintf("%d bytes in its place are no record any more", o.lost)
			}
		}
		f.fault(found)
	}
	if f.sealed == nil {
		f.settle()
		f.unsealed()
	} else {
		f.compare(*f.sealed)
	}
	if f.more > 0 {
		f.faults = append(f.faults, f.wrong(Changed, "and %d faults more", f.more))
	}
}

// unsealed says what can be said of the end of a part without its manifest.
func (f *follower) unsealed() {
	switch end := f.last.End(); {
	case f.tail:
		f.fault(f.wrong(Cut, "the file ends in the middle of record %d", f.next).times(end, end+1))
	case f.lost > 0:
		f.fault(f.wrong(Added, "the file ends with %d bytes that are no record", f.lost).times(end, end+1))
	case f.last.Flags&chunk.Last == 0:
		f.note(f.wrong(Open, "the last record does not say that it is the last: more may have followed").times(end, end+1))
	}
}

// compare holds the part against its line of the manifest.
func (f *follower) compare(s Part) {
	end := f.last.End()
	switch n := int64(s.Records); {
	case f.next < n:
		f.settle()
		what := "the last records are not there"
		if f.lost > 0 {
			what = fmt.Sprintf("the last records are not there, or %d bytes in their place are none any more", f.lost)
		}
		if f.next == 0 {
			what = "no record is there"
		}
		f.fault(f.wrong(Cut, "%s", what).records(f.next, n-1).times(min(end, s.To), s.To))
	case f.next > n:
		f.settle()
		f.fault(f.wrong(Added, "they are not in the seal").records(n, f.next-1).times(s.To, end))
	case f.sure && f.head != s.Head:
		f.doubt = nil
		f.fault(f.wrong(Changed, "it is not the record that was sealed").records(n-1, n-1).times(f.last.Mono, end))
	default:
		f.settle()
		if f.lost > 0 {
			f.fault(f.wrong(Added, "the file ends with %d bytes that are no record", f.lost).times(end, end+1))
		}
		if len(f.faults) == 0 && !f.agrees(s) {
			f.fault(f.wrong(Sealing, "the seal gives other sizes or times than the records"))
		}
	}
}

// agrees says whether the manifest's line tells the truth of sound records.
func (f *follower) agrees(s Part) bool {
	return uint64(f.bytes) == s.Bytes && f.first.Mono == s.From && f.first.Wall == s.WallFrom && f.last.End() == s.To && f.last.Wall == s.WallTo && f.last.Codec == s.Codec &&
		(f.last.Flags&chunk.Last != 0) == s.Finished
}
