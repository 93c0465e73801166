package policy

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"verhaal/packs"
)

const today = "2026-11-23"

func baseline(t testing.TB) *Pack {
	t.Helper()
	p, err := Load(packs.FS, "eu")
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestThePacksSatisfyTheirCases(t *testing.T) {
	total := 0
	for _, p := range []*Pack{netherlands(t), baseline(t)} {
		r := p.Test()
		for _, f := range r.Failed {
			t.Errorf("%s: %s: %s", p.Name, f.Case, f.Why)
		}
		total += r.Passed
	}
	if total < 150 {
		t.Errorf("only %d cases", total)
	}
}

// fixedIDs are those of the fixed interface.
const fixedIDs = `S-01 S-02 S-03 S-04 S-05 S-06 S-07 S-08 S-09 S-10 S-11 S-12 S-13 S-14 S-15 S-16 S-17 S-18 S-19 S-20
A-03b A-06 A-07 A-09 A-10 A-11 A-12 A-13 A-14 A-15 A-16 A-17 A-22 A-26 A-27 A-28 A-29 A-30 A-31 A-32
M-03 M-04 M-05 M-06 M-07 M-08 M-11 V-01 V-02 V-06 V-07 T-01 T-02 T-03 T-04 T-05 W-05`

func TestEveryRuleIsThereWithAClauseAndCasesThatHoldIt(t *testing.T) {
	p := netherlands(t)
	for id := range strings.FieldsSeq(fixedIDs) {
		r, ok := p.Rule(id)
		if !ok {
			t.Errorf("no rule %s", id)
			continue
		}
		if r.Clause.Document == "" || r.Clause.Section == "" || r.Clause.InForce == "" || r.Clause.Confidence == "" {
			t.Errorf("%s has no whole clause", id)
		}
		said := map[string]bool{}
		for _, c := range p.Cases {
			if s, ok := c.Expect[id]; ok {
				said[s] = true
			}
		}
		if len(said) < 2 {
			t.Errorf("%s: the cases expect only %v of it", id, slices.Collect(maps.Keys(said)))
		}
	}
}

func TestWhoMayDeviateFromTheRecordingRules(t *testing.T) {
	p := netherlands(t)
	for _, id := range []string{"S-15", "S-16", "S-17", "S-18", "S-19", "A-03b"} {
		if r, _ := p.Rule(id); !slices.Equal(r.GrantedBy, []string{"prosecutor", "advocate_general"}) {
			t.Errorf("%s may be deviated from by %v", id, r.GrantedBy)
		}
	}
	for _, id := range []string{"A-06", "A-17", "S-07", "S-09", "S-10", "S-13", "S-20"} {
		if r, _ := p.Rule(id); len(r.GrantedBy) > 0 {
			t.Errorf("%s may be deviated from by %v", id, r.GrantedBy)
		}
	}
}

func TestARuleOfTheDirectivesThatTheLawCarriesOutIsNotListedTwice(t *testing.T) {
	p := netherlands(t)
	for _, gone := range []string{"E-01d", "E-01f", "E-02a", "E-07a"} {
		if _, ok := p.Rule(gone); ok {
			t.Errorf("%s stands beside the rule that carries it out", gone)
		}
	}
	if r, ok := p.Rule("E-02b"); !ok || r.Pack != "eu" {
		t.Error("what the law does not carry out itself must apply all the same")
	}
}

const example = `
subject: {birth_date: "2015-03-01", intellectual_disability: absent, cognitive_disorder: absent, special_needs: [], language: ro,
  needs_interpreter: true, lawful_stay: false, dublin: false, unaccompanied: false}
report: {exploitation: [labour], anonymous: false, about_self: true, danger_now: false}
case: {origin: report, phase: interview, assessment: {done: true, at: "2026-11-20", in_victims_interest: true}, interest_weighed: true,
  acute: false, expert_supports: false, expert_conducts: false, would_rather_not_testify: false}
earlier:
  - {date: "2026-10-01", level: video, interviewers: [d1], topics: [recruitment]}
plan:
  date: "2026-11-23"
  planned: true
  room: {kind: interview_room, adapted: true}
  level: audio
  interviewers: [{id: d1, certificates: [{kind: trafficking, until: "2027-01-01"}, {kind: studio, until: "2026-12-01"}], trainee: false}]
  director: {id: d2, certificates: [{kind: studio, until: "2027-01-01"}]}
  companion: {chosen: true, relation: aunt, refused: {reason: "", decided_by: "", about_person: ""}, alternative_offered: false}
  interpreter: {present: true, sworn: true, reason: "", conflict_checked: true}
  topics: [{name: recruitment, reason: ""}]
  necessity: ""
  reasons: {S-11: "", S-12: "", S-14: ""}
  prosecutor_consulted: false
`

func TestADecisionExplainsItself(t *testing.T) {
	p := netherlands(t)
	facts, err := p.ReadFacts("facts.yaml", []byte(example), today)
	if err != nil {
		t.Fatal(err)
	}
	d, err := p.Decide(facts, today)
	if err != nil {
		t.Fatal(err)
	}
	text, err := d.JSON("en")
	if err != nil {
		t.Fatal(err)
	}
	var out struct {
		Pack, Version, Hash, Date, Verdict string
		Channel                            struct {
			ID      string
			Because []string
			Clause  struct{ Document string }
		}
		Requirements []struct {
			Rule, Duty, Strength, Status string
			Because                      []string
			GrantedBy                    []string `json:"granted_by"`
			Clause                       struct {
				Document, Section, Confidence string
				InForce                       string `json:"in_force"`
			}
		}
	}
	if err := json.Unmarshal(text, &out); err != nil {
		t.Fatal(err)
	}
	if out.Pack != "nl" || out.Version != p.Version || out.Hash != p.Hash || out.Date != today || out.Verdict != "blocked" ||
		out.Channel.ID != "labour-authority" || len(out.Channel.Because) != 1 || out.Channel.Clause.Document == "" {
		t.Errorf("head: %+v", out)
	}
	for _, r := range out.Requirements {
		if r.Rule != "S-17" {
			continue
		}
		if got := fmt.Sprint(r.Duty, r.Strength, r.Status, r.Because, r.GrantedBy, r.Clause); got !=
			"videomustunmet[age 11 on 2026-11-23 planned recording: audio] [prosecutor advocate_general] {2010A018 b read 2013-01-01}" {
			t.Error(got)
		}
	}
	if words := d.Words("nl"); !strings.Contains(words, "GEBLOKKEERD") || !strings.Contains(words, "leeftijd 11 op 2026-11-23") || strings.Contains(words, "{") {
		t.Errorf("in Dutch: %s", words)
	}
}

func TestNoSentenceIsLeftWithAPlaceOrWithoutWords(t *testing.T) {
	for _, p := range []*Pack{netherlands(t), baseline(t)} {
		for _, c := range p.Cases {
			d, err := p.Decide(c.Facts, c.Today)
			if err != nil {
				t.Fatal(err)
			}
			for _, lang := range p.StaffLanguages {
				for _, r := range d.Requirements {
					for _, why := range r.Why(lang) {
						if strings.ContainsAny(why, "{}_") || strings.TrimSpace(why) == "" {
							t.Errorf("%s, %s in %s: %q", c.Name, r.Rule.ID, lang, why)
						}
					}
				}
			}
		}
	}
}

func TestFactsAreReadStrictly(t *testing.T) {
	p := netherlands(t)
	for text, want := range map[string]string{
		"subjct: {}":                                        `facts.yaml:1: "subjct": unknown field; allowed are subject, report, case`,
		"plan: {level: vidio}":                              `plan.level: "vidio" must be one of none, audio, video`,
		"plan: {date: \"2026-02-30\"}":                      `plan.date: "2026-02-30" must be a day that exists`,
		"plan: {planned: yes}":                              `plan.planned: "yes" must be one of true, false`,
		"subject: {age: -1}":                                `subject.age: must be a number from 0 to 120`,
		"subject: {age: 11.5}":                              `subject.age: must be a number from 0 to 120`,
		"subject: {birth_date: \"2027-01-01\"}":             `subject.birth_date: 2027-01-01 is after the day of the interview`,
		"subject: {birth_date: \"2015-03-01\", age: 12}":    `subject.age: 12 contradicts subject.birth_date, which makes 11 on 2026-11-23`,
		"subject: {age_unknown: true, age: 12}":             `subject.age_unknown: contradicts subject.age`,
		"report: {exploitation: labour}":                    `report.exploitation: must be a list`,
		"report: {exploitation: [work]}":                    `report.exploitation[0]: "work" must be one of sexual, labour`,
		"earlier: [{date: \"2027-01-01\"}]":                 `earlier: an earlier interview on 2027-01-01 is after`,
		"deviations: [{rule: S-99}]":                        `deviations[0].rule: "S-99" must be one of S-01`,
		"deviations: [{rule: S-17, by_role: detective}]":    `deviations[0].by_role: "detective" must be one of prosecutor`,
		"deviations: [{by: p1}]":                            `deviations[0]: must name the rule`,
		"plan: {reasons: {S-99: x}}":                        `unknown field; allowed are S-01`,
		"plan: {interviewers: [{trainee: false}]}":          `plan.interviewers[0]: must have an id`,
		"case: {assessment: {done: false, at: 2026-01-01}}": `case.assessment.at: contradicts`,
		"case: {phase: aangifte}":                           `case.phase: "aangifte" must be one of talk, formal_report, interview`,
		"disclosure: {act: view}\nretention: {act: keep}":   `retention.act: contradicts disclosure.act`,
		"plan: [": `facts.yaml: not YAML`,
		"- plan":  `the file: must be a map with subject`,
	} {
		_, err := p.ReadFacts("facts.yaml", []byte(text), today)
		if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s:\n  %v\nwant\n  %s", text, err, want)
		}
	}
	for _, text := range []string{"", "{}", "subject:", "plan: {necessity: \"\", reasons: {S-11: \"\"}}", "plan: {date: 2026-11-23}"} {
		if _, err := p.ReadFacts("facts.yaml", []byte(text), today); err != nil {
			t.Errorf("%q: %v", text, err)
		}
	}
}

