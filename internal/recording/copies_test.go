package recording

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"verhaal/internal/blob"
	"verhaal/internal/blob/blobtest"
	"verhaal/internal/db"
	"verhaal/internal/db/dbtest"
	"verhaal/internal/fault"
	"verhaal/internal/recording/chunk"
	"verhaal/internal/recording/proof"
	"verhaal/internal/recording/stamp/stamptest"
)

// store is a second copy that can be away.
type store struct {
	blob.Store
	away atomic.Bool
}

func (s *store) Append(ctx context.Context, name string, at int64, b []byte) (int64, error) {
	if s.away.Load() {
		return 0, fault.New(fault.Unavailable, "", "away")
	}
	return s.Store.Append(ctx, name, at, b)
}

func (s *store) Status(ctx context.Context, name string) (blob.Progress, error) {
	if s.away.Load() {
		return blob.Progress{}, fault.New(fault.Unavailable, "", "away")
	}
	return s.Store.Status(ctx, name)
}

// withCopies runs a test with each kind of second copy.
func withCopies(t *testing.T, f func(t *testing.T, h *house, s *store)) {
	kinds := map[string]func(t *testing.T) blob.Store{
		"folder": func(t *testing.T) blob.Store {
			disk, err := blob.OpenDisk(t.TempDir())
			ok(t, err)
			t.Cleanup(func() { ok(t, disk.Close()) })
			return disk
		},
		"bucket": func(t *testing.T) blob.Store {
			s3, err := blob.OpenS3(t.Context(), blobtest.Start(t).Config())
			ok(t, err)
			return s3
		},
	}
	for name, open := range kinds {
		t.Run(name, func(t *testing.T) {
			dbtest.Each(t, func(t *testing.T, d *db.DB, w *db.Writer) {
				h, s := newHouse(t, d, w), &store{Store: open(t)}
				h.more.Copies = s
				h.again(t)
				f(t, h, s)
			})
		})
	}
}

// run has the book's Run work until the returned function is called.
func (h *house) run() (stop func()) {
	ctx, cancel := context.WithCancel(context.Background())
	var wait sync.WaitGroup
	wait.Go(func() { h.Run(ctx) })
	return sync.OnceFunc(func() { cancel(); wait.Wait() })
}

