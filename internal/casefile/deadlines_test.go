package casefile

import (
	"slices"
	"strings"
	"sync"
	"testing"

	"pgregory.net/rapid"

	"verhaal/internal/fault"
	"verhaal/internal/policy"
	"verhaal/internal/seal"
)

// noted enters a step of ann's.
func (x *fixture) noted(t testing.TB, id, what, about, day string) {
	t.Helper()
	ok(t, x.NoteStep(t.Context(), "ann", id, Step{What: what, About: about, Day: day}))
}

func (x *fixture) deadlines(t testing.TB, id string) Deadlines {
	t.Helper()
	d, err := x.Deadlines(t.Context(), "ann", id)
	ok(t, err)
	return d
}

func (x *fixture) clockOf(t testing.TB, id, clock, about string) Running {
	t.Helper()
	all := x.deadlines(t, id).Clocks
	i := slices.IndexFunc(all, func(r Running) bool { return r.Clock.ID == clock && r.About == about })
	if i < 0 {
		t.Fatalf("no clock %s of %q among %d", clock, about, len(all))
	}
	return all[i]
}

func (x *fixture) taskOf(t testing.TB, id, name string) Owed {
	t.Helper()
	all := x.deadlines(t, id).Tasks
	i := slices.IndexFunc(all, func(o Owed) bool { return o.Task == name })
	if i < 0 {
		t.Fatalf("no task %s in %+v", name, all)
	}
	return all[i]
}

func (x *fixture) victim(t testing.TB, id, facts string) string {
	t.Helper()
	made, err := x.AddPerson(t.Context(), "ann", id, Victim)
	ok(t, err)
	x.set(t.(*testing.T), id, made, facts)
	return made
}

func TestAClockRunsFromWhatHappenedToWhatItWaitsFor(t *testing.T) {
	each(t, func(t *testing.T, x *fixture) {
		id := x.opened(t).ID
		if got := x.deadlines(t, id).Clocks; len(got) != 0 {
			t.Errorf("before anything happened %d clocks run", len(got))
		}
		x.noted(t, id, "report_received", "", "2026-11-20")
		if c := x.clockOf(t, id, "first_contact", ""); c.State != ClockOverdue || c.Due != "2026-11-21" || c.Late != 2 || c.Level != LevelDesk {
			t.Errorf("not contacted for three days: %+v", c)
		}
		if c := x.clockOf(t, id, "informative_talk", ""); c.State != ClockRuns || c.Due != "2026-11-25" || c.Left != 2 {
			t.Errorf("the talk: %+v", c)
		}
		x.noted(t, id, "contact_made", "", "2026-11-21")
		if c := x.clockOf(t, id, "first_contact", ""); c.State != ClockMet || c.Late != 0 || c.Level != LevelNone {
			t.Errorf("contacted in time: %+v", c)
		}
		// What the rules read follows, and the other way round.
		known, err := x.Facts(t.Context(), "ann", id, "")
		ok(t, err)
		if known["clock.reported"].Fields.Get("clock.reported") != "2026-11-20" {
			t.Errorf("the rules don't know the day: %+v", known)
		}
		she := x.victim(t, id, grown) // the talk is with her from now on
		x.set(t, id, she, "case.talk_held=true")
		if c := x.clockOf(t, id, "informative_talk", she); c.Met != "2026-11-23" || x.runs(t, id, "informative_talk", "") {
			t.Errorf("a talk that the facts tell of: %+v", c)
		}
		wantFault(t, x.NoteStep(t.Context(), "ann", id, Step{What: "contact_made", Day: "2026-11-24"}), fault.BadInput, "case.fault.day")
		wantFault(t, x.NoteStep(t.Context(), "ann", id, Step{What: "breach_found", Day: "2026-11-20"}), fault.BadInput, "case.fault.step")
		wantFault(t, x.NoteStep(t.Context(), "ann", id, Step{What: "victim_ready", Day: "2026-11-20"}), fault.BadInput, "case.fault.step")
		wantFault(t, x.NoteStep(t.Context(), "ann", id, Step{What: "victim_ready", About: "p9", Day: "2026-11-20"}), fault.NotFound, "")
		wantFault(t, x.NoteStep(t.Context(), "ben", id, Step{What: "contact_made", Day: "2026-11-20"}), fault.Refused, "")
	})
}

