package test

import (
	"strings"
	"testing"

	"verhaal/test/browser"
)

// TestWhatNobodyTouchedNeverPutsAnOldValueBack: a colleague saves two facts while
// somebody types one of them. The form that comes back shows the colleague's
// value where nobody typed, and the next save leaves it so.
func TestWhatNobodyTouchedNeverPutsAnOldValueBack(t *testing.T) {
	base, _ := demo(t)
	b := browser.Open(t, base)
	signIn(b, "avim")
	home := openCase(b, "ex_officio")
	b.Click(`form[action$="/persons"] button`)
	b.Until(`location.pathname.endsWith("/about/p1")`)
	fill(b, map[string]string{"subject.language": "ro"})
	save(b)

	if status := browser.Ask[int](b, `(async () => (await fetch(location.pathname, {method: "POST", body: new URLSearchParams({
		"version.subject.language": "1", "subject.language": "bg", "version.subject.age": "0", "subject.age": "30"})})).status)()`); status != 200 {
		t.Fatalf("the colleague's save: %d", status)
	}
	fill(b, map[string]string{"subject.age": "31"})
	b.Click(`main form.stack .cluster button:not(.quiet)`)
	b.Until(`document.querySelector("[role=alert] li") !== null`)
	if alert := b.Text("[role=alert]"); strings.Contains(alert, "bg") || !strings.Contains(alert, "31") {
		t.Errorf("said to be changed by both: %q", alert)
	}
	value := func(name string) string {
		return browser.Ask[string](b, `document.getElementsByName("`+name+`")[0].value`)
	}
	if value("subject.language") != "bg" || value("subject.age") != "31" {
		t.Errorf("the form holds %q and %q", value("subject.language"), value("subject.age"))
	}
	save(b)

	// A tab that was open takes nothing back either: not the phase, not a role.
	b.Visit(home)
	behind := func(path, fields string) {
		t.Helper()
		if status := browser.Ask[int](b, `(async () => (await fetch("`+path+`", {method: "POST", body: new URLSearchParams({`+fields+`})})).status)()`); status != 200 {
			t.Fatalf("the colleague's change of %s: %d", path, status)
		}
	}
	behind(home+"phase", `seen: "signal", phase: "sent"`)
	fill(b, map[string]string{"phase": "interview"})
	b.Click(`form[action$="/phase"] button`)
	b.See("[data-meanwhile]")
	if said := b.Text("[data-meanwhile]"); !strings.Contains(said, "sent to the prosecutor") || !strings.Contains(said, "interviews") {
		t.Errorf("of the phase it says %q", said)
	}
	b.Visit(home + "about/p1")
	behind(home+"about/p1/role", `seen: "victim", role: "witness"`)
	fill(b, map[string]string{"role": "companion"})
	b.Click(`form[action$="/role"] button`)
	b.See("[data-meanwhile]")
	b.Width(360)
	b.Check("a value that somebody else changed")
	b.Shot("case-meanwhile-360")
	b.Visit(home + "about/p1")
	if value("role") != "witness" {
		t.Errorf("the role is %q", value("role"))
	}
	if value("subject.language") != "bg" || value("subject.age") != "31" {
		t.Errorf("kept are %q and %q", value("subject.language"), value("subject.age"))
	}
}
