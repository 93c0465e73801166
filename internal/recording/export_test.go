package recording

import (
	"archive/zip"
	"bytes"
	"errors"
	"io"
	"os"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"verhaal/internal/fault"
	"verhaal/internal/recording/chunk"
	"verhaal/internal/recording/proof"
)

// TestAnExcerptProvesItsMinutesAndOpensNoOther takes a minute out of three,
// adds its keys as a member's browser does, and holds them against every record.
func TestAnExcerptProvesItsMinutesAndOpensNoOther(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		ctx := t.Context()
		id := h.started(t)
		main, safe := h.begin(t, id, 0), h.begin(t, id, 1)
		for _, r := range []*recorder{main, safe} {
			_, err := h.Append(ctx, r.part, r.film(t, 300)) // 150 s
			ok(t, err)
		}
		both := []chunk.Track{chunk.Main, chunk.AudioSafe}
		wantFault(t, h.Excerpt(ctx, "ann", id, both, []uint32{1}, Word{}, io.Discard), fault.NotFound, "room.fault.not_sealed")
		h.sealed(t, id)
		before, err := h.log.About(ctx, "c1")
		ok(t, err)
		wantFault(t, h.Excerpt(ctx, "ben", id, both, []uint32{1}, Word{}, io.Discard), fault.Refused, "")
		for _, none := range []struct {
			tracks  []chunk.Track
			minutes []uint32
		}{{both, []uint32{1, 3}}, {both, nil}, {nil, []uint32{1}}, {[]chunk.Track{chunk.Main, chunk.Exhibit}, []uint32{1}}} {
			wantFault(t, h.Excerpt(ctx, "ann", id, none.tracks, none.minutes, Word{}, io.Discard), fault.NotFound, "room.fault.no_minutes")
		}
		after, err := h.log.About(ctx, "c1")
		ok(t, err)
		if len(after) != len(before) {
			t.Error("what was refused is in the log as if it had been done")
		}

		var archive bytes.Buffer
		ok(t, h.Excerpt(ctx, "ann", id, both, []uint32{1}, Word{}, &archive))
		z, err := zip.NewReader(bytes.NewReader(archive.Bytes()), int64(archive.Len()))
		ok(t, err)
		for _, f := range z.File {
			if f.Method != zip.Store {
				t.Errorf("%s is compressed", f.Name)
			}
		}
		result := verify(t, archive.Bytes(), proof.Options{})
		if !result.Sound || result.What != "excerpt" || result.Levels[0].State != proof.Passed || result.Levels[1].State != proof.Passed || !slices.Equal(result.Seal.Minutes, []int{1}) {
			t.Fatal(result.Words())
		}
		key := chunk.MinuteKey(main.a, chunk.Release(main.b, 0, 1), main.part, 1)
		opened, closed := 0, 0
		file, err := z.Open(main.part.File())
		ok(t, err)
		for reader := chunk.NewReader(file); ; {
			rec, err := reader.Next()
			if errors.Is(err, io.EOF) {
				break
			}
			ok(t, err)
			_, err = rec.Open(nil, key)
			if (err == nil) != (rec.Minute() == 1) {
				t.Errorf("minute %d: %v", rec.Minute(), err)
			}
			if err == nil {
				opened++
			} else {
				closed++
			}
		}
		if opened != 120 || closed != 2 {
			t.Errorf("%d records open, %d neighbours don't", opened, closed)
		}
	})
}

// TestAnExcerptReachesOverMinutesInWhichNothingWasRecorded: the recorder was
// away for two minutes, and the whole is asked for.
func TestAnExcerptReachesOverMinutesInWhichNothingWasRecorded(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		ctx := t.Context()
		id := h.started(t)
		before := h.begin(t, id, chunk.Main)
		_, err := h.Append(ctx, before.part, before.film(t, 4))
		ok(t, err)
		h.now = h.now.Add(3 * time.Minute)
		after := h.begin(t, id, chunk.Main)
		after.from = 3 * chunk.MinuteMS
		_, err = h.Append(ctx, after.part, after.film(t, 4))
		ok(t, err)
		ok(t, h.AddGap(ctx, "ann", id, Gap{Track: chunk.Main, From: 2000, To: 3 * chunk.MinuteMS, Reason: "browser"}, ""))
		h.sealed(t, id)
		main := []chunk.Track{chunk.Main}
		wantFault(t, h.Excerpt(ctx, "ann", id, main, []uint32{1, 2}, Word{}, io.Discard), fault.NotFound, "room.fault.no_minutes")
		var archive bytes.Buffer
		ok(t, h.Excerpt(ctx, "ann", id, main, []uint32{0, 1, 2, 3}, Word{}, &archive))
		if result := verify(t, archive.Bytes(), proof.Options{}); !result.Sound || !slices.Equal(result.Seal.Minutes, []int{0, 1, 2, 3}) {
			t.Error(result.Words())
		}
	})
}

