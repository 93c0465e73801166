package planner

import (
	"net/http"
	"strings"

	"verhaal/internal/planner"
	"verhaal/internal/web"
	"verhaal/internal/web/withdraw"
)

// addAbsence takes somebody or something out of the calendar. Interviews that
// are booked for then are shown first: each must be moved by those of its case.
func (f *face) addAbsence(w http.ResponseWriter, r *http.Request) error {
	in, err := web.Form(r)
	if err != nil {
		return err
	}
	span, err := f.span(in)
	if err != nil {
		return err
	}
	err = f.book.AddAbsence(r.Context(), actor(r), planner.Absence{Who: in.Get("who"), Why: in.Get("why"), Span: span}, in[withdraw.Seen]...)
	return withdraw.Done(f.site, w, r, err, pageOf(in.Get("who")))
}

// pageOf is the page about a room or a person that the calendar names.
func pageOf(who string) string {
	kind, id, _ := strings.Cut(who, "/")
	return map[string]string{"room": "/planner/rooms/", "staff": "/planner/people/", "interpreter": "/planner/interpreters/", "equipment": "/planner/equipment/"}[kind] + id
}

func (f *face) removeAbsence(w http.ResponseWriter, r *http.Request) error {
	in, err := web.Form(r)
	if err != nil {
		return err
	}
	if err := f.book.RemoveAbsence(r.Context(), actor(r), r.PathValue("id")); err != nil {
		return err
	}
	return web.Back(w, r, pageOf(in.Get("who")))
}
