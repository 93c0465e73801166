package room

import (
	"context"
	"net/http"
	"slices"
	"strconv"
	"time"

	"verhaal/internal/casefile"
	"verhaal/internal/fault"
	"verhaal/internal/policy"
	"verhaal/internal/recording"
	"verhaal/internal/web"
	"verhaal/internal/web/facts"
)

type recordPage struct {
	Case, Number, Interview, Person string
	Level                           string
	Why                             []why
	Room, RoomName                  string
	Studio                          bool
	Minutes                         int
	Kinds                           []string
	People                          []person
	Procedure                       []named
	Rooms                           []named
	Running                         string
	Done                            []done
	Keyed                           bool
	LogKey                          string
	Lang                            string
	Checks                          []check
	Certificates                    string // how they stand: good, warn, bad; "" where none is asked for
	Followers                       []string
	Alarms, Marks, Topics           []string
	MaskReasons                     []string
}

type why struct{ Rule, Title, Says, Clause string }

type named struct{ ID, Name string }

// done is a recording of the interview that is over.
type done struct {
	ID      string
	Started time.Time
	Minutes int64
}

// person is who will be in the room, with the certificates that are asked for.
type person struct {
	Name, Role   string
	Certificates []certificate
}

// certificate is how somebody stands with a kind of certificate today: valid,
// ended, missing.
type certificate struct{ Kind, State, Until string }

// shown are the marks that the recorder has a button for.
var shown = []string{"entry", "announced", "break", "resume", "exhibit", "distress", "becomes_formal_report", "left"}

// showRecorder is the page of the room: pre-flight, then the recording.
func (f *face) showRecorder(w http.ResponseWriter, r *http.Request) error {
	ctx, who, id := r.Context(), actor(r), r.PathValue("id")
	if _, err := f.files.View(ctx, who, id); err != nil {
		return err
	}
	interview, err := f.files.Recordable(ctx, who, id, r.PathValue("interview"))
	if err != nil {
		return err
	}
	pack := f.pack()
	page := recordPage{Case: id, Number: interview.File.Number, Interview: interview.Interview.ID, Person: interview.Interview.Person, Level: interview.Level, Room: interview.Room,
		Minutes: 120, Kinds: interview.Kinds, LogKey: f.logKey, Lang: facts.Language(pack, f.site.Page(r).Lang), Alarms: recording.AlarmKinds(), Marks: shown, MaskReasons: recording.MaskReasons()}
	page.why(interview.Decision)
	key, err := f.files.Key(ctx, who, id)
	if err != nil {
		return err
	}
	page.Keyed = key.Recipient != ""
	kind, _ := pack.Room(interview.Room)
	page.RoomName, page.Studio = kind.Name.In(page.Lang), kind.Certificate != ""
	for _, d := range kind.Procedure {
		page.Procedure = append(page.Procedure, named{d.ID, d.Name.In(page.Lang)})
	}
	page.Rooms, page.Topics = f.controlRooms(page.Room, page.Lang), interview.Topics
	if page.Studio { // the protocol of a studio asks for no spoken announcement
		page.Marks = slices.DeleteFunc(slices.Clone(shown), func(m string) bool { return m == "announced" })
	}
	if page.People, err = f.inTheRoom(ctx, interview, kind.Certificate); err != nil {
		return err
	}
	if page.Followers, err = f.followers(ctx, who, id); err != nil {
		return err
	}
	all, err := f.book.Of(ctx, id, page.Interview)
	if err != nil {
		return err
	}
	for _, one := range all {
		if one.Stopped == 0 {
			page.Running = one.ID.String()
			continue
		}
		minutes, err := f.book.Minutes(ctx, one)
		if err != nil {
			return err
		}
		page.Done = append(page.Done, done{one.ID.String(), one.Day(), minutes})
	}
	page.preflight(interview.Decision)
	web.AllowRecording(w)
	return f.site.Render(w, r, http.StatusOK, "room/record", page)
}

// why lists the rules that demand the level.
func (p *recordPage) why(d policy.Decision) {
	for _, r := range requirements(d, aboutLevel) {
		p.Why = append(p.Why, why{r.Rule.ID, r.Rule.Title.In(p.Lang), r.Rule.Says.In(p.Lang), r.Rule.Clause.String()})
	}
}

// controlRooms are the rooms from which an interview in a kind of room can be followed.
func (f *face) controlRooms(room, lang string) []named {
	var out []named
	for _, k := range f.pack().Rooms {
		if k.For != policy.ForInterview && slices.Contains(k.Beside, room) {
			out = append(out, named{k.ID, k.Name.In(lang)})
		}
	}
	return out
}

