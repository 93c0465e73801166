package recording

import (
	"bytes"
	"encoding/json"
	"io"
	"slices"
	"sync"
	"testing"
	"time"

	"verhaal/internal/db"
	"verhaal/internal/fault"
	"verhaal/internal/policy"
	"verhaal/internal/recording/chunk"
	"verhaal/internal/recording/proof"
)

// last makes the record that ends a part.
func (r *recorder) last(t testing.TB) []byte {
	t.Helper()
	mono := r.from + uint64(r.chain.Next())*500
	hd := chunk.Header{Part: r.part, Codec: r.codec, Seq: r.chain.Next(), Mono: mono, Wall: 1_795_435_200_000 + mono, Duration: 500, Prev: r.chain.Head(), Flags: chunk.Last}
	rec, err := chunk.Seal(hd, chunk.MinuteKey(r.a, chunk.Release(r.b, r.part.Number, hd.Minute()), r.part, hd.Minute()), bytes.Repeat([]byte{9}, r.size))
	ok(t, err)
	_, err = r.chain.Add(rec)
	ok(t, err)
	return rec.Raw
}

// TestNobodyFollowsUnseen: while it runs, bytes and keys go to those who are
// listed and still there; who goes without a word is written down as gone.
func TestNobodyFollowsUnseen(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		ctx := t.Context()
		id := h.started(t)
		r := h.begin(t, id, 0)
		_, err := h.Append(ctx, r.part, r.film(t, 4))
		ok(t, err)
		unseen := func() {
			t.Helper()
			wantFault(t, h.Stream(ctx, "dee", r.part, Range{At: -1, Until: -1}, io.Discard, func() {}), fault.Refused, "room.fault.unlisted")
			_, err := h.Release(ctx, "dee", r.part, []uint32{0}, live, 0)
			wantFault(t, err, fault.Refused, "room.fault.unlisted")
		}
		unseen()
		h.watch(t, "dee", id, "viewing_room")
		_, err = h.Release(ctx, "dee", r.part, []uint32{0}, live, 0)
		ok(t, err)
		began, ended := make(chan bool, 9), make(chan error, 1)
		go func() {
			ended <- h.Stream(ctx, "dee", r.part, Range{At: -1, Until: -1}, io.Discard, func() { began <- true })
		}()
		<-began
		h.now = h.now.Add(3 * Presence)
		unseen()
		ok(t, h.leave(ctx))
		ok(t, <-ended)
		ok(t, h.leave(ctx))
		if n := h.acts(t, "recording.watched"); n != 2 {
			t.Errorf("%d acts for one who came and left", n)
		}
		h.sealed(t, id)
		ok(t, h.Stream(ctx, "dee", r.part, Range{At: -1, Until: -1}, io.Discard, func() {}))
	})
}

// TestARoomGivesThePowersOfItsKindBesideItsInterviewAlone (rule A-16).
func TestARoomGivesThePowersOfItsKindBesideItsInterviewAlone(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		ctx := t.Context()
		id := h.started(t)
		_, err := h.Watch(ctx, "dee", id, "studio_director_room", "")
		wantFault(t, err, fault.Refused, "room.fault.beside")
		_, err = h.Watch(ctx, "dee", id, "interview_room", "")
		wantFault(t, err, fault.BadInput, "")
		distress := Mark{Kind: "distress"}
		wantFault(t, h.AddMark(ctx, "dee", id, distress), fault.Refused, "room.fault.no_mark")
		h.watch(t, "dee", id, "viewing_room")
		wantFault(t, h.AddMark(ctx, "dee", id, distress), fault.Refused, "room.fault.no_mark")
		seat, err := h.Watch(ctx, "dee", id, "director_room", "")
		ok(t, err)
		if len(seat.Powers) != 3 {
			t.Errorf("the powers are %q", seat.Powers)
		}
		ok(t, h.AddMark(ctx, "dee", id, distress))
		wantFault(t, h.AddMark(ctx, "dee", id, Mark{Kind: "becomes_formal_report"}), fault.Refused, "room.fault.interviewer")
		wantFault(t, h.AddMark(ctx, "ann", id, Mark{Kind: "break", Mono: 5001}), fault.BadInput, "")
		h.now = h.now.Add(3 * Presence) // the director's page is gone
		wantFault(t, h.AddMark(ctx, "dee", id, distress), fault.Refused, "room.fault.no_mark")
	})
}

