package planner

import (
	"context"
	"net/http"
	"slices"
	"strings"
	"time"

	"verhaal/internal/fault"
	"verhaal/internal/planner"
	"verhaal/internal/policy"
	"verhaal/internal/staff"
	"verhaal/internal/web"
	"verhaal/internal/web/facts"
	"verhaal/internal/web/withdraw"
)

// keeping is the part of a page about one thing that is kept: when it is away,
// and its calendar.
type keeping struct {
	Who      string // "room/…", as the calendar names it; "" while it is new
	Absences []planner.Absence
	Reasons  []string
	Back     string
	Feed     bool      // it can have a calendar for other programs
	Made     time.Time // since when it has one; zero for never
}

func (f *face) keeping(r *http.Request, who string) (keeping, error) {
	k := keeping{Who: who, Reasons: planner.AbsenceReasons(), Back: r.URL.Path, Feed: strings.HasPrefix(who, "room/") || strings.HasPrefix(who, "staff/")}
	all, err := f.book.Absences(r.Context(), f.clock())
	if err != nil {
		return k, err
	}
	for _, a := range all {
		if a.Who == who {
			k.Absences = append(k.Absences, a)
		}
	}
	feeds, err := f.book.Feeds(r.Context())
	k.Made = feeds[who]
	return k, err
}

// entry finds the one that an address names.
func entry[T any](all []planner.Entry[T], named func(T) bool) (planner.Entry[T], error) {
	i := slices.IndexFunc(all, func(e planner.Entry[T]) bool { return named(e.It) })
	if i < 0 {
		return planner.Entry[T]{}, fault.New(fault.NotFound, "", "no such room or interpreter")
	}
	return all[i], nil
}

func (f *face) showRooms(w http.ResponseWriter, r *http.Request) error {
	rooms, err := f.book.Rooms(r.Context())
	if err != nil {
		return err
	}
	pack := f.pack()
	return f.site.Render(w, r, http.StatusOK, "planner/rooms", struct {
		Rooms []planner.Entry[planner.Room]
		Pack  *policy.Pack
		Lang  string
	}{rooms, pack, facts.Language(pack, f.site.Page(r).Lang)})
}

type roomPage struct {
	planner.Entry[planner.Room]
	Hours     hours
	Kinds     []policy.RoomKind
	Equipment []policy.Duty
	Lang      string
	Keeping   keeping
}

// Has says whether the room has a piece of equipment.
func (p roomPage) Has(id string) bool { return slices.Contains(p.It.Equipment, id) }

func (f *face) showRoom(w http.ResponseWriter, r *http.Request) error {
	page := roomPage{Lang: facts.Language(f.pack(), f.site.Page(r).Lang)}
	page.Used, page.It.Hours = true, office
	if id := r.PathValue("id"); id != isNew {
		rooms, err := f.book.Rooms(r.Context())
		if err != nil {
			return err
		}
		if page.Entry, err = entry(rooms, func(room planner.Room) bool { return room.ID == id }); err != nil {
			return err
		}
		if page.Keeping, err = f.keeping(r, "room/"+id); err != nil {
			return err
		}
	}
	page.Kinds, page.Equipment = slices.DeleteFunc(slices.Clone(f.pack().Rooms), func(k policy.RoomKind) bool { return k.For != policy.ForInterview }), f.needed()
	page.Hours = hoursOf("", page.It.Hours)
	return f.site.Render(w, r, http.StatusOK, "planner/room", page)
}

func (f *face) saveRoom(w http.ResponseWriter, r *http.Request) error {
	in, err := web.Form(r)
	if err != nil {
		return err
	}
	e := planner.Entry[planner.Room]{Used: in.Get("used") != "", It: planner.Room{Name: in.Get("name"), Site: in.Get("site"), Region: in.Get("region"),
		Kind: in.Get("kind"), Adapted: in.Get("adapted") != "", Equipment: in["equipment"]}}
	if e.It.Hours, err = hoursFrom(in, ""); err != nil {
		return err
	}
	if id := r.PathValue("id"); id != isNew {
		e.It.ID = id
		if e.Version, err = version(in); err != nil {
			return err
		}
	}
	id, err := f.book.SaveRoom(r.Context(), actor(r), e, f.kinds(), in[withdraw.Seen]...)
	return withdraw.Done(f.site, w, r, err, "/planner/rooms/"+id)
}

