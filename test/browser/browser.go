// Package browser drives a real, headless Chromium for tests: visit, click,
// write, see, ask, and look for what axe-core finds wrong. A step that fails
// ends the test with what the page says.
package browser

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	goruntime "runtime"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"

	"verhaal/internal/drill"
)

// patience is how long one step may take on a busy machine.
const patience = 60 * time.Second

// Tab is one tab of a browser of its own.
type Tab struct {
	T    *testing.T
	Ctx  context.Context
	Base string // address in front of the paths to visit
}

// Open starts a browser, with more options if wished, that ends with the test. A script that throws fails
// the test.
func Open(t *testing.T, base string, more ...chromedp.ExecAllocatorOption) *Tab {
	t.Helper()
	path, err := drill.Browser()
	if err != nil {
		t.Fatal(err)
	}
	allocator, stop := chromedp.NewExecAllocator(context.Background(), append(drill.Headless(path), more...)...)
	t.Cleanup(stop)
	ctx, end := chromedp.NewContext(allocator)
	t.Cleanup(end)
	b := &Tab{t, ctx, base}
	b.Do(chromedp.Navigate("about:blank"))
	if err := chromedp.Listen(ctx, func(event any) {
		if thrown, is := event.(*runtime.EventExceptionThrown); is {
			t.Errorf("a script threw: %s", thrown.ExceptionDetails.Text)
		}
	}); err != nil {
		t.Fatal(err)
	}
	return b
}

// Kill ends the browser as a power cut does.
func (b *Tab) Kill() {
	b.T.Helper()
	if err := chromedp.FromContext(b.Ctx).Browser.Process().Kill(); err != nil {
		b.T.Fatal(err)
	}
}

// Do runs steps. What was found on a page that just gave way to the next is
// looked for again.
func (b *Tab) Do(steps ...chromedp.Action[chromedp.Void]) {
	b.T.Helper()
	for _, step := range steps {
		err := b.step(step)
		for err != nil && strings.Contains(err.Error(), "Could not find node") {
			err = b.step(step)
		}
		if err != nil {
			b.fail(err)
		}
	}
}

// fail ends the test with what the page shows.
func (b *Tab) fail(err error) {
	b.T.Helper()
	shown, _ := evaluate[string](b, "location.pathname + '\\n' + document.body.innerText", patience/6)
	b.T.Fatalf("%v; the page is %s", err, shown)
}

func (b *Tab) step(step chromedp.Action[chromedp.Void]) error {
	// The very first action owns the browser, so it gets no deadline.
	if chromedp.FromContext(b.Ctx).Target == nil {
		return chromedp.Do(b.Ctx, step)
	}
	ctx, cancel := context.WithTimeout(b.Ctx, patience)
	defer cancel()
	return chromedp.Do(ctx, step)
}

// Visit loads a page.
func (b *Tab) Visit(path string) { b.T.Helper(); b.Do(chromedp.Navigate(b.Base + path)) }

// Click clicks what a CSS selector finds, once it can be seen and its page has
// its scripts.
func (b *Tab) Click(selector string) {
	b.T.Helper()
	b.settle()
	b.Do(chromedp.Click(chromedp.CSS(selector)))
}

// Leave clicks what leads to another page, or to the same one anew, and waits
// until that is there.
func (b *Tab) Leave(selector string) {
	b.T.Helper()
	Ask[bool](b, "window.stale = true")
	b.Click(selector)
	b.Until("!window.stale && document.readyState === 'complete'")
}

// See waits until something can be seen.
func (b *Tab) See(selector string) { b.T.Helper(); b.Do(chromedp.WaitVisible(chromedp.CSS(selector))) }

// Write types into a field, once its page has its scripts.
func (b *Tab) Write(selector, text string) {
	b.T.Helper()
	b.settle()
	b.Do(chromedp.SendKeys(chromedp.CSS(selector), text))
}

// Until waits for a JavaScript expression to become true, also over a change of page.
func (b *Tab) Until(js string) {
	b.T.Helper()
	for deadline := time.Now().Add(patience); time.Now().Before(deadline); time.Sleep(50 * time.Millisecond) {
		if now, err := evaluate[bool](b, js, patience/6); err == nil && now {
			return
		}
	}
	b.fail(fmt.Errorf("it never came true that %s", js))
}

// evaluate gives up after a while: a page that gives way to the next may never
// answer, nor a promise without scripts.
func evaluate[V any](b *Tab, js string, limit time.Duration, options ...chromedp.EvaluateOption) (V, error) {
	ctx, cancel := context.WithTimeout(b.Ctx, limit)
	defer cancel()
	return chromedp.Run(ctx, chromedp.Evaluate[V](js, options...))
}

// Ask evaluates JavaScript on a page that is there as a whole: its address may be
// before its end is. A promise is awaited.
func Ask[V any](b *Tab, js string) V {
	b.T.Helper()
	b.settle()
	for {
		v, err := evaluate[V](b, js, patience, chromedp.EvalAwaitPromise)
		if err == nil {
			return v
		}
		// A page that just gave way to the next is asked again.
		if b.Ctx.Err() != nil || !strings.Contains(err.Error(), "navigated") {
			b.T.Fatalf("%s: %v", js, err)
		}
		time.Sleep(20 * time.Millisecond)
	}
}

