// Package witness speaks the C2SP tlog-witness protocol
// (https://c2sp.org/tlog-witness), both sides: an organisation outside the
// house keeps the newest checkpoint of a log, and cosigns the next one only if
// it goes on from there. Whoever trusts one witness knows that nobody was shown
// another log.
//
// A log calls Ask; a partner agency, a court or an NGO runs a Server. Keys and
// cosignatures are C2SP tlog-cosignature's, so that witnesses and logs of
// others work with ours.
package witness

import (
	"bytes"
	"encoding/base64"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	cosign "github.com/transparency-dev/formats/note"
	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

const (
	addPath  = "/add-checkpoint"
	sizeType = "text/x.tlog.size"
	// maxProof is the most hashes that a proof can have.
	maxProof = 63
	// maxRequest is the most bytes that a request can have.
	maxRequest = 64 << 10
)

// request asks a witness to cosign a checkpoint.
type request struct {
	old        int64 // leaves that the witness saw last; 0 = none
	proof      tlog.TreeProof
	checkpoint []byte // signed note
}

func (r request) encode() []byte {
	b := fmt.Appendf(nil, "old %d\n", r.old)
	for _, h := range r.proof {
		b = append(base64.StdEncoding.AppendEncode(b, h[:]), '\n')
	}
	return append(append(b, '\n'), r.checkpoint...)
}

func parseRequest(text []byte) (r request, err error) {
	head, checkpoint, found := bytes.Cut(text, []byte("\n\n"))
	if !found {
		return r, errors.New("no empty line before the checkpoint")
	}
	lines := strings.Split(string(head), "\n")
	number, ok := strings.CutPrefix(lines[0], "old ")
	if r.old, err = parseSize(number); !ok || err != nil {
		return r, errors.New("the first line is not the old size")
	}
	if len(lines)-1 > maxProof {
		return r, errors.New("the proof is longer than a proof can be")
	}
	for _, line := range lines[1:] {
		raw, err := base64.StdEncoding.Strict().DecodeString(line)
		if err != nil || len(raw) != tlog.HashSize {
			return r, errors.New("a line of the proof is no hash")
		}
		r.proof = append(r.proof, tlog.Hash(raw))
	}
	r.checkpoint = checkpoint
	return r, nil
}

// parseSize reads a decimal without leading zeros.
func parseSize(s string) (int64, error) {
	n, err := strconv.ParseInt(s, 10, 64)
	if err != nil || n < 0 || strconv.FormatInt(n, 10) != s {
		return 0, fmt.Errorf("%q is no size of a log", s)
	}
	return n, nil
}

// Tree reads a checkpoint's text: "<origin>\n<size>\n<root>\n" (C2SP
// tlog-checkpoint); lines after the third are extensions.
func Tree(text string) (origin string, size int64, root tlog.Hash, err error) {
	lines := strings.Split(text, "\n")
	if len(lines) < 4 {
		return "", 0, root, errors.New("a checkpoint has three lines at least")
	}
	if size, err = parseSize(lines[1]); err == nil {
		root, err = tlog.ParseHash(lines[2])
	}
	return lines[0], size, root, err
}

// Cosignature is what a witness said of a checkpoint.
type Cosignature struct {
	Witness string    // name of its key
	At      time.Time // when it signed, by its clock
}

// Verifier reads a witness's public key, "<name>+<hash>+<key>".
func Verifier(vkey string) (note.Verifier, error) {
	v, err := cosign.NewVerifierForCosignatureV1(strings.TrimSpace(vkey))
	if err != nil {
		return nil, fmt.Errorf("this is no key of a witness (NAME+HASH+KEY): %w", err)
	}
	return v, nil
}

// Cosigned tells which of the witnesses cosigned a checkpoint. A cosignature
// that is there and wrong is an error; one of nobody we know is passed over.
func Cosigned(checkpoint []byte, witnesses ...note.Verifier) ([]Cosignature, error) {
	n, err := note.Open(checkpoint, note.VerifierList(witnesses...))
	if none := (*note.UnverifiedNoteError)(nil); errors.As(err, &none) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var out []Cosignature
	for _, s := range n.Sigs {
		at, err := cosign.CoSigV1Timestamp(s)
		if err != nil {
			return nil, fmt.Errorf("the cosignature of %s: %w", s.Name, err)
		}
		out = append(out, Cosignature{s.Name, at})
	}
	return out, nil
}
