package casefile

import (
	"errors"
	"net/url"
	"os"
	"slices"
	"strings"
	"testing"

	"verhaal/internal/custody"
	"verhaal/internal/db"
	"verhaal/internal/fault"
	"verhaal/internal/policy"
)

const grown = "subject.birth_date=1990-03-01&subject.age_doubt=false&subject.lawful_stay=false&subject.dublin=false"

// fact is what a fact of one field says; "" = not known.
func (x *fixture) fact(t testing.TB, id, subject, name string) string {
	t.Helper()
	known, err := x.Facts(t.Context(), "ann", id, subject)
	ok(t, err)
	return known[name].Fields.Get(name)
}

// runs says whether a clock was started.
func (x *fixture) runs(t testing.TB, id, clock, about string) bool {
	t.Helper()
	return slices.ContainsFunc(x.deadlines(t, id).Clocks, func(r Running) bool { return r.Clock.ID == clock && r.About == about })
}

// owed says whether a rule stands among what is still to do for a person.
func (x *fixture) owed(t testing.TB, id, person, rule string) bool {
	t.Helper()
	rules, err := x.Tasks(t.Context(), "ann", id, person)
	ok(t, err)
	return slices.ContainsFunc(rules, func(q policy.Requirement) bool { return q.Rule.ID == rule })
}

func TestWhatHoldsForOneVictimHoldsForNoOther(t *testing.T) {
	each(t, func(t *testing.T, x *fixture) {
		ctx, id := t.Context(), x.opened(t).ID
		she, other := x.victim(t, id, grown), x.victim(t, id, grown)
		x.set(t, id, "", "clock.reported=2026-11-01")
		x.noted(t, id, victimReady, she, "2026-11-02")
		if x.runs(t, id, "adult_interview", other) {
			t.Error("the clock runs for somebody who was never ready")
		}
		x.noted(t, id, victimReady, other, "2026-11-20")
		if c := x.clockOf(t, id, "adult_interview", other); c.Started != "2026-11-20" {
			t.Errorf("the other's clock: %+v", c)
		}

		waits := func(person string) policy.Status {
			plan, err := x.Plan(ctx, "ann", id, person)
			ok(t, err)
			x.set(t, id, plan, "plan.date=2026-12-20&plan.planned=true")
			d, err := x.decided(t, id, plan)
			ok(t, err)
			r, _ := d.Requirement("S-08")
			return r.Status
		}
		for _, reason := range []string{"victims_wish", "illness"} {
			ok(t, x.GiveReason(ctx, "ann", id, NewDelay{Clock: "adult_interview", About: she, Reason: reason, From: "2026-11-05"}))
		}
		if got := waits(she); got != policy.Met {
			t.Errorf("with her wish S-08 is %s", got)
		}
		if got := waits(other); got != policy.Unmet {
			t.Errorf("with somebody else's wish S-08 is %s", got)
		}

		ok(t, x.BeginPeriod(ctx, "ann", id, she, "reflection", "2026-11-10"))
		if x.owed(t, id, she, "V-01") || !x.owed(t, id, other, "V-01") {
			t.Error("one victim's time to think counts for the other, or not for her")
		}
	})
}

func TestFactsOfOnePersonAreEnteredWithThatPerson(t *testing.T) {
	each(t, func(t *testing.T, x *fixture) {
		id := x.opened(t).ID
		she, other := x.victim(t, id, grown), x.victim(t, id, grown)
		x.set(t, id, she, "clock.ready=2026-11-20")
		wantFault(t, x.SetFact(t.Context(), "ann", id, "", "clock.ready", url.Values{"clock.ready": {"2026-11-21"}}, 0), fault.BadInput, "")
		for _, fact := range periodFacts { // the period says it
			wantFault(t, x.SetFact(t.Context(), "ann", id, she, fact, url.Values{fact: {"true"}}, 0), fault.BadInput, "")
		}
		for _, name := range []string{wishFact, delayFact} { // given with a day, or not at all
			wantFault(t, x.SetFact(t.Context(), "ann", id, she, name, url.Values{name: {"true"}}, 0), fault.BadInput, "")
		}
		wantFault(t, x.SetFact(t.Context(), "ann", id, she, "clock.reported", url.Values{"clock.reported": {"2026-11-20"}}, 0), fault.BadInput, "")
		if c := x.clockOf(t, id, "adult_interview", she); c.Started != "2026-11-20" || x.runs(t, id, "adult_interview", other) {
			t.Errorf("a day among the facts: %+v", c)
		}
	})
}

