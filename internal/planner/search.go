package planner

import (
	"context"
	"slices"
	"time"
)

// Search looks for the soonest lawful slots. It never proposes what the judge
// blocks or what the calendar has not free.
func Search(ctx context.Context, c Calendar, w Wish, judge Judge) (Found, error) {
	s := newSearch(c, w, judge)
	if err := s.lawful(); err != nil {
		return Found{}, err
	}
	for day := range s.days {
		if err := ctx.Err(); err != nil {
			return Found{}, err
		}
		if err := s.day(day); err != nil {
			return Found{}, err
		}
		if len(s.found.Full) >= max(w.Most, 1) {
			break
		}
	}
	s.found.Why = merged(s.found.Why)
	return s.found, nil
}

// search is one search on its way.
type search struct {
	horizon
	wish   Wish
	judge  Judge
	cal    Calendar
	length int

	person, companion ticks
	groups            []group
	free              freePeople
	named             []int   // whom the plan names to interview; nil = nobody, or not all are here
	leads             int     // who directs by the plan; -1 = nobody who is here
	interpreters      []ticks // by index of cal.Interpreters; nil = never suits
	judged            map[likeness]Verdict
	lesser            int      // before this quarter no further lesser proposal
	nobodys           []string // wants that nothing could meet on the day looked at
	found             Found
}

func newSearch(c Calendar, w Wish, judge Judge) *search {
	s := &search{horizon: newHorizon(w.From, w.Until), wish: w, judge: judge, cal: c, judged: map[likeness]Verdict{}}
	s.length = int((w.Length + Tick - 1) / Tick)
	s.person, s.companion = s.suits(w.Person), s.suits(w.Companion)
	s.person.set(0, s.indexUp(w.Now), false)
	for _, taken := range w.Taken {
		s.keepOff(s.person, taken, roomMargin)
	}
	hours := map[Hours]ticks{}
	open := func(h Hours) ticks {
		if hours[h] == nil {
			hours[h] = s.open(h)
		}
		return hours[h]
	}
	s.groupRooms(open)
	s.free = newFreePeople(s.horizon, c.Workers, w, s.length, open)
	s.name()
	for _, t := range c.Interpreters {
		var starts ticks
		if w.Language != "" && !t.Conflict && slices.Contains(t.Languages, w.Language) && (w.Sex == "" || t.Sex == w.Sex) {
			starts = s.without(open(t.Hours), t.Busy).starts(s.length)
		}
		s.interpreters = append(s.interpreters, starts)
	}
	return s
}

// suits is when somebody's times let an interview begin.
func (s *search) suits(t Times) ticks {
	out := newTicks(s.n)
	out.set(0, s.n, len(t.Suits) == 0)
	for _, h := range t.Suits {
		out.or(s.open(h))
	}
	for i, day := range s.days {
		if t.never(day) {
			out.set(s.first[i], s.first[i+1], false)
		}
	}
	return out.starts(s.length)
}

// keepOff takes the starts away with which an interview would come closer than a
// margin to a span.
func (s *search) keepOff(starts ticks, o Span, margin time.Duration) {
	starts.set(s.index(o.Start.Add(-margin))-s.length+1, s.indexUp(o.End.Add(margin)), false)
}

// day looks at every start of one day, and keeps why none was full.
func (s *search) day(day int) error {
	t := newTally(s, day)
	if err := s.best(day); err != nil {
		return err
	}
	for at := s.first[day]; at < s.first[day+1] && len(s.found.Full) < max(s.wish.Most, 1); at++ {
		found, err := s.start(day, at, t)
		if err != nil {
			return err
		}
		if found { // the next one of the day does not overlap
			at += s.length - 1
		}
	}
	if len(s.found.Full) == 0 {
		s.found.Why = append(s.found.Why, t.why())
		s.found.Taken = s.found.Taken || day == 0 && t.taken()
	}
	return nil
}

// lawful asks which kinds of room would do on the first day, with the best
// people there are.
func (s *search) lawful() error {
	for _, kind := range s.wish.Kinds {
		v, err := s.ask(s.ideal(&group{kind: kind, adapted: kind.AnyAdapted}, 0))
		if err != nil {
			return err
		}
		if len(v.Blocks) == 0 {
			s.found.Lawful = append(s.found.Lawful, kind.ID)
		}
	}
	return nil
}

// best asks what the best people could reach on a day in each group of rooms:
// what no room and nobody could meet then is nobody's fault.
func (s *search) best(day int) error {
	s.nobodys = nil
	first := true
	for g := range s.groups {
		best, err := s.ask(s.ideal(&s.groups[g], day))
		if err != nil {
			return err
		}
		s.groups[g].never = best.Blocks
		if len(best.Blocks) > 0 {
			continue
		}
		if first {
			s.nobodys, first = slices.Clone(best.Wants), false
		}
		s.nobodys = slices.DeleteFunc(s.nobodys, func(rule string) bool { return !slices.Contains(best.Wants, rule) })
	}
	return nil
}

// full says that everything wanted is met that anything could meet that day.
func (s *search) full(wants []string) bool {
	return !slices.ContainsFunc(wants, func(rule string) bool { return !slices.Contains(s.nobodys, rule) })
}

// start looks at one moment, and says whether it brought a full proposal. A
// lesser one is kept too, as long as there is no full one.
func (s *search) start(day, at int, t *tally) (bool, error) {
	if !s.person.has(at) {
		return false, nil
	}
	t.reached(person)
	if !s.companion.has(at) {
		return false, nil
	}
	t.reached(companion)
	var lesser *Proposal
	for g := range s.groups {
		p, err := s.in(&s.groups[g], day, at, t)
		if err != nil {
			return false, err
		}
		if p != nil && s.full(p.Wants) {
			s.found.Full = append(s.found.Full, *p)
			return true, nil
		}
		if p != nil && (lesser == nil || len(p.Wants) < len(lesser.Wants)) {
			lesser = p
		}
	}
	if lesser != nil && len(s.found.Full) == 0 && len(s.found.Sooner) < max(s.wish.Most, 1) && at >= s.lesser {
		s.found.Sooner = append(s.found.Sooner, *lesser)
		s.lesser = at + s.length
	}
	return false, nil
}

// in looks for the best crew in a group of rooms at a moment; nil = none.
func (s *search) in(g *group, day, at int, t *tally) (*Proposal, error) {
	if len(g.never) > 0 {
		t.ruled(g.never)
		return nil, nil
	}
	i := slices.IndexFunc(g.starts, func(starts ticks) bool { return starts.has(at) })
	if i < 0 {
		return nil, nil
	}
	t.reached(room)
	interpreter := s.interpreter(day, at)
	if interpreter == nil && s.wish.Language != "" {
		return nil, nil
	}
	t.reached(interpreting)
	p := Proposal{Span: Span{s.at(at), s.at(at + s.length)}, Room: s.cal.Rooms[g.rooms[i]], Interpreter: interpreter}
	p.Room.Adapted, p.Kit = g.adapted, s.kit(g.needs[i], at)
	p.Sworn = interpreter != nil && interpreter.sworn(s.days[day])
	return s.crew(g, p, day, at, t)
}

// interpreter is who is free and fits: a sworn one first.
func (s *search) interpreter(day, at int) *Interpreter {
	var out *Interpreter
	for i, starts := range s.interpreters {
		if starts == nil || !starts.has(at) {
			continue
		}
		t := &s.cal.Interpreters[i]
		if t.sworn(s.days[day]) {
			return t
		}
		if out == nil {
			out = t
		}
	}
	return out
}
