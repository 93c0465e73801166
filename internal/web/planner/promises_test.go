package planner

import (
	"context"
	"html"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"verhaal/internal/casefile"
	"verhaal/internal/db"
	"verhaal/internal/db/dbtest"
	"verhaal/internal/fault"
	"verhaal/internal/planner"
	"verhaal/internal/policy"
	"verhaal/internal/staff"
	"verhaal/internal/web"
	"verhaal/packs"
)

var fiveDays = planner.Hours{Days: [7]bool{false, true, true, true, true, true, false}, From: 8 * 60, To: 18 * 60}

// studio furnishes one studio, with two who may work in it and one interpreter.
func (h *house) studio(t testing.TB) (room string) {
	t.Helper()
	ctx := t.Context()
	kinds := h.kinds()
	for _, k := range kinds {
		if k.ID != "child_friendly_studio" {
			continue
		}
		id, err := h.book.SaveRoom(ctx, "pia", planner.Entry[planner.Room]{Used: true, It: planner.Room{Name: "Child-friendly studio", Site: "Long Lane 5", Region: "north",
			Kind: k.ID, Equipment: k.Equipment, Hours: fiveDays}}, kinds)
		ok(t, err)
		room = id
	}
	for _, one := range []string{"visser", "bakker"} {
		c := planner.Colleague{ID: "id-" + one, Login: "login-" + one, Name: "Name " + one}
		for _, kind := range []string{"trafficking", "studio"} {
			c.Held = append(c.Held, planner.Held{Kind: kind, From: "2020-01-01", Until: "2030-01-01"})
		}
		h.staff = append(h.staff, c)
		ok(t, h.book.SaveWorker(ctx, "pia", planner.Entry[planner.Worker]{Used: true, It: planner.Worker{ID: c.ID, Region: "north", Hours: fiveDays}}))
	}
	_, err := h.book.SaveInterpreter(ctx, "pia", planner.Entry[planner.Interpreter]{Used: true, It: planner.Interpreter{Name: "Interpreter Popa", Number: "10001",
		Until: "2030-01-01", Languages: []string{"ro"}, Hours: fiveDays}})
	ok(t, err)
	return room
}

// searched is the first slot for a girl's interview, and the search as it is kept.
func (h *house) searched(t testing.TB, file casefile.File, planned casefile.Planned) (planner.Proposal, string) {
	t.Helper()
	wish, err := h.known(t.Context(), "ann", file.ID, planned)
	ok(t, err)
	wish.From, wish.Until, wish.Length, wish.Interviewers = h.now, h.now.AddDate(0, 0, 3), time.Hour, 1
	found, err := h.find(t.Context(), "ann", file, planned.ID, wish, nil)
	ok(t, err)
	if len(found.Full) == 0 {
		t.Fatalf("nothing found: %+v", found.Why)
	}
	search, err := h.book.Keep(t.Context(), "ann", file.ID, planned.ID, file.Channel, wish, found)
	ok(t, err)
	return found.Full[0], search
}

