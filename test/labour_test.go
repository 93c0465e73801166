package test

import (
	"strings"
	"testing"

	"verhaal/test/browser"
)

// TestAnAdultWhoseIntellectIsInDoubtIsRecordedOnVideo walks a case of labour
// exploitation at the Labour Authority: a signal and two interviews that others
// held, a doubt about intellect that makes video a must, a slot found beside
// the plan, a deviation that the prosecutor refuses, and what was told before
// beside the questions.
func TestAnAdultWhoseIntellectIsInDoubtIsRecordedOnVideo(t *testing.T) {
	base, _ := demo(t)
	b := browser.Open(t, base)
	b.Width(1280)
	signIn(b, "labour")
	home := openCase(b, "referral")
	b.Click(`form[action$="/persons"] button`)
	b.Until(`location.pathname.endsWith("/about/p1")`)
	fill(b, map[string]string{"subject.age": "34", "subject.age_doubt": "false", "subject.intellectual_disability": "doubt", "subject.cognitive_disorder": "absent",
		"subject.special_needs.none": "1", "subject.language": "ro", "subject.needs_interpreter": "true", "subject.lawful_stay": "true", "subject.dublin": "false",
		"case.expert_supports": "false", "case.expert_conducts": "false", "case.would_rather_not_testify": "false"})
	save(b)
	assess(b, "retaliation")

	// Others asked before: a list is taken whole, or the line is named.
	browser.Ask[bool](b, `document.querySelectorAll("details").forEach(d => { d.open = true; }), true`)
	b.Write("#lines", "2026-13-40; shelter; none; k.bakker; wages")
	b.Click(`form[action$="/import"] button`)
	b.See(".notice.danger")
	fill(b, map[string]string{"lines": day(-20) + "; shelter; none; k.bakker; wages\n" + day(-12) + "; union; none; m.post; wages passport"})
	b.Click(`form[action$="/import"] button`)
	b.See(".notice.good[role=status]")

	// What was told is kept in words, sealed; what was typed survives a crash.
	b.Click("[data-told] [data-open]")
	b.See("[data-add-told]")
	browser.Ask[bool](b, `(document.querySelector("[data-told] details").open = true)`)
	fill(b, map[string]string{"topic": "wages", "source": "agency", "ref": "shelter", "words": "Paid for nine hours of fourteen."})
	b.Until(`Object.keys(localStorage).some(k => k.startsWith("draft:"))`)
	if kept := browser.Ask[string](b, `JSON.stringify(localStorage)`); strings.Contains(kept, "nine hours") {
		t.Error("a draft lies in the clear")
	}
	b.Visit(home + "about/p1")
	b.Click("[data-told] [data-open]")
	b.Until(`document.querySelector("[data-add-told] textarea").value.includes("nine hours")`)
	browser.Ask[bool](b, `(document.querySelector("[data-told] details").open = true)`)
	fill(b, map[string]string{"topic": "wages", "source": "agency", "ref": "shelter"})
	b.Click("[data-add-told] button")
	b.Until(`document.querySelector("[data-told-list]").textContent.includes("nine hours")`)
	if row := b.Text("[data-told-list]"); !strings.Contains(row, "agency · shelter") {
		t.Errorf("where it was told: %q", row)
	}
	// What a statement told is counted too, though it was no interview.
	browser.Ask[bool](b, `(document.querySelector("[data-told] details").open = true)`)
	fill(b, map[string]string{"topic": "visa", "source": "statement", "ref": "1", "words": "The agent kept the visa."})
	b.Click("[data-add-told] button")
	b.Until(`document.querySelector("[data-told-list]").textContent.includes("kept the visa")`)
	b.Until(`!Object.keys(localStorage).some(k => k.startsWith("draft:"))`)

	b.Visit(home + "about/case")
	browser.Ask[bool](b, `document.querySelectorAll("details").forEach(d => { d.open = true; }), true`)
	fill(b, map[string]string{"case.acute": "false", "report.anonymous": "false", "clock.reported": day(-3)})
	b.Click(`input[name="report.exploitation"][value=labour]`)
	save(b)

	b.Visit(home)
	b.Click(`form[action$="/interviews"] button`)
	b.Until(`location.pathname.endsWith("/about/i1")`)
	fill(b, map[string]string{"plan.level": "audio", "plan.date": day(1), "plan.interviewers.0.id": "labour"})
	b.Until(`document.querySelector('[data-status=unmet] [data-rule="S-18"]') !== null`)
	b.Check("a plan below its level")
	save(b)

	// The detective asks whether audio will do; the prosecutor refuses.
	browser.Ask[bool](b, `(document.querySelector("[data-ask] [name=rule]").value = "S-18", true)`)
	chooseWhy(b, "persons_wish")
	b.Write("[data-ask] textarea", "The man fears cameras.")
	b.Click("[data-ask] button")
	b.Until(`document.querySelector("#deviations") && document.querySelector("#deviations").parentElement.textContent.includes("S-18")`)
	ovj := browser.Open(t, base)
	ovj.Width(1280)
	signIn(ovj, "prosecutor")
	ovj.Visit("/decisions/")
	ovj.Click("[data-deviation] [data-open]")
	ovj.Until(`document.body.textContent.includes("fears cameras")`)
	ovj.Write("[data-deviation] textarea", "Doubt counts as yes. Hide the camera from view instead.")
	ovj.Click(`[data-deviation] button[value=refused]`)
	ovj.Until(`!document.querySelector("[data-answer]:not([hidden])")`)

	b.Visit(home + "about/i1")
	b.Until(`document.querySelector("#deviations").parentElement.querySelector(".badge.danger") !== null`)
	fill(b, map[string]string{"plan.level": "video", "plan.topics.0.name": "wages", "plan.topics.1.name": "housing", "plan.necessity": "sealed"})
	b.Until(`document.querySelector('[data-status=unmet] [data-rule="S-10"]') !== null`)
	save(b)
	b.Click("[data-told] [data-open]")
	b.Until(`document.querySelector("[data-told-list] [data-repeated]:not([hidden])") !== null`)
	b.Check("what was told beside the questions")
	b.Screen("told-once")
	b.Write("[data-part-form$=questions] textarea", "Who holds the contracts for the housing?")
	b.Click("[data-part-form$=questions] button")
	b.See("[data-part-form$=questions] [data-saved]:not([hidden])")
	fill(b, map[string]string{"plan.topics.0.name": "visa"})
	b.Until(`document.querySelector('[data-rule="S-10"]').textContent.includes("visa")`)
	fill(b, map[string]string{"plan.topics.0.name": "contracts"})
	b.Until(`document.querySelector('[data-status=unmet] [data-rule="S-10"]') === null`)
	b.Until(`document.querySelector("[data-told-list] [data-repeated]:not([hidden])") === null`)
	save(b)

	b.Click(`[data-booking] a.button`)
	b.See("[data-search]")
	b.Click("[data-search] button")
	b.See("[data-slot] form button")
	b.Screen("planner-adult")
	b.Click("[data-slot] form button")
	b.See("[data-ties]")
	b.Leave("[data-ties] button")
	b.Until(`document.querySelector("[data-verdict]").textContent.includes("may go on")`)
	giveReasons(b)
	b.Click("button[value=confirm]")
	b.See("button[value=hold]")
	b.Width(360)
	b.Check("a confirmed plan on a phone")
}
