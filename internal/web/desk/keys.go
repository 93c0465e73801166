package desk

import (
	"net/http"

	"verhaal/internal/desk"
	"verhaal/internal/web"
)

// maxWraps bounds the wraps of one epoch: 2.5 kB for each of a thousand holders.
const maxWraps = 4 << 20

type wrapAnswer struct {
	Epoch     int64  `json:"epoch"`
	Recipient string `json:"recipient"`
	Wrapped   []byte `json:"wrapped"`
}

// giveWraps gives a member the own wraps of the desk's keys.
func (f *face) giveWraps(w http.ResponseWriter, r *http.Request) error {
	wraps, err := f.desks.Wraps(r.Context(), web.ActorOf(r).ID, r.PathValue("channel"))
	if err != nil {
		return err
	}
	out := []wrapAnswer{}
	for _, wrap := range wraps {
		out = append(out, wrapAnswer(wrap))
	}
	return web.WriteJSON(w, http.StatusOK, out)
}

type holderAnswer struct {
	ID        string `json:"id"`
	Recipient string `json:"recipient"`
}

type dutyAnswer struct {
	Current int64                    `json:"current"`
	New     bool                     `json:"new"`
	Holders []holderAnswer           `json:"holders"`
	Missing map[int64][]holderAnswer `json:"missing"`
}

// giveDuty says what this member's browser should do for the desk's key.
func (f *face) giveDuty(w http.ResponseWriter, r *http.Request) error {
	d, err := f.desks.Duty(r.Context(), web.ActorOf(r).ID, r.PathValue("channel"))
	if err != nil {
		return err
	}
	out := dutyAnswer{d.Current, d.New, answerHolders(d.Holders), map[int64][]holderAnswer{}}
	for epoch, holders := range d.Missing {
		out.Missing[epoch] = answerHolders(holders)
	}
	return web.WriteJSON(w, http.StatusOK, out)
}

func answerHolders(holders []desk.Holder) []holderAnswer {
	out := []holderAnswer{}
	for _, h := range holders {
		out = append(out, holderAnswer(h))
	}
	return out
}

// takeEpoch takes a new epoch of the desk's key, made in this member's browser.
func (f *face) takeEpoch(w http.ResponseWriter, r *http.Request) error {
	var in struct {
		Previous  int64             `json:"previous"`
		Recipient string            `json:"recipient"`
		Wraps     map[string][]byte `json:"wraps"`
	}
	if err := web.ReadJSON(r, maxWraps, &in); err != nil {
		return err
	}
	if err := f.desks.MakeEpoch(r.Context(), web.ActorOf(r).ID, r.PathValue("channel"), in.Previous, in.Recipient, in.Wraps); err != nil {
		return err
	}
	return web.WriteJSON(w, http.StatusCreated, struct{}{})
}

// takeWraps passes an epoch on to colleagues.
func (f *face) takeWraps(w http.ResponseWriter, r *http.Request) error {
	var in struct {
		Epoch int64             `json:"epoch"`
		Wraps map[string][]byte `json:"wraps"`
	}
	if err := web.ReadJSON(r, maxWraps, &in); err != nil {
		return err
	}
	if err := f.desks.AddWraps(r.Context(), web.ActorOf(r).ID, r.PathValue("channel"), in.Epoch, in.Wraps); err != nil {
		return err
	}
	return web.WriteJSON(w, http.StatusCreated, struct{}{})
}
