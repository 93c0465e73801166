package casefile

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"log/slog"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"verhaal/internal/custody"
	"verhaal/internal/db"
	"verhaal/internal/db/dbtest"
	"verhaal/internal/fault"
	"verhaal/internal/policy"
	"verhaal/internal/seal"
	"verhaal/packs"
)

const avim = "police-avim"

// fixture is a house with three detectives on one desk and one who is on none.
type fixture struct {
	*Files
	log      *custody.Log
	keys     map[string]seal.Identity
	off      map[string]bool   // may not read the desk now
	holds    map[string]string // last day by login and kind of certificate
	recovery seal.Identity
	marked   map[string][]string // topics of recordings by interview
	slots    map[string]string   // by case file and interview: who holds it
	recorded map[string]bool     // by case file and interview
	running  map[string]bool     // the same
	near     string              // who is at the site of every slot
	cleared  bool                // who interprets was checked for ties
	struck   bool                // off the register: who interprets
	never    []string            // days on which nobody can come
	now      time.Time

	prosecutors []string
}

func (x *fixture) Booked(_ *db.Tx, casefile, interview string) (bool, error) {
	return x.slots[casefile+interview] != "", nil
}

func (x *fixture) Cleared(*db.Tx, string, string) (bool, error) { return x.cleared, nil }

func (x *fixture) Uncheck(*db.Tx, string) error {
	x.cleared = false
	return nil
}

func (x *fixture) Stands(src db.Source, casefile, interview, language string) error {
	all, err := interviewsOf(src, casefile)
	if err != nil {
		return err
	}
	i := slices.IndexFunc(all, func(p Planned) bool { return p.ID == interview })
	avoid, err := Avoided(src, casefile, all[i].Person)
	if err != nil {
		return err
	}
	if slices.Contains(avoid, x.near) {
		return fault.New(fault.Conflict, "planner.fault.apart", "somebody whom they must not meet")
	}
	return nil
}

func (x *fixture) Fallen(db.Source, func(casefile, interview string)) error { return nil }

func (x *fixture) Suits(_ db.Source, _, _, day string) error {
	if slices.Contains(x.never, day) {
		return fault.New(fault.Conflict, "planner.fault.day", "not on that day")
	}
	return nil
}

func (x *fixture) Sworn(_ db.Source, casefile, interview string) (sworn, known bool, err error) {
	return !x.struck, x.slots[casefile+interview] != "", nil
}

func (x *fixture) Release(_ *db.Tx, casefile, interview, why string) error {
	delete(x.slots, casefile+interview)
	return nil
}

// Report knows r1, r2, … of the fixture's desk, which came in on as many days
// before the fixture's, and none else.
func (x *fixture) Report(_ context.Context, report string) (channel, day string, err error) {
	n, err := strconv.Atoi(strings.TrimPrefix(report, "r"))
	if err != nil {
		return "", "", fault.New(fault.NotFound, "", "no such report")
	}
	channel = avim
	if n > 8 {
		channel = "labour-authority"
	}
	return channel, time.Date(2026, 11, 23-n, 0, 0, 0, 0, time.UTC).Format(time.DateOnly), nil
}

func (x *fixture) Marked(interface {
	Query(query string, args ...any) (*sql.Rows, error)
}, string) (map[string][]string, error) {
	return x.marked, nil
}

func (x *fixture) Recorded(_ *db.Tx, casefile, interview string) (bool, error) {
	return x.recorded[casefile+interview], nil
}

func (x *fixture) Recording(_ context.Context, casefile, interview string) (bool, error) {
	return x.running[casefile+interview], nil
}

func (x *fixture) Called(_ context.Context, login string) (string, error) { return login, nil }

func (x *fixture) MayRead(_ context.Context, staff, channel string) error {
	if _, ok := x.keys[staff]; !ok || x.off[staff] || channel != avim {
		return fault.New(fault.Refused, "fault.refused", "not of this desk")
	}
	return nil
}

func (x *fixture) Recipient(_ context.Context, staff string) (string, error) {
	key, ok := x.keys[staff]
	if !ok {
		return "", nil
	}
	return key.Recipient(), nil
}

func (x *fixture) Prosecutes(_ context.Context, staff string) (bool, error) {
	return slices.Contains(x.prosecutors, staff), nil
}

func (x *fixture) Holds(_ context.Context, login, kind, day string) (bool, error) {
	until, ok := x.holds[login+" "+kind]
	return ok && day <= until, nil
}

// always is one pack for every day.
type always struct{ pack *policy.Pack }

func (a always) On(string) (*policy.Pack, error) { return a.pack, nil }

func each(t *testing.T, f func(t *testing.T, x *fixture)) {
	pack, err := policy.Load(packs.FS, "nl")
	ok(t, err)
	dbtest.Each(t, func(t *testing.T, d *db.DB, w *db.Writer) {
		key, err := custody.NewKey("verhaal.test/log")
		ok(t, err)
		x := &fixture{cleared: true, keys: map[string]seal.Identity{}, off: map[string]bool{}, slots: map[string]string{}, recorded: map[string]bool{}, running: map[string]bool{}, holds: map[string]string{"ann trafficking": "2027-12-31", "ann studio": "2027-12-31", "ben studio": "2027-12-31"}, now: time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)}
		x.prosecutors = []string{"pam"}
		for _, who := range []string{"ann", "ben", "cas", "recovery"} {
			x.keys[who], err = seal.NewIdentity()
			ok(t, err)
		}
		x.recovery = x.keys["recovery"]
		delete(x.keys, "recovery")
		clock := func() time.Time { return x.now }
		x.log = custody.New(d, w, key, clock, slog.New(slog.DiscardHandler))
		x.Files = New(d, x.log, Around{Desks: x, People: x, Rules: always{pack}, Calendar: x, Sources: x, Recovery: x.recovery.Recipient(), Clock: clock})
		f(t, x)
	})
}

