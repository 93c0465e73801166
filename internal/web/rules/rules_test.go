package rules_test

import (
	"io"
	"io/fs"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"verhaal/internal/policy"
	"verhaal/internal/web"
	"verhaal/internal/web/lang"
	"verhaal/internal/web/rules"
	"verhaal/locales"
	"verhaal/packs"
	"verhaal/test/browser"
	"verhaal/ui"
)

func open(t testing.TB) string {
	t.Helper()
	pack, err := policy.Load(packs.FS, "nl")
	ok(t, err)
	quiet := slog.New(slog.DiscardHandler)
	languages, err := lang.Load(locales.FS, quiet)
	ok(t, err)
	site, err := web.New(web.Config{Languages: languages, Templates: map[string]fs.FS{"rules": rules.Templates()}, Assets: ui.Assets(), Log: quiet})
	ok(t, err)
	mux := http.NewServeMux()
	site.Handle(mux, "GET /static/{name}", site.Static)
	today := time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
	rules.Register(mux, site, languages, func() *policy.Pack { return pack }, func() time.Time { return today })
	s := httptest.NewServer(web.Protect(mux))
	t.Cleanup(s.Close)
	t.Cleanup(func() {
		if n := languages.Missed(); n > 0 {
			t.Errorf("%d texts are missing in a language", n)
		}
	})
	return s.URL
}

func ok(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func page(t *testing.T, address string, form url.Values) string {
	t.Helper()
	ask := func() (*http.Response, error) { return http.Get(address) }
	if form != nil {
		ask = func() (*http.Response, error) { return http.PostForm(address, form) }
	}
	res, err := ask()
	ok(t, err)
	body, err := io.ReadAll(res.Body)
	ok(t, err)
	ok(t, res.Body.Close())
	if res.StatusCode != http.StatusOK || res.Header.Get("Cache-Control") != "no-store" || len(res.Cookies()) > 0 {
		t.Errorf("%s: %d, %s, %d cookies", address, res.StatusCode, res.Header.Get("Cache-Control"), len(res.Cookies()))
	}
	return string(body)
}

func TestWithoutScriptsTheButtonDecides(t *testing.T) {
	base := open(t)
	blocked := page(t, base+"/en/rules", nil)
	if !strings.Contains(blocked, "Blocked: 6 rules are in the way.") || !strings.Contains(blocked, "age 11 on 2026-11-23") {
		t.Error("the first example is not a blocked one")
	}
	lawful := page(t, base+"/nl/rules?example=boy10", nil)
	if !strings.Contains(lawful, "Het plan kan doorgaan.") {
		t.Error("a lawful example is blocked")
	}
	form := url.Values{"subject.birth_date": {"2012-02-10"}, "plan.date": {"2026-11-23"}, "plan.level": {"audio"}}
	decided := page(t, base+"/en/rules", form)
	for _, want := range []string{`data-rule="S-17"`, "planned recording: audio", "public prosecutor, advocate general", `value="2012-02-10"`, "2010A018, b, in force 2013-01-01 (read)"} {
		if !strings.Contains(decided, want) {
			t.Errorf("the page has no %q", want)
		}
	}
	form.Set("plan.level", "<script>")
	wrong := page(t, base+"/en/rules", form)
	if !strings.Contains(wrong, "A fact cannot be read:") || !strings.Contains(wrong, "must be one of none, audio, video") ||
		!strings.Contains(wrong, `value="2012-02-10"`) || strings.Contains(wrong, "<script>") {
		t.Error("a wrong value is not told, not escaped, or what was typed is lost")
	}
	if res, err := http.PostForm(base+"/en/rules", url.Values{"plan.necessity": {strings.Repeat("x", 70_000)}}); err != nil || res.StatusCode != http.StatusRequestEntityTooLarge {
		t.Errorf("a form that is too long: %v %v", res.StatusCode, err)
	}
}

func TestWithScriptsTheDecisionFollowsEveryChangeByKeyboardAlone(t *testing.T) {
	b := browser.Open(t, open(t))
	b.Visit("/en/rules?example=girl14")
	b.Until(`document.querySelector("[data-verdict]").textContent.includes("may go on")`)
	choose := func(id, value string) {
		t.Helper()
		browser.Ask[bool](b, `document.getElementById("`+id+`").focus(), true`)
		// Letters choose in a select, as they do for somebody without a mouse.
		b.Do(chromedp.KeyEvent(value))
	}
	choose("plan.level", "au")
	b.Until(`document.querySelector('[data-status=unmet] [data-rule="S-17"]') !== null`)
	if s := b.Text("[data-verdict]"); !strings.Contains(s, "Blocked: 2 rules") {
		t.Errorf("the verdict is %q", s)
	}
	if focus := browser.Ask[string](b, "document.activeElement.id"); focus != "plan.level" {
		t.Errorf("the focus went to %q", focus)
	}
	choose("plan.level", kb.ArrowDown) // from audio to video
	b.Until(`document.querySelector("[data-verdict]").textContent.includes("may go on")`)
	choose("subject.intellectual_disability", "in d")
	b.Until(`document.querySelector('[data-rule="S-18"]') !== null`)
	if address := browser.Ask[string](b, "location.href"); strings.Contains(address, "level") || strings.Contains(address, "2012") {
		t.Errorf("what was tried stands in the address: %s", address)
	}
	if kept := browser.Ask[int](b, "localStorage.length + sessionStorage.length"); kept != 0 {
		t.Errorf("%d things are kept", kept)
	}
}

func TestTheExplorerIsAccessible(t *testing.T) {
	b := browser.Open(t, open(t))
	for _, width := range []int64{1280, 360} {
		b.Width(width)
		for _, path := range []string{"/en/rules", "/nl/rules?example=talk", "/ar/rules"} {
			b.Visit(path)
			b.See("[data-verdict]")
			browser.Ask[bool](b, `document.querySelectorAll("details").forEach(d => { d.open = !d.classList.contains("languages"); }), true`)
			b.Check(path)
		}
	}
	b.Dark(true)
	b.Visit("/en/rules")
	b.See("[data-verdict]")
	b.Check("dark")
}
