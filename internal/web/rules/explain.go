package rules

import (
	"net/http"
	"net/url"
	"slices"
	"time"

	"verhaal/internal/policy"
	"verhaal/internal/web"
)

// maxForm bounds a form of facts, in bytes.
const maxForm = 64 << 10

type page struct {
	Pack     *policy.Pack
	Lang     string // of the pack's sentences
	Today    string
	Examples []string
	Sections []section
	Problem  string // why the facts could not be read; names the field
	Verdict  policy.Verdict
	Blocking int
	Judged   string // the day the decision is judged on
	Channel  *policy.Channel
	Advice   *policy.Suggestion
	Groups   []group
	Rules    []*policy.Rule
}

// group is the requirements that stand alike.
type group struct {
	Status       policy.Status
	Requirements []policy.Requirement
}

// Open says that a group is shown at once: what blocks or needed somebody.
func (g group) Open() bool { return g.Status != policy.Met && g.Status != policy.Due }

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
	facts := pack.Example(name)
	if facts["plan.date"] != nil {
		// An example is of today: its days would grow old with the pack.
		facts["plan.date"] = f.today()
		if facts["case.assessment.at"] != nil {
			facts["case.assessment.at"] = f.clock().AddDate(0, 0, -3).Format(time.DateOnly)
		}
	}
	return f.render(w, r, pack, facts.Form())
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
	p := page{Pack: pack, Lang: language(pack, f.site.Page(r).Lang), Today: f.today(), Examples: pack.Examples(), Rules: pack.Rules}
	p.Sections = sections(pack, form, p.Lang)
	facts, err := pack.FactsFromForm(form, p.Today)
	var d policy.Decision
	if err == nil {
		d, err = pack.Decide(facts, p.Today)
	}
	if err != nil {
		p.Problem = err.Error()
		return f.site.Render(w, r, http.StatusOK, "rules/explore", p)
	}
	p.Verdict, p.Judged, p.Advice = d.Verdict, d.Date, d.Channel
	if d.Channel != nil {
		c, _ := pack.Channel(d.Channel.Channel)
		p.Channel = &c
	}
	for _, status := range []policy.Status{policy.Unmet, policy.Unknown, policy.Deviated, policy.Excused, policy.Met, policy.Due} {
		g := group{Status: status}
		for _, q := range d.Requirements {
			if q.Status == status {
				g.Requirements = append(g.Requirements, q)
			}
			if q.Status == status && q.Blocks() {
				p.Blocking++
			}
		}
		if len(g.Requirements) > 0 {
			p.Groups = append(p.Groups, g)
		}
	}
	return f.site.Render(w, r, http.StatusOK, "rules/explore", p)
}
