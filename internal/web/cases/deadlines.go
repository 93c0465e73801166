package cases

import (
	"net/http"
	"slices"
	"strconv"
	"strings"

	"verhaal/internal/casefile"
	"verhaal/internal/fault"
	"verhaal/internal/policy"
	"verhaal/internal/web"
)

// deadlines is what runs in a case, for the partial "deadlines".
type deadlines struct {
	Here, Lang, Today string
	Pack              *policy.Pack
	Clocks            []casefile.Running
	Steps             []step
	Delays            []delay
	Owed              owed // by the case itself
	Events            []events
	Running           bool // there is a clock to give a reason for
	Recipient         string
	Epoch             int64
}

type step struct {
	casefile.Step
	Name string
}

type delay struct {
	casefile.Delay
	Clock, Reason string
	Stops         bool
	Ends          bool // its end can still be entered
}

// events are those that can be entered about somebody, or about the case.
type events struct {
	About, Role string
	Events      []policy.Coded
}

// owed is what must be done for somebody, for the partial "owed": duties of the
// rules whose fact is missing, and tasks. A duty that is a task stands once.
type owed struct {
	Here, Lang, Today, About string
	Pack                     *policy.Pack
	Rules                    []policy.Requirement
	Open, Settled            []task
	Thinks                   []thinking
	Offer                    []policy.Period // can be begun
	From                     string          // from which day, as known
}

// Count is how many things are still to do.
func (o owed) Count() int { return len(o.Rules) + len(o.Open) }

type task struct {
	casefile.Owed
	Pack    policy.Task   // of a task of the pack
	Report  policy.Period // of a report in a period
	Waited  int
	Late    bool
	Reasons []string // why it need not be done
}

type thinking struct {
	casefile.Period
	Pack  policy.Period
	Left  int
	Later bool // the last day is still to come
}

// deadlines reckons what runs and is owed, for the whole page.
func (f *face) deadlines(r *http.Request, page *casePage) error {
	id := page.File.ID
	all, err := f.files.Deadlines(r.Context(), actor(r), id)
	if err != nil {
		return err
	}
	key, err := f.files.Key(r.Context(), actor(r), id)
	if err != nil {
		return err
	}
	out := deadlines{Here: "/case/" + id, Lang: page.Lang, Today: all.Today, Pack: page.Pack, Recipient: key.Recipient, Epoch: key.N, Clocks: all.Clocks}
	for _, c := range all.Clocks {
		out.Running = out.Running || c.Met == ""
	}
	for _, d := range all.Delays {
		of, _ := page.Pack.Clock(d.Clock)
		reason, _ := page.Pack.DelayReason(d.Reason)
		out.Delays = append(out.Delays, delay{d, of.Name.In(page.Lang), reason.Name.In(page.Lang), reason.Stops, d.Until == "" || d.Until > all.Today})
	}
	names := eventNames(page.Pack)
	for _, s := range slices.Backward(all.Steps) {
		out.Steps = append(out.Steps, step{s, names[s.What].In(page.Lang)})
	}
	persons, of := casefile.Enterable(page.Pack)
	out.Events = append(out.Events, events{Events: of})
	for i, p := range page.Persons {
		if p.Role == casefile.Victim || p.Role == casefile.Witness {
			out.Events = append(out.Events, events{p.ID, p.Role, persons})
		}
		if page.Persons[i].Owed, err = f.owedTo(r, page, all, p); err != nil {
			return err
		}
	}
	out.Owed = owedIn(page, all, "")
	page.Deadlines = out
	return nil
}

// owedTo is what a person is owed.
func (f *face) owedTo(r *http.Request, page *casePage, all casefile.Deadlines, p person) (owed, error) {
	out := owedIn(page, all, p.ID)
	if p.Role != casefile.Victim {
		return out, nil
	}
	if p.Unreadable == "" {
		rules, err := f.files.Tasks(r.Context(), actor(r), page.File.ID, p.ID)
		if err != nil {
			return owed{}, err
		}
		out.Rules = slices.DeleteFunc(rules, func(q policy.Requirement) bool { return all.Covers(page.Pack, q.Rule.ID, p.ID) })
	}
	known, err := f.files.Facts(r.Context(), actor(r), page.File.ID, p.ID)
	if err != nil {
		return owed{}, err
	}
	// Whoever may stay has no use for it (V-01).
	if len(out.Thinks) == 0 && known["subject.lawful_stay"].Fields.Get("subject.lawful_stay") != "true" {
		out.Offer = page.Pack.Periods
		out.From = known["reflection.from"].Fields.Get("reflection.from")
	}
	return out, nil
}

func owedIn(page *casePage, all casefile.Deadlines, about string) owed {
	out := owed{Here: "/case/" + page.File.ID, Lang: page.Lang, Today: all.Today, About: about, Pack: page.Pack}
	for _, o := range all.Tasks {
		if o.About != about {
			continue
		}
		one := task{Owed: o, Waited: o.Waited(all.Today), Late: o.State == casefile.TaskOpen && o.Due < all.Today, Reasons: casefile.NotApplicable()}
		one.Pack, _ = page.Pack.Task(o.Task)
		one.Report, _ = page.Pack.Period(o.OfPeriod)
		if o.State == casefile.TaskOpen {
			out.Open = append(out.Open, one)
		} else {
			out.Settled = append(out.Settled, one)
		}
	}
	for _, p := range all.Periods {
		if p.About == about {
			of, _ := page.Pack.Period(p.Period)
			out.Thinks = append(out.Thinks, thinking{p, of, casefile.DaysBetween(all.Today, p.Until), all.Today < p.Until})
		}
	}
	return out
}

