package casefile

import (
	"sync"
	"testing"

	"verhaal/internal/fault"
	"verhaal/internal/seal"
)

func TestAnExcludedColleagueHasNoPartInAnInterview(t *testing.T) {
	each(t, func(t *testing.T, x *fixture) {
		ctx := t.Context()
		file, girl, plan := x.girlsPlan(t)
		x.set(t, file.ID, plan, studioPlan)
		x.confirm(t, file.ID, plan)
		ok(t, x.Exclude(ctx, "ann", file.ID, "ben", "conflict")) // the director
		if got := x.stateOf(t, file.ID, plan); got != planned {
			t.Errorf("the interview is %s", got)
		}
		wantFault(t, x.ConfirmOutside(ctx, "ann", file.ID, plan, "held_elsewhere"), fault.Refused, "case.fault.excluded_plans")
		ok(t, x.Cancel(ctx, "ann", file.ID, plan, "interviewer"))
		other, err := x.Plan(ctx, "ann", file.ID, girl)
		ok(t, err)
		x.set(t, file.ID, other, "plan.companion.chosen=true&plan.topics.0.name=recruitment")
		wantFault(t, x.Book(ctx, "ann", file.ID, other, studioSlot, "", x.reserve(file, other)), fault.Refused, "case.fault.excluded_plans")
	})
}

// TestWhoLeftTheDeskHoldsNoSlotOfItsCases: the interview is a plan again once its case
// is told, and is not confirmed as it is. One outside our calendar is anybody's.
func TestWhoLeftTheDeskHoldsNoSlotOfItsCases(t *testing.T) {
	each(t, func(t *testing.T, x *fixture) {
		ctx := t.Context()
		file, _, plan := x.girlsPlan(t)
		ok(t, x.Book(ctx, "ann", file.ID, plan, studioSlot, "", x.reserve(file, plan)))
		x.worded(t, file.ID, plan)
		ok(t, x.Confirm(ctx, "ann", file.ID, plan))
		x.off["ben"] = true // the director
		ok(t, x.AskAgain(ctx, "adam", file.ID, plan, "colleague_left"))
		if got := x.stateOf(t, file.ID, plan); got != planned {
			t.Errorf("the interview is %s", got)
		}
		wantFault(t, x.Confirm(ctx, "ann", file.ID, plan), fault.Conflict, "planner.fault.gone")
		x.off["ben"] = false
		ok(t, x.Confirm(ctx, "ann", file.ID, plan))
	})
}

// TestTheRecoveryKeyOpensACaseThatNobodyCanOpen: its only member left, and somebody else
// of the desk goes on with it.
func TestTheRecoveryKeyOpensACaseThatNobodyCanOpen(t *testing.T) {
	each(t, func(t *testing.T, x *fixture) {
		ctx := t.Context()
		file := x.opened(t)
		key := x.keyed(t, file.ID, "ann")
		ok(t, x.AddMember(ctx, "ann", file.ID, "cas"))
		ok(t, x.Exclude(ctx, "ann", file.ID, "cas", "implicated"))
		x.off["ann"] = true
		for who, with := range map[string]seal.Identity{"cas": x.recovery, "ann": x.recovery, "ben": key} {
			_, err := x.Recover(ctx, file.Number, who, with)
			wantFault(t, err, fault.Refused, "")
			_, err = x.Get(ctx, who, file.ID)
			wantFault(t, err, fault.Refused, "")
		}
		_, err := x.Recover(ctx, "2026-99999", "ben", x.recovery)
		wantFault(t, err, fault.NotFound, "")
		if n, err := x.Recover(ctx, file.Number, "ben", x.recovery); err != nil || n != 1 {
			t.Fatalf("%d epochs, %v", n, err)
		}
		wraps, err := x.Wraps(ctx, "ben", file.ID)
		ok(t, err)
		if plain, err := seal.Open(wraps[0].Wrapped, x.keys["ben"]); err != nil || string(plain) != key.Secret() {
			t.Errorf("another key was recovered, %v", err)
		}
		events, err := x.Events(ctx, "ben", file.ID)
		ok(t, err)
		if last := events[len(events)-1]; last.Kind != "key_recovered" || last.Staff != "ben" {
			t.Errorf("the case says %+v", last)
		}
	})
}

func TestTwoWhoExcludeEachOtherLeaveOne(t *testing.T) {
	each(t, func(t *testing.T, x *fixture) {
		ctx := t.Context()
		file := x.opened(t)
		ok(t, x.AddMember(ctx, "ann", file.ID, "ben"))
		var both sync.WaitGroup
		both.Go(func() { _ = x.Exclude(ctx, "ann", file.ID, "ben", "conflict") })
		both.Go(func() { _ = x.RemoveMember(ctx, "ben", file.ID, "ann") })
		both.Wait()
		_, a := x.Get(ctx, "ann", file.ID)
		_, b := x.Get(ctx, "ben", file.ID)
		if (a == nil) == (b == nil) {
			t.Errorf("of two who take each other off: %v, %v", a, b)
		}
	})
}

func TestNothingIsSealedToAKeyThatSomebodyMayStillHave(t *testing.T) {
	each(t, func(t *testing.T, x *fixture) {
		ctx := t.Context()
		file, plan := x.inAnOrdinaryRoom(t)
		ok(t, x.AddMember(ctx, "ann", file.ID, "ben"))
		key := x.keyed(t, file.ID, "ann")
		reason := x.reasoned(t, key)
		note := Part{Name: "note/1", Epoch: 1, Sealed: sealedTo(t, key)}
		ok(t, x.Exclude(ctx, "ann", file.ID, "ben", "implicated"))
		wantFault(t, x.Seal(ctx, "ann", file.ID, note), fault.Conflict, "case.fault.key_due")
		wantFault(t, x.AskDeviation(ctx, "ann", file.ID, plan, NewDeviation{Rule: "S-19", Prosecutor: "pam", Why: "no_room", Reason: reason}), fault.Conflict, "case.fault.key_due")
		next := x.keyed(t, file.ID, "ann")
		ok(t, x.Seal(ctx, "ann", file.ID, Part{Name: "note/1", Epoch: 2, Sealed: sealedTo(t, next)}))
	})
}

func TestAMemberWhoIsNotNeededGoesAndMayComeBack(t *testing.T) {
	each(t, func(t *testing.T, x *fixture) {
		ctx := t.Context()
		file := x.opened(t)
		ok(t, x.AddMember(ctx, "ann", file.ID, "ben"))
		x.keyed(t, file.ID, "ann")
		wantFault(t, x.RemoveMember(ctx, "ann", file.ID, "ann"), fault.Refused, "case.fault.not_oneself")
		wantFault(t, x.RemoveMember(ctx, "ann", file.ID, "cas"), fault.NotFound, "")
		ok(t, x.RemoveMember(ctx, "ann", file.ID, "ben"))
		_, err := x.OpenParts(ctx, "ben", file.ID)
		wantFault(t, err, fault.Refused, "")
		duty, err := x.Duty(ctx, "ann", file.ID)
		ok(t, err)
		if !duty.New {
			t.Error("the key that the colleague had is still the one to seal to")
		}
		ok(t, x.AddMember(ctx, "ann", file.ID, "ben"))
		_, err = x.Get(ctx, "ben", file.ID)
		ok(t, err)
		// Who is excluded is not removed, and so never added again.
		ok(t, x.Exclude(ctx, "ann", file.ID, "ben", "conflict"))
		wantFault(t, x.RemoveMember(ctx, "ann", file.ID, "ben"), fault.NotFound, "")
	})
}
