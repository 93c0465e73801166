package recording

import (
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
