package recording

import (
	"context"

	"verhaal/internal/fault"
	"verhaal/internal/policy"
	"verhaal/internal/recording/chunk"
)

// Formal knows what a talk that becomes a formal report changes.
type Formal interface {
	// BecomesFormalReport notes it in the case, unless it is noted already, and
	// gives the level that the rules demand of the interview from now on, with the
	// rules that do (M-07).
	BecomesFormalReport(ctx context.Context, actor, casefile, interview string) (level string, rules []string, err error)
}

// becomesFormal is the mark of a talk that becomes a formal report.
const becomesFormal = "becomes_formal_report"

// askFormal tells the case and asks anew for the level. The act of the mark
// writes it: without the level there is no mark, and who set it does so again.
// A recording goes on below it: what was said is kept, and the room is told.
func (b *Book) askFormal(ctx context.Context, actor string, r Recording) (level string, rules []string, err error) {
	if r.Stopped > 0 {
		return "", nil, fault.New(fault.Conflict, "room.fault.over", "the recording is over")
	}
	return b.config.Formal.BecomesFormalReport(ctx, actor, r.Casefile, r.Interview)
}

// needed is the level that a recording must have, never lower than the one that
// it began with, and the rules that raised it since.
func (b *Book) needed(ctx context.Context, r Recording) (level, rules string, err error) {
	if err = b.db.QueryRow(ctx, findNeeded, r.ID.String()).Scan(&level, &rules); err != nil {
		return "", "", err
	}
	if level != policy.LevelVideo || r.Level == policy.LevelVideo {
		return r.Level, "", nil
	}
	return level, rules, nil
}

// pictured says whether the main track has a picture now. r.mu is held.
func (r *running) pictured() bool {
	for _, p := range r.parts {
		if p.Track == chunk.Main && p.codec.Picture() && !p.over {
			return true
		}
	}
	return false
}
