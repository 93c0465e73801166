package recording

import (
	"archive/zip"
	"bytes"
	"context"
	"io"
	"log/slog"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"verhaal/internal/custody"
	"verhaal/internal/db"
	"verhaal/internal/db/dbtest"
	"verhaal/internal/fault"
	"verhaal/internal/policy"
	"verhaal/internal/recording/chunk"
	"verhaal/internal/recording/proof"
	"verhaal/internal/seal"
)

// house is a server's recordings with one interview of ann's; dee is the other
// member of its case.
type house struct {
	*Book
	log      *custody.Log
	db       *db.DB
	dir      string
	level    string
	key      seal.Identity
	recovery seal.Identity
	now      time.Time
	more     Config // what a test adds
	held     []string
	linked   []string
	shown    map[string]string // what the last sealed recording says of itself
	signed   []string
	away     error             // what the case files answer to a signature or a linked topic
	holds    map[string]string // the certificate that somebody has, by who it is
	excluded bool              // pam, from the case
}

func (h *house) Recordable(_ context.Context, actor, casefile, interview string) (Interview, error) {
	return Interview{Casefile: casefile, ID: interview, Channel: "police-avim", Kinds: []string{"interview"}, Level: h.level, Room: "interview_room", Pack: "nl", Version: "1", Hash: "00",
		Roles: []proof.Role{{Role: "interviewer", Person: "ann"}}}, h.MayRead(context.Background(), actor, casefile)
}

func (h *house) MayRead(_ context.Context, actor, _ string) error {
	if actor != "ann" && actor != "dee" {
		return fault.New(fault.Refused, "fault.refused", "not a member")
	}
	return nil
}

// Outside: pam is a prosecutor who has no part in the case.
func (h *house) Outside(_ context.Context, prosecutor, _ string) (Case, error) {
	if prosecutor != "pam" || h.excluded {
		return Case{}, fault.New(fault.Refused, "case.fault.own_case", "has a part")
	}
	return Case{Number: "2026-00001", Recipient: h.key.Recipient()}, nil
}

func (h *house) Heard(context.Context, string) ([]string, error) { return []string{"c1"}, nil }

func (h *house) Key(context.Context, string, string) (string, error) { return h.key.Recipient(), nil }

func (h *house) Recorded(_ *db.Tx, _, _, interview string, shown map[string]string) error {
	h.shown = shown
	h.held = append(h.held, interview)
	return nil
}

func (h *house) TopicLinked(_ *db.Tx, actor, casefile, interview string) error {
	if h.away == nil {
		h.linked = append(h.linked, actor+" "+casefile+" "+interview)
	}
	return h.away
}

func (h *house) RecordSigned(_ *db.Tx, actor, _, interview string, fields []string) error {
	if h.away == nil {
		h.signed = append(h.signed, actor+" "+interview+" "+strings.Join(fields, " "))
	}
	return h.away
}

// again opens the book as a server that starts again does.
func (h *house) again(t testing.TB) {
	t.Helper()
	if h.Book != nil {
		ok(t, h.Close())
	}
	var err error
	c := h.more
	c.Room = room
	c.Certified = func(_ context.Context, staff, kind string) (bool, error) { return h.holds[staff] == kind, nil }
	c.Files, c.Keys, c.Recovery, c.Software = filepath.Join(h.dir, "files"), filepath.Join(h.dir, "keys"), h.recovery.Recipient(), "test"
	h.Book, err = New(h.db, h.log, h, c, func() time.Time { return h.now })
	ok(t, err)
	h.Book.again = 20 * time.Millisecond
}

// room knows the kinds of room beside an interview room, one that asks for a
// certificate among them, and one beside a studio.
func room(id string) (policy.RoomKind, bool) {
	kinds := map[string]policy.RoomKind{
		"director_room":        {For: policy.ForControl, Powers: []string{policy.CanSee, policy.CanPrompt, policy.CanMark}, Beside: []string{"interview_room"}},
		"viewing_room":         {For: policy.ForViewing, Powers: []string{policy.CanSee}, Beside: []string{"interview_room"}},
		"listening_room":       {For: policy.ForViewing, Powers: []string{policy.CanHear}, Beside: []string{"interview_room"}},
		"studio_director_room": {For: policy.ForControl, Powers: []string{policy.CanSee, policy.CanSteer}, Beside: []string{"child_friendly_studio"}},
		"certified_room":       {For: policy.ForControl, Powers: []string{policy.CanSee}, Beside: []string{"interview_room"}, Certificate: "studio"},
		"interview_room":       {For: policy.ForInterview},
	}
	kind, ok := kinds[id]
	return kind, ok
}

