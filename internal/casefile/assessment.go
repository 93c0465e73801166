package casefile

import (
	"context"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"verhaal/internal/custody"
	"verhaal/internal/db"
	"verhaal/internal/fault"
	"verhaal/internal/policy"
)

// The pack's lists of codes that an assessment uses.
const (
	NeedsList    = "special_need"
	RisksList    = "risk"
	MeasuresList = "protection_measure"
)

// Assessment is an individual assessment of a person (2012/29/EU art. 22,
// 2011/36/EU art. 12): made at first contact and again in each phase, never
// changed.
type Assessment struct {
	N            int64
	Person       string
	Phase        string // in which it was made
	Day          string // YYYY-MM-DD
	Risks, Needs []string
	InInterest   bool // further questions are in the victim's interest (rule S-20)
	Court        bool // protection in court was considered
	Staff        string
	Measures     []Measure
}

// States of a measure.
const (
	MeasureOpen    = "open"
	MeasureDone    = "done"
	MeasureDropped = "dropped"
)

// Measure is what an assessment asks to be done.
type Measure struct {
	N      int64
	Code   string
	Owner  string // a member of the case
	Due    string // YYYY-MM-DD
	State  string // open, done, dropped
	Closed string // day; "" while open
}

// NewAssessment is an assessment to be kept. Its words are sealed in the browser
// to the case key of Epoch; nil = none.
type NewAssessment struct {
	Assessment
	NoNeeds bool  // special needs were looked for and there are none
	Seen    int64 // version of the fact NeedsFact that the writer saw
	Epoch   int64
	Sealed  []byte
}

// The facts that rules read of an assessment. That a person was assessed, when,
// and what of their interest, is read from their own assessments alone; the
// rest is kept with their facts.
const (
	assessedDone    = "case.assessment.done"
	assessedAt      = "case.assessment.at"
	inInterest      = "case.assessment.in_victims_interest"
	courtConsidered = "case.court_measures_considered"
)

// NeedsFact is the fact of a person's special needs, kept from the assessment of
// the newest day.
const NeedsFact = "subject.special_needs"

// Assess keeps an assessment with its measures, in one act with what the rules
// read of it: nothing is typed twice. It names needs or says that there are none:
// otherwise it is a BadInput with "case.fault.needs". If the needs are other than
// those of the version that the writer saw, it is a Conflict with
// "case.fault.changed_meanwhile".
func (f *Files) Assess(ctx context.Context, actor, id string, a NewAssessment) error {
	file, err := f.Get(ctx, actor, id)
	if err != nil {
		return err
	}
	if err := f.checkAssessment(ctx, actor, id, a); err != nil {
		return err
	}
	part := Part{Name: "assessment/1", Epoch: a.Epoch, Sealed: a.Sealed}
	if len(a.Sealed) > 0 {
		if err := f.checkPart(ctx, id, part, 1); err != nil {
			return err
		}
	}
	act := custody.Act{Kind: "case.assessed", Actor: actor, Subject: id, Facts: map[string]string{"channel": file.Channel, "phase": file.Phase}}
	return f.changed(ctx, act, a.Person, func(tx *db.Tx) error {
		var n, m int64
		if err := tx.QueryRow(lastAssessment, id).Scan(&n); err != nil {
			return err
		}
		if err := tx.QueryRow(lastMeasure, id).Scan(&m); err != nil {
			return err
		}
		n++
		if _, err := tx.Exec(insertAssessment, id, n, a.Person, file.Phase, a.Day, strings.Join(a.Risks, ","), strings.Join(a.Needs, ","),
			flag(a.InInterest), flag(a.Court), f.clock().Unix(), actor); err != nil {
			return err
		}
		for i, measure := range a.Measures {
			if _, err := tx.Exec(insertMeasure, id, m+1+int64(i), n, measure.Code, measure.Owner, measure.Due); err != nil {
				return err
			}
		}
		if len(a.Sealed) > 0 {
			if err := f.putPart(tx, actor, id, "assessment/"+number(n), part); err != nil {
				return err
			}
		}
		if a.Court { // what was not considered yet may be later
			if err := f.putFact(tx, actor, id, a.Person, courtConsidered, url.Values{courtConsidered: {"true"}}); err != nil {
				return err
			}
		}
		return f.putNeeds(tx, actor, id, a)
	})
}

// putNeeds keeps the needs that an assessment found as what the rules read, unless
// one of a later day did.
func (f *Files) putNeeds(tx *db.Tx, actor, id string, a NewAssessment) error {
	var later int
	if err := tx.QueryRow(countLaterAssessments, id, a.Person, a.Day).Scan(&later); err != nil || later > 0 {
		return err
	}
	needs := url.Values{NeedsFact: {strings.Join(a.Needs, ", ")}}
	if a.NoNeeds {
		needs = url.Values{NeedsFact + ".none": {"1"}}
	}
	known, err := factsOf(tx, id, a.Person)
	if err != nil {
		return err
	}
	if now := known[NeedsFact]; now.Version != a.Seen && now.Fields.Encode() != needs.Encode() {
		return fault.New(fault.Conflict, "case.fault.changed_meanwhile", "other needs than the writer saw")
	}
	return f.putFact(tx, actor, id, a.Person, NeedsFact, needs)
}

// NeedsIn lists the codes of special needs that a fact holds.
func NeedsIn(fact Fact) []string {
	return codesIn(strings.ReplaceAll(fact.Fields.Get(NeedsFact), " ", ""))
}

