package planner_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
	"time"

	"verhaal/internal/custody"
	"verhaal/internal/db"
	"verhaal/internal/fault"
	"verhaal/internal/planner"
)

// reserve takes a slot as it is, whatever a search would say of it.
func (x *house) reserve(t *testing.T, casefile, interview string, w planner.Wish, p planner.Proposal) error {
	t.Helper()
	_, err := x.log.Do(t.Context(), custody.Act{Kind: "case.interview_booked"}, func(tx *db.Tx) error { return x.Reserve(tx, "ann", casefile, interview, w, p) })
	return err
}

// proposed is the first slot that a search finds for a wish.
func (x *house) proposed(t *testing.T, casefile string, w planner.Wish) planner.Proposal {
	t.Helper()
	c, err := x.Load(t.Context(), casefile, planner.Span{Start: x.now, End: x.now.AddDate(0, 0, 14)})
	ok(t, err)
	w, err = x.Recall(t.Context(), casefile, w)
	ok(t, err)
	found, err := planner.Search(t.Context(), c, w, rules{cal: c, studio: true, late: "9"}.judge)
	ok(t, err)
	if len(found.Full) == 0 {
		t.Fatalf("nothing found: %+v", found.Why)
	}
	return found.Full[0]
}

func (x *house) wish(of string, avoid ...string) planner.Wish {
	return planner.Wish{Of: of, Avoid: avoid, From: x.now, Until: x.now.AddDate(0, 0, 12), Now: x.now, Length: 2 * time.Hour, Interviewers: 1, Kinds: kinds, Language: "ro", Most: 1}
}

// TestABookingIsHeldToTheWishEvenIfItsSlotIsMadeUp: a slot that a search would
// not propose now is refused inside the act, whoever posts it.
func TestABookingIsHeldToTheWishEvenIfItsSlotIsMadeUp(t *testing.T) {
	each(t, func(t *testing.T, x *house) {
		x.furnish(t, 2, 6, 2)
		ctx := t.Context()
		p := x.proposed(t, "a", x.wish("p1"))
		day := p.Start.Format(time.DateOnly)
		taken := func(why string, w planner.Wish, p planner.Proposal) {
			t.Helper()
			if err := x.reserve(t, "a", "i1", w, p); fault.KeyOf(err) != "planner.fault.taken" {
				t.Fatalf("%s: %v", why, err)
			}
		}
		other := x.wish("p1")
		other.Sex = "f"
		taken("nobody of the sex that is wished", other, p)
		other = x.wish("p1")
		other.Regions = []string{"elsewhere"}
		taken("a region that was not asked for", other, p)
		other = x.wish("p1")
		other.Language = "hu"
		taken("an interpreter of another language", other, p)

		for _, whose := range []string{planner.OfPerson, planner.OfCompanion} {
			ok(t, x.SetTimes(ctx, "ann", "a", "p1", whose, planner.Times{Never: []planner.Days{{From: day, Until: day}}}))
			taken("a day that is out of the question for the "+whose, x.wish("p1"), p)
			ok(t, x.SetTimes(ctx, "ann", "a", "p1", whose, planner.Times{Version: 1, Suits: []planner.Hours{hours("sa 09:00-10:00"), hours("su 09:00-17:00")}}))
			taken("hours that do not suit the "+whose, x.wish("p1"), p)
			wantFault(t, x.SetTimes(ctx, "ann", "a", "p1", whose, planner.Times{Version: 1}), fault.Conflict, "planner.fault.changed_meanwhile")
			ok(t, x.SetTimes(ctx, "ann", "a", "p1", whose, planner.Times{Version: 2}))
		}

		visit := planner.Visit{Site: p.Room.Site, Span: planner.Span{Start: p.End.Add(59 * time.Minute), End: p.End.Add(2 * time.Hour)}}
		ok(t, x.AddVisit(ctx, "ann", "a", visit)) // nothing is booked yet
		taken("somebody who must not be met is there", x.wish("p1"), p)
		w, err := x.Recall(ctx, "a", x.wish("p1"))
		ok(t, err)
		ok(t, x.EndVisit(ctx, "ann", "a", w.Apart[0].ID))
		wantFault(t, x.EndVisit(ctx, "ann", "b", w.Apart[0].ID), fault.Conflict, "")

		ok(t, x.reserve(t, "a", "i1", x.wish("p1"), p))
		x.taken(t, "a", "ann a i1 visit_added", func(seen ...string) error { return x.AddVisit(ctx, "ann", "a", visit, seen...) })
		w, err = x.Recall(ctx, "a", x.wish("p1"))
		ok(t, err)
		ok(t, x.EndVisit(ctx, "ann", "a", w.Apart[0].ID))
		x.taken(t, "a", "ann a i1 times_changed", func(seen ...string) error {
			return x.SetTimes(ctx, "ann", "a", "p1", planner.OfPerson, planner.Times{Version: 3, Never: []planner.Days{{From: day, Until: day}}}, seen...)
		})
	})
}

