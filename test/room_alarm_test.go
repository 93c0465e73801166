package test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"verhaal/internal/drill"
	"verhaal/internal/recording/chunk"
	"verhaal/test/browser"
)

// alarmed waits for an alarm on a page.
func alarmed(b *browser.Tab, kind string) {
	b.T.Helper()
	b.Until(fmt.Sprintf("!!document.querySelector(%q)", `[data-alarms]:not([hidden]) [data-alarm=`+kind+`]`))
}

// loud says in a page that an alarm is on. A busy computer thins the picture out,
// with or without a test that asks for it.
const loud = `!!document.querySelector("[data-alarm]:not([data-alarm=thin])")`

// calm waits until no alarm is on.
func calm(b *browser.Tab) {
	b.T.Helper()
	b.Until("!" + loud)
}

// raised are the alarms that ever were on. h.mu is held.
func (h *roomHouse) raised() []string {
	return slices.DeleteFunc(slices.Clone(h.rang), func(kind string) bool { return kind == "thin" })
}

const tones = `Number(document.querySelector("[data-alarms]").dataset.sounded ?? 0)`

// heeded says in a room that its alarms were seen, and holds that nothing sounds any more
// but for a picture that a busy computer thinned out meanwhile.
func (h *roomHouse) heeded(room *browser.Tab) {
	room.T.Helper()
	thin := func() int {
		h.mu.Lock()
		defer h.mu.Unlock()
		return len(h.rang) - len(h.raised())
	}
	for range 5 {
		came := thin()
		room.Click("[data-saw]")
		before := browser.Ask[int](room, tones)
		time.Sleep(6 * time.Second)
		more := browser.Ask[int](room, tones) - before
		if more == 0 {
			return
		}
		if thin() == came {
			room.T.Fatalf("it sounded %d times more though somebody saw it", more)
		}
	}
	room.T.Fatal("the picture thinned out without end")
}

// ears keeps the recorders that a page makes where a test can reach them.
const ears = `(() => { window.made = []; const R = MediaRecorder;
	window.MediaRecorder = class extends R { constructor(...given) { super(...given); made.push(this); } }; return true; })()`

// beginHeard is begin with ears.
func beginHeard(b *browser.Tab) {
	b.T.Helper()
	b.Visit("/case/c1/room/i1")
	b.Until(`document.querySelector("[data-begin]") && !document.querySelector("[data-begin]").disabled`)
	browser.Ask[bool](b, ears)
	startRecording(b)
}

// TestASoundThatIsCutOffIsAnAlarmNextDoorToo: it sounds until somebody says that
// they saw it, in both rooms.
func TestASoundThatIsCutOffIsAnAlarmNextDoorToo(t *testing.T) {
	h := newRoomHouse(t)
	b := openRoomThatHears(t, h, drill.TooLoud)
	begin(b)
	alarmed(b, "clipping")
	w := openRoom(t, h)
	w.Visit("/record/" + h.id.String() + "/watch")
	w.Click("form[data-enter] button")
	alarmed(w, "clipping")
	for _, room := range []*browser.Tab{b, w} {
		room.Until(tones + ` >= 2`)
		room.Check("an alarm")
		h.heeded(room)
	}
	stop(b)
}

// TestSilenceIsAnAlarmAndASpeakerIsNone: who speaks, with pauses, raises none.
func TestSilenceIsAnAlarmAndASpeakerIsNone(t *testing.T) {
	h := newRoomHouse(t)
	b := openRoom(t, h)
	beginHeard(b)
	time.Sleep(5 * time.Second)
	h.mu.Lock()
	if raised := h.raised(); len(raised) > 0 {
		t.Errorf("somebody who speaks raises %q", raised)
	}
	h.mu.Unlock()
	browser.Ask[bool](b, `made.forEach(r => r.stream.getAudioTracks().forEach(t => { t.enabled = false; })), true`)
	alarmed(b, "silence")
	browser.Ask[bool](b, `made.forEach(r => r.stream.getAudioTracks().forEach(t => { t.enabled = true; })), true`)
	calm(b)
	stop(b)
}

