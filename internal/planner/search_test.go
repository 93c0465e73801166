package planner_test

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"verhaal/internal/planner"
)

// A judge as the rules are in kind: certificates on the day, one interviewer
// and a director in a studio, the same interviewers and an adapted room if
// possible.
type rules struct {
	cal    planner.Calendar
	same   []string
	studio bool   // only a studio will do
	late   string // from this day on everything is too late, whoever comes
}

func (r rules) holds(login, kind, day string) bool {
	for _, w := range r.cal.Workers {
		for _, h := range w.Held {
			if w.Login == login && h.Kind == kind && h.From <= day && day <= h.Until {
				return true
			}
		}
	}
	return false
}

func (r rules) learns(login string) bool {
	return slices.ContainsFunc(r.cal.Workers, func(w planner.Worker) bool { return w.Login == login && w.Trainee })
}

func (r rules) judge(c planner.Candidate) (planner.Verdict, error) {
	var v planner.Verdict
	if c.Day >= r.late {
		v.Wants = append(v.Wants, "soon")
	}
	if c.Ideal {
		if c.RoomKind != "studio" && !c.Adapted {
			v.Wants = append(v.Wants, "adapted")
		}
		if r.studio && c.RoomKind != "studio" {
			v.Blocks = append(v.Blocks, "room")
		}
		return v, nil
	}
	studio := c.RoomKind == "studio"
	if r.studio && !studio {
		v.Blocks = append(v.Blocks, "room")
	}
	holder := false
	for _, i := range append(slices.Clone(c.Interviewers), c.Director) {
		holder = holder || i != "" && r.holds(i, "studio", c.Day)
	}
	for _, i := range c.Interviewers {
		if !r.holds(i, "trafficking", c.Day) {
			v.Blocks = append(v.Blocks, "trafficking")
		}
		if studio && !r.holds(i, "studio", c.Day) && (!r.learns(i) || !holder) {
			v.Blocks = append(v.Blocks, "certificate")
		}
		if len(r.same) > 0 && !slices.Contains(r.same, i) {
			v.Wants = append(v.Wants, "same")
		}
	}
	if studio && (c.Director == "" || !r.holds(c.Director, "studio", c.Day) && (!r.learns(c.Director) || !holder)) {
		v.Blocks = append(v.Blocks, "director")
	}
	if !studio && !c.Adapted {
		v.Wants = append(v.Wants, "adapted")
	}
	if c.Interpreter && !c.Sworn {
		v.Wants = append(v.Wants, "sworn")
	}
	return v, nil
}

var kinds = []planner.Kind{{ID: "studio", Most: 1, Directed: true, AnyAdapted: true}, {ID: "plain", Preferences: 1}}

var amsterdam = func() *time.Location {
	z, err := time.LoadLocation("Europe/Amsterdam")
	if err != nil {
		panic(err)
	}
	return z
}()

func randomHours(t *rapid.T, label string) planner.Hours {
	var h planner.Hours
	for d := range h.Days {
		h.Days[d] = rapid.IntRange(0, 7).Draw(t, label+" day") > 0
	}
	h.From = rapid.IntRange(28, 44).Draw(t, label+" from") * 15
	h.To = h.From + rapid.IntRange(12, 48).Draw(t, label+" for")*15
	return h
}

func randomSpans(t *rapid.T, base time.Time, label string) []planner.Span {
	var out []planner.Span
	for range rapid.IntRange(0, 4).Draw(t, label+" busy") {
		at := base.Add(time.Duration(rapid.IntRange(0, 4*24*12).Draw(t, label+" at")) * 5 * time.Minute)
		out = append(out, planner.Span{Start: at, End: at.Add(time.Duration(rapid.IntRange(1, 30).Draw(t, label+" long")) * 10 * time.Minute)})
	}
	return out
}

