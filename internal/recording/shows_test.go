package recording

import (
	"maps"
	"testing"
	"time"

	"verhaal/internal/recording/chunk"
	"verhaal/internal/recording/proof"
	"verhaal/internal/seal"
)

// TestARecordingSaysWhatItShowsAndNoMore: from its tracks and its marks; what
// nobody marked is left to those who were there.
func TestARecordingSaysWhatItShowsAndNoMore(t *testing.T) {
	part := func(track chunk.Track, codec chunk.Codec, from, to uint64) proof.Track {
		return proof.Track{Track: track, Parts: []proof.Part{{Codec: codec, From: from, To: to}}}
	}
	sound := part(chunk.AudioSafe, chunk.Opus, 0, 9000)
	both := []proof.Track{part(chunk.Main, chunk.VP8Opus, 100, 9000), sound, part(chunk.Overview, chunk.VP8Opus, 0, 9000)}
	for name, c := range map[string]struct {
		tracks []proof.Track
		marks  []Mark
		want   map[string]string
	}{
		"sound alone":   {[]proof.Track{sound}, nil, map[string]string{}},
		"no marks":      {both, nil, map[string]string{"recording.clock_in_picture": "true", "recording.overview_shot": "true"}},
		"sound, marks":  {[]proof.Track{sound}, []Mark{{Kind: "entry", Mono: 2000}, {Kind: "announced", Mono: 3000}}, map[string]string{"recording.started_before_entry": "true", "recording.announced": "true"}},
		"after its end": {[]proof.Track{sound}, []Mark{{Kind: "entry", Mono: 9500}, {Kind: "left", Mono: 9500}}, map[string]string{}},
		"whole": {both, []Mark{{Kind: "entry", Mono: 2000}, {Kind: "announced", Mono: 3000}, {Kind: "prompt", Mono: 4000, Code: "director_room"}, {Kind: "left", Mono: 8000}}, map[string]string{
			"recording.clock_in_picture": "true", "recording.overview_shot": "true", "recording.started_before_entry": "true", "recording.empty_room_first": "true",
			"recording.announced": "true", "recording.stopped_after_leaving": "true", "recording.steered_from": "director_room"}},
	} {
		if got := shows(proof.Manifest{Tracks: c.tracks}, c.marks); !maps.Equal(got, c.want) {
			t.Errorf("%s: %v", name, got)
		}
	}
}

// TestASealSaysFromWhereTheInterviewerWasPrompted: the room is the one that the
// server saw, not what a browser says.
func TestASealSaysFromWhereTheInterviewerWasPrompted(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		ctx := t.Context()
		id := h.started(t)
		h.now = h.now.Add(time.Minute)
		words, err := seal.Seal([]byte("ask about the journey"), h.key.Recipient())
		ok(t, err)
		h.watch(t, "dee", id, "director_room")
		ok(t, h.AddMark(ctx, "dee", id, Mark{Kind: "prompt", Mono: 1000, Code: "nowhere", Sealed: words}))
		r := h.begin(t, id, 0)
		_, err = h.Append(ctx, r.part, r.film(t, 5))
		ok(t, err)
		h.sealed(t, id)
		if got := h.shown["recording.steered_from"]; got != "director_room" {
			t.Errorf("steered from %q", got)
		}
		marks, err := h.marks(ctx, id)
		ok(t, err)
		if marks[0].Code != "director_room" {
			t.Errorf("%+v", marks)
		}
	})
}
