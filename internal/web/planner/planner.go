// Package planner is the face of the calendar: the recordings manager keeps
// rooms, people, interpreters and absences; the detective looks for a slot
// beside the plan of an interview, and sees why it is not sooner.
package planner

import (
	"context"
	"embed"
	"io/fs"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"verhaal/internal/casefile"
	"verhaal/internal/db"
	"verhaal/internal/desk"
	"verhaal/internal/fault"
	"verhaal/internal/planner"
	"verhaal/internal/policy"
	"verhaal/internal/staff"
	"verhaal/internal/web"
	"verhaal/internal/web/withdraw"
)

//go:embed *.html
var pages embed.FS

// Templates are the pages of this face.
func Templates() fs.FS { return pages }

// Files is what these pages need of the case files.
type Files interface {
	Get(ctx context.Context, actor, id string) (casefile.File, error)
	View(ctx context.Context, actor, id string) (casefile.File, error)
	Interviews(ctx context.Context, actor, id string) ([]casefile.Planned, error)
	Persons(ctx context.Context, actor, id string) ([]casefile.Person, error)
	Facts(ctx context.Context, actor, id, subject string) (map[string]casefile.Fact, error)
	InterviewersBefore(ctx context.Context, actor, id, interview string) ([]string, error)
	Judge(ctx context.Context, actor, id, interview string) (func(casefile.Slot) (casefile.Standing, error), error)
	Book(ctx context.Context, actor, id, interview string, s casefile.Slot, reason string, reserve func(*db.Tx) error) error
	Unbook(ctx context.Context, actor, id, interview, why string) error
	ClearInterpreter(ctx context.Context, actor, id, interview, asked string, keep func(*db.Tx) ([]string, error)) error
	RefuseInterpreter(ctx context.Context, actor, id, interview string, keep func(*db.Tx) ([]string, error)) error
	Members(ctx context.Context, actor, id string) ([]casefile.Member, error)
}

// Desks says who is on a channel's desk: nobody else interviews for its cases.
type Desks interface {
	State(ctx context.Context, channel string) (desk.State, error)
}

// People keeps certificates.
type People interface {
	Certificates(ctx context.Context, member string) ([]staff.Certificate, error)
	Certify(ctx context.Context, actor string, c staff.Certificate) (string, error)
	With(ctx context.Context, power string) ([]staff.Member, error)
	ByID(ctx context.Context, id string) (staff.Member, error)
	Today() int
}

type face struct {
	site   *web.Site
	pack   func() *policy.Pack
	book   *planner.Book
	files  Files
	people People
	desks  Desks
	clock  func() time.Time // in the installation's time zone

	colleagues withdraw.Staff
}

// Register adds the pages to mux.
func Register(mux *http.ServeMux, site *web.Site, pack func() *policy.Pack, book *planner.Book, files Files, people People, desks Desks, colleagues withdraw.Staff, clock func() time.Time) {
	f := &face{site, pack, book, files, people, desks, clock, colleagues}
	at := func(pattern string, h web.Handler) { site.HandleStaff(mux, pattern, staff.Recordings, h) }
	at("GET /planner/{$}", f.showCalendar)
	at("GET /planner/rooms", f.showRooms)
	at("GET /planner/rooms/{id}", f.showRoom)
	at("POST /planner/rooms/{id}", f.saveRoom)
	at("GET /planner/people", f.showPeople)
	at("GET /planner/people/{id}", f.showPerson)
	at("POST /planner/people/{id}", f.savePerson)
	at("POST /planner/people/{id}/certificates", f.certify)
	at("POST /planner/people/{id}/revoke", f.revoke)
	at("GET /planner/interpreters", f.showInterpreters)
	at("GET /planner/interpreters/{id}", f.showInterpreter)
	at("POST /planner/interpreters/{id}", f.saveInterpreter)
	at("GET /planner/equipment", f.showEquipment)
	at("GET /planner/equipment/{id}", f.showItem)
	at("POST /planner/equipment/{id}", f.saveItem)
	at("POST /planner/absences", f.addAbsence)
	at("POST /planner/absences/{id}/remove", f.removeAbsence)
	at("POST /planner/feeds", f.makeFeed)
	at("POST /planner/feeds/end", f.endFeed)
	site.Handle(mux, "GET /calendar/{secret}", f.showFeed)

	of := func(pattern string, h web.Handler) { site.HandleStaff(mux, pattern, staff.Officer, h) }
	of("GET /case/{id}/about/{subject}/slots", f.showSlots)
	of("POST /case/{id}/about/{subject}/slots", f.search)
	of("GET /case/{id}/about/{subject}/tried/{search}", f.showTried)
	of("POST /case/{id}/about/{subject}/book", f.bookSlot)
	of("POST /case/{id}/about/{subject}/unbook", f.unbook)
	of("GET /case/{id}/about/{subject}/times", f.showTimes)
	of("POST /case/{id}/about/{subject}/times", f.saveTimes)
	of("POST /case/{id}/about/{subject}/visits", f.addVisit)
	of("POST /case/{id}/about/{subject}/visits/{visit}/end", f.endVisit)
	of("POST /case/{id}/about/{subject}/conflicts", f.setConflict)
	of("POST /case/{id}/about/{subject}/ties", f.clearTies)
}

