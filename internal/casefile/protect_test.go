package casefile

import (
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"verhaal/internal/custody"
	"verhaal/internal/db"
	"verhaal/internal/fault"
	"verhaal/internal/policy"
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
		about, err := x.Facts(ctx, "ann", file.ID, girl)
		ok(t, err)
		if needs := form(about).Get("subject.special_needs"); needs != "disability" {
			t.Errorf("the special needs are %q", needs)
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
		a.Needs, a.Sealed, a.Measures, a.NoNeeds, a.Seen = nil, nil, nil, true, 1
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
			"no word on needs":     func(a *NewAssessment) { a.NoNeeds = false },
			"needs and none":       func(a *NewAssessment) { a.Needs = []string{"health"} },
		} {
			bad := a
			change(&bad)
			if err := x.Assess(ctx, "ann", file.ID, bad); err == nil {
				t.Errorf("%s was kept", name)
			}
		}
	})
}

func TestNeedsChangeOnlyByTheNewestAssessmentAndByWhoSawThem(t *testing.T) {
	each(t, func(t *testing.T, x *fixture) {
		file := x.opened(t)
		girl, err := x.AddPerson(t.Context(), "ann", file.ID, Victim)
		ok(t, err)
		assess := func(day string, seen int64, needs ...string) error {
			return x.Assess(t.Context(), "ann", file.ID, NewAssessment{Assessment: Assessment{Person: girl, Day: day, Needs: needs}, NoNeeds: len(needs) == 0, Seen: seen})
		}
		want := func(needs ...string) {
			t.Helper()
			about, err := x.Facts(t.Context(), "ann", file.ID, girl)
			ok(t, err)
			if got := NeedsIn(about[NeedsFact]); !slices.Equal(got, needs) {
				t.Errorf("the needs are %v, want %v", got, needs)
			}
		}
		ok(t, assess("2026-11-20", 0, "disability", "health"))
		want("disability", "health")
		wantFault(t, assess("2026-11-20", 0), fault.Conflict, "case.fault.changed_meanwhile")
		ok(t, assess("2026-11-20", 0, "disability", "health")) // the same as is known
		ok(t, assess("2026-11-01", 1))
		want("disability", "health")

		// What somebody entered stays although no list has it, until it is said to be over.
		x.set(t, file.ID, girl, NeedsFact+"=trauma")
		wantFault(t, assess("2026-11-21", 1, "disability"), fault.Conflict, "case.fault.changed_meanwhile")
		ok(t, assess("2026-11-21", 2, "trauma", "disability"))
		want("trauma", "disability")
		ok(t, assess("2026-11-22", 3))
		want()
	})
}

func TestAMeasureThatIsOverdueStandsOnTheBoardAndGoesUp(t *testing.T) {
	each(t, func(t *testing.T, x *fixture) {
		ctx := t.Context()
		file := x.opened(t)
		girl, err := x.AddPerson(ctx, "ann", file.ID, Victim)
		ok(t, err)
		ok(t, x.Assess(ctx, "ann", file.ID, NewAssessment{Assessment: Assessment{Person: girl, Day: "2026-11-22",
			Measures: []Measure{{Code: "shelter", Owner: "ann", Due: "2026-11-25"}}}, NoNeeds: true}))
		onBoard := func() (out []Due) {
			rows, _, err := x.Board(ctx, "ann", avim, "", false, 50)
			ok(t, err)
			return slices.DeleteFunc(rows, func(d Due) bool { return d.Kind != KindMeasure })
		}
		if got := onBoard(); len(got) != 1 || got[0].Name != "shelter" || got[0].About != girl || got[0].Left != 2 {
			t.Fatalf("%+v", got)
		}
		x.now = x.now.AddDate(0, 0, 3)
		_, err = x.Escalate(ctx)
		ok(t, err)
		if got := onBoard(); len(got) != 1 || got[0].Late != 1 || got[0].Level != LevelDesk {
			t.Errorf("a day late: %+v", got)
		}
		events, err := x.Events(ctx, "ann", file.ID)
		ok(t, err)
		if !slices.ContainsFunc(events, func(h Happened) bool { return h.Kind == "deadline_escalated" && h.Subject == "shelter" }) {
			t.Errorf("nothing went up: %+v", events)
		}
		ok(t, x.CloseMeasure(ctx, "ann", file.ID, 1, MeasureDone))
		if got := onBoard(); len(got) != 0 {
			t.Errorf("a measure that was taken is due: %+v", got)
		}
	})
}