func (h *house) ask(method, path string, form url.Values) *httptest.ResponseRecorder {
	r := httptest.NewRequest(method, path, strings.NewReader(form.Encode()))
	if method == http.MethodPost {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	w := httptest.NewRecorder()
	h.mux.ServeHTTP(w, r)
	return w
}

// TestACalendarForOtherProgramsTellsNothingButWhenAndWhere: it leaves the house,
// so nothing in it may tell for whom, by whom or for what kind of person.
func TestACalendarForOtherProgramsTellsNothingButWhenAndWhere(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB, w *db.Writer) {
		h := open(t, d, w)
		room := h.studio(t)
		file, planned, err := h.girl(t.Context(), "ann", "true")
		ok(t, err)
		p, search := h.searched(t, file, planned)
		ok(t, h.take(t.Context(), "ann", file, planned, chosen(search, p)))
		for _, who := range []string{"room/" + room, "staff/id-visser"} {
			secret, err := h.book.MakeFeed(t.Context(), "pia", who)
			ok(t, err)
			got := h.ask("GET", "/calendar/"+secret+".ics", nil)
			text := strings.ReplaceAll(got.Body.String(), "\r\n ", "") // unfolded, RFC 5545 §3.1
			if got.Code != http.StatusOK || strings.Count(text, "BEGIN:VEVENT") != 1 || !strings.Contains(text, "DTSTART:"+p.Start.UTC().Format("20060102T150405Z")) ||
				!strings.Contains(text, "Long Lane 5") {
				t.Fatalf("%s: %d %s", who, got.Code, text)
			}
			// The id of a booking is letters at random, which may spell anything.
			before, rest, _ := strings.Cut(text, "UID:")
			_, after, _ := strings.Cut(rest, "\r\n")
			lower := strings.ToLower(before + after)
			for _, told := range []string{"visser", "bakker", "popa", "name", "login", file.Number, file.ID, room, "case", "child", "studio", "interpret", "interview", "roman", ":ro", "victim", avim, secret} {
				if strings.Contains(lower, strings.ToLower(told)) {
					t.Errorf("the calendar of %s tells %q: %s", who, told, text)
				}
			}
		}
	})
}

// TestAPostedSlotIsHeldToTheSearchThatItNames, whatever its fields say.
func TestASlotThatDoesNotStandAnyMoreIsNotConfirmed(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB, w *db.Writer) {
		h, ctx := open(t, d, w), t.Context()
		room := h.studio(t)
		file, planned, err := h.girl(ctx, "ann", "true")
		ok(t, err)
		p, search := h.searched(t, file, planned)
		ok(t, h.take(ctx, "ann", file, planned, chosen(search, p)))
		ok(t, h.cases.ClearInterpreter(ctx, "ann", file.ID, planned.ID, "bureau", func(tx *db.Tx) ([]string, error) {
			return h.book.Checked(tx, "ann", file.ID, p.Interpreter.ID, "bureau")
		}))
		refused := func(key string) {
			t.Helper()
			if err := h.cases.Confirm(ctx, "ann", file.ID, planned.ID); fault.KeyOf(err) != key {
				t.Errorf("confirmed with %v, want %q", err, key)
			}
		}
		slot, err := h.book.Of(ctx, file.ID, planned.ID)
		ok(t, err)
		for _, who := range []string{"room/" + room, "staff/" + p.Interviewers[0].ID, "interpreter/" + p.Interpreter.ID} {
			ok(t, h.book.AddAbsence(ctx, "pia", planner.Absence{Who: who, Why: "ill", Span: p.Span}, slot.ID))
			refused("planner.fault.gone")
			all, err := h.book.Absences(ctx, h.now)
			ok(t, err)
			ok(t, h.book.RemoveAbsence(ctx, "pia", all[0].ID))
		}
		visit := planner.Visit{Site: p.Room.Site, Span: planner.Span{Start: p.End.Add(30 * time.Minute), End: p.End.Add(time.Hour)}}
		ok(t, h.book.AddVisit(ctx, "ann", file.ID, visit, slot.ID))
		refused("planner.fault.apart")
		wish, err := h.known(ctx, "ann", file.ID, planned)
		ok(t, err)
		ok(t, h.book.EndVisit(ctx, "ann", file.ID, wish.Apart[0].ID))
		day := p.Start.Format(time.DateOnly)
		ok(t, h.book.SetTimes(ctx, "ann", file.ID, planned.Person, planner.OfPerson, planner.Times{Never: []planner.Days{{From: day, Until: day}}}, slot.ID))
		refused("planner.fault.times")
		ok(t, h.book.SetTimes(ctx, "ann", file.ID, planned.Person, planner.OfPerson, planner.Times{Version: 1}))
		ok(t, h.cases.Confirm(ctx, "ann", file.ID, planned.ID))

		// The calendar's own change opens it again at once.
		ok(t, h.book.AddVisit(ctx, "ann", file.ID, visit, slot.ID))
		all, err := h.cases.Interviews(ctx, "ann", file.ID)
		ok(t, err)
		if all[0].State != "planned" {
			t.Errorf("with a suspect there the interview is %s", all[0].State)
		}
	})
}

