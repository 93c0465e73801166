package casefile

import (
	"context"
	"net/url"
	"slices"

	"verhaal/internal/policy"
)

// Told is what somebody was asked about before, with where and when.
type Told struct {
	Date, Level  string
	Agency       string // "" = here
	Topics       []string
	Interviewers []string
}

// Burden is what interviews have already cost a person.
type Burden struct {
	Interviews   int // held here and elsewhere
	Interviewers int // different people
	Days         int // since the report; -1 when its day is not known
	Told         []Told
}

// BurdenOf counts a person's interviews, here and elsewhere.
func (f *Files) BurdenOf(ctx context.Context, actor, id, person string) (Burden, error) {
	if _, err := f.Get(ctx, actor, id); err != nil {
		return Burden{}, err
	}
	all, err := interviewsOf(f.db.Source(ctx), id)
	if err != nil {
		return Burden{}, err
	}
	fields := url.Values{}
	for _, subject := range []string{"", person} {
		facts, err := f.facts(ctx, id, subject)
		if err != nil {
			return Burden{}, err
		}
		for name, values := range form(facts) {
			fields[name] = values
		}
	}
	if err := addHeld(f.db.Source(ctx), id, all, Planned{Person: person}, fields); err != nil {
		return Burden{}, err
	}
	_, facts, err := f.read(fields)
	if err != nil {
		return Burden{}, err
	}
	out := Burden{Days: -1}
	if reported, ok := facts["clock.reported"].(string); ok {
		day, known := dateOf(reported)
		if today, ok := dateOf(f.today()); known && ok {
			out.Days = int(today - day)
		}
	}
	var people []string
	rows, _ := facts["earlier"].([]policy.Row)
	for _, row := range rows {
		told := Told{}
		told.Date, _ = row["date"].(string)
		told.Level, _ = row["level"].(string)
		told.Agency, _ = row["agency"].(string)
		told.Topics, _ = row["topics"].([]string)
		told.Interviewers, _ = row["interviewers"].([]string)
		out.Told = append(out.Told, told)
		people = append(people, told.Interviewers...)
	}
	slices.Sort(people)
	out.Interviews, out.Interviewers = len(rows), len(slices.Compact(people))
	return out, nil
}
