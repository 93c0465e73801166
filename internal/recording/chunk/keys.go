package chunk

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"log/slog"
)

// Secret is 32 bytes that open a recording or help to: share A of the recorder,
// share B of the server, B's part for a minute, or a minute's key. It redacts
// itself; its bytes are s[:].
type Secret [32]byte

const redacted = "[secret of a recording]"

func (Secret) String() string               { return redacted }
func (Secret) GoString() string             { return redacted }
func (Secret) LogValue() slog.Value         { return slog.StringValue(redacted) }
func (Secret) MarshalText() ([]byte, error) { return []byte(redacted), nil }
func (Secret) Format(f fmt.State, _ rune)   { io.WriteString(f, redacted) }

// NewSecret makes a share from the system's randomness.
func NewSecret() (s Secret) {
	_, _ = rand.Read(s[:]) // never fails: crypto/rand
	return s
}

// Release gives B_m, the part of the server's share B for one minute. Who has
// it and share A can open this minute of this part, and no other.
func Release(b Secret, part uint16, minute uint32) Secret {
	info := binary.BigEndian.AppendUint16([]byte("verhaal/recording/b"), part)
	return derive(b, nil, binary.BigEndian.AppendUint32(info, minute))
}

// MinuteKey gives K_m, the key of one minute of a part, from share A and from
// what Release gave for that minute.
func MinuteKey(a, released Secret, part Part, minute uint32) Secret {
	info := append([]byte("verhaal/recording/k"), part.Recording[:]...)
	info = append(info, byte(part.Track))
	info = binary.BigEndian.AppendUint16(info, part.Number)
	return derive(a, released[:], binary.BigEndian.AppendUint32(info, minute))
}

func derive(from Secret, salt, info []byte) Secret {
	key, err := hkdf.Key(sha256.New, from[:], salt, string(info), len(Secret{}))
	if err != nil {
		panic(err) // only for a key longer than HKDF can give
	}
	return Secret(key)
}

// ErrKey says that a record does not open with a key: the key is of another
// minute or part, or the record was changed by somebody who mended the checksum.
var ErrKey = errors.New("the record does not open with this key")

// Seal makes the record of plain under h and the key of h's minute; it fills in
// h.Sealed. The same key must never seal two records of one seq: a recorder that
// lost its place begins a new part with a new share A.
func Seal(h Header, key Secret, plain []byte) (Record, error) {
	if len(plain) > MaxSealed-TagSize {
		return Record{}, malformed("%d bytes are too many for a record", len(plain))
	}
	h.Sealed = uint32(len(plain) + TagSize)
	if err := h.Check(); err != nil {
		return Record{}, err
	}
	raw := h.Append(make([]byte, 0, h.Size()))
	raw = aead(key).Seal(raw, nonce(h.Seq), plain, raw[:HeaderSize])
	raw = binary.BigEndian.AppendUint32(raw, crc32.Checksum(raw, castagnoli))
	return Record{h, raw}, nil
}

// Open decrypts the record with the key of its minute and appends what it held
// to dst. It gives nothing of a record that was changed: ErrKey.
func (r Record) Open(dst []byte, key Secret) ([]byte, error) {
	out, err := aead(key).Open(dst, nonce(r.Seq), r.Ciphertext(), r.Raw[:HeaderSize])
	if err != nil {
		return dst, ErrKey
	}
	return out, nil
}

func aead(key Secret) cipher.AEAD {
	block, err := aes.NewCipher(key[:])
	if err != nil {
		panic(err) // only for keys of a wrong length
	}
	gcm, err := cipher.NewGCM(block)
	if err != nil {
		panic(err) // only for ciphers of another block size
	}
	return gcm
}

// nonce is 8 zero bytes and seq: unique, as each part has a share A of its own.
func nonce(seq uint32) []byte { return binary.BigEndian.AppendUint32(make([]byte, 8, 12), seq) }
