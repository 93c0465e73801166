package casefile

import (
	"errors"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"verhaal/internal/custody"
	"verhaal/internal/db"
	"verhaal/internal/fault"
)

var studioSlot = Slot{Day: "2026-11-25", RoomKind: "child_friendly_studio", Adapted: true, Interviewers: []string{"ann"}, Director: "ben", Interpreter: true, Sworn: true}

// reserve holds the slot in the fixture's calendar.
func (x *fixture) reserve(file File, interview string) func(*db.Tx) error {
	return func(*db.Tx) error {
		x.slots[file.ID+interview] = "taken"
		return nil
	}
}

// girlsPlan is the plan of an interview of a girl of ten, without a slot.
func (x *fixture) girlsPlan(t *testing.T) (file File, girl, plan string) {
	t.Helper()
	file = x.opened(t)
	girl, err := x.AddPerson(t.Context(), "ann", file.ID, Victim)
	ok(t, err)
	x.set(t, file.ID, "", caseFacts)
	x.set(t, file.ID, girl, girlFacts)
	x.assessed(t, file.ID, girl)
	plan, err = x.Plan(t.Context(), "ann", file.ID, girl)
	ok(t, err)
	x.set(t, file.ID, plan, "plan.companion.chosen=true&plan.topics.0.name=recruitment")
	return file, girl, plan
}

func TestTheJudgeBlamesASlotOnlyForWhatAnotherWouldChange(t *testing.T) {
	each(t, func(t *testing.T, x *fixture) {
		ctx := t.Context()
		file, _, plan := x.girlsPlan(t)
		judge, err := x.Judge(ctx, "ann", file.ID, plan)
		ok(t, err)
		change := func(f func(*Slot)) Slot { s := studioSlot; f(&s); return s }
		for name, c := range map[string]struct {
			slot   Slot
			blocks []string
			wants  []string
		}{
			"right":               {studioSlot, nil, nil},
			"an ordinary room":    {change(func(s *Slot) { s.RoomKind, s.Director = "interview_room", "" }), []string{"S-19"}, nil},
			"no certificate":      {change(func(s *Slot) { s.Interviewers = []string{"cas"} }), []string{"A-15", "S-03"}, nil},
			"in training":         {change(func(s *Slot) { s.Director, s.Trainees = "cas", []string{"cas"} }), nil, nil},
			"after a certificate": {change(func(s *Slot) { s.Day = "2028-01-05" }), []string{"A-15", "S-03"}, []string{"S-08"}},
			"not sworn":           {change(func(s *Slot) { s.Sworn = false }), []string{"T-04"}, nil},
			"long after":          {change(func(s *Slot) { s.Day = "2027-02-01" }), nil, []string{"S-08"}},
			"ideal in a cell":     {Slot{Day: "2026-11-25", RoomKind: "other", Interviewers: []string{"anybody"}, Interpreter: true, Sworn: true, Ideal: true}, []string{"S-19"}, []string{"S-12"}},
			"ideal in the studio": {Slot{Day: "2026-11-25", RoomKind: "child_friendly_studio", Adapted: true, Interviewers: []string{"anybody0"}, Director: "anybody", Interpreter: true, Sworn: true, Ideal: true}, nil, nil},
		} {
			got, err := judge(c.slot)
			ok(t, err)
			slices.Sort(got.Blocks)
			if !slices.Equal(got.Blocks, c.blocks) || !slices.Equal(got.Wants, c.wants) {
				t.Errorf("%s: %+v, want %v and %v", name, got, c.blocks, c.wants)
			}
		}
	})
}

// TestALevelThatSomebodyChoseIsNoFaultOfARoom: a slot is found and booked with it, the
// plan says which rule is in the way, and the level is raised without another slot.
func TestALevelThatSomebodyChoseIsNoFaultOfARoom(t *testing.T) {
	each(t, func(t *testing.T, x *fixture) {
		ctx := t.Context()
		file, _, plan := x.girlsPlan(t)
		x.set(t, file.ID, plan, "plan.level=audio")
		judge, err := x.Judge(ctx, "ann", file.ID, plan)
		ok(t, err)
		got, err := judge(studioSlot)
		ok(t, err)
		if len(got.Blocks)+len(got.Wants) > 0 {
			t.Errorf("the studio is blamed for %+v", got)
		}
		ok(t, x.Book(ctx, "ann", file.ID, plan, studioSlot, "", x.reserve(file, plan)))
		x.worded(t, file.ID, plan)
		wantFault(t, x.Confirm(ctx, "ann", file.ID, plan), fault.Refused, "case.fault.blocked")
		x.set(t, file.ID, plan, "plan.level=video")
		ok(t, x.Confirm(ctx, "ann", file.ID, plan))
	})
}