func TestTheInterviewsClockIsThatOfWhoMayBeAChild(t *testing.T) {
	each(t, func(t *testing.T, x *fixture) {
		id := x.opened(t).ID
		girl := x.victim(t, id, "subject.birth_date=2022-03-01")
		woman := x.victim(t, id, "subject.birth_date=1990-03-01&subject.age_doubt=false")
		x.noted(t, id, "report_received", "", "2026-11-20")
		x.noted(t, id, "victim_ready", woman, "2026-11-22")
		if c := x.clockOf(t, id, "child_interview", girl); c.Due != "2026-12-04" { // under six: 14 days
			t.Errorf("a girl of four: %+v", c)
		}
		if c := x.clockOf(t, id, "adult_interview", woman); c.Due != "2026-12-06" {
			t.Errorf("a woman who is ready: %+v", c)
		}
		x.set(t, id, "", "case.acute=true")
		if c := x.clockOf(t, id, "child_interview", girl); c.Due != "2026-11-27" {
			t.Errorf("acute: %+v", c)
		}
		// An interview is held by its plan, or elsewhere; the rules count both.
		wantFault(t, x.NoteStep(t.Context(), "ann", id, Step{What: interviewHeld, About: girl, Day: "2026-11-23"}), fault.BadInput, "case.fault.step")
		x.set(t, id, girl, "earlier.0.date=2026-11-23&earlier.0.level=audio")
		if c := x.clockOf(t, id, "child_interview", girl); c.State != ClockMet {
			t.Errorf("held: %+v", c)
		}
		if c := x.clockOf(t, id, "adult_interview", woman); c.State != ClockRuns {
			t.Errorf("somebody else's interview stopped it: %+v", c)
		}
		ok(t, x.Advance(t.Context(), "ann", id, Closed))
		for _, c := range x.deadlines(t, id).Clocks {
			if c.Met == "" {
				t.Errorf("%s runs in a closed case", c.Clock.ID)
			}
		}
	})
}

func TestAVictimsWishStopsTheClockAndIsNeverABreach(t *testing.T) {
	each(t, func(t *testing.T, x *fixture) {
		id := x.opened(t).ID
		she := x.victim(t, id, "subject.birth_date=1990-03-01&subject.age_doubt=false")
		x.noted(t, id, "victim_ready", she, "2026-11-01") // due 15 November
		if c := x.clockOf(t, id, "adult_interview", she); c.State != ClockOverdue || c.Late != 8 || c.Level != LevelLeader {
			t.Errorf("before any reason: %+v", c)
		}
		give := NewDelay{Clock: "adult_interview", About: she, Reason: "victims_wish", From: "2026-11-05"}
		ok(t, x.GiveReason(t.Context(), "ann", id, give))
		if c := x.clockOf(t, id, "adult_interview", she); c.State != ClockStopped || c.Due != "" || c.Late != 0 {
			t.Errorf("while she wants to wait: %+v", c)
		}
		if late, _, err := x.Board(t.Context(), "ann", avim, "", false, 50); err != nil || slices.ContainsFunc(late, func(d Due) bool { return d.Kind == KindClock }) {
			t.Errorf("the board lists what stands still: %+v, %v", late, err)
		}
		ok(t, x.EndReason(t.Context(), "ann", id, 1, "2026-11-20"))
		if c := x.clockOf(t, id, "adult_interview", she); c.State != ClockRuns || c.Due != "2026-12-01" { // sixteen days later
			t.Errorf("after the wish: %+v", c)
		}
		wantFault(t, x.EndReason(t.Context(), "ann", id, 1, "2026-11-21"), fault.Conflict, "case.fault.delay_over")
		give.Clock = "child_interview"
		wantFault(t, x.GiveReason(t.Context(), "ann", id, give), fault.NotFound, "")
		give.Clock, give.Until = "adult_interview", "2026-11-01"
		wantFault(t, x.GiveReason(t.Context(), "ann", id, give), fault.BadInput, "case.fault.day")
	})
}

