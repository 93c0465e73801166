package staff

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"crypto/subtle"
	"database/sql"
	"errors"

	"verhaal/internal/custody"
	"verhaal/internal/fault"
	"verhaal/internal/seal"
)

const proofSize = 32

// Greeting is what a browser needs before it can prove a passphrase. It looks
// the same whether or not the login exists.
type Greeting struct {
	Salt      []byte // 16 bytes, always the same for a login
	Challenge string // goes back with the attempt
	Bits      int    // work that the attempt costs now; 0 = none
}

// Greet answers a login. It reads nothing of the member: the salt of an account
// is a keyed hash of its login, like that of a login which nobody has.
func (m *Members) Greet(login string) (Greeting, error) {
	login = normalLogin(login)
	random, err := m.random(workRandom)
	if err != nil {
		return Greeting{}, err
	}
	return Greeting{
		Salt:      m.saltOf(login),
		Challenge: m.ticket(workPurpose+login, random, workLife),
		Bits:      m.guesses.bits(m.bucketOf(login), m.clock().Unix()),
	}, nil
}

func (m *Members) saltOf(login string) []byte {
	h := hmac.New(sha256.New, m.keys.salt)
	h.Write([]byte(login))
	return h.Sum(nil)[:seal.SaltSize]
}

// Attempt is one try at a passphrase.
type Attempt struct {
	Login            string
	Proof            []byte // 32 bytes, derived from the passphrase in the browser
	Challenge, Nonce string // see Greeting
}

// SignIn opens a session for a right passphrase. A wrong one and an unknown
// login are the same Unauthenticated fault after the same work. A Conflict
// "staff.fault.work" asks for a new greeting and more work first.
func (m *Members) SignIn(ctx context.Context, a Attempt) (SignedIn, error) {
	login := normalLogin(a.Login)
	bucket, now := m.bucketOf(login), m.clock().Unix()
	if len(a.Proof) != proofSize {
		return SignedIn{}, fault.New(fault.BadInput, "", "a proof of %d bytes", len(a.Proof))
	}
	if !m.worked(login, a, m.guesses.bits(bucket, now)) {
		return SignedIn{}, fault.New(fault.Conflict, "staff.fault.work", "not enough work for a guess")
	}
	var id string
	var wrapped []byte
	want := make([]byte, sha256.Size) // no proof has this hash
	err := m.db.QueryRow(ctx, proofByLogin, login).Scan(&id, &want, &wrapped)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return SignedIn{}, err
	}
	got := m.digest(a.Proof)
	if subtle.ConstantTimeCompare(got[:], want) != 1 {
		m.guesses.failed(bucket, now)
		return SignedIn{}, m.refused(ctx, "passphrase")
	}
	in, err := m.start(ctx, id, "passphrase", nil)
	if err != nil {
		return SignedIn{}, err
	}
	m.guesses.right(bucket)
	in.Wrapped = wrapped
	return in, nil
}

// refused records a failed sign-in, without a name, and is its error.
func (m *Members) refused(ctx context.Context, by string) error {
	if _, err := m.log.Do(ctx, custody.Act{Kind: "session.refused", Facts: map[string]string{"by": by}}, nil); err != nil {
		return err
	}
	return errSignIn()
}

func errSignIn() error {
	return fault.New(fault.Unauthenticated, "staff.fault.sign_in", "sign-in refused")
}