// TestTheInterviewOfASuspectKeepsTheirVictimsAway, without anybody entering it,
// and until it is given back.
func TestTheInterviewOfASuspectKeepsTheirVictimsAway(t *testing.T) {
	each(t, func(t *testing.T, x *house) {
		x.furnish(t, 2, 8, 4)
		p := x.proposed(t, "a", x.wish("p2", "p1"))
		ok(t, x.reserve(t, "a", "i2", x.wish("p2", "p1"), p))
		victims := x.proposed(t, "a", x.wish("p1", "p2"))
		if victims.Start.Before(p.End.Add(time.Hour)) {
			t.Errorf("the victim comes at %s, the suspect leaves at %s", victims.Start, p.End)
		}
		meeting := x.proposed(t, "a", x.wish("p1"))
		if fault.KeyOf(x.reserve(t, "a", "i1", x.wish("p1", "p2"), meeting)) != "planner.fault.taken" {
			t.Error("they meet")
		}
		_, err := x.log.Do(t.Context(), custody.Act{Kind: "case.interview_unbooked"}, func(tx *db.Tx) error { return x.Release(tx, "a", "i2", "room") })
		ok(t, err)
		ok(t, x.reserve(t, "a", "i1", x.wish("p1", "p2"), meeting))
	})
}

// TestNobodyIsInTwoRoomsAtOnce: rooms and people are free for all of it, and of each
// person eight interviews are looked for at once.
func TestNobodyIsInTwoRoomsAtOnce(t *testing.T) {
	each(t, func(t *testing.T, x *house) {
		x.furnish(t, 8, 40, 16)
		ctx := t.Context()
		var wait sync.WaitGroup
		for i := range 32 {
			wait.Go(func() {
				if _, err := x.plan(ctx, "a", fmt.Sprint("i", i), fmt.Sprint("p", i%4), rand.New(rand.NewPCG(uint64(i), 1))); err != nil {
					t.Errorf("planner %d: %v", i, err)
				}
			})
		}
		wait.Wait()
		all, err := x.Between(ctx, planner.Span{Start: x.now, End: x.now.AddDate(0, 0, 14)})
		ok(t, err)
		if len(all) != 32 {
			t.Errorf("%d are booked", len(all))
		}
		taken := map[int][]planner.Span{}
		for _, one := range all {
			var i int
			_, err := fmt.Sscanf(one.Interview, "i%d", &i)
			ok(t, err)
			if slices.ContainsFunc(taken[i%4], wider(one.Span, 15*time.Minute).Overlaps) {
				t.Errorf("p%d is in two rooms at %s", i%4, one.Start)
			}
			taken[i%4] = append(taken[i%4], one.Span)
		}
	})
}

