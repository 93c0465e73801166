package public_test

import (
	"html"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"verhaal/internal/report"
)

// between gives the text of the first element whose opening tag holds mark.
func between(t testing.TB, body, mark string) string {
	t.Helper()
	_, rest, ok := strings.Cut(body, mark)
	if !ok {
		t.Fatalf("the page has no %s:\n%s", mark, body)
	}
	_, rest, _ = strings.Cut(rest, ">")
	text, _, _ := strings.Cut(rest, "</p>")
	return strings.TrimSpace(html.UnescapeString(regexp.MustCompile(`<[^>]*>`).ReplaceAllString(text, " ")))
}

var story = url.Values{
	"channel": {"police-avim"}, "story": {"They took my passport. <b>&"}, "danger": {"yes"}, "kind": {"labour", "sexual"},
	"age": {"16-17"}, "about_self": {"yes"}, "language": {"bg"}, "where": {"a greenhouse"}, "name": {"Élise"},
	"contact": {"06"}, "safe_contact": {"only mornings"},
}

func with(v url.Values, name string, values ...string) url.Values {
	out := url.Values{}
	for k, vs := range v {
		out[k] = vs
	}
	out[name] = values
	return out
}

// tellPlain sends a report without scripts and gives the page and the receipt's digits.
func (v *visitor) tellPlain(values url.Values) (page, string) {
	v.t.Helper()
	p := v.form("/en/report", values)
	if p.status != http.StatusOK {
		v.t.Fatalf("the report was answered with %d: %s", p.status, p.body)
	}
	return p, between(v.t, p.body, "data-digits")
}

func TestAReportWithoutScriptsArrivesSealedAndTheWayBackWorks(t *testing.T) {
	h := build(t)
	v := h.visitor(t)
	sent, digits := v.tellPlain(story)
	if !strings.Contains(sent.body, "verhaal proof of report v1") {
		t.Error("no proof of report on the page")
	}
	got := h.only(t, "police-avim")
	want := report.Facts{Danger: "yes", Age: "16-17", Kinds: []string{"labour", "sexual"}, AboutSelf: "yes", Language: "bg"}
	if got.Story != story.Get("story") || got.Answers["where"] != "a greenhouse" || got.Name != "Élise" || got.Contact != "06" || got.Safe != "only mornings" {
		t.Errorf("the desk reads %+v", got)
	}
	if got.Danger != want.Danger || got.Age != want.Age || strings.Join(got.Kinds, " ") != "labour sexual" || got.AboutSelf != "yes" || got.Language != "bg" {
		t.Errorf("facts are %+v", got.Facts)
	}
	if got.Arrival != report.Server {
		t.Errorf("arrival is %q", got.Arrival)
	}
	h.answer(t, got, "Are you safe tonight?")
	words := between(t, sent.body, "data-words")
	for _, receipt := range []string{digits, strings.ToUpper(words), strings.ReplaceAll(digits, " ", "-")} {
		p := v.form("/en/return", url.Values{"receipt": {receipt}})
		if p.status != http.StatusOK || !strings.Contains(p.body, "Are you safe tonight?") || !strings.Contains(p.body, html.EscapeString(story.Get("story"))) {
			t.Fatalf("coming back with %d characters: %d %s", len(receipt), p.status, p.body)
		}
	}
	p := v.form("/en/return", url.Values{"receipt": {digits}, "after": {"1"}, "text": {"Yes, until Monday."}})
	if p.status != http.StatusOK || !strings.Contains(p.body, "Yes, until Monday.") {
		t.Fatalf("writing again: %d %s", p.status, p.body)
	}
	if got := h.only(t, "police-avim").Messages; len(got) != 2 || got[1] != "reporter: Yes, until Monday." {
		t.Errorf("the desk reads %v", got)
	}
}
