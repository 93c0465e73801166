package staff

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/go-webauthn/webauthn/protocol"
	"github.com/go-webauthn/webauthn/webauthn"

	"verhaal/internal/fault"
)

const (
	ceremonyLife  = 5 * time.Minute
	maxPasskeys   = 10
	makePurpose   = "passkey-make:"
	signInPurpose = "passkey-sign-in"
)

// newWebAuthn asks for discoverable keys that verify their user: the login is
// in the key, and PRF needs the verification (WebAuthn L3 section 10.1.4).
func newWebAuthn(site string, origins []string) (*webauthn.WebAuthn, error) {
	w, err := webauthn.New(&webauthn.Config{
		RPID: site, RPDisplayName: site, RPOrigins: origins,
		AttestationPreference: protocol.PreferNoAttestation,
		AuthenticatorSelection: protocol.AuthenticatorSelection{
			ResidentKey:      protocol.ResidentKeyRequirementRequired,
			UserVerification: protocol.VerificationRequired,
		},
	})
	if err != nil {
		return nil, fmt.Errorf("staff: passkeys for %q at %q: %w", site, origins, err)
	}
	return w, nil
}

// Ceremony is the first half of a passkey's act: options go to the browser's
// navigator.credentials as they are, state comes back with the answer.
type Ceremony struct {
	Options json.RawMessage
	State   string
}

// user is a member as the webauthn library wants to see one. The handle is the
// pseudonymous id: authenticators show the names and keep them to themselves.
type user struct {
	Member
	credentials []webauthn.Credential
}

func (u user) WebAuthnID() []byte                         { return []byte(u.ID) }
func (u user) WebAuthnName() string                       { return u.Login }
func (u user) WebAuthnDisplayName() string                { return u.Name }
func (u user) WebAuthnCredentials() []webauthn.Credential { return u.credentials }

func (m *Members) user(ctx context.Context, who Member) (user, error) {
	u := user{Member: who}
	rows, err := m.db.Query(ctx, publicOfPasskeys, who.ID)
	if err != nil {
		return u, err
	}
	defer rows.Close()
	for rows.Next() {
		var public string
		var c webauthn.Credential
		if err := rows.Scan(&public); err != nil {
			return u, err
		}
		if err := json.Unmarshal([]byte(public), &c); err != nil {
			return u, fault.New(fault.Internal, "", "a passkey's record can't be read")
		}
		u.credentials = append(u.credentials, c)
	}
	return u, rows.Err()
}

func (m *Members) ceremony(purpose string, options any, session *webauthn.SessionData) (Ceremony, error) {
	o, err := json.Marshal(options)
	if err != nil {
		return Ceremony{}, err
	}
	s, err := json.Marshal(session)
	return Ceremony{Options: o, State: m.ticket(purpose, s, ceremonyLife)}, err
}

func (m *Members) session(purpose, state string) (s webauthn.SessionData, err error) {
	raw, err := m.readTicket(purpose, state)
	if err != nil {
		return s, err
	}
	return s, json.Unmarshal(raw, &s)
}

// errPasskey keeps the library's type of error and drops its details, which
// may quote what the browser sent.
func errPasskey(err error) error {
	var e *protocol.Error
	if errors.As(err, &e) {
		return fault.New(fault.BadInput, "staff.fault.passkey", "webauthn: %s", e.Type)
	}
	return fault.New(fault.BadInput, "staff.fault.passkey", "webauthn: an answer that can't be read")
}
