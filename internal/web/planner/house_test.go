package planner

import (
	"context"
	"database/sql"
	"io/fs"
	"log/slog"
	"net/http"
	"net/url"
	"slices"
	"testing"
	"time"

	"verhaal/internal/casefile"
	"verhaal/internal/custody"
	"verhaal/internal/db"
	"verhaal/internal/desk"
	"verhaal/internal/fault"
	"verhaal/internal/planner"
	"verhaal/internal/policy"
	"verhaal/internal/staff"
	"verhaal/internal/web"
	"verhaal/internal/web/lang"
	"verhaal/internal/web/withdraw"
	"verhaal/locales"
	"verhaal/packs"
	"verhaal/ui"
)

const avim = "police-avim"

// house is a calendar, case files and the Dutch pack, all real, on a database of
// their own, with the pages before them.
type house struct {
	*face
	cases *casefile.Files
	staff []planner.Colleague
	mux   *http.ServeMux
	who   *web.Actor // behind every request
	now   time.Time

	crashed bool // before cases could be told of anything
}

// MayRead, Recipient, Prosecutes and Holds stand for desks and staff: everybody
// is of the desk, and certificates are those of the colleagues.
func (*house) MayRead(context.Context, string, string) error            { return nil }
func (*house) Recipient(context.Context, string) (string, error)        { return "", nil }
func (*house) Prosecutes(context.Context, string) (bool, error)         { return false, nil }
func (h *house) Called(_ context.Context, login string) (string, error) { return login, nil }
func (h *house) On(string) (*policy.Pack, error)                        { return h.pack(), nil }
func (h *house) Holds(_ context.Context, login, kind, day string) (bool, error) {
	for _, c := range h.staff {
		for _, held := range c.Held {
			if c.Login == login && held.Kind == kind && held.From <= day && day <= held.Until {
				return true, nil
			}
		}
	}
	return false, nil
}

// Certificates, Revoke and Sweep stand for staff too: a certificate goes by its
// kind, and of one kind the first goes first.
func (h *house) Certificates(_ context.Context, member string) ([]staff.Certificate, error) {
	var out []staff.Certificate
	for _, c := range h.staff {
		for _, held := range c.Held {
			from, _ := staff.ReadDay(held.From)
			until, _ := staff.ReadDay(held.Until)
			if c.ID == member {
				out = append(out, staff.Certificate{ID: held.Kind, Staff: member, Kind: held.Kind, From: from, Until: until})
			}
		}
	}
	return out, nil
}

func (h *house) Revoke(_ context.Context, _, member, certificate string) error {
	for i, c := range h.staff {
		if n := slices.IndexFunc(c.Held, func(held planner.Held) bool { return held.Kind == certificate }); c.ID == member && n >= 0 {
			h.staff[i].Held = slices.Delete(slices.Clone(c.Held), n, n+1)
			return nil
		}
	}
	return fault.New(fault.NotFound, "", "no such certificate")
}

func (*house) Sweep(context.Context) (int, error) { return 0, nil }

// colleagues are who works here, to the pages that list them.
type colleagues struct{ *house }

func (c colleagues) Certify(context.Context, string, staff.Certificate) (string, error) {
	return "", nil
}
func (c colleagues) Today() int { return 20261123 }
func (c colleagues) With(context.Context, string) (out []staff.Member, err error) {
	for _, one := range c.staff {
		out = append(out, staff.Member{ID: one.ID, Login: one.Login, Name: one.Name})
	}
	return out, nil
}
func (c colleagues) ByID(_ context.Context, id string) (staff.Member, error) {
	return staff.Member{ID: id, Name: "Was " + id}, nil
}

// nothing is a house without reports and recordings.
type nothing struct{}

func (nothing) Report(context.Context, string) (channel, day string, err error) { return "", "", nil }
func (nothing) Recorded(*db.Tx, string, string) (bool, error)                   { return false, nil }
func (nothing) Recording(context.Context, string, string) (bool, error)         { return false, nil }
func (nothing) Marked(interface {
	Query(query string, args ...any) (*sql.Rows, error)
}, string) (map[string][]string, error) {
	return nil, nil
}

// State implements Desks.
func (h *house) State(context.Context, string) (desk.State, error) {
	var s desk.State
	for _, c := range h.staff {
		s.Members = append(s.Members, desk.Membership{Staff: c.ID})
	}
	return s, nil
}

