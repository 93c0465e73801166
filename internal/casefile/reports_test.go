package casefile

import (
	"slices"
	"testing"

	"verhaal/internal/fault"
)

func TestACaseRestsOnSeveralReportsAndEachReportOnOneCase(t *testing.T) {
	each(t, func(t *testing.T, x *fixture) {
		ctx := t.Context()
		days := func(id string) string {
			known, err := x.Facts(ctx, "ann", id, "")
			ok(t, err)
			return form(known).Get(reported)
		}
		file, err := x.Open(ctx, "ann", Start{Channel: avim, Origin: FromReport, Reports: []string{"r2", "r3"}})
		ok(t, err)
		if got := days(file.ID); got != "2026-11-20" {
			t.Errorf("reported on %s", got)
		}
		ok(t, x.AddReports(ctx, "ann", file.ID, []string{"r1"}))
		if got := days(file.ID); got != "2026-11-20" {
			t.Errorf("a later report moved the first day to %s", got)
		}
		ok(t, x.AddReports(ctx, "ann", file.ID, []string{"r5"}))
		if got := days(file.ID); got != "2026-11-18" {
			t.Errorf("an earlier report leaves the first day at %s", got)
		}
		rests, err := x.Reports(ctx, "ann", file.ID)
		ok(t, err)
		if want := []Report{{"r1", avim}, {"r2", avim}, {"r3", avim}, {"r5", avim}}; !slices.Equal(rests, want) {
			t.Errorf("rests on %v", rests)
		}

		// A second case for a report is refused whole, and says which case has it
		// to its members alone.
		_, err = x.Open(ctx, "ben", Start{Channel: avim, Origin: FromReport, Reports: []string{"r4", "r3"}})
		wantFault(t, err, fault.Conflict, "case.fault.report_taken")
		wantFault(t, x.AddReports(ctx, "ann", file.ID, []string{"r3"}), fault.Conflict, "case.fault.report_taken")
		_, taken, err := x.Having(ctx, "ann", "r4")
		ok(t, err)
		if taken {
			t.Error("a case that was refused has a report")
		}
		if has, taken, err := x.Having(ctx, "ann", "r3"); err != nil || !taken || has.ID != file.ID {
			t.Errorf("%+v %v %v", has, taken, err)
		}
		if has, taken, err := x.Having(ctx, "ben", "r3"); err != nil || !taken || has != (File{}) {
			t.Errorf("ben learns %+v %v %v", has, taken, err)
		}

		// Only reports that there are, of a desk that one reads.
		wantFault(t, x.AddReports(ctx, "ann", file.ID, []string{"nothing"}), fault.NotFound, "")
		wantFault(t, x.AddReports(ctx, "ann", file.ID, []string{"r9"}), fault.Refused, "")
		wantFault(t, x.AddReports(ctx, "ben", file.ID, []string{"r6"}), fault.Refused, "")
		wantFault(t, x.AddReports(ctx, "ann", file.ID, nil), fault.BadInput, "case.fault.no_report")
	})
}

func TestReportsAreWithheldFromWhoeverTheirCaseExcludes(t *testing.T) {
	each(t, func(t *testing.T, x *fixture) {
		ctx := t.Context()
		file, err := x.Open(ctx, "ann", Start{Channel: avim, Origin: FromReport, Reports: []string{"r2", "r3"}})
		ok(t, err)
		ok(t, x.AddMember(ctx, "ann", file.ID, "ben"))
		withheld := func(who string, want ...string) {
			t.Helper()
			got, err := x.Withheld(ctx, who)
			ok(t, err)
			if !slices.Equal(got, want) {
				t.Errorf("withheld from %s: %v, want %v", who, got, want)
			}
		}
		withheld("ben")
		ok(t, x.Exclude(ctx, "ann", file.ID, "ben", "implicated"))
		withheld("ben", "r2", "r3")
		ok(t, x.AddReports(ctx, "ann", file.ID, []string{"r1"})) // later ones too
		withheld("ben", "r1", "r2", "r3")
		withheld("ann")
		// Nor does a case of their own bring them to it.
		_, err = x.Open(ctx, "ben", Start{Channel: avim, Origin: FromReport, Reports: []string{"r3"}})
		wantFault(t, err, fault.NotFound, "")
	})
}