// inTheRoom lists who was planned, with the certificates that are asked for: that
// of the room, and of an interviewer the one for trafficking where a rule does.
func (f *face) inTheRoom(ctx context.Context, i casefile.Recordable, ofRoom string) ([]person, error) {
	var out []person
	add := func(login, role string) error {
		p := person{Name: login, Role: role}
		who, err := f.people.ByLogin(ctx, login)
		if err == nil {
			p.Name = who.Name
			var kinds []string
			if ofRoom != "" {
				kinds = append(kinds, ofRoom)
			}
			if role == "interviewer" && len(requirements(i.Decision, aboutTrafficking)) > 0 {
				kinds = append(kinds, policy.TraffickingCertificate)
			}
			p.Certificates, err = f.certificates(ctx, who.ID, kinds)
		}
		out = append(out, p)
		if fault.KindOf(err) == fault.NotFound {
			return nil
		}
		return err
	}
	for _, login := range i.Interviewers {
		if err := add(login, "interviewer"); err != nil {
			return nil, err
		}
	}
	if i.Director != "" {
		if err := add(i.Director, "director"); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// certificates says how somebody stands with kinds of certificates today.
func (f *face) certificates(ctx context.Context, id string, kinds []string) ([]certificate, error) {
	all, err := f.people.Certificates(ctx, id)
	var out []certificate
	for _, kind := range kinds {
		one := certificate{Kind: kind, State: "missing"}
		for _, c := range all {
			if c.Kind != kind || one.State == "valid" {
				continue
			}
			one.State, one.Until = "ended", c.UntilDay()
			if c.ValidOn(f.people.Today()) {
				one.State = "valid"
			}
		}
		out = append(out, one)
	}
	return out, err
}

type watchPage struct {
	ID, Case, Number, Interview, RoomName, Lang, LogKey, Recipient string
	Rooms                                                          []named
	Started                                                        time.Time
	Marks, MarkKinds, Topics, MaskReasons, Alarms                  []string
}

// showWatch is the control room.
func (f *face) showWatch(w http.ResponseWriter, r *http.Request) error {
	one, file, lang, err := f.recordingPage(r)
	if err != nil {
		return err
	}
	begun, err := f.book.Running(r.Context(), actor(r), one.ID)
	if err != nil {
		return err
	}
	topics, err := f.planned(r.Context(), actor(r), one)
	if err != nil {
		return err
	}
	kind, _ := f.pack().Room(one.Room)
	web.AllowPlayback(w)
	return f.site.Render(w, r, http.StatusOK, "room/watch", watchPage{ID: one.ID.String(), Case: one.Casefile, Number: file.Number, Interview: one.Interview,
		RoomName: kind.Name.In(lang), Lang: lang, LogKey: f.logKey, Recipient: begun.CaseKey, Rooms: f.controlRooms(one.Room, lang),
		Started: one.Day(), Marks: []string{"topic", "distress", "exhibit"}, MarkKinds: recording.MarkKinds(), Topics: topics, MaskReasons: recording.MaskReasons(), Alarms: recording.AlarmKinds()})
}

type playPage struct {
	ID, Case, Number, Interview, RoomName, Lang, Me string
	Started                                         time.Time
	Sealed                                          bool
	Purposes                                        []purpose
	MarkKinds, Readme                               []string
	Tracks                                          []int
	Topics                                          []string // that were planned
	Withdrawals                                     []string
	Code                                            string  // how a topic is written
	Orders                                          []order // of prosecutors
	Words                                           []word  // on which minutes go out without an order
	Recipient                                       string  // of the case key
}

type purpose struct{ ID, Name string }

// readme are the paragraphs of the text that a court pack begins with.
var readme = []string{"what", "play", "check", "proves", "evidence", "keys", "custody"}

// showPlay is the player.
func (f *face) showPlay(w http.ResponseWriter, r *http.Request) error {
	one, file, lang, err := f.recordingPage(r)
	if err != nil {
		return err
	}
	if one.Stopped == 0 {
		return fault.New(fault.Conflict, "room.fault.runs", "what runs is followed where the interviewer sees who does")
	}
	kind, _ := f.pack().Room(one.Room)
	topics, err := f.planned(r.Context(), actor(r), one)
	if err != nil {
		return err
	}
	page := playPage{ID: one.ID.String(), Case: one.Casefile, Number: file.Number, Interview: one.Interview, RoomName: kind.Name.In(lang), Lang: lang,
		Me: web.ActorOf(r).Name, Started: one.Day(), Sealed: one.Sealed, MarkKinds: recording.MarkKinds(),
		Readme: readme, Tracks: []int{0, 1, 2, 3}, Topics: topics, Withdrawals: recording.Withdrawals(), Code: policy.CodePattern}
	for _, p := range recording.Purposes() {
		page.Purposes = append(page.Purposes, purpose{p.ID, f.site.Page(r).T("room.purpose." + p.ID)})
	}
	if err := f.addOrders(r.Context(), actor(r), one, &page); err != nil {
		return err
	}
	web.AllowPlayback(w)
	return f.site.Render(w, r, http.StatusOK, "room/play", page)
}

// planned lists the topics of the plan that a recording belongs to.
func (f *face) planned(ctx context.Context, actor string, one recording.Recording) ([]string, error) {
	facts, err := f.files.Facts(ctx, actor, one.Casefile, one.Interview)
	if err != nil {
		return nil, err
	}
	plan := facts["plan.topics"].Fields
	var out []string
	for _, n := range policy.Rows(plan, "plan.topics") {
		out = append(out, plan.Get("plan.topics."+strconv.Itoa(n)+".name"))
	}
	return out, nil
}

// recordingPage finds the recording of a page and notes who looks at it.
func (f *face) recordingPage(r *http.Request) (recording.Recording, casefile.File, string, error) {
	id, err := recordingOf(r)
	if err != nil {
		return recording.Recording{}, casefile.File{}, "", err
	}
	one, err := f.book.Get(r.Context(), actor(r), id)
	if err != nil {
		return one, casefile.File{}, "", err
	}
	file, err := f.files.View(r.Context(), actor(r), one.Casefile)
	return one, file, facts.Language(f.pack(), f.site.Page(r).Lang), err
}
