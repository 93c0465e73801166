package witness

import (
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"

	cosign "github.com/transparency-dev/formats/note"
	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

// NewKey makes the key of a witness; name is a host name or the like, without
// spaces and plus signs. verifier is what logs and auditors need.
func NewKey(name string) (secret, verifier string, err error) {
	if name == "" || strings.ContainsAny(name, "+ \t\r\n") || len(name) > 255 {
		return "", "", errors.New("a witness's name has no spaces and plus signs, such as witness.example.org")
	}
	secret, plain, err := note.GenerateKey(rand.Reader, name)
	if err != nil {
		return "", "", err
	}
	verifier, err = cosign.VKeyToCosignatureV1(plain)
	return secret, verifier, err
}

// Server is a witness. What it signed last is on the disk before the signature
// leaves it; one process owns its folder.
type Server struct {
	signer *cosign.Signer
	folder string
	logs   map[string]note.Verifier // by origin

	mu sync.Mutex // one checkpoint at a time: what was signed last never goes back
}

// NewServer makes a witness of the logs with these public keys, that keeps what
// it saw in folder.
func NewServer(folder, secret string, logs ...string) (*Server, error) {
	signer, err := cosign.NewSignerForCosignatureV1(strings.TrimSpace(secret))
	if err != nil {
		return nil, errors.New("this is not the private key of a witness") // the error may quote it
	}
	s := &Server{signer: signer, folder: folder, logs: map[string]note.Verifier{}}
	for _, vkey := range logs {
		v, err := note.NewVerifier(strings.TrimSpace(vkey))
		if err != nil {
			return nil, fmt.Errorf("the public key of a log can't be read (ORIGIN+HASH+KEY): %w", err)
		}
		s.logs[v.Name()] = v
	}
	return s, os.MkdirAll(folder, 0o700)
}

// ServeHTTP answers "add-checkpoint" with the statuses that the protocol has.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodPost || !strings.HasSuffix(r.URL.Path, addPath) {
		http.NotFound(w, r)
		return
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxRequest))
	if err != nil {
		http.Error(w, "the request can't be read", http.StatusBadRequest)
		return
	}
	asked, err := parseRequest(body)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	line, err := s.cosign(asked)
	if no := (refusal{}); errors.As(err, &no) {
		if no.kind != "" {
			w.Header().Set("Content-Type", no.kind)
			w.WriteHeader(no.status)
			_, _ = io.WriteString(w, no.words)
			return
		}
		http.Error(w, no.words, no.status)
		return
	}
	if err != nil {
		http.Error(w, "the witness can't write down what it saw", http.StatusInternalServerError)
		return
	}
	_, _ = io.WriteString(w, line)
}

// refusal is an answer of the protocol that is no signature.
type refusal struct {
	status int
	kind   string
	words  string
}

func (r refusal) Error() string { return r.words }

// cosign checks that the checkpoint goes on from the last one, writes it down
// and signs it.
func (s *Server) cosign(asked request) (line string, err error) {
	first, _, _ := strings.Cut(string(asked.checkpoint), "\n")
	log, known := s.logs[first]
	if !known {
		return "", refusal{status: http.StatusNotFound, words: "this witness does not know the log"}
	}
	n, err := note.Open(asked.checkpoint, note.VerifierList(log))
	if err != nil {
		return "", refusal{status: http.StatusForbidden, words: "the checkpoint is not signed by the log's key"}
	}
	origin, size, root, err := Tree(n.Text)
	if err != nil || origin != first || asked.old > size {
		return "", refusal{status: http.StatusBadRequest, words: "no proper checkpoint, or smaller than the old size"}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	lastSize, lastRoot, err := s.last(origin)
	switch {
	case err != nil:
		return "", err
	case asked.old != lastSize:
		return "", refusal{status: http.StatusConflict, kind: sizeType, words: fmt.Sprintf("%d\n", lastSize)}
	case size == lastSize && lastSize > 0 && root != lastRoot:
		return "", refusal{status: http.StatusConflict, words: "another tree of the same size was signed before"}
	case lastSize == 0 || size == lastSize:
		if len(asked.proof) > 0 {
			return "", refusal{status: http.StatusUnprocessableEntity, words: "a proof where none belongs"}
		}
	case tlog.CheckTree(asked.proof, size, root, lastSize, lastRoot) != nil:
		return "", refusal{status: http.StatusUnprocessableEntity, words: "the log does not go on from what was signed before"}
	}
	if err := s.keep(origin, size, root); err != nil {
		return "", err
	}
	signed, err := note.Sign(&note.Note{Text: n.Text}, s.signer)
	if err != nil {
		return "", err
	}
	return string(signed[len(n.Text)+1:]), nil
}

func (s *Server) file(origin string) string {
	return filepath.Join(s.folder, fmt.Sprintf("%x", sha256.Sum256([]byte(origin))))
}

// last is the tree that was signed last; size 0 when there is none.
func (s *Server) last(origin string) (size int64, root tlog.Hash, err error) {
	text, err := os.ReadFile(s.file(origin))
	if errors.Is(err, fs.ErrNotExist) {
		return 0, root, nil
	}
	if err == nil {
		_, size, root, err = Tree(string(text))
	}
	return size, root, err
}

// keep writes down what is going to be signed; it is on the disk afterwards.
func (s *Server) keep(origin string, size int64, root tlog.Hash) error {
	name := s.file(origin)
	f, err := os.CreateTemp(s.folder, "new-*")
	if err != nil {
		return err
	}
	defer os.Remove(f.Name())
	_, err = fmt.Fprintf(f, "%s\n%d\n%s\n", origin, size, root)
	if err = errors.Join(err, f.Sync(), f.Close()); err == nil {
		err = os.Rename(f.Name(), name)
	}
	if err != nil {
		return err
	}
	d, err := os.Open(s.folder)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}
