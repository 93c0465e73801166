package staff

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/base64"
	"encoding/json"
	"errors"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/go-webauthn/webauthn/protocol"
	"github.com/go-webauthn/webauthn/webauthn"

	"verhaal/internal/custody"
	"verhaal/internal/db"
	"verhaal/internal/fault"
	"verhaal/internal/seal"
)

// Passkey is a member's passkey as pages show it.
type Passkey struct {
	Credential string // base64url
	Label      string
	Unlocks    bool // it gave a PRF, so that a wrap of the key exists
	Since      time.Time
}

// NewPasskey is the second half of making one.
type NewPasskey struct {
	State      string
	Credential []byte // the browser's answer, JSON without the outputs of extensions
	Label      string // how the member calls it
	Wrapped    []byte // the private key to the identity of its PRF; nil when it has none
}

// BeginPasskey opens the making of a passkey for who, who may still be invited.
func (m *Members) BeginPasskey(ctx context.Context, who Member) (Ceremony, error) {
	u, err := m.user(ctx, who)
	if err != nil {
		return Ceremony{}, err
	}
	var known []protocol.CredentialDescriptor
	for _, c := range u.credentials {
		known = append(known, c.Descriptor())
	}
	options, session, err := m.webauthn.BeginRegistration(u, webauthn.WithExclusions(known))
	if err != nil {
		return Ceremony{}, fault.Wrap(fault.Internal, "", err)
	}
	return m.ceremony(makePurpose+who.ID, options.Response, session)
}

// made checks the browser's answer to BeginPasskey and gives the record to keep.
func (m *Members) made(ctx context.Context, who Member, p NewPasskey) (credential, public string, err error) {
	session, err := m.session(makePurpose+who.ID, p.State)
	if err != nil {
		return "", "", err
	}
	parsed, err := protocol.ParseCredentialCreationResponseBytes(p.Credential)
	if err != nil {
		return "", "", errPasskey(err)
	}
	u, err := m.user(ctx, who)
	if err != nil {
		return "", "", err
	}
	if len(u.credentials) >= maxPasskeys {
		return "", "", fault.New(fault.Conflict, "staff.fault.passkeys_full", "%d passkeys", len(u.credentials))
	}
	if n := utf8.RuneCountInString(p.Label); !utf8.ValidString(p.Label) || n < 1 || n > 40 {
		return "", "", fault.New(fault.BadInput, "staff.fault.label", "a label of %d characters", n)
	}
	c, err := m.webauthn.CreateCredential(u, session, parsed)
	if err != nil {
		return "", "", errPasskey(err)
	}
	c.Attestation = webauthn.CredentialAttestation{} // says which device somebody has
	record, err := json.Marshal(c)
	return base64.RawURLEncoding.EncodeToString(c.ID), string(record), err
}

func insertPasskeyRows(tx *db.Tx, id, credential, public string, p NewPasskey, now time.Time) error {
	n, err := tx.Exec(insertPasskey, credential, id, strings.TrimSpace(p.Label), public, now.Unix())
	if err != nil {
		return err
	}
	if n == 0 {
		return fault.New(fault.Conflict, "", "this passkey is known already")
	}
	if p.Wrapped == nil {
		return nil
	}
	_, err = tx.Exec(putWrap, id, "passkey", credential, p.Wrapped)
	return err
}

// AddPasskey gives an active member one more passkey.
func (m *Members) AddPasskey(ctx context.Context, who Member, p NewPasskey) error {
	if p.Wrapped != nil {
		if err := seal.CheckFile(p.Wrapped, 1); err != nil {
			return err
		}
	}
	credential, public, err := m.made(ctx, who, p)
	if err != nil {
		return err
	}
	act := custody.Act{Kind: "staff.passkey_added", Actor: who.ID, Hashes: map[string][]byte{"credential": hashOf(credential)}}
	_, err = m.log.Do(ctx, act, func(tx *db.Tx) error {
		return insertPasskeyRows(tx, who.ID, credential, public, p, m.clock())
	})
	return err
}

// RemovePasskey takes a passkey away, unless the key could then not be
// unlocked any more.
func (m *Members) RemovePasskey(ctx context.Context, who Member, credential string) error {
	act := custody.Act{Kind: "staff.passkey_removed", Actor: who.ID, Hashes: map[string][]byte{"credential": hashOf(credential)}}
	_, err := m.log.Do(ctx, act, func(tx *db.Tx) error {
		if _, err := tx.Exec(deleteWrap, who.ID, "passkey", credential); err != nil {
			return err
		}
		n, err := tx.Exec(deletePasskey, credential, who.ID)
		if err == nil && n == 0 {
			err = fault.New(fault.NotFound, "", "no such passkey")
		}
		if err != nil {
			return err
		}
		var left int
		if err := tx.QueryRow(countUnlocking, who.ID).Scan(&left); err != nil {
			return err
		}
		if left == 0 {
			return fault.New(fault.Conflict, "staff.fault.last_way", "the last way to unlock the key")
		}
		return nil
	})
	return err
}

// Passkeys lists a member's passkeys, oldest first; at most maxPasskeys.
func (m *Members) Passkeys(ctx context.Context, id string) ([]Passkey, error) {
	rows, err := m.db.Query(ctx, listPasskeys, id)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var out []Passkey
	for rows.Next() {
		var p Passkey
		var unlocks int
		var since int64
		if err := rows.Scan(&p.Credential, &p.Label, &since, &unlocks); err != nil {
			return nil, err
		}
		p.Unlocks, p.Since = unlocks > 0, time.Unix(since, 0).UTC()
		out = append(out, p)
	}
	return out, rows.Err()
}

func (m *Members) wrap(ctx context.Context, id, kind, credential string) ([]byte, error) {
	var wrapped []byte
	err := m.db.QueryRow(ctx, findWrap, id, kind, credential).Scan(&wrapped)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, nil
	}
	return wrapped, err
}

func hashOf(s string) []byte {
	sum := sha256.Sum256([]byte(s))
	return sum[:]
}
