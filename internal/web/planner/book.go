package planner

import (
	"context"
	"net/http"
	"slices"
	"time"

	"verhaal/internal/casefile"
	"verhaal/internal/db"
	"verhaal/internal/fault"
	"verhaal/internal/planner"
	"verhaal/internal/web"
)

// choice is one of the slots that a search proposed, as a form names it.
type choice struct {
	Search                string
	Start                 string // RFC 3339
	Room                  string
	Interviewers          []string
	Director, Interpreter string
}

// bookSlot takes one of the slots that a search proposed.
func (f *face) bookSlot(w http.ResponseWriter, r *http.Request) error {
	in, file, planned, err := f.about(r)
	if err != nil {
		return err
	}
	chosen := choice{in.Get("search"), in.Get("start"), in.Get("room"), in["interviewer"], in.Get("director"), in.Get("interpreter")}
	if err := f.take(r.Context(), actor(r), file, planned, chosen); err != nil {
		return err
	}
	return web.Back(w, r, "/case/"+file.ID+"/about/"+planned.ID)
}

// take looks at a slot again, alone, by the wish that the kept search holds:
// what is taken or forbidden by now, or was never wished for, is told and not
// booked. What the slot leaves out of what is wanted if possible is excused by a
// search that could find nothing better, then and now; else somebody must write why.
func (f *face) take(ctx context.Context, who string, file casefile.File, planned casefile.Planned, chosen choice) error {
	kept, err := f.book.Searched(ctx, file.ID, planned.ID, chosen.Search)
	if err != nil {
		return err
	}
	known, err := f.known(ctx, who, file.ID, planned)
	if err != nil {
		return err
	}
	wish, err := kept.Wish(known)
	if err != nil {
		return err
	}
	start, err := time.Parse(time.RFC3339, chosen.Start)
	if err != nil {
		return fault.New(fault.BadInput, "planner.fault.span", "no start")
	}
	start = start.In(f.clock().Location())
	if start.Before(wish.Now) || start.Before(wish.From) || !start.Before(wish.Until.AddDate(0, 0, 1)) {
		return fault.New(fault.Conflict, "planner.fault.taken", "a slot that is past, or outside the days of the search")
	}
	again := kept.Again(wish)
	wish.From, wish.Until, wish.Now, wish.Most = start, start, start, 1
	found, err := f.find(ctx, who, file, planned.ID, wish, func(c *planner.Calendar) {
		c.Rooms = slices.DeleteFunc(c.Rooms, func(o planner.Room) bool { return o.ID != chosen.Room })
		c.Workers = slices.DeleteFunc(c.Workers, func(o planner.Worker) bool {
			return !slices.Contains(chosen.Interviewers, o.ID) && o.ID != chosen.Director
		})
		c.Interpreters = slices.DeleteFunc(c.Interpreters, func(o planner.Interpreter) bool { return o.ID != chosen.Interpreter })
	})
	if err != nil {
		return err
	}
	all := slices.DeleteFunc(append(found.Full, found.Sooner...), func(p planner.Proposal) bool { return !p.Start.Equal(start) })
	if len(all) == 0 {
		return fault.New(fault.Conflict, "planner.fault.taken", "not free, not lawful any more, or not what was looked for")
	}
	p := all[0]
	reason := ""
	if len(p.Wants) > 0 && kept.Excuses(p.Start) {
		now, err := f.find(ctx, who, file, planned.ID, again, nil)
		if err != nil {
			return err
		}
		if !kept.Still(now) {
			return fault.New(fault.Conflict, "planner.fault.search_again", "the search would come to something else now")
		}
		reason = planner.Cite(kept.ID)
	}
	return f.files.Book(ctx, who, file.ID, planned.ID, slotOf(p), reason, func(tx *db.Tx) error {
		return f.book.Reserve(tx, who, file.ID, planned.ID, wish, p)
	})
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
	in, err := web.Form(r)
	if err != nil {
		return err
	}
	if err := f.files.Unbook(r.Context(), actor(r), r.PathValue("id"), r.PathValue("subject"), in.Get("why")); err != nil {
		return err
	}
	return web.Back(w, r, "/case/"+r.PathValue("id")+"/about/"+r.PathValue("subject"))
}