// TestATrackThatGivesNothingIsAnAlarm for as long as it lasts.
func TestATrackThatGivesNothingIsAnAlarm(t *testing.T) {
	h := newRoomHouse(t)
	b := openRoom(t, h)
	beginHeard(b)
	browser.Ask[bool](b, `made.forEach(r => r.pause()), true`)
	alarmed(b, "chunk")
	browser.Ask[bool](b, `made.forEach(r => r.resume()), true`)
	calm(b)
	stop(b)
	if !slices.Contains(h.rang, "chunk") {
		t.Errorf("the server heard of %q", h.rang)
	}
}

// TestACameraThatIsPulledOutIsNamedAndFollowedWhenItIsBack: what is looked at
// afterwards is the new stream, so nothing stays that is not so any more.
func TestACameraThatIsPulledOutIsNamedAndFollowedWhenItIsBack(t *testing.T) {
	h := newRoomHouse(t)
	b := openRoom(t, h)
	beginHeard(b)
	browser.Ask[bool](b, `(() => { const { mediaDevices: m } = navigator, real = m.getUserMedia.bind(m);
		m.getUserMedia = () => Promise.reject(new DOMException("away", "NotFoundError"));
		for (const r of [...made]) for (const t of r.stream.getTracks()) { t.stop(); t.dispatchEvent(new Event("ended")); }
		setTimeout(() => { m.getUserMedia = real; }, 9000); return true; })()`)
	alarmed(b, "device")
	calm(b)
	// Longer than a picture may stand still, and than the tone pauses.
	time.Sleep(8 * time.Second)
	if browser.Ask[bool](b, loud) {
		t.Errorf("it is said of what is back: %s", b.Text("[data-alarms]"))
	}
	if !browser.Ask[bool](b, `document.querySelector("[data-view]").srcObject.getTracks().every(t => t.readyState === "live")`) {
		t.Error("the page shows the stream that ended")
	}
	b.Until(`Number(document.querySelector("#level").value) > 0.5`)
	stop(b)
	_, records := h.opened(chunk.Main)
	if last := records[len(records)-1]; last.Number != 1 {
		t.Errorf("the last record is of part %d", last.Number)
	}
	h.gapIs(t, 0, "device")
	if slices.Contains(h.rang, "lag") {
		t.Errorf("the server is blamed for a camera: %q", h.rang)
	}
}

// TestTheControlRoomHearsOnWhenTheCameraIsGone: the sound that is recorded apart
// takes the place of the other, and gives it back.
func TestTheControlRoomHearsOnWhenTheCameraIsGone(t *testing.T) {
	h := newRoomHouse(t)
	b := openRoom(t, h)
	beginHeard(b)
	w := openWatch(t, h)
	browser.Ask[bool](b, `(() => { const { mediaDevices: m } = navigator, real = m.getUserMedia.bind(m);
		m.getUserMedia = (asked) => asked.video ? Promise.reject(new DOMException("away", "NotFoundError")) : real(asked);
		for (const r of [...made]) for (const t of r.stream.getVideoTracks()) { t.stop(); t.dispatchEvent(new Event("ended")); }
		window.back = () => { m.getUserMedia = real; }; return true; })()`)
	const heard = `[...document.querySelectorAll("[data-track]")].filter(m => !m.muted && !m.paused).map(m => m.dataset.track).join()`
	w.Until(heard + ` === "1" && !document.querySelector("[data-alone]").hidden`)
	w.Check("a control room without a picture")
	at := browser.Ask[float64](w, `Number(document.querySelector("[data-page]").dataset.at)`)
	w.Until(fmt.Sprintf(`Number(document.querySelector("[data-page]").dataset.at) > %f`, at+1000))
	browser.Ask[bool](b, `back(), true`)
	w.Until(heard + ` === "0" && document.querySelector("[data-alone]").hidden`)
	stop(b)
}

