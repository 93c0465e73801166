// Package chunk is the record in which a recording travels and rests: about
// half a second of sound and picture, encrypted in the recorder, under a header
// in clear. The records of a part form a chain. docs/chunk-format.md is the
// specification; testdata/vectors.json holds Go, TypeScript and Python to it.
//
// A recorder calls Seal; a server reads what arrives with Parse and holds it
// against a Chain; whoever reads a file uses a Reader; who may listen derives
// keys with Release and MinuteKey and calls Record.Open.
//
// Promises: a Record that Parse or a Reader gave is whole, its checksum is
// right, and its header says one thing only (it has one spelling); a Chain that
// took a record took it unaltered, in its place, and from this part. Nothing
// here reads a clock or logs. Values are safe for concurrent reading.
package chunk

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"hash/crc32"
)

const (
	HeaderSize = 90      // bytes; the header is also what the encryption authenticates
	TagSize    = 16      // bytes of the AES-GCM tag at the end of the ciphertext
	CRCSize    = 4       // bytes of the checksum at the end of a record
	MaxSealed  = 4 << 20 // most bytes of ciphertext with its tag
	MaxRecord  = HeaderSize + MaxSealed + CRCSize
	MinuteMS   = 60_000 // milliseconds in a minute of a recording

	magic   = "VHC1"
	version = 1
	// maxWall keeps times exact in every reader of JSON (RFC 8785 section 3.2.2.3).
	maxWall = 1<<53 - 1
)

// ID names a recording.
type ID [16]byte

func (id ID) String() string               { return hex.EncodeToString(id[:]) }
func (id ID) MarshalText() ([]byte, error) { return []byte(id.String()), nil }

// UnmarshalText reads what MarshalText wrote: 32 lower-case hexadecimal digits.
func (id *ID) UnmarshalText(text []byte) error { return readHex(id[:], text) }

// Hash is the SHA-256 of a whole record.
type Hash [sha256.Size]byte

func (h Hash) String() string               { return hex.EncodeToString(h[:]) }
func (h Hash) MarshalText() ([]byte, error) { return []byte(h.String()), nil }

// UnmarshalText reads what MarshalText wrote: 64 lower-case hexadecimal digits.
func (h *Hash) UnmarshalText(text []byte) error { return readHex(h[:], text) }

func readHex(to, text []byte) error {
	raw, err := hex.DecodeString(string(text))
	if err != nil || len(raw) != len(to) || hex.EncodeToString(raw) != string(text) {
		return fmt.Errorf("want %d lower-case hexadecimal digits", 2*len(to))
	}
	copy(to, raw)
	return nil
}

// Track says what a track of a recording holds.
type Track uint8

// The tracks.
const (
	Main      Track = iota // the person interviewed: picture and sound
	AudioSafe              // sound alone, recorded apart from the picture
	Overview               // the whole room
	Exhibit                // what was shown
	tracks
)

func (t Track) String() string {
	if t < tracks {
		return [...]string{"main", "audio-safe", "overview", "exhibit"}[t]
	}
	return fmt.Sprintf("track %d", uint8(t))
}

// Codec says what the decrypted bytes of a part are, one after the other.
type Codec uint8

// The codecs; each is a WebM stream.
const (
	Opus    Codec = 1 + iota // audio/webm;codecs=opus
	VP8Opus                  // video/webm;codecs=vp8,opus
	VP9Opus                  // video/webm;codecs=vp9,opus
	VP8                      // video/webm;codecs=vp8, without sound
	codecs
)

// Valid says whether this version knows the codec.
func (c Codec) Valid() bool { return c >= Opus && c < codecs }

func (c Codec) String() string {
	if c.Valid() {
		return [...]string{"audio/webm;codecs=opus", "video/webm;codecs=vp8,opus", "video/webm;codecs=vp9,opus", "video/webm;codecs=vp8"}[c-1]
	}
	return fmt.Sprintf("codec %d", uint8(c))
}

// Sound says whether a part of this codec must hold sound.
func (c Codec) Sound() bool { return c == Opus || c == VP8Opus || c == VP9Opus }

// Picture says whether a part of this codec holds a picture.
func (c Codec) Picture() bool { return c == VP8Opus || c == VP9Opus || c == VP8 }

// Flags of a record.
type Flags uint8

// The flags.
const (
	First    Flags = 1 << iota // seq 0: begins with the container's head
	KeyFrame                   // a player that has the head can start here
	Last                       // no record follows in this part
	Hidden                     // nobody may follow it live: made while the interviewer hid the room
	allFlags = First | KeyFrame | Last | Hidden
)

// Part names a part of a track: what one run of one recorder made.
type Part struct {
	Recording ID
	Track     Track
	Number    uint16
}

// File is the name of the part's file: "<track>-<part>.vhc".
func (p Part) File() string { return fmt.Sprintf("%d-%d.vhc", p.Track, p.Number) }

// Start is the prev of the part's first record. It ties the chain to its
// recording, track and part, so that no chain can be passed off as another's.
func (p Part) Start() Hash {
	b := append([]byte("verhaal/recording/part"), p.Recording[:]...)
	b = append(b, byte(p.Track))
	return sha256.Sum256(binary.BigEndian.AppendUint16(b, p.Number))
}

// Header is what a record says in clear. It holds no name and no word.
type Header struct {
	Part
	Flags    Flags
	Codec    Codec
	Seq      uint32 // from 0 in each part
	Mono     uint64 // ms on the recording's monotonic clock, from its beginning
	Wall     uint64 // Unix ms by the recorder's clock
	Duration uint32 // ms; the record ends with its minute at the latest
	Prev     Hash   // of the record before; Part.Start at seq 0
	Sealed   uint32 // bytes of ciphertext with its tag
}

