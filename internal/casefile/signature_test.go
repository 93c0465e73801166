package casefile

import (
	"bytes"
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"

	"verhaal/internal/custody"
	"verhaal/internal/fault"
	"verhaal/internal/policy"
	"verhaal/internal/seal"
)

// reasoned is a reason for pam, sealed as a browser seals it.
func (x *fixture) reasoned(t *testing.T, key seal.Identity) []byte {
	t.Helper()
	pam, err := seal.NewIdentity()
	ok(t, err)
	reason, err := seal.Seal([]byte(`{"v":1,"text":"in hospital"}`), key.Recipient(), pam.Recipient())
	ok(t, err)
	return reason
}

func (x *fixture) signed(t *testing.T, id, plan string, reason []byte) {
	t.Helper()
	x.signedFor(t, id, plan, "S-19", reason)
}

func (x *fixture) signedFor(t *testing.T, id, plan, rule string, reason []byte) {
	t.Helper()
	ok(t, x.AskDeviation(t.Context(), "ann", id, plan, NewDeviation{Rule: rule, Prosecutor: "pam", Why: "no_room", Reason: reason}))
	asked, _, _, err := x.ForProsecutor(t.Context(), "pam", "", 1)
	ok(t, err)
	ok(t, x.AnswerDeviation(t.Context(), "pam", asked[0].ID, Signed, reason))
}

func TestASignatureCountsOnlyForThePlanThatItWasAbout(t *testing.T) {
	each(t, func(t *testing.T, x *fixture) {
		ctx := t.Context()
		file, plan := x.inAnOrdinaryRoom(t)
		x.signed(t, file.ID, plan, x.reasoned(t, x.keyed(t, file.ID, "ann")))
		status := func() policy.Status {
			d, err := x.decided(t, file.ID, plan)
			ok(t, err)
			r, _ := d.Requirement("S-19")
			return r.Status
		}
		void := func() string {
			of, err := x.Deviations(ctx, "ann", file.ID, plan)
			ok(t, err)
			shown, _, _, err := x.ForProsecutor(ctx, "pam", "", 1)
			ok(t, err)
			if shown[0].Void != of[0].Void {
				t.Errorf("the case is told %q, the prosecutor %q", of[0].Void, shown[0].Void)
			}
			return of[0].Void
		}
		x.set(t, file.ID, plan, "plan.topics.0.name=transport") // nothing that S-19 asks about
		if void() != "" {
			t.Errorf("it counts no longer because of %s", void())
		}
		if got := status(); got != policy.Deviated {
			t.Errorf("S-19 is %s", got)
		}
		x.set(t, file.ID, plan, "plan.room.kind=mobile")
		if got := status(); got != policy.Unmet {
			t.Errorf("with another room S-19 is %s", got)
		}
		if void() != VoidFacts {
			t.Errorf("with another room it is shown as void because of %q", void())
		}
		wantFault(t, x.Confirm(ctx, "ann", file.ID, plan), fault.Refused, "case.fault.blocked")
		x.set(t, file.ID, plan, ordinaryRoom)
		x.confirm(t, file.ID, plan)
		if void() != "" {
			t.Errorf("in the room that it was asked for it counts no longer because of %s", void())
		}
	})
}

// TestTheSameIsNotAskedTwice: an open request stands in the way of another for the
// same rule, until it is answered, the facts change, or who was asked must not
// answer any more.
func TestTheSameIsNotAskedTwice(t *testing.T) {
	each(t, func(t *testing.T, x *fixture) {
		ctx := t.Context()
		x.prosecutors = []string{"pam", "pim", "pip"}
		file, plan := x.inAnOrdinaryRoom(t)
		reason := x.reasoned(t, x.keyed(t, file.ID, "ann"))
		ask := func(who string) error {
			return x.AskDeviation(ctx, "ann", file.ID, plan, NewDeviation{Rule: "S-19", Prosecutor: who, Why: "no_room", Reason: reason})
		}
		ok(t, ask("pam"))
		for _, who := range []string{"pam", "pim"} {
			wantFault(t, ask(who), fault.Conflict, "case.fault.asked_already")
		}
		asked, _, _, err := x.ForProsecutor(ctx, "pam", "", 10)
		ok(t, err)
		ok(t, x.AnswerDeviation(ctx, "pam", asked[0].ID, Refused, reason))
		wantFault(t, x.WithdrawDeviation(ctx, "ann", file.ID, asked[0].ID), fault.Conflict, "case.fault.answered")
		ok(t, ask("pam"))
		x.set(t, file.ID, plan, "plan.room.kind=mobile")
		ok(t, ask("pam"))
		ok(t, x.Exclude(ctx, "ann", file.ID, "pam", "conflict"))
		ok(t, ask("pim"))
		x.prosecutors = []string{"pip"}
		ok(t, ask("pip"))
		wantFault(t, ask("pip"), fault.Conflict, "case.fault.asked_already")
	})
}