func TestTiesOfAnInterpreterAreKnownForOneCaseAlone(t *testing.T) {
	each(t, func(t *testing.T, x *house) {
		x.furnish(t, 2, 6, 2)
		ctx := t.Context()
		p := x.proposed(t, "a", x.wish("p1"))
		ok(t, x.reserve(t, "a", "i1", x.wish("p1"), p))
		who := p.Interpreter.ID
		act := func(f func(tx *db.Tx) ([]string, error)) (booked []string) {
			t.Helper()
			_, err := x.log.Do(ctx, custody.Act{Kind: "case.interpreter"}, func(tx *db.Tx) (err error) {
				booked, err = f(tx)
				return err
			})
			ok(t, err)
			return booked
		}
		cleared := func(casefile string) (is bool) {
			act(func(tx *db.Tx) (none []string, err error) { is, err = x.Cleared(tx, casefile, "i1"); return nil, err })
			return is
		}
		if cleared("a") {
			t.Error("cleared though nobody checked")
		}
		if got := act(func(tx *db.Tx) ([]string, error) { return x.Checked(tx, "ann", "a", who, "bureau") }); !slices.Equal(got, []string{"i1"}) || !cleared("a") {
			t.Errorf("the check is about %v", got)
		}
		for casefile, asked := range map[string]string{"a": "bureau", "b": ""} {
			if c, err := x.CheckOf(ctx, casefile, who); err != nil || c.Asked != asked || c.Conflict {
				t.Errorf("%s: %+v %v", casefile, c, err)
			}
		}
		seen, err := x.Of(ctx, "a", "i1")
		ok(t, err)
		_, err = x.log.Do(ctx, custody.Act{Kind: "case.interpreter"}, func(tx *db.Tx) error { _, err := x.Conflicts(tx, "a", who); return err })
		wantFault(t, err, fault.Conflict, "planner.fault.clashes")
		if got := act(func(tx *db.Tx) ([]string, error) { return x.Conflicts(tx, "a", who, seen.ID) }); !slices.Equal(got, []string{"i1"}) || cleared("a") {
			t.Errorf("ties are about %v", got)
		}
		if other := x.proposed(t, "a", x.wish("p1")); other.Interpreter.ID == who {
			t.Error("proposed again")
		}
		p.Start, p.End = p.Start.AddDate(0, 0, 1), p.End.AddDate(0, 0, 1)
		wantFault(t, x.reserve(t, "a", "i3", x.wish("p1"), p), fault.Conflict, "planner.fault.taken")
		ok(t, x.reserve(t, "b", "i1", x.wish("p1"), p))
	})
}

// TestANarrowSearchIsNoReason: "if possible" is excused by what looked
// everywhere for two weeks from its own day on, and by nothing less.
func TestANarrowSearchIsNoReason(t *testing.T) {
	at := time.Date(2026, 11, 23, 8, 0, 0, 0, amsterdam)
	slot := time.Date(2026, 11, 25, 9, 15, 0, 0, amsterdam)
	wide := planner.Kept{At: at.UTC(), From: "2026-11-23", Until: "2026-12-06"}
	change := func(f func(*planner.Kept)) planner.Kept { k := wide; f(&k); return k }
	for name, c := range map[string]struct {
		kept planner.Kept
		want bool
	}{
		"nothing in two weeks":        {wide, true},
		"nothing in thirteen days":    {change(func(k *planner.Kept) { k.Until = "2026-12-05" }), false},
		"one region":                  {change(func(k *planner.Kept) { k.Regions = []string{"north"} }), false},
		"not from today on":           {change(func(k *planner.Kept) { k.From, k.Until = "2026-11-24", "2026-12-24" }), false},
		"the soonest full":            {change(func(k *planner.Kept) { k.Full, k.Until = "2026-11-25 09:15", "2026-11-25" }), true},
		"sooner than the first full":  {change(func(k *planner.Kept) { k.Full = "2026-11-26 09:15" }), false},
		"the soonest full, one place": {change(func(k *planner.Kept) { k.Full, k.Regions = "2026-11-25 09:15", []string{"north"} }), false},
	} {
		if got := c.kept.Excuses(slot); got != c.want {
			t.Errorf("%s: excuses %v", name, got)
		}
	}
}
