package test

import (
	"archive/zip"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"verhaal/internal/cli"
	"verhaal/internal/recording/proof"
	"verhaal/test/browser"
)

// TestAProsecutorAsksForMinutesAndSavesThem walks from the request under
// Decisions, by a number that the members gave, to an archive that verifies.
func TestAProsecutorAsksForMinutesAndSavesThem(t *testing.T) {
	shots(t)
	base, _ := demo(t)
	b := readyRoom(t, base)
	startRecording(b)
	b.Click("[data-mark=entry]")
	time.Sleep(5 * time.Second)
	stopAndSeal(b)
	b.Leave(`a[href$="/play"]`)
	b.See("form[data-excerpt] button")
	recording := strings.Split(browser.Ask[string](b, "location.pathname"), "/")[2]
	home := browser.Ask[string](b, `"/case/" + document.querySelector("[data-page=play]").dataset.case + "/"`)

	p := browser.Open(t, base)
	signIn(p, "prosecutor")
	p.Visit("/decisions/")
	p.Click("[data-asking] summary")
	fill(p, map[string]string{"number": strings.Repeat("0", 32), "to": "0", "words": "The first minute, for the hearing."})
	p.Click("[data-ask-minutes] button")
	p.Until(`document.querySelector("[data-ask-minutes] [data-problem]").textContent.includes("no recording with this number")`)
	for _, width := range []int64{360, 1280} {
		p.Width(width)
		p.Check("asking for minutes")
		p.Shot("order-ask-" + map[int64]string{360: "phone", 1280: "wide"}[width])
	}
	fill(p, map[string]string{"number": recording, "to": "7"})
	p.Click("[data-ask-minutes] button")
	p.Until(`document.querySelector("[data-ask-minutes] [data-problem]").textContent.includes("nothing of these minutes")`)
	fill(p, map[string]string{"to": "0"})
	p.Click("[data-ask-minutes] button")
	p.See("[data-minutes] .badge.warn")

	// The members find it in the case and on the board, read why, and make it.
	b.Visit("/case/board")
	b.See(`[data-orders] a[href*="` + recording + `"]`)
	b.Visit(home)
	b.See("[data-orders]")
	b.Leave("[data-orders] a")
	if html := browser.Ask[string](b, "document.documentElement.outerHTML"); strings.Contains(html, "for the hearing") {
		t.Error("the server read what the prosecutor wrote")
	}
	b.Click("[data-order] [data-open]")
	b.Until(`document.querySelector("[data-order] [data-words]").textContent === "The first minute, for the hearing."`)
	b.Click("[data-order] [data-make]")
	for _, width := range []int64{360, 1280} {
		b.Width(width)
		b.Check("making what was asked")
		b.Shot("order-make-" + map[int64]string{360: "phone", 1280: "wide"}[width])
	}
	b.Click("form[data-excerpt] button")
	b.See("[data-delivered]:not([hidden])")

	p.Visit("/decisions/")
	p.See("[data-minutes] .badge.good")
	for _, width := range []int64{360, 1280} {
		p.Width(width)
		p.Check("minutes that are ready")
		p.Shot("order-ready-" + map[int64]string{360: "phone", 1280: "wide"}[width])
	}
	folder := t.TempDir()
	saveTo(p, folder)
	p.Click("[data-minutes] [data-fetch]")
	path := saved(t, folder, recording[:8]+"-0-0-pack.zip")
	out, errs := &screen{}, &screen{}
	if code := cli.Run([]string{"verify", "recording", path}, out, errs); code != 0 {
		t.Fatalf("verify says %d:\n%s%s", code, out, errs)
	}
	z, err := zip.OpenReader(path)
	if err != nil {
		t.Fatal(err)
	}
	defer z.Close()
	if result, err := proof.Verify(t.Context(), z, proof.Options{}); err != nil || !result.Sound || result.What != "excerpt" {
		t.Errorf("%v\n%s", err, result.Words())
	}

	// She ends it: nothing is kept, and there is nothing to save.
	p.Click("[data-minutes] details summary")
	p.Click("[data-minutes] [data-end]")
	p.Until(`!document.querySelector("[data-minutes] [data-fetch]")`)
	acts := browser.Ask[string](b, `fetch("/record/`+recording+`/custody.csv").then(r => r.text())`)
	for _, kind := range []string{"asked", "delivered", "fetched", "ended"} {
		if !strings.Contains(acts, "recording.minutes_"+kind) {
			t.Errorf("the list of acts lacks %s:\n%s", kind, acts)
		}
	}
	if left, err := filepath.Glob(filepath.Join(folder, "*")); err != nil || len(left) != 1 {
		t.Errorf("saved were %v, %v", left, err)
	}
}
