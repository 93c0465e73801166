package planner_test

import (
	"slices"
	"testing"
	"time"

	"verhaal/internal/custody"
	"verhaal/internal/db"
	"verhaal/internal/fault"
	"verhaal/internal/planner"
)

// TestASlotFallsWithWhatDoesNotFitAnyMore: whoever changes a room, a colleague or an
// interpreter sees which bookings rest on what they were, and back again they stand.
func TestASlotFallsWithWhatDoesNotFitAnyMore(t *testing.T) {
	each(t, func(t *testing.T, x *house) {
		ctx := t.Context()
		x.furnish(t, 1, 2, 0)
		_, err := x.SaveInterpreter(ctx, "pia", planner.Entry[planner.Interpreter]{Used: true, It: planner.Interpreter{Name: "Popa", Number: "1", Until: "2030-01-01",
			Languages: []string{"ro"}, Sex: "f", Hours: hours(office)}})
		ok(t, err)
		workers, err := x.Workers(ctx)
		ok(t, err)
		for _, e := range workers {
			e.It.Sex = "f"
			ok(t, x.SaveWorker(ctx, "pia", e))
		}
		w := x.wish("p1")
		w.Sex, w.Regions = "f", []string{"r0"}
		p := x.proposed(t, "a", w)
		ok(t, x.reserve(t, "a", "i1", w, p))

		room := func(change func(*planner.Room)) func(...string) error {
			return func(seen ...string) error {
				all, err := x.Rooms(ctx)
				ok(t, err)
				change(&all[0].It)
				_, err = x.SaveRoom(ctx, "pia", all[0], kinds, seen...)
				return err
			}
		}
		interpreter := func(change func(*planner.Interpreter)) func(...string) error {
			return func(seen ...string) error {
				all, err := x.Interpreters(ctx)
				ok(t, err)
				change(&all[0].It)
				_, err = x.SaveInterpreter(ctx, "pia", all[0], seen...)
				return err
			}
		}
		worker := func(change func(*planner.Worker)) func(...string) error {
			return func(seen ...string) error {
				all, err := x.Workers(ctx)
				ok(t, err)
				change(&all[0].It)
				return x.SaveWorker(ctx, "pia", all[0], seen...)
			}
		}
		day := p.Start.Format(time.DateOnly)
		for name, c := range map[string]struct{ away, back func(...string) error }{
			"another kind of room":                    {room(func(r *planner.Room) { r.Kind = "plain" }), room(func(r *planner.Room) { r.Kind = "studio" })},
			"a region not asked for":                  {room(func(r *planner.Room) { r.Region = "r1" }), room(func(r *planner.Room) { r.Region = "r0" })},
			"a room that is closed":                   {room(func(r *planner.Room) { r.Hours = hours("sa 09:00-17:00") }), room(func(r *planner.Room) { r.Hours = hours(office) })},
			"off the register":                        {interpreter(func(t *planner.Interpreter) { t.Number = "" }), interpreter(func(t *planner.Interpreter) { t.Number, t.Until = "1", day })},
			"an entry that ends before":               {interpreter(func(t *planner.Interpreter) { t.Until = "2026-11-01" }), interpreter(func(t *planner.Interpreter) { t.Until = day })},
			"another language":                        {interpreter(func(t *planner.Interpreter) { t.Languages = []string{"pl"} }), interpreter(func(t *planner.Interpreter) { t.Languages = []string{"pl", "ro"} })},
			"an interpreter of another sex":           {interpreter(func(t *planner.Interpreter) { t.Sex = "m" }), interpreter(func(t *planner.Interpreter) { t.Sex = "f" })},
			"an interpreter who works at other times": {interpreter(func(t *planner.Interpreter) { t.Hours = hours("sa 09:00-17:00") }), interpreter(func(t *planner.Interpreter) { t.Hours = hours(office) })},
			"a colleague who works at other times":    {worker(func(w *planner.Worker) { w.Hours = hours("sa 09:00-17:00") }), worker(func(w *planner.Worker) { w.Hours = hours(office) })},
			"a colleague of another sex":              {worker(func(w *planner.Worker) { w.Sex = "m" }), worker(func(w *planner.Worker) { w.Sex = "f" })},
		} {
			t.Log(name)
			ok(t, x.Stands(x.db.Source(ctx), "a", "i1", ""))
			x.taken(t, "a", "pia a i1 slot_lost", c.away)
			wantFault(t, x.Stands(x.db.Source(ctx), "a", "i1", ""), fault.Conflict, "planner.fault.gone")
			fallen := 0
			ok(t, x.Fallen(x.db.Source(ctx), func(casefile, interview string) { fallen++ }))
			if fallen != 1 {
				t.Errorf("%d have fallen", fallen)
			}
			ok(t, c.back())
		}
		sworn, known, err := x.Sworn(x.db.Source(ctx), "a", "i1")
		if !sworn || !known || err != nil {
			t.Errorf("on the last day of the entry: %v %v %v", sworn, known, err)
		}
		ok(t, x.SetTimes(ctx, "ann", "a", "p1", planner.OfCompanion, planner.Times{Never: []planner.Days{{From: "2026-12-24", Until: "2026-12-26"}}}))
		ok(t, x.Suits(x.db.Source(ctx), "a", "p1", day))
		wantFault(t, x.Suits(x.db.Source(ctx), "a", "p1", "2026-12-25"), fault.Conflict, "planner.fault.day")
	})
}

