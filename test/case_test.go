package test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"verhaal/internal/client"
	"verhaal/internal/report"
	"verhaal/test/browser"
)

// settled is JavaScript that says whether no form waits for its draft.
const settled = `!document.querySelector("form[inert]")`

// fill sets fields of a form by their names, as somebody at the keyboard would
// in the end: a checkbox is ticked by "1".
func fill(b *browser.Tab, fields map[string]string) {
	b.T.Helper()
	b.Until(settled)
	for name, value := range fields {
		b.Until(fmt.Sprintf("document.getElementsByName(%q).length > 0", name))
		set := `(() => { const f = document.getElementsByName(` + fmt.Sprintf("%q", name) + `)[0]; if (!f) return false;
			if (f.type === "checkbox") f.checked = true; else f.value = ` + fmt.Sprintf("%q", value) + `;
			f.dispatchEvent(new Event("input", {bubbles: true})); return f.type === "checkbox" || f.value === ` + fmt.Sprintf("%q", value) + `; })()`
		if !browser.Ask[bool](b, set) {
			b.T.Fatalf("%s can't be set to %q", name, value)
		}
	}
}

// chooseWhy chooses the reason for which a deviation is asked.
func chooseWhy(b *browser.Tab, why string) {
	b.T.Helper()
	if !browser.Ask[bool](b, fmt.Sprintf(`(s => { s.value = %q; return s.value === %q; })(document.querySelector("[data-ask] [name=why]"))`, why, why)) {
		b.T.Fatalf("no reason %s to choose", why)
	}
}

func save(b *browser.Tab) {
	b.T.Helper()
	b.Until(settled)
	b.Click(`form[data-facts] .cluster button, main form.stack .cluster button:not(.quiet)`)
	b.See(".notice.good[role=status]")
}

// giveReasons writes the words of every reason that the plan on the page says
// is given.
func giveReasons(b *browser.Tab) {
	b.T.Helper()
	b.Click("[data-told] [data-open]")
	b.See("[data-reasons] form:not([hidden])")
	for _, part := range browser.Ask[[]string](b, `[...document.querySelectorAll("[data-reasons] form")].map(f => f.dataset.partForm)`) {
		form := `[data-part-form="` + part + `"]`
		b.Write(form+" textarea", "Because of this, and nothing else would do.")
		b.Click(form + " button")
		b.See(form + " [data-saved]:not([hidden])")
	}
}

// assess makes an individual assessment on the page of a person.
func assess(b *browser.Tab, risk string) {
	b.T.Helper()
	browser.Ask[bool](b, `document.querySelectorAll("[data-assessment] details").forEach(d => { d.open = true; }), true`)
	b.Click(`[data-assessment] input[value=` + risk + `]`)
	b.Click(`[data-assessment] input[name=no_needs]`)
	b.Click(`[data-assessment] input[name=interest]`)
	b.Click(`form[action$="/assessments"] button`)
	b.See("[data-assessed]")
}

// openCase opens a case file of the first desk and makes its key; it gives the
// address.
func openCase(b *browser.Tab, origin string) string {
	b.T.Helper()
	b.Visit("/case/")
	browser.Ask[bool](b, `(document.querySelector("[name=origin]").value = "`+origin+`", true)`)
	b.Click(`form[action="/case/"] button`)
	b.See("[data-duty] button")
	home := browser.Ask[string](b, "location.pathname")
	b.Click("[data-duty] button")
	b.Until(`document.querySelector("h1") && !document.querySelector("[data-duty]")`) // the page loads anew
	return home
}

// personInCase opens the page of the only person, a victim, of a new case, and
// gives the case's address too.
func personInCase(t *testing.T) (b *browser.Tab, home string) {
	t.Helper()
	base, _ := demo(t)
	b = browser.Open(t, base)
	b.Width(1280)
	signIn(b, "avim")
	home = openCase(b, "ex_officio")
	b.Click(`form[action$="/persons"] button`)
	b.Until(`location.pathname.endsWith("/about/p1")`)
	return b, home
}

