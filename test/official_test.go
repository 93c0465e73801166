package test

import (
	"bytes"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"verhaal/test/browser"
)

// TestAnOfficialRecordIsWrittenSignedAndPrintedAndTopicsLeadToTheirMinute goes
// from a recording of nine seconds to its signed official record, and from the
// next plan back to the second at which a topic was told.
func TestAnOfficialRecordIsWrittenSignedAndPrintedAndTopicsLeadToTheirMinute(t *testing.T) {
	base, _ := demo(t)
	b := readyRoom(t, base)
	home := strings.TrimSuffix(browser.Ask[string](b, "location.pathname"), "room/i1")
	b.Click("[data-begin]")
	b.See("[data-running]")
	elapsed(b, 2)
	b.Click("[data-mark=entry]")
	elapsed(b, 4)
	b.Click("[data-code=recruitment]")
	elapsed(b, 9)
	stopAndSeal(b)
	inTheHousesZone(b, 2)
	b.Leave(`a[href$="/official"]`)

	// What the recording knows stands there; what is missing is named.
	b.See("[data-official]")
	inTheHousesZone(b, 2)
	for _, want := range []string{"Interviewers", "Visser", "Nobody watched", "SHA-256"} {
		if !strings.Contains(b.Text("main"), want) {
			t.Errorf("the official record says nothing of %q", want)
		}
	}
	if n := browser.Ask[int](b, `document.querySelectorAll("[data-missing] li").length`); n != 6 {
		t.Errorf("%d of the ten fields are missing, want the five to be written and the notice", n)
	}
	b.Check("an empty official record")
	browser.Ask[bool](b, `document.querySelector("[name=notice_given]").click(), true`)
	words := map[string]string{"personal_data": "The person heard, born 1992", "requester": "This desk", "optional_recording_by": "Compulsory", "interpreter": "None", "suspects_lawyer": "None", "summary": "She told how she was recruited."}
	for name, text := range words {
		b.Write(`[data-official] textarea[name=`+name+`]`, text)
	}
	b.Click("[data-add]")
	b.Write("[data-at]", "0:00:05")
	b.Write("[data-words]", "He promised a job in a hotel.")
	writtenElsewhere(b)
	version := browser.Ask[string](b, `document.querySelector("[data-page]").dataset.version`)
	b.Click("[data-save]")
	b.Until(`document.querySelector("[data-page]")?.dataset.version > ` + version + ` && !document.querySelector("[data-missing]")`)
	b.Until(`document.querySelector("textarea[name=requester]").value === "This desk" && document.querySelector("[data-words]").value.includes("hotel")`)
	b.Shot("official-open")
	onlySavedIsSigned(b)
	b.Leave("[data-sign] button")
	b.See("[data-state=signed]")
	b.Until(`document.querySelector("textarea[name=summary]").value.includes("recruited") && document.querySelector("textarea[name=summary]").readOnly`)
	b.Check("a signed official record")
	b.Shot("official-signed")
	b.Width(360)
	b.Shot("official-signed-360")
	b.Width(1280)
	if pages := bytes.Count(b.PDF("official-record"), []byte("/Type /Page\n")); pages < 1 || pages > 2 {
		t.Errorf("it is printed on %d pages", pages)
	}
	// Words that may be changed are not those that were signed.
	b.Do(chromedp.SetValue(chromedp.CSS("#reason"), "mistake"))
	browser.Ask[bool](b, `document.querySelector("#reason").dispatchEvent(new Event("change", {bubbles: true}))`)
	b.Until(`(shown => !shown("[data-print]") && !shown("[data-state=signed]") && !shown("[data-signature]"))(s => document.querySelector(s).checkVisibility())`)
	writtenAnew(t, b)
	b.Visit(home + "about/i1")
	spread(b)
	if on := browser.Ask[int](b, `[...document.querySelectorAll("[aria-labelledby=shown] li")].find(l => l.textContent.includes("suspects_lawyer"))?.textContent.split(", ").length ?? 0`); on != 10 {
		t.Errorf("the rules know of %d fields of the official record, want 10", on)
	}
	official := browser.Ask[string](b, `document.querySelector('[data-recordings] a[href$="/official"]').getAttribute("href")`)
	signedAnew(b, home, official)

	// A passage leads to its second; another topic is linked to another.
	b.Visit(official)
	b.See("[data-link]")
	b.Leave("[data-link]")
	b.Click("form[data-purpose] button")
	b.See("[data-player]")
	b.Until(`Math.abs(document.querySelector("video[data-track='0']").currentTime - 5) < 1`)
	if chapters := b.Text("[data-marks]"); !strings.Contains(chapters, "recruitment") {
		t.Errorf("the chapters are %q", chapters)
	}
	b.Write("#topic", "transport")
	b.Click("[data-topic] button")
	b.Until(`document.querySelector("[data-marks]").textContent.includes("transport")`)

	// Who plans to ask again sees where it was told.
	b.Visit(home)
	b.Click(`form[action$="/interviews"] button`)
	b.Until(`location.pathname.endsWith("/about/i2")`)
	minutes := b.Text("[data-minutes]")
	for _, want := range []string{"recruitment", "transport", "0:00:05"} {
		if !strings.Contains(minutes, want) {
			t.Errorf("beside the next plan stands %q, without %q", minutes, want)
		}
	}
	b.Check("minutes beside a plan")
	b.Shot("plan-minutes")

	// An entry of what was told leads to its minute, or to the record.
	b.Click("[data-told] [data-open]")
	b.See("[data-add-told]")
	browser.Ask[bool](b, `(document.querySelector("[data-told] details").open = true)`)
	for source, want := range map[string]string{"interview": "/play#t=5", "statement": "/official"} {
		fill(b, map[string]string{"topic": "hotel_" + source, "source": source, "ref": "i1", "at": "0:05", "words": "He promised a job in a hotel."})
		b.Click("[data-add-told] button")
		b.See(`[data-told-list] a[href^="/record/"][href$="` + want + `"]`)
	}
	b.Leave(`[data-told-list] a[href$="#t=5"]`)
	b.See("form[data-purpose]")
}

