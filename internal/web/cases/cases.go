// Package cases is the detective's face: case files, the people in them, and
// the plans of interviews with the rules beside them. Names and notes are
// sealed and opened in the browser; facts are what the rules read.
package cases

import (
	"context"
	"embed"
	"io/fs"
	"net/http"
	"net/url"

	"verhaal/internal/casefile"
	"verhaal/internal/fault"
	"verhaal/internal/keyring"
	"verhaal/internal/planner"
	"verhaal/internal/policy"
	"verhaal/internal/recording"
	"verhaal/internal/staff"
	"verhaal/internal/web"
	"verhaal/internal/web/keys"
)

//go:embed *.html
var pages embed.FS

// Templates are the pages of this face.
func Templates() fs.FS { return pages }

// Files is what these pages need of the case files.
type Files interface {
	keys.Rings
	Open(ctx context.Context, actor string, s casefile.Start) (casefile.File, error)
	Of(ctx context.Context, staff, after string, limit int) ([]casefile.Row, string, error)
	Get(ctx context.Context, actor, id string) (casefile.File, error)
	View(ctx context.Context, actor, id string) (casefile.File, error)
	Reports(ctx context.Context, actor, id string) ([]casefile.Report, error)
	AddReports(ctx context.Context, actor, id string, reports []string) error
	Having(ctx context.Context, actor, report string) (casefile.File, bool, error)
	Events(ctx context.Context, actor, id string) ([]casefile.Happened, error)
	Advance(ctx context.Context, actor, id, seen, phase string) error
	BeginFormalReport(ctx context.Context, actor, id, person, seen string) error
	Members(ctx context.Context, actor, id string) ([]casefile.Member, error)
	AddMember(ctx context.Context, actor, id, staff string) error
	Exclude(ctx context.Context, actor, id, staff, why string) error
	RemoveMember(ctx context.Context, actor, id, staff string) error
	AddPerson(ctx context.Context, actor, id, role string) (string, error)
	ChangeRole(ctx context.Context, actor, id, person, seen, role string) error
	Persons(ctx context.Context, actor, id string) ([]casefile.Person, error)
	BurdenOf(ctx context.Context, actor, id, person string) (casefile.Burden, error)
	Tasks(ctx context.Context, actor, id, person string) ([]policy.Requirement, error)
	Exclusions(ctx context.Context, prosecutor string, limit int) ([]casefile.Exclusion, error)
	JudgeExclusion(ctx context.Context, prosecutor, exclusion, state, why string) error
	Facts(ctx context.Context, actor, id, subject string) (map[string]casefile.Fact, error)
	CorrectFact(ctx context.Context, actor, id, subject, name string, fields url.Values, version int64, c casefile.Correction) error
	ImportEarlier(ctx context.Context, actor, id, person, text string) (int, error)
	Today() string
	DayOver(day string) bool
	Assess(ctx context.Context, actor, id string, a casefile.NewAssessment) error
	Assessments(ctx context.Context, actor, id string) ([]casefile.Assessment, error)
	CloseMeasure(ctx context.Context, actor, id string, n int64, state string) error
	SetContactPlan(ctx context.Context, actor, id, person string, p casefile.ContactPlan) error
	ContactPlanOf(ctx context.Context, actor, id, person string) (casefile.ContactPlan, bool, error)
	Contact(ctx context.Context, actor, id, person, way, result, basis string) error
	Contacts(ctx context.Context, actor, id, person string) ([]casefile.Contact, error)
	Shield(ctx context.Context, actor, id, person, seen, basis string) error
	Shielded(ctx context.Context, actor, id string) (map[string]string, error)
	Unshield(ctx context.Context, actor, id, person, why string) ([]casefile.Part, error)
	LevelsNeeded(ctx context.Context, actor, id string) ([]casefile.Needed, error)
	OpenTalkReport(ctx context.Context, actor, id, person, why string) ([]casefile.Part, error)
	BecomesFormalReport(ctx context.Context, actor, id, person string) error
	TellProsecutor(ctx context.Context, actor, id, person, prosecutor string, p casefile.Part) error
	Views(ctx context.Context, actor, id string) ([]casefile.View, error)
	ReadView(ctx context.Context, prosecutor, view string) ([]byte, error)
	Plan(ctx context.Context, actor, id, person string) (string, error)
	Interviews(ctx context.Context, actor, id string) ([]casefile.Planned, error)
	Try(ctx context.Context, actor, id, interview string, plan url.Values) (policy.Decision, error)
	Reasons(ctx context.Context, actor, id, interview string) ([]casefile.Reason, error)
	Confirm(ctx context.Context, actor, id, interview string) error
	ConfirmOutside(ctx context.Context, actor, id, interview, why string) error
	Hold(ctx context.Context, actor, id, interview string) error
	NotHeld(ctx context.Context, actor, id, interview, why string) error
	Cancel(ctx context.Context, actor, id, interview, why string) error
	AskDeviation(ctx context.Context, actor, id, interview string, asked casefile.NewDeviation) error
	Deviations(ctx context.Context, actor, id, interview string) ([]casefile.Deviation, error)
	ForProsecutor(ctx context.Context, prosecutor, after string, limit int) ([]casefile.Deviation, []casefile.View, string, error)
	Reason(ctx context.Context, prosecutor, deviation string) (casefile.DeviationWords, error)
	ReasonInCase(ctx context.Context, actor, id, deviation string) (casefile.DeviationWords, error)
	WithdrawDeviation(ctx context.Context, actor, id, deviation string) error
	AnswerDeviation(ctx context.Context, prosecutor, deviation, state string, answer []byte) error
	OpenParts(ctx context.Context, actor, id string) ([]casefile.Part, error)
	KeepTold(ctx context.Context, actor, id, person string, p casefile.Part, topics []casefile.ToldTopic, corrected string) error
	Seal(ctx context.Context, actor, id string, p casefile.Part) error
	Key(ctx context.Context, actor, id string) (keyring.Epoch, error)
	Deadlines(ctx context.Context, actor, id string) (casefile.Deadlines, error)
	NoteStep(ctx context.Context, actor, id string, step casefile.Step) error
	TakeBack(ctx context.Context, actor, id string, n int64) error
	GiveReason(ctx context.Context, actor, id string, d casefile.NewDelay) error
	EndReason(ctx context.Context, actor, id string, n int64, until string) error
	Settle(ctx context.Context, actor, id string, n int64, how casefile.Settlement) error
	BeginPeriod(ctx context.Context, actor, id, person, period, from string) error
	TakePeriodBack(ctx context.Context, actor, id, person, why string) error
	EndPeriod(ctx context.Context, actor, id, person, ending, day string) error
	Board(ctx context.Context, actor, channel, after string, upcoming bool, limit int) ([]casefile.Due, string, error)
}

