package seal

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"log/slog"
	"strings"

	"filippo.io/age"

	"verhaal/internal/fault"
)

// SeedSize is the length of the seed of an identity, in bytes.
const SeedSize = 32

// Identity is a private key: a hybrid (ML-KEM-768 + X25519) age identity. It
// redacts itself; only Secret gives it away. The zero value opens nothing.
type Identity struct{ hybrid *age.HybridIdentity }

// NewIdentity makes a fresh identity from the system's randomness.
func NewIdentity() (Identity, error) {
	id, err := age.GenerateHybridIdentity()
	if err != nil {
		return Identity{}, fault.Wrap(fault.Internal, "", err)
	}
	return Identity{id}, nil
}

// ParseIdentity reads the "AGE-SECRET-KEY-PQ-1…" form, surrounding space
// forgiven. The error says nothing of what was read.
func ParseIdentity(s string) (Identity, error) {
	id, err := age.ParseHybridIdentity(strings.TrimSpace(s))
	if err != nil {
		// age's own error may quote a piece of the key.
		return Identity{}, fault.New(fault.BadInput, "fault.not_a_key", "not a hybrid age identity")
	}
	return Identity{id}, nil
}

// IdentityFromSeed makes the identity whose HPKE private key is seed (32 bytes,
// draft-ietf-hpke-pq, MLKEM768-X25519). The same seed gives the same identity.
func IdentityFromSeed(seed []byte) (Identity, error) {
	if len(seed) != SeedSize {
		return Identity{}, fault.New(fault.BadInput, "", "a seed of %d bytes, want %d", len(seed), SeedSize)
	}
	return ParseIdentity(strings.ToUpper(bech32Encode("age-secret-key-pq-", seed)))
}

// Recipient gives the public key, "age1pq1…" (1,959 characters); "" for the
// zero value.
func (i Identity) Recipient() string {
	if i.hybrid == nil {
		return ""
	}
	return i.hybrid.Recipient().String()
}

// Secret gives the private key, "AGE-SECRET-KEY-PQ-1…" (77 characters); "" for
// the zero value. It goes into a sealed file or to its owner, nowhere else.
func (i Identity) Secret() string {
	if i.hybrid == nil {
		return ""
	}
	return i.hybrid.String()
}

func (Identity) String() string               { return redacted }
func (Identity) GoString() string             { return redacted }
func (Identity) LogValue() slog.Value         { return slog.StringValue(redacted) }
func (Identity) MarshalJSON() ([]byte, error) { return []byte(`"` + redacted + `"`), nil }
func (Identity) Format(f fmt.State, _ rune)   { io.WriteString(f, redacted) }

// CheckRecipient tells whether s is a hybrid recipient, exactly as Recipient
// gives it (lower case, no space), so that one key has one fingerprint.
func CheckRecipient(s string) error {
	_, err := parseRecipient(s)
	return err
}

func parseRecipient(s string) (*age.HybridRecipient, error) {
	if !strings.HasPrefix(s, "age1pq1") {
		return nil, fault.New(fault.BadInput, "fault.not_a_key", "not a hybrid age recipient (age1pq1…)")
	}
	r, err := age.ParseHybridRecipient(s)
	if err != nil || r.String() != s {
		// age's error quotes the whole recipient; a log doesn't need 2 kB.
		return nil, fault.New(fault.BadInput, "fault.not_a_key", "malformed hybrid age recipient")
	}
	return r, nil
}

// PlausibleRecipient says whether s has the form of a hybrid recipient: prefix,
// length and alphabet (bech32), but not checksum or key. It costs a thousandth
// of CheckRecipient, for keys that hurt only their sender when they are wrong.
func PlausibleRecipient(s string) bool {
	const prefix, length = "age1pq1", 1959
	if len(s) != length || !strings.HasPrefix(s, prefix) {
		return false
	}
	for i := len(prefix); i < len(s); i++ {
		if strings.IndexByte("qpzry9x8gf2tvdw0s3jn54khce6mua7l", s[i]) < 0 {
			return false
		}
	}
	return true
}

// Fingerprint is the lower-case hex SHA-256 of the recipient's string: a short
// name for a key of 1,959 characters.
func Fingerprint(recipient string) string {
	sum := sha256.Sum256([]byte(recipient))
	return hex.EncodeToString(sum[:])
}
