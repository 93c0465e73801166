package cases

import (
	"net/http"

	"verhaal/internal/web"
)

func (f *face) addMember(w http.ResponseWriter, r *http.Request) error {
	in, err := web.Form(r)
	if err != nil {
		return err
	}
	who, err := f.people.ByLogin(r.Context(), in.Get("login"))
	if err != nil {
		return err
	}
	if err := f.files.AddMember(r.Context(), actor(r), r.PathValue("id"), who.ID); err != nil {
		return err
	}
	return web.Back(w, r, "/case/"+r.PathValue("id")+"/")
}

// removeMember takes a colleague off who is not needed any more.
func (f *face) removeMember(w http.ResponseWriter, r *http.Request) error {
	if err := f.files.RemoveMember(r.Context(), actor(r), r.PathValue("id"), r.PathValue("member")); err != nil {
		return err
	}
	return web.Back(w, r, "/case/"+r.PathValue("id")+"/")
}

// exclude keeps somebody who is implicated or has a conflict out for good.
func (f *face) exclude(w http.ResponseWriter, r *http.Request) error {
	in, err := web.Form(r)
	if err != nil {
		return err
	}
	who, err := f.people.ByLogin(r.Context(), in.Get("login"))
	if err != nil {
		return err
	}
	if err := f.files.Exclude(r.Context(), actor(r), r.PathValue("id"), who.ID, in.Get("why")); err != nil {
		return err
	}
	return web.Back(w, r, "/case/"+r.PathValue("id")+"/")
}
