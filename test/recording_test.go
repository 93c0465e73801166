package test

import (
	"archive/zip"
	"encoding/base64"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"verhaal/internal/cli"
	"verhaal/internal/recording/proof"
	"verhaal/test/browser"
)

// inTheRoom opens a browser with a made-up camera and microphone.
func inTheRoom(t *testing.T, base string, more ...chromedp.ExecAllocatorOption) *browser.Tab {
	t.Helper()
	b := browser.Open(t, base, append([]chromedp.ExecAllocatorOption{chromedp.Flag("use-fake-device-for-media-stream", true), chromedp.Flag("use-fake-ui-for-media-stream", true),
		chromedp.Flag("autoplay-policy", "no-user-gesture-required"), chromedp.Flag("mute-audio", true)}, more...)...)
	b.Width(1280)
	return b
}

// elapsed waits until a recording has run for some seconds.
func elapsed(b *browser.Tab, seconds int) {
	b.T.Helper()
	b.Until(fmt.Sprintf(`document.querySelector("[data-elapsed]").textContent.split(":").reduce((n, x) => 60 * n + Number(x), 0) >= %d`, seconds))
}

// readyRoom is the room of a confirmed interview, with pre-flight done.
func readyRoom(t *testing.T, base string, more ...chromedp.ExecAllocatorOption) *browser.Tab {
	t.Helper()
	b := inTheRoom(t, base, more...)
	signIn(b, "avim")
	home := openCase(b, "ex_officio")
	b.Click(`form[action$="/persons"] button`)
	b.Until(`location.pathname.endsWith("/about/p1")`)
	fill(b, map[string]string{"subject.age": "34", "subject.age_doubt": "false", "subject.intellectual_disability": "doubt", "subject.cognitive_disorder": "absent",
		"subject.special_needs.none": "1", "subject.language": "nl", "subject.needs_interpreter": "false", "subject.lawful_stay": "true", "subject.dublin": "false", "earlier.none": "1"})
	save(b)
	b.Visit(home + "about/case")
	browser.Ask[bool](b, `document.querySelectorAll("details").forEach(d => { d.open = true; }), true`)
	fill(b, map[string]string{"case.assessment.done": "true", "case.assessment.at": day(0), "case.assessment.in_victims_interest": "true", "case.acute": "false",
		"case.expert_supports": "false", "case.expert_conducts": "false", "case.would_rather_not_testify": "false", "report.anonymous": "false", "clock.reported": day(0)})
	b.Click(`input[name="report.exploitation"][value=sexual]`)
	save(b)
	b.Visit(home)
	b.Click(`form[action$="/interviews"] button`)
	b.Until(`location.pathname.endsWith("/about/i1")`)
	fill(b, map[string]string{"plan.date": day(0), "plan.planned": "true", "plan.room.kind": "interview_room", "plan.room.adapted": "false", "plan.level": "video",
		"plan.interviewers.0.id": "avim", "plan.topics.0.name": "recruitment"})
	b.Until(`document.querySelector("[data-verdict]").textContent.includes("may go on")`)
	save(b)

	// Nobody records what was not confirmed.
	b.Visit(home + "room/i1")
	b.Until(`document.body.innerText.includes("Confirm the interview first")`)
	b.Visit(home + "about/i1")
	b.Click("button[value=confirm]")
	b.See("button[value=hold]")
	b.Click(`a[href$="/room/i1"]`)
	b.Until(`document.querySelector("[data-begin]") && !document.querySelector("[data-begin]").disabled`)
	return b
}

