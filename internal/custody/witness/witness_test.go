package witness

import (
	"bytes"
	"crypto/rand"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"testing"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

const origin = "log.example/verhaal"

// aLog is a log in memory: its leaves are its numbers.
type aLog struct {
	signer note.Signer
	vkey   string
	hashes []tlog.Hash
	count  int64
	salt   string
}

func (l *aLog) ReadHashes(at []int64) ([]tlog.Hash, error) {
	var out []tlog.Hash
	for _, i := range at {
		out = append(out, l.hashes[i])
	}
	return out, nil
}

func newLog(t testing.TB, secret, vkey, salt string) *aLog {
	t.Helper()
	signer, err := note.NewSigner(secret)
	if err != nil {
		t.Fatal(err)
	}
	return &aLog{signer: signer, vkey: vkey, salt: salt}
}

// to grows the log and gives its checkpoint.
func (l *aLog) to(t testing.TB, size int64) []byte {
	t.Helper()
	for ; l.count < size; l.count++ {
		more, err := tlog.StoredHashes(l.count, fmt.Appendf(nil, "%s%d", l.salt, l.count), l)
		if err != nil {
			t.Fatal(err)
		}
		l.hashes = append(l.hashes, more...)
	}
	return l.sign(t, size)
}

func (l *aLog) sign(t testing.TB, size int64) []byte {
	t.Helper()
	root, err := tlog.TreeHash(size, l)
	if err != nil {
		t.Fatal(err)
	}
	signed, err := note.Sign(&note.Note{Text: fmt.Sprintf("%s\n%d\n%s\n", origin, size, root)}, l.signer)
	if err != nil {
		t.Fatal(err)
	}
	return signed
}

func (l *aLog) prove(t testing.TB, old, size int64) tlog.TreeProof {
	t.Helper()
	if old == 0 || old == size {
		return nil
	}
	p, err := tlog.ProveTree(size, old, l)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// house is a witness of one log.
type house struct {
	log    *aLog
	server *Server
	url    string
	key    note.Verifier
	folder string
	secret string
}

func newHouse(t *testing.T) *house {
	t.Helper()
	secret, vkey, err := note.GenerateKey(rand.Reader, origin)
	if err != nil {
		t.Fatal(err)
	}
	h := &house{log: newLog(t, secret, vkey, ""), folder: t.TempDir()}
	var public string
	if h.secret, public, err = NewKey("witness.example"); err != nil {
		t.Fatal(err)
	}
	if h.key, err = Verifier(public); err != nil {
		t.Fatal(err)
	}
	h.open(t)
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { h.server.ServeHTTP(w, r) }))
	t.Cleanup(s.Close)
	h.url = s.URL
	return h
}

func (h *house) open(t *testing.T) {
	t.Helper()
	var err error
	if h.server, err = NewServer(h.folder, h.secret, h.log.vkey); err != nil {
		t.Fatal(err)
	}
}

func (h *house) ask(t *testing.T, old int64, proof tlog.TreeProof, checkpoint []byte) (string, error) {
	t.Helper()
	return Ask(t.Context(), http.DefaultClient, h.url, h.key, old, proof, checkpoint)
}

func TestAWitnessCosignsWhatGoesOn(t *testing.T) {
	h := newHouse(t)
	last := int64(0)
	for _, size := range []int64{1, 5, 5, 300, 1000} {
		checkpoint := h.log.to(t, size)
		line, err := h.ask(t, last, h.log.prove(t, last, size), checkpoint)
		if err != nil {
			t.Fatalf("from %d to %d: %v", last, size, err)
		}
		found, err := Cosigned(append(checkpoint, line...), h.key)
		if err != nil || len(found) != 1 || found[0].Witness != "witness.example" || found[0].At.IsZero() {
			t.Fatalf("cosigned: %v, %v", found, err)
		}
		last = size
		h.open(t) // it knows after a restart too
	}
	var other Elsewhere
	if _, err := h.ask(t, 5, h.log.prove(t, 5, 1000), h.log.sign(t, 1000)); !errors.As(err, &other) || other.Size != 1000 {
		t.Errorf("another old size: %v", err)
	}
}

func TestAWitnessRefusesAnotherHistory(t *testing.T) {
	h := newHouse(t)
	if _, err := h.ask(t, 0, nil, h.log.to(t, 10)); err != nil {
		t.Fatal(err)
	}
	forged := &aLog{signer: h.log.signer, vkey: h.log.vkey, salt: "other"}
	forged.to(t, 20)
	h.log.to(t, 20)
	secret, _, err := note.GenerateKey(rand.Reader, origin)
	if err != nil {
		t.Fatal(err)
	}
	stranger := newLog(t, secret, "", "")
	for name, ask := range map[string]func() (string, error){
		"a rewritten log":      func() (string, error) { return h.ask(t, 10, forged.prove(t, 10, 20), forged.sign(t, 20)) },
		"another of this size": func() (string, error) { return h.ask(t, 10, nil, forged.sign(t, 10)) },
		"a log that shrank":    func() (string, error) { return h.ask(t, 10, nil, h.log.sign(t, 9)) },
		"no proof":             func() (string, error) { return h.ask(t, 10, nil, h.log.sign(t, 20)) },
		"another's key":        func() (string, error) { return h.ask(t, 10, nil, stranger.to(t, 10)) },
	} {
		if line, err := ask(); err == nil {
			t.Errorf("%s was cosigned: %q", name, line)
		}
	}
	if _, err := h.ask(t, 10, h.log.prove(t, 10, 20), h.log.sign(t, 20)); err != nil {
		t.Errorf("the true log afterwards: %v", err)
	}
}

func TestAWrongCosignatureIsNotTaken(t *testing.T) {
	h := newHouse(t)
	checkpoint := h.log.to(t, 3)
	line, err := h.ask(t, 0, nil, checkpoint)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := lineOf(h.log.to(t, 4), []byte(line), h.key); err == nil {
		t.Error("a cosignature of another checkpoint was taken")
	}
	_, public, err := NewKey("witness.example")
	if err != nil {
		t.Fatal(err)
	}
	other, err := Verifier(public)
	if err != nil {
		t.Fatal(err)
	}
	if found, err := Cosigned(append(bytes.Clone(checkpoint), line...), other); err != nil || len(found) != 0 {
		t.Errorf("another key of that name: %v, %v", found, err)
	}
}

func FuzzRequest(f *testing.F) {
	f.Add([]byte("old 0\n\nlog\n1\nAAAA\n"))
	f.Add(request{7, tlog.TreeProof{tlog.Hash{1}, tlog.Hash{2}}, []byte("x\n")}.encode())
	f.Fuzz(func(t *testing.T, text []byte) {
		r, err := parseRequest(text)
		if err == nil && !bytes.Equal(r.encode(), text) {
			t.Errorf("read %q, wrote %q", text, r.encode())
		}
	})
}
