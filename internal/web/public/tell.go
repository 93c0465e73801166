package public

import (
	"crypto/rand"
	"net/http"
	"slices"
	"strings"

	"verhaal/internal/fault"
	"verhaal/internal/policy"
	"verhaal/internal/report"
	"verhaal/internal/web"
)

// maxForm bounds the form of a report as it travels, in bytes: whatever fits
// into the sealed parts, written %D8%A7 for each letter, and more, so that what
// is too long can be given back to be made shorter.
const maxForm = 3 << 20

// questions are the optional ones whose answers are sealed with the story, in
// the order of the page.
var questions = []string{"where", "when", "who", "others"}

type tellPage struct {
	Channel   policy.Channel
	Kinds     policy.Question
	Ages      policy.Question
	About     policy.Question
	Questions []string
	Given     told
	Danger    []string   // the possible answers
	Languages []language // spoken, offered by name
	Child     policy.Text
	Once      string // makes a form that is sent twice one report
	Problem   string // message id of what is wrong with a form that comes back; "" at first
	Emergency policy.Phone

	sentPage // empty: the script fills it in after sending
}

// language is one that a reporter may speak, by its own name.
type language struct{ Code, Name string }

// spoken lists the languages most met in the Netherlands among victims
// (domain: registrations 2016 to 2024), by their own names.
var spoken = []language{{"nl", "Nederlands"}, {"en", "English"}, {"pl", "polski"}, {"ro", "română"}, {"bg", "български"},
	{"hu", "magyar"}, {"es", "español"}, {"uk", "українська"}, {"ru", "русский"}, {"fr", "français"}, {"pt", "português"},
	{"vi", "Tiếng Việt"}, {"ar", "العربية"}, {"tr", "Türkçe"}, {"ti", "ትግርኛ"}, {"sw", "Kiswahili"}, {"yo", "Yorùbá"},
	{"pcm", "Naijá (Pidgin)"}, {"bin", "Ẹ̀dó"}, {"lg", "Luganda"}, {"kri", "Krio"}, {"mnk", "Mandinka"}, {"so", "Soomaali"},
	{"fa", "فارسی"}, {"zh", "中文"}, {"hi", "हिन्दी"}, {"id", "Bahasa Indonesia"}, {"tl", "Tagalog"}}

// told is what a form holds, before it is sealed.
type told struct {
	Story   string
	Answers map[string]string
	Name    string
	Contact string
	Safe    string
	Facts   report.Facts
}

// Has says whether a kind was chosen already, for the page.
func (t told) Has(kind string) bool { return slices.Contains(t.Facts.Kinds, kind) }

// tellNothing is the form's address without a channel: nothing to tell to yet.
func (f *face) tellNothing(w http.ResponseWriter, r *http.Request) error {
	http.Redirect(w, r, "guide", http.StatusSeeOther)
	return nil
}

func (f *face) tell(w http.ResponseWriter, r *http.Request) error {
	if err := web.ReadForm(r, maxGuide); err != nil {
		return err
	}
	pack := f.Pack()
	c, ok := pack.Channel(r.PostForm.Get("channel"))
	if !ok {
		return fault.New(fault.NotFound, "", "no such channel")
	}
	if _, err := f.Desks.Sealing(r.Context(), c.ID); err != nil {
		return err
	}
	return f.showForm(w, r, http.StatusOK, pack, c, "")
}

// showForm shows the form with all that was given so far, and what is wrong
// with it, if anything is.
func (f *face) showForm(w http.ResponseWriter, r *http.Request, status int, pack *policy.Pack, c policy.Channel, problem string) error {
	web.AllowDerivation(w)
	page := tellPage{Channel: c, Kinds: question(pack, "kind"), Ages: question(pack, "age"), About: question(pack, "about_self"),
		Danger: []string{"yes", "no", "unknown"}, Languages: spoken, Questions: questions, Given: f.read(r),
		Child: f.childNote(r, pack), Once: rand.Text(), Problem: problem, Emergency: pack.Emergency, sentPage: sentPage{Channel: c}}
	return f.Site.Render(w, r, status, "public/tell", page)
}

// childNote is what somebody under 18 reads first; nil for all others, and for
// who tells about a child.
func (f *face) childNote(r *http.Request, pack *policy.Pack) policy.Text {
	if facts := f.read(r).Facts; !facts.Child() || facts.AboutSelf == "no" {
		return nil
	}
	return pack.Guide.ChildNote
}

func question(pack *policy.Pack, id string) policy.Question {
	i := slices.IndexFunc(pack.Guide.Questions, func(q policy.Question) bool { return q.ID == id })
	if i < 0 {
		return policy.Question{ID: id}
	}
	return pack.Guide.Questions[i]
}

// read takes the form's fields; facts that were skipped are unknown.
func (f *face) read(r *http.Request) told {
	get := func(name string) string { return strings.TrimSpace(r.PostForm.Get(name)) }
	known := func(name string) string {
		if v := get(name); v != "" {
			return v
		}
		return "unknown"
	}
	t := told{Story: get("story"), Answers: map[string]string{}, Name: get("name"), Contact: get("contact"), Safe: get("safe_contact"),
		Facts: report.Facts{Danger: known("danger"), Age: known("age"), AboutSelf: known("about_self"), Language: get("language")}}
	for _, q := range questions {
		if v := get(q); v != "" {
			t.Answers[q] = v
		}
	}
	for _, k := range r.PostForm["kind"] {
		if slices.Contains(report.Kinds, k) && !t.Has(k) {
			t.Facts.Kinds = append(t.Facts.Kinds, k)
		}
	}
	return t
}