func TestAnInterviewBeforeThePackIsNotDecided(t *testing.T) {
	_, err := netherlands(t).Decide(Facts{"plan.date": "2013-06-30"}, today)
	if err == nil || !strings.Contains(err.Error(), "before the first day") {
		t.Errorf("%v", err)
	}
}

// someFacts draws facts of a person and a plan, some of them not known.
func someFacts(t *rapid.T) Facts {
	facts := Facts{"plan.date": today}
	maybe := func(name string, g *rapid.Generator[any]) {
		if rapid.Bool().Draw(t, "known "+name) {
			facts[name] = g.Draw(t, name)
		}
	}
	for _, f := range schema {
		if f.Section() == "disclosure" || f.Section() == "retention" || f.Section() == "informant" || f.Name == "plan.date" ||
			strings.HasPrefix(f.Name, "subject.age") || f.Name == "subject.claimed_age" || f.Name == "subject.birth_date" {
			continue
		}
		switch f.Kind {
		case YesNo:
			maybe(f.Name, rapid.Map(rapid.Bool(), func(b bool) any { return b }))
		case Code:
			if f.Values != nil {
				maybe(f.Name, rapid.Map(rapid.SampledFrom(f.Values), func(s string) any { return s }))
			}
		case Codes:
			if f.Values != nil {
				maybe(f.Name, rapid.Map(rapid.SliceOfDistinct(rapid.SampledFrom(f.Values), rapid.ID[string]), func(s []string) any { return s }))
			}
		}
	}
	facts["subject.birth_date"] = fmt.Sprintf("%d-%02d-%02d", rapid.IntRange(2000, 2025).Draw(t, "year"), rapid.IntRange(1, 12).Draw(t, "month"), rapid.IntRange(1, 28).Draw(t, "date"))
	if rapid.Bool().Draw(t, "earlier known") {
		facts["earlier"] = rapid.SliceOfN(rapid.Custom(func(t *rapid.T) Row {
			return Row{"date": "2026-10-01", "level": rapid.SampledFrom(levels).Draw(t, "level"), "interviewers": []string{"d1"}, "topics": []string{"money"}}
		}), 0, 3).Draw(t, "earlier")
	}
	facts["plan.interviewers"] = []Row{{"id": rapid.SampledFrom([]string{"d1", "d2"}).Draw(t, "interviewer")}}
	facts["plan.topics"] = []Row{{"name": rapid.SampledFrom([]string{"money", "transport"}).Draw(t, "topic")}}
	return facts
}

