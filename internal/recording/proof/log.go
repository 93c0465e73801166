package proof

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

// SealedAct is the kind of the act that seals a recording; its hash "manifest"
// is the SHA-256 of the manifest.
const SealedAct = "recording.sealed"

const logProofLine = "c2sp.org/tlog-proof@v1"

// LogProof writes a proof of inclusion as a C2SP tlog-proof
// (https://c2sp.org/tlog-proof): log/manifest.tlog-proof.
func LogProof(index int64, path tlog.RecordProof, checkpoint []byte) []byte {
	b := fmt.Appendf(nil, "%s\nindex %d\n", logProofLine, index)
	for _, h := range path {
		b = append(base64.StdEncoding.AppendEncode(b, h[:]), '\n')
	}
	return append(append(b, '\n'), checkpoint...)
}

// readLogProof reads what LogProof wrote; a line of extra data is skipped.
func readLogProof(text []byte) (index int64, path tlog.RecordProof, checkpoint []byte, err error) {
	head, checkpoint, found := bytes.Cut(text, []byte("\n\n"))
	lines := strings.Split(string(head), "\n")
	if !found || lines[0] != logProofLine {
		return 0, nil, nil, errors.New("it is no tlog-proof of version 1")
	}
	lines = lines[1:]
	if len(lines) > 0 && strings.HasPrefix(lines[0], "extra ") {
		lines = lines[1:]
	}
	if len(lines) == 0 {
		return 0, nil, nil, errors.New("it has no index")
	}
	number, ok := strings.CutPrefix(lines[0], "index ")
	if index, err = strconv.ParseInt(number, 10, 64); !ok || err != nil || index < 0 || strconv.FormatInt(index, 10) != number {
		return 0, nil, nil, errors.New("it has no proper index")
	}
	for _, line := range lines[1:] {
		raw, err := base64.StdEncoding.Strict().DecodeString(line)
		if err != nil || len(raw) != tlog.HashSize {
			return 0, nil, nil, errors.New("it has a hash that is none")
		}
		path = append(path, tlog.Hash(raw))
	}
	if len(path) > 63 {
		return 0, nil, nil, errors.New("it is longer than a proof can be")
	}
	return index, path, checkpoint, nil
}

// openNote opens a signed note with the public key vkey.
func openNote(signed []byte, vkey string) (text, name string, err error) {
	verifier, err := note.NewVerifier(strings.TrimSpace(vkey))
	if err != nil {
		return "", "", errors.New("the log's public key can't be read")
	}
	n, err := note.Open(signed, note.VerifierList(verifier))
	if err != nil {
		return "", "", fmt.Errorf("it is not signed by the key of %s", verifier.Name())
	}
	return n.Text, verifier.Name(), nil
}

// tree is the log as a checkpoint has it.
type tree struct {
	size int64
	root tlog.Hash
}

// holds says whether an act stands in the log.
func (t tree) holds(a LoggedAct) bool {
	var path tlog.RecordProof
	for _, h := range a.Path {
		path = append(path, tlog.Hash(h))
	}
	return a.Index >= 0 && a.Index < t.size && tlog.CheckRecord(path, t.size, t.root, a.Index, tlog.RecordHash([]byte(a.Leaf))) == nil
}

// checkInclusion says that leaf tells of manifest (its SHA-256) and stands in
// the log whose public key is vkey, where, and how far the log went.
func checkInclusion(proof, leaf []byte, manifest [32]byte, vkey string) (index int64, in tree, err error) {
	var act struct {
		Kind   string            `json:"kind"`
		Hashes map[string]string `json:"hashes"`
	}
	if json.Unmarshal(leaf, &act) != nil || act.Kind != SealedAct || act.Hashes["manifest"] != hex.EncodeToString(manifest[:]) {
		return 0, in, errors.New("the act of the log that came along tells of something else")
	}
	index, path, checkpoint, err := readLogProof(proof)
	if err != nil {
		return 0, in, fmt.Errorf("the proof from the log: %w", err)
	}
	text, origin, err := openNote(checkpoint, vkey)
	if err != nil {
		return 0, in, fmt.Errorf("the log's checkpoint: %w", err)
	}
	lines := strings.Split(text, "\n")
	if len(lines) < 4 || lines[0] != origin {
		return 0, in, errors.New("the log's checkpoint is of another log")
	}
	if in.size, err = strconv.ParseInt(lines[1], 10, 64); err != nil {
		return 0, in, errors.New("the log's checkpoint has no size")
	}
	if in.root, err = tlog.ParseHash(lines[2]); err != nil || index >= in.size {
		return 0, in, errors.New("the log's checkpoint does not reach the act")
	}
	if !in.holds(NewLoggedAct(index, leaf, path)) {
		return 0, in, fmt.Errorf("the log does not hold this seal as its act number %d", index)
	}
	return index, in, nil
}