// TestARequestIsWithdrawnWhileNobodyAnswered: the prosecutor has nothing of it any
// more, another is asked, and the words stay with the case.
func TestARequestIsWithdrawnWhileNobodyAnswered(t *testing.T) {
	each(t, func(t *testing.T, x *fixture) {
		ctx := t.Context()
		x.prosecutors = []string{"pam", "pim"}
		file, plan := x.inAnOrdinaryRoom(t)
		reason := x.reasoned(t, x.keyed(t, file.ID, "ann"))
		ask := func(who string) error {
			return x.AskDeviation(ctx, "ann", file.ID, plan, NewDeviation{Rule: "S-19", Prosecutor: who, Why: "no_room", Reason: reason})
		}
		ok(t, ask("pam"))
		asked, err := x.Deviations(ctx, "ann", file.ID, plan)
		ok(t, err)
		id := asked[0].ID
		wantFault(t, x.WithdrawDeviation(ctx, "pam", file.ID, id), fault.Refused, "")
		other := x.opened(t)
		wantFault(t, x.WithdrawDeviation(ctx, "ann", other.ID, id), fault.NotFound, "")
		ok(t, x.WithdrawDeviation(ctx, "ann", file.ID, id))
		wantFault(t, x.WithdrawDeviation(ctx, "ann", file.ID, id), fault.Conflict, "case.fault.answered")
		wantFault(t, x.AnswerDeviation(ctx, "pam", id, Signed, reason), fault.Conflict, "case.fault.answered")
		_, err = x.Reason(ctx, "pam", id)
		wantFault(t, err, fault.NotFound, "")
		queue, _, _, err := x.ForProsecutor(ctx, "pam", "", 10)
		ok(t, err)
		heard, err := x.Heard(ctx, "pam")
		ok(t, err)
		if len(queue) > 0 || len(heard) > 0 {
			t.Errorf("pam still has %v of %v", queue, heard)
		}
		words, err := x.ReasonInCase(ctx, "ann", file.ID, id)
		ok(t, err)
		if !bytes.Equal(words.Reason, reason) {
			t.Error("the case lost the words")
		}
		ok(t, ask("pim"))
		asked, err = x.Deviations(ctx, "ann", file.ID, plan)
		ok(t, err)
		for _, d := range asked {
			if want := map[string]string{"pam": Withdrawn, "pim": Asked}[d.Prosecutor]; d.State != want || d.Void != "" {
				t.Errorf("of %s it is %s, void %q", d.Prosecutor, d.State, d.Void)
			}
		}
	})
}

func TestASignatureIsOfTheDayInTheHouse(t *testing.T) {
	each(t, func(t *testing.T, x *fixture) {
		// A quarter past midnight in the house is the day before in UTC.
		x.now = time.Date(2026, 11, 25, 0, 15, 0, 0, time.FixedZone("house", 3600))
		file, plan := x.inAnOrdinaryRoom(t)
		x.set(t, file.ID, plan, "plan.date=2026-11-24")
		x.signed(t, file.ID, plan, x.reasoned(t, x.keyed(t, file.ID, "ann")))
		d, err := x.decided(t, file.ID, plan)
		ok(t, err)
		if r, _ := d.Requirement("S-19"); r.Status != policy.Unmet {
			t.Errorf("signed after the interview, S-19 is %s", r.Status)
		}
	})
}

// TestADeviationIsAskedForOneReasonOfTheList: the code is a fact beside the sealed
// words, which stay compulsory whichever it is.
func TestADeviationIsAskedForOneReasonOfTheList(t *testing.T) {
	each(t, func(t *testing.T, x *fixture) {
		ctx := t.Context()
		file, plan := x.inAnOrdinaryRoom(t)
		ask := NewDeviation{Rule: "S-19", Prosecutor: "pam", Reason: x.reasoned(t, x.keyed(t, file.ID, "ann"))}
		for _, why := range []string{"", "no_such", "She is in hospital."} {
			ask.Why = why
			wantFault(t, x.AskDeviation(ctx, "ann", file.ID, plan, ask), fault.BadInput, "case.fault.deviation_why")
		}
		wordless := ask
		wordless.Why, wordless.Reason = "other", nil
		wantFault(t, x.AskDeviation(ctx, "ann", file.ID, plan, wordless), fault.BadInput, "")
		ask.Why = "health"
		ok(t, x.AskDeviation(ctx, "ann", file.ID, plan, ask))
		asked, _, _, err := x.ForProsecutor(ctx, "pam", "", 10)
		ok(t, err)
		of, err := x.Deviations(ctx, "ann", file.ID, plan)
		ok(t, err)
		if len(asked) != 1 || len(of) != 1 || asked[0].Why != "health" || of[0].Why != "health" {
			t.Errorf("the prosecutor sees %+v, the case %+v", asked, of)
		}
		acts, err := x.log.About(ctx, file.ID)
		ok(t, err)
		if !slices.ContainsFunc(acts, func(e custody.Entry) bool {
			return strings.Contains(string(e.Leaf), `"deviation.asked"`) && strings.Contains(string(e.Leaf), `"why":"health"`)
		}) {
			t.Error("the act does not name the reason")
		}
		// A pack from before there was a list takes no code, and the words alone.
		pack, err := x.rules.On("")
		ok(t, err)
		ok(t, x.AnswerDeviation(ctx, "pam", asked[0].ID, Refused, ask.Reason))
		before := *pack
		before.Codes = slices.DeleteFunc(slices.Clone(before.Codes), func(l policy.CodeList) bool { return l.ID == policy.DeviationReasons })
		x.rules = always{&before}
		wantFault(t, x.AskDeviation(ctx, "ann", file.ID, plan, ask), fault.BadInput, "case.fault.deviation_why")
		ask.Why = ""
		ok(t, x.AskDeviation(ctx, "ann", file.ID, plan, ask))
	})
}