func TestAPostedSlotIsHeldToTheSearchThatItNames(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB, w *db.Writer) {
		h := open(t, d, w)
		h.studio(t)
		h.who = &web.Actor{ID: "ann", Name: "Ann", Lang: "en", Powers: []string{"officer"}}
		file, planned, err := h.girl(t.Context(), "ann", "true")
		ok(t, err)
		p, search := h.searched(t, file, planned)
		here := "/case/" + file.ID + "/about/"
		right := url.Values{"search": {search}, "start": {p.Start.Format(time.RFC3339)}, "room": {p.Room.ID}, "interviewer": {p.Interviewers[0].ID},
			"director": {p.Director.ID}, "interpreter": {p.Interpreter.ID}}
		post := func(name, value string) int {
			in := url.Values{}
			for field, values := range right {
				in[field] = values
			}
			if name != "" {
				in.Set(name, value)
			}
			return h.ask("POST", here+planned.ID+"/book", in).Code
		}
		for name, value := range map[string]string{"start": p.Start.AddDate(0, 0, 7).Format(time.RFC3339), "interpreter": "", "director": "", "room": "other"} {
			if got := post(name, value); got != http.StatusConflict {
				t.Errorf("with another %s: %d", name, got)
			}
		}
		// What the girl said after the search counts too.
		times := url.Values{"whose": {"person"}, "version": {"0"}, "interview": {planned.ID}, "person.suits.0.from": {""}, "person.never.0.from": {p.Start.Format(time.DateOnly)}}
		if got := h.ask("POST", here+planned.Person+"/times", times); got.Code != http.StatusSeeOther || got.Header().Get("Location") != here+planned.ID+"/slots" {
			t.Fatalf("times: %d %s", got.Code, got.Body)
		}
		if got := post("", ""); got != http.StatusConflict {
			t.Errorf("on a day that is out of the question: %d", got)
		}
		ok(t, h.book.SetTimes(t.Context(), "ann", file.ID, planned.Person, planner.OfPerson, planner.Times{Version: 1}))
		if got := post("", ""); got != http.StatusSeeOther {
			t.Fatalf("the slot that was proposed: %d", got)
		}
		_, err = h.book.Of(t.Context(), file.ID, planned.ID)
		ok(t, err)
		if err := h.cases.Confirm(t.Context(), "ann", file.ID, planned.ID); fault.KeyOf(err) != "case.fault.blocked" {
			t.Errorf("confirmed with an interpreter nobody checked: %v", err)
		}
		if got := h.ask("POST", here+planned.ID+"/ties", url.Values{"interpreter": {p.Interpreter.ID}, "asked": {"bureau"}}); got.Code != http.StatusSeeOther {
			t.Fatalf("ties: %d %s", got.Code, got.Body)
		}
		ok(t, h.cases.Confirm(t.Context(), "ann", file.ID, planned.ID))
		if got := h.confirmed(t, p, here+planned.ID+"/conflicts", url.Values{"interpreter": {p.Interpreter.ID}}); got.Code != http.StatusSeeOther {
			t.Errorf("ties found afterwards: %d %s", got.Code, got.Body)
		}
	})
}