// TestWhoFollowsIsListedWhateverTheyCanDoThere, each second in the same order.
func TestWhoFollowsIsListedWhateverTheyCanDoThere(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		ctx := t.Context()
		id := h.started(t)
		h.watch(t, "dee", id, "listening_room")
		h.watch(t, "ann", id, "director_room")
		for range 8 {
			s, err := h.State(ctx, "ann", id)
			ok(t, err)
			if !slices.Equal(s.Watchers, []Watcher{{"ann", "director_room"}, {"dee", "listening_room"}}) {
				t.Errorf("%+v watch", s.Watchers)
			}
		}
	})
}

// TestARoomThatAsksForACertificateLetsInWhoHoldsItToday: who sits there already
// stays, and nobody without it comes back.
func TestARoomThatAsksForACertificateLetsInWhoHoldsItToday(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		ctx := t.Context()
		id := h.started(t)
		refused := func() {
			t.Helper()
			_, err := h.Watch(ctx, "dee", id, "certified_room", "")
			wantFault(t, err, fault.Refused, "room.fault.certificate")
		}
		refused()
		h.holds = map[string]string{"dee": "trafficking"}
		refused()
		if n := h.acts(t, "recording.watched"); n != 0 {
			t.Errorf("%d acts for who did not come in", n)
		}
		h.watch(t, "dee", id, "viewing_room")
		h.holds["dee"] = "studio"
		h.watch(t, "dee", id, "certified_room")
		delete(h.holds, "dee")
		h.watch(t, "dee", id, "certified_room")
		h.watch(t, "dee", id, "")
		refused()
	})
}

// TestSomebodySitsInOnePageAtATime: what an earlier page says changes nothing any
// more, and the log has one coming and one going for each room.
func TestSomebodySitsInOnePageAtATime(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		ctx := t.Context()
		id := h.started(t)
		sit := func(room, seat string) Seat {
			t.Helper()
			got, err := h.Watch(ctx, "dee", id, room, seat)
			ok(t, err)
			return got
		}
		moved := func(seat Seat) {
			t.Helper()
			_, err := h.Watch(ctx, "dee", id, "viewing_room", seat.ID)
			wantFault(t, err, fault.Conflict, "room.fault.elsewhere")
			sit("", seat.ID)
		}
		first := sit("viewing_room", "")
		second := sit("viewing_room", "")
		third := sit("director_room", "")
		for range 3 {
			h.now = h.now.Add(Presence)
			moved(first)
			moved(second)
			if got := sit("director_room", third.ID); got.ID != third.ID || len(got.Powers) != 3 {
				t.Errorf("who stays sits in %+v, then in %+v", third, got)
			}
		}
		s, err := h.State(ctx, "ann", id)
		ok(t, err)
		if !slices.Equal(s.Watchers, []Watcher{{"dee", "director_room"}}) {
			t.Errorf("%+v watch", s.Watchers)
		}
		sit("", third.ID)
		h.again(t) // a server that starts again knows no seat
		if got := sit("viewing_room", first.ID); got.ID != first.ID {
			t.Errorf("after a start %+v sits in %+v", first, got)
		}
		h.now = h.now.Add(3 * Presence)
		sit("viewing_room", first.ID) // it slept, before anybody noticed
		sit("", first.ID)
		h.sealed(t, id)
		acts, err := h.Custody(ctx, "ann", id)
		ok(t, err)
		var got []string
		for _, a := range acts {
			if a.Kind == "recording.watched" {
				got = append(got, a.Facts["room"]+a.Basis)
			}
		}
		if want := []string{"viewing_room", "", "director_room", "", "viewing_room", "silent", "viewing_room", ""}; !slices.Equal(got, want) {
			t.Errorf("the log has %q, want %q", got, want)
		}
	})
}

func TestNobodyComesToARecordingThatIsOver(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		ctx := t.Context()
		id := h.started(t)
		_, err := h.Append(ctx, h.begin(t, id, 0).part, nil)
		ok(t, err)
		h.watch(t, "dee", id, "viewing_room")
		h.sealed(t, id)
		for _, who := range []string{"ann", "dee"} {
			_, err := h.Watch(ctx, who, id, "viewing_room", "")
			wantFault(t, err, fault.Conflict, "room.fault.over")
		}
		live, err := h.open(ctx, id)
		ok(t, err)
		wantFault(t, h.moves(ctx, "ann", live, "viewing_room", ""), fault.Conflict, "room.fault.over") // that was asked while it ran
		h.watch(t, "dee", id, "")
		ok(t, h.leave(ctx))
		if n := h.acts(t, "recording.watched"); n != 2 {
			t.Errorf("%d acts for one who came and left", n)
		}
	})
}

