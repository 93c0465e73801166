package drill

import (
	"context"
	"fmt"
	"os/exec"
	"strings"
	"time"

	"github.com/chromedp/chromedp"
)

// browsers are the names under which a browser that can record is found.
var browsers = []string{"chromium", "chromium-browser", "google-chrome", "microsoft-edge"}

// Browser finds a browser that can record.
func Browser() (path string, err error) {
	for _, name := range browsers {
		if path, err = exec.LookPath(name); err == nil {
			return path, nil
		}
	}
	return "", fmt.Errorf("no browser found (%s): install chromium", strings.Join(browsers, ", "))
}

// Headless are the options of a browser that asks nothing of anybody else.
func Headless(path string) []chromedp.ExecAllocatorOption {
	return append(append([]chromedp.ExecAllocatorOption{}, chromedp.DefaultExecAllocatorOptions[:]...),
		chromedp.ExecPath(path), chromedp.NoSandbox, chromedp.DisableGPU, chromedp.NoFirstRun,
		chromedp.Flag("disable-quic", true), chromedp.Flag("disable-background-networking", true),
		chromedp.Flag("disable-component-update", true), chromedp.Flag("disable-sync", true), chromedp.Flag("lang", "en"))
}

// InTheRoom are those of one with a made-up camera and a microphone that hears a
// file (Tone).
func InTheRoom(sound string) []chromedp.ExecAllocatorOption {
	return []chromedp.ExecAllocatorOption{chromedp.Flag("use-fake-device-for-media-stream", true), chromedp.Flag("use-fake-ui-for-media-stream", true),
		chromedp.Flag("use-file-for-fake-audio-capture", sound),
		chromedp.Flag("autoplay-policy", "no-user-gesture-required"), chromedp.Flag("mute-audio", true)}
}

// patience is how long a page may take for one step.
const patience = 60 * time.Second

// tab is the page of a browser of its own.
type tab struct {
	ctx  context.Context
	base string
	end  func()
}

// browse opens a browser with a profile that reaches the server through the wire.
func (d *drill) browse(profile string) (*tab, error) {
	options := append(Headless(d.browser), InTheRoom(d.sound())...)
	options = append(options, chromedp.Flag("use-file-for-fake-video-capture", d.film()), chromedp.UserDataDir(profile), chromedp.ProxyServer("http://"+d.wire.l.Addr().String()), chromedp.Flag("proxy-bypass-list", "<-loopback>"))
	allocator, stop := chromedp.NewExecAllocator(d.ctx, options...)
	ctx, end := chromedp.NewContext(allocator)
	t := &tab{ctx: ctx, base: d.server.Base(), end: func() { end(); stop() }}
	// The very first action owns the browser, so it gets no deadline.
	if err := chromedp.Do(ctx, chromedp.Navigate("about:blank")); err != nil {
		t.end()
		return nil, err
	}
	return t, nil
}

// kill ends the browser as a power cut does.
func (t *tab) kill() error {
	defer t.end()
	return chromedp.FromContext(t.ctx).Browser.Process().Kill()
}

func (t *tab) visit(path string) error {
	ctx, cancel := context.WithTimeout(t.ctx, patience)
	defer cancel()
	return chromedp.Do(ctx, chromedp.Navigate(t.base+path))
}

// ask evaluates JavaScript; a promise is awaited.
func ask[V any](t *tab, js string) (V, error) {
	ctx, cancel := context.WithTimeout(t.ctx, patience)
	defer cancel()
	return chromedp.Run(ctx, chromedp.Evaluate[V](js, chromedp.EvalAwaitPromise))
}

// until waits for a JavaScript expression to become true, also over a change of page.
func (t *tab) until(js string) error { return t.within(patience, js) }

// within is until with a patience of its own.
func (t *tab) within(limit time.Duration, js string) error {
	for deadline := time.Now().Add(limit); time.Now().Before(deadline); time.Sleep(50 * time.Millisecond) {
		if now, err := ask[bool](t, js); err == nil && now {
			return nil
		}
		if t.ctx.Err() != nil {
			return t.ctx.Err()
		}
	}
	shown, _ := ask[string](t, `location.pathname + " " + document.body.innerText`)
	return fmt.Errorf("it never came true that %s; the page is %.400s", js, shown)
}

// click clicks what a CSS selector finds, once it is there and can be used.
func (t *tab) click(selector string) error {
	return t.until(fmt.Sprintf(`document.querySelector(%[1]q) && !document.querySelector(%[1]q).disabled && (document.querySelector(%[1]q).click(), true)`, selector))
}

// signIn signs in and unlocks the key, also for somebody who is signed in still.
func (t *tab) signIn(login, passphrase string) error {
	if err := t.visit("/staff/sign-in"); err != nil {
		return err
	}
	fill := fmt.Sprintf(`(() => { const f = document.querySelector("form[data-passphrase]"); if (!f || f.hidden) return false;
		const login = f.querySelector("[name=login]"); if (login) login.value = %q; f.querySelector("[name=passphrase]").value = %q; f.querySelector("button").click(); return true; })()`, login, passphrase)
	if err := t.until(fill); err != nil {
		return err
	}
	return t.until(`!location.pathname.startsWith("/staff/sign-in")`)
}