// TestAnOldSearchExcusesNoSlotThanWhichABetterBecameFree: what was the soonest when it
// was looked for is late by choice once the studio works again.
func TestAnOldSearchExcusesNoSlotThanWhichABetterBecameFree(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB, w *db.Writer) {
		h, ctx := open(t, d, w), t.Context()
		room := h.studio(t)
		file, planned, err := h.girl(ctx, "ann", "true")
		ok(t, err)
		broken := planner.Absence{Who: "room/" + room, Why: "defect", Span: planner.Span{Start: h.now, End: h.now.AddDate(0, 0, 70)}}
		ok(t, h.book.AddAbsence(ctx, "pia", broken))
		wish, err := h.known(ctx, "ann", file.ID, planned)
		ok(t, err)
		wish.From, wish.Until, wish.Length, wish.Interviewers = h.now, h.now.AddDate(0, 0, 80), time.Hour, 1
		found, err := h.find(ctx, "ann", file, planned.ID, wish, nil)
		ok(t, err)
		if len(found.Full) == 0 || len(found.Full[0].Wants) == 0 {
			t.Fatalf("nothing late is found: %+v", found)
		}
		p := found.Full[0]
		search, err := h.book.Keep(ctx, "ann", file.ID, planned.ID, file.Channel, wish, found)
		ok(t, err)
		all, err := h.book.Absences(ctx, h.now)
		ok(t, err)
		ok(t, h.book.RemoveAbsence(ctx, "pia", all[0].ID))
		if err := h.take(ctx, "ann", file, planned, chosen(search, p)); fault.KeyOf(err) != "planner.fault.search_again" {
			t.Errorf("taken with a studio that is free tomorrow: %v", err)
		}
		ok(t, h.book.AddAbsence(ctx, "pia", broken))
		h.now = h.now.Add(time.Hour)
		ok(t, h.take(ctx, "ann", file, planned, chosen(search, p)))
		plan, err := h.cases.Facts(ctx, "ann", file.ID, planned.ID)
		ok(t, err)
		for _, rule := range p.Wants {
			if got := plan["plan.reasons"].Fields.Get("plan.reasons." + rule); got != planner.Cite(search) {
				t.Errorf("%s is excused by %q", rule, got)
			}
		}
	})
}

// TestOnlyRoomsThatCanRecordAtTheChosenLevelAreLookedAt, and all while none is chosen.
func TestOnlyRoomsThatCanRecordAtTheChosenLevelAreLookedAt(t *testing.T) {
	pack, err := policy.Load(packs.FS, "nl")
	ok(t, err)
	all := len(Kinds(pack))
	for i := range pack.Rooms {
		if pack.Rooms[i].ID == "mobile" {
			pack.Rooms[i].Levels = []string{policy.LevelAudio}
		}
	}
	for level, want := range map[string]int{"": all, policy.LevelAudio: all, policy.LevelVideo: all - 1} {
		if got := recordedAt(pack, level); len(got) != want {
			t.Errorf("at %q: %v", level, got)
		}
	}
}

// held is a girl's interview that is booked and confirmed.
func (h *house) held(t *testing.T) (casefile.File, casefile.Planned, planner.Proposal) {
	t.Helper()
	ctx := t.Context()
	h.studio(t)
	file, planned, err := h.girl(ctx, "ann", "true")
	ok(t, err)
	p, search := h.searched(t, file, planned)
	ok(t, h.take(ctx, "ann", file, planned, chosen(search, p)))
	h.confirm(t, file, planned, p)
	return file, planned, p
}

// confirm checks who interprets and confirms the interview.
func (h *house) confirm(t *testing.T, file casefile.File, planned casefile.Planned, p planner.Proposal) {
	t.Helper()
	ctx := t.Context()
	ok(t, h.cases.ClearInterpreter(ctx, "ann", file.ID, planned.ID, "bureau", func(tx *db.Tx) ([]string, error) {
		return h.book.Checked(tx, "ann", file.ID, p.Interpreter.ID, "bureau")
	}))
	ok(t, h.cases.Confirm(ctx, "ann", file.ID, planned.ID))
}

// reopened lists what the desk's board says of interviews that are plans again.
func (h *house) reopened(t *testing.T) []casefile.Due {
	t.Helper()
	board, _, err := h.cases.Board(t.Context(), "ann", avim, "", false, 50)
	ok(t, err)
	return slices.DeleteFunc(board, func(d casefile.Due) bool { return d.Kind != casefile.KindReopened })
}

var hidden = regexp.MustCompile(`<input type="hidden" name="([^"]+)" value="([^"]+)">`)

