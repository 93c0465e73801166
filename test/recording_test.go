package test

import (
	"archive/zip"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"verhaal/internal/cli"
	"verhaal/internal/drill"
	"verhaal/internal/recording/proof"
	"verhaal/test/browser"
)

// inTheRoom opens a browser with a made-up camera and microphone.
func inTheRoom(t *testing.T, base string, more ...chromedp.ExecAllocatorOption) *browser.Tab {
	t.Helper()
	b := browser.Open(t, base, append(drill.InTheRoom(sound(t, drill.Speaking)), more...)...)
	b.Width(1280)
	return b
}

// sound is a file that a made-up microphone hears.
func sound(t *testing.T, peak float64) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "sound.wav")
	if err := drill.Tone(path, peak); err != nil {
		t.Fatal(err)
	}
	return path
}

// elapsed waits until a recording has run for some seconds.
func elapsed(b *browser.Tab, seconds int) {
	b.T.Helper()
	b.Until(fmt.Sprintf(`document.querySelector("[data-elapsed]").textContent.split(":").reduce((n, x) => 60 * n + Number(x), 0) >= %d`, seconds))
}

// startRecording begins from a pre-flight that is done, and waits until two
// copies are safe.
func startRecording(b *browser.Tab) {
	b.T.Helper()
	b.Click("[data-begin]")
	b.Until(`document.querySelector("[data-safe]").dataset.copies === "2"`)
}

// stopAndSeal stops when the room is empty, and waits for the receipt.
func stopAndSeal(b *browser.Tab) {
	b.T.Helper()
	b.Click("[data-stop]")
	b.Click("[data-empty]")
	b.Until(`location.pathname.endsWith("/receipt")`)
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
		"subject.special_needs.none": "1", "subject.language": "nl", "subject.needs_interpreter": "false", "subject.lawful_stay": "true", "subject.dublin": "false", "earlier.none": "1",
		"case.expert_supports": "false", "case.expert_conducts": "false", "case.would_rather_not_testify": "false"})
	save(b)
	assess(b, "retaliation")
	b.Visit(home + "about/case")
	browser.Ask[bool](b, `document.querySelectorAll("details").forEach(d => { d.open = true; }), true`)
	fill(b, map[string]string{"case.acute": "false", "report.anonymous": "false", "clock.reported": day(0)})
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
	fill(b, map[string]string{"outside": "at_once"})
	b.Click("button[value=confirm]")
	b.See("button[value=hold]")
	b.Click(`a[href$="/room/i1"]`)
	b.Until(`document.querySelector("[data-begin]") && !document.querySelector("[data-begin]").disabled`)
	return b
}

// levels is what the program says of an archive, level by level.
func levels(t *testing.T, path string) []proof.Level {
	t.Helper()
	out, errs := &screen{}, &screen{}
	code := cli.Run([]string{"verify", "recording", "--json", path}, out, errs)
	var result proof.Result
	if err := json.Unmarshal([]byte(out.String()), &result); err != nil || code != 0 || len(result.Levels) != 3 {
		t.Fatalf("verify says %d: %v\n%s%s", code, err, out, errs)
	}
	return result.Levels
}

// unpacked is an archive as a folder.
func unpacked(t *testing.T, path string) string {
	t.Helper()
	z, err := zip.OpenReader(path)
	if err != nil {
		t.Fatal(err)
	}
	defer z.Close()
	dir := t.TempDir()
	if err := os.CopyFS(dir, z); err != nil {
		t.Fatal(err)
	}
	return dir
}

