package test

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"verhaal/internal/drill"
	"verhaal/internal/recording/chunk"
	"verhaal/internal/recording/proof"
	"verhaal/internal/recording/recordingtest"
	"verhaal/test/browser"
)

// openRoom opens a browser with a made-up camera, and somebody who speaks.
func openRoom(t *testing.T, h *roomHouse) *browser.Tab {
	t.Helper()
	return openRoomThatHears(t, h, drill.Speaking)
}

// openRoomThatHears is openRoom with another sound.
func openRoomThatHears(t *testing.T, h *roomHouse, peak float64) *browser.Tab {
	t.Helper()
	b := browser.Open(t, h.url, drill.InTheRoom(sound(t, peak))...)
	b.Width(1280)
	h.unlock(b)
	return b
}

// openWatch is another browser with the control room of the recording that runs.
func openWatch(t *testing.T, h *roomHouse) *browser.Tab {
	t.Helper()
	w := openRoom(t, h)
	w.Visit("/record/" + h.id.String() + "/watch")
	watch(w)
	return w
}

// watch goes into a control room and waits for its picture.
func watch(w *browser.Tab) {
	w.T.Helper()
	w.Click("form[data-enter] button")
	w.Until(`Number(document.querySelector("[data-page]").dataset.at) > 1000`)
}

// begin goes through pre-flight and begins to record.
func begin(b *browser.Tab) {
	b.T.Helper()
	b.Visit("/case/c1/room/i1")
	b.Until(`document.querySelector("[data-begin]") && !document.querySelector("[data-begin]").disabled`)
	startRecording(b)
}

func stop(b *browser.Tab) {
	b.T.Helper()
	b.Click("[data-stop]")
	b.Click("[data-empty]")
	b.Until(`location.pathname.endsWith("/play")`)
}

func shots(t *testing.T) {
	if dir := os.Getenv("VERHAAL_SHOTS"); dir != "" {
		if err := os.MkdirAll(dir, 0o755); err != nil {
			t.Fatal(err)
		}
	}
}

// TestARoomRecordsWatchesAndPlays walks the rooms: pre-flight, record, mark,
// watch live with a prompt, stop, play.
func TestARoomRecordsWatchesAndPlays(t *testing.T) {
	shots(t)
	h := newRoomHouse(t)
	b := openRoom(t, h)
	b.Visit("/case/c1/room/i1")
	b.Until(`document.querySelector("[data-begin]") && !document.querySelector("[data-begin]").disabled`)
	lookAt(b, "pre-flight", "room-preflight")
	begin(b)
	b.Click("[data-mark=entry]")
	b.Click("[data-mark=break]")
	b.Click("[data-mark=resume]")

	w := openWatch(t, h)
	w.Write("#prompt", "Ask about the van.")
	w.Click("[data-prompt] button")
	b.Until(`document.querySelector("[data-prompts]").textContent.includes("Ask about the van.")`)
	if h.holds("about the van") {
		t.Error("the server reads the prompt")
	}
	b.Until(`document.querySelector("[data-watchers]").textContent.includes("Robin (Director room)")`)
	lookAt(b, "recording", "room-recording")
	lookAt(w, "control room", "room-watch")
	// How late the picture is: the newest frame shown against the recorder's clock.
	late := browser.Ask[float64](w, `new Promise(done => { const v = document.querySelector("video[data-track='0']"); const all = [];
		const look = async () => { const s = await (await fetch(location.pathname.replace("watch", "state"))).json(); all.push(s.now - s.started - v.currentTime * 1000);
			if (all.length < 21) setTimeout(look, 100); else done(all.sort((x, y) => x - y)[10]); }; look(); })`)
	t.Logf("live picture: median %.0f ms late", late)
	if late > 2000 {
		t.Errorf("the live picture is %.0f ms late", late)
	}

	stop(b)
	soundToTheLastFrame(t, h)
	_, main := h.opened(chunk.Main)
	_, safe := h.opened(chunk.AudioSafe)
	for name, records := range map[string][]chunk.Record{"main": main, "safe sound": safe} {
		last := records[len(records)-1]
		if said := h.marks[len(h.marks)-1]["mono"].(float64); float64(last.End()) > said+1500 || float64(last.End()) < said-1500 {
			t.Errorf("%s ends at %d ms, and the mark for the end is at %.0f ms", name, last.End(), said)
		}
		if last.Flags&chunk.Last == 0 {
			t.Errorf("%s: the last record isn't marked as the last", name)
		}
		for i := 1; i < len(records); i++ {
			if gap := int64(records[i].Mono) - int64(records[i-1].End()); gap > 100 {
				t.Errorf("%s: %d ms missing before record %d", name, gap, i)
			}
		}
	}

	b.See("form[data-purpose] button")
	b.Click("form[data-purpose] button")
	b.See("[data-player]")
	b.Click("[data-toggle]")
	b.Until(`document.querySelector("video[data-track='0']").currentTime > 1`)
	if marks := b.Text("[data-marks]"); !strings.Contains(marks, "The person comes in") || !strings.Contains(marks, "Ask about the van.") {
		t.Errorf("the chapters are %q", marks)
	}
	b.Click("[data-marks] li:nth-child(2) button")
	b.Until(`document.querySelector("[data-page]").dataset.sought !== undefined`)
	t.Logf("a seek took %s ms", browser.Ask[string](b, `document.querySelector("[data-page]").dataset.sought`))
	lookAt(b, "player", "room-play")
	if len(h.asked) == 0 {
		t.Error("no minute was asked for")
	}
}