// inTheHousesZone fails the test unless a page tells the moments of a recording
// of today as a clock in the house shows them, by the name of its zone.
func inTheHousesZone(b *browser.Tab, moments int) {
	b.T.Helper()
	zone, err := time.LoadLocation("Europe/Amsterdam")
	if err != nil {
		b.T.Fatal(err)
	}
	now := time.Now().In(zone)
	told := 0
	for _, minutes := range []time.Duration{0, time.Minute, 2 * time.Minute} {
		told += len(regexp.MustCompile(now.Add(-minutes).Format("15:04")+`:\d\d `+now.Format("MST")).FindAllString(b.Text("main"), -1))
	}
	if text := b.Text("main"); told < moments || strings.Contains(text, "UTC") {
		b.T.Errorf("%d moments in the house's zone: %s", told, text)
	}
}

// onlySavedIsSigned types into an official record that is complete: as long as
// anything on the screen is not what was saved, nobody can sign.
func onlySavedIsSigned(b *browser.Tab) {
	b.T.Helper()
	const can = `!document.querySelector("[data-sign] button").disabled && !document.querySelector("[data-unsaved]").checkVisibility()`
	const cannot = `document.querySelector("[data-sign] button").disabled && document.querySelector("[data-unsaved]").checkVisibility()`
	b.See("[data-sign]")
	b.Until(can)
	b.Write("[data-official] textarea[name=requester]", "!")
	b.Until(cannot)
	b.Check("words that are not saved yet")
	browser.Ask[bool](b, `(f => { f.value = "This desk"; return f.dispatchEvent(new Event("input", {bubbles: true})); })(document.querySelector("textarea[name=requester]"))`)
	b.Until(can)
	for _, then := range []string{cannot, can} {
		browser.Ask[bool](b, `document.querySelector("[name=notice_given]").click(), true`)
		b.Until(then)
	}
}

