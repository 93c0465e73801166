package planner_test

import (
	"fmt"
	"testing"
	"time"

	"verhaal/internal/planner"
)

// TestASignatureForThesePeopleIsForNobodyElse: whom the plan names is proposed when the
// rules let them, in the order of the plan, and nobody like them on their signature.
func TestASignatureForThesePeopleIsForNobodyElse(t *testing.T) {
	day := time.Date(2026, 11, 23, 0, 0, 0, 0, amsterdam)
	c := planner.Calendar{Rooms: []planner.Room{{ID: "r", Name: "r", Region: "north", Kind: "plain", Hours: hours(office)}}}
	for i := range 6 {
		c.Workers = append(c.Workers, planner.Worker{ID: fmt.Sprint("w", i), Login: fmt.Sprint("w", i), Region: "north", Hours: hours(office)})
	}
	signed := "[w4 w2]"
	search := func(crew ...string) planner.Found {
		t.Helper()
		w := planner.Wish{From: day, Until: day.AddDate(0, 0, 1), Now: day, Length: time.Hour, Interviewers: 2, Kinds: kinds, Crew: crew, Most: 3}
		found, err := planner.Search(t.Context(), c, w, func(one planner.Candidate) (planner.Verdict, error) {
			switch {
			case one.Ideal:
				return planner.Verdict{}, nil
			case fmt.Sprint(one.Interviewers) == signed:
				return planner.Verdict{Signed: true}, nil
			}
			return planner.Verdict{Blocks: []string{"certificate"}}, nil
		})
		ok(t, err)
		return found
	}
	found := search("w4", "w2")
	if len(found.Full) != 3 {
		t.Fatalf("they are never proposed: %+v", found.Why)
	}
	for _, p := range found.Full {
		if p.Interviewers[0].Login != "w4" || p.Interviewers[1].Login != "w2" {
			t.Errorf("proposed are %+v", p.Interviewers)
		}
	}
	for _, crew := range [][]string{nil, {"w2", "w4"}, {"w4"}, {"w4", "gone"}} {
		if found := search(crew...); len(found.Full)+len(found.Sooner) > 0 || found.Why[0].Stage != planner.StageRules {
			t.Errorf("with %v in the plan: %+v", crew, found)
		}
	}
	// The first two who are asked about, and nobody named: what holds for them is kept for them.
	signed = "[w0 w1]"
	c.Workers[0].Busy = []planner.Span{{Start: day.Add(12 * time.Hour), End: day.AddDate(0, 0, 2)}}
	for _, p := range search().Full {
		if p.Interviewers[0].Login != "w0" || p.Interviewers[1].Login != "w1" {
			t.Errorf("on a signature for w0 and w1 come %+v", p.Interviewers)
		}
	}
}