// confirmed posts a form that takes a slot away, reads what is booked and sends the
// form that it is answered with. That tells when and where, and nothing of the case.
func (h *house) confirmed(t *testing.T, p planner.Proposal, path string, in url.Values) *httptest.ResponseRecorder {
	t.Helper()
	before := len(h.reopened(t))
	first := h.ask("POST", path, in)
	page := first.Body.String()
	if first.Code != http.StatusConflict || !strings.Contains(page, p.Start.Format("2006-01-02 15:04")) || !strings.Contains(page, `action="`+path+`"`) {
		t.Fatalf("%s is answered with %d %s", path, first.Code, page)
	}
	if !strings.HasPrefix(path, "/case/") && (strings.Contains(page, "2026-00") || strings.Contains(page, "/case/")) {
		t.Errorf("whoever reads no case is told of it: %s", page)
	}
	if len(h.reopened(t)) != before {
		t.Fatal("opened again before anybody went on")
	}
	again := url.Values{}
	for _, field := range hidden.FindAllStringSubmatch(page, -1) {
		again.Add(field[1], html.UnescapeString(field[2]))
	}
	return h.ask("POST", path, again)
}

// TestWhatTakesASlotAwayOpensTheInterviewAtOnce, whoever enters it and wherever, once they
// saw what is booked; and what a crash left between the two is found.
func TestWhatTakesASlotAwayOpensTheInterviewAtOnce(t *testing.T) {
	ways := map[string]func(h *house, file casefile.File, planned casefile.Planned, p planner.Proposal) (path string, in url.Values){
		"visit": func(_ *house, file casefile.File, planned casefile.Planned, p planner.Proposal) (string, url.Values) {
			return "/case/" + file.ID + "/about/" + planned.ID + "/visits", span(p, url.Values{"site": {p.Room.Site}})
		},
		"times": func(_ *house, file casefile.File, planned casefile.Planned, p planner.Proposal) (string, url.Values) {
			return "/case/" + file.ID + "/about/" + planned.Person + "/times", url.Values{"whose": {"person"}, "version": {"0"}, "interview": {planned.ID},
				"person.suits.0.from": {""}, "person.never.0.from": {p.Start.Format(time.DateOnly)}}
		},
		"room away": func(_ *house, _ casefile.File, _ casefile.Planned, p planner.Proposal) (string, url.Values) {
			return "/planner/absences", span(p, url.Values{"who": {"room/" + p.Room.ID}, "why": {"defect"}})
		},
		"interviewer away": func(_ *house, _ casefile.File, _ casefile.Planned, p planner.Proposal) (string, url.Values) {
			return "/planner/absences", span(p, url.Values{"who": {"staff/" + p.Interviewers[0].ID}, "why": {"ill"}})
		},
		"interpreter away": func(_ *house, _ casefile.File, _ casefile.Planned, p planner.Proposal) (string, url.Values) {
			return "/planner/absences", span(p, url.Values{"who": {"interpreter/" + p.Interpreter.ID}, "why": {"ill"}})
		},
		"room out of use": func(h *house, _ casefile.File, _ casefile.Planned, p planner.Proposal) (string, url.Values) {
			return "/planner/rooms/" + p.Room.ID, url.Values{"version": {"1"}, "name": {p.Room.Name}, "site": {p.Room.Site}, "region": {p.Room.Region}, "kind": {p.Room.Kind},
				"equipment": p.Room.Equipment, "day": {"mo", "tu"}, "from": {"08:00"}, "to": {"18:00"}}
		},
		"off the register": func(h *house, _ casefile.File, _ casefile.Planned, p planner.Proposal) (string, url.Values) {
			return "/planner/interpreters/" + p.Interpreter.ID, url.Values{"version": {"1"}, "name": {p.Interpreter.Name}, "languages": {"ro"}, "used": {"1"},
				"day": {"mo", "tu", "we", "th", "fr"}, "from": {"08:00"}, "to": {"18:00"}}
		},
		"another kind of room": func(h *house, _ casefile.File, _ casefile.Planned, p planner.Proposal) (string, url.Values) {
			return "/planner/rooms/" + p.Room.ID, url.Values{"version": {"1"}, "name": {p.Room.Name}, "site": {p.Room.Site}, "region": {p.Room.Region}, "kind": {"interview_room"},
				"used": {"1"}, "day": {"mo", "tu", "we", "th", "fr"}, "from": {"08:00"}, "to": {"18:00"}}
		},
		"camera out of order": func(h *house, _ casefile.File, _ casefile.Planned, p planner.Proposal) (string, url.Values) {
			id, err := h.book.SaveItem(context.Background(), "pia", planner.Entry[planner.Item]{Used: true, It: planner.Item{Kind: p.Room.Equipment[0], Number: "C1", Room: p.Room.ID}}, h.kinds())
			if err != nil {
				return err.Error(), nil
			}
			return "/planner/absences", span(p, url.Values{"who": {"equipment/" + id}, "why": {"defect"}})
		},
	}
	for name, way := range ways {
		t.Run(name, func(t *testing.T) {
			dbtest.Each(t, func(t *testing.T, d *db.DB, w *db.Writer) {
				h, ctx := open(t, d, w), t.Context()
				file, planned, p := h.held(t)
				if n, err := h.cases.AskAll(ctx, true); n != 0 || err != nil {
					t.Fatalf("%d opened though nothing happened: %v", n, err)
				}
				path, in := way(h, file, planned, p)
				h.who = &web.Actor{ID: "pia", Name: "Pia", Lang: "en", Powers: []string{staff.Recordings}}
				if strings.HasPrefix(path, "/case/") {
					h.who = &web.Actor{ID: "ann", Name: "Ann", Lang: "en", Powers: []string{staff.Officer}}
				}
				h.crashed = name == "interpreter away"
				got := h.confirmed(t, p, path, in)
				if h.crashed {
					if rows := h.reopened(t); got.Code != http.StatusServiceUnavailable || len(rows) > 0 {
						t.Fatalf("killed between the two: %d, %v", got.Code, rows)
					}
					if n, err := h.cases.AskAll(ctx, true); n != 1 || err != nil {
						t.Fatalf("found are %d: %v", n, err)
					}
					if n, err := h.cases.AskAll(ctx, true); n != 0 || err != nil {
						t.Errorf("found again are %d: %v", n, err)
					}
				} else if got.Code != http.StatusSeeOther {
					t.Fatalf("went on: %d %s", got.Code, got.Body)
				}
				all, err := h.cases.Interviews(ctx, "ann", file.ID)
				ok(t, err)
				if rows := h.reopened(t); all[0].State != "planned" || len(rows) != 1 || rows[0].Casefile != file.ID || rows[0].Name != planned.ID {
					t.Errorf("the interview is %s, on the board are %+v", all[0].State, rows)
				}
			})
		})
	}
}

