package casefile

import (
	"context"
	"slices"
	"strconv"
	"time"

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

// first is the first day on which something happened, about a person or the
// case, as steps or facts tell; from is the earliest that counts. "" = it did not.
func (s *state) first(what, about, from string) string {
	day := s.firstStep(what, about, from)
	if fact := s.known[about].Get(dayFacts[what]); fact != "" && fact >= from {
		day = earlier(day, fact)
	}
	if what == interviewHeld { // elsewhere
		for _, i := range policy.Rows(s.known[about], earlierFact) {
			if date := s.known[about].Get(earlierFact + "." + strconv.Itoa(i) + ".date"); date != "" && date >= from {
				day = earlier(day, date)
			}
		}
	}
	return day
}

// firstStep is first, of the steps alone.
func (s *state) firstStep(what, about, from string) string {
	day := ""
	for _, step := range s.steps {
		if step.What == what && step.About == about && !step.Withdrawn && step.Day >= from {
			day = earlier(day, step.Day)
		}
	}
	return day
}

// earlier is the earlier of two days, of which "" is none.
func earlier(a, b string) string {
	if a == "" || b != "" && b < a {
		return b
	}
	return a
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
		if stop == talkHeld && !slices.ContainsFunc(s.people, func(p somebody) bool { return p.Role == Victim }) {
			out = s.clock(out, c, "") // a report waits for a talk before anybody is entered
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
	s, err := f.load(f.db.Source(ctx), id)
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
