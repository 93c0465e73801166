package test

import (
	"fmt"
	"strings"
	"testing"

	"verhaal/test/browser"
)

// begun is a new ex officio case file with a key, in b; it gives its path.
func begun(b *browser.Tab) string {
	b.T.Helper()
	home := openCase(b, "ex_officio")
	return home
}

// spread opens every part of a page that can be folded away.
func spread(b *browser.Tab) {
	b.T.Helper()
	browser.Ask[bool](b, `document.querySelectorAll("details").forEach(d => { d.open = true; }), true`)
}

// choose sets one field, found by a CSS selector.
func choose(b *browser.Tab, selector, value string) {
	b.T.Helper()
	if !browser.Ask[bool](b, fmt.Sprintf(`(() => { const f = document.querySelector(%q); f.value = %q; f.dispatchEvent(new Event("change", {bubbles: true})); return f.value === %q; })()`, selector, value, value)) {
		b.T.Fatalf("%s can't be set to %q", selector, value)
	}
}

// folded shows the deadlines as somebody finds them.
func folded(b *browser.Tab) {
	b.T.Helper()
	browser.Ask[bool](b, `document.querySelectorAll("details").forEach(d => { d.open = false; }), document.querySelector("#deadlines").scrollIntoView(), true`)
}

// note enters something that happened on a day; it waits until the page says so.
func note(b *browser.Tab, what, day string) {
	b.T.Helper()
	before := browser.Ask[int](b, `document.querySelectorAll("[data-steps] li").length`)
	spread(b)
	choose(b, "#what", what)
	choose(b, "#step-day", day)
	b.Click("[data-note-step] form button")
	b.Until(fmt.Sprintf(`document.querySelectorAll("[data-steps] li").length > %d`, before))
}

