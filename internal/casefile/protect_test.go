package casefile

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"verhaal/internal/fault"
	"verhaal/internal/seal"
)

// sealedTo is a part of words sealed to a key.
func sealedTo(t *testing.T, key seal.Identity) []byte {
	t.Helper()
	file, err := seal.Seal([]byte(`{"v":1,"text":"words"}`), key.Recipient())
	ok(t, err)
	return file
}

func TestAnAssessmentIsKeptWithItsMeasuresAndTellsTheRules(t *testing.T) {
	each(t, func(t *testing.T, x *fixture) {
		ctx := t.Context()
		file := x.opened(t)
		key := x.keyed(t, file.ID, "ann")
		girl, err := x.AddPerson(ctx, "ann", file.ID, Victim)
		ok(t, err)
		a := NewAssessment{Assessment: Assessment{Person: girl, Day: "2026-11-22", Risks: []string{"retaliation"}, Needs: []string{"disability"}, InInterest: true,
			Measures: []Measure{{Code: "shelter", Owner: "ann", Due: "2026-11-25"}}}, Epoch: 1, Sealed: sealedTo(t, key)}
		ok(t, x.Assess(ctx, "ann", file.ID, a))
		known, err := x.Facts(ctx, "ann", file.ID, "")
		ok(t, err)
		about, err := x.Facts(ctx, "ann", file.ID, girl)
		ok(t, err)
		facts := form(known, about)
		for name, want := range map[string]string{"case.assessment.done": "true", "case.assessment.at": "2026-11-22", "case.assessment.in_victims_interest": "true", "subject.special_needs": "disability"} {
			if facts.Get(name) != want {
				t.Errorf("%s is %q", name, facts.Get(name))
			}
		}
		all, err := x.Assessments(ctx, "ann", file.ID)
		ok(t, err)
		if len(all) != 1 || all[0].Phase != Signal || len(all[0].Measures) != 1 || AssessAgain(file, girl, all) {
			t.Errorf("%+v", all)
		}
		ok(t, x.CloseMeasure(ctx, "ann", file.ID, all[0].Measures[0].N, MeasureDone))
		wantFault(t, x.CloseMeasure(ctx, "ann", file.ID, all[0].Measures[0].N, MeasureDropped), fault.Conflict, "")

		// Each phase asks again, and an earlier assessment stays as it was.
		ok(t, x.Advance(ctx, "ann", file.ID, Talk))
		file, err = x.Get(ctx, "ann", file.ID)
		ok(t, err)
		if !AssessAgain(file, girl, all) {
			t.Error("a new phase asks for no assessment")
		}
		a.Needs, a.Sealed, a.Measures = nil, nil, nil
		ok(t, x.Assess(ctx, "ann", file.ID, a))
		all, err = x.Assessments(ctx, "ann", file.ID)
		ok(t, err)
		if len(all) != 2 || len(all[1].Needs) != 1 || all[1].Measures[0].State != MeasureDone {
			t.Errorf("%+v", all)
		}
		for name, change := range map[string]func(*NewAssessment){
			"a day to come":        func(a *NewAssessment) { a.Day = "2026-12-24" },
			"a code of nobody's":   func(a *NewAssessment) { a.Risks = []string{"mood"} },
			"an owner who is none": func(a *NewAssessment) { a.Measures = []Measure{{Code: "shelter", Owner: "ben", Due: "2026-11-25"}} },
			"due before":           func(a *NewAssessment) { a.Measures = []Measure{{Code: "shelter", Owner: "ann", Due: "2026-11-01"}} },
			"words in the clear":   func(a *NewAssessment) { a.Sealed = []byte("she told me") },
			"a person who is none": func(a *NewAssessment) { a.Person = "p9" },
		} {
			bad := a
			change(&bad)
			if err := x.Assess(ctx, "ann", file.ID, bad); err == nil {
				t.Errorf("%s was kept", name)
			}
		}
	})
}

