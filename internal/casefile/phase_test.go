package casefile

import (
	"context"
	"errors"
	"net/url"
	"slices"
	"strings"
	"testing"

	"verhaal/internal/fault"
)

func (x *fixture) stateOf(t *testing.T, id, interview string) string {
	t.Helper()
	all, err := x.Interviews(t.Context(), "ann", id)
	ok(t, err)
	i := slices.IndexFunc(all, func(p Planned) bool { return p.ID == interview })
	return all[i].State
}

func TestACaseOnlyGoesForwardAndIsOpenedAgainForInterviewsAlone(t *testing.T) {
	each(t, func(t *testing.T, x *fixture) {
		ctx := t.Context()
		file := x.opened(t)
		x.set(t, file.ID, "", "case.acute=true")
		she := x.victim(t, file.ID, grown)
		to := func(phase string) error {
			if phase == FormalReport {
				return x.BeginFormalReport(ctx, "ann", file.ID, she)
			}
			return x.Advance(ctx, "ann", file.ID, phase)
		}
		refused := func(phases ...string) {
			t.Helper()
			for _, phase := range phases {
				wantFault(t, to(phase), fault.Refused, "case.fault.phase")
			}
		}
		refused(Signal, "", "tried")
		wantFault(t, x.Advance(ctx, "ann", file.ID, FormalReport), fault.Refused, "case.fault.phase") // whose?
		wantFault(t, x.BeginFormalReport(ctx, "ann", file.ID, "p9"), fault.NotFound, "")
		ok(t, to(Talk))
		refused(Signal, Talk)
		ok(t, to(FormalReport))
		refused(Signal, Talk)
		wantFault(t, to(FormalReport), fault.Conflict, "case.fault.no_talk") // it is begun
		ok(t, to(Interview))
		refused(Signal, Talk)
		ok(t, to(FormalReport)) // after an interview, since the rules allow it
		ok(t, to(Closed))
		refused(Signal, Talk, Sent)
		ok(t, to(Interview))
		ok(t, to(Sent))
		refused(Signal, Talk)
		ok(t, to(FormalReport))
		refused(Signal, Talk)
	})
}

func TestAnInterviewThatWasNotHeldAfterAllIsAPlanAgain(t *testing.T) {
	each(t, func(t *testing.T, x *fixture) {
		ctx := t.Context()
		file, girl, plan := x.girlsPlan(t)
		x.set(t, file.ID, plan, studioPlan)
		x.confirm(t, file.ID, plan)
		x.noted(t, file.ID, victimReady, girl, "2026-11-20")
		x.now = x.now.AddDate(0, 0, 3)
		back := func(why string) error { return x.NotHeld(ctx, "ann", file.ID, plan, why) }
		wantFault(t, back("mistake"), fault.Conflict, "case.fault.state")
		ok(t, x.Hold(ctx, "ann", file.ID, plan))
		met := func() bool {
			t.Helper()
			return slices.ContainsFunc(x.deadlines(t, file.ID).Clocks, func(c Running) bool { return c.Clock.Stops.What.ID == interviewHeld && c.Met != "" })
		}
		if !met() {
			t.Fatal("no clock waits for the interview")
		}
		wantFault(t, back(""), fault.BadInput, "case.fault.why")
		x.recorded[file.ID+plan] = true
		wantFault(t, back("mistake"), fault.Refused, "case.fault.recorded")
		delete(x.recorded, file.ID+plan)
		ok(t, back("mistake"))
		if x.stateOf(t, file.ID, plan) != planned || met() {
			t.Errorf("it is %s, and a clock says that it was held: %v", x.stateOf(t, file.ID, plan), met())
		}
		if all, err := x.BurdenOf(ctx, "ann", file.ID, girl); err != nil || all.Interviews != 0 {
			t.Errorf("it counts: %+v, %v", all, err)
		}
		events, err := x.Events(ctx, "ann", file.ID)
		ok(t, err)
		if !slices.ContainsFunc(events, func(h Happened) bool { return h.Kind == "interview_planned" && h.Subject == plan }) {
			t.Error("the case does not show it")
		}

		// Held after all: it counts, and what was told there is built on it.
		ok(t, x.ConfirmOutside(ctx, "ann", file.ID, plan, "held_elsewhere"))
		ok(t, x.Hold(ctx, "ann", file.ID, plan))
		if !met() {
			t.Error("held again it stops no clock")
		}
		key := x.keyed(t, file.ID, "ann")
		ok(t, x.KeepTold(ctx, "ann", file.ID, girl, Part{Name: "told/" + girl, Epoch: 2, Sealed: sealedTo(t, key)}, []ToldTopic{{"recruitment", plan}}, ""))
		wantFault(t, back("mistake"), fault.Refused, "case.fault.built_on")
	})
}

