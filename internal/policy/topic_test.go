package policy

import (
	"net/url"
	"testing"

	"verhaal/packs"
)

func TestATopicIsRepeatedInWhateverLettersItIsWritten(t *testing.T) {
	pack, err := Load(packs.FS, "nl")
	if err != nil {
		t.Fatal(err)
	}
	for planned, told := range map[string]string{"Recruitment": "recruitment", "STRASSE": "straße", "Ἀθῆναι": "ἀθῆναι", " money ": "money"} {
		form := url.Values{"plan.date": {"2026-11-25"}, "plan.planned": {"true"}, "earlier.0.date": {"2026-10-01"}, "earlier.0.topics": {told}, "plan.topics.0.name": {planned}}
		facts, err := pack.FactsFromForm(form, "2026-11-23")
		if err != nil {
			t.Fatal(err)
		}
		d, err := pack.Decide(facts, "2026-11-23")
		if err != nil {
			t.Fatal(err)
		}
		if r, _ := d.Requirement("S-10"); r.Status != Unmet {
			t.Errorf("%q after %q: S-10 is %s", planned, told, r.Status)
		}
	}
}

func TestNoRowOfAFormIsLeftOut(t *testing.T) {
	pack, err := Load(packs.FS, "nl")
	if err != nil {
		t.Fatal(err)
	}
	form := url.Values{"earlier.0.date": {"2026-10-01"}, "earlier.31.date": {"2026-10-02"}, "earlier.2000000000.date": {"2026-10-03"}}
	facts, err := pack.FactsFromForm(form, "2026-11-23")
	if err != nil {
		t.Fatal(err)
	}
	if rows := facts["earlier"].([]Row); len(rows) != 3 || rows[2]["date"] != "2026-10-03" {
		t.Errorf("%v", rows)
	}
}