// watch has somebody follow from a kind of room.
func (h *house) watch(t testing.TB, actor string, id chunk.ID, room string) {
	t.Helper()
	_, err := h.Watch(context.Background(), actor, id, room, "")
	ok(t, err)
}

// sealed stops a recording whose recorder fell silent.
func (h *house) sealed(t testing.TB, id chunk.ID) Receipt {
	t.Helper()
	h.now = h.now.Add(alive)
	receipt, err := h.Stop(context.Background(), "ann", id, true)
	ok(t, err)
	return receipt
}

func each(t *testing.T, f func(t *testing.T, h *house)) {
	dbtest.Each(t, func(t *testing.T, d *db.DB, w *db.Writer) { f(t, newHouse(t, d, w)) })
}

func newHouse(t testing.TB, d *db.DB, w *db.Writer) *house {
	t.Helper()
	key, err := custody.NewKey("verhaal.test/log")
	ok(t, err)
	h := &house{db: d, dir: t.TempDir(), level: "video", now: time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)}
	h.log = custody.New(d, w, key, func() time.Time { return h.now }, slog.New(slog.DiscardHandler))
	for _, id := range []*seal.Identity{&h.key, &h.recovery} {
		*id, err = seal.NewIdentity()
		ok(t, err)
	}
	h.again(t)
	return h
}

func ok(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func wantFault(t testing.TB, err error, kind fault.Kind, key string) {
	t.Helper()
	if err == nil || fault.KindOf(err) != kind || key != "" && fault.KeyOf(err) != key {
		t.Errorf("got %v (%v, %q), want %v %q", err, fault.KindOf(err), fault.KeyOf(err), kind, key)
	}
}

// recorder makes records as a browser does.
type recorder struct {
	part  chunk.Part
	a, b  chunk.Secret
	chain *chunk.Chain
	codec chunk.Codec
	size  int
	from  uint64 // ms of the recording at which the part begins
	hides bool   // the room is hidden, as its browser knows
}

func (h *house) begin(t testing.TB, id chunk.ID, track chunk.Track) *recorder {
	t.Helper()
	r := &recorder{a: chunk.NewSecret(), codec: chunk.VP8Opus, size: 2000}
	if track == 1 {
		r.codec = chunk.Opus
	}
	share, err := proof.SealShare(r.a, h.key.Recipient(), h.recovery.Recipient())
	ok(t, err)
	r.part, r.b, err = h.Part(context.Background(), "ann", id, track, r.codec, share)
	ok(t, err)
	r.chain = chunk.NewChain(r.part)
	return r
}

// film makes the next n records of half a second each.
func (r *recorder) film(t testing.TB, n int) []byte {
	t.Helper()
	var out []byte
	for range n {
		mono := r.from + uint64(r.chain.Next())*500
		hd := chunk.Header{Part: r.part, Codec: r.codec, Seq: r.chain.Next(), Mono: mono, Wall: 1_795_435_200_000 + mono, Duration: 500, Prev: r.chain.Head()}
		if hd.Seq == 0 {
			hd.Flags |= chunk.First
		}
		if hd.Seq%2 == 1 {
			hd.Flags |= chunk.KeyFrame
		}
		if r.hides {
			hd.Flags |= chunk.Hidden
		}
		minute := hd.Minute()
		plain := bytes.Repeat([]byte{byte(hd.Seq)}, r.size)
		rec, err := chunk.Seal(hd, chunk.MinuteKey(r.a, chunk.Release(r.b, r.part.Number, minute), r.part, minute), plain)
		ok(t, err)
		_, err = r.chain.Add(rec)
		ok(t, err)
		out = append(out, rec.Raw...)
	}
	return out
}

func (h *house) started(t testing.TB) chunk.ID {
	t.Helper()
	begun, err := h.Start(context.Background(), "ann", Ask{Casefile: "c1", Interview: "i1", Kind: "interview", Minutes: 60, Tracks: []int{0, 1}})
	ok(t, err)
	return begun.ID
}

func TestNothingStartsBelowTheLevelOrForStrangers(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		ctx := t.Context()
		ask := Ask{Casefile: "c1", Interview: "i1", Kind: "interview", Minutes: 60, Tracks: []int{1}}
		_, err := h.Start(ctx, "ann", ask)
		wantFault(t, err, fault.Refused, "room.fault.level")
		ask.Tracks = []int{0, 1}
		for _, kind := range []string{"talk", "formal_report", ""} { // the case is in another phase
			other := ask
			other.Kind = kind
			_, err = h.Start(ctx, "ann", other)
			wantFault(t, err, fault.Refused, "room.fault.kind")
		}
		_, err = h.Start(ctx, "ben", ask)
		wantFault(t, err, fault.Refused, "")
		ask.Minutes = 24 * 60
		ask.Tracks = []int{0, 1, 2, 3}
		free, err := h.free(h.db.Source(ctx).Query)
		ok(t, err)
		if free < ask.need() {
			_, err = h.Start(ctx, "ann", ask)
			wantFault(t, err, fault.Unavailable, "room.fault.disk")
		}
		id := h.started(t)
		_, err = h.Start(ctx, "ann", Ask{Casefile: "c1", Interview: "i1", Kind: "interview", Minutes: 60, Tracks: []int{0}})
		wantFault(t, err, fault.Conflict, "room.fault.running")
		_, err = h.State(ctx, "ben", id)
		wantFault(t, err, fault.Refused, "")
		r := h.begin(t, id, 0)
		_, err = h.Release(ctx, "ben", r.part, []uint32{0}, "official_record", 0)
		wantFault(t, err, fault.Refused, "")
		for purpose, until := range map[string]time.Duration{"": 0, "curiosity": 0, "official_record": longest + time.Millisecond} {
			_, err = h.Release(ctx, "ann", r.part, []uint32{0}, purpose, h.now.Add(until).UnixMilli())
			wantFault(t, err, fault.BadInput, "room.fault.purpose")
		}
		got, err := h.Release(ctx, "ann", r.part, []uint32{0}, "official_record", 0)
		ok(t, err)
		if got.Until != h.now.Add(working).UnixMilli() || got.Halves[0] != chunk.Release(r.b, 0, 0) {
			t.Error("another half was given out")
		}
		acts, err := h.log.About(ctx, "c1")
		ok(t, err)
		if last := string(acts[len(acts)-1].Leaf); !strings.Contains(last, "recording.key_released") || !strings.Contains(last, "official_record") || !strings.Contains(last, `"A-22"`) || !strings.Contains(last, number(got.Until)) {
			t.Errorf("the log says %s", last)
		}
		h.now = h.now.Add(working) // the page asks for the purpose anew
		_, err = h.Release(ctx, "ann", r.part, []uint32{0}, "official_record", got.Until)
		wantFault(t, err, fault.Refused, "room.fault.time_box")
	})
}

