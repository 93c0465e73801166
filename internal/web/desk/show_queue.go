package desk

import (
	"net/http"
	"regexp"

	"verhaal/internal/policy"
	"verhaal/internal/report"
	"verhaal/internal/web"
)

// pageSize is how many reports a page of the queue shows.
const pageSize = 50

// caseID is what the id of a case file looks like.
var caseID = regexp.MustCompile(`^[a-z2-7]{16}$`)

type queuePage struct {
	Channel policy.Channel
	Rows    []report.Row
	Next    string // cursor of the next page
	Paged   bool
	Over    []move // the last hand-overs from this desk, newest first
	Case    string // the case file that chosen reports are added to; "" = a new one
}

func (f *face) showQueue(w http.ResponseWriter, r *http.Request) error {
	c, err := f.channel(r)
	if err != nil {
		return err
	}
	reader, after := web.ActorOf(r).ID, r.URL.Query().Get("after")
	rows, next, err := f.reports.Queue(r.Context(), reader, c.ID, after, pageSize)
	if err != nil {
		return err
	}
	over, err := f.reports.HandedOver(r.Context(), reader, c.ID, listed)
	if err != nil {
		return err
	}
	page := queuePage{Channel: c, Rows: rows, Next: next, Paged: after != "", Over: f.moves(over)}
	if id := r.URL.Query().Get("case"); caseID.MatchString(id) {
		page.Case = id
	}
	return f.site.Render(w, r, http.StatusOK, "desk/queue", page)
}
