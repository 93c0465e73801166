package planner

import (
	"net/http"
	"time"

	ics "github.com/arran4/golang-ical"

	"verhaal/internal/fault"
	"verhaal/internal/planner"
	"verhaal/internal/web"
)

// week is what the rooms hold in seven days.
type week struct {
	From, Before, After string // days
	Days                []column
	Rooms               []roomWeek
}

// column is a day with the name of its weekday, as forms name it.
type column struct{ Day, Weekday string }

type roomWeek struct {
	planner.Room
	Days []dayOf
}

// dayOf is a day of a room.
type dayOf struct {
	Closed bool
	Away   string // the reason code of an absence that touches the day
	Booked []planner.Span
}

// showCalendar shows a week of all rooms: when they are taken, and not by whom.
func (f *face) showCalendar(w http.ResponseWriter, r *http.Request) error {
	today := f.clock()
	from := time.Date(today.Year(), today.Month(), today.Day(), 0, 0, 0, 0, today.Location())
	from = from.AddDate(0, 0, -(int(from.Weekday())+6)%7) // Monday
	if text := r.URL.Query().Get("from"); text != "" {
		day, err := time.ParseInLocation(time.DateOnly, text, today.Location())
		if err != nil {
			return fault.New(fault.BadInput, "", "not a day")
		}
		from = day
	}
	rooms, err := f.book.Rooms(r.Context())
	if err != nil {
		return err
	}
	all, err := f.book.Between(r.Context(), planner.Span{Start: from, End: from.AddDate(0, 0, 7)})
	if err != nil {
		return err
	}
	away, err := f.book.Absences(r.Context(), from)
	if err != nil {
		return err
	}
	page := week{From: from.Format(time.DateOnly), Before: from.AddDate(0, 0, -7).Format(time.DateOnly), After: from.AddDate(0, 0, 7).Format(time.DateOnly)}
	for d := range 7 {
		day := from.AddDate(0, 0, d)
		page.Days = append(page.Days, column{day.Format(time.DateOnly), days[(day.Weekday()+6)%7]})
	}
	for _, e := range rooms {
		if !e.Used {
			continue
		}
		one := roomWeek{Room: e.It, Days: make([]dayOf, 7)}
		for i := range one.Days {
			day := planner.Span{Start: from.AddDate(0, 0, i), End: from.AddDate(0, 0, i+1)}
			one.Days[i].Closed = !e.It.Hours.Days[day.Start.Weekday()]
			for _, a := range away {
				if a.Who == "room/"+e.It.ID && a.Overlaps(day) {
					one.Days[i].Away = a.Why
				}
			}
			for _, b := range all {
				if b.Room == e.It.ID && b.Overlaps(day) {
					one.Days[i].Booked = append(one.Days[i].Booked, b.Span)
				}
			}
		}
		page.Rooms = append(page.Rooms, one)
	}
	return f.site.Render(w, r, http.StatusOK, "planner/calendar", page)
}

// makeFeed shows the secret address of a calendar, in its answer alone.
func (f *face) makeFeed(w http.ResponseWriter, r *http.Request) error {
	in, err := web.Form(r)
	if err != nil {
		return err
	}
	secret, err := f.book.MakeFeed(r.Context(), actor(r), in.Get("who"))
	if err != nil {
		return err
	}
	return f.site.Render(w, r, http.StatusCreated, "planner/feed", struct{ Path, Back string }{"/calendar/" + secret + ".ics", pageOf(in.Get("who"))})
}

// endFeed ends a calendar for other programs, also that of somebody who left.
func (f *face) endFeed(w http.ResponseWriter, r *http.Request) error {
	in, err := web.Form(r)
	if err != nil {
		return err
	}
	if err := f.book.EndFeed(r.Context(), actor(r), in.Get("who")); err != nil {
		return err
	}
	if in.Has("left") {
		return web.Back(w, r, "/planner/people")
	}
	return web.Back(w, r, pageOf(in.Get("who")))
}

// showFeed is a calendar for other programs (RFC 5545): when and where, and
// nothing that tells what for or about whom.
func (f *face) showFeed(w http.ResponseWriter, r *http.Request) error {
	secret := r.PathValue("secret")
	const ending = ".ics"
	if len(secret) <= len(ending) || secret[len(secret)-len(ending):] != ending {
		return fault.New(fault.NotFound, "", "no calendar")
	}
	all, err := f.book.Feed(r.Context(), secret[:len(secret)-len(ending)])
	if err != nil {
		return err
	}
	page := f.site.Page(r)
	c := ics.NewCalendar()
	c.SetProductId("-//Verhaal//Calendar//EN")
	c.SetMethod(ics.MethodPublish)
	for _, b := range all {
		e := c.AddEvent(b.ID)
		e.SetDtStampTime(f.clock())
		e.SetStartAt(b.Start)
		e.SetEndAt(b.End)
		e.SetSummary(page.T("planner.booked"))
		// The building: a room's own name may tell what it is for.
		e.SetLocation(b.Site)
		e.SetClass(ics.ClassificationPrivate)
	}
	w.Header().Set("Content-Type", "text/calendar; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	_, err = w.Write([]byte(c.Serialize()))
	return err
}
