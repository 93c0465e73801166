package recording

import (
	"slices"
	"testing"
	"time"

	"verhaal/internal/fault"
	"verhaal/internal/recording/chunk"
)

// TestAPartsTokenIsItsOwnAndOutlivesTheServer: it opens one part, also after a
// start, and lets who is not of the case declare a gap of its track alone.
func TestAPartsTokenIsItsOwnAndOutlivesTheServer(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		ctx := t.Context()
		id := h.started(t)
		main, safe := h.begin(t, id, 0), h.begin(t, id, 1)
		token, err := h.Token(main.part)
		ok(t, err)
		h.again(t)
		ok(t, h.Brings(main.part, token))
		next := main.part
		next.Number++
		for _, other := range []chunk.Part{safe.part, next, {Track: 0}} {
			wantFault(t, h.Brings(other, token), fault.Refused, "room.fault.token")
		}
		wantFault(t, h.Brings(main.part, ""), fault.Refused, "room.fault.token")
		h.now = h.now.Add(2 * time.Second)
		gap := Gap{Track: 0, From: 1000, To: 2000, Reason: "browser"}
		wantFault(t, h.AddGap(ctx, "ben", id, gap, ""), fault.Refused, "")
		ok(t, h.AddGap(ctx, "ben", id, gap, token))
		gap.Track = 1
		wantFault(t, h.AddGap(ctx, "ben", id, gap, token), fault.Refused, "")
		ok(t, h.AddGap(ctx, "ann", id, gap, ""))
	})
}

// TestAGapIsDeclaredByWhoHoldsTheInterviewAndHasHappened: a member who follows
// says nothing of what is missing, from any room, and nobody says it of what is
// to come.
func TestAGapIsDeclaredByWhoHoldsTheInterviewAndHasHappened(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		ctx := t.Context()
		id := h.started(t)
		r := h.begin(t, id, 0)
		token, err := h.Token(r.part)
		ok(t, err)
		h.now = h.now.Add(time.Minute)
		gap := Gap{Track: 0, From: 10_000, To: 20_000, Reason: "power"}
		wantFault(t, h.AddGap(ctx, "dee", id, gap, ""), fault.Refused, "room.fault.gap")
		h.watch(t, "dee", id, "director_room")
		wantFault(t, h.AddGap(ctx, "dee", id, gap, ""), fault.Refused, "room.fault.gap")
		for _, to := range []uint64{60_000 + slack + 1, 1 << 50} {
			ahead := Gap{Track: 0, From: 10_000, To: to, Reason: "power"}
			wantFault(t, h.AddGap(ctx, "ann", id, ahead, ""), fault.BadInput, "")
			wantFault(t, h.AddGap(ctx, "dee", id, ahead, token), fault.BadInput, "")
		}
		now := Gap{Track: 0, From: 50_000, To: 60_000 + slack, Reason: "power"}
		ok(t, h.AddGap(ctx, "ann", id, gap, ""))
		ok(t, h.AddGap(ctx, "dee", id, now, token)) // their page brings what a dead recorder left
		s, err := h.State(ctx, "ann", id)
		ok(t, err)
		if !slices.Equal(s.Gaps, []Gap{gap, now}) {
			t.Errorf("%+v", s.Gaps)
		}
		h.sealed(t, id)
		acts, err := h.Custody(ctx, "ann", id)
		ok(t, err)
		var by []string
		for _, a := range acts {
			if a.Kind == "recording.gap" {
				by = append(by, a.Staff)
			}
		}
		if !slices.Equal(by, []string{"ann", "dee"}) {
			t.Errorf("the gaps are by %q", by)
		}
	})
}
