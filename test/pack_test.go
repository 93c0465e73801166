package test

import (
	"archive/zip"
	"bytes"
	"encoding/base64"
	"encoding/json"
	"io"
	"io/fs"
	"math"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"

	"verhaal/internal/recording/chunk"
	"verhaal/internal/recording/proof"
	"verhaal/internal/recording/recordingtest"
	"verhaal/test/browser"
	"verhaal/ui"
)

// TestFilmsOfACourtPackKeepTheGapsOfARecording packs an excerpt of a recording
// whose recorder failed twice: it went on as the next part, and at last with
// sound alone.
func TestFilmsOfACourtPackKeepTheGapsOfARecording(t *testing.T) {
	part := func(track chunk.Track, n uint16, from uint64, codec chunk.Codec) recordingtest.Part {
		return recordingtest.Part{Track: track, Number: n, From: from, Camera: recordingtest.Camera{Codec: codec}, Slices: recordingtest.Chromium(codec)}
	}
	r := recordingtest.Make(t, part(chunk.Main, 0, 60_100, chunk.VP8Opus), part(chunk.Main, 1, 75_000, chunk.VP8Opus), part(chunk.Main, 2, 90_000, chunk.Opus),
		part(chunk.AudioSafe, 0, 60_050, chunk.Opus))
	ends := map[chunk.Part]uint64{}
	for p, records := range r.Records {
		ends[p] = records[len(records)-1].End()
	}
	end := func(track chunk.Track, n uint16) uint64 {
		return ends[chunk.Part{Recording: r.ID, Track: track, Number: n}]
	}
	m := r.Manifest
	m.Gaps = []proof.Gap{{Track: 0, From: end(0, 0), To: 75_000, Reason: "browser"}, {Track: 0, From: end(0, 1), To: 90_000, Reason: "device"}}
	r.Seal(t, m, nil)
	var excerpt bytes.Buffer
	z := zip.NewWriter(&excerpt)
	if err := proof.Excerpt(t.Context(), os.DirFS(r.Dir), proof.Selection{Tracks: []chunk.Track{chunk.Main, chunk.AudioSafe}, Minutes: []uint32{1}}, z); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	type opener struct {
		Track, Part, From int
		Head, Key         []byte
	}
	var openers []opener
	for p, records := range r.Records {
		plain, err := records[0].Open(nil, r.Key(p, 1).Key)
		if err != nil {
			t.Fatal(err)
		}
		key := r.Key(p, 1).Key
		openers = append(openers, opener{int(p.Track), int(p.Number), int(records[0].Mono), plain[:bytes.Index(plain, []byte("\x1f\x43\xb6\x75"))], key[:]})
	}
	list, err := json.Marshal(openers)
	if err != nil {
		t.Fatal(err)
	}
	mux := http.NewServeMux()
	mux.Handle("GET /static/", http.StripPrefix("/static", http.FileServerFS(ui.Assets())))
	mux.HandleFunc("GET /{$}", func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, "<!doctype html><title>pack</title>")
	})
	mux.HandleFunc("GET /excerpt.zip", func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write(excerpt.Bytes()) })
	server := httptest.NewServer(mux)
	defer server.Close()

	b := browser.Open(t, server.URL)
	b.Visit("/")
	archive, err := base64.StdEncoding.DecodeString(browser.Ask[string](b, `(async () => {
		const bytes = text => Uint8Array.from(atob(text), c => c.charCodeAt(0));
		const openers = `+string(list)+`.map(o => ({part: {recording: "`+r.ID.String()+`", track: o.Track, part: o.Part}, from: o.From, head: bytes(o.Head), keys: new Map([[1, bytes(o.Key)]])}));
		const words = {title: "</title><script>", closed: "", tracks: ["a", "b", "c", "d"], sound: "", toggle: "play", seek: "seek", chapters: "", check: "", how: "", lang: "ar", dir: "rtl", zone: "Asia/Kathmandu"};
		const court = {readme: "", beside: new Map(), player: await (await fetch("/static/court.js")).text(), words, marks: [], started: 1700000000000};
		const { pack } = await import("/static/room-pack.js");
		const made = await pack(await (await fetch("/excerpt.zip")).blob(), "`+r.ID.String()+`", openers, court);
		let out = ""; for (const x of new Uint8Array(await made.arrayBuffer())) out += String.fromCharCode(x); return btoa(out); })()`))
	if err != nil {
		t.Fatal(err)
	}
	packed, err := zip.NewReader(bytes.NewReader(archive), int64(len(archive)))
	if err != nil {
		t.Fatal(err)
	}
	check := func(dir fs.FS) proof.Result {
		t.Helper()
		result, err := proof.Verify(t.Context(), dir, proof.Options{LogKey: r.LogKey})
		if err != nil {
			t.Fatal(err)
		}
		return result
	}
	if result := check(packed); !result.Sound || result.Levels[2].State != proof.Passed ||
		!slices.Equal(result.Films, []string{"main-2.webm", "main.webm", "safe.webm"}) || !slices.Equal(result.Unchecked, []string{"README.txt", "player.html"}) {
		t.Errorf("films %q, not checked %q\n%s", result.Films, result.Unchecked, result.Words())
	}
	dir := t.TempDir()
	if err := os.CopyFS(dir, packed); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"main.webm", "main-2.webm", "safe.webm"} {
		film, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		// A byte in the middle of a packet of sound or picture.
		forged := bytes.Clone(film)
		forged[bytes.LastIndex(film, []byte{0xa3})+60] ^= 1
		if err := os.WriteFile(filepath.Join(dir, name), forged, 0o600); err != nil {
			t.Fatal(err)
		}
		if result := check(os.DirFS(dir)); len(result.Faults) != 1 || result.Faults[0].Kind != proof.Film || !strings.Contains(result.Faults[0].What, name) {
			t.Errorf("%s is not named:\n%s", name, result.Words())
		}
		if err := os.WriteFile(filepath.Join(dir, name), film, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	second := func(track chunk.Track, n uint16) float64 { return float64(end(track, n)) / 1000 }
	for name, want := range map[string]struct {
		seconds float64
		kinds   []string
	}{"main": {second(0, 1) - 60.1, []string{"audio", "video"}}, "main-2": {second(0, 2) - 90, []string{"audio"}}, "safe": {second(1, 0) - 60.05, []string{"audio"}}} {
		seconds, kinds := probe(t, filepath.Join(dir, name+".webm"))
		t.Logf("%s: %.2f s, its records %.2f s", name, seconds, want.seconds)
		if math.Abs(seconds-want.seconds) > 0.5 || !slices.Equal(kinds, want.kinds) {
			t.Errorf("%s: %.2f s of %q, want %.2f s of %q", name, seconds, kinds, want.seconds, want.kinds)
		}
	}

	// The page goes over the gap, and on to the film that follows.
	c := browser.Open(t, "file://"+dir, chromedp.Flag("mute-audio", true))
	c.Visit("/player.html")
	if title := c.Text("h1"); title != "</title><script>" {
		t.Errorf("the page shows %q", title)
	}
	browser.Ask[bool](c, `(() => { const s = document.querySelector("[data-seek]"); s.value = 86500; s.dispatchEvent(new Event("input")); return true; })()`)
	c.Click("[data-toggle]")
	c.Until(`[...document.querySelectorAll("video")].some(v => v.src.endsWith("main-2.webm") && !v.paused && v.currentTime > 1) &&
		document.querySelector("video").closest("figure").hidden`)
	// The running clock stands in the picture, in the house's zone and with its name.
	const clock = `document.querySelector("figure:not([hidden]) [data-wall]").textContent`
	c.Until(`/^2023-11-15 0[34]:\d\d:\d\d GMT\+5:45$/.test(` + clock + `)`)
}
