package admin

import (
	"net/http"

	"verhaal/internal/staff"
	"verhaal/internal/web"
)

const peoplePage = 50

func (f *face) showPeople(w http.ResponseWriter, r *http.Request) error {
	page, next, err := f.people.List(r.Context(), r.URL.Query().Get("after"), peoplePage)
	if err != nil {
		return err
	}
	return f.site.Render(w, r, http.StatusOK, "admin/people", struct {
		People []staff.Member
		Next   string
		Powers []staff.Power
	}{page, next, staff.Powers()})
}

// invite shows the code in its answer and nowhere else: it is not kept.
func (f *face) invite(w http.ResponseWriter, r *http.Request) error {
	if err := web.ReadForm(r, maxForm); err != nil {
		return err
	}
	form := r.PostForm
	who := staff.Newcomer{Login: form.Get("login"), Name: form.Get("name"), Lang: f.site.Page(r).Lang, Powers: form["power"]}
	id, code, err := f.people.Invite(r.Context(), actor(r), who)
	if err != nil {
		return err
	}
	return f.showCode(w, r, id, code)
}

func (f *face) inviteAgain(w http.ResponseWriter, r *http.Request) error {
	id := r.PathValue("id")
	code, err := f.people.InviteAgain(r.Context(), actor(r), id)
	if err != nil {
		return err
	}
	return f.showCode(w, r, id, code)
}

func (f *face) showCode(w http.ResponseWriter, r *http.Request, id, code string) error {
	who, err := f.people.ByID(r.Context(), id)
	if err != nil {
		return err
	}
	return f.site.Render(w, r, http.StatusCreated, "admin/code", struct {
		Who      staff.Member
		Code     string
		Doubtful bool
	}{who, code, staff.Doubtful(who.Powers)})
}