func randomWorld(t *rapid.T) (planner.Calendar, planner.Wish, rules) {
	// Some worlds lie over the night in which the clock is changed.
	base := time.Date(2026, time.Month(rapid.SampledFrom([]int{3, 5, 10}).Draw(t, "month")), rapid.IntRange(23, 26).Draw(t, "day"), 0, 0, 0, 0, amsterdam)
	var c planner.Calendar
	regions := []string{"north", "south"}
	for i := range rapid.IntRange(0, 4).Draw(t, "rooms") {
		c.Rooms = append(c.Rooms, planner.Room{ID: fmt.Sprint("r", i), Name: fmt.Sprint("r", i), Site: rapid.SampledFrom([]string{"a", "b"}).Draw(t, "site"),
			Region: rapid.SampledFrom(regions).Draw(t, "region"), Kind: rapid.SampledFrom([]string{"studio", "studio", "plain", "plain", "cell"}).Draw(t, "kind"),
			Adapted: rapid.Bool().Draw(t, "adapted"), Hours: randomHours(t, "room"), Busy: randomSpans(t, base, "room")})
	}
	day := func(label string) string {
		return base.AddDate(0, 0, rapid.IntRange(-2, 5).Draw(t, label)).Format(time.DateOnly)
	}
	for i := range rapid.IntRange(0, 5).Draw(t, "workers") {
		w := planner.Worker{ID: fmt.Sprint("w", i), Login: fmt.Sprint("w", i), Name: fmt.Sprint("w", i), Region: rapid.SampledFrom(regions).Draw(t, "home"),
			Sex: rapid.SampledFrom([]string{"f", "m"}).Draw(t, "sex"), Trainee: rapid.IntRange(0, 2).Draw(t, "learns") == 0,
			Hours: randomHours(t, "worker"), Busy: randomSpans(t, base, "worker")}
		for _, kind := range []string{"trafficking", "studio"} {
			if rapid.IntRange(0, 3).Draw(t, kind) > 0 {
				w.Held = append(w.Held, planner.Held{Kind: kind, From: "2020-01-01", Until: day("until")})
			}
		}
		c.Workers = append(c.Workers, w)
	}
	for i := range rapid.IntRange(0, 2).Draw(t, "interpreters") {
		p := planner.Interpreter{ID: fmt.Sprint("t", i), Name: fmt.Sprint("t", i), Languages: rapid.SampledFrom([][]string{{"ro"}, {"ro", "bg"}, {"hu"}}).Draw(t, "speaks"),
			Sex: "f", Hours: randomHours(t, "interpreter"), Busy: randomSpans(t, base, "interpreter"), Conflict: rapid.IntRange(0, 5).Draw(t, "conflict") == 0}
		if rapid.Bool().Draw(t, "sworn") {
			p.Number, p.Until = "1", day("sworn until")
		}
		c.Interpreters = append(c.Interpreters, p)
	}
	w := planner.Wish{From: base, Until: base.AddDate(0, 0, 3), Now: base.Add(time.Duration(rapid.IntRange(0, 30).Draw(t, "now")) * time.Hour),
		Length: time.Duration(rapid.SampledFrom([]int{30, 60, 100, 150}).Draw(t, "length")) * time.Minute, Interviewers: rapid.IntRange(1, 2).Draw(t, "crew"), Kinds: kinds, Most: 3}
	if rapid.Bool().Draw(t, "has times") {
		w.Person.Suits = []planner.Hours{randomHours(t, "person"), randomHours(t, "person too")}
	}
	if rapid.IntRange(0, 3).Draw(t, "has companion") == 0 {
		w.Companion.Suits = []planner.Hours{randomHours(t, "companion")}
		never := day("never")
		w.Companion.Never = []planner.Days{{From: never, Until: never}}
	}
	if rapid.IntRange(0, 2).Draw(t, "needs language") == 0 {
		w.Language = "ro"
	}
	if rapid.IntRange(0, 4).Draw(t, "wishes sex") == 0 {
		w.Sex = "f"
	}
	for _, one := range c.Workers {
		if rapid.IntRange(0, 3).Draw(t, "same") == 0 {
			w.Same = append(w.Same, one.Login)
		}
	}
	w.Taken = randomSpans(t, base, "person")
	for range rapid.IntRange(0, 3).Draw(t, "visits") {
		at := base.Add(time.Duration(rapid.IntRange(6*12, 14*12).Draw(t, "visit at")) * 5 * time.Minute)
		w.Apart = append(w.Apart, planner.Visit{Site: "a", Span: planner.Span{Start: at, End: at.Add(time.Hour)}})
	}
	return c, w, rules{c, w.Same, rapid.Bool().Draw(t, "studio only"), day("late")}
}

