package test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"verhaal/internal/client"
	"verhaal/internal/report"
	"verhaal/internal/seal"
	"verhaal/test/browser"
)

// detective is the demonstration's first officer of the police.
func detective(t *testing.T, base, login string) *client.Staff {
	t.Helper()
	who := client.NewStaff(base)
	if err := who.SignIn(t.Context(), login, "lantern orchard velvet canyon pepper"); err != nil {
		t.Fatal(err)
	}
	return who
}

// toldToPolice is a report about work that came to the police, with one
// message each way. The facts decide what the pack advises.
func toldToPolice(t *testing.T, base string, officer *client.Staff, story string) (seal.Receipt, client.Case) {
	t.Helper()
	person := client.NewReporter(base, "en")
	facts := report.Facts{Danger: "yes", Age: "12-15", Kinds: []string{"labour"}, AboutSelf: "yes", Language: "pl"}
	receipt, _, err := person.Tell(t.Context(), "police-avim", facts, client.Story{Text: story}, client.Identity{Name: "Somebody Invented"})
	if err != nil {
		t.Fatal(err)
	}
	ids, _, err := officer.Queue(t.Context(), "police-avim")
	if err != nil {
		t.Fatal(err)
	}
	for _, id := range ids {
		c, err := officer.Open(t.Context(), "police-avim", id)
		if err != nil {
			t.Fatal(err)
		}
		if c.Story == story {
			if err := officer.Answer(t.Context(), c, "The Labour Authority knows more about this. May they have it?"); err != nil {
				t.Fatal(err)
			}
			return receipt, c
		}
	}
	t.Fatalf("no report says %q", story)
	return receipt, client.Case{}
}

// TestAReportIsHandedOverInABrowser presses the button as an officer does and
// looks at it from all three sides: the old desk, the new one, the reporter.
func TestAReportIsHandedOverInABrowser(t *testing.T) {
	base, _ := demo(t)
	receipt, c := toldToPolice(t, base, detective(t, base, "avim"), "They take the rent from my wages.")

	officer := browser.Open(t, base)
	officer.Width(1280)
	signIn(officer, "avim")
	officer.Visit("/desk/police-avim/" + c.ID)
	officer.Click("[data-open]")
	officer.See("[data-opened]")
	officer.Click("[data-over] summary")
	officer.See("[data-advice]")
	if advice := officer.Text("[data-advice]"); !strings.Contains(advice, "Netherlands Labour Authority") || !strings.Contains(advice, "S-04") {
		t.Errorf("the advice says %q", advice)
	}
	if !browser.Ask[bool](officer, `document.querySelector("#over-to option[value=crime-stoppers]").disabled`) {
		t.Error("a desk that never answers can be chosen")
	}
	choose := func(id, value string) {
		browser.Ask[bool](officer, `(() => { const s = document.querySelector("`+id+`"); s.value = "`+value+`"; s.dispatchEvent(new Event("change")); return true })()`)
	}
	choose("#over-to", "labour-tci")
	officer.See("[data-nameless]")
	if !browser.Ask[bool](officer, `document.querySelector("#over-reason").required`) {
		t.Error("another desk than advised can be chosen without a reason")
	}
	officer.Check("desk-hand-over")
	choose("#over-to", "labour-authority")
	choose("#over-consent", "agreed")
	browser.Ask[bool](officer, `document.querySelector("[data-over]").scrollIntoView(), true`)
	officer.Screen("desk-hand-over")
	officer.Click("[data-hand-over] button")
	officer.Until(`location.pathname === "/desk/police-avim/" && !!document.querySelector("[data-handed-over]")`)
	officer.Click("[data-handed-over] summary")
	if list := officer.Text("[data-handed-over]"); !strings.Contains(list, c.ID) || !strings.Contains(list, "Labour Authority") || !strings.Contains(list, time.Now().UTC().Format(time.DateOnly)) {
		t.Errorf("the list of hand-overs says %q", list)
	}
	if browser.Ask[bool](officer, `!!document.querySelector("[data-row][href$='`+c.ID+`']")`) {
		t.Error("it still waits in the queue")
	}
	officer.Check("desk-handed-over")

	inspector := browser.Open(t, base)
	signIn(inspector, "labour")
	inspector.Visit("/desk/labour-authority/" + c.ID)
	inspector.Click("[data-open]")
	inspector.See("[data-opened]")
	if came := inspector.Text("[data-came]"); !strings.Contains(came, "Police") || !strings.Contains(came, "agrees") {
		t.Errorf("the new desk reads that it came from %q", came)
	}
	if story := inspector.Text("[data-story]"); story != "They take the rent from my wages." {
		t.Errorf("the new desk reads %q", story)
	}
	if thread := inspector.Text("[data-thread]"); !strings.Contains(thread, "May they have it?") {
		t.Errorf("the new desk reads the dialogue %q", thread)
	}
	browser.Ask[bool](inspector, `document.querySelector("#code").value = "contact", true`)
	inspector.Write("#reason", "To call back.")
	inspector.Click("[data-identity] button")
	inspector.See("[data-identity-shown]")
	if who := inspector.Text("[data-identity-shown]"); !strings.Contains(who, "Somebody Invented") {
		t.Errorf("who reported: %q", who)
	}

	person := browser.Open(t, base)
	person.Width(360)
	for _, scripts := range []bool{true, false} {
		person.Scripts(scripts)
		person.Visit("/en/return")
		person.Write("#receipt", receipt.Digits())
		person.Click("form[data-return] button")
		person.See("[data-moved]")
		if line := person.Text("[data-moved]"); !strings.Contains(line, "your report is with Netherlands Labour Authority") {
			t.Errorf("scripts %v: the reporter reads %q", scripts, line)
		}
		if thread := person.Text(".thread"); !strings.Contains(thread, "May they have it?") {
			t.Errorf("scripts %v: the dialogue reads %q", scripts, thread)
		}
		if scripts { // the checker is a script itself
			person.Check("public-moved")
		}
	}
}