// aFaultyCamera gives a small picture that moves, 25 frames a second; thinned, two
// frames come close together and then none for 600 ms.
const aFaultyCamera = `(() => { const { mediaDevices: m } = navigator, real = m.getUserMedia.bind(m);
	const canvas = Object.assign(document.createElement("canvas"), { width: 320, height: 180 }), pen = canvas.getContext("2d");
	let n = 0;
	window.thinned = false;
	setInterval(() => { if (!thinned || n % 17 < 2) { pen.fillStyle = "hsl(" + n * 7 + " 80% 50%)"; pen.fillRect(0, 0, 320, 180); } n++; }, 40);
	m.getUserMedia = async (asked) => asked.video ? canvas.captureStream(25) : real(asked); return true; })()`

// TestAPictureThatLosesFramesIsAnAlarm: in words, in both rooms and at the server,
// until frames come again.
func TestAPictureThatLosesFramesIsAnAlarm(t *testing.T) {
	h := newRoomHouse(t)
	b := openRoom(t, h)
	b.Visit("/case/c1/room/i1")
	browser.Ask[bool](b, aFaultyCamera)
	b.Click("[data-again]")
	b.Until(`document.querySelector("[data-begin]") && !document.querySelector("[data-begin]").disabled && document.querySelector("[data-preview]").videoWidth === 320`)
	startRecording(b)
	time.Sleep(6 * time.Second)
	b.Until(`!document.querySelector("[data-alarm=thin]")`)
	browser.Ask[bool](b, `thinned = true`)
	alarmed(b, "thin")
	if said := b.Text("[data-alarm=thin]"); !strings.Contains(said, "loses frames") || !strings.Contains(said, "sound is kept") {
		t.Errorf("it says %q", said)
	}
	b.Until(tones + ` >= 1`)
	b.Check("a thin picture")
	w := openRoom(t, h)
	w.Visit("/record/" + h.id.String() + "/watch")
	w.Click("form[data-enter] button")
	alarmed(w, "thin")
	browser.Ask[bool](b, `thinned = false, true`)
	b.Until(`!document.querySelector("[data-alarm=thin]")`)
	h.until(t, func() bool { return slices.Contains(h.rang, "thin") && !slices.Contains(h.alarms, "thin") })
	stop(b)
}

// TestAComputerThatSleptIsNamedAndSoIsTheGap.
func TestAComputerThatSleptIsNamedAndSoIsTheGap(t *testing.T) {
	h := newRoomHouse(t)
	b := openRoom(t, h)
	begin(b)
	browser.Ask[bool](b, `(() => { for (const end = performance.now() + 6500; performance.now() < end;); return true; })()`)
	alarmed(b, "sleep")
	stop(b)
	h.gapIs(t, 0, "power")
}