func TestWhatIsAcknowledgedIsThereOnceAndUnchanged(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		ctx := t.Context()
		id := h.started(t)
		r := h.begin(t, id, 0)
		first := r.film(t, 5)
		ack, err := h.Append(ctx, r.part, first)
		ok(t, err)
		if ack.Next != 5 || ack.Head != r.chain.Head() {
			t.Errorf("%+v", ack)
		}
		// A lost answer is sent for again, with what came since.
		more := r.film(t, 3)
		again, err := h.Append(ctx, r.part, append(bytes.Clone(first), more...))
		ok(t, err)
		file, err := os.ReadFile(h.file(r.part))
		ok(t, err)
		if again.Next != 8 || !bytes.Equal(file, append(bytes.Clone(first), more...)) {
			t.Errorf("%d records, %d bytes", again.Next, len(file))
		}
		// Other bytes never take the place of those that are there.
		other := h.begin2(t, r)
		ack, err = h.Append(ctx, r.part, other)
		wantFault(t, err, fault.Conflict, elsewhere)
		if ack.Next != 8 || ack.Head != r.chain.Head() {
			t.Errorf("a conflict answers %+v", ack)
		}
		r.film(t, 1) // lost on its way
		_, err = h.Append(ctx, r.part, r.film(t, 1))
		wantFault(t, err, fault.Conflict, elsewhere)
		damaged := r.film(t, 1)
		damaged[200] ^= 1
		_, err = h.Append(ctx, r.part, damaged)
		wantFault(t, err, fault.BadInput, "room.fault.record")
		_, err = h.Append(ctx, r.part, first[:100])
		wantFault(t, err, fault.BadInput, "room.fault.record")
		after, err := os.ReadFile(h.file(r.part))
		ok(t, err)
		if !bytes.Equal(after, file) {
			t.Error("a refused body changed the file")
		}
	})
}

