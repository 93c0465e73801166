package seal

import (
	"bytes"
	"encoding/base64"

	"filippo.io/age"

	"verhaal/internal/fault"
)

// Sizes of an age v1 file with hybrid recipients, in bytes.
const (
	stanzaKind     = "mlkem768x25519"
	encapsulated   = 1088 + 32    // ML-KEM-768 ciphertext and X25519 share
	wrappedFileKey = 16 + 16      // file key and Poly1305 tag
	payloadNonce   = 16           // before the first chunk
	sealedChunk    = 64*1024 + 16 // a full STREAM chunk and its tag
	chunkTag       = 16           // all there is in the chunk of an empty file
)

// MaxHeader is the most bytes of a header that is accepted.
const MaxHeader = 64 * 1024

// CheckFile tells, without any key, whether file can be an age v1 file sealed
// to exactly so many hybrid recipients and to nobody else: header well formed,
// every stanza hybrid and of the right size, and a payload length that the
// format can have. It can't tell to whom, nor whether the payload is genuine.
// The error is a fault.BadInput. Clients that "grease" headers are refused.
func CheckFile(file []byte, stanzas int) error {
	return CheckStart(file, int64(len(file)), stanzas)
}

// CheckStart is CheckFile for a file of size bytes of which only the start is
// at hand: MaxHeader bytes, or all where it has fewer.
func CheckStart(start []byte, size int64, stanzas int) error {
	no := func(why string) error {
		return fault.New(fault.BadInput, "fault.damaged_file", "not a sealed file: %s", why)
	}
	header, err := age.ExtractHeader(bytes.NewReader(start[:min(len(start), MaxHeader)]))
	if err != nil {
		return no("no age v1 header")
	}
	var seen stanzaReader
	// The identity opens nothing, so this always fails; whether the header was
	// well formed shows in whether stanzas were shown to it.
	_, _ = age.DecryptHeader(header, &seen)
	if len(seen.stanzas) != stanzas {
		return no("wrong number of recipients")
	}
	for _, s := range seen.stanzas {
		if s.Type != stanzaKind || len(s.Args) != 1 {
			return no("a recipient that is not hybrid")
		}
		enc, err := base64.RawStdEncoding.Strict().DecodeString(s.Args[0])
		if err != nil || len(enc) != encapsulated || len(s.Body) != wrappedFileKey {
			return no("a malformed hybrid recipient")
		}
	}
	payload := size - int64(len(header)) - payloadNonce
	last := payload % sealedChunk
	// An empty last chunk is allowed only as the single chunk of an empty file.
	if payload < chunkTag || (last != 0 && last < chunkTag) || (last == chunkTag && payload != chunkTag) {
		return no("an impossible payload length")
	}
	return nil
}

// stanzaReader is an age.Identity that only looks.
type stanzaReader struct{ stanzas []*age.Stanza }

func (r *stanzaReader) Unwrap(stanzas []*age.Stanza) ([]byte, error) {
	r.stanzas = stanzas
	return nil, age.ErrIncorrectIdentity
}
