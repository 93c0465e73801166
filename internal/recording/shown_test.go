package recording

import (
	"testing"

	"verhaal/internal/recording/chunk"
)

// TestATimeWithoutAnExhibitIsNoFailure: it is a gap only on the track of what was
// shown that lacks nothing.
func TestATimeWithoutAnExhibitIsNoFailure(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		ctx := t.Context()
		for track, want := range map[chunk.Track]bool{chunk.Exhibit: false, chunk.Main: true} {
			id := h.started(t)
			ok(t, h.AddGap(ctx, "ann", id, Gap{Track: track, From: 1, To: 2, Reason: NotShown}, ""))
			from := h.now
			h.sealed(t, id)
			h.now = h.now.Add(alive)
			var failed []bool
			ok(t, h.Each(ctx, h.now.Unix(), func(c Counted) {
				if c.At == from.Unix() {
					failed = append(failed, c.Failed)
				}
			}))
			if len(failed) != 1 || failed[0] != want {
				t.Errorf("a gap of the track %s: failed %v, want %v", track, failed, want)
			}
		}
	})
}
