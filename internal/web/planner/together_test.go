package planner

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"verhaal/internal/casefile"
	"verhaal/internal/db"
	"verhaal/internal/db/dbtest"
	"verhaal/internal/fault"
	"verhaal/internal/planner"
)

// asked is one interview that a planner looks a slot for.
type asked struct {
	who     string
	file    casefile.File
	planned casefile.Planned
	// whether one is needed, as a form says it
	interpreter string
	sex         string
	regions     []string
	times       planner.Times
	visits      []planner.Visit
	booked      bool
}

var (
	regions = []string{"north", "south"}
	sites   = []string{"a", "b", "c"}
)

func randomHours(r *rand.Rand) planner.Hours {
	var h planner.Hours
	for d := 1; d < 6; d++ {
		h.Days[d] = r.IntN(6) > 0
	}
	h.Days[1+r.IntN(5)] = true
	h.From = (7 + r.IntN(3)) * 60
	h.To = (15 + r.IntN(5)) * 60
	return h
}

func (h *house) randomSpan(r *rand.Rand) planner.Span {
	at := h.now.AddDate(0, 0, r.IntN(6)).Add(time.Duration(r.IntN(40)) * planner.Tick)
	return planner.Span{Start: at, End: at.Add(time.Duration(1+r.IntN(24)) * planner.Tick)}
}

// furnish fills the calendar at random: some of it lacks what the pack asks.
func (h *house) furnish(t *testing.T, r *rand.Rand) {
	t.Helper()
	ctx := t.Context()
	var away []string
	for i := range 6 {
		kind := h.kinds()[r.IntN(len(h.kinds()))]
		if i < 4 {
			kind = h.kinds()[slices.IndexFunc(h.kinds(), func(k planner.Kind) bool { return k.ID == "child_friendly_studio" })]
		}
		equipment := kind.Equipment
		if i >= 4 && len(equipment) > 0 || i == 3 {
			equipment = equipment[1:]
		}
		id, err := h.book.SaveRoom(ctx, "pia", planner.Entry[planner.Room]{Used: true, It: planner.Room{Name: fmt.Sprint("Room ", i), Site: sites[r.IntN(3)],
			Region: regions[i%2], Kind: kind.ID, Adapted: r.IntN(2) == 0, Equipment: equipment, Hours: randomHours(r)}}, h.kinds())
		ok(t, err)
		away = append(away, "room/"+id)
	}
	for i, kind := range h.kinds() {
		if len(kind.Equipment) == 0 {
			continue
		}
		id, err := h.book.SaveItem(ctx, "pia", planner.Entry[planner.Item]{Used: true, It: planner.Item{Kind: kind.Equipment[0], Number: fmt.Sprint("Kit ", i),
			Region: "south", Mobile: true}}, h.kinds())
		ok(t, err)
		away = append(away, "equipment/"+id)
	}
	for i := range 14 {
		c := planner.Colleague{ID: fmt.Sprint("s", i), Login: fmt.Sprint("login", i), Name: fmt.Sprint("Name ", i)}
		for _, kind := range []string{"trafficking", "studio"} {
			if r.IntN(5) > 0 {
				c.Held = append(c.Held, planner.Held{Kind: kind, From: "2020-01-01", Until: h.now.AddDate(0, 0, r.IntN(30)).Format(time.DateOnly)})
			}
		}
		h.staff = append(h.staff, c)
		ok(t, h.book.SaveWorker(ctx, "pia", planner.Entry[planner.Worker]{Used: true, It: planner.Worker{ID: c.ID, Region: regions[r.IntN(2)], Sex: []string{"f", "m"}[i%2],
			Trainee: r.IntN(4) == 0, Hours: randomHours(r)}}))
		away = append(away, "staff/"+c.ID)
	}
	for i := range 4 {
		p := planner.Interpreter{Name: fmt.Sprint("Interpreter ", i), Languages: []string{"ro"}, Sex: []string{"f", "m"}[i%2], Hours: randomHours(r)}
		if i > 0 {
			p.Number, p.Until = fmt.Sprint(10000+i), h.now.AddDate(0, 0, 2+r.IntN(30)).Format(time.DateOnly)
		}
		id, err := h.book.SaveInterpreter(ctx, "pia", planner.Entry[planner.Interpreter]{Used: true, It: p})
		ok(t, err)
		away = append(away, "interpreter/"+id)
	}
	for _, who := range away {
		if r.IntN(3) == 0 {
			err := h.book.AddAbsence(ctx, "pia", planner.Absence{Who: who, Why: "leave", Span: h.randomSpan(r)})
			ok(t, err)
		}
	}
}

