package cases

import (
	"errors"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"verhaal/internal/casefile"
	"verhaal/internal/fault"
	"verhaal/internal/planner"
	"verhaal/internal/policy"
	"verhaal/internal/web/facts"
)

// theCase is the name in addresses of the facts about the case itself.
const theCase = "case"

type aboutPage struct {
	File     casefile.File
	Subject  string // "case", "p1", "i1"
	Role     string // of a person
	Planned  *casefile.Planned
	Lang     string
	Sections []facts.Section
	Versions map[string]int64
	Decision *facts.Decision // of an interview
	Protect  *protection     // of a person
	Booking  *planner.Booking
	Tried    map[string]string // search that excuses a rule, by the rule's id
	Why      []string          // reasons to cancel
	Burden   *casefile.Burden
	Asking   asking
	// Deviations that were asked for the interview.
	Deviations []deviation
	Pack       *policy.Pack
	Clash      []clash // facts that somebody else changed meanwhile
	Problems   []string
	Lines      string // of an import that could not be read
	Saved      bool
}

// sources are where something can have been told.
var sources = []string{"interview", "report", "statement", "document", "agency"}

// Sources is for the template.
func (aboutPage) Sources() []string { return sources }

// Teller is the person whose words stand beside: of the page, or of the plan.
func (p aboutPage) Teller() string {
	if p.Planned != nil {
		return p.Planned.Person
	}
	if p.Role == casefile.Victim || p.Role == casefile.Witness {
		return p.Subject
	}
	return ""
}

// Roles is for the template.
func (aboutPage) Roles() []string { return roles }

// clash is a fact that two people changed: both values are shown.
type clash struct{ Label, Theirs, Yours string }

// subject is what an address is about, as the case files name it.
func subject(r *http.Request) string {
	if s := r.PathValue("subject"); s != theCase {
		return s
	}
	return ""
}

// showFacts is the form of what is known about the case, a person or a plan;
// beside a plan stands what the rules say of it.
func (f *face) showFacts(w http.ResponseWriter, r *http.Request) error {
	if _, err := f.files.View(r.Context(), actor(r), r.PathValue("id")); err != nil {
		return err
	}
	known, err := f.files.Facts(r.Context(), actor(r), r.PathValue("id"), subject(r))
	if err != nil {
		return err
	}
	page := aboutPage{Saved: r.URL.Query().Has("saved")}
	return f.about(w, r, http.StatusOK, page, known, filled(known))
}

func filled(known map[string]casefile.Fact) url.Values {
	out := url.Values{}
	for _, fact := range known {
		for name, values := range fact.Fields {
			out[name] = values
		}
	}
	return out
}

// about renders the form with what is typed, which may be more than is known.
func (f *face) about(w http.ResponseWriter, r *http.Request, status int, page aboutPage, known map[string]casefile.Fact, typed url.Values) error {
	ctx, who, id := r.Context(), actor(r), r.PathValue("id")
	file, err := f.files.Get(ctx, who, id)
	if err != nil {
		return err
	}
	pack := f.pack()
	page.File, page.Subject, page.Pack, page.Lang = file, r.PathValue("subject"), pack, facts.Language(pack, f.site.Page(r).Lang)
	page.Versions = map[string]int64{}
	for name, fact := range known {
		page.Versions[name] = fact.Version
	}
	names, open := []string{"case", "report", "clock", "talk", "reflection"}, []string{"case"}
	switch page.Subject[0] {
	case 'p':
		names, open = []string{"subject", "earlier"}, []string{"subject", "earlier"}
		people, err := f.files.Persons(ctx, who, id)
		if err != nil {
			return err
		}
		i := slices.IndexFunc(people, func(p casefile.Person) bool { return p.ID == page.Subject })
		if i < 0 {
			return fault.New(fault.NotFound, "", "no such person")
		}
		page.Role = people[i].Role
		if page.Teller() != "" {
			if page.Protect, err = f.protection(r, &page); err != nil {
				return err
			}
		}
	case 'i':
		names, open = []string{"plan", "recording", "record"}, []string{"plan"}
		if err := f.addPlan(r, &page, known, typed); err != nil {
			return err
		}
	}
	page.Sections = facts.Sections(pack, typed, page.Lang, names, open...)
	say := f.site.Page(r).T
	for i := range page.Sections {
		s := &page.Sections[i]
		if page.Booking != nil {
			s.Fields = slices.DeleteFunc(s.Fields, func(in facts.Input) bool { return casefile.FixedBySlot(in.Fact) })
		}
		withoutWords(s.Fields, say("cases.sealed_words"), say("cases.slot.tried"))
	}
	return f.site.Render(w, r, status, "cases/about", page)
}

