package staff_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"log/slog"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

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

func TestTheFirstAdministratorIsInvitedOnlyWhileThereIsNone(t *testing.T) {
	each(t, func(t *testing.T, x *fixture) {
		ctx := context.Background()
		old, err := x.InviteFirst(ctx)
		must(t, err)
		code, err := x.InviteFirst(ctx)
		must(t, err)
		_, err = x.InvitedBy(ctx, old)
		refused(t, err, fault.NotFound, "staff.fault.code")

		e, s := x.enrolment(t, code)
		_, err = x.Enrol(ctx, e)
		refused(t, err, fault.BadInput, "staff.fault.names")
		e.Login, e.Name = " Noor ", "Noor de Wit"
		in, err := x.Enrol(ctx, e)
		must(t, err)
		if in.Member.Login != "noor" || !in.Member.Can(staff.Administrator) || in.Member.Recipient != s.own.Recipient() {
			t.Error("the first administrator is not who enrolled")
		}
		_, err = x.InviteFirst(ctx)
		refused(t, err, fault.Conflict, "staff.fault.not_first")
		_, err = x.Enrol(ctx, e)
		refused(t, err, fault.NotFound, "staff.fault.code")
	})
}

func TestACodeWorksOnceForSevenDaysAndIsNotKept(t *testing.T) {
	each(t, func(t *testing.T, x *fixture) {
		ctx := context.Background()
		id, code, err := x.Invite(ctx, "admin", staff.Newcomer{Login: "sam", Name: "Sam Bos", Lang: "nl", Powers: []string{staff.Officer}})
		must(t, err)
		typed := strings.ToLower(strings.ReplaceAll(code, "-", " "))
		typed = strings.NewReplacer("0", "o", "1", "l").Replace(typed)
		who, err := x.InvitedBy(ctx, typed)
		must(t, err)
		if who.ID != id || who.Name != "Sam Bos" {
			t.Error("the code leads to somebody else")
		}
		again, err := x.InviteAgain(ctx, "admin", id)
		must(t, err)
		_, err = x.InvitedBy(ctx, code)
		refused(t, err, fault.NotFound, "staff.fault.code")
		x.pass(7 * 24 * time.Hour)
		_, err = x.InvitedBy(ctx, again)
		refused(t, err, fault.NotFound, "staff.fault.code")
		e, _ := x.enrolment(t, again)
		_, err = x.Enrol(ctx, e)
		refused(t, err, fault.NotFound, "staff.fault.code")
		_, _, err = x.Invite(ctx, "admin", staff.Newcomer{Login: "SAM", Name: "Another Sam", Powers: []string{staff.Officer}})
		refused(t, err, fault.Conflict, "staff.fault.login_taken")
	})
}

func TestAnEnrolmentThatCouldNeverUnlockTheKeyIsRefused(t *testing.T) {
	each(t, func(t *testing.T, x *fixture) {
		_, code, err := x.Invite(context.Background(), "", staff.Newcomer{Login: "sam", Name: "Sam Bos", Powers: []string{staff.Officer}})
		must(t, err)
		for name, spoil := range map[string]func(*staff.Enrolment){
			"no way in":       func(e *staff.Enrolment) { e.Passphrase = nil },
			"no recovery":     func(e *staff.Enrolment) { e.Recovery = nil },
			"recovery to two": func(e *staff.Enrolment) { e.Recovery = toTwo(t, x) },
			"classic recipient": func(e *staff.Enrolment) {
				e.Recipient = "age1qyqszqgpqyqszqgpqyqszqgpqyqszqgpqyqszqgpqyqszqgpqyqs3290gq"
			},
			"plain text wrapped":  func(e *staff.Enrolment) { e.Passphrase.Wrapped = []byte("AGE-SECRET-KEY-PQ-1") },
			"proof of 31 bytes":   func(e *staff.Enrolment) { e.Passphrase.Proof = e.Passphrase.Proof[:31] },
			"damaged passkey":     func(e *staff.Enrolment) { e.Passkey = &staff.NewPasskey{State: "x", Label: "x"} },
			"recipient with tail": func(e *staff.Enrolment) { e.Recipient += " " },
		} {
			e, _ := x.enrolment(t, code)
			spoil(&e)
			if _, err := x.Enrol(context.Background(), e); fault.KindOf(err) != fault.BadInput {
				t.Errorf("%s: %v", name, err)
			}
		}
	})
}

func toTwo(t *testing.T, x *fixture) []byte {
	other, err := seal.NewIdentity()
	must(t, err)
	file, err := seal.Seal([]byte("key"), x.recovery.Recipient(), other.Recipient())
	must(t, err)
	return file
}

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