// addAssessed puts into fields what the last assessment of a person until a day
// says: of that person alone, and none that came after the interview.
func addAssessed(src db.Source, id, person, until string, fields url.Values) error {
	fields.Set(assessedDone, "false")
	return db.Each(src, lastAssessed, func(row func(...any) error) error {
		var day string
		var interest int
		err := row(&day, &interest)
		fields.Set(assessedDone, "true")
		fields.Set(assessedAt, day)
		fields.Set(inInterest, strconv.FormatBool(interest != 0))
		return err
	}, id, person, until)
}

// checkAssessment holds codes to the pack, owners to the case and days to what
// can be.
func (f *Files) checkAssessment(ctx context.Context, actor, id string, a NewAssessment) error {
	if kind, err := f.kindOf(ctx, id, a.Person); err != nil || kind != personKind {
		return fault.New(fault.NotFound, "", "no such person")
	}
	if err := f.past(a.Day); err != nil {
		return err
	}
	if a.NoNeeds != (len(a.Needs) == 0) {
		return fault.New(fault.BadInput, "case.fault.needs", "neither needs nor that there are none, or both")
	}
	about, err := f.facts(ctx, id, a.Person)
	if err != nil {
		return err
	}
	entered := NeedsIn(about[NeedsFact]) // a fact may hold codes that the list has not
	needs := slices.DeleteFunc(slices.Clone(a.Needs), func(code string) bool { return slices.Contains(entered, code) })
	pack, err := f.rules.On(f.today())
	if err != nil {
		return err
	}
	members, err := f.Members(ctx, actor, id)
	if err != nil {
		return err
	}
	codes := []string{}
	for _, m := range a.Measures {
		codes = append(codes, m.Code)
		if _, ok := dateOf(m.Due); !ok || m.Due < a.Day {
			return fault.New(fault.BadInput, "case.fault.day", "a measure that is due before the assessment, or no day")
		}
		if !slices.ContainsFunc(members, func(one Member) bool { return one.Staff == m.Owner && one.Now }) {
			return fault.New(fault.BadInput, "case.fault.owner", "an owner who is no member of the case")
		}
	}
	for list, used := range map[string][]string{NeedsList: needs, RisksList: a.Risks, MeasuresList: codes} {
		known, _ := pack.CodeList(list)
		for _, code := range used {
			if !slices.ContainsFunc(known.Entries, func(e policy.CodeEntry) bool { return e.ID == code }) {
				return fault.New(fault.BadInput, "", "a code that the pack does not know")
			}
		}
	}
	return nil
}

// Assessments lists those of a case file, the newest first.
func (f *Files) Assessments(ctx context.Context, actor, id string) ([]Assessment, error) {
	if _, err := f.Get(ctx, actor, id); err != nil {
		return nil, err
	}
	measures, err := f.measures(ctx, id)
	if err != nil {
		return nil, err
	}
	rows, err := f.db.Query(ctx, listAssessments, id)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var out []Assessment
	for rows.Next() {
		var a Assessment
		var risks, needs string
		var interest, court int
		if err := rows.Scan(&a.N, &a.Person, &a.Phase, &a.Day, &risks, &needs, &interest, &court, &a.Staff); err != nil {
			return nil, err
		}
		a.Risks, a.Needs, a.InInterest, a.Court = codesIn(risks), codesIn(needs), interest != 0, court != 0
		a.Measures = measures[a.N]
		out = append(out, a)
	}
	return out, rows.Err()
}

func (f *Files) measures(ctx context.Context, id string) (map[int64][]Measure, error) {
	rows, err := f.db.Query(ctx, listMeasures, id)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	out := map[int64][]Measure{}
	for rows.Next() {
		var m Measure
		var of int64
		if err := rows.Scan(&m.N, &of, &m.Code, &m.Owner, &m.Due, &m.State, &m.Closed); err != nil {
			return nil, err
		}
		out[of] = append(out[of], m)
	}
	return out, rows.Err()
}

func codesIn(text string) []string {
	return slices.DeleteFunc(strings.Split(text, ","), func(s string) bool { return s == "" })
}

// CloseMeasure says that a measure was taken, or will not be (MeasureDone,
// MeasureDropped), today.
func (f *Files) CloseMeasure(ctx context.Context, actor, id string, n int64, state string) error {
	file, err := f.Get(ctx, actor, id)
	if err != nil {
		return err
	}
	if state != MeasureDone && state != MeasureDropped {
		return fault.New(fault.BadInput, "", "neither done nor dropped")
	}
	act := custody.Act{Kind: "case.measure_closed", Actor: actor, Subject: id, Facts: map[string]string{"channel": file.Channel, "state": state}}
	return f.changed(ctx, act, number(n), func(tx *db.Tx) error {
		changed, err := tx.Exec(closeMeasure, id, n, state, f.today(), actor)
		if err == nil && changed == 0 {
			err = fault.New(fault.Conflict, "case.fault.changed_meanwhile", "no such measure, or closed already")
		}
		return err
	})
}

// AssessAgain says whether a person has no assessment of the present phase yet.
func AssessAgain(file File, person string, all []Assessment) bool {
	return file.Phase != Closed && !slices.ContainsFunc(all, func(a Assessment) bool { return a.Person == person && a.Phase == file.Phase })
}

// clockTime is the local time of day, 09:30.
func clockTime(t time.Time) string { return t.Format("15:04") }