// TestASleepThatStopsTheCounterIsNoClockThatWasSet: on some systems a page's own
// time stands still in a sleep, so only the server knows it; the recording's time
// goes on where it should be.
func TestASleepThatStopsTheCounterIsNoClockThatWasSet(t *testing.T) {
	const long = 90 * time.Second
	for _, want := range []struct {
		alarm, reason string
		parts         int
		server        time.Duration
	}{{"sleep", "power", 4, long}, {"clock", "clock", 2, 0}} {
		h := newRoomHouse(t)
		b := openRoom(t, h)
		begin(b)
		time.Sleep(2 * time.Second)
		h.mu.Lock()
		h.ahead = want.server
		h.mu.Unlock()
		browser.Ask[bool](b, fmt.Sprintf(`(now => { Date.now = () => now() + %d; return true; })(Date.now.bind(Date))`, long.Milliseconds()))
		alarmed(b, want.alarm)
		h.until(t, func() bool { return len(h.parts) == want.parts && len(h.parts[want.parts-1].records) > 3 })
		stop(b)
		h.gapIs(t, 0, want.reason)
		for _, kind := range []string{"sleep", "clock"} {
			if slices.Contains(h.rang, kind) != (kind == want.alarm) {
				t.Errorf("%s: the page told of %q", want.alarm, h.rang)
			}
		}
		_, records := h.opened(chunk.Main)
		first, last := records[0], records[len(records)-1]
		if went := time.Duration(last.End()-first.Mono) * time.Millisecond; (went > long) != (want.server > 0) {
			t.Errorf("%s: the recording took %s", want.alarm, went)
		}
		if want.server == 0 {
			continue
		}
		second := records[slices.IndexFunc(records, func(r chunk.Record) bool { return r.Number == 1 })]
		if drift := int64(second.Wall-second.Mono) - int64(first.Wall-first.Mono); drift < -1000 || drift > 1000 {
			t.Errorf("after the sleep the recording's time is %d ms beside the clock", drift)
		}
	}
}

// gapIs fails the test unless a gap of a track has a reason.
func (h *roomHouse) gapIs(t *testing.T, track float64, reason string) {
	t.Helper()
	h.mu.Lock()
	defer h.mu.Unlock()
	if !slices.ContainsFunc(h.gaps, func(g map[string]any) bool { return g["track"] == track && g["reason"] == reason }) {
		t.Errorf("no gap of track %v is written down with the reason %s: %v", track, reason, h.gaps)
	}
}

// workers keeps the workers that a page begins where a test can reach them; a
// broken page has none that runs.
const workers = `(() => { window.hands = []; window.lame = false; const W = Worker;
	window.Worker = class extends W { constructor(...given) { super(...(lame ? ["/nowhere.js", given[1]] : given)); hands.push(this); } }; return true; })()`

// TestAWorkerThatDiesIsAnAlarmAndAnotherGoesOn: nothing that it kept is lost.
func TestAWorkerThatDiesIsAnAlarmAndAnotherGoesOn(t *testing.T) {
	h := newRoomHouse(t)
	b := openRoom(t, h)
	b.Visit("/case/c1/room/i1")
	browser.Ask[bool](b, workers)
	browser.Ask[bool](b, `lame = true`)
	b.Click("[data-again]")
	verdict(b, "sealing", "bad")
	if said := b.Text("[data-check=sealing]"); !strings.Contains(said, "does not run") || mayBegin(b) {
		t.Errorf("without a worker it says %q", said)
	}
	b.Check("no worker")
	browser.Ask[bool](b, `lame = false, true`)
	b.Click("[data-again]")
	if !mayBegin(b) {
		t.Fatal("nothing may begin")
	}
	startRecording(b)
	b.Click("[data-mask-on]")
	h.cut.Store(true) // what it kept was not sent
	time.Sleep(2 * time.Second)
	browser.Ask[bool](b, `hands.at(-1).terminate(), true`)
	h.cut.Store(false)
	alarmed(b, "worker")
	b.Until(tones + ` >= 1`)
	h.until(t, func() bool { return len(h.parts) == 4 && len(h.parts[2].records) > 3 && len(h.parts[3].records) > 3 })
	calm(b)
	stop(b)
	h.gapIs(t, 0, "worker")
	for _, track := range []chunk.Track{chunk.Main, chunk.AudioSafe} {
		_, records := h.opened(track)
		first := slices.IndexFunc(records, func(r chunk.Record) bool { return r.Number == 1 })
		if kept := records[first-1].End() - records[0].Mono; kept < 1500 {
			t.Errorf("%s: only %d ms of what the worker kept came", track, kept)
		}
		if records[first+1].Flags&chunk.Hidden == 0 {
			t.Errorf("%s: the next part is not hidden any more", track)
		}
	}
}
