package audit_test

import (
	"math"
	"net/http"
	"strings"
	"testing"

	"verhaal/internal/app/apptest"
	"verhaal/internal/client"
)

const police = "police-avim"

// told is a house in which somebody told, and an officer looked at all of it.
func told(t *testing.T) (house *apptest.House, words []string) {
	t.Helper()
	house = apptest.New(t)
	officer, _ := house.Seated(t, "visser", police)
	receipt := house.Told(t, police, "They keep our passports.", client.Identity{Name: "Nadia Worker", Contact: "nadia@example.org"})
	ids, _, err := officer.Queue(t.Context(), police)
	must(t, err)
	c, err := officer.Open(t.Context(), police, ids[0])
	must(t, err)
	_, err = officer.OpenIdentity(t.Context(), c, "safety", "Her brother waits outside.")
	must(t, err)
	must(t, officer.Answer(t.Context(), c, "Where are you now?"))
	return house, []string{"passports", "Nadia", "nadia@", "brother", "Where are you", receipt.Digits(), "visser", "A. Admin"}
}

func TestTheLogLeadsToNobodyAndTellsNothingThatWasSealed(t *testing.T) {
	house, words := told(t)
	auditor := house.Member(t, "mulder", "auditor")
	must(t, house.Log.Grow(t.Context()))
	for _, path := range []string{"/audit/", "/audit/download"} {
		body, err := auditor.Page(t.Context(), path)
		must(t, err)
		for _, kind := range []string{"report.received", "identity.opened"} {
			if !strings.Contains(body, kind) {
				t.Errorf("%s does not show %s", path, kind)
			}
		}
		for _, word := range words {
			if strings.Contains(body, word) {
				t.Errorf("%s says %q", path, word)
			}
		}
	}
	if read, taken := house.Acts(t, "log.read"), house.Acts(t, "log.exported"); len(read) != 1 || len(taken) != 1 {
		t.Errorf("reading and taking the log are kept as %v and %v", read, taken)
	}
}

func TestOnlyAuditorsAndHoldersOfAReadersKeyReadTheLog(t *testing.T) {
	house := apptest.New(t)
	auditor := house.Member(t, "mulder", "auditor")
	key, err := house.Log.NewReader(t.Context(), "somebody")
	must(t, err)
	must(t, house.Log.Grow(t.Context()))
	checkpoint := func(key string) int {
		t.Helper()
		req, err := http.NewRequestWithContext(t.Context(), "GET", house.Base+"/log/checkpoint", nil)
		must(t, err)
		if key != "" {
			req.Header.Set("Authorization", "Bearer "+key)
		}
		res, err := http.DefaultClient.Do(req)
		must(t, err)
		must(t, res.Body.Close())
		return res.StatusCode
	}
	if none, wrong, right := checkpoint(""), checkpoint(key+"x"), checkpoint(key); none != 403 || wrong != 403 || right != 200 {
		t.Errorf("without a key %d, with another %d, with a reader's %d", none, wrong, right)
	}
	for who, want := range map[*client.Staff]int{auditor: 200, house.Admin: 403, client.NewStaff(house.Base): 403} {
		if got, err := who.Status(t.Context(), "GET", "/log/checkpoint"); err != nil || got != want {
			t.Errorf("%d, want %d (%v)", got, want, err)
		}
	}
	entries, err := house.Log.Entries(t.Context(), math.MaxInt64, 1000)
	must(t, err)
	for _, e := range entries {
		if strings.Contains(string(e.Leaf), key) {
			t.Error("the log has a reader's key in it")
		}
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