func TestASafeContactPlanBindsEveryContact(t *testing.T) {
	each(t, func(t *testing.T, x *fixture) {
		ctx := t.Context()
		file, err := x.Open(ctx, "ann", Start{Channel: avim, Origin: FromReport, Reports: []string{"r1"}})
		ok(t, err)
		woman, err := x.AddPerson(ctx, "ann", file.ID, Victim)
		ok(t, err)
		contact := func(way, basis string) error { return x.Contact(ctx, "ann", file.ID, woman, way, "reached", basis) }
		wantFault(t, contact("call", ""), fault.Refused, "case.fault.contact_unplanned")
		ok(t, x.MayAnswer(ctx, "r1"))

		plan := ContactPlan{Ways: []string{"call", DialogueWay}, Days: []string{"mo"}, From: "16:00", Until: "17:00", NoVoicemail: true}
		ok(t, x.SetContactPlan(ctx, "ann", file.ID, woman, plan))
		wantFault(t, x.SetContactPlan(ctx, "ann", file.ID, woman, plan), fault.Conflict, "case.fault.changed_meanwhile")
		at := x.now // a Monday at noon
		for _, c := range []struct {
			way  string
			at   time.Time
			want string
		}{
			{"letter", at.Add(4 * time.Hour), "case.fault.contact_way"},
			{"call", at, "case.fault.contact_time"},
			{"call", at.Add(5 * time.Hour), "case.fault.contact_time"},
			{"call", at.Add(28 * time.Hour), "case.fault.contact_time"},
			{"call", at.Add(4 * time.Hour), ""},
		} {
			x.now = c.at
			if err := contact(c.way, ""); (err == nil) != (c.want == "") || err != nil && fault.KeyOf(err) != c.want {
				t.Errorf("%s on %s: %v, want %q", c.way, c.at.Format("Mon 15:04"), err, c.want)
			}
		}
		x.now = at
		ok(t, contact("letter", dangerToLife))
		ok(t, x.MayAnswer(ctx, "r1")) // whenever: the reporter fetches it
		all, err := x.Contacts(ctx, "ann", file.ID, woman)
		ok(t, err)
		if len(all) != 2 || !all[0].Broke || all[1].Broke || all[1].Way != "call" {
			t.Errorf("%+v", all)
		}
		plan.Version, plan.Ways = 1, []string{"lawyer"}
		ok(t, x.SetContactPlan(ctx, "ann", file.ID, woman, plan))
		wantFault(t, x.MayAnswer(ctx, "r1"), fault.Refused, "case.fault.contact_way")
		plan.Version, plan.Ways, plan.Stopped = 2, []string{DialogueWay}, true
		ok(t, x.SetContactPlan(ctx, "ann", file.ID, woman, plan))
		wantFault(t, x.MayAnswer(ctx, "r1"), fault.Refused, "case.fault.contact_stopped")
		ok(t, x.MayAnswer(ctx, "r2"))
		plan.Version, plan.From, plan.Until = 3, "17:00", "16:00"
		wantFault(t, x.SetContactPlan(ctx, "ann", file.ID, woman, plan), fault.BadInput, "case.fault.contact_hours")
	})
}

func TestAShieldedPersonIsOpenedAloneAndWithAReason(t *testing.T) {
	each(t, func(t *testing.T, x *fixture) {
		ctx := t.Context()
		file := x.opened(t)
		key := x.keyed(t, file.ID, "ann")
		girl, err := x.AddPerson(ctx, "ann", file.ID, Victim)
		ok(t, err)
		for _, name := range []string{"person/p1/name", "contact/p1", "note/1"} {
			ok(t, x.Seal(ctx, "ann", file.ID, Part{Name: name, Epoch: 1, Sealed: sealedTo(t, key)}))
		}
		names := func(parts []Part, err error) string {
			ok(t, err)
			var out []string
			for _, p := range parts {
				out = append(out, p.Name)
			}
			slices.Sort(out)
			return strings.Join(out, " ")
		}
		if got := names(x.OpenParts(ctx, "ann", file.ID)); got != "contact/p1 note/1 person/p1/name" {
			t.Errorf("opened %s", got)
		}
		wantFault(t, x.Shield(ctx, "ann", file.ID, girl, "because"), fault.BadInput, "case.fault.why")
		ok(t, x.Shield(ctx, "ann", file.ID, girl, "threat"))
		if got := names(x.OpenParts(ctx, "ann", file.ID)); got != "note/1" {
			t.Errorf("a shielded person's parts leave with the rest: %s", got)
		}
		_, err = x.Unshield(ctx, "ann", file.ID, girl, "curious")
		wantFault(t, err, fault.BadInput, "case.fault.why")
		_, err = x.Unshield(ctx, "ben", file.ID, girl, "interview")
		wantFault(t, err, fault.Refused, "")
		if got := names(x.Unshield(ctx, "ann", file.ID, girl, "interview")); got != "contact/p1 person/p1/name" {
			t.Errorf("unshielded %s", got)
		}
	})
}

func TestATalkBecomesAFormalReportInASecondAndIsNeverWithdrawn(t *testing.T) {
	each(t, func(t *testing.T, x *fixture) {
		ctx := t.Context()
		file := x.opened(t)
		key := x.keyed(t, file.ID, "ann")
		girl, err := x.AddPerson(ctx, "ann", file.ID, Victim)
		ok(t, err)
		x.set(t, file.ID, girl, girlFacts)
		ok(t, x.Advance(ctx, "ann", file.ID, Talk))
		x.now = x.now.Add(17 * time.Second)
		ok(t, x.BecomesFormalReport(ctx, "ann", file.ID))
		got, err := x.Get(ctx, "ann", file.ID)
		ok(t, err)
		events, err := x.Events(ctx, "ann", file.ID)
		ok(t, err)
		last := events[len(events)-1]
		if got.Phase != FormalReport || last.Kind != "becomes_formal_report" || !last.At.Equal(x.now) {
			t.Errorf("phase %s, %+v", got.Phase, last)
		}
		needed, err := x.LevelsNeeded(ctx, "ann", file.ID)
		ok(t, err)
		if len(needed) != 1 || needed[0].Level != "video" || !slices.Contains(needed[0].Rules, "S-17") {
			t.Errorf("%+v", needed)
		}
		wantFault(t, x.BecomesFormalReport(ctx, "ann", file.ID), fault.Conflict, "case.fault.no_talk")
		ok(t, x.TellProsecutor(ctx, "ann", file.ID, Part{Epoch: 1, Sealed: sealedTo(t, key)}))
		if err := x.TellProsecutor(ctx, "ann", file.ID, Part{Epoch: 1, Sealed: []byte("plain")}); err == nil || errors.Is(err, nil) {
			t.Error("a view in the clear was kept")
		}
		known, err := x.Facts(ctx, "ann", file.ID, "")
		ok(t, err)
		if form(known).Get("case.view_told_to_prosecutor") != "true" {
			t.Error("the rules don't know that the view was told")
		}
	})
}
