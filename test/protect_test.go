package test

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"verhaal/test/browser"
)

// TestAVictimIsAssessedReachedSafelyAndShielded walks what protects a person in
// a case: an assessment with a measure, a contact that the plan forbids and one
// that it allows, a name that opens only with a reason, and a talk that becomes
// a formal report.
func TestAVictimIsAssessedReachedSafelyAndShielded(t *testing.T) {
	b, home := personInCase(t)
	fill(b, map[string]string{"subject.age": "10", "subject.compelled_offences": "true", "earlier.none": "1"})
	save(b)

	// The assessment: codes for the rules, words for those with the key.
	browser.Ask[bool](b, `document.querySelectorAll("[data-assessment] details").forEach(d => { d.open = true; }), true`)
	b.Click(`[data-assessment] input[value=retaliation]`)
	b.Click(`[data-assessment] input[value=disability]`)
	b.Click(`[data-assessment] input[name=interest]`)
	fill(b, map[string]string{"measure.0.code": "shelter", "measure.0.due": day(2)})
	b.Write("#assessment-words", "She looks at the door when steps come near.")
	b.Check("an assessment being made")
	b.Click(`form[action$="/assessments"] button`)
	b.See("[data-assessed]")
	if ticked := browser.Ask[[]string](b, `[...document.querySelectorAll("[data-assessment] [name=need]:checked")].map(i => i.value)`); !slices.Equal(ticked, []string{"disability"}) {
		t.Errorf("the next assessment begins with the needs %v", ticked)
	}
	if html := browser.Ask[string](b, "document.documentElement.outerHTML"); strings.Contains(html, "steps come near") {
		t.Error("the server read the words of an assessment")
	}
	// What the rules would say comes without the rest of the page, and of interviews alone.
	if status := browser.Ask[int](b, `fetch(location.pathname + "/try", {method: "POST", body: new URLSearchParams()}).then(r => r.status)`); status != http.StatusNotFound {
		t.Errorf("trying the facts of a person: %d", status)
	}
	tried := browser.Ask[string](b, `(async () => {
		const at = new URL("../", location.href), post = (path, fields) => fetch(new URL(path, at), {method: "POST", body: new URLSearchParams(fields)});
		await post("interviews", {person: "p1"});
		return (await post("about/i1/try", {"plan.level": "audio"})).text();
	})()`)
	if !strings.Contains(tried, "data-verdict") || !strings.Contains(tried, "data-rule") || strings.Contains(tried, "data-told") || strings.Contains(tried, "<form class=\"stack\"") {
		t.Errorf("a plan that is tried shows %s", tried)
	}
	b.Click("[data-told] [data-open]")
	b.Until(`document.querySelector("[data-assessed]").textContent.includes("steps come near")`)
	b.Write("#contact-words", "A friend's phone, codeword heron.")
	b.Click(`[data-part-form="contact/p1"] button`)
	b.See(`[data-part-form="contact/p1"] [data-saved]:not([hidden])`)
	b.Screen("assessment")
	b.Click(`form[action*="/measures/"] button[value=done]`)
	b.Until(`document.querySelector("[data-assessed] .badge.good") !== null && !document.querySelector('form[action*="/measures/"]')`)

	// Safe contact: only a call, and never now.
	browser.Ask[bool](b, `document.querySelectorAll("[data-contact] details").forEach(d => { d.open = true; }), true`)
	b.Click(`[data-contact] input[value=call]`)
	b.Click(`[data-contact] input[name=no_voicemail]`)
	b.Click(`form[action$="/contact-plan"] button`)
	b.See("[data-note-contact]")
	b.Check("how a person may be reached")
	browser.Ask[bool](b, `(document.querySelector("[data-note-contact] [name=way]").value = "letter", true)`)
	b.Click("[data-note-contact] button")
	b.Until(`document.body.innerText.includes("does not allow this way")`)
	b.Visit(home + "about/p1")
	browser.Ask[bool](b, `(document.querySelector("[data-note-contact] [name=way]").value = "call", true)`)
	b.Click("[data-note-contact] button")
	b.See("[data-contacts]")
	b.Screen("contact")

	// Shielded: the name opens alone, with a reason.
	b.Click(`form[action$="/shield"] button`)
	const opening, contact, name = "[data-contact] [data-open-alone] button", `[data-part-form="contact/p1"]`, `[data-part-form="person/p1/name"]`
	b.Click(opening)
	b.Until(`document.querySelector("#contact-words").value.includes("heron")`)

	// She moves to another shelter, and her name is spelled otherwise: both change, and change again.
	b.Write("#contact-words", " Now in shelter Zuid.")
	b.Write("#shielded-name", "Ileana")
	for _, form := range []string{contact, name} {
		b.Click(form + " button")
		b.See(form + " [data-saved]:not([hidden])")
	}
	b.Visit(home + "about/p1")
	b.Click(opening)
	b.Until(`document.querySelector("#contact-words").value.endsWith("heron. Now in shelter Zuid.") && document.querySelector("#shielded-name").value === "Ileana"`)
	b.Write("#shielded-name", " P.")
	b.Click(name + " button")
	b.See(name + " [data-saved]:not([hidden])")
	b.Check("a shielded person, opened")
	b.Screen("shielded")
	b.Visit(home)
	b.Click("[data-parts] [data-open]")
	b.See(`[data-opened] a[href$="/about/p1#contact"]`)
	if said := browser.Ask[string](b, "document.body.innerText"); strings.Contains(said, "Ileana") || browser.Ask[bool](b, `document.querySelector("#name-p1") !== null`) {
		t.Errorf("a shielded name opens with the case: %s", said)
	}
	b.Visit(home + "about/p1")
	b.Click("[data-told] [data-open]")
	b.Until(`!document.querySelector("[data-told] [data-opened]").hidden`)
	if shown := browser.Ask[string](b, `document.querySelector("#contact-words").value`); shown != "" {
		t.Errorf("a shielded person's ways of contact open with the rest: %q", shown)
	}
	b.Width(360)
	b.Check("a person on a phone")
	b.Screen("person-phone")
	b.Width(1280)

	b.Visit(home)
	b.Until(`document.body.innerText.includes("Offences under compulsion are known")`)
	b.Click(`form[action$="/phase"] button`) // to the talk, the next phase
	b.Until(`document.querySelector("#phase option").value === "formal_report p1"`)
	b.Visit(home + "about/p1/talk")
	b.Check("the talk")
	b.Screen("talk")

	// What was ticked beside the talk survives a crash, and is saved from here.
	const help = `input[name="talk.contents"][value=help]`
	b.Click(help)
	b.Until(drafts + ` === 1`)
	b.Visit(home + "about/p1/talk")
	b.See("[data-keep-facts] [data-draft]:not([hidden])")
	b.Click("[data-keep-facts] > div:last-of-type button")
	b.See(".notice.good[role=status]")
	b.Until(`location.search === "" && location.pathname.endsWith("/talk") && ` + drafts + ` === 0`)
	if kept := browser.Ask[bool](b, "document.querySelector(`"+help+"`).checked"); !kept {
		t.Error("what came back was not saved")
	}
	b.Click("[data-open-alone] button")
	b.Write("#talk-report", "Two hours; she wants to think about it.")
	b.Click(`[data-part-form="talk/p1"] button`)
	b.See(`[data-part-form="talk/p1"] [data-saved]:not([hidden])`)
	b.Write("#talk-report", "Two hours; she wants to think about it. A second talk follows.")
	b.Click(`[data-part-form="talk/p1"] button`)
	b.Until(`!document.querySelector('[data-part-form="talk/p1"] [data-problem]').textContent && !Object.keys(localStorage).some(k => k.startsWith("draft:"))`)
	b.Click(`form[action$="/talk/becomes"] button`)
	b.See("[data-became]")
	if said := b.Text("[data-became]"); !strings.Contains(said, "picture and sound") || !strings.Contains(said, "S-17") {
		t.Errorf("the level from then on: %q", said)
	}
	b.Width(360)
	b.Check("a talk that became a formal report, on a phone")
	b.Shot("talk-phone")
	b.Width(1280)

	// Her sister's talk is her own: it is told, written and ended apart.
	b.Visit(home)
	b.Click(`form[action$="/persons"] button`)
	b.Until(`location.pathname.endsWith("/about/p2")`)
	b.Visit(home)
	b.Until(`document.querySelector('#phase option[value="formal_report p2"]') !== null`)
	b.Visit(home + "about/p2/talk")
	if hers := browser.Ask[bool](b, "!document.querySelector(`"+help+"`).checked && !document.querySelector('[data-became]')"); !hers {
		t.Error("one victim's talk counts for another")
	}
	b.Click("[data-open-alone] button")
	b.See(`[data-part-form="talk/p2"]:not([hidden])`)
	if shown := browser.Ask[bool](b, `document.querySelector("#talk-report").value === "" && document.querySelector('[data-part-form="talk/report"]').hidden`); !shown {
		t.Error("one victim's report stands beside another's talk")
	}
	b.Click(`form[action$="/talk/becomes"] button`)
	b.See("[data-became]")
	b.Visit(home + "about/p1/talk")
	b.Write("#view", "I am afraid of what he does when he hears.")
	b.Click(`form[action$="/talk/view"] button`)
	b.See("[data-views] .badge.warn")

	// The prosecutor who was named reads it, and the case sees that.
	ovj := browser.Open(t, b.Base)
	ovj.Width(1280)
	signIn(ovj, "prosecutor")
	ovj.Visit("/decisions/")
	if html := browser.Ask[string](ovj, "document.documentElement.outerHTML"); strings.Contains(html, "afraid of what he does") {
		t.Error("the server read a victim's view")
	}
	ovj.Click("[data-view] [data-open]")
	ovj.Until(`document.querySelector("[data-view] [data-words]").textContent.includes("afraid of what he does")`)
	ovj.Check("a victim's view")
	b.Visit(home + "about/p1/talk")
	b.See("[data-views] .badge.good")
	b.Click("[data-opening] [data-open]")
	b.Until(`document.querySelector("[data-views]").textContent.includes("afraid of what he does")`)

	// What is typed and not sent yet survives a crash, sealed; once sent it is no draft.
	b.Write("#view", "Tell me on which day.")
	b.Until(`Object.keys(localStorage).some(k => k.startsWith("draft:"))`)
	b.Visit(home + "about/p1/talk")
	b.Click("[data-opening] [data-open]")
	b.Until(`document.querySelector("#view").value === "Tell me on which day."`)
	b.Click(`form[action$="/talk/view"] button`)
	b.Until(`document.querySelectorAll("[data-views] li").length === 2 && !Object.keys(localStorage).some(k => k.startsWith("draft:"))`)
}