// Text is the text of an element, with its spaces folded.
func (b *Tab) Text(selector string) string {
	b.T.Helper()
	b.Until(fmt.Sprintf("!!document.querySelector(%q)", selector))
	return strings.Join(strings.Fields(Ask[string](b, fmt.Sprintf("document.querySelector(%q).textContent", selector))), " ")
}

// Scripts turns the page's own scripts on or off.
func (b *Tab) Scripts(on bool) {
	b.T.Helper()
	b.Do(chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
		_, err := cdp.Call(ctx, t, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: !on})
		return err
	}))
}

// Dark asks for the dark or the light theme.
func (b *Tab) Dark(on bool) {
	b.T.Helper()
	scheme := "light"
	if on {
		scheme = "dark"
	}
	b.Do(chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
		_, err := cdp.Call(ctx, t, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
			Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: scheme}}})
		return err
	}))
}

// Width sets the size of the screen.
func (b *Tab) Width(px int64) { b.T.Helper(); b.Do(chromedp.EmulateViewport(px, 780)) }

// Shot writes a picture of the whole page when VERHAAL_SHOTS names a folder.
func (b *Tab) Shot(name string) { b.T.Helper(); b.picture(name, chromedp.FullScreenshot(100)) }

// Screen is Shot of what is in view.
func (b *Tab) Screen(name string) { b.T.Helper(); b.picture(name, chromedp.CaptureScreenshot()) }

// PDF is the page as it is printed; Shot's folder gets it too.
func (b *Tab) PDF(name string) []byte {
	b.T.Helper()
	pdf, err := chromedp.Run(b.Ctx, func(ctx context.Context, t *chromedp.Target) ([]byte, error) {
		printed, err := cdp.Call(ctx, t, page.PrintToPDF, page.PrintToPDFParams{PreferCSSPageSize: new(true)})
		return printed.Data, err
	})
	if err == nil && os.Getenv("VERHAAL_SHOTS") != "" {
		err = os.WriteFile(filepath.Join(os.Getenv("VERHAAL_SHOTS"), name+".pdf"), pdf, 0o600)
	}
	if err != nil {
		b.T.Fatal(err)
	}
	return pdf
}

func (b *Tab) picture(name string, take chromedp.Action[[]byte]) {
	b.T.Helper()
	dir := os.Getenv("VERHAAL_SHOTS")
	if dir == "" {
		return
	}
	b.settle()
	png, err := chromedp.Run(b.Ctx, take)
	if err == nil {
		err = os.WriteFile(filepath.Join(dir, name+".png"), png, 0o644)
	}
	if err != nil {
		b.T.Fatal(err)
	}
}

// settle waits until the page is there as a whole, with its style sheet and
// scripts; what is in it can be seen before.
func (b *Tab) settle() { b.T.Helper(); b.Until("document.readyState === 'complete'") }

// Check fails the test for each fault that axe-core finds in the page (WCAG
// 2.2 AA), for what sticks out of the screen, and for buttons under 44 px.
func (b *Tab) Check(where string) {
	b.T.Helper()
	b.settle()
	_, here, _, _ := goruntime.Caller(0)
	code, err := os.ReadFile(filepath.Join(filepath.Dir(here), "../../node_modules/axe-core/axe.min.js"))
	if err != nil {
		b.T.Fatal("node_modules is missing: run `npm ci` at the root of the repository")
	}
	if _, err := chromedp.Run(b.Ctx, chromedp.Evaluate[bool](string(code)+";true")); err != nil {
		b.T.Fatalf("axe can't be loaded: %v", err)
	}
	found := Ask[json.RawMessage](b, `axe.run(document, {runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice']}).then(r =>
		r.violations.map(v => v.id + ': ' + v.nodes.map(n => n.html.slice(0, 160) + ' ' + n.failureSummary).join(' | ')))`)
	var violations []string
	if err := json.Unmarshal(found, &violations); err != nil {
		b.T.Fatal(err)
	}
	for _, v := range violations {
		b.T.Errorf("%s: %s", where, v)
	}
	// A table may scroll inside its own box; the page may not.
	for _, wide := range Ask[[]string](b, `[...document.body.querySelectorAll("*")].filter(e => { const r = e.getBoundingClientRect();
		return r.width > 0 && r.height > 0 && !e.closest(".table, pre, .skip") && (r.left < -1 || r.right > innerWidth + 1) }).map(e => e.outerHTML.slice(0, 120))`) {
		b.T.Errorf("%s: sticks out of the screen: %s", where, wide)
	}
	for _, small := range Ask[[]string](b, `[...document.querySelectorAll("button, a.button, .choice, summary, select, .tongues a")].filter(e => {
		const r = e.getBoundingClientRect(); return r.height > 0 && r.height < 44 }).map(e => e.outerHTML.slice(0, 120))`) {
		b.T.Errorf("%s: lower than 44 px: %s", where, small)
	}
}