func TestOnlyThePersonsOwnAssessmentLetsThemBeInterviewed(t *testing.T) {
	each(t, func(t *testing.T, x *fixture) {
		ctx := t.Context()
		file := x.opened(t)
		girl, err := x.AddPerson(ctx, "ann", file.ID, Victim)
		ok(t, err)
		sister, err := x.AddPerson(ctx, "ann", file.ID, Victim)
		ok(t, err)
		x.set(t, file.ID, "", caseFacts)
		x.set(t, file.ID, girl, girlFacts)
		x.set(t, file.ID, sister, girlFacts)
		plan, err := x.Plan(ctx, "ann", file.ID, girl)
		ok(t, err)
		x.set(t, file.ID, plan, studioPlan)
		status := func(rule string) policy.Status {
			d, err := x.decided(t, file.ID, plan)
			ok(t, err)
			r, _ := d.Requirement(rule)
			return r.Status
		}
		x.assessed(t, file.ID, sister)
		if status("S-07") != policy.Unmet {
			t.Errorf("another's assessment counts: S-07 is %s", status("S-07"))
		}
		for _, fact := range []string{assessedDone, assessedAt, inInterest} {
			wantFault(t, x.SetFact(ctx, "ann", file.ID, "", fact, url.Values{fact: {"true"}}, 0), fault.BadInput, "")
		}
		x.assessed(t, file.ID, girl)
		if status("S-07") != policy.Met {
			t.Errorf("after the own assessment S-07 is %s", status("S-07"))
		}

		// What was weighed for one child was not weighed for the other.
		const weighed = "case.interest_weighed"
		wantFault(t, x.SetFact(ctx, "ann", file.ID, "", weighed, url.Values{weighed: {"true"}}, 0), fault.BadInput, "")
		x.set(t, file.ID, girl, weighed+"=false")
		if status("A-17") != policy.Unmet {
			t.Errorf("A-17 is %s though only the sister's interest was weighed", status("A-17"))
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
		mayAnswer := func(report string) error {
			return x.do(ctx, custody.Act{Kind: "message.sent", Actor: "ann", Subject: report}, func(tx *db.Tx) error { return x.MayAnswer(tx, report) })
		}
		contact := func(way, basis string) error { return x.Contact(ctx, "ann", file.ID, woman, way, "reached", basis) }
		wantFault(t, contact("call", ""), fault.Refused, "case.fault.contact_unplanned")
		ok(t, mayAnswer("r1"))

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
		ok(t, mayAnswer("r1")) // whenever: the reporter fetches it
		all, err := x.Contacts(ctx, "ann", file.ID, woman)
		ok(t, err)
		if len(all) != 2 || !all[0].Broke || all[1].Broke || all[1].Way != "call" {
			t.Errorf("%+v", all)
		}
		plan.Version, plan.Ways = 1, []string{"lawyer"}
		ok(t, x.SetContactPlan(ctx, "ann", file.ID, woman, plan))
		wantFault(t, mayAnswer("r1"), fault.Refused, "case.fault.contact_way")
		plan.Version, plan.Ways, plan.Stopped = 2, []string{DialogueWay}, true
		ok(t, x.SetContactPlan(ctx, "ann", file.ID, woman, plan))
		wantFault(t, mayAnswer("r1"), fault.Refused, "case.fault.contact_stopped")
		ok(t, mayAnswer("r2"))
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

func TestALookAtTheBoardOrAtDecisionsIsAnActThatNamesNoCase(t *testing.T) {
	each(t, func(t *testing.T, x *fixture) {
		ctx := t.Context()
		file := x.opened(t)
		last := func() string {
			entries, err := x.log.Entries(ctx, 1<<62, 1)
			ok(t, err)
			return string(entries[0].Leaf)
		}
		_, _, err := x.Board(ctx, "ann", avim, "", false, 10)
		ok(t, err)
		if leaf := last(); !strings.Contains(leaf, "board.viewed") || !strings.Contains(leaf, avim) || strings.Contains(leaf, file.ID) {
			t.Errorf("after a look at the board the log says %s", leaf)
		}
		_, _, _, err = x.ForProsecutor(ctx, "pam", "", 10)
		ok(t, err)
		if leaf := last(); !strings.Contains(leaf, "decisions.viewed") || !strings.Contains(leaf, "pam") {
			t.Errorf("after a look at decisions the log says %s", leaf)
		}
	})
}

func TestTheReportOfATalkIsOpenedAloneAndWithAReason(t *testing.T) {
	each(t, func(t *testing.T, x *fixture) {
		ctx := t.Context()
		file := x.opened(t)
		key, she := x.keyed(t, file.ID, "ann"), x.victim(t, file.ID, grown)
		for _, name := range []string{talkReport("p1"), talkReport("p2"), unowned, "note/1"} {
			ok(t, x.Seal(ctx, "ann", file.ID, Part{Name: name, Epoch: 1, Sealed: sealedTo(t, key)}))
		}
		// Whatever somebody notes about who decided, it does not leave with the rest.
		x.set(t, file.ID, she, "talk.in_file=true&talk.in_file_decided_by=prosecutor")
		parts, err := x.OpenParts(ctx, "ann", file.ID)
		ok(t, err)
		if len(parts) != 1 || parts[0].Name != "note/1" {
			t.Errorf("opened %+v", parts)
		}
		_, err = x.OpenTalkReport(ctx, "ann", file.ID, she, "curious")
		wantFault(t, err, fault.BadInput, "case.fault.why")
		_, err = x.OpenTalkReport(ctx, "ben", file.ID, she, "writing")
		wantFault(t, err, fault.Refused, "")
		parts, err = x.OpenTalkReport(ctx, "ann", file.ID, she, "prosecutor_asks")
		ok(t, err)
		if len(parts) != 2 || parts[0].Name != talkReport(she) || parts[1].Name != unowned {
			t.Errorf("opened alone: %+v", parts)
		}
		entries, err := x.log.Entries(ctx, 1<<62, 1)
		ok(t, err)
		if leaf := string(entries[0].Leaf); !strings.Contains(leaf, "case.talk_report_read") || !strings.Contains(leaf, "prosecutor_asks") {
			t.Errorf("the log says %s", leaf)
		}
	})
}

func TestATalkBecomesAFormalReportInASecondAndIsNeverWithdrawn(t *testing.T) {
	each(t, func(t *testing.T, x *fixture) {
		ctx := t.Context()
		file := x.opened(t)
		x.keyed(t, file.ID, "ann")
		girl, err := x.AddPerson(ctx, "ann", file.ID, Victim)
		ok(t, err)
		x.set(t, file.ID, girl, girlFacts)
		ok(t, x.Advance(ctx, "ann", file.ID, Talk))
		zone, err := time.LoadLocation("Europe/Amsterdam")
		ok(t, err)
		x.now = time.Date(2026, 11, 24, 0, 30, 17, 0, zone) // the day before in UTC
		ok(t, x.BecomesFormalReport(ctx, "ann", file.ID, girl))
		got, err := x.Get(ctx, "ann", file.ID)
		ok(t, err)
		events, err := x.Events(ctx, "ann", file.ID)
		ok(t, err)
		last := events[len(events)-1]
		if said := last.At.Format(time.DateTime); said != "2026-11-24 00:30:17" {
			t.Errorf("it became one at %s", said)
		}
		if got.Phase != FormalReport || last.Kind != "becomes_formal_report" || !last.At.Equal(x.now) {
			t.Errorf("phase %s, %+v", got.Phase, last)
		}
		needed, err := x.LevelsNeeded(ctx, "ann", file.ID)
		ok(t, err)
		if len(needed) != 1 || needed[0].Level != "video" || !slices.Contains(needed[0].Rules, "S-17") {
			t.Errorf("%+v", needed)
		}
		wantFault(t, x.BecomesFormalReport(ctx, "ann", file.ID, girl), fault.Conflict, "case.fault.no_talk")
	})
}

// TestWhoWasRecordedHereOnVideoNeedsVideoAgain: also where that interview stands among
// those that were held, and not among those from elsewhere (rule A-06).
func TestWhoWasRecordedHereOnVideoNeedsVideoAgain(t *testing.T) {
	each(t, func(t *testing.T, x *fixture) {
		ctx, id := t.Context(), x.opened(t).ID
		she := x.victim(t, id, grown)
		x.set(t, id, she, "earlier.0.date=2026-01-14&earlier.0.agency=comensha&earlier.0.level=audio&earlier.0.topics=travel")
		again := func() bool {
			needed, err := x.LevelsNeeded(ctx, "ann", id)
			ok(t, err)
			return slices.Contains(needed[0].Rules, "A-06")
		}
		if again() {
			t.Fatal("after sound alone, video is asked for")
		}
		plan, err := x.Plan(ctx, "ann", id, she)
		ok(t, err)
		x.set(t, id, plan, "plan.date=2026-11-20&plan.level=video")
		x.written(t, func(exec func(query string, args ...any)) { exec(setState, id, plan, held) })
		if !again() {
			t.Error("after one on video, sound alone would do")
		}
	})
}

func TestAViewReachesANamedProsecutorAndOnlyThenItWasTold(t *testing.T) {
	each(t, func(t *testing.T, x *fixture) {
		ctx := t.Context()
		file := x.opened(t)
		key, she, other := x.keyed(t, file.ID, "ann"), x.victim(t, file.ID, grown), x.victim(t, file.ID, grown)
		told := func() string {
			if x.fact(t, file.ID, other, viewTold) != "" {
				t.Error("one victim's view counts as told for another")
			}
			known, err := x.Facts(ctx, "ann", file.ID, she)
			ok(t, err)
			return form(known).Get(viewTold)
		}
		pam, err := seal.NewIdentity()
		ok(t, err)
		words, err := seal.Seal([]byte(`{"v":1,"text":"I am afraid"}`), key.Recipient(), pam.Recipient())
		ok(t, err)
		wantFault(t, x.SetFact(ctx, "ann", file.ID, she, viewTold, url.Values{viewTold: {"true"}}, 0), fault.BadInput, "")
		wantFault(t, x.TellProsecutor(ctx, "ann", file.ID, she, "ben", Part{Epoch: 1, Sealed: words}), fault.BadInput, "case.fault.no_prosecutor")
		for _, one := range [][]byte{[]byte("plain"), sealedTo(t, key)} {
			wantFault(t, x.TellProsecutor(ctx, "ann", file.ID, she, "pam", Part{Epoch: 1, Sealed: one}), fault.BadInput, "")
		}
		if told() != "" {
			t.Error("a view counts as told that nobody was sent")
		}
		ok(t, x.TellProsecutor(ctx, "ann", file.ID, she, "pam", Part{Epoch: 1, Sealed: words}))
		if told() != "true" {
			t.Error("the rules don't know that the view was told")
		}
		wantFault(t, x.Seal(ctx, "ann", file.ID, Part{Name: "view/1", Version: 1, Epoch: 1, Sealed: sealedTo(t, key)}), fault.BadInput, "")

		_, listed, _, err := x.ForProsecutor(ctx, "pam", "", 10)
		ok(t, err)
		if len(listed) != 1 || listed[0].Number != file.Number || !listed[0].Read.IsZero() {
			t.Fatalf("%+v", listed)
		}
		_, err = x.ReadView(ctx, "ben", listed[0].ID)
		wantFault(t, err, fault.NotFound, "")
		x.now = x.now.Add(time.Hour)
		read, err := x.ReadView(ctx, "pam", listed[0].ID)
		ok(t, err)
		if plain, err := seal.Open(read, pam); err != nil || !strings.Contains(string(plain), "afraid") {
			t.Errorf("the prosecutor reads %q, %v", plain, err)
		}
		seen, err := x.Views(ctx, "ann", file.ID)
		ok(t, err)
		if len(seen) != 1 || !seen[0].Read.Equal(x.now) {
			t.Errorf("the case sees %+v", seen)
		}
	})
}

func TestEveryViewThatWasToldIsReached(t *testing.T) {
	each(t, func(t *testing.T, x *fixture) {
		ctx := t.Context()
		file, plan := x.inAnOrdinaryRoom(t)
		words := x.reasoned(t, x.keyed(t, file.ID, "ann"))
		for range 5 { // two of them in the same second
			ok(t, x.TellProsecutor(ctx, "ann", file.ID, "p1", "pam", Part{Epoch: 1, Sealed: words}))
			x.now = x.now.Add(500 * time.Millisecond)
		}
		ok(t, x.AskDeviation(ctx, "ann", file.ID, plan, NewDeviation{Rule: "S-19", Prosecutor: "pam", Why: "no_room", Reason: words}))
		var listed []int64
		requests := 0
		for after := ""; ; {
			asked, told, next, err := x.ForProsecutor(ctx, "pam", after, 2)
			ok(t, err)
			requests += len(asked)
			for _, v := range told {
				listed = append(listed, v.N)
			}
			if after = next; next == "" {
				break
			}
		}
		slices.Sort(listed)
		if !slices.Equal(listed, []int64{1, 2, 3, 4, 5}) || requests != 1 {
			t.Errorf("listed are the views %v and %d requests", listed, requests)
		}
		_, _, _, err := x.ForProsecutor(ctx, "pam", "0.1.a", 2)
		wantFault(t, err, fault.BadInput, "")
	})
}

func TestAProsecutorWhomTheCaseExcludesReadsNothingOfIt(t *testing.T) {
	each(t, func(t *testing.T, x *fixture) {
		ctx := t.Context()
		x.prosecutors = []string{"pam", "pim"}
		file, plan := x.inAnOrdinaryRoom(t)
		reason := x.reasoned(t, x.keyed(t, file.ID, "ann"))
		told := func() string {
			return x.fact(t, file.ID, "p1", viewTold)
		}
		ok(t, x.TellProsecutor(ctx, "ann", file.ID, "p1", "pam", Part{Epoch: 1, Sealed: reason}))
		ok(t, x.AskDeviation(ctx, "ann", file.ID, plan, NewDeviation{Rule: "S-19", Prosecutor: "pam", Why: "no_room", Reason: reason}))
		asked, views, _, err := x.ForProsecutor(ctx, "pam", "", 10)
		ok(t, err)
		if len(asked) != 1 || len(views) != 1 {
			t.Fatalf("%v %v", asked, views)
		}

		ok(t, x.Exclude(ctx, "ann", file.ID, "pam", "implicated")) // before they opened anything
		_, err = x.ReadView(ctx, "pam", views[0].ID)
		wantFault(t, err, fault.Refused, "fault.refused")
		_, err = x.Reason(ctx, "pam", asked[0].ID)
		wantFault(t, err, fault.Refused, "fault.refused")
		_, err = x.ReasonInCase(ctx, "ann", file.ID, asked[0].ID)
		ok(t, err)
		left, seen, _, err := x.ForProsecutor(ctx, "pam", "", 10)
		ok(t, err)
		if len(left)+len(seen) != 0 {
			t.Errorf("the prosecutor still sees %v %v", left, seen)
		}
		if told() == "true" {
			t.Error("a view that was told to the excluded alone counts as told")
		}

		// The members see it and turn to another.
		x.now = x.now.Add(time.Second)
		x.keyed(t, file.ID, "ann")
		ok(t, x.TellProsecutor(ctx, "ann", file.ID, "p1", "pim", Part{Epoch: 2, Sealed: reason}))
		of, err := x.Views(ctx, "ann", file.ID)
		ok(t, err)
		if len(of) != 2 || of[0].Withheld || !of[1].Withheld || !of[1].Read.IsZero() {
			t.Errorf("%+v", of)
		}
		ds, err := x.Deviations(ctx, "ann", file.ID, plan)
		ok(t, err)
		if len(ds) != 1 || !ds[0].Withheld {
			t.Errorf("%+v", ds)
		}
		if told() != "true" {
			t.Error("the rules don't know that another was told")
		}
		ok(t, x.Exclude(ctx, "ann", file.ID, "ben", "conflict"))
		if told() != "true" {
			t.Error("excluding somebody who was told nothing changes what was told")
		}
	})
}

// TestTheConsultationOnAudioOfTheTalkIsOwedUntilItIsThere: by the case, without
// the plan of any interview.
func TestTheConsultationOnAudioOfTheTalkIsOwedUntilItIsThere(t *testing.T) {
	each(t, func(t *testing.T, x *fixture) {
		file := x.opened(t)
		woman, err := x.AddPerson(t.Context(), "ann", file.ID, Victim)
		ok(t, err)
		ok(t, x.Advance(t.Context(), "ann", file.ID, Talk))
		owed := func() bool {
			t.Helper()
			all, err := x.Tasks(t.Context(), "ann", file.ID, woman)
			ok(t, err)
			return slices.ContainsFunc(all, func(r policy.Requirement) bool { return r.Rule.ID == "M-06" })
		}
		x.set(t, file.ID, woman, "talk.written_report=true")
		if !owed() {
			t.Error("M-06 is not under what is still to do")
		}
		x.set(t, file.ID, woman, "talk.prosecutor_consulted=true")
		if owed() {
			t.Error("M-06 is owed after the consultation")
		}
	})
}

// TestWhatIsOwedAtATalkIsOwedAsLongWhenTheTalkIsOver: also once it became a formal
// report, and in interviews; who had no talk owes nothing of it there.
func TestWhatIsOwedAtATalkIsOwedAsLongWhenTheTalkIsOver(t *testing.T) {
	each(t, func(t *testing.T, x *fixture) {
		ctx, id := t.Context(), x.opened(t).ID
		woman, later := x.victim(t, id, grown), x.victim(t, id, grown)
		owes := func(person, want string) {
			t.Helper()
			got := ""
			for _, rule := range []string{"M-04", "M-05", "M-06"} {
				if x.owed(t, id, person, rule) {
					got += rule + " "
				}
			}
			if got != want {
				t.Errorf("%s is owed %q, want %q", person, got, want)
			}
		}
		ok(t, x.Advance(ctx, "ann", id, Talk))
		owes(woman, "M-04 M-05 M-06 ")
		ok(t, x.BecomesFormalReport(ctx, "ann", id, woman))
		owes(woman, "M-04 M-05 M-06 ")
		x.set(t, id, woman, "talk.use_told=true&talk.written_report=true&talk.prosecutor_consulted=true")
		owes(woman, "M-04 ")
		ok(t, x.Advance(ctx, "ann", id, Interview))
		owes(woman, "M-04 ")
		owes(later, "")
		x.set(t, id, later, "case.talk_held=true")
		owes(later, "M-04 M-05 M-06 ")
		x.set(t, id, woman, "talk.contents=victimhood&talk.contents=procedure&talk.contents=ex_officio&talk.contents=help")
		owes(woman, "")
	})
}

// TestAProsecutorIsOutsideACaseThatTheyHaveNoPartIn: what was told brings the
// case into their list, and being taken off it takes it out again.
func TestAProsecutorIsOutsideACaseThatTheyHaveNoPartIn(t *testing.T) {
	each(t, func(t *testing.T, x *fixture) {
		ctx := t.Context()
		file := x.opened(t)
		key := x.keyed(t, file.ID, "ann")
		pam, err := seal.NewIdentity()
		ok(t, err)
		x.victim(t, file.ID, grown)
		heard := func() int {
			all, err := x.Heard(ctx, "pam")
			ok(t, err)
			return len(all)
		}
		if heard() != 0 {
			t.Error("a case of which nothing was asked or told is listed")
		}
		words, err := seal.Seal([]byte(`{"v":1,"text":"I am afraid"}`), key.Recipient(), pam.Recipient())
		ok(t, err)
		ok(t, x.TellProsecutor(ctx, "ann", file.ID, "p1", "pam", Part{Epoch: 1, Sealed: words}))
		if heard() != 1 {
			t.Error("a case in which something was told is not listed")
		}
		got, recipient, err := x.Outside(ctx, "pam", file.ID)
		ok(t, err)
		if got.Number != file.Number || recipient != key.Recipient() {
			t.Errorf("%+v, %q", got, recipient)
		}
		_, _, err = x.Outside(ctx, "ben", file.ID)
		wantFault(t, err, fault.Refused, "fault.refused")
		ok(t, x.Exclude(ctx, "ann", file.ID, "pam", "conflict"))
		_, _, err = x.Outside(ctx, "pam", file.ID)
		wantFault(t, err, fault.Refused, "case.fault.own_case")
		if heard() != 0 {
			t.Error("a case that they were taken off is listed")
		}
	})
}
