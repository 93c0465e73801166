package casefile

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"

	"verhaal/internal/custody"
	"verhaal/internal/db"
	"verhaal/internal/fault"
	"verhaal/internal/policy"
)

// Fact is one fact as it stands: the fields of a form, and a version that grows
// with every change.
type Fact struct {
	Name    string // of the schema, "subject.birth_date"
	Fields  url.Values
	Version int64 // 0 = not known yet
	Shown   bool  // a sealed recording says it
}

// sections are those that a kind of subject has facts of.
var sections = map[string][]string{
	"":         {"report", "case", "clock"},
	personKind: {"subject", "earlier", "reflection", "talk"},
	// No deviations: only a holder of the power can sign one, never a planner.
	interviewKind: {"plan", "recording", "record"},
}

// ofPerson are facts of the sections of the case that are about one person:
// they are kept under that person, so that what holds for one victim is never
// taken for another.
var ofPerson = []string{"case.interest_weighed", "case.expert_supports", "case.expert_conducts", "case.would_rather_not_testify", courtConsidered,
	talkFact, withdrawalAsked, viewTold, readyFact}

// OfPerson says of a fact that it is kept under a person.
func OfPerson(fact string) bool {
	section, _, _ := strings.Cut(fact, ".")
	return slices.Contains(sections[personKind], section) || slices.Contains(ofPerson, fact)
}

// OfTalk says of a fact that it is about a person's informative talk, or what came of it.
func OfTalk(fact string) bool {
	return strings.HasPrefix(fact, "talk.") || fact == talkFact || fact == withdrawalAsked
}

// saidByActs are facts that follow from an act: nobody types that it was done.
var saidByActs = append([]string{becameFormal, viewTold, assessedDone, assessedAt, inInterest, recordFields, wishFact, delayFact, stoodStill, refusedFact}, periodFacts...)

// SaidByAct says of a fact that an act alone sets it.
func SaidByAct(fact string) bool { return slices.Contains(saidByActs, fact) }

// belongs says whether a kind of subject has a fact that somebody may set.
func belongs(kind, fact string) bool {
	section, _, _ := strings.Cut(fact, ".")
	switch {
	case SaidByAct(fact) || !slices.ContainsFunc(policy.Schema(), func(s policy.Fact) bool { return s.Name == fact }):
		return false
	case OfPerson(fact):
		return kind == personKind
	}
	return slices.Contains(sections[kind], section)
}

// Facts lists what is known about a subject of a case file ("" for the case
// itself), by the names of the schema; what is not known is absent.
func (f *Files) Facts(ctx context.Context, actor, id, subject string) (map[string]Fact, error) {
	if _, err := f.Get(ctx, actor, id); err != nil {
		return nil, err
	}
	return f.facts(ctx, id, subject)
}

func (f *Files) facts(ctx context.Context, id, subject string) (map[string]Fact, error) {
	return factsOf(f.db.Source(ctx), id, subject)
}

func factsOf(src db.Source, id, subject string) (map[string]Fact, error) {
	out := map[string]Fact{}
	err := db.Each(src, listFacts, func(row func(...any) error) error {
		var fact Fact
		var fields string
		var shown int
		err := row(&fact.Name, &fields, &fact.Version, &shown)
		if err != nil {
			return err
		}
		if fact.Fields, err = url.ParseQuery(fields); err != nil {
			return fault.Wrap(fault.Internal, "", err)
		}
		fact.Shown = shown != 0
		out[fact.Name] = fact
		return nil
	}, id, subject)
	return out, err
}

// form puts facts of several subjects into one form.
func form(all ...map[string]Fact) url.Values {
	out := url.Values{}
	for _, facts := range all {
		for _, fact := range facts {
			for name, values := range fact.Fields {
				out[name] = values
			}
		}
	}
	return out
}

// SetFact changes one fact; fields are those of a form under the fact's name,
// none of them to say that it is not known any more. version must be what the
// writer saw: if somebody else changed the fact meanwhile it is a Conflict with
// the key "case.fault.changed_meanwhile", and nothing is lost on either side.
// A value that is not on the schema's list, or contradicts what is known, is
// BadInput; the error says which in a line. What a sealed recording says is
// Refused with "case.fault.shown". A confirmed interview that the rules
// would not allow any more with the new fact is a plan again. A change that takes
// an earlier interview away, or lessens it, is Lessened: see CorrectFact.
func (f *Files) SetFact(ctx context.Context, actor, id, subject, name string, fields url.Values, version int64) error {
	return f.CorrectFact(ctx, actor, id, subject, name, fields, version, Correction{})
}

