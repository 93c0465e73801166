package custody_test

import (
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/mod/sumdb/note"

	"verhaal/internal/custody"
	"verhaal/internal/custody/verify"
	"verhaal/internal/custody/witness"
	"verhaal/internal/db"
	"verhaal/internal/db/dbtest"
)

// watched is a witness of a log, in a house of its own.
func watched(t *testing.T, l *custody.Log) (custody.Witness, note.Verifier) {
	t.Helper()
	secret, public, err := witness.NewKey("witness.example")
	if err != nil {
		t.Fatal(err)
	}
	handler, err := witness.NewServer(t.TempDir(), secret, l.Verifier())
	if err != nil {
		t.Fatal(err)
	}
	s := httptest.NewServer(handler)
	t.Cleanup(s.Close)
	w, err := custody.NewWitness(s.URL+"/verhaal", public)
	if err != nil {
		t.Fatal(err)
	}
	v, err := witness.Verifier(public)
	if err != nil {
		t.Fatal(err)
	}
	return w, v
}

// TestWitnessesCosignTheLogAndEverybodySees: what is served, exported and
// proved carries the cosignature, and other readers still accept it.
func TestWitnessesCosignTheLogAndEverybodySees(t *testing.T) {
	tool, err := filepath.Abs("../../.tools/bin/fsck")
	if err != nil {
		t.Fatal(err)
	}
	dbtest.Each(t, func(t *testing.T, d *db.DB, w *db.Writer) {
		l := newLog(t, d, w)
		one, key := watched(t, l)
		seen := func(checkpoint []byte, want int) {
			t.Helper()
			found, err := witness.Cosigned(checkpoint, key)
			if err != nil || len(found) != want {
				t.Errorf("%d cosignatures, want %d (%v):\n%s", len(found), want, err, checkpoint)
			}
		}
		for _, more := range []int{3, 400, 1} {
			fill(t, l, more)
			grow(t, l)
			checkpoint, err := l.Checkpoint(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			seen(checkpoint, 0)
			for range 2 { // nothing new is no reason to ask again
				if err := l.Cosign(t.Context(), http.DefaultClient, one); err != nil {
					t.Fatal(err)
				}
			}
			if checkpoint, err = l.Checkpoint(t.Context()); err != nil {
				t.Fatal(err)
			}
			seen(checkpoint, 1)
		}
		// A second witness knows nothing yet; the log grew in between.
		two, other := watched(t, l)
		if err := l.Cosign(t.Context(), http.DefaultClient, two); err != nil {
			t.Fatal(err)
		}
		dir := filepath.Join(t.TempDir(), "log")
		if err := l.ExportDir(t.Context(), dir); err != nil {
			t.Fatal(err)
		}
		r, err := verify.Log(t.Context(), verify.At(dir, ""), l.Verifier())
		if err != nil {
			t.Fatal(err)
		}
		if found, err := witness.Cosigned(r.Checkpoint, key, other); err != nil || len(found) != 2 {
			t.Errorf("the export has the cosignatures %v, %v", found, err)
		}
		vkey := filepath.Join(t.TempDir(), "key.pub")
		if err := os.WriteFile(vkey, []byte(l.Verifier()), 0o600); err != nil {
			t.Fatal(err)
		}
		if out, err := exec.CommandContext(t.Context(), tool, "-storage_url", "file://"+dir+"/", "-public_key", vkey, "-ui=false").CombinedOutput(); err != nil {
			t.Errorf("fsck refuses a cosigned log: %v\n%s", err, out)
		}
		// The log goes on; a proof of what the witness saw still rests on its word.
		fill(t, l, 5)
		grow(t, l)
		in, err := l.Inclusion(t.Context(), 403)
		if err != nil {
			t.Fatal(err)
		}
		seen(in.Checkpoint, 1)
		if in, err = l.Inclusion(t.Context(), 408); err != nil {
			t.Fatal(err)
		}
		seen(in.Checkpoint, 0)
	})
}

// TestAWitnessTellsOfActsThatAreGone: a log from before is no beginning of what
// the witness saw, as after an old backup.
func TestAWitnessTellsOfActsThatAreGone(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB, w *db.Writer) {
		l := newLog(t, d, w)
		one, _ := watched(t, l)
		fill(t, l, 20)
		grow(t, l)
		if err := l.Cosign(t.Context(), http.DefaultClient, one); err != nil {
			t.Fatal(err)
		}
		if err := w.Write(t.Context(), nil, func(tx *db.Tx) error {
			for _, q := range []string{`delete from custody_leaf where seq >= 10`, `delete from custody_checkpoint`, `delete from custody_tile`, `delete from custody_witness`} {
				if _, err := tx.Exec(q); err != nil {
					return err
				}
			}
			return nil
		}); err != nil {
			t.Fatal(err)
		}
		grow(t, l)
		if err := l.Cosign(t.Context(), http.DefaultClient, one); err == nil || !strings.Contains(err.Error(), "acts are gone") {
			t.Errorf("a log that lost acts: %v", err)
		}
	})
}