func TestASessionEndsWhenIdleWhenOverAndWhenSignedOut(t *testing.T) {
	each(t, func(t *testing.T, x *fixture) {
		ctx := context.Background()
		s := x.enrolled(t, "sam", staff.Officer)

		x.pass(15 * time.Minute)
		session, err := x.SessionOf(ctx, s.cookie)
		must(t, err)
		cookie, fresh := x.Renewed(session)
		if !fresh || cookie == s.cookie {
			t.Error("the cookie is not renewed after a minute")
		}
		x.pass(15 * time.Minute)
		if _, err := x.SessionOf(ctx, cookie); err != nil {
			t.Errorf("a session that was seen 15 minutes ago: %v", err)
		}
		x.pass(time.Minute)
		_, err = x.SessionOf(ctx, cookie)
		refused(t, err, fault.Unauthenticated, "staff.fault.idle")
		if _, err := x.Share(ctx, session); fault.KindOf(err) != fault.Unauthenticated {
			t.Error("the share outlives an idle session")
		}

		in, err := x.signIn("sam", s.proof)
		must(t, err)
		cookie = in.Cookie
		for range 60 {
			x.pass(10 * time.Minute)
			if session, err = x.SessionOf(ctx, cookie); err != nil {
				break
			}
			cookie, _ = x.Renewed(session)
		}
		refused(t, err, fault.Unauthenticated, "")
		must(t, x.Sweep(ctx))
		var n int
		must(t, x.db.QueryRow(ctx, `select count(*) from staff_session`).Scan(&n))
		if n != 0 {
			t.Errorf("%d sessions are left after ten hours", n)
		}

		in, err = x.signIn("sam", s.proof)
		must(t, err)
		session, err = x.SessionOf(ctx, in.Cookie)
		must(t, err)
		must(t, x.SignOut(ctx, session, "sign_out"))
		_, err = x.SessionOf(ctx, in.Cookie)
		refused(t, err, fault.Unauthenticated, "")
	})
}

func TestSessionsEndWhenAMemberLeavesOrPowersChange(t *testing.T) {
	each(t, func(t *testing.T, x *fixture) {
		ctx := context.Background()
		for name, act := range map[string]func(id string) error{
			"powers":     func(id string) error { return x.SetPowers(ctx, "admin", id, []string{staff.Auditor}) },
			"leave":      func(id string) error { return x.Leave(ctx, "admin", id) },
			"everywhere": func(id string) error { return x.SignOutEverywhere(ctx, id, id) },
		} {
			s := x.enrolled(t, name, staff.Officer)
			session, err := x.SessionOf(ctx, s.cookie)
			must(t, err)
			must(t, act(s.ID))
			_, err = x.SessionOf(ctx, s.cookie)
			refused(t, err, fault.Unauthenticated, "")
			_, err = x.Share(ctx, session)
			refused(t, err, fault.Unauthenticated, "")
		}
	})
}

func TestLeavingTakesEveryKeyAndFreesTheLogin(t *testing.T) {
	each(t, func(t *testing.T, x *fixture) {
		ctx := context.Background()
		s := x.enrolled(t, "sam", staff.Officer)
		must(t, x.Leave(ctx, "admin", s.ID))
		locked, err := x.Locked(ctx, s.Member)
		must(t, err)
		recipient, err := x.Recipient(ctx, s.ID)
		must(t, err)
		if len(locked.Wraps) != 0 || recipient != "" {
			t.Error("a member who left keeps a wrap or a place")
		}
		_, err = x.signIn("sam", s.proof)
		refused(t, err, fault.Unauthenticated, "staff.fault.sign_in")
		refused(t, x.Leave(ctx, "admin", s.ID), fault.NotFound, "")
		if again := x.enrolled(t, "sam", staff.Officer); again.ID == s.ID {
			t.Error("the old account came back")
		}
	})
}

func TestTheLastAdministratorStays(t *testing.T) {
	each(t, func(t *testing.T, x *fixture) {
		ctx := context.Background()
		a := x.enrolled(t, "anna", staff.Administrator)
		refused(t, x.Leave(ctx, a.ID, a.ID), fault.Refused, "admin.fault.last_administrator")
		refused(t, x.SetPowers(ctx, a.ID, a.ID, []string{staff.Officer}), fault.Refused, "admin.fault.last_administrator")
		b := x.enrolled(t, "bram", staff.Administrator, staff.Auditor)
		must(t, x.Leave(ctx, b.ID, a.ID))
		refused(t, x.Leave(ctx, b.ID, b.ID), fault.Refused, "admin.fault.last_administrator")
	})
}

