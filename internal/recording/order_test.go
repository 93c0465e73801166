package recording

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"verhaal/internal/fault"
	"verhaal/internal/policy"
	"verhaal/internal/recording/chunk"
	"verhaal/internal/seal"
)

// power knows who may add a recording to the file.
func power(id string) (policy.Power, bool) {
	p := policy.Power{Coded: policy.Coded{ID: "add_to_file"}, Holders: []policy.Holder{{Role: "prosecutor"}, {Role: "court"}}, Ground: policy.Ground{Rules: []string{"A-23"}}}
	return p, id == p.ID
}

// ordered is a sealed recording of three minutes, and what pam may ask of it: the second.
func (h *house) ordered(t *testing.T) (id chunk.ID, own seal.Identity, asked NewOrder) {
	t.Helper()
	ctx := t.Context()
	h.more.Power = power
	h.again(t)
	id = h.started(t)
	main := h.begin(t, id, 0)
	_, err := h.Append(ctx, main.part, main.film(t, 300))
	ok(t, err)
	own, err = seal.NewIdentity()
	ok(t, err)
	asked = NewOrder{From: 1, To: 1, What: "court", Purpose: "prosecution", Power: "add_to_file", Recipient: own.Recipient(), Words: h.letter(t, own)}
	wantFault(t, h.AskMinutes(ctx, "pam", id, asked), fault.NotFound, "room.fault.not_sealed")
	h.sealed(t, id)
	return id, own, asked
}

// archive is minutes that pam asked for, sealed to her.
type archive struct {
	id     chunk.ID
	order  string
	sealed []byte
}

const archiveHash = "abababababababababababababababababababababababababababababababab"

// archived is an order of pam and its archive, which nobody delivered yet.
func (h *house) archived(t *testing.T, plain []byte) archive {
	t.Helper()
	id, own, asked := h.ordered(t)
	ok(t, h.AskMinutes(t.Context(), "pam", id, asked))
	open, err := h.OrdersOpen(t.Context(), "ann")
	ok(t, err)
	sealed, err := seal.Seal(plain, own.Recipient())
	ok(t, err)
	return archive{id, open[0].ID, sealed}
}

// delivered is archived, and ann delivered it.
func (h *house) delivered(t *testing.T, plain []byte) archive {
	t.Helper()
	a := h.archived(t, plain)
	ok(t, h.Deliver(t.Context(), "ann", a.id, a.order, archiveHash, int64(len(a.sealed)), bytes.NewReader(a.sealed)))
	return a
}

// letter is words to the members of the case and to a prosecutor.
func (h *house) letter(t *testing.T, own seal.Identity) []byte {
	t.Helper()
	file, err := seal.Seal([]byte("for the hearing"), h.key.Recipient(), own.Recipient())
	ok(t, err)
	return file
}

// logged lists the kinds of the acts on the case that begin as said, and what the last of them says.
func (h *house) logged(t *testing.T, prefix string) (kinds, last string) {
	t.Helper()
	all, err := h.log.About(t.Context(), "c1")
	ok(t, err)
	for _, a := range all {
		var leaf struct{ Kind string }
		ok(t, json.Unmarshal(a.Leaf, &leaf))
		if strings.HasPrefix(leaf.Kind, prefix) {
			kinds, last = kinds+strings.TrimPrefix(leaf.Kind, prefix)+" ", string(a.Leaf)
		}
	}
	return kinds, last
}

// kept is how many archives lie ready.
func (h *house) kept(t *testing.T) int {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(h.dir, "files", ordersFolder, "*"))
	ok(t, err)
	return len(files)
}

