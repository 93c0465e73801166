package staff_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"path/filepath"
	"testing"
	"time"

	"verhaal/internal/db/dbtest"
	"verhaal/internal/fault"
	"verhaal/internal/staff"
)

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
