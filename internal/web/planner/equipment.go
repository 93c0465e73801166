package planner

import (
	"net/http"
	"slices"

	"verhaal/internal/planner"
	"verhaal/internal/policy"
	"verhaal/internal/web"
	"verhaal/internal/web/facts"
	"verhaal/internal/web/withdraw"
)

// needed is the equipment that the pack asks of rooms for interviews.
func (f *face) needed() []policy.Duty {
	var out []policy.Duty
	for _, k := range f.pack().Rooms {
		if k.For != policy.ForInterview {
			continue
		}
		for _, d := range k.Equipment {
			if !slices.ContainsFunc(out, func(o policy.Duty) bool { return o.ID == d.ID }) {
				out = append(out, d)
			}
		}
	}
	return out
}

// shownItem is an item with the name of its kind and of where it is.
type shownItem struct {
	planner.Entry[planner.Item]
	Kind, Place string
}

func (f *face) showEquipment(w http.ResponseWriter, r *http.Request) error {
	all, err := f.book.Items(r.Context())
	if err != nil {
		return err
	}
	rooms, err := f.book.Rooms(r.Context())
	if err != nil {
		return err
	}
	lang := facts.Language(f.pack(), f.site.Page(r).Lang)
	var shown []shownItem
	for _, e := range all {
		one := shownItem{e, e.It.Kind, e.It.Region}
		for _, d := range f.needed() {
			if d.ID == e.It.Kind {
				one.Kind = d.Name.In(lang)
			}
		}
		if room, err := entry(rooms, func(o planner.Room) bool { return o.ID == e.It.Room }); err == nil {
			one.Place = room.It.Name
		}
		shown = append(shown, one)
	}
	return f.site.Render(w, r, http.StatusOK, "planner/equipment", struct {
		Items []shownItem
		Lang  string
	}{shown, lang})
}

type itemPage struct {
	planner.Entry[planner.Item]
	Kinds   []policy.Duty
	Rooms   []planner.Entry[planner.Room]
	Lang    string
	Keeping keeping
}

func (f *face) showItem(w http.ResponseWriter, r *http.Request) error {
	page := itemPage{Kinds: f.needed(), Lang: facts.Language(f.pack(), f.site.Page(r).Lang)}
	page.Used = true
	var err error
	if page.Rooms, err = f.book.Rooms(r.Context()); err != nil {
		return err
	}
	if id := r.PathValue("id"); id != isNew {
		all, err := f.book.Items(r.Context())
		if err != nil {
			return err
		}
		if page.Entry, err = entry(all, func(i planner.Item) bool { return i.ID == id }); err != nil {
			return err
		}
		if page.Keeping, err = f.keeping(r, "equipment/"+id); err != nil {
			return err
		}
	}
	return f.site.Render(w, r, http.StatusOK, "planner/item", page)
}

func (f *face) saveItem(w http.ResponseWriter, r *http.Request) error {
	in, err := web.Form(r)
	if err != nil {
		return err
	}
	e := planner.Entry[planner.Item]{Used: in.Get("used") != "", It: planner.Item{Kind: in.Get("kind"), Number: in.Get("number"), Room: in.Get("room"),
		Region: in.Get("region"), Mobile: in.Get("mobile") != ""}}
	if id := r.PathValue("id"); id != isNew {
		e.It.ID = id
		if e.Version, err = version(in); err != nil {
			return err
		}
	}
	id, err := f.book.SaveItem(r.Context(), actor(r), e, f.kinds(), in[withdraw.Seen]...)
	return withdraw.Done(f.site, w, r, err, "/planner/equipment/"+id)
}