// TestASlotIsLawfulWithWhomAProsecutorSignedForAndWithNobodyElse who lacks the same.
func TestASlotIsLawfulWithWhomAProsecutorSignedForAndWithNobodyElse(t *testing.T) {
	each(t, func(t *testing.T, x *fixture) {
		ctx := t.Context()
		file, _, plan := x.girlsPlan(t)
		x.set(t, file.ID, plan, studioPlan)
		x.set(t, file.ID, plan, "plan.director.id=cas")
		x.signedFor(t, file.ID, plan, "A-15", x.reasoned(t, x.keyed(t, file.ID, "ann")))
		known, err := x.Facts(ctx, "ann", file.ID, plan)
		ok(t, err)
		if crew, director := CrewOf(known); !slices.Equal(crew, []string{"ann"}) || director != "cas" {
			t.Errorf("the plan names %v under %s", crew, director)
		}
		judge, err := x.Judge(ctx, "ann", file.ID, plan)
		ok(t, err)
		for director, blocks := range map[string][]string{"cas": nil, "dan": {"A-15"}, "ben": nil} {
			s := studioSlot
			s.Director = director
			got, err := judge(s)
			ok(t, err)
			if !slices.Equal(got.Blocks, blocks) || got.Signed != (director == "cas") {
				t.Errorf("%s directs: %+v", director, got)
			}
		}
		s := studioSlot
		s.Director = "cas"
		ok(t, x.Book(ctx, "ann", file.ID, plan, s, "", x.reserve(file, plan)))
		x.worded(t, file.ID, plan)
		ok(t, x.Confirm(ctx, "ann", file.ID, plan))
	})
}

// TestTheJudgeSaysOfASlotWhatTheDecisionSays on either side of another interview
// of the girl, which is confirmed and counts as held by then.
func TestTheJudgeSaysOfASlotWhatTheDecisionSays(t *testing.T) {
	each(t, func(t *testing.T, x *fixture) {
		ctx := t.Context()
		file, girl, first := x.girlsPlan(t)
		ok(t, x.Book(ctx, "ann", file.ID, first, studioSlot, "", x.reserve(file, first)))
		x.worded(t, file.ID, first)
		ok(t, x.Confirm(ctx, "ann", file.ID, first))
		second, err := x.Plan(ctx, "ann", file.ID, girl)
		ok(t, err)
		x.set(t, file.ID, second, "plan.companion.chosen=true&plan.topics.0.name=transport&plan.level=video")
		judge, err := x.Judge(ctx, "ann", file.ID, second)
		ok(t, err)
		w, err := x.weigh(x.db.Source(ctx), file, second)
		ok(t, err)
		var told []string
		for _, day := range []string{"2026-11-24", "2026-11-26", "2026-11-24", "2027-02-01"} {
			for _, who := range []string{"ann", "cas"} {
				s := studioSlot
				s.Day, s.Interviewers = day, []string{who}
				plan := s.into(w.plan)
				d, err := w.decide(plan, x.Files.holds(ctx))
				ok(t, err)
				want := w.standing(d)
				got, err := judge(s)
				ok(t, err)
				if !slices.Equal(got.Blocks, want.Blocks) || !slices.Equal(got.Wants, want.Wants) {
					t.Errorf("%s with %s: the judge says %+v, the decision %+v", day, who, got, want)
				}
				told = append(told, strings.Join(append(got.Blocks, got.Wants...), " "))
			}
		}
		if before, err := x.InterviewersBefore(ctx, "ann", file.ID, second); err != nil || !slices.Equal(before, []string{"ann"}) {
			t.Errorf("the interviewers to keep are %v, %v", before, err)
		}
		if told[1] == told[3] {
			t.Errorf("another interviewer than the first is judged alike before and after that interview: %q", told[1])
		}
	})
}

