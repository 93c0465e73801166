package planner

import (
	"context"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"time"

	"verhaal/internal/casefile"
	"verhaal/internal/desk"
	"verhaal/internal/fault"
	"verhaal/internal/planner"
	"verhaal/internal/policy"
	"verhaal/internal/web"
	"verhaal/internal/web/facts"
)

// proposals is how many slots of each kind a search shows.
const proposals = 5

// farthest is how many days a search may look ahead.
const farthest = 180

type slotsPage struct {
	File     casefile.File
	Planned  casefile.Planned
	Lang     string
	Pack     *policy.Pack
	Today    string
	Language string // that is interpreted; "" = none
	Same     []string
	// What is looked for, as it was typed.
	In           url.Values
	Regions      []region
	Times        []timesForm
	Visits       []planner.Visit
	Sites        []string
	Interpreters []planner.Interpreter // who must not work on the case
	Searched     bool
	Search       string // id of the search as it is kept
	Found        planner.Found
	Took         time.Duration
	Problem      string // message id of what was typed wrong
}

type region struct {
	Name string
	On   bool
}

// about reads the form of a request about an interview, and finds the interview.
func (f *face) about(r *http.Request) (url.Values, casefile.File, casefile.Planned, error) {
	in, err := web.Form(r)
	if err != nil {
		return nil, casefile.File{}, casefile.Planned{}, err
	}
	file, planned, err := f.subject(r)
	return in, file, planned, err
}

// subject finds the interview of an address.
func (f *face) subject(r *http.Request) (casefile.File, casefile.Planned, error) {
	ctx, who, id := r.Context(), actor(r), r.PathValue("id")
	file, err := f.files.Get(ctx, who, id)
	if err != nil {
		return file, casefile.Planned{}, err
	}
	all, err := f.files.Interviews(ctx, who, id)
	if err != nil {
		return file, casefile.Planned{}, err
	}
	i := slices.IndexFunc(all, func(p casefile.Planned) bool { return p.ID == r.PathValue("subject") })
	if i < 0 {
		return file, casefile.Planned{}, fault.New(fault.NotFound, "", "no such interview")
	}
	return file, all[i], nil
}

// showSlots is the form of a search, with what it already knows.
func (f *face) showSlots(w http.ResponseWriter, r *http.Request) error {
	if _, err := f.files.View(r.Context(), actor(r), r.PathValue("id")); err != nil {
		return err
	}
	today := f.clock()
	in := url.Values{"from": {today.Format(time.DateOnly)}, "until": {today.AddDate(0, 0, 28).Format(time.DateOnly)}, "length": {"120"}, "interviewers": {"2"}}
	page, _, err := f.slots(r, in)
	if err != nil {
		return err
	}
	return f.site.Render(w, r, http.StatusOK, "planner/slots", page)
}

// slots fills the page and the wish that it stands for.
func (f *face) slots(r *http.Request, in url.Values) (slotsPage, planner.Wish, error) {
	page := slotsPage{In: in, Today: f.clock().Format(time.DateOnly), Pack: f.pack(), Lang: facts.Language(f.pack(), f.site.Page(r).Lang)}
	var err error
	if page.File, page.Planned, err = f.subject(r); err != nil {
		return page, planner.Wish{}, err
	}
	wish, err := f.known(r.Context(), actor(r), page.File.ID, page.Planned)
	if err != nil {
		return page, wish, err
	}
	page.Times = bothTimes(page.File.ID, page.Planned.ID, wish)
	page.Language, page.Same = wish.Language, wish.Same
	page.Visits = wish.Apart
	c, err := f.book.Load(r.Context(), page.File.ID, planner.Span{Start: f.clock(), End: f.clock()})
	if err != nil {
		return page, wish, err
	}
	for _, room := range c.Rooms {
		if !slices.Contains(page.Sites, room.Site) {
			page.Sites = append(page.Sites, room.Site)
		}
		if !slices.ContainsFunc(page.Regions, func(o region) bool { return o.Name == room.Region }) {
			page.Regions = append(page.Regions, region{room.Region, slices.Contains(in["region"], room.Region)})
		}
	}
	for _, t := range c.Interpreters {
		if slices.Contains(t.Languages, wish.Language) {
			page.Interpreters = append(page.Interpreters, t)
		}
	}
	return page, wish, nil
}

// known is what the case says about a search: the level that was chosen, whom the
// plan names, the language, who held the earlier interviews, when it suits the person
// and whom they must not meet.
func (f *face) known(ctx context.Context, who, id string, planned casefile.Planned) (planner.Wish, error) {
	person := planned.Person
	w := planner.Wish{Of: person, Most: proposals, Now: f.clock()}
	plan, err := f.files.Facts(ctx, who, id, planned.ID)
	if err != nil {
		return w, err
	}
	w.Crew, w.Director = casefile.CrewOf(plan)
	w.Kinds = recordedAt(f.pack(), plan["plan.level"].Fields.Get("plan.level"))
	about, err := f.files.Facts(ctx, who, id, person)
	if err != nil {
		return w, err
	}
	w.Language = casefile.Interpreted(about)
	if w.Same, err = f.files.InterviewersBefore(ctx, who, id, planned.ID); err != nil {
		return w, err
	}
	people, err := f.files.Persons(ctx, who, id)
	if err != nil {
		return w, err
	}
	w.Avoid = casefile.Apart(person, people)
	return f.book.Recall(ctx, id, w)
}

// recordedAt are the kinds of room that can record at a level; "" = whichever.
func recordedAt(pack *policy.Pack, level string) []planner.Kind {
	return slices.DeleteFunc(Kinds(pack), func(k planner.Kind) bool {
		room, _ := pack.Room(k.ID)
		return level != "" && !slices.Contains(room.Levels, level)
	})
}

