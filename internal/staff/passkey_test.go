package staff_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"fmt"
	"path/filepath"
	"testing"
	"time"

	"github.com/descope/virtualwebauthn"

	"verhaal/internal/db/dbtest"
	"verhaal/internal/fault"
	"verhaal/internal/seal"
	"verhaal/internal/staff"
)

// key is an authenticator with one passkey.
type key struct {
	party         virtualwebauthn.RelyingParty
	authenticator virtualwebauthn.Authenticator
	credential    virtualwebauthn.Credential
}

func newKey(owner string) *key {
	credential := virtualwebauthn.NewCredential(virtualwebauthn.KeyTypeEC2)
	// The library leaves the leading zeros of a coordinate out, against RFC 8152
	// section 13.1.1, and a key in 128 has some. A whole one is 77 bytes.
	for len(credential.Key.AttestationData()) < 77 {
		credential = virtualwebauthn.NewCredential(virtualwebauthn.KeyTypeEC2)
	}
	return &key{
		party:         virtualwebauthn.RelyingParty{ID: "staff.example", Name: "staff.example", Origin: origin},
		authenticator: virtualwebauthn.NewAuthenticatorWithOptions(virtualwebauthn.AuthenticatorOptions{UserHandle: []byte(owner)}),
		credential:    credential,
	}
}

// options puts the library's outer object around ours, as navigator wants none.
func options(c staff.Ceremony) string { return fmt.Sprintf(`{"publicKey":%s}`, c.Options) }

func (k *key) make(t testing.TB, c staff.Ceremony) staff.NewPasskey {
	t.Helper()
	o, err := virtualwebauthn.ParseAttestationOptions(options(c))
	must(t, err)
	return staff.NewPasskey{State: c.State, Label: "phone",
		Credential: []byte(virtualwebauthn.CreateAttestationResponse(k.party, k.authenticator, k.credential, *o))}
}

func (k *key) sign(t testing.TB, c staff.Ceremony) []byte {
	t.Helper()
	o, err := virtualwebauthn.ParseAssertionOptions(options(c))
	must(t, err)
	k.credential.Counter++
	return []byte(virtualwebauthn.CreateAssertionResponse(k.party, k.authenticator, k.credential, *o))
}

// addKey gives s a passkey; unlocks says whether it has a PRF.
func (x *fixture) addKey(t testing.TB, s someone, unlocks bool) *key {
	t.Helper()
	c, err := x.BeginPasskey(context.Background(), s.Member)
	must(t, err)
	k := newKey(s.ID)
	p := k.make(t, c)
	if unlocks {
		p.Wrapped = x.wrap(t, s.own, s.unlock)
	}
	must(t, x.AddPasskey(context.Background(), s.Member, p))
	return k
}

func (x *fixture) signInWith(t testing.TB, k *key) (staff.SignedIn, error) {
	t.Helper()
	c, err := x.BeginSignIn()
	must(t, err)
	return x.SignInPasskey(context.Background(), c.State, k.sign(t, c))
}

func TestAPasskeySignsInAndGivesItsOwnWrap(t *testing.T) {
	each(t, func(t *testing.T, x *fixture) {
		s := x.enrolled(t, "sam", staff.Officer)
		for _, unlocks := range []bool{true, false} {
			in, err := x.signInWith(t, x.addKey(t, s, unlocks))
			must(t, err)
			if in.Member.ID != s.ID || (in.Wrapped != nil) != unlocks {
				t.Errorf("unlocks %v: member %v, wrap of %d bytes", unlocks, in.Member, len(in.Wrapped))
			}
			if unlocks {
				plain, err := seal.Open(in.Wrapped, s.unlock)
				must(t, err)
				if string(plain) != s.own.Secret() {
					t.Error("the wrap holds another key")
				}
			}
			if _, err := x.SessionOf(context.Background(), in.Cookie); err != nil {
				t.Error(err)
			}
		}
		list, err := x.Passkeys(context.Background(), s.ID)
		must(t, err)
		if len(list) != 2 || list[0].Unlocks == list[1].Unlocks {
			t.Errorf("passkeys: %+v", list)
		}
	})
}

func TestEnrollingWithAPasskeyAloneNeedsItsPRF(t *testing.T) {
	each(t, func(t *testing.T, x *fixture) {
		ctx := context.Background()
		_, code, err := x.Invite(ctx, "", staff.Newcomer{Login: "sam", Name: "Sam Bos", Powers: []string{staff.Officer}})
		must(t, err)
		who, err := x.InvitedBy(ctx, code)
		must(t, err)
		c, err := x.BeginPasskey(ctx, who)
		must(t, err)
		k := newKey(who.ID)
		made := k.make(t, c)
		e, s := x.enrolment(t, code)
		e.Passphrase, e.Passkey = nil, &made
		_, err = x.Enrol(ctx, e)
		refused(t, err, fault.BadInput, "staff.fault.no_way")
		made.Wrapped = x.wrap(t, s.own, s.unlock)
		_, err = x.Enrol(ctx, e)
		must(t, err)
		in, err := x.signInWith(t, k)
		must(t, err)
		if in.Member.ID != who.ID || in.Wrapped == nil {
			t.Error("the passkey of the enrolment does not unlock")
		}
		_, err = x.signIn("sam", bytes.Repeat([]byte{0}, 32))
		refused(t, err, fault.Unauthenticated, "staff.fault.sign_in")
		list, err := x.Passkeys(ctx, who.ID)
		must(t, err)
		refused(t, x.RemovePasskey(ctx, in.Member, list[0].Credential), fault.Conflict, "staff.fault.last_way")
	})
}

