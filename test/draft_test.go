package test

import (
	"strings"
	"testing"

	"github.com/chromedp/chromedp"

	"verhaal/test/browser"
)

// drafts is JavaScript that counts what this browser keeps unsaved.
const drafts = `Object.keys(localStorage).filter(k => k.startsWith("draft:")).length`

// TestARefusedFormKeepsItsWords: an assessment is refused for a measure that is
// due before its day. The form says so where it stands, with all that was
// typed; the draft ends when the server has taken it.
func TestARefusedFormKeepsItsWords(t *testing.T) {
	b, _ := personInCase(t)
	b.Click("[data-told] [data-open]")
	b.See("[data-add-told]")
	browser.Ask[bool](b, `document.querySelectorAll("[data-assessment] details").forEach(d => { d.open = true; }), true`)
	b.Click(`[data-assessment] input[value=retaliation]`)
	b.Click(`[data-assessment] input[name=no_needs]`)
	fill(b, map[string]string{"measure.0.code": "shelter", "measure.0.due": day(-3)})
	b.Write("#assessment-words", "She looks at the door.")
	b.Until(drafts + ` === 1`)
	const form = `form[action$="/assessments"]`
	b.Click(form + " button")
	b.Until(`document.querySelector('` + form + ` [data-problem]').textContent !== ""`)
	if typed := browser.Ask[string](b, `document.querySelector("#assessment-words").value`); typed != "She looks at the door." || browser.Ask[int](b, drafts) != 1 {
		t.Errorf("refused, and what was typed is %q", typed)
	}
	fill(b, map[string]string{"measure.0.due": day(2)})
	b.Until(`!document.querySelector('` + form + ` button').disabled`)
	b.Click(form + " button")
	b.See("[data-assessed]")
	b.Until(drafts + ` === 0`)
	b.Click("[data-told] [data-open]")
	b.Until(`document.querySelector("[data-assessed]").textContent.includes("at the door")`)
}

// TestWhatAColleagueSavedIsNotReplacedByADraft: two write the same ways of
// contact. Who saves second is refused, loads the page, and finds the words of
// the first in the field and the own beside it; neither is lost unseen.
func TestWhatAColleagueSavedIsNotReplacedByADraft(t *testing.T) {
	b, home := personInCase(t)
	b.Click("[data-told] [data-open]")
	b.Write("#contact-words", "Mail only.")
	b.Until(drafts + ` === 1`)

	// A draft of the own over the same version stands in the field.
	b.Visit(home + "about/p1")
	b.Click("[data-told] [data-open]")
	const form, value = `[data-part-form="contact/p1"]`, `document.querySelector("#contact-words").value`
	b.Until(value + ` === "Mail only."`)

	second := browser.Open(t, b.Base)
	second.Width(1280)
	signIn(second, "avim")
	second.Visit(home + "about/p1")
	second.Click("[data-told] [data-open]")
	second.Write("#contact-words", "NEVER MAIL, he reads it.")
	second.Click(form + " button:not([type=button])")
	second.See(form + " [data-saved]:not([hidden])")

	b.Click(form + " button:not([type=button])")
	b.Until(`document.querySelector('` + form + ` [data-problem]').textContent !== ""`)
	b.Visit(home + "about/p1")
	b.Click("[data-told] [data-open]")
	b.See(form + " [data-other]:not([hidden])")
	b.Check("a draft beside newer words")
	if field, other := browser.Ask[string](b, value), b.Text(form+" [data-other-words]"); field != "NEVER MAIL, he reads it." || other != "Mail only." {
		t.Errorf("the field holds %q, beside it stands %q", field, other)
	}

	// It waits there, over what is saved meanwhile, until somebody decides.
	browser.Ask[bool](b, `(f => { f.value += " Call the friend."; return f.dispatchEvent(new Event("input", {bubbles: true})); })(document.querySelector("#contact-words"))`)
	b.Click(form + " button:not([type=button])")
	b.See(form + " [data-saved]:not([hidden])")
	b.Visit(home + "about/p1")
	b.Click("[data-told] [data-open]")
	b.See(form + " [data-take]")
	b.Click(form + " [data-take]")
	if field := browser.Ask[string](b, value); !strings.HasPrefix(field, "NEVER MAIL") || !strings.Contains(field, "Call the friend.") || !strings.HasSuffix(field, "Mail only.") {
		t.Errorf("taken together they are %q", field)
	}
	b.Click(form + " button:not([type=button])")
	b.Until(drafts + ` === 0`)
}