// TestEveryPromptIsReadOnceWhoeverSendsIt: two who watch see moments that differ,
// so what is sent last may lie before what is there.
func TestEveryPromptIsReadOnceWhoeverSendsIt(t *testing.T) {
	h := newRoomHouse(t)
	b := openRoom(t, h)
	begin(b)
	send := func(w *browser.Tab, text string) {
		w.Write("#prompt", text)
		w.Click("[data-prompt] button")
		for _, page := range []*browser.Tab{b, w} {
			page.Until(fmt.Sprintf(`document.querySelector("[data-prompts], [data-marks]").parentElement.textContent.includes(%q)`, text))
		}
	}
	var rooms []*browser.Tab
	for range 2 {
		w := openWatch(t, h)
		rooms = append(rooms, w)
	}
	send(rooms[0], "Ask about the van.")
	browser.Ask[bool](rooms[1], `(() => { const send = window.fetch;
		window.fetch = (to, what) => send(to, String(to).endsWith("/marks") ? { ...what, body: JSON.stringify({ ...JSON.parse(what.body), mono: 500 }) } : what); return true; })()`)
	send(rooms[1], "Ask about the driver.")
	send(rooms[0], "Ask about the money.")
	time.Sleep(2500 * time.Millisecond) // that the next looks change nothing
	const read = `[...document.querySelectorAll("[data-prompts] li")].map(l => l.textContent.trim())`
	if got := browser.Ask[[]string](b, read); !slices.Equal(got, []string{"Ask about the van.", "Ask about the driver.", "Ask about the money."}) {
		t.Errorf("the interviewer reads %q", got)
	}
	for _, w := range rooms {
		if got := browser.Ask[int](w, `document.querySelectorAll("[data-marks] li").length`); got != 3 {
			t.Errorf("a control room lists %d marks: %s", got, w.Text("[data-marks]"))
		}
	}
	stop(b)
}

// TestWhoWatchesElsewhereIsToldInTheFirstPage, which shows and plays nothing more,
// and can take the place back.
func TestWhoWatchesElsewhereIsToldInTheFirstPage(t *testing.T) {
	h := newRoomHouse(t)
	h.oneSeat = true
	b := openRoom(t, h)
	begin(b)
	first, second := openWatch(t, h), openWatch(t, h)
	const stopped = `document.querySelector("[data-elsewhere]").checkVisibility() && !document.querySelector("[data-live]").checkVisibility() && [...document.querySelectorAll("[data-track]")].every(m => m.paused)`
	first.Until(stopped)
	time.Sleep(2500 * time.Millisecond)
	if !browser.Ask[bool](first, stopped) {
		t.Error("the first page began again")
	}
	if browser.Ask[bool](second, stopped) {
		t.Error("the second page stopped")
	}
	first.Check("who watches elsewhere")
	first.Leave("[data-elsewhere] a")
	watch(first)
	second.Until(stopped)
	stop(b)
}