func TestABookingWritesThePlanAndTheCalendarTogetherOrNeither(t *testing.T) {
	each(t, func(t *testing.T, x *fixture) {
		ctx := t.Context()
		file, girl, plan := x.girlsPlan(t)
		wantFault(t, x.Book(ctx, "ann", file.ID, plan, Slot{Day: "2026-11-25", RoomKind: "interview_room", Interviewers: []string{"ann"}}, "", x.reserve(file, plan)), fault.Refused, "case.fault.blocked")
		taken := errors.New("taken")
		if err := x.Book(ctx, "ann", file.ID, plan, studioSlot, "", func(*db.Tx) error { return taken }); !errors.Is(err, taken) {
			t.Fatal(err)
		}
		known, err := x.Facts(ctx, "ann", file.ID, plan)
		ok(t, err)
		if len(known["plan.date"].Fields) > 0 {
			t.Fatal("a plan without its slot")
		}
		ok(t, x.Book(ctx, "ann", file.ID, plan, studioSlot, "", x.reserve(file, plan)))
		known, err = x.Facts(ctx, "ann", file.ID, plan)
		ok(t, err)
		if got := form(known); got.Get("plan.date") != "2026-11-25" || got.Get("plan.level") != "video" || got.Get("plan.interviewers.0.id") != "ann" || got.Get("plan.director.id") != "ben" {
			t.Errorf("the plan is %v", got)
		}
		// What the slot fixes is changed with the slot, everything else by hand.
		wantFault(t, x.SetFact(ctx, "ann", file.ID, plan, "plan.date", url.Values{"plan.date": {"2026-11-26"}}, known["plan.date"].Version), fault.Refused, "case.fault.booked")
		ok(t, x.SetFact(ctx, "ann", file.ID, plan, "plan.necessity", url.Values{"plan.necessity": {"sealed"}}, 0))
		x.worded(t, file.ID, plan)
		wantFault(t, x.ConfirmOutside(ctx, "ann", file.ID, plan, "at_once"), fault.Conflict, "case.fault.booked")
		ok(t, x.Confirm(ctx, "ann", file.ID, plan))
		wantFault(t, x.Unbook(ctx, "ann", file.ID, plan, "room"), fault.Conflict, "case.fault.state")

		// The rules are asked again when a fact of the person changes.
		born, err := x.Facts(ctx, "ann", file.ID, girl)
		ok(t, err)
		ok(t, x.SetFact(ctx, "ann", file.ID, girl, "subject.language", url.Values{"subject.language": {"bg"}}, born["subject.language"].Version))
		state := func() string {
			all, err := x.Interviews(ctx, "ann", file.ID)
			ok(t, err)
			return all[0].State
		}
		if state() != confirmed {
			t.Error("a fact that changes nothing opened the plan again")
		}
		x.set(t, file.ID, girl, "case.interest_weighed=false")
		if state() != planned || x.slots[file.ID+plan] == "" {
			t.Errorf("the plan is %s after a must was taken back", state())
		}
		wantFault(t, x.Cancel(ctx, "ann", file.ID, plan, "because"), fault.BadInput, "case.fault.why")
		ok(t, x.Cancel(ctx, "ann", file.ID, plan, "person_ill"))
		if x.slots[file.ID+plan] != "" {
			t.Error("the slot was not given back")
		}
	})
}

func TestAReasonIsAskedForWhatASlotLeavesOut(t *testing.T) {
	each(t, func(t *testing.T, x *fixture) {
		ctx := t.Context()
		file, _, plan := x.girlsPlan(t)
		late := studioSlot
		late.Day = "2027-02-01"
		ok(t, x.Book(ctx, "ann", file.ID, plan, late, "tried.abc", x.reserve(file, plan)))
		known, err := x.Facts(ctx, "ann", file.ID, plan)
		ok(t, err)
		if got := form(known).Get("plan.reasons.S-08"); got != "tried.abc" {
			t.Errorf("the reason is %q", got)
		}
		ok(t, x.Confirm(ctx, "ann", file.ID, plan))
		ok(t, x.Cancel(ctx, "ann", file.ID, plan, "room"))

		// A reason that rests on another search does not go with a new slot.
		again, err := x.Plan(ctx, "ann", file.ID, "p1")
		ok(t, err)
		x.set(t, file.ID, again, "plan.companion.chosen=true&plan.topics.0.name=recruitment")
		ok(t, x.Book(ctx, "ann", file.ID, again, late, "tried.abc", x.reserve(file, again)))
		ok(t, x.Unbook(ctx, "ann", file.ID, again, "room"))
		delete(x.slots, file.ID+again)
		late.Day = "2027-02-02"
		ok(t, x.Book(ctx, "ann", file.ID, again, late, "", x.reserve(file, again)))
		wantFault(t, x.Confirm(ctx, "ann", file.ID, again), fault.Refused, "case.fault.blocked")
	})
}

