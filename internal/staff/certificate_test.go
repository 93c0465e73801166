package staff_test

import (
	"context"
	"testing"

	"verhaal/internal/fault"
	"verhaal/internal/staff"
)

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