// begin2 makes the first record of a part anew, with another key.
func (h *house) begin2(t testing.TB, r *recorder) []byte {
	t.Helper()
	two := &recorder{part: r.part, a: chunk.NewSecret(), b: r.b, chain: chunk.NewChain(r.part), codec: r.codec, size: r.size}
	return two.film(t, 1)
}

// TestAfterAPowerCutTheFilesTellWhatThereIs cuts a file at every byte of its
// last record, as a power cut may, and starts the server again.
func TestAfterAPowerCutTheFilesTellWhatThereIs(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		ctx := t.Context()
		id := h.started(t)
		r := h.begin(t, id, 0)
		r.size = 40
		_, err := h.Append(ctx, r.part, r.film(t, 4))
		ok(t, err)
		whole, err := os.ReadFile(h.file(r.part))
		ok(t, err)
		last := r.film(t, 1)
		for cut := range len(last) {
			torn := append(bytes.Clone(whole), last[:cut]...)
			if cut%3 == 0 && cut > 0 { // bytes that were never written can be anything
				torn[len(torn)-1] ^= 0x55
			}
			ok(t, os.WriteFile(h.file(r.part), torn, 0o600))
			h.again(t)
			ack, err := h.Next(ctx, r.part)
			ok(t, err)
			file, err := os.ReadFile(h.file(r.part))
			ok(t, err)
			if ack.Next != 4 || !bytes.Equal(file, whole) {
				t.Fatalf("cut at %d: %d records, %d bytes", cut, ack.Next, len(file))
			}
		}
		_, err = h.Append(ctx, r.part, last)
		ok(t, err)
	})
}

func TestASealedRecordingVerifiesAndTakesNothingMore(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		ctx := t.Context()
		id := h.started(t)
		main, safe := h.begin(t, id, 0), h.begin(t, id, 1)
		for range 3 {
			for _, r := range []*recorder{main, safe} {
				_, err := h.Append(ctx, r.part, r.film(t, 4))
				ok(t, err)
			}
		}
		ok(t, h.AddMark(ctx, "ann", id, Mark{Kind: "entry", Mono: 900}))
		h.now = h.now.Add(2 * time.Second)
		ok(t, h.AddGap(ctx, "ann", id, Gap{Track: 0, From: 6000, To: 7000, Reason: "browser"}, ""))
		second := h.begin(t, id, 0) // the recorder went on after a crash
		_ = second
		_, err := h.Stop(ctx, "ann", id, false)
		wantFault(t, err, fault.BadInput, "room.fault.not_empty")
		h.again(t) // the server was killed before the stop
		_, err = h.Stop(ctx, "ann", id, true)
		wantFault(t, err, fault.Conflict, "room.fault.records") // who knows whether the recorder lives
		h.now = h.now.Add(time.Minute)
		receipt, err := h.Stop(ctx, "ann", id, true)
		ok(t, err)
		if len(receipt.Manifest) != 64 || receipt.Ended-receipt.Started != 62_000 {
			t.Errorf("%+v", receipt)
		}
		if !slices.Equal(h.held, []string{"i1"}) {
			t.Errorf("held in the act of the seal: %v", h.held)
		}
		again, err := h.Stop(ctx, "ann", id, true) // the answer was lost
		ok(t, err)
		if again != receipt {
			t.Errorf("the receipt became %+v", again)
		}
		_, err = h.Append(ctx, main.part, main.film(t, 1))
		wantFault(t, err, fault.Conflict, "room.fault.over")
		wantFault(t, h.AddMark(ctx, "ann", id, Mark{Kind: "entry"}), fault.Conflict, "room.fault.over")

		var archive bytes.Buffer
		ok(t, h.Export(ctx, "ann", id, &archive))
		result := verify(t, archive.Bytes(), proof.Options{})
		if !result.Sound || result.Levels[0].State != proof.Passed || result.Levels[1].State != proof.Passed || len(result.Tracks) != 2 {
			t.Errorf("%s", result.Words())
		}
		wantFault(t, h.Export(ctx, "ben", id, io.Discard), fault.Refused, "")
	})
}