// TestAMarkOfAHiddenRoomHasItsTime: the picture next door stands still then.
func TestAMarkOfAHiddenRoomHasItsTime(t *testing.T) {
	h := newRoomHouse(t)
	b := openRoom(t, h)
	begin(b)
	w := openWatch(t, h)
	b.Click("[data-mask-on]")
	w.See("[data-masked]")
	time.Sleep(5 * time.Second)
	w.Click("[data-mark=distress]")
	w.Until(`document.querySelectorAll("[data-marks] li").length === 2`)
	h.mu.Lock()
	masked, set := h.marks[0]["mono"].(float64), h.marks[1]["mono"].(float64)
	h.mu.Unlock()
	if set < masked+4500 {
		t.Errorf("the room was hidden at %.0f ms, and the mark 5 s later says %.0f", masked, set)
	}
	b.Click("[data-mask-off]")
	stop(b)
}

// soundToTheLastFrame has what the browser recorded checked as an auditor
// would: chains and headers as they came, and the containers inside them.
func soundToTheLastFrame(t *testing.T, h *roomHouse) {
	t.Helper()
	var parts []recordingtest.Part
	for _, track := range []chunk.Track{chunk.Main, chunk.AudioSafe} {
		plain, records := h.opened(track)
		var file bytes.Buffer
		part := recordingtest.Part{Track: track, From: records[0].Mono}
		part.Camera.Codec = records[0].Codec
		for i, r := range records {
			file.Write(r.Raw)
			part.Slices = append(part.Slices, recordingtest.Slice{Mono: r.Mono - part.From, Till: r.End() - part.From, Key: r.Flags&chunk.KeyFrame != 0, Bytes: plain[i]})
		}
		result, err := proof.VerifyPart(t.Context(), &file)
		if err != nil || !result.Sound {
			t.Errorf("%s: %v\n%s", track, err, result.Words())
		}
		parts = append(parts, part)
	}
	r := recordingtest.Make(t, parts...)
	r.WriteKeys(t)
	result, err := proof.Verify(t.Context(), os.DirFS(r.Dir), proof.Options{LogKey: r.LogKey})
	if err != nil {
		t.Fatal(err)
	}
	if !result.Sound || result.Levels[2].State != proof.Passed {
		t.Errorf("with keys: %+v\n%s", result.Levels, result.Words())
	}
}

// TestARecordingLosesNothingWhileTheNetworkIsGone: it goes on, says so, and
// sends the rest afterwards.
func TestARecordingLosesNothingWhileTheNetworkIsGone(t *testing.T) {
	h := newRoomHouse(t)
	b := openRoom(t, h)
	begin(b)
	h.cut.Store(true)
	b.Until(`document.querySelector("[data-alarms]").textContent.includes("can't be reached")`)
	time.Sleep(4 * time.Second)
	h.cut.Store(false)
	b.Until(`!document.querySelector("[data-alarms]").textContent.includes("can't be reached")`)
	stop(b)
	for _, track := range []chunk.Track{chunk.Main, chunk.AudioSafe} {
		_, records := h.opened(track)
		for i := 1; i < len(records); i++ {
			if gap := int64(records[i].Mono) - int64(records[i-1].End()); gap > 100 {
				t.Errorf("%s: %d ms missing before record %d", track, gap, i)
			}
		}
	}
}

// leave answers a page that asks whether to be left.
func leave(ctx context.Context, t *chromedp.Target) error {
	_, err := cdp.Call(ctx, t, page.HandleJavaScriptDialog, page.HandleJavaScriptDialogParams{Accept: true})
	return err
}

