package policy

import (
	"maps"
	"net/url"
	"strings"
	"testing"
)

// A form says of every case what the case says.
func TestAFormGivesTheSameDecisionAsAFile(t *testing.T) {
	p := netherlands(t)
	for _, c := range p.Cases {
		facts, err := p.FactsFromForm(c.Facts.Form(), c.Today)
		if err != nil {
			t.Errorf("%s: %v", c.Name, err)
			continue
		}
		d, err := p.Decide(facts, c.Today)
		if err != nil {
			t.Fatal(err)
		}
		if why := c.differs(d); why != "" {
			t.Errorf("%s: by form %s", c.Name, why)
		}
		if again := facts.Form(); !maps.EqualFunc(again, c.Facts.Form(), func(a, b []string) bool { return strings.Join(a, "|") == strings.Join(b, "|") }) {
			t.Errorf("%s: the form changed by being read", c.Name)
		}
	}
}

func TestAFormIsReadAsStrictlyAsAFile(t *testing.T) {
	p := netherlands(t)
	for _, c := range []struct{ name, value, want string }{
		{"plan.level", "vidio", `plan.level: "vidio" must be one of none, audio, video`},
		{"subject.birth_date", "2026-02-30", `subject.birth_date: "2026-02-30" must be a day that exists`},
		{"subject.age", "many", `subject.age: must be a number from 0 to 120`},
		{"plan.planned", "perhaps", `plan.planned: "perhaps" must be one of true, false`},
		{"plan.reasons.S-99", "x", `plan.reasons."S-99": unknown field`},
		{"report.exploitation", "work", `report.exploitation[0]: "work" must be one of`},
		{"deviations.0.by_role", "detective", `deviations[0].by_role: "detective" must be one of`},
	} {
		_, err := p.FactsFromForm(url.Values{c.name: {c.value}}, today)
		if err == nil || !strings.HasPrefix(err.Error(), c.want) {
			t.Errorf("%s=%s: %v", c.name, c.value, err)
		}
	}
	facts, err := p.FactsFromForm(url.Values{"earlier.none": {"1"}, "subject.special_needs.none": {"1"}, "nothing.of.ours": {"x"}}, today)
	if err != nil || facts["earlier"] == nil || facts["subject.special_needs"] == nil || len(facts) != 2 {
		t.Errorf("%v %v", facts, err)
	}
}

func FuzzFormThatIsReadIsDecided(f *testing.F) {
	p := netherlands(f)
	f.Add("subject.birth_date=2015-03-01&plan.level=audio&plan.interviewers.0.id=d1&plan.interviewers.0.certificates.studio=2027-01-01")
	f.Add("earlier.none=1&deviations.0.rule=S-17&plan.reasons.S-14=x")
	f.Fuzz(func(t *testing.T, query string) {
		form, err := url.ParseQuery(query)
		if err != nil {
			return
		}
		facts, err := p.FactsFromForm(form, today)
		if err != nil {
			return
		}
		if _, err := p.Decide(facts, today); err != nil && !strings.Contains(err.Error(), "before the first day") {
			t.Error(err)
		}
	})
}
