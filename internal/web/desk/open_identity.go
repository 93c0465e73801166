package desk

import (
	"net/http"

	"verhaal/internal/report"
	"verhaal/internal/web"
)

// openIdentity gives out who reported, against a reason: a code, and words
// that the browser sealed to the desk. It is an act of its own.
func (f *face) openIdentity(w http.ResponseWriter, r *http.Request) error {
	_, row, err := f.report(r)
	if err != nil {
		return err
	}
	var in struct {
		Code   string `json:"code"`
		Reason []byte `json:"reason"`
	}
	if err := web.ReadJSON(r, report.MaxMessage*4/3, &in); err != nil {
		return err
	}
	got, err := f.reports.OpenIdentity(r.Context(), web.ActorOf(r).ID, row.ID, in.Code, in.Reason)
	if err != nil {
		return err
	}
	return web.WriteJSON(w, http.StatusOK, struct {
		Epoch int64  `json:"epoch"`
		Key   []byte `json:"key"`
		File  []byte `json:"file"`
	}{got.Epoch, got.Key, got.File})
}