// TestAnInterpreterKeptAwayForGoodIsNotClearedForTheirInterview: not by a second check,
// and the interview is not confirmed with them.
func TestAnInterpreterKeptAwayForGoodIsNotClearedForTheirInterview(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB, w *db.Writer) {
		h, ctx := open(t, d, w), t.Context()
		file, planned, p := h.held(t)
		h.who = &web.Actor{ID: "ann", Name: "Ann", Lang: "en", Powers: []string{staff.Officer}}
		here := "/case/" + file.ID + "/about/" + planned.ID
		in := url.Values{"interpreter": {p.Interpreter.ID}, "asked": {"bureau"}}
		if got := h.confirmed(t, p, here+"/conflicts", in); got.Code != http.StatusSeeOther {
			t.Fatalf("kept away: %d %s", got.Code, got.Body)
		}
		if got := h.ask("POST", here+"/ties", in); got.Code != http.StatusConflict {
			t.Errorf("cleared again: %d %s", got.Code, got.Body)
		}
		if err := h.cases.Confirm(ctx, "ann", file.ID, planned.ID); fault.KindOf(err) != fault.Refused {
			t.Errorf("confirmed with who is kept away: %v", err)
		}
		ok(t, h.cases.Unbook(ctx, "ann", file.ID, planned.ID, "interpreter"))
		if err := h.cases.ConfirmOutside(ctx, "ann", file.ID, planned.ID, "at_once"); fault.KindOf(err) != fault.Refused {
			t.Errorf("confirmed on a check of a slot that was given back: %v", err)
		}
	})
}

