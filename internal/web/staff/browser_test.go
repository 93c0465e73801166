package staff_test

import (
	"context"
	"encoding/base64"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/webauthn"
	"github.com/chromedp/chromedp"
	"golang.org/x/crypto/chacha20poly1305"

	"verhaal/internal/seal"
	domain "verhaal/internal/staff"
)

const passphrase = "zeven kalme ganzen lezen boven water"

// tab is a page of a real browser.
type tab struct {
	t    *testing.T
	ctx  context.Context
	h    *house
	mu   sync.Mutex // guards said
	said []string   // what the console showed
}

func openTab(t *testing.T, h *house) *tab {
	t.Helper()
	path := "/usr/bin/chromium"
	if _, err := os.Stat(path); err != nil {
		t.Fatal("Chromium is missing: run test/needs, or apt-get install chromium")
	}
	options := []chromedp.ExecAllocatorOption{chromedp.ExecPath(path), chromedp.Headless, chromedp.NoSandbox, chromedp.DisableGPU, chromedp.NoFirstRun}
	for _, f := range []string{"disable-quic", "disable-background-networking", "disable-component-update", "disable-sync"} {
		options = append(options, chromedp.Flag(f, true))
	}
	options = append(options, chromedp.Flag("lang", "en"))
	alloc, cancel := chromedp.NewExecAllocator(context.Background(), options...)
	t.Cleanup(cancel)
	ctx, cancel := chromedp.NewContext(alloc)
	t.Cleanup(cancel)
	ctx, cancel = context.WithTimeout(ctx, 2*time.Minute)
	t.Cleanup(cancel)
	b := &tab{t: t, h: h, ctx: ctx}
	messages := chromedp.Console(ctx)
	go func() {
		for m, err := range messages {
			if err != nil {
				return
			}
			b.mu.Lock()
			b.said = append(b.said, string(m.Type)+": "+m.Text)
			b.mu.Unlock()
		}
	}()
	b.do(chromedp.EmulateViewport(1280, 900))
	return b
}

func (b *tab) do(steps ...chromedp.Action[chromedp.Void]) {
	b.t.Helper()
	if err := chromedp.Do(b.ctx, steps...); err != nil {
		where, _ := chromedp.Run(b.ctx, chromedp.Location())
		text, _ := chromedp.Run(b.ctx, chromedp.Evaluate[string](`document.body.innerText`))
		b.t.Fatalf("at %s: %v\n%s\nconsole: %q", where, err, text, b.said)
	}
}

func (b *tab) eval(js string) string {
	b.t.Helper()
	for {
		got, err := chromedp.Run(b.ctx, chromedp.Evaluate[string](js, chromedp.EvalAwaitPromise))
		if err == nil {
			return got
		}
		// A page that just gave way to the next is asked again.
		if b.ctx.Err() != nil || !strings.Contains(err.Error(), "navigated") {
			b.t.Fatalf("%s: %v", js, err)
		}
		time.Sleep(20 * time.Millisecond)
	}
}

func (b *tab) visit(path string) { b.t.Helper(); b.do(chromedp.Navigate(b.h.base + path)) }

// arrive waits until the address is path.
func (b *tab) arrive(path string) {
	b.t.Helper()
	for range 300 {
		if b.eval(`location.pathname`) == path && b.eval(`document.readyState`) == "complete" {
			return
		}
		time.Sleep(50 * time.Millisecond)
	}
	b.t.Fatalf("at %s and not at %s: %s\nconsole: %q", b.eval(`location.pathname`), path, b.eval(`document.body.innerText`), b.said)
}

func (b *tab) fill(name, text string) {
	b.t.Helper()
	field := `form:not([hidden]) [name="` + name + `"]`
	b.eval("document.querySelector('" + field + "').value = ''")
	b.do(chromedp.SendKeys(chromedp.CSS(field), text))
}

// fits holds that the page fits a phone and a desk and that axe has nothing to
// say. When VERHAAL_SHOTS names a folder it keeps pictures there.
func (b *tab) fits(name string) {
	b.t.Helper()
	axe, err := os.ReadFile("../../../node_modules/axe-core/axe.min.js")
	if err != nil {
		b.t.Fatal("axe is missing: run npm ci")
	}
	b.eval(string(axe) + `;""`)
	for _, width := range []int64{360, 1280} {
		b.do(chromedp.EmulateViewport(width, 900))
		if got := b.eval(`document.documentElement.scrollWidth > innerWidth ? "wider than the screen" : ""`); got != "" {
			b.t.Errorf("%s at %d: %s", name, width, got)
		}
		if found := b.eval(`axe.run(document, {runOnly: ["wcag2a", "wcag2aa", "wcag21aa", "wcag22aa"]})
			.then(r => r.violations.map(v => v.id + ": " + v.nodes.map(n => n.html).join(" | ")).join("\n"))`); found != "" {
			b.t.Errorf("%s at %d: %s", name, width, found)
		}
		dir := os.Getenv("VERHAAL_SHOTS")
		if dir == "" {
			continue
		}
		png, err := chromedp.Run(b.ctx, chromedp.FullScreenshot(100))
		if err != nil {
			b.t.Fatal(err)
		}
		file := filepath.Join(dir, fmt.Sprintf("staff-%s-%d.png", name, width))
		if err := os.WriteFile(file, png, 0o644); err != nil {
			b.t.Fatal(err)
		}
	}
}