func TestACertificateEndsInTheMiddleOfASession(t *testing.T) {
	each(t, func(t *testing.T, x *fixture) {
		ctx := context.Background()
		x.now = time.Date(2026, 11, 23, 23, 55, 0, 0, time.UTC)
		s := x.enrolled(t, "sam", staff.Officer)
		id, err := x.Certify(ctx, "admin", staff.Certificate{Staff: s.ID, Kind: "trafficking", From: 20260101, Until: 20261123, Number: "X 1"})
		must(t, err)
		holds := func() bool {
			t.Helper()
			ok, err := x.Certified(ctx, s.ID, "trafficking", staff.Day(x.now))
			must(t, err)
			return ok
		}
		if !holds() {
			t.Error("the last day does not count")
		}
		x.pass(10 * time.Minute)
		if _, err := x.SessionOf(ctx, s.cookie); err != nil {
			t.Fatalf("the session ended with the certificate: %v", err)
		}
		if holds() {
			t.Error("the certificate counts on the day after its last")
		}
		newer, err := x.Certify(ctx, "admin", staff.Certificate{Staff: s.ID, Kind: "trafficking", From: 20261124, Until: 20281123})
		must(t, err)
		if !holds() {
			t.Error("the next certificate does not count on its first day")
		}
		must(t, x.Revoke(ctx, "admin", s.ID, newer))
		refused(t, x.Revoke(ctx, "admin", s.ID, newer), fault.NotFound, "")
		refused(t, x.Revoke(ctx, "admin", "somebody", id), fault.NotFound, "")
		if holds() {
			t.Error("a withdrawn certificate counts")
		}
	})
}

func TestCertificatesOfThoseWhoLeftCountForNothing(t *testing.T) {
	each(t, func(t *testing.T, x *fixture) {
		ctx := context.Background()
		s := x.enrolled(t, "sam", staff.Officer)
		_, err := x.Certify(ctx, "admin", staff.Certificate{Staff: s.ID, Kind: "trafficking", From: 20260101, Until: 20261201})
		must(t, err)
		soon, err := x.Ending(ctx, 20261123, 20261231, 10)
		must(t, err)
		if len(soon) != 1 || soon[0].Staff != s.ID {
			t.Errorf("ending soon: %+v", soon)
		}
		must(t, x.Leave(ctx, "admin", s.ID))
		ok, err := x.Certified(ctx, s.ID, "trafficking", 20261123)
		must(t, err)
		soon, err = x.Ending(ctx, 20261123, 20261231, 10)
		must(t, err)
		if ok || len(soon) != 0 {
			t.Error("a certificate outlives its member")
		}
	})
}