func TestAReasonInWordsIsSealedOrRefused(t *testing.T) {
	each(t, func(t *testing.T, x *fixture) {
		id := x.opened(t).ID
		x.noted(t, id, "report_received", "", "2026-11-18")
		give := NewDelay{Clock: "first_contact", Reason: "safety", From: "2026-11-19"}
		wantFault(t, x.GiveReason(t.Context(), "ann", id, give), fault.BadInput, "case.fault.delay_words")
		key := x.keyed(t, id, "ann")
		give.Sealed = []byte("in clear")
		if err := x.GiveReason(t.Context(), "ann", id, give); err == nil {
			t.Error("words in clear were kept")
		}
		var err error
		give.Sealed, err = seal.Seal([]byte("her brother watches"), key.Recipient())
		ok(t, err)
		wantFault(t, x.GiveReason(t.Context(), "ann", id, give), fault.Conflict, "fault.key_changed")
		give.Epoch = 1
		ok(t, x.GiveReason(t.Context(), "ann", id, give))
		parts, err := x.OpenParts(t.Context(), "ann", id)
		ok(t, err)
		if len(parts) != 1 || parts[0].Name != "delay/1" {
			t.Fatalf("%+v", parts)
		}
		// A reason that only explains: late, yet nobody else is called.
		if c := x.clockOf(t, id, "first_contact", ""); c.State != ClockOverdue || c.Late != 4 || c.Level != LevelNone {
			t.Errorf("%+v", c)
		}
		if d := x.deadlines(t, id).Delays; len(d) != 1 || !d[0].Words {
			t.Errorf("%+v", d)
		}
	})
}

func TestATaskStaysUntilSomebodyEndsItOnceWithADay(t *testing.T) {
	each(t, func(t *testing.T, x *fixture) {
		ctx, id := t.Context(), x.opened(t).ID
		girl := x.victim(t, id, "subject.age_unknown=true&subject.claimed_age=19&subject.age_doubt=true")
		if o := x.taskOf(t, id, "guardian"); o.About != girl || o.Due != "2026-11-23" || o.State != TaskOpen {
			t.Errorf("a guardian for who may be a minor: %+v", o)
		}
		lawyer := x.taskOf(t, id, "lawyer")
		wantFault(t, x.Settle(ctx, "ann", id, lawyer.N, Settlement{State: TaskDone, Day: "2026-11-23"}), fault.BadInput, "case.fault.consent")
		wantFault(t, x.Settle(ctx, "ann", id, lawyer.N, Settlement{State: TaskDone, Day: "2026-11-22", Consent: true}), fault.BadInput, "case.fault.day")
		wantFault(t, x.Settle(ctx, "ann", id, lawyer.N, Settlement{State: TaskNotApplicable, Reason: "because"}), fault.BadInput, "case.fault.task")
		ok(t, x.Settle(ctx, "ann", id, lawyer.N, Settlement{State: TaskDone, Day: "2026-11-23", Consent: true}))
		wantFault(t, x.Settle(ctx, "ann", id, lawyer.N, Settlement{State: TaskNotApplicable, Reason: "mistake"}), fault.Conflict, "case.fault.settled")

		// The notice to CoMensha is one duty in both lists, and a fact once sent.
		tells := x.taskOf(t, id, "comensha_found")
		pack, _ := x.rules.On("")
		if !x.deadlines(t, id).Covers(pack, "V-07", girl) || x.deadlines(t, id).Covers(pack, "V-06", girl) {
			t.Error("V-07 stands twice, or V-06 is lost")
		}
		ok(t, x.Settle(ctx, "ann", id, tells.N, Settlement{State: TaskDone, Day: "2026-11-23"}))
		rules, err := x.Tasks(ctx, "ann", id, girl)
		ok(t, err)
		if slices.ContainsFunc(rules, func(q policy.Requirement) bool { return q.Rule.ID == "V-07" }) {
			t.Error("the rules don't know that CoMensha was told")
		}

		// Shelter waits until a place is found.
		x.now = x.now.AddDate(0, 0, 10)
		x.noted(t, id, "shelter_asked", girl, "2026-11-25")
		shelter := x.taskOf(t, id, "shelter")
		if got := shelter.Waited("2026-12-03"); got != 8 || !shelter.Shelter() {
			t.Errorf("waited %d days", got)
		}
		ok(t, x.Settle(ctx, "ann", id, shelter.N, Settlement{State: TaskDone, Day: "2026-12-01", Consent: true}))
		if got := x.taskOf(t, id, "shelter").Waited("2027-01-01"); got != 6 {
			t.Errorf("waited %d days until the place was found", got)
		}
	})
}

