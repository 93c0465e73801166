package test

import (
	"archive/zip"
	"bytes"
	"context"
	"encoding/csv"
	"encoding/json"
	"errors"
	"io"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	downloads "github.com/chromedp/cdproto/browser"
	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/chromedp"

	"verhaal/internal/cli"
	"verhaal/internal/recording/chunk"
	"verhaal/internal/recording/proof"
	"verhaal/test/browser"
)

// saveTo has a browser put what a page hands out into a folder.
func saveTo(b *browser.Tab, folder string) {
	b.Do(chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
		_, err := cdp.Call(ctx, t, downloads.SetDownloadBehavior, downloads.SetDownloadBehaviorParams{Behavior: downloads.SetDownloadBehaviorBehaviorAllow, DownloadPath: folder})
		return err
	}))
}

// saved waits for a file that a browser saves.
func saved(t *testing.T, folder, name string) string {
	t.Helper()
	path := filepath.Join(folder, name)
	for range 600 {
		// The browser makes an empty file first, and puts the whole one in its place.
		if info, err := os.Stat(path); err == nil && info.Size() > 0 {
			return path
		}
		time.Sleep(50 * time.Millisecond)
	}
	found, err := os.ReadDir(folder)
	t.Fatalf("%s was not saved; the folder has %v, %v", name, found, err)
	return ""
}

// probed is what ffprobe reads in a film.
type probed struct {
	Format  struct{ Duration string }
	Streams []struct {
		Type string `json:"codec_type"`
	}
}

func probe(t *testing.T, path string) (seconds float64, kinds []string) {
	t.Helper()
	out, err := exec.Command("ffprobe", "-v", "error", "-show_entries", "format=duration:stream=codec_type", "-of", "json", path).Output()
	if err != nil {
		t.Fatalf("ffprobe (test/needs installs it): %v", err)
	}
	var p probed
	if err := json.Unmarshal(out, &p); err != nil {
		t.Fatal(err)
	}
	for _, s := range p.Streams {
		kinds = append(kinds, s.Type)
	}
	slices.Sort(kinds)
	seconds, err = strconv.ParseFloat(p.Format.Duration, 64)
	if err != nil {
		t.Fatalf("%s has no duration: %s", path, out)
	}
	// A player can go to any place only if the cues work: the last second decodes,
	// with the times of its frames and not at a rate that ffmpeg makes up.
	decode := exec.Command("ffmpeg", "-v", "error", "-xerror", "-ss", strconv.FormatFloat(seconds-1, 'f', 2, 64), "-i", path, "-fps_mode", "passthrough", "-enc_time_base", "-1", "-f", "null", "-")
	if said, err := decode.CombinedOutput(); err != nil || len(said) > 0 {
		t.Errorf("%s does not decode: %v %s", path, err, said)
	}
	return seconds, kinds
}