func ok(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func wantFault(t testing.TB, err error, kind fault.Kind, key string) {
	t.Helper()
	if err == nil || fault.KindOf(err) != kind || key != "" && fault.KeyOf(err) != key {
		t.Errorf("got %v (%v, %q), want %v %q", err, fault.KindOf(err), fault.KeyOf(err), kind, key)
	}
}

// opened is an ex officio case file of ann's.
func (x *fixture) opened(t *testing.T) File {
	t.Helper()
	file, err := x.Open(t.Context(), "ann", Start{Channel: avim, Origin: ExOfficio})
	ok(t, err)
	return file
}

// keyed gives a case file its first key, as ann's browser does.
func (x *fixture) keyed(t *testing.T, id, by string) seal.Identity {
	t.Helper()
	made, err := seal.NewIdentity()
	ok(t, err)
	duty, err := x.Duty(t.Context(), by, id)
	ok(t, err)
	wraps := map[string][]byte{}
	for _, h := range duty.Holders {
		wraps[h.ID], err = seal.Seal([]byte(made.Secret()), h.Recipient)
		ok(t, err)
	}
	ok(t, x.MakeEpoch(t.Context(), by, id, duty.Current, made.Recipient(), wraps))
	return made
}

func (x *fixture) set(t *testing.T, id, subject string, fields string) {
	t.Helper()
	all, err := url.ParseQuery(fields)
	ok(t, err)
	known, err := x.Facts(t.Context(), "ann", id, subject)
	ok(t, err)
	for _, f := range policy.Schema() {
		if mine := policy.FieldsOf(f.Name, all); len(mine) > 0 {
			if err := x.SetFact(t.Context(), "ann", id, subject, f.Name, mine, known[f.Name].Version); err != nil {
				t.Fatalf("%s: %v", f.Name, err)
			}
		}
	}
}

// Advance, ChangeRole and Shield are those of somebody who sees what is kept now.
func (x *fixture) Advance(ctx context.Context, actor, id, phase string) error {
	file, err := x.Get(ctx, actor, id)
	if err != nil {
		return err
	}
	return x.Files.Advance(ctx, actor, id, file.Phase, phase)
}

// BeginFormalReport begins a formal report from the phase in which the case is.
func (x *fixture) BeginFormalReport(ctx context.Context, actor, id, person string) error {
	file, err := x.Get(ctx, actor, id)
	if err != nil {
		return err
	}
	return x.Files.BeginFormalReport(ctx, actor, id, person, file.Phase)
}

func (x *fixture) ChangeRole(ctx context.Context, actor, id, person, role string) error {
	all, err := x.Persons(ctx, actor, id)
	if err != nil {
		return err
	}
	var now string
	for _, p := range all {
		if p.ID == person {
			now = p.Role
		}
	}
	return x.Files.ChangeRole(ctx, actor, id, person, now, role)
}

func (x *fixture) Shield(ctx context.Context, actor, id, person, basis string) error {
	all, err := x.Shielded(ctx, actor, id)
	if err != nil {
		return err
	}
	return x.Files.Shield(ctx, actor, id, person, all[person], basis)
}

// confirm writes the words of every reason and confirms a plan without a slot.
func (x *fixture) confirm(t *testing.T, id, interview string) {
	t.Helper()
	x.worded(t, id, interview)
	ok(t, x.ConfirmOutside(t.Context(), "ann", id, interview, "held_elsewhere"))
}

// worded writes the words of every reason that a plan says is given, as ann's
// browser does.
func (x *fixture) worded(t *testing.T, id, interview string) {
	t.Helper()
	key, err := x.Key(t.Context(), "ann", id)
	ok(t, err)
	if key.N == 0 {
		x.keyed(t, id, "ann")
		key, err = x.Key(t.Context(), "ann", id)
		ok(t, err)
	}
	words, err := seal.Seal([]byte(`{"v":1,"text":"why"}`), key.Recipient)
	ok(t, err)
	all, err := x.Reasons(t.Context(), "ann", id, interview)
	ok(t, err)
	for _, r := range all {
		if !r.Written {
			ok(t, x.Seal(t.Context(), "ann", id, Part{Name: r.Part, Epoch: key.N, Sealed: words}))
		}
	}
}

// assessed makes an assessment of a person, on a day before the fixture's.
func (x *fixture) assessed(t *testing.T, id, person string) {
	t.Helper()
	ok(t, x.Assess(t.Context(), "ann", id, NewAssessment{Assessment: Assessment{Person: person, Day: "2026-11-20", InInterest: true}, NoNeeds: true}))
}

func (x *fixture) decided(t *testing.T, id, interview string) (policy.Decision, error) {
	t.Helper()
	known, err := x.Facts(t.Context(), "ann", id, interview)
	ok(t, err)
	return x.Try(t.Context(), "ann", id, interview, form(known))
}

// inAnOrdinaryRoom is a case file with the plan of an interview of a girl of
// ten that is right but for the room.
func (x *fixture) inAnOrdinaryRoom(t *testing.T) (file File, plan string) {
	t.Helper()
	file = x.opened(t)
	girl, err := x.AddPerson(t.Context(), "ann", file.ID, Victim)
	ok(t, err)
	x.set(t, file.ID, "", caseFacts)
	x.set(t, file.ID, girl, girlFacts)
	x.assessed(t, file.ID, girl)
	plan, err = x.Plan(t.Context(), "ann", file.ID, girl)
	ok(t, err)
	x.set(t, file.ID, plan, studioPlan)
	x.set(t, file.ID, plan, ordinaryRoom)
	return file, plan
}

const (
	caseFacts    = "case.acute=false&report.exploitation=sexual&report.anonymous=false&clock.reported=2026-11-18"
	girlFacts    = "case.talk_held=true&subject.birth_date=2016-03-01&subject.intellectual_disability=absent&subject.cognitive_disorder=absent&subject.special_needs.none=1&subject.language=ro&subject.needs_interpreter=true&subject.lawful_stay=true&subject.dublin=false&earlier.none=1&case.interest_weighed=true&case.expert_supports=false&case.expert_conducts=false&case.would_rather_not_testify=false"
	studioPlan   = "plan.date=2026-11-25&plan.planned=true&plan.room.kind=child_friendly_studio&plan.room.adapted=true&plan.level=video&plan.interviewers.0.id=ann&plan.director.id=ben&plan.companion.chosen=true&plan.interpreter.present=true&plan.interpreter.sworn=true&plan.interpreter.conflict_checked=true&plan.topics.0.name=recruitment"
	ordinaryRoom = "plan.room.kind=interview_room"
)

func TestACaseExOfficioGoesAllTheWayWithoutAFormalReportOrAnInterview(t *testing.T) {
	each(t, func(t *testing.T, x *fixture) {
		file := x.opened(t)
		if file.Number != "2026-00001" || file.Phase != Signal {
			t.Errorf("%+v", file)
		}
		ok(t, x.Advance(t.Context(), "ann", file.ID, Sent))
		got, err := x.Get(t.Context(), "ann", file.ID)
		ok(t, err)
		if got.Phase != Sent {
			t.Errorf("phase %s", got.Phase)
		}
		events, err := x.Events(t.Context(), "ann", file.ID)
		ok(t, err)
		if len(events) != 2 || events[1].Kind != "phase_sent" {
			t.Errorf("%+v", events)
		}
		if second := x.opened(t); second.Number != "2026-00002" {
			t.Errorf("the second is %s", second.Number)
		}
		for _, number := range []string{"2026-99999", "2026-100000"} {
			_, err := x.log.Do(t.Context(), custody.Act{Kind: "case.opened", Actor: "ann"}, func(tx *db.Tx) error {
				_, err := tx.Exec(insertFile, newID(), number, avim, ExOfficio, Signal, x.now.Unix(), "ann")
				return err
			})
			ok(t, err)
		}
		if next := x.opened(t); next.Number != "2026-100001" {
			t.Errorf("after 100000 comes %s", next.Number)
		}
	})
}

func TestOnlyMembersWhoMayReadTheDeskNowReachACaseFile(t *testing.T) {
	each(t, func(t *testing.T, x *fixture) {
		ctx := t.Context()
		_, err := x.Open(ctx, "eve", Start{Channel: avim, Origin: ExOfficio})
		wantFault(t, err, fault.Refused, "")
		_, err = x.Open(ctx, "ann", Start{Channel: avim, Origin: FromReport})
		wantFault(t, err, fault.BadInput, "case.fault.origin")
		for _, report := range []string{"walled", "none"} {
			_, err = x.Open(ctx, "ann", Start{Channel: avim, Origin: FromReport, Reports: []string{"r1", report}})
			wantFault(t, err, fault.NotFound, "")
		}
		file := x.opened(t)
		_, err = x.Get(ctx, "ben", file.ID)
		wantFault(t, err, fault.Refused, "fault.refused")
		wantFault(t, x.AddMember(ctx, "ann", file.ID, "eve"), fault.Refused, "case.fault.not_of_desk")
		ok(t, x.AddMember(ctx, "ann", file.ID, "ben"))
		_, err = x.Get(ctx, "ben", file.ID)
		ok(t, err)
		x.off["ben"] = true // the certificate ended
		_, err = x.Get(ctx, "ben", file.ID)
		wantFault(t, err, fault.Refused, "")
		_, err = x.Wraps(ctx, "ben", file.ID)
		wantFault(t, err, fault.Refused, "")
		list, _, err := x.Of(ctx, "ann", "", 10)
		ok(t, err)
		if len(list) != 1 || list[0].ID != file.ID {
			t.Errorf("%+v", list)
		}
	})
}

func TestTheCaseKeyIsWrappedForMembersAloneAndChangesWhenOneIsExcluded(t *testing.T) {
	each(t, func(t *testing.T, x *fixture) {
		ctx := t.Context()
		file := x.opened(t)
		ok(t, x.AddMember(ctx, "ann", file.ID, "ben"))
		first := x.keyed(t, file.ID, "ann")
		wraps, err := x.Wraps(ctx, "ben", file.ID)
		ok(t, err)
		plain, err := seal.Open(wraps[0].Wrapped, x.keys["ben"])
		ok(t, err)
		if string(plain) != first.Secret() {
			t.Error("another key was wrapped")
		}
		note, err := seal.Seal([]byte(`{"v":1,"text":"seen on Tuesday"}`), first.Recipient())
		ok(t, err)
		ok(t, x.Seal(ctx, "ben", file.ID, Part{Name: "note/1", Epoch: 1, Sealed: note}))
		wantFault(t, x.Seal(ctx, "ann", file.ID, Part{Name: "note/1", Epoch: 1, Sealed: note}), fault.Conflict, "case.fault.changed_meanwhile")
		ok(t, x.Seal(ctx, "ann", file.ID, Part{Name: "note/1", Version: 1, Epoch: 1, Sealed: note}))
		wantFault(t, x.Seal(ctx, "ann", file.ID, Part{Name: "../x", Epoch: 1, Sealed: note}), fault.BadInput, "")
		wantFault(t, x.Seal(ctx, "ann", file.ID, Part{Name: "note/2", Epoch: 1, Sealed: []byte("plain words")}), fault.BadInput, "")

		wantFault(t, x.Exclude(ctx, "ann", file.ID, "ann", "conflict"), fault.Refused, "case.fault.not_oneself")
		ok(t, x.Exclude(ctx, "ann", file.ID, "ben", "implicated"))
		_, err = x.OpenParts(ctx, "ben", file.ID)
		wantFault(t, err, fault.Refused, "")
		wantFault(t, x.AddMember(ctx, "ann", file.ID, "ben"), fault.Conflict, "case.fault.member_already")
		duty, err := x.Duty(ctx, "ann", file.ID)
		ok(t, err)
		if !duty.New || len(duty.Holders) != 2 { // recovery and ann
			t.Errorf("%+v", duty)
		}
		x.keyed(t, file.ID, "ann")
		wantFault(t, x.Seal(ctx, "ann", file.ID, Part{Name: "note/2", Epoch: 1, Sealed: note}), fault.Conflict, "fault.key_changed")
		parts, err := x.OpenParts(ctx, "ann", file.ID)
		ok(t, err)
		if len(parts) != 1 || parts[0].Version != 2 {
			t.Errorf("%d parts", len(parts))
		}
	})
}

func TestTwoWhoChangeOneFactBothSeeItAndNothingIsLost(t *testing.T) {
	each(t, func(t *testing.T, x *fixture) {
		ctx := t.Context()
		file := x.opened(t)
		person, err := x.AddPerson(ctx, "ann", file.ID, Victim)
		ok(t, err)
		var wait sync.WaitGroup
		results := make([]error, 8)
		for i := range results {
			wait.Go(func() {
				results[i] = x.SetFact(ctx, "ann", file.ID, person, "subject.language", url.Values{"subject.language": {string(rune('a' + i))}}, 0)
			})
		}
		wait.Wait()
		won := 0
		for _, err := range results {
			if err == nil {
				won++
				continue
			}
			wantFault(t, err, fault.Conflict, "case.fault.changed_meanwhile")
		}
		known, err := x.Facts(ctx, "ann", file.ID, person)
		ok(t, err)
		if won != 1 || known["subject.language"].Version != 1 {
			t.Errorf("%d writers won, version %d", won, known["subject.language"].Version)
		}
		// Another fact of the same person is in nobody's way.
		ok(t, x.SetFact(ctx, "ann", file.ID, person, "subject.birth_date", url.Values{"subject.birth_date": {"2016-03-01"}}, 0))
	})
}

func TestAFactThatThePackRefusesIsNamedAndNotKept(t *testing.T) {
	each(t, func(t *testing.T, x *fixture) {
		ctx := t.Context()
		file := x.opened(t)
		person, err := x.AddPerson(ctx, "ann", file.ID, Victim)
		ok(t, err)
		for name, value := range map[string]string{"subject.birth_date": "2016-02-30", "subject.intellectual_disability": "maybe", "subject.age": "900"} {
			err := x.SetFact(ctx, "ann", file.ID, person, name, url.Values{name: {value}}, 0)
			wantFault(t, err, fault.BadInput, "")
			if !errors.As(err, new(Unreadable)) || !strings.HasPrefix(err.Error(), name) {
				t.Errorf("%s: %v", name, err)
			}
		}
		ok(t, x.SetFact(ctx, "ann", file.ID, person, "subject.birth_date", url.Values{"subject.birth_date": {"2016-03-01"}}, 0))
		err = x.SetFact(ctx, "ann", file.ID, person, "subject.age", url.Values{"subject.age": {"30"}}, 0)
		if !errors.As(err, new(Unreadable)) || !strings.Contains(err.Error(), "contradicts") {
			t.Errorf("%v", err)
		}
		wantFault(t, x.SetFact(ctx, "ann", file.ID, person, "plan.level", url.Values{"plan.level": {"audio"}}, 0), fault.BadInput, "")
		wantFault(t, x.SetFact(ctx, "ann", file.ID, "p9", "subject.age", nil, 0), fault.NotFound, "")
	})
}

func TestAPlanIsConfirmedOnlyWhenTheRulesAllowItAndNothingIsAskedTwice(t *testing.T) {
	each(t, func(t *testing.T, x *fixture) {
		ctx := t.Context()
		file := x.opened(t)
		girl, err := x.AddPerson(ctx, "ann", file.ID, Victim)
		ok(t, err)
		x.set(t, file.ID, "", caseFacts)
		x.set(t, file.ID, girl, girlFacts)
		x.assessed(t, file.ID, girl)
		plan, err := x.Plan(ctx, "ann", file.ID, girl)
		ok(t, err)
		x.set(t, file.ID, plan, studioPlan)
		x.set(t, file.ID, plan, ordinaryRoom)
		wantFault(t, x.Confirm(ctx, "ann", file.ID, plan), fault.Refused, "case.fault.blocked")
		d, err := x.decided(t, file.ID, plan)
		ok(t, err)
		if r, _ := d.Requirement("S-19"); r.Status != policy.Unmet {
			t.Errorf("S-19 is %s", r.Status)
		}
		x.set(t, file.ID, plan, "plan.room.kind=child_friendly_studio")
		wantFault(t, x.Confirm(ctx, "ann", file.ID, plan), fault.Refused, "case.fault.unbooked")
		wantFault(t, x.ConfirmOutside(ctx, "ann", file.ID, plan, "whatever"), fault.BadInput, "case.fault.why")
		ok(t, x.ConfirmOutside(ctx, "ann", file.ID, plan, "held_elsewhere"))
		if all, err := x.Interviews(ctx, "ann", file.ID); err != nil || all[0].Outside != "held_elsewhere" {
			t.Errorf("why it has no slot is kept as %+v (%v)", all, err)
		}
		wantFault(t, x.Confirm(ctx, "ann", file.ID, plan), fault.Conflict, "case.fault.state")
		// A plan is not changed under the decision that it rests on.
		known, err := x.Facts(ctx, "ann", file.ID, plan)
		ok(t, err)
		wantFault(t, x.SetFact(ctx, "ann", file.ID, plan, "plan.room.kind", url.Values{"plan.room.kind": {"interview_room"}}, known["plan.room.kind"].Version), fault.Conflict, "case.fault.state")
		relied, err := x.Decisions(ctx, "ann", file.ID, plan)
		ok(t, err)
		if len(relied) != 1 || relied[0].Pack != "nl" || len(relied[0].Hash) != 64 || !strings.Contains(string(relied[0].Decision), `"verdict": "allowed"`) {
			t.Errorf("relied on %+v", relied)
		}
		wantFault(t, x.Hold(ctx, "ann", file.ID, plan), fault.Refused, "case.fault.not_yet")
		x.now = x.now.AddDate(0, 0, 2)
		ok(t, x.Hold(ctx, "ann", file.ID, plan))

		again, err := x.Plan(ctx, "ann", file.ID, girl)
		ok(t, err)
		x.now = x.now.AddDate(0, 0, 3)
		x.set(t, file.ID, again, strings.Replace(studioPlan, "2026-11-25", "2026-11-30", 1))
		d, err = x.decided(t, file.ID, again)
		ok(t, err)
		for id, want := range map[string]policy.Status{"S-09": policy.Unmet, "S-10": policy.Unmet, "S-11": policy.Met, "A-06": policy.Met} {
			if r, listed := d.Requirement(id); !listed || r.Status != want {
				t.Errorf("%s is %s, want %s", id, r.Status, want)
			}
		}
		wantFault(t, x.Confirm(ctx, "ann", file.ID, again), fault.Refused, "case.fault.blocked")
		x.set(t, file.ID, again, "plan.topics.0.name=transport&plan.necessity=sealed")
		// That a reason is given takes words: saying so is none.
		wantFault(t, x.ConfirmOutside(ctx, "ann", file.ID, again, "held_elsewhere"), fault.Refused, "case.fault.reason_words")
		x.worded(t, file.ID, again)
		ok(t, x.ConfirmOutside(ctx, "ann", file.ID, again, "held_elsewhere"))
		burden, err := x.BurdenOf(ctx, "ann", file.ID, girl)
		ok(t, err)
		if burden.Interviews != 1 || burden.Interviewers != 1 || burden.Days != 10 || burden.Told[0].Topics[0] != "recruitment" {
			t.Errorf("%+v", burden)
		}
	})
}

func TestWhatAReportOrARecordingToldIsNotAskedAgainWithoutAReason(t *testing.T) {
	each(t, func(t *testing.T, x *fixture) {
		ctx := t.Context()
		file := x.opened(t)
		key := x.keyed(t, file.ID, "ann")
		words, err := seal.Seal([]byte(`{"v":1,"told":[]}`), key.Recipient())
		ok(t, err)
		girl, err := x.AddPerson(ctx, "ann", file.ID, Victim)
		ok(t, err)
		x.set(t, file.ID, "", caseFacts)
		x.set(t, file.ID, girl, girlFacts)
		x.assessed(t, file.ID, girl)
		plan, err := x.Plan(ctx, "ann", file.ID, girl)
		ok(t, err)
		x.set(t, file.ID, plan, studioPlan)
		repeats := func() policy.Status {
			d, err := x.decided(t, file.ID, plan)
			ok(t, err)
			if r, listed := d.Requirement("S-09"); listed {
				t.Errorf("a report counts as an interview: S-09 is %s", r.Status)
			}
			r, _ := d.Requirement("S-10")
			return r.Status
		}
		x.confirm(t, file.ID, plan)

		told := func(version int64, topics ...ToldTopic) error {
			return x.KeepTold(ctx, "ann", file.ID, girl, Part{Version: version, Epoch: 1, Sealed: words}, topics, "")
		}
		ok(t, told(0, ToldTopic{Topic: "recruitment"}, ToldTopic{Topic: "transport"}))
		all, err := x.Interviews(ctx, "ann", file.ID)
		ok(t, err)
		if repeats() != policy.Unmet || all[0].State != planned {
			t.Errorf("what the report told may be asked again: S-10 is %s, the plan %s", repeats(), all[0].State)
		}
		wantFault(t, told(0, ToldTopic{Topic: "money"}), fault.Conflict, "case.fault.changed_meanwhile")
		wantFault(t, told(1, ToldTopic{Topic: "he took her passport"}), fault.BadInput, "case.fault.topic")
		wantFault(t, x.Seal(ctx, "ann", file.ID, Part{Name: "told/p1", Version: 1, Epoch: 1, Sealed: words}), fault.BadInput, "")

		// Nothing was told in an interview that is to come, or in another person's.
		sister, err := x.AddPerson(ctx, "ann", file.ID, Victim)
		ok(t, err)
		hers, err := x.Plan(ctx, "ann", file.ID, sister)
		ok(t, err)
		x.recorded[file.ID+hers] = true
		ok(t, told(1, ToldTopic{"recruitment", plan}, ToldTopic{Topic: "transport"}))
		if got := repeats(); got != policy.Unmet {
			t.Errorf("a repeat hides in the plan that asks it: S-10 is %s", got)
		}
		ok(t, told(2, ToldTopic{"recruitment", hers}, ToldTopic{Topic: "transport"}))
		if got := repeats(); got != policy.Unmet {
			t.Errorf("a repeat hides in another's interview: S-10 is %s", got)
		}

		// What was told in this very interview is no repeat of itself.
		x.recorded[file.ID+plan] = true
		ok(t, told(3, ToldTopic{"recruitment", plan}, ToldTopic{Topic: "transport"}))
		if got := repeats(); got != policy.Met {
			t.Errorf("an interview repeats itself: S-10 is %s", got)
		}
		other, err := x.Plan(ctx, "ann", file.ID, girl)
		ok(t, err)
		x.marked = map[string][]string{other: {"recruitment"}}
		if got := repeats(); got != policy.Unmet {
			t.Errorf("a topic of another recording may be asked again: S-10 is %s", got)
		}
		x.marked = map[string][]string{plan: {"recruitment"}, "i9": {"recruitment"}}
		if got := repeats(); got != policy.Met {
			t.Errorf("the own recording, or another person's, counts: S-10 is %s", got)
		}

		// An entry goes when it is named, and the log names it.
		wantFault(t, told(4, ToldTopic{"recruitment", plan}), fault.BadInput, "")
		ok(t, x.KeepTold(ctx, "ann", file.ID, girl, Part{Version: 4, Epoch: 1, Sealed: words}, []ToldTopic{{"recruitment", plan}}, "transport"))
		ok(t, told(5, ToldTopic{"recruitment", plan}))
		wantFault(t, x.KeepTold(ctx, "ann", file.ID, girl, Part{Version: 6, Epoch: 1, Sealed: words}, nil, "her passport"), fault.BadInput, "case.fault.topic")
	})
}

func TestTheWordsOfAReasonStayWhenTheInterviewIsConfirmed(t *testing.T) {
	each(t, func(t *testing.T, x *fixture) {
		ctx := t.Context()
		file, _, plan := x.girlsPlan(t)
		x.set(t, file.ID, plan, studioPlan+"&plan.necessity="+SealedWords)
		key := x.keyed(t, file.ID, "ann")
		part := Part{Name: "interview/" + plan + "/necessity", Epoch: 1, Sealed: sealedTo(t, key)}
		write := func(name string) error {
			part.Name = name
			err := x.Seal(ctx, "ann", file.ID, part)
			if err == nil {
				part.Version++
			}
			return err
		}
		necessity := part.Name
		ok(t, write(necessity))
		ok(t, write(necessity)) // as often as one wants before
		ok(t, x.ConfirmOutside(ctx, "ann", file.ID, plan, "held_elsewhere"))
		wantFault(t, write(necessity), fault.Refused, "case.fault.reason_fixed")
		questions := Part{Name: "interview/" + plan + "/questions", Epoch: 1, Sealed: part.Sealed}
		ok(t, x.Seal(ctx, "ann", file.ID, questions))            // which nobody relied on
		ok(t, x.Exclude(ctx, "ann", file.ID, "ben", "conflict")) // the director: it is a plan again
		ok(t, write(necessity))
		ok(t, x.Cancel(ctx, "ann", file.ID, plan, "interviewer"))
		wantFault(t, write(necessity), fault.Refused, "case.fault.reason_fixed")
	})
}

func TestAReasonsWordsStayWithItsTopicAndOneRefusalHasOneReason(t *testing.T) {
	plan, err := url.ParseQuery("plan.topics.0.name=passport&plan.topics.1.name=Debt, wages&plan.topics.1.reason=sealed&plan.reasons.S-11=sealed&plan.reasons.S-12=tried.abc&" +
		"plan.necessity=sealed&plan.companion.refused.reason=sealed&plan.companion.refused.about_person=sealed&plan.level=video")
	ok(t, err)
	want := []Reason{
		{Fact: "plan.companion.refused.reason", Part: "interview/i1/companion_refused"}, {Fact: "plan.necessity", Part: "interview/i1/necessity"},
		{Fact: "plan.reasons", About: "S-11", Part: "interview/i1/reasons_s_11"}, {Fact: "plan.topics.reason", About: "Debt, wages", Part: "interview/i1/topic_debt_wages"},
	}
	if got := reasonsIn("i1", plan); !slices.Equal(got, want) {
		t.Errorf("%+v", got)
	}
	for _, r := range want {
		if !partName.MatchString(r.Part) {
			t.Errorf("%s is no name of a part", r.Part)
		}
	}
}

func TestTheServerTakesNoWordsAsFacts(t *testing.T) {
	each(t, func(t *testing.T, x *fixture) {
		ctx := t.Context()
		file := x.opened(t)
		girl, err := x.AddPerson(ctx, "ann", file.ID, Victim)
		ok(t, err)
		plan, err := x.Plan(ctx, "ann", file.ID, girl)
		ok(t, err)
		for name, words := range map[string]string{"plan.necessity": "she saw him again", "plan.companion.refused.about_person": "her uncle", "plan.interpreter.reason": "زميل"} {
			wantFault(t, x.SetFact(ctx, "ann", file.ID, plan, name, url.Values{name: {words}}, 0), fault.BadInput, "case.fault.words")
			ok(t, x.SetFact(ctx, "ann", file.ID, plan, name, url.Values{name: {SealedWords}}, 0))
		}
		ok(t, x.SetFact(ctx, "ann", file.ID, girl, "earlier", url.Values{"earlier.0.date": {"2026-01-02"}, "earlier.0.topics": {"recruitment, transport"}}, 0))
	})
}

func TestAVictimIsNeverTurnedIntoASuspect(t *testing.T) {
	each(t, func(t *testing.T, x *fixture) {
		ctx := t.Context()
		file := x.opened(t)
		victim, err := x.AddPerson(ctx, "ann", file.ID, Victim)
		ok(t, err)
		wantFault(t, x.ChangeRole(ctx, "ann", file.ID, victim, Suspect), fault.Refused, "case.fault.victim_no_suspect")
		ok(t, x.ChangeRole(ctx, "ann", file.ID, victim, Witness))
		// Once a victim, whatever lies between.
		wantFault(t, x.ChangeRole(ctx, "ann", file.ID, victim, Suspect), fault.Refused, "case.fault.victim_no_suspect")
		persons, err := x.Persons(ctx, "ann", file.ID)
		ok(t, err)
		if len(persons) != 1 || persons[0].Role != Witness {
			t.Errorf("%+v", persons)
		}
		witness, err := x.AddPerson(ctx, "ann", file.ID, Witness)
		ok(t, err)
		ok(t, x.ChangeRole(ctx, "ann", file.ID, witness, Suspect))
	})
}

func TestAnInterviewIsAPlanAgainWhenItsPersonWouldMeetANewSuspect(t *testing.T) {
	each(t, func(t *testing.T, x *fixture) {
		ctx := t.Context()
		file, plan := x.inAnOrdinaryRoom(t)
		x.set(t, file.ID, plan, studioPlan)
		x.confirm(t, file.ID, plan)
		man, err := x.AddPerson(ctx, "ann", file.ID, Companion)
		ok(t, err)
		x.near = man
		stands := func() string {
			all, err := x.Interviews(ctx, "ann", file.ID)
			ok(t, err)
			return all[0].State
		}
		if got := stands(); got != confirmed {
			t.Errorf("beside a companion it is %s", got)
		}
		ok(t, x.ChangeRole(ctx, "ann", file.ID, man, Suspect))
		events, err := x.Events(ctx, "ann", file.ID)
		ok(t, err)
		if got := stands(); got != planned || !slices.ContainsFunc(events, func(h Happened) bool { return h.Kind == "interview_reopened" && h.Subject == plan }) {
			t.Errorf("beside a suspect it is %s: %+v", got, events)
		}
	})
}

func TestAFormalReportNeedsATalkUnlessAcute(t *testing.T) {
	each(t, func(t *testing.T, x *fixture) {
		ctx := t.Context()
		file := x.opened(t)
		she := x.victim(t, file.ID, grown)
		begin := func() error { return x.BeginFormalReport(ctx, "ann", file.ID, she) }
		wantFault(t, begin(), fault.Refused, "case.fault.talk_first")
		x.set(t, file.ID, "", "case.acute=false")
		wantFault(t, begin(), fault.Refused, "case.fault.talk_first")
		x.set(t, file.ID, "", "case.acute=true")
		ok(t, begin())
	})
}

// What somebody types about certificates or deviations counts for nothing:
// the first are on record, the second are signed by those who have the power.
func TestNobodyClaimsACertificateOrADeviation(t *testing.T) {
	each(t, func(t *testing.T, x *fixture) {
		ctx := t.Context()
		file := x.opened(t)
		girl, err := x.AddPerson(ctx, "ann", file.ID, Victim)
		ok(t, err)
		x.set(t, file.ID, "", caseFacts)
		x.set(t, file.ID, girl, girlFacts)
		x.assessed(t, file.ID, girl)
		plan, err := x.Plan(ctx, "ann", file.ID, girl)
		ok(t, err)
		x.holds["ann studio"] = "2026-11-24" // the day before the interview
		x.set(t, file.ID, plan, studioPlan+"&plan.interviewers.0.certificates.studio=2031-12-31")
		d, err := x.decided(t, file.ID, plan)
		ok(t, err)
		if r, _ := d.Requirement("A-15"); r.Status != policy.Unmet {
			t.Errorf("A-15 is %s", r.Status)
		}
		wantFault(t, x.SetFact(ctx, "ann", file.ID, plan, "deviations", url.Values{"deviations.0.rule": {"A-15"}}, 0), fault.BadInput, "")
		typed, err := url.ParseQuery(studioPlan + "&deviations.0.rule=A-15&deviations.0.by_role=prosecutor&deviations.0.by=p&deviations.0.reason=r&deviations.0.at=2026-11-23")
		ok(t, err)
		d, err = x.Try(ctx, "ann", file.ID, plan, typed)
		ok(t, err)
		if r, _ := d.Requirement("A-15"); r.Status != policy.Unmet {
			t.Errorf("by a typed deviation A-15 is %s", r.Status)
		}
		wantFault(t, x.Confirm(ctx, "ann", file.ID, plan), fault.Refused, "case.fault.blocked")
	})
}

func TestADeviationIsSignedByTheProsecutorWhoWasAskedAndFreesItsRuleAlone(t *testing.T) {
	each(t, func(t *testing.T, x *fixture) {
		ctx := t.Context()
		file, plan := x.inAnOrdinaryRoom(t)
		caseKey := x.keyed(t, file.ID, "ann")
		pam, err := seal.NewIdentity()
		ok(t, err)
		reason, err := seal.Seal([]byte(`{"v":1,"text":"in hospital"}`), caseKey.Recipient(), pam.Recipient())
		ok(t, err)

		wantFault(t, x.AskDeviation(ctx, "ann", file.ID, plan, NewDeviation{Rule: "S-19", Prosecutor: "ben", Why: "no_room", Reason: reason}), fault.BadInput, "case.fault.no_prosecutor")
		wantFault(t, x.AskDeviation(ctx, "ann", file.ID, plan, NewDeviation{Rule: "S-17", Prosecutor: "pam", Why: "no_room", Reason: reason}), fault.Refused, "case.fault.no_deviation")
		wantFault(t, x.AskDeviation(ctx, "ben", file.ID, plan, NewDeviation{Rule: "S-19", Prosecutor: "pam", Why: "no_room", Reason: reason}), fault.Refused, "")
		wantFault(t, x.AskDeviation(ctx, "ann", file.ID, plan, NewDeviation{Rule: "S-19", Prosecutor: "pam", Why: "no_room", Reason: []byte("please")}), fault.BadInput, "")
		ok(t, x.AskDeviation(ctx, "ann", file.ID, plan, NewDeviation{Rule: "S-19", Prosecutor: "pam", Why: "no_room", Reason: reason}))
		wantFault(t, x.Confirm(ctx, "ann", file.ID, plan), fault.Refused, "case.fault.blocked") // asked is not signed

		asked, _, _, err := x.ForProsecutor(ctx, "pam", "", 10)
		ok(t, err)
		if len(asked) != 1 || asked[0].Rule != "S-19" || asked[0].State != Asked || asked[0].Number != file.Number {
			t.Fatalf("%+v", asked)
		}
		_, err = x.Reason(ctx, "eve", asked[0].ID)
		wantFault(t, err, fault.NotFound, "")
		words, err := x.Reason(ctx, "pam", asked[0].ID)
		ok(t, err)
		if plain, err := seal.Open(words.Reason, pam); err != nil || !strings.Contains(string(plain), "in hospital") || words.Recipient != caseKey.Recipient() || len(words.Answer) > 0 {
			t.Errorf("%s %v %+v", plain, err, words)
		}
		wantFault(t, x.AnswerDeviation(ctx, "eve", asked[0].ID, Signed, reason), fault.Refused, "")
		answer, err := seal.Seal([]byte(`{"v":1,"text":"this once"}`), caseKey.Recipient(), pam.Recipient())
		ok(t, err)
		ok(t, x.AnswerDeviation(ctx, "pam", asked[0].ID, Signed, answer))
		wantFault(t, x.AnswerDeviation(ctx, "pam", asked[0].ID, Refused, reason), fault.Conflict, "case.fault.answered")

		// Both sides read both, the case only its own, and nobody else anything.
		of, err := x.ReasonInCase(ctx, "ann", file.ID, asked[0].ID)
		ok(t, err)
		if plain, err := seal.Open(of.Answer, caseKey); err != nil || !strings.Contains(string(plain), "this once") || !bytes.Equal(of.Reason, reason) {
			t.Errorf("%s %v", plain, err)
		}
		words, err = x.Reason(ctx, "pam", asked[0].ID)
		ok(t, err)
		if !bytes.Equal(words.Answer, answer) {
			t.Error("the prosecutor does not get the own answer")
		}
		_, err = x.ReasonInCase(ctx, "ben", file.ID, asked[0].ID)
		wantFault(t, err, fault.Refused, "")
		_, err = x.ReasonInCase(ctx, "ann", x.opened(t).ID, asked[0].ID)
		wantFault(t, err, fault.NotFound, "")

		d, err := x.decided(t, file.ID, plan)
		ok(t, err)
		if r, _ := d.Requirement("S-19"); r.Status != policy.Deviated || d.Verdict != policy.Allowed {
			t.Errorf("S-19 is %s, %s", r.Status, d.Verdict)
		}
		x.set(t, file.ID, plan, "plan.level=audio")
		d, err = x.decided(t, file.ID, plan)
		ok(t, err)
		if r, _ := d.Requirement("S-17"); r.Status != policy.Unmet || d.Verdict != policy.Blocked {
			t.Errorf("S-17 is %s, %s: a deviation from another rule freed it", r.Status, d.Verdict)
		}
		x.set(t, file.ID, plan, "plan.level=video")
		ok(t, x.ConfirmOutside(ctx, "ann", file.ID, plan, "held_elsewhere"))
	})
}

func TestARefusedDeviationFreesNothing(t *testing.T) {
	each(t, func(t *testing.T, x *fixture) {
		ctx := t.Context()
		file, plan := x.inAnOrdinaryRoom(t)
		caseKey := x.keyed(t, file.ID, "ann")
		reason, err := seal.Seal([]byte("{}"), caseKey.Recipient(), x.keys["ben"].Recipient())
		ok(t, err)
		ok(t, x.AskDeviation(ctx, "ann", file.ID, plan, NewDeviation{Rule: "S-19", Prosecutor: "pam", Why: "no_room", Reason: reason}))
		asked, _, _, err := x.ForProsecutor(ctx, "pam", "", 10)
		ok(t, err)
		ok(t, x.AnswerDeviation(ctx, "pam", asked[0].ID, Refused, reason))
		wantFault(t, x.Confirm(ctx, "ann", file.ID, plan), fault.Refused, "case.fault.blocked")
	})
}

func TestWhatACaseOwesAPersonStaysOpenUntilItsFactIsThere(t *testing.T) {
	each(t, func(t *testing.T, x *fixture) {
		ctx := t.Context()
		file := x.opened(t)
		boy, err := x.AddPerson(ctx, "ann", file.ID, Victim)
		ok(t, err)
		x.set(t, file.ID, boy, "subject.age=9&subject.unaccompanied=true&subject.lawful_stay=false&subject.dublin=false")
		open := func() string {
			t.Helper()
			tasks, err := x.Tasks(ctx, "ann", file.ID, boy)
			ok(t, err)
			var ids []string
			for _, r := range tasks {
				ids = append(ids, r.Rule.ID)
			}
			return strings.Join(ids, " ")
		}
		for _, id := range []string{"V-01", "V-06", "V-07", "E-04a", "M-05"} {
			if got := open(); !strings.Contains(got, id) {
				t.Errorf("%s is not among %s", id, got)
			}
		}
		x.set(t, file.ID, "", "case.comensha_told=true&case.guardian_arranged=true")
		if got := open(); strings.Contains(got, "V-07") || strings.Contains(got, "E-04a") || !strings.Contains(got, "V-06") {
			t.Errorf("still open: %s", got)
		}
		ok(t, x.Advance(ctx, "ann", file.ID, Interview))
		if got := open(); !strings.Contains(got, "S-07") || !strings.Contains(got, "A-17") || strings.Contains(got, "S-17") {
			t.Errorf("before an interview: %s", got)
		}
	})
}