func TestOnlyWhoHoldsTheInterviewStopsItAndNotWhileItRecords(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		ctx := t.Context()
		id := h.started(t)
		r := h.begin(t, id, 0)
		_, err := h.Append(ctx, r.part, r.film(t, 4))
		ok(t, err)
		_, err = h.Stop(ctx, "ann", id, true)
		wantFault(t, err, fault.Conflict, "room.fault.records")
		_, err = h.Append(ctx, r.part, r.last(t))
		ok(t, err)
		_, err = h.Stop(ctx, "dee", id, true)
		wantFault(t, err, fault.Refused, "room.fault.stop")
		_, err = h.Stop(ctx, "ann", id, true)
		ok(t, err)

		// Whose recorder fell silent is stopped by any member, and the act says so.
		id = h.started(t)
		r = h.begin(t, id, 0)
		_, err = h.Append(ctx, r.part, r.film(t, 4))
		ok(t, err)
		h.now = h.now.Add(silent)
		_, err = h.Stop(ctx, "dee", id, true)
		wantFault(t, err, fault.Refused, "room.fault.stop")
		h.now = h.now.Add(time.Millisecond)
		_, err = h.Stop(ctx, "dee", id, true)
		ok(t, err)
		acts, err := h.Custody(ctx, "ann", id)
		ok(t, err)
		if last := acts[len(acts)-1]; last.Kind != proof.SealedAct || last.Staff != "dee" || last.Basis != "recorder_silent" {
			t.Errorf("the log says %+v", last)
		}
	})
}

// TestNobodyTakesOverFromARecorderThatIsAlive: nor does anybody but who holds the
// interview before it was silent for long; each time the act says so.
func TestNobodyTakesOverFromARecorderThatIsAlive(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		ctx := t.Context()
		id := h.started(t)
		r := h.begin(t, id, 0)
		_, err := h.Append(ctx, r.part, r.film(t, 4))
		ok(t, err)
		refused := func(actor string, kind fault.Kind, key string) {
			t.Helper()
			_, err := h.Resume(ctx, actor, id)
			wantFault(t, err, kind, key)
			_, _, err = h.part(t, actor, id, 0, chunk.VP8Opus)
			wantFault(t, err, kind, key)
		}
		takes := func(actor, basis string) {
			t.Helper()
			_, err := h.Resume(ctx, actor, id)
			ok(t, err)
			_, _, err = h.part(t, actor, id, 0, chunk.VP8Opus)
			ok(t, err)
			acts, err := h.log.About(ctx, "c1")
			ok(t, err)
			var leaf struct{ Kind, Actor, Basis string }
			ok(t, json.Unmarshal(acts[len(acts)-1].Leaf, &leaf))
			if leaf.Kind != "recording.part_opened" || leaf.Actor != actor || leaf.Basis != basis {
				t.Errorf("the log says %+v", leaf)
			}
		}
		refused("dee", fault.Refused, "room.fault.takeover")
		takes("ann", "") // from another page
		_, err = h.Running(ctx, "dee", id)
		ok(t, err)
		h.now = h.now.Add(silent)
		refused("dee", fault.Refused, "room.fault.takeover")
		h.now = h.now.Add(time.Millisecond)
		takes("dee", "recorder_silent")
		h.again(t)
		refused("ann", fault.Conflict, "room.fault.recorder") // the recorder is dee's now
		h.now = h.now.Add(alive)
		takes("ann", "taken_over")
	})
}

// TestWhoTookOverSealsNothingThatStillRecords: a recorder whose network was gone
// goes on in its part; what comes is under the seal.
func TestWhoTookOverSealsNothingThatStillRecords(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		ctx := t.Context()
		id := h.started(t)
		first := h.begin(t, id, 0)
		_, err := h.Append(ctx, first.part, first.film(t, 4))
		ok(t, err)
		h.now = h.now.Add(silent + time.Millisecond)
		_, _, err = h.part(t, "dee", id, 0, chunk.VP8Opus)
		ok(t, err)
		h.now = h.now.Add(alive - time.Millisecond)
		_, err = h.Append(ctx, first.part, first.film(t, 4))
		ok(t, err)
		h.now = h.now.Add(time.Millisecond)
		_, err = h.Stop(ctx, "dee", id, true)
		wantFault(t, err, fault.Conflict, "room.fault.records")
		h.now = h.now.Add(alive)
		_, err = h.Stop(ctx, "dee", id, true)
		ok(t, err)
		text, _, err := h.Manifest(ctx, "ann", id)
		ok(t, err)
		m, err := proof.ParseManifest(text)
		ok(t, err)
		if parts := m.Tracks[0].Parts; len(parts) != 1 || parts[0].Records != 8 {
			t.Errorf("under the seal is %+v", parts)
		}
		ack, err := h.Append(ctx, first.part, first.film(t, 1))
		wantFault(t, err, fault.Conflict, "room.fault.over")
		if ack.Next != 8 {
			t.Errorf("the recorder is told of %d records", ack.Next)
		}
	})
}

