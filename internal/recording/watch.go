package recording

import (
	"context"
	"io"
	"os"
	"slices"
	"time"

	"verhaal/internal/db"
	"verhaal/internal/fault"
	"verhaal/internal/recording/chunk"
	"verhaal/internal/seal"
)

// watcher is somebody who follows a recording now.
type watcher struct {
	room string
	seen time.Time
}

// Presence is how often a watcher says that they are still there; who does not
// for three times as long has left.
const Presence = 5 * time.Second

// MarkKinds are what can be marked.
var markKinds = []string{"entry", "announced", "break", "resume", "exhibit", "distress", "becomes_formal_report", "left", "topic", "end", "prompt"}

// MarkKinds lists what can be marked.
func MarkKinds() []string { return slices.Clone(markKinds) }

// Mark is a moment that somebody marked. Sealed holds words to the case key,
// such as a prompt's.
type Mark struct {
	Kind   string
	Mono   uint64
	Code   string
	Sealed []byte
	Staff  string
}

// maxWords bounds a mark's sealed words, in bytes.
const maxWords = 32 << 10

// AddMark keeps a mark. A prompt is Refused for whoever does not watch from a
// room that may prompt (rule A-16); may says so.
func (b *Book) AddMark(ctx context.Context, actor string, id chunk.ID, m Mark, may func(room string) bool) error {
	r, err := b.Get(ctx, actor, id)
	if err != nil {
		return err
	}
	if !slices.Contains(markKinds, m.Kind) || len(m.Code) > 40 || len(m.Sealed) > maxWords {
		return fault.New(fault.BadInput, "", "no mark")
	}
	if len(m.Sealed) > 0 {
		if err := seal.CheckFile(m.Sealed, 1); err != nil {
			return err
		}
	}
	if m.Kind == "prompt" {
		live, err := b.open(ctx, id)
		if err != nil {
			return err
		}
		live.mu.Lock()
		room := live.watchers[actor].room
		live.mu.Unlock()
		if !may(room) {
			return fault.New(fault.Refused, "room.fault.no_prompt", "nobody may prompt from there")
		}
	}
	act := b.act("recording.marked", actor, r)
	act.Facts["mark"] = m.Kind
	_, err = b.log.Do(ctx, act, func(tx *db.Tx) error {
		var n int64
		if err := stillRuns(tx, id); err != nil {
			return err
		}
		if err := tx.QueryRow(lastMark, id.String()).Scan(&n); err != nil {
			return err
		}
		sealed := m.Sealed
		if sealed == nil {
			sealed = []byte{}
		}
		_, err := tx.Exec(insertMark, id.String(), n+1, m.Kind, int64(m.Mono), m.Code, sealed, b.clock().UnixMilli(), actor)
		return err
	})
	return err
}

// stillRuns holds an act to a recording that is not over.
func stillRuns(tx *db.Tx, id chunk.ID) error {
	var stopped int64
	if err := tx.QueryRow(findStopped, id.String()).Scan(&stopped); err != nil {
		return err
	}
	if stopped > 0 {
		return fault.New(fault.Conflict, "room.fault.over", "the recording is over")
	}
	return nil
}

// Gap is a stretch without media, and why.
type Gap struct {
	Track    chunk.Track
	From, To uint64 // ms of the recording
	Reason   string // code
}

var gapReasons = []string{"browser", "device", "container", "conflict", "disk", "network", "power"}

// AddGap writes a gap down. A recorder that goes on after a crash does, and
// rescue may for it.
func (b *Book) AddGap(ctx context.Context, actor string, id chunk.ID, g Gap) error {
	r, err := b.find(ctx, id)
	if err != nil {
		return err
	}
	if g.Track > 3 || g.To < g.From || !slices.Contains(gapReasons, g.Reason) {
		return fault.New(fault.BadInput, "", "no gap")
	}
	act := b.act("recording.gap", actor, r)
	act.Basis, act.Facts["track"] = g.Reason, number(int64(g.Track))
	_, err = b.log.Do(ctx, act, func(tx *db.Tx) error {
		if err := stillRuns(tx, id); err != nil {
			return err
		}
		var n int64
		if err := tx.QueryRow(lastGap, id.String()).Scan(&n); err != nil {
			return err
		}
		_, err := tx.Exec(insertGap, id.String(), n+1, int64(g.Track), int64(g.From), int64(g.To), g.Reason, b.clock().UnixMilli(), actor)
		return err
	})
	return err
}