// Minute is the minute of the recording that the record lies in, from 0.
func (h Header) Minute() uint32 { return uint32(h.Mono / MinuteMS) }

// End is the first ms after the record.
func (h Header) End() uint64 { return h.Mono + uint64(h.Duration) }

// Check says what a header may not say, in one sentence.
func (h Header) Check() error {
	switch {
	case h.Flags&^allFlags != 0:
		return malformed("unknown flags %#x", uint8(h.Flags))
	case !h.Codec.Valid():
		return malformed("unknown codec %d", uint8(h.Codec))
	case h.Track >= tracks:
		return malformed("unknown track %d", uint8(h.Track))
	case (h.Flags&First != 0) != (h.Seq == 0):
		return malformed("the flag for the first record stands on record %d, or lacks on record 0", h.Seq)
	case h.Mono/MinuteMS > 1<<32-1, h.Wall > maxWall:
		return malformed("a time out of range")
	case h.End() > (uint64(h.Minute())+1)*MinuteMS:
		return malformed("a record of %d ms at %d ms crosses its minute", h.Duration, h.Mono)
	case h.Sealed < TagSize || h.Sealed > MaxSealed:
		return malformed("%d bytes of ciphertext; %d to %d are possible", h.Sealed, TagSize, MaxSealed)
	}
	return nil
}

// Append writes the header's 90 bytes.
func (h Header) Append(b []byte) []byte {
	b = append(b, magic...)
	b = append(b, version, byte(h.Flags), byte(h.Codec), byte(h.Track))
	b = append(b, h.Recording[:]...)
	b = binary.BigEndian.AppendUint16(b, h.Number)
	b = binary.BigEndian.AppendUint32(b, h.Seq)
	b = binary.BigEndian.AppendUint32(b, h.Minute())
	b = binary.BigEndian.AppendUint64(b, h.Mono)
	b = binary.BigEndian.AppendUint64(b, h.Wall)
	b = binary.BigEndian.AppendUint32(b, h.Duration)
	b = append(b, h.Prev[:]...)
	return binary.BigEndian.AppendUint32(b, h.Sealed)
}

var (
	// ErrIncomplete says that bytes are the beginning of a record and end too early.
	ErrIncomplete = errors.New("the record is incomplete")
	// ErrDamaged says that a record's checksum does not fit its bytes.
	ErrDamaged = errors.New("the record's checksum is wrong: bytes of it were changed")
	// ErrMalformed says that bytes are no record of this version.
	ErrMalformed = errors.New("not a chunk record")
)

func malformed(what string, args ...any) error {
	return fmt.Errorf("%w: %s", ErrMalformed, fmt.Sprintf(what, args...))
}

// ParseHeader reads the header at the front of b and checks it.
func ParseHeader(b []byte) (Header, error) {
	if len(b) < HeaderSize {
		if len(b) < len(magic) && string(b) == magic[:len(b)] || len(b) >= len(magic) && string(b[:len(magic)]) == magic {
			return Header{}, ErrIncomplete
		}
		return Header{}, malformed("it does not begin with %s", magic)
	}
	if string(b[:4]) != magic {
		return Header{}, malformed("it does not begin with %s", magic)
	}
	if b[4] != version {
		return Header{}, malformed("version %d is unknown", b[4])
	}
	h := Header{
		Part:     Part{ID(b[8:24]), Track(b[7]), binary.BigEndian.Uint16(b[24:])},
		Flags:    Flags(b[5]),
		Codec:    Codec(b[6]),
		Seq:      binary.BigEndian.Uint32(b[26:]),
		Mono:     binary.BigEndian.Uint64(b[34:]),
		Wall:     binary.BigEndian.Uint64(b[42:]),
		Duration: binary.BigEndian.Uint32(b[50:]),
		Prev:     Hash(b[54:86]),
		Sealed:   binary.BigEndian.Uint32(b[86:]),
	}
	if err := h.Check(); err != nil {
		return Header{}, err
	}
	if minute := binary.BigEndian.Uint32(b[30:]); minute != h.Minute() {
		return Header{}, malformed("it says minute %d at %d ms", minute, h.Mono)
	}
	return h, nil
}

// Record is a whole record: its header, and all its bytes.
type Record struct {
	Header
	Raw []byte
}

// Hash is the record's link in the chain and its leaf data in the tree.
func (r Record) Hash() Hash { return sha256.Sum256(r.Raw) }

// Ciphertext is the encrypted bytes with their tag.
func (r Record) Ciphertext() []byte { return r.Raw[HeaderSize : len(r.Raw)-CRCSize] }

// Size is how many bytes a record with this header takes.
func (h Header) Size() int { return HeaderSize + int(h.Sealed) + CRCSize }

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// Parse reads the record at the front of b, which the result points into, and
// gives the bytes after it. Errors: ErrIncomplete, ErrDamaged, ErrMalformed.
func Parse(b []byte) (r Record, rest []byte, err error) {
	h, err := ParseHeader(b)
	if err != nil {
		return Record{}, b, err
	}
	size := h.Size()
	if len(b) < size {
		return Record{}, b, ErrIncomplete
	}
	end := size - CRCSize
	if crc32.Checksum(b[:end], castagnoli) != binary.BigEndian.Uint32(b[end:size]) {
		return Record{}, b, ErrDamaged
	}
	return Record{h, b[:size:size]}, b[size:], nil
}
