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
	return f.Site.Render(w, r, http.StatusOK, "public/guide", guidePage{f.Pack().Guide})
}

type suggestPage struct {
	Channel policy.Channel
	Because policy.Text
	Clause  policy.Clause
	Others  []policy.Channel
	Chosen  []choice
	Child   policy.Text // see childNote
}

// choice is an answer of the guide that goes on with the form.
type choice struct{ Name, Value string }

// suggest answers the guide's questions with one channel and the reason; any
// other may be chosen all the same.
func (f *face) suggest(w http.ResponseWriter, r *http.Request) error {
	if err := web.ReadForm(r, maxGuide); err != nil {
		return err
	}
	pack := f.Pack()
	s := pack.Suggest(policy.Answers(r.PostForm))
	page := suggestPage{Because: s.Because, Clause: s.Clause, Chosen: chosen(r, pack), Child: f.childNote(r, pack)}
	page.Channel, _ = pack.Channel(s.Channel)
	for _, id := range s.Others {
		c, _ := pack.Channel(id)
		page.Others = append(page.Others, c)
	}
	return f.Site.Render(w, r, http.StatusOK, "public/suggest", page)
}

// asksName is the guide's question whether a name may be given. It leads to a
// channel and is no answer that goes on: the form's own field has this name.
const asksName = "name"

// chosen lists the answers in r that go on with the form.
func chosen(r *http.Request, pack *policy.Pack) []choice {
	var out []choice
	for _, q := range pack.Guide.Questions {
		if q.ID == asksName {
			continue
		}
		for _, o := range q.Options {
			if slices.Contains(r.PostForm[q.ID], o.ID) {
				out = append(out, choice{q.ID, o.ID})
			}
		}
	}
	return out
}