func TestTimeToThinkRunsOnceWithItsReportsAndEndsForAReason(t *testing.T) {
	each(t, func(t *testing.T, x *fixture) {
		ctx, id := t.Context(), x.opened(t).ID
		she := x.victim(t, id, "subject.birth_date=1990-03-01&subject.age_doubt=false&subject.lawful_stay=false&subject.dublin=false")
		x.now = x.now.AddDate(0, 2, 0) // 23 January
		ok(t, x.BeginPeriod(ctx, "ann", id, she, "reflection", "2026-11-30"))
		d := x.deadlines(t, id)
		if len(d.Periods) != 1 || d.Periods[0].Until != "2027-02-28" {
			t.Fatalf("%+v", d.Periods)
		}
		var reports []string
		for _, o := range d.Tasks {
			if o.OfPeriod != "" {
				reports = append(reports, o.Due)
			}
		}
		if strings.Join(reports, " ") != "2026-12-30 2027-01-30 2027-02-28" {
			t.Errorf("reports are due on %v", reports)
		}
		rules, err := x.Tasks(ctx, "ann", id, she)
		ok(t, err)
		if slices.ContainsFunc(rules, func(q policy.Requirement) bool { return q.Rule.ID == "V-01" }) {
			t.Error("the rules don't know of the period")
		}
		wantFault(t, x.BeginPeriod(ctx, "ann", id, she, "reflection_dublin", "2027-01-01"), fault.Conflict, "case.fault.period_once")
		wantFault(t, x.EndPeriod(ctx, "ann", id, she, "expired", "2027-01-20"), fault.BadInput, "case.fault.period_end")
		wantFault(t, x.EndPeriod(ctx, "ann", id, she, "boredom", "2027-01-20"), fault.BadInput, "case.fault.period_end")
		ok(t, x.EndPeriod(ctx, "ann", id, she, "cooperates", "2027-01-20"))
		wantFault(t, x.EndPeriod(ctx, "ann", id, she, "left", "2027-01-21"), fault.Conflict, "case.fault.period_over")
		// What was due before the end stays owed, what came later falls away, and
		// cooperation opens its own duties.
		open := map[string]bool{}
		for _, o := range x.deadlines(t, id).Tasks {
			open[o.Task+" "+o.Due] = o.State == TaskOpen
		}
		if !open["reflection 2026-12-30"] || open["reflection 2027-01-30"] || open["reflection 2027-02-28"] {
			t.Errorf("%v", open)
		}
		if o := x.taskOf(t, id, "residence_form"); o.State != TaskOpen || o.Due != "2027-01-20" {
			t.Errorf("%+v", o)
		}
		wantFault(t, x.BeginPeriod(ctx, "ann", id, she, "reflection", "2027-01-22"), fault.Conflict, "case.fault.period_once")
	})
}

// TestWhoWantsNoTimeToThinkAnswered: no rule asks for it any more, until they have one
// after all or it was noted by mistake.
func TestWhoWantsNoTimeToThinkAnswered(t *testing.T) {
	each(t, func(t *testing.T, x *fixture) {
		ctx, id := t.Context(), x.opened(t).ID
		she, other := x.victim(t, id, grown), x.victim(t, id, grown)
		x.noted(t, id, periodRefused, she, "2026-11-20")
		if x.owed(t, id, she, "V-01") || !x.owed(t, id, other, "V-01") {
			t.Error("the refusal of one is not hers, or the other's too")
		}
		ok(t, x.BeginPeriod(ctx, "ann", id, she, "reflection_dublin", "2026-11-21"))
		if said := x.fact(t, id, she, refusedFact); said != "" {
			t.Errorf("she has one, and the rules know %q", said)
		}
		x.noted(t, id, periodRefused, she, "2026-11-22")
		if said := x.fact(t, id, she, refusedFact); said != "" {
			t.Errorf("she has one still, and the rules know %q", said)
		}
		ok(t, x.TakePeriodBack(ctx, "ann", id, she, "not_wanted"))
		if x.owed(t, id, she, "V-01") {
			t.Error("what she said before is forgotten")
		}
		for _, s := range x.deadlines(t, id).Steps {
			if s.What == periodRefused {
				ok(t, x.TakeBack(ctx, "ann", id, s.N))
			}
		}
		if !x.owed(t, id, she, "V-01") {
			t.Error("a mistake counts as an answer")
		}
	})
}

