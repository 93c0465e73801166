package cases

import (
	"context"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"verhaal/internal/casefile"
	"verhaal/internal/fault"
	"verhaal/internal/keyring"
	"verhaal/internal/planner"
	"verhaal/internal/policy"
	"verhaal/internal/recording"
	"verhaal/internal/web/facts"
)

// theCase is the name in addresses of the facts about the case itself.
const theCase = "case"

type aboutPage struct {
	File     casefile.File
	Subject  string // "case", "p1", "i1"
	Role     string // of a person
	Planned  *casefile.Planned
	DayOver  bool    // of the interview
	Shown    []shown // what its recording says
	Lang     string
	Sections []facts.Section
	Versions map[string]int64
	Was      map[string]string // mark of each fact as it is kept
	Decision *facts.Decision   // of an interview
	Protect  *protection       // of a person
	Booking  *planner.Booking
	Ties     *planner.Check    // of who interprets in the slot
	AskOf    []string          // with whom ties can be checked
	Tried    map[string]string // search that excuses a rule, by the rule's id
	Why      []string          // reasons to cancel
	Outside  []string          // reasons to have no slot
	Burden   *casefile.Burden
	Reasons  []casefile.Reason // of the plan as it is kept
	Asking   asking
	// Deviations that were asked for the interview.
	Deviations []deviation
	Pack       *policy.Pack
	Clash      []clash // facts that somebody else changed meanwhile
	Meanwhile  *clash  // the same, of a value that is no fact
	Problems   []problem
	Lessened   []string // earlier interviews that go, or say less, only as a correction
	Lines      string   // of an import that could not be read
	Saved      bool
	Recordings []recording.Recording // of this interview
	Minutes    []recording.Topic     // where the person's topics begin in recordings
	Places     []place               // where something that was told can stand
	Key        keyring.Epoch         // of the case, to seal drafts to
	Unsaved    bool                  // the form holds what was typed and refused
	Kept       bool                  // the form was saved just now
}

// place is what an entry of what was told can point to: an interview or a report,
// with the addresses of its pages for each source that may name it.
type place struct{ Ref, Interview, Official, Report string }

// sources are where something can have been told.
var sources = []string{"interview", "report", "statement", "document", "agency"}

// shown is a fact that a sealed recording says.
type shown struct{ Label, Value string }

// Sources is for the template.
func (aboutPage) Sources() []string { return sources }

// Code is how a topic is written, for the template.
func (aboutPage) Code() string { return policy.CodePattern }

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

// Topics are the codes that the case uses already, so that one thing keeps one
// code: of earlier interviews and of recordings.
func (p aboutPage) Topics() []string {
	var out []string
	if p.Burden != nil {
		for _, t := range p.Burden.Told {
			out = append(out, t.Topics...)
		}
	}
	for _, m := range p.Minutes {
		out = append(out, m.Code)
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// NotHeldReasons is for the template.
func (aboutPage) NotHeldReasons() []string { return casefile.NotHeldReasons() }

// Corrections is for the template.
func (aboutPage) Corrections() []string { return casefile.CorrectionReasons() }

// Roles is for the template.
func (aboutPage) Roles() []string { return roles }

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
	saved := r.URL.Query()["saved"]
	page := aboutPage{Saved: saved != nil, Kept: slices.Contains(saved, keptFacts)}
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
	page.Versions, page.Was = seen(known)
	if page.Key, err = f.files.Key(ctx, who, id); err != nil {
		return err
	}
	names, open := []string{"case", "report", "clock"}, []string{"case"}
	switch page.Subject[0] {
	case 'p':
		names, open = []string{"subject", "earlier", "case", "talk", "clock"}, []string{"subject", "earlier", "case"}
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
			if page.Protect, err = f.protection(r, &page, known[casefile.NeedsFact]); err != nil {
				return err
			}
		}
	case 'i':
		names, open = []string{"plan", "recording", "record"}, []string{"plan"}
		if err := f.addPlan(r, &page, known, typed); err != nil {
			return err
		}
	}
	if err := f.addRecordings(ctx, who, &page); err != nil {
		return err
	}
	for _, fact := range policy.Schema() {
		if known[fact.Name].Shown {
			page.Shown = append(page.Shown, shown{pack.Label(fact.Name, page.Lang), facts.Said(known[fact.Name].Fields)})
		}
	}
	page.Sections = facts.Sections(pack, typed, page.Lang, names, open...)
	withoutActs(page.Sections)
	say := f.site.Page(r).T
	person := page.Role != ""
	for i := range page.Sections {
		s := &page.Sections[i]
		s.Fields = slices.DeleteFunc(s.Fields, func(in facts.Input) bool {
			return casefile.SaidByAct(in.Fact) || known[in.Fact].Shown || page.Booking != nil && casefile.FixedBySlot(in.Fact) || casefile.OfPerson(in.Fact) != person
		})
		if person && s.Name == "case" {
			s.Name = "person"
		}
		withoutWords(s.Fields, say("cases.sealed_words"), say("cases.slot.tried"))
	}
	return f.site.Render(w, r, status, "cases/about", page)
}