func (f *face) showPeople(w http.ResponseWriter, r *http.Request) error {
	workers, err := f.book.Workers(r.Context())
	if err != nil {
		return err
	}
	officers, err := f.people.With(r.Context(), staff.Officer)
	if err != nil {
		return err
	}
	left, err := f.leftFeeds(r.Context(), officers)
	if err != nil {
		return err
	}
	officers = slices.DeleteFunc(officers, func(m staff.Member) bool {
		return slices.ContainsFunc(workers, func(e planner.Entry[planner.Worker]) bool { return e.It.ID == m.ID })
	})
	return f.site.Render(w, r, http.StatusOK, "planner/people", struct {
		Workers []planner.Entry[planner.Worker]
		Others  []staff.Member
		Left    []leftFeed
		Today   string
	}{workers, officers, left, f.clock().Format("2006-01-02")})
}

// leftFeed is the calendar for other programs of somebody who has no page here any
// more: they left, or are no officer now.
type leftFeed struct {
	Who, Name string
	Made      time.Time
}

func (f *face) leftFeeds(ctx context.Context, officers []staff.Member) (out []leftFeed, err error) {
	feeds, err := f.book.Feeds(ctx)
	if err != nil {
		return nil, err
	}
	for who, made := range feeds {
		id, is := strings.CutPrefix(who, "staff/")
		if !is || slices.ContainsFunc(officers, func(m staff.Member) bool { return m.ID == id }) {
			continue
		}
		member, err := f.people.ByID(ctx, id)
		if err != nil && fault.KindOf(err) != fault.NotFound {
			return nil, err
		}
		out = append(out, leftFeed{who, member.Name, made})
	}
	slices.SortFunc(out, func(a, b leftFeed) int { return strings.Compare(a.Name+a.Who, b.Name+b.Who) })
	return out, nil
}

type personPage struct {
	planner.Entry[planner.Worker]
	Hours        hours
	Certificates []staff.Certificate
	Kinds        []string
	Today        int
	Keeping      keeping
}

func (f *face) showPerson(w http.ResponseWriter, r *http.Request) error {
	id := r.PathValue("id")
	page := personPage{Kinds: policy.CertificateKinds(), Today: f.people.Today()}
	workers, err := f.book.Workers(r.Context())
	if err != nil {
		return err
	}
	if i := slices.IndexFunc(workers, func(e planner.Entry[planner.Worker]) bool { return e.It.ID == id }); i >= 0 {
		page.Entry = workers[i]
		if page.Keeping, err = f.keeping(r, "staff/"+id); err != nil {
			return err
		}
	} else {
		officers, err := f.people.With(r.Context(), staff.Officer)
		if err != nil {
			return err
		}
		i := slices.IndexFunc(officers, func(m staff.Member) bool { return m.ID == id })
		if i < 0 {
			return fault.New(fault.NotFound, "", "no such officer")
		}
		page.Used, page.It.ID, page.It.Name, page.It.Hours = true, id, officers[i].Name, office
	}
	if page.Certificates, err = f.people.Certificates(r.Context(), id); err != nil {
		return err
	}
	page.Hours = hoursOf("", page.It.Hours)
	return f.site.Render(w, r, http.StatusOK, "planner/person", page)
}

func (f *face) savePerson(w http.ResponseWriter, r *http.Request) error {
	in, err := web.Form(r)
	if err != nil {
		return err
	}
	id := r.PathValue("id")
	e := planner.Entry[planner.Worker]{Used: in.Get("used") != "", It: planner.Worker{ID: id, Region: in.Get("region"), Sex: in.Get("sex"), Trainee: in.Get("trainee") != ""}}
	if e.It.Hours, err = hoursFrom(in, ""); err != nil {
		return err
	}
	if e.Version, err = version(in); err != nil {
		return err
	}
	err = f.book.SaveWorker(r.Context(), actor(r), e, in[withdraw.Seen]...)
	return withdraw.Done(f.site, w, r, err, "/planner/people/"+id)
}

