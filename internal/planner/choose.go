package planner

import "slices"

// name finds whom the plan names among those of the calendar: all who interview, or
// nobody.
func (s *search) name() {
	index := func(login string) int {
		return slices.IndexFunc(s.cal.Workers, func(w Worker) bool { return login != "" && w.Login == login })
	}
	s.leads = index(s.wish.Director)
	for _, login := range s.wish.Crew {
		s.named = append(s.named, index(login))
	}
	if slices.Contains(s.named, -1) {
		s.named = nil
	}
}

// there says of whom the plan names whether they are among who is free, as many as are
// looked for.
func (s *search) there(here people, n int) bool {
	return len(s.named) > 0 && (len(s.named) == s.wish.Interviewers || len(s.named) == n) &&
		!slices.ContainsFunc(s.named, func(i int) bool { return !here.has(i) })
}

// crew chooses who interviews and who directs: whom the plan names if they may, else
// the best of those free.
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
	if s.there(here, n) {
		best, _, err := s.led(g, p, day, s.named, here)
		if err != nil || best != nil && s.full(best.Wants) {
			return best, err
		}
		lesser = best
	}
	for _, pool := range s.free.pools(day) {
		able := here.both(pool)
		if able.count() < n {
			continue
		}
		best, blocks, err := s.led(g, p, day, s.free.choose(able, n, day), here)
		if err != nil || best != nil && s.full(best.Wants) {
			return best, err
		}
		if blocks != nil {
			t.ruled(blocks)
		}
		if lesser == nil || best != nil && len(best.Wants) < len(lesser.Wants) {
			lesser = best
		}
	}
	if lesser != nil {
		t.wanted(slices.DeleteFunc(slices.Clone(lesser.Wants), func(rule string) bool { return slices.Contains(s.nobodys, rule) }))
	}
	return lesser, nil
}

// led chooses who directs these interviewers, if anybody must: the first with whom
// nothing is left out, else with whom the least is. blocks are rules that are in the
// way of one of them.
func (s *search) led(g *group, p Proposal, day int, interviewers []int, here people) (best *Proposal, blocks []string, err error) {
	directors := []int{-1}
	if g.kind.Directed {
		directors = s.free.directors(here, interviewers, day)
		if s.leads >= 0 && here.has(s.leads) && slices.Equal(interviewers, s.named) {
			directors = []int{s.leads}
		}
	}
	for _, d := range directors {
		verdict, err := s.ask(s.candidate(g, p, day, interviewers, d))
		if err != nil {
			return nil, nil, err
		}
		if len(verdict.Blocks) > 0 {
			if blocks == nil {
				blocks = verdict.Blocks
			}
			continue
		}
		if best == nil || len(verdict.Wants) < len(best.Wants) {
			one := p
			one.Wants = verdict.Wants
			one.Interviewers, one.Director = nil, nil
			for _, i := range interviewers {
				one.Interviewers = append(one.Interviewers, s.cal.Workers[i])
			}
			if d >= 0 {
				one.Director = &s.cal.Workers[d]
			}
			best = &one
		}
		if s.full(verdict.Wants) {
			break
		}
	}
	return best, blocks, nil
}
