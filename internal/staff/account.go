package staff

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"

	"verhaal/internal/custody"
	"verhaal/internal/db"
	"verhaal/internal/fault"
	"verhaal/internal/seal"
)

// Wrap is the member's private key, wrapped to one way of unlocking it.
type Wrap struct {
	Kind       string // passphrase or passkey
	Credential string // of the passkey, base64url
	Wrapped    []byte
}

// Locked is what a signed-in member's browser needs to unlock the key again:
// the salt of the passphrase and the wraps, never the one for recovery.
type Locked struct {
	Salt  []byte
	Wraps []Wrap
}

// Locked gives a member's own wraps.
func (m *Members) Locked(ctx context.Context, who Member) (Locked, error) {
	out := Locked{Salt: m.saltOf(who.Login)}
	rows, err := m.db.Query(ctx, listWraps, who.ID)
	if err != nil {
		return out, err
	}
	defer rows.Close()
	for rows.Next() {
		var w Wrap
		if err := rows.Scan(&w.Kind, &w.Credential, &w.Wrapped); err != nil {
			return out, err
		}
		out.Wraps = append(out.Wraps, w)
	}
	return out, rows.Err()
}

// SetPassphrase gives a member a new passphrase, or a first one. old is the
// proof of the one before: an unlocked screen alone must not be enough.
func (m *Members) SetPassphrase(ctx context.Context, who Member, old []byte, p Passphrase) error {
	if len(p.Proof) != proofSize {
		return fault.New(fault.BadInput, "", "a proof of %d bytes", len(p.Proof))
	}
	if err := seal.CheckFile(p.Wrapped, 1); err != nil {
		return err
	}
	had := m.digest(old)
	act := custody.Act{Kind: "staff.passphrase_changed", Actor: who.ID}
	_, err := m.log.Do(ctx, act, func(tx *db.Tx) error {
		var want []byte
		if err := tx.QueryRow(proofOfMember, who.ID).Scan(&want); err != nil {
			return err
		}
		if len(want) == sha256.Size && subtle.ConstantTimeCompare(had[:], want) != 1 {
			return fault.New(fault.Refused, "staff.fault.old_passphrase", "the old passphrase is wrong")
		}
		return m.putPassphrase(tx, who, p)
	})
	return err
}

// HasPassphrase says whether the member may sign in with one.
func (m *Members) HasPassphrase(ctx context.Context, id string) (bool, error) {
	var proof []byte
	err := m.db.QueryRow(ctx, proofOfMember, id).Scan(&proof)
	return len(proof) > 0, err
}

// SetLang changes the language of a member's pages.
func (m *Members) SetLang(ctx context.Context, who Member, lang string) error {
	act := custody.Act{Kind: "staff.language_changed", Actor: who.ID, Facts: map[string]string{"language": lang}}
	_, err := m.log.Do(ctx, act, func(tx *db.Tx) error {
		_, err := tx.Exec(setLang, who.ID, lang)
		return err
	})
	return err
}
