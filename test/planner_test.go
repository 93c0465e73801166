package test

import (
	"strings"
	"testing"

	"verhaal/test/browser"
)

// TestThePlannerFindsAStudioElsewhereAndSaysWhyNotHere: the studio nearby is
// out of order, the one in another region is found, booked with everybody at
// once, shown to the recordings manager without a name, and given back.
func TestThePlannerFindsAStudioElsewhereAndSaysWhyNotHere(t *testing.T) {
	b, home := personInCase(t)
	fill(b, map[string]string{"subject.age": "10", "subject.intellectual_disability": "absent", "subject.cognitive_disorder": "absent",
		"subject.special_needs.none": "1", "subject.language": "ro", "subject.needs_interpreter": "true", "subject.lawful_stay": "true",
		"subject.dublin": "false", "subject.unaccompanied": "false", "earlier.none": "1", "case.interest_weighed": "true",
		"case.expert_supports": "false", "case.expert_conducts": "false", "case.would_rather_not_testify": "false"})
	save(b)
	assess(b, "retaliation")
	b.Visit(home + "about/case")
	browser.Ask[bool](b, `document.querySelectorAll("details").forEach(d => { d.open = true; }), true`)
	fill(b, map[string]string{"case.acute": "false", "report.anonymous": "false", "clock.reported": day(-3)})
	save(b)
	b.Visit(home)
	b.Click(`form[action$="/interviews"] button`)
	b.Until(`location.pathname.endsWith("/about/i1")`)
	fill(b, map[string]string{"plan.companion.chosen": "true", "plan.topics.0.name": "recruitment"})
	save(b)

	b.Click(`[data-booking] a.button`)
	b.See("[data-search]")
	b.Check("the search for a slot")
	// What suits the girl is kept with her.
	fill(b, map[string]string{"person.never.0.from": day(1)})
	b.Leave("[data-times=person] button")
	b.Until(`document.querySelector("[name='person.never.0.until']").value !== ""`)
	b.Click("[name=region][value=Amsterdam]")
	b.Leave("[data-search] button")
	b.See("[data-why]")
	browser.Ask[bool](b, `document.querySelector("[data-why]").open = true`)
	if why := b.Text("[data-why]"); !strings.Contains(why, "Studio Amsterdam") {
		t.Errorf("why not nearby: %q", why)
	}
	nearby := browser.Ask[string](b, `document.querySelector("[data-found] a[href*='/tried/']").getAttribute("href")`)
	b.Click("[name=region][value=Amsterdam]")
	b.Leave("[data-search] button")
	b.See("[data-slot]")
	b.Screen("planner-slots")
	first := b.Text("[data-slot]")
	if !strings.Contains(first, "Studio Utrecht") || !strings.Contains(first, "Interpreter") {
		t.Errorf("the first slot is %q", first)
	}
	b.Check("proposed slots")
	b.Width(360)
	b.Check("proposed slots on a phone")
	tried := browser.Ask[string](b, `document.querySelector("[data-found] a[href*='/tried/']").getAttribute("href")`)
	b.Visit(nearby)
	b.Check("what was tried, on a phone")
	b.Screen("tried-phone")
	b.Visit(tried)
	b.Check("what was tried, with a slot, on a phone")
	b.Width(1280)
	b.Visit(home + "about/i1/slots")
	b.Leave("[data-search] button")
	b.See("[data-slot]")
	b.Click("[data-slot] form button")
	b.Until(`location.pathname.endsWith("/about/i1")`)
	if slot := b.Text("[data-booking]"); !strings.Contains(slot, "Studio Utrecht") {
		t.Errorf("the booking says %q", slot)
	}
	// Nobody has checked the interpreter yet: it is said, and the rule is unmet.
	if ties := b.Text("[data-ties]"); !strings.Contains(ties, "not checked") {
		t.Errorf("the interpreter's ties: %q", ties)
	}
	b.Check("an interpreter nobody checked")
	b.Leave("[data-ties] button")
	b.Until(`document.querySelector("[data-verdict]").textContent.includes("may go on")`)
	b.Check("a plan with its slot")
	b.Screen("planner-booked")
	b.Click("button[value=confirm]")
	b.See("button[value=hold]")

	// Whoever enters that the suspect is in the building then sees what is booked, and may turn
	// back; with it the confirmed interview is a plan again at once, on the board too.
	slot := browser.Ask[string](b, `document.querySelector("[data-booking]").textContent.match(/\d{4}-\d\d-\d\d \d\d:\d\d/)[0]`)
	visit := func() {
		b.Visit(home + "about/i1/slots")
		b.See("[data-search]")
		at := strings.Replace(slot, " ", "T", 1)
		fill(b, map[string]string{"site": "Studio house Utrecht"})
		browser.Ask[bool](b, `(() => { const f = document.querySelector("form[action$='/visits']"); f.elements.from.value = "`+at+`"; f.elements.until.value = "`+at[:11]+`23:45"; return true; })()`)
		b.Leave(`form[action$="/visits"] button`)
		b.See("[data-clashes]")
	}
	visit()
	b.Check("what is booked when somebody comes")
	if clash := b.Text("[data-clashes]"); !strings.Contains(clash, slot) || !strings.Contains(clash, "Studio Utrecht") || !strings.Contains(clash, "Nothing is kept yet") {
		t.Errorf("booked then: %q", clash)
	}
	b.Leave("[data-clashes] a")
	b.Until(`location.pathname.endsWith("/slots") && !document.querySelector("form[action$='/end']")`)
	b.Visit(home + "about/i1")
	b.See("button[value=hold]")
	visit()
	b.Leave("[data-clashes] button")
	b.Until(`document.querySelector("form[action$='/end']") !== null`)
	b.Visit(home + "about/i1")
	b.See("button[value=confirm]")
	b.Visit("/case/board?channel=police-avim")
	if board := b.Text("main"); !strings.Contains(board, "is a plan again") {
		t.Errorf("the board says %q", board)
	}
	b.Visit(home + "about/i1/slots")
	b.Leave(`form[action$="/end"] button`)
	b.Until(`document.querySelector("form[action$='/end']") === null`)
	b.Visit(home + "about/i1")
	b.Click("button[value=confirm]")
	b.See("button[value=hold]")

	// A fact that matters opens the plan again.
	b.Visit(home + "about/p1")
	fill(b, map[string]string{"case.interest_weighed": "false"})
	save(b)
	b.Visit(home + "about/i1")
	b.See("button[value=confirm]")

	manager := browser.Open(t, b.Base)
	manager.Width(1280)
	signIn(manager, "planner")
	manager.Visit("/planner/")
	manager.Check("the calendar")
	manager.Screen("planner-calendar")
	for _, page := range []string{"/planner/rooms", "/planner/rooms/new", "/planner/people", "/planner/interpreters", "/planner/interpreters/new", "/planner/equipment", "/planner/equipment/new"} {
		manager.Visit(page)
		manager.Check(page)
	}
	manager.Visit("/planner/rooms")
	manager.Screen("planner-rooms")
	manager.Click(`tbody a`)
	manager.See("[name=site]")
	manager.Check("a room")
	fill(manager, map[string]string{"site": "Another building"})
	// Hours that end before they begin are said beside the form, and it stays as it was typed.
	fill(manager, map[string]string{"from": "17:00", "to": "09:00"})
	manager.Click("form.card button")
	manager.See("form.card [data-problem]:not([hidden])")
	if site := browser.Ask[string](manager, `document.querySelector("[name=site]").value`); site != "Another building" {
		t.Errorf("a refused form holds %q", site)
	}
	manager.Width(360)
	manager.Check("a room with wrong hours, on a phone")
	manager.Screen("room-refused-phone")
	manager.Width(1280)
	fill(manager, map[string]string{"from": "09:00", "to": "17:00"})
	// Without a session it leads to signing in beside it, and waits as it stands.
	if status := browser.Ask[int](manager, `fetch("/staff/lock", {method: "POST"}).then(r => r.status)`); status != 204 {
		t.Fatalf("ending the session: %d", status)
	}
	manager.Click("form.card button")
	manager.See(`form.card [data-problem] a[href="/staff/sign-in"][target=_blank]`)
	manager.Check("a room sent without a session")
	manager.See("form.card button:enabled")
	if site := browser.Ask[string](manager, `document.querySelector("[name=site]").value`); site != "Another building" {
		t.Errorf("a form sent without a session holds %q", site)
	}
	room := browser.Ask[string](manager, `location.pathname`)
	signIn(manager, "planner")
	manager.Visit(room)
	fill(manager, map[string]string{"site": "Another building"})
	manager.Leave("form.card button")
	manager.Until(`document.querySelector("[name=site]").value === "Another building"`)
	manager.Click(`form[action="/planner/feeds"] button`)
	manager.See("p.mono")
	feed := manager.Text("p.mono")
	got := browser.Ask[string](manager, `fetch("`+strings.TrimSpace(feed)+`").then(r => r.text())`)
	if !strings.Contains(got, "BEGIN:VCALENDAR") || strings.Contains(got, "2026-0") || strings.Contains(got, "Visser") {
		t.Errorf("the calendar for other programs is %q", got)
	}
	manager.Visit("/planner/rooms")
	manager.Click(`tbody a`)
	manager.Leave(`form[action="/planner/feeds/end"] button`)
	manager.Until(`document.querySelector("form[action='/planner/feeds/end']") === null`)
	if status := browser.Ask[int](manager, `fetch("`+strings.TrimSpace(feed)+`").then(r => r.status)`); status != 404 {
		t.Errorf("the ended calendar answers %d", status)
	}
	// A started entry has a way back: its part closes again.
	manager.Click("[data-away] summary")
	manager.See("#away-from")
	manager.Check("taking a room out of the calendar")
	browser.Ask[bool](manager, `(f => { f.elements.from.value = "2026-03-02T10:00"; f.elements.until.value = "2026-03-01T10:00"; return true; })(document.querySelector("[data-away] form"))`)
	manager.Click("[data-away] form button")
	manager.See("[data-away] [data-problem]:not([hidden])")
	if until := browser.Ask[string](manager, `document.querySelector("#away-until").value`); until != "2026-03-01T10:00" {
		t.Errorf("a refused absence ends at %q", until)
	}
	manager.Click("[data-away] summary")
	manager.Until(`!document.querySelector("[data-away]").open`)
	manager.Width(360)
	manager.Visit("/planner/people")
	manager.Check("people on a phone")
	manager.Click("tbody a")
	manager.See("[name=region]")
	manager.Check("somebody on a phone")
	manager.Screen("planner-person-phone")

	// The manager keeps the calendar and reads no case.
	manager.Visit(home)
	if shown := browser.Ask[string](manager, "document.body.innerText"); strings.Contains(shown, "recruitment") || !strings.Contains(shown, "not allowed") {
		t.Errorf("the manager sees: %s", shown)
	}
	b.Visit(home + "about/i1")
	fill(b, map[string]string{"why": "room"})
	b.Click(`form[action$="/unbook"] button`)
	b.See(`[data-booking] a.button`)
}
