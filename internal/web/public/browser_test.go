package public_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/chromedp/chromedp"
)

func TestWithScriptsAReportIsSealedOnTheDeviceAndTheWayBackWorks(t *testing.T) {
	h := newHouse(t)
	b := openTab(t, h.URL)
	b.guided("en", "kind=sexual", "name=yes", "about_self=yes", "age=16-17")
	if got := ask[string](b, "location.pathname + location.search + location.hash"); got != "/en/tell" {
		t.Errorf("the address of the form is %s", got)
	}
	if !ask[bool](b, `document.querySelector("[data-plain]").hidden && !document.querySelector("[data-scripted]").hidden`) {
		t.Error("the page doesn't say that it seals on the device")
	}
	b.write("#story", "They keep me in a house.")
	b.click("input[name=danger][value=yes]")
	b.click("form[data-seal] > details:last-of-type > summary")
	if got := ask[string](b, `document.querySelector("#name").value`); got != "" {
		t.Errorf("the form calls the reporter %q", got)
	}
	b.write("#name", "Nobody")
	b.write("#safe", "Only in the morning")
	b.click("form[data-seal] .cluster button")
	b.see("[data-sent]")
	words, digits := b.text("[data-words]"), b.text("[data-digits]")
	if len(strings.Fields(words)) != 8 || len(strings.Fields(digits)) != 7 || !strings.Contains(b.text("[data-proof]"), "verhaal proof of report v1") {
		t.Fatalf("receipt: %d words, %d groups", len(strings.Fields(words)), len(strings.Fields(digits)))
	}
	b.click("[data-kept]")
	if left := ask[string](b, "document.documentElement.outerHTML"); strings.Contains(left, digits) || strings.Contains(left, strings.Fields(words)[0]+"</span>") {
		t.Error("the receipt is still in the page")
	}

	rows, _, err := h.reports.Queue(t.Context(), "police-avim", "", 10)
	ok(t, err)
	if len(rows) != 1 || rows[0].Arrival != "browser" || rows[0].Facts.Age != "16-17" || rows[0].Facts.Danger != "yes" || rows[0].Marked {
		t.Fatalf("queue: %+v", rows)
	}
	told, who := h.read(t, rows[0])
	if told["story"] != "They keep me in a house." || who["name"] != "Nobody" || who["safe_contact"] != "Only in the morning" {
		t.Errorf("the desk reads %v, %v", told, who)
	}
	h.answer(t, rows[0].ID, 0, "Are you safe tonight?")

	b.visit("/en/return")
	b.write("#receipt", "wrong words only")
	b.click("form[data-return] button")
	b.see("[data-status].danger")
	ask[bool](b, `document.querySelector("#receipt").value = "", true`)
	b.write("#receipt", strings.ToUpper(words))
	b.click("form[data-return] button")
	b.see("[data-dialogue]")
	if got := b.text("[data-thread]"); !strings.Contains(got, "Are you safe tonight?") {
		t.Errorf("the thread is %q", got)
	}
	b.write("#text", "Until Monday.")
	b.click("form[data-write] button")
	b.see("form[data-write] [data-status].good")
	if got := b.text("[data-thread]"); !strings.Contains(got, "Until Monday.") {
		t.Errorf("the thread is %q", got)
	}
	if got := ask[int](b, "localStorage.length + sessionStorage.length + document.cookie.length"); got != 0 {
		t.Error("something was kept on the device")
	}
}

func TestWithoutScriptsTheSamePathWorks(t *testing.T) {
	h := newHouse(t)
	b := openTab(t, h.URL)
	b.scripts(false)
	b.width(360)
	b.guided("ar", "kind=labour", "name=no")
	b.see("[data-plain]")
	b.write("#story", "قصة قصيرة")
	b.click("form[data-seal] .cluster button")
	b.see("[data-words]")
	words := b.text("[data-words]")
	b.shot("sent-plain-ar-360")
	rows, _, err := h.reports.Queue(t.Context(), "labour-tci", "", 10)
	ok(t, err)
	if len(rows) != 1 || rows[0].Arrival != "server" || rows[0].Lang != "ar" {
		t.Fatalf("queue: %+v", rows)
	}
	h.answer(t, rows[0].ID, 0, "شكرًا")
	b.visit("/ar/return")
	b.write("#receipt", words)
	b.click("form[data-return] button")
	b.see(".thread")
	if !strings.Contains(b.text(".thread"), "شكرًا") {
		t.Error("the answer is not there")
	}
	b.write("#text", "سؤال")
	b.click("main form button")
	b.see("li.own")
	b.shot("dialogue-plain-ar-360")
}

