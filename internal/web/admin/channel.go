package admin

import (
	"net/http"

	"verhaal/internal/fault"
	"verhaal/internal/staff"
	"verhaal/internal/web"
)

func (f *face) showChannel(w http.ResponseWriter, r *http.Request) error {
	c, err := f.policyChannel(r)
	if err != nil {
		return err
	}
	shown, err := f.channel(r, c)
	if err != nil {
		return err
	}
	return f.site.Render(w, r, http.StatusOK, "admin/channel", struct {
		Channel channel
		Done    string
	}{shown, done(r)})
}

func (f *face) setOpen(w http.ResponseWriter, r *http.Request) error {
	c, err := f.policyChannel(r)
	if err != nil {
		return err
	}
	if err := web.ReadForm(r, maxForm); err != nil {
		return err
	}
	open := r.PostForm.Get("open") == "1"
	if err := f.desks.SetOpen(r.Context(), actor(r), c.ID, open); err != nil {
		return err
	}
	said := "closed"
	if open {
		said = "opened"
	}
	return f.changed(w, r, "/admin/channels/"+c.ID, said)
}

func (f *face) addMember(w http.ResponseWriter, r *http.Request) error {
	c, err := f.policyChannel(r)
	if err != nil {
		return err
	}
	if err := web.ReadForm(r, maxForm); err != nil {
		return err
	}
	who, err := f.people.ByLogin(r.Context(), r.PostForm.Get("login"))
	if err != nil {
		return err
	}
	if !who.Can(staff.Officer) {
		return fault.New(fault.Conflict, "admin.fault.no_officer", "not an active officer")
	}
	if err := f.desks.AddMember(r.Context(), actor(r), c.ID, who.ID); err != nil {
		return err
	}
	return f.changed(w, r, "/admin/channels/"+c.ID, "added")
}

// removeMember takes somebody off a desk. Interviews of its cases that they are booked for
// are shown first.
func (f *face) removeMember(w http.ResponseWriter, r *http.Request) error {
	c, err := f.policyChannel(r)
	if err != nil {
		return err
	}
	if err := web.ReadForm(r, maxForm); err != nil {
		return err
	}
	who := r.PostForm.Get("staff")
	return f.parted(w, r, who, c.ID, "/admin/channels/"+c.ID+"?done=removed", func() error {
		return f.desks.RemoveMember(r.Context(), actor(r), c.ID, who)
	})
}
