package test

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

var (
	docLink  = regexp.MustCompile(`\]\(([^)\s]+)\)`)
	absolute = regexp.MustCompile(`^[a-z]+:`)
	heading  = regexp.MustCompile(`(?m)^#+ (.*)$`)
	// What stays of a heading in the name that links to it.
	unnamed = regexp.MustCompile(`[^\p{L}\p{N}_\- ]`)
)

// TestWhatTheDocsPointAtIsThere: each link from one page to another leads to a
// page, a heading or a picture that exists, and each picture is shown.
func TestWhatTheDocsPointAtIsThere(t *testing.T) {
	pages, links, shown := docs(t), 0, []string{}
	for page, text := range pages {
		for _, m := range docLink.FindAllStringSubmatch(text, -1) {
			path, anchor, _ := strings.Cut(m[1], "#")
			if absolute.MatchString(path) {
				continue
			}
			links++
			target := page
			if path != "" {
				target = filepath.Join(filepath.Dir(page), path)
			}
			if _, err := os.Stat(target); err != nil {
				t.Errorf("%s points at %s, which is not there", page, m[1])
			}
			if anchor != "" && !slices.Contains(headings(pages[target]), anchor) {
				t.Errorf("%s points at %s, which has no such heading", page, m[1])
			}
			shown = append(shown, target)
		}
	}
	pictures, err := filepath.Glob("../docs/images/*")
	if err != nil || links < 50 || len(pictures) < 20 {
		t.Fatalf("%d links, %d pictures, %v: the test looks at nothing", links, len(pictures), err)
	}
	for _, picture := range pictures {
		if !slices.Contains(shown, picture) {
			t.Errorf("no page shows %s", picture)
		}
	}
}

// docs are the pages that people read, by where they are.
func docs(t *testing.T) map[string]string {
	t.Helper()
	out := map[string]string{}
	read := func(path string) error {
		raw, err := os.ReadFile(path)
		out[path] = string(raw)
		return err
	}
	err := filepath.WalkDir("../docs", func(path string, d fs.DirEntry, err error) error {
		if err != nil || filepath.Ext(path) != ".md" {
			return err
		}
		return read(path)
	})
	if err == nil {
		err = read("../README.md")
	}
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// headings are the names that a page's headings go by in a link.
func headings(page string) (names []string) {
	for _, m := range heading.FindAllStringSubmatch(page, -1) {
		names = append(names, strings.ReplaceAll(unnamed.ReplaceAllString(strings.ToLower(m[1]), ""), " ", "-"))
	}
	return names
}