// unlocked is the key that the tab holds, opened as ui/staff/unlocked.ts does.
func (b *tab) unlocked() string {
	b.t.Helper()
	bytes := func(text string) []byte {
		out, err := base64.StdEncoding.DecodeString(text)
		if err != nil {
			b.t.Fatal(err)
		}
		return out
	}
	kept := bytes(b.eval(`sessionStorage.getItem("verhaal") ?? ""`))
	share := bytes(b.eval(`fetch("/staff/share", {headers: {Accept: "application/json"}}).then(r => r.json()).then(j => j.share ?? "")`))
	if len(kept) == 0 || len(share) == 0 {
		return ""
	}
	aead, err := chacha20poly1305.NewX(share)
	if err != nil {
		b.t.Fatal(err)
	}
	plain, err := aead.Open(nil, kept[:aead.NonceSize()], kept[aead.NonceSize():], nil)
	if err != nil {
		return ""
	}
	return string(plain)
}

// holdsOwnKey says that the tab has exactly the key whose public half the
// server knows.
func (b *tab) holdsOwnKey(login string) {
	b.t.Helper()
	id, err := seal.ParseIdentity(b.unlocked())
	if err != nil {
		b.t.Fatalf("the tab holds no key: %v", err)
	}
	who, _, err := b.h.members.List(b.ctx, "", 10)
	if err != nil {
		b.t.Fatal(err)
	}
	i := slices.IndexFunc(who, func(m domain.Member) bool { return m.Login == login })
	if i < 0 || who[i].Recipient != id.Recipient() {
		b.t.Error("the unlocked key is not the member's")
	}
}

func (b *tab) calm() {
	b.t.Helper()
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, s := range b.said {
		// A refused sign-in is an answer of 401, which browsers print as an error.
		if (strings.HasPrefix(s, "error") || strings.HasPrefix(s, "exception")) && !strings.Contains(s, "Failed to load resource") {
			b.t.Errorf("console: %s", s)
		}
	}
}

func (b *tab) authenticator(transport webauthn.AuthenticatorTransport, prf bool) {
	b.t.Helper()
	if _, err := chromedp.Call(b.ctx, webauthn.Enable, webauthn.EnableParams{}); err != nil {
		b.t.Fatal(err)
	}
	_, err := chromedp.Call(b.ctx, webauthn.AddVirtualAuthenticator, webauthn.AddVirtualAuthenticatorParams{
		Options: &webauthn.VirtualAuthenticatorOptions{
			Protocol: webauthn.AuthenticatorProtocolCtap2, Ctap2version: "ctap2_1", Transport: transport,
			HasResidentKey: true, HasUserVerification: true, IsUserVerified: true, HasPrf: prf, AutomaticPresenceSimulation: true,
		},
	})
	if err != nil {
		b.t.Fatal(err)
	}
}

func (b *tab) signOut() {
	b.t.Helper()
	b.do(chromedp.Click(chromedp.CSS(`[data-sign-out] button`)))
	b.arrive("/staff/sign-in")
	if b.unlocked() != "" {
		b.t.Error("the key is still there after signing out")
	}
}

