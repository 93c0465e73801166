package test

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

var (
	registered = regexp.MustCompile(`(?:Handle|HandleStaff|HandleFunc)\(mux, "([A-Z]+ /[^"]*)"|HandleFunc\("([A-Z]+ /[^"]*)"|\bat\("([A-Z]+ /[^"]*)"`)
	inLanguage = regexp.MustCompile(`\bat\("([A-Z]+)", "(/[^"]*)"`)
	inDocument = regexp.MustCompile("`([A-Z]+ /[^` ]*)`")
)

// TestTheInterfaceAgreesWithItsDocument reads the sources: docs/api.md names
// every route with its method, and no route that is not there.
func TestTheInterfaceAgreesWithItsDocument(t *testing.T) {
	sources, err := filepath.Glob("../internal/web/*/*.go")
	if err != nil {
		t.Fatal(err)
	}
	var routes []string
	for _, name := range append(sources, "../internal/app/pages.go") {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		source, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range registered.FindAllStringSubmatch(string(source), -1) {
			routes = append(routes, strings.TrimSuffix(m[1]+m[2]+m[3], "{$}"))
		}
		for _, m := range inLanguage.FindAllStringSubmatch(string(source), -1) {
			routes = append(routes, strings.TrimSuffix(m[1]+" /{lang}"+m[2], "{$}"))
		}
	}
	if len(routes) < 50 {
		t.Fatalf("only %d routes were found in the sources; the test looks at nothing", len(routes))
	}
	document, err := os.ReadFile("../docs/api.md")
	if err != nil {
		t.Fatal(err)
	}
	var named []string
	for _, m := range inDocument.FindAllStringSubmatch(string(document), -1) {
		named = append(named, m[1])
	}
	for _, route := range routes {
		if !slices.Contains(named, route) {
			t.Errorf("docs/api.md does not name %q: add it with its power, request, answer and errors", route)
		}
	}
	for _, route := range named {
		if !slices.Contains(routes, route) {
			t.Errorf("docs/api.md names %q, which nothing answers: take it out or register it", route)
		}
	}
}
