package public_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
)

// tab is one page of a real browser.
type tab struct {
	t    *testing.T
	ctx  context.Context
	base string
}

func openTab(t *testing.T, base string, more ...chromedp.ExecAllocatorOption) *tab {
	t.Helper()
	if _, err := exec.LookPath("chromium"); err != nil {
		t.Fatal("chromium is missing (Debian: apt-get install chromium)")
	}
	options := append([]chromedp.ExecAllocatorOption{}, chromedp.DefaultExecAllocatorOptions[:]...)
	options = append(options, chromedp.ExecPath("chromium"), chromedp.NoSandbox, chromedp.DisableGPU, chromedp.NoFirstRun,
		chromedp.Flag("disable-quic", true), chromedp.Flag("disable-background-networking", true),
		chromedp.Flag("disable-component-update", true), chromedp.Flag("disable-sync", true))
	allocator, stop := chromedp.NewExecAllocator(context.Background(), append(options, more...)...)
	t.Cleanup(stop)
	ctx, end := chromedp.NewContext(allocator)
	t.Cleanup(end)
	b := &tab{t, ctx, base}
	b.do(chromedp.Navigate("about:blank"))
	ok(t, chromedp.Listen(ctx, func(event any) {
		if thrown, is := event.(*runtime.EventExceptionThrown); is {
			t.Errorf("a script threw: %s", thrown.ExceptionDetails.Text)
		}
	}))
	return b
}

// do runs steps that must not take long.
func (b *tab) do(steps ...chromedp.Action[chromedp.Void]) {
	b.t.Helper()
	for _, step := range steps {
		if err := b.step(step); err != nil {
			shown, _ := chromedp.Run(b.ctx, chromedp.Evaluate[string]("document.body.innerText"))
			b.t.Fatalf("%v; the page says:\n%s", err, shown)
		}
	}
}

func (b *tab) step(step chromedp.Action[chromedp.Void]) error {
	// The very first action owns the browser, so it gets no deadline.
	if chromedp.FromContext(b.ctx).Target == nil {
		return chromedp.Do(b.ctx, step)
	}
	ctx, cancel := context.WithTimeout(b.ctx, 30*time.Second)
	defer cancel()
	return chromedp.Do(ctx, step)
}

// until waits for an expression to become true, also over a change of page.
func (b *tab) until(js string) {
	b.t.Helper()
	for deadline := time.Now().Add(30 * time.Second); time.Now().Before(deadline); time.Sleep(50 * time.Millisecond) {
		if now, err := chromedp.Run(b.ctx, chromedp.Evaluate[bool](js)); err == nil && now {
			return
		}
	}
	b.t.Fatalf("it never came true that %s", js)
}

func (b *tab) visit(path string) { b.t.Helper(); b.do(chromedp.Navigate(b.base + path)) }

func (b *tab) click(selector string) {
	b.t.Helper()
	b.do(chromedp.Click(chromedp.CSS(selector)))
}

func (b *tab) see(selector string) {
	b.t.Helper()
	b.do(chromedp.WaitVisible(chromedp.CSS(selector)))
}

func (b *tab) write(selector, text string) {
	b.t.Helper()
	b.do(chromedp.SendKeys(chromedp.CSS(selector), text))
}

func ask[T any](b *tab, js string) T {
	b.t.Helper()
	v, err := chromedp.Run(b.ctx, chromedp.Evaluate[T](js, chromedp.EvalAwaitPromise))
	if err != nil {
		b.t.Fatalf("%s: %v", js, err)
	}
	return v
}

func (b *tab) text(selector string) string {
	b.t.Helper()
	return strings.Join(strings.Fields(ask[string](b, fmt.Sprintf("document.querySelector(%q).textContent", selector))), " ")
}

func (b *tab) scripts(on bool) {
	b.t.Helper()
	b.do(chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
		_, err := cdp.Call(ctx, t, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: !on})
		return err
	}))
}

func (b *tab) width(px int64) {
	b.t.Helper()
	b.do(chromedp.EmulateViewport(px, 780))
}

// scheme is light or dark.
func (b *tab) scheme(name string) {
	b.t.Helper()
	b.do(chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
		_, err := cdp.Call(ctx, t, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
			Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: name}}})
		return err
	}))
}

// guided walks from the first page to the form of a channel.
func (b *tab) guided(lang string, answers ...string) {
	b.t.Helper()
	b.visit("/" + lang + "/")
	b.click(`a[href="/` + lang + `/guide"]`)
	for _, a := range answers {
		name, value, _ := strings.Cut(a, "=")
		b.click(fmt.Sprintf("input[name=%q][value=%q]", name, value))
	}
	b.click("main form button")
	b.click(`main section form[action="/` + lang + `/tell"] button`)
	b.see("#story")
}

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

// shot writes a picture when the environment names a folder for them.
func (b *tab) shot(name string) {
	b.t.Helper()
	dir := os.Getenv("VERHAAL_SHOTS")
	if dir == "" {
		return
	}
	wide, high := ask[int64](b, "innerWidth"), ask[int64](b, "innerHeight")
	b.do(chromedp.EmulateViewport(wide, max(high, ask[int64](b, "document.documentElement.scrollHeight"))))
	png, err := chromedp.Run(b.ctx, chromedp.CaptureScreenshot())
	ok(b.t, err)
	b.do(chromedp.EmulateViewport(wide, high))
	ok(b.t, os.WriteFile(filepath.Join(dir, "public-"+name+".png"), png, 0o644))
}

// axe lists what axe-core finds wrong with the page.
func (b *tab) axe(where string) {
	b.t.Helper()
	code, err := os.ReadFile("../../../node_modules/axe-core/axe.min.js")
	if err != nil {
		b.t.Fatal("node_modules is missing: run `npm ci` at the root of the repository")
	}
	if _, err := chromedp.Run(b.ctx, chromedp.Evaluate[bool](string(code)+";true")); err != nil {
		b.t.Fatalf("axe can't be loaded: %v", err)
	}
	found := ask[json.RawMessage](b, `axe.run(document, {runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice']}).then(r =>
		r.violations.map(v => v.id + ': ' + v.nodes.map(n => n.html.slice(0, 160) + ' ' + n.failureSummary).join(' | ')))`)
	var violations []string
	ok(b.t, json.Unmarshal(found, &violations))
	for _, v := range violations {
		b.t.Errorf("%s: %s", where, v)
	}
	wide := ask[[]string](b, `[...document.body.querySelectorAll("*")].filter(e => { const r = e.getBoundingClientRect();
		return r.width > 0 && r.height > 0 && (r.left < -1 || r.right > innerWidth + 1) }).map(e => e.outerHTML.slice(0, 120))`)
	for _, w := range wide {
		b.t.Errorf("%s: sticks out of the screen: %s", where, w)
	}
	if moved := ask[float64](b, "Math.abs(scrollX)"); moved > 0 {
		b.t.Errorf("%s: the page is scrolled %v px sideways", where, moved)
	}
	small := ask[[]string](b, `[...document.querySelectorAll("button, a.button, .choice, summary, select, .tongues a")].filter(e => {
		const r = e.getBoundingClientRect(); return r.height > 0 && r.height < 44 }).map(e => e.outerHTML.slice(0, 120))`)
	for _, s := range small {
		b.t.Errorf("%s: lower than 44 px: %s", where, s)
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
