package test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"verhaal/test/browser"
)

// fill sets fields of a form by their names, as somebody at the keyboard would
// in the end: a checkbox is ticked by "1".
func fill(b *browser.Tab, fields map[string]string) {
	b.T.Helper()
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

func save(b *browser.Tab) {
	b.T.Helper()
	b.Click(`form[data-facts] .cluster button, main form.stack .cluster button:not(.quiet)`)
	b.See(".notice.good[role=status]")
}

// TestAGirlOfTenIsInterviewedOnceByTheRules walks a case from an ex officio
// start: assessed, a companion refused because he is the presumed exploiter,
// the studio, a second interview that waits until it asks something new.
func TestAGirlOfTenIsInterviewedOnceByTheRules(t *testing.T) {
	base, _ := demo(t)
	now := time.Now()
	day := func(days int) string { return now.AddDate(0, 0, days).Format(time.DateOnly) }
	b := browser.Open(t, base)
	b.Width(1280)
	signIn(b, "avim")
	b.Until(`location.pathname.startsWith("/desk/")`)

	b.Visit("/case/")
	b.Check("case files")
	b.Click(`form[action="/case/"] button`)
	b.See("[data-duty] button")
	home := browser.Ask[string](b, "location.pathname")
	b.Click("[data-duty] button")
	b.Until(`!document.querySelector("[data-duty]")`)

	b.Click(`form[action$="/persons"] button`)
	b.Until(`location.pathname.endsWith("/about/p1")`)
	fill(b, map[string]string{"subject.birth_date": fmt.Sprintf("%d-03-01", now.Year()-10), "subject.intellectual_disability": "absent",
		"subject.cognitive_disorder": "absent", "subject.special_needs.none": "1", "subject.language": "ro", "subject.needs_interpreter": "true",
		"subject.lawful_stay": "true", "subject.dublin": "false", "subject.unaccompanied": "false", "earlier.none": "1"})
	save(b)
	b.Check("a person")

	b.Visit(home + "about/case")
	browser.Ask[bool](b, `document.querySelectorAll("details").forEach(d => { d.open = true; }), true`)
	fill(b, map[string]string{"case.assessment.done": "true", "case.assessment.at": day(-1), "case.assessment.in_victims_interest": "true",
		"case.interest_weighed": "true", "case.acute": "false", "case.expert_supports": "false", "case.expert_conducts": "false",
		"case.would_rather_not_testify": "false", "report.anonymous": "false", "clock.reported": day(-3)})
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

	b.Visit(home + "about/i1")
	fill(b, map[string]string{"plan.companion.refused.about_person": "sealed", "plan.companion.alternative_offered": "true"})
	b.Until(`document.querySelector('[data-status=unmet] [data-rule="S-13"]') === null`)
	fill(b, map[string]string{"plan.room.kind": "child_friendly_studio"})
	b.Until(`document.querySelector("[data-verdict]").textContent.includes("may go on")`)
	save(b)
	b.Screen("case-plan")
	b.Click("button[value=confirm]")
	b.See("button[value=hold]")
	b.Click("button[value=hold]")
	b.Until(`!document.querySelector("button[value=hold]")`)

	// The second time: what she told stands on top, and is not asked again.
	b.Visit(home)
	b.Check("a case file")
	if burden := b.Text("[data-person]"); !strings.Contains(burden, "One interview") || !strings.Contains(burden, "3 days since the report") {
		t.Errorf("the burden says %q", burden)
	}
	b.Screen("case-file")
	b.Click(`form[action$="/interviews"] button`)
	b.Until(`location.pathname.endsWith("/about/i2")`)
	if told := b.Text("#told + p + .table"); !strings.Contains(told, "recruitment") {
		t.Errorf("what was told is shown as %q", told)
	}
	plan["plan.room.kind"], plan["plan.date"] = "child_friendly_studio", day(1)
	plan["plan.companion.refused.about_person"], plan["plan.companion.alternative_offered"] = "sealed", "true"
	fill(b, plan)
	for _, rule := range []string{"S-09", "S-10"} {
		b.Until(`document.querySelector('[data-status=unmet] [data-rule="` + rule + `"]') !== null`)
	}
	b.Check("a plan")
	fill(b, map[string]string{"plan.topics.0.name": "transport", "plan.necessity": "sealed"})
	b.Until(`document.querySelector("[data-verdict]").textContent.includes("may go on")`)
	save(b)
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
	b.Visit("/case/")
	b.Click(`form[action="/case/"] button`)
	b.See("[data-duty] button")
	home := browser.Ask[string](b, "location.pathname")
	b.Click("[data-duty] button")
	b.Until(`!document.querySelector("[data-duty]")`)
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
	b.Write("#reason", "The camera of the only room in reach is broken and she leaves tonight.")
	b.Click("[data-ask] button")
	b.Until(`document.querySelector("#deviations + ul") !== null`)
	if said := b.Text("#deviations + ul"); !strings.Contains(said, "S-17") || !strings.Contains(said, "asked") {
		t.Errorf("the plan says %q", said)
	}

	p := browser.Open(t, base)
	p.Width(1280)
	signIn(p, "prosecutor")
	p.Visit("/decisions/")
	p.See("[data-deviation]")
	if html := browser.Ask[string](p, "document.documentElement.outerHTML"); strings.Contains(html, "camera of the only room") {
		t.Error("the server knows the reason")
	}
	p.Click("[data-deviation] [data-open]")
	p.Until(`document.querySelector("[data-reason]").textContent.includes("she leaves tonight")`)
	p.Check("decisions")
	p.Screen("prosecutor-decision")
	p.Write("[data-answer] textarea", "Agreed for this interview only.")
	p.Click("[data-answer] button[value=signed]")
	p.Until(`document.querySelector("[data-deviation] .badge.good") !== null`)
	p.Visit("/case/")
	if shown := browser.Ask[string](p, "document.body.innerText"); !strings.Contains(shown, "not allowed") {
		t.Errorf("a prosecutor at the case files sees: %s", shown)
	}

	b.Visit(home + "about/i1")
	b.See(`[data-status=deviated] [data-rule="S-17"]`)
	if why := b.Text(`[data-rule="S-17"]`); !strings.Contains(why, "deviation signed by the public prosecutor") {
		t.Errorf("S-17 says %q", why)
	}
}
