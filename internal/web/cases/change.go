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

// changedMeanwhile is the fault of what somebody else changed after the writer saw it.
const changedMeanwhile = "case.fault.changed_meanwhile"

// advance takes the case to another phase, or begins the formal report of a person
// who stands behind it.
func (f *face) advance(w http.ResponseWriter, r *http.Request) error {
	in, err := web.Form(r)
	if err != nil {
		return err
	}
	id, home := r.PathValue("id"), "/case/"+r.PathValue("id")+"/"
	phase, person, _ := strings.Cut(in.Get("phase"), " ")
	if person != "" && phase == casefile.FormalReport {
		err = f.files.BeginFormalReport(r.Context(), actor(r), id, person, in.Get("seen"))
	} else {
		err = f.files.Advance(r.Context(), actor(r), id, in.Get("seen"), phase)
	}
	if fault.KeyOf(err) != changedMeanwhile {
		return f.formal(w, r, home, person, err)
	}
	file, err := f.files.Get(r.Context(), actor(r), id)
	if err != nil {
		return err
	}
	return f.caseFile(w, r, http.StatusConflict, casePage{Meanwhile: f.meanwhile(r, "phase", file.Phase, phase)})
}

// meanwhile is a value that somebody else changed after the page was opened, for the partial
// "meanwhile"; field is its name in the locales.
func (f *face) meanwhile(r *http.Request, field, now, chosen string) *clash {
	say, at := f.site.Page(r).T, "cases."+field
	return &clash{say(at), say(at + "." + now), say(at + "." + chosen)}
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
	ctx, id, person := r.Context(), r.PathValue("id"), r.PathValue("subject")
	err = f.files.ChangeRole(ctx, actor(r), id, person, in.Get("seen"), in.Get("role"))
	if fault.KeyOf(err) != changedMeanwhile {
		return backTo(w, r, here(r), err)
	}
	people, err := f.files.Persons(ctx, actor(r), id)
	if err != nil {
		return err
	}
	for _, p := range people {
		if p.ID == person {
			return f.aboutMeanwhile(w, r, f.meanwhile(r, "role", p.Role, in.Get("role")))
		}
	}
	return fault.New(fault.NotFound, "", "no such person")
}

func backTo(w http.ResponseWriter, r *http.Request, page string, err error) error {
	if err != nil {
		return err
	}
	return web.Back(w, r, page)
}

// aboutMeanwhile is the page of a person with a value that somebody else changed.
func (f *face) aboutMeanwhile(w http.ResponseWriter, r *http.Request, value *clash) error {
	known, err := f.files.Facts(r.Context(), actor(r), r.PathValue("id"), subject(r))
	if err != nil {
		return err
	}
	return f.about(w, r, http.StatusConflict, aboutPage{Meanwhile: value}, known, filled(known))
}

// changeState confirms, holds or cancels an interview, or says that it was not held after all. Confirming what the
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
		"not_held": func() error {
			return f.files.NotHeld(r.Context(), actor(r), r.PathValue("id"), r.PathValue("subject"), in.Get("why"))
		},
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
