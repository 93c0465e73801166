package planner_test

import (
	"slices"
	"testing"
	"time"

	"verhaal/internal/fault"
	"verhaal/internal/planner"
)

// TestWhatIsOutOfOrderMakesItsRoomUnfitAndAKitCanBeBrought: the only studio's
// camera breaks, a kit takes its place, and goes into one room at a time.
func TestWhatIsOutOfOrderMakesItsRoomUnfitAndAKitCanBeBrought(t *testing.T) {
	each(t, func(t *testing.T, x *house) {
		ctx := t.Context()
		x.furnish(t, 0, 6, 3)
		filmed := []planner.Kind{{ID: "studio", Most: 1, Directed: true, AnyAdapted: true, Equipment: []string{"camera"}}}
		var rooms []string
		for _, name := range []string{"One", "Two"} {
			id, err := x.SaveRoom(ctx, "pia", planner.Entry[planner.Room]{Used: true, It: planner.Room{Name: name, Site: name, Region: "r0", Kind: "studio", Hours: hours(office)}}, filmed)
			ok(t, err)
			rooms = append(rooms, id)
		}
		search := func() planner.Found {
			t.Helper()
			w := x.wish("p1")
			w.Kinds = filmed
			c, err := x.Load(ctx, "a", planner.Span{Start: w.From, End: w.Until.AddDate(0, 0, 1)})
			ok(t, err)
			found, err := planner.Search(ctx, c, w, rules{cal: c, studio: true, late: "9"}.judge)
			ok(t, err)
			return found
		}
		unequipped := func(found planner.Found, why string) {
			t.Helper()
			if len(found.Full) > 0 || !slices.ContainsFunc(found.Why[0].Tried, func(o planner.Tried) bool { return o.Name == "One" && o.Cause == planner.Unequipped }) {
				t.Fatalf("%s: %+v", why, found)
			}
		}
		reserve := func(casefile string, p planner.Proposal) error {
			w := x.wish("p1")
			w.Kinds = filmed
			return x.reserve(t, casefile, "i1", w, p)
		}
		unequipped(search(), "no camera anywhere")
		item := planner.Entry[planner.Item]{Used: true, It: planner.Item{Kind: "camera", Number: "C1", Room: rooms[0]}}
		camera, err := x.SaveItem(ctx, "pia", item, filmed)
		ok(t, err)
		found := search()
		if len(found.Full) == 0 || found.Full[0].Room.Name != "One" || len(found.Full[0].Kit) > 0 {
			t.Fatalf("with a camera in it: %+v", found)
		}
		ok(t, reserve("a", found.Full[0]))
		x.kinds = filmed
		second := planner.Entry[planner.Item]{Used: true, It: planner.Item{Kind: "camera", Number: "C3", Room: rooms[0]}}
		second.It.ID, err = x.SaveItem(ctx, "pia", second, filmed)
		ok(t, err)
		away := planner.Absence{Who: "equipment/" + camera, Why: "defect", Span: planner.Span{Start: x.now, End: x.now.AddDate(0, 0, 20)}}
		ok(t, x.AddAbsence(ctx, "pia", away)) // the other serves
		second.Version, second.Used = 1, false
		x.taken(t, "a", "pia a i1 slot_lost", func(seen ...string) error {
			_, err := x.SaveItem(ctx, "pia", second, filmed, seen...)
			return err
		})
		unequipped(search(), "the camera is broken")
		_, err = x.SaveItem(ctx, "pia", planner.Entry[planner.Item]{Used: true, It: planner.Item{Kind: "camera", Number: "K1", Region: "r0", Mobile: true}}, filmed)
		ok(t, err)
		p := search().Full[0]
		if len(p.Kit) != 1 || p.Kit[0].Number != "K1" {
			t.Fatalf("nothing is brought: %+v", p)
		}
		// The same kit is not in two rooms at once, nor within a quarter of an hour.
		ok(t, reserve("b", p))
		for _, r := range []string{rooms[0], rooms[1]} {
			again := p
			again.Room.ID, again.Span = r, planner.Span{Start: p.End.Add(15 * time.Minute), End: p.End.Add(75 * time.Minute)}
			wantFault(t, reserve("c", again), fault.Conflict, "planner.fault.taken")
		}
		_, err = x.SaveItem(ctx, "pia", item, filmed)
		wantFault(t, err, fault.Conflict, "planner.fault.changed_meanwhile") // the number is taken
		_, err = x.SaveItem(ctx, "pia", planner.Entry[planner.Item]{It: planner.Item{Kind: "camera", Number: "C2", Room: "nowhere"}}, filmed)
		wantFault(t, err, fault.BadInput, "planner.fault.stands")
		_, err = x.SaveItem(ctx, "pia", planner.Entry[planner.Item]{It: planner.Item{Kind: "piano", Number: "C2", Room: rooms[0]}}, filmed)
		wantFault(t, err, fault.BadInput, "")
	})
}
