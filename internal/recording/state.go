package recording

import (
	"cmp"
	"context"
	"slices"

	"verhaal/internal/recording/chunk"
)

// PartState is how far a part is.
type PartState struct {
	chunk.Part
	Codec    chunk.Codec
	Next     uint32
	From, To uint64
	Head     chunk.Hash
	Open     bool
}

// State is how a recording stands.
type State struct {
	Recording
	Now      int64
	Watchers []Watcher
	Marks    []Mark // by their time, with topics that were linked afterwards
	Gaps     []Gap
	Parts    []PartState
	Copied   bool // elsewhere too, but for the last records of each part; of a sealed recording wholly
	Alone    bool // there is no second copy to wait for
	Alarms   []Alarm
	// LevelUnmet are the rules that demand a picture since a talk became a formal
	// report, while there is none.
	LevelUnmet string
}

// State tells a member how a recording stands.
func (b *Book) State(ctx context.Context, actor string, id chunk.ID) (State, error) {
	r, err := b.Get(ctx, actor, id)
	if err != nil {
		return State{}, err
	}
	live, err := b.open(ctx, id)
	if err != nil {
		return State{}, err
	}
	s := State{Recording: r, Now: b.clock().UnixMilli(), Copied: b.config.Copies != nil, Alone: b.config.Copies == nil}
	if s.Marks, err = b.marks(ctx, id); err != nil {
		return State{}, err
	}
	linked, err := b.linked(ctx, id)
	if err != nil {
		return State{}, err
	}
	s.Marks = append(s.Marks, linked...)
	slices.SortStableFunc(s.Marks, func(a, b Mark) int { return cmp.Compare(a.Mono, b.Mono) })
	if s.Gaps, err = b.gaps(ctx, id); err != nil {
		return State{}, err
	}
	if s.Alarms, err = b.alarms(ctx, id); err != nil {
		return State{}, err
	}
	_, rules, err := b.needed(ctx, r)
	if err != nil {
		return State{}, err
	}
	live.mu.Lock()
	defer live.mu.Unlock()
	if !live.pictured() {
		s.LevelUnmet = rules
	}
	for staff := range live.watchers {
		if room := live.follows(staff, b.clock()); room != "" {
			s.Watchers = append(s.Watchers, Watcher{staff, room})
		}
	}
	slices.SortFunc(s.Watchers, func(a, b Watcher) int { return cmp.Compare(a.Staff, b.Staff) }) // asked each second, the list stands still
	for _, p := range live.parts {
		if len(p.index) == 0 {
			continue
		}
		last := p.index[len(p.index)-1]
		next, head := p.head()
		s.Parts = append(s.Parts, PartState{p.Part, p.codec, next, p.index[0].mono, last.till, head, !live.over && !p.over && !p.chain.Ended()})
		s.Copied = s.Copied && (p.copied == p.size || !r.Sealed && p.index[max(0, len(p.index)-copyBehind)].offset <= p.copied)
	}
	slices.SortFunc(s.Parts, func(a, b PartState) int {
		return (int(a.Track)-int(b.Track))*1000 + int(a.Number) - int(b.Number)
	})
	return s, nil
}
