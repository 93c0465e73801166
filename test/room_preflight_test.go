package test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"

	"verhaal/internal/recording/chunk"
	"verhaal/test/browser"
)

// verdict waits for what pre-flight says of one thing.
func verdict(b *browser.Tab, check, want string) {
	b.T.Helper()
	b.Until(fmt.Sprintf(`document.querySelector("[data-check=%s]").dataset.verdict === %q`, check, want))
}

// mayBegin waits until pre-flight is through, and says whether it lets a recording begin.
func mayBegin(b *browser.Tab) bool {
	b.T.Helper()
	b.Until(`[...document.querySelectorAll("[data-check]")].every(c => c.dataset.verdict !== "wait")`)
	return !browser.Ask[bool](b, `document.querySelector("[data-begin]").disabled`)
}

// TestPreflightSaysInWordsWhatStandsInTheWay: a certificate, a camera, another
// tab; and where to ask for a deviation.
func TestPreflightSaysInWordsWhatStandsInTheWay(t *testing.T) {
	h := newRoomHouse(t)
	h.certificates = "bad"
	b := openRoom(t, h)
	b.Visit("/case/c1/room/i1")
	if mayBegin(b) {
		t.Error("a recording may begin though a certificate is missing")
	}
	if link := browser.Ask[string](b, `document.querySelector("[data-check=certificates] [data-when=bad]:not([hidden]) a").getAttribute("href")`); link != "/case/c1/about/i1#deviations" {
		t.Errorf("a deviation is asked for at %q", link)
	}
	b.Check("a missing certificate")
	if text := b.Text("section[aria-labelledby=people]"); !strings.Contains(text, "Robin, Kim From: Director room, Viewing room") {
		t.Errorf("who may watch, and from where, is not said: %s", text)
	}

	h.mu.Lock()
	h.certificates = "warn"
	h.mu.Unlock()
	b.Visit("/case/c1/room/i1")
	if !mayBegin(b) {
		t.Error("a recording may not begin though the rules let the plan go on")
	}
	verdict(b, "overview", "warn")

	// Another tab of this browser finds the room taken.
	ctx, end := chromedp.NewContext(b.Ctx)
	other := &browser.Tab{T: t, Ctx: ctx, Base: b.Base}
	other.Visit("/case/c1/room/i1")
	verdict(other, "alone", "bad")
	if !browser.Ask[bool](other, `document.querySelector("[data-begin]").disabled`) {
		t.Error("two tabs may record")
	}
	end()

	browser.Ask[bool](b, `(s => { s.value = "none"; s.dispatchEvent(new Event("change")); return true; })(document.querySelector("[name=camera]"))`)
	verdict(b, "camera", "bad")
	if mayBegin(b) {
		t.Error("a recording may begin without the picture that the rules demand")
	}
	browser.Ask[bool](b, `(s => { s.value = ""; s.dispatchEvent(new Event("change")); return true; })(document.querySelector("[name=camera]"))`)
	verdict(b, "camera", "good")
	b.Until(`!document.querySelector("[data-begin]").disabled`)
	startRecording(b)
	if !slices.Equal(h.pictures, []int{0}) {
		t.Errorf("the server is told of pictures on the tracks %v", h.pictures)
	}
	// What the rules demand from now on is said large.
	b.Click("[data-mark=becomes_formal_report]")
	b.Until(`(t => t.includes("S-17") && t.includes("picture and sound"))(document.querySelector("[data-unmet]:not([hidden])")?.textContent ?? "")`)
	b.Check("a level that is not met")
	stop(b)
}