// open says from the hours alone, minute by minute of the local clock.
func open(h planner.Hours, at planner.Span) bool {
	start, end := at.Start.In(amsterdam), at.End.In(amsterdam)
	day := time.Date(start.Year(), start.Month(), start.Day(), 0, 0, 0, 0, amsterdam)
	from := time.Date(day.Year(), day.Month(), day.Day(), 0, h.From, 0, 0, amsterdam)
	to := time.Date(day.Year(), day.Month(), day.Day(), 0, h.To, 0, 0, amsterdam)
	return h.Days[day.Weekday()] && !start.Before(from) && !end.After(to)
}

// fits says whether somebody's times hold a span: two of their hours that touch
// are one time to them.
func fits(t planner.Times, at planner.Span) bool {
	if len(t.Suits) == 0 {
		return true
	}
	for quarter := at.Start; quarter.Before(at.End); quarter = quarter.Add(planner.Tick) {
		if !slices.ContainsFunc(t.Suits, func(h planner.Hours) bool {
			return open(h, planner.Span{Start: quarter, End: quarter.Add(planner.Tick)})
		}) {
			return false
		}
	}
	return true
}

func idle(h planner.Hours, busy []planner.Span, at planner.Span) bool {
	return open(h, at) && !slices.ContainsFunc(busy, func(b planner.Span) bool { return b.Start.Before(at.End) && at.Start.Before(b.End) })
}

func wider(at planner.Span, by time.Duration) planner.Span {
	return planner.Span{Start: at.Start.Add(-by), End: at.End.Add(by)}
}

// possible lists, by brute force, whether a start has a full and a lesser plan.
func possible(t *rapid.T, c planner.Calendar, w planner.Wish, r rules, start time.Time) (full, lawful bool) {
	length := (w.Length + planner.Tick - 1) / planner.Tick * planner.Tick
	at := planner.Span{Start: start, End: start.Add(length)}
	if day := start.In(amsterdam).Format(time.DateOnly); slices.ContainsFunc(w.Companion.Never, func(d planner.Days) bool { return d.From <= day && day <= d.Until }) {
		return false, false
	}
	if start.Before(w.Now) || !fits(w.Person, at) || !fits(w.Companion, at) || slices.ContainsFunc(w.Taken, wider(at, 15*time.Minute).Overlaps) {
		return false, false
	}
	// Where no room at all is adapted, that there is none is nobody's fault.
	some := slices.ContainsFunc(c.Rooms, func(o planner.Room) bool {
		return o.Kind == "studio" || o.Kind == "plain" && o.Adapted && !r.studio
	})
	for _, room := range c.Rooms {
		k := slices.IndexFunc(kinds, func(k planner.Kind) bool { return k.ID == room.Kind })
		if k < 0 || !idle(room.Hours, room.Busy, wider(at, 15*time.Minute)) {
			continue
		}
		if slices.ContainsFunc(w.Apart, func(v planner.Visit) bool {
			near := wider(v.Span, time.Hour)
			return v.Site == room.Site && near.Start.Before(at.End) && at.Start.Before(near.End)
		}) {
			continue
		}
		n := w.Interviewers
		if kinds[k].Most > 0 {
			n = min(n, kinds[k].Most)
		}
		var free []planner.Worker
		for _, one := range c.Workers {
			span := at
			if one.Region != room.Region {
				span = wider(at, 90*time.Minute)
			}
			if (w.Sex == "" || one.Sex == w.Sex) && idle(one.Hours, one.Busy, span) {
				free = append(free, one)
			}
		}
		interpreters := []*planner.Interpreter{nil}
		if w.Language != "" {
			interpreters = nil
			for i := range c.Interpreters {
				if p := &c.Interpreters[i]; !p.Conflict && slices.Contains(p.Languages, w.Language) && (w.Sex == "" || p.Sex == w.Sex) && idle(p.Hours, p.Busy, at) {
					interpreters = append(interpreters, p)
				}
			}
		}
		for _, p := range interpreters {
			for mask := range 1 << len(free) {
				for d := -1; d < len(free); d++ {
					var crew []string
					for i := range free {
						if mask&(1<<i) != 0 {
							crew = append(crew, free[i].Login)
						}
					}
					if len(crew) != n || (d >= 0) != kinds[k].Directed || d >= 0 && mask&(1<<d) != 0 {
						continue
					}
					day := start.In(amsterdam).Format(time.DateOnly)
					one := planner.Candidate{Day: day, RoomKind: room.Kind, Adapted: room.Adapted || kinds[k].AnyAdapted, Interviewers: crew, Interpreter: p != nil,
						Sworn: p != nil && p.Number != "" && day <= p.Until}
					if d >= 0 {
						one.Director = free[d].Login
					}
					v, _ := r.judge(one)
					lawful = lawful || len(v.Blocks) == 0
					full = full || len(v.Blocks) == 0 && !slices.ContainsFunc(v.Wants, func(rule string) bool { return rule != "soon" && (rule != "adapted" || some) })
				}
			}
		}
	}
	return full, lawful
}