// takenBack takes back the step of an event that stands.
func (x *fixture) takenBack(t testing.TB, id, what, day string) {
	t.Helper()
	all := x.deadlines(t, id).Steps
	i := slices.IndexFunc(all, func(s Step) bool { return s.What == what && s.Day == day && !s.Withdrawn })
	if i < 0 {
		t.Fatalf("no %s of %s in %+v", what, day, all)
	}
	ok(t, x.TakeBack(t.Context(), "ann", id, all[i].N))
}

func TestADayThatWasAMistakeCountsNoMoreOnceItIsTakenBack(t *testing.T) {
	each(t, func(t *testing.T, x *fixture) {
		id := x.opened(t).ID
		she := x.victim(t, id, grown)
		x.noted(t, id, victimReady, she, "2026-11-01")
		x.takenBack(t, id, victimReady, "2026-11-01")
		if x.runs(t, id, "adult_interview", she) || x.fact(t, id, she, "clock.ready") != "" {
			t.Error("the clock runs from a day that was taken back")
		}
		x.noted(t, id, victimReady, she, "2026-11-20")
		if c := x.clockOf(t, id, "adult_interview", she); c.Started != "2026-11-20" || x.fact(t, id, she, "clock.ready") != "2026-11-20" {
			t.Errorf("noted anew: %+v, and the rules read %q", c, x.fact(t, id, she, "clock.ready"))
		}
		// Of two days the one that stands counts; what somebody entered stays.
		x.noted(t, id, victimReady, she, "2026-11-10")
		x.takenBack(t, id, victimReady, "2026-11-10")
		if got := x.fact(t, id, she, "clock.ready"); got != "2026-11-20" {
			t.Errorf("the rules read %q", got)
		}
		x.set(t, id, she, "clock.ready=2026-11-15")
		x.takenBack(t, id, victimReady, "2026-11-20")
		if c := x.clockOf(t, id, "adult_interview", she); c.Started != "2026-11-15" {
			t.Errorf("a day that somebody entered is gone: %+v", c)
		}
	})
}

func TestADayOfAReportThatWasAMistakeGivesWayToThatOfTheReports(t *testing.T) {
	each(t, func(t *testing.T, x *fixture) {
		file, err := x.Open(t.Context(), "ann", Start{Channel: avim, Origin: FromReport, Reports: []string{"r3"}}) // 20 November
		ok(t, err)
		x.noted(t, file.ID, reportReceived, "", "2026-11-10")
		x.takenBack(t, file.ID, reportReceived, "2026-11-10")
		if got := x.fact(t, file.ID, "", "clock.reported"); got != "2026-11-20" {
			t.Errorf("with a report of 20 November the rules read %q", got)
		}
		ok(t, x.NoteStep(t.Context(), "ann", file.ID, Step{What: reportReceived, Day: "2026-11-20"}))
		x.takenBack(t, file.ID, reportReceived, "2026-11-20")
		if got := x.fact(t, file.ID, "", "clock.reported"); got != "2026-11-20" {
			t.Errorf("the day of the report went with the step: %q", got)
		}
	})
}