// TestARoomThatGoesToTheBuildingOfASuspectIsSeenAtOnce: whoever moves it reads which
// interview would meet one there, and the case is told.
func TestARoomThatGoesToTheBuildingOfASuspectIsSeenAtOnce(t *testing.T) {
	each(t, func(t *testing.T, x *house) {
		x.furnish(t, 2, 8, 4)
		ctx := t.Context()
		x.avoid = map[string]string{"p1": "p2", "p2": "p1"}
		move := func(name, site string) func(...string) error {
			return func(seen ...string) error {
				all, err := x.Rooms(ctx)
				ok(t, err)
				e := all[slices.IndexFunc(all, func(e planner.Entry[planner.Room]) bool { return e.It.Name == name })]
				e.It.Site = site
				_, err = x.SaveRoom(ctx, "pia", e, kinds, seen...)
				return err
			}
		}
		_, err := x.SaveRoom(ctx, "pia", planner.Entry[planner.Room]{Used: true, It: planner.Room{Name: "Quay", Site: "Harbour", Region: "r1", Kind: "studio", Hours: hours(office)}}, kinds)
		ok(t, err)
		victims := x.proposed(t, "a", x.wish("p1", "p2"))
		ok(t, x.reserve(t, "a", "i1", x.wish("p1", "p2"), victims))
		suspects := x.proposed(t, "a", x.wish("p2", "p1"))
		if suspects.Room.Name != "Quay" || !suspects.Overlaps(victims.Span) {
			t.Fatalf("the suspect comes to %s at %s", suspects.Room.Name, suspects.Start)
		}
		ok(t, x.reserve(t, "a", "i2", x.wish("p2", "p1"), suspects))
		x.taken(t, "a", "pia a i1 slot_lost", move(victims.Room.Name, "Harbour"))
		fallen := 0
		ok(t, x.Fallen(x.db.Source(ctx), func(casefile, interview string) { fallen++ }))
		if fallen != 2 {
			t.Errorf("%d have fallen", fallen)
		}
		ok(t, move(victims.Room.Name, "Station")())
		ok(t, x.Fallen(x.db.Source(ctx), func(casefile, interview string) { t.Errorf("%s falls though they don't meet", interview) }))
	})
}

// TestWhoIsKeptAwayForGoodIsNotClearedAgain, and a slot with them does not stand.
func TestWhoIsKeptAwayForGoodIsNotClearedAgain(t *testing.T) {
	each(t, func(t *testing.T, x *house) {
		ctx := t.Context()
		x.furnish(t, 1, 2, 1)
		p := x.proposed(t, "a", x.wish("p1"))
		ok(t, x.reserve(t, "a", "i1", x.wish("p1"), p))
		slot, err := x.Of(ctx, "a", "i1")
		ok(t, err)
		act := func(do func(tx *db.Tx) error) error {
			_, err := x.log.Do(ctx, custody.Act{Kind: "case.interpreter"}, do)
			return err
		}
		ok(t, act(func(tx *db.Tx) error { _, err := x.Conflicts(tx, "a", p.Interpreter.ID, slot.ID); return err }))
		wantFault(t, act(func(tx *db.Tx) error { _, err := x.Checked(tx, "ann", "a", p.Interpreter.ID, "bureau"); return err }), fault.Conflict, "planner.fault.conflict")
		wantFault(t, x.Stands(x.db.Source(ctx), "a", "i1", ""), fault.Conflict, "planner.fault.gone")
		fallen := 0
		ok(t, x.Fallen(x.db.Source(ctx), func(casefile, interview string) { fallen++ }))
		if fallen != 1 {
			t.Errorf("%d have fallen", fallen)
		}
	})
}
