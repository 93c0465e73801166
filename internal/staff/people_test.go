package staff_test

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"verhaal/internal/fault"
	"verhaal/internal/staff"
)

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
