package planner

import (
	"slices"
)

// Stage is how far a day came before nothing was possible.
type Stage string

// The stages, in their order.
const (
	StagePerson      Stage = "person"      // no time suits the person, or another interview takes them
	StageCompanion   Stage = "companion"   // none that suits both
	StageRoom        Stage = "room"        // no room of a lawful kind is free then
	StageInterpreter Stage = "interpreter" // no interpreter who fits is free then
	StageCrew        Stage = "crew"        // too few people are free then
	StageRules       Stage = "rules"       // who is free may not, under a rule
	StageWants       Stage = "wants"       // lawful, but not all that is wanted if possible
)

// Why says of some days in a row why nothing better was possible.
type Why struct {
	From, Until string // days, both included
	Stage       Stage
	Rules       []string // that stand in the way, for StageRules and StageWants
	Tried       []Tried  // what was looked at, at most mostTried
	More        int      // how many more
}

// Tried is one thing that was looked at and why it did not do.
type Tried struct {
	Name   string // of a room, a worker or an interpreter
	Kind   string // of a room
	Region string
	Cause  Cause
}

// Cause is why a room or a person could not be had.
type Cause string

// The causes.
const (
	Closed     Cause = "closed"      // not at work, not open
	Taken      Cause = "taken"       // booked, absent, out of order
	Apart      Cause = "apart"       // somebody is there whom the person must not meet
	Elsewhere  Cause = "elsewhere"   // in a region that was not asked for
	Unequipped Cause = "unequipped"  // lacks what the kind of room must have
	NoLanguage Cause = "no_language" // does not speak the language
	Conflicted Cause = "conflict"    // must not work on this case
	OtherSex   Cause = "other_sex"   // not as the person wishes
	NoHolder   Cause = "no_certificate"
	OtherTime  Cause = "other_time" // free that day, not when the others are
	NotOfAKind Cause = "not_lawful" // a kind of room that the rules do not allow
)

// mostTried bounds what is listed for some days.
const mostTried = 12

// reach is how far the best start of a day came.
type reach int

const (
	notReached   reach = iota
	person             // suits the person
	companion          // and the companion
	room               // a lawful room is free
	interpreting       // and an interpreter
	interviewing       // and somebody to interview
	ruledOut           // but a rule is in the way
	lacking            // lawful, with something wanted left out
)

// tally collects why a day brought nothing.
type tally struct {
	s     *search
	day   int
	far   reach
	rules []string // of the furthest
	// never are rules that rule a kind of room out whoever comes.
	never []string
}

func newTally(s *search, day int) *tally { return &tally{s: s, day: day, far: notReached} }

func (t *tally) reached(r reach) { t.far = max(t.far, r) }

// ruled notes that rules are in the way: of people when somebody was free, of
// the kind of room otherwise.
func (t *tally) ruled(rules []string) {
	if t.far < interviewing {
		t.never = rules
		return
	}
	if t.far < ruledOut {
		t.far, t.rules = ruledOut, rules
	}
}

func (t *tally) wanted(rules []string) {
	if t.far < lacking || len(rules) < len(t.rules) {
		t.far, t.rules = lacking, rules
	}
}

func (t *tally) why() Why {
	day := t.s.days[t.day]
	out := Why{From: day, Until: day}
	switch t.far {
	case notReached:
		out.Stage = StagePerson
	case person:
		out.Stage = StageCompanion
	case companion:
		out.Stage, out.Rules = StageRoom, t.never
		out.Tried = t.rooms()
	case room:
		out.Stage = StageInterpreter
		out.Tried = t.interpreters()
	case interpreting, interviewing:
		out.Stage = StageCrew
		out.Tried = t.workers(nil)
	case ruledOut:
		out.Stage, out.Rules = StageRules, t.rules
		out.Tried = t.workers(nil)
	default:
		out.Stage, out.Rules = StageWants, t.rules
		out.Tried = append(t.adapted(), t.workers(t.s.free.same)...)
	}
	if len(out.Tried) > mostTried {
		out.More = len(out.Tried) - mostTried
		out.Tried = out.Tried[:mostTried]
	}
	return out
}

// rooms says of every room why it was not to be had.
func (t *tally) rooms() []Tried {
	s := t.s
	var out []Tried
	for i, r := range s.cal.Rooms {
		g := slices.IndexFunc(s.groups, func(g group) bool { return slices.Contains(g.rooms, i) })
		one := Tried{Name: r.Name, Kind: r.Kind, Region: r.Region}
		if g < 0 {
			switch {
			case !slices.ContainsFunc(s.wish.Kinds, func(k Kind) bool { return k.ID == r.Kind }):
				one.Cause = NotOfAKind
			case len(s.wish.Regions) > 0 && !slices.Contains(s.wish.Regions, r.Region):
				one.Cause = Elsewhere
			default:
				one.Cause = Unequipped
			}
		} else if v, err := s.ask(s.ideal(&s.groups[g], t.day)); err != nil || len(v.Blocks) > 0 {
			one.Cause = NotOfAKind
		} else {
			n := slices.Index(s.groups[g].rooms, i)
			one.Cause = t.cause(s.groups[g].starts[n], r.Hours, r.Busy)
			if one.Cause != OtherTime && t.any(s.groups[g].free[n]) {
				one.Cause = Unequipped
			}
			if one.Cause == Taken && slices.ContainsFunc(s.wish.Apart, func(v Visit) bool {
				return v.Site == r.Site && v.Overlaps(t.span())
			}) {
				one.Cause = Apart
			}
		}
		out = append(out, one)
	}
	// What would have been lawful says more than what never is.
	slices.SortStableFunc(out, func(a, b Tried) int { return weight(a.Cause) - weight(b.Cause) })
	return out
}