// wanted is an interview with its own wishes, drawn and not written yet.
func (h *house) wanted(r *rand.Rand, i int) *asked {
	a := &asked{who: fmt.Sprint("u", i), interpreter: []string{"true", "true", "false"}[r.IntN(3)]}
	if r.IntN(4) == 0 {
		a.sex = []string{"f", "m"}[r.IntN(2)]
	}
	if r.IntN(3) == 0 {
		a.regions = regions[r.IntN(2):][:1]
	}
	if r.IntN(2) == 0 {
		day := h.now.AddDate(0, 0, r.IntN(4)).Format(time.DateOnly)
		a.times = planner.Times{Suits: []planner.Hours{randomHours(r), randomHours(r)}, Never: []planner.Days{{From: day, Until: day}}}
	}
	if r.IntN(3) == 0 {
		a.visits = append(a.visits, planner.Visit{Site: sites[r.IntN(3)], Span: h.randomSpan(r)})
	}
	return a
}

// begin opens the case of an interview with what is known of it.
func (h *house) begin(ctx context.Context, a *asked) (err error) {
	if a.file, a.planned, err = h.girl(ctx, a.who, a.interpreter); err != nil {
		return err
	}
	if err := h.book.SetTimes(ctx, a.who, a.file.ID, a.planned.Person, planner.OfPerson, a.times); err != nil {
		return err
	}
	for _, v := range a.visits {
		if err := h.book.AddVisit(ctx, a.who, a.file.ID, v); err != nil {
			return err
		}
	}
	return nil
}

// plan searches and books as somebody at the page does, until there is a slot or
// nothing left; every slot that is not to be had must be explained.
func (h *house) plan(ctx context.Context, a *asked, r *rand.Rand) error {
	for {
		wish, err := h.known(ctx, a.who, a.file.ID, a.planned)
		if err != nil {
			return err
		}
		wish.From, wish.Until = h.now, h.now.AddDate(0, 0, 6)
		wish.Length, wish.Interviewers, wish.Sex, wish.Regions = 90*time.Minute, 1+r.IntN(2), a.sex, a.regions
		found, err := h.find(ctx, a.who, a.file, a.planned.ID, wish, nil)
		if err != nil {
			return err
		}
		if err := explained(wish, found); err != nil {
			return err
		}
		search, err := h.book.Keep(ctx, a.who, a.file.ID, a.planned.ID, a.file.Channel, wish, found)
		all := append(found.Full, found.Sooner...)
		if err != nil || len(all) == 0 {
			return err
		}
		p := all[r.IntN(len(all))]
		err = h.take(ctx, a.who, a.file, a.planned, chosen(search, p))
		if key := fault.KeyOf(err); key == "planner.fault.taken" || key == "planner.fault.search_again" {
			continue // somebody was quicker, or gave something better back
		}
		if err != nil {
			return err
		}
		if r.IntN(4) == 0 { // given back, and looked for again
			if err := h.cases.Unbook(ctx, a.who, a.file.ID, a.planned.ID, "room"); err != nil {
				return err
			}
			continue
		}
		a.booked = true
		return h.settle(ctx, a, p)
	}
}