// TestACheckOfTiesEndsWithANewSuspect, added or by another role: nobody asked about them.
// What is confirmed with it is a plan again until the interpreter is checked anew.
func TestACheckOfTiesEndsWithANewSuspect(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB, w *db.Writer) {
		h, ctx := open(t, d, w), t.Context()
		file, planned, p := h.held(t)
		stands := func(want string) {
			t.Helper()
			all, err := h.cases.Interviews(ctx, "ann", file.ID)
			ok(t, err)
			check, err := h.book.CheckOf(ctx, file.ID, p.Interpreter.ID)
			ok(t, err)
			if all[0].State != want || (check.Asked == "bureau") != (want == "confirmed") {
				t.Fatalf("the interview is %s, the interpreter checked with %q", all[0].State, check.Asked)
			}
		}
		witness, err := h.cases.AddPerson(ctx, "ann", file.ID, casefile.Witness)
		ok(t, err)
		stands("confirmed")
		_, err = h.cases.AddPerson(ctx, "ann", file.ID, casefile.Suspect)
		ok(t, err)
		stands("planned")
		if rows := h.reopened(t); len(rows) != 1 || rows[0].Name != planned.ID {
			t.Errorf("on the board are %+v", rows)
		}
		if err := h.cases.Confirm(ctx, "ann", file.ID, planned.ID); fault.KeyOf(err) != "case.fault.blocked" {
			t.Errorf("confirmed on the old check: %v", err)
		}
		h.confirm(t, file, planned, p)
		stands("confirmed")
		ok(t, h.cases.ChangeRole(ctx, "ann", file.ID, witness, casefile.Witness, casefile.Suspect))
		stands("planned")
	})
}

// TestAnInterviewInAnotherLanguageIsAPlanAgain, in the act in which the language becomes
// known, unless whoever interprets speaks that one too.
func TestAnInterviewInAnotherLanguageIsAPlanAgain(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB, w *db.Writer) {
		h, ctx := open(t, d, w), t.Context()
		file, planned, p := h.held(t)
		both := planner.Entry[planner.Interpreter]{Used: true, Version: 1, It: *p.Interpreter}
		both.It.Languages = []string{"ro", "bg"}
		_, err := h.book.SaveInterpreter(ctx, "pia", both)
		ok(t, err)
		for _, one := range [][2]string{{"bg", "confirmed"}, {"hu", "planned"}} {
			ok(t, h.set(ctx, "ann", file.ID, planned.Person, "subject.language="+one[0]))
			all, err := h.cases.Interviews(ctx, "ann", file.ID)
			ok(t, err)
			if all[0].State != one[1] {
				t.Errorf("in %s the interview is %s", one[0], all[0].State)
			}
		}
		if rows := h.reopened(t); len(rows) != 1 || rows[0].Name != planned.ID {
			t.Errorf("on the board are %+v", rows)
		}
		if err := h.cases.Confirm(ctx, "ann", file.ID, planned.ID); fault.KeyOf(err) != "planner.fault.gone" {
			t.Errorf("confirmed with an interpreter of another language: %v", err)
		}
	})
}

// span are the fields of a form for the time of a slot.
func span(p planner.Proposal, in url.Values) url.Values {
	in.Set("from", p.Start.Format("2006-01-02T15:04"))
	in.Set("until", p.End.Format("2006-01-02T15:04"))
	return in
}