// TestAnOlderRefusalIsAnAnswerToo runs the migration on refusals that were noted before.
func TestAnOlderRefusalIsAnAnswerToo(t *testing.T) {
	each(t, func(t *testing.T, x *fixture) {
		id := x.opened(t).ID
		she, thinks, mistook := x.victim(t, id, grown), x.victim(t, id, grown), x.victim(t, id, grown)
		for _, who := range []string{she, she, thinks} {
			x.noted(t, id, periodRefused, who, "2026-11-20")
		}
		x.noted(t, id, periodRefused, mistook, "2026-11-19")
		ok(t, x.BeginPeriod(t.Context(), "ann", id, thinks, "reflection", "2026-11-21"))
		x.takenBack(t, id, periodRefused, "2026-11-19")
		x.written(t, func(exec func(query string, args ...any)) {
			exec(`delete from case_fact where name = '` + refusedFact + `'`)
		})
		x.migrated(t, "0055_refusal_is_an_answer.sql", "insert")
		if she := x.fact(t, id, she, refusedFact); she != "true" {
			t.Errorf("the rules know %q", she)
		}
		for _, who := range []string{thinks, mistook} {
			if said := x.fact(t, id, who, refusedFact); said != "" {
				t.Errorf("of %s the rules know %q", who, said)
			}
		}
	})
}

func TestAPeriodThatWasBegunByMistakeIsTakenBackAndTheRightOneBegun(t *testing.T) {
	each(t, func(t *testing.T, x *fixture) {
		ctx, id := t.Context(), x.opened(t).ID
		she := x.victim(t, id, "subject.birth_date=1990-03-01&subject.age_doubt=false&subject.lawful_stay=false&subject.dublin=true")
		wantFault(t, x.BeginPeriod(ctx, "ann", id, she, "", "2026-11-10"), fault.BadInput, "")
		wantFault(t, x.TakePeriodBack(ctx, "ann", id, she, "wrong_kind"), fault.NotFound, "")
		ok(t, x.BeginPeriod(ctx, "ann", id, she, "reflection", "2026-11-10"))
		wantFault(t, x.TakePeriodBack(ctx, "ann", id, she, ""), fault.BadInput, "case.fault.why")
		ok(t, x.TakePeriodBack(ctx, "ann", id, she, "wrong_kind"))
		d := x.deadlines(t, id)
		known, err := x.Facts(ctx, "ann", id, she)
		ok(t, err)
		if len(d.Periods) != 0 || form(known).Get("reflection.offered") != "" || form(known).Get("reflection.until") != "" {
			t.Errorf("%+v, %v", d.Periods, form(known))
		}
		for _, o := range d.Tasks {
			if o.OfPeriod != "" && (o.State != TaskNotApplicable || o.Reason != mistaken) {
				t.Errorf("%+v", o)
			}
		}
		for _, s := range d.Steps {
			if (s.What == periodOffered || s.What == periodWanted) && !s.Withdrawn {
				t.Errorf("%+v", s)
			}
		}
		ok(t, x.BeginPeriod(ctx, "ann", id, she, "reflection_dublin", "2026-11-12"))
		if d = x.deadlines(t, id); len(d.Periods) != 1 || d.Periods[0].Until != "2026-12-12" {
			t.Errorf("%+v", d.Periods)
		}
		if x.owed(t, id, she, "V-02") {
			t.Error("the rules don't know of the right one")
		}
		events, err := x.Events(ctx, "ann", id)
		ok(t, err)
		if !slices.ContainsFunc(events, func(h Happened) bool { return h.Kind == "period_taken_back" && h.Subject == she }) {
			t.Error("the case does not show that it was taken back")
		}
		// One that was ended is taken back too.
		ok(t, x.EndPeriod(ctx, "ann", id, she, "left", "2026-11-20"))
		ok(t, x.TakePeriodBack(ctx, "ann", id, she, "other_person"))
	})
}