func TestOfTwoInterviewsTheLaterAnswersForWhatBothAsk(t *testing.T) {
	each(t, func(t *testing.T, x *fixture) {
		ctx := t.Context()
		file, girl, first := x.girlsPlan(t)
		second, err := x.Plan(ctx, "ann", file.ID, girl)
		ok(t, err)
		x.set(t, file.ID, first, studioPlan)
		x.set(t, file.ID, second, strings.Replace(studioPlan, "2026-11-25", "2026-11-26", 1))
		// Whichever is confirmed first: the later one is in the way of nothing.
		x.confirm(t, file.ID, second)
		x.confirm(t, file.ID, first)
		if got := x.stateOf(t, file.ID, second); got != planned {
			t.Errorf("the second is %s", got)
		}
		wantFault(t, x.Confirm(ctx, "ann", file.ID, second), fault.Refused, "case.fault.blocked")
		x.set(t, file.ID, second, "plan.necessity=sealed&plan.topics.0.name=recruitment&plan.topics.0.reason=sealed")
		x.confirm(t, file.ID, second)

		// The second was held before the first: now the first asks again.
		x.now = x.now.AddDate(0, 0, 3)
		ok(t, x.Hold(ctx, "ann", file.ID, second))
		if got := x.stateOf(t, file.ID, first); got != planned {
			t.Errorf("the first is %s", got)
		}
		if err := x.Hold(ctx, "ann", file.ID, first); err == nil {
			t.Error("the first was held on the word of its old decision")
		}
	})
}

// TestTheFieldsOfARecordAreSaidByItsSignatureAlone: the rules read which it has.
func TestTheFieldsOfARecordAreSaidByItsSignatureAlone(t *testing.T) {
	each(t, func(t *testing.T, x *fixture) {
		ctx := t.Context()
		file, _, plan := x.girlsPlan(t)
		wantFault(t, x.SetFact(ctx, "ann", file.ID, plan, recordFields, url.Values{recordFields: {"requester"}}, 0), fault.BadInput, "")
		fields := []string{"personal_data", "notice_given"}
		_, err := x.log.Do(ctx, custody.Act{Kind: "recording.official_signed", Actor: "ann", Subject: file.ID}, func(tx *db.Tx) error {
			return x.RecordSigned(tx, "ann", file.ID, plan, fields)
		})
		ok(t, err)
		known, err := x.Facts(ctx, "ann", file.ID, plan)
		ok(t, err)
		if got := known[recordFields]; !slices.Equal(got.Fields[recordFields], fields) {
			t.Errorf("%+v", got)
		}
	})
}

// TestWhatTheRecordingSaysNobodyContradicts: it stands in place of what was typed,
// and what it does not say is still asked.
func TestWhatTheRecordingSaysNobodyContradicts(t *testing.T) {
	each(t, func(t *testing.T, x *fixture) {
		ctx := t.Context()
		file, _, plan := x.girlsPlan(t)
		const steered, announced, alone = "recording.steered_from", "recording.announced", "recording.child_left_alone_in_break"
		x.set(t, file.ID, plan, steered+"=nowhere&"+announced+"=true")
		_, err := x.log.Do(ctx, custody.Act{Kind: "recording.sealed", Actor: "ann", Subject: file.ID}, func(tx *db.Tx) error {
			return x.Files.Recorded(tx, "ann", file.ID, plan, map[string]string{steered: "director_room", announced: "true", "recording.overview_shot": "true", "recording.none": "true"})
		})
		ok(t, err)
		known, err := x.Facts(ctx, "ann", file.ID, plan)
		ok(t, err)
		for name, want := range map[string]string{steered: "director_room", announced: "true", "recording.overview_shot": "true"} {
			if got := known[name]; !got.Shown || got.Fields.Get(name) != want {
				t.Errorf("%s: %+v", name, got)
			}
			wantFault(t, x.SetFact(ctx, "ann", file.ID, plan, name, nil, known[name].Version), fault.Refused, "case.fault.shown")
		}
		if len(known["recording.none"].Fields) > 0 {
			t.Error("what is no fact was kept")
		}
		x.set(t, file.ID, plan, alone+"=false")
	})
}