// TestTheSoonestLawfulSlotIsFoundAndEveryRefusalExplained holds the search to
// what brute force finds, over random calendars.
func TestTheSoonestLawfulSlotIsFoundAndEveryRefusalExplained(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c, w, r := randomWorld(t)
		got, err := planner.Search(context.Background(), c, w, r.judge)
		if err != nil {
			t.Fatal(err)
		}
		var firstFull, firstLesser time.Time
		end := time.Date(w.Until.Year(), w.Until.Month(), w.Until.Day()+1, 0, 0, 0, 0, amsterdam)
		for at := w.From; at.Before(end) && firstFull.IsZero(); at = at.Add(planner.Tick) {
			full, lawful := possible(t, c, w, r, at)
			if full {
				firstFull = at
			} else if lawful && firstLesser.IsZero() {
				firstLesser = at
			}
		}
		soonest := func(all []planner.Proposal) time.Time {
			if len(all) == 0 {
				return time.Time{}
			}
			return all[0].Start
		}
		if !soonest(got.Full).Equal(firstFull) {
			t.Fatalf("soonest full is %v, brute force says %v", soonest(got.Full), firstFull)
		}
		if !soonest(got.Sooner).Equal(firstLesser) {
			t.Fatalf("soonest with something left out is %v, brute force says %v\n%+v\n%+v\n%+v", soonest(got.Sooner), firstLesser, c, w, got)
		}
		for _, p := range append(slices.Clone(got.Full), got.Sooner...) {
			checkProposal(t, c, w, r, p)
		}
		checkWhy(t, w, got)
	})
}

// checkProposal holds one proposal to the calendar and to the rules.
func checkProposal(t *rapid.T, c planner.Calendar, w planner.Wish, r rules, p planner.Proposal) {
	one := planner.Candidate{Day: p.Start.In(amsterdam).Format(time.DateOnly), RoomKind: p.Room.Kind, Adapted: p.Room.Adapted, Interpreter: p.Interpreter != nil, Sworn: p.Sworn}
	for _, i := range p.Interviewers {
		one.Interviewers = append(one.Interviewers, i.Login)
	}
	everybody := slices.Clone(p.Interviewers)
	if p.Director != nil {
		one.Director = p.Director.Login
		everybody = append(everybody, *p.Director)
	}
	v, _ := r.judge(one)
	if len(v.Blocks) > 0 || !slices.Equal(v.Wants, p.Wants) {
		t.Fatalf("%+v is judged %+v", one, v)
	}
	if !idle(p.Room.Hours, p.Room.Busy, wider(p.Span, 15*time.Minute)) || p.Start.Before(w.Now) {
		t.Fatal("the room is not free, or it is past")
	}
	seen := map[string]bool{}
	for _, i := range everybody {
		span := p.Span
		if i.Region != p.Room.Region {
			span = wider(span, 90*time.Minute)
		}
		if seen[i.Login] || !idle(i.Hours, i.Busy, span) {
			t.Fatalf("%s is twice in it or not free", i.Login)
		}
		seen[i.Login] = true
	}
	if (p.Interpreter != nil) != (w.Language != "") || p.Interpreter != nil && !idle(p.Interpreter.Hours, p.Interpreter.Busy, p.Span) {
		t.Fatal("an interpreter who is not free")
	}
}