func TestATalkThatWasTakenBackOpensNoFormalReport(t *testing.T) {
	each(t, func(t *testing.T, x *fixture) {
		ctx, id := t.Context(), x.opened(t).ID
		she := x.victim(t, id, grown)
		talked := func(want bool) {
			t.Helper()
			if met := x.clockOf(t, id, "informative_talk", she).Met != ""; met != want {
				t.Errorf("the talk's clock was met: %v", met)
			}
		}
		x.set(t, id, she, "case.talk_held=false")
		x.noted(t, id, reportReceived, "", "2026-11-20")
		x.noted(t, id, talkHeld, she, "2026-11-21")
		x.noted(t, id, talkHeld, she, "2026-11-22")
		talked(true)
		x.takenBack(t, id, talkHeld, "2026-11-21")
		if x.fact(t, id, she, talkFact) != "true" {
			t.Error("the talk that stands doesn't count")
		}
		x.takenBack(t, id, talkHeld, "2026-11-22")
		talked(false)
		wantFault(t, x.BeginFormalReport(ctx, "ann", id, she), fault.Refused, "case.fault.talk_first")
		// A talk that the facts tell of, taken back and told again.
		for range 2 {
			x.set(t, id, she, "case.talk_held=true")
			talked(true)
			x.takenBack(t, id, talkHeld, "2026-11-23")
			talked(false)
			wantFault(t, x.BeginFormalReport(ctx, "ann", id, she), fault.Refused, "case.fault.talk_first")
		}
		x.noted(t, id, talkHeld, she, "2026-11-23")
		ok(t, x.BeginFormalReport(ctx, "ann", id, she))
	})
}

// TestAReasonForADelayCountsAsLongAsItHolds: until the day that was named, or on
// which it was withdrawn. The clock runs on then, without the days of a wish.
func TestAReasonForADelayCountsAsLongAsItHolds(t *testing.T) {
	each(t, func(t *testing.T, x *fixture) {
		ctx, id := t.Context(), x.opened(t).ID
		she := x.victim(t, id, grown)
		x.set(t, id, "", "clock.reported=2026-11-01")
		x.noted(t, id, victimReady, she, "2026-11-10") // 14 days: until the 24th
		plan, err := x.Plan(ctx, "ann", id, she)
		ok(t, err)
		on := func(day string, want policy.Status) {
			t.Helper()
			d, err := x.Try(ctx, "ann", id, plan, url.Values{"plan.date": {day}, "plan.planned": {"true"}})
			ok(t, err)
			if r, _ := d.Requirement("S-08"); r.Status != want {
				t.Errorf("an interview on %s is %s, want %s", day, r.Status, want)
			}
		}
		give := func(reason, from, until string) {
			t.Helper()
			ok(t, x.GiveReason(ctx, "ann", id, NewDelay{Clock: "adult_interview", About: she, Reason: reason, From: from, Until: until}))
		}
		on("2026-11-24", policy.Met)
		on("2026-11-25", policy.Unmet)
		give(wishReason, "2026-11-20", "2026-12-09") // 20 days
		on("2026-12-09", policy.Met)
		on("2026-12-14", policy.Met) // the 14th day that counts
		on("2026-12-15", policy.Unmet)
		if c := x.clockOf(t, id, "adult_interview", she); c.Due != "2026-12-14" {
			t.Errorf("the clock says otherwise: %+v", c)
		}
		give("illness", "2026-11-23", "2026-12-20")
		on("2026-12-20", policy.Met)
		on("2026-12-21", policy.Unmet)
		give(wishReason, "2026-11-22", "")
		on("2027-03-01", policy.Met)
		ok(t, x.EndReason(ctx, "ann", id, 3, "2026-11-23")) // within the first
		on("2026-12-21", policy.Unmet)
	})
}

