package test

import (
	"testing"
	"time"

	"verhaal/internal/recording/chunk"
	"verhaal/test/browser"
)

// aScreen has a made-up screen shared where a page asks for one.
const aScreen = `(() => { window.asked = 0; navigator.mediaDevices.getDisplayMedia = async () => {
	const c = document.createElement("canvas"), x = c.getContext("2d"); let n = 0;
	setInterval(() => x.fillRect(n++ % 300, 0, 9, 9), 50);
	window.shared = c.captureStream(10); asked++; return shared; }; return true; })()`

// endShared ends the sharing as the browser's own bar does.
const endShared = `(t => { t.stop(); t.dispatchEvent(new Event("ended")); return true; })(shared.getTracks()[0])`

// TestAnExhibitIsShownWhileItRecords: it begins and ends by a button, or in the
// browser's bar, which is no lost device; each time is a part that ends in order.
func TestAnExhibitIsShownWhileItRecords(t *testing.T) {
	h := newRoomHouse(t)
	b := openRoom(t, h)
	begin(b)
	browser.Ask[bool](b, aScreen)
	for part, end := range []func(){func() { b.Click("[data-show-end]") }, func() { browser.Ask[bool](b, endShared) }} {
		b.Click("[data-show]")
		b.See("[data-show-end]")
		h.until(t, func() bool { return len(h.shown()) == part+1 && h.shown()[part].chain.Next() > 2 })
		b.Check("a screen that is shown")
		end()
		b.See("[data-show]")
		h.until(t, func() bool { return h.shown()[part].chain.Ended() })
	}
	if n := browser.Ask[int](b, "asked"); n != 2 {
		t.Errorf("the page asked for a screen %d times", n)
	}
	b.Until(`document.querySelector("[data-safe]").dataset.copies === "2"`)
	stop(b)
	h.opened(chunk.Exhibit)
	h.gapIs(t, float64(chunk.Exhibit), "not_shown")
	if raised := h.raised(); len(raised) > 0 || len(h.gaps) != 1 {
		t.Errorf("what ended in order raised %q and left the gaps %v", raised, h.gaps)
	}
}

// shown are the parts of what was shown. h.mu is held.
func (h *roomHouse) shown() (parts []*roomPart) {
	for _, p := range h.parts {
		if p.part.Track == chunk.Exhibit {
			parts = append(parts, p)
		}
	}
	return parts
}

// until waits for something that the server sees.
func (h *roomHouse) until(t *testing.T, is func() bool) {
	t.Helper()
	for range 600 {
		h.mu.Lock()
		now := is()
		h.mu.Unlock()
		if now {
			return
		}
		time.Sleep(50 * time.Millisecond)
	}
	t.Fatal("it did not come to that")
}