func TestTheBoardShowsAColleagueNumberClockAndDaysAlone(t *testing.T) {
	each(t, func(t *testing.T, x *fixture) {
		ctx := t.Context()
		first, second := x.opened(t), x.opened(t)
		x.victim(t, first.ID, "")
		x.noted(t, first.ID, "report_received", "", "2026-11-10")
		x.noted(t, second.ID, "report_received", "", "2026-11-20")
		ok(t, x.Exclude(ctx, "ann", second.ID, "cas", "implicated"))
		seen := func(who string, upcoming bool) (all []Due) {
			for after := ""; ; {
				page, next, err := x.Board(ctx, who, avim, after, upcoming, 2)
				ok(t, err)
				all = append(all, page...)
				if after = next; next == "" {
					return all
				}
			}
		}
		mine := seen("ann", false)
		if !slices.IsSortedFunc(mine, func(a, b Due) int { return strings.Compare(a.Due, b.Due) }) || mine[0].Number != first.Number || mine[0].Late != 12 || mine[0].Level != LevelLeader {
			t.Errorf("%+v", mine)
		}
		bens := seen("ben", false)
		if len(bens) != len(mine) {
			t.Errorf("a colleague sees %d lines of %d", len(bens), len(mine))
		}
		for _, d := range bens {
			if d.About != "" || d.Casefile != "" || d.Member || d.Number == "" {
				t.Errorf("a colleague sees %+v", d)
			}
		}
		for _, d := range seen("cas", false) {
			if d.Number == second.Number {
				t.Errorf("somebody who is implicated sees %+v", d)
			}
		}
		for _, d := range seen("ann", true) {
			if d.Due < "2026-11-23" {
				t.Errorf("among what is due soon: %+v", d)
			}
		}
		_, _, err := x.Board(ctx, "eve", avim, "", false, 2)
		wantFault(t, err, fault.Refused, "")
		for _, cursor := range []string{"x", "a~b~c~d~e~f"} {
			_, _, err = x.Board(ctx, "ann", avim, cursor, false, 2)
			wantFault(t, err, fault.BadInput, "")
		}
	})
}

func TestWhatIsLateWithoutAReasonGoesUpByItselfOnce(t *testing.T) {
	each(t, func(t *testing.T, x *fixture) {
		ctx, file := t.Context(), x.opened(t)
		x.noted(t, file.ID, "report_received", "", "2026-11-20")
		ups := func() (kinds []string) {
			events, err := x.Events(ctx, "ann", file.ID)
			ok(t, err)
			for _, e := range events {
				if e.Kind == "deadline_escalated" {
					kinds = append(kinds, e.Subject)
				}
			}
			return kinds
		}
		// Several processes look at once.
		var wait sync.WaitGroup
		for range 4 {
			wait.Go(func() {
				if _, err := x.Escalate(ctx); err != nil {
					t.Error(err)
				}
			})
		}
		wait.Wait()
		if got := ups(); len(got) != 1 || got[0] != "first_contact" {
			t.Errorf("went up: %v", got)
		}
		x.now = x.now.AddDate(0, 0, 8) // ten days behind; the talk is late now too
		n, err := x.Escalate(ctx)
		ok(t, err)
		if got := ups(); n != 2 || len(got) != 3 {
			t.Errorf("%d, %v", n, got)
		}
		// A reason keeps the talk from the team leader as long as it holds.
		ok(t, x.GiveReason(ctx, "ann", file.ID, NewDelay{Clock: "informative_talk", Reason: "illness", From: "2026-12-01"}))
		x.now = x.now.AddDate(0, 0, 30)
		n, err = x.Escalate(ctx)
		ok(t, err)
		if n != 0 {
			t.Errorf("%d went up in spite of the reason", n)
		}
		ok(t, x.EndReason(ctx, "ann", file.ID, 1, "2026-12-05"))
		if n, err = x.Escalate(ctx); err != nil || n != 1 {
			t.Errorf("after the reason %d, %v", n, err)
		}
	})
}

