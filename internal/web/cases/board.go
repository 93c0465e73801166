package cases

import (
	"net/http"
	"slices"

	"verhaal/internal/casefile"
	"verhaal/internal/fault"
	"verhaal/internal/policy"
	"verhaal/internal/recording"
	"verhaal/internal/web/facts"
)

// boardSize is how many things that are due a page lists.
const boardSize = 50

type boardPage struct {
	Pack     *policy.Pack
	Lang     string
	Desks    []desk // the viewer's
	Desk     desk
	Groups   []boardGroup
	Next     string
	Upcoming bool // what is late is left out
	Paged    bool
	Orders   []recording.Order // minutes that prosecutors ask for, in the viewer's cases
}

// boardGroup is what is late, or what is due soon.
type boardGroup struct {
	Late bool
	Rows []casefile.Due
}

// showBoard lists what is due over all cases of a desk, what is late first.
func (f *face) showBoard(w http.ResponseWriter, r *http.Request) error {
	mine, err := f.desks.Of(r.Context(), actor(r))
	if err != nil {
		return err
	}
	query := r.URL.Query()
	pack, lang := f.pack(), f.site.Page(r).Lang
	page := boardPage{Pack: pack, Lang: facts.Language(pack, lang), Upcoming: query.Has("upcoming"), Paged: query.Has("after")}
	for _, id := range mine {
		page.Desks = append(page.Desks, desk{id, f.channelName(id, lang)})
	}
	if page.Orders, err = f.ordersIn(r, ""); err != nil {
		return err
	}
	if len(mine) == 0 {
		return f.site.Render(w, r, http.StatusOK, "cases/board", page)
	}
	at := 0
	if id := query.Get("desk"); id != "" {
		if at = slices.Index(mine, id); at < 0 {
			return fault.New(fault.Refused, "fault.refused", "not a member of this desk")
		}
	}
	page.Desk = page.Desks[at]
	rows, next, err := f.files.Board(r.Context(), actor(r), page.Desk.ID, query.Get("after"), page.Upcoming, boardSize)
	if err != nil {
		return err
	}
	page.Next = next
	for _, late := range []bool{true, false} {
		group := boardGroup{Late: late}
		for _, d := range rows {
			if (d.Late > 0) == late {
				group.Rows = append(group.Rows, d)
			}
		}
		if len(group.Rows) > 0 {
			page.Groups = append(page.Groups, group)
		}
	}
	return f.site.Render(w, r, http.StatusOK, "cases/board", page)
}
