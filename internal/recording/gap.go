package recording

import (
	"cmp"
	"context"
	"slices"

	"verhaal/internal/db"
	"verhaal/internal/fault"
	"verhaal/internal/recording/chunk"
)

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