// crash ends a page and its worker at once, without a word to anybody.
func crash(b *browser.Tab) {
	b.T.Helper()
	if err := chromedp.Listen(b.Ctx, func(event any) {
		if _, asks := event.(*page.EventJavascriptDialogOpening); asks {
			go func() { b.Do(chromedp.Func(leave)) }()
		}
	}); err != nil {
		b.T.Fatal(err)
	}
	b.Do(chromedp.Navigate("about:blank"))
}

// TestACrashedRecorderIsRescuedAndGoesOn: the page dies while the server is
// away; what lay on the disk arrives, the next part follows, and no alarm of the
// page that died stays. The page declares no gap: only when all is sealed it is
// sure what is missing.
func TestACrashedRecorderIsRescuedAndGoesOn(t *testing.T) {
	h := newRoomHouse(t)
	b := openRoom(t, h)
	begin(b)
	h.cut.Store(true)
	b.Click("[data-mark=distress]")
	time.Sleep(2 * time.Second)
	_, before := h.opened(chunk.AudioSafe)
	crash(b)
	h.cut.Store(false)
	h.mu.Lock()
	h.alarms = []string{"silence", "taken"}
	h.mu.Unlock()
	h.unlock(b)
	b.Visit("/case/c1/room/i1")
	b.Until(`document.querySelector("[data-begin]") && !document.querySelector("[data-begin]").disabled`)
	startRecording(b)
	time.Sleep(3 * time.Second)
	h.until(t, func() bool { return !slices.Contains(h.alarms, "silence") && !slices.Contains(h.alarms, "taken") })
	stop(b)
	_, after := h.opened(chunk.AudioSafe)
	var first, second []chunk.Record
	for _, r := range after {
		if r.Number == 0 {
			first = append(first, r)
		} else {
			second = append(second, r)
		}
	}
	rescued := int64(first[len(first)-1].End()) - int64(before[len(before)-1].End())
	if rescued < 1000 {
		t.Errorf("only %d ms of the sound were rescued", rescued)
	}
	if len(second) == 0 || second[0].Mono < first[len(first)-1].End() {
		t.Fatal("the recording did not go on as the next part")
	}
	if len(h.gaps) > 0 {
		t.Errorf("the page says that this is missing: %v", h.gaps)
	}
	distress := 0
	for _, m := range h.marks {
		if m["kind"] == "distress" {
			distress++
		}
	}
	if distress != 1 {
		t.Errorf("the mark that was made while the network was gone came %d times: %v", distress, h.marks)
	}
	// What no seal vouches for stays on this computer.
	if !browser.Ask[bool](b, keptHere) {
		t.Error("the copy is gone though nobody signed a seal")
	}
	// The player goes over the gap and on in the next part.
	b.Click("form[data-purpose] button")
	b.See("[data-player]")
	b.Click("[data-toggle]")
	b.Until(fmt.Sprintf(`document.querySelector("video[data-track='0']").currentTime > %f`, float64(second[0].Mono)/1000+0.8))
}

// TestNothingOfTheNextPageComesBeforeTheMarksOfOneThatDied: it begins once all of
// them are there, with the room hidden as they say.
func TestNothingOfTheNextPageComesBeforeTheMarksOfOneThatDied(t *testing.T) {
	h := newRoomHouse(t)
	b := openRoom(t, h)
	begin(b)
	h.cut.Store(true)
	b.Click("[data-mark=distress]")
	b.Click("[data-mask-on]")
	time.Sleep(time.Second)
	crash(b)
	h.mu.Lock()
	h.unwell = "masked"
	h.mu.Unlock()
	h.cut.Store(false)
	h.unlock(b)
	b.Visit("/case/c1/room/i1")
	if !mayBegin(b) {
		t.Fatal("nothing may begin")
	}
	b.Click("[data-begin]")
	b.See("[data-preflight] [data-problem]")
	h.mu.Lock()
	if h.unwell = ""; len(h.parts) != 2 || len(h.marks) != 1 {
		t.Errorf("%d parts were begun beside the marks %v", len(h.parts), h.marks)
	}
	h.mu.Unlock()
	if !mayBegin(b) {
		t.Fatal("nothing may begin again")
	}
	startRecording(b)
	b.See("[data-mask-off]")
	b.Click("[data-mark=exhibit]")
	time.Sleep(2 * time.Second)
	stop(b)
	var kinds []any
	for _, m := range h.marks {
		kinds = append(kinds, m["kind"])
	}
	if got := fmt.Sprint(kinds); got != "[distress masked exhibit end]" {
		t.Errorf("the marks came as %s", got)
	}
	_, records := h.opened(chunk.Main)
	next := slices.IndexFunc(records, func(r chunk.Record) bool { return r.Number == 1 })
	for _, r := range records[next+1:] {
		if r.Duration > 0 && r.Flags&chunk.Hidden == 0 { // an end may hold nothing
			t.Errorf("record %d of the next part does not say that it is hidden", r.Seq)
		}
	}
}