// Watch notes that somebody follows from a room, or left (""). Coming and going
// are acts; staying is not.
func (b *Book) Watch(ctx context.Context, actor string, id chunk.ID, room string) error {
	r, err := b.Get(ctx, actor, id)
	if err != nil {
		return err
	}
	live, err := b.open(ctx, id)
	if err != nil {
		return err
	}
	live.mu.Lock()
	was := live.watchers[actor].room
	live.mu.Unlock()
	if was != room {
		act := b.act("recording.watched", actor, r)
		act.Facts["room"] = room
		if _, err := b.log.Do(ctx, act, nil); err != nil {
			return err
		}
	}
	live.mu.Lock()
	defer live.mu.Unlock()
	live.watchers[actor] = watcher{room, b.clock()}
	if room == "" {
		delete(live.watchers, actor)
	}
	return nil
}

// Watcher is somebody who follows now, and from where.
type Watcher struct{ Staff, Room string }

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
	Marks    []Mark
	Gaps     []Gap
	Parts    []PartState
	Copied   bool // elsewhere too, but for the last records of each part
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
	s := State{Recording: r, Now: b.clock().UnixMilli(), Copied: b.config.Copies != nil}
	if s.Marks, err = b.marks(ctx, id); err != nil {
		return State{}, err
	}
	if s.Gaps, err = b.gaps(ctx, id); err != nil {
		return State{}, err
	}
	live.mu.Lock()
	defer live.mu.Unlock()
	for staff, w := range live.watchers {
		if b.clock().Sub(w.seen) < 3*Presence {
			s.Watchers = append(s.Watchers, Watcher{staff, w.room})
		}
	}
	for _, p := range live.parts {
		if len(p.index) == 0 {
			continue
		}
		last := p.index[len(p.index)-1]
		next, head := p.head()
		s.Parts = append(s.Parts, PartState{p.Part, p.codec, next, p.index[0].mono, last.till, head, !live.over && !p.over && !p.chain.Ended()})
		s.Copied = s.Copied && (p.copied == p.size || p.index[max(0, len(p.index)-copyBehind)].offset <= p.copied)
	}
	slices.SortFunc(s.Parts, func(a, b PartState) int {
		return (int(a.Track)-int(b.Track))*1000 + int(a.Number) - int(b.Number)
	})
	return s, nil
}

func (b *Book) marks(ctx context.Context, id chunk.ID) ([]Mark, error) {
	rows, err := b.db.Query(ctx, listMarks, id.String())
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var out []Mark
	for rows.Next() {
		var m Mark
		var mono int64
		if err := rows.Scan(&m.Kind, &mono, &m.Code, &m.Sealed, &m.Staff); err != nil {
			return nil, err
		}
		m.Mono = uint64(mono)
		out = append(out, m)
	}
	return out, rows.Err()
}

func (b *Book) gaps(ctx context.Context, id chunk.ID) ([]Gap, error) {
	rows, err := b.db.Query(ctx, listGaps, id.String())
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var out []Gap
	for rows.Next() {
		var g Gap
		var track, from, to int64
		if err := rows.Scan(&track, &from, &to, &g.Reason); err != nil {
			return nil, err
		}
		g.Track, g.From, g.To = chunk.Track(track), uint64(from), uint64(to)
		out = append(out, g)
	}
	return out, rows.Err()
}

