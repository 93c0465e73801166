package test

import (
	"os"
	"slices"
	"strings"
	"testing"

	"verhaal/internal/recording/chunk"
	"verhaal/internal/recording/proof"
	"verhaal/test/browser"
)

// TestWhatSomebodyElseClosedIsSaidAndHandedOut: the page promises no copy and no
// receipt; what was not sent is a file that proves itself, also afterwards.
func TestWhatSomebodyElseClosedIsSaidAndHandedOut(t *testing.T) {
	h := newRoomHouse(t)
	b := openRoom(t, h)
	folder := t.TempDir()
	saveTo(b, folder)
	begin(b)
	h.close()
	alarmed(b, "closed")
	b.Until(`(e => e.dataset.copies === "1" && e.textContent.includes("this computer only"))(document.querySelector("[data-safe]"))`)
	b.Check("closed by somebody else")
	b.Click("[data-stop]")
	b.Leave("[data-empty]")
	for range 2 { // the second time after another visit
		b.Until(`document.querySelectorAll("[data-left]:not([hidden]) [data-files] a").length === 2`)
		if at := browser.Ask[string](b, "location.pathname"); at != "/case/c1/room/i1" {
			t.Errorf("the page is at %s", at)
		}
		b.Check("what was not sent")
		b.Visit("/case/c1/room/i1")
	}
	b.See("[data-left] [data-files] a")
	name := browser.Ask[string](b, `document.querySelector("[data-left] [data-files] a").download`)
	b.Click("[data-left] [data-files] a")
	file, err := os.Open(saved(t, folder, name))
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	result, err := proof.VerifyPart(t.Context(), file)
	if err != nil || !result.Sound {
		t.Errorf("%v\n%s", err, result.Words())
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	if len(h.parts) != 2 || slices.Contains(h.rang, "conflict") {
		t.Errorf("%d parts were begun, and the page told of %q", len(h.parts), h.rang)
	}
	if info, err := file.Stat(); err != nil || info.Size() <= size(h.parts[0].records) {
		t.Errorf("the file has no more than the server: %v", err)
	}
}

// size is how many bytes records have.
func size(records []chunk.Record) (n int64) {
	for _, r := range records {
		n += int64(len(r.Raw))
	}
	return n
}

// TestARecorderFromWhichSomebodyTookOverIsTold, and goes on.
func TestARecorderFromWhichSomebodyTookOverIsTold(t *testing.T) {
	h := newRoomHouse(t)
	b := openRoom(t, h)
	begin(b)
	other := &roomPart{part: chunk.Part{Recording: h.id, Track: chunk.Main, Number: 1}, codec: 2}
	other.chain = chunk.NewChain(other.part)
	first, err := chunk.Seal(chunk.Header{Part: other.part, Codec: chunk.VP8Opus, Flags: chunk.First, Prev: other.chain.Head()}, chunk.MinuteKey(chunk.NewSecret(), chunk.NewSecret(), other.part, 0), nil)
	if err != nil {
		t.Fatal(err)
	}
	h.mu.Lock()
	other.records = []chunk.Record{first}
	h.parts = append(h.parts, other)
	h.mu.Unlock()
	alarmed(b, "taken")
	if text := b.Text("[data-alarms] [data-list]"); !strings.Contains(text, "Another computer records") {
		t.Errorf("the page says %q", text)
	}
	stop(b)
}

// TestAPartThatTheServerFoundDamagedIsFollowedByTheNext: by itself, in words, with
// a gap that says why; the page does not say that somebody closed it.
func TestAPartThatTheServerFoundDamagedIsFollowedByTheNext(t *testing.T) {
	h := newRoomHouse(t)
	b := openRoom(t, h)
	begin(b)
	h.until(t, func() bool { return len(h.parts) == 2 && len(h.parts[0].records) > 3 })
	h.mu.Lock()
	first := h.parts[0]
	first.damaged, first.over = true, true
	h.mu.Unlock()
	alarmed(b, "damage")
	if said := b.Text("[data-alarms] [data-list]"); !strings.Contains(said, "kept here") {
		t.Errorf("the page says %q", said)
	}
	h.until(t, func() bool { return len(h.parts) == 3 && len(h.parts[2].records) > 3 })
	kept := browser.Ask[int](b, `(async () => { const root = await navigator.storage.getDirectory();
		for await (const [, folder] of (await root.getDirectoryHandle("recordings")).entries()) return (await (await folder.getFileHandle("0-0.vhc")).getFile()).size; })()`)
	stop(b)
	h.gapIs(t, 0, "damage")
	if last := first.records[len(first.records)-1]; h.parts[2].part != (chunk.Part{Recording: h.id, Track: chunk.Main, Number: 1}) || h.gaps[0]["from"] != float64(last.End()) {
		t.Errorf("part %+v follows, and the gap after %d ms is %v", h.parts[2].part, last.End(), h.gaps)
	}
	if int64(kept) <= size(first.records) {
		t.Errorf("%d bytes are kept of a part of which the server has %d", kept, size(first.records))
	}
	if slices.Contains(h.rang, "closed") {
		t.Errorf("the page told of %q", h.rang)
	}
}