func TestImpossibleDaysAreRefused(t *testing.T) {
	each(t, func(t *testing.T, x *fixture) {
		s := x.enrolled(t, "sam", staff.Officer)
		for _, days := range [][2]int{{20260230, 20261123}, {20261123, 20261122}, {20260101, 20261301}, {0, 0}, {20260101, 20990101}, {-1, 20261123}} {
			_, err := x.Certify(context.Background(), "admin", staff.Certificate{Staff: s.ID, Kind: "trafficking", From: days[0], Until: days[1]})
			refused(t, err, fault.BadInput, "admin.fault.days")
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

func TestTheListPagesByNameWithoutALossOrARepeat(t *testing.T) {
	each(t, func(t *testing.T, x *fixture) {
		ctx := context.Background()
		want := map[string]bool{}
		for i := range 11 {
			// Some names are the same, so that the order needs more than names.
			id, _, err := x.Invite(ctx, "", staff.Newcomer{Login: fmt.Sprintf("p%02d", i), Name: fmt.Sprintf("Name %d", i%3), Powers: []string{staff.Officer}})
			must(t, err)
			want[id] = true
		}
		after, last := "", ""
		for pages := 0; ; pages++ {
			page, next, err := x.List(ctx, after, 4)
			must(t, err)
			for _, m := range page {
				if !want[m.ID] || m.Name < last {
					t.Errorf("%v twice or out of order", m)
				}
				delete(want, m.ID)
				last = m.Name
			}
			if after = next; next == "" {
				break
			}
			if pages > 5 {
				t.Fatal("the pages don't end")
			}
		}
		if len(want) != 0 {
			t.Errorf("%d members are on no page", len(want))
		}
	})
}

func TestPowersAreOnesOfTheTable(t *testing.T) {
	each(t, func(t *testing.T, x *fixture) {
		for _, wanted := range [][]string{nil, {}, {"root"}, {staff.Officer, "root"}} {
			_, _, err := x.Invite(context.Background(), "", staff.Newcomer{Login: "sam", Name: "Sam Bos", Powers: wanted})
			refused(t, err, fault.BadInput, "")
		}
	})
	if !staff.Doubtful([]string{staff.Administrator, staff.Officer}) || staff.Doubtful([]string{staff.Officer, staff.Auditor}) {
		t.Error("the warning is for administrator and officer together")
	}
}

func TestNobodyPrints(t *testing.T) {
	x := newFixtureOn(t)
	s := x.enrolled(t, "samlogin", staff.Officer)
	session, err := x.SessionOf(context.Background(), s.cookie)
	must(t, err)
	var out bytes.Buffer
	slog.New(slog.NewJSONHandler(&out, nil)).Info("x", "member", s.Member, "session", session)
	fmt.Fprintf(&out, "%v %+v %#v %s %d", s.Member, s.Member, s.Member, session, session)
	if strings.Contains(out.String(), "samlogin") || strings.Contains(out.String(), s.cookie[:20]) {
		t.Errorf("printed %s", out.String())
	}
	if !strings.Contains(out.String(), s.ID) {
		t.Error("a member does not even print its pseudonym")
	}
}

func newFixtureOn(t *testing.T) *fixture {
	t.Helper()
	d, w := dbtest.Open(t, "sqlite:"+filepath.Join(t.TempDir(), "test.db"))
	return newFixture(t, d, w)
}

func TestEveryCodeIsReadBackFromHowPeopleTypeIt(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var secret [10]byte
		copy(secret[:], rapid.SliceOfN(rapid.Byte(), 10, 10).Draw(t, "secret"))
		code := staff.SpellCode(secret)
		typed := rapid.SampledFrom([]string{code, strings.ToLower(code), strings.ReplaceAll(code, "-", ""), " " + strings.ReplaceAll(code, "-", " - ") + "\n",
			strings.NewReplacer("0", "O", "1", "I").Replace(code)}).Draw(t, "typed")
		if got, err := staff.ParseCode(typed); err != nil || got != secret {
			t.Fatalf("%q read back as %v, %v", typed, got, err)
		}
	})
}

func FuzzCode(f *testing.F) {
	f.Add("0123-4567-89AB-CDEF")
	f.Add("oil")
	f.Add("٠١٢٣-4567")
	f.Fuzz(func(t *testing.T, text string) {
		secret, err := staff.ParseCode(text)
		if err != nil {
			if fault.KindOf(err) != fault.NotFound {
				t.Errorf("kind %v", fault.KindOf(err))
			}
			return
		}
		if again, err := staff.ParseCode(staff.SpellCode(secret)); err != nil || again != secret {
			t.Error("a code that was read is not read again")
		}
	})
}

func FuzzCookie(f *testing.F) {
	d, w := dbtest.Open(f, "sqlite:"+filepath.Join(f.TempDir(), "test.db"))
	x := newFixture(f, d, w)
	s := x.enrolled(f, "sam", staff.Officer)
	f.Add(s.cookie)
	f.Add("")
	f.Add(base64.RawURLEncoding.EncodeToString(make([]byte, 52)))
	f.Fuzz(func(t *testing.T, cookie string) {
		if _, err := x.SessionOf(context.Background(), cookie); err == nil && cookie != s.cookie {
			t.Error("a cookie we did not make opens a session")
		} else if err != nil && fault.KindOf(err) != fault.Unauthenticated {
			t.Error(err)
		}
	})
}

func FuzzTicket(f *testing.F) {
	d, w := dbtest.Open(f, "sqlite:"+filepath.Join(f.TempDir(), "test.db"))
	x := newFixture(f, d, w)
	ours := x.Ticket("a", []byte("payload"))
	f.Add(ours, "a")
	f.Add(ours, "b")
	f.Add("", "")
	f.Fuzz(func(t *testing.T, ticket, purpose string) {
		payload, err := x.ReadTicket(purpose, ticket)
		if err == nil && (purpose != "a" || !bytes.Equal(payload, []byte("payload"))) {
			t.Error("a ticket we did not make is taken")
		}
	})
}

func TestTicketsEnd(t *testing.T) {
	x := newFixtureOn(t)
	ticket := x.Ticket("a", nil)
	if _, err := x.ReadTicket("a", ticket); err != nil {
		t.Error(err)
	}
	x.pass(time.Hour)
	if _, err := x.ReadTicket("a", ticket); err == nil {
		t.Error("an old ticket is taken")
	}
}