// TestACalendarThatIsEndedAnswersNothing: by the manager, also for somebody who has left.
func TestACalendarThatIsEndedAnswersNothing(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB, w *db.Writer) {
		h, ctx := open(t, d, w), t.Context()
		room := h.studio(t)
		h.who = &web.Actor{ID: "pia", Name: "Pia", Lang: "en", Powers: []string{staff.Recordings}}
		for who, page := range map[string]string{"room/" + room: "/planner/rooms/" + room, "staff/id-visser": "/planner/people/id-visser", "staff/id-left": "/planner/people"} {
			secret, err := h.book.MakeFeed(ctx, "pia", who)
			ok(t, err)
			const button = `action="/planner/feeds/end"`
			if got := h.ask("GET", page, nil); !strings.Contains(got.Body.String(), button) || strings.Contains(got.Body.String(), secret) {
				t.Errorf("%s: %d %s", page, got.Code, got.Body)
			}
			in := url.Values{"who": {who}}
			if who == "staff/id-left" {
				in.Set("left", "1")
			}
			if got := h.ask("POST", "/planner/feeds/end", in); got.Code != http.StatusSeeOther || got.Header().Get("Location") != page {
				t.Errorf("%s is ended with %d, on to %s", who, got.Code, got.Header().Get("Location"))
			}
			if got := h.ask("GET", "/calendar/"+secret+".ics", nil); got.Code != http.StatusNotFound {
				t.Errorf("the calendar of %s answers %d", who, got.Code)
			}
			if got := h.ask("GET", page, nil); strings.Contains(got.Body.String(), button) {
				t.Errorf("%s still has a button: %s", page, got.Body)
			}
		}
		h.who = &web.Actor{ID: "ann", Name: "Ann", Lang: "en", Powers: []string{staff.Officer}}
		if got := h.ask("POST", "/planner/feeds/end", url.Values{"who": {"room/" + room}}); got.Code != http.StatusForbidden {
			t.Errorf("an officer ends a room's calendar: %d", got.Code)
		}
	})
}

// TestAWithdrawnCertificateIsSeenWhereItWasCountedOn: who withdraws it reads
// which interviews rest on it, and these are plans again, on the board of their
// desk until somebody confirms them anew.
func TestAWithdrawnCertificateIsSeenWhereItWasCountedOn(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB, w *db.Writer) {
		h := open(t, d, w)
		ctx := t.Context()
		file, planned, p := h.held(t)
		h.who = &web.Actor{ID: "pia", Name: "Pia", Lang: "en", Powers: []string{staff.Recordings}}
		who := p.Interviewers[0].ID
		withdraw := func(kind string) *httptest.ResponseRecorder {
			return h.ask("POST", "/planner/people/"+who+"/revoke", url.Values{"certificate": {kind}})
		}
		reopened := func() []casefile.Due { return h.reopened(t) }
		// One that another of its kind stands in for, and one of earlier days, leave everything as it is.
		for i, c := range h.staff {
			if c.ID == who {
				h.staff[i].Held = append(c.Held, planner.Held{Kind: "studio", From: "2026-01-01", Until: "2026-12-31"}, planner.Held{Kind: "other", From: "2020-01-01", Until: "2026-01-01"})
			}
		}
		for _, kind := range []string{"studio", "other"} {
			if got := withdraw(kind); got.Code != http.StatusSeeOther || len(reopened()) > 0 {
				t.Fatalf("%s: %d %s; on the board: %v", kind, got.Code, got.Body, reopened())
			}
		}
		if got := h.confirmed(t, p, "/planner/people/"+who+"/revoke", url.Values{"certificate": {"studio"}}); got.Code != http.StatusSeeOther {
			t.Errorf("withdrawn: %d %s", got.Code, got.Body)
		}
		all, err := h.cases.Interviews(ctx, "ann", file.ID)
		ok(t, err)
		if all[0].State != "planned" {
			t.Errorf("the interview is %s", all[0].State)
		}
		if rows := reopened(); len(rows) != 1 || rows[0].Casefile != file.ID || rows[0].Name != planned.ID || rows[0].About != planned.Person || rows[0].Due != "2026-11-23" {
			t.Errorf("on the board: %+v", rows)
		}
		if err := h.cases.Confirm(ctx, "ann", file.ID, planned.ID); fault.KeyOf(err) != "case.fault.blocked" {
			t.Errorf("confirmed without the certificate: %v", err)
		}
		for i, c := range h.staff {
			if c.ID == who {
				h.staff[i].Held = append(c.Held, planner.Held{Kind: "studio", From: "2026-01-01", Until: "2026-12-31"})
			}
		}
		ok(t, h.cases.Confirm(ctx, "ann", file.ID, planned.ID))
		if rows := reopened(); len(rows) > 0 {
			t.Errorf("confirmed again, and still on the board: %+v", rows)
		}
	})
}