func (h *house) until(t *testing.T, what string, true func() bool) {
	t.Helper()
	for range 3000 {
		if true() {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Fatalf("it never came true: %s", what)
}

func (h *house) copiedNow(t *testing.T, p chunk.Part) bool {
	t.Helper()
	s, err := h.State(t.Context(), "ann", p.Recording)
	ok(t, err)
	return s.Copied
}

func TestWhatADiskLostComesBackFromTheSecondCopyAndTheRecordingGoesOn(t *testing.T) {
	withCopies(t, func(t *testing.T, h *house, s *store) {
		ctx := t.Context()
		stop := h.run()
		defer func() { stop() }()
		r := h.begin(t, h.started(t), 0)
		for range 5 {
			_, err := h.Append(ctx, r.part, r.film(t, 4))
			ok(t, err)
		}
		h.until(t, "copied", func() bool {
			progress, err := s.Status(ctx, CopyName(r.part))
			return err == nil && progress.Size == h.size(t, r.part)
		})
		stop()
		before, err := os.ReadFile(h.file(r.part))
		ok(t, err)
		ok(t, os.Remove(h.file(r.part)))
		h.again(t)
		stop = h.run()
		_, err = h.Append(ctx, r.part, r.film(t, 4))
		ok(t, err)
		after, err := os.ReadFile(h.file(r.part))
		ok(t, err)
		if !bytes.HasPrefix(after, before) || len(after) <= len(before) {
			t.Errorf("%d bytes came back of %d", len(after), len(before))
		}
		h.sealed(t, r.part.Recording)
		h.until(t, "the whole is a blob elsewhere", func() bool {
			size, err := s.Stat(ctx, CopyName(r.part))
			return err == nil && size == int64(len(after))
		})
		h.until(t, "the log says so", func() bool { return h.acts(t, "recording.copied") == 1 })
	})
}

// TestASecondCopyNeverTakesThePlaceOfASoundFirst has somebody who holds the
// second store put other bytes there, longer than what was recorded.
func TestASecondCopyNeverTakesThePlaceOfASoundFirst(t *testing.T) {
	withCopies(t, func(t *testing.T, h *house, s *store) {
		ctx := t.Context()
		id := h.started(t)
		r := h.begin(t, id, chunk.Main)
		_, err := h.Append(ctx, r.part, r.film(t, 6))
		ok(t, err)
		first, err := os.ReadFile(h.file(r.part))
		ok(t, err)
		kept, more := len(first), r.film(t, 2) // records that never arrived, but would fit
		other := h.begin(t, id, chunk.AudioSafe)
		foreign := other.film(t, 12)
		holds := func(what string, copied []byte) {
			t.Helper()
			ok(t, s.Delete(ctx, CopyName(r.part)))
			ok(t, s.Create(ctx, CopyName(r.part)))
			_, err := s.Append(ctx, CopyName(r.part), 0, copied)
			ok(t, err)
			h.again(t)
			_, err = h.State(ctx, "ann", r.part.Recording)
			ok(t, err)
			now, err := os.ReadFile(h.file(r.part))
			ok(t, err)
			if !bytes.Equal(now[:kept], first[:kept]) {
				t.Fatalf("%s took the place of what was recorded", what)
			}
		}
		junk := bytes.Repeat([]byte("x"), 2*kept)
		holds("junk", junk)
		holds("another track", foreign)
		h.sealed(t, r.part.Recording)
		if first, err = os.ReadFile(h.file(r.part)); err != nil || len(first) < kept {
			t.Fatal(err)
		}
		kept = len(first)
		holds("junk after the seal", junk)
		holds("more than was sealed", append(bytes.Clone(first), more...))
		if h.size(t, r.part) != int64(kept) {
			t.Error("the sealed file has grown")
		}
		ok(t, os.Truncate(h.file(r.part), int64(kept/2)))
		kept /= 2
		holds("what was sealed", first)
		if now, err := os.ReadFile(h.file(r.part)); err != nil || !bytes.Equal(now, first) {
			t.Errorf("what was sealed did not come back: %d bytes (%v)", len(now), err)
		}
	})
}

func TestAStoreThatIsAwayStopsNoRecordingAndGetsTheRestLater(t *testing.T) {
	withCopies(t, func(t *testing.T, h *house, s *store) {
		ctx := t.Context()
		s.away.Store(true)
		defer h.run()()
		r := h.begin(t, h.started(t), 0)
		for range 5 {
			_, err := h.Append(ctx, r.part, r.film(t, 4))
			ok(t, err)
		}
		if h.copiedNow(t, r.part) {
			t.Error("it says that there is a second copy")
		}
		h.again(t) // a start while the store is away
		defer h.run()()
		_, err := h.Append(ctx, r.part, r.film(t, 4))
		ok(t, err)
		s.away.Store(false)
		h.until(t, "copied", func() bool { return h.copiedNow(t, r.part) })
	})
}

func TestWhereTheSecondCopyComesFirstNothingIsSafeBefore(t *testing.T) {
	withCopies(t, func(t *testing.T, h *house, s *store) {
		h.more.CopyFirst = true
		h.again(t)
		defer h.run()()
		r := h.begin(t, h.started(t), 0)
		for range 3 {
			_, err := h.Append(t.Context(), r.part, r.film(t, 2))
			ok(t, err)
			progress, err := s.Status(t.Context(), CopyName(r.part))
			ok(t, err)
			if progress.Size != h.size(t, r.part) {
				t.Errorf("acknowledged with %d of %d bytes elsewhere", progress.Size, h.size(t, r.part))
			}
		}
		s.away.Store(true)
		ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
		defer cancel()
		more := r.film(t, 1)
		for range 2 { // sent again it is there already, and still not safe
			_, err := h.Append(ctx, r.part, more)
			wantFault(t, err, fault.Unavailable, "room.fault.copy")
		}
	})
}

func (h *house) size(t *testing.T, p chunk.Part) int64 {
	t.Helper()
	info, err := os.Stat(h.file(p))
	ok(t, err)
	return info.Size()
}

// acts counts the acts of a kind about the case.
func (h *house) acts(t *testing.T, kind string) (n int) {
	t.Helper()
	acts, err := h.log.About(t.Context(), "c1")
	ok(t, err)
	for _, a := range acts {
		if strings.Contains(string(a.Leaf), `"`+kind+`"`) {
			n++
		}
	}
	return n
}

func TestEachMinutesHeadsAreInTheLogAndInTheExport(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		ctx := t.Context()
		id := h.started(t)
		main, safe := h.begin(t, id, 0), h.begin(t, id, 1)
		for range 35 { // 140 seconds, four at a time
			for _, r := range []*recorder{main, safe} {
				_, err := h.Append(ctx, r.part, r.film(t, 8))
				ok(t, err)
			}
		}
		if n := h.acts(t, proof.HeadsAct); n != 3 {
			t.Errorf("%d acts for 3 minutes", n)
		}
		h.sealed(t, id)
		_, acts, err := h.inLog(ctx, Recording{ID: id, Casefile: "c1"}, h.manifestOf(t, id))
		ok(t, err)
		last := map[chunk.Track][]uint32{}
		for _, a := range acts[:len(acts)-1] {
			heads, err := proof.ReadHeads(a.Leaf, id)
			ok(t, err)
			for _, head := range heads {
				last[head.Part.Track] = append(last[head.Part.Track], head.Seq)
			}
		}
		// The sound begins after the first act; the picture's first head is what
		// came at once, all others are the last of their minute.
		if !slices.Equal(last[chunk.Main], []uint32{7, 119, 239}) || !slices.Equal(last[chunk.AudioSafe], []uint32{119, 239}) {
			t.Errorf("the heads are of records %v", last)
		}
		var archive bytes.Buffer
		ok(t, h.Export(ctx, "ann", id, &archive))
		// 140 seconds came in an instant: the check notes that they go on after the end, once for each track.
		result := verify(t, archive.Bytes(), proof.Options{LogKey: h.log.Verifier()})
		if !result.Sound || result.Seal.Heads != 5 || len(result.Notes) != 2 || result.Notes[0].Kind != proof.Clock || result.Notes[1].Kind != proof.Clock {
			t.Error(result.Words())
		}
		archive.Reset()
		ok(t, h.Excerpt(ctx, "ann", id, []chunk.Track{chunk.Main}, []uint32{1}, Word{}, &archive))
		if result := verify(t, archive.Bytes(), proof.Options{LogKey: h.log.Verifier()}); !result.Sound || result.Seal.Heads != 2 {
			t.Error(result.Words())
		}
	})
}