func TestWhatWasRecordedWasHeldAndIsNotCalledOff(t *testing.T) {
	each(t, func(t *testing.T, x *fixture) {
		ctx := t.Context()
		file, girl, first := x.girlsPlan(t)
		x.set(t, file.ID, first, studioPlan)
		x.confirm(t, file.ID, first)
		second, err := x.Plan(ctx, "ann", file.ID, girl)
		ok(t, err)
		x.set(t, file.ID, second, studioPlan+"&plan.necessity=sealed&plan.topics.0.reason=sealed")
		x.confirm(t, file.ID, second)

		x.recorded[file.ID+second] = true // it runs
		wantFault(t, x.Cancel(ctx, "ann", file.ID, second, "no_need"), fault.Refused, "case.fault.recorded")
		x.now = x.now.AddDate(0, 0, 2)
		seal := func() error {
			_, err := x.log.Do(ctx, custody.Act{Kind: "recording.sealed", Actor: "ann", Subject: file.ID}, func(tx *db.Tx) error {
				return x.Files.Recorded(tx, "ann", file.ID, second, nil)
			})
			return err
		}
		ok(t, seal())
		if a, b := x.stateOf(t, file.ID, second), x.stateOf(t, file.ID, first); a != held || b != planned {
			t.Errorf("the recorded one is %s, the other on the same topic %s", a, b)
		}
		burden, err := x.BurdenOf(ctx, "ann", file.ID, girl)
		ok(t, err)
		if burden.Interviews != 1 {
			t.Errorf("%+v", burden)
		}
		wantFault(t, x.Cancel(ctx, "ann", file.ID, second, "no_need"), fault.Conflict, "case.fault.state")
		ok(t, seal()) // a second part of it
		again, err := x.Recordable(ctx, "ann", file.ID, second)
		ok(t, err)
		if !slices.Equal(again.Kinds, []string{Interview}) {
			t.Errorf("it is recorded as %q", again.Kinds)
		}
		x.now = x.now.AddDate(0, 0, 1)
		_, err = x.Recordable(ctx, "ann", file.ID, second)
		wantFault(t, err, fault.Refused, "case.fault.day_over")
	})
}

// TestAnInterviewIsRecordedOnItsDayByTheCertificatesOfThatDay: not weeks later on
// the word of certificates that ended. One of the evening goes on into the night,
// and what is being recorded is in nobody's way.
func TestAnInterviewIsRecordedOnItsDayByTheCertificatesOfThatDay(t *testing.T) {
	each(t, func(t *testing.T, x *fixture) {
		ctx := t.Context()
		file, _, plan := x.girlsPlan(t)
		x.set(t, file.ID, plan, studioPlan)
		x.confirm(t, file.ID, plan)
		zone, err := time.LoadLocation("Europe/Amsterdam")
		ok(t, err)
		ask := func(day, hour, minute int) error {
			x.now = time.Date(2026, 11, day, hour, minute, 0, 0, zone)
			_, err := x.Recordable(ctx, "ann", file.ID, plan)
			return err
		}
		wantFault(t, ask(24, 23, 59), fault.Refused, "case.fault.not_yet")
		ok(t, ask(25, 0, 0))
		ok(t, ask(25, 23, 59))
		ok(t, ask(26, 3, 59))
		for _, kind := range []string{"trafficking", "studio"} {
			x.holds["ann "+kind] = "2026-11-25"
			ok(t, ask(25, 23, 59))
			wantFault(t, ask(26, 0, 0), fault.Refused, "case.fault.blocked")
			x.holds["ann "+kind] = "2027-12-31"
		}
		wantFault(t, ask(26, 4, 0), fault.Refused, "case.fault.day_over")
		wantFault(t, ask(25+58, 12, 0), fault.Refused, "case.fault.day_over")

		x.holds["ann studio"], x.running[file.ID+plan] = "2026-11-25", true
		for _, hour := range []int{0, 4, 48} {
			ok(t, ask(26, hour, 0))
		}
	})
}

