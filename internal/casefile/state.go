package casefile

import (
	"context"
	"database/sql"
	"errors"
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
	held    []Step // interviews that were held here, as steps
	known   url.Values
	changed map[string]int64 // when a fact about the case was written last
	steps   []Step
	delays  []Delay
	tasks   []Owed
	periods []Period
	due     map[dueKey]due
}

type somebody struct {
	Person
	made  int64
	facts policy.Facts // with those of the case; nil where the pack can't read them
}

// source reads rows: the database, or a transaction with its own changes.
type source interface {
	Query(query string, args ...any) (*sql.Rows, error)
}

type reader struct {
	*db.DB
	ctx context.Context
}

func (r reader) Query(query string, args ...any) (*sql.Rows, error) {
	return r.DB.Query(r.ctx, query, args...)
}

// all scans every row of a query.
func all(src source, query string, scan func(row func(...any) error) error, args ...any) error {
	rows, err := src.Query(query, args...)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		if err := scan(rows.Scan); err != nil {
			return err
		}
	}
	return rows.Err()
}

// load reads a case as src shows it.
func (f *Files) load(src source, id string) (*state, error) {
	s := &state{today: f.today(), zone: f.clock().Location(), known: url.Values{}, changed: map[string]int64{}, due: map[dueKey]due{}}
	var err error
	if s.pack, err = f.rules.On(s.today); err != nil {
		return nil, err
	}
	if err := all(src, findFile, func(row func(...any) error) error {
		var opened int64
		err := row(&s.file.ID, &s.file.Number, &s.file.Channel, &s.file.Origin, &s.file.Phase, &opened)
		s.file.Opened = time.Unix(opened, 0).UTC()
		return err
	}, id); err != nil {
		return nil, err
	}
	if s.file.ID == "" {
		return nil, fault.New(fault.NotFound, "", "no such case file")
	}
	return s, errors.Join(s.loadSubjects(src, id), s.loadDuties(src, id))
}

// loadSubjects reads the people, with what is known about each, and the
// interviews that were held.
func (s *state) loadSubjects(src source, id string) error {
	facts := map[string]url.Values{}
	err := all(src, listFactsOf, func(row func(...any) error) error {
		var subject, name, fields string
		var version, changed int64
		if err := row(&subject, &name, &fields, &version, &changed); err != nil {
			return err
		}
		values, err := url.ParseQuery(fields)
		if err != nil {
			return fault.Wrap(fault.Internal, "", err)
		}
		if facts[subject] == nil {
			facts[subject] = url.Values{}
		}
		for field, v := range values {
			facts[subject][field] = v
		}
		if subject == "" && len(values) > 0 {
			s.changed[name] = changed
		}
		return nil
	}, id)
	if err != nil {
		return err
	}
	s.known = facts[""]
	return all(src, listSubjectsOf, func(row func(...any) error) error {
		var one somebody
		var kind, about, stands string
		if err := row(&one.ID, &kind, &one.Role, &about, &stands, &one.made); err != nil {
			return err
		}
		switch {
		case kind == personKind:
			// Facts that the pack refuses are told where they are entered; here
			// they count as not known.
			one.facts, _ = s.pack.FactsFromForm(merged(facts[""], facts[one.ID]), s.today)
			s.people = append(s.people, one)
		case stands == held:
			if day := facts[one.ID].Get("plan.date"); day != "" {
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
func (s *state) loadDuties(src source, id string) error {
	return errors.Join(
		all(src, listSteps, func(row func(...any) error) error {
			var one Step
			var seen int
			var withdrawn int64
			err := row(&one.N, &one.What, &one.About, &one.Day, &seen, &one.Staff, &withdrawn)
			one.Seen, one.Withdrawn = seen == 1, withdrawn > 0
			s.steps = append(s.steps, one)
			return err
		}, id),
		all(src, listDelays, func(row func(...any) error) error {
			var one Delay
			var words int
			err := row(&one.N, &one.Clock, &one.About, &one.Reason, &one.From, &one.Until, &words, &one.Staff)
			one.Words = words == 1
			s.delays = append(s.delays, one)
			return err
		}, id),
		all(src, listTasks, func(row func(...any) error) error {
			var one Owed
			var consent int
			err := row(&one.N, &one.Task, &one.About, &one.OfPeriod, &one.Opened, &one.Due, &one.State, &one.Day, &one.Reason, &consent, &one.Staff)
			one.Consent = consent == 1
			s.tasks = append(s.tasks, one)
			return err
		}, id),
		all(src, listPeriods, func(row func(...any) error) error {
			var one Period
			err := row(&one.About, &one.Period, &one.From, &one.Until, &one.Ending, &one.Ended)
			s.periods = append(s.periods, one)
			return err
		}, id),
		all(src, listDueOf, func(row func(...any) error) error {
			var one due
			err := row(&one.kind, &one.name, &one.about, &one.n, &one.started, &one.due, &one.quiet, &one.still, &one.escalated)
			s.due[one.dueKey] = one
			return err
		}, id))
}