func chosen(search string, p planner.Proposal) choice {
	c := choice{Search: search, Start: p.Start.Format(time.RFC3339), Room: p.Room.ID}
	for _, w := range p.Interviewers {
		c.Interviewers = append(c.Interviewers, w.ID)
	}
	if p.Director != nil {
		c.Director = p.Director.ID
	}
	if p.Interpreter != nil {
		c.Interpreter = p.Interpreter.ID
	}
	return c
}

// settle gives a reason for what the slot leaves out, checks the interpreter and
// confirms: the real pack refuses a plan that is not lawful.
func (h *house) settle(ctx context.Context, a *asked, p planner.Proposal) error {
	var reasons []string
	for _, rule := range p.Wants {
		reasons = append(reasons, "plan.reasons."+rule+"="+casefile.SealedWords)
	}
	if err := h.set(ctx, a.who, a.file.ID, a.planned.ID, strings.Join(reasons, "&")); err != nil {
		return err
	}
	if p.Interpreter != nil {
		err := h.cases.ClearInterpreter(ctx, a.who, a.file.ID, a.planned.ID, "bureau", func(tx *db.Tx) ([]string, error) {
			return h.book.Checked(tx, a.who, a.file.ID, p.Interpreter.ID, "bureau")
		})
		if err != nil {
			return err
		}
	}
	if err := h.cases.Confirm(ctx, a.who, a.file.ID, a.planned.ID); err != nil {
		return fmt.Errorf("the pack does not allow %+v: %w", p, err)
	}
	return nil
}

// explained holds a search to one reason for each day without a full slot.
func explained(w planner.Wish, found planner.Found) error {
	day, until := w.From, w.Until.AddDate(0, 0, 1).Format(time.DateOnly)
	if len(found.Full) > 0 {
		until = found.Full[0].Start.Format(time.DateOnly)
	}
	for _, why := range found.Why {
		if why.Stage == "" || why.From != day.Format(time.DateOnly) || why.Until < why.From {
			return fmt.Errorf("the reasons leave a hole at %s: %+v", day, found.Why)
		}
		for day.Format(time.DateOnly) <= why.Until {
			day = day.AddDate(0, 0, 1)
		}
	}
	if day.Format(time.DateOnly) != until {
		return fmt.Errorf("explained up to %s, not to %s: %+v", day, until, found.Why)
	}
	return nil
}

// TestThirtyTwoWhoPlanTogetherBookNothingTwiceAndNothingUnlawful: random
// calendars, real case files and the Dutch pack; what is held to account are the
// bookings as they are stored.
func TestThirtyTwoWhoPlanTogetherBookNothingTwiceAndNothingUnlawful(t *testing.T) {
	for seed := range uint64(2) {
		t.Run(fmt.Sprint("calendar ", seed), func(t *testing.T) {
			dbtest.Each(t, func(t *testing.T, d *db.DB, w *db.Writer) {
				h := open(t, d, w)
				r := rand.New(rand.NewPCG(seed, 7))
				h.furnish(t, r)
				var all []*asked
				for i := range 32 {
					all = append(all, h.wanted(r, i))
				}
				// Cases are opened together too: acts that wait for the disk share it.
				together(t, all, func(_ int, a *asked) error { return h.begin(t.Context(), a) })
				together(t, all, func(i int, a *asked) error { return h.plan(t.Context(), a, rand.New(rand.NewPCG(seed, uint64(i)))) })
				h.account(t, all)
			})
		})
	}
}

// together lets all planners do something at once, and waits for them.
func together(t *testing.T, all []*asked, act func(i int, a *asked) error) {
	t.Helper()
	var wait sync.WaitGroup
	for i, a := range all {
		wait.Go(func() {
			if err := act(i, a); err != nil {
				t.Errorf("planner %d: %v", i, err)
			}
		})
	}
	wait.Wait()
	if t.Failed() {
		t.FailNow()
	}
}

