package casefile

import (
	"slices"
	"testing"

	"verhaal/internal/fault"
)

// toldOf is the exclusion that a prosecutor is told first.
func (x *fixture) toldOf(t *testing.T, prosecutor string) Exclusion {
	t.Helper()
	all, err := x.Exclusions(t.Context(), prosecutor, 10)
	ok(t, err)
	if len(all) == 0 {
		t.Fatal(prosecutor, "was told of no exclusion")
	}
	return all[0]
}

func TestAProsecutorLiftsAnExclusionAndTheColleagueReadsAgain(t *testing.T) {
	each(t, func(t *testing.T, x *fixture) {
		ctx := t.Context()
		file := x.opened(t)
		ok(t, x.AddMember(ctx, "ann", file.ID, "ben"))
		x.keyed(t, file.ID, "ann")
		wantFault(t, x.Exclude(ctx, "ann", file.ID, "ben", ""), fault.BadInput, "case.fault.why")
		ok(t, x.Exclude(ctx, "ann", file.ID, "ben", "conflict"))
		wantFault(t, x.Exclude(ctx, "ann", file.ID, "ben", "implicated"), fault.Conflict, "case.fault.excluded_already")
		told := x.toldOf(t, "pam")
		if told.Number != file.Number || told.Staff != "ben" || told.By != "ann" || told.Why != "conflict" || told.State != ExclusionOpen {
			t.Errorf("%+v", told)
		}

		lift := func(who, why string) error { return x.JudgeExclusion(ctx, who, told.ID, ExclusionLifted, why) }
		wantFault(t, lift("pam", ""), fault.BadInput, "case.fault.why")
		wantFault(t, lift("cas", "unfounded"), fault.Refused, "fault.refused")
		ok(t, lift("pam", "unfounded"))
		wantFault(t, lift("pam", "unfounded"), fault.Conflict, "case.fault.answered")
		_, err := x.Get(ctx, "ben", file.ID)
		ok(t, err)
		if all, err := x.Exclusions(ctx, "pam", 10); err != nil || len(all) != 0 {
			t.Errorf("what was lifted is listed: %+v, %v", all, err)
		}
		// As for who is added: the next key is for them too, and a holder passes on the one before.
		x.keyed(t, file.ID, "ann")
		if wraps, err := x.Wraps(ctx, "ben", file.ID); err != nil || len(wraps) != 1 || wraps[0].Epoch != 2 {
			t.Errorf("%+v, %v", wraps, err)
		}
		duty, err := x.Duty(ctx, "ann", file.ID)
		ok(t, err)
		if missing := duty.Missing[1]; len(missing) != 1 || missing[0].ID != "ben" {
			t.Errorf("%+v", duty.Missing)
		}
		events, err := x.Events(ctx, "ben", file.ID)
		ok(t, err)
		if last := events[len(events)-1]; last.Kind != "exclusion_lifted" || last.Staff != "pam" {
			t.Errorf("%+v", last)
		}
	})
}

func TestNobodyJudgesAnExclusionInWhichTheyHaveAPart(t *testing.T) {
	each(t, func(t *testing.T, x *fixture) {
		ctx := t.Context()
		x.prosecutors = []string{"ann", "ben", "pam", "pim"}
		file := x.opened(t)
		ok(t, x.AddMember(ctx, "ann", file.ID, "ben"))
		x.keyed(t, file.ID, "ann")
		ok(t, x.Exclude(ctx, "ann", file.ID, "pam", "implicated"))
		told := x.toldOf(t, "pim")
		ok(t, x.RemoveMember(ctx, "ben", file.ID, "ann")) // the one who excluded is no member any more
		for _, who := range []string{"ann", "ben", "pam"} {
			if all, err := x.Exclusions(ctx, who, 10); err != nil || len(all) != 0 {
				t.Errorf("%s sees %+v, %v", who, all, err)
			}
			wantFault(t, x.JudgeExclusion(ctx, who, told.ID, ExclusionLifted, "unfounded"), fault.Refused, "case.fault.own_case")
		}
		ok(t, x.JudgeExclusion(ctx, "pim", told.ID, ExclusionStands, ""))
		wantFault(t, x.JudgeExclusion(ctx, "pim", told.ID, ExclusionStands, ""), fault.Conflict, "case.fault.answered")
		// What stands may be over one day; who was no member is none then.
		ok(t, x.JudgeExclusion(ctx, "pim", told.ID, ExclusionLifted, "over"))
		all, err := x.Members(ctx, "ben", file.ID)
		ok(t, err)
		if slices.ContainsFunc(all, func(m Member) bool { return m.Staff == "pam" }) {
			t.Errorf("%+v", all)
		}
	})
}

func TestAnExclusionStandsOnTheBoardUntilAProsecutorLookedAtIt(t *testing.T) {
	each(t, func(t *testing.T, x *fixture) {
		ctx := t.Context()
		file := x.opened(t)
		ok(t, x.Exclude(ctx, "ann", file.ID, "cas", "conflict"))
		on := func(who string) int {
			t.Helper()
			rows, _, err := x.Board(ctx, who, avim, "", false, 20)
			ok(t, err)
			return len(slices.DeleteFunc(rows, func(d Due) bool { return d.Kind != KindExclusion || d.About != "" }))
		}
		if on("ben") != 1 || on("cas") != 0 {
			t.Errorf("a colleague sees %d, who is kept out %d", on("ben"), on("cas"))
		}
		ok(t, x.JudgeExclusion(ctx, "pam", x.toldOf(t, "pam").ID, ExclusionStands, ""))
		if on("ben") != 0 {
			t.Error("it stands on the board after a prosecutor looked at it")
		}
	})
}

func TestACaseKeepsSomebodyWhoCanOpenIt(t *testing.T) {
	each(t, func(t *testing.T, x *fixture) {
		ctx := t.Context()
		file := x.opened(t)
		x.keyed(t, file.ID, "ann")
		ok(t, x.AddMember(ctx, "ann", file.ID, "ben")) // and nobody passed the key on yet
		wantFault(t, x.Exclude(ctx, "ben", file.ID, "ann", "implicated"), fault.Refused, "case.fault.last_key")
		wantFault(t, x.RemoveMember(ctx, "ben", file.ID, "ann"), fault.Refused, "case.fault.last_key")
		ok(t, x.AddWraps(ctx, "ann", file.ID, 1, map[string][]byte{"ben": sealedTo(t, x.keys["ben"])}))
		ok(t, x.Exclude(ctx, "ben", file.ID, "ann", "implicated"))
	})
}
