// Package seal is everything that is said in secret: sealed files, padding,
// the keys that a receipt or a passphrase derives, and receipts themselves.
//
// To seal, Seal(PadJSON(v), recipients…); to read, Open. A receipt is made by
// NewReceipt, shown by Words or Digits, read back by ParseReceipt, and turned
// into keys by Derive.
//
// Promises: every file is a plain age v1 file (https://age-encryption.org/v1)
// that the ordinary age tool opens; every recipient is hybrid (ML-KEM-768 and
// X25519), because one classic recipient would undo post-quantum secrecy for
// the whole file; what Go and the browser (ui/seal) derive, spell and seal is
// the same to the byte, held by tests that run both; the formats of version 1
// never change (docs/formats.md). Nothing here logs, and no error quotes a key,
// a receipt or a text. All functions are safe for concurrent use.
package seal

import (
	"bytes"
	"errors"
	"io"

	"filippo.io/age"

	"verhaal/internal/fault"
)

// Seal encrypts plain to the recipients, any one of whose identities opens it.
// Every recipient must be hybrid (age1pq1…): fault.BadInput otherwise. Each
// adds about 1.6 kB. Pad first (PadJSON): the length shows.
func Seal(plain []byte, recipients ...string) ([]byte, error) {
	if len(recipients) == 0 {
		return nil, fault.New(fault.BadInput, "", "no recipient to seal to")
	}
	parsed := make([]age.Recipient, len(recipients))
	for i, s := range recipients {
		r, err := parseRecipient(s)
		if err != nil {
			return nil, err
		}
		parsed[i] = r
	}
	var file bytes.Buffer
	w, err := age.Encrypt(&file, parsed...)
	if err != nil {
		return nil, fault.Wrap(fault.Internal, "", err)
	}
	if _, err := w.Write(plain); err != nil {
		return nil, fault.Wrap(fault.Internal, "", err)
	}
	if err := w.Close(); err != nil {
		return nil, fault.Wrap(fault.Internal, "", err)
	}
	return file.Bytes(), nil
}

// Open decrypts a file with whichever of ids fits. Errors: fault.Refused when
// none fits, fault.BadInput when the file is damaged or is no age file. It
// never gives out a part of a file whose end is missing or altered.
func Open(file []byte, ids ...Identity) ([]byte, error) {
	var usable []age.Identity
	for _, id := range ids {
		if id.hybrid != nil {
			usable = append(usable, id.hybrid)
		}
	}
	if len(usable) == 0 {
		return nil, fault.New(fault.Refused, "fault.wrong_key", "no identity to open with")
	}
	r, err := age.Decrypt(bytes.NewReader(file), usable...)
	if none := new(age.NoIdentityMatchError); errors.As(err, &none) {
		return nil, fault.New(fault.Refused, "fault.wrong_key", "no identity fits the file")
	}
	if err != nil {
		return nil, fault.New(fault.BadInput, "fault.damaged_file", "damaged header of a sealed file")
	}
	plain, err := io.ReadAll(r)
	if err != nil {
		return nil, fault.New(fault.BadInput, "fault.damaged_file", "damaged payload of a sealed file")
	}
	return plain, nil
}