func open(t testing.TB, d *db.DB, w *db.Writer) *house {
	t.Helper()
	zone, err := time.LoadLocation("Europe/Amsterdam")
	ok(t, err)
	pack, err := policy.Load(packs.FS, "nl")
	ok(t, err)
	key, err := custody.NewKey("verhaal.test/log")
	ok(t, err)
	quiet := slog.New(slog.DiscardHandler)
	languages, err := lang.Load(locales.FS, quiet)
	ok(t, err)
	h := &house{mux: http.NewServeMux(), now: time.Date(2026, 11, 23, 8, 0, 0, 0, zone)}
	site, err := web.New(web.Config{Languages: languages, Templates: map[string]fs.FS{"planner": Templates()}, Assets: ui.Assets(), Log: quiet,
		Authenticate: func(*http.Request) (*web.Actor, error) { return h.who, nil }})
	ok(t, err)
	clock := func() time.Time { return h.now }
	log := custody.New(d, w, key, clock, quiet)
	book := planner.New(d, log, planner.Around{Staff: func(context.Context) ([]planner.Colleague, error) { return h.staff, nil }, Clock: clock,
		Kinds: func() []planner.Kind { return Kinds(pack) }, Avoided: casefile.Avoided,
		Fell: func(ctx context.Context, actor, id, interview, happened string) error {
			if h.crashed {
				return fault.New(fault.Unavailable, "", "the server was killed here")
			}
			return h.cases.AskAgain(ctx, actor, id, interview, happened)
		}})
	h.face = &face{site: site, pack: func() *policy.Pack { return pack }, book: book, desks: h, clock: clock}
	h.cases = casefile.New(d, log, casefile.Around{Desks: h, People: h, Rules: h, Calendar: book, Sources: nothing{}, Clock: clock})
	h.files = h.cases
	Register(h.mux, site, h.pack, book, h.cases, colleagues{h}, h, withdraw.Staff{People: h, Desks: h, Book: book}, clock)
	return h
}

func ok(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// what is known of a case and a plan, but for what a slot decides.
const (
	caseFacts = "case.acute=false&report.exploitation=sexual&report.anonymous=false&clock.reported=2026-11-18"
	girlFacts = "case.talk_held=true&subject.birth_date=2016-03-01&subject.intellectual_disability=absent&subject.cognitive_disorder=absent&subject.special_needs.none=1" +
		"&case.interest_weighed=true&case.expert_supports=false&case.expert_conducts=false&case.would_rather_not_testify=false" +
		"&subject.lawful_stay=true&subject.dublin=false&earlier.none=1&subject.language=ro&subject.needs_interpreter="
	planFacts = "plan.companion.chosen=true&plan.topics.0.name=recruitment"
)

// set writes facts as who does in a form.
func (h *house) set(ctx context.Context, who, id, subject, fields string) error {
	all, err := url.ParseQuery(fields)
	if err != nil {
		return err
	}
	known, err := h.cases.Facts(ctx, who, id, subject)
	if err != nil {
		return err
	}
	for _, f := range policy.Schema() {
		if mine := policy.FieldsOf(f.Name, all); len(mine) > 0 {
			if err := h.cases.SetFact(ctx, who, id, subject, f.Name, mine, known[f.Name].Version); err != nil {
				return err
			}
		}
	}
	return nil
}

// girl opens a case of who's, with the plan of an interview of a girl of ten.
func (h *house) girl(ctx context.Context, who, needsInterpreter string) (casefile.File, casefile.Planned, error) {
	file, err := h.cases.Open(ctx, who, casefile.Start{Channel: avim, Origin: casefile.ExOfficio})
	if err != nil {
		return file, casefile.Planned{}, err
	}
	planned := casefile.Planned{}
	if planned.Person, err = h.cases.AddPerson(ctx, who, file.ID, casefile.Victim); err != nil {
		return file, planned, err
	}
	if planned.ID, err = h.cases.Plan(ctx, who, file.ID, planned.Person); err != nil {
		return file, planned, err
	}
	for _, about := range [][2]string{{"", caseFacts}, {planned.Person, girlFacts + needsInterpreter}, {planned.ID, planFacts}} {
		if err := h.set(ctx, who, file.ID, about[0], about[1]); err != nil {
			return file, planned, err
		}
	}
	return file, planned, h.cases.Assess(ctx, who, file.ID, casefile.NewAssessment{Assessment: casefile.Assessment{Person: planned.Person, Day: "2026-11-20", InInterest: true}, NoNeeds: true})
}
