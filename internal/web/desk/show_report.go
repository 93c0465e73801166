package desk

import (
	"net/http"

	"verhaal/internal/policy"
	"verhaal/internal/report"
)

type reportPage struct {
	Channel policy.Channel
	Row     report.Row
	Reasons []string
	Came    []move // from other desks, newest first
	Over    handOverForm
}

// showReport shows the facts. Reading them opens nothing.
func (f *face) showReport(w http.ResponseWriter, r *http.Request) error {
	c, row, err := f.report(r)
	if err != nil {
		return err
	}
	came, err := f.reports.Came(r.Context(), row.ID)
	if err != nil {
		return err
	}
	over, err := f.handOverForm(r, c, row.Facts)
	if err != nil {
		return err
	}
	return f.site.Render(w, r, http.StatusOK, "desk/report", reportPage{c, row, report.IdentityReasons, f.moves(came), over})
}