func TestAStaleTabPutsNothingBack(t *testing.T) {
	each(t, func(t *testing.T, x *fixture) {
		ctx := t.Context()
		file := x.opened(t)
		x.victim(t, file.ID, "")
		stale := func(err error) {
			t.Helper()
			wantFault(t, err, fault.Conflict, "case.fault.changed_meanwhile")
		}
		ok(t, x.Files.Advance(ctx, "ann", file.ID, Signal, Sent))
		stale(x.Files.Advance(ctx, "ann", file.ID, Signal, Interview)) // where it may be opened again
		stale(x.Files.BeginFormalReport(ctx, "ann", file.ID, "p1", Signal))
		ok(t, x.Files.Advance(ctx, "ann", file.ID, Sent, Interview))

		ok(t, x.Files.ChangeRole(ctx, "ann", file.ID, "p1", Victim, Witness))
		stale(x.Files.ChangeRole(ctx, "ann", file.ID, "p1", Victim, Companion))
		ok(t, x.Files.Shield(ctx, "ann", file.ID, "p1", "", "threat"))
		stale(x.Files.Shield(ctx, "ann", file.ID, "p1", "", "minor"))
		shielded, err := x.Shielded(ctx, "ann", file.ID)
		ok(t, err)
		if shielded["p1"] != "threat" {
			t.Errorf("shielded for %q", shielded["p1"])
		}
	})
}

// TestTheKindOfARecordingFollowsThePhase: what the rules judge comes first, and a
// formal report or a talk is nothing else. A formal report is of whose it is.
func TestTheKindOfARecordingFollowsThePhase(t *testing.T) {
	each(t, func(t *testing.T, x *fixture) {
		ctx, id := t.Context(), x.opened(t).ID
		she, other := x.victim(t, id, grown), x.victim(t, id, grown)
		witness, err := x.AddPerson(ctx, "ann", id, Witness)
		ok(t, err)
		x.set(t, id, "", "case.acute=true")
		kinds := func(hers, others, witnesses string) {
			t.Helper()
			file, err := x.Get(ctx, "ann", id)
			ok(t, err)
			for person, want := range map[string]string{she: hers, other: others, witness: witnesses} {
				ruled, err := phaseOf(x.db.Source(ctx), file, person)
				ok(t, err)
				if got := strings.Join(recordedAs(ruled), " "); got != want {
					t.Errorf("in the phase %s that of %s is recorded as %q, want %q", file.Phase, person, got, want)
				}
			}
		}
		const formal = FormalReport + " " + Interview
		kinds(Interview, Interview, Interview)
		ok(t, x.BeginFormalReport(ctx, "ann", id, she)) // no talk went before
		kinds(formal, Interview, Interview)
		ok(t, x.Advance(ctx, "ann", id, Sent))
		kinds(Interview, Interview, Interview)

		id = x.opened(t).ID
		she, other = x.victim(t, id, grown), x.victim(t, id, grown)
		witness, err = x.AddPerson(ctx, "ann", id, Witness)
		ok(t, err)
		ok(t, x.Advance(ctx, "ann", id, Talk))
		kinds(Talk, Talk, Talk)
		ok(t, x.BecomesFormalReport(ctx, "ann", id, she))
		kinds(formal, Talk, Interview)
		ok(t, x.BecomesFormalReport(ctx, "ann", id, other))
		kinds(formal, formal, Interview)
		ok(t, x.Advance(ctx, "ann", id, Interview))
		kinds(Interview, Interview, Interview)
	})
}

