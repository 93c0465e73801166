package cases

import (
	"net/http"
	"slices"

	"verhaal/internal/casefile"
	"verhaal/internal/fault"
	"verhaal/internal/web/facts"
)

type talkPage struct {
	File      casefile.File
	Person    string
	Lang      string
	Fields    []facts.Input // what is known of the talk
	Versions  map[string]int64
	Was       map[string]string
	Needed    casefile.Needed
	Kept      bool   // what is known was saved just now
	Became    string // since when there is a formal report; "" = there is none
	Recipient string
	Epoch     int64
	// Prosecutors can be told the person's view; Views were.
	Prosecutors []prosecutor
	Views       []toldView
}

// Whys is for the template.
func (talkPage) Whys() []string { return casefile.TalkReasons() }

// showTalk is the page beside a person's informative talk: what must be said, what is
// kept of it, and the moment in which it becomes a formal report.
func (f *face) showTalk(w http.ResponseWriter, r *http.Request) error {
	ctx, who, id := r.Context(), actor(r), r.PathValue("id")
	file, err := f.files.View(ctx, who, id)
	if err != nil {
		return err
	}
	page := talkPage{File: file, Person: subject(r), Lang: facts.Language(f.pack(), f.site.Page(r).Lang), Kept: slices.Contains(r.URL.Query()["saved"], keptFacts)}
	people, err := f.files.Persons(ctx, who, id)
	if err != nil {
		return err
	}
	if !slices.ContainsFunc(people, func(p casefile.Person) bool { return p.ID == page.Person && p.Interviewed() }) {
		return fault.New(fault.NotFound, "", "no victim or witness")
	}
	needed, err := f.files.LevelsNeeded(ctx, who, id)
	if err != nil && fault.KindOf(err) != fault.BadInput {
		return err
	}
	if i := slices.IndexFunc(needed, func(n casefile.Needed) bool { return n.Person == page.Person }); i >= 0 {
		page.Needed = needed[i]
	}
	known, err := f.files.Facts(ctx, who, id, page.Person)
	if err != nil {
		return err
	}
	page.Versions, page.Was = seen(known)
	sections := facts.Sections(f.pack(), filled(known), page.Lang, []string{"case", "talk"})
	withoutActs(sections)
	for _, s := range sections {
		page.Fields = append(page.Fields, slices.DeleteFunc(s.Fields, func(in facts.Input) bool { return !casefile.OfTalk(in.Fact) })...)
	}
	events, err := f.files.Events(ctx, who, id)
	if err != nil {
		return err
	}
	if i := slices.IndexFunc(events, func(h casefile.Happened) bool { return h.Reports(page.Person) }); i >= 0 {
		page.Became = events[i].At.Format("2006-01-02 15:04:05")
	}
	key, err := f.files.Key(ctx, who, id)
	if err != nil {
		return err
	}
	page.Recipient, page.Epoch = key.Recipient, key.N
	if page.Prosecutors, err = f.prosecutors(ctx); err != nil {
		return err
	}
	views, err := f.files.Views(ctx, who, id)
	if err != nil {
		return err
	}
	views = slices.DeleteFunc(views, func(v casefile.View) bool { return v.Person != page.Person && v.Person != "" })
	if page.Views, err = f.toldViews(ctx, views); err != nil {
		return err
	}
	return f.site.Render(w, r, http.StatusOK, "cases/talk", page)
}

// becomesFormalReport notes the moment, to the second.
func (f *face) becomesFormalReport(w http.ResponseWriter, r *http.Request) error {
	person := subject(r)
	return f.formal(w, r, here(r)+"/talk", person, f.files.BecomesFormalReport(r.Context(), actor(r), r.PathValue("id"), person))
}
