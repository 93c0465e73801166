package planner

import (
	"net/http"

	"verhaal/internal/planner"
	"verhaal/internal/web"
	"verhaal/internal/web/withdraw"
)

// addVisit says when somebody is at a site whom the person must not meet. What
// is booked there already is shown first.
func (f *face) addVisit(w http.ResponseWriter, r *http.Request) error {
	in, file, planned, err := f.about(r)
	if err != nil {
		return err
	}
	span, err := f.span(in)
	if err != nil {
		return err
	}
	err = f.book.AddVisit(r.Context(), actor(r), file.ID, planner.Visit{Site: in.Get("site"), Span: span}, in[withdraw.Seen]...)
	return withdraw.Done(f.site, w, r, err, "/case/"+file.ID+"/about/"+planned.ID+"/slots")
}

// endVisit says that a visit is over, or will not be.
func (f *face) endVisit(w http.ResponseWriter, r *http.Request) error {
	file, planned, err := f.subject(r)
	if err != nil {
		return err
	}
	if err := f.book.EndVisit(r.Context(), actor(r), file.ID, r.PathValue("visit")); err != nil {
		return err
	}
	return web.Back(w, r, "/case/"+file.ID+"/about/"+planned.ID+"/slots")
}
