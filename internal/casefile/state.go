package casefile

import (
	"errors"
	"maps"
	"net/url"
	"time"

	"verhaal/internal/db"
	"verhaal/internal/fault"
	"verhaal/internal/policy"
)

// state is all of a case that deadlines are reckoned from.
type state struct {
	file    File
	pack    *policy.Pack
	today   string
	zone    *time.Location
	people  []somebody
	held    []Step                // interviews that were held here, as steps
	reached []string              // days on which a noted contact reached somebody
	known   map[string]url.Values // facts by subject, "" = the case
	changed map[string]int64      // when a fact was written last, by subject and name
	steps   []Step
	delays  []Delay
	tasks   []Owed
	periods []Period
	// measures of assessments that are open.
	measures []owedMeasure
	// reopened are interviews that were confirmed and are plans again.
	reopened []reopened
	// exclusions that no prosecutor looked at yet.
	exclusions []exclusion
	due        map[dueKey]due
}

// reopened is such an interview, whom it is about, and since when.
type reopened struct{ interview, about, day string }

// exclusion is why somebody is kept out since a day, the nth time in its case.
type exclusion struct {
	n        int64
	why, day string
}

// owedMeasure is an open measure with the person it is for, and the day of its
// assessment.
type owedMeasure struct {
	Measure
	about, from string
}

type somebody struct {
	Person
	made  int64
	facts policy.Facts // with those of the case; nil where the pack can't read them
}

// load reads a case as src shows it.
func (f *Files) load(src db.Source, id string) (*state, error) {
	s := &state{today: f.today(), zone: f.clock().Location(), known: map[string]url.Values{}, changed: map[string]int64{}, due: map[dueKey]due{}}
	var err error
	if s.pack, err = f.rules.On(s.today); err != nil {
		return nil, err
	}
	if s.file, err = f.fileOf(src, id); err != nil {
		return nil, err
	}
	return s, errors.Join(s.loadSubjects(src, id), s.loadDuties(src, id))
}

// loadSubjects reads the people, with what is known about each, and the
// interviews that were held.
func (s *state) loadSubjects(src db.Source, id string) error {
	err := db.Each(src, listFactsOf, func(row func(...any) error) error {
		var subject, name, fields string
		var version, changed int64
		if err := row(&subject, &name, &fields, &version, &changed); err != nil {
			return err
		}
		values, err := url.ParseQuery(fields)
		if err != nil {
			return fault.Wrap(fault.Internal, "", err)
		}
		if s.known[subject] == nil {
			s.known[subject] = url.Values{}
		}
		maps.Copy(s.known[subject], values)
		if len(values) > 0 {
			s.changed[subject+" "+name] = changed
		}
		return nil
	}, id)
	if err != nil {
		return err
	}
	return db.Each(src, listSubjectsOf, func(row func(...any) error) error {
		var one somebody
		var kind, about, stands string
		if err := row(&one.ID, &kind, &one.Role, &about, &stands, &one.made); err != nil {
			return err
		}
		switch {
		case kind == personKind:
			// Facts that the pack refuses are told where they are entered; here
			// they count as not known.
			one.facts, _ = s.pack.FactsFromForm(merged(s.known[""], s.known[one.ID]), s.today)
			s.people = append(s.people, one)
		case stands == held:
			if day := s.known[one.ID].Get("plan.date"); day != "" {
				s.held = append(s.held, Step{What: interviewHeld, About: about, Day: day})
			}
		}
		return nil
	}, id)
}

func merged(parts ...url.Values) url.Values {
	out := url.Values{}
	for _, part := range parts {
		for name, values := range part {
			out[name] = values
		}
	}
	return out
}

// loadDuties reads what was noted, explained and owed.
func (s *state) loadDuties(src db.Source, id string) error {
	delays, err := delaysOf(src, id)
	s.delays = delays
	return errors.Join(err,
		db.Each(src, listSteps, func(row func(...any) error) error {
			var one Step
			var seen int
			var withdrawn int64
			err := row(&one.N, &one.What, &one.About, &one.Day, &seen, &one.Staff, &withdrawn)
			one.Seen, one.Withdrawn = seen == 1, withdrawn > 0
			s.steps = append(s.steps, one)
			return err
		}, id),
		db.Each(src, listReached, func(row func(...any) error) error {
			var at int64
			err := row(&at)
			s.reached = append(s.reached, s.dayOf(at))
			return err
		}, id),
		db.Each(src, listTasks, func(row func(...any) error) error {
			var one Owed
			var consent int
			err := row(&one.N, &one.Task, &one.About, &one.OfPeriod, &one.Opened, &one.Due, &one.State, &one.Day, &one.Reason, &consent, &one.Staff)
			one.Consent = consent == 1
			s.tasks = append(s.tasks, one)
			return err
		}, id),
		db.Each(src, listPeriods, func(row func(...any) error) error {
			var one Period
			err := row(&one.About, &one.Period, &one.From, &one.Until, &one.Ending, &one.Ended)
			s.periods = append(s.periods, one)
			return err
		}, id),
		db.Each(src, listOpenMeasures, func(row func(...any) error) error {
			var one owedMeasure
			err := row(&one.N, &one.Code, &one.Owner, &one.Due, &one.about, &one.from)
			s.measures = append(s.measures, one)
			return err
		}, id),
		db.Each(src, listReopened, func(row func(...any) error) error {
			var one reopened
			var at int64
			err := row(&one.interview, &one.about, &at)
			one.day = s.dayOf(at)
			s.reopened = append(s.reopened, one)
			return err
		}, id),
		db.Each(src, listOpenExclusions, func(row func(...any) error) error {
			var one exclusion
			var at int64
			err := row(&one.n, &one.why, &at)
			one.day = s.dayOf(at)
			s.exclusions = append(s.exclusions, one)
			return err
		}, id),
		db.Each(src, listDueOf, func(row func(...any) error) error {
			var one due
			err := row(&one.kind, &one.name, &one.about, &one.n, &one.started, &one.due, &one.quiet, &one.still, &one.escalated)
			s.due[one.dueKey] = one
			return err
		}, id))
}
