package lang

import (
	"bytes"
	"io"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"verhaal/locales"
)

func quiet() *slog.Logger { return slog.New(slog.NewTextHandler(io.Discard, nil)) }

func load(t *testing.T, files map[string]string) *Bundle {
	t.Helper()
	b, err := Load(tree(files), quiet())
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func tree(files map[string]string) fstest.MapFS {
	fsys := fstest.MapFS{}
	for name, body := range files {
		fsys[name] = &fstest.MapFile{Data: []byte(body)}
	}
	return fsys
}

func TestEveryTextIsCompleteInEveryLanguage(t *testing.T) {
	b, err := Load(locales.FS, quiet())
	if err != nil {
		t.Fatal(err)
	}
	gaps, err := b.Gaps()
	if err != nil {
		t.Fatal(err)
	}
	for _, g := range gaps {
		t.Error(g)
	}
	for _, l := range []string{"en", "nl", "ar"} {
		if !b.Has(l) {
			t.Errorf("language %s is gone", l)
		}
	}
	for _, n := range b.Names() {
		if n.Name == "" || n.Name == n.Lang {
			t.Errorf("language %s does not say its own name", n.Lang)
		}
	}
	if b.Missed() != 0 {
		t.Errorf("%d texts missed", b.Missed())
	}
}

// numbers selects each of the six forms of Arabic once (CLDR plural rules).
var numbers = map[string]string{
	"en/x.yaml": "x.n: {one: '{{.Count}} report', other: '{{.Count}} reports'}",
	"ar/x.yaml": "x.n: {zero: 'zero', one: 'one', two: 'two', few: 'few {{.Count}}', many: 'many {{.Count}}', other: 'other {{.Count}}'}",
	"pl/x.yaml": "x.n: {one: 'one', few: 'few', many: 'many', other: 'other {{.Count}}'}",
	"ja/x.yaml": "x.n: {other: '{{.Count}} 件'}",
}

func TestPluralFormsFollowTheLanguage(t *testing.T) {
	b := load(t, numbers)
	for _, c := range []struct {
		lang string
		n    int
		want string
	}{
		{"en", 1, "1 report"}, {"en", 0, "0 reports"}, {"en", 21, "21 reports"},
		{"ar", 0, "zero"}, {"ar", 1, "one"}, {"ar", 2, "two"}, {"ar", 3, "few 3"}, {"ar", 11, "many 11"}, {"ar", 100, "other 100"}, {"ar", 103, "few 103"},
		{"pl", 1, "one"}, {"pl", 22, "few"}, {"pl", 5, "many"}, {"pl", 12, "many"}, {"ja", 1, "1 件"},
	} {
		if got := b.T(c.lang, "x.n", "Count", c.n); got != c.want {
			t.Errorf("%s %d: %q, want %q", c.lang, c.n, got, c.want)
		}
	}
	if b.Missed() != 0 {
		t.Errorf("%d texts missed", b.Missed())
	}
}

func TestNeededFormsAreThoseOfCLDR(t *testing.T) {
	want := map[string]string{
		"en": "one other", "nl": "one other", "ar": "zero one two few many other", "pl": "one few many other",
		"ro": "one few other", "fr": "one many other", "uk": "one few many other", "ja": "other", "vi": "one other", "tr": "one other",
		"bin": "other", "mnk": "other", // no rules in CLDR: its root
	}
	for l, forms := range want {
		b := load(t, map[string]string{"en/x.yaml": "x.a: a", l + "/y.yaml": "x.b: b"})
		got, err := neededForms(b.languages[l].tag)
		if err != nil {
			t.Fatal(err)
		}
		if strings.Join(got, " ") != forms {
			t.Errorf("%s needs %v, want %s", l, got, forms)
		}
	}
}

func TestMissingTextsFallBackToEnglishAndAreCounted(t *testing.T) {
	var logged bytes.Buffer
	b, err := Load(tree(map[string]string{"en/x.yaml": "x.a: Hello {{.Who}}\nx.b: b", "nl/x.yaml": "x.b: be"}), slog.New(slog.NewTextHandler(&logged, nil)))
	if err != nil {
		t.Fatal(err)
	}
	if got := b.T("nl", "x.a", "Who", "you"); got != "Hello you" {
		t.Errorf("fell back to %q", got)
	}
	if b.Missed() != 1 || !strings.Contains(logged.String(), "x.a") {
		t.Errorf("missed %d, log %q", b.Missed(), logged.String())
	}
	if got := b.T("xx", "x.b"); got != "b" || b.Missed() != 2 {
		t.Errorf("unknown language gave %q, missed %d", got, b.Missed())
	}
	if got := b.T("nl", "x.nowhere"); got != "x.nowhere" || b.Missed() != 3 {
		t.Errorf("unknown key gave %q, missed %d", got, b.Missed())
	}
	if got := b.T("en", "x.a"); strings.Contains(got, "no value") || b.Missed() != 4 {
		t.Errorf("an unfilled placeholder gave %q, missed %d", got, b.Missed())
	}
}

func TestGapsNamesWhatATranslatorHasToDo(t *testing.T) {
	b := load(t, map[string]string{
		"en/x.yaml": "x.a: a\nx.p: '{{.Who}} wrote'\nx.n: {one: one, other: '{{.Count}}'}",
		"nl/x.yaml": "x.p: '{{.Wie}} schreef'\nx.n: {other: '{{.Count}}'}\nx.only: hier",
		"ar/x.yaml": "x.a: a\nx.p: '{{.Who}}'\nx.n: '{{.Count}}'",
	})
	got, err := b.Gaps()
	if err != nil {
		t.Fatal(err)
	}
	want := []string{
		"locales/en: key x.only is missing",
		"ar/x.yaml:3: key x.n must have plural forms in all languages or in none",
		"locales/ar: key x.only is missing",
		"locales/nl: key x.a is missing",
		"nl/x.yaml:2: key x.n has the plural forms [other], the language needs [one other]",
		"nl/x.yaml:1: key x.p has placeholders [Wie], English has [Who]",
	}
	if !slices.Equal(got, want) {
		t.Errorf("gaps:\n%s\nwant:\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

func TestABrokenFileIsRefusedWithFileLineAndKey(t *testing.T) {
	for body, want := range map[string]string{
		"x.a: 1":                      "en/x.yaml:1: key x.a: must be a text that is not empty; put quotes around a number, a date, yes or no",
		"x.a: a\nx.a: b":              "en/x.yaml:2: key x.a stands at en/x.yaml:1 already",
		"X: a":                        "en/x.yaml:1: key \"X\" must be lower-case words joined by dots, as in \"common.back\"",
		"x.a: '{{range .X}}a{{end}}'": "en/x.yaml:1: key x.a: only {{.Name}} may stand between double braces",
		"x.a: '{{.A.B}}'":             "en/x.yaml:1: key x.a: only {{.Name}} may stand between double braces",
		"x.a: '{{'":                   "en/x.yaml:1: key x.a: only {{.Name}} may stand between double braces",
		"x.a: {one: a}":               "en/x.yaml:1: key x.a: plural form \"other\" is missing; every language has it",
		"x.a: {some: a, other: b}":    "en/x.yaml:1: key x.a: plural form \"some\" must be one of zero, one, two, few, many, other",
		"x.a: [a]":                    "en/x.yaml:1: key x.a: must be a text, or plural forms",
		"x.b: b\nx.a:":                "en/x.yaml:2: key x.a: must be a text that is not empty; put quotes around a number, a date, yes or no",
		"- a":                         "en/x.yaml:1: must be a flat list of \"key: text\"",
	} {
		_, err := Load(tree(map[string]string{"en/x.yaml": body}), quiet())
		if err == nil || err.Error() != want {
			t.Errorf("%q: %v\nwant %s", body, err, want)
		}
	}
	if _, err := Load(tree(map[string]string{"nl/x.yaml": "x.a: a"}), quiet()); err == nil {
		t.Error("a set without English was taken")
	}
	if _, err := Load(tree(map[string]string{"Dutch/x.yaml": "x.a: a"}), quiet()); err == nil {
		t.Error("a folder that is no language tag was taken")
	}
}

func TestTheBrowsersWishFindsTheNearestLanguage(t *testing.T) {
	b := load(t, map[string]string{"en/x.yaml": "x.a: a", "nl/x.yaml": "x.a: a", "ar/x.yaml": "x.a: a", "fa/x.yaml": "x.a: a", "fil/x.yaml": "x.a: a"})
	for header, want := range map[string]string{
		"":                               "en",
		"nl-BE,nl;q=0.9,en;q=0.5":        "nl",
		"ar-SY":                          "ar",
		"fa-IR":                          "fa",
		"prs":                            "fa",
		"prs-AF,en;q=0.4":                "fa",
		"xx-nonsense;;;q=":               "en",
		"ja":                             "en",
		"ja,ar;q=0.3":                    "ar",
		"tl":                             "fil",
		strings.Repeat("ja,", 9000):      "en",
		"ar," + strings.Repeat("a", 900): "ar",
	} {
		if got := b.Match(header); got != want {
			t.Errorf("%.40q: %s, want %s", header, got, want)
		}
	}
}

func TestDirectionFollowsTheScript(t *testing.T) {
	files := map[string]string{}
	want := map[string]string{"en": "ltr", "ar": "rtl", "fa": "rtl", "he": "rtl", "ur": "rtl", "ckb": "rtl", "ti": "ltr", "uk": "ltr", "az-Arab": "rtl"}
	for l := range want {
		files[l+"/x.yaml"] = "x.a: a"
	}
	b := load(t, files)
	for l, dir := range want {
		if b.Dir(l) != dir {
			t.Errorf("%s runs %s", l, b.Dir(l))
		}
	}
}

func TestAPathBeginsWithALanguageOrNot(t *testing.T) {
	b := load(t, map[string]string{"en/x.yaml": "x.a: a", "nl/x.yaml": "x.a: a"})
	for path, want := range map[string][3]string{
		"/nl/guide": {"nl", "/guide", "true"}, "/nl/": {"nl", "/", "true"}, "/nl": {"nl", "", "true"},
		"/": {"", "", "false"}, "/desk/": {"", "", "false"}, "": {"", "", "false"}, "/fr/": {"", "", "false"},
	} {
		l, rest, ok := b.FromPath(path)
		if l != want[0] || rest != want[1] || ok != (want[2] == "true") {
			t.Errorf("%q: %q %q %v", path, l, rest, ok)
		}
	}
}

// A text that loads can be shown: with its placeholders filled it never fails,
// whatever the file says.
func FuzzAFileThatLoadsCanBeShown(f *testing.F) {
	f.Add("x.a: Hello {{.Who}}\nx.n: {one: one, other: '{{.Count}} all'}")
	f.Add("x.a: '{{/* c */}}'")
	f.Add("x.a: &x b\nx.b: *x")
	f.Add("x.a: '{{if .X}}a{{end}}'")
	f.Add("x.a: \"\\u0000\"")
	f.Fuzz(func(t *testing.T, body string) {
		b, err := Load(tree(map[string]string{"en/x.yaml": body}), quiet())
		if err != nil {
			if strings.Contains(err.Error(), "\n") {
				t.Errorf("error of several lines: %q", err)
			}
			return
		}
		for key, m := range b.languages["en"].messages {
			pairs := []any{"Count", 3}
			for _, p := range m.placeholders {
				pairs = append(pairs, p, 3)
			}
			b.T("en", key, pairs...)
		}
		if b.Missed() != 0 {
			t.Errorf("%d texts failed", b.Missed())
		}
	})
}

func FuzzAnyHeaderGetsALanguage(f *testing.F) {
	b, err := Load(tree(map[string]string{"en/x.yaml": "x.a: a", "nl/x.yaml": "x.a: a"}), quiet())
	if err != nil {
		f.Fatal(err)
	}
	f.Add("nl;q=0.1,*")
	f.Add("prs-AF")
	f.Fuzz(func(t *testing.T, header string) {
		if !b.Has(b.Match(header)) {
			t.Error("no language")
		}
	})
}