// TestATopicThatARecordingHasAsksTheRulesAgainAboutTheOtherInterviews: linked
// afterwards, or marked in another part of an interview that was held already.
func TestATopicThatARecordingHasAsksTheRulesAgainAboutTheOtherInterviews(t *testing.T) {
	for name, hears := range map[string]func(x *fixture, tx *db.Tx, id, interview string) error{
		"linked": func(x *fixture, tx *db.Tx, id, interview string) error {
			return x.TopicLinked(tx, "ann", id, interview)
		},
		"another part": func(x *fixture, tx *db.Tx, id, interview string) error {
			return x.Files.Recorded(tx, "ann", id, interview, nil)
		},
	} {
		t.Run(name, func(t *testing.T) {
			each(t, func(t *testing.T, x *fixture) {
				ctx := t.Context()
				file, girl, first := x.girlsPlan(t)
				x.set(t, file.ID, first, studioPlan)
				x.confirm(t, file.ID, first)
				x.now = x.now.AddDate(0, 0, 2)
				ok(t, x.Hold(ctx, "ann", file.ID, first))
				second, err := x.Plan(ctx, "ann", file.ID, girl)
				ok(t, err)
				x.set(t, file.ID, second, studioPlan+"&plan.necessity=sealed")
				x.set(t, file.ID, second, "plan.topics.0.name=transport")
				x.confirm(t, file.ID, second)
				link := func(topic string) {
					t.Helper()
					x.marked = map[string][]string{first: {topic}}
					_, err := x.log.Do(ctx, custody.Act{Kind: "recording.topic_linked", Actor: "ann", Subject: file.ID}, func(tx *db.Tx) error {
						return hears(x, tx, file.ID, first)
					})
					ok(t, err)
				}
				link("debt")
				if got := x.stateOf(t, file.ID, second); got != confirmed {
					t.Fatalf("after a topic that it does not ask the second is %s", got)
				}
				link("transport")
				if got := x.stateOf(t, file.ID, second); got != planned {
					t.Errorf("the second, which asks it again, is %s", got)
				}
				events, err := x.Events(ctx, "ann", file.ID)
				ok(t, err)
				if !slices.ContainsFunc(events, func(h Happened) bool { return h.Kind == "interview_reopened" && h.Subject == second }) {
					t.Error("nobody is told that it is a plan again")
				}
			})
		})
	}
}

// TestTheTiesOfAnInterpreterAreCheckedBySomebodyAndNeverAssumed: a booking
// leaves the rule unmet, a recorded check meets it in every interview that it is
// about, and ties that come out later open a confirmed plan again.
func TestTheTiesOfAnInterpreterAreCheckedBySomebodyAndNeverAssumed(t *testing.T) {
	each(t, func(t *testing.T, x *fixture) {
		ctx := t.Context()
		file, _, plan := x.girlsPlan(t)
		x.cleared = false
		ok(t, x.Book(ctx, "ann", file.ID, plan, studioSlot, "", x.reserve(file, plan)))
		wantFault(t, x.Confirm(ctx, "ann", file.ID, plan), fault.Refused, "case.fault.blocked")
		here := func(*db.Tx) ([]string, error) { return []string{plan}, nil }
		ok(t, x.ClearInterpreter(ctx, "ann", file.ID, plan, "bureau", here))
		ok(t, x.Confirm(ctx, "ann", file.ID, plan))
		ok(t, x.RefuseInterpreter(ctx, "ann", file.ID, plan, here))
		all, err := x.Interviews(ctx, "ann", file.ID)
		ok(t, err)
		if all[0].State != planned {
			t.Errorf("the plan is %s with an interpreter who has ties", all[0].State)
		}
		wantFault(t, x.Confirm(ctx, "ann", file.ID, plan), fault.Refused, "case.fault.blocked")
		wantFault(t, x.ClearInterpreter(ctx, "cas", file.ID, plan, "bureau", here), fault.Refused, "")
	})
}

