package planner

import (
	"context"
	"math/bits"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Span is a time from Start until just before End.
type Span struct{ Start, End time.Time }

// Overlaps says whether two spans share a moment.
func (s Span) Overlaps(o Span) bool { return s.Start.Before(o.End) && o.Start.Before(s.End) }

// Room is a place where people are interviewed.
type Room struct {
	ID, Name string
	Site     string // the building; who must not meet is kept out of one
	Region   string
	Kind     string // of the pack: interview_room, child_friendly_studio …
	Adapted  bool   // for children, where the kind alone is not
	// Equipment are the ids of what the pack asks of a room and this one has.
	Equipment []string
	Hours     Hours
	Busy      []Span
}

// Worker is somebody who interviews or directs.
type Worker struct {
	ID      string // of the staff member
	Login   string // how plans name them
	Name    string
	Region  string
	Sex     string // f, m, x; "" = not said
	Trainee bool
	Hours   Hours
	Busy    []Span
	Held    []Held
}

// Held is a certificate with its first and last day, YYYY-MM-DD.
type Held struct{ Kind, From, Until string }

// Interpreter is somebody of the register.
type Interpreter struct {
	ID, Name  string
	Number    string // in the register of sworn interpreters; "" = not sworn
	Until     string // last day of that entry
	Languages []string
	Sex       string
	Hours     Hours
	Busy      []Span
	// Conflict says that they must not work on this case.
	Conflict bool
}

// sworn says whether the register counts on a day.
func (t Interpreter) sworn(day string) bool { return t.Number != "" && day <= t.Until }

// Calendar is everything that a search chooses from.
type Calendar struct {
	Rooms        []Room
	Workers      []Worker
	Interpreters []Interpreter
}

// Kind is what the pack says of a kind of room.
type Kind struct {
	ID          string
	Most        int  // interviewers at once; 0 = no limit
	Directed    bool // somebody directs from next door
	AnyAdapted  bool // every room of the kind is adapted for children
	Equipment   []string
	Preferences int // lower comes first among rooms that are free at once
}

// Wish is what is looked for.
type Wish struct {
	From, Until  time.Time // days to look at; their time zone is that of all hours
	Now          time.Time // nothing begins before
	Length       time.Duration
	Interviewers int
	Kinds        []Kind
	// Person and Companion are when it suits them; empty = whenever.
	Person, Companion []Window
	Language          string // of the interpreter; "" = none is needed
	Sex               string // of interviewers and interpreter, when the person wishes; "" = any
	Same              []string
	Regions           []string // where it may be; empty = anywhere
	// Apart are times at a site when somebody is there whom the person must not
	// meet (2013A012 §2.1, requirement M-09).
	Apart []Visit
	Most  int // proposals of each kind
}

// Visit is somebody's presence at a site.
type Visit struct {
	Site string
	Span
}

// Margins around an interview.
const (
	roomMargin  = 15 * time.Minute // a room is set up and left
	travel      = 90 * time.Minute // to and from a region that is not one's own
	visitMargin = 60 * time.Minute // between two people who must not meet
)

// Candidate is a plan as far as the rules look at it.
type Candidate struct {
	Day          string
	RoomKind     string
	Adapted      bool
	Interviewers []string // logins
	Director     string
	Interpreter  bool
	Sworn        bool
	// Ideal stands for the best there could be: its people hold every
	// certificate, and its names are nobody's.
	Ideal bool
}

// Verdict is what the rules say of a candidate, as far as another time, place
// or person could change it.
type Verdict struct {
	Blocks []string // rules that must be met and are not
	Wants  []string // rules that should be met if possible and are not
}

// Judge asks the rules. Search asks once for each different kind of candidate:
// who is in it matters through certificates on the day, earlier interviews of
// the person and training, and through nothing else.
type Judge func(Candidate) (Verdict, error)

// Proposal is a lawful slot.
type Proposal struct {
	Span
	Room         Room
	Interviewers []Worker
	Director     *Worker
	Interpreter  *Interpreter
	Sworn        bool
	Wants        []string // rules that it does not meet, though they ask only if possible
}

// Found is what a search brings.
type Found struct {
	// Full are lawful and leave out nothing that could be had on their day; the
	// soonest first. What a late day itself leaves out stands in their Wants.
	Full []Proposal
	// Sooner begin before the first of Full, or there is none, and leave
	// something out that the rules want if possible.
	Sooner []Proposal
	// Why says of every day before the first of Full why nothing was possible.
	Why []Why
	// Lawful are the kinds of room that the rules allow on the first day.
	Lawful []string
}

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
	interpreters      []ticks // by index of cal.Interpreters; nil = never suits
	judged            map[string]Verdict
	lesser            int      // before this quarter no further lesser proposal
	nobodys           []string // wants that nothing could meet on the day looked at
	found             Found
}