// asked reads what is looked for from a form; its fault says what is wrong.
func (f *face) asked(in url.Values, w planner.Wish) (planner.Wish, error) {
	zone := f.clock().Location()
	var err error
	bad := func(key string) (planner.Wish, error) { return w, fault.New(fault.BadInput, key, "not a search") }
	if w.From, err = time.ParseInLocation(time.DateOnly, in.Get("from"), zone); err != nil {
		return bad("planner.fault.span")
	}
	if w.Until, err = time.ParseInLocation(time.DateOnly, in.Get("until"), zone); err != nil || w.Until.Before(w.From) || w.Until.Sub(w.From) > farthest*24*time.Hour {
		return bad("planner.fault.span")
	}
	minutes, err := strconv.Atoi(in.Get("length"))
	if err != nil || minutes < 15 || minutes > 8*60 {
		return bad("planner.fault.length")
	}
	w.Length = time.Duration(minutes) * time.Minute
	if w.Interviewers, err = strconv.Atoi(in.Get("interviewers")); err != nil || w.Interviewers < 1 || w.Interviewers > 4 {
		return bad("planner.fault.crew")
	}
	w.Regions, w.Sex = in["region"], in.Get("sex")
	return w, nil
}

// search looks for slots and keeps what it tried: that is what "if possible"
// rests on. What was typed wrong is said, and nothing typed is lost.
func (f *face) search(w http.ResponseWriter, r *http.Request) error {
	in, err := web.Form(r)
	if err != nil {
		return err
	}
	page, wish, err := f.slots(r, in)
	if err != nil {
		return err
	}
	if wish, err = f.asked(in, wish); err != nil {
		page.Problem = fault.KeyOf(err)
		return f.site.Render(w, r, http.StatusBadRequest, "planner/slots", page)
	}
	began := time.Now()
	if page.Found, err = f.find(r.Context(), actor(r), page.File, page.Planned.ID, wish, nil); err != nil {
		return err
	}
	page.Took = time.Since(began).Round(time.Millisecond)
	page.Searched = true
	if page.Search, err = f.book.Keep(r.Context(), actor(r), page.File.ID, page.Planned.ID, page.File.Channel, wish, page.Found); err != nil {
		return err
	}
	return f.site.Render(w, r, http.StatusOK, "planner/slots", page)
}

// find searches the calendar, or what narrow leaves of it. Only people of the
// case's desk are looked at, and none who must stay away from the case.
func (f *face) find(ctx context.Context, who string, file casefile.File, interview string, wish planner.Wish, narrow func(*planner.Calendar)) (planner.Found, error) {
	c, err := f.book.Load(ctx, file.ID, planner.Span{Start: wish.From, End: wish.Until.AddDate(0, 0, 1)})
	if err != nil {
		return planner.Found{}, err
	}
	own, err := f.desks.State(ctx, file.Channel)
	if err != nil {
		return planner.Found{}, err
	}
	members, err := f.files.Members(ctx, who, file.ID)
	if err != nil {
		return planner.Found{}, err
	}
	c.Workers = slices.DeleteFunc(c.Workers, func(w planner.Worker) bool {
		return !slices.ContainsFunc(own.Members, func(m desk.Membership) bool { return m.Staff == w.ID }) ||
			slices.ContainsFunc(members, func(m casefile.Member) bool { return m.Staff == w.ID && m.Excluded != "" })
	})
	if narrow != nil {
		narrow(&c)
	}
	judge, err := f.files.Judge(ctx, who, file.ID, interview)
	if err != nil {
		return planner.Found{}, err
	}
	trainees := traineesOf(c)
	return planner.Search(ctx, c, wish, func(one planner.Candidate) (planner.Verdict, error) {
		s, err := judge(casefile.Slot{Day: one.Day, RoomKind: one.RoomKind, Adapted: one.Adapted, Interviewers: one.Interviewers, Director: one.Director,
			Trainees: trainees, Interpreter: one.Interpreter, Sworn: one.Sworn, Ideal: one.Ideal})
		return planner.Verdict(s), err
	})
}

func traineesOf(c planner.Calendar) []string {
	var out []string
	for _, w := range c.Workers {
		if w.Trainee {
			out = append(out, w.Login)
		}
	}
	return out
}

// showTried is a search as it was kept, for who reads the plan later.
func (f *face) showTried(w http.ResponseWriter, r *http.Request) error {
	if _, err := f.files.View(r.Context(), actor(r), r.PathValue("id")); err != nil {
		return err
	}
	file, planned, err := f.subject(r)
	if err != nil {
		return err
	}
	kept, err := f.book.Searched(r.Context(), file.ID, planned.ID, r.PathValue("search"))
	if err != nil {
		return err
	}
	return f.site.Render(w, r, http.StatusOK, "planner/tried", struct {
		File    casefile.File
		Planned casefile.Planned
		Kept    planner.Kept
		Pack    *policy.Pack
		Lang    string
	}{file, planned, kept, f.pack(), facts.Language(f.pack(), f.site.Page(r).Lang)})
}

// shownProposal is one proposal with the page that it stands on.
type shownProposal struct {
	P    planner.Proposal
	Page slotsPage
}

// One is for the template.
func (p slotsPage) One(one planner.Proposal) shownProposal { return shownProposal{one, p} }

// RuleTitle is what a rule is called.
func (p slotsPage) RuleTitle(id string) string {
	rule, ok := p.Pack.Rule(id)
	if !ok {
		return ""
	}
	return rule.Title.In(p.Lang)
}
