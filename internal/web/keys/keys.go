// Package keys lets a member's browser take care of a shared key: that of a
// desk or of a case file. The server hands out and takes in wraps, sealed.
package keys

import (
	"context"
	"net/http"

	"verhaal/internal/keyring"
	"verhaal/internal/web"
)

// Rings are the keys of one kind of thing, by its id.
type Rings interface {
	Wraps(ctx context.Context, staff, id string) ([]keyring.Wrap, error)
	Duty(ctx context.Context, staff, id string) (keyring.Duty, error)
	MakeEpoch(ctx context.Context, staff, id string, previous int64, recipient string, wraps map[string][]byte) error
	AddWraps(ctx context.Context, staff, id string, epoch int64, wraps map[string][]byte) error
}

type face struct {
	rings Rings
	id    string // name of the part of the path that is the id
}

// Register adds the four routes of a ring under a path such as
// "/desk/{channel}", whose id is the part of that name.
func Register(mux *http.ServeMux, site *web.Site, under, id, power string, rings Rings) {
	f := face{rings, id}
	site.HandleStaff(mux, "GET "+under+"/wraps", power, f.giveWraps)
	site.HandleStaff(mux, "POST "+under+"/wraps", power, f.takeWraps)
	site.HandleStaff(mux, "GET "+under+"/duty", power, f.giveDuty)
	site.HandleStaff(mux, "POST "+under+"/epoch", power, f.takeEpoch)
}

// maxWraps bounds the wraps of one epoch: 2.5 kB for each of a thousand holders.
const maxWraps = 4 << 20

type wrapAnswer struct {
	Epoch     int64  `json:"epoch"`
	Recipient string `json:"recipient"`
	Wrapped   []byte `json:"wrapped"`
}

// giveWraps gives a member their own wraps of the key.
func (f face) giveWraps(w http.ResponseWriter, r *http.Request) error {
	wraps, err := f.rings.Wraps(r.Context(), web.ActorOf(r).ID, r.PathValue(f.id))
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

// giveDuty says what this member's browser should do for the key.
func (f face) giveDuty(w http.ResponseWriter, r *http.Request) error {
	d, err := f.rings.Duty(r.Context(), web.ActorOf(r).ID, r.PathValue(f.id))
	if err != nil {
		return err
	}
	out := dutyAnswer{d.Current, d.New, answerHolders(d.Holders), map[int64][]holderAnswer{}}
	for epoch, holders := range d.Missing {
		out.Missing[epoch] = answerHolders(holders)
	}
	return web.WriteJSON(w, http.StatusOK, out)
}

func answerHolders(holders []keyring.Holder) []holderAnswer {
	out := []holderAnswer{}
	for _, h := range holders {
		out = append(out, holderAnswer(h))
	}
	return out
}

// takeEpoch takes a new epoch of the key, made in this member's browser.
func (f face) takeEpoch(w http.ResponseWriter, r *http.Request) error {
	var in struct {
		Previous  int64             `json:"previous"`
		Recipient string            `json:"recipient"`
		Wraps     map[string][]byte `json:"wraps"`
	}
	if err := web.ReadJSON(r, maxWraps, &in); err != nil {
		return err
	}
	if err := f.rings.MakeEpoch(r.Context(), web.ActorOf(r).ID, r.PathValue(f.id), in.Previous, in.Recipient, in.Wraps); err != nil {
		return err
	}
	return web.WriteJSON(w, http.StatusCreated, struct{}{})
}

// takeWraps passes an epoch on to colleagues.
func (f face) takeWraps(w http.ResponseWriter, r *http.Request) error {
	var in struct {
		Epoch int64             `json:"epoch"`
		Wraps map[string][]byte `json:"wraps"`
	}
	if err := web.ReadJSON(r, maxWraps, &in); err != nil {
		return err
	}
	if err := f.rings.AddWraps(r.Context(), web.ActorOf(r).ID, r.PathValue(f.id), in.Epoch, in.Wraps); err != nil {
		return err
	}
	return web.WriteJSON(w, http.StatusCreated, struct{}{})
}