// addRecordings puts what was recorded beside, of the interview and of the person.
func (f *face) addRecordings(ctx context.Context, who string, page *aboutPage) (err error) {
	if page.Planned != nil {
		if page.Recordings, err = f.records.Of(ctx, page.File.ID, page.Subject); err != nil {
			return err
		}
	}
	if page.Teller() == "" {
		return nil
	}
	interviews, err := f.files.Interviews(ctx, who, page.File.ID)
	if err != nil {
		return err
	}
	if page.Places, err = f.places(ctx, who, page.File.ID, interviews); err != nil {
		return err
	}
	all, err := f.records.Topics(ctx, who, page.File.ID)
	page.Minutes = slices.DeleteFunc(all, func(t recording.Topic) bool {
		return !slices.ContainsFunc(interviews, func(p casefile.Planned) bool { return p.ID == t.Interview && p.Person == page.Teller() })
	})
	return err
}

// places lists the interviews and the reports of a case: of a recorded interview
// the player and the official record, of a report the page at the desk that has it
// now, if the actor may read there.
func (f *face) places(ctx context.Context, who, id string, interviews []casefile.Planned) ([]place, error) {
	var out []place
	for _, p := range interviews {
		one := place{Ref: p.ID, Interview: "/case/" + id + "/about/" + p.ID}
		recorded, err := f.records.Of(ctx, id, p.ID)
		if err != nil {
			return nil, err
		}
		if i := slices.IndexFunc(recorded, func(r recording.Recording) bool { return r.Sealed }); i >= 0 {
			at := "/record/" + recorded[i].ID.String()
			one.Interview, one.Official = at+"/play", at+"/official"
		}
		out = append(out, one)
	}
	reports, err := f.files.Reports(ctx, who, id)
	for _, r := range reports {
		one := place{Ref: r.ID}
		if r.Channel != "" {
			one.Report = "/desk/" + r.Channel + "/" + r.ID
		}
		out = append(out, one)
	}
	return out, err
}

// withoutActs leaves no field for what is said with a button.
func withoutActs(sections []facts.Section) {
	for i := range sections {
		sections[i].Fields = slices.DeleteFunc(sections[i].Fields, func(in facts.Input) bool { return casefile.SaidByAct(in.Fact) })
	}
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
			in.Kind, in.Options = "code", []facts.Option{{Value: casefile.SealedWords, Label: sealed, Own: true, Chosen: in.Value != "" && !cited}}
			if cited {
				in.Options = append(in.Options, facts.Option{Value: in.Value, Label: tried, Own: true, Chosen: true})
			}
		}
	}
}

// inWords says of a field whether it asks for a sentence.
func inWords(name string) bool {
	last := name[strings.LastIndex(name, ".")+1:]
	return slices.Contains([]string{"reason", "necessity", "about_person", "relation", "decided_by"}, last) || strings.HasPrefix(name, "plan.reasons.")
}
