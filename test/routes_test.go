package test

import (
	"context"
	"net/http"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"verhaal/internal/app/apptest"
	"verhaal/internal/client"
	"verhaal/internal/web"
)

// inhabited is an installation with one person for each power, and nobody.
func inhabited(t *testing.T) (*apptest.House, map[string]*client.Staff) {
	t.Helper()
	h := apptest.New(t)
	people := map[string]*client.Staff{"": client.NewStaff(h.Base), "administrator": h.Admin}
	for _, power := range []string{"officer", "prosecutor", "auditor", "statistics"} {
		people[power] = h.Member(t, power, power)
	}
	return h, people
}

var wildcard = regexp.MustCompile(`\{[^}]*\}`)

// TestEveryRouteAsksForItsPower walks all routes that are registered with
// everybody who could ask: nobody signed in gets in, and nobody without the power.
func TestEveryRouteAsksForItsPower(t *testing.T) {
	a, people := inhabited(t)
	guarded := 0
	for _, route := range a.Site.Routes() {
		method, pattern, _ := strings.Cut(route.Pattern, " ")
		path := wildcard.ReplaceAllString(strings.ReplaceAll(pattern, "{$}", ""), "police-avim")
		staffOnly := strings.HasPrefix(path, "/desk/") || strings.HasPrefix(path, "/admin/") || strings.HasPrefix(path, "/audit/")
		if staffOnly && route.Power == "" {
			t.Errorf("%s is open to everybody", route.Pattern)
		}
		if route.Power == "" || route.Power == web.AnyStaff {
			continue
		}
		guarded++
		for power, who := range people {
			if power == route.Power {
				continue
			}
			want := http.StatusForbidden
			if power == "" {
				want = http.StatusUnauthorized
			}
			status, err := who.Status(context.Background(), method, path)
			if err != nil {
				t.Fatal(err)
			}
			if status != want {
				t.Errorf("%s as %q: %d, want %d", route.Pattern, power, status, want)
			}
		}
	}
	if guarded < 20 {
		t.Errorf("only %d guarded routes; the test looks at nothing", guarded)
	}
}

var inDocument = regexp.MustCompile("`([A-Z]+ /[^` ]*)`")

// TestTheInterfaceAgreesWithItsDocument: docs/api.md names every route with its
// method, and no route that is not there.
func TestTheInterfaceAgreesWithItsDocument(t *testing.T) {
	a, _ := inhabited(t)
	document, err := os.ReadFile("../docs/api.md")
	if err != nil {
		t.Fatal(err)
	}
	var named []string
	for _, m := range inDocument.FindAllStringSubmatch(string(document), -1) {
		named = append(named, m[1])
	}
	// Machines ask for these two, past the pages.
	routes := []string{"GET /healthz", "GET /metrics"}
	for _, route := range a.Site.Routes() {
		pattern := strings.TrimSuffix(route.Pattern, "{$}")
		for _, lang := range []string{"nl", "en", "ar"} {
			pattern = strings.Replace(pattern, " /"+lang+"/", " /{lang}/", 1)
		}
		if routes = append(routes, pattern); !slices.Contains(named, pattern) {
			t.Errorf("docs/api.md does not name %q: add it with its power, request, answer and errors", pattern)
		}
	}
	for _, route := range named {
		if !slices.Contains(routes, route) {
			t.Errorf("docs/api.md names %q, which nothing answers: take it out or register it", route)
		}
	}
}