// EndingIn is the pack's words for why a period ended.
func (t thinking) EndingIn(lang string) string {
	for _, e := range t.Pack.Ends {
		if e.ID == t.Ending {
			return e.Name.In(lang)
		}
	}
	return t.Ending
}

// eventNames are the names of all events that a pack speaks of.
func eventNames(p *policy.Pack) map[string]policy.Text {
	out := map[string]policy.Text{}
	for _, c := range p.Clocks {
		out[c.Starts.What.ID], out[c.Stops.What.ID] = c.Starts.What.Name, c.Stops.What.Name
	}
	for _, t := range p.Tasks {
		for _, e := range t.Opens {
			out[e.ID] = e.Name
		}
	}
	for _, one := range p.Periods {
		out[one.Starts.What.ID] = one.Starts.What.Name
	}
	return out
}

// on answers an act on a case with the case, at a place of its page.
func on(w http.ResponseWriter, r *http.Request, place string, err error) error {
	if err != nil {
		return err
	}
	return web.Back(w, r, "/case/"+r.PathValue("id")+"/#"+place)
}

// numbered is the number in an address.
func numbered(r *http.Request) (int64, error) {
	n, err := strconv.ParseInt(r.PathValue("n"), 10, 64)
	if err != nil {
		return 0, fault.New(fault.NotFound, "", "no number")
	}
	return n, nil
}

// noteStep enters something that happened on a day.
func (f *face) noteStep(w http.ResponseWriter, r *http.Request) error {
	in, err := web.Form(r)
	if err != nil {
		return err
	}
	what, about, _ := strings.Cut(in.Get("what"), " ")
	return on(w, r, "deadlines", f.files.NoteStep(r.Context(), actor(r), r.PathValue("id"), casefile.Step{What: what, About: about, Day: in.Get("day")}))
}

func (f *face) takeBack(w http.ResponseWriter, r *http.Request) error {
	n, err := numbered(r)
	if err != nil {
		return err
	}
	return on(w, r, "deadlines", f.files.TakeBack(r.Context(), actor(r), r.PathValue("id"), n))
}

// giveReason says why a clock takes longer; words come sealed or not at all.
func (f *face) giveReason(w http.ResponseWriter, r *http.Request) error {
	in, err := web.Form(r)
	if err != nil {
		return err
	}
	clock, about, _ := strings.Cut(in.Get("clock"), " ")
	d := casefile.NewDelay{Clock: clock, About: about, Reason: in.Get("reason"), From: in.Get("from"), Until: in.Get("until")}
	if d.Sealed, d.Epoch, err = sealedIn(in); err != nil {
		return err
	}
	return on(w, r, "deadlines", f.files.GiveReason(r.Context(), actor(r), r.PathValue("id"), d))
}

func (f *face) endReason(w http.ResponseWriter, r *http.Request) error {
	in, err := web.Form(r)
	if err != nil {
		return err
	}
	n, err := numbered(r)
	if err != nil {
		return err
	}
	return on(w, r, "deadlines", f.files.EndReason(r.Context(), actor(r), r.PathValue("id"), n, in.Get("until")))
}

// settle ends a task: done on a day, or not needed for a reason.
func (f *face) settle(w http.ResponseWriter, r *http.Request) error {
	in, err := web.Form(r)
	if err != nil {
		return err
	}
	n, err := numbered(r)
	if err != nil {
		return err
	}
	how := casefile.Settlement{State: in.Get("state"), Consent: in.Get("consent") == "yes"}
	if how.State == casefile.TaskDone {
		how.Day = in.Get("day")
	} else {
		how.Reason = in.Get("reason")
	}
	return on(w, r, "people", f.files.Settle(r.Context(), actor(r), r.PathValue("id"), n, how))
}

func (f *face) beginPeriod(w http.ResponseWriter, r *http.Request) error {
	in, err := web.Form(r)
	if err != nil {
		return err
	}
	return on(w, r, "people", f.files.BeginPeriod(r.Context(), actor(r), r.PathValue("id"), r.PathValue("subject"), in.Get("period"), in.Get("from")))
}

func (f *face) endPeriod(w http.ResponseWriter, r *http.Request) error {
	in, err := web.Form(r)
	if err != nil {
		return err
	}
	return on(w, r, "people", f.files.EndPeriod(r.Context(), actor(r), r.PathValue("id"), r.PathValue("subject"), in.Get("ending"), in.Get("day")))
}

// takePeriodBack takes a period back that was begun by mistake.
func (f *face) takePeriodBack(w http.ResponseWriter, r *http.Request) error {
	in, err := web.Form(r)
	if err != nil {
		return err
	}
	return on(w, r, "people", f.files.TakePeriodBack(r.Context(), actor(r), r.PathValue("id"), r.PathValue("subject"), in.Get("why")))
}

// PeriodMistakes is for the template.
func (owed) PeriodMistakes() []string { return casefile.PeriodMistakes() }