// TestAnInterviewIsRecordedWatchedSealedAndProved goes from a confirmed plan to
// a court on a real server, with one recording: the level at the door, marks, a
// control room that follows, a server and a browser that are killed, the seal,
// the proof without a key and with all, forgeries, the player, a court's minute.
func TestAnInterviewIsRecordedWatchedSealedAndProved(t *testing.T) {
	server := program(t)
	base, profile := server.Base(), chromedp.UserDataDir(t.TempDir())
	b := readyRoom(t, base, profile)
	room := browser.Ask[string](b, "location.pathname")
	home, _, _ := strings.Cut(room, "room/")
	b.Visit(home)
	b.Write("#login", "avim2")
	b.Leave(`form[action$="/members"] button`)
	b.Leave("[data-duty] button") // the case key goes to the colleague
	b.Until(`!document.querySelector("[data-duty]")`)
	b.Visit(room)
	b.Until(`document.querySelector("[data-begin]") && !document.querySelector("[data-begin]").disabled`)
	b.Check("pre-flight")
	b.Screen("room-preflight")
	startRecording(b)
	b.Click("[data-mark=entry]")
	b.Click("[data-mark=announced]")

	// The control room follows what is sealed.
	recording := browser.Ask[string](b, `performance.getEntriesByType("resource").map(e => e.name.match(/\/record\/([0-9a-f]{32})\//)).filter(Boolean)[0][1]`)
	w := inTheRoom(t, base)
	signIn(w, "avim2")
	w.Visit("/record/" + recording + "/watch")
	watch(w)
	b.Until(`document.querySelector("[data-watchers]").textContent.includes("Yılmaz")`)
	b.Check("recording")
	b.Screen("room-recording")
	w.Screen("room-watch")
	b.Click("[data-mark=break]")
	elapsed(b, 15)
	b.Click("[data-mark=resume]")

	// The interviewer hides the room from those who watch, and shows it again.
	b.Click("[data-mask-on]")
	w.Until(`!document.querySelector("[data-masked]").hidden && document.querySelector("[data-masked]").textContent.includes("privacy")`)
	w.Screen("room-masked")
	b.Click("[data-mask-off]")
	w.Until(`document.querySelector("[data-masked]").hidden`)

	// The server dies and comes back: the recorder goes on, and brings the rest.
	elapsed(b, 20)
	server.Kill()
	b.Until(`document.querySelector("[data-alarms]").textContent.includes("can't be reached")`)
	elapsed(b, 27)
	restart(t, server)
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

	stopAndSeal(b)
	if words := strings.Split(b.Text("[data-words]"), " · "); len(words) != 8 || len(strings.Fields(b.Text("[data-seal]"))) != 8 {
		t.Errorf("the receipt says %q, %q", b.Text("[data-seal]"), words)
	}
	// The seal was checked on this computer, and its copy let go.
	b.Until(`(` + keptHere + `.then(kept => { window.kept = kept; }), window.kept === false)`)
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
	forged, err := drill.Tamper(t.Context(), dir, filepath.Join(server.Data, "keys", "log.key"))
	if err != nil || len(forged) != 8 {
		t.Fatal(forged, err)
	}
	for _, row := range forged {
		if !row.Held || !strings.Contains(row.Found, "minute") {
			t.Errorf("%s: %s %s", row.Did, row.Found, row.Why)
		}
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
	b.Click("[data-toggle]")
	b.Until(`(fetch("/record/` + recording + `/custody.csv").then(r => r.text()).then(t => { window.acts = t; }), (window.acts ?? "").includes("recording.played"))`)
	browser.Ask[bool](b, `(scrollTo(0, 0), true)`)
	b.Screen("room-play")

	// With the keys of all its minutes the contents are sound too.
	folder := t.TempDir()
	saveTo(b, folder)
	b.Click("form[data-excerpt] [value=proof]")
	fill(b, map[string]string{"word": "add_to_file court", "from": "0"})
	b.Click("form[data-excerpt] button")
	last := browser.Ask[string](b, `document.querySelector("#excerpt-to").value`)
	whole := saved(t, folder, recording[:8]+"-0-"+last+".zip")
	for _, level := range levels(t, whole) {
		if level.State != proof.Passed {
			t.Errorf("with keys: level %d is %s", level.Level, level.State)
		}
	}

	// A court gets one minute: it plays, a second reader finds it sound, and no
	// other minute opens.
	b.Click("form[data-excerpt] [value=court]")
	fill(b, map[string]string{"from": "0", "to": "0"})
	b.Click("form[data-excerpt] button")
	courts := unpacked(t, saved(t, folder, recording[:8]+"-0-0-pack.zip"))
	keys, err := os.ReadFile(filepath.Join(courts, "keys.json"))
	if err != nil || !strings.Contains(string(keys), `"minute":0`) || strings.Contains(string(keys), `"minute":1`) {
		t.Errorf("%v: the keys are not those of minute 0 alone", err)
	}
	records, opened := 0, 0
	said := read(t, courts)
	for line := range strings.Lines(said) {
		var track, n int
		if _, err := fmt.Sscanf(strings.TrimSpace(line), "track %d: %d records", &track, &n); err == nil {
			records += n
		}
		if _, err := fmt.Sscanf(strings.TrimSpace(line), "%d records were decrypted", &n); err == nil {
			opened = n
		}
	}
	if opened == 0 || opened >= records {
		t.Errorf("%d of %d records open: those of minute 0, and no neighbour\n%s", opened, records, said)
	}
	for track, want := range map[int][]string{0: {"audio", "video"}, 1: {"audio"}} {
		seconds, kinds := probe(t, filepath.Join(courts, []string{"main.webm", "safe.webm"}[track]))
		from, to := stretch(t, 0, filepath.Join(courts, fmt.Sprintf("%d-0.vhc", track)), filepath.Join(courts, fmt.Sprintf("%d-1.vhc", track)))
		if math.Abs(seconds-float64(to-from)/1000) > 0.5 || !slices.Equal(kinds, want) {
			t.Errorf("track %d: %.2f s of %q, its records have %.2f s", track, seconds, kinds, float64(to-from)/1000)
		}
	}

	other := browser.Open(t, base)
	signIn(other, "avim3")
	other.Visit("/record/" + recording + "/play")
	other.Until(`document.body.innerText.includes("not allowed")`)
}
