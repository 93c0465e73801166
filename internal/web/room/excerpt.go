package room

import (
	"net/http"

	"verhaal/internal/fault"
	"verhaal/internal/recording"
	"verhaal/internal/recording/chunk"
)

// longest is the most minutes of an excerpt: those of a day.
const longest = 24 * 60

// excerpt gives some minutes out, encrypted, with the proof that they are
// unaltered. The member's browser adds what opens them.
func (f *face) excerpt(w http.ResponseWriter, r *http.Request) error {
	var in struct {
		Tracks  []int    `json:"tracks"`
		Minutes []uint32 `json:"minutes"`
		Order   string   `json:"order"` // of a prosecutor; else who holds which power
		Power   string   `json:"power"`
		By      string   `json:"by"`
	}
	id, err := asked(r, &in)
	if err != nil {
		return err
	}
	var tracks []chunk.Track
	for _, n := range in.Tracks {
		if n < 0 || n > 3 {
			return fault.New(fault.BadInput, "", "no track")
		}
		tracks = append(tracks, chunk.Track(n))
	}
	if len(in.Minutes) > longest {
		return fault.New(fault.BadInput, "", "more minutes than a day has")
	}
	w.Header().Set("Content-Type", "application/zip")
	return f.book.Excerpt(r.Context(), actor(r), id, tracks, in.Minutes, recording.Word{Order: in.Order, Power: in.Power, By: in.By}, w)
}
