package policy

import "slices"

// Standing says how firmly a target binds.
type Standing string

// The standings.
const (
	StandingTarget Standing = "target" // an organisation may set another
	StandingNorm   Standing = "norm"   // set by an authority; missing it is no breach of the law
	StandingLaw    Standing = "law"
)

// Clock measures from one event to another.
type Clock struct {
	Coded
	Starts, Stops Event
	Targets       []Target // the first that fits counts; the last fits always
	Standing      Standing
	// Share is the percentage of cases in which the target must be met; 100 =
	// every one.
	Share  int
	Ground Ground
}

// Event is what happens, and who makes it happen.
type Event struct {
	What Coded
	By   Coded
}

// Target is how long it may take in some cases.
type Target struct {
	Span
	Any []Coded // holds when one of these circumstances does; empty = always
}

// Target is how long the clock may run under the circumstances, given by id.
// Those that no target names change nothing.
func (c Clock) Target(circumstances ...string) Span {
	i := slices.IndexFunc(c.Targets, func(t Target) bool {
		return len(t.Any) == 0 || slices.ContainsFunc(t.Any, func(a Coded) bool { return slices.Contains(circumstances, a.ID) })
	})
	if i < 0 { // no clock of a pack
		return Span{}
	}
	return c.Targets[i].Span
}

// DelayReason is why something comes later than its target.
type DelayReason struct {
	Coded
	// Stops says that the clock stands still as long as the reason holds, so
	// that the delay is never a breach. A reason that does not stop the clock
	// only explains.
	Stops  bool
	Words  bool // the reason must be told in words too
	Ground Ground
}

// Period is time to think that the law gives a victim, such as the reflection
// period.
type Period struct {
	Coded
	Length     Span
	AtLeast    Span // what a treaty demands; never longer than Length
	For        Text // who has it
	Starts     Event
	Once       bool // nobody has it twice
	Extendable bool
	Ends       []Ending
	Report     Reporting
	Ground     Ground
}

// Ending is why a period ends.
type Ending struct {
	Coded
	Early  bool // before its length is over
	Ground Ground
}

// Reporting is a duty to report again and again during a period.
type Reporting struct {
	Every Span
	To    Coded
}

// Consent says whose agreement a task needs before anything is told.
type Consent string

// The consents.
const (
	ConsentNotNeeded Consent = "not_needed"
	ConsentVictim    Consent = "victim"
	ConsentUnknown   Consent = "not_found" // the sources do not say; ask
)

// Task is something that stays open until it is done, such as a notice to
// CoMensha.
type Task struct {
	Coded
	Opens   []Coded // events, each of which opens it
	When    Text    // for whom or in which cases
	By      Coded   // who does it
	Told    Coded   // who hears it
	Urgent  bool    // at once, also at night
	Consent Consent
	Ground  Ground
}

// Clock finds a clock by its id.
func (p *Pack) Clock(id string) (Clock, bool) { return byID(p.Clocks, id) }

// DelayReason finds a reason by its id.
func (p *Pack) DelayReason(id string) (DelayReason, bool) { return byID(p.DelayReasons, id) }

// Period finds a period by its id.
func (p *Pack) Period(id string) (Period, bool) { return byID(p.Periods, id) }

// Task finds a task by its id.
func (p *Pack) Task(id string) (Task, bool) { return byID(p.Tasks, id) }

// InterviewClock is the id of the clock that a person's first interview runs
// by, with the circumstances that choose its target: that of a child for whoever
// may be one on the day (YYYY-MM-DD; 2011/36/EU art. 13(2)).
func InterviewClock(facts Facts, day string) (id string, circumstances []string) {
	return (&view{facts: facts, day: day}).interviewClock()
}

// Minor says that somebody is known to be under 18 on a day, or may be for a
// reason that was told: a claimed age, a doubt. Who told nothing about their age is none.
func Minor(facts Facts, day string) bool {
	age := (&view{facts: facts, day: day}).age()
	return age.basis != "unknown" && age.years < 18
}
