package cases

import (
	"net/http"
	"slices"

	"verhaal/internal/casefile"
	"verhaal/internal/fault"
	"verhaal/internal/staff"
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

// excludePage shows whom somebody is about to keep out.
type excludePage struct {
	File   casefile.File
	Who    staff.Member
	Member bool
	Why    string
}

// exclude keeps somebody out who is implicated or has a conflict. Whom it is about is
// shown before: it is done when the form names the person who was shown.
func (f *face) exclude(w http.ResponseWriter, r *http.Request) error {
	in, err := web.Form(r)
	if err != nil {
		return err
	}
	ctx, id := r.Context(), r.PathValue("id")
	who, err := f.people.ByLogin(ctx, in.Get("login"))
	if err != nil {
		return err
	}
	if in.Get("shown") == who.ID {
		if err := f.files.Exclude(ctx, actor(r), id, who.ID, in.Get("why")); err != nil {
			return err
		}
		return web.Back(w, r, "/case/"+id+"/")
	}
	page := excludePage{Who: who, Why: in.Get("why")}
	if !slices.Contains(casefile.ExclusionReasons(), page.Why) {
		return fault.New(fault.BadInput, "case.fault.why", "no reason of the list")
	}
	if page.File, err = f.files.View(ctx, actor(r), id); err != nil {
		return err
	}
	members, err := f.files.Members(ctx, actor(r), id)
	if err != nil {
		return err
	}
	page.Member = slices.ContainsFunc(members, func(m casefile.Member) bool { return m.Staff == who.ID && m.Excluded == "" })
	return f.site.Render(w, r, http.StatusOK, "cases/exclude", page)
}

// exclusion is one as a prosecutor's page names it.
type exclusion struct {
	casefile.Exclusion
	Desk, Who, ByName string
}

// exclusions lists who is kept out of cases, for a prosecutor.
func (f *face) exclusions(r *http.Request) ([]exclusion, error) {
	all, err := f.files.Exclusions(r.Context(), actor(r), listedDecisions)
	if err != nil {
		return nil, err
	}
	var out []exclusion
	for _, e := range all {
		one := exclusion{Exclusion: e, Desk: f.channelName(e.Channel, f.site.Page(r).Lang)}
		if one.Who, err = f.called(r.Context(), e.Staff); err != nil {
			return nil, err
		}
		if one.ByName, err = f.called(r.Context(), e.By); err != nil {
			return nil, err
		}
		out = append(out, one)
	}
	return out, nil
}

// judgeExclusion lets an exclusion stand, or lifts it for a reason.
func (f *face) judgeExclusion(w http.ResponseWriter, r *http.Request) error {
	in, err := web.Form(r)
	if err != nil {
		return err
	}
	if err := f.files.JudgeExclusion(r.Context(), actor(r), r.PathValue("id"), in.Get("state"), in.Get("why")); err != nil {
		return err
	}
	return web.Back(w, r, "/decisions/#exclusions")
}
