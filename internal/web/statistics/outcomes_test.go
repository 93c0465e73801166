package statistics_test

import (
	"context"
	"encoding/csv"
	"io"
	"io/fs"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"verhaal/internal/custody"
	"verhaal/internal/db"
	"verhaal/internal/db/dbtest"
	"verhaal/internal/fault"
	"verhaal/internal/policy"
	"verhaal/internal/statistics"
	"verhaal/internal/statistics/sample"
	"verhaal/internal/web"
	"verhaal/internal/web/lang"
	outcomes "verhaal/internal/web/statistics"
	"verhaal/locales"
	"verhaal/packs"
	"verhaal/test/browser"
	"verhaal/ui"
)

func ok(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// house is a server with invented cases and one visitor.
type house struct {
	base string
	who  *web.Actor
	acts []custody.Act
	of   []string // desks of the visitor
}

func (h *house) Of(context.Context, string) ([]string, error) { return h.of, nil }

func (h *house) Do(_ context.Context, act custody.Act, _ func(*db.Tx) error) (custody.Entry, error) {
	h.acts = append(h.acts, act)
	return custody.Entry{}, nil
}

func open(t testing.TB) *house {
	t.Helper()
	d, w := dbtest.Open(t, "sqlite:"+t.TempDir()+"/test.db")
	today := time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
	data := sample.Data{Files: 2400, From: today.AddDate(-3, 0, 0), To: today, Channels: []string{"police-avim", "labour-authority", "labour-tci"}, Seed: 3}
	ok(t, w.Write(t.Context(), nil, func(tx *db.Tx) error { return data.Fill(tx.Exec, 0, data.Files) }))
	pack, err := policy.Load(packs.FS, "nl")
	ok(t, err)
	quiet := slog.New(slog.DiscardHandler)
	languages, err := lang.Load(locales.FS, quiet)
	ok(t, err)
	h := &house{who: &web.Actor{ID: "m", Name: "M. Manager", Lang: "en", Powers: []string{"statistics"}}}
	site, err := web.New(web.Config{Languages: languages, Templates: map[string]fs.FS{"statistics": outcomes.Templates()}, Assets: ui.Assets(), Log: quiet,
		Authenticate: func(*http.Request) (*web.Actor, error) { return h.who, nil }})
	ok(t, err)
	var channels []statistics.Channel
	for _, c := range pack.Channels {
		channels = append(channels, statistics.Channel{ID: c.ID, Walled: c.Walled})
	}
	book := statistics.New(statistics.Sources{DB: d, Channels: func() []statistics.Channel { return channels }}, func() time.Time { return today })
	mux := http.NewServeMux()
	site.Handle(mux, "GET /static/{name}", site.Static)
	outcomes.Register(mux, site, func() *policy.Pack { return pack }, book, h, h)
	s := httptest.NewServer(web.Protect(mux))
	t.Cleanup(s.Close)
	t.Cleanup(func() {
		if n := languages.Missed(); n > 0 {
			t.Errorf("%d texts are missing in a language", n)
		}
	})
	h.base = s.URL
	return h
}

func (h *house) get(t testing.TB, path string) (int, string) {
	t.Helper()
	client := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	res, err := client.Get(h.base + path)
	ok(t, err)
	body, err := io.ReadAll(res.Body)
	ok(t, err)
	ok(t, res.Body.Close())
	return res.StatusCode, string(body)
}

func TestWhoMaySeeWhichDesk(t *testing.T) {
	h := open(t)
	for _, c := range []struct {
		powers []string
		of     []string
		path   string
		status int
		has    string
	}{
		{[]string{"statistics"}, nil, "/outcomes/", 200, "All desks except"},
		{[]string{"statistics"}, nil, "/outcomes/?desk=labour-tci", 200, "behind a wall"},
		{[]string{"statistics"}, nil, "/outcomes/?desk=nowhere", 403, ""},
		{[]string{"officer"}, []string{"police-avim"}, "/outcomes/", 200, "<h2 id=\"whose\">Police"},
		{[]string{"officer"}, []string{"police-avim"}, "/outcomes/?desk=", 403, ""},
		{[]string{"officer"}, []string{"police-avim"}, "/outcomes/?desk=labour-authority", 403, ""},
		{[]string{"officer"}, []string{"police-avim"}, "/outcomes/figures.csv?desk=labour-authority", 403, ""},
		{[]string{"officer"}, nil, "/outcomes/", 200, "You are on no desk"},
		{[]string{"auditor", "administrator", "prosecutor"}, nil, "/outcomes/", 403, ""},
		{[]string{"auditor", "administrator", "prosecutor"}, nil, "/outcomes/figures.csv", 403, ""},
	} {
		h.who.Powers, h.of = c.powers, c.of
		if status, body := h.get(t, c.path); status != c.status || !strings.Contains(body, c.has) {
			t.Errorf("%v of %v at %s: %d, %q is there: %v", c.powers, c.of, c.path, status, c.has, strings.Contains(body, c.has))
		}
	}
	h.who = nil
	if status, _ := h.get(t, "/outcomes/"); status != http.StatusSeeOther {
		t.Errorf("nobody gets %d and is not asked to sign in", status)
	}
}

func TestOnlyWholeQuartersThatAreOverCanBeAsked(t *testing.T) {
	h := open(t)
	for query, want := range map[string]int{
		"": 200, "?from=2026-Q1&to=2026-Q3": 200, "?from=2026-Q3&to=2026-Q1": 200, "?by=year": 200, "?by=year&from=2026-Q1&to=2026-Q3": 200,
		"?from=2016-Q1": 400, "?to=2026-Q4": 400, "?from=2026-03-01": 400, "?from=2026-Q5": 400, "?to=": 200,
	} {
		if status, _ := h.get(t, "/outcomes/"+query); status != want {
			t.Errorf("%q: %d, want %d", query, status, want)
		}
	}
	_, body := h.get(t, "/outcomes/?from=2023-Q4&to=2026-Q3")
	if n := strings.Count(body, `<th scope="col" class="figure">Q`); n == 0 || strings.Contains(body, "Q3 2024</th>") {
		t.Errorf("%d columns; more than eight quarters stand beside each other", n)
	}
	_, body = h.get(t, "/outcomes/?by=year&from=2026-Q1&to=2026-Q3")
	if !strings.Contains(body, "No whole year") {
		t.Error("a year that is not over is shown")
	}
}

func TestWhatIsTakenAwayIsWhatIsShownAndAnAct(t *testing.T) {
	h := open(t)
	const query = "?desk=police-avim&by=quarter&from=2025-Q1&to=2026-Q3"
	status, body := h.get(t, "/outcomes/figures.csv"+query)
	if status != http.StatusOK || len(h.acts) != 1 || h.acts[0].Kind != "statistics.taken" || h.acts[0].Facts["channel"] != "police-avim" {
		t.Fatalf("%d, acts %v", status, h.acts)
	}
	lines, err := csv.NewReader(strings.NewReader(body)).ReadAll()
	ok(t, err)
	if !slices.Equal(lines[0], []string{"table", "row", "name", "period", "value"}) {
		t.Errorf("the head is %v", lines[0])
	}
	hidden, shown := 0, 0
	periods := map[string]bool{}
	for _, l := range lines[1:] {
		if l[1] == "median" || l[1] == "p90" {
			continue
		}
		periods[l[3]] = true
		n, err := strconv.Atoi(l[4])
		switch {
		case l[4] == "x":
			hidden++
		case err != nil || n > 0 && n < 5:
			t.Errorf("%v is taken away", l)
		default:
			shown++
		}
	}
	if hidden < 10 || shown < 100 || !periods["2025"] || periods["2026"] || !periods["2026-Q3"] {
		t.Errorf("%d hidden, %d shown, of %v", hidden, shown, periods)
	}
	_, html := h.get(t, "/outcomes/"+query)
	if got := strings.Count(html, `<span aria-hidden="true">x</span>`); got != hidden {
		t.Errorf("%d are hidden on the page, %d in the file", got, hidden)
	}
	if strings.Contains(html, "style=") || strings.Contains(html, "<script>") || strings.Count(html, "<script") > 1 {
		t.Error("a style or a script in the page, beside the one of every page")
	}
}

func TestDeviationsAreNamedByRuleAndReason(t *testing.T) {
	h := open(t)
	_, body := h.get(t, "/outcomes/figures.csv?by=year&from=2024-Q1&to=2025-Q4")
	lines, err := csv.NewReader(strings.NewReader(body)).ReadAll()
	ok(t, err)
	for _, want := range [][3]string{
		{"asked", "asked.S-19", "S-19 Child-friendly studio under 12"},
		{"asked", "asked.S-19.no_room", "S-19: no studio or right room in time"},
		{"asked", "asked.S-19.not_said", "S-19: not said"},
		{"signed", "signed.S-19.no_room", "S-19: no studio or right room in time"},
		{"refused", "refused.S-19.no_room", "S-19: no studio or right room in time"},
		{"why", "why.equipment", "the equipment failed"},
		{"why", "why.not_said", "not said"},
	} {
		if !slices.ContainsFunc(lines, func(l []string) bool { return slices.Equal(l[:3], want[:]) }) {
			t.Errorf("no line %q", want)
		}
	}
	_, html := h.get(t, "/outcomes/?by=year&from=2024-Q1&to=2025-Q4")
	for _, want := range []string{`<th scope="row" class="part">S-19: no studio or right room in time</th>`, `S-19: no studio or right room in time</text><rect`, ` class="part"/>`} {
		if !strings.Contains(html, want) {
			t.Errorf("the page has no %s", want)
		}
	}
}

// broken is a database that does not answer.
type broken struct{}

func (broken) Figures(context.Context) (*statistics.Figures, error) {
	return nil, fault.New(fault.Unavailable, "", "the database is gone")
}

func TestWithoutADatabaseThePageSaysSo(t *testing.T) {
	quiet := slog.New(slog.DiscardHandler)
	languages, err := lang.Load(locales.FS, quiet)
	ok(t, err)
	site, err := web.New(web.Config{Languages: languages, Templates: map[string]fs.FS{"statistics": outcomes.Templates()}, Assets: ui.Assets(), Log: quiet,
		Authenticate: func(*http.Request) (*web.Actor, error) { return &web.Actor{Powers: []string{"statistics"}}, nil }})
	ok(t, err)
	mux := http.NewServeMux()
	outcomes.Register(mux, site, func() *policy.Pack { return nil }, broken{}, &house{}, &house{})
	for _, path := range []string{"/outcomes/", "/outcomes/figures.csv"} {
		w := httptest.NewRecorder()
		mux.ServeHTTP(w, httptest.NewRequest("GET", path, nil))
		if w.Code != http.StatusServiceUnavailable {
			t.Errorf("%s: %d", path, w.Code)
		}
	}
}

func TestOutcomesAreAccessible(t *testing.T) {
	h := open(t)
	b := browser.Open(t, h.base)
	for _, width := range []int64{1280, 360} {
		b.Width(width)
		for _, language := range []string{"en", "nl", "ar"} {
			h.who.Lang = language
			paths := []string{"/outcomes/?by=year&desk=labour-tci", "/outcomes/"}
			if language != "en" {
				paths = paths[1:]
			}
			for _, path := range paths {
				b.Visit(path)
				b.See("#whose")
				browser.Ask[bool](b, `document.querySelectorAll("details").forEach(d => { d.open = true; }), true`)
				b.Check(language + " " + path)
			}
			if wide := browser.Ask[int64](b, "document.documentElement.scrollWidth"); wide > width {
				t.Errorf("%s: the page is %d wide on a screen of %d", language, wide, width)
			}
			b.Shot("outcomes-" + language + "-" + strconv.FormatInt(width, 10))
		}
	}
	h.who.Lang = "en"
	b.Width(1280)
	b.Dark(true)
	b.Visit("/outcomes/")
	b.See("#whose")
	b.Check("dark")
	b.Shot("outcomes-dark")
}

func TestADeskIsChosenByKeyboardAlone(t *testing.T) {
	h := open(t)
	b := browser.Open(t, h.base)
	b.Width(1280)
	b.Visit("/outcomes/#first")
	b.See("#whose")
	b.Screen("outcomes")
	b.Visit("/outcomes/")
	b.See("#whose")
	browser.Ask[bool](b, `document.getElementById("desk").focus(), true`)
	// Letters choose in a select; then on to the button, past three more.
	b.Do(chromedp.KeyEvent("pol" + kb.Tab + kb.Tab + kb.Tab + kb.Tab + kb.Enter))
	b.Until(`location.search.includes("desk=police-avim") && document.getElementById("whose") !== null`)
	if name := b.Text("#whose"); !strings.Contains(name, "Police") {
		t.Errorf("the desk is %q", name)
	}
}
