package recording

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/gowebpki/jcs"

	"verhaal/internal/fault"
	"verhaal/internal/recording/chunk"
	"verhaal/internal/seal"
)

func (h *house) written(t *testing.T, words string, told ...string) Official {
	t.Helper()
	sealed, err := seal.Seal([]byte(words), h.key.Recipient())
	ok(t, err)
	return Official{Told: told, Epoch: 1, Sealed: sealed}
}

// sealedFilm is a recording of a minute that is over; the notice is marked when
// announced says so.
func (h *house) sealedFilm(t *testing.T, announced bool) chunk.ID {
	t.Helper()
	id := h.started(t)
	r := h.begin(t, id, 0)
	_, err := h.Append(t.Context(), r.part, r.film(t, 120))
	ok(t, err)
	if announced {
		ok(t, h.AddMark(t.Context(), "ann", id, Mark{Kind: "announced", Mono: 1000}))
	}
	h.sealed(t, id)
	return id
}

// TestAnOfficialRecordIsSignedOnceCompleteByWhoInterviewed: what the recording
// knows counts by itself, what is missing is named, a signed one stays.
func TestAnOfficialRecordIsSignedOnceCompleteByWhoInterviewed(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		ctx := t.Context()
		id := h.sealedFilm(t, true)
		o, err := h.Official(ctx, "ann", id)
		ok(t, err)
		if !slices.Equal(o.Missing, WrittenFields()) || o.N != 0 {
			t.Errorf("an unwritten one lacks %q", o.Missing)
		}
		wantFault(t, h.WriteOfficial(ctx, "ann", id, h.written(t, "x", "interviewers"), 0), fault.BadInput, "")
		wantFault(t, h.WriteOfficial(ctx, "ann", id, Official{Sealed: []byte("open words")}, 0), fault.BadInput, "")
		wantFault(t, h.WriteOfficial(ctx, "ben", id, h.written(t, "x"), 0), fault.Refused, "")
		ok(t, h.WriteOfficial(ctx, "dee", id, h.written(t, "first", "requester"), 0))
		wantFault(t, h.WriteOfficial(ctx, "ann", id, h.written(t, "over it"), 0), fault.Conflict, "room.fault.official_changed")
		wantFault(t, h.SignOfficial(ctx, "ann", id, 1), fault.Refused, "room.fault.official_missing")

		whole := h.written(t, "whole", WrittenFields()...)
		ok(t, h.WriteOfficial(ctx, "ann", id, whole, 1))
		wantFault(t, h.SignOfficial(ctx, "dee", id, 2), fault.Refused, "room.fault.official_signer")
		wantFault(t, h.SignOfficial(ctx, "ann", id, 1), fault.Conflict, "room.fault.official_changed")
		ok(t, h.SignOfficial(ctx, "ann", id, 2))
		wantFault(t, h.SignOfficial(ctx, "ann", id, 2), fault.Conflict, "room.fault.official_signed")
		o, err = h.Official(ctx, "ann", id)
		ok(t, err)
		if o.Signer != "ann" || o.N != 1 || len(o.Hash) != 32 || !bytes.Equal(o.Sealed, whole.Sealed) || len(o.Missing) > 0 {
			t.Errorf("signed: %+v", o)
		}

		// A signed one is written anew only for a reason and by who interviewed, beside
		// the old, which counts until the new one is signed.
		signed := o
		wantFault(t, h.WriteOfficial(ctx, "ann", id, h.written(t, "other", WrittenFields()...), 2), fault.BadInput, "room.fault.official_reason")
		anew := h.written(t, "anew", "requester")
		anew.Reason = "mistake"
		wantFault(t, h.WriteOfficial(ctx, "dee", id, anew, 2), fault.Refused, "room.fault.official_anew")
		ok(t, h.WriteOfficial(ctx, "ann", id, anew, 2))
		wantFault(t, h.WriteOfficial(ctx, "dee", id, h.written(t, "hers", WrittenFields()...), 3), fault.Refused, "room.fault.official_anew")
		beside := func(o Official) {
			t.Helper()
			if len(o.Before) != 1 || o.Before[0].N != 1 || o.Before[0].Signer != "ann" || !o.Before[0].Signed.Equal(signed.Signed) ||
				!bytes.Equal(o.Before[0].Hash, signed.Hash) || !bytes.Equal(o.Before[0].Sealed, whole.Sealed) {
				t.Errorf("the signed one became %+v", o.Before)
			}
		}
		o, err = h.Official(ctx, "dee", id)
		ok(t, err)
		if o.N != 2 || o.Signer != "" || o.Reason != "mistake" {
			t.Errorf("anew: %+v", o)
		}
		beside(o)
		if len(h.signed) != 1 {
			t.Errorf("the case was told %q before the new one was signed", h.signed)
		}
		ok(t, h.WriteOfficial(ctx, "ann", id, h.written(t, "anew, and whole", WrittenFields()...), 3))
		ok(t, h.SignOfficial(ctx, "ann", id, 4))
		o, err = h.Official(ctx, "ann", id)
		ok(t, err)
		if o.N != 2 || o.Signer != "ann" || o.Reason != "mistake" || bytes.Equal(o.Hash, signed.Hash) {
			t.Errorf("signed anew: %+v", o)
		}
		beside(o)
		acts, err := h.log.About(ctx, "c1")
		ok(t, err)
		var log strings.Builder
		for _, a := range acts {
			log.Write(a.Leaf)
		}
		if !strings.Contains(log.String(), "recording.official_signed") || strings.Count(log.String(), "recording.official_written") != 4 {
			t.Errorf("the log says %s", &log)
		}
	})
}