// TestAnInterviewIsRecordedWatchedSealedAndProved goes from a confirmed plan to
// a sealed recording on a real server: the level at the door, marks, a control
// room that follows, a server and a browser that are killed, the seal, the proof
// without a key, and the player.
func TestAnInterviewIsRecordedWatchedSealedAndProved(t *testing.T) {
	server := start(t)
	base, profile := server.base, chromedp.UserDataDir(t.TempDir())
	b := readyRoom(t, base, profile)
	room := browser.Ask[string](b, "location.pathname")
	b.Check("pre-flight")
	b.Screen("room-preflight")
	b.Click("[data-begin]")
	b.See("[data-running]")
	b.Until(`document.querySelector("[data-safe]").dataset.copies === "2"`)
	b.Click("[data-mark=entry]")
	b.Click("[data-mark=announced]")

	// The control room follows what is sealed.
	recording := browser.Ask[string](b, `performance.getEntriesByType("resource").map(e => e.name.match(/\/record\/([0-9a-f]{32})\//)).filter(Boolean)[0][1]`)
	w := inTheRoom(t, base)
	signIn(w, "avim")
	w.Visit("/record/" + recording + "/watch")
	w.Click("form[data-enter] button")
	w.Until(`Number(document.querySelector("[data-page]").dataset.at) > 1000`)
	b.Until(`document.querySelector("[data-watchers]").textContent.includes("Visser")`)
	b.Check("recording")
	b.Screen("room-recording")
	w.Screen("room-watch")
	b.Click("[data-mark=break]")
	elapsed(b, 15)
	b.Click("[data-mark=resume]")

	// The server dies and comes back: the recorder goes on, and brings the rest.
	elapsed(b, 20)
	server.kill()
	b.Until(`document.querySelector("[data-alarms]").textContent.includes("can't be reached")`)
	elapsed(b, 27)
	server.start()
	b.Until(`!document.querySelector("[data-alarms]").textContent.includes("be reached")`)
	w.Until(`Number(document.querySelector("[data-page]").dataset.at) > 28000`)

	// The recorder's browser dies: another page of this house brings what lay on
	// its disk, and the recording goes on.
	elapsed(b, 40)
	b.Kill()
	killed := time.Now().UnixMilli()
	b = inTheRoom(t, base, profile)
	b.Visit(room) // still signed in; to record takes no key
	b.Until(`document.querySelector("[data-begin]") && !document.querySelector("[data-begin]").disabled`)
	b.Screen("room-go-on")
	b.Click("[data-begin]")
	b.See("[data-running]")
	elapsed(b, 62)

	b.Click("[data-stop]")
	b.Click("[data-empty]")
	b.Until(`location.pathname.endsWith("/receipt")`)
	if words := strings.Split(b.Text("[data-words]"), " · "); len(words) != 8 || len(strings.Fields(b.Text("[data-seal]"))) != 8 {
		t.Errorf("the receipt says %q, %q", b.Text("[data-seal]"), words)
	}
	b.Check("the receipt")
	b.Screen("room-receipt")

	// Anybody verifies the whole without a key, and sees a changed byte.
	raw, err := base64.StdEncoding.DecodeString(browser.Ask[string](b, `fetch("/record/`+recording+`/export.zip").then(r => r.arrayBuffer()).then(a => {
		let s = ""; for (const x of new Uint8Array(a)) s += String.fromCharCode(x); return btoa(s); })`))
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "recording.zip")
	if err := os.WriteFile(path, raw, 0o600); err != nil {
		t.Fatal(err)
	}
	z, err := zip.OpenReader(path)
	if err != nil {
		t.Fatal(err)
	}
	defer z.Close()
	result, err := proof.Verify(t.Context(), z, proof.Options{})
	if err != nil || !result.Sound || result.Levels[0].State != proof.Passed || result.Levels[1].State != proof.Passed || result.Seal == nil || len(result.Tracks) < 2 {
		t.Fatalf("%v\n%s", err, result.Words())
	}
	manifest, err := fs.ReadFile(z, "manifest.json")
	if err != nil {
		t.Fatal(err)
	}
	sealed, err := proof.ParseManifest(manifest)
	if err != nil {
		t.Fatal(err)
	}
	for _, track := range sealed.Tracks {
		if len(track.Parts) != 2 {
			t.Fatalf("%s has %d parts, want one before the browser died and one after", track.Track, len(track.Parts))
		}
		t.Logf("%s: the killed browser lost %d ms", track.Track, killed-sealed.Started-int64(track.Parts[0].To))
	}
	out, errs := &screen{}, &screen{}
	if code := cli.Run([]string{"verify", "recording", path}, out, errs); code != 0 {
		t.Errorf("verify says %d:\n%s%s", code, out, errs)
	}
	dir := t.TempDir()
	if err := os.CopyFS(dir, z); err != nil {
		t.Fatal(err)
	}
	records, err := filepath.Glob(filepath.Join(dir, "*.vhc"))
	if err != nil || len(records) < 2 {
		t.Fatal(records, err)
	}
	bytes, err := os.ReadFile(records[0])
	if err != nil {
		t.Fatal(err)
	}
	bytes[len(bytes)/2] ^= 1
	if err := os.WriteFile(records[0], bytes, 0o600); err != nil {
		t.Fatal(err)
	}
	if code := cli.Run([]string{"verify", "recording", dir}, out, errs); code != 1 || !strings.Contains(out.String(), "minute") {
		t.Errorf("a flipped bit: %d\n%s", code, out)
	}

	// A member plays it, minute by minute, each with a purpose that is logged.
	b.Visit("/staff/sign-in")
	b.Write("form[data-passphrase] [name=passphrase]", "lantern orchard velvet canyon pepper")
	b.Click("form[data-passphrase] button")
	b.Until(`!location.pathname.startsWith("/staff/sign-in")`)
	b.Visit("/record/" + recording + "/play")
	b.See("form[data-purpose] button")
	b.Click("form[data-purpose] button")
	b.See("[data-player]")
	b.Click("[data-toggle]")
	b.Until(`[...document.querySelectorAll("video")].some(v => v.currentTime > 1 && !v.paused)`)
	b.Check("playing")
	b.Screen("room-play")

	other := browser.Open(t, base)
	signIn(other, "avim2")
	other.Visit("/record/" + recording + "/play")
	other.Until(`document.body.innerText.includes("not allowed")`)
}