// TestAPictureThatTheComputerLosesIsMadeSmallerBeforeItBegins, in words; what
// somebody chose stays, with a warning.
func TestAPictureThatTheComputerLosesIsMadeSmallerBeforeItBegins(t *testing.T) {
	shots(t)
	h := newRoomHouse(t)
	b := openRoom(t, h)
	b.Visit("/case/c1/room/i1")
	browser.Ask[bool](b, aFaultyCamera)
	// Of a large picture it gives only some frames.
	browser.Ask[bool](b, `(m => { const faulty = m.getUserMedia.bind(m);
		m.getUserMedia = (asked) => { if (asked.video) window.thinned = asked.video.height.ideal > 360; return faulty(asked); }; return true; })(navigator.mediaDevices)`)
	b.Click("[data-again]")
	b.Until(`document.querySelector("[name=size]").value === "640x360"`)
	if !mayBegin(b) {
		t.Error("a smaller picture may not be recorded")
	}
	if said := b.Text("[data-smaller]"); !strings.Contains(said, "lost frames of a larger picture") {
		t.Errorf("it says %q", said)
	}
	b.Width(360)
	b.Check("a smaller picture")
	b.Shot("room-preflight-smaller")
	browser.Ask[bool](b, `(s => { s.value = "1280x720"; s.dispatchEvent(new Event("change")); return true; })(document.querySelector("[name=size]"))`)
	b.Until(`!document.querySelector("[data-check=camera] [data-why=thin]").hidden`)
	if !mayBegin(b) || browser.Ask[string](b, `document.querySelector("[name=size]").value`) != "1280x720" {
		t.Error("what somebody chose does not stay")
	}
	b.Check("a thin picture that was chosen")
}

// TestWhoPreparesStaysSignedIn while a device is open, and whoever is signed out
// is led to sign in and back.
func TestWhoPreparesStaysSignedIn(t *testing.T) {
	h := newRoomHouse(t)
	b := openRoom(t, h)
	b.Do(chromedp.Func(func(ctx context.Context, to *chromedp.Target) error { // a minute is a second
		_, err := cdp.Call(ctx, to, page.AddScriptToEvaluateOnNewDocument, page.AddScriptToEvaluateOnNewDocumentParams{
			Source: `(every => { window.setInterval = (act, ms, ...more) => every(act, ms === 60_000 ? 1000 : ms, ...more); })(window.setInterval)`})
		return err
	}))
	b.Visit("/case/c1/room/i1")
	if !mayBegin(b) {
		t.Fatal("nothing may begin")
	}
	h.until(t, func() bool { return h.seen > 1 })
	browser.Ask[bool](b, `(from => { performance.now = () => from() + 61 * 60_000; return true; })(performance.now.bind(performance))`)
	time.Sleep(1500 * time.Millisecond)
	h.mu.Lock()
	before := h.seen
	h.away = true
	h.mu.Unlock()
	time.Sleep(3 * time.Second)
	h.mu.Lock()
	if h.seen != before {
		t.Error("a page that was left an hour ago keeps somebody signed in")
	}
	h.mu.Unlock()
	b.Click("[data-again]")
	b.Until(`!document.querySelector("[data-signed-out]").hidden && document.querySelector("[data-unasked]").textContent.includes("not signed in")`)
	if to := browser.Ask[string](b, `document.querySelector("[data-signed-out] a").getAttribute("href")`); to != "/staff/sign-in?back=/case/c1/room/i1" {
		t.Errorf("it leads to %q", to)
	}
	b.Check("signed out")
}

// TestALongerInterviewIsHeldAgainstTheOwnDiskToo, as soon as it is chosen.
func TestALongerInterviewIsHeldAgainstTheOwnDiskToo(t *testing.T) {
	h := newRoomHouse(t)
	b := openRoom(t, h)
	b.Visit("/case/c1/room/i1")
	browser.Ask[bool](b, `navigator.storage.estimate = async () => ({ quota: 2e9, usage: 0 }), true`)
	last := func(minutes int) {
		browser.Ask[bool](b, fmt.Sprintf(`(f => { f.value = %d; f.dispatchEvent(new Event("change")); return true; })(document.querySelector("[name=minutes]"))`, minutes))
	}
	last(60)
	if !mayBegin(b) {
		t.Fatal("nothing may begin")
	}
	last(240)
	verdict(b, "space", "bad")
	if mayBegin(b) {
		t.Error("four hours may begin though this computer has room for two")
	}
}

