package cases

import (
	"encoding/base64"
	"net/http"
	"net/url"
	"slices"
	"strconv"

	"verhaal/internal/casefile"
	"verhaal/internal/fault"
	"verhaal/internal/policy"
	"verhaal/internal/web"
)

// protection is what keeps one person safe, for the partials "assessment" and
// "contact".
type protection struct {
	Here, Lang, Today, Person string
	Pack                      *policy.Pack
	Again                     bool // the present phase asks for an assessment
	All                       []assessment
	Needs, Risks, Measures    policy.CodeList
	Needed                    []string // codes that are known now
	NeedsSeen                 int64    // version of what is known
	Members                   []member
	Recipient                 string
	Epoch                     int64
	Plan                      casefile.ContactPlan
	Planned                   bool
	Contacts                  []contact
	Shield                    string
}

type assessment struct {
	casefile.Assessment
	Who      string
	Measures []measure
}

type measure struct {
	casefile.Measure
	Name, Who string
	Late      bool
}

type contact struct {
	casefile.Contact
	Who string
}

// On says of a way or a day whether the contact plan has it.
func (p protection) On(code string) bool {
	return slices.Contains(p.Plan.Ways, code) || slices.Contains(p.Plan.Days, code)
}

// Ways, Days, Results, Bases and Whys are codes for the forms.
func (protection) Ways() []string    { return casefile.ContactWays() }
func (protection) Days() []string    { return []string{"mo", "tu", "we", "th", "fr", "sa", "su"} }
func (protection) Results() []string { return casefile.ContactResults() }
func (protection) Bases() []string   { return casefile.ShieldBases() }
func (protection) Whys() []string    { return casefile.UnshieldReasons() }

// Needing says of a code of the needs whether it is known of the person.
func (p protection) Needing(code string) bool { return slices.Contains(p.Needed, code) }

// Unlisted are the known needs that the pack's list has not.
func (p protection) Unlisted() []string {
	return slices.DeleteFunc(slices.Clone(p.Needed), func(code string) bool {
		return slices.ContainsFunc(p.Needs.Entries, func(e policy.CodeEntry) bool { return e.ID == code })
	})
}

// Rows are the empty measures of the form.
func (protection) Rows() []int { return []int{0, 1, 2} }

// protection gathers what keeps a person safe.
func (f *face) protection(r *http.Request, page *aboutPage, needs casefile.Fact) (*protection, error) {
	ctx, who, id := r.Context(), actor(r), page.File.ID
	p := &protection{Here: "/case/" + id, Lang: page.Lang, Today: f.files.Today(), Person: page.Subject, Pack: page.Pack,
		Needed: casefile.NeedsIn(needs), NeedsSeen: needs.Version}
	all, err := f.files.Assessments(ctx, who, id)
	if err != nil {
		return nil, err
	}
	p.Again = casefile.AssessAgain(page.File, page.Subject, all)
	p.Needs, _ = page.Pack.CodeList(casefile.NeedsList)
	p.Risks, _ = page.Pack.CodeList(casefile.RisksList)
	p.Measures, _ = page.Pack.CodeList(casefile.MeasuresList)
	for _, a := range all {
		if a.Person != page.Subject {
			continue
		}
		one := assessment{Assessment: a}
		if one.Who, err = f.called(ctx, a.Staff); err != nil {
			return nil, err
		}
		for _, m := range a.Measures {
			shown := measure{Measure: m, Name: named(p.Measures, m.Code, page.Lang), Late: m.State == casefile.MeasureOpen && m.Due < p.Today}
			if shown.Who, err = f.called(ctx, m.Owner); err != nil {
				return nil, err
			}
			one.Measures = append(one.Measures, shown)
		}
		p.All = append(p.All, one)
	}
	members, err := f.files.Members(ctx, who, id)
	if err != nil {
		return nil, err
	}
	for _, m := range members {
		name, err := f.called(ctx, m.Staff)
		if err != nil {
			return nil, err
		}
		if m.Now {
			p.Members = append(p.Members, member{Member: m, Name: name})
		}
	}
	key, err := f.files.Key(ctx, who, id)
	if err != nil {
		return nil, err
	}
	p.Recipient, p.Epoch = key.Recipient, key.N
	if p.Plan, p.Planned, err = f.files.ContactPlanOf(ctx, who, id, page.Subject); err != nil {
		return nil, err
	}
	contacts, err := f.files.Contacts(ctx, who, id, page.Subject)
	if err != nil {
		return nil, err
	}
	for _, c := range contacts {
		name, err := f.called(ctx, c.Staff)
		if err != nil {
			return nil, err
		}
		p.Contacts = append(p.Contacts, contact{c, name})
	}
	shielded, err := f.files.Shielded(ctx, who, id)
	p.Shield = shielded[page.Subject]
	return p, err
}

// Name is what a code of one of the lists is called.
func (p protection) Name(list policy.CodeList, code string) string { return named(list, code, p.Lang) }

func named(list policy.CodeList, code, lang string) string {
	for _, e := range list.Entries {
		if e.ID == code {
			return e.Name.In(lang)
		}
	}
	return code
}

