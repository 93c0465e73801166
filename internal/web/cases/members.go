package cases

import "net/http"

func (f *face) addMember(w http.ResponseWriter, r *http.Request) error {
	in, err := form(r)
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
	return back(w, r, "/case/"+r.PathValue("id")+"/")
}

// exclude keeps somebody who is implicated or has a conflict out for good.
func (f *face) exclude(w http.ResponseWriter, r *http.Request) error {
	in, err := form(r)
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
	return back(w, r, "/case/"+r.PathValue("id")+"/")
}