// protections are the rules about people, rooms, recording and interviews that
// a decision lists: of must and if_possible, with their strength.
func protections(t *rapid.T, p *Pack, facts Facts) map[string]Requirement {
	d, err := p.Decide(facts, today)
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]Requirement{}
	for _, r := range d.Requirements {
		if r.Rule.Area != "routing" && r.Rule.Area != "talk" {
			out[r.Rule.ID] = r
		}
	}
	return out
}

func holdsAll(t *rapid.T, what string, before, after map[string]Requirement, but ...string) {
	for id := range before {
		if _, ok := after[id]; !ok && !slices.Contains(but, id) {
			t.Fatalf("%s took %s away", what, id)
		}
	}
}

// Born later, more vulnerable, less known: never less protected. What is for
// adults alone (E-07b) gives way to what is for children (S-13).
func TestYoungerMoreVulnerableOrLessKnownNeverTakesAProtectionAway(t *testing.T) {
	p := netherlands(t)
	rapid.Check(t, func(t *rapid.T) {
		facts := someFacts(t)
		before := protections(t, p, facts)

		younger := maps.Clone(facts)
		born := facts["subject.birth_date"].(string)
		younger["subject.birth_date"] = fmt.Sprintf("%04d%s", min(2025, 2000+rapid.IntRange(0, 25).Draw(t, "years")+int(born[3]-'0')), born[4:])
		if younger["subject.birth_date"].(string) > born {
			holdsAll(t, "being younger", before, protections(t, p, younger), "E-07b")
		}

		weaker := maps.Clone(facts)
		weaker[rapid.SampledFrom([]string{"subject.intellectual_disability", "subject.cognitive_disorder"}).Draw(t, "which")] =
			rapid.SampledFrom([]string{"present", "doubt"}).Draw(t, "how")
		holdsAll(t, "being more vulnerable", before, protections(t, p, weaker))

		var aboutPerson []string
		for name := range facts {
			if strings.HasPrefix(name, "subject.") || name == "earlier" {
				aboutPerson = append(aboutPerson, name)
			}
		}
		slices.Sort(aboutPerson)
		gone := rapid.SampledFrom(aboutPerson).Draw(t, "forgotten")
		less := maps.Clone(facts)
		delete(less, gone)
		// Once a birth date is gone, an adult counts as a child.
		holdsAll(t, "not knowing "+gone, before, protections(t, p, less), "E-07b")
	})
}

