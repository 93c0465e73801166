package planner

import (
	"slices"
	"strconv"
	"strings"
)

// candidate is a plan to ask about. That of whom the plan names is of a class of its own.
func (s *search) candidate(g *group, p Proposal, day int, interviewers []int, director int) asked {
	c := Candidate{Day: s.days[day], RoomKind: g.kind.ID, Adapted: g.adapted, Interpreter: p.Interpreter != nil, Sworn: p.Sworn}
	class := make([]string, 0, len(interviewers)+1)
	for _, i := range interviewers {
		c.Interviewers = append(c.Interviewers, s.cal.Workers[i].Login)
		class = append(class, s.free.class(i, day))
	}
	slices.Sort(class)
	if director >= 0 {
		c.Director = s.cal.Workers[director].Login
		class = append(class, "directed by "+s.free.class(director, day))
	}
	if slices.Equal(interviewers, s.named) && (director < 0 || director == s.leads) {
		return asked{c, named, true}
	}
	return asked{c, strings.Join(class, "+"), false}
}

// The classes of one candidate alone.
const (
	named     = "named"
	unequaled = "ideal"
)

// asked is a candidate with what is the same for the rules of those in it.
type asked struct {
	Candidate
	class string
	alone bool // in its class
}

// likeness is what candidates share of whom the rules say the same.
type likeness struct {
	day, kind                   string
	adapted, interpreter, sworn bool
	class                       string
}

// ask asks the judge, once for each kind of candidate.
func (s *search) ask(a asked) (Verdict, error) {
	key := likeness{a.Day, a.RoomKind, a.Adapted, a.Interpreter, a.Sworn, a.class}
	if v, ok := s.judged[key]; ok {
		return v, nil
	}
	v, err := s.judge(a.Candidate)
	if err == nil && (a.alone || !v.Signed) {
		s.judged[key] = v
	}
	return v, err
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
	return asked{c, unequaled, true}
}