// TestATypedPlanSurvivesACrashAndARefusedField: every field of the form of a plan
// is kept, sealed; a topic in words is refused where it stands, and what was typed
// before and behind it is saved; so is all of it where a colleague ended the plan.
func TestATypedPlanSurvivesACrashAndARefusedField(t *testing.T) {
	b, home := personInCase(t)
	b.Visit(home)
	b.Click(`form[action$="/interviews"] button`)
	b.Until(`location.pathname.endsWith("/about/i1")`)
	value := func(name string) string {
		return browser.Ask[string](b, `document.getElementsByName("`+name+`")[0].value`)
	}
	typed := map[string]string{"plan.level": "audio", "plan.topics.0.name": "how he recruited her", "plan.necessity": "sealed"}
	holds := func(when string) {
		t.Helper()
		for name, want := range typed {
			if got := value(name); got != want {
				t.Errorf("%s, %s is %q", when, name, got)
			}
		}
	}
	fill(b, typed)
	b.Until(drafts + ` === 1`)
	if kept := browser.Ask[string](b, `JSON.stringify(localStorage)`); strings.Contains(kept, "recruited") {
		t.Errorf("kept in the clear: %s", kept)
	}
	b.Visit(home + "about/i1")
	const back = "[data-keep-facts] [data-draft]:not([hidden])"
	b.See(back)
	holds("after a crash")
	b.Check("a plan that came back")
	b.Screen("plan-draft")
	b.Width(360)
	b.Check("a plan that came back, on a phone")
	b.Screen("plan-draft-phone")
	b.Width(1280)

	const send = `form[data-facts] .cluster button`
	b.Click(send)
	b.Until(`document.querySelector("[role=alert]")?.innerText.includes("Words are not kept here")`)
	holds("refused")
	b.Screen("plan-refused")
	b.Visit(home + "about/i1")
	b.See(back)
	holds("refused, and after a crash")

	typed["plan.topics.0.name"] = "recruitment"
	fill(b, typed)
	save(b)
	b.Until(drafts + ` === 0`)
	holds("saved")

	// What is typed after that comes back too: when the page is loaded again at
	// once, and when it is typed without a pause.
	b.Until(`location.search === ""`)
	typed["plan.level"] = "video"
	fill(b, typed)
	b.Do(chromedp.Reload())
	b.See(back)
	holds("loaded again")
	if kept := browser.Ask[int](b, `(async field => { localStorage.clear();
		for (let i = 0; i < 50 && !`+drafts+`; i++) { field.dispatchEvent(new Event("input", {bubbles: true})); await new Promise(r => setTimeout(r, 100)); }
		return `+drafts+`; })(document.getElementsByName("plan.level")[0])`); kept != 1 {
		t.Error("what is typed without a pause is not kept")
	}

	// A colleague calls the interview off while this one is typed.
	if status := browser.Ask[int](b, `fetch(location.pathname + "/state", {method: "POST", body: new URLSearchParams({act: "cancel", why: "safety"})}).then(r => r.status)`); status != 200 {
		t.Fatalf("the colleague's act: %d", status)
	}
	b.Click(send)
	b.Until(`document.querySelector("[role=alert]")?.innerText.includes("no longer in the state")`)
	holds("called off")
}

// TestCorrectingNeverWritesOverAnEntryThatIsBeingWritten: beside a new entry no
// other is put into the form until it is saved or cancelled.
func TestCorrectingNeverWritesOverAnEntryThatIsBeingWritten(t *testing.T) {
	b, _ := personInCase(t)
	b.Click("[data-told] [data-open]")
	b.See("[data-add-told]")
	const form, value = "[data-add-told]", `document.querySelector("#told-text").value`
	browser.Ask[bool](b, `(document.querySelector("[data-told] details").open = true)`)
	b.Write("#told-topic", "recruitment")
	b.Write("#told-text", "A friend of her aunt asked her.")
	b.Click(form + " button:not([type=button])")
	b.Until(`document.querySelector("[data-told-list]").textContent.includes("her aunt")`)

	b.Write("#told-text", "The second house")
	b.Click("[data-correct]")
	b.See(form + " [data-problem]:not([hidden])")
	if field := browser.Ask[string](b, value); field != "The second house" {
		t.Errorf("correcting put %q into the form", field)
	}
	b.Width(360)
	b.Check("a new entry beside another")
	b.Screen("told-unsaved-phone")
	b.Width(1280)
	b.Click(form + " [data-cancel]")
	b.Click("[data-correct]")
	b.Until(value + ` === "A friend of her aunt asked her."`)
}

