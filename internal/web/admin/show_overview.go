package admin

import (
	"net/http"
	"time"

	"verhaal/internal/rulebook"
	"verhaal/internal/staff"
)

// soon is how many days before its end a certificate is announced.
const soon = 60

// mostEnding is how many ending certificates the overview lists.
const mostEnding = 50

// ending is a certificate that ends soon, and whose.
type ending struct {
	staff.Certificate
	Name string
}

func (f *face) showOverview(w http.ResponseWriter, r *http.Request) error {
	var data struct {
		Channels []channel
		Ending   []ending
		Soon     int
		Proposed int // versions of the rules that wait for a second administrator
		Seals    int // that wait for a timestamp
	}
	data.Soon = soon
	for _, c := range f.pack().Channels {
		shown, err := f.channel(r, c)
		if err != nil {
			return err
		}
		data.Channels = append(data.Channels, shown)
	}
	today, err := staff.ParseDay(f.people.Today())
	if err != nil {
		return err
	}
	list, err := f.people.Ending(r.Context(), staff.Day(today), staff.Day(today.Add(soon*24*time.Hour)), mostEnding)
	if err != nil {
		return err
	}
	for _, c := range list {
		who, err := f.people.ByID(r.Context(), c.Staff)
		if err != nil {
			return err
		}
		data.Ending = append(data.Ending, ending{c, who.Name})
	}
	versions, err := f.rules.List(r.Context())
	if err != nil {
		return err
	}
	for _, v := range versions {
		if v.State == rulebook.Proposed {
			data.Proposed++
		}
	}
	if data.Seals, err = f.seals.Unstamped(r.Context()); err != nil {
		return err
	}
	return f.site.Render(w, r, http.StatusOK, "admin/overview", data)
}