func TestAMemberEnrolsSignsOutAndSignsInWithThePassphrase(t *testing.T) {
	h := newHouse(t)
	code, err := h.members.InviteFirst(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	b := openTab(t, h)
	b.visit("/staff/enrol#" + strings.ToLower(strings.ReplaceAll(code, "-", " ")))
	b.fits("enrol-code")
	if got := b.eval(`location.hash`); got != "" {
		t.Errorf("the code stays in the address: %q", got)
	}
	b.do(chromedp.Click(chromedp.CSS(`[data-code] button`)), chromedp.WaitVisible(chromedp.CSS(`[data-keys]`)))
	b.fill("name", "Noor de Wit")
	b.fill("login", "noor")
	b.fill("passphrase", "too short")
	b.fill("again", "too short")
	b.do(chromedp.Click(chromedp.CSS(`[data-keys] > div:last-child button`)), chromedp.WaitVisible(chromedp.CSS(`[data-problem]`)))
	b.fits("enrol-short")
	b.fill("passphrase", passphrase)
	b.fill("again", passphrase)
	b.do(chromedp.Click(chromedp.CSS(`[data-keys] > div:last-child button`)))
	b.waitSignedIn()
	b.visit("/staff/account")
	b.fits("account")
	b.holdsOwnKey("noor")
	b.signOut()

	b.fill("login", "Noor")
	b.fill("passphrase", "a wrong passphrase, five words long")
	b.do(chromedp.Click(chromedp.CSS(`[data-passphrase] button`)), chromedp.WaitVisible(chromedp.CSS(`[data-problem]`)))
	b.fits("sign-in-wrong")
	b.visit("/staff/sign-in?back=/staff/account")
	b.fill("login", "noor")
	b.fill("passphrase", passphrase)
	b.do(chromedp.Click(chromedp.CSS(`[data-passphrase] button`)))
	b.arrive("/staff/account")
	b.holdsOwnKey("noor")

	// A tab that lost its key asks to unlock and keeps the session.
	b.eval(`sessionStorage.clear(), ""`)
	b.visit("/staff/sign-in?back=/staff/account")
	b.fits("unlock")
	b.fill("passphrase", passphrase)
	b.do(chromedp.Click(chromedp.CSS(`[data-passphrase] button`)))
	b.arrive("/staff/account")
	b.holdsOwnKey("noor")
	b.calm()
}

func (b *tab) waitSignedIn() {
	b.t.Helper()
	for range 300 {
		if b.eval(`sessionStorage.getItem("verhaal") ?? ""`) != "" {
			time.Sleep(200 * time.Millisecond)
			return
		}
		time.Sleep(50 * time.Millisecond)
	}
	b.t.Fatalf("not signed in: %s\nconsole: %q", b.eval(`document.body.innerText`), b.said)
}

// enrolWithPasskey fills the form and makes a passkey in it; chosen is the
// passphrase beside it, or "".
func (b *tab) enrolWithPasskey(login, chosen string) {
	b.t.Helper()
	_, code, err := b.h.members.Invite(context.Background(), "", domain.Newcomer{Login: login, Name: "Sam Bos", Lang: "en", Powers: []string{domain.Officer}})
	if err != nil {
		b.t.Fatal(err)
	}
	b.visit("/staff/enrol")
	b.fill("code", code)
	b.do(chromedp.Click(chromedp.CSS(`[data-code] button`)), chromedp.WaitVisible(chromedp.CSS(`[data-make-passkey]`)),
		chromedp.Click(chromedp.CSS(`[data-make-passkey]`)), chromedp.WaitVisible(chromedp.CSS(`[data-passkey-made]`)))
	if chosen != "" {
		b.fill("passphrase", chosen)
		b.fill("again", chosen)
	}
	b.do(chromedp.Click(chromedp.CSS(`[data-keys] > div:last-child button`)))
}

func TestAPasskeyWithPRFEnrolsSignsInAndUnlocksWithoutAPassphrase(t *testing.T) {
	b := openTab(t, newHouse(t))
	b.authenticator(webauthn.AuthenticatorTransportInternal, true)
	b.enrolWithPasskey("sam", "")
	b.waitSignedIn()
	b.visit("/staff/account")
	b.holdsOwnKey("sam")
	b.fits("account-passkey")
	b.signOut()
	b.do(chromedp.WaitVisible(chromedp.CSS(`[data-passkey] button`)), chromedp.Click(chromedp.CSS(`[data-passkey] button`)))
	b.waitSignedIn()
	b.visit("/staff/account")
	b.holdsOwnKey("sam")

	b.eval(`sessionStorage.clear(), ""`)
	b.visit("/staff/sign-in?back=/staff/account")
	b.do(chromedp.WaitVisible(chromedp.CSS(`[data-passkey] button`)), chromedp.Click(chromedp.CSS(`[data-passkey] button`)))
	b.arrive("/staff/account")
	b.holdsOwnKey("sam")
	b.calm()
}

func TestAPasskeyWithoutPRFSignsInAndThenAsksForThePassphrase(t *testing.T) {
	b := openTab(t, newHouse(t))
	b.authenticator(webauthn.AuthenticatorTransportInternal, false)
	b.enrolWithPasskey("sam", "")
	b.do(chromedp.WaitVisible(chromedp.CSS(`[data-problem]`))) // nothing would unlock the key
	b.fill("passphrase", passphrase)
	b.fill("again", passphrase)
	b.do(chromedp.Click(chromedp.CSS(`[data-keys] > div:last-child button`)))
	b.waitSignedIn()
	b.visit("/staff/account")
	b.signOut()

	b.visit("/staff/sign-in?back=/staff/account")
	b.do(chromedp.WaitVisible(chromedp.CSS(`[data-passkey] button`)), chromedp.Click(chromedp.CSS(`[data-passkey] button`)),
		chromedp.WaitVisible(chromedp.CSS(`[data-signed-in] [name="passphrase"]`)))
	if b.unlocked() != "" {
		t.Error("a passkey without PRF unlocked something")
	}
	b.fill("passphrase", "not the right words at all")
	b.do(chromedp.Click(chromedp.CSS(`[data-passphrase] button`)), chromedp.WaitVisible(chromedp.CSS(`[data-problem]`)))
	b.fill("passphrase", passphrase)
	b.do(chromedp.Click(chromedp.CSS(`[data-passphrase] button`)))
	b.arrive("/staff/account")
	b.holdsOwnKey("sam")
	b.calm()
}

func TestTheAccountAddsAPasskeyAndChangesThePassphrase(t *testing.T) {
	b := openTab(t, newHouse(t))
	b.authenticator(webauthn.AuthenticatorTransportInternal, true)
	b.enrolWithPasskey("sam", passphrase)
	b.waitSignedIn()
	b.visit("/staff/account")
	other := "acht andere woorden die nergens bij horen"
	set := func(name, text string) {
		b.do(chromedp.SendKeys(chromedp.CSS(`[data-change-passphrase] [name="`+name+`"]`), text))
	}
	set("old", passphrase)
	set("passphrase", other)
	set("again", other)
	b.do(chromedp.Click(chromedp.CSS(`[data-change-passphrase] button`)), chromedp.WaitVisible(chromedp.CSS(`.notice.good`)))
	b.fits("account-changed")
	b.signOut()
	b.visit("/staff/sign-in?back=/staff/account")
	b.fill("login", "sam")
	b.fill("passphrase", other)
	b.do(chromedp.Click(chromedp.CSS(`[data-passphrase] button`)))
	b.arrive("/staff/account")
	b.holdsOwnKey("sam")

	// The authenticator holds one passkey of an account: a second one is on another.
	b.authenticator(webauthn.AuthenticatorTransportUsb, true)
	b.do(chromedp.SendKeys(chromedp.CSS(`[data-make] [name="label"]`), "spare"), chromedp.Click(chromedp.CSS(`[data-make] button`)),
		chromedp.WaitVisible(chromedp.CSS(`.notice.good`)))
	if got := b.eval(`document.querySelectorAll('[name="credential"]').length + " " + document.querySelectorAll('.badge.good').length`); got != "2 2" {
		t.Errorf("passkeys and those that unlock: %s", got)
	}
	b.calm()
}

func TestANewTabGetsTheKeyFromTheTabBesideIt(t *testing.T) {
	b := openTab(t, newHouse(t))
	b.authenticator(webauthn.AuthenticatorTransportInternal, true)
	b.enrolWithPasskey("sam", "")
	b.waitSignedIn()
	b.visit("/staff/account")
	beside, cancel := chromedp.NewContext(b.ctx)
	defer cancel()
	second := &tab{t: t, ctx: beside, h: b.h}
	second.visit("/staff/sign-in?back=/staff/account")
	second.arrive("/staff/account")
	second.holdsOwnKey("sam")
	b.signOut()
	if second.unlocked() != "" {
		t.Error("the tab beside still opens the key after signing out")
	}
}

func TestATabNobodyTouchesWarnsThenLocksAndSaysWhy(t *testing.T) {
	b := openTab(t, newHouse(t))
	b.authenticator(webauthn.AuthenticatorTransportInternal, true)
	b.enrolWithPasskey("sam", "")
	b.waitSignedIn()
	if _, err := chromedp.Call(b.ctx, page.AddScriptToEvaluateOnNewDocument, page.AddScriptToEvaluateOnNewDocumentParams{
		Source: `{ const now = Date.now; window.skip = 0; Date.now = () => now() + window.skip * 60000; }`,
	}); err != nil {
		t.Fatal(err)
	}
	b.visit("/staff/account")
	later := func(minutes string) {
		b.eval(`window.skip += ` + minutes + `, document.dispatchEvent(new Event("visibilitychange")), ""`)
	}
	later("14.5")
	b.do(chromedp.WaitVisible(chromedp.CSS(`[data-idle] button`)))
	b.fits("idle")
	b.do(chromedp.Click(chromedp.CSS(`[data-idle] button`)), chromedp.WaitNotPresent(chromedp.CSS(`[data-idle]`)))
	later("14")
	if got := b.eval(`location.pathname`); got != "/staff/account" {
		t.Errorf("whoever stays is sent to %s", got)
	}
	later("1")
	b.arrive("/staff/sign-in")
	if text := b.eval(`document.body.innerText`); !strings.Contains(text, "away for 15 minutes") {
		t.Errorf("the page does not say why: %s", text)
	}
	if b.unlocked() != "" || b.eval(`sessionStorage.length + ""`) != "0" {
		t.Error("the key is still there")
	}
	b.fits("sign-in-idle")
	b.calm()
}
