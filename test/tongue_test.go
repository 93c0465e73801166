package test

import (
	"encoding/xml"
	"errors"
	"io"
	"io/fs"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"unicode"

	"go.yaml.in/yaml/v4"

	"verhaal/internal/client"
	"verhaal/packs"
)

// TestAnArabicPageSaysWhichOfItsWordsAreNotArabic walks the demonstration as its
// people, in Arabic. The rules and facts of the pack come in English there: who
// hears the page has to hear them as English, and they are set from the left.
func TestAnArabicPageSaysWhichOfItsWordsAreNotArabic(t *testing.T) {
	base, _ := demo(t)
	english := sentences(t)
	delete(english, "recruitment") // on a page it is a topic: a code that detectives typed
	read, marked := 0, 0
	for _, login := range []string{"avim", "planner", "prosecutor", "manager", "auditor", "admin"} {
		who := detective(t, base, login)
		if err := who.Speak(t.Context(), "ar"); err != nil {
			t.Fatal(err)
		}
		walk(t, who, func(path string, text said) {
			read++
			switch foreign := strings.IndexFunc(text.words, func(r rune) bool { return unicode.Is(unicode.Arabic, r) }) < 0; {
			case text.lang == "ar" && foreign && english[ruleID.ReplaceAllString(text.words, "")]:
				t.Errorf("%s says %q as if it were Arabic", path, text.words)
			case text.lang == "en" && !foreign:
				t.Errorf("%s says %q as if it were English", path, text.words)
			case text.lang == "en" && text.dir != "ltr":
				t.Errorf("%s sets %q from the right", path, text.words)
			case text.lang == "en":
				marked++
			}
		})
	}
	if read < 5000 || marked < 1000 {
		t.Errorf("%d texts, %d of them English: the test looks at nothing", read, marked)
	}
}

// sentences are the English words of the packs.
func sentences(t *testing.T) map[string]bool {
	t.Helper()
	out := map[string]bool{}
	var walk func(n *yaml.Node)
	walk = func(n *yaml.Node) {
		for i, child := range n.Content {
			if n.Kind == yaml.MappingNode && i%2 == 0 && child.Value == "en" {
				out[strings.TrimSpace(n.Content[i+1].Value)] = true
			}
			walk(child)
		}
	}
	err := fs.WalkDir(packs.FS, ".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || !strings.HasSuffix(path, ".yaml") {
			return err
		}
		raw, err := fs.ReadFile(packs.FS, path)
		if err != nil {
			return err
		}
		var doc yaml.Node
		if err := yaml.Load(raw, &doc); err != nil {
			return err
		}
		walk(&doc)
		return nil
	})
	if err != nil || len(out) < 500 {
		t.Fatalf("%d sentences, %v", len(out), err)
	}
	return out
}

var (
	ruleID = regexp.MustCompile(`^[A-Z]-[0-9]+[a-z]? `)
	ids    = regexp.MustCompile(`[a-z0-9]{16,}|[A-Z0-9]{16,}`)
	// Pages in other languages, and what is no page.
	elsewhere = regexp.MustCompile(`^/(en|nl|static)/|download|export|\.(csv|ics|html|pdf)$`)
)

// alike is how many pages that differ by an id alone are read.
const alike = 6

// walk visits the pages that lead from one to another, and gives their texts.
func walk(t *testing.T, who *client.Staff, visit func(path string, text said)) {
	t.Helper()
	seen, shapes := map[string]bool{}, map[string]int{}
	for next := []string{"/staff/account", "/ar/rules"}; len(next) > 0; next = next[1:] {
		path := next[0]
		page, err := who.Page(t.Context(), path)
		if err != nil || !strings.Contains(page, "<html") {
			continue // not for this person, or no page
		}
		texts, links, err := readPage(page)
		if err != nil {
			t.Errorf("%s: %v", path, err)
		}
		for _, text := range texts {
			visit(path, text)
		}
		at, err := url.Parse(path)
		if err != nil {
			t.Fatal(err)
		}
		for _, link := range links {
			to, err := at.Parse(link)
			if err != nil || to.Host != "" || to.Scheme != "" || elsewhere.MatchString(to.Path) {
				continue
			}
			to.Fragment = ""
			shape := ids.ReplaceAllString(to.Path, "id")
			if !seen[to.String()] && shapes[shape] < alike {
				seen[to.String()] = true
				shapes[shape]++
				next = append(next, to.String())
			}
		}
	}
}

// said is words on a page, with the language and the direction they are in.
type said struct{ words, lang, dir string }

// readPage gives the words of a page, and where it leads.
func readPage(page string) (texts []said, links []string, err error) {
	d := xml.NewDecoder(strings.NewReader(page))
	d.Strict, d.AutoClose, d.Entity = false, xml.HTMLAutoClose, xml.HTMLEntity
	within := []said{{}}
	for {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			return texts, links, nil
		}
		if err != nil {
			return texts, links, err
		}
		here := within[len(within)-1]
		switch token := token.(type) {
		case xml.StartElement:
			for _, a := range token.Attr {
				switch a.Name.Local {
				case "lang":
					here.lang = a.Value
				case "dir":
					here.dir = a.Value
				case "href":
					links = append(links, a.Value)
				}
			}
			within = append(within, here)
		case xml.EndElement:
			within = within[:len(within)-1]
		case xml.CharData:
			if here.words = strings.TrimSpace(string(token)); here.words != "" {
				texts = append(texts, here)
			}
		}
	}
}