func TestAProsecutorGetsTheMinutesThatTheyAskedForAndNobodyElseDoes(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		ctx := t.Context()
		id, own, asked := h.ordered(t)
		ok(t, h.AskMinutes(ctx, "pam", id, asked))
		open, err := h.OrdersOpen(ctx, "ann")
		ok(t, err)
		if len(open) != 1 || open[0].From != 1 || open[0].To != 1 || open[0].Number != "2026-00001" {
			t.Fatalf("the members see %+v", open)
		}
		if others, err := h.OrdersOpen(ctx, "ben"); err != nil || len(others) > 0 {
			t.Errorf("who is no member sees %+v, %v", others, err)
		}
		order := open[0].ID
		words, err := h.WordsInCase(ctx, "ann", id, order)
		ok(t, err)
		if plain, err := seal.Open(words.Words, h.key); err != nil || string(plain) != "for the hearing" {
			t.Errorf("the members read %q, %v", plain, err)
		}
		_, err = h.WordsInCase(ctx, "ben", id, order)
		wantFault(t, err, fault.Refused, "")
		_, err = h.OwnWords(ctx, "pia", order)
		wantFault(t, err, fault.NotFound, "")

		main := []chunk.Track{chunk.Main}
		wantFault(t, h.Excerpt(ctx, "ann", id, main, []uint32{0, 1}, Word{Order: order}, io.Discard), fault.Conflict, "room.fault.order")
		wantFault(t, h.Excerpt(ctx, "ann", id, main, []uint32{1}, Word{Order: "none"}, io.Discard), fault.NotFound, "")
		ok(t, h.Excerpt(ctx, "ann", id, main, []uint32{1}, Word{Order: order}, io.Discard))
		if _, act := h.logged(t, "recording.excerpted"); !strings.Contains(act, order) || !strings.Contains(act, "A-23") {
			t.Errorf("the act says %s", act)
		}

		archive, hash := bytes.Repeat([]byte("PK"), 100_000), archiveHash
		sealed, err := seal.Seal(archive, own.Recipient())
		ok(t, err)
		size := int64(len(sealed))
		deliver := func(actor string, what []byte, size int64) error {
			return h.Deliver(ctx, actor, id, order, hash, size, bytes.NewReader(what))
		}
		wantFault(t, deliver("ben", sealed, size), fault.Refused, "")
		wantFault(t, deliver("ann", archive, int64(len(archive))), fault.BadInput, "fault.damaged_file")
		wantFault(t, deliver("ann", sealed[:size-70_000], size), fault.BadInput, "")
		wantFault(t, deliver("ann", append(bytes.Clone(sealed), 1), size), fault.BadInput, "")
		wantFault(t, h.Deliver(ctx, "ann", id, order, "ab", size, bytes.NewReader(sealed)), fault.BadInput, "")
		h.disk = func(string) (int64, error) { return size - 1, nil }
		wantFault(t, deliver("ann", sealed, size), fault.Unavailable, "room.fault.archive_disk")
		h.disk = diskLeft
		if n := h.kept(t); n != 0 {
			t.Errorf("%d files are left of what was refused", n)
		}
		_, _, err = h.Fetch(ctx, "pam", order)
		wantFault(t, err, fault.NotFound, "room.fault.order")
		ok(t, deliver("dee", sealed, size))
		wantFault(t, deliver("ann", sealed, size), fault.Conflict, "room.fault.order")

		_, _, err = h.Fetch(ctx, "pia", order)
		wantFault(t, err, fault.NotFound, "")
		file, o, err := h.Fetch(ctx, "pam", order)
		ok(t, err)
		got, err := io.ReadAll(file)
		ok(t, err)
		ok(t, file.Close())
		if plain, err := seal.Open(got, own); err != nil || !bytes.Equal(plain, archive) || o.Archive != hash || o.Size != size {
			t.Errorf("fetched %d bytes of %d, %v", len(plain), len(archive), err)
		}
		h.excluded = true
		if seen, err := h.OrdersOf(ctx, "pam"); err != nil || len(seen) != 0 {
			t.Errorf("who is excluded from the case sees %+v, %v", seen, err)
		}
		wantFault(t, h.EndOwnOrder(ctx, "pam", order), fault.Refused, "case.fault.own_case")
		h.excluded = false
		ok(t, keep(h.orderFile(order+"-half"), []byte("what a crash left")))
		wantFault(t, h.EndOwnOrder(ctx, "pia", order), fault.NotFound, "")
		ok(t, h.EndOwnOrder(ctx, "pam", order))
		if n := h.kept(t); n != 0 {
			t.Errorf("%d files are left of what was ended", n)
		}
		_, _, err = h.Fetch(ctx, "pam", order)
		wantFault(t, err, fault.NotFound, "room.fault.order")
		if kinds, _ := h.logged(t, "recording.minutes_"); kinds != "asked delivered fetched ended " {
			t.Errorf("the log has %s", kinds)
		}
	})
}

