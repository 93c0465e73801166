package casefile

import (
	"context"
	"database/sql"
	"errors"
	"net/url"
	"slices"
	"time"

	"verhaal/internal/db"
	"verhaal/internal/fault"
	"verhaal/internal/policy"
)

// States of a clock in a case.
const (
	ClockRuns    = "running"
	ClockMet     = "met"
	ClockOverdue = "overdue"
	ClockStopped = "stopped" // a reason makes it stand still, with no end yet
)

// How far something that is late went up by itself.
const (
	LevelNone = iota
	LevelDesk // everybody who may read the desk
	LevelLeader
)

// leaderAfter is how many more days something is late before it is shown to the
// team leader. No pack names a number: this is a default of ours.
const leaderAfter = 7

// Running is a clock of the pack in a case: reckoned, never stored.
type Running struct {
	Clock   policy.Clock
	About   string // the person whom it is about; "" = the case
	Started string // YYYY-MM-DD, as all days here
	Due     string // the last day on time; "" while it stands still
	Met     string // the day it was stopped by what it waits for; "" = not yet
	State   string
	Late    int // days behind the last day on time, without those on which it stood still
	Left    int // days until the last on time
	Reasons []Delay
	Level   int // how far it went up: 0 unless it is overdue and no reason holds today
}

// state is all of a case that deadlines are reckoned from.
type state struct {
	file    File
	pack    *policy.Pack
	today   string
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
	s := &state{today: f.today(), known: url.Values{}, changed: map[string]int64{}, due: map[dueKey]due{}}
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

// first is the first day on which something happened, about a person or the
// case; from is the earliest that counts. "" = it did not.
func (s *state) first(what, about, from string) string {
	day := ""
	take := func(one string) {
		if one >= from && (day == "" || one < day) {
			day = one
		}
	}
	for _, step := range s.steps {
		if step.What == what && step.About == about && !step.Withdrawn {
			take(step.Day)
		}
	}
	if fact := s.known.Get(dayFacts[what]); fact != "" {
		take(fact)
	}
	return day
}

// clocks reckons every clock of the pack that was started in the case.
func (s *state) clocks() []Running {
	var out []Running
	for _, c := range s.pack.Clocks {
		start, stop := c.Starts.What.ID, c.Stops.What.ID
		if !personal(start) && !personal(stop) {
			out = s.clock(out, c, "")
			continue
		}
		for _, p := range s.people {
			if s.runsFor(c, p) {
				out = s.clock(out, c, p.ID)
			}
		}
	}
	return out
}

// runsFor says whether a clock about persons is about this one. The two clocks of
// first interviews are told apart by who may have been a child when the case
// began, so that a birthday changes no deadline.
func (s *state) runsFor(c policy.Clock, p somebody) bool {
	switch {
	case c.Stops.What.ID == interviewHeld:
		id, _ := policy.InterviewClock(p.facts, s.file.Opened.Format(time.DateOnly))
		return (p.Role == Victim || p.Role == Witness) && c.ID == id
	case c.ID == dublinClock:
		dublin, _ := p.facts["subject.dublin"].(bool)
		return p.Role == Victim && dublin
	default:
		return p.Role == Victim
	}
}

func (s *state) clock(out []Running, c policy.Clock, about string) []Running {
	startsAbout, stopsAbout := about, about
	if !personal(c.Starts.What.ID) {
		startsAbout = ""
	}
	if !personal(c.Stops.What.ID) {
		stopsAbout = ""
	}
	r := Running{Clock: c, About: about, Started: s.first(c.Starts.What.ID, startsAbout, "")}
	if r.Started == "" {
		return out
	}
	r.Met = s.first(c.Stops.What.ID, stopsAbout, r.Started)
	// A case that was sent or closed waits for no interview, and nothing runs in
	// one that was closed. What was owed stays owed.
	over := s.file.Phase == Closed || s.file.Phase == Sent && c.Stops.What.ID == interviewHeld
	if r.Met == "" && over {
		return out
	}
	for _, d := range s.delays {
		if d.Clock == c.ID && d.About == about {
			r.Reasons = append(r.Reasons, d)
		}
	}
	var circumstances []string
	for _, p := range s.people {
		if p.ID == about {
			_, circumstances = policy.InterviewClock(p.facts, s.file.Opened.Format(time.DateOnly))
		}
	}
	still := s.still(r.Reasons)
	end := s.today
	if r.Met != "" {
		end = r.Met
	}
	r.Due = dueDay(r.Started, c.Target(circumstances...), still)
	r.Late = daysLate(r.Due, end, still)
	endsAt, _ := dateOf(end)
	switch {
	case r.Met != "":
		r.State = ClockMet
	case r.Late > 0:
		r.State = ClockOverdue
	case still.endless(endsAt):
		r.State = ClockStopped
	default:
		r.State = ClockRuns
	}
	if r.Due == never {
		r.Due = ""
	} else {
		r.Left = max(0, DaysBetween(end, r.Due))
	}
	if r.Met == "" {
		r.Level = levelOf(r.Late, quietUntil(r.Reasons) >= s.today)
	}
	return append(out, r)
}

// still is the days that reasons take out of a clock.
func (s *state) still(reasons []Delay) standstill {
	var out standstill
	for _, d := range reasons {
		if reason, ok := s.pack.DelayReason(d.Reason); ok && reason.Stops {
			out = append(out, stretch{d.From, d.Until})
		}
	}
	return out
}

// quietUntil is the last day that a reason explains; "" where there is none.
func quietUntil(reasons []Delay) string {
	last := ""
	for _, d := range reasons {
		if d.Until == "" {
			return never
		}
		last = max(last, d.Until)
	}
	return last
}

// row is what the board must know of a clock.
func (r Running) row(s *state) due {
	day := r.Due
	if day == "" {
		day = never
	}
	return due{dueKey: dueKey{kind: KindClock, name: r.Clock.ID, about: r.About}, started: r.Started, due: day, quiet: quietUntil(r.Reasons), still: s.still(r.Reasons).encode()}
}

// Deadlines is what runs in a case and what it owes.
type Deadlines struct {
	Today   string
	Clocks  []Running
	Tasks   []Owed // open first, in the order they came
	Periods []Period
	Steps   []Step
	Delays  []Delay
}

// Deadlines reckons everything anew from what is known.
func (f *Files) Deadlines(ctx context.Context, actor, id string) (Deadlines, error) {
	if _, err := f.Get(ctx, actor, id); err != nil {
		return Deadlines{}, err
	}
	s, err := f.load(reader{f.db, ctx}, id)
	if err != nil {
		return Deadlines{}, err
	}
	tasks := slices.Clone(s.tasks)
	slices.SortStableFunc(tasks, func(a, b Owed) int {
		if (a.State == TaskOpen) == (b.State == TaskOpen) {
			return 0
		}
		if a.State == TaskOpen {
			return -1
		}
		return 1
	})
	return Deadlines{s.today, s.clocks(), tasks, s.periods, s.steps, s.delays}, nil
}