// group is rooms that are the same to the rules and to those who travel there.
type group struct {
	kind    Kind
	adapted bool
	region  string
	rooms   []int // indices
	starts  []ticks
	// never are the rules that rule such a room out whoever comes, on the day
	// that is looked at.
	never []string
}

func newSearch(c Calendar, w Wish, judge Judge) *search {
	s := &search{horizon: newHorizon(w.From, w.Until), wish: w, judge: judge, cal: c, judged: map[string]Verdict{}}
	s.length = int((w.Length + Tick - 1) / Tick)
	s.person, s.companion = s.suits(w.Person), s.suits(w.Companion)
	s.person.set(0, s.indexUp(w.Now), false)
	hours := map[Hours]ticks{}
	open := func(h Hours) ticks {
		if hours[h] == nil {
			hours[h] = s.open(Window{Hours: h})
		}
		return hours[h]
	}
	s.groupRooms(open)
	s.free = newFreePeople(s.horizon, c.Workers, w, s.length, open)
	for _, t := range c.Interpreters {
		var starts ticks
		if w.Language != "" && !t.Conflict && slices.Contains(t.Languages, w.Language) && (w.Sex == "" || t.Sex == w.Sex) {
			starts = s.without(open(t.Hours), t.Busy).starts(s.length)
		}
		s.interpreters = append(s.interpreters, starts)
	}
	return s
}

// suits is when a person can begin.
func (s *search) suits(windows []Window) ticks {
	if len(windows) == 0 {
		out := newTicks(s.n)
		out.set(0, s.n-s.length+1, true)
		return out
	}
	out := newTicks(s.n)
	for _, w := range windows {
		out.or(s.open(w))
	}
	return out.starts(s.length)
}