func (h *house) manifestOf(t *testing.T, id chunk.ID) []byte {
	t.Helper()
	text, _, err := h.Manifest(t.Context(), "ann", id)
	ok(t, err)
	return text
}

func TestASealIsStampedAsSoonAsTheAuthorityAnswers(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		ctx := t.Context()
		tsa := stamptest.Start(t)
		h.now = time.Now().Add(-time.Minute)
		h.more.Stamp = tsa.Authority()
		h.again(t)
		r := h.begin(t, h.started(t), 0)
		_, err := h.Append(ctx, r.part, r.film(t, 4))
		ok(t, err)
		tsa.Refuse = true
		h.sealed(t, r.part.Recording)
		h.stampAll(ctx)
		if n := h.acts(t, "recording.stamped"); n != 0 {
			t.Error("stamped by nobody")
		}
		tsa.Refuse = false
		h.stampAll(ctx)
		h.stampAll(ctx)
		if n := h.acts(t, "recording.stamped"); n != 1 {
			t.Errorf("stamped %d times", n)
		}
		var archive bytes.Buffer
		ok(t, h.Export(ctx, "ann", r.part.Recording, &archive))
		result := verify(t, archive.Bytes(), proof.Options{Authorities: tsa.Roots()})
		if !result.Sound || result.Seal.Stamp == nil || !result.Seal.Stamp.Trusted {
			t.Errorf("%s", result.Words())
		}
		other := stamptest.Start(t)
		if result := verify(t, archive.Bytes(), proof.Options{Authorities: other.Roots()}); result.Sound {
			t.Error("a stamp of a stranger counts")
		}
	})
}

// hanging is an authority that never answers.
type hanging struct{ asked chan struct{} }

func (s hanging) Stamp(ctx context.Context, _ []byte) ([]byte, error) {
	s.asked <- struct{}{}
	<-ctx.Done()
	return nil, ctx.Err()
}

func TestAnAuthorityThatHangsHoldsUpNoCopy(t *testing.T) {
	withCopies(t, func(t *testing.T, h *house, _ *store) {
		hangs := hanging{make(chan struct{}, 1)}
		h.more.Stamp, h.more.CopyFirst = hangs, true
		h.again(t)
		stop := h.run()
		defer func() { stop() }()
		r := h.begin(t, h.started(t), 0)
		_, err := h.Append(t.Context(), r.part, r.film(t, 4))
		ok(t, err)
		h.sealed(t, r.part.Recording)
		<-hangs.asked // and it is still waited for
		next := h.begin(t, h.started(t), 0)
		_, err = h.Append(t.Context(), next.part, next.film(t, 4))
		ok(t, err) // the second copy has it
	})
}

func TestHowManySealsWaitForAStampIsTold(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		tsa := stamptest.Start(t)
		var told []string
		h.now = time.Now().Add(-time.Minute)
		h.more.Stamp, h.more.Unstamped = tsa.Authority(), func(left int, err error) { told = append(told, fmt.Sprint(left, err != nil)) }
		h.again(t)
		r := h.begin(t, h.started(t), 0)
		_, err := h.Append(t.Context(), r.part, r.film(t, 4))
		ok(t, err)
		h.sealed(t, r.part.Recording)
		tsa.Refuse = true
		if err := h.stampAll(t.Context()); err == nil {
			t.Error("a refusal is none")
		}
		tsa.Refuse = false
		ok(t, h.stampAll(t.Context()))
		if !slices.Equal(told, []string{"1 true", "0 false"}) {
			t.Errorf("told: %v", told)
		}
	})
}

// away is an authority that never answers, and counts how often it was asked.
type away struct{ asked atomic.Int32 }

func (a *away) Stamp(context.Context, []byte) ([]byte, error) {
	a.asked.Add(1)
	return nil, fault.New(fault.Unavailable, "", "away")
}

func TestAnAuthorityThatFailsIsAskedLessAndLessOften(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		var a away
		h.more.Stamp = &a
		h.again(t)
		r := h.begin(t, h.started(t), 0)
		_, err := h.Append(t.Context(), r.part, r.film(t, 4))
		ok(t, err)
		h.sealed(t, r.part.Recording)
		stop := h.run()
		time.Sleep(40 * h.Book.again)
		stop()
		if n := a.asked.Load(); n < 2 || n > 6 {
			t.Errorf("it was asked %d times", n)
		}
		if n, err := h.Unstamped(t.Context()); err != nil || n != 1 {
			t.Errorf("%d seals wait, %v", n, err)
		}
	})
}