// keptHere is true while the browser keeps a copy of a recording.
const keptHere = `(async () => { const root = await navigator.storage.getDirectory();
	for await (const _ of (await root.getDirectoryHandle("recordings", {create: true})).keys()) return true;
	return false; })()`

// TestAMarkThatIsRefusedIsTold, as the page said before that it was made.
func TestAMarkThatIsRefusedIsTold(t *testing.T) {
	h := newRoomHouse(t)
	h.refused = "exhibit"
	b := openRoom(t, h)
	begin(b)
	b.Click("[data-mark=exhibit]")
	b.Until(`(t => t.includes("Exhibit shown") && t.includes("Not that one."))(document.querySelector("[data-wrong]").textContent) && !document.querySelector("[data-marked]").textContent`)
	b.Check("a refused mark")
	stop(b)
}

// TestAStudioShowsAChildNothingTechnical: a plain ground and one quiet line,
// which opens for who reaches for it, with the mouse or the keyboard.
func TestAStudioShowsAChildNothingTechnical(t *testing.T) {
	shots(t)
	h := newRoomHouse(t)
	h.studio = true
	b := openRoom(t, h)
	beginHeard(b)
	if browser.Ask[bool](b, loud) {
		t.Errorf("alarms without a reason: %s", b.Text("[data-alarms]"))
	}
	// Nobody touched anything since it began.
	const height = `document.querySelector("[data-running]").getBoundingClientRect().height`
	b.Until(height + ` <= 60`)
	if shown := browser.Ask[int](b, `[...document.querySelectorAll("video, .bar")].filter(e => e.getBoundingClientRect().height > 0).length`); shown > 0 {
		t.Errorf("%d pictures or bars are shown to a child", shown)
	}
	b.Screen("room-studio")
	b.Do(chromedp.KeyEvent(kb.Tab))
	b.Until(height + ` > 200`)
	b.Screen("room-studio-open")
	b.Check("studio")
	browser.Ask[bool](b, `document.activeElement.blur(), true`)
	away := chromedp.MouseEvent(input.DispatchMouseEventTypeMouseMoved, 600, 5)
	b.Do(away)
	b.Until(height + ` <= 60`)
	b.Do(chromedp.MouseEvent(input.DispatchMouseEventTypeMouseMoved, 600, 770))
	b.Until(height + ` > 200`)
	b.Click("[data-mark=distress]")
	b.Do(away)
	b.Until(height + ` <= 60`)
	// An alarm: the room next door hears it, the child sees another dot.
	const dot = `getComputedStyle(document.querySelector(".dot")).backgroundColor`
	b.Until(`document.querySelector("[data-alarms]").hidden`)
	calmDot := browser.Ask[string](b, dot)
	browser.Ask[bool](b, `made.forEach(r => r.pause()), true`)
	b.Until(`!document.querySelector("[data-alarms]").hidden && ` + dot + ` !== "` + calmDot + `"`)
	if browser.Ask[float64](b, height) > 60 || browser.Ask[bool](b, `document.elementsFromPoint(innerWidth / 2, innerHeight - 20).some(e => e.closest("[data-alarms]"))`) {
		t.Error("the alarm is shown to the child")
	}
	browser.Ask[bool](b, `made.forEach(r => r.resume()), true`)
	calm(b)
	stop(b)
}