func TestADeviationTouchesItsOwnRuleOnly(t *testing.T) {
	p := netherlands(t)
	rapid.Check(t, func(t *rapid.T) {
		facts := someFacts(t)
		before := protections(t, p, facts)
		rule := p.Rules[rapid.IntRange(0, len(p.Rules)-1).Draw(t, "rule")]
		signed := maps.Clone(facts)
		role := rapid.SampledFrom(roles).Draw(t, "role")
		signed["deviations"] = []Row{{"rule": rule.ID, "by_role": role, "by": "p1", "reason": "a reason", "at": today}}
		counts := slices.Contains(rule.GrantedBy, role)
		for id, after := range protections(t, p, signed) {
			was := before[id]
			switch {
			case id == "A-32":
				if (after.Status == Met) != counts {
					t.Fatalf("a deviation from %s by a %s: A-32 is %s", rule.ID, role, after.Status)
				}
			case id == rule.ID && counts && was.Blocks():
				if after.Status != Deviated {
					t.Fatalf("%s is %s", id, after.Status)
				}
			case after.Status != was.Status:
				t.Fatalf("a deviation from %s by a %s made %s %s, was %s", rule.ID, role, id, after.Status, was.Status)
			}
		}
	})
}

// Whatever happens between two interviews, a plan below the level that was
// reached does not pass.
func TestTheLevelNeverFalls(t *testing.T) {
	p := netherlands(t)
	rapid.Check(t, func(t *rapid.T) {
		facts := someFacts(t)
		reached := rapid.SampledFrom(levels).Draw(t, "reached")
		facts["case.phase"] = "interview"
		facts["earlier"] = []Row{{"date": "2026-10-01", "level": reached, "topics": []string{}, "interviewers": []string{}}}
		planned := rapid.SampledFrom(levels).Draw(t, "planned")
		facts["plan.level"] = planned
		facts["deviations"] = []Row{{"rule": "A-06", "by_role": "prosecutor", "by": "p1", "reason": "a reason", "at": today}}
		d, err := p.Decide(facts, today)
		if err != nil {
			t.Fatal(err)
		}
		r, listed := d.Requirement("A-06")
		lower := slices.Index(levels, planned) < slices.Index(levels, reached)
		if lower && (!listed || r.Status != Unmet || d.Verdict != Blocked) {
			t.Fatalf("%s after %s: %v %s", planned, reached, r.Status, d.Verdict)
		}
		if !lower && listed && r.Status != Met {
			t.Fatalf("%s after %s: %s", planned, reached, r.Status)
		}
	})
}