func TestOtherRulesReckonEveryCaseAnewOnce(t *testing.T) {
	each(t, func(t *testing.T, x *fixture) {
		ctx, id := t.Context(), x.opened(t).ID
		x.noted(t, id, "report_received", "", "2026-11-20")
		if n, err := x.Recheck(ctx); err != nil || n != 0 {
			t.Errorf("nothing changed: %d, %v", n, err)
		}
		pack, err := x.rules.On("")
		ok(t, err)
		other := *pack
		other.Hash, other.Clocks = "another", slices.Clone(pack.Clocks)
		for i, c := range other.Clocks {
			if c.ID == "first_contact" {
				other.Clocks[i].Targets = []policy.Target{{Span: policy.Span{Amount: 10, Unit: policy.UnitDays}}}
			}
		}
		x.rules = always{&other}
		if n, err := x.Recheck(ctx); err != nil || n != 1 {
			t.Errorf("%d, %v", n, err)
		}
		if n, err := x.Recheck(ctx); err != nil || n != 0 {
			t.Errorf("a second time: %d, %v", n, err)
		}
		all, _, err := x.Board(ctx, "ann", avim, "", false, 50)
		ok(t, err)
		i := slices.IndexFunc(all, func(d Due) bool { return d.Name == "first_contact" })
		if i < 0 || all[i].Due != "2026-11-30" || all[i].In(&other, "en") != "first contact after a report" {
			t.Errorf("%+v", all)
		}
	})
}

func TestAStepThatAnActShowsIsNotTakenBackThoughOneThatWasEnteredIs(t *testing.T) {
	each(t, func(t *testing.T, x *fixture) {
		ctx := t.Context()
		id := x.opened(t).ID
		girl, err := x.AddPerson(ctx, "ann", id, Victim)
		ok(t, err)
		ok(t, x.Advance(ctx, "ann", id, Talk))
		ok(t, x.NoteStep(ctx, "ann", id, Step{What: formalReport, About: girl, Day: "2026-11-20"}))
		ok(t, x.BecomesFormalReport(ctx, "ann", id, girl))
		stands := func() (out []string) {
			for _, s := range x.deadlines(t, id).Steps {
				err := x.TakeBack(ctx, "ann", id, s.N)
				if s.Stands() {
					wantFault(t, err, fault.Refused, "case.fault.step_stands")
					out = append(out, s.What)
				} else if !s.Withdrawn {
					ok(t, err)
				}
			}
			slices.Sort(out)
			return out
		}
		if got := stands(); !slices.Equal(got, []string{formalReport, victimFound}) {
			t.Errorf("what stands: %v", got)
		}
		ok(t, x.Advance(ctx, "ann", id, Sent))
		if got := stands(); !slices.Equal(got, []string{fileSent, formalReport, victimFound}) {
			t.Errorf("what stands of a case that was sent: %v", got)
		}
		s, err := x.load(x.db.Source(ctx), id)
		ok(t, err)
		if got := s.first(formalReport, girl, ""); got != "2026-11-23" {
			t.Errorf("the clocks know a formal report of %q", got)
		}
	})
}