// TestACourtPackPlaysAndVerifiesWithoutUs records more than a minute, gives its
// second minute out, and then does with the file what a court does: verify,
// unpack, play, with no network.
func TestACourtPackPlaysAndVerifiesWithoutUs(t *testing.T) {
	shots(t)
	base, _ := demo(t)
	b := readyRoom(t, base)
	startRecording(b)
	b.Click("[data-mark=entry]")
	time.Sleep(61 * time.Second)
	b.Click("[data-mark=distress]")
	time.Sleep(5 * time.Second)
	stopAndSeal(b)
	b.Leave(`a[href$="/play"]`)

	folder := t.TempDir()
	saveTo(b, folder)
	b.See("form[data-excerpt] button")
	recording := strings.Split(browser.Ask[string](b, "location.pathname"), "/")[2]
	lookAt(b, "excerpt", "room-excerpt")
	fill(b, map[string]string{"word": "add_to_file court", "from": "1", "to": "0"})
	b.Click("form[data-excerpt] button")
	b.Until(`document.querySelector("form[data-excerpt] [data-problem]").textContent.includes("before the first")`)
	fill(b, map[string]string{"to": "1"})
	b.Click("form[data-excerpt] button")
	path := saved(t, folder, recording[:8]+"-1-1-pack.zip")

	out, errs := &screen{}, &screen{}
	if code := cli.Run([]string{"verify", "recording", path}, out, errs); code != 0 {
		t.Fatalf("verify says %d:\n%s%s", code, out, errs)
	}
	z, err := zip.OpenReader(path)
	if err != nil {
		t.Fatal(err)
	}
	defer z.Close()
	result, err := proof.Verify(t.Context(), z, proof.Options{})
	if err != nil || result.What != "excerpt" || !slices.Equal(result.Seal.Minutes, []int{1}) || len(result.Tracks) != 2 {
		t.Fatalf("%v\n%s", err, result.Words())
	}
	// The record before the minute came along to show that nothing was left out,
	// and stays closed; all others open.
	if l := result.Levels; l[0].State != proof.Passed || l[1].State != proof.Passed || l[2].State != proof.Incomplete {
		t.Errorf("%+v\n%s", l, result.Words())
	}
	if beside := []string{"README.txt", "custody.csv", "custody.html", "custody.jsonld", "custody.pdf", "player.html", "verhaal_reader.py", "verify.html"}; !slices.Equal(result.Films, []string{"main.webm", "safe.webm"}) || !slices.Equal(result.Unchecked, beside) {
		t.Errorf("films %q, not checked %q", result.Films, result.Unchecked)
	}
	for _, track := range result.Tracks {
		if track.Opened != track.Records-1 {
			t.Errorf("%s: %d of %d records open", track.Name, track.Opened, track.Records)
		}
	}
	dir := t.TempDir()
	if err := os.CopyFS(dir, z); err != nil {
		t.Fatal(err)
	}
	holdsNoMore(t, dir)

	for track, want := range map[string][]string{"main": {"audio", "video"}, "safe": {"audio"}} {
		seconds, kinds := probe(t, filepath.Join(dir, track+".webm"))
		from, to := stretch(t, 1, filepath.Join(dir, map[string]string{"main": "0-0.vhc", "safe": "1-0.vhc"}[track]))
		t.Logf("%s: %.2f s; its records of the minute: %.2f s", track, seconds, float64(to-from)/1000)
		if math.Abs(seconds-float64(to-from)/1000) > 0.5 || !slices.Equal(kinds, want) {
			t.Errorf("%s: %.2f s of %q, its records have %.2f s", track, seconds, kinds, float64(to-from)/1000)
		}
	}

	// Without network, from a disk.
	c := browser.Open(t, "file://"+dir, chromedp.Flag("autoplay-policy", "user-gesture-required"), chromedp.Flag("mute-audio", true),
		chromedp.Flag("host-resolver-rules", "MAP * ~NOTFOUND"), chromedp.Flag("proxy-server", "127.0.0.1:9"))
	c.Visit("/player.html")
	for _, width := range []int64{360, 1280} {
		c.Width(width)
		c.Check("court pack")
	}
	c.Click("[data-toggle]")
	c.Until(`[...document.querySelectorAll("video, audio")].length === 2 && [...document.querySelectorAll("video, audio")].every(v => v.currentTime > 1.5 && !v.paused)`)
	apart := browser.Ask[float64](c, `(() => { const [x, y] = document.querySelectorAll("video, audio"); return Math.abs(x.currentTime + x.dataset.from / 1000 - y.currentTime - y.dataset.from / 1000); })()`)
	t.Logf("main and safe play %.0f ms apart", apart*1000)
	if apart > 0.2 {
		t.Errorf("main and safe play %.2f s apart", apart)
	}
	c.Until(`document.querySelector("video[data-track='0']").getVideoPlaybackQuality().totalVideoFrames >= 10`)
	if heard := browser.Ask[string](c, `[...document.querySelectorAll("video, audio")].filter(v => !v.muted).map(v => v.dataset.track).join()`); heard != "0" {
		t.Errorf("the sound of track %q is heard", heard)
	}
	for _, width := range []int64{360, 1280} {
		c.Width(width)
		c.Shot("court-pack-" + map[int64]string{360: "phone", 1280: "wide"}[width])
	}
	c.Click("[data-go]")
	c.Until(`document.querySelector("[data-at]").textContent.startsWith("0:01:0")`)
	if text := c.Text("body"); !strings.Contains(text, recording) || !strings.Contains(text, "Distress") || strings.Contains(text, "comes in") {
		t.Errorf("the page says %q", text)
	}
	if outside := browser.Ask[string](c, `performance.getEntriesByType("resource").map(e => e.name).filter(n => !n.startsWith("file://")).join()`); outside != "" {
		t.Errorf("the page loads %s", outside)
	}

	// The page that checks came along, and checks the archive as it came.
	d := &desktop{Tab: c, t: t}
	c.Visit("/verify.html")
	c.See("[data-choose]")
	if headline, problem := d.choose(path); !strings.HasPrefix(headline, "SOUND. The records") || !strings.Contains(headline, "main.webm") {
		t.Errorf("the page that came along says %q, %q", headline, problem)
	}
	c.Check("the page that came along")
	c.Shot("court-verify")
	c.Visit("/custody.html")
	c.Check("custody list")
	c.Shot("court-custody")
	if pdf := c.PDF("court-custody"); !bytes.HasPrefix(pdf, []byte("%PDF-")) {
		t.Error("the custody list is not printed")
	}
	read(t, dir)

	// The proof alone, of both minutes. The heads lie in minute 0, whose key is
	// there already: nothing is asked for twice.
	b.Click(`form[data-excerpt] [value=proof]`)
	fill(b, map[string]string{"from": "0"})
	b.Click("form[data-excerpt] button")
	alone, err := zip.OpenReader(saved(t, folder, recording[:8]+"-0-1.zip"))
	released := `fetch("/record/` + recording + `/custody.csv").then(r => r.text()).then(t => t.split("recording.key_released").length - 1)`
	if n := browser.Ask[int](b, released); n != 4+2 {
		t.Errorf("keys were released %d times", n)
	}
	if err != nil {
		t.Fatal(err)
	}
	defer alone.Close()
	for _, f := range alone.File {
		if strings.HasSuffix(f.Name, ".webm") && !strings.HasPrefix(f.Name, "heads/") || f.Name == "player.html" {
			t.Errorf("a proof alone has %s", f.Name)
		}
	}
	if result, err := proof.Verify(t.Context(), alone, proof.Options{}); err != nil || !result.Sound || result.Levels[2].State != proof.Passed {
		t.Errorf("%v\n%s", err, result.Words())
	}
}

