package recording

import (
	"bytes"
	"slices"
	"testing"
	"time"

	"verhaal/internal/fault"
	"verhaal/internal/recording/chunk"
	"verhaal/internal/recording/proof"
)

// TestWhatIsMissingWhenItIsSealedIsDeclared: another computer went on, and the
// first, which brings what it still had, says nothing.
func TestWhatIsMissingWhenItIsSealedIsDeclared(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		ctx := t.Context()
		id := h.started(t)
		send := func(r *recorder, raw []byte) {
			t.Helper()
			_, err := h.Append(ctx, r.part, raw)
			ok(t, err)
		}
		main, safe := h.begin(t, id, chunk.Main), h.begin(t, id, chunk.AudioSafe)
		send(main, main.film(t, 8))
		send(safe, safe.film(t, 8))
		h.now = h.now.Add(time.Minute)
		next := h.begin(t, id, chunk.Main)
		next.from = chunk.MinuteMS
		send(next, next.film(t, 4))
		send(main, main.film(t, 6)) // from the first computer's disk
		shown := h.begin(t, id, chunk.Exhibit)
		shown.from = chunk.MinuteMS
		send(shown, shown.film(t, 2)) // it ends with its computer, and nobody misses it
		send(next, next.last(t))
		h.now = h.now.Add(time.Minute)
		receipt := h.sealed(t, id)
		want := []Gap{{chunk.Main, 7000, chunk.MinuteMS, recorderGone}, {chunk.AudioSafe, 4000, uint64(receipt.Ended - receipt.Started), recorderGone}}
		s, err := h.State(ctx, "ann", id)
		ok(t, err)
		if !slices.Equal(s.Gaps, want) {
			t.Errorf("the gaps are %+v, want %+v", s.Gaps, want)
		}
		var archive bytes.Buffer
		ok(t, h.Export(ctx, "ann", id, &archive))
		if result := verify(t, archive.Bytes(), proof.Options{}); !result.Sound {
			t.Error(result.Words())
		}
		ok(t, h.Each(ctx, h.now.Unix()+1, func(c Counted) {
			if !c.Failed {
				t.Error("a recording that lacks a minute did not fail")
			}
		}))
	})
}

// TestNoGapIsDeclaredWhereTheTrackWasRecorded, by whoever it may be; a page may
// be mistaken by a little.
func TestNoGapIsDeclaredWhereTheTrackWasRecorded(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		ctx := t.Context()
		id := h.started(t)
		first := h.begin(t, id, chunk.Main)
		_, err := h.Append(ctx, first.part, first.film(t, 10)) // to 5 s
		ok(t, err)
		h.now = h.now.Add(time.Minute)
		second := h.begin(t, id, chunk.Main)
		second.from = 20_000
		_, err = h.Append(ctx, second.part, second.film(t, 20)) // 20 to 30 s
		ok(t, err)
		token, err := h.Token(first.part)
		ok(t, err)
		for _, g := range []Gap{{From: 5000, To: 60_000}, {From: 0, To: 20_000}, {From: 22_000, To: 28_000}} {
			g.Reason = "device"
			wantFault(t, h.AddGap(ctx, "ann", id, g, ""), fault.Conflict, "room.fault.gap_recorded")
			wantFault(t, h.AddGap(ctx, "dee", id, g, token), fault.Conflict, "room.fault.gap_recorded")
		}
		for _, g := range []Gap{{From: 5000, To: 20_000, Reason: "device"}, {From: 3500, To: 21_500, Reason: "device"}, {From: 30_000, To: 60_000, Reason: "device"},
			{Track: chunk.AudioSafe, From: 0, To: 60_000, Reason: "device"}, {From: 22_000, To: 28_000, Reason: ClockJumped}, {From: 5000, To: 40_000, Reason: slept}} {
			ok(t, h.AddGap(ctx, "ann", id, g, ""))
		}
	})
}