// certify records a certificate, as an administrator does.
func (f *face) certify(w http.ResponseWriter, r *http.Request) error {
	in, err := web.Form(r)
	if err != nil {
		return err
	}
	c := staff.Certificate{Staff: r.PathValue("id"), Number: in.Get("number")}
	if c.From, err = staff.ReadDay(in.Get("from")); err != nil {
		return err
	}
	if c.Until, err = staff.ReadDay(in.Get("until")); err != nil {
		return err
	}
	if kind := in.Get("kind"); slices.Contains(policy.CertificateKinds(), kind) {
		c.Kind = kind
	}
	if _, err := f.people.Certify(r.Context(), actor(r), c); err != nil {
		return err
	}
	return web.Back(w, r, "/planner/people/"+c.Staff)
}

// revoke withdraws a certificate. Interviews that its holder is booked for
// without it are shown first.
func (f *face) revoke(w http.ResponseWriter, r *http.Request) error {
	in, err := web.Form(r)
	if err != nil {
		return err
	}
	err = f.colleagues.Revoke(r.Context(), actor(r), r.PathValue("id"), in.Get("certificate"), in[withdraw.Seen])
	return withdraw.Done(f.site, w, r, err, "/planner/people/"+r.PathValue("id"))
}

func (f *face) showInterpreters(w http.ResponseWriter, r *http.Request) error {
	all, err := f.book.Interpreters(r.Context())
	if err != nil {
		return err
	}
	return f.site.Render(w, r, http.StatusOK, "planner/interpreters", struct {
		Interpreters []planner.Entry[planner.Interpreter]
		Today        string
	}{all, f.clock().Format("2006-01-02")})
}

type interpreterPage struct {
	planner.Entry[planner.Interpreter]
	Languages string
	Hours     hours
	Keeping   keeping
}

func (f *face) showInterpreter(w http.ResponseWriter, r *http.Request) error {
	page := interpreterPage{}
	page.Used, page.It.Hours = true, office
	if id := r.PathValue("id"); id != isNew {
		all, err := f.book.Interpreters(r.Context())
		if err != nil {
			return err
		}
		if page.Entry, err = entry(all, func(t planner.Interpreter) bool { return t.ID == id }); err != nil {
			return err
		}
		if page.Keeping, err = f.keeping(r, "interpreter/"+id); err != nil {
			return err
		}
	}
	page.Languages = strings.Join(page.It.Languages, ", ")
	page.Hours = hoursOf("", page.It.Hours)
	return f.site.Render(w, r, http.StatusOK, "planner/interpreter", page)
}

func (f *face) saveInterpreter(w http.ResponseWriter, r *http.Request) error {
	in, err := web.Form(r)
	if err != nil {
		return err
	}
	e := planner.Entry[planner.Interpreter]{Used: in.Get("used") != "", It: planner.Interpreter{Name: in.Get("name"), Number: in.Get("number"),
		Until: in.Get("until"), Sex: in.Get("sex")}}
	for _, l := range strings.FieldsFunc(in.Get("languages"), func(c rune) bool { return c == ',' || c == ' ' }) {
		e.It.Languages = append(e.It.Languages, strings.ToLower(l))
	}
	if e.It.Hours, err = hoursFrom(in, ""); err != nil {
		return err
	}
	if id := r.PathValue("id"); id != isNew {
		e.It.ID = id
		if e.Version, err = version(in); err != nil {
			return err
		}
	}
	id, err := f.book.SaveInterpreter(r.Context(), actor(r), e, in[withdraw.Seen]...)
	return withdraw.Done(f.site, w, r, err, "/planner/interpreters/"+id)
}
