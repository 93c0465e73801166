package public_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/chromedp/chromedp"

	"verhaal/test/browser"
)

// guided walks from the first page to the form of a channel.
func guided(b *browser.Tab, lang string, answers ...string) {
	b.T.Helper()
	b.Visit("/" + lang + "/")
	b.Click(`a[href="/` + lang + `/guide"]`)
	for _, a := range answers {
		name, value, _ := strings.Cut(a, "=")
		b.Click(fmt.Sprintf("input[name=%q][value=%q]", name, value))
	}
	b.Click("main form button")
	b.Click(`main section form[action="/` + lang + `/tell"] button`)
	b.See("#story")
}

func TestWithScriptsAReportIsSealedOnTheDeviceAndTheWayBackWorks(t *testing.T) {
	h := newHouse(t)
	b := browser.Open(t, h.URL)
	guided(b, "en", "kind=sexual", "name=yes", "about_self=yes", "age=16-17")
	if got := browser.Ask[string](b, "location.pathname + location.search + location.hash"); got != "/en/tell" {
		t.Errorf("the address of the form is %s", got)
	}
	// The page says that it seals on the device.
	b.Until(`document.querySelector("[data-plain]").hidden && !document.querySelector("[data-scripted]").hidden`)
	b.Write("#story", "They keep me in a house.")
	b.Click("input[name=danger][value=yes]")
	b.Click("form[data-seal] > details:last-of-type > summary")
	if got := browser.Ask[string](b, `document.querySelector("#name").value`); got != "" {
		t.Errorf("the form calls the reporter %q", got)
	}
	b.Write("#name", "Nobody")
	b.Write("#safe", "Only in the morning")
	b.Click("form[data-seal] .cluster button")
	b.See("[data-sent]")
	words, digits := b.Text("[data-words]"), b.Text("[data-digits]")
	if len(strings.Fields(words)) != 8 || len(strings.Fields(digits)) != 7 || !strings.Contains(b.Text("[data-proof]"), "verhaal proof of report v1") {
		t.Fatalf("receipt: %d words, %d groups", len(strings.Fields(words)), len(strings.Fields(digits)))
	}
	b.Click("[data-kept]")
	if left := browser.Ask[string](b, "document.documentElement.outerHTML"); strings.Contains(left, digits) || strings.Contains(left, strings.Fields(words)[0]+"</span>") {
		t.Error("the receipt is still in the page")
	}

	rows, _, err := h.reports.Queue(t.Context(), "reader", "police-avim", "", 10)
	ok(t, err)
	if len(rows) != 1 || rows[0].Arrival != "browser" || rows[0].Facts.Age != "16-17" || rows[0].Facts.Danger != "yes" || rows[0].Marked {
		t.Fatalf("queue: %+v", rows)
	}
	told, who := h.read(t, rows[0])
	if told["story"] != "They keep me in a house." || who["name"] != "Nobody" || who["safe_contact"] != "Only in the morning" {
		t.Errorf("the desk reads %v, %v", told, who)
	}
	h.answer(t, rows[0].ID, 0, "Are you safe tonight?")

	b.Visit("/en/return")
	b.Write("#receipt", "wrong words only")
	b.Click("form[data-return] button")
	b.See("[data-status].danger")
	browser.Ask[bool](b, `document.querySelector("#receipt").value = "", true`)
	b.Write("#receipt", strings.ToUpper(words))
	b.Click("form[data-return] button")
	b.See("[data-dialogue]")
	if got := b.Text("[data-thread]"); !strings.Contains(got, "Are you safe tonight?") {
		t.Errorf("the thread is %q", got)
	}
	b.Write("#text", "Until Monday.")
	b.Click("form[data-write] button")
	b.See("form[data-write] [data-status].good")
	if got := b.Text("[data-thread]"); !strings.Contains(got, "Until Monday.") {
		t.Errorf("the thread is %q", got)
	}
	if got := browser.Ask[int](b, kept); got != 0 {
		t.Error("something was kept on the device")
	}
}

// kept is how many things this browser keeps of the house.
const kept = `(async () => { let n = localStorage.length + sessionStorage.length + document.cookie.length + (await indexedDB.databases()).length + (await caches.keys()).length;
	for await (const _ of (await navigator.storage.getDirectory()).keys()) n++;
	return n; })()`