func TestANoticeThatNobodyMarkedIsMissingUntilItIsWrittenDown(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		id := h.sealedFilm(t, false)
		ok(t, h.WriteOfficial(t.Context(), "ann", id, h.written(t, "all but one", WrittenFields()...), 0))
		o, err := h.Official(t.Context(), "ann", id)
		ok(t, err)
		if !slices.Equal(o.Missing, []string{"notice_given"}) {
			t.Errorf("%q are missing", o.Missing)
		}
		ok(t, h.WriteOfficial(t.Context(), "ann", id, h.written(t, "all", append(WrittenFields(), "notice_given")...), 1))
		ok(t, h.SignOfficial(t.Context(), "ann", id, 2))
	})
}

// TestARecordIsSignedWithTheWordOfItToTheRulesOrNotAtAll: what they did not hear
// is not signed, so that it can be signed again.
func TestARecordIsSignedWithTheWordOfItToTheRulesOrNotAtAll(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		ctx := t.Context()
		id := h.sealedFilm(t, true)
		ok(t, h.WriteOfficial(ctx, "ann", id, h.written(t, "whole", WrittenFields()...), 0))
		h.away = fault.New(fault.Unavailable, "", "the case files are away")
		wantFault(t, h.SignOfficial(ctx, "ann", id, 1), fault.Unavailable, "")
		o, err := h.Official(ctx, "ann", id)
		ok(t, err)
		if o.Signer != "" || h.acts(t, "recording.official_signed") != 0 {
			t.Errorf("signed by %q though nobody was told", o.Signer)
		}
		h.away = nil
		ok(t, h.SignOfficial(ctx, "ann", id, 1))
		if want := "ann i1 " + strings.Join(OfficialFields(), " "); !slices.Equal(h.signed, []string{want}) || h.acts(t, "recording.official_signed") != 1 {
			t.Errorf("the case was told %q", h.signed)
		}
	})
}

// TestASignatureCoversWhoWatchedAndWhatIsMissing: docs/formats.md says what is
// signed, and who follows that finds the same hash.
func TestASignatureCoversWhoWatchedAndWhatIsMissing(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		ctx := t.Context()
		id := h.started(t)
		r := h.begin(t, id, 0)
		_, err := h.Append(ctx, r.part, r.film(t, 120))
		ok(t, err)
		began := h.now.UnixMilli()
		h.watch(t, "dee", id, "viewing_room")
		h.watch(t, "dee", id, "") // it is told who came, not when they left
		for _, m := range []Mark{{Kind: "break", Mono: 3000}, {Kind: "announced", Mono: 1000}, {Kind: "distress", Mono: 2000}} {
			ok(t, h.AddMark(ctx, "ann", id, m))
		}
		for _, reason := range []string{"device", ClockJumped} {
			ok(t, h.AddGap(ctx, "ann", id, Gap{Track: 1, From: 2000, To: 4000, Reason: reason}, ""))
		}
		h.sealed(t, id)
		words := h.written(t, "whole", WrittenFields()...)
		ok(t, h.WriteOfficial(ctx, "ann", id, words, 0))
		ok(t, h.SignOfficial(ctx, "ann", id, 1))
		o, err := h.Official(ctx, "ann", id)
		ok(t, err)
		manifest, _, err := h.Manifest(ctx, "ann", id)
		ok(t, err)
		type object = map[string]any
		text, err := json.Marshal(object{"v": 2, "recording": id.String(), "n": 1, "manifest": fmt.Sprintf("%x", sum(manifest)),
			"known": object{"room": "interview_room", "interviewers": []string{"ann"}, "watched": []object{{"staff": "dee", "room": "viewing_room", "at": began}},
				"moments": []object{{"kind": "announced", "at": began + 1000}, {"kind": "gap", "at": began + 2000}, {"kind": "break", "at": began + 3000}}},
			"told": slices.Sorted(slices.Values(WrittenFields())), "sealed": fmt.Sprintf("%x", sum(words.Sealed)), "signer": "ann", "at": o.Signed.UnixMilli()})
		ok(t, err)
		text, err = jcs.Transform(text)
		ok(t, err)
		if !bytes.Equal(o.Hash, sum(text)) {
			t.Errorf("signed was something else than %s", text)
		}
	})
}