func actor(r *http.Request) string { return web.ActorOf(r).ID }

// isNew is the id in addresses of what is not kept yet.
const isNew = "new"

// days are the days of a week as forms name them.
var days = []string{"mo", "tu", "we", "th", "fr", "sa", "su"}

// hoursFrom reads hours from the fields day, from and to of a form.
func hoursFrom(in url.Values, prefix string) (planner.Hours, error) {
	return planner.ParseHours(strings.Join(in[prefix+"day"], ",") + " " + in.Get(prefix+"from") + "-" + in.Get(prefix+"to"))
}

// hours are hours as a form shows them.
type hours struct {
	Prefix, From, To string
	Days             []dayBox
}

type dayBox struct {
	Name string
	On   bool
}

func hoursOf(prefix string, h planner.Hours) hours {
	on, times, _ := strings.Cut(h.String(), " ")
	from, to, _ := strings.Cut(times, "-")
	out := hours{Prefix: prefix, From: from, To: to}
	for _, d := range days {
		out.Days = append(out.Days, dayBox{d, slices.Contains(strings.Split(on, ","), d)})
	}
	return out
}

// noHours is a row of a form in which nothing was said yet.
func noHours(prefix string) hours {
	out := hoursOf(prefix, planner.Hours{})
	out.From, out.To = "", ""
	return out
}

// office is where a form begins.
var office = planner.Hours{Days: [7]bool{false, true, true, true, true, true, false}, From: 9 * 60, To: 17 * 60}

func (f *face) kinds() []planner.Kind { return Kinds(f.pack()) }

// Kinds are a pack's kinds of interview room, as the calendar needs them.
// Studios are few, so a room that will do as well comes first.
func Kinds(pack *policy.Pack) []planner.Kind {
	var out []planner.Kind
	for _, r := range pack.Rooms {
		if r.For != policy.ForInterview {
			continue
		}
		k := planner.Kind{ID: r.ID, Most: r.Interviewers, Directed: r.Certificate != "", AnyAdapted: r.Adapted, Preferences: len(out)}
		for _, d := range r.Equipment {
			k.Equipment = append(k.Equipment, d.ID)
		}
		out = append(out, k)
	}
	return out
}

// moment reads what a browser's date and time field sends, in the
// installation's time zone.
func (f *face) moment(text string) (time.Time, error) {
	t, err := time.ParseInLocation("2006-01-02T15:04", text, f.clock().Location())
	if err != nil {
		return t, fault.New(fault.BadInput, "planner.fault.span", "no date and time")
	}
	return t, nil
}

func (f *face) span(in url.Values) (planner.Span, error) {
	from, err := f.moment(in.Get("from"))
	if err != nil {
		return planner.Span{}, err
	}
	until, err := f.moment(in.Get("until"))
	return planner.Span{Start: from, End: until}, err
}

// version reads the version that a form was made from.
func version(in url.Values) (int64, error) {
	n, err := strconv.ParseInt(in.Get("version"), 10, 64)
	if err != nil || n < 0 {
		return 0, fault.New(fault.BadInput, "", "a version that is no number")
	}
	return n, nil
}