// TestNoNameGoesToAnAnonymousDesk presses the button for a desk that keeps no names.
func TestNoNameGoesToAnAnonymousDesk(t *testing.T) {
	base, _ := demo(t)
	_, c := toldToPolice(t, base, detective(t, base, "avim"), "My brother works there too.")
	officer := browser.Open(t, base)
	signIn(officer, "avim")
	officer.Visit("/desk/police-avim/" + c.ID)
	officer.Click("[data-open]")
	officer.See("[data-opened]")
	officer.Click("[data-over] summary")
	officer.See("[data-hand-over]")
	browser.Ask[bool](officer, `document.querySelector("#over-to").value = "labour-tci", document.querySelector("#over-consent").value = "agreed", true`)
	officer.Click("[data-hand-over] button")
	officer.See("[data-hand-over] .danger")
	if said := officer.Text("[data-hand-over] .danger"); !strings.Contains(said, "another desk than the one advised") {
		t.Errorf("without a reason the page says %q", said)
	}
	officer.Write("#over-reason", "The boss must not learn who told.")
	officer.Click("[data-hand-over] button")
	officer.Until(`location.pathname === "/desk/police-avim/"`)

	handler := browser.Open(t, base)
	signIn(handler, "tci")
	handler.Visit("/desk/labour-tci/" + c.ID)
	handler.Click("[data-open]")
	handler.See("[data-opened]")
	if story := handler.Text("[data-story]"); story != "My brother works there too." {
		t.Errorf("the walled desk reads %q", story)
	}
	browser.Ask[bool](handler, `document.querySelector("#code").value = "contact", true`)
	handler.Write("#reason", "To see that nothing is there.")
	handler.Click("[data-identity] button")
	handler.See("[data-identity-shown]")
	if who := handler.Text("[data-identity-shown]"); !strings.Contains(who, "gave no name") {
		t.Errorf("the walled desk reads who reported: %q", who)
	}
	if over := handler.Text("[data-over]"); !strings.Contains(over, "Nothing leaves this desk as it is") {
		t.Errorf("a walled desk is offered %q", over)
	}
}

// TestTheReporterIsToldBeforeAMessageGoesToAnotherDesk keeps a dialogue open
// in the browser while the report moves.
func TestTheReporterIsToldBeforeAMessageGoesToAnotherDesk(t *testing.T) {
	base, _ := demo(t)
	police := detective(t, base, "avim")
	for _, scripts := range []bool{true, false} {
		receipt, c := toldToPolice(t, base, police, "They lock the door at night.")
		person := browser.Open(t, base)
		person.Scripts(scripts)
		person.Visit("/en/return")
		person.Write("#receipt", receipt.Digits())
		person.Click("form[data-return] button")
		person.See("#text")
		c, err := police.Open(t.Context(), c.Channel, c.ID)
		if err != nil {
			t.Fatal(err)
		}
		if err := police.HandOver(t.Context(), c, "labour-authority", "danger_now", ""); err != nil {
			t.Fatal(err)
		}
		person.Write("#text", "Only for the police.")
		person.Click("form:has(#text) button")
		person.See("[data-moved]")
		person.Until(`document.body.innerText.includes("went to another desk")`)
		if draft := browser.Ask[string](person, `document.querySelector("#text").value`); draft != "Only for the police." {
			t.Errorf("scripts %v: the draft is %q", scripts, draft)
		}
		moved, err := detective(t, base, "labour").Open(t.Context(), "labour-authority", c.ID)
		if err != nil || len(moved.Lines) != 1 {
			t.Fatalf("scripts %v: the message went there unasked: %d lines, %v", scripts, len(moved.Lines), err)
		}
		person.Click("form:has(#text) button")
		person.Until(`document.querySelectorAll(".thread li").length === 2`)
	}
}

// TestAHandOverThroughTheServerKeepsTheRulesOfThePack goes where the page
// offers no way.
func TestAHandOverThroughTheServerKeepsTheRulesOfThePack(t *testing.T) {
	base, _ := demo(t)
	police, handler := detective(t, base, "avim"), detective(t, base, "tci")
	refused := func(err error, key string) {
		t.Helper()
		var no *client.Refusal
		if !errors.As(err, &no) || no.Key != key || no.Text == "" || no.Text == key {
			t.Errorf("got %v, want %s with a sentence", err, key)
		}
	}
	_, c := toldToPolice(t, base, police, "They keep my papers.")
	refused(police.HandOver(t.Context(), c, "crime-stoppers", "agreed", "why not"), "fault.no_way_back")
	refused(police.HandOver(t.Context(), c, "police-avim", "agreed", "why not"), "fault.hand_over_same")
	refused(police.HandOver(t.Context(), c, "labour-tci", "agreed", ""), "fault.hand_over_reason")
	refused(police.HandOver(t.Context(), c, "labour-authority", "perhaps", ""), "fault.consent_needed")
	refused(handler.HandOver(t.Context(), c, "labour-authority", "agreed", ""), "fault.refused")
	if err := police.HandOver(t.Context(), c, "labour-tci", "wish_of_reporter", "The boss must not learn who told."); err != nil {
		t.Fatal(err)
	}
	walled, err := handler.Open(t.Context(), "labour-tci", c.ID)
	if err != nil || walled.Story != "They keep my papers." {
		t.Fatalf("the walled desk reads %q, %v", walled.Story, err)
	}
	refused(handler.HandOver(t.Context(), walled, "police-avim", "agreed", "back again"), "fault.walled")
}
