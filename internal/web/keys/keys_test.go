package keys_test

import (
	"net/http"
	"strings"
	"testing"

	"verhaal/internal/app/apptest"
	"verhaal/internal/client"
)

const police = "police-avim"

// routes are all of a ring.
var routes = [][2]string{{"GET", "/wraps"}, {"GET", "/duty"}, {"POST", "/epoch"}, {"POST", "/wraps"}}

func TestWhoMayNotReadADeskTodayGetsAndGivesNoKey(t *testing.T) {
	house := apptest.New(t)
	officer, id := house.Seated(t, "own", police)
	stranger, _ := house.Seated(t, "other", "labour-authority")
	asks := func(who *client.Staff, method, route string, want int) {
		t.Helper()
		if got, err := who.Status(t.Context(), method, "/desk/"+police+route); err != nil || got != want {
			t.Errorf("%s %s: %d, want %d (%v)", method, route, got, want, err)
		}
	}
	for _, route := range routes {
		asks(stranger, route[0], route[1], http.StatusForbidden)
	}
	asks(officer, "GET", "/wraps", http.StatusOK)
	asks(officer, "GET", "/duty", http.StatusOK)

	held, err := house.Members.Certificates(t.Context(), id)
	must(t, err)
	must(t, house.Members.Revoke(t.Context(), id, id, held[0].ID))
	for _, route := range routes {
		asks(officer, route[0], route[1], http.StatusForbidden)
	}
}

func TestAKeyIsGivenToEachHolderUnderTheirOwnAlone(t *testing.T) {
	house := apptest.New(t)
	first, _ := house.Seated(t, "first", police)
	page := func(who *client.Staff) string {
		t.Helper()
		body, err := who.Page(t.Context(), "/desk/"+police+"/wraps")
		must(t, err)
		return strings.TrimSpace(body)
	}
	own := page(first)
	if strings.Count(own, `"wrapped"`) != 1 {
		t.Errorf("the holder of one epoch gets %s", own)
	}
	second, _ := house.Seated(t, "second", police)
	if got := page(second); got != "[]" {
		t.Errorf("who has no wrap yet gets %s", got)
	}
	must(t, first.DoDuty(t.Context(), police))
	if got := page(second); strings.Count(got, `"wrapped"`) != 1 || got == own {
		t.Errorf("a colleague gets %s", got)
	}
	if page(first) != own {
		t.Error("passing the key on changed the holder's own")
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