// People finds colleagues: by how they sign in, by their ids, by their power.
type People interface {
	ByLogin(ctx context.Context, login string) (staff.Member, error)
	ByID(ctx context.Context, id string) (staff.Member, error)
	With(ctx context.Context, power string) ([]staff.Member, error)
}

// Desks lists the channels of a person.
type Desks interface {
	Of(ctx context.Context, staff string) ([]string, error)
}

// Calendar finds the slot of an interview; NotFound when it has none. CheckOf
// says how who interprets there stands with the case.
type Calendar interface {
	Of(ctx context.Context, casefile, interview string) (planner.Booking, error)
	CheckOf(ctx context.Context, casefile, interpreter string) (planner.Check, error)
}

// Recordings lists what was recorded of a case, and at which minute its topics
// begin, and what prosecutors ask of it.
type Recordings interface {
	Of(ctx context.Context, casefile, interview string) ([]recording.Recording, error)
	Topics(ctx context.Context, actor, casefile string) ([]recording.Topic, error)
	Orderable(ctx context.Context, prosecutor string) ([]recording.Orderable, error)
	OrdersOf(ctx context.Context, prosecutor string) ([]recording.Order, error)
	OrdersOpen(ctx context.Context, actor string) ([]recording.Order, error)
	Disclosing() []policy.Power
}

type face struct {
	site     *web.Site
	pack     func() *policy.Pack
	files    Files
	people   People
	desks    Desks
	calendar Calendar
	records  Recordings
}

