package planner

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"

	"verhaal/internal/casefile"
	"verhaal/internal/fault"
	"verhaal/internal/planner"
	"verhaal/internal/web"
	"verhaal/internal/web/withdraw"
)

// timesForm is when it suits somebody, as a form shows it: what is kept, and
// rows for more.
type timesForm struct {
	Whose   string
	Action  string // address that it is sent to
	From    string // the interview that the form stands beside; "" = none
	Version int64
	Suits   []hours
	Never   []neverRow
}

type neverRow struct{ Prefix, From, Until string }

// spareRows is how many more hours and days a form has room for.
const spareRows = 2

func timesOf(whose, action, interview string, t planner.Times) timesForm {
	out := timesForm{Whose: whose, Action: action, From: interview, Version: t.Version}
	for i := range len(t.Suits) + spareRows {
		prefix := whose + ".suits." + strconv.Itoa(i) + "."
		if i < len(t.Suits) {
			out.Suits = append(out.Suits, hoursOf(prefix, t.Suits[i]))
		} else {
			out.Suits = append(out.Suits, noHours(prefix))
		}
	}
	for i := range len(t.Never) + spareRows {
		row := neverRow{Prefix: whose + ".never." + strconv.Itoa(i) + "."}
		if i < len(t.Never) {
			row.From, row.Until = t.Never[i].From, t.Never[i].Until
		}
		out.Never = append(out.Never, row)
	}
	return out
}

// timesFrom reads such a form; rows that were left empty say nothing.
func timesFrom(in url.Values, whose string) (planner.Times, error) {
	var t planner.Times
	var err error
	if t.Version, err = version(in); err != nil {
		return t, err
	}
	for i := 0; ; i++ {
		suits, never := whose+".suits."+strconv.Itoa(i)+".", whose+".never."+strconv.Itoa(i)+"."
		if !in.Has(suits+"from") && !in.Has(never+"from") {
			return t, nil
		}
		if in.Get(suits+"from") != "" || in.Get(suits+"to") != "" || len(in[suits+"day"]) > 0 {
			h, err := hoursFrom(in, suits)
			if err != nil {
				return t, err
			}
			t.Suits = append(t.Suits, h)
		}
		if from := in.Get(never + "from"); from != "" {
			until := in.Get(never + "until")
			if until == "" {
				until = from
			}
			t.Never = append(t.Never, planner.Days{From: from, Until: until})
		}
	}
}

// bothTimes are the forms for the person of a wish and who comes with them.
func bothTimes(id, interview string, w planner.Wish) []timesForm {
	action := "/case/" + id + "/about/" + w.Of + "/times"
	return []timesForm{timesOf(planner.OfPerson, action, interview, w.Person), timesOf(planner.OfCompanion, action, interview, w.Companion)}
}

// person finds the case file of an address that is about a person.
func (f *face) person(r *http.Request) (casefile.File, error) {
	file, err := f.files.Get(r.Context(), actor(r), r.PathValue("id"))
	if err != nil {
		return file, err
	}
	people, err := f.files.Persons(r.Context(), actor(r), file.ID)
	if err == nil && !slices.ContainsFunc(people, func(p casefile.Person) bool { return p.ID == r.PathValue("subject") }) {
		err = fault.New(fault.NotFound, "", "no such person")
	}
	return file, err
}

// showTimes is when it suits a person and who comes with them.
func (f *face) showTimes(w http.ResponseWriter, r *http.Request) error {
	if _, err := f.files.View(r.Context(), actor(r), r.PathValue("id")); err != nil {
		return err
	}
	file, err := f.person(r)
	if err != nil {
		return err
	}
	wish, err := f.book.Recall(r.Context(), file.ID, planner.Wish{Of: r.PathValue("subject")})
	if err != nil {
		return err
	}
	return f.site.Render(w, r, http.StatusOK, "planner/times", struct {
		File   casefile.File
		Person string
		Times  []timesForm
		Saved  bool
	}{file, wish.Of, bothTimes(file.ID, "", wish), r.URL.Query().Has("saved")})
}

// saveTimes keeps when it suits a person, or who comes with them.
func (f *face) saveTimes(w http.ResponseWriter, r *http.Request) error {
	in, err := web.Form(r)
	if err != nil {
		return err
	}
	file, err := f.person(r)
	if err != nil {
		return err
	}
	whose := in.Get("whose")
	times, err := timesFrom(in, whose)
	if err != nil {
		return err
	}
	to := r.URL.Path + "?saved"
	if interview := in.Get("interview"); interview != "" {
		to = "/case/" + file.ID + "/about/" + url.PathEscape(interview) + "/slots"
	}
	err = f.book.SetTimes(r.Context(), actor(r), file.ID, r.PathValue("subject"), whose, times, in[withdraw.Seen]...)
	return withdraw.Done(f.site, w, r, err, to)
}
