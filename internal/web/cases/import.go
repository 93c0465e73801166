package cases

import (
	"errors"
	"net/http"

	"verhaal/internal/casefile"
	"verhaal/internal/web"
)

// importEarlier adds interviews that were held elsewhere. Lines that can't be
// read are named, and nothing is added then.
func (f *face) importEarlier(w http.ResponseWriter, r *http.Request) error {
	in, err := web.Form(r)
	if err != nil {
		return err
	}
	_, err = f.files.ImportEarlier(r.Context(), actor(r), r.PathValue("id"), subject(r), in.Get("lines"))
	if !errors.As(err, new(casefile.Unreadable)) {
		if err != nil {
			return err
		}
		return web.Back(w, r, "/case/"+r.PathValue("id")+"/about/"+r.PathValue("subject")+"?saved")
	}
	known, failed := f.files.Facts(r.Context(), actor(r), r.PathValue("id"), subject(r))
	if failed != nil {
		return failed
	}
	return f.about(w, r, http.StatusBadRequest, aboutPage{Problems: []problem{{Said: err.Error()}}, Lines: in.Get("lines")}, known, filled(known))
}
