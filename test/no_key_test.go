package test

import (
	"testing"

	"verhaal/test/browser"
)

// TestAColleagueWithoutTheKeyWritesOverNothing: somebody new in a case opens it
// before anyone passed the key on. What is there can't be read, and no field in
// which it would stand can be filled or saved; whoever wrote it finds it whole.
func TestAColleagueWithoutTheKeyWritesOverNothing(t *testing.T) {
	b, home := personInCase(t)
	b.Click("[data-told] [data-open]")
	b.See("[data-add-told]")
	browser.Ask[bool](b, `(document.querySelector("[data-told] details").open = true)`)
	fill(b, map[string]string{"topic": "debt", "source": "statement", "words": "She owes him."})
	b.Click("[data-add-told] button")
	b.Until(`document.querySelector("[data-told-list]").textContent.includes("She owes him.")`)
	b.Write("#contact-words", "A friend's phone.")
	b.Click(`[data-part-form="contact/p1"] button`)
	b.See(`[data-part-form="contact/p1"] [data-saved]:not([hidden])`)
	b.Visit(home)
	b.Click("[data-parts] [data-open]")
	b.Write("#name-p1", "Ileana")
	b.Click("[data-name] button")
	b.Until(`document.querySelector("[data-person] h3").textContent.includes("Ileana")`)
	b.Write("#login", "avim2")
	b.Leave(`form[action$="/members"] button`)

	other := browser.Open(t, b.Base)
	other.Width(1280)
	signIn(other, "avim2")
	other.Visit(home + "about/p1")
	other.Click("[data-told] [data-open]")
	const no = "a key that you do not have yet"
	other.Until(`document.querySelector("[data-nothing-told]").textContent.includes("` + no + `")`)
	browser.Ask[bool](other, `(document.querySelector("[data-told] details").open = true)`)
	for _, form := range []string{"[data-add-told]", `[data-part-form="contact/p1"]`} {
		other.Until(`document.querySelector('` + form + ` [data-problem]').textContent.includes("` + no + `")`)
		if open := browser.Ask[int](other, `document.querySelectorAll('`+form+` :is(input, textarea, select, button):enabled').length`); open != 0 {
			t.Errorf("%d fields of %s can be written in", open, form)
		}
	}
	other.Check("a person without the key")
	other.Visit(home)
	other.Click("[data-parts] [data-open]")
	other.Until(`document.querySelector("[data-name] [data-problem]").textContent.includes("` + no + `")`)
	if held := browser.Ask[string](other, `(f => f.value + (f.disabled ? "" : "open"))(document.querySelector("#name-p1"))`); held != "" {
		t.Errorf("the field of the name holds %q", held)
	}

	// What is new may be written.
	other.Write("#note", "I join today.")
	other.Click("[data-note] button")
	other.Until(`document.querySelectorAll("[data-notes] li").length === 1`)

	b.Visit(home + "about/p1")
	b.Click("[data-told] [data-open]")
	b.Until(`document.querySelector("[data-told-list]").textContent.includes("She owes him.")`)
	if contact := browser.Ask[string](b, `document.querySelector("#contact-words").value`); contact != "A friend's phone." {
		t.Errorf("the ways of contact are %q", contact)
	}
}
