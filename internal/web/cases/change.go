package cases

import (
	"errors"
	"net/http"
	"strings"

	"verhaal/internal/casefile"
	"verhaal/internal/fault"
	"verhaal/internal/web"
	"verhaal/internal/web/facts"
)

// advance takes the case to another phase, or begins the formal report of a person
// who stands behind it.
func (f *face) advance(w http.ResponseWriter, r *http.Request) error {
	in, err := web.Form(r)
	if err != nil {
		return err
	}
	phase, person, _ := strings.Cut(in.Get("phase"), " ")
	if person != "" && phase == casefile.FormalReport {
		return f.formal(w, r, "/case/"+r.PathValue("id")+"/", person, f.files.BeginFormalReport(r.Context(), actor(r), r.PathValue("id"), person))
	}
	if err := f.files.Advance(r.Context(), actor(r), r.PathValue("id"), phase); err != nil {
		return err
	}
	return web.Back(w, r, "/case/"+r.PathValue("id")+"/")
}

// refused is a formal report that rules don't let begin, with those rules.
type refused struct {
	facts.Decision
	ID, Person string
}

// formal answers an act that begins a person's formal report: with the case, at a
// page of it, or with the rules that are in the way.
func (f *face) formal(w http.ResponseWriter, r *http.Request, to, person string, err error) error {
	var first casefile.TalkFirst
	if errors.As(err, &first) {
		lang := facts.Language(first.Pack, f.site.Page(r).Lang)
		return f.site.Render(w, r, http.StatusForbidden, "cases/refused", refused{facts.Show(first.Pack, first.Decision, nil, lang), r.PathValue("id"), person})
	}
	if err != nil {
		return err
	}
	return web.Back(w, r, to)
}

func (f *face) addPerson(w http.ResponseWriter, r *http.Request) error {
	in, err := web.Form(r)
	if err != nil {
		return err
	}
	made, err := f.files.AddPerson(r.Context(), actor(r), r.PathValue("id"), in.Get("role"))
	if err != nil {
		return err
	}
	return web.Back(w, r, "/case/"+r.PathValue("id")+"/about/"+made)
}

// plan begins the plan of an interview.
func (f *face) plan(w http.ResponseWriter, r *http.Request) error {
	in, err := web.Form(r)
	if err != nil {
		return err
	}
	made, err := f.files.Plan(r.Context(), actor(r), r.PathValue("id"), in.Get("person"))
	if err != nil {
		return err
	}
	return web.Back(w, r, "/case/"+r.PathValue("id")+"/about/"+made)
}

func (f *face) changeRole(w http.ResponseWriter, r *http.Request) error {
	in, err := web.Form(r)
	if err != nil {
		return err
	}
	if err := f.files.ChangeRole(r.Context(), actor(r), r.PathValue("id"), r.PathValue("subject"), in.Get("role")); err != nil {
		return err
	}
	return web.Back(w, r, "/case/"+r.PathValue("id")+"/about/"+r.PathValue("subject"))
}

// changeState confirms, holds or cancels an interview. Confirming what the
// rules block is refused, and so is what holds no room and nobody, unless it
// says why they are not in our calendar.
func (f *face) changeState(w http.ResponseWriter, r *http.Request) error {
	in, err := web.Form(r)
	if err != nil {
		return err
	}
	acts := map[string]func() error{
		"confirm": func() error {
			if why := in.Get("outside"); why != "" {
				return f.files.ConfirmOutside(r.Context(), actor(r), r.PathValue("id"), r.PathValue("subject"), why)
			}
			return f.files.Confirm(r.Context(), actor(r), r.PathValue("id"), r.PathValue("subject"))
		},
		"hold": func() error { return f.files.Hold(r.Context(), actor(r), r.PathValue("id"), r.PathValue("subject")) },
		"cancel": func() error {
			return f.files.Cancel(r.Context(), actor(r), r.PathValue("id"), r.PathValue("subject"), in.Get("why"))
		},
	}
	act, ok := acts[in.Get("act")]
	if !ok {
		return fault.New(fault.BadInput, "", "not something that is done to an interview")
	}
	if err := act(); err != nil {
		return err
	}
	return web.Back(w, r, "/case/"+r.PathValue("id")+"/about/"+r.PathValue("subject"))
}
