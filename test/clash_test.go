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
	b.Visit(home + "about/p1")
	if value("subject.language") != "bg" || value("subject.age") != "31" {
		t.Errorf("kept are %q and %q", value("subject.language"), value("subject.age"))
	}
}
