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

// TestATokenBringsNoGapIntoWhatAnotherRecorded: dee recorded while ann's recorder was
// silent, and ann took over again. What dee's browser still brings lies in
// dee's time or in nobody's.
func TestATokenBringsNoGapIntoWhatAnotherRecorded(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		ctx := t.Context()
		id := h.started(t)
		first := h.begin(t, id, 0)
		_, err := h.Append(ctx, first.part, first.film(t, 4)) // to 2 s
		ok(t, err)
		h.now = h.now.Add(silent + time.Second)
		second := &recorder{a: chunk.NewSecret(), codec: chunk.VP8Opus, size: 100, from: 310_000}
		second.part, second.b, err = h.part(t, "dee", id, 0, second.codec)
		ok(t, err)
		second.chain = chunk.NewChain(second.part)
		_, err = h.Append(ctx, second.part, second.film(t, 4)) // 310 s to 312 s
		ok(t, err)
		token, err := h.Token(second.part)
		ok(t, err)
		h.now = h.now.Add(alive + 20*time.Second)
		third := h.begin(t, id, 0)
		third.from = 335_000
		_, err = h.Append(ctx, third.part, third.film(t, 4)) // 335 s to 337 s
		ok(t, err)
		for _, span := range [][2]uint64{{500, 1500}, {1999, 310_000}, {312_000, 335_001}, {0, 340_000}, {335_500, 336_000}} {
			gap := Gap{Track: 0, From: span[0], To: span[1], Reason: "browser"}
			wantFault(t, h.AddGap(ctx, "dee", id, gap, token), fault.Refused, "room.fault.gap")
			wantFault(t, h.AddGap(ctx, "ben", id, gap, token), fault.Refused, "")
		}
		for _, span := range [][2]uint64{{2000, 310_000}, {310_500, 311_000}, {312_000, 335_000}} {
			ok(t, h.AddGap(ctx, "dee", id, Gap{Track: 0, From: span[0], To: span[1], Reason: "browser"}, token))
		}
		// Who holds the interview says of any time what is missing.
		ok(t, h.AddGap(ctx, "ann", id, Gap{Track: 0, From: 310_500, To: 311_000, Reason: "device"}, ""))
	})
}
