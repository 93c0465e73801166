package recording

import (
	"cmp"
	"context"
	"crypto/rand"
	"slices"
	"time"

	"verhaal/internal/db"
	"verhaal/internal/fault"
	"verhaal/internal/policy"
	"verhaal/internal/recording/chunk"
)

// watcher is somebody who follows a recording now.
type watcher struct {
	room string
	seat string // the page in which they sit
	seen time.Time
}

// Presence is how often a watcher says that they are still there; who does not
// for three times as long has left.
const Presence = 5 * time.Second

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

// Gap is a stretch without media, and why; of the reason ClockJumped, one in
// which the recorder's wall clock was set, while its own time went on.
type Gap struct {
	Track    chunk.Track
	From, To uint64 // ms of the recording
	Reason   string // code
}

// ClockJumped is the reason of a gap that lacks nothing.
const ClockJumped = "clock"

// NotShown is the reason of a gap between two exhibits that were shown: there was
// nothing to record on their track.
const NotShown = "not_shown"

// damaged is the reason of a gap that the server found in its own files, and of
// what a recorder could not add behind it.
const damaged = "damage"

// slept is the reason of a gap of one recorder, whose computer slept.
const slept = "power"

// recorderGone is the reason of a gap that the seal finds: no recorder was there.
const recorderGone = "browser"

var gapReasons = []string{ClockJumped, recorderGone, "device", "container", "worker", "conflict", slept, damaged, NotShown}

// AddGap writes a gap down that those who hold the interview declare, a recorder
// whose camera was lost, say, and for it any page of its browser that still has a
// token of the track, see bringsGap. None lies ahead of the server's clock, or
// where the track was recorded.
func (b *Book) AddGap(ctx context.Context, actor string, id chunk.ID, g Gap, token string) error {
	r, err := b.find(ctx, id)
	if err != nil {
		return err
	}
	if err := b.mayDeclare(ctx, actor, r, g, token); err != nil {
		return err
	}
	if g.Track > 3 || g.To < g.From || g.To > b.latest(r) || !slices.Contains(gapReasons, g.Reason) {
		return fault.New(fault.BadInput, "", "no gap")
	}
	live, err := b.open(ctx, id)
	if err != nil {
		return err
	}
	if live.recorded(g) {
		return fault.New(fault.Conflict, "room.fault.gap_recorded", "the track was recorded then")
	}
	return b.declare(ctx, actor, r, g)
}

// late is by how much a page may be mistaken about where a gap begins and ends,
// in ms: its encoder gives a last piece after it broke.
const late = 2000