// TestATalkAndAFormalReportAreOfOneVictimEach: neither opens anything for another,
// nor answers for them.
func TestATalkAndAFormalReportAreOfOneVictimEach(t *testing.T) {
	each(t, func(t *testing.T, x *fixture) {
		ctx, id := t.Context(), x.opened(t).ID
		she, other := x.victim(t, id, grown), x.victim(t, id, grown)
		x.noted(t, id, reportReceived, "", "2026-11-20")
		wantFault(t, x.NoteStep(ctx, "ann", id, Step{What: talkHeld, Day: "2026-11-21"}), fault.BadInput, "case.fault.step")
		x.noted(t, id, talkHeld, she, "2026-11-21")
		x.set(t, id, she, "talk.use_told=true&case.withdrawal_asked=true")
		if c := x.clockOf(t, id, "informative_talk", other); c.Met != "" || x.owed(t, id, she, "M-05") || !x.owed(t, id, other, "M-05") {
			t.Errorf("one victim's talk counts for another: %+v", c)
		}
		if !x.owed(t, id, she, "M-08") || x.owed(t, id, other, "M-08") {
			t.Error("who asks to withdraw is not told apart")
		}

		ok(t, x.BeginFormalReport(ctx, "ann", id, she))
		wantFault(t, x.BeginFormalReport(ctx, "ann", id, other), fault.Refused, "case.fault.talk_first")
		wantFault(t, x.BecomesFormalReport(ctx, "ann", id, other), fault.Refused, "case.fault.talk_first")
		reports := func() (out string) {
			for _, s := range x.deadlines(t, id).Steps {
				if s.What == formalReport {
					out += s.About + " "
				}
			}
			return out
		}
		if got := reports(); got != she+" " {
			t.Errorf("a formal report of %q", got)
		}
		x.noted(t, id, talkHeld, other, "2026-11-22")
		ok(t, x.BecomesFormalReport(ctx, "ann", id, other))
		if got := reports(); got != she+" "+other+" " {
			t.Errorf("formal reports of %q", got)
		}
		if x.fact(t, id, she, becameFormal) != "" || x.fact(t, id, other, becameFormal) != "true" || x.fact(t, id, "", becameFormal) != "" {
			t.Error("whose talk became a formal report is not told apart")
		}
	})
}

// TestAVictimStillInTheTalkIsJudgedByItWhenAnotherMadeAFormalReport: what was
// confirmed for that talk stands.
func TestAVictimStillInTheTalkIsJudgedByItWhenAnotherMadeAFormalReport(t *testing.T) {
	each(t, func(t *testing.T, x *fixture) {
		ctx := t.Context()
		file, plan := x.inAnOrdinaryRoom(t)
		other := x.victim(t, file.ID, grown)
		x.set(t, file.ID, plan, "plan.level=audio")
		ok(t, x.Advance(ctx, "ann", file.ID, Talk))
		ok(t, x.ConfirmOutside(ctx, "ann", file.ID, plan, "held_elsewhere"))
		ok(t, x.BecomesFormalReport(ctx, "ann", file.ID, other))
		if got := x.stateOf(t, file.ID, plan); got != confirmed {
			t.Errorf("the talk is %s", got)
		}
		ok(t, x.BecomesFormalReport(ctx, "ann", file.ID, "p1"))
		if got := x.stateOf(t, file.ID, plan); got != planned {
			t.Errorf("below the level that the report needs it is %s", got)
		}
	})
}

// written writes rows as an older installation kept them.
func (x *fixture) written(t *testing.T, write func(exec func(query string, args ...any))) {
	t.Helper()
	_, err := x.log.Do(t.Context(), custody.Act{Kind: "case.fact_set", Actor: "ann"}, func(tx *db.Tx) error {
		var all error
		write(func(query string, args ...any) {
			_, err := tx.Exec(query, args...)
			all = errors.Join(all, err)
		})
		return all
	})
	ok(t, err)
}

// migrated runs what a migration does, from the statement that begins so.
func (x *fixture) migrated(t *testing.T, name, from string) {
	t.Helper()
	text, err := os.ReadFile("../db/migrations/" + name)
	ok(t, err)
	up, _, _ := strings.Cut(string(text), "-- +goose Down")
	x.written(t, func(exec func(query string, args ...any)) {
		for _, statement := range strings.SplitAfter(up[strings.Index(up, from):], ";\n") {
			if strings.TrimSpace(statement) != "" {
				exec(statement)
			}
		}
	})
}