// unsent puts there what staff have still to send.
const unsent = `(async () => { localStorage.setItem("draft", "sealed");
	await (await navigator.storage.getDirectory()).getDirectoryHandle("recordings", {create: true});
	return true; })()`

func TestWithoutScriptsTheSamePathWorks(t *testing.T) {
	h := newHouse(t)
	b := browser.Open(t, h.URL)
	b.Scripts(false)
	b.Width(360)
	guided(b, "ar", "kind=labour", "name=no")
	b.See("[data-plain]")
	b.Write("#story", "قصة قصيرة")
	b.Click("form[data-seal] .cluster button")
	b.See("[data-words]")
	words := b.Text("[data-words]")
	b.Shot("public-sent-plain-ar-360")
	rows, _, err := h.reports.Queue(t.Context(), "reader", "labour-tci", "", 10)
	ok(t, err)
	if len(rows) != 1 || rows[0].Arrival != "server" || rows[0].Lang != "ar" {
		t.Fatalf("queue: %+v", rows)
	}
	h.answer(t, rows[0].ID, 0, "شكرًا")
	b.Visit("/ar/return")
	b.Write("#receipt", words)
	b.Click("form[data-return] button")
	b.See(".thread")
	if !strings.Contains(b.Text(".thread"), "شكرًا") {
		t.Error("the answer is not there")
	}
	b.Write("#text", "سؤال")
	b.Click("main form button")
	b.See("li.own")
	b.Shot("public-dialogue-plain-ar-360")
}

func TestWithoutASecureContextBothWaysWork(t *testing.T) {
	h := newHouse(t)
	_, port, _ := strings.Cut(strings.TrimPrefix(h.URL, "http://"), ":")
	b := browser.Open(t, "http://onion.test:"+port, chromedp.Flag("host-resolver-rules", "MAP onion.test 127.0.0.1"))
	guided(b, "en", "kind=labour")
	if browser.Ask[bool](b, "isSecureContext") {
		t.Fatal("this is a secure context; the test shows nothing")
	}
	b.Write("#story", "Over an onion service.")
	b.Click("form[data-seal] .cluster button")
	b.See("[data-receipt]")
	b.Scripts(false)
	guided(b, "en", "kind=labour")
	b.Write("#story", "And without scripts.")
	b.Click("form[data-seal] .cluster button")
	b.See("[data-words]")
	rows, _, err := h.reports.Queue(t.Context(), "reader", "labour-authority", "", 10)
	ok(t, err)
	if len(rows) != 2 || rows[0].Arrival == rows[1].Arrival {
		t.Errorf("%d reports", len(rows))
	}
}

