package admin

import (
	"net/http"
	"slices"

	"verhaal/internal/fault"
	"verhaal/internal/policy"
	"verhaal/internal/staff"
	"verhaal/internal/web"
	"verhaal/internal/web/withdraw"
)

// chosen is a power and whether the person has it.
type chosen struct {
	staff.Power
	Has bool
}

// place is a desk the person is on.
type place struct{ ID, Name string }

func (f *face) showPerson(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	who, err := f.people.ByID(ctx, r.PathValue("id"))
	if err != nil {
		return err
	}
	certificates, err := f.people.Certificates(ctx, who.ID)
	if err != nil {
		return err
	}
	on, err := f.desks.Of(ctx, who.ID)
	if err != nil {
		return err
	}
	var desks []place
	pack := f.pack()
	for _, id := range on {
		if c, ok := pack.Channel(id); ok {
			desks = append(desks, place{id, c.Name.In(f.site.Page(r).Lang)})
		}
	}
	var powers []chosen
	for _, p := range staff.Powers() {
		has := false
		for _, own := range who.Powers {
			has = has || own == p.Name
		}
		powers = append(powers, chosen{p, has})
	}
	return f.site.Render(w, r, http.StatusOK, "admin/person", struct {
		Who          staff.Member
		Until        string
		Powers       []chosen
		Doubtful     bool
		Certificates []staff.Certificate
		Kinds        []string
		Desks        []place
		Today        int
		Done         string
	}{who, who.Until.Format("2006-01-02"), powers, staff.Doubtful(who.Powers), certificates, policy.CertificateKinds(), desks, f.people.Today(), done(r)})
}

// setPowers gives somebody other powers. Interviews that they are booked for and may
// not hold any more are shown first.
func (f *face) setPowers(w http.ResponseWriter, r *http.Request) error {
	if err := web.ReadForm(r, maxForm); err != nil {
		return err
	}
	id := r.PathValue("id")
	powers := r.PostForm["power"]
	set := func() error { return f.people.SetPowers(r.Context(), actor(r), id, powers) }
	if slices.Contains(powers, staff.Officer) {
		if err := set(); err != nil {
			return err
		}
		return f.changed(w, r, "/admin/people/"+id, "powers")
	}
	return f.parted(w, r, id, "", "/admin/people/"+id+"?done=powers", set)
}

func (f *face) certify(w http.ResponseWriter, r *http.Request) error {
	if err := web.ReadForm(r, maxForm); err != nil {
		return err
	}
	from, err := staff.ReadDay(r.PostForm.Get("from"))
	if err != nil {
		return err
	}
	until, err := staff.ReadDay(r.PostForm.Get("until"))
	if err != nil {
		return err
	}
	c := staff.Certificate{Staff: r.PathValue("id"), From: from, Until: until, Number: r.PostForm.Get("number")}
	for _, k := range policy.CertificateKinds() {
		if k == r.PostForm.Get("kind") {
			c.Kind = k
		}
	}
	if _, err := f.people.Certify(r.Context(), actor(r), c); err != nil {
		return err
	}
	return f.changed(w, r, "/admin/people/"+c.Staff, "certificate")
}

// revoke withdraws a certificate. Interviews that its holder is booked for
// without it are shown first.
func (f *face) revoke(w http.ResponseWriter, r *http.Request) error {
	if err := web.ReadForm(r, maxForm); err != nil {
		return err
	}
	id := r.PathValue("id")
	err := f.colleagues.Revoke(r.Context(), actor(r), id, r.PostForm.Get("certificate"), r.PostForm[withdraw.Seen])
	return withdraw.Done(f.site, w, r, err, "/admin/people/"+id+"?done=revoked")
}

func (f *face) endSessions(w http.ResponseWriter, r *http.Request) error {
	id := r.PathValue("id")
	if _, err := f.people.ByID(r.Context(), id); err != nil {
		return err
	}
	if err := f.people.SignOutEverywhere(r.Context(), actor(r), id); err != nil {
		return err
	}
	return f.changed(w, r, "/admin/people/"+id, "sessions")
}

// leave ends an account. It can't be undone, so the form has a box to tick, and
// interviews that they are booked for are shown first.
func (f *face) leave(w http.ResponseWriter, r *http.Request) error {
	if err := web.ReadForm(r, maxForm); err != nil {
		return err
	}
	if r.PostForm.Get("sure") != "yes" {
		return fault.New(fault.BadInput, "admin.fault.not_sure", "the box was not ticked")
	}
	id := r.PathValue("id")
	return f.parted(w, r, id, "", "/admin/people/"+id+"?done=left", func() error {
		if err := f.people.Leave(r.Context(), actor(r), id); err != nil {
			return err
		}
		on, err := f.desks.Of(r.Context(), id)
		if err != nil {
			return err
		}
		for _, channel := range on {
			if err := f.desks.RemoveMember(r.Context(), actor(r), channel, id); err != nil {
				return err
			}
		}
		return nil
	})
}

// parted lets somebody go, from the desk of a channel or from all (""), once the interviews
// that they are booked for there were seen; and goes to a page that says so.
func (f *face) parted(w http.ResponseWriter, r *http.Request, id, channel, to string, let func() error) error {
	err := f.colleagues.Part(r.Context(), actor(r), id, channel, r.PostForm[withdraw.Seen], func() error {
		if err := let(); err != nil {
			return err
		}
		_, err := f.desks.Sweep(r.Context())
		return err
	})
	return withdraw.Done(f.site, w, r, err, to)
}