// TestADetectiveIsHeldToWhatACaseOwes: a contact that is late goes to the whole
// desk without a name; the victim's wish stops the clock of the interview; a
// notice to CoMensha stands once and stays until somebody sent it; time to
// think runs once, and for her alone; a talk that was taken back is none.
func TestADetectiveIsHeldToWhatACaseOwes(t *testing.T) {
	base, _ := demo(t)
	b := browser.Open(t, base)
	b.Width(1280)
	signIn(b, "avim")
	b.Until(`location.pathname.startsWith("/desk/")`)
	home := begun(b)
	number := b.Text("h1")
	b.Click(`form[action$="/persons"] button`)
	b.Until(`location.pathname.endsWith("/about/p1")`)
	fill(b, map[string]string{"subject.birth_date": "1990-03-01", "subject.age_doubt": "false", "subject.lawful_stay": "false", "subject.dublin": "true"})
	save(b)

	// Clocks run from what is noted; one is late and says so.
	b.Visit(home)
	note(b, "report_received", day(-20))
	b.See(`[data-clock=first_contact] .badge.danger`)
	if said := b.Text("[data-clock=first_contact]"); !strings.Contains(said, "19 days late") || !strings.Contains(said, "No reason given") {
		t.Errorf("the first contact says %q", said)
	}
	note(b, "contact_made", day(-1))
	if said := b.Text("[data-clock=first_contact]"); !strings.Contains(said, "met") || !strings.Contains(said, "18 days late") {
		t.Errorf("after it was made the contact says %q", said)
	}

	// The victim wants to wait: the days don't count, from the first on.
	note(b, "victim_ready p1", day(-16))
	b.See(`[data-clock=adult_interview] .badge.danger`)
	spread(b)
	choose(b, "#delay-clock", "adult_interview p1")
	choose(b, "#delay-reason", "victims_wish")
	choose(b, "#delay-from", day(-10))
	b.Click("[data-give-reason] form button")
	b.Until(`document.querySelector("[data-clock=adult_interview]").textContent.includes("stands still")`)

	// A reason in words is sealed before it leaves the tab.
	spread(b)
	choose(b, "#delay-clock", "informative_talk p1")
	choose(b, "#delay-reason", "safety")
	choose(b, "#delay-from", day(-15))
	b.Write("#delay-words", "Her brother watches the door of the shelter.")
	b.Click("[data-give-reason] form button")
	b.Until(`document.querySelectorAll("[data-delays] li").length === 2`)
	if html := browser.Ask[string](b, "document.documentElement.outerHTML"); strings.Contains(html, "Her brother") {
		t.Error("the server knows the reason")
	}
	b.Click("[data-parts] [data-open]")
	b.Until(`document.querySelector("[data-sealed-text='delay/2']").textContent.includes("Her brother watches")`)

	// One duty stands once, and ends with a day.
	b.Visit(home)
	spread(b)
	b.Check("a case file with deadlines")
	folded(b)
	b.Screen("case-deadlines")
	spread(b)
	if tasks := b.Text("[data-person]"); strings.Count(tasks, "V-07") != 1 {
		t.Errorf("the notice to CoMensha does not stand once: %q", tasks)
	}
	b.Click("[data-task=comensha_found] button[value=done]")
	b.Until(`document.querySelector("[data-settled]") !== null && !document.querySelector("[data-task=comensha_found]")`)
	if tasks := b.Text("[data-person]"); strings.Contains(tasks, "V-07") {
		t.Errorf("after it was sent the notice still stands: %q", tasks)
	}

	// Shelter is asked for and waits; it may be asked for only with her agreement.
	note(b, "shelter_asked p1", day(-4))
	spread(b)
	if said := b.Text("[data-task=shelter]"); !strings.Contains(said, "waiting for 4 days") || !strings.Contains(said, "Only if the victim agrees") {
		t.Errorf("the request for shelter says %q", said)
	}
	b.Click("[data-task=shelter] input[type=checkbox]")
	b.Click("[data-task=shelter] button[value=done]")
	b.Until(`document.querySelector("[data-settled]").textContent.includes("after 4 days")`)

	// Time to think: nobody has the longer one unasked, and a mistake is taken back.
	spread(b)
	b.Click("[data-begin-period] form button")
	b.See("[data-begin-period] select:invalid")
	choose(b, "#period-p1", "reflection")
	b.Click("[data-begin-period] form button")
	b.See("[data-period=reflection]")
	spread(b)
	choose(b, "#mistake-p1", "wrong_kind")
	b.Click("[data-period-mistake] form button")
	b.See("[data-begin-period]")
	// The shorter one for her, once.
	spread(b)
	choose(b, "#period-p1", "reflection_dublin")
	choose(b, "#from-p1", day(-10))
	b.Click("[data-begin-period] form button")
	b.See("[data-period=reflection_dublin]")
	if said := b.Text("[data-period]"); !strings.Contains(said, "20 days left") {
		t.Errorf("time to think says %q", said)
	}
	b.Until(`document.querySelector("[data-begin-period]") === null`)

	// What holds for her holds for no other victim: neither that she was ready nor
	// her time to think.
	b.Click(`form[action$="/persons"] button`)
	b.Until(`location.pathname.endsWith("/about/p2")`)
	if asked := browser.Ask[bool](b, `document.getElementsByName("clock.ready").length === 1 && !document.getElementsByName("reflection.from").length && !document.getElementsByName("clock.reported").length`); !asked {
		t.Error("the page of a person doesn't ask for their own days, or for those of the case")
	}
	fill(b, map[string]string{"subject.birth_date": "1990-03-01", "subject.age_doubt": "false", "subject.lawful_stay": "false", "subject.dublin": "true"})
	save(b)
	b.Visit(home)
	if clocks := browser.Ask[int](b, `document.querySelectorAll("[data-clock=adult_interview]").length`); clocks != 1 {
		t.Errorf("%d interviews are waited for though one victim is ready", clocks)
	}
	spread(b)
	if owed := b.Text("[data-person=p1]"); strings.Contains(owed, "V-02") {
		t.Errorf("the first victim is owed time to think: %q", owed)
	}
	if owed := b.Text("[data-person=p2]"); !strings.Contains(owed, "V-02") {
		t.Errorf("the other victim is owed no time to think: %q", owed)
	}

	// A talk that was taken back is none: the formal report names the rule.
	note(b, "talk_held p2", day(-2))
	spread(b)
	b.Click(`[data-steps] button[aria-label*="informative talk"]`)
	b.Until(`[...document.querySelectorAll("[data-steps] s")].some(s => s.textContent.includes("informative talk"))`)
	choose(b, "#phase", "formal_report p2")
	b.Click(`form[action$="/phase"] button`)
	b.See("[data-refused] [data-rule=M-03]")
	b.Check("a formal report that is refused")

	// Everybody of the desk sees the number, who is no member nothing else.
	b.Visit("/case/board")
	b.See("[data-board=late]")
	if board := b.Text("[data-board=late]"); !strings.Contains(board, number) || !strings.Contains(board, "reason given") || !strings.Contains(board, "for the team leader") {
		t.Errorf("the board says %q", board)
	}
	b.Check("the board")
	b.Shot("case-board")
	b.Dark(true)
	b.Check("the board in the dark")
	b.Shot("case-board-dark")
	b.Dark(false)
	other := browser.Open(t, base)
	other.Width(1280)
	signIn(other, "avim2")
	other.Until(`location.pathname.startsWith("/desk/")`)
	other.Visit("/case/board")
	other.See("[data-board=late]")
	mine := `[...document.querySelectorAll("[data-board] tr")].filter(r => r.textContent.includes("` + number + `"))`
	if shown := browser.Ask[int](other, mine+`.length`); shown == 0 {
		t.Error("a colleague of the desk does not see that something is late")
	}
	if more := browser.Ask[bool](other, mine+`.some(r => r.querySelector("a") || r.textContent.includes("p1"))`); more {
		t.Error("a colleague who is no member sees more than number, clock and days")
	}

	b.Width(360)
	b.Visit("/case/board")
	b.Check("the board on a phone")
	b.Shot("case-board-360")
	b.Visit(home)
	spread(b)
	b.Check("deadlines on a phone")
	folded(b)
	b.Screen("case-deadlines-360")
	b.Width(1280)
	browser.Ask[int](b, `fetch("/staff/account/language", {method: "POST", body: new URLSearchParams({lang: "ar"})}).then(r => r.status)`)
	b.Visit("/case/board")
	b.Until(`document.documentElement.dir === "rtl"`)
	b.Check("the board from right to left")
	b.Shot("case-board-rtl")
	b.Visit(home)
	spread(b)
	b.Check("deadlines from right to left")
	folded(b)
	b.Screen("case-deadlines-rtl")
}