// TestPreflightSaysWhyTheServerWasNotAsked, in the server's own words, and blames
// neither its disk nor the clock.
func TestPreflightSaysWhyTheServerWasNotAsked(t *testing.T) {
	h := newRoomHouse(t)
	b := openRoom(t, h)
	b.Visit("/case/c1/room/i1")
	if !mayBegin(b) {
		t.Fatal("nothing may begin")
	}
	shut := func(is bool) { h.mu.Lock(); h.shut = is; h.mu.Unlock() }
	shut(true)
	b.Click("[data-again]")
	b.Until(`document.querySelector("[data-unasked]:not([hidden])")?.textContent === "The rules do not allow it any more."`)
	b.Until(`["test", "space", "wake"].every(c => document.querySelector("[data-check=" + c + "]").dataset.verdict !== "wait")`)
	for _, check := range []string{"disk", "clock"} {
		verdict(b, check, "wait")
	}
	if !browser.Ask[bool](b, `document.querySelector("[data-begin]").disabled`) {
		t.Error("a recording may begin that the server refuses")
	}
	b.Check("a server that refuses")
	h.cut.Store(true)
	b.Click("[data-again]")
	b.Until(`document.querySelector("[data-unasked]").textContent.includes("can't be reached")`)
	h.cut.Store(false)
	shut(false)
	b.Click("[data-again]")
	b.Until(`document.querySelector("[data-unasked]").hidden`)
	for _, check := range []string{"disk", "clock"} {
		verdict(b, check, "good")
	}
}

// TestABeginThatFailsHalfwayRecordsNothingUnseen, and goes on with what it began.
func TestABeginThatFailsHalfwayRecordsNothingUnseen(t *testing.T) {
	h := newRoomHouse(t)
	h.busy = true
	b := openRoom(t, h)
	b.Visit("/case/c1/room/i1")
	if !mayBegin(b) {
		t.Fatal("nothing may begin")
	}
	browser.Ask[bool](b, ears)
	b.Click("[data-begin]")
	b.See("[data-preflight] [data-problem]")
	b.Until(`made[0].state === "inactive" && made[0].stream.getTracks().every(t => t.readyState === "ended")`)
	b.Until(`document.querySelector("[data-begin]").textContent === "Go on recording" && !document.querySelector("[data-begin]").disabled`)
	h.mu.Lock()
	h.busy = false
	id := h.id
	h.mu.Unlock()
	startRecording(b)
	stop(b)
	if h.id != id {
		t.Error("another recording was begun")
	}
	h.opened(chunk.Main)
}

// TestAScreenThatIsNotSharedAnyMoreIsNotPromised: what the browser's own bar
// ended before the recording stands in no way.
func TestAScreenThatIsNotSharedAnyMoreIsNotPromised(t *testing.T) {
	h := newRoomHouse(t)
	b := openRoom(t, h)
	b.Visit("/case/c1/room/i1")
	if !mayBegin(b) {
		t.Fatal("nothing may begin")
	}
	browser.Ask[bool](b, aScreen)
	b.Click("[data-screen]")
	b.See("[data-screen-on]")
	browser.Ask[bool](b, endShared)
	b.Until(`document.querySelector("[data-screen-on]").hidden`)
	startRecording(b)
	stop(b)
	if len(h.parts) != 2 {
		t.Errorf("%d tracks were begun", len(h.parts))
	}
}

// TestAMicrophoneThatGivesNothingIsToldInWords, until it is heard.
func TestAMicrophoneThatGivesNothingIsToldInWords(t *testing.T) {
	b := openRoomThatHears(t, newRoomHouse(t), 0)
	b.Visit("/case/c1/room/i1")
	verdict(b, "microphone", "bad")
	b.Until(`(s => s.length === 1 && s[0].textContent.startsWith("Nothing is heard."))([...document.querySelectorAll("[data-check=microphone] [data-when]")].filter(s => !s.hidden))`)
	if mayBegin(b) {
		t.Error("a recording may begin that nobody hears")
	}
	b.Check("a silent microphone")
	browser.Ask[bool](b, `(AnalyserNode.prototype.getFloatTimeDomainData = all => all.fill(0.1), true)`)
	verdict(b, "microphone", "good")
	if !mayBegin(b) {
		t.Error("a microphone that is heard may not begin")
	}
}