// TestATaskNeverVanishesWithoutAnAct: whatever is done to a case, an open task
// is open afterwards unless that act ended this very task, and the board's
// table holds exactly what the case owes.
func TestATaskNeverVanishesWithoutAnAct(t *testing.T) {
	each(t, func(t *testing.T, x *fixture) {
		ctx := t.Context()
		pack, err := x.rules.On("")
		ok(t, err)
		persons, of := Enterable(pack)
		day := rapid.SampledFrom([]string{"2026-11-01", "2026-11-12", "2026-11-22", "2026-11-23"})
		rapid.Check(t, func(r *rapid.T) {
			id := x.opened(t).ID
			ended := map[int64]bool{}
			who := rapid.SampledFrom([]string{"p1", "p2"})
			acts := map[string]func() error{
				"add":     func() error { _, err := x.AddPerson(ctx, "ann", id, Victim); return err },
				"role":    func() error { return x.ChangeRole(ctx, "ann", id, who.Draw(r, "who"), Witness) },
				"phase":   func() error { return x.Advance(ctx, "ann", id, rapid.SampledFrom(phases).Draw(r, "phase")) },
				"formal":  func() error { return x.BecomesFormalReport(ctx, "ann", id, who.Draw(r, "who")) },
				"take":    func() error { return x.TakeBack(ctx, "ann", id, rapid.Int64Range(1, 6).Draw(r, "step")) },
				"exclude": func() error { return x.Exclude(ctx, "ann", id, "cas", "conflict") },
				"person": func() error {
					return x.NoteStep(ctx, "ann", id, Step{What: rapid.SampledFrom(persons).Draw(r, "what").ID, About: who.Draw(r, "who"), Day: day.Draw(r, "day")})
				},
				"case": func() error {
					return x.NoteStep(ctx, "ann", id, Step{What: rapid.SampledFrom(of).Draw(r, "what").ID, Day: day.Draw(r, "day")})
				},
				"minor": func() error {
					return x.SetFact(ctx, "ann", id, who.Draw(r, "who"), "subject.age", map[string][]string{"subject.age": {"15"}}, 0)
				},
				"begin": func() error {
					return x.BeginPeriod(ctx, "ann", id, who.Draw(r, "who"), "reflection", day.Draw(r, "day"))
				},
				"end": func() error {
					person := who.Draw(r, "who")
					err := x.EndPeriod(ctx, "ann", id, person, "left", "2026-11-23")
					if err == nil {
						for _, o := range x.deadlines(t, id).Tasks {
							ended[o.N] = ended[o.N] || o.About == person && o.OfPeriod != "" && o.Due > "2026-11-23"
						}
					}
					return err
				},
				"settle": func() error {
					n := rapid.Int64Range(1, 8).Draw(r, "task")
					err := x.Settle(ctx, "ann", id, n, Settlement{State: TaskNotApplicable, Reason: "mistake"})
					ended[n] = ended[n] || err == nil
					return err
				},
			}
			names := []string{"add", "role", "phase", "formal", "take", "exclude", "person", "person", "case", "minor", "begin", "end", "settle"}
			var before []Owed
			for range rapid.IntRange(1, 10).Draw(r, "acts") {
				if err := acts[rapid.SampledFrom(names).Draw(r, "act")](); err != nil && fault.KindOf(err) == fault.Internal {
					r.Fatal(err)
				}
				now := x.deadlines(t, id)
				for _, was := range before {
					i := slices.IndexFunc(now.Tasks, func(o Owed) bool { return o.N == was.N })
					if i < 0 || was.State == TaskOpen && now.Tasks[i].State != TaskOpen && !ended[was.N] {
						r.Fatalf("%+v is gone", was)
					}
				}
				before = now.Tasks
				if kept, owes := x.kept(t, id), x.owes(now); !slices.Equal(kept, owes) {
					r.Fatalf("the board holds %v, the case owes %v", kept, owes)
				}
			}
		})
	})
}

// kept is what the board's table holds of a case, owes what it should.
func (x *fixture) kept(t testing.TB, id string) []string {
	t.Helper()
	s, err := x.load(x.db.Source(t.Context()), id)
	ok(t, err)
	var out []string
	for key, row := range s.due {
		if key.kind == KindExclusion { // a prosecutor ends it
			continue
		}
		out = append(out, strings.Join([]string{key.kind, key.name, key.about, number(key.n), row.due}, " "))
	}
	slices.Sort(out)
	return out
}

func (x *fixture) owes(d Deadlines) []string {
	var out []string
	add := func(parts ...string) { out = append(out, strings.Join(parts, " ")) }
	for _, c := range d.Clocks {
		if c.Met == "" {
			add(KindClock, c.Clock.ID, c.About, "0", c.Due)
		}
	}
	for _, o := range d.Tasks {
		if o.State == TaskOpen && o.OfPeriod == "" {
			add(KindTask, o.Task, o.About, number(o.N), o.Due)
		} else if o.State == TaskOpen {
			add(KindReport, o.Task, o.About, number(o.N), o.Due)
		}
	}
	for _, p := range d.Periods {
		if p.Ending == "" {
			add(KindPeriod, p.Period, p.About, "0", p.Until)
		}
	}
	slices.Sort(out)
	return out
}