func TestAnInterviewConfirmedForATalkIsAPlanAgainWhenTheTalkIsOver(t *testing.T) {
	for name, leave := range map[string]func(ctx context.Context, x *fixture, id string) error{
		"to interviews": func(ctx context.Context, x *fixture, id string) error { return x.Advance(ctx, "ann", id, Interview) },
		"to a report": func(ctx context.Context, x *fixture, id string) error {
			return x.BecomesFormalReport(ctx, "ann", id, "p1")
		},
	} {
		t.Run(name, func(t *testing.T) {
			each(t, func(t *testing.T, x *fixture) {
				ctx := t.Context()
				file, plan := x.inAnOrdinaryRoom(t)
				x.set(t, file.ID, plan, "plan.level=audio")
				wantFault(t, x.Confirm(ctx, "ann", file.ID, plan), fault.Refused, "case.fault.blocked")
				ok(t, x.Advance(ctx, "ann", file.ID, Talk))
				if err := x.ConfirmOutside(ctx, "ann", file.ID, plan, "held_elsewhere"); err != nil {
					d, _ := x.decided(t, file.ID, plan)
					text, _ := d.JSON("en")
					t.Fatalf("%v: %s", err, text)
				}
				ok(t, leave(ctx, x, file.ID))
				if got := x.stateOf(t, file.ID, plan); got != planned {
					t.Errorf("the interview is %s", got)
				}
			})
		})
	}
}

func TestATalkBecomesAFormalReportByTheSameRulesAsAPhase(t *testing.T) {
	each(t, func(t *testing.T, x *fixture) {
		ctx := t.Context()
		file := x.opened(t)
		woman := x.victim(t, file.ID, "subject.birth_date=1990-03-01&subject.age_doubt=false&subject.dublin=true")
		wantFault(t, x.BecomesFormalReport(ctx, "ann", file.ID, woman), fault.Refused, "case.fault.talk_first")
		const said = "talk.became_formal_report"
		wantFault(t, x.SetFact(ctx, "ann", file.ID, woman, said, url.Values{said: {"true"}}, 0), fault.BadInput, "")
		x.set(t, file.ID, woman, "case.talk_held=true")
		ok(t, x.BecomesFormalReport(ctx, "ann", file.ID, woman))
		if c := x.clockOf(t, file.ID, "dublin_leads", woman); c.State != ClockRuns {
			t.Errorf("%+v", c)
		}
		for _, task := range []string{"comensha_cooperation", "residence_form"} {
			if o := x.taskOf(t, file.ID, task); o.State != TaskOpen || o.About != woman {
				t.Errorf("%+v", o)
			}
		}
	})
}

func TestATalkThatBecameAFormalReportComesBackToItAfterInterviews(t *testing.T) {
	each(t, func(t *testing.T, x *fixture) {
		ctx, id := t.Context(), x.opened(t).ID
		she := x.victim(t, id, "subject.birth_date=1990-03-01&subject.age_doubt=false")
		var first TalkFirst
		if err := x.BeginFormalReport(ctx, "ann", id, she); !errors.As(err, &first) || len(first.Requirements) != 1 || first.Requirements[0].Rule.ID != "M-03" {
			t.Errorf("what is in the way: %v, %+v", err, first.Requirements)
		}
		ok(t, x.Advance(ctx, "ann", id, Talk))
		ok(t, x.BecomesFormalReport(ctx, "ann", id, she))
		ok(t, x.Advance(ctx, "ann", id, Interview))
		ok(t, x.BeginFormalReport(ctx, "ann", id, she))
	})
}
