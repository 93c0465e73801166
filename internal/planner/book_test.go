package planner_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"verhaal/internal/custody"
	"verhaal/internal/db"
	"verhaal/internal/db/dbtest"
	"verhaal/internal/fault"
	"verhaal/internal/planner"
)

// house is a calendar on a database of its own.
type house struct {
	*planner.Book
	log   *custody.Log
	staff []planner.Colleague
	kinds []planner.Kind    // of the pack
	avoid map[string]string // whom they must not meet, by person
	fell  []string          // what cases were told
	now   time.Time
	db    *db.DB

	unreachable func(ctx context.Context, casefile string) error
}

func each(t *testing.T, f func(t *testing.T, x *house)) {
	dbtest.Each(t, func(t *testing.T, d *db.DB, w *db.Writer) {
		key, err := custody.NewKey("verhaal.test/log")
		ok(t, err)
		x := &house{db: d, kinds: kinds, now: time.Date(2026, 11, 23, 8, 0, 0, 0, amsterdam)}
		clock := func() time.Time { return x.now }
		x.log = custody.New(d, w, key, clock, slog.New(slog.DiscardHandler))
		x.Book = planner.New(d, x.log, planner.Around{Staff: func(context.Context) ([]planner.Colleague, error) { return x.staff, nil }, Clock: clock,
			Kinds:   func() []planner.Kind { return x.kinds },
			Avoided: func(_ db.Source, _, person string) ([]string, error) { return []string{x.avoid[person]}, nil },
			Fell: func(ctx context.Context, actor, casefile, interview, happened string) error {
				if x.unreachable != nil {
					if err := x.unreachable(ctx, casefile); err != nil {
						return err
					}
				}
				x.fell = append(x.fell, strings.Join([]string{actor, casefile, interview, happened}, " "))
				return nil
			}})
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

func hours(text string) planner.Hours {
	h, err := planner.ParseHours(text)
	if err != nil {
		panic(err)
	}
	return h
}

var office = "mo,tu,we,th,fr 09:00-17:00"

// furnish makes studios and people who all hold everything.
func (x *house) furnish(t *testing.T, rooms, people, interpreters int) {
	t.Helper()
	ctx := t.Context()
	for i := range rooms {
		_, err := x.SaveRoom(ctx, "pia", planner.Entry[planner.Room]{Used: true, It: planner.Room{Name: fmt.Sprint("Studio ", i), Site: "Station", Region: fmt.Sprint("r", i%2), Kind: "studio", Hours: hours(office)}}, kinds)
		ok(t, err)
	}
	for i := range people {
		id := fmt.Sprint("s", i)
		x.staff = append(x.staff, planner.Colleague{ID: id, Login: fmt.Sprint("login", i), Name: fmt.Sprint("Name ", i), Held: []planner.Held{
			{Kind: "trafficking", From: "2020-01-01", Until: "2030-01-01"}, {Kind: "studio", From: "2020-01-01", Until: "2030-01-01"}}})
		ok(t, x.SaveWorker(ctx, "pia", planner.Entry[planner.Worker]{Used: true, It: planner.Worker{ID: id, Region: fmt.Sprint("r", i%2), Hours: hours(office)}}))
	}
	for i := range interpreters {
		_, err := x.SaveInterpreter(ctx, "pia", planner.Entry[planner.Interpreter]{Used: true, It: planner.Interpreter{Name: fmt.Sprint("Interpreter ", i), Number: "123", Until: "2030-01-01", Languages: []string{"ro"}, Hours: hours(office)}})
		ok(t, err)
	}
}

// plan searches and books an interview as somebody at the planner would, until it
// has a slot.
func (x *house) plan(ctx context.Context, casefile, interview, person string, r *rand.Rand) (planner.Proposal, error) {
	for {
		w := planner.Wish{Of: person, From: x.now, Until: x.now.AddDate(0, 0, 13), Now: x.now, Length: 2 * time.Hour, Interviewers: 1, Kinds: kinds, Language: "ro", Most: 4}
		w, err := x.Recall(ctx, casefile, w)
		if err != nil {
			return planner.Proposal{}, err
		}
		c, err := x.Load(ctx, casefile, planner.Span{Start: w.From, End: w.Until.AddDate(0, 0, 1)})
		if err != nil {
			return planner.Proposal{}, err
		}
		found, err := planner.Search(ctx, c, w, rules{cal: c, studio: true, late: "9"}.judge)
		if err != nil || len(found.Full) == 0 {
			return planner.Proposal{}, err
		}
		p := found.Full[r.IntN(len(found.Full))]
		_, err = x.log.Do(ctx, custody.Act{Kind: "case.interview_booked", Actor: "ann", Subject: casefile}, func(tx *db.Tx) error {
			return x.Reserve(tx, "ann", casefile, interview, w, p)
		})
		if fault.KeyOf(err) != "planner.fault.taken" {
			return p, err
		}
	}
}

func TestASlotIsTakenWithItsMarginsAndGivenBackWhole(t *testing.T) {
	each(t, func(t *testing.T, x *house) {
		x.furnish(t, 1, 3, 1)
		ctx := t.Context()
		r := rand.New(rand.NewPCG(1, 1))
		p, err := x.plan(ctx, "a", "i1", "p1", r)
		ok(t, err)
		booking, err := x.Of(ctx, "a", "i1")
		ok(t, err)
		if len(booking.Who) != 4 || !booking.Start.Equal(p.Start) || booking.RoomName != "Studio 0" {
			t.Errorf("%+v", booking)
		}
		takeFor := func(casefile string, p planner.Proposal) error {
			w := planner.Wish{Interviewers: 1, Kinds: kinds, Language: "ro"}
			_, err := x.log.Do(ctx, custody.Act{Kind: "case.interview_booked"}, func(tx *db.Tx) error { return x.Reserve(tx, "ann", casefile, "i1", w, p) })
			return err
		}
		take := func(p planner.Proposal) error { return takeFor("b", p) }
		soon := p
		soon.Span = planner.Span{Start: p.End, End: p.End.Add(time.Hour)}
		wantFault(t, take(soon), fault.Conflict, "planner.fault.taken") // the room is being left
		wantFault(t, takeFor("a", soon), fault.Conflict, "planner.fault.booked_already")
		_, err = x.log.Do(ctx, custody.Act{Kind: "case.interview_cancelled"}, func(tx *db.Tx) error { return x.Release(tx, "a", "i1", "person_ill") })
		ok(t, err)
		ok(t, take(soon))
		_, err = x.Of(ctx, "a", "i1")
		wantFault(t, err, fault.NotFound, "")

		// Who is away is not booked, and what is booked then is told.
		who := "staff/" + soon.Interviewers[0].ID
		x.taken(t, "b", "pia b i1 slot_lost", func(seen ...string) error {
			return x.AddAbsence(ctx, "pia", planner.Absence{Who: who, Why: "ill", Span: planner.Span{Start: x.now, End: x.now.AddDate(0, 0, 20)}}, seen...)
		})
		later := soon
		later.Span = planner.Span{Start: soon.Start.AddDate(0, 0, 1), End: soon.End.AddDate(0, 0, 1)}
		wantFault(t, takeFor("c", later), fault.Conflict, "planner.fault.taken")
		away, err := x.Absences(ctx, x.now)
		ok(t, err)
		ok(t, x.RemoveAbsence(ctx, "pia", away[0].ID))
		ok(t, takeFor("c", later))
	})
}

// TestACalendarIsReadInWholeQuarters: what touches a quarter takes it, whether
// it is a booking or an absence, and what ends before is not read.
func TestACalendarIsReadInWholeQuarters(t *testing.T) {
	each(t, func(t *testing.T, x *house) {
		x.furnish(t, 1, 2, 1)
		ctx := t.Context()
		p, err := x.plan(ctx, "a", "i1", "p1", rand.New(rand.NewPCG(1, 1)))
		ok(t, err)
		day := time.Date(2026, 12, 1, 0, 0, 0, 0, amsterdam)
		at := func(minutes int) time.Time { return day.Add(time.Duration(minutes) * time.Minute) }
		for _, minutes := range [][2]int{{-60, -45}, {547, 601}, {600, 630}, {24*60 + 1, 24*60 + 2}} {
			ok(t, x.AddAbsence(ctx, "pia", planner.Absence{Who: "room/" + p.Room.ID, Why: "defect", Span: planner.Span{Start: at(minutes[0]), End: at(minutes[1])}}))
		}
		busy := func(s planner.Span) map[string]bool {
			t.Helper()
			c, err := x.Load(ctx, "b", s)
			ok(t, err)
			out := map[string]bool{}
			for _, b := range c.Rooms[0].Busy {
				out[b.Start.Format("2 15:04")+b.End.Format("-15:04")] = true
			}
			return out
		}
		if got := busy(planner.Span{Start: day, End: day.AddDate(0, 0, 1)}); !maps.Equal(got, map[string]bool{"1 09:00-10:15": true, "1 10:00-10:30": true}) {
			t.Errorf("the day is read as %v", got)
		}
		margin := 15 * time.Minute
		whole := p.Start.Add(-margin).Format("2 15:04") + p.End.Add(margin).Format("-15:04")
		if got := busy(planner.Span{Start: x.now, End: day.AddDate(0, 0, 7)}); len(got) != 5 || !got[whole] {
			t.Errorf("the booking of %s and four absences are read as %v", whole, got)
		}
	})
}

func TestACalendarIsReadByItsSecretAloneAndNamesNobody(t *testing.T) {
	each(t, func(t *testing.T, x *house) {
		x.furnish(t, 1, 2, 1)
		ctx := t.Context()
		p, err := x.plan(ctx, "a", "i1", "p1", rand.New(rand.NewPCG(1, 1)))
		ok(t, err)
		secret, err := x.MakeFeed(ctx, "ann", "room/"+p.Room.ID)
		ok(t, err)
		got, err := x.Feed(ctx, secret)
		ok(t, err)
		if len(got) != 1 || !got[0].Start.Equal(p.Start) {
			t.Errorf("%+v", got)
		}
		fresh, err := x.MakeFeed(ctx, "ann", "room/"+p.Room.ID)
		ok(t, err)
		_, err = x.Feed(ctx, secret)
		wantFault(t, err, fault.NotFound, "")
		_, err = x.Feed(ctx, fresh)
		ok(t, err)
		_, err = x.MakeFeed(ctx, "ann", "case/a")
		wantFault(t, err, fault.BadInput, "")
		feeds, err := x.Feeds(ctx)
		ok(t, err)
		if len(feeds) != 1 || !feeds["room/"+p.Room.ID].Equal(x.now) {
			t.Errorf("there are %v", feeds)
		}
		ok(t, x.EndFeed(ctx, "pia", "room/"+p.Room.ID))
		_, err = x.Feed(ctx, fresh)
		wantFault(t, err, fault.NotFound, "")
		wantFault(t, x.EndFeed(ctx, "pia", "room/"+p.Room.ID), fault.Conflict, "planner.fault.changed_meanwhile")
		if feeds, err = x.Feeds(ctx); err != nil || len(feeds) > 0 {
			t.Errorf("left are %v, %v", feeds, err)
		}
	})
}

// taken holds a change that takes something away from the one booking of a case to
// what it must do: without whoever makes it having seen that booking nothing is
// kept, and with it the case is told.
func (x *house) taken(t *testing.T, casefile, told string, change func(seen ...string) error) {
	t.Helper()
	before := len(x.fell)
	for _, seen := range [][]string{nil, {"another"}} {
		err := change(seen...)
		wantFault(t, err, fault.Conflict, "planner.fault.clashes")
		var clash *planner.Clash
		if !errors.As(err, &clash) || len(clash.Bookings) != 1 || clash.Bookings[0].Casefile != casefile || len(x.fell) != before {
			t.Fatalf("clashes with %v, told %q", err, x.fell)
		}
	}
	booking, err := x.Of(t.Context(), casefile, "i1")
	ok(t, err)
	ok(t, change(booking.ID))
	if !slices.Equal(x.fell[before:], []string{told}) {
		t.Errorf("told are %q", x.fell[before:])
	}
}

// TestWhatIsTakenOutOfUseIsSeenByWhoeverRestsOnIt: a room, somebody or an interpreter;
// what changes nothing for a booking asks nothing.
func TestWhatIsTakenOutOfUseIsSeenByWhoeverRestsOnIt(t *testing.T) {
	each(t, func(t *testing.T, x *house) {
		ctx := t.Context()
		x.furnish(t, 1, 3, 1)
		p := x.proposed(t, "a", x.wish("p1"))
		ok(t, x.reserve(t, "a", "i1", x.wish("p1"), p))
		var version int64 = 1
		stands := func(key string) {
			t.Helper()
			err := x.Stands(x.db.Source(ctx), "a", "i1", "")
			if key == "" {
				ok(t, err)
			} else {
				wantFault(t, err, fault.Conflict, key)
			}
		}
		stands("")
		room := planner.Entry[planner.Room]{Used: true, Version: version, It: p.Room}
		save := func(change func(*planner.Entry[planner.Room])) func(seen ...string) error {
			return func(seen ...string) error {
				e := room
				e.Version = version
				change(&e)
				_, err := x.SaveRoom(ctx, "pia", e, kinds, seen...)
				if err == nil {
					version++
				}
				return err
			}
		}
		ok(t, save(func(e *planner.Entry[planner.Room]) { e.It.Name = "Another name" })())
		x.taken(t, "a", "pia a i1 slot_lost", save(func(e *planner.Entry[planner.Room]) { e.Used = false }))
		stands("planner.fault.gone")
		// What has fallen already is not asked about again.
		ok(t, save(func(e *planner.Entry[planner.Room]) { e.Used, e.It.Name = false, "A third name" })())
		ok(t, save(func(*planner.Entry[planner.Room]) {})())
		stands("")

		worker := planner.Entry[planner.Worker]{Version: 1, It: p.Interviewers[0]}
		x.taken(t, "a", "pia a i1 slot_lost", func(seen ...string) error { return x.SaveWorker(ctx, "pia", worker, seen...) })
		stands("planner.fault.gone")
		worker.Used, worker.Version = true, 2
		ok(t, x.SaveWorker(ctx, "pia", worker))
		here := x.staff
		x.staff = slices.DeleteFunc(slices.Clone(here), func(c planner.Colleague) bool { return c.ID == worker.It.ID })
		stands("planner.fault.gone") // they left
		x.staff = here
		stands("")
		interpreter := planner.Entry[planner.Interpreter]{Version: 1, It: *p.Interpreter}
		x.taken(t, "a", "pia a i1 slot_lost", func(seen ...string) error {
			_, err := x.SaveInterpreter(ctx, "pia", interpreter, seen...)
			return err
		})
		stands("planner.fault.gone")
	})
}

// TestACaseThatCannotBeToldLosesNothing: the change is kept, the other cases are told,
// and whoever made it reads that something went wrong.
func TestACaseThatCannotBeToldLosesNothing(t *testing.T) {
	each(t, func(t *testing.T, x *house) {
		x.furnish(t, 1, 3, 1)
		ctx, leave := context.WithCancel(t.Context())
		for _, casefile := range []string{"a", "b"} {
			p := x.proposed(t, casefile, x.wish("p1"))
			ok(t, x.reserve(t, casefile, "i1", x.wish("p1"), p))
		}
		room, err := x.Of(ctx, "a", "i1")
		ok(t, err)
		other, err := x.Of(ctx, "b", "i1")
		ok(t, err)
		x.unreachable = func(ctx context.Context, casefile string) error {
			leave() // the browser is gone
			if casefile == "a" {
				return fault.New(fault.Unavailable, "", "no database")
			}
			return ctx.Err()
		}
		away := planner.Absence{Who: "room/" + room.Room, Why: "defect", Span: planner.Span{Start: x.now, End: x.now.AddDate(0, 0, 20)}}
		wantFault(t, x.AddAbsence(ctx, "pia", away, room.ID, other.ID), fault.Unavailable, "")
		if !slices.Equal(x.fell, []string{"pia b i1 slot_lost"}) {
			t.Errorf("told are %q", x.fell)
		}
		if all, err := x.Absences(t.Context(), x.now); err != nil || len(all) != 1 {
			t.Errorf("kept are %v, %v", all, err)
		}
	})
}

func TestTwoWhoChangeOneRoomBothSeeItAndBadInputIsNamed(t *testing.T) {
	each(t, func(t *testing.T, x *house) {
		ctx := t.Context()
		room := planner.Entry[planner.Room]{Used: true, It: planner.Room{Name: "Studio", Site: "Station", Region: "north", Kind: "studio", Hours: hours(office)}}
		id, err := x.SaveRoom(ctx, "pia", room, kinds)
		ok(t, err)
		_, err = x.SaveRoom(ctx, "pia", room, kinds)
		wantFault(t, err, fault.Conflict, "planner.fault.changed_meanwhile") // the name is taken
		room.It.ID, room.Version = id, 1
		room.It.Region = "south"
		_, err = x.SaveRoom(ctx, "pia", room, kinds)
		ok(t, err)
		_, err = x.SaveRoom(ctx, "pia", room, kinds)
		wantFault(t, err, fault.Conflict, "planner.fault.changed_meanwhile")
		room.It.Kind = "dungeon"
		_, err = x.SaveRoom(ctx, "pia", room, kinds)
		wantFault(t, err, fault.BadInput, "")
		wantFault(t, x.SaveWorker(ctx, "pia", planner.Entry[planner.Worker]{It: planner.Worker{ID: "nobody", Region: "north", Hours: hours(office)}}), fault.NotFound, "")
		_, err = x.SaveInterpreter(ctx, "pia", planner.Entry[planner.Interpreter]{It: planner.Interpreter{Name: "I", Number: "5", Languages: []string{"ro"}, Hours: hours(office)}})
		wantFault(t, err, fault.BadInput, "planner.fault.sworn")
		_, err = x.SaveInterpreter(ctx, "pia", planner.Entry[planner.Interpreter]{It: planner.Interpreter{Name: "I", Languages: []string{"Romanian"}, Hours: hours(office)}})
		wantFault(t, err, fault.BadInput, "planner.fault.languages")
		err = x.AddAbsence(ctx, "pia", planner.Absence{Who: "room/" + id, Why: "ill", Span: planner.Span{Start: x.now, End: x.now}})
		wantFault(t, err, fault.BadInput, "planner.fault.span")
		rooms, err := x.Rooms(ctx)
		ok(t, err)
		if len(rooms) != 1 || rooms[0].It.Region != "south" || rooms[0].Version != 2 {
			t.Errorf("%+v", rooms)
		}
	})
}

func TestASearchIsKeptWithWhatItTried(t *testing.T) {
	each(t, func(t *testing.T, x *house) {
		x.furnish(t, 1, 2, 1)
		ctx := t.Context()
		rooms, err := x.Rooms(ctx)
		ok(t, err)
		err = x.AddAbsence(ctx, "pia", planner.Absence{Who: "room/" + rooms[0].It.ID, Why: "defect", Span: planner.Span{Start: x.now, End: x.now.AddDate(0, 0, 2)}})
		ok(t, err)
		w := planner.Wish{From: x.now, Until: x.now.AddDate(0, 0, 13), Now: x.now, Length: time.Hour, Interviewers: 1, Kinds: []planner.Kind{{ID: "child_friendly_studio"}, kinds[1]}, Most: 1}
		c, err := x.Load(ctx, "a", planner.Span{Start: w.From, End: w.Until})
		ok(t, err)
		for i := range c.Rooms {
			c.Rooms[i].Kind = "child_friendly_studio"
		}
		found, err := planner.Search(ctx, c, w, func(c planner.Candidate) (planner.Verdict, error) {
			if c.RoomKind == "plain" {
				return planner.Verdict{Blocks: []string{"S-19"}}, nil
			}
			return planner.Verdict{}, nil
		})
		ok(t, err)
		id, err := x.Keep(ctx, "ann", "a", "i1", "police-avim", w, found)
		ok(t, err)
		kept, err := x.Searched(ctx, "a", "i1", id)
		ok(t, err)
		if kept.Outcome != planner.StudioFull || kept.Full != "2026-11-25 09:15" || kept.Why[0].Tried[0].Cause != planner.Taken {
			t.Errorf("%+v", kept)
		}
		_, err = x.Searched(ctx, "b", "i1", id)
		wantFault(t, err, fault.NotFound, "")
		var sought []planner.Sought
		ok(t, x.EachStudio(ctx, x.now.Unix()+1, func(s planner.Sought) { sought = append(sought, s) }))
		if len(sought) != 1 || !sought[0].Full || sought[0].Channel != "police-avim" {
			t.Errorf("%+v", sought)
		}
		if cited, is := planner.Cited(planner.Cite(id)); !is || cited != id {
			t.Error("a reason does not name its search")
		}
	})
}

func FuzzHours(f *testing.F) {
	for _, text := range []string{office, "mo 00:00-24:00", "", "mo,mo 09:00-10:00", "xx 1-2", "su 10:00-09:00"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		h, err := planner.ParseHours(text)
		if err != nil {
			return
		}
		again, err := planner.ParseHours(h.String())
		if err != nil || again != h {
			t.Errorf("%q reads as %v, and that as %v (%v)", text, h, again, err)
		}
	})
}