// account holds every stored booking to its room, its people and its person.
func (h *house) account(t *testing.T, all []*asked) {
	t.Helper()
	ctx := t.Context()
	stored, err := h.book.Between(ctx, planner.Span{Start: h.now.AddDate(0, 0, -1), End: h.now.AddDate(0, 0, 30)})
	ok(t, err)
	rooms, err := h.book.Rooms(ctx)
	ok(t, err)
	workers, err := h.book.Workers(ctx)
	ok(t, err)
	interpreters, err := h.book.Interpreters(ctx)
	ok(t, err)
	away, err := h.book.Absences(ctx, h.now)
	ok(t, err)
	held := map[string][]planner.Span{} // with their margins, by what is held
	for _, a := range away {
		held[a.Who] = append(held[a.Who], a.Span)
	}
	take := func(who string, s planner.Span, hours planner.Hours) {
		if slices.ContainsFunc(held[who], s.Overlaps) {
			t.Errorf("%s is held twice at %s", who, s.Start)
		}
		if !within(hours, s) {
			t.Errorf("%s is held outside %s at %s", who, hours, s.Start)
		}
		held[who] = append(held[who], s)
	}
	booked := 0
	for _, a := range all {
		if a.booked {
			booked++
		}
	}
	if len(stored) != booked || booked < 8 {
		t.Errorf("%d have a slot, %d are stored", booked, len(stored))
	}
	for _, b := range stored {
		a := all[slices.IndexFunc(all, func(a *asked) bool { return a.file.ID == b.Casefile })]
		room, err := entry(rooms, func(r planner.Room) bool { return r.ID == b.Room })
		ok(t, err)
		take("room/"+b.Room, wider(b.Span, 15*time.Minute), room.It.Hours)
		for _, who := range b.Who {
			kind, id, _ := strings.Cut(who, "/")
			sex := a.sex // of what is nobody
			switch kind {
			case "staff":
				w, err := entry(workers, func(w planner.Worker) bool { return w.ID == id })
				ok(t, err)
				span := b.Span
				if w.It.Region != room.It.Region {
					span = wider(span, 90*time.Minute)
				}
				take(who, span, w.It.Hours)
				sex = w.It.Sex
			case "equipment":
				take(who, wider(b.Span, 15*time.Minute), room.It.Hours)
			case "interpreter":
				i, err := entry(interpreters, func(i planner.Interpreter) bool { return i.ID == id })
				ok(t, err)
				take(who, b.Span, i.It.Hours)
				sex = i.It.Sex
			}
			if a.sex != "" && sex != a.sex {
				t.Errorf("%s comes, somebody of sex %s was wished", who, a.sex)
			}
		}
		if len(a.regions) > 0 && room.It.Region != a.regions[0] {
			t.Errorf("booked in %s, wished in %v", room.It.Region, a.regions)
		}
		if len(a.times.Suits) > 0 && !slices.ContainsFunc(a.times.Suits, func(one planner.Hours) bool { return within(one, b.Span) }) ||
			slices.ContainsFunc(a.times.Never, func(d planner.Days) bool { return d.From == b.Start.Format(time.DateOnly) }) {
			t.Errorf("%s does not suit the person: %+v", b.Start, a.times)
		}
		for _, v := range a.visits {
			if v.Site == room.It.Site && wider(v.Span, time.Hour).Overlaps(b.Span) {
				t.Errorf("somebody who must not be met is at %s at %s", v.Site, b.Start)
			}
		}
	}
}

func wider(s planner.Span, by time.Duration) planner.Span {
	return planner.Span{Start: s.Start.Add(-by), End: s.End.Add(by)}
}

// within says that hours hold a span, by the local clock.
func within(h planner.Hours, s planner.Span) bool {
	from, to := s.Start.Hour()*60+s.Start.Minute(), s.End.Hour()*60+s.End.Minute()
	return s.Start.YearDay() == s.End.YearDay() && h.Days[s.Start.Weekday()] && h.From <= from && to <= h.To
}