// part begins a part for somebody.
func (h *house) part(t testing.TB, actor string, id chunk.ID, track chunk.Track, codec chunk.Codec) (chunk.Part, chunk.Secret, error) {
	t.Helper()
	share, err := proof.SealShare(chunk.NewSecret(), h.key.Recipient(), h.recovery.Recipient())
	ok(t, err)
	return h.Part(t.Context(), actor, id, track, codec, share)
}

// TestAPictureThatMustBeIsOne: the level counts what is recorded, not the
// number of a track.
func TestAPictureThatMustBeIsOne(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		ctx := t.Context()
		ask := Ask{Casefile: "c1", Interview: "i1", Kind: "interview", Minutes: 60, Tracks: []int{0, 1}, Pictures: []int{}}
		ready, err := h.Ready(ctx, "ann", ask)
		ok(t, err)
		if ready.Met {
			t.Error("two sounds are said to reach the level of picture")
		}
		_, err = h.Start(ctx, "ann", ask)
		wantFault(t, err, fault.Refused, "room.fault.level")
		ask.Pictures = nil // who says nothing is held to it when the part begins
		begun, err := h.Start(ctx, "ann", ask)
		ok(t, err)
		_, _, err = h.part(t, "ann", begun.ID, 0, chunk.Opus)
		wantFault(t, err, fault.Refused, "room.fault.level")
		_, _, err = h.part(t, "ann", begun.ID, 1, chunk.Opus) // sound alone, before any picture
		wantFault(t, err, fault.Refused, "room.fault.level")
		for track, codec := range []chunk.Codec{chunk.VP8Opus, chunk.Opus} {
			_, _, err = h.part(t, "ann", begun.ID, chunk.Track(track), codec)
			ok(t, err)
		}
		h.level = policy.LevelAudio
		ask.Interview = "i2"
		begun, err = h.Start(ctx, "ann", ask)
		ok(t, err)
		_, _, err = h.part(t, "ann", begun.ID, 0, chunk.Opus)
		ok(t, err)
	})
}

// TestNoPersonIsRecordedWithoutSound: at no level, on neither track of theirs.
func TestNoPersonIsRecordedWithoutSound(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		for interview, level := range map[string]string{"i1": policy.LevelVideo, "i2": policy.LevelAudio} {
			h.level = level
			begun, err := h.Start(t.Context(), "ann", Ask{Casefile: "c1", Interview: interview, Kind: "interview", Minutes: 5, Tracks: []int{0}, Pictures: []int{0}})
			ok(t, err)
			for _, track := range []chunk.Track{chunk.Main, chunk.AudioSafe} {
				_, _, err = h.part(t, "ann", begun.ID, track, chunk.VP8)
				wantFault(t, err, fault.Refused, "room.fault.level")
			}
			for track, codec := range []chunk.Codec{chunk.VP8Opus, chunk.Opus, chunk.VP8, chunk.VP8} {
				_, _, err = h.part(t, "ann", begun.ID, chunk.Track(track), codec)
				ok(t, err)
			}
		}
	})
}