// taken says that the rooms that would do are open at a time of the day that suits,
// and that all of them are taken then: nobody counts the hours of a night.
func (t *tally) taken() bool {
	s, open := t.s, false
	if t.far != companion {
		return false // a room was to be had, or no time suits
	}
	for _, g := range s.groups {
		if len(g.never) > 0 {
			continue
		}
		for _, i := range g.rooms {
			hours := s.open(s.cal.Rooms[i].Hours)
			if t.any(s.suiting(hours)) {
				open = true
				if t.any(s.suiting(s.without(hours, s.cal.Rooms[i].Busy))) {
					return false
				}
			}
		}
	}
	return open
}

// suiting is where something free lets an interview begin when it suits the person
// and who comes with them.
func (s *search) suiting(free ticks) ticks {
	out := free.starts(s.length)
	out.and(s.person)
	out.and(s.companion)
	return out
}

// adapted says of the rooms for children why they could not be had.
func (t *tally) adapted() []Tried {
	var out []Tried
	for _, g := range t.s.groups {
		for n, i := range g.rooms {
			if r := t.s.cal.Rooms[i]; g.adapted {
				out = append(out, Tried{r.Name, r.Kind, r.Region, t.cause(g.starts[n], r.Hours, r.Busy)})
			}
		}
	}
	return out
}

func weight(c Cause) int {
	return map[Cause]int{NotOfAKind: 3, Elsewhere: 2, Unequipped: 1}[c]
}

func (t *tally) span() Span { return Span{t.s.at(t.s.first[t.day]), t.s.at(t.s.first[t.day+1])} }

// any says whether there is a start on the day.
func (t *tally) any(starts ticks) bool {
	for at := t.s.first[t.day]; at < t.s.first[t.day+1]; at++ {
		if starts.has(at) {
			return true
		}
	}
	return false
}

// cause says of something whose starts, hours and busy times are known why it
// could not be had this day.
func (t *tally) cause(starts ticks, hours Hours, busy []Span) Cause {
	return t.causeOf(t.any(starts), hours, busy)
}

func (t *tally) causeOf(starts bool, hours Hours, busy []Span) Cause {
	if starts {
		return OtherTime
	}
	today := t.span()
	if !hours.Days[today.Start.Weekday()] {
		return Closed
	}
	if slices.ContainsFunc(busy, today.Overlaps) {
		return Taken
	}
	return Closed
}

func (t *tally) interpreters() []Tried {
	var out []Tried
	for i, p := range t.s.cal.Interpreters {
		one := Tried{Name: p.Name}
		switch {
		case !slices.Contains(p.Languages, t.s.wish.Language):
			one.Cause = NoLanguage
		case p.Conflict:
			one.Cause = Conflicted
		case t.s.wish.Sex != "" && p.Sex != t.s.wish.Sex:
			one.Cause = OtherSex
		default:
			one.Cause = t.cause(t.s.interpreters[i], p.Hours, p.Busy)
		}
		if one.Cause != NoLanguage {
			out = append(out, one)
		}
	}
	return out
}

// workers says why they could not be had; of is who is meant, nil = all. Those
// come first who could have been, and only the first mostTried say a cause.
func (t *tally) workers(of people) []Tried {
	s := t.s
	today := s.free.on(t.day)
	var able, unable, unwished []int
	for i, w := range s.cal.Workers {
		switch {
		case of != nil && !of.has(i):
		case s.wish.Sex != "" && w.Sex != s.wish.Sex:
			unwished = append(unwished, i)
		case !today.anything.has(i):
			unable = append(unable, i)
		default:
			able = append(able, i)
		}
	}
	out := make([]Tried, 0, len(able)+len(unable)+len(unwished))
	for n, i := range slices.Concat(able, unable, unwished) {
		w := &s.cal.Workers[i]
		one := Tried{Name: w.Name, Region: w.Region}
		switch {
		case n >= len(able)+len(unable):
			one.Cause = OtherSex
		case n >= len(able):
			one.Cause = NoHolder
		case n < mostTried:
			one.Cause = t.causeOf(t.anyStart(i), w.Hours, w.Busy)
		}
		out = append(out, one)
	}
	return out
}

// anyStart says whether somebody can begin at any time of the day.
func (t *tally) anyStart(worker int) bool {
	for at := t.s.first[t.day]; at < t.s.first[t.day+1]; at++ {
		if t.s.free.home[at].has(worker) {
			return true
		}
	}
	return false
}

// merged puts days in a row together that failed for the same reason.
func merged(all []Why) []Why {
	var out []Why
	for _, w := range all {
		if n := len(out); n > 0 && same(out[n-1], w) {
			out[n-1].Until = w.Until
			continue
		}
		out = append(out, w)
	}
	return out
}

func same(a, b Why) bool {
	return a.Stage == b.Stage && slices.Equal(a.Rules, b.Rules) && slices.Equal(a.Tried, b.Tried) && a.More == b.More
}
