package seal

import (
	"crypto/hkdf"
	"crypto/sha256"
	"fmt"
	"io"
	"log/slog"

	"golang.org/x/crypto/argon2"

	"verhaal/internal/fault"
)

// SaltSize is the length of a salt, in bytes; RootSize that of the root that
// Argon2id or a passkey gives.
const (
	SaltSize = 16
	RootSize = 32
)

// Argon2id (RFC 9106) of version 1: the second recommended memory (64 MiB), 3
// passes, 1 lane because a browser's wasm has one thread.
const (
	argonPasses    = 3
	argonMemoryKiB = 64 * 1024
	argonLanes     = 1
)

// Keys is what a receipt, a passphrase or a passkey opens the door with. Lookup
// says which record is meant and Proof that one may: a server keeps only their
// hashes. Identity never leaves the device, but for a reporter without scripts.
type Keys struct {
	Lookup   [16]byte
	Proof    [32]byte
	Identity Identity
}

func (Keys) String() string               { return redacted }
func (Keys) GoString() string             { return redacted }
func (Keys) LogValue() slog.Value         { return slog.StringValue(redacted) }
func (Keys) MarshalJSON() ([]byte, error) { return []byte(`"` + redacted + `"`), nil }
func (Keys) Format(f fmt.State, _ rune)   { io.WriteString(f, redacted) }

// Derive gives the keys of a secret: the 10 bytes of a receipt with the
// installation's salt, or a passphrase (NFKC, UTF-8) with its account's. salt
// is 16 bytes. One call holds 64 MiB for some 150 ms: a server bounds how many
// run at once.
func Derive(secret, salt []byte) (Keys, error) {
	if len(secret) == 0 || len(salt) != SaltSize {
		return Keys{}, fault.New(fault.BadInput, "", "a secret of %d and a salt of %d bytes, want some and %d", len(secret), len(salt), SaltSize)
	}
	return expand(argon2.IDKey(secret, salt, argonPasses, argonMemoryKiB, argonLanes, RootSize))
}

// DeriveFromPRF gives the keys of a passkey: prf is the 32 bytes that its PRF
// extension gave, uniform already, so they take the place of Argon2id's.
func DeriveFromPRF(prf []byte) (Keys, error) {
	if len(prf) != RootSize {
		return Keys{}, fault.New(fault.BadInput, "", "a PRF output of %d bytes, want %d", len(prf), RootSize)
	}
	return expand(prf)
}

// expand is HKDF-SHA256 (RFC 5869), no salt, one label a key.
func expand(root []byte) (Keys, error) {
	var keys Keys
	part := func(label string, n int) ([]byte, error) {
		return hkdf.Key(sha256.New, root, nil, "verhaal/v1/"+label, n)
	}
	lookup, err := part("lookup", len(keys.Lookup))
	if err != nil {
		return Keys{}, fault.Wrap(fault.Internal, "", err)
	}
	proof, err := part("proof", len(keys.Proof))
	if err != nil {
		return Keys{}, fault.Wrap(fault.Internal, "", err)
	}
	seed, err := part("identity", SeedSize)
	if err != nil {
		return Keys{}, fault.Wrap(fault.Internal, "", err)
	}
	copy(keys.Lookup[:], lookup)
	copy(keys.Proof[:], proof)
	keys.Identity, err = IdentityFromSeed(seed)
	return keys, err
}