func TestTheKeyboardAloneLeadsThroughAndOut(t *testing.T) {
	h := newHouse(t)
	b := browser.Open(t, h.URL)
	b.Visit("/en/return")
	focus := func() string {
		t.Helper()
		return browser.Ask[string](b, `(e => e.className + " " + e.id + " " + (e.dataset.exit ?? "-"))(document.activeElement)`)
	}
	tab := func() { t.Helper(); b.Do(chromedp.KeyEvent("\t")) }
	for i, want := range []string{"skip  -", "button exit  ", "  -", "short receipt -"} {
		if tab(); focus() != want {
			t.Errorf("stop %d of the tab key is %q, want %q", i+1, focus(), want)
		}
		if browser.Ask[string](b, `getComputedStyle(document.activeElement).outlineStyle`) == "none" {
			t.Errorf("stop %d shows no focus", i+1)
		}
	}
	b.Visit("/en/guide")
	tab()
	b.Do(chromedp.KeyEvent("\r"))
	b.Until("document.activeElement.id === 'main'")
	tab()
	b.Do(chromedp.KeyEvent(" "))
	if !browser.Ask[bool](b, "document.querySelector('input[name=kind]').checked") {
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
	b := browser.Open(t, h.URL)
	guided(b, "nl", "kind=labour", "name=yes")
	b.Write("#story", "Geen loon, geen paspoort.")
	b.Click("form[data-seal] .cluster button")
	b.See("[data-again]")
	if !strings.HasPrefix(b.Text("[data-status]"), "Nog niet verstuurd") {
		t.Errorf("the page says %q", b.Text("[data-status]"))
	}
	if got := browser.Ask[string](b, `document.querySelector("#story").value`); got != "Geen loon, geen paspoort." {
		t.Errorf("the text is now %q", got)
	}
	if f.swallowed.Load() != 1 {
		t.Error("the server had not received the report when it stopped")
	}
	b.Shot("public-waiting-nl")
	f.down.Store(false)
	b.Click("[data-again]")
	b.See("[data-receipt]")
	if rows, _, err := h.reports.Queue(t.Context(), "reader", "labour-authority", "", 10); err != nil || len(rows) != 1 {
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
	b := browser.Open(t, h.URL)
	guided(b, "en", "kind=sexual")
	b.Write("#story", "A new lock.")
	b.Click("form[data-seal] .cluster button")
	b.See("[data-receipt]")
	rows, _, err := h.reports.Queue(t.Context(), "reader", "police-avim", "", 10)
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
	h.config.Pack().Exit = neutral.URL + "/weather"
	for name, leave := range map[string]func(b *browser.Tab){
		"tap": func(b *browser.Tab) { b.Click("[data-exit]") },
		"esc": func(b *browser.Tab) { b.Do(chromedp.KeyEvent("\u001b"), chromedp.KeyEvent("\u001b")) },
	} {
		t.Run(name, func(t *testing.T) {
			b := browser.Open(t, h.URL)
			b.Visit("/en/")
			browser.Ask[bool](b, unsent)
			b.Visit("/en/return")
			leave(b)
			b.Until("location.pathname === '/weather'")
			if referrer := <-left; referrer != "" {
				t.Errorf("the referrer is %q", referrer)
			}
			history, err := chromedp.Run(b.Ctx, chromedp.NavigationEntries())
			ok(t, err)
			for _, e := range history.Entries {
				if strings.HasSuffix(e.URL, "/return") {
					t.Error("the page that was left is still in the tab's history")
				}
			}
			b.Visit("/en/")
			if n := browser.Ask[int](b, kept); n != 2 {
				t.Errorf("of a recording that is not sent yet and a draft %d are left", n)
			}
		})
	}
}

func TestEveryPageIsAccessibleAtEveryWidthInEveryDirection(t *testing.T) {
	h := newHouse(t)
	b := browser.Open(t, h.URL)
	for _, v := range []struct {
		lang   string
		width  int64
		scheme string
	}{{"en", 360, "light"}, {"en", 1280, "dark"}, {"ar", 360, "dark"}, {"ar", 1280, "light"}, {"nl", 360, "light"}} {
		lang := v.lang
		b.Width(v.width)
		b.Dark(v.scheme == "dark")
		at := func(page, mark string) {
			t.Helper()
			b.See(mark)
			where := fmt.Sprintf("%s-%s-%d-%s", page, lang, v.width, v.scheme)
			b.Check(where)
			b.Shot("public-" + where)
		}
		b.Visit("/" + lang + "/")
		if want := map[string]string{"ar": "rtl"}[lang]; browser.Ask[string](b, "document.dir") != want && want != "" {
			t.Error("Arabic doesn't run from right to left")
		}
		at("arrive", "#safe")
		b.Click(`a[href="/` + lang + `/guide"]`)
		at("guide", "input[name=kind]")
		b.Click("input[name=kind][value=sexual]")
		b.Click(`input[name=age][value="12-15"]`)
		b.Click("main form button")
		at("suggest", "#fits")
		b.Click(`main section form[action="/` + lang + `/tell"] button`)
		at("tell", "#story")
		for range 2 {
			b.Click("form[data-seal] > details:not([open]) > summary")
		}
		at("tell-open", "#safe")
		b.Click("form[data-seal] .cluster button")
		b.See("[data-problem]")
		at("tell-empty", "[data-problem]")
		b.Write("#story", "1")
		b.Click("form[data-seal] .cluster button")
		b.See("[data-receipt]")
		at("sent", "[data-receipt]")
		words := b.Text("[data-words]")
		b.Click("[data-kept]")
		at("kept", "[data-after]")
		b.Visit("/" + lang + "/return")
		at("return", "#receipt")
		b.Write("#receipt", words)
		b.Click("form[data-return] button")
		b.See("[data-dialogue]")
		b.Write("#text", "2")
		b.Click("form[data-write] button")
		b.See("form[data-write] [data-status].good")
		at("dialogue", "li.own")
		b.Visit("/" + lang + "/nowhere")
		at("error", "main .button")
	}
}
