package custody

import (
	"crypto/rand"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"strings"

	"golang.org/x/mod/sumdb/note"
)

// Key signs the log's checkpoints and its proofs: Ed25519, in the encodings of
// golang.org/x/mod/sumdb/note. It does not print itself.
type Key struct {
	secret   string
	verifier string
	signer   note.Signer
}

// NewKey makes the key of a new log. origin is the log's name for good, e.g.
// "meldingen.example.nl/log": no spaces, no plus.
func NewKey(origin string) (Key, error) {
	if origin == "" || strings.ContainsAny(origin, "+ \t\r\n") || len(origin) > 255 {
		return Key{}, errors.New("the log's origin must be a name without spaces and plus signs, such as meldingen.example.nl/log")
	}
	secret, verifier, err := note.GenerateKey(rand.Reader, origin)
	if err != nil {
		return Key{}, fmt.Errorf("log key: %w", err)
	}
	signer, err := note.NewSigner(secret)
	return Key{secret, verifier, signer}, err
}

// ParseKey reads what Secret and Verifier gave, one per line.
func ParseKey(text string) (Key, error) {
	secret, verifier, _ := strings.Cut(strings.TrimSpace(text), "\n")
	signer, err := note.NewSigner(secret)
	if err != nil {
		return Key{}, errors.New("this is not a log key") // note's error may quote the key
	}
	check, err := note.NewVerifier(verifier)
	if err != nil {
		return Key{}, fmt.Errorf("the log key's public half: %w", err)
	}
	if check.Name() != signer.Name() || check.KeyHash() != signer.KeyHash() {
		return Key{}, errors.New("the two halves of the log key don't belong together")
	}
	return Key{secret, verifier, signer}, nil
}

// Secret is the key for its file (mode 0600): the private half on the first
// line, the public half on the second.
func (k Key) Secret() string { return k.secret + "\n" + k.verifier + "\n" }

// Verifier is the public half, for everyone who checks the log:
// "<origin>+<hash>+<key>".
func (k Key) Verifier() string { return k.verifier }

// Origin is the name of the log.
func (k Key) Origin() string { return k.signer.Name() }

func (k Key) String() string               { return "log key of " + k.Origin() }
func (k Key) GoString() string             { return k.String() }
func (k Key) LogValue() slog.Value         { return slog.StringValue(k.String()) }
func (k Key) MarshalText() ([]byte, error) { return []byte(k.String()), nil }

// Origin is the name of the log, the first line of its checkpoints.
func (l *Log) Origin() string { return l.key.Origin() }

// Verifier is the public key that checks the log's signatures.
func (l *Log) Verifier() string { return l.key.verifier }

// Sign makes a C2SP signed note (https://c2sp.org/signed-note) of text, which
// must be UTF-8 and end in a newline. The first line of text must say what it
// is: the same key signs checkpoints, whose first line is the log's origin.
func (l *Log) Sign(text []byte) ([]byte, error) {
	return note.Sign(&note.Note{Text: string(text)}, l.key.signer)
}

// ProofOfReport is the signed text a reporter takes along: that sealed bytes
// with the SHA-256 sealed were received on day (YYYYMMDD) by channel, as the
// act e. docs/formats.md has the format, verify.Report checks it.
func (l *Log) ProofOfReport(channel string, day int, sealed []byte, e Entry) (string, error) {
	signed, err := l.Sign(fmt.Appendf(nil, "verhaal proof of report v1\nsealed %s\nday %d\nchannel %s\nlog %s\nposition %d\nleaf %s\n",
		hex.EncodeToString(sealed), day, channel, l.Origin(), e.Seq, base64.StdEncoding.EncodeToString(e.Hash[:])))
	return string(signed), err
}

// Ack signs an answer that something was kept: Ed25519 over text itself, which
// must begin with "verhaal/" and so is no note and no checkpoint.
func (l *Log) Ack(text []byte) ([]byte, error) { return l.key.signer.Sign(text) }