// TestATalkOfAnOlderInstallationIsThatOfTheOneVictim runs the migration on talks as
// they were kept before: all with the case.
func TestATalkOfAnOlderInstallationIsThatOfTheOneVictim(t *testing.T) {
	each(t, func(t *testing.T, x *fixture) {
		ctx := t.Context()
		older := func(id string, facts ...string) {
			x.written(t, func(exec func(query string, args ...any)) {
				for _, fact := range append(facts, "case.talk_held=true", "talk.use_told=true", "talk.became_formal_report=true", "case.view_told_to_prosecutor=true") {
					name, _, _ := strings.Cut(fact, "=")
					exec(putFact, id, "", name, fact, x.now.Unix(), "ann")
				}
				exec(insertStep, id, 90, talkHeld, "", "2026-11-20", 0, x.now.Unix(), "ann")
				exec(insertDelay, id, 1, "informative_talk", "", "illness", "2026-11-10", "", 0, x.now.Unix(), "ann")
				exec(insertPart, id, "talk/report", 1, []byte("sealed"), x.now.Unix(), "ann")
				exec(insertEvent, id, 90, becomesFormal, "", x.now.Unix(), "ann")
				exec(insertView, newID(), id, 1, "pam", x.now.Unix(), "ann", "")
			})
		}
		alone, several := x.opened(t).ID, x.opened(t).ID
		one := x.victim(t, alone, grown)
		_, err := x.AddPerson(ctx, "ann", alone, Witness)
		ok(t, err)
		she, other := x.victim(t, several, grown), x.victim(t, several, grown)
		plan, err := x.Plan(ctx, "ann", several, other)
		ok(t, err)
		for _, id := range []string{alone, several} {
			older(id, "clock.reported=2026-11-01")
		}
		x.written(t, func(exec func(query string, args ...any)) {
			for _, recording := range []string{"r1", "r2"} { // of one interview, marked twice
				exec(`insert into recording (id, casefile, interview, channel, kind, level, room, started, started_by, reserve, facts, stopped, room_empty, manifest, signature)
values ($1, $2, $3, '', 'talk', 'audio', '', 0, 'ann', 0, $4, 0, 0, $4, $4)`, recording, several, plan, []byte{})
				exec(`insert into recording_mark (recording, n, kind, mono, code, sealed, at, staff) values ($1, 1, 'becomes_formal_report', 0, '', $2, 5, 'ann')`, recording, []byte{})
			}
		})
		x.migrated(t, "0044_talk_of_one_person.sql", "create temporary table")

		for _, want := range []struct{ id, subject, facts string }{
			{alone, "", "clock.reported=2026-11-01"},
			{alone, one, "case.talk_held=true case.view_told_to_prosecutor=true talk.became_formal_report=true talk.use_told=true"},
			{several, "", "clock.reported=2026-11-01"},
			{several, she, ""},
			{several, other, "talk.became_formal_report=true"},
		} {
			if said := x.saidOf(t, want.id, want.subject); said != want.facts {
				t.Errorf("of %q: %s, want %s", want.subject, said, want.facts)
			}
		}
		x.set(t, alone, one, "talk.in_file=false") // every case is reckoned anew
		if c := x.clockOf(t, alone, "informative_talk", one); c.Met != "2026-11-20" || len(c.Reasons) != 1 {
			t.Errorf("the one victim's talk: %+v", c)
		}
		for _, person := range []string{she, other} {
			if c := x.clockOf(t, several, "informative_talk", person); c.Met != "" {
				t.Errorf("somebody's talk counts for %s: %+v", person, c)
			}
		}
		// Nor when the step of it is taken back.
		x.takenBack(t, several, talkHeld, "2026-11-20")
		if x.fact(t, several, "", talkFact) != "" {
			t.Error("a talk of nobody is known of the case")
		}
		for id, want := range map[string][2]string{alone: {one, "talk/" + one}, several: {"", "talk/report"}} {
			parts, err := x.parts(ctx, id)
			ok(t, err)
			views, err := x.Views(ctx, "ann", id)
			ok(t, err)
			events, err := x.Events(ctx, "ann", id)
			ok(t, err)
			i := slices.IndexFunc(events, func(h Happened) bool { return h.Kind == becomesFormal })
			if parts[0].Name != want[1] || views[0].Person != want[0] || events[i].Subject != want[0] {
				t.Errorf("%s, a view of %q, a report of %q", parts[0].Name, views[0].Person, events[i].Subject)
			}
		}
	})
}

