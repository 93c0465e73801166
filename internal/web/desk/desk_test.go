package desk_test

import (
	"errors"
	"net/http"
	"strings"
	"testing"

	"verhaal/internal/app/apptest"
	"verhaal/internal/client"
)

const police, labour = "police-avim", "labour-authority"

func TestAnOfficerOfAnotherDeskFindsNoReport(t *testing.T) {
	house := apptest.New(t)
	own, _ := house.Seated(t, "own", police)
	other, _ := house.Seated(t, "other", labour)
	house.Told(t, police, "They keep our passports.", client.Identity{})
	id := only(t, own, police)
	for _, c := range []struct {
		who          *client.Staff
		method, path string
		want         int
	}{
		{own, "GET", "/desk/police-avim/" + id, http.StatusOK},
		{own, "GET", "/desk/labour-authority/" + id, http.StatusForbidden},
		{other, "GET", "/desk/police-avim/", http.StatusForbidden},
		{other, "GET", "/desk/police-avim/" + id, http.StatusForbidden},
		{other, "GET", "/desk/labour-authority/" + id, http.StatusNotFound},
		{other, "POST", "/desk/labour-authority/" + id + "/open", http.StatusNotFound},
		{other, "POST", "/desk/labour-authority/" + id + "/identity", http.StatusNotFound},
		{other, "POST", "/desk/labour-authority/" + id + "/answer", http.StatusNotFound},
		{other, "POST", "/desk/labour-authority/" + id + "/hand-over/prepare", http.StatusNotFound},
	} {
		if got, err := c.who.Status(t.Context(), c.method, c.path); err != nil || got != c.want {
			t.Errorf("%s %s: %d, want %d (%v)", c.method, c.path, got, c.want, err)
		}
	}
	if acts := house.Acts(t, "report.opened"); len(acts) > 0 {
		t.Errorf("looking at the facts opened something: %s", acts)
	}
}

func TestWhoReportedIsSeenForAReasonOnlyAndByAnAct(t *testing.T) {
	house := apptest.New(t)
	officer, id := house.Seated(t, "own", police)
	house.Told(t, police, "They keep our passports.", client.Identity{Name: "N. Worker", SafeContact: "Only here."})
	c, err := officer.Open(t.Context(), police, only(t, officer, police))
	must(t, err)
	if acts := house.Acts(t, "report.opened"); len(acts) != 1 || !strings.Contains(acts[0], id) {
		t.Errorf("opening is kept as %s", acts)
	}
	var no *client.Refusal
	if who, err := officer.OpenIdentity(t.Context(), c, "curiosity", "I wonder."); !errors.As(err, &no) || no.Key != "fault.reason_needed" {
		t.Errorf("no reason of the list gives %+v, %v", who, err)
	}
	if acts := house.Acts(t, "identity.opened"); len(acts) > 0 {
		t.Errorf("what was refused is kept as %s", acts)
	}
	who, err := officer.OpenIdentity(t.Context(), c, "safety", "She may be followed.")
	if err != nil || who.Name != "N. Worker" || who.SafeContact != "Only here." {
		t.Errorf("who reported: %+v, %v", who, err)
	}
	acts := house.Acts(t, "identity.opened")
	if len(acts) != 1 || !strings.Contains(acts[0], id) || !strings.Contains(acts[0], `"safety"`) {
		t.Errorf("opening who reported is kept as %s", acts)
	}
}

// only is the one report in the queue of a desk.
func only(t *testing.T, who *client.Staff, channel string) string {
	t.Helper()
	ids, _, err := who.Queue(t.Context(), channel)
	must(t, err)
	if len(ids) != 1 {
		t.Fatalf("%d reports in the queue of %s", len(ids), channel)
	}
	return ids[0]
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