// teacherTells sends a teacher's report to the police and gives its id.
func teacherTells(t *testing.T, base string) string {
	t.Helper()
	officer := detective(t, base, "avim")
	before, _, err := officer.Queue(t.Context(), "police-avim")
	if err != nil {
		t.Fatal(err)
	}
	facts := report.Facts{Danger: "no", Age: "under12", Kinds: []string{"criminal"}, AboutSelf: "no", Language: "nl"}
	story := client.Story{Text: "A girl of ten in my class sells things for an uncle who is none. She says that she owes him."}
	if _, _, err := client.NewReporter(base, "en").Tell(t.Context(), "police-avim", facts, story, client.Identity{Name: "A Teacher (invented)"}); err != nil {
		t.Fatal(err)
	}
	after, _, err := officer.Queue(t.Context(), "police-avim")
	if err != nil {
		t.Fatal(err)
	}
	i := slices.IndexFunc(after, func(id string) bool { return !slices.Contains(before, id) })
	if i < 0 {
		t.Fatal("the report did not arrive")
	}
	return after[i]
}

// TestAGirlOfTenIsInterviewedOnceByTheRules walks a case from an ex officio
// start to which a teacher's report is added: assessed, what the report told
// not asked again, a companion refused because he is the presumed exploiter,
// the studio, a second interview that waits until it asks something new.
func TestAGirlOfTenIsInterviewedOnceByTheRules(t *testing.T) {
	base, _ := demo(t)
	b := browser.Open(t, base)
	b.Width(1280)
	signIn(b, "avim")
	b.Until(`location.pathname.startsWith("/desk/")`)

	b.Visit("/case/")
	b.Check("case files")
	told := teacherTells(t, base)
	home := openCase(b, "ex_officio")
	number := b.Text("h1")

	// The teacher's report joins the case that was begun without it, once.
	b.Click(`a[href*="?case="]`)
	b.Check("the queue, to choose reports")
	b.Click(`[data-choose] input[value="` + told + `"]`)
	b.Click(`[data-choose] button`)
	b.See(`[data-reports] a[href$="/` + told + `"]`)
	b.Visit("/desk/police-avim/")
	b.Click(`[data-choose] input[value="` + told + `"]`)
	b.Click(`[data-choose] button`)
	b.See("[data-taken]")
	if said := b.Text("[data-taken]"); !strings.Contains(said, number) {
		t.Errorf("a second case for the report: %q", said)
	}
	b.Visit(home)
	b.Click(`form[action$="/persons"] button`)
	b.Until(`location.pathname.endsWith("/about/p1")`)
	fill(b, map[string]string{"subject.birth_date": fmt.Sprintf("%d-03-01", time.Now().Year()-10), "subject.intellectual_disability": "absent",
		"subject.cognitive_disorder": "absent", "subject.special_needs.none": "1", "subject.language": "ro", "subject.needs_interpreter": "true",
		"subject.lawful_stay": "true", "subject.dublin": "false", "subject.unaccompanied": "false", "earlier.none": "1",
		"case.interest_weighed": "true", "case.expert_supports": "false", "case.expert_conducts": "false", "case.would_rather_not_testify": "false"})
	save(b)
	b.Check("a person")

	// Assessed at first contact: the facts that rules read follow.
	assess(b, "retaliation")
	b.Visit(home + "about/case")
	browser.Ask[bool](b, `document.querySelectorAll("details").forEach(d => { d.open = true; }), true`)
	if came := browser.Ask[string](b, `document.getElementsByName("clock.reported")[0].value`); came != day(0) {
		t.Errorf("days since the report count from %q", came)
	}
	fill(b, map[string]string{"case.acute": "false", "report.anonymous": "false"})
	b.Click(`input[name="report.exploitation"][value=criminal]`)
	save(b)

	b.Visit(home)
	b.See("[data-tasks]")
	browser.Ask[bool](b, `document.querySelector("[data-tasks]").open = true`)
	if tasks := b.Text("[data-tasks]"); !strings.Contains(tasks, "V-07") {
		t.Errorf("the notice to CoMensha is not among what is to do: %q", tasks)
	}
	b.Click(`form[action$="/interviews"] button`)
	b.Until(`location.pathname.endsWith("/about/i1")`)
	plan := map[string]string{"plan.date": day(0), "plan.planned": "true", "plan.room.kind": "interview_room", "plan.room.adapted": "true",
		"plan.level": "video", "plan.interviewers.0.id": "avim", "plan.director.id": "avim2", "plan.companion.chosen": "true",
		"plan.companion.refused.reason": "sealed", "plan.companion.refused.decided_by": "sealed",
		"plan.interpreter.present": "true", "plan.interpreter.sworn": "true", "plan.interpreter.conflict_checked": "true", "plan.topics.0.name": "recruitment"}
	fill(b, plan)
	for _, rule := range []string{"S-13", "S-19"} {
		b.Until(`document.querySelector('[data-status=unmet] [data-rule="` + rule + `"]') !== null`)
	}
	save(b)
	b.Click("button[value=confirm]")
	b.Until(`document.body.innerText.includes("The rules block this plan.")`)

	// What the report told is known already: the debt is not asked about.
	b.Visit(home + "about/i1")
	b.Click("[data-told] [data-open]")
	b.See("[data-add-told]")
	browser.Ask[bool](b, `(document.querySelector("[data-told] details").open = true)`)
	fill(b, map[string]string{"topic": "debt", "source": "report", "ref": told, "words": "She says that she owes him."})
	b.Click("[data-add-told] button")
	b.See(`[data-told-list] a[href$="/` + told + `"]`)
	fill(b, map[string]string{"plan.topics.0.name": "debt"})
	b.Until(`document.querySelector('[data-status=unmet] [data-rule="S-10"]') !== null`)

	// May it be an ordinary room? The prosecutor says no.
	b.Visit(home + "about/i1")
	browser.Ask[bool](b, `(document.querySelector("[data-ask] [name=rule]").value = "S-19", true)`)
	chooseWhy(b, "no_room")
	b.Write("[data-ask] textarea", "The studio here is out of order.")
	b.Click("[data-ask] button")
	b.Until(`document.querySelector("#deviations") && document.querySelector("#deviations").parentElement.textContent.includes("S-19")`)
	ovj := browser.Open(t, base)
	signIn(ovj, "prosecutor")
	ovj.Visit("/decisions/")
	ovj.Click("[data-deviation] [data-open]")
	ovj.Until(`document.body.textContent.includes("out of order")`)
	ovj.Write("[data-deviation] textarea", "There are other studios.")
	ovj.Click(`[data-deviation] button[value=refused]`)
	ovj.Until(`!document.querySelector("[data-answer]:not([hidden])")`)

	// Another adult is offered, and the planner finds a studio in another region.
	b.Visit(home + "about/i1")
	fill(b, map[string]string{"plan.companion.refused.about_person": "sealed", "plan.companion.alternative_offered": "true", "plan.topics.0.name": "recruitment"})
	b.Until(`document.querySelector('[data-status=unmet] [data-rule="S-13"]') === null`)
	save(b)
	b.Click(`[data-booking] a.button`)
	b.See("[data-search]")
	b.Click("[data-search] button")
	b.See("[data-slot] form button")
	if first := b.Text("[data-slot]"); !strings.Contains(first, "Studio Utrecht") {
		t.Errorf("the first slot is %q", first)
	}
	b.Click("[data-slot] form button")
	b.See("[data-ties]")
	b.Leave("[data-ties] button")
	b.Until(`location.pathname.endsWith("/about/i1") && document.querySelector("[data-verdict]").textContent.includes("may go on")`)
	b.Screen("case-plan")
	// That there is a reason takes words.
	b.Click("button[value=confirm]")
	b.Until(`document.body.innerText.includes("nobody wrote it down")`)
	b.Visit(home + "about/i1")
	giveReasons(b)
	if html := browser.Ask[string](b, `fetch(location.pathname).then(r => r.text())`); strings.Contains(html, "nothing else would do") {
		t.Error("the server knows a reason")
	}
	b.Click("button[value=confirm]")
	b.See("button[value=hold]")

	// She would rather have it over today, and a studio is lent: the slot is given
	// back with its reason, and the plan made anew by hand.
	if chosen := browser.Ask[string](b, `document.querySelector("#cancel-why").value`); chosen != "" {
		t.Errorf("%q was chosen by nobody as the reason", chosen)
	}
	fill(b, map[string]string{"why": "persons_wish"})
	b.Click("button[value=cancel]")
	b.Until(`!document.querySelector("button[value=cancel]")`)
	b.Visit(home)
	b.Click(`form[action$="/interviews"] button`)
	b.Until(`location.pathname.endsWith("/about/i2")`)
	plan["plan.room.kind"], plan["plan.companion.refused.about_person"], plan["plan.companion.alternative_offered"] = "child_friendly_studio", "sealed", "true"
	fill(b, plan)
	b.Until(`document.querySelector("[data-verdict]").textContent.includes("may go on")`)
	save(b)
	giveReasons(b)
	fill(b, map[string]string{"outside": "at_once"})
	b.Click("button[value=confirm]")
	b.See("button[value=hold]")
	b.Click("button[value=hold]")
	b.Until(`!document.querySelector("button[value=hold]")`)

	// The second time: what she told stands on top, and is not asked again.
	b.Visit(home)
	b.Check("a case file")
	if burden := b.Text("[data-person]"); !strings.Contains(burden, "One interview") || !strings.Contains(burden, "0 days since the report") {
		t.Errorf("the burden says %q", burden)
	}
	b.Screen("case-file")
	b.Click(`form[action$="/interviews"] button`)
	b.Until(`location.pathname.endsWith("/about/i3")`)
	if told := b.Text("#told + p + .table"); !strings.Contains(told, "recruitment") {
		t.Errorf("what was told is shown as %q", told)
	}
	plan["plan.date"] = day(1)
	fill(b, plan)
	for _, rule := range []string{"S-09", "S-10"} {
		b.Until(`document.querySelector('[data-status=unmet] [data-rule="` + rule + `"]') !== null`)
	}
	b.Check("a plan")
	save(b)
	b.Click("button[value=confirm]")
	b.Until(`document.body.innerText.includes("The rules block this plan.")`)
	b.Visit(home + "about/i3")
	fill(b, map[string]string{"plan.topics.0.name": "transport", "plan.necessity": "sealed"})
	b.Until(`document.querySelector("[data-verdict]").textContent.includes("may go on")`)
	save(b)
	giveReasons(b)
	fill(b, map[string]string{"outside": "at_once"})
	b.Click("button[value=confirm]")
	b.See("button[value=hold]")

	// Names and notes are sealed and opened in this tab alone.
	b.Visit(home)
	b.Click("[data-parts] [data-open]")
	b.See("[data-note]")
	b.Write("#name-p1", "Ileana")
	b.Click("[data-name] button")
	b.Until(`document.querySelector("[data-person] h3").textContent.includes("Ileana")`)
	b.Visit(home)
	if html := browser.Ask[string](b, "document.documentElement.outerHTML"); strings.Contains(html, "Ileana") {
		t.Error("the server knows the name")
	}
	b.Width(360)
	b.Check("a case file on a phone")

	// Who is no member gets nothing, a colleague of the desk neither.
	other := browser.Open(t, base)
	signIn(other, "avim2")
	other.Until(`location.pathname.startsWith("/desk/")`)
	other.Visit(home)
	if shown := browser.Ask[string](other, "document.body.innerText"); !strings.Contains(shown, "not allowed") {
		t.Errorf("a colleague who is no member sees: %s", shown)
	}
}

