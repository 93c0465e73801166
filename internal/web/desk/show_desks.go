package desk

import (
	"net/http"

	"verhaal/internal/desk"
	"verhaal/internal/fault"
	"verhaal/internal/policy"
	"verhaal/internal/report"
	"verhaal/internal/web"
)

// deskCard is one of the own desks.
type deskCard struct {
	Channel policy.Channel
	Counts  report.Counts
	Limit   int    // counts stop there
	Barred  string // message id of why the member may not read today
	Duty    string // message id of what the desk's key needs from this browser
}

func (f *face) showDesks(w http.ResponseWriter, r *http.Request) error {
	ctx, actor := r.Context(), web.ActorOf(r).ID
	mine, err := f.desks.Of(ctx, actor)
	if err != nil {
		return err
	}
	var cards []deskCard
	pack := f.pack()
	for _, id := range mine {
		card := deskCard{Limit: report.CountLimit}
		card.Channel, _ = pack.Channel(id)
		duty, err := f.desks.Duty(ctx, actor, id)
		switch {
		case fault.KindOf(err) == fault.Refused && err != nil:
			card.Barred = fault.KeyOf(err)
		case err != nil:
			return err
		default:
			card.Duty = dutyText(duty)
			if card.Counts, err = f.reports.Counts(ctx, actor, id); err != nil {
				return err
			}
		}
		cards = append(cards, card)
	}
	return f.site.Render(w, r, http.StatusOK, "desk/desks", cards)
}

func dutyText(d desk.Duty) string {
	switch {
	case d.Current == 0:
		return "desk.duty.first"
	case d.New:
		return "desk.duty.due"
	case len(d.Missing) > 0:
		return "desk.duty.colleague"
	}
	return ""
}
