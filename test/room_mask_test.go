package test

import (
	"testing"
	"time"

	"verhaal/internal/recording/chunk"
)

// TestWhatIsHiddenWhileTheNetworkIsGoneSaysSoInEachRecord: the mark may come after
// the records, so each of them says it, under its seal.
func TestWhatIsHiddenWhileTheNetworkIsGoneSaysSoInEachRecord(t *testing.T) {
	h := newRoomHouse(t)
	b := openRoom(t, h)
	begin(b)
	time.Sleep(2 * time.Second)
	h.cut.Store(true)
	b.Click("[data-mask-on]")
	time.Sleep(3 * time.Second)
	b.Click("[data-mask-off]")
	time.Sleep(2 * time.Second)
	h.cut.Store(false)
	stop(b)
	said := map[any]uint64{}
	for _, m := range h.marks {
		said[m["kind"]] = uint64(m["mono"].(float64))
	}
	from, to := said["masked"], said["unmasked"]
	if to < from+3000 {
		t.Fatalf("it was hidden from %d to %d ms", from, to)
	}
	for _, track := range []chunk.Track{chunk.Main, chunk.AudioSafe} {
		_, records := h.opened(track)
		for _, r := range records[1:] { // the head shows nothing
			if r.Flags&chunk.Hidden == 0 && r.End() > from && r.Mono < to {
				t.Errorf("%s: record %d of %d to %d ms does not say that it is hidden from %d to %d", track, r.Seq, r.Mono, r.End(), from, to)
			}
		}
		for _, r := range []chunk.Record{records[1], records[len(records)-1]} {
			if r.Flags&chunk.Hidden != 0 {
				t.Errorf("%s: record %d of %d to %d ms says that it is hidden", track, r.Seq, r.Mono, r.End())
			}
		}
	}
}
