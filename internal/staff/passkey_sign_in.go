package staff

import (
	"context"
	"encoding/base64"
	"encoding/json"

	"github.com/go-webauthn/webauthn/protocol"
	"github.com/go-webauthn/webauthn/webauthn"

	"verhaal/internal/db"
	"verhaal/internal/fault"
)

// BeginSignIn opens a sign-in with any passkey of this site.
func (m *Members) BeginSignIn() (Ceremony, error) {
	options, session, err := m.webauthn.BeginDiscoverableLogin(webauthn.WithUserVerification(protocol.VerificationRequired))
	if err != nil {
		return Ceremony{}, fault.Wrap(fault.Internal, "", err)
	}
	return m.ceremony(signInPurpose, options.Response, session)
}

// SignInPasskey opens a session for the right answer to BeginSignIn. Each
// answer counts once.
func (m *Members) SignInPasskey(ctx context.Context, state string, answer []byte) (SignedIn, error) {
	session, err := m.session(signInPurpose, state)
	if err != nil {
		return SignedIn{}, err
	}
	parsed, err := protocol.ParseCredentialRequestResponseBytes(answer)
	if err != nil {
		return SignedIn{}, errPasskey(err)
	}
	var broken error // of the database, which the library would hide
	found, c, err := m.webauthn.ValidatePasskeyLogin(func(_, handle []byte) (webauthn.User, error) {
		who, err := m.ByID(ctx, string(handle))
		if err == nil && who.State != Active {
			err = fault.New(fault.NotFound, "", "not active")
		}
		if err != nil {
			return nil, err
		}
		u, err := m.user(ctx, who)
		if err != nil {
			broken = err
		}
		return u, err
	}, session, parsed)
	if broken != nil {
		return SignedIn{}, broken
	}
	if err != nil || c.Authenticator.CloneWarning {
		return SignedIn{}, m.refused(ctx, "passkey")
	}
	record, err := json.Marshal(c)
	if err != nil {
		return SignedIn{}, err
	}
	id, credential := string(found.WebAuthnID()), base64.RawURLEncoding.EncodeToString(c.ID)
	once := m.digest([]byte(session.Challenge))
	in, err := m.start(ctx, id, "passkey", func(tx *db.Tx) error {
		n, err := tx.Exec(spendCeremony, once[:], m.clock().Add(ceremonyLife).Unix())
		if err == nil && n == 0 {
			err = errSignIn()
		}
		if err != nil {
			return err
		}
		n, err = tx.Exec(updatePasskey, credential, id, string(record))
		if err == nil && n == 0 {
			err = errSignIn() // removed in this moment
		}
		return err
	})
	if err != nil {
		return SignedIn{}, err
	}
	in.Wrapped, err = m.wrap(ctx, id, "passkey", credential)
	return in, err
}
