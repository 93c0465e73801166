package planner_test

import (
	"context"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"slices"
	"sync"
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
	now   time.Time
}

func each(t *testing.T, f func(t *testing.T, x *house)) {
	dbtest.Each(t, func(t *testing.T, d *db.DB, w *db.Writer) {
		key, err := custody.NewKey("verhaal.test/log")
		ok(t, err)
		x := &house{now: time.Date(2026, 11, 23, 8, 0, 0, 0, amsterdam)}
		clock := func() time.Time { return x.now }
		x.log = custody.New(d, w, key, clock, slog.New(slog.DiscardHandler))
		x.Book = planner.New(d, x.log, func(context.Context) ([]planner.Colleague, error) { return x.staff, nil }, clock)
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

// plan searches and books as somebody at the planner would, until it has a slot.
func (x *house) plan(ctx context.Context, casefile string, r *rand.Rand) (planner.Proposal, error) {
	for {
		w := planner.Wish{From: x.now, Until: x.now.AddDate(0, 0, 13), Now: x.now, Length: 2 * time.Hour, Interviewers: 1, Kinds: kinds, Language: "ro", Most: 4}
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
			return x.Reserve(tx, "ann", casefile, "i1", p)
		})
		if fault.KeyOf(err) != "planner.fault.taken" {
			return p, err
		}
	}
}

// TestThirtyTwoWhoPlanAtOnceNeverBookAnythingTwice: everybody searches the same
// calendar and books what they like best, and some give theirs back and plan
// again meanwhile.
func TestThirtyTwoWhoPlanAtOnceNeverBookAnythingTwice(t *testing.T) {
	each(t, func(t *testing.T, x *house) {
		x.furnish(t, 4, 6, 3)
		ctx := t.Context()
		var wait sync.WaitGroup
		for i := range 32 {
			wait.Go(func() {
				r := rand.New(rand.NewPCG(uint64(i), 9))
				name := fmt.Sprint("case", i)
				for n := range 3 {
					if _, err := x.plan(ctx, name, r); err != nil {
						t.Errorf("planner %d: %v", i, err)
						return
					}
					if n == 2 {
						return
					}
					if _, err := x.log.Do(ctx, custody.Act{Kind: "case.interview_unbooked", Actor: "ann", Subject: name}, func(tx *db.Tx) error {
						return x.Release(tx, name, "i1", "room")
					}); err != nil {
						t.Errorf("planner %d: %v", i, err)
					}
				}
			})
		}
		wait.Wait()
		all, err := x.Between(ctx, planner.Span{Start: x.now, End: x.now.AddDate(0, 1, 0)})
		ok(t, err)
		if len(all) != 32 {
			t.Errorf("%d of 32 have a slot", len(all))
		}
		for i, a := range all {
			for _, b := range all[:i] {
				shared := slices.ContainsFunc(a.Who, func(who string) bool { return slices.Contains(b.Who, who) })
				if shared && a.Start.Before(b.End) && b.Start.Before(a.End) {
					t.Errorf("%v and %v are booked twice from %s", a.Who, b.Who, a.Start)
				}
			}
		}
	})
}

func TestASlotIsTakenWithItsMarginsAndGivenBackWhole(t *testing.T) {
	each(t, func(t *testing.T, x *house) {
		x.furnish(t, 1, 3, 1)
		ctx := t.Context()
		r := rand.New(rand.NewPCG(1, 1))
		p, err := x.plan(ctx, "a", r)
		ok(t, err)
		booking, err := x.Of(ctx, "a", "i1")
		ok(t, err)
		if len(booking.Who) != 4 || !booking.Start.Equal(p.Start) || booking.RoomName != "Studio 0" {
			t.Errorf("%+v", booking)
		}
		take := func(p planner.Proposal) error {
			_, err := x.log.Do(ctx, custody.Act{Kind: "case.interview_booked"}, func(tx *db.Tx) error { return x.Reserve(tx, "ann", "b", "i1", p) })
			return err
		}
		soon := p
		soon.Span = planner.Span{Start: p.End, End: p.End.Add(time.Hour)}
		wantFault(t, take(soon), fault.Conflict, "planner.fault.taken") // the room is being left
		_, err = x.log.Do(ctx, custody.Act{Kind: "case.interview_booked"}, func(tx *db.Tx) error { return x.Reserve(tx, "ann", "a", "i1", soon) })
		wantFault(t, err, fault.Conflict, "planner.fault.booked_already")
		_, err = x.log.Do(ctx, custody.Act{Kind: "case.interview_cancelled"}, func(tx *db.Tx) error { return x.Release(tx, "a", "i1", "person_ill") })
		ok(t, err)
		ok(t, take(soon))
		_, err = x.Of(ctx, "a", "i1")
		wantFault(t, err, fault.NotFound, "")

		// Who is away is not booked, and what is booked then is told.
		who := "staff/" + soon.Interviewers[0].ID
		clashes, err := x.AddAbsence(ctx, "pia", planner.Absence{Who: who, Why: "ill", Span: planner.Span{Start: x.now, End: x.now.AddDate(0, 0, 20)}})
		ok(t, err)
		if len(clashes) != 1 || clashes[0].Casefile != "b" {
			t.Errorf("clashes: %+v", clashes)
		}
		later := soon
		later.Span = planner.Span{Start: soon.Start.AddDate(0, 0, 1), End: soon.End.AddDate(0, 0, 1)}
		_, err = x.log.Do(ctx, custody.Act{Kind: "case.interview_booked"}, func(tx *db.Tx) error { return x.Reserve(tx, "ann", "c", "i1", later) })
		wantFault(t, err, fault.Conflict, "planner.fault.taken")
		away, err := x.Absences(ctx, x.now)
		ok(t, err)
		ok(t, x.RemoveAbsence(ctx, "pia", away[0].ID))
		_, err = x.log.Do(ctx, custody.Act{Kind: "case.interview_booked"}, func(tx *db.Tx) error { return x.Reserve(tx, "ann", "c", "i1", later) })
		ok(t, err)
	})
}

func TestACalendarIsReadByItsSecretAloneAndNamesNobody(t *testing.T) {
	each(t, func(t *testing.T, x *house) {
		x.furnish(t, 1, 2, 1)
		ctx := t.Context()
		p, err := x.plan(ctx, "a", rand.New(rand.NewPCG(1, 1)))
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
		_, err = x.AddAbsence(ctx, "pia", planner.Absence{Who: "room/" + id, Why: "ill", Span: planner.Span{Start: x.now, End: x.now}})
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
		_, err = x.AddAbsence(ctx, "pia", planner.Absence{Who: "room/" + rooms[0].It.ID, Why: "defect", Span: planner.Span{Start: x.now, End: x.now.AddDate(0, 0, 2)}})
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
