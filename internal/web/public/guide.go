package public

import (
	"net/http"
	"slices"

	"verhaal/internal/policy"
	"verhaal/internal/web"
)

// maxGuide bounds a form of the guide, in bytes.
const maxGuide = 4 << 10

type guidePage struct{ Guide policy.Guide }

func (f *face) askGuide(w http.ResponseWriter, r *http.Request) error {
	return f.Site.Render(w, r, http.StatusOK, "public/guide", guidePage{f.Pack.Guide})
}

type suggestPage struct {
	Channel policy.Channel
	Because policy.Text
	Clause  policy.Clause
	Others  []policy.Channel
	Chosen  []choice
	Child   policy.Text // set for somebody under 18
}

// choice is an answer of the guide that goes on with the form.
type choice struct{ Name, Value string }

// suggest answers the guide's questions with one channel and the reason; any
// other may be chosen all the same.
func (f *face) suggest(w http.ResponseWriter, r *http.Request) error {
	if err := web.ReadForm(r, maxGuide); err != nil {
		return err
	}
	s := f.Pack.Suggest(policy.Answers(r.PostForm))
	page := suggestPage{Because: s.Because, Clause: s.Clause, Chosen: f.chosen(r)}
	page.Channel, _ = f.Pack.Channel(s.Channel)
	for _, id := range s.Others {
		c, _ := f.Pack.Channel(id)
		page.Others = append(page.Others, c)
	}
	if slices.Contains([]string{"under12", "12-15", "16-17"}, r.PostForm.Get("age")) {
		page.Child = f.Pack.Guide.ChildNote
	}
	return f.Site.Render(w, r, http.StatusOK, "public/suggest", page)
}

// chosen lists the answers in r that the guide knows.
func (f *face) chosen(r *http.Request) []choice {
	var out []choice
	for _, q := range f.Pack.Guide.Questions {
		for _, o := range q.Options {
			if slices.Contains(r.PostForm[q.ID], o.ID) {
				out = append(out, choice{q.ID, o.ID})
			}
		}
	}
	return out
}