// TestWhatASlotWroteGoesWithIt: a plan that gave its slot back has no day, nobody and
// no interpreter who was checked, so nothing of it is confirmed without a calendar.
func TestWhatASlotWroteGoesWithIt(t *testing.T) {
	each(t, func(t *testing.T, x *fixture) {
		ctx := t.Context()
		file, _, plan := x.girlsPlan(t)
		x.set(t, file.ID, plan, "plan.reasons.S-12=sealed")
		late := studioSlot
		late.Day = "2027-02-01"
		ok(t, x.Book(ctx, "ann", file.ID, plan, late, "tried.abc", x.reserve(file, plan)))
		ok(t, x.Unbook(ctx, "ann", file.ID, plan, "room"))
		known, err := x.Facts(ctx, "ann", file.ID, plan)
		ok(t, err)
		got := form(known)
		for name := range got {
			if FixedBySlot(name) || strings.HasPrefix(name, "plan.interviewers") || got.Get(name) == "tried.abc" {
				t.Errorf("%s is %v without a slot", name, got[name])
			}
		}
		if got.Get("plan.companion.chosen") != "true" || got.Get("plan.reasons.S-12") != SealedWords || got.Get("plan.level") != "video" {
			t.Errorf("what somebody chose is gone: %v", got)
		}
		wantFault(t, x.ConfirmOutside(ctx, "ann", file.ID, plan, "at_once"), fault.Refused, "case.fault.blocked")
	})
}

// TestNobodyIsInterviewedOnADayThatIsOutOfTheQuestion, with a slot or without.
func TestNobodyIsInterviewedOnADayThatIsOutOfTheQuestion(t *testing.T) {
	each(t, func(t *testing.T, x *fixture) {
		file, _, plan := x.girlsPlan(t)
		x.set(t, file.ID, plan, studioPlan)
		x.worded(t, file.ID, plan)
		x.never = []string{"2026-11-25"}
		wantFault(t, x.ConfirmOutside(t.Context(), "ann", file.ID, plan, "at_once"), fault.Conflict, "planner.fault.day")
		x.never = nil
		x.confirm(t, file.ID, plan)
		x.never = []string{"2026-11-25"}
		if n, err := x.AskAll(t.Context(), false); n != 1 || err != nil || x.stateOf(t, file.ID, plan) != planned {
			t.Errorf("%d are plans again: %v", n, err)
		}
	})
}

// TestWhoIsStruckOffTheRegisterIsNotSwornWhateverThePlanSays, until they are back.
func TestWhoIsStruckOffTheRegisterIsNotSwornWhateverThePlanSays(t *testing.T) {
	each(t, func(t *testing.T, x *fixture) {
		ctx := t.Context()
		file, _, plan := x.girlsPlan(t)
		ok(t, x.Book(ctx, "ann", file.ID, plan, studioSlot, "", x.reserve(file, plan)))
		ok(t, x.Confirm(ctx, "ann", file.ID, plan))
		x.struck = true
		x.now = x.now.AddDate(0, 0, 2)
		_, err := x.Recordable(ctx, "ann", file.ID, plan)
		wantFault(t, err, fault.Refused, "case.fault.blocked")
		ok(t, x.AskAgain(ctx, "pia", file.ID, plan, "slot_lost"))
		wantFault(t, x.Confirm(ctx, "ann", file.ID, plan), fault.Refused, "case.fault.blocked")
		x.struck = false
		ok(t, x.Confirm(ctx, "ann", file.ID, plan))
	})
}

// TestTheRulesOfFarDaysAreAskedWhenAllAre: those of the next two weeks each time.
func TestTheRulesOfFarDaysAreAskedWhenAllAre(t *testing.T) {
	each(t, func(t *testing.T, x *fixture) {
		ctx := t.Context()
		file, _, plan := x.girlsPlan(t)
		x.set(t, file.ID, plan, strings.Replace(studioPlan, "2026-11-25", "2026-12-08", 1))
		x.confirm(t, file.ID, plan)
		delete(x.holds, "ann studio")
		for _, far := range []bool{false, true} {
			want := 0
			if far {
				want = 1
			}
			if n, err := x.AskAll(ctx, far); n != want || err != nil {
				t.Errorf("far %v: %d are plans again: %v", far, n, err)
			}
		}
	})
}