// Range says which records of a part to stream.
type Range struct {
	From  uint32 // seq of the first
	To    uint32 // seq of the last; only with HasTo
	HasTo bool
	At    int64 // begin where a player must to show this ms; -1 = use From
	Until int64 // end before this ms; -1 = no end
}

// Stream writes records as they come, to the end of the part if the range has
// no end. Everybody who follows gets the bytes that are sealed.
func (b *Book) Stream(ctx context.Context, actor string, p chunk.Part, want Range, to io.Writer, flush func()) error {
	if _, err := b.Get(ctx, actor, p.Recording); err != nil {
		return err
	}
	r, err := b.open(ctx, p.Recording)
	if err != nil {
		return err
	}
	stop := context.AfterFunc(ctx, func() {
		r.mu.Lock()
		defer r.mu.Unlock()
		r.news.Broadcast()
	})
	defer stop()
	r.mu.Lock()
	from, err := r.find(p.Track, p.Number)
	if err != nil {
		r.mu.Unlock()
		return err
	}
	file, err := os.Open(from.path)
	if err != nil {
		r.mu.Unlock()
		return err
	}
	defer file.Close()
	next := int(want.From)
	if want.At >= 0 {
		next = 1
		for i, e := range from.index {
			if i > 0 && e.key && e.mono <= uint64(want.At) {
				next = i
			}
		}
	}
	follow := !want.HasTo && want.Until < 0
	for {
		begin, end, full := int64(-1), int64(0), false
		for ; next < len(from.index); next++ {
			e := from.index[next]
			if want.HasTo && uint32(next) > want.To || want.Until >= 0 && e.mono >= uint64(want.Until) {
				full = true
				break
			}
			if begin < 0 {
				begin = e.offset
			}
			end = from.size
			if next+1 < len(from.index) {
				end = from.index[next+1].offset
			}
		}
		over := full || !follow || r.over || from.over || from.chain.Ended() || ctx.Err() != nil
		if begin < 0 {
			if over {
				r.mu.Unlock()
				return ctx.Err()
			}
			r.news.Wait()
			continue
		}
		r.mu.Unlock()
		if _, err := io.Copy(to, io.NewSectionReader(file, begin, end-begin)); err != nil {
			return err
		}
		flush()
		r.mu.Lock()
	}
}

// Release gives out the server's half of the keys of some minutes of a part,
// and the recorder's half, which only the case key opens. It is the decision to
// let somebody listen: an act with purpose, basis and minutes.
func (b *Book) Release(ctx context.Context, actor string, p chunk.Part, minutes []uint32, purpose, basis string) (map[uint32]chunk.Secret, []byte, error) {
	r, err := b.Get(ctx, actor, p.Recording)
	if err != nil {
		return nil, nil, err
	}
	if purpose == "" || len(purpose) > 40 || len(basis) > 40 || len(minutes) == 0 || len(minutes) > 24*60 {
		return nil, nil, fault.New(fault.BadInput, "room.fault.purpose", "no purpose, or no minutes")
	}
	half, err := os.ReadFile(b.keyFile(p))
	if err != nil || len(half) != len(chunk.Secret{}) {
		return nil, nil, fault.New(fault.NotFound, "", "no key of this part")
	}
	var share []byte
	if err := b.db.QueryRow(ctx, findShare, p.Recording.String(), int64(p.Track), int64(p.Number)).Scan(&share); err != nil {
		return nil, nil, err
	}
	act := b.act("recording.key_released", actor, r)
	act.Basis, act.Facts["purpose"] = basis, purpose
	act.Facts["track"], act.Facts["part"] = number(int64(p.Track)), number(int64(p.Number))
	act.Facts["from"], act.Facts["to"] = number(int64(slices.Min(minutes))), number(int64(slices.Max(minutes)))
	if _, err := b.log.Do(ctx, act, nil); err != nil {
		return nil, nil, err
	}
	out := map[uint32]chunk.Secret{}
	for _, m := range minutes {
		out[m] = chunk.Release(chunk.Secret(half), p.Number, m)
	}
	return out, share, nil
}