func TestMinutesAreAskedForByWhoMayAndOnlyThoseThatAreThere(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		ctx := t.Context()
		id, own, asked := h.ordered(t)
		can, err := h.Orderable(ctx, "pam")
		ok(t, err)
		// Its records go on when the server's clock says that it is over.
		if len(can) != 1 || can[0].ID != id || can[0].Minutes != 3 || can[0].Stopped-can[0].Started > chunk.MinuteMS {
			t.Errorf("to choose from: %+v", can)
		}
		ok(t, h.LinkTopic(ctx, "ann", id, "transport", 149_000))
		ok(t, h.Played(ctx, "ann", id, 120_000, 150_000, "next_interview"))
		wantFault(t, h.AskMinutes(ctx, "pia", id, asked), fault.Refused, "case.fault.own_case")
		wantFault(t, h.AskMinutes(ctx, "pam", chunk.ID{1}, asked), fault.NotFound, "room.fault.no_recording")
		for _, wrong := range []struct {
			change func(*NewOrder)
			kind   fault.Kind
			key    string
		}{
			{func(n *NewOrder) { n.To = 3 }, fault.NotFound, "room.fault.no_minutes"},
			{func(n *NewOrder) { n.From = 2 }, fault.NotFound, "room.fault.no_minutes"},
			{func(n *NewOrder) { n.What = "all" }, fault.BadInput, "room.fault.purpose"},
			{func(n *NewOrder) { n.Purpose = live }, fault.BadInput, "room.fault.purpose"},
			{func(n *NewOrder) { n.Power = "copy_to_defence" }, fault.BadInput, "room.fault.word"},
			{func(n *NewOrder) { n.Power = "" }, fault.BadInput, "room.fault.word"},
			{func(n *NewOrder) { n.Words = []byte("open words") }, fault.BadInput, "fault.damaged_file"},
		} {
			one := asked
			wrong.change(&one)
			wantFault(t, h.AskMinutes(ctx, "pam", id, one), wrong.kind, wrong.key)
		}
		asked.All, asked.From, asked.To = true, 0, 0
		ok(t, h.AskMinutes(ctx, "pam", id, asked))
		orders, err := h.OrdersOf(ctx, "pam")
		ok(t, err)
		if len(orders) != 1 || orders[0].From != 0 || orders[0].To != 2 {
			t.Fatalf("all minutes are %+v", orders)
		}
		ok(t, keep(h.orderFile(orders[0].ID+"-half"), []byte("what a crash left")))
		ok(t, h.RefuseOrder(ctx, "ann", id, orders[0].ID, h.letter(t, own)))
		if n := h.kept(t); n != 0 {
			t.Errorf("%d files are left of what was refused", n)
		}
		wantFault(t, h.RefuseOrder(ctx, "ann", id, orders[0].ID, h.letter(t, own)), fault.Conflict, "room.fault.order")
		words, err := h.OwnWords(ctx, "pam", orders[0].ID)
		ok(t, err)
		if plain, err := seal.Open(words.Answer, own); err != nil || string(plain) != "for the hearing" {
			t.Errorf("the answer is %q, %v", plain, err)
		}
		wantFault(t, h.EndOrder(ctx, "ann", id, orders[0].ID), fault.Conflict, "room.fault.order")
	})
}

