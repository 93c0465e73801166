package recording

import (
	"verhaal/internal/recording/chunk"
	"verhaal/internal/recording/proof"
)

// shows is what a recording says of itself, by the names of the rules' facts, from
// its seal and its marks. What they do not show is not said: that nobody marked
// an announcement does not mean that there was none, and whether a child was
// alone, or was told who watches, only somebody who was there knows.
func shows(m proof.Manifest, marks []Mark) map[string]string {
	out := map[string]string{}
	// When each track with a picture began, in ms of the recording, and when all
	// that was recorded ended.
	pictures, end := map[chunk.Track]uint64{}, uint64(0)
	for _, t := range m.Tracks {
		for _, p := range t.Parts {
			end = max(end, p.To)
			if _, ok := pictures[t.Track]; !ok && p.Codec.Picture() {
				pictures[t.Track] = p.From
			}
		}
	}
	// The recorder shows date and time over its picture and seals them with each
	// half second.
	main, seen := pictures[chunk.Main]
	if seen {
		out["recording.clock_in_picture"] = "true"
	}
	if _, ok := pictures[chunk.Overview]; ok {
		out["recording.overview_shot"] = "true"
	}
	for _, mark := range marks {
		switch {
		case mark.Kind == "announced":
			out["recording.announced"] = "true"
		case mark.Kind == "entry" && mark.Mono <= end:
			out["recording.started_before_entry"] = "true"
			if seen && main < mark.Mono {
				out["recording.empty_room_first"] = "true"
			}
		case mark.Kind == "left" && mark.Mono <= end:
			out["recording.stopped_after_leaving"] = "true"
		case mark.Kind == prompt && mark.Code != "":
			out["recording.steered_from"] = mark.Code
		}
	}
	return out
}