func TestNobodySignsInTheirOwnCase(t *testing.T) {
	each(t, func(t *testing.T, x *fixture) {
		ctx := t.Context()
		file, plan := x.inAnOrdinaryRoom(t)
		x.prosecutors = []string{"pam", "ann", "ben", "cas"}
		ok(t, x.AddMember(ctx, "ann", file.ID, "ben"))
		ok(t, x.Exclude(ctx, "ann", file.ID, "cas", "conflict"))
		reason := x.reasoned(t, x.keyed(t, file.ID, "ann"))
		for _, who := range []string{"ann", "ben", "cas"} {
			wantFault(t, x.AskDeviation(ctx, "ann", file.ID, plan, NewDeviation{Rule: "S-19", Prosecutor: who, Why: "no_room", Reason: reason}), fault.Refused, "case.fault.own_case")
		}
		ok(t, x.AskDeviation(ctx, "ann", file.ID, plan, NewDeviation{Rule: "S-19", Prosecutor: "pam", Why: "no_room", Reason: reason}))
		asked, _, _, err := x.ForProsecutor(ctx, "pam", "", 1)
		ok(t, err)
		ok(t, x.Exclude(ctx, "ann", file.ID, "pam", "conflict")) // in the meantime
		wantFault(t, x.AnswerDeviation(ctx, "pam", asked[0].ID, Signed, reason), fault.Refused, "case.fault.own_case")
	})
}

func TestWhatIsOpenStandsBeforeWhatWasAnswered(t *testing.T) {
	each(t, func(t *testing.T, x *fixture) {
		ctx := t.Context()
		ask := func() (reason []byte) {
			file, plan := x.inAnOrdinaryRoom(t)
			reason = x.reasoned(t, x.keyed(t, file.ID, "ann"))
			ok(t, x.AskDeviation(ctx, "ann", file.ID, plan, NewDeviation{Rule: "S-19", Prosecutor: "pam", Why: "no_room", Reason: reason}))
			x.now = x.now.Add(1e9)
			return reason
		}
		ask()
		for range 4 {
			reason := ask()
			all, _, _, err := x.ForProsecutor(ctx, "pam", "", 1)
			ok(t, err)
			ok(t, x.AnswerDeviation(ctx, "pam", all[0].ID, Refused, reason))
		}
		var states []string
		for after := ""; ; {
			page, _, next, err := x.ForProsecutor(ctx, "pam", after, 2)
			ok(t, err)
			for _, d := range page {
				states = append(states, d.State)
			}
			if after = next; next == "" {
				break
			}
		}
		if len(states) != 5 || states[0] != Asked || states[1] != Refused {
			t.Errorf("%v", states)
		}
	})
}

func TestAProsecutorCanReadTheReasonsInEachLanguageOfThePack(t *testing.T) {
	each(t, func(t *testing.T, x *fixture) {
		ctx := t.Context()
		file, plan := x.inAnOrdinaryRoom(t)
		ok(t, x.AskDeviation(ctx, "ann", file.ID, plan, NewDeviation{Rule: "S-19", Prosecutor: "pam", Why: "no_room", Reason: x.reasoned(t, x.keyed(t, file.ID, "ann"))}))
		asked, _, _, err := x.ForProsecutor(ctx, "pam", "", 1)
		ok(t, err)
		var kept map[string]struct {
			Requirements []struct {
				Rule    string
				Because []string
			}
		}
		ok(t, json.Unmarshal(asked[0].Decision, &kept))
		because := map[string]string{}
		for lang, d := range kept {
			for _, r := range d.Requirements {
				if r.Rule == "S-19" {
					because[lang] = strings.Join(r.Because, " ")
				}
			}
		}
		if because["en"] == "" || because["nl"] == "" || because["en"] == because["nl"] {
			t.Errorf("S-19 stands in the way because: %q", because)
		}
	})
}
