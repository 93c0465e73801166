package recording

import (
	"math"
	"slices"

	"verhaal/internal/fault"
)

// maskReasons are why nobody may follow a recording for a while; it goes on.
var maskReasons = []string{"privacy", "identity", "wish"}

// MaskReasons lists why a recording may be masked.
func MaskReasons() []string { return slices.Clone(maskReasons) }

// The marks of a mask; the code of the first is the reason.
const (
	masked   = "masked"
	unmasked = "unmasked"
)

// masks says whether the mark begins or ends a mask.
func (m Mark) masks() bool { return m.Kind == masked || m.Kind == unmasked }

// mask is what nobody may follow of a recording that runs: now, and since.
type mask struct {
	on    bool
	spans []span // the last has no end while on
}

// span is a stretch in ms of the recording.
type span struct{ from, to uint64 }

// maskOf is the mask after some marks.
func maskOf(marks []Mark) (m mask) {
	for _, mark := range marks {
		m = m.after(mark)
	}
	return m
}

// after is the mask after a mark; a mask within a mask changes nothing.
func (m mask) after(mark Mark) mask {
	spans := slices.Clone(m.spans)
	switch {
	case mark.Kind == masked && !m.on:
		return mask{on: true, spans: append(spans, span{mark.Mono, math.MaxUint64})}
	case mark.Kind == unmasked && m.on:
		last := &spans[len(spans)-1]
		last.to = max(last.from, mark.Mono)
		return mask{spans: spans}
	}
	return m
}

// check holds a mask to a reason, and its end to come after its beginning.
func (m mask) check(mark Mark) error {
	switch {
	case mark.Kind == masked && !slices.Contains(maskReasons, mark.Code):
		return fault.New(fault.BadInput, "room.fault.mask", "a mask without a reason")
	case mark.Kind == unmasked && m.on && mark.Mono < m.spans[len(m.spans)-1].from:
		return fault.New(fault.BadInput, "", "a mask that ends before it begins")
	}
	return nil
}

// setMask lets streams that follow end, or begin again behind the mask.
func (r *running) setMask(m Mark) {
	if !m.masks() {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.mask = r.mask.after(m)
	r.news.Broadcast()
}

// hidden says whether nobody may follow now. r.mu is held.
func (r *running) hidden() bool { return !r.over && r.mask.on }

// hides says whether a record has something of a mask, while the recording
// runs: as its recorder says in its header, since marks and records travel apart
// and after a cut the records may come first; or as the marks say. r.mu is held.
func (r *running) hides(e entry) bool {
	if r.over || e.hidden {
		return !r.over
	}
	return !e.head && slices.ContainsFunc(r.mask.spans, func(s span) bool { return e.mono < s.to && (e.till > s.from || e.mono >= s.from) })
}

// visible says whether record n of a part may be followed: its picture is built on
// those back to a key frame, so none of these is hidden either. r.mu is held.
func (r *running) visible(p *part, n int) bool {
	for ; n >= 0 && !r.over; n-- {
		if r.hides(p.index[n]) {
			return false
		}
		if p.index[n].key {
			return true
		}
	}
	return true
}

// showing is the record from which a player shows a time: the key frame before
// it, but none before something that is hidden; -1 when there is none yet. The
// head, record 0, is not among them. The running recording's mu is held.
func (p *part) showing(at uint64, hides func(entry) bool) int {
	next, whole := -1, true
	for i, e := range p.index {
		switch {
		case next >= 0 && e.mono > at:
			return next
		case hides(e):
			next, whole = -1, false
		case i > 0 && (e.key || whole && next < 0):
			next = i
		}
	}
	if next < 0 && whole {
		return min(1, len(p.index))
	}
	return next
}