// stretch is when the records of a minute in some files begin and end, in ms.
func stretch(t *testing.T, minute uint32, paths ...string) (from, to uint64) {
	t.Helper()
	from = math.MaxUint64
	for _, path := range paths {
		file, err := os.Open(path)
		if err != nil {
			t.Fatal(err)
		}
		defer file.Close()
		for reader := chunk.NewReader(file); ; {
			r, err := reader.Next()
			if errors.Is(err, io.EOF) {
				break
			}
			if err != nil {
				t.Fatal(err)
			}
			if r.Minute() == minute {
				from, to = min(from, r.Mono), max(to, r.End())
			}
		}
	}
	return from, to
}

// read has a court's files checked by the second reader, and gives what it says.
func read(t *testing.T, dir string) string {
	t.Helper()
	python := "python3"
	if exec.Command(python, "-c", "import cryptography").Run() != nil {
		python = "/usr/bin/python3" // where the distribution's packages are
	}
	said, err := exec.Command(python, filepath.Join(dir, "verhaal_reader.py"), dir).CombinedOutput()
	if err != nil || !strings.Contains(string(said), "\nSOUND") {
		t.Fatalf("the second reader (test/needs installs what it needs): %v\n%s", err, said)
	}
	return string(said)
}

// holdsNoMore looks for what a pack must not give away: another minute's key,
// the names of staff.
func holdsNoMore(t *testing.T, dir string) {
	t.Helper()
	read := func(name string) []byte {
		text, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		return text
	}
	var list struct{ Keys []struct{ Minute int } }
	if err := json.Unmarshal(read("keys.json"), &list); err != nil || len(list.Keys) != 2 {
		t.Fatalf("%v, %+v", err, list)
	}
	for _, k := range list.Keys {
		if k.Minute != 1 {
			t.Errorf("the key of minute %d is in the pack", k.Minute)
		}
	}
	rows, err := csv.NewReader(bytes.NewReader(read("custody.csv"))).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	acts := map[string]int{}
	for _, row := range rows[1:] {
		acts[row[2]]++
	}
	// Both tracks of minute 1, and the marks in it: what was marked in minute 0, and
	// that it was opened for the films' heads, is not told.
	if acts["recording.started"] != 1 || acts["recording.sealed"] != 1 || acts["recording.excerpted"] != 1 || acts["recording.key_released"] != 2 || acts["recording.marked"] < 1 || strings.Contains(string(read("custody.csv")), "mark=entry") {
		t.Errorf("the acts are %v", acts)
	}
	var told struct {
		Graph []struct {
			Type      string `json:"@type"`
			Performer *struct {
				ID string `json:"@id"`
			} `json:"uco-action:performer"`
			ID string `json:"@id"`
		} `json:"@graph"`
	}
	if err := json.Unmarshal(read("custody.jsonld"), &told); err != nil {
		t.Fatal(err)
	}
	nodes, done := map[string]bool{}, 0
	for _, node := range told.Graph {
		nodes[node.ID] = true
	}
	for _, node := range told.Graph {
		if node.Type == "case-investigation:InvestigativeAction" {
			done++
		}
		if node.Performer != nil && !nodes[node.Performer.ID] {
			t.Errorf("%s was done by nobody who is there", node.ID)
		}
	}
	if printed := strings.Count(string(read("custody.html")), "<tr>") - 1; done != len(rows)-1 || printed != done {
		t.Errorf("%d acts in the table, %d in CASE, %d to print", len(rows)-1, done, printed)
	}
	filed, err := exec.Command("pdftotext", "-layout", filepath.Join(dir, "custody.pdf"), "-").Output()
	if err != nil {
		t.Fatalf("pdftotext (test/needs installs it): %v", err)
	}
	for _, row := range rows[1:] {
		if !regexp.MustCompile(`(?m)^\s*` + row[0] + `\s.*` + regexp.QuoteMeta(row[2])).Match(filed) {
			t.Errorf("act %s, %s, is not in custody.pdf:\n%s", row[0], row[2], filed)
		}
	}
	for _, word := range []string{"avim", "Visser", "AVIM-20"} {
		if strings.Contains(strings.ReplaceAll(string(filed), "police-"+word, ""), word) {
			t.Errorf("custody.pdf has %q", word)
		}
	}
	for _, name := range []string{"verify.html", "verhaal_reader.py", "custody.pdf", "custody.html", "custody.jsonld", "player.html"} {
		if !strings.Contains(string(read("README.txt")), name) {
			t.Errorf("README.txt says nothing of %s", name)
		}
	}
	for _, name := range []string{"custody.csv", "custody.html", "custody.jsonld", "verify.html", "README.txt", "player.html", "manifest.json"} {
		for _, word := range []string{"avim", "Visser", "AVIM-20"} {
			if strings.Contains(string(read(name)), word) && !strings.Contains(string(read(name)), "police-"+word) {
				t.Errorf("%s has %q", name, word)
			}
		}
	}
}