func (s *search) groupRooms(open func(Hours) ticks) {
	margin := int(roomMargin / Tick)
	for i, room := range s.cal.Rooms {
		k := slices.IndexFunc(s.wish.Kinds, func(k Kind) bool { return k.ID == room.Kind })
		if k < 0 || len(s.wish.Regions) > 0 && !slices.Contains(s.wish.Regions, room.Region) {
			continue
		}
		kind := s.wish.Kinds[k]
		if slices.ContainsFunc(kind.Equipment, func(e string) bool { return !slices.Contains(room.Equipment, e) }) {
			continue
		}
		starts := s.without(open(room.Hours), room.Busy).around(s.length, margin, margin)
		for _, v := range s.wish.Apart {
			if v.Site == room.Site {
				from := s.index(v.Start.Add(-visitMargin)) - s.length + 1
				starts.set(from, s.indexUp(v.End.Add(visitMargin)), false)
			}
		}
		adapted := room.Adapted || kind.AnyAdapted
		g := slices.IndexFunc(s.groups, func(g group) bool {
			return g.kind.ID == kind.ID && g.adapted == adapted && g.region == room.Region
		})
		if g < 0 {
			g = len(s.groups)
			s.groups = append(s.groups, group{kind: kind, adapted: adapted, region: room.Region})
		}
		s.groups[g].rooms = append(s.groups[g].rooms, i)
		s.groups[g].starts = append(s.groups[g].starts, starts)
	}
	slices.SortStableFunc(s.groups, func(a, b group) int { return a.kind.Preferences - b.kind.Preferences })
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
	p.Room.Adapted = g.adapted
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

// crew chooses who interviews and who directs, the best of those free.
func (s *search) crew(g *group, p Proposal, day, at int, t *tally) (*Proposal, error) {
	n := s.wish.Interviewers
	if g.kind.Most > 0 {
		n = min(n, g.kind.Most)
	}
	here := s.free.at(at, g.region)
	if here.count() > 0 {
		t.reached(interviewing)
	}
	var lesser *Proposal
	for _, pool := range s.free.pools(day) {
		able := here.both(pool)
		if able.count() < n {
			continue
		}
		interviewers := s.free.choose(able, n, day)
		directors := []int{-1}
		if g.kind.Directed {
			if directors = s.free.directors(here, interviewers, day); len(directors) == 0 {
				continue
			}
		}
		for _, d := range directors {
			verdict, err := s.ask(s.candidate(g, p, day, interviewers, d))
			if err != nil {
				return nil, err
			}
			if len(verdict.Blocks) > 0 {
				t.ruled(verdict.Blocks)
				continue
			}
			if lesser == nil || len(verdict.Wants) < len(lesser.Wants) {
				one := p
				one.Wants = verdict.Wants
				one.Interviewers, one.Director = nil, nil
				for _, i := range interviewers {
					one.Interviewers = append(one.Interviewers, s.cal.Workers[i])
				}
				if d >= 0 {
					one.Director = &s.cal.Workers[d]
				}
				lesser = &one
			}
			if s.full(verdict.Wants) {
				return lesser, nil
			}
		}
	}
	if lesser != nil {
		t.wanted(slices.DeleteFunc(slices.Clone(lesser.Wants), func(rule string) bool { return slices.Contains(s.nobodys, rule) }))
	}
	return lesser, nil
}

func (s *search) candidate(g *group, p Proposal, day int, interviewers []int, director int) asked {
	c := Candidate{Day: s.days[day], RoomKind: g.kind.ID, Adapted: g.adapted, Interpreter: p.Interpreter != nil, Sworn: p.Sworn}
	class := []string{}
	for _, i := range interviewers {
		c.Interviewers = append(c.Interviewers, s.cal.Workers[i].Login)
		class = append(class, s.free.class(i, day))
	}
	slices.Sort(class)
	if director >= 0 {
		c.Director = s.cal.Workers[director].Login
		class = append(class, "directed by "+s.free.class(director, day))
	}
	return asked{c, strings.Join(class, "+")}
}

// asked is a candidate with what is the same for the rules of those in it.
type asked struct {
	Candidate
	class string
}

// ask asks the judge, once for each kind of candidate.
func (s *search) ask(a asked) (Verdict, error) {
	key := strings.Join([]string{a.Day, a.RoomKind, flag(a.Adapted), flag(a.Interpreter), flag(a.Sworn), a.class}, "|")
	if v, ok := s.judged[key]; ok {
		return v, nil
	}
	v, err := s.judge(a.Candidate)
	if err == nil {
		s.judged[key] = v
	}
	return v, err
}

func flag(b bool) string {
	if b {
		return "1"
	}
	return "0"
}

// ideal is a candidate with the best people there are, free or not: what it
// does not reach, nobody reaches in such a room on such a day.
func (s *search) ideal(g *group, day int) asked {
	c := Candidate{Day: s.days[day], RoomKind: g.kind.ID, Adapted: g.adapted, Interpreter: s.wish.Language != "", Sworn: true, Ideal: true}
	n := s.wish.Interviewers
	if g.kind.Most > 0 {
		n = min(n, g.kind.Most)
	}
	for i := range n {
		c.Interviewers = append(c.Interviewers, "anybody"+strconv.Itoa(i))
	}
	if g.kind.Directed {
		c.Director = "anybody"
	}
	return asked{c, "ideal"}
}

// people is a set of workers by index.
type people []uint64

func (p people) count() int {
	n := 0
	for _, word := range p {
		n += bits.OnesCount64(word)
	}
	return n
}

func (p people) both(o people) people {
	out := make(people, len(p))
	for i := range p {
		out[i] = p[i] & o[i]
	}
	return out
}

func (p people) add(i int)      { p[i/64] |= 1 << (i % 64) }
func (p people) has(i int) bool { return p[i/64]&(1<<(i%64)) != 0 }