func TestWithoutASecureContextBothWaysWork(t *testing.T) {
	h := newHouse(t)
	_, port, _ := strings.Cut(strings.TrimPrefix(h.URL, "http://"), ":")
	b := openTab(t, "http://onion.test:"+port, chromedp.Flag("host-resolver-rules", "MAP onion.test 127.0.0.1"))
	b.guided("en", "kind=labour")
	if ask[bool](b, "isSecureContext") {
		t.Fatal("this is a secure context; the test shows nothing")
	}
	b.write("#story", "Over an onion service.")
	b.click("form[data-seal] .cluster button")
	b.see("[data-receipt]")
	b.scripts(false)
	b.guided("en", "kind=labour")
	b.write("#story", "And without scripts.")
	b.click("form[data-seal] .cluster button")
	b.see("[data-words]")
	rows, _, err := h.reports.Queue(t.Context(), "labour-authority", "", 10)
	ok(t, err)
	if len(rows) != 2 || rows[0].Arrival == rows[1].Arrival {
		t.Errorf("%d reports", len(rows))
	}
}

func TestTheKeyboardAloneLeadsThroughAndOut(t *testing.T) {
	h := newHouse(t)
	b := openTab(t, h.URL)
	b.visit("/en/return")
	focus := func() string {
		t.Helper()
		return ask[string](b, `(e => e.className + " " + e.id + " " + (e.dataset.exit ?? "-"))(document.activeElement)`)
	}
	tab := func() { t.Helper(); b.do(chromedp.KeyEvent("\t")) }
	for i, want := range []string{"skip  -", "button exit  ", "  -", "short receipt -"} {
		if tab(); focus() != want {
			t.Errorf("stop %d of the tab key is %q, want %q", i+1, focus(), want)
		}
		if ask[string](b, `getComputedStyle(document.activeElement).outlineStyle`) == "none" {
			t.Errorf("stop %d shows no focus", i+1)
		}
	}
	b.visit("/en/guide")
	tab()
	b.do(chromedp.KeyEvent("\r"))
	b.until("document.activeElement.id === 'main'")
	tab()
	b.do(chromedp.KeyEvent(" "))
	if !ask[bool](b, "document.querySelector('input[name=kind]').checked") {
		t.Error("after skipping to the content the first answer can't be given by keyboard")
	}
}

// faulty cuts the line when told to: before or after the server has done what
// was asked.
type faulty struct {
	http.Handler
	down        atomic.Bool  // every request is cut
	swallow     atomic.Int32 // so many answers to reports get lost after the work is done
	swallowed   atomic.Int32
	reportsSeen atomic.Int32
}

func (f *faulty) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if f.down.Load() {
		panic(http.ErrAbortHandler)
	}
	if r.Method == http.MethodPost && strings.HasSuffix(r.URL.Path, "/report") {
		f.reportsSeen.Add(1)
		if f.swallow.Add(-1) >= 0 {
			f.Handler.ServeHTTP(discard{http.Header{}}, r)
			f.swallowed.Add(1)
			f.down.Store(true)
			panic(http.ErrAbortHandler)
		}
	}
	f.Handler.ServeHTTP(w, r)
}

type discard struct{ header http.Header }

func (d discard) Header() http.Header         { return d.header }
func (d discard) Write(b []byte) (int, error) { return len(b), nil }
func (d discard) WriteHeader(int)             {}

func TestAServerThatStopsInMidSendingLosesNothingAndDoublesNothing(t *testing.T) {
	h := newHouse(t)
	f := &faulty{Handler: h.Config.Handler}
	f.swallow.Store(1)
	h.Config.Handler = f
	b := openTab(t, h.URL)
	b.guided("nl", "kind=labour", "name=yes")
	b.write("#story", "Geen loon, geen paspoort.")
	b.click("form[data-seal] .cluster button")
	b.see("[data-again]")
	if !strings.HasPrefix(b.text("[data-status]"), "Nog niet verstuurd") {
		t.Errorf("the page says %q", b.text("[data-status]"))
	}
	if got := ask[string](b, `document.querySelector("#story").value`); got != "Geen loon, geen paspoort." {
		t.Errorf("the text is now %q", got)
	}
	if f.swallowed.Load() != 1 {
		t.Error("the server had not received the report when it stopped")
	}
	b.shot("waiting-nl")
	f.down.Store(false)
	b.click("[data-again]")
	b.see("[data-receipt]")
	if rows, _, err := h.reports.Queue(t.Context(), "labour-authority", "", 10); err != nil || len(rows) != 1 {
		t.Errorf("%d reports, %v; want 1", len(rows), err)
	}
	if f.reportsSeen.Load() < 2 {
		t.Error("the report was not sent again")
	}
}

