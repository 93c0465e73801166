package recording

import (
	"bytes"
	"slices"
	"testing"
	"time"

	"verhaal/internal/fault"
	"verhaal/internal/recording/chunk"
)

// TestBehindAMaskNobodyFollowsAndTheRecordingGoesOn: streams end, none begins
// until it is taken off, and then none before that; the recording is whole.
func TestBehindAMaskNobodyFollowsAndTheRecordingGoesOn(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		ctx := t.Context()
		id := h.started(t)
		r := h.begin(t, id, 0)
		film := func() []byte {
			raw := r.film(t, 10)
			_, err := h.Append(ctx, r.part, raw)
			ok(t, err)
			return raw
		}
		film() // 0 to 5 s
		h.now = h.now.Add(15 * time.Second)
		h.watch(t, "dee", id, "director_room")
		var seen bytes.Buffer
		ended, came := make(chan error, 1), make(chan bool, 9)
		follow := func(at int64) {
			go func() {
				ended <- h.Stream(ctx, "dee", r.part, Range{At: at, Until: -1}, &seen, func() { came <- true })
			}()
			<-came
		}
		follow(-1)
		wantFault(t, h.AddMark(ctx, "dee", id, Mark{Kind: masked, Mono: 5000, Code: "privacy"}), fault.Refused, "room.fault.masks")
		wantFault(t, h.AddMark(ctx, "ann", id, Mark{Kind: masked, Mono: 5000}), fault.BadInput, "room.fault.mask")
		ok(t, h.AddMark(ctx, "ann", id, Mark{Kind: masked, Mono: 5000, Code: "privacy"}))
		ok(t, <-ended)
		hidden := film() // 5 to 10 s
		for _, want := range []Range{{At: -1}, {At: 9000}, {At: -1, From: 3, To: 15, HasTo: true}, {At: 2000, Until: 9000}} {
			wantFault(t, h.Stream(ctx, "dee", r.part, want, &seen, func() {}), fault.Refused, "room.fault.masked")
		}
		wantFault(t, h.AddMark(ctx, "ann", id, Mark{Kind: unmasked, Mono: 4999}), fault.BadInput, "")
		h.watch(t, "dee", id, "") // who left and comes back takes nothing off
		wantFault(t, h.AddMark(ctx, "dee", id, Mark{Kind: unmasked}), fault.Refused, "room.fault.masks")
		h.again(t) // a server that starts again keeps the mask
		h.watch(t, "dee", id, "director_room")
		wantFault(t, h.Stream(ctx, "dee", r.part, Range{At: 9000, Until: -1}, &seen, func() {}), fault.Refused, "room.fault.masked")
		ok(t, h.AddMark(ctx, "ann", id, Mark{Kind: unmasked, Mono: 10_000}))
		wantFault(t, h.Stream(ctx, "dee", r.part, Range{At: 10_000, Until: -1}, &seen, func() {}), fault.Refused, "room.fault.masked") // no key frame yet
		film()                                                                                                                         // 10 to 15 s
		h.again(t)                                                                                                                     // and what was hidden stays so, whatever range is asked for
		h.watch(t, "dee", id, "director_room")
		for _, want := range []Range{{At: -1, Until: -1, To: 29, HasTo: true}, {At: 0, Until: 9000}, {At: -1, From: 12, Until: 14_000}} {
			ok(t, h.Stream(ctx, "dee", r.part, want, &seen, func() {}))
		}
		follow(9000)
		h.sealed(t, id)
		ok(t, <-ended)
		for rest := hidden; len(rest) > 0; {
			rec, more, err := chunk.Parse(rest)
			ok(t, err)
			if bytes.Contains(seen.Bytes(), rec.Raw) {
				t.Errorf("record %d was seen behind the mask", rec.Seq)
			}
			rest = more
		}
		var whole bytes.Buffer
		ok(t, h.Stream(ctx, "dee", r.part, Range{At: -1, Until: -1}, &whole, func() {}))
		if !bytes.Contains(whole.Bytes(), hidden) {
			t.Error("the recording has no picture behind the mask")
		}
	})
}

// TestWhatWasMadeWhileHiddenIsSeenByNobodyThoughItsMarkComesLater: after a cut the
// records may come before the marks, and a server that starts again between them
// knows it too. Behind them a picture is shown from a key frame on.
func TestWhatWasMadeWhileHiddenIsSeenByNobodyThoughItsMarkComesLater(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		ctx := t.Context()
		id := h.started(t)
		r := h.begin(t, id, 0)
		send := func(raw []byte) []byte {
			t.Helper()
			_, err := h.Append(ctx, r.part, raw)
			ok(t, err)
			return raw
		}
		send(r.film(t, 4)) // 0 to 2 s
		h.now = h.now.Add(15 * time.Second)
		h.watch(t, "dee", id, "director_room")
		var seen bytes.Buffer
		came, ended := make(chan bool, 9), make(chan error, 1)
		go func() {
			ended <- h.Stream(ctx, "dee", r.part, Range{Until: -1, At: -1}, &seen, func() { came <- true })
		}()
		<-came
		r.hides = true
		hidden := send(r.film(t, 6)) // 2 to 5 s
		r.hides = false
		late := send(r.film(t, 1)) // no key frame
		shown := send(r.film(t, 2))
		<-came
		ok(t, h.AddMark(ctx, "ann", id, Mark{Kind: masked, Mono: 2000, Code: "privacy"}))
		ok(t, <-ended)
		ok(t, h.AddMark(ctx, "ann", id, Mark{Kind: unmasked, Mono: 5000}))
		h.again(t)
		h.watch(t, "dee", id, "director_room")
		for _, want := range []Range{{At: -1, Until: -1, To: 12, HasTo: true}, {At: 3000, Until: 9000}, {At: -1, From: 10, Until: 9000}} {
			ok(t, h.Stream(ctx, "dee", r.part, want, &seen, func() {}))
		}
		for rest := slices.Concat(hidden, late); len(rest) > 0; {
			rec, more, err := chunk.Parse(rest)
			ok(t, err)
			if bytes.Contains(seen.Bytes(), rec.Raw) {
				t.Errorf("record %d was seen", rec.Seq)
			}
			rest = more
		}
		if !bytes.Contains(seen.Bytes(), shown) {
			t.Error("what was made afterwards was not seen")
		}
		h.sealed(t, id)
		seen.Reset()
		ok(t, h.Stream(ctx, "dee", r.part, Range{At: -1, Until: -1}, &seen, func() {}))
		if !bytes.Contains(seen.Bytes(), hidden) {
			t.Error("the recording lacks what was hidden")
		}
	})
}