func TestNoExcerptOfADamagedRecordingIsBegunOrLogged(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		ctx := t.Context()
		id := h.started(t)
		r := h.begin(t, id, 0)
		_, err := h.Append(ctx, r.part, r.film(t, 20))
		ok(t, err)
		h.sealed(t, id)
		whole, err := os.ReadFile(h.file(r.part))
		ok(t, err)
		whole[len(whole)/2] ^= 1
		ok(t, os.WriteFile(h.file(r.part), whole, 0o600))
		var out bytes.Buffer
		wantFault(t, h.Excerpt(ctx, "ann", id, []chunk.Track{0}, []uint32{0}, Word{}, &out), fault.Conflict, "room.fault.faulty")
		acts, err := h.Custody(ctx, "ann", id)
		ok(t, err)
		if last := acts[len(acts)-1].Kind; out.Len() > 0 || last != proof.SealedAct {
			t.Errorf("%d bytes were given out, and the last act is %s", out.Len(), last)
		}
	})
}

// TestTheCustodyListIsOfOneRecordingAndNamesNobody has two recordings in one
// case, as two people's interviews may be.
func TestTheCustodyListIsOfOneRecordingAndNamesNobody(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		ctx := t.Context()
		record := func() chunk.ID {
			id := h.started(t)
			r := h.begin(t, id, 0)
			_, err := h.Append(ctx, r.part, r.film(t, 4))
			ok(t, err)
			ok(t, h.AddMark(ctx, "ann", id, Mark{Kind: "entry"}))
			h.sealed(t, id)
			_, err = h.Release(ctx, "ann", r.part, []uint32{0}, "prosecution", 0)
			ok(t, err)
			ok(t, h.Excerpt(ctx, "ann", id, []chunk.Track{0}, []uint32{0}, Word{}, io.Discard))
			return id
		}
		first, second := record(), record()
		kinds := []string{"recording.started", "recording.part_opened", "recording.marked", proof.SealedAct, "recording.key_released", "recording.excerpted"}
		last := int64(-1)
		for _, id := range []chunk.ID{first, second} {
			acts, err := h.Custody(ctx, "ann", id)
			ok(t, err)
			var got []string
			for _, a := range acts {
				got = append(got, a.Kind)
				if a.Seq <= last || a.Staff != "ann" || !slices.Equal(a.Roles, []string{"interviewer"}) || a.Facts["salt"] != "" || a.Facts["channel"] != "" {
					t.Errorf("%+v", a)
				}
				last = a.Seq
			}
			if !slices.Equal(got, kinds) {
				t.Errorf("the list has %q", got)
			}
			if f := acts[4]; f.Facts["purpose"] != "prosecution" || f.Basis != "A-26" || f.Facts["minutes"] != "0" {
				t.Errorf("%+v", f)
			}
			if f := acts[5].Facts; f["tracks"] != "0" || f["minutes"] != "0" {
				t.Errorf("%+v", f)
			}
		}
		_, err := h.Custody(ctx, "ben", first)
		wantFault(t, err, fault.Refused, "")
	})
}

func TestRunsOfNumbersAreWrittenShortAndWhole(t *testing.T) {
	if got := runs([]uint32{9, 3, 4, 5, 4}); got != "3-5 9" {
		t.Errorf("%q", got)
	}
	rapid.Check(t, func(t *rapid.T) {
		numbers := rapid.SliceOf(rapid.Uint32Range(0, 40)).Draw(t, "numbers")
		var back []uint32
		for part := range bytes.FieldsSeq([]byte(runs(numbers))) {
			from, to, _ := bytes.Cut(part, []byte("-"))
			if len(to) == 0 {
				to = from
			}
			for n := atoi(from); n <= atoi(to); n++ {
				back = append(back, n)
			}
		}
		if want := slices.Compact(slices.Sorted(slices.Values(numbers))); !slices.Equal(back, want) {
			t.Fatalf("%v became %v", want, back)
		}
	})
}

func atoi(digits []byte) (n uint32) {
	for _, d := range digits {
		n = n*10 + uint32(d-'0')
	}
	return n
}
