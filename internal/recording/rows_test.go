package recording

import (
	"bytes"
	"os"
	"testing"

	"verhaal/internal/db"
	"verhaal/internal/fault"
	"verhaal/internal/policy"
	"verhaal/internal/recording/chunk"
	"verhaal/internal/recording/proof"
)

// olderDatabase starts the server with a database from before any part of a
// recording began.
func (h *house) olderDatabase(t testing.TB, id chunk.ID) {
	t.Helper()
	_, err := h.log.Do(t.Context(), h.act("recording.marked", "ann", Recording{ID: id, Casefile: "c1"}), func(tx *db.Tx) error {
		_, err := tx.Exec(`delete from recording_part where recording = $1`, id.String())
		return err
	})
	ok(t, err)
	h.again(t)
}

// TestAPartThatADatabaseForgotIsFoundAgain: from what stands beside its records,
// or beside its key; it goes on, opens and is sealed, and its number is nobody
// else's.
func TestAPartThatADatabaseForgotIsFoundAgain(t *testing.T) {
	for lost, which := range map[string][]int{"nothing": nil, "beside the records": {0}, "beside the key": {1}} {
		t.Run(lost, func(t *testing.T) {
			each(t, func(t *testing.T, h *house) {
				ctx := t.Context()
				id := h.started(t)
				r := h.begin(t, id, 0)
				_, err := h.Append(ctx, r.part, r.film(t, 4))
				ok(t, err)
				for _, n := range which {
					ok(t, os.Remove(h.rowFiles(r.part)[n]))
				}
				h.olderDatabase(t, id)
				ack, err := h.Append(ctx, r.part, r.film(t, 4))
				ok(t, err)
				if ack.Next != 8 || h.acts(t, "recording.part_indexed") != 1 {
					t.Errorf("%d records, indexed %d times", ack.Next, h.acts(t, "recording.part_indexed"))
				}
				if next := h.begin(t, id, 0); next.part.Number != 1 {
					t.Errorf("the next part is %d", next.part.Number)
				}
				h.sealed(t, id)
				got, err := h.Release(ctx, "ann", r.part, []uint32{0}, "official_record", 0)
				ok(t, err)
				if got.Halves[0] != chunk.Release(r.b, 0, 0) || len(got.Share) == 0 {
					t.Error("its key was lost")
				}
				text, _, err := h.Manifest(ctx, "ann", id)
				ok(t, err)
				m, err := proof.ParseManifest(text)
				ok(t, err)
				if len(m.Tracks) != 1 || m.Tracks[0].Records() != 8 {
					t.Errorf("under the seal are %+v", m.Tracks)
				}
			})
		})
	}
}

// TestNoKeyIsWrittenOver: where nothing tells of a part but its key or its
// records, another part has another number.
func TestNoKeyIsWrittenOver(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		ctx := t.Context()
		id := h.started(t)
		main, safe := h.begin(t, id, 0), h.begin(t, id, 1)
		_, err := h.Append(ctx, safe.part, safe.film(t, 4))
		ok(t, err)
		for _, file := range append(h.rowFiles(main.part), h.rowFiles(safe.part)...) {
			ok(t, os.WriteFile(file, []byte("torn"), 0o600))
		}
		key, err := os.ReadFile(h.keyFile(main.part))
		ok(t, err)
		ok(t, os.Remove(h.keyFile(safe.part)))
		h.olderDatabase(t, id)
		if after := h.begin(t, id, 0); after.part.Number != 1 || after.b == main.b {
			t.Errorf("part %d", after.part.Number)
		}
		next := h.begin(t, id, 1)
		ack, err := h.Append(ctx, next.part, next.film(t, 4))
		ok(t, err)
		if next.part.Number != 1 || ack.Next != 4 {
			t.Errorf("part %d, %d records", next.part.Number, ack.Next)
		}
		kept, err := os.ReadFile(h.keyFile(main.part))
		ok(t, err)
		if !bytes.Equal(kept, key) {
			t.Error("the key was written over")
		}
		if err := keep(h.keyFile(main.part), []byte("other")); err == nil {
			t.Error("a file that is there was written over")
		}
		// Nor does a part that was refused take a number.
		h.level = policy.LevelVideo
		begun, err := h.Start(ctx, "ann", Ask{Casefile: "c1", Interview: "i2", Kind: "interview", Minutes: 5, Tracks: []int{0, 1}})
		ok(t, err)
		_, _, err = h.part(t, "ann", begun.ID, 1, chunk.Opus)
		wantFault(t, err, fault.Refused, "room.fault.level")
		for _, track := range []chunk.Track{0, 1} {
			if r := h.begin(t, begun.ID, track); r.part.Number != 0 {
				t.Errorf("the first part of track %d is %d", track, r.part.Number)
			}
		}
	})
}

func FuzzRow(f *testing.F) {
	f.Add([]byte(`{"v":1,"codec":2,"opened":1,"by":"ann","share_a":"","share_b":""}`))
	f.Add([]byte(`{"v":1,"codec":0}`))
	f.Add([]byte("torn"))
	f.Fuzz(func(t *testing.T, text []byte) {
		s, err := readRow(chunk.Part{Track: 1}, text)
		if err == nil && (!s.codec.Valid() || len(s.a) == 0 || len(s.b) == 0) {
			t.Errorf("%+v", s)
		}
	})
}