// sealedIn reads words that a form holds sealed: the file and its epoch.
func sealedIn(in url.Values) (file []byte, epoch int64, err error) {
	if in.Get("sealed") == "" {
		return nil, 0, nil
	}
	if file, err = base64.StdEncoding.DecodeString(in.Get("sealed")); err != nil {
		return nil, 0, fault.New(fault.BadInput, "", "sealed words that are no base64")
	}
	if epoch, err = strconv.ParseInt(in.Get("epoch"), 10, 64); err != nil {
		return nil, 0, fault.New(fault.BadInput, "", "an epoch that is no number")
	}
	return file, epoch, nil
}

// assess keeps an individual assessment.
func (f *face) assess(w http.ResponseWriter, r *http.Request) error {
	in, err := web.Form(r)
	if err != nil {
		return err
	}
	a := casefile.NewAssessment{Assessment: casefile.Assessment{Person: r.PathValue("subject"), Day: in.Get("day"), Risks: in["risk"], Needs: in["need"],
		InInterest: in.Get("interest") == "yes", Court: in.Get("court") == "yes"}, NoNeeds: in.Get("no_needs") == "yes"}
	if a.Seen, err = strconv.ParseInt(in.Get("needs_seen"), 10, 64); err != nil {
		return fault.New(fault.BadInput, "", "a version that is no number")
	}
	for i := range (protection{}).Rows() {
		at := "measure." + strconv.Itoa(i) + "."
		if in.Get(at+"code") != "" {
			a.Measures = append(a.Measures, casefile.Measure{Code: in.Get(at + "code"), Owner: in.Get(at + "owner"), Due: in.Get(at + "due")})
		}
	}
	if a.Sealed, a.Epoch, err = sealedIn(in); err != nil {
		return err
	}
	if err := f.files.Assess(r.Context(), actor(r), r.PathValue("id"), a); err != nil {
		return err
	}
	return web.Back(w, r, here(r)+"?saved")
}

// here is the page about the subject of an address.
func here(r *http.Request) string {
	return "/case/" + r.PathValue("id") + "/about/" + r.PathValue("subject")
}

// closeMeasure says that a measure was taken or dropped.
func (f *face) closeMeasure(w http.ResponseWriter, r *http.Request) error {
	in, err := web.Form(r)
	if err != nil {
		return err
	}
	n, err := numbered(r)
	if err != nil {
		return err
	}
	if err := f.files.CloseMeasure(r.Context(), actor(r), r.PathValue("id"), n, in.Get("state")); err != nil {
		return err
	}
	return web.Back(w, r, here(r))
}

func (f *face) setContactPlan(w http.ResponseWriter, r *http.Request) error {
	in, err := web.Form(r)
	if err != nil {
		return err
	}
	p := casefile.ContactPlan{Ways: in["way"], Days: in["day"], From: in.Get("from"), Until: in.Get("until"), NoVoicemail: in.Get("no_voicemail") != "",
		Codeword: in.Get("codeword") != "", Stopped: in.Get("stopped") != ""}
	if p.Version, err = strconv.ParseInt(in.Get("version"), 10, 64); err != nil {
		return fault.New(fault.BadInput, "", "a version that is no number")
	}
	if err := f.files.SetContactPlan(r.Context(), actor(r), r.PathValue("id"), r.PathValue("subject"), p); err != nil {
		return err
	}
	return web.Back(w, r, here(r)+"?saved")
}

// noteContact notes a contact; one outside the safe-contact plan is refused.
func (f *face) noteContact(w http.ResponseWriter, r *http.Request) error {
	in, err := web.Form(r)
	if err != nil {
		return err
	}
	if err := f.files.Contact(r.Context(), actor(r), r.PathValue("id"), r.PathValue("subject"), in.Get("way"), in.Get("result"), in.Get("basis")); err != nil {
		return err
	}
	return web.Back(w, r, here(r)+"?saved")
}

func (f *face) shield(w http.ResponseWriter, r *http.Request) error {
	in, err := web.Form(r)
	if err != nil {
		return err
	}
	ctx, id, person := r.Context(), r.PathValue("id"), r.PathValue("subject")
	err = f.files.Shield(ctx, actor(r), id, person, in.Get("seen"), in.Get("basis"))
	if fault.KeyOf(err) != changedMeanwhile {
		return backTo(w, r, here(r)+"?saved", err)
	}
	shielded, err := f.files.Shielded(ctx, actor(r), id)
	if err != nil {
		return err
	}
	return f.aboutMeanwhile(w, r, f.meanwhile(r, "shield", shielded[person], in.Get("basis")))
}

// unshield gives out the sealed name and ways of contact of one person.
func (f *face) unshield(w http.ResponseWriter, r *http.Request) error {
	var in struct {
		Why string `json:"why"`
	}
	if err := web.ReadJSON(r, web.MaxForm, &in); err != nil {
		return err
	}
	parts, err := f.files.Unshield(r.Context(), actor(r), r.PathValue("id"), r.PathValue("subject"), in.Why)
	if err != nil {
		return err
	}
	return f.writeParts(w, r, parts)
}
