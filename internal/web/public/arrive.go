package public

import (
	"net/http"

	"verhaal/internal/policy"
)

// arrivePage is the first page: numbers to call before anything else.
type arrivePage struct {
	Emergency policy.Phone
	Help      []policy.Phone
}

func (f *face) arrive(w http.ResponseWriter, r *http.Request) error {
	pack := f.Pack()
	return f.Site.Render(w, r, http.StatusOK, "public/arrive", arrivePage{pack.Emergency, pack.Help})
}

// exit leads away to a page that says nothing about why somebody came here, and
// has the browser drop its copies of our pages: a reporter leaves nothing else.
// What this origin stores is for staff, sealed drafts and recordings that are
// still to be sent, and anybody can ask for this address.
func (f *face) exit(w http.ResponseWriter, r *http.Request) error {
	w.Header().Set("Clear-Site-Data", `"cache"`)
	http.Redirect(w, r, f.Pack().Exit, http.StatusSeeOther)
	return nil
}
