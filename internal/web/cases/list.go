package cases

import (
	"net/http"

	"verhaal/internal/casefile"
	"verhaal/internal/fault"
	"verhaal/internal/web"
)

// pageSize is how many case files a page lists.
const pageSize = 50

type listed struct {
	casefile.Row
	Desk string
}

type listPage struct {
	Files []listed
	Next  string
	Paged bool
	Desks []desk
}

type desk struct{ ID, Name string }

// list shows the case files that one is a member of, and begins a new one.
func (f *face) list(w http.ResponseWriter, r *http.Request) error {
	after, lang := r.URL.Query().Get("after"), f.site.Page(r).Lang
	rows, next, err := f.files.Of(r.Context(), actor(r), after, pageSize)
	if err != nil {
		return err
	}
	page := listPage{Next: next, Paged: after != ""}
	for _, row := range rows {
		page.Files = append(page.Files, listed{row, f.channelName(row.Channel, lang)})
	}
	mine, err := f.desks.Of(r.Context(), actor(r))
	if err != nil {
		return err
	}
	for _, id := range mine {
		page.Desks = append(page.Desks, desk{id, f.channelName(id, lang)})
	}
	return f.site.Render(w, r, http.StatusOK, "cases/list", page)
}

// open begins a case file: ex officio, by referral, or from reports of a desk.
func (f *face) open(w http.ResponseWriter, r *http.Request) error {
	in, err := web.Form(r)
	if err != nil {
		return err
	}
	file, err := f.files.Open(r.Context(), actor(r), casefile.Start{Channel: in.Get("channel"), Origin: in.Get("origin"), Reports: in["report"]})
	if fault.KeyOf(err) == reportTaken {
		return f.taken(w, r, in["report"])
	}
	if err != nil {
		return err
	}
	return web.Back(w, r, "/case/"+file.ID+"/")
}