func TestADeskKeyThatChangesMeanwhileIsNoMatterForTheReporter(t *testing.T) {
	h := newHouse(t)
	var changed atomic.Bool
	next := h.Config.Handler
	h.Config.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/en/report" && changed.CompareAndSwap(false, true) {
			h.renew(t, "police-avim")
		}
		next.ServeHTTP(w, r)
	})
	b := openTab(t, h.URL)
	b.guided("en", "kind=sexual")
	b.write("#story", "A new lock.")
	b.click("form[data-seal] .cluster button")
	b.see("[data-receipt]")
	rows, _, err := h.reports.Queue(t.Context(), "police-avim", "", 10)
	ok(t, err)
	if len(rows) != 1 {
		t.Fatalf("%d reports", len(rows))
	}
	if told, _ := h.read(t, rows[0]); told["story"] != "A new lock." {
		t.Error("the new key doesn't open the report")
	}
}

func TestLeavingIsOneTapOrEscTwiceAndLeavesNoWayForwardToThePage(t *testing.T) {
	h := newHouse(t)
	left := make(chan string, 4)
	neutral := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/weather" {
			left <- r.Header.Get("Referer")
		}
		_, _ = w.Write([]byte("sunny"))
	}))
	defer neutral.Close()
	h.config.Pack.Exit = neutral.URL + "/weather"
	for name, leave := range map[string]func(b *tab){
		"tap": func(b *tab) { b.click("[data-exit]") },
		"esc": func(b *tab) { b.do(chromedp.KeyEvent("\u001b"), chromedp.KeyEvent("\u001b")) },
	} {
		t.Run(name, func(t *testing.T) {
			b := openTab(t, h.URL)
			b.visit("/en/")
			b.visit("/en/return")
			leave(b)
			b.until("location.pathname === '/weather'")
			if referrer := <-left; referrer != "" {
				t.Errorf("the referrer is %q", referrer)
			}
			history, err := chromedp.Run(b.ctx, chromedp.NavigationEntries())
			ok(t, err)
			for _, e := range history.Entries {
				if strings.HasSuffix(e.URL, "/return") {
					t.Error("the page that was left is still in the tab's history")
				}
			}
		})
	}
}

func TestEveryPageIsAccessibleAtEveryWidthInEveryDirection(t *testing.T) {
	h := newHouse(t)
	b := openTab(t, h.URL)
	for _, v := range []struct {
		lang   string
		width  int64
		scheme string
	}{{"en", 360, "light"}, {"en", 1280, "dark"}, {"ar", 360, "dark"}, {"ar", 1280, "light"}, {"nl", 360, "light"}} {
		lang := v.lang
		b.width(v.width)
		b.scheme(v.scheme)
		at := func(page, mark string) {
			t.Helper()
			b.see(mark)
			where := fmt.Sprintf("%s-%s-%d-%s", page, lang, v.width, v.scheme)
			b.axe(where)
			b.shot(where)
		}
		b.visit("/" + lang + "/")
		if want := map[string]string{"ar": "rtl"}[lang]; ask[string](b, "document.dir") != want && want != "" {
			t.Error("Arabic doesn't run from right to left")
		}
		at("arrive", "#safe")
		b.click(`a[href="/` + lang + `/guide"]`)
		at("guide", "input[name=kind]")
		b.click("input[name=kind][value=sexual]")
		b.click(`input[name=age][value="12-15"]`)
		b.click("main form button")
		at("suggest", "#fits")
		b.click(`main section form[action="/` + lang + `/tell"] button`)
		at("tell", "#story")
		for range 2 {
			b.click("form[data-seal] > details:not([open]) > summary")
		}
		at("tell-open", "#safe")
		b.click("form[data-seal] .cluster button")
		b.see("[data-problem]")
		at("tell-empty", "[data-problem]")
		b.write("#story", "1")
		b.click("form[data-seal] .cluster button")
		b.see("[data-receipt]")
		at("sent", "[data-receipt]")
		words := b.text("[data-words]")
		b.click("[data-kept]")
		at("kept", "[data-after]")
		b.visit("/" + lang + "/return")
		at("return", "#receipt")
		b.write("#receipt", words)
		b.click("form[data-return] button")
		b.see("[data-dialogue]")
		b.write("#text", "2")
		b.click("form[data-write] button")
		b.see("form[data-write] [data-status].good")
		at("dialogue", "li.own")
		b.visit("/" + lang + "/nowhere")
		at("error", "main .button")
	}
}