// saidOf is what is known of a subject besides who they are.
func (x *fixture) saidOf(t *testing.T, id, subject string) string {
	t.Helper()
	known, err := x.Facts(t.Context(), "ann", id, subject)
	ok(t, err)
	var out []string
	for name, fact := range known {
		if !strings.HasPrefix(name, "subject.") {
			out = append(out, fact.Fields.Encode())
		}
	}
	slices.Sort(out)
	return strings.Join(out, " ")
}

// TestFactsOfAnOlderInstallationGoToThePersonWhomTheyAreAbout runs the migration
// on facts as they were kept before: all with the case.
func TestFactsOfAnOlderInstallationGoToThePersonWhomTheyAreAbout(t *testing.T) {
	each(t, func(t *testing.T, x *fixture) {
		ctx := t.Context()
		older := func(id string, facts ...string) {
			x.written(t, func(exec func(query string, args ...any)) {
				exec(`delete from case_fact where casefile = $1 and (name like 'clock.%' or name like 'reflection.%')`, id)
				for _, fact := range facts {
					name, _, _ := strings.Cut(fact, "=")
					exec(putFact, id, "", name, fact, x.now.Unix(), "ann")
				}
			})
		}
		alone := x.opened(t).ID
		one := x.victim(t, alone, grown)
		x.noted(t, alone, victimReady, one, "2026-11-20")
		older(alone, "clock.ready=2026-11-15", "clock.reported=2026-11-01", "clock.reason=sealed", "reflection.offered=true", "case.talk_held=true")

		mistaken := x.opened(t).ID
		who := x.victim(t, mistaken, grown)
		x.written(t, func(exec func(query string, args ...any)) {
			exec(insertStep, mistaken, 90, talkHeld, "", "2026-11-20", 0, x.now.Unix(), "ann")
		})
		x.noted(t, mistaken, reportReceived, "", "2026-11-20")
		x.noted(t, mistaken, reportReceived, "", "2026-11-22")
		x.noted(t, mistaken, victimReady, who, "2026-11-20")
		for _, what := range []string{reportReceived, talkHeld, victimReady} {
			x.takenBack(t, mistaken, what, "2026-11-20")
		}
		older(mistaken, "clock.ready=2026-11-20", "clock.reported=2026-11-20", "case.talk_held=true")

		several := x.opened(t).ID
		she, other := x.victim(t, several, grown), x.victim(t, several, grown)
		for day, person := range map[string]string{"2026-11-04": she, "2026-11-02": she, "2026-11-20": other} {
			x.noted(t, several, victimReady, person, day)
		}
		for reason, person := range map[string]string{"victims_wish": she, "illness": other} {
			ok(t, x.GiveReason(ctx, "ann", several, NewDelay{Clock: "adult_interview", About: person, Reason: reason, From: "2026-11-20"}))
		}
		ok(t, x.BeginPeriod(ctx, "ann", several, she, "reflection", "2026-11-10"))
		older(several, "clock.ready=2026-11-02", "clock.reported=2026-11-01", "clock.victims_wish=true", "clock.reason=illness",
			"reflection.offered=true", "reflection.from=2026-11-10", "reflection.until=2027-02-10", "reflection.extended=false")

		x.migrated(t, "0033_facts_of_one_person.sql", "--")

		for _, want := range []struct{ id, subject, facts string }{
			{alone, "", "case.talk_held=true clock.reported=2026-11-01"},
			{alone, one, "clock.ready=2026-11-15 clock.reason=sealed reflection.offered=true"},
			{mistaken, "", "case.talk_held=false clock.reported=2026-11-22"},
			{mistaken, who, ""},
			{several, "", "clock.reported=2026-11-01"},
			{several, she, "clock.ready=2026-11-02 clock.victims_wish=true reflection.extended=false reflection.from=2026-11-10 reflection.offered=true reflection.until=2027-02-10"},
			{several, other, "clock.ready=2026-11-20 clock.reason=illness"},
		} {
			if said := x.saidOf(t, want.id, want.subject); said != want.facts {
				t.Errorf("of %q: %s, want %s", want.subject, said, want.facts)
			}
		}
		if n, err := x.Recheck(ctx); err != nil || n != 3 {
			t.Errorf("%d cases were reckoned anew, %v", n, err)
		}
	})
}