func TestWithoutAnOrderMinutesGoOutOnTheWordOfWhoHoldsThePower(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		id, _, _ := h.ordered(t)
		give := func(on Word) error {
			return h.Excerpt(t.Context(), "ann", id, []chunk.Track{chunk.Main}, []uint32{1}, on, io.Discard)
		}
		for _, wrong := range []Word{{}, {Power: "add_to_file", By: "police"}, {Power: "run_rooms", By: "court"}} {
			wantFault(t, give(wrong), fault.BadInput, "room.fault.word")
		}
		ok(t, give(Word{Power: "add_to_file", By: "court"}))
		if kinds, act := h.logged(t, "recording.excerpted"); kinds != " " || !strings.Contains(act, "add_to_file") || !strings.Contains(act, "court") || !strings.Contains(act, "A-23") {
			t.Errorf("%q: %s", kinds, act)
		}
	})
}

// TestAnArchiveOnItsWayTakesNoRoomThatARecordingWasPromised: of a disk with room
// for one of both, the first to ask has it until the last byte.
func TestAnArchiveOnItsWayTakesNoRoomThatARecordingWasPromised(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		ctx := t.Context()
		a := h.archived(t, bytes.Repeat([]byte("PK"), 100_000))
		size := int64(len(a.sealed))
		another := Ask{Casefile: "c1", Interview: "i2", Kind: "interview", Minutes: 1, Tracks: []int{0}}
		free := another.need()
		h.disk = func(string) (int64, error) { return free, nil }

		from, to := io.Pipe()
		delivered := make(chan error)
		go func() {
			delivered <- h.Deliver(ctx, "ann", a.id, a.order, archiveHash, size, from)
		}()
		half := size / 2
		_, err := to.Write(a.sealed[:half])
		ok(t, err)
		if ready, err := h.Ready(ctx, "ann", another); err != nil || ready.Free >= free {
			t.Errorf("beside an archive of %d bytes %+v is free, %v", size, ready, err)
		}
		_, err = h.Start(ctx, "ann", another)
		wantFault(t, err, fault.Unavailable, "room.fault.disk")
		_, err = to.Write(a.sealed[half:])
		ok(t, err)
		ok(t, to.Close())
		ok(t, <-delivered)
		_, err = h.Start(ctx, "ann", another)
		ok(t, err)
	})
}

// TestWhatACrashLeftOfADeliveryIsGoneAfterTheNextStart: what lies ready and what is
// on its way stay.
func TestWhatACrashLeftOfADeliveryIsGoneAfterTheNextStart(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		ctx := t.Context()
		a := h.delivered(t, []byte("PK"))
		ok(t, keep(h.orderFile(a.order+"-half"), []byte("what a crash left")))
		ok(t, keep(h.orderFile("unknown-half"), []byte("of an order that the database forgot")))
		h.again(t)
		coming := h.orderFile("coming-half")
		ok(t, keep(coming, []byte("first bytes")))
		ok(t, h.reserve(ctx, coming, 1<<10))
		defer h.run()()
		h.until(t, "what nobody names is gone", func() bool { return h.kept(t) == 2 })
		_, err := os.Stat(coming)
		ok(t, err)
		file, _, err := h.Fetch(ctx, "pam", a.order)
		ok(t, err)
		ok(t, file.Close())
	})
}

// TestAnArchiveHasASecondCopyUntilItIsEnded: what the disk loses of it, the
// prosecutor still gets; once ended, neither copy is left.
func TestAnArchiveHasASecondCopyUntilItIsEnded(t *testing.T) {
	withCopies(t, func(t *testing.T, h *house, s *store) {
		ctx := t.Context()
		a := h.delivered(t, bytes.Repeat([]byte("PK"), 5<<20)) // more than one append takes
		fetch := func() ([]byte, error) {
			file, _, err := h.Fetch(ctx, "pam", a.order)
			if err != nil {
				return nil, err
			}
			got, err := io.ReadAll(file)
			return got, errors.Join(err, file.Close())
		}

		s.away.Store(true)
		if err := h.mirror(ctx); err == nil {
			t.Error("a store that is away has a copy")
		}
		s.away.Store(false)
		defer h.run()()
		h.until(t, "the log says so", func() bool { return h.acts(t, "recording.minutes_copied") == 1 })
		all, err := h.OrdersFor(ctx, "ann", a.id)
		ok(t, err)
		ok(t, os.Remove(h.orderFile(all[0].file)))
		if got, err := fetch(); err != nil || !bytes.Equal(got, a.sealed) {
			t.Errorf("of %d bytes came %d, %v", len(a.sealed), len(got), err)
		}

		ok(t, h.EndOwnOrder(ctx, "pam", a.order))
		h.until(t, "the second copy is deleted", func() bool { return h.acts(t, "recording.minutes_copy_deleted") == 1 })
		_, err = s.Status(ctx, ArchiveName(a.order))
		wantFault(t, err, fault.NotFound, "")
	})
}