// TestWhatNobodyIsHeardInIsNoInterviewHeld: it is sealed, and says so; the
// interview can still be held or called off.
func TestWhatNobodyIsHeardInIsNoInterviewHeld(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		ctx := t.Context()
		recorded := func(want bool) {
			t.Helper()
			var got bool
			_, err := h.log.Do(ctx, h.act("recording.marked", "ann", Recording{Casefile: "c1"}), func(tx *db.Tx) (err error) {
				got, err = Recorded(tx, "c1", "i1")
				return err
			})
			if err != nil || got != want {
				t.Errorf("recorded: %v, %v", got, err)
			}
		}
		for _, begin := range []func(id chunk.ID){
			func(chunk.ID) {},
			func(id chunk.ID) { h.begin(t, id, 0) },
			func(id chunk.ID) { // the room alone is seen
				h.begin(t, id, 0)
				r := &recorder{a: chunk.NewSecret(), codec: chunk.VP8, size: 100}
				var err error
				r.part, r.b, err = h.part(t, "ann", id, chunk.Overview, r.codec)
				ok(t, err)
				r.chain = chunk.NewChain(r.part)
				_, err = h.Append(ctx, r.part, r.film(t, 2))
				ok(t, err)
			},
		} {
			id := h.started(t)
			recorded(true) // it runs
			begin(id)
			h.sealed(t, id)
			recorded(false)
			acts, err := h.Custody(ctx, "ann", id)
			ok(t, err)
			if last := acts[len(acts)-1]; last.Facts["recorded"] != "nothing" || len(h.held) > 0 {
				t.Errorf("%+v, held %q", last, h.held)
			}
		}
		id := h.started(t)
		r := h.begin(t, id, 0)
		_, err := h.Append(ctx, r.part, r.film(t, 1))
		ok(t, err)
		h.sealed(t, id)
		recorded(true)
		acts, err := h.Custody(ctx, "ann", id)
		ok(t, err)
		if _, said := acts[len(acts)-1].Facts["recorded"]; said || !slices.Equal(h.held, []string{"i1"}) {
			t.Errorf("held %q", h.held)
		}
	})
}

// TestTheDiskIsPromisedOnceAndOnlyForWhatIsNotWrittenYet starts rooms at once on
// a disk that has room for one of them.
func TestTheDiskIsPromisedOnceAndOnlyForWhatIsNotWrittenYet(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		ctx := t.Context()
		ask := func(interview string) Ask {
			return Ask{Casefile: "c1", Interview: interview, Kind: "interview", Minutes: 60, Tracks: []int{0, 1}}
		}
		need := ask("").need()
		h.disk = func(string) (int64, error) { return need * 3 / 2, nil }
		var begun, refused int
		var mu sync.Mutex
		var wait sync.WaitGroup
		var id chunk.ID
		for _, interview := range []string{"i1", "i2", "i3", "i4"} {
			wait.Go(func() {
				b, err := h.Start(ctx, "ann", ask(interview))
				mu.Lock()
				defer mu.Unlock()
				if err == nil {
					begun, id = begun+1, b.ID
				} else if fault.KeyOf(err) == "room.fault.disk" {
					refused++
				} else {
					t.Error(err)
				}
			})
		}
		wait.Wait()
		if begun != 1 || refused != 3 {
			t.Errorf("%d began, %d were refused", begun, refused)
		}
		r := h.begin(t, id, 0)
		r.size = 1 << 20
		raw := r.film(t, 3)
		before, err := h.Ready(ctx, "ann", ask("i5"))
		ok(t, err)
		_, err = h.Append(ctx, r.part, raw)
		ok(t, err)
		after, err := h.Ready(ctx, "ann", ask("i5")) // the made-up disk did not shrink
		ok(t, err)
		if after.Free-before.Free != int64(len(raw)) {
			t.Errorf("%d bytes were written, %d count", len(raw), after.Free-before.Free)
		}
	})
}

// TestNoPartBeginsInARecordingThatIsSealedMeanwhile: what is acknowledged is
// under the seal, also when a part begins at the moment of the stop.
func TestNoPartBeginsInARecordingThatIsSealedMeanwhile(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		ctx := t.Context()
		for range 20 {
			id := h.started(t)
			h.now = h.now.Add(alive)
			var taken uint32
			var wait sync.WaitGroup
			wait.Go(func() {
				r := &recorder{a: chunk.NewSecret(), codec: chunk.VP8Opus, size: 100}
				var err error
				if r.part, r.b, err = h.part(t, "ann", id, 0, r.codec); err != nil {
					wantFault(t, err, fault.Conflict, "room.fault.over")
					return
				}
				r.chain = chunk.NewChain(r.part)
				if ack, err := h.Append(ctx, r.part, r.film(t, 1)); err == nil {
					taken = ack.Next
				}
			})
			_, err := h.Stop(ctx, "ann", id, true)
			wait.Wait()
			if err != nil && fault.KeyOf(err) == "room.fault.records" {
				h.sealed(t, id)
			} else {
				ok(t, err)
			}
			text, _, err := h.Manifest(ctx, "ann", id)
			ok(t, err)
			m, err := proof.ParseManifest(text)
			ok(t, err)
			if (taken > 0) != (len(m.Tracks) > 0) {
				t.Errorf("%d records were acknowledged; under the seal are %d tracks", taken, len(m.Tracks))
			}
		}
	})
}
