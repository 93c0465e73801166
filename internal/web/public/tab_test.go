package public_test

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
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
