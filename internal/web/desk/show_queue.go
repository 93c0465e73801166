package desk

import (
	"net/http"

	"verhaal/internal/policy"
	"verhaal/internal/report"
)

// pageSize is how many reports a page of the queue shows.
const pageSize = 50

type queuePage struct {
	Channel policy.Channel
	Rows    []report.Row
	Next    string // cursor of the next page
	Paged   bool
	Over    []move // the last hand-overs from this desk, newest first
}

func (f *face) showQueue(w http.ResponseWriter, r *http.Request) error {
	c, err := f.channel(r)
	if err != nil {
		return err
	}
	after := r.URL.Query().Get("after")
	rows, next, err := f.reports.Queue(r.Context(), c.ID, after, pageSize)
	if err != nil {
		return err
	}
	over, err := f.reports.HandedOver(r.Context(), c.ID, listed)
	if err != nil {
		return err
	}
	return f.site.Render(w, r, http.StatusOK, "desk/queue", queuePage{c, rows, next, after != "", f.moves(over)})
}