// TestASessionThatEndedLosesNothingTyped: a form that is sent without a session
// leads to signing in and back to where it was typed, and it stands there again.
// Signing out leaves what is sealed on the device, and no key.
func TestASessionThatEndedLosesNothingTyped(t *testing.T) {
	b, home := personInCase(t)
	fill(b, map[string]string{"subject.age": "31"})
	if status := browser.Ask[int](b, `fetch("/staff/lock", {method: "POST"}).then(r => r.status)`); status != 204 {
		t.Fatalf("ending the session: %d", status)
	}
	b.Click(`form[data-keep-facts] .cluster button`)
	const way = `main a[href^="/staff/sign-in?back="]`
	b.See(way)
	b.Check("a session that ended")
	b.Width(360)
	b.Check("a session that ended, on a phone")
	b.Screen("session-ended-phone")
	b.Width(1280)
	b.Click(way)
	b.Write("form[data-passphrase] [name=login]", "avim")
	b.Write("form[data-passphrase] [name=passphrase]", "lantern orchard velvet canyon pepper")
	b.Click("form[data-passphrase] button")
	b.Until(`location.pathname === "` + home + `about/p1"`)
	b.See("[data-keep-facts] [data-draft]:not([hidden])")
	if age := browser.Ask[string](b, `document.getElementsByName("subject.age")[0].value`); age != "31" {
		t.Errorf("after signing in the age is %q", age)
	}

	browser.Ask[bool](b, `navigator.storage.getDirectory().then(d => d.getFileHandle("left", {create: true})).then(() => true)`)
	b.Leave("[data-sign-out] button")
	b.See("form[data-passphrase]")
	b.Until(`sessionStorage.length === 0`)
	if kept := browser.Ask[int](b, drafts); kept != 1 {
		t.Errorf("%d drafts are left", kept)
	}
	if there := browser.Ask[bool](b, `navigator.storage.getDirectory().then(d => d.getFileHandle("left")).then(() => true, () => false)`); !there {
		t.Error("signing out erased what was recorded and not sent")
	}
}

// TestAnAnswerToAReporterIsNotLostWhenTheOfficerIsSignedOut: what an officer wrote and
// did not send stands in the field again once the report is open, sealed until then,
// and no longer once it was sent.
func TestAnAnswerToAReporterIsNotLostWhenTheOfficerIsSignedOut(t *testing.T) {
	base, _ := demo(t)
	_, c := toldToPolice(t, base, detective(t, base, "avim"), "He keeps my papers in his car.")
	b := browser.Open(t, base)
	b.Width(360)
	signIn(b, "avim")
	page := "/desk/police-avim/" + c.ID
	open := func() {
		b.Visit(page)
		b.Click("[data-open]")
		b.See("[data-opened]")
	}
	open()
	b.Write("#text", "Go to the shelter by the back door.")
	if status := browser.Ask[int](b, `fetch("/staff/lock", {method: "POST"}).then(r => r.status)`); status != 204 {
		t.Fatalf("ending the session: %d", status)
	}
	b.Click("[data-answer] button")
	b.Until(`!!document.querySelector("[data-answer] .danger:not([hidden])")`)
	if typed := browser.Ask[string](b, `document.querySelector("#text").value`); typed != "Go to the shelter by the back door." {
		t.Errorf("refused, and the answer is %q", typed)
	}
	signIn(b, "avim")
	if kept := browser.Ask[string](b, `JSON.stringify({...localStorage})`); !strings.Contains(kept, "draft:"+page) || strings.Contains(kept, "shelter") {
		t.Errorf("this browser keeps %s", kept)
	}
	open()
	b.See("[data-answer] [data-draft]:not([hidden])")
	if typed := browser.Ask[string](b, `document.querySelector("#text").value`); typed != "Go to the shelter by the back door." {
		t.Errorf("after signing in the answer is %q", typed)
	}
	b.Check("an answer that was not sent")
	browser.Ask[bool](b, `document.querySelector("[data-answer]").scrollIntoView(), true`)
	b.Screen("desk-answer-kept")
	b.Click("[data-answer] button")
	b.See("[data-answer] .good")
	b.Until(drafts + ` === 0 && document.querySelector("[data-answer] [data-draft]").hidden`)
	open()
	if typed := browser.Ask[string](b, `document.querySelector("#text").value`); typed != "" {
		t.Errorf("sent, and the field still holds %q", typed)
	}
}
