package test

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp"

	"verhaal/internal/recording"
	"verhaal/internal/recording/chunk"
	"verhaal/internal/recording/proof"
	"verhaal/test/browser"
)

// partOf is a part of the state's answer.
func partOf(b *browser.Tab, id string, track, part int) (from, to uint64) {
	b.T.Helper()
	var s struct {
		Parts []struct {
			Track, Part int
			From, To    uint64
		}
	}
	if err := json.Unmarshal([]byte(browser.Ask[string](b, `fetch("/record/`+id+`/state").then(r => r.text())`)), &s); err != nil {
		b.T.Fatal(err)
	}
	for _, p := range s.Parts {
		if p.Track == track && p.Part == part {
			return p.From, p.To
		}
	}
	return 0, 0
}

// TestAnotherComputerGoesOnWhenTheFirstIsDead: the room stays hidden and in its
// break, the first computer brings what it still has when it is back, and the
// seal declares what no computer recorded, and nothing else.
func TestAnotherComputerGoesOnWhenTheFirstIsDead(t *testing.T) {
	server := program(t)
	base, profile := server.Base(), chromedp.UserDataDir(t.TempDir())
	b := readyRoom(t, base, profile)
	room := browser.Ask[string](b, "location.pathname")
	if kinds := browser.Ask[[]string](b, `[...document.querySelector("#kind").options].map(o => o.value)`); !slices.Equal(kinds, []string{"interview"}) {
		t.Errorf("a case that had no talk is recorded as %q", kinds)
	}
	startRecording(b)
	id := browser.Ask[string](b, `performance.getEntriesByType("resource").map(e => e.name.match(/\/record\/([0-9a-f]{32})\//)).filter(Boolean)[0][1]`)
	b.Click("[data-mark=break]")
	b.Click("[data-mask-on]")
	b.See("[data-mask-since]")
	b.Until(`(fetch("/record/` + id + `/state").then(r => r.json()).then(s => { window.marks = s.marks.length; }), window.marks === 2)`)
	elapsed(b, 8)
	server.Kill() // what is recorded now lies on the first computer alone
	elapsed(b, 14)
	b.Kill()
	restart(t, server)

	c := inTheRoom(t, base)
	signIn(c, "avim")
	c.Visit(room)
	c.Until(`document.querySelector("[data-begin]") && !document.querySelector("[data-begin]").disabled`)
	startRecording(c)
	c.See("[data-mask-off]")
	c.See("[data-mark=resume]")
	c.Until(`document.querySelector("[data-mask-on]").hidden && document.querySelector("[data-mark=break]").hidden && /Hidden since 0:00:\d\d/.test(document.querySelector("[data-mask-since]").textContent)`)
	c.Check("a room that was hidden before")
	c.Click("[data-mask-off]")
	c.Until(`document.querySelector("[data-mask-since]").hidden && !document.querySelector("[data-mask-on]").hidden`)
	c.Click("[data-mark=resume]")
	_, before := partOf(c, id, 0, 0)

	// The first computer is mended, and a colleague who is not of the case opens a
	// page of the house there.
	b = inTheRoom(t, base, profile)
	b.Do(chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
		_, err := cdp.Call(ctx, t, network.ClearBrowserCookies, cdp.Empty{}) // a killed browser may still be signed in
		return err
	}))
	signIn(b, "avim3")
	c.Until(fmt.Sprintf(`(fetch("/record/%s/state").then(r => r.json()).then(s => { window.ends = s.parts.filter(p => p.part === 0).map(p => p.to); }), window.ends?.every(to => to > %d))`, id, before+2000))
	_, after := partOf(c, id, 0, 0)
	next, _ := partOf(c, id, 0, 1)
	t.Logf("the first computer brought %d ms more; %d ms are missing", after-before, next-after)
	if after < before+2000 || next < after {
		t.Errorf("the first part ended at %d, then at %d ms; the next begins at %d", before, after, next)
	}
	time.Sleep(11 * time.Second) // what the first brought counts as sent now, and nobody seals while it may record
	stopAndSeal(c)

	manifest := browser.Ask[string](c, `fetch("/record/`+id+`/manifest").then(r => r.text())`)
	sealed, err := proof.ParseManifest([]byte(manifest))
	if err != nil {
		t.Fatal(err)
	}
	var want []recording.Gap
	for _, track := range sealed.Tracks {
		want = append(want, recording.Gap{Track: track.Track, From: track.Parts[0].To, To: track.Parts[1].From, Reason: "browser"})
	}
	var got []recording.Gap
	for _, g := range sealed.Gaps {
		if g.Reason != "power" { // a busy machine is told as one that slept
			got = append(got, recording.Gap(g))
		}
	}
	if !slices.Equal(got, want) || len(want) != 2 || want[0].Track != chunk.Main {
		t.Errorf("the seal declares %+v, want %+v", got, want)
	}
	folder := t.TempDir()
	saveTo(c, folder)
	browser.Ask[bool](c, `(a => { a.href = "/record/`+id+`/export.zip"; a.download = ""; document.body.append(a); a.click(); return true; })(document.createElement("a"))`)
	levels(t, saved(t, folder, "recording.zip"))
}