// TestAProsecutorSignsADeviationWithTheirOwnReason: the rule blocks, the
// detective asks, the prosecutor reads why and signs, the plan goes on.
func TestAProsecutorSignsADeviationWithTheirOwnReason(t *testing.T) {
	base, _ := demo(t)
	b := browser.Open(t, base)
	b.Width(1280)
	signIn(b, "avim")
	b.Until(`location.pathname.startsWith("/desk/")`)
	home := openCase(b, "ex_officio")
	b.Click(`form[action$="/persons"] button`)
	b.Until(`location.pathname.endsWith("/about/p1")`)
	fill(b, map[string]string{"subject.age": "14"})
	save(b)
	b.Visit(home)
	b.Click(`form[action$="/interviews"] button`)
	b.Until(`location.pathname.endsWith("/about/i1")`)
	fill(b, map[string]string{"plan.level": "audio"})
	save(b)
	b.Check("a plan that is blocked")
	fill(b, map[string]string{"rule": "S-17"})
	// Words alone don't do: whoever asks chooses the reason too.
	b.Write("#reason", "The camera of the only room in reach is broken and she leaves tonight.")
	b.Click("[data-ask] button")
	b.See("[data-ask] select:invalid")
	chooseWhy(b, "equipment")
	b.Click("[data-ask] button")
	b.Until(`document.querySelector("#deviations + ul") !== null`)
	// What nobody answered is withdrawn, and asked anew.
	b.Click("[data-withdraw] summary")
	b.Width(360)
	b.Check("a request to withdraw")
	b.Shot("withdraw-phone")
	b.Width(1280)
	b.Click("[data-withdraw] button")
	b.Until(`document.querySelector("#deviations + ul").innerText.includes("withdrawn") && !document.querySelector("[data-withdraw]")`)
	fill(b, map[string]string{"rule": "S-17"})
	b.Write("#reason", "The camera of the only room in reach is broken and she leaves tonight.")
	chooseWhy(b, "equipment")
	b.Click("[data-ask] button")
	b.Until(`document.querySelectorAll("#deviations + ul > li").length === 2`)
	if said := b.Text("#deviations + ul"); !strings.Contains(said, "S-17") || !strings.Contains(said, "asked") || !strings.Contains(said, "the equipment failed") {
		t.Errorf("the plan says %q", said)
	}

	p := browser.Open(t, base)
	p.Width(1280)
	signIn(p, "prosecutor")
	p.Visit("/decisions/")
	p.See("[data-deviation]")
	if said := p.Text("[data-deviation]"); !strings.Contains(said, "the equipment failed") {
		t.Errorf("the prosecutor sees %q", said)
	}
	if html := browser.Ask[string](p, "document.documentElement.outerHTML"); strings.Contains(html, "camera of the only room") {
		t.Error("the server knows the reason")
	}
	p.Click("[data-deviation] [data-open]")
	p.Until(`document.querySelector("[data-reason]").textContent.includes("she leaves tonight")`)
	p.Check("decisions")
	p.Screen("prosecutor-decision")
	// An answer that was begun survives a crash, sealed; once given it is no draft.
	p.Write("[data-answer] textarea", "Agreed for this interview only.")
	p.Until(`Object.keys(localStorage).some(k => k.startsWith("draft:/decisions/"))`)
	if kept := browser.Ask[string](p, `JSON.stringify(localStorage)`); strings.Contains(kept, "Agreed") {
		t.Errorf("kept in the clear: %s", kept)
	}
	p.Visit("/decisions/")
	p.Click("[data-deviation] [data-open]")
	p.Until(`document.querySelector("[data-answer] textarea").value === "Agreed for this interview only."`)
	p.See("[data-answer] [data-draft]:not([hidden])")
	p.Click("[data-answer] button[value=signed]")
	p.Until(`document.querySelector("[data-deviation] .badge.good") !== null && !Object.keys(localStorage).some(k => k.startsWith("draft:"))`)
	p.Visit("/case/")
	if shown := browser.Ask[string](p, "document.body.innerText"); !strings.Contains(shown, "not allowed") {
		t.Errorf("a prosecutor at the case files sees: %s", shown)
	}

	b.Visit(home + "about/i1")
	b.See(`[data-status=deviated] [data-rule="S-17"]`)
	if why := b.Text(`[data-rule="S-17"]`); !strings.Contains(why, "deviation signed by the public prosecutor") {
		t.Errorf("S-17 says %q", why)
	}

	// Both sides can read what was asked and what was answered.
	b.Click("li:has(.badge.good) [data-deviation] [data-open]")
	b.Until(`["she leaves tonight", "for this interview only"].every(w => document.querySelector("li:has(.badge.good) [data-deviation]").innerText.includes(w))`)
	p.Visit("/decisions/")
	p.Click("[data-deviation]:has(.badge.good) [data-open]")
	p.Until(`document.querySelector("[data-deviation]:has(.badge.good) [data-answered]").innerText.includes("for this interview only")`)

	// What the rule asks about changes: both sides see that the signature counts no longer.
	fill(b, map[string]string{"plan.level": "none"})
	save(b)
	b.See("#deviations ~ ul [data-void]")
	p.Visit("/decisions/")
	p.See("[data-deviation] [data-void]")
	p.Width(360)
	p.Check("a signature that counts no longer, on a phone")
	p.Shot("decision-void-phone")
	b.Width(360)
	b.Check("a plan whose signature counts no longer, on a phone")

	// Whom a member excludes is shown before; a prosecutor who has no part in the case lifts it.
	b.Visit(home)
	b.Click("section[aria-labelledby=members] summary")
	b.Write("#out", "avim2")
	fill(b, map[string]string{"why": "conflict"})
	b.Click(`form[action$="/exclude"] button`)
	b.See("[data-exclude]")
	if said := b.Text("[data-exclude]"); !strings.Contains(said, "avim2") || !strings.Contains(said, "no member of this case") {
		t.Errorf("before somebody is excluded: %q", said)
	}
	b.Width(360)
	b.Check("who is to be excluded")
	b.Shot("case-exclude-360")
	b.Click("[data-exclude] button.danger")
	b.Until(`document.querySelector("#members + ul")?.innerText.includes("conflict of interest")`)
	p.Visit("/decisions/")
	p.See("[data-exclusion]")
	p.Width(360)
	p.Check("who is kept out of a case")
	p.Shot("prosecutor-exclusion-360")
	p.Click("[data-exclusion] summary")
	fill(p, map[string]string{"why": "wrong_person"})
	p.Click("[data-exclusion] button[value=lifted]")
	p.Until(`document.querySelector("#minutes") && !document.querySelector("[data-exclusion]")`)
	b.Visit(home)
	if said := b.Text("#members + ul"); strings.Contains(said, "conflict of interest") {
		t.Errorf("after it was lifted: %q", said)
	}
}
