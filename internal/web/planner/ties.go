package planner

import (
	"net/http"

	"verhaal/internal/db"
	"verhaal/internal/web"
	"verhaal/internal/web/withdraw"
)

// setConflict keeps an interpreter away from the case, for good. Interviews
// that they are booked for are shown first.
func (f *face) setConflict(w http.ResponseWriter, r *http.Request) error {
	in, file, planned, err := f.about(r)
	if err != nil {
		return err
	}
	err = f.files.RefuseInterpreter(r.Context(), actor(r), file.ID, planned.ID, func(tx *db.Tx) ([]string, error) {
		return f.book.Conflicts(tx, file.ID, in.Get("interpreter"), in[withdraw.Seen]...)
	})
	return withdraw.Done(f.site, w, r, err, "/case/"+file.ID+"/about/"+planned.ID+"/slots")
}

// clearTies says that who interprets was checked for ties to those of the case,
// and with whom.
func (f *face) clearTies(w http.ResponseWriter, r *http.Request) error {
	in, file, planned, err := f.about(r)
	if err != nil {
		return err
	}
	asked := in.Get("asked")
	err = f.files.ClearInterpreter(r.Context(), actor(r), file.ID, planned.ID, asked, func(tx *db.Tx) ([]string, error) {
		return f.book.Checked(tx, actor(r), file.ID, in.Get("interpreter"), asked)
	})
	if err != nil {
		return err
	}
	return web.Back(w, r, "/case/"+file.ID+"/about/"+planned.ID)
}
