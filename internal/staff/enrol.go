package staff

import (
	"context"
	"strings"

	"verhaal/internal/custody"
	"verhaal/internal/db"
	"verhaal/internal/fault"
	"verhaal/internal/seal"
)

// Passphrase is what the browser derived from one, and the key it wraps.
type Passphrase struct {
	Proof   []byte // 32 bytes
	Wrapped []byte // the private key to the identity of the passphrase
}

// Enrolment is what an invited member's browser made. At least one of
// Passphrase and a Passkey with a wrap is there, or the key could never be
// unlocked.
type Enrolment struct {
	Code        string
	Login, Name string // only for the first administrator; else as invited
	Lang        string
	Recipient   string // the member's public key
	Recovery    []byte // the private key to the installation's recovery recipient
	Passphrase  *Passphrase
	Passkey     *NewPasskey
}

func (e *Enrolment) check() error {
	if err := seal.CheckRecipient(e.Recipient); err != nil {
		return err
	}
	wraps := [][]byte{e.Recovery}
	unlocks := false
	if e.Passphrase != nil {
		if len(e.Passphrase.Proof) != proofSize {
			return fault.New(fault.BadInput, "", "a proof of %d bytes", len(e.Passphrase.Proof))
		}
		wraps, unlocks = append(wraps, e.Passphrase.Wrapped), true
	}
	if e.Passkey != nil && e.Passkey.Wrapped != nil {
		wraps, unlocks = append(wraps, e.Passkey.Wrapped), true
	}
	if !unlocks {
		return fault.New(fault.BadInput, "staff.fault.no_way", "nothing would unlock the key")
	}
	for _, w := range wraps {
		if err := seal.CheckFile(w, 1); err != nil {
			return err
		}
	}
	return nil
}

// Enrol makes an invited member active and signs the browser in.
func (m *Members) Enrol(ctx context.Context, e Enrolment) (SignedIn, error) {
	who, err := m.InvitedBy(ctx, e.Code)
	if err != nil {
		return SignedIn{}, err
	}
	if err := e.check(); err != nil {
		return SignedIn{}, err
	}
	if who.Name == "" {
		who.Login, who.Name = normalLogin(e.Login), strings.TrimSpace(e.Name)
	}
	if !validLogin(who.Login) || !validName(who.Name) {
		return SignedIn{}, errNames()
	}
	var credential, public string
	var ways []string
	if e.Passphrase != nil {
		ways = append(ways, "passphrase")
	}
	if e.Passkey != nil {
		if credential, public, err = m.made(ctx, who, *e.Passkey); err != nil {
			return SignedIn{}, err
		}
		ways = append(ways, "passkey")
	}
	secret, err := parseCode(e.Code)
	if err != nil {
		return SignedIn{}, err
	}
	hash := m.digest(secret[:])
	act := custody.Act{
		Kind: "staff.enrolled", Actor: who.ID, Facts: map[string]string{"with": strings.Join(ways, " ")},
		Hashes: map[string][]byte{"recipient": hashOf(e.Recipient)},
	}
	_, err = m.log.Do(ctx, act, func(tx *db.Tx) error {
		now := m.clock()
		if err := loginFree(tx, who.Login, who.ID); err != nil {
			return err
		}
		n, err := tx.Exec(activate, who.ID, hash[:], now.Unix(), who.Login, who.Name, e.Lang, e.Recipient)
		if err == nil && n == 0 {
			err = errCode() // used in this moment
		}
		if err != nil {
			return err
		}
		if _, err := tx.Exec(putWrap, who.ID, "recovery", "", e.Recovery); err != nil {
			return err
		}
		if e.Passkey != nil {
			if err := insertPasskeyRows(tx, who.ID, credential, public, *e.Passkey, now); err != nil {
				return err
			}
		}
		if e.Passphrase == nil {
			return nil
		}
		return m.putPassphrase(tx, who, *e.Passphrase)
	})
	if err != nil {
		return SignedIn{}, err
	}
	return m.start(ctx, who.ID, "enrolment", nil)
}

func (m *Members) putPassphrase(tx *db.Tx, who Member, p Passphrase) error {
	proof := m.digest(p.Proof)
	if _, err := tx.Exec(setPassphrase, who.ID, m.saltOf(who.Login), proof[:]); err != nil {
		return err
	}
	_, err := tx.Exec(putWrap, who.ID, "passphrase", "", p.Wrapped)
	return err
}
