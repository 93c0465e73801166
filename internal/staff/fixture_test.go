package staff_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"fmt"
	"log/slog"
	"path/filepath"
	"testing"
	"time"

	"verhaal/internal/custody"
	"verhaal/internal/db"
	"verhaal/internal/db/dbtest"
	"verhaal/internal/fault"
	"verhaal/internal/seal"
	"verhaal/internal/staff"
)

var noon = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)

const origin = "https://staff.example"

type fixture struct {
	*staff.Members
	db       *db.DB
	log      *custody.Log
	now      time.Time
	recovery seal.Identity
}

func (x *fixture) pass(d time.Duration) { x.now = x.now.Add(d) }

func each(t *testing.T, f func(t *testing.T, x *fixture)) {
	dbtest.Each(t, func(t *testing.T, d *db.DB, w *db.Writer) { f(t, newFixture(t, d, w)) })
}

func newFixture(t testing.TB, d *db.DB, w *db.Writer) *fixture {
	x := &fixture{db: d, now: noon}
	key, err := custody.NewKey("staff.example/log")
	must(t, err)
	clock := func() time.Time { return x.now }
	x.log = custody.New(d, w, key, clock, slog.New(slog.DiscardHandler))
	x.recovery, err = seal.NewIdentity()
	must(t, err)
	x.Members, err = staff.New(d, x.log, clock, staff.Config{
		Key: bytes.Repeat([]byte{1}, 32), Site: "staff.example", Origins: []string{origin}, Recovery: x.recovery.Recipient(),
	})
	must(t, err)
	return x
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// refused checks the kind of err and, unless "", its sentence.
func refused(t *testing.T, err error, kind fault.Kind, key string) {
	t.Helper()
	if err == nil || fault.KindOf(err) != kind || key != "" && fault.KeyOf(err) != key {
		t.Errorf("got %v (%v, %q), want %v %q", err, fault.KindOf(err), fault.KeyOf(err), kind, key)
	}
}

func (x *fixture) wrap(t testing.TB, own seal.Identity, to seal.Identity) []byte {
	t.Helper()
	file, err := seal.Seal([]byte(own.Secret()), to.Recipient())
	must(t, err)
	return file
}

// someone is a member who has a passphrase.
type someone struct {
	staff.Member
	proof  []byte
	own    seal.Identity
	unlock seal.Identity
	cookie string
}

func (x *fixture) enrolment(t testing.TB, code string) (staff.Enrolment, someone) {
	t.Helper()
	var s someone
	var err error
	s.own, err = seal.NewIdentity()
	must(t, err)
	s.unlock, err = seal.NewIdentity()
	must(t, err)
	s.proof = bytes.Repeat([]byte{5}, 32)
	return staff.Enrolment{
		Code: code, Lang: "en", Recipient: s.own.Recipient(), Recovery: x.wrap(t, s.own, x.recovery),
		Passphrase: &staff.Passphrase{Proof: s.proof, Wrapped: x.wrap(t, s.own, s.unlock)},
	}, s
}

func (x *fixture) enrolled(t testing.TB, login string, powers ...string) someone {
	t.Helper()
	_, code, err := x.Invite(context.Background(), "", staff.Newcomer{Login: login, Name: "Some " + login, Lang: "en", Powers: powers})
	must(t, err)
	e, s := x.enrolment(t, code)
	in, err := x.Enrol(context.Background(), e)
	must(t, err)
	s.Member, s.cookie = in.Member, in.Cookie
	return s
}

func (x *fixture) signIn(login string, proof []byte) (staff.SignedIn, error) {
	hello, err := x.Greet(login)
	if err != nil {
		return staff.SignedIn{}, err
	}
	a := staff.Attempt{Login: login, Proof: proof, Challenge: hello.Challenge, Nonce: work(hello.Challenge, proof, hello.Bits)}
	return x.SignIn(context.Background(), a)
}

// work is what ui/staff/work.ts does.
func work(challenge string, proof []byte, bits int) string {
	for n := 0; ; n++ {
		nonce := fmt.Sprint(n)
		sum := sha256.Sum256([]byte(challenge + string(proof) + nonce))
		zeros := 0
		for zeros < 256 && sum[zeros/8]&(0x80>>(zeros%8)) == 0 {
			zeros++
		}
		if zeros >= bits {
			return nonce
		}
	}
}

func newFixtureOn(t *testing.T) *fixture {
	t.Helper()
	d, w := dbtest.Open(t, "sqlite:"+filepath.Join(t.TempDir(), "test.db"))
	return newFixture(t, d, w)
}