// CorrectFact is SetFact where earlier interviews that the correction names may
// go or say less; the act names them too, with the reason.
func (f *Files) CorrectFact(ctx context.Context, actor, id, subject, name string, fields url.Values, version int64, c Correction) error {
	file, err := f.Get(ctx, actor, id)
	if err != nil {
		return err
	}
	kind, err := f.kindOf(ctx, id, subject)
	if err != nil {
		return err
	}
	if !belongs(kind, name) {
		return fault.New(fault.BadInput, "", "no fact of this subject")
	}
	fields = policy.FoldTopics(policy.FieldsOf(name, fields))
	if err := codesOnly(fields); err != nil {
		return err
	}
	if policy.NextRow(fields, name) > policy.FormRows {
		return Unreadable{fmt.Errorf("%s: at most %d rows", name, policy.FormRows)}
	}
	known, err := f.facts(ctx, id, subject)
	if err != nil {
		return err
	}
	if known[name].Shown {
		return fault.New(fault.Refused, "case.fault.shown", "a fact that the recording says")
	}
	act := custody.Act{Kind: "case.fact_set", Actor: actor, Subject: id, Facts: map[string]string{"channel": file.Channel, "fact": name}}
	// Of another version than the writer saw nothing is written below.
	if name == earlierFact && known[name].Version == version {
		rows, err := c.check(known[name].Fields, fields)
		if err != nil {
			return err
		}
		if len(rows) > 0 {
			act.Basis, act.Facts["corrected"] = c.Why, strings.Join(rows, "; ")
		}
	}
	known[name] = Fact{Name: name, Fields: fields}
	if _, _, err := f.read(form(known)); err != nil {
		return err
	}
	return f.do(ctx, act, func(tx *db.Tx) error {
		// What the rules allowed is not changed under their decision.
		if strings.HasPrefix(name, "plan.") {
			if err := stateIs(tx, id, subject, planned); err != nil {
				return err
			}
			if taken, err := f.calendar.Booked(tx, id, subject); err != nil || taken && FixedBySlot(name) {
				return errors.Join(err, fault.New(fault.Refused, "case.fault.booked", "a fact that the booked slot fixes"))
			}
		}
		n, err := tx.Exec(insertFact, id, subject, name, fields.Encode(), f.clock().Unix(), actor)
		if version > 0 && err == nil {
			n, err = tx.Exec(updateFact, id, subject, name, fields.Encode(), f.clock().Unix(), actor, version)
		}
		if err == nil && n == 0 {
			err = fault.New(fault.Conflict, "case.fault.changed_meanwhile", "another version than the writer saw")
		}
		if err != nil {
			return err
		}
		if kind != interviewKind {
			if err := f.askAgain(tx, actor, id); err != nil {
				return err
			}
		}
		return f.reckon(tx, id)
	})
}

// SealedWords stands in a fact for words that are kept sealed in the case file:
// rules need to know that there is a reason, never which.
const SealedWords = "sealed"

// maxCodes bounds the codes of one field, with the commas between them.
const maxCodes = 80

// codesOnly refuses sentences: what was told is sealed, never a fact.
func codesOnly(fields url.Values) error {
	for _, values := range fields {
		for _, v := range values {
			if len(v) > maxCodes || slices.ContainsFunc(strings.Split(v, ","), func(one string) bool { return !policy.IsCode(strings.TrimPrefix(one, " ")) }) {
				return fault.New(fault.BadInput, "case.fault.words", "words where only a code may stand")
			}
		}
	}
	return nil
}

// Unreadable is a fact that the pack refuses; its text names the fact and what
// is allowed, and holds no more than the writer wrote.
type Unreadable struct{ err error }

// Error implements error.
func (u Unreadable) Error() string { return u.err.Error() }

// Unwrap makes it a BadInput.
func (u Unreadable) Unwrap() error {
	return fault.New(fault.BadInput, "", "a fact that the pack refuses")
}

// read reads facts with the pack of their own day: that of the interview, or
// today. Facts that it refuses are Unreadable.
func (f *Files) read(fields url.Values) (*policy.Pack, policy.Facts, error) {
	day := fields.Get("plan.date")
	pack, err := f.rules.On(day)
	if day == "" || err != nil {
		// A day that is none is told below, with its name.
		pack, err = f.rules.On(f.today())
	}
	if err != nil {
		return nil, nil, err
	}
	facts, err := pack.FactsFromForm(fields, f.today())
	if err != nil {
		return nil, nil, Unreadable{err}
	}
	return pack, facts, nil
}

// Today is the day in the installation's time zone, YYYY-MM-DD.
func (f *Files) Today() string { return f.today() }

// moment is a time (unix seconds) as clocks show it where the installation stands.
func (f *Files) moment(at int64) time.Time { return time.Unix(at, 0).In(f.clock().Location()) }

func (f *Files) today() string { return f.clock().Format("2006-01-02") }
