package casefile

import (
	"context"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"verhaal/internal/db"
	"verhaal/internal/fault"
	"verhaal/internal/policy"
)

// Reason is a reason of a plan that is given in words. The rules know that it
// is there; the words are a sealed part.
type Reason struct {
	Fact    string // of the schema: "plan.necessity", "plan.topics.reason"
	About   string // the topic or the rule that it is for; "" = the plan
	Part    string // "interview/i1/necessity"
	Written bool
}

// The refusal of a companion has several facts and one reason in words.
const refusal = "plan.companion.refused"

// notInPart is what a name of a part has no letters for.
var notInPart = regexp.MustCompile(`[^a-z0-9]+`)

// reasonsIn lists the reasons that a plan says are in a sealed note.
func reasonsIn(interview string, plan url.Values) []Reason {
	var out []Reason
	add := func(fact, about, name string) {
		name = strings.Trim(notInPart.ReplaceAllString(strings.ToLower(name), "_"), "_")
		r := Reason{Fact: fact, About: about, Part: "interview/" + interview + "/" + name[:min(len(name), 40)]}
		if !slices.Contains(out, r) {
			out = append(out, r)
		}
	}
	for _, i := range policy.Rows(plan, "plan.topics") {
		at := "plan.topics." + strconv.Itoa(i) + "."
		if plan.Get(at+"reason") == SealedWords {
			// By its topic: rows of a list move.
			add("plan.topics.reason", plan.Get(at+"name"), "topic "+plan.Get(at+"name"))
		}
	}
	for field := range plan {
		name, of := strings.CutPrefix(field, "plan.")
		if !of || plan.Get(field) != SealedWords || strings.HasPrefix(name, "topics.") {
			continue
		}
		rule, forRule := strings.CutPrefix(name, "reasons.")
		switch {
		case forRule:
			add("plan.reasons", rule, name)
		case strings.HasPrefix(field, refusal+"."):
			add(refusal+".reason", "", "companion refused")
		default:
			add(field, "", name)
		}
	}
	slices.SortFunc(out, func(a, b Reason) int { return strings.Compare(a.Part, b.Part) })
	return out
}

// Reasons lists what the plan of an interview says is given in words, and
// whether the words are there.
func (f *Files) Reasons(ctx context.Context, actor, id, interview string) ([]Reason, error) {
	if _, err := f.Get(ctx, actor, id); err != nil {
		return nil, err
	}
	return reasons(f.db.Source(ctx), id, interview)
}

func reasons(src db.Source, id, interview string) ([]Reason, error) {
	plan, err := factsOf(src, id, interview)
	if err != nil {
		return nil, err
	}
	out := reasonsIn(interview, form(plan))
	return out, db.Each(src, listPartNames, func(row func(...any) error) error {
		var part string
		err := row(&part)
		if i := slices.IndexFunc(out, func(r Reason) bool { return r.Part == part }); i >= 0 {
			out[i].Written = true
		}
		return err
	}, id)
}

// worded refuses, inside an act, a plan that says a reason is given where
// nobody wrote one.
func worded(tx *db.Tx, id, interview string) error {
	given, err := reasons(tx, id, interview)
	if err == nil && slices.ContainsFunc(given, func(r Reason) bool { return !r.Written }) {
		err = fault.New(fault.Refused, "case.fault.reason_words", "a reason without words")
	}
	return err
}

// notReliedOn refuses, inside an act, other words for a reason that the plan of an interview
// gives once it was confirmed: they stand as they were relied on, unless it is a plan again.
func notReliedOn(tx *db.Tx, id, part string) error {
	kind, rest, _ := strings.Cut(part, "/")
	interview, _, named := strings.Cut(rest, "/")
	if kind != interviewKind || !named {
		return nil
	}
	given, err := reasons(tx, id, interview)
	if err != nil || !slices.ContainsFunc(given, func(r Reason) bool { return r.Part == part }) {
		return err
	}
	err = stateIs(tx, id, interview, planned)
	if fault.KindOf(err) == fault.Conflict {
		err = fault.New(fault.Refused, "case.fault.reason_fixed", "a reason that an interview rests on")
	}
	return err
}