// Register adds the detective's pages to mux.
func Register(mux *http.ServeMux, site *web.Site, pack func() *policy.Pack, files Files, people People, desks Desks, calendar Calendar, recordings Recordings) {
	f := &face{site, pack, files, people, desks, calendar, recordings}
	at := func(pattern string, h web.Handler) { site.HandleStaff(mux, pattern, staff.Officer, h) }
	at("GET /case/{$}", f.list)
	at("POST /case/{$}", f.open)
	at("GET /case/{id}/{$}", f.show)
	at("POST /case/{id}/reports", f.addReports)
	at("POST /case/{id}/phase", f.advance)
	at("POST /case/{id}/members", f.addMember)
	at("POST /case/{id}/members/{member}/remove", f.removeMember)
	at("POST /case/{id}/exclude", f.exclude)
	at("POST /case/{id}/persons", f.addPerson)
	at("POST /case/{id}/interviews", f.plan)
	at("GET /case/{id}/about/{subject}", f.showFacts)
	at("POST /case/{id}/about/{subject}", f.saveFacts)
	at("POST /case/{id}/about/{subject}/try", f.try)
	at("POST /case/{id}/about/{subject}/assessments", f.assess)
	at("POST /case/{id}/about/{subject}/measures/{n}", f.closeMeasure)
	at("POST /case/{id}/about/{subject}/contact-plan", f.setContactPlan)
	at("POST /case/{id}/about/{subject}/contacts", f.noteContact)
	at("POST /case/{id}/about/{subject}/shield", f.shield)
	at("POST /case/{id}/about/{subject}/unshield", f.unshield)
	at("GET /case/{id}/about/{subject}/talk", f.showTalk)
	at("POST /case/{id}/about/{subject}/talk/report", f.openTalkReport)
	at("POST /case/{id}/about/{subject}/talk/becomes", f.becomesFormalReport)
	at("POST /case/{id}/about/{subject}/talk/view", f.tellProsecutor)
	at("POST /case/{id}/about/{subject}/told", f.keepTold)
	at("POST /case/{id}/about/{subject}/import", f.importEarlier)
	at("POST /case/{id}/about/{subject}/role", f.changeRole)
	at("POST /case/{id}/about/{subject}/state", f.changeState)
	at("POST /case/{id}/about/{subject}/deviations", f.askDeviation)
	at("POST /case/{id}/deviations/{deviation}/open", f.openReasonInCase)
	at("POST /case/{id}/about/{subject}/deviations/{deviation}/withdraw", f.withdrawDeviation)
	at("POST /case/{id}/sealed/open", f.openParts)
	at("POST /case/{id}/sealed", f.seal)
	at("GET /case/board", f.showBoard)
	at("POST /case/{id}/steps", f.noteStep)
	at("POST /case/{id}/steps/{n}/withdraw", f.takeBack)
	at("POST /case/{id}/delays", f.giveReason)
	at("POST /case/{id}/delays/{n}/end", f.endReason)
	at("POST /case/{id}/tasks/{n}", f.settle)
	at("POST /case/{id}/about/{subject}/period", f.beginPeriod)
	at("POST /case/{id}/about/{subject}/period/end", f.endPeriod)
	at("POST /case/{id}/about/{subject}/period/take-back", f.takePeriodBack)
	keys.Register(mux, site, "/case/{id}", "id", staff.Officer, files)
	site.HandleStaff(mux, "GET /decisions/{$}", staff.Prosecutor, f.showDecisions)
	site.HandleStaff(mux, "POST /decisions/{id}/open", staff.Prosecutor, f.openReason)
	site.HandleStaff(mux, "POST /decisions/views/{id}/open", staff.Prosecutor, f.readView)
	site.HandleStaff(mux, "POST /decisions/exclusions/{id}/judge", staff.Prosecutor, f.judgeExclusion)
	site.HandleStaff(mux, "POST /decisions/{id}", staff.Prosecutor, f.decide)
}

func actor(r *http.Request) string { return web.ActorOf(r).ID }

func (f *face) channelName(id, lang string) string {
	c, ok := f.pack().Channel(id)
	if !ok {
		return id
	}
	return c.Name.In(lang)
}

// called is a colleague's name, or the id of one who is gone.
func (f *face) called(ctx context.Context, id string) (string, error) {
	who, err := f.people.ByID(ctx, id)
	if fault.KindOf(err) == fault.NotFound {
		return id, nil
	}
	return who.Name, err
}
