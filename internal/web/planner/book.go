package planner

import (
	"net/http"
	"slices"
	"time"

	"verhaal/internal/casefile"
	"verhaal/internal/db"
	"verhaal/internal/fault"
	"verhaal/internal/planner"
)

// bookSlot takes one of the slots that a search proposed. It looks at that slot
// again, alone: what is taken or forbidden by now is told and not booked. What
// the slot leaves out of what is wanted if possible is excused by the search
// that found nothing better; else somebody must write why.
func (f *face) bookSlot(w http.ResponseWriter, r *http.Request) error {
	in, err := form(r)
	if err != nil {
		return err
	}
	file, planned, err := f.subject(r)
	if err != nil {
		return err
	}
	kept, err := f.book.Searched(r.Context(), file.ID, planned.ID, in.Get("search"))
	if err != nil {
		return err
	}
	wish, err := f.known(r, file.ID, planned.Person)
	if err != nil {
		return err
	}
	start, err := time.Parse(time.RFC3339, in.Get("start"))
	if err != nil {
		return fault.New(fault.BadInput, "planner.fault.span", "no start")
	}
	length, err := time.ParseDuration(in.Get("length"))
	if err != nil || length <= 0 || length > 8*time.Hour || len(in["interviewer"]) == 0 {
		return fault.New(fault.BadInput, "planner.fault.length", "no length")
	}
	start = start.In(f.clock().Location())
	if start.Before(wish.Now) {
		return fault.New(fault.Conflict, "planner.fault.taken", "a slot that is past")
	}
	wish.From, wish.Until, wish.Now, wish.Length, wish.Most = start, start, start, length, 1
	wish.Interviewers = len(in["interviewer"])
	found, err := f.find(r, file, planned.ID, wish, func(c *planner.Calendar) {
		c.Rooms = slices.DeleteFunc(c.Rooms, func(o planner.Room) bool { return o.ID != in.Get("room") })
		c.Workers = slices.DeleteFunc(c.Workers, func(o planner.Worker) bool {
			return !slices.Contains(in["interviewer"], o.ID) && o.ID != in.Get("director")
		})
		c.Interpreters = slices.DeleteFunc(c.Interpreters, func(o planner.Interpreter) bool { return o.ID != in.Get("interpreter") })
	})
	if err != nil {
		return err
	}
	all := slices.DeleteFunc(append(found.Full, found.Sooner...), func(p planner.Proposal) bool { return !p.Start.Equal(start) })
	if len(all) == 0 {
		return fault.New(fault.Conflict, "planner.fault.taken", "not free or not lawful any more")
	}
	p := all[0]
	reason := ""
	if kept.Full == "" || kept.Full == p.Start.Format("2006-01-02 15:04") {
		reason = planner.Cite(kept.ID)
	}
	err = f.files.Book(r.Context(), actor(r), file.ID, planned.ID, slotOf(p), reason, func(tx *db.Tx) error {
		return f.book.Reserve(tx, actor(r), file.ID, planned.ID, p)
	})
	if err != nil {
		return err
	}
	return back(w, r, "/case/"+file.ID+"/about/"+planned.ID)
}

// slotOf is a proposal as the case file keeps it.
func slotOf(p planner.Proposal) casefile.Slot {
	s := casefile.Slot{Day: p.Start.Format(time.DateOnly), RoomKind: p.Room.Kind, Adapted: p.Room.Adapted, Interpreter: p.Interpreter != nil, Sworn: p.Sworn}
	for _, w := range p.Interviewers {
		s.Interviewers = append(s.Interviewers, w.Login)
		if w.Trainee {
			s.Trainees = append(s.Trainees, w.Login)
		}
	}
	if p.Director != nil {
		s.Director = p.Director.Login
		if p.Director.Trainee {
			s.Trainees = append(s.Trainees, p.Director.Login)
		}
	}
	return s
}

// unbook gives a slot back, with the reason as a code.
func (f *face) unbook(w http.ResponseWriter, r *http.Request) error {
	in, err := form(r)
	if err != nil {
		return err
	}
	if err := f.files.Unbook(r.Context(), actor(r), r.PathValue("id"), r.PathValue("subject"), in.Get("why")); err != nil {
		return err
	}
	return back(w, r, "/case/"+r.PathValue("id")+"/about/"+r.PathValue("subject"))
}

// addVisit says when somebody is at a site whom the person must not meet.
func (f *face) addVisit(w http.ResponseWriter, r *http.Request) error {
	in, err := form(r)
	if err != nil {
		return err
	}
	file, planned, err := f.subject(r)
	if err != nil {
		return err
	}
	span, err := f.span(in)
	if err != nil {
		return err
	}
	if err := f.book.AddVisit(r.Context(), actor(r), file.ID, planner.Visit{Site: in.Get("site"), Span: span}); err != nil {
		return err
	}
	return back(w, r, "/case/"+file.ID+"/about/"+planned.ID+"/slots")
}

// setConflict keeps an interpreter away from the case, for good.
func (f *face) setConflict(w http.ResponseWriter, r *http.Request) error {
	in, err := form(r)
	if err != nil {
		return err
	}
	file, planned, err := f.subject(r)
	if err != nil {
		return err
	}
	if err := f.book.SetConflict(r.Context(), actor(r), file.ID, in.Get("interpreter")); err != nil {
		return err
	}
	return back(w, r, "/case/"+file.ID+"/about/"+planned.ID+"/slots")
}
