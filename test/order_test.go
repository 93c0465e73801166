package test

import (
	"archive/zip"
	"path/filepath"
	"regexp"
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
	lookAt(p, "asking for minutes", "order-ask")
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
	lookAt(b, "making what was asked", "order-make")
	b.Click("form[data-excerpt] button")
	b.See("[data-delivered]:not([hidden])")

	p.Visit("/decisions/")
	p.See("[data-minutes] .badge.good")
	lookAt(p, "minutes that are ready", "order-ready")
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

// TestARefusedRequestIsReadAndAnExcludedProsecutorHasNoneAnyMore: a no comes with
// words that only the prosecutor and the members read; who is excluded from the
// case afterwards sees none of their requests there, and can do nothing with them.
func TestARefusedRequestIsReadAndAnExcludedProsecutorHasNoneAnyMore(t *testing.T) {
	shots(t)
	base, said := demo(t)
	recording := regexp.MustCompile(`/record/([0-9a-f]+)/play`).FindStringSubmatch(said)[1]
	p := browser.Open(t, base)
	signIn(p, "prosecutor")
	ask := func() {
		t.Helper()
		p.Visit("/decisions/")
		p.Click("[data-asking] summary")
		fill(p, map[string]string{"number": recording, "to": "1", "words": "The first two minutes, for the hearing."})
		p.Click("[data-ask-minutes] button")
		p.See("[data-minutes] .badge.warn")
	}
	ask()

	b := browser.Open(t, base)
	signIn(b, "avim")
	b.Visit("/record/" + recording + "/play")
	b.Click("[data-order] details summary")
	b.Write("[data-refuse] textarea", "Her lawyer was not heard about it yet.")
	lookAt(b, "refusing what was asked", "order-refuse")
	b.Click("[data-refuse] button")
	b.See("[data-order] .badge.danger")

	p.Visit("/decisions/")
	p.See("[data-minutes] .badge.danger")
	if html := browser.Ask[string](p, "document.documentElement.outerHTML"); strings.Contains(html, "not heard") {
		t.Error("the server read why it was refused")
	}
	p.Click("[data-minutes] [data-open]")
	p.Until(`document.querySelector("[data-minutes] [data-answered]").innerText.includes("not heard about it yet")`)
	lookAt(p, "minutes that were refused", "order-refused")
	if browser.Ask[bool](p, `document.querySelector("[data-minutes] [data-fetch], [data-minutes] [data-end]") !== null`) {
		t.Error("a request that was refused can be fetched or ended")
	}

	ask()
	order := browser.Ask[string](p, `document.querySelector("[data-minutes]:has(.badge.warn)").dataset.minutes`)
	b.Visit(browser.Ask[string](b, `"/case/" + document.querySelector("[data-page=play]").dataset.case + "/"`))
	b.Click(`details:has(form[action$="/exclude"]) summary`)
	b.Write(`form[action$="/exclude"] [name=login]`, "prosecutor")
	fill(b, map[string]string{"why": "conflict"})
	b.Click(`form[action$="/exclude"] button`)
	b.Click("[data-exclude] button.danger")
	b.See(".badge.danger")

	p.Visit("/decisions/")
	if browser.Ask[bool](p, `document.querySelector("[data-minutes]") !== null || document.documentElement.outerHTML.includes("`+recording+`")`) {
		t.Error("who is excluded still sees what they asked for")
	}
	for _, act := range []string{"POST /" + order + "/open", "POST /" + order + "/end", "GET /" + order + "/archive", "POST /key"} {
		method, path, _ := strings.Cut(act, " ")
		status := browser.Ask[int](p, `fetch("/decisions/minutes`+path+`", {method: "`+method+`", headers: {Accept: "application/json", "Content-Type": "application/json"},
			body: "`+method+`" === "GET" ? undefined : JSON.stringify({recording: "`+recording+`"})}).then(r => r.status)`)
		if status != 403 {
			t.Errorf("%s answers %d to who is excluded", act, status)
		}
	}
}