// recorded says whether records of its track lie within a gap. A clock that was
// set lacks nothing, and while a computer slept another may have recorded.
func (r *running) recorded(g Gap) bool {
	if g.Reason == ClockJumped || g.Reason == slept {
		return false
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.ContainsFunc(r.parts, func(p *part) bool {
		i, _ := slices.BinarySearchFunc(p.index, g.From+late, func(e entry, from uint64) int { return cmp.Compare(e.till, from+1) })
		return p.Track == g.Track && i < len(p.index) && p.index[i].mono+late < g.To
	})
}

// mayDeclare holds a gap to a token that brings it, or to a member of the case
// who holds the interview.
func (b *Book) mayDeclare(ctx context.Context, actor string, r Recording, g Gap, token string) error {
	if brings, err := b.bringsGap(ctx, r.ID, g, token); err != nil || brings {
		return err
	}
	if err := b.cases.MayRead(ctx, actor, r.Casefile); err != nil {
		return err
	}
	holds, err := b.holds(ctx, actor, r.ID)
	if err == nil && !holds {
		err = fault.New(fault.Refused, "room.fault.gap", "who does not hold the interview declares no gap")
	}
	return err
}

// holds says whether somebody holds the interview, see heldBy.
func (b *Book) holds(ctx context.Context, actor string, id chunk.ID) (bool, error) {
	live, err := b.open(ctx, id)
	if err != nil {
		return false, err
	}
	facts, err := b.facts(ctx, id)
	if err != nil {
		return false, err
	}
	live.mu.Lock()
	defer live.mu.Unlock()
	return live.heldBy(actor, facts), nil
}

// latest is where what is told of a recording may lie at the most, in its ms.
func (b *Book) latest(r Recording) uint64 {
	return uint64(max(0, b.clock().UnixMilli()-r.Started+slack))
}

func (b *Book) declare(ctx context.Context, actor string, r Recording, g Gap) error {
	act := b.act("recording.gap", actor, r)
	act.Basis, act.Facts["track"] = g.Reason, number(int64(g.Track))
	_, err := b.log.Do(ctx, act, func(tx *db.Tx) error {
		if err := stillRuns(tx, r.ID); err != nil {
			return err
		}
		return b.putGap(tx, r.ID, g, actor)
	})
	return err
}

// putGap writes a gap's row; who declares it is "" where the server finds it.
func (b *Book) putGap(tx *db.Tx, id chunk.ID, g Gap, actor string) error {
	var n int64
	if err := tx.QueryRow(lastGap, id.String()).Scan(&n); err != nil {
		return err
	}
	_, err := tx.Exec(insertGap, id.String(), n+1, int64(g.Track), int64(g.From), int64(g.To), g.Reason, b.clock().UnixMilli(), actor)
	return err
}

// Seat is a page in which somebody follows, and what they can do there.
type Seat struct {
	ID     string
	Powers []string
}

// Watch notes that somebody follows from a kind of room, or left (""), and gives
// what they can do from there (rule A-16): Refused unless a room of that kind
// lies beside the interview's, and to enter without the certificate that the kind
// asks for. Coming and going are acts; staying is not. Nobody comes to what is over.
//
// Somebody sits in one page at a time. One that brings no seat takes a new one;
// the page from before that brings its own is told so ("room.fault.elsewhere"),
// and leaves nobody's.
func (b *Book) Watch(ctx context.Context, actor string, id chunk.ID, room, seat string) (Seat, error) {
	r, err := b.Get(ctx, actor, id)
	if err != nil {
		return Seat{}, err
	}
	kind, known := b.room(room)
	switch {
	case room == "":
	case r.Stopped > 0:
		return Seat{}, fault.New(fault.Conflict, "room.fault.over", "the recording is over")
	case !known || kind.For == policy.ForInterview:
		return Seat{}, fault.New(fault.BadInput, "", "no room to follow from")
	case !slices.Contains(kind.Beside, r.Room):
		return Seat{}, fault.New(fault.Refused, "room.fault.beside", "that room is not beside the interview's")
	}
	live, err := b.open(ctx, id)
	if err != nil {
		return Seat{}, err
	}
	live.seats.Lock()
	defer live.seats.Unlock()
	live.mu.Lock()
	was, from := live.watchers[actor], live.follows(actor, b.clock())
	live.mu.Unlock()
	switch {
	case from == "" || seat == "" || seat == was.seat:
	case room == "":
		return Seat{}, nil
	default:
		return Seat{}, fault.New(fault.Conflict, "room.fault.elsewhere", "they follow from another page")
	}
	if room != from {
		if err := b.moves(ctx, actor, live, room, kind.Certificate); err != nil {
			return Seat{}, err
		}
	}
	if room == "" {
		return Seat{}, nil
	}
	if seat == "" {
		seat = rand.Text()
	}
	live.mu.Lock()
	defer live.mu.Unlock()
	live.watchers[actor] = watcher{room, seat, b.clock()}
	return Seat{seat, kind.Powers}, nil
}

// moves has somebody leave where they were, and come to a kind of room ("" for
// none) if they hold the certificate that it asks for ("" for none). r.seats is
// held.
func (b *Book) moves(ctx context.Context, actor string, r *running, room, certificate string) error {
	if certificate != "" {
		holds, err := b.config.Certified(ctx, actor, certificate)
		if err == nil && !holds {
			err = fault.New(fault.Refused, "room.fault.certificate", "no certificate that counts today")
		}
		if err != nil {
			return err
		}
	}
	if err := b.leaves(ctx, actor, r); err != nil || room == "" {
		return err
	}
	act := b.act("recording.watched", actor, r.of)
	act.Facts["room"] = room
	_, err := b.log.Do(ctx, act, func(tx *db.Tx) error { return stillRuns(tx, r.of.ID) })
	return err
}

// leaves writes down that somebody left who is listed, and sends them nothing
// more; the act says of who fell silent that they did. r.seats is held.
func (b *Book) leaves(ctx context.Context, actor string, r *running) error {
	r.mu.Lock()
	_, listed := r.watchers[actor]
	fell := r.follows(actor, b.clock()) == ""
	r.mu.Unlock()
	if !listed {
		return nil
	}
	act := b.act("recording.watched", actor, r.of)
	act.Facts["room"] = ""
	if fell {
		act.Basis = "silent"
	}
	if _, err := b.log.Do(ctx, act, nil); err != nil {
		return err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.watchers, actor)
	r.news.Broadcast()
	return nil
}

// leave has those leave who say nothing any more.
func (b *Book) leave(ctx context.Context) error {
	for _, r := range b.opened() {
		if err := b.leaveSilent(ctx, r); err != nil {
			return err
		}
	}
	return nil
}

func (b *Book) leaveSilent(ctx context.Context, r *running) error {
	r.seats.Lock()
	defer r.seats.Unlock()
	r.mu.Lock()
	var gone []string
	for staff := range r.watchers {
		if r.follows(staff, b.clock()) == "" {
			gone = append(gone, staff)
		}
	}
	r.mu.Unlock()
	for _, staff := range gone {
		if err := b.leaves(ctx, staff, r); err != nil {
			return err
		}
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
