package desk

import (
	"net/http"

	"verhaal/internal/report"
	"verhaal/internal/web"
)

// answer adds a message that the officer's browser sealed to the reporter and
// to the desk. The book refuses what a safe-contact plan forbids.
func (f *face) answer(w http.ResponseWriter, r *http.Request) error {
	_, row, err := f.report(r)
	if err != nil {
		return err
	}
	var in struct {
		After  int64  `json:"after"`
		Key    string `json:"key"`
		Sealed []byte `json:"sealed"`
	}
	if err := web.ReadJSON(r, report.MaxMessage*4/3+4<<10, &in); err != nil {
		return err
	}
	if err := f.reports.Answer(r.Context(), web.ActorOf(r).ID, row.ID, in.After, in.Key, in.Sealed); err != nil {
		return err
	}
	return web.WriteJSON(w, http.StatusCreated, struct{}{})
}