func TestAWatcherGetsEveryByteThatIsSealedAndMayPromptOnlyFromSomeRooms(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		ctx := t.Context()
		id := h.started(t)
		r := h.begin(t, id, 0)
		_, err := h.Append(ctx, r.part, r.film(t, 2))
		ok(t, err)
		var got bytes.Buffer
		var wait sync.WaitGroup
		wait.Go(func() {
			if err := h.Stream(ctx, "ann", r.part, Range{At: -1, Until: -1}, &got, func() {}); err != nil {
				t.Error(err)
			}
		})
		for range 20 {
			_, err := h.Append(ctx, r.part, r.film(t, 1+rand.IntN(3)))
			ok(t, err)
		}
		h.sealed(t, id)
		wait.Wait()
		file, err := os.ReadFile(h.file(r.part))
		ok(t, err)
		if !bytes.Equal(got.Bytes(), file) {
			t.Errorf("%d of %d bytes were seen", got.Len(), len(file))
		}
		var some bytes.Buffer
		ok(t, h.Stream(ctx, "ann", r.part, Range{From: 1, To: 2, HasTo: true, At: -1, Until: -1}, &some, func() {}))
		if record, rest, err := chunk.Parse(some.Bytes()); err != nil || record.Seq != 1 || len(rest) == 0 {
			t.Errorf("record %d, %v", record.Seq, err)
		}
		if err := h.Stream(ctx, "ben", r.part, Range{At: -1, Until: -1}, io.Discard, func() {}); fault.KindOf(err) != fault.Refused {
			t.Errorf("a stranger watches: %v", err)
		}

		h.level = "audio"
		next, err := h.Start(ctx, "ann", Ask{Casefile: "c1", Interview: "i2", Kind: "interview", Minutes: 5, Tracks: []int{1}})
		ok(t, err)
		words, err := seal.Seal([]byte(`{"v":1,"text":"ask"}`), h.key.Recipient())
		ok(t, err)
		h.watch(t, "ann", next.ID, "viewing_room")
		wantFault(t, h.AddMark(ctx, "ann", next.ID, Mark{Kind: "prompt", Sealed: words}), fault.Refused, "room.fault.no_prompt")
		h.watch(t, "ann", next.ID, "director_room")
		ok(t, h.AddMark(ctx, "ann", next.ID, Mark{Kind: "prompt", Sealed: words}))
		if err := h.AddMark(ctx, "ann", next.ID, Mark{Kind: "prompt", Sealed: []byte("in the clear")}); err == nil {
			t.Error("a prompt in the clear was kept")
		}
	})
}

// TestOneProcessKeepsTheFolderOfRecordings: two would both append to a part. The
// other is told so, and goes on when the first has ended.
func TestOneProcessKeepsTheFolderOfRecordings(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		ctx := t.Context()
		r := h.begin(t, h.started(t), 0)
		other, err := New(h.db, h.log, h, h.config, h.clock)
		ok(t, err)
		_, err = other.Append(ctx, r.part, r.film(t, 1))
		wantFault(t, err, fault.Unavailable, "room.fault.process")
		_, err = other.Start(ctx, "ann", Ask{Casefile: "c1", Interview: "i2", Kind: "interview", Minutes: 5, Tracks: []int{0, 1}})
		wantFault(t, err, fault.Unavailable, "room.fault.process")
		ok(t, h.Close())
		_, err = other.State(ctx, "ann", r.part.Recording)
		ok(t, err)
		ok(t, other.Close())
	})
}

func FuzzAppend(f *testing.F) {
	f.Add([]byte("VHC1"))
	f.Add(bytes.Repeat([]byte{0}, 200))
	p := chunk.Part{}
	f.Fuzz(func(t *testing.T, body []byte) {
		r := &running{}
		r.parts = []*part{{Part: p, codec: chunk.VP8Opus, chain: chunk.NewChain(p), tally: proof.NewTally(p)}}
		fresh, err := r.fresh(r.parts[0], body)
		if err != nil && fault.KindOf(err) != fault.BadInput && fault.KindOf(err) != fault.Conflict {
			t.Errorf("%v", err)
		}
		n := 0
		for _, record := range fresh {
			n += len(record.Raw)
		}
		if err == nil && n != len(body) {
			t.Errorf("%d of %d bytes were taken", n, len(body))
		}
	})
}

func verify(t *testing.T, archive []byte, o proof.Options) proof.Result {
	t.Helper()
	z, err := zip.NewReader(bytes.NewReader(archive), int64(len(archive)))
	ok(t, err)
	result, err := proof.Verify(t.Context(), z, o)
	ok(t, err)
	return result
}
