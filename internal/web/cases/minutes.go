package cases

import (
	"net/http"
	"slices"

	"verhaal/internal/policy"
	"verhaal/internal/recording"
	"verhaal/internal/staff"
)

// minutes is what a prosecutor can ask of recordings, and what came of it.
type minutes struct {
	Recordings []recording.Orderable
	Purposes   []recording.Purpose
	Powers     []policy.Power
	Orders     []order
}

// order is minutes that a prosecutor asked for, as pages name it.
type order struct {
	recording.Order
	PowerName, SettledByName string
}

// minutesOf is the part of a prosecutor's page that is about recordings.
func (f *face) minutesOf(r *http.Request, lang string) (out minutes, err error) {
	ctx, who := r.Context(), actor(r)
	out.Purposes = recording.Purposes()
	for _, p := range f.records.Disclosing() {
		if held, _ := p.HeldBy(staff.Prosecutor); held {
			out.Powers = append(out.Powers, p)
		}
	}
	if out.Recordings, err = f.records.Orderable(ctx, who); err != nil {
		return out, err
	}
	all, err := f.records.OrdersOf(ctx, who)
	if err != nil {
		return out, err
	}
	for _, o := range all {
		power, _ := f.pack().Power(o.Power)
		one := order{Order: o, PowerName: power.Name.In(lang)}
		if o.SettledBy != "" {
			if one.SettledByName, err = f.called(ctx, o.SettledBy); err != nil {
				return out, err
			}
		}
		out.Orders = append(out.Orders, one)
	}
	return out, nil
}

// ordersIn lists the minutes that prosecutors ask for in a case, or in all of the
// actor's cases where casefile is "".
func (f *face) ordersIn(r *http.Request, casefile string) ([]recording.Order, error) {
	all, err := f.records.OrdersOpen(r.Context(), actor(r))
	return slices.DeleteFunc(all, func(o recording.Order) bool { return casefile != "" && o.Recording.Casefile != casefile }), err
}
