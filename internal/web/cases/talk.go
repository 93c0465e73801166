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
	Lang      string
	Sections  []facts.Section // the contents of the talk
	Versions  map[string]int64
	Was       map[string]string
	Needed    []casefile.Needed
	Kept      bool   // the contents were saved just now
	Became    string // when the talk became a formal report; "" = it did not
	Recipient string
	Epoch     int64
	// Prosecutors can be told the person's view; Views were.
	Prosecutors []prosecutor
	Views       []toldView
}

// Whys is for the template.
func (talkPage) Whys() []string { return casefile.TalkReasons() }

// showTalk is the page beside an informative talk: what must be said, what is
// kept of it, and the moment in which it becomes a formal report.
func (f *face) showTalk(w http.ResponseWriter, r *http.Request) error {
	ctx, who, id := r.Context(), actor(r), r.PathValue("id")
	file, err := f.files.View(ctx, who, id)
	if err != nil {
		return err
	}
	known, err := f.files.Facts(ctx, who, id, "")
	if err != nil {
		return err
	}
	pack := f.pack()
	page := talkPage{File: file, Lang: facts.Language(pack, f.site.Page(r).Lang), Kept: slices.Contains(r.URL.Query()["saved"], keptFacts)}
	page.Sections = facts.Sections(pack, filled(known), page.Lang, []string{"talk"}, "talk")
	withoutActs(page.Sections)
	page.Versions, page.Was = seen(known)
	page.Needed, err = f.files.LevelsNeeded(ctx, who, id)
	if err != nil && fault.KindOf(err) != fault.BadInput {
		return err
	}
	events, err := f.files.Events(ctx, who, id)
	if err != nil {
		return err
	}
	if i := slices.IndexFunc(events, func(h casefile.Happened) bool { return h.Kind == "becomes_formal_report" }); i >= 0 {
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
	if page.Views, err = f.toldViews(ctx, views); err != nil {
		return err
	}
	return f.site.Render(w, r, http.StatusOK, "cases/talk", page)
}

// becomesFormalReport notes the moment, to the second.
func (f *face) becomesFormalReport(w http.ResponseWriter, r *http.Request) error {
	return f.formal(w, r, "/case/"+r.PathValue("id")+"/talk", f.files.BecomesFormalReport(r.Context(), actor(r), r.PathValue("id")))
}
