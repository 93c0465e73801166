package room

import (
	"net/url"
	"testing"

	"verhaal/internal/policy"
	"verhaal/packs"
)

// TestWhoHasNoCertificateTodayIsTold: the one for trafficking too, in a room that
// asks for none of its own; and what runs is not stopped for it.
func TestWhoHasNoCertificateTodayIsTold(t *testing.T) {
	pack, err := policy.Load(packs.FS, "nl")
	if err != nil {
		t.Fatal(err)
	}
	facts, err := pack.FactsFromForm(url.Values{"plan.date": {"2026-11-25"}, "plan.room.kind": {"interview_room"}, "plan.interviewers.0.id": {"ann"}, "report.exploitation": {"sexual"}}, "2026-11-25")
	if err != nil {
		t.Fatal(err)
	}
	d, err := pack.Decide(facts, "2026-11-25")
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ state, running, want string }{{"valid", "", "good"}, {"ended", "", "bad"}, {"missing", "", "bad"}, {"ended", "r1", "warn"}} {
		p := recordPage{Running: c.running, People: []person{{Name: "Ann", Role: "interviewer", Certificates: []certificate{{policy.TraffickingCertificate, c.state, ""}}}}}
		if p.preflight(d); p.Certificates != c.want {
			t.Errorf("%s %s: %q, want %q", c.state, c.running, p.Certificates, c.want)
		}
	}
}
