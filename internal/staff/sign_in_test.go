package staff_test

import (
	"bytes"
	"context"
	"slices"
	"strings"
	"testing"

	"verhaal/internal/fault"
	"verhaal/internal/seal"
	"verhaal/internal/staff"
)

func TestSignInGivesTheKeyWrappedToThePassphraseAndAShare(t *testing.T) {
	each(t, func(t *testing.T, x *fixture) {
		s := x.enrolled(t, "sam", staff.Officer)
		in, err := x.signIn("Sam", s.proof)
		must(t, err)
		plain, err := seal.Open(in.Wrapped, s.unlock)
		must(t, err)
		if string(plain) != s.own.Secret() {
			t.Error("the wrap holds another key")
		}
		session, err := x.SessionOf(context.Background(), in.Cookie)
		must(t, err)
		share, err := x.Share(context.Background(), session)
		must(t, err)
		if session.Member.ID != s.ID || !bytes.Equal(share, in.Share) || len(share) != 32 {
			t.Error("the session is not the one that was opened")
		}
		_, err = x.signIn("sam", bytes.Repeat([]byte{6}, 32))
		refused(t, err, fault.Unauthenticated, "staff.fault.sign_in")
	})
}

func TestNothingTellsWhetherALoginExists(t *testing.T) {
	each(t, func(t *testing.T, x *fixture) {
		x.enrolled(t, "sam", staff.Officer)
		wrong := bytes.Repeat([]byte{6}, 32)
		type trace struct {
			work   staff.Work
			leaves int
			kind   fault.Kind
			key    string
			bits   int
			salt   bool
		}
		of := func(login string) (all []trace) {
			for range 8 {
				before := x.leaves(t)
				counted := x.CountWork()
				hello, err := x.Greet(login)
				must(t, err)
				again, err := x.Greet(strings.ToUpper(login))
				must(t, err)
				_, err = x.signIn(login, wrong)
				all = append(all, trace{counted.Work, x.leaves(t) - before, fault.KindOf(err), fault.KeyOf(err), hello.Bits, bytes.Equal(hello.Salt, again.Salt)})
				counted.Stop()
			}
			return all
		}
		known, unknown := of("sam"), of("nobody")
		if !slices.Equal(known, unknown) {
			t.Errorf("a known login and an unknown one differ:\n%+v\n%+v", known, unknown)
		}
		if known[0].work.Queries == 0 || known[0].work.Digests == 0 || known[0].leaves != 1 || known[7].bits == 0 || !known[0].salt {
			t.Errorf("the work was not counted: %+v", known)
		}
	})
}

func (x *fixture) leaves(t *testing.T) (n int) {
	t.Helper()
	must(t, x.db.QueryRow(context.Background(), `select count(*) from custody_leaf`).Scan(&n))
	return n
}

func TestGuessingCostsTheGuesserAndLocksNobodyOut(t *testing.T) {
	each(t, func(t *testing.T, x *fixture) {
		s := x.enrolled(t, "sam", staff.Officer)
		wrong := bytes.Repeat([]byte{6}, 32)
		for range 6 {
			_, err := x.signIn("sam", wrong)
			refused(t, err, fault.Unauthenticated, "staff.fault.sign_in")
		}
		hello, err := x.Greet("sam")
		must(t, err)
		if hello.Bits < 12 {
			t.Errorf("after six wrong guesses the next costs %d bits", hello.Bits)
		}
		lazy := staff.Attempt{Login: "sam", Proof: s.proof, Challenge: hello.Challenge, Nonce: "0"}
		for work(hello.Challenge, s.proof, hello.Bits) == lazy.Nonce {
			lazy.Nonce += "0"
		}
		_, err = x.SignIn(context.Background(), lazy)
		refused(t, err, fault.Conflict, "staff.fault.work")
		other, err := x.Greet("other")
		must(t, err)
		_, err = x.SignIn(context.Background(), staff.Attempt{Login: "sam", Proof: s.proof, Challenge: other.Challenge, Nonce: work(other.Challenge, s.proof, hello.Bits)})
		refused(t, err, fault.Conflict, "staff.fault.work")
		if other.Bits != 0 {
			t.Error("guesses at one login slow another")
		}
		if _, err := x.signIn("sam", s.proof); err != nil {
			t.Errorf("the right passphrase with the work done: %v", err)
		}
		if hello, _ = x.Greet("sam"); hello.Bits != 0 {
			t.Error("after the right passphrase the next sign-in still costs work")
		}
	})
}

func TestAnotherPassphraseNeedsTheOldOne(t *testing.T) {
	each(t, func(t *testing.T, x *fixture) {
		ctx := context.Background()
		s := x.enrolled(t, "sam", staff.Officer)
		next := staff.Passphrase{Proof: bytes.Repeat([]byte{8}, 32), Wrapped: x.wrap(t, s.own, s.unlock)}
		for _, old := range [][]byte{nil, next.Proof, s.proof[:31]} {
			refused(t, x.SetPassphrase(ctx, s.Member, old, next), fault.Refused, "staff.fault.old_passphrase")
		}
		must(t, x.SetPassphrase(ctx, s.Member, s.proof, next))
		_, err := x.signIn("sam", s.proof)
		refused(t, err, fault.Unauthenticated, "staff.fault.sign_in")
		if _, err := x.signIn("sam", next.Proof); err != nil {
			t.Error(err)
		}
	})
}
