package casefile

import "testing"

// TestANotedContactThatReachedSomebodyIsTheFirstContact: one that reached nobody is
// none, nor one that was before the report, and a mistake is taken back.
func TestANotedContactThatReachedSomebodyIsTheFirstContact(t *testing.T) {
	each(t, func(t *testing.T, x *fixture) {
		ctx, id := t.Context(), x.opened(t).ID
		she := x.victim(t, id, grown)
		ok(t, x.SetContactPlan(ctx, "ann", id, she, ContactPlan{Ways: []string{"call"}}))
		call := func(result string) {
			t.Helper()
			ok(t, x.Contact(ctx, "ann", id, she, "call", result, ""))
		}
		met := func(want string) {
			t.Helper()
			if c := x.clockOf(t, id, "first_contact", ""); c.Met != want {
				t.Errorf("the first contact was on %q, want %q", c.Met, want)
			}
		}
		call("reached") // about something else
		x.now = x.now.AddDate(0, 0, 1)
		x.noted(t, id, reportReceived, "", "2026-11-24")
		call("no_answer")
		met("")
		call("reached")
		met("2026-11-24")
		x.now = x.now.AddDate(0, 0, 1)
		call("reached")
		x.takenBack(t, id, contactMade, "2026-11-24") // it was somebody else
		met("2026-11-25")
	})
}
