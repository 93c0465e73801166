package recording

import (
	"bytes"
	"net/http"
	"net/http/httptest"
	"testing"

	"golang.org/x/mod/sumdb/note"

	"verhaal/internal/custody"
	"verhaal/internal/custody/witness"
	"verhaal/internal/recording/proof"
)

// TestAWitnessOutsideStandsForTheLogOfASeal: whoever trusts the witness needs
// not trust that the log is the same for everybody.
func TestAWitnessOutsideStandsForTheLogOfASeal(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		ctx := t.Context()
		secret, public, err := witness.NewKey("court.example")
		ok(t, err)
		handler, err := witness.NewServer(t.TempDir(), secret, h.log.Verifier())
		ok(t, err)
		server := httptest.NewServer(handler)
		defer server.Close()
		outside, err := custody.NewWitness(server.URL, public)
		ok(t, err)
		key, err := witness.Verifier(public)
		ok(t, err)
		id := h.started(t)
		r := h.begin(t, id, 0)
		_, err = h.Append(ctx, r.part, append(r.film(t, 20), r.last(t)...))
		ok(t, err)
		_, err = h.Stop(ctx, "ann", id, true)
		ok(t, err)
		exported := func() proof.Result {
			var archive bytes.Buffer
			ok(t, h.Export(ctx, "ann", id, &archive))
			return verify(t, archive.Bytes(), proof.Options{LogKey: h.log.Verifier(), Witnesses: []note.Verifier{key}})
		}
		if got := exported(); got.Sound || got.Levels[1].State != proof.Failed {
			t.Errorf("no witness saw it:\n%s", got.Words())
		}
		ok(t, h.log.Cosign(ctx, http.DefaultClient, outside))
		got := exported()
		if !got.Sound || got.Levels[1].State != proof.Passed || len(got.Seal.Witnesses) != 1 || got.Seal.Witnesses[0].Name != "court.example" {
			t.Errorf("a witness saw it:\n%s", got.Words())
		}
	})
}