// TestAnArchiveThatIsLostIsSaid: without a second copy, in words.
func TestAnArchiveThatIsLostIsSaid(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		ctx := t.Context()
		a := h.delivered(t, []byte("PK"))
		all, err := h.OrdersFor(ctx, "ann", a.id)
		ok(t, err)
		ok(t, os.Remove(h.orderFile(all[0].file)))
		_, _, err = h.Fetch(ctx, "pam", a.order)
		wantFault(t, err, fault.NotFound, "room.fault.archive_lost")
		if n := h.acts(t, "recording.minutes_fetched"); n != 0 {
			t.Errorf("%d times it was fetched", n)
		}
	})
}

// TestACourtIsNotToldWhatWasMarkedInMinutesThatItDoesNotGet: of acts about minutes
// only those about its own are listed, and all about the whole.
func TestACourtIsNotToldWhatWasMarkedInMinutesThatItDoesNotGet(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		ctx := t.Context()
		h.more.Power = power
		h.again(t)
		id := h.started(t)
		main := h.begin(t, id, 0)
		_, err := h.Append(ctx, main.part, main.film(t, 300))
		ok(t, err)
		h.now = h.now.Add(3 * time.Minute)
		ok(t, h.AddMark(ctx, "ann", id, Mark{Kind: "distress", Mono: 30_000}))
		ok(t, h.AddMark(ctx, "ann", id, Mark{Kind: "break", Mono: 70_000}))
		ok(t, h.AddMark(ctx, "ann", id, Mark{Kind: "distress", Mono: 130_000}))
		h.sealed(t, id)
		ok(t, h.LinkTopic(ctx, "ann", id, "transport", 5000))
		ok(t, h.LinkTopic(ctx, "ann", id, "debt", 65_000))
		ok(t, h.Played(ctx, "ann", id, 0, 50_000, "next_interview"))
		ok(t, h.Played(ctx, "ann", id, 50_000, 70_000, "next_interview"))
		own, err := seal.NewIdentity()
		ok(t, err)
		for _, minute := range []uint32{0, 1} {
			ok(t, h.AskMinutes(ctx, "pam", id, NewOrder{From: minute, To: minute, What: "court", Purpose: "prosecution", Power: "add_to_file", Recipient: own.Recipient(), Words: h.letter(t, own)}))
			ok(t, h.Excerpt(ctx, "ann", id, []chunk.Track{chunk.Main}, []uint32{minute}, Word{Power: "add_to_file", By: "court"}, io.Discard))
		}
		orders, err := h.OrdersFor(ctx, "ann", id)
		ok(t, err)
		for _, o := range orders {
			_, err := h.OwnWords(ctx, "pam", o.ID)
			ok(t, err)
		}
		all, err := h.Custody(ctx, "ann", id)
		ok(t, err)
		told := map[string]int{}
		for _, a := range Within(all, 1, 1) {
			told[strings.TrimPrefix(a.Kind, "recording.")]++
			if a.Facts["mark"] == "distress" || a.Facts["minutes"] == "0" || a.Facts["minutes"] == "0-0" {
				t.Errorf("it is told of %+v", a)
			}
		}
		want := map[string]int{"started": 1, "part_opened": 1, "marked": 1, "sealed": 1, "topic_linked": 1, "played": 1, "minutes_asked": 1, "excerpted": 1, "request_read": 1}
		if !maps.Equal(told, want) {
			t.Errorf("it is told %v", told)
		}
		if whole := Within(all, 0, 2); len(whole) != len(all) {
			t.Errorf("of %d acts %d are about all minutes", len(all), len(whole))
		}
	})
}
