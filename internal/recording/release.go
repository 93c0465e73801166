package recording

import (
	"context"
	"os"
	"slices"
	"time"

	"verhaal/internal/fault"
	"verhaal/internal/recording/chunk"
)

// Purpose is why a member may listen, and the rule that it rests on.
type Purpose struct{ ID, Basis string }

// live is the purpose of those who follow while it runs.
const live = "live"

var purposes = []Purpose{{"official_record", "A-22"}, {"next_interview", "S-10"}, {"check_quality", "A-08"}, {"prosecution", "A-26"}, {live, "A-16"}}

// Purposes lists why a recording that is over may be opened.
func Purposes() []Purpose {
	return slices.DeleteFunc(slices.Clone(purposes), func(p Purpose) bool { return p.ID == live })
}

func purposeOf(id string) (Purpose, bool) {
	i := slices.IndexFunc(purposes, func(p Purpose) bool { return p.ID == id })
	if i < 0 {
		return Purpose{}, false
	}
	return purposes[i], true
}

const (
	// working is for how long keys are given out where nobody says less.
	working = 8 * time.Hour
	// longest is for how long they may be asked for at once.
	longest = 30 * 24 * time.Hour
)

// Released is what opens some minutes of a part, until a time at which the
// purpose must be stated anew.
type Released struct {
	Halves map[uint32]chunk.Secret // the server's, by minute
	Share  []byte                  // the recorder's, which only the case key opens
	Until  int64                   // Unix ms
}

// Release gives out the keys of some minutes of a part. It is the decision to
// let somebody listen: an act with purpose, basis, minutes and the time box.
// until is Unix ms, 0 for a working day; Refused once it is past
// ("room.fault.time_box").
func (b *Book) Release(ctx context.Context, actor string, p chunk.Part, minutes []uint32, purpose string, until int64) (Released, error) {
	r, err := b.Get(ctx, actor, p.Recording)
	if err != nil {
		return Released{}, err
	}
	now := b.clock()
	if until == 0 {
		until = now.Add(working).UnixMilli()
	}
	why, known := purposeOf(purpose)
	switch {
	case !known || len(minutes) == 0 || len(minutes) > 24*60 || until > now.Add(longest).UnixMilli():
		return Released{}, fault.New(fault.BadInput, "room.fault.purpose", "no purpose, no minutes, or for too long")
	case until <= now.UnixMilli():
		return Released{}, fault.New(fault.Refused, "room.fault.time_box", "the time is over that was asked for")
	}
	running, err := b.open(ctx, p.Recording)
	if err != nil {
		return Released{}, err
	}
	running.mu.Lock()
	err = running.mayFollow(actor, now)
	running.mu.Unlock()
	if err != nil {
		return Released{}, err
	}
	half, err := os.ReadFile(b.keyFile(p))
	if err != nil || len(half) != len(chunk.Secret{}) {
		return Released{}, fault.New(fault.NotFound, "", "no key of this part")
	}
	out := Released{Halves: map[uint32]chunk.Secret{}, Until: until}
	if err := b.db.QueryRow(ctx, findShare, p.Recording.String(), int64(p.Track), int64(p.Number)).Scan(&out.Share); err != nil {
		return Released{}, err
	}
	act := b.act("recording.key_released", actor, r)
	act.Basis, act.Facts["purpose"], act.Facts["until"] = why.Basis, purpose, number(until)
	act.Facts["track"], act.Facts["part"], act.Facts["minutes"] = number(int64(p.Track)), number(int64(p.Number)), runs(minutes)
	if _, err := b.log.Do(ctx, act, nil); err != nil {
		return Released{}, err
	}
	for _, m := range minutes {
		out.Halves[m] = chunk.Release(chunk.Secret(half), p.Number, m)
	}
	return out, nil
}
