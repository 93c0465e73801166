package recording

import (
	"bytes"
	"context"
	"os"
	"testing"
	"time"

	"verhaal/internal/blob"
	"verhaal/internal/db"
	"verhaal/internal/db/dbtest"
	"verhaal/internal/fault"
	"verhaal/internal/recording/proof"
)

// TestADamagedRecordTakesNoOtherWithIt: what stands behind it was acknowledged,
// so a start cuts nothing; the part ends, the recorder goes on with its next,
// and whoever verifies is told of the one record.
func TestADamagedRecordTakesNoOtherWithIt(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		ctx := t.Context()
		id := h.started(t)
		r := h.begin(t, id, 0)
		_, err := h.Append(ctx, r.part, r.film(t, 10))
		ok(t, err)
		flip(t, h.file(r.part), 5)
		before, err := os.ReadFile(h.file(r.part))
		ok(t, err)
		for range 2 { // a second start says nothing twice
			h.again(t)
			ack, err := h.Next(ctx, r.part)
			ok(t, err)
			if ack.Next != 10 || ack.Head != r.chain.Head() {
				t.Errorf("after the start there are %d records", ack.Next)
			}
		}
		_, err = h.Append(ctx, r.part, r.film(t, 1))
		wantFault(t, err, fault.Conflict, "room.fault.part_over")
		after, err := os.ReadFile(h.file(r.part))
		ok(t, err)
		if !bytes.Equal(before, after) {
			t.Errorf("%d of %d bytes are left", len(after), len(before))
		}
		s, err := h.State(ctx, "ann", id)
		ok(t, err)
		if len(s.Gaps) != 1 || s.Gaps[0] != (Gap{0, 2500, 3000, damaged}) || s.Parts[0].Open {
			t.Errorf("%+v, %+v", s.Gaps, s.Parts)
		}
		next := h.begin(t, id, 0)
		h.now = h.now.Add(7 * time.Second)
		ok(t, h.AddGap(ctx, "ann", id, Gap{0, 5000, 7000, damaged}, ""))
		next.from = 7000
		_, err = h.Append(ctx, next.part, next.film(t, 2))
		ok(t, err)
		h.sealed(t, id)
		var archive bytes.Buffer
		ok(t, h.Export(ctx, "ann", id, &archive))
		result := verify(t, archive.Bytes(), proof.Options{})
		faults := result.Faults
		if result.Sound || len(faults) != 1 || faults[0].Kind != proof.Changed || faults[0].Records == nil || faults[0].Records.From != 5 {
			t.Errorf("%s", result.Words())
		}
	})
}

// flip changes one bit in the ciphertext of a record of a file of records of
// equal size.
func flip(t *testing.T, path string, record int) {
	t.Helper()
	all, err := os.ReadFile(path)
	ok(t, err)
	size := len(all) / 10
	all[record*size+200] ^= 1
	ok(t, os.WriteFile(path, all, 0o600))
}

func TestADamagedRecordComesBackFromTheSecondCopyAndTheRecordingGoesOn(t *testing.T) {
	withCopies(t, func(t *testing.T, h *house, s *store) {
		ctx := t.Context()
		stop := h.run()
		defer func() { stop() }()
		r := h.begin(t, h.started(t), 0)
		_, err := h.Append(ctx, r.part, r.film(t, 10))
		ok(t, err)
		h.until(t, "copied", func() bool { return h.copiedNow(t, r.part) && h.copySize(t, s, r) == h.size(t, r.part) })
		stop()
		before, err := os.ReadFile(h.file(r.part))
		ok(t, err)
		flip(t, h.file(r.part), 5)
		h.again(t)
		stop = h.run()
		_, err = h.Append(ctx, r.part, r.film(t, 4))
		ok(t, err)
		after, err := os.ReadFile(h.file(r.part))
		ok(t, err)
		if !bytes.HasPrefix(after, before) || len(after) <= len(before) {
			t.Errorf("%d bytes came back of %d", len(after), len(before))
		}
		h.until(t, "copied anew", func() bool { return h.copySize(t, s, r) == h.size(t, r.part) })
	})
}

func (h *house) copySize(t *testing.T, s *store, r *recorder) int64 {
	t.Helper()
	progress, err := s.Status(t.Context(), CopyName(r.part))
	if err != nil {
		return -1
	}
	return progress.Size
}

// stuck is a second copy that never answers for one part.
type stuck struct {
	store
	name string
	free chan struct{}
}

func (s *stuck) Status(ctx context.Context, name string) (blob.Progress, error) {
	if name == s.name {
		<-s.free
	}
	return s.store.Status(ctx, name)
}

// TestASecondCopyThatDoesNotAnswerForOneRoomHoldsUpNoOther: after a start, while
// one recording waits for its copy, another is taken, acknowledged and followed.
func TestASecondCopyThatDoesNotAnswerForOneRoomHoldsUpNoOther(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB, w *db.Writer) {
		disk, err := blob.OpenDisk(t.TempDir())
		ok(t, err)
		t.Cleanup(func() { ok(t, disk.Close()) })
		h, s := newHouse(t, d, w), &stuck{store: store{Store: disk}, free: make(chan struct{})}
		h.more.Copies = s
		h.again(t)
		one := h.begin(t, h.started(t), 0)
		begun, err := h.Start(t.Context(), "ann", Ask{Casefile: "c1", Interview: "i2", Kind: "interview", Minutes: 5, Tracks: []int{0, 1}})
		ok(t, err)
		two := h.begin(t, begun.ID, 0)
		for _, r := range []*recorder{one, two} {
			_, err := h.Append(t.Context(), r.part, r.film(t, 1))
			ok(t, err)
		}
		s.name = CopyName(one.part)
		h.again(t)
		stop := h.run()
		held := make(chan error, 1)
		go func() {
			_, err := h.Append(context.Background(), one.part, one.film(t, 1))
			held <- err
		}()
		ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
		defer cancel()
		_, err = h.Append(ctx, two.part, two.film(t, 4))
		ok(t, err)
		h.until(t, "the other is copied", func() bool { return h.copiedNow(t, two.part) })
		select {
		case err := <-held:
			t.Errorf("the one that waits was answered: %v", err)
		default:
		}
		close(s.free)
		ok(t, <-held)
		stop()
	})
}