// withoutWords leaves no field for what the server must not read, or what is on
// record: certificates go, and for a reason there is only the choice whether it
// was written, into a sealed note, or that a search stands for it.
func withoutWords(fields []facts.Input, sealed, tried string) {
	for i := range fields {
		in := &fields[i]
		for j := range in.Rows {
			row := &in.Rows[j]
			row.Fields = slices.DeleteFunc(row.Fields, func(in facts.Input) bool { return strings.Contains(in.Name, ".certificates.") })
			withoutWords(row.Fields, sealed, tried)
		}
		withoutWords(in.Fields, sealed, tried)
		if in.Kind == "text" && inWords(in.Name) {
			_, cited := planner.Cited(in.Value)
			in.Kind, in.Options = "code", []facts.Option{{Value: casefile.SealedWords, Label: sealed, Chosen: in.Value != "" && !cited}}
			if cited {
				in.Options = append(in.Options, facts.Option{Value: in.Value, Label: tried, Chosen: true})
			}
		}
	}
}

// inWords says of a field whether it asks for a sentence.
func inWords(name string) bool {
	last := name[strings.LastIndex(name, ".")+1:]
	return slices.Contains([]string{"reason", "necessity", "about_person", "relation", "decided_by"}, last) || strings.HasPrefix(name, "plan.reasons.")
}

// addPlan puts the rules, and what the person has told already, beside a plan.
func (f *face) addPlan(r *http.Request, page *aboutPage, known map[string]casefile.Fact, typed url.Values) error {
	ctx, who, id := r.Context(), actor(r), r.PathValue("id")
	interviews, err := f.files.Interviews(ctx, who, id)
	if err != nil {
		return err
	}
	i := slices.IndexFunc(interviews, func(p casefile.Planned) bool { return p.ID == page.Subject })
	if i < 0 {
		return fault.New(fault.NotFound, "", "no such interview")
	}
	page.Planned, page.Why = &interviews[i], casefile.CancelReasons()
	booking, err := f.calendar.Of(ctx, id, page.Subject)
	if err == nil {
		page.Booking = &booking
		for name, fact := range known {
			if casefile.FixedBySlot(name) {
				maps.Copy(typed, fact.Fields)
			}
		}
	} else if fault.KindOf(err) != fault.NotFound {
		return err
	}
	page.Tried = map[string]string{}
	for name := range typed {
		if search, ok := planner.Cited(typed.Get(name)); ok {
			page.Tried[strings.TrimPrefix(name, "plan.reasons.")] = search
		}
	}
	d, err := f.files.Try(ctx, who, id, page.Subject, typed)
	if err != nil && !errors.As(err, new(casefile.Unreadable)) {
		return err
	}
	shown := facts.Show(page.Pack, d, err, page.Lang)
	shown.Channel = nil
	page.Decision = &shown
	if err := f.addDeviations(r, page, d); err != nil {
		return err
	}
	burden, err := f.files.BurdenOf(ctx, who, id, interviews[i].Person)
	if err == nil {
		page.Burden = &burden
	} else if fault.KindOf(err) != fault.BadInput {
		return err
	}
	return nil
}

// saveFacts keeps what was changed. What somebody else changed meanwhile is
// shown with both values; what cannot be read is named; everything else that
// was typed is saved, and nothing typed is lost.
func (f *face) saveFacts(w http.ResponseWriter, r *http.Request) error {
	typed, err := form(r)
	if err != nil {
		return err
	}
	ctx, who, id := r.Context(), actor(r), r.PathValue("id")
	known, err := f.files.Facts(ctx, who, id, subject(r))
	if err != nil {
		return err
	}
	page := aboutPage{}
	lang := facts.Language(f.pack(), f.site.Page(r).Lang)
	for _, fact := range policy.Schema() {
		if !typed.Has("version." + fact.Name) {
			continue
		}
		now, before := policy.FieldsOf(fact.Name, typed), policy.FieldsOf(fact.Name, known[fact.Name].Fields)
		if now.Encode() == before.Encode() {
			continue
		}
		version, err := strconv.ParseInt(typed.Get("version."+fact.Name), 10, 64)
		if err != nil {
			return fault.New(fault.BadInput, "", "a version that is no number")
		}
		err = f.files.SetFact(ctx, who, id, subject(r), fact.Name, now, version)
		switch {
		case err == nil:
		case fault.KeyOf(err) == "case.fault.changed_meanwhile":
			page.Clash = append(page.Clash, clash{f.pack().Label(fact.Name, lang), facts.Said(before), facts.Said(now)})
		case errors.As(err, new(casefile.Unreadable)):
			page.Problems = append(page.Problems, err.Error())
		default:
			return err
		}
	}
	if len(page.Clash)+len(page.Problems) == 0 {
		return back(w, r, r.URL.Path+"?saved")
	}
	if known, err = f.files.Facts(ctx, who, id, subject(r)); err != nil {
		return err
	}
	return f.about(w, r, http.StatusConflict, page, known, typed)
}

// try shows what the rules would say of a plan as it is typed, and saves nothing.
func (f *face) try(w http.ResponseWriter, r *http.Request) error {
	typed, err := form(r)
	if err != nil {
		return err
	}
	known, err := f.files.Facts(r.Context(), actor(r), r.PathValue("id"), subject(r))
	if err != nil {
		return err
	}
	return f.about(w, r, http.StatusOK, aboutPage{}, known, typed)
}