func TestAnAnswerOfAPasskeyCountsOnceInTimeAndHere(t *testing.T) {
	each(t, func(t *testing.T, x *fixture) {
		ctx := context.Background()
		s := x.enrolled(t, "sam", staff.Officer)
		k := x.addKey(t, s, true)

		c, err := x.BeginSignIn()
		must(t, err)
		answer := k.sign(t, c)
		_, err = x.SignInPasskey(ctx, c.State, answer)
		must(t, err)
		_, err = x.SignInPasskey(ctx, c.State, answer)
		refused(t, err, fault.Unauthenticated, "staff.fault.sign_in")

		other, err := x.BeginSignIn()
		must(t, err)
		_, err = x.SignInPasskey(ctx, other.State, k.sign(t, c))
		refused(t, err, fault.Unauthenticated, "staff.fault.sign_in")

		x.pass(6 * time.Minute)
		_, err = x.SignInPasskey(ctx, other.State, k.sign(t, other))
		refused(t, err, fault.BadInput, "staff.fault.too_late")

		elsewhere := *k
		elsewhere.party.Origin = "https://staff.example.evil"
		_, err = x.signInWith(t, &elsewhere)
		refused(t, err, fault.Unauthenticated, "staff.fault.sign_in")

		stranger := newKey(s.ID)
		_, err = x.signInWith(t, stranger)
		refused(t, err, fault.Unauthenticated, "staff.fault.sign_in")
		nobody := newKey("nobody")
		_, err = x.signInWith(t, nobody)
		refused(t, err, fault.Unauthenticated, "staff.fault.sign_in")
	})
}

func TestAClonedPasskeyIsRefused(t *testing.T) {
	each(t, func(t *testing.T, x *fixture) {
		s := x.enrolled(t, "sam", staff.Officer)
		k := x.addKey(t, s, true)
		k.credential.Counter = 9
		_, err := x.signInWith(t, k)
		must(t, err)
		k.credential.Counter = 3 // a copy that was used less
		_, err = x.signInWith(t, k)
		refused(t, err, fault.Unauthenticated, "staff.fault.sign_in")
	})
}

func TestARemovedPasskeyAndOneOfALeaverSignNobodyIn(t *testing.T) {
	each(t, func(t *testing.T, x *fixture) {
		ctx := context.Background()
		s := x.enrolled(t, "sam", staff.Officer)
		gone, kept := x.addKey(t, s, true), x.addKey(t, s, true)
		must(t, x.RemovePasskey(ctx, s.Member, base64.RawURLEncoding.EncodeToString(gone.credential.ID)))
		_, err := x.signInWith(t, gone)
		refused(t, err, fault.Unauthenticated, "staff.fault.sign_in")
		_, err = x.signInWith(t, kept)
		must(t, err)
		refused(t, x.RemovePasskey(ctx, s.Member, "unknown"), fault.NotFound, "")
		must(t, x.Leave(ctx, "admin", s.ID))
		_, err = x.signInWith(t, kept)
		refused(t, err, fault.Unauthenticated, "staff.fault.sign_in")
	})
}

func TestNobodyAddsAPasskeyToAnothersAccount(t *testing.T) {
	each(t, func(t *testing.T, x *fixture) {
		ctx := context.Background()
		sam, eve := x.enrolled(t, "sam", staff.Officer), x.enrolled(t, "eve", staff.Officer)
		c, err := x.BeginPasskey(ctx, eve.Member)
		must(t, err)
		refused(t, x.AddPasskey(ctx, sam.Member, newKey(eve.ID).make(t, c)), fault.BadInput, "staff.fault.too_late")

		k := x.addKey(t, sam, true)
		c, err = x.BeginPasskey(ctx, eve.Member)
		must(t, err)
		refused(t, x.AddPasskey(ctx, eve.Member, k.make(t, c)), fault.Conflict, "")
	})
}

func FuzzPasskeyAnswer(f *testing.F) {
	d, w := dbtest.Open(f, "sqlite:"+filepath.Join(f.TempDir(), "test.db"))
	x := newFixture(f, d, w)
	s := x.enrolled(f, "sam", staff.Officer)
	k := x.addKey(f, s, true)
	c, err := x.BeginSignIn()
	must(f, err)
	f.Add(k.sign(f, c))
	f.Add([]byte(`{}`))
	f.Add([]byte(`{"id":"AA","rawId":"AA","type":"public-key","response":{}}`))
	made, err := x.BeginPasskey(context.Background(), s.Member)
	must(f, err)
	f.Add(newKey(s.ID).make(f, made).Credential)
	good := k.sign(f, c)
	f.Fuzz(func(t *testing.T, answer []byte) {
		fresh, err := x.BeginSignIn()
		must(t, err)
		if _, err := x.SignInPasskey(context.Background(), fresh.State, answer); err == nil {
			t.Errorf("an answer to another challenge signs in (%v)", bytes.Equal(answer, good))
		}
		err = x.AddPasskey(context.Background(), s.Member, staff.NewPasskey{State: made.State, Label: "x", Credential: answer})
		if k := fault.KindOf(err); err != nil && k != fault.BadInput && k != fault.Conflict {
			t.Errorf("kind %v", k)
		}
	})
}
