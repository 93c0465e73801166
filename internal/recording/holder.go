package recording

import (
	"context"
	"slices"
	"time"

	"verhaal/internal/fault"
	"verhaal/internal/policy"
	"verhaal/internal/recording/chunk"
)

const (
	// alive is how long ago a recorder that still records has sent something at
	// the most; offline it may be alive and silent.
	alive = 10 * time.Second
	// silent is after how long any member of the case may stop a recording whose
	// recorder sends nothing, or go on with it.
	silent = 5 * time.Minute
)

// heldBy says whether somebody holds the interview: an interviewer of the plan,
// who started the recording, or whose recorder it is now. r.mu is held.
func (r *running) heldBy(actor string, facts sealedFacts) bool {
	return facts.interviewed(actor) || actor == r.of.Starter || actor == r.recorder
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

// quiet is how long the recorder has sent nothing. r.mu is held.
func (r *running) quiet(now time.Time) time.Duration { return now.Sub(r.heard) }

// records says whether a recorder is alive that has not ended its part; that of
// whom another took over from may be. r.mu is held.
func (r *running) records(now time.Time) bool {
	return slices.ContainsFunc(r.parts, func(p *part) bool { return !p.chain.Ended() && now.Sub(p.heard) < alive })
}

// mayRecord lets the same person go on from another page, and an interviewer or
// who started it take over from a recorder that is not alive any more: two would
// end each other's parts. Anybody else of the case goes on after who was silent
// for long. What the act gives as its basis tells a taking over.
func (b *Book) mayRecord(ctx context.Context, actor string, live *running) (basis string, err error) {
	facts, err := b.facts(ctx, live.of.ID)
	if err != nil {
		return "", err
	}
	now := b.clock()
	live.mu.Lock()
	defer live.mu.Unlock()
	switch {
	case actor == live.recorder:
		return "", nil
	case live.heldBy(actor, facts) && live.quiet(now) < alive:
		return "", fault.New(fault.Conflict, "room.fault.recorder", "another's recorder runs")
	case live.heldBy(actor, facts):
		return "taken_over", nil
	case live.quiet(now) > silent:
		return "recorder_silent", nil
	}
	return "", fault.New(fault.Refused, "room.fault.takeover", "who does not hold the interview does not take it over")
}

// follows is the kind of room from which somebody follows now; "" when they
// don't. r.mu is held.
func (r *running) follows(actor string, now time.Time) string {
	w := r.watchers[actor]
	if now.Sub(w.seen) >= 3*Presence {
		return ""
	}
	return w.room
}

// mayFollow lets nobody follow unseen: while it runs, only those whom the
// interviewer sees listed, and whose recorder it is. r.mu is held.
func (r *running) mayFollow(actor string, now time.Time) error {
	if r.over || actor == r.recorder || r.follows(actor, now) != "" {
		return nil
	}
	return fault.New(fault.Refused, "room.fault.unlisted", "nobody follows without being listed")
}

// room finds a kind of room of the pack in force.
func (b *Book) room(id string) (policy.RoomKind, bool) {
	if b.config.Room == nil {
		return policy.RoomKind{}, false
	}
	return b.config.Room(id)
}
