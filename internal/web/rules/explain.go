package rules

import (
	"net/http"
	"net/url"
	"slices"
	"time"

	"verhaal/internal/policy"
	"verhaal/internal/web"
	"verhaal/internal/web/facts"
)

// maxForm bounds a form of facts, in bytes.
const maxForm = 64 << 10

type page struct {
	Pack     *policy.Pack
	Lang     string // of the pack's sentences
	Examples []string
	Sections []facts.Section
	Decision facts.Decision
	Rules    []*policy.Rule
}

// shown are the sections in the order of a conversation.
var shown = []string{"subject", "plan", "case", "earlier", "report", "deviations", "clock", "talk", "reflection", "recording", "record",
	"disclosure", "retention", "informant"}

// show begins with an example of the pack, so that there is something to
// change; ?example= names another. Unasked it is one that is blocked, which
// explains more.
func (f *face) show(w http.ResponseWriter, r *http.Request) error {
	pack := f.pack()
	name := r.URL.Query().Get("example")
	if names := pack.Examples(); !slices.Contains(names, name) {
		i := slices.IndexFunc(names, func(n string) bool {
			d, err := pack.Decide(pack.Example(n), f.today())
			return err == nil && d.Verdict == policy.Blocked
		})
		name = append(names, "")[max(i, 0)]
	}
	known := pack.Example(name)
	if known["plan.date"] != nil {
		// An example is of today: its days would grow old with the pack.
		known["plan.date"] = f.today()
		if known["case.assessment.at"] != nil {
			known["case.assessment.at"] = f.clock().AddDate(0, 0, -3).Format(time.DateOnly)
		}
	}
	return f.render(w, r, pack, known.Form())
}

// explain decides on the facts of the form. Bad facts are no failure of the
// page: it says what is wrong and keeps what was typed.
func (f *face) explain(w http.ResponseWriter, r *http.Request) error {
	if err := web.ReadForm(r, maxForm); err != nil {
		return err
	}
	return f.render(w, r, f.pack(), r.PostForm)
}

func (f *face) render(w http.ResponseWriter, r *http.Request, pack *policy.Pack, form url.Values) error {
	lang := facts.Language(pack, f.site.Page(r).Lang)
	known, err := pack.FactsFromForm(form, f.today())
	var d policy.Decision
	if err == nil {
		d, err = pack.Decide(known, f.today())
	}
	return f.site.Render(w, r, http.StatusOK, "rules/explore", page{pack, lang, pack.Examples(),
		facts.Sections(pack, form, lang, shown, "subject", "plan"), facts.Show(pack, d, err, lang), pack.Rules})
}