// writtenAnew corrects a signed official record and saves that: what was signed
// can be read beside it, with its signature.
func writtenAnew(t *testing.T, b *browser.Tab) {
	t.Helper()
	was := b.Text("[data-signature]")
	b.Write("[data-official] textarea[name=summary]", " Corrected.")
	b.Leave("[data-save]")
	b.See("[data-versions]")
	b.Until(`document.querySelector("header [data-state=open]") && document.querySelector("textarea[name=summary]").value.endsWith("Corrected.")`)
	b.Leave(`[data-versions] a[href$="?n=1"]`)
	b.Until(`(s => s.value.includes("recruited") && !s.value.includes("Corrected") && s.readOnly)(document.querySelector("textarea[name=summary]"))`)
	if is := b.Text("[data-signature]"); is != was {
		t.Errorf("the first version is signed %q, was %q", is, was)
	}
	b.Until(`document.querySelector("header [data-state=signed]") && !document.querySelector("#reason, [data-sign]") && !document.querySelector("[data-save]").checkVisibility()`)
	b.Check("an earlier version of an official record")
}

// signedAnew signs the second version. A colleague of the case reads both, and
// neither writes nor signs.
func signedAnew(b *browser.Tab, home, official string) {
	b.T.Helper()
	b.Visit(home)
	b.Write("#login", "avim2")
	b.Leave(`form[action$="/members"] button`)
	b.Leave("[data-duty] button")
	b.Until(`!document.querySelector("[data-duty]")`)
	b.Visit(official)
	b.Until(`!document.querySelector("[data-sign] button").disabled`)
	b.Shot("official-anew")
	b.Width(360)
	b.Shot("official-anew-360")
	b.Width(1280)
	b.Leave("[data-sign] button")
	b.See("header [data-state=signed]")
	b.See("[data-versions] [data-state=replaced]")

	other := browser.Open(b.T, b.Base)
	other.Width(1280)
	signIn(other, "avim2")
	other.Visit(official)
	other.Until(`(s => s.value.endsWith("Corrected.") && s.readOnly)(document.querySelector("textarea[name=summary]"))`)
	other.Until(`!document.querySelector("#reason, [data-sign]") && document.body.innerText.includes("Only an interviewer")`)
	other.Visit(official + "?n=1")
	other.Until(`document.querySelector("header [data-state=replaced]") && (s => s.includes("recruited") && !s.includes("Corrected"))(document.querySelector("textarea[name=summary]").value)`)
}

// writtenElsewhere has another page save first, and looks whether the words of
// this one stand beside what is there then, until somebody takes them over.
func writtenElsewhere(b *browser.Tab) {
	b.T.Helper()
	browser.Ask[bool](b, `(() => { const real = fetch; window.fetch = async (...asked) => { await real(...asked); return real(...asked); }; return true; })()`)
	b.Click("[data-save]")
	b.Until(`document.querySelector("[data-official] [data-problem]").textContent.includes("changed this official record")`)
	const kept = `Object.entries(localStorage).find(([name]) => name.endsWith("/official"))?.[1] ?? ""`
	before := browser.Ask[string](b, kept)
	b.Write("[data-official] textarea[name=summary]", " Twice.")
	b.Until(`(` + kept + `) !== "" && (` + kept + `) !== ` + "`" + before + "`")
	b.Visit(browser.Ask[string](b, "location.pathname"))
	b.See("[data-other]")
	b.Until(`document.querySelector("textarea[name=summary]").value === "She told how she was recruited."`)
	if beside := b.Text("[data-other]"); !strings.Contains(beside, "Twice.") || !strings.Contains(beside, "hotel") {
		b.T.Errorf("what was not saved is shown as %q", beside)
	}
	b.Check("words that were not saved")
	b.Click("[data-take]")
	b.Until(`document.querySelector("textarea[name=summary]").value.includes("Twice.") && document.querySelector("[data-other]").hidden`)
}
