package test

import (
	"strings"
	"testing"

	"verhaal/test/browser"
)

// TestAnEntryOfWhatWasToldIsCorrectedAndRemoved: a mistyped topic and a wrong
// sentence are changed in their place, and an entry that is wrong goes.
func TestAnEntryOfWhatWasToldIsCorrectedAndRemoved(t *testing.T) {
	b, home := personInCase(t)
	b.Click("[data-told] [data-open]")
	b.See("[data-add-told]")
	browser.Ask[bool](b, `(document.querySelector("[data-told] details").open = true)`)
	fill(b, map[string]string{"topic": "dept", "source": "statement", "words": "He owes her."})
	b.Click("[data-add-told] button")
	const list = `document.querySelector("[data-told-list]")`
	b.Until(list + `.textContent.includes("dept")`)
	// A correction that was begun can be left: the form is empty again and adds.
	b.Click("[data-told-list] [data-correct]")
	fill(b, map[string]string{"words": "Not this."})
	b.Click("[data-add-told] [data-cancel]")
	b.Until(`(f => f.elements.words.value === "" && f.elements.topic.value === "" && !f.closest("details").open)(document.querySelector("[data-add-told]"))`)
	if text := b.Text("[data-told-list]"); !strings.Contains(text, "He owes her.") {
		t.Errorf("left, and yet it says %q", text)
	}
	b.Click("[data-told-list] [data-correct]")
	fill(b, map[string]string{"topic": "debt", "words": "She owes him."})
	b.Click("[data-add-told] button")
	b.Until(list + `.children.length === 1 && ` + list + `.textContent.includes("She owes him.") && !` + list + `.textContent.includes("dept")`)
	b.Visit(home + "about/p1")
	b.Click("[data-told] [data-open]")
	b.Until(list + `.textContent.includes("debt")`)
	b.Check("what was told")
	b.Click("[data-told-list] [data-remove]")
	b.Until(list + `.children.length === 0`)
}