func TestDiffSaysInWhichCasesAChangedPackDecidesOtherwise(t *testing.T) {
	old := netherlands(t)
	if changes := Diff(old, netherlands(t)); len(changes) > 0 {
		t.Fatalf("the same pack differs from itself: %v", changes)
	}
	stricter := changed(t, "nl/options.yaml", "chosen: if_possible\n", "chosen: must\n")
	now, err := Load(stricter, "nl")
	if err != nil {
		t.Fatal(err)
	}
	changes := Diff(old, now)
	want := Change{"16th birthday is today", "S-17", "absent", "unmet"}
	if !slices.Contains(changes, want) {
		t.Errorf("no %v in %v", want, changes)
	}
	if r := now.Test(); len(r.Failed) == 0 {
		t.Error("cases that no longer hold pass")
	}
}

func FuzzFactsThatAreReadAreDecided(f *testing.F) {
	p := netherlands(f)
	f.Add([]byte(example))
	f.Add([]byte("subject: {birth_date: \"2012-02-29\"}\nplan: {date: \"2028-02-29\"}"))
	f.Add([]byte("a: &a [*a]"))
	f.Add([]byte("disclosure: {act: copy}"))
	f.Fuzz(func(t *testing.T, body []byte) {
		facts, err := p.ReadFacts("facts.yaml", body, today)
		if err != nil {
			if strings.Contains(err.Error(), "\n") {
				t.Errorf("the error has several lines: %v", err)
			}
			return
		}
		d, err := p.Decide(facts, today)
		if err != nil {
			if !strings.Contains(err.Error(), "before the first day") {
				t.Error(err)
			}
			return
		}
		if _, err := d.JSON("en"); err != nil {
			t.Error(err)
		}
		for _, r := range d.Requirements {
			if r.Blocks() && d.Verdict != Blocked {
				t.Errorf("%s is %s and the plan may go on", r.Rule.ID, r.Status)
			}
		}
	})
}

func BenchmarkDecide(b *testing.B) {
	p := netherlands(b)
	facts, err := p.ReadFacts("facts.yaml", []byte(example), today)
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		d, err := p.Decide(facts, today)
		if err != nil || len(d.Requirements) < 30 {
			b.Fatal(err)
		}
		for _, r := range d.Requirements {
			r.Why("en")
		}
	}
}

func BenchmarkLoad(b *testing.B) {
	for b.Loop() {
		if _, err := Load(packs.FS, "nl"); err != nil {
			b.Fatal(err)
		}
	}
}

func TestThePageOfRulesIsCurrent(t *testing.T) {
	page, err := os.ReadFile("../../docs/rules-nl.md")
	if err != nil {
		t.Fatal(err)
	}
	if string(page) != netherlands(t).Page("en") {
		t.Error("docs/rules-nl.md is not what `verhaal policy rules nl` prints")
	}
}
