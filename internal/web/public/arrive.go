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

// exit leads away to a page that says nothing about why somebody came here,
// and has the browser drop what it can be told to drop.
func (f *face) exit(w http.ResponseWriter, r *http.Request) error {
	w.Header().Set("Clear-Site-Data", `"cache", "storage"`)
	http.Redirect(w, r, f.Pack().Exit, http.StatusSeeOther)
	return nil
}