// checkWhy: each day before the first full proposal has exactly one reason.
func checkWhy(t *rapid.T, w planner.Wish, got planner.Found) {
	until := w.Until.AddDate(0, 0, 1).Format(time.DateOnly)
	if len(got.Full) > 0 {
		until = got.Full[0].Start.In(amsterdam).Format(time.DateOnly)
	}
	day := w.From
	for _, why := range got.Why {
		if why.From != day.Format(time.DateOnly) || why.Until < why.From || why.Stage == "" {
			t.Fatalf("the reasons leave a hole at %s: %+v", day.Format(time.DateOnly), got.Why)
		}
		last, _ := time.ParseInLocation(time.DateOnly, why.Until, amsterdam)
		day = last.AddDate(0, 0, 1)
		if (why.Stage == planner.StageRules || why.Stage == planner.StageWants) && len(why.Rules) == 0 {
			t.Fatalf("a rule in the way that is not named: %+v", why)
		}
	}
	if day.Format(time.DateOnly) != until {
		t.Fatalf("days up to %s are explained, up to %s should be", day.Format(time.DateOnly), until)
	}
}

// TestTheNamedObstacleIsTheObstacle: when what a reason names is taken away,
// the day comes further.
func TestTheNamedObstacleIsTheObstacle(t *testing.T) {
	order := []planner.Stage{planner.StagePerson, planner.StageCompanion, planner.StageRoom, planner.StageInterpreter, planner.StageCrew, planner.StageRules, planner.StageWants}
	always := planner.Hours{Days: [7]bool{true, true, true, true, true, true, true}, From: 0, To: 24 * 60}
	rapid.Check(t, func(t *rapid.T) {
		c, w, r := randomWorld(t)
		w.Until = w.From
		got, err := planner.Search(context.Background(), c, w, r.judge)
		if err != nil || len(got.Why) == 0 {
			return
		}
		why := got.Why[0]
		switch why.Stage {
		case planner.StageCompanion:
			w.Companion = planner.Times{}
		case planner.StageRoom:
			c.Rooms = append(c.Rooms, planner.Room{ID: "new", Kind: "studio", Region: "north", Hours: always})
			c.Rooms = append(c.Rooms, planner.Room{ID: "new2", Kind: "studio", Region: "south", Hours: always})
		case planner.StageInterpreter:
			c.Interpreters = append(c.Interpreters, planner.Interpreter{ID: "new", Languages: []string{"ro"}, Sex: w.Sex, Hours: always})
		case planner.StageCrew:
			for _, name := range []string{"n1", "n2", "n3"} {
				for _, region := range []string{"north", "south"} {
					c.Workers = append(c.Workers, planner.Worker{Login: name + region, Region: region, Sex: w.Sex, Hours: always})
				}
			}
		default:
			return
		}
		r.cal = c
		again, err := planner.Search(context.Background(), c, w, r.judge)
		if err != nil {
			t.Fatal(err)
		}
		if len(again.Why) > 0 && slices.Index(order, again.Why[0].Stage) <= slices.Index(order, why.Stage) && margin(w) {
			t.Fatalf("%s was named, yet without it the day still fails at %s", why.Stage, again.Why[0].Stage)
		}
	})
}

// margin says that the person's times leave room for setting up and leaving a
// room within the day.
func margin(w planner.Wish) bool { return len(w.Person.Suits) > 0 && len(w.Companion.Suits) == 0 }
