package main

import (
	"context"
	"database/sql"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net/url"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"verhaal/internal/casefile"
	"verhaal/internal/custody"
	"verhaal/internal/db"
	"verhaal/internal/planner"
	"verhaal/internal/policy"
	"verhaal/packs"
)

// files is how many case files the measured list has.
const files = 1_000_000

// livePart measures what a detective waits for at each key in a plan: the form
// is sent, the rules are asked, the page is made and comes back.
func livePart(ctx context.Context, s *server) error {
	id, err := s.officer.OpenCase(ctx, channel, "ex_officio")
	if err != nil {
		return err
	}
	person, err := s.officer.AddPerson(ctx, id, "victim")
	if err != nil {
		return err
	}
	interview, err := s.officer.PlanInterview(ctx, id, person)
	if err != nil {
		return err
	}
	if err := s.officer.FirstFacts(ctx, id, person, girl); err != nil {
		return err
	}
	plan := url.Values{"plan.date": {time.Now().Format(time.DateOnly)}, "plan.level": {"video"}, "plan.room.kind": {"interview_room"}, "plan.interviewers.0.id": {"officer"}}
	took, err := timed(60, func() error {
		page, err := s.officer.Try(ctx, id, interview, plan)
		if err == nil && !strings.Contains(page, `data-rule="S-19"`) {
			err = fmt.Errorf("the rules were not asked")
		}
		return err
	})
	if err != nil {
		return err
	}
	row("requirements of a plan as it is typed, one key, HTTP", fmt.Sprintf("p50 %.0f p99 %.0f ms", ms(took[len(took)/2]), ms(took[len(took)-1])), "< 100 ms", "")
	return nil
}

var girl = url.Values{"subject.age": {"10"}, "subject.intellectual_disability": {"absent"}, "subject.cognitive_disorder": {"absent"}, "subject.special_needs.none": {"1"},
	"subject.language": {"ro"}, "subject.needs_interpreter": {"true"}, "subject.lawful_stay": {"true"}, "subject.dublin": {"false"}, "earlier.none": {"1"}}

// timed runs f n times and gives how long each took, the quickest first.
func timed(n int, f func() error) ([]time.Duration, error) {
	var out []time.Duration
	for range n {
		start := time.Now()
		if err := f(); err != nil {
			return nil, err
		}
		out = append(out, time.Since(start))
	}
	slices.Sort(out)
	return out, nil
}

// desk stands for the desks and the staff where cases are measured by
// themselves: everybody of the calendar holds every certificate.
type desk struct{}

func (desk) MayRead(context.Context, string, string) error            { return nil }
func (desk) Recipient(context.Context, string) (string, error)        { return "", nil }
func (desk) Called(context.Context, string) (string, error)           { return "", nil }
func (desk) Prosecutes(context.Context, string) (bool, error)         { return false, nil }
func (desk) Holds(_ context.Context, _, kind, _ string) (bool, error) { return kind != "", nil }

func (desk) Report(context.Context, string) (channel, day string, err error) { return "", "", nil }
func (desk) Marked(interface {
	Query(query string, args ...any) (*sql.Rows, error)
}, string) (map[string][]string, error) {
	return nil, nil
}
func (desk) Recorded(*db.Tx, string, string) (bool, error) { return false, nil }

// Recording implements casefile.Sources.
func (desk) Recording(context.Context, string, string) (bool, error) { return false, nil }

// one is a pack for every day.
type one struct{ *policy.Pack }

func (o one) On(string) (*policy.Pack, error) { return o.Pack, nil }

// casesPart measures the search for a slot over a country's calendar, read
// from the database and judged by the whole pack, and the list of a million
// case files.
func casesPart(ctx context.Context, dir string) error {
	quiet := slog.New(slog.DiscardHandler)
	d, w, err := db.Open(ctx, "sqlite:"+filepath.Join(mkdir(dir, "cases"), "cases.db"), quiet)
	if err != nil {
		return err
	}
	defer d.Close()
	key, err := custody.NewKey("bench.test/log")
	if err != nil {
		return err
	}
	pack, err := policy.Load(packs.FS, "nl")
	if err != nil {
		return err
	}
	log := custody.New(d, w, key, time.Now, quiet)
	var colleagues []planner.Colleague
	book := planner.New(d, log, planner.Around{Staff: func(context.Context) ([]planner.Colleague, error) { return colleagues, nil }, Clock: time.Now})
	cases := casefile.New(d, log, casefile.Around{Desks: desk{}, People: desk{}, Rules: one{pack}, Calendar: book, Sources: desk{}, Clock: time.Now})
	for i := range 400 {
		until := time.Now().AddDate(1, 0, 0).Format(time.DateOnly)
		c := planner.Colleague{ID: fmt.Sprint("s", i), Login: fmt.Sprint("login", i), Name: fmt.Sprint("Colleague ", i), Held: []planner.Held{{Kind: "trafficking", From: "2020-01-01", Until: until}}}
		if i%5 == 0 {
			c.Held = append(c.Held, planner.Held{Kind: "studio", From: "2020-01-01", Until: until})
		}
		colleagues = append(colleagues, c)
	}
	kinds, err := country(ctx, log, pack)
	if err != nil {
		return fmt.Errorf("calendar: %w", err)
	}
	if err := slots(ctx, book, cases, kinds); err != nil {
		return fmt.Errorf("slots: %w", err)
	}
	return list(ctx, log, cases)
}

// country fills the calendar: 40 rooms, 400 people and 30 interpreters, booked
// three quarters of their time for 90 days.
func country(ctx context.Context, log *custody.Log, pack *policy.Pack) (kinds []planner.Kind, err error) {
	for _, r := range pack.Rooms {
		if r.For == policy.ForInterview {
			kinds = append(kinds, planner.Kind{ID: r.ID, Most: r.Interviewers, Directed: r.Certificate != "", AnyAdapted: r.Adapted, Preferences: len(kinds)})
		}
	}
	random := rand.New(rand.NewPCG(7, 7))
	const hours = "mo,tu,we,th,fr 08:00-18:00"
	today := time.Now().Truncate(24 * time.Hour)
	_, err = log.Do(ctx, custody.Act{Kind: "bench.filled"}, func(tx *db.Tx) error {
		exec := func(q string, args ...any) error { _, err := tx.Exec(q, args...); return err }
		var who []string
		for i := range 40 {
			kind := "interview_room"
			if i%4 == 0 {
				kind = "child_friendly_studio"
			}
			who = append(who, fmt.Sprint("room/r", i))
			if err := exec(`insert into room (id, name, site, region, kind, adapted, equipment, hours, used, version) values ($1, $2, $3, $4, $5, $6, '', $7, 1, 1)`,
				fmt.Sprint("r", i), fmt.Sprint("Room ", i), fmt.Sprint("Site ", i/4), fmt.Sprint("Region ", i%10), kind, i%2, hours); err != nil {
				return err
			}
		}
		for i := range 400 {
			who = append(who, fmt.Sprint("staff/s", i))
			if err := exec(`insert into roster (staff, region, sex, trainee, hours, used, version) values ($1, $2, '', 0, $3, 1, 1)`, fmt.Sprint("s", i), fmt.Sprint("Region ", i%10), hours); err != nil {
				return err
			}
		}
		for i := range 30 {
			who = append(who, fmt.Sprint("interpreter/t", i))
			if err := exec(`insert into interpreter (id, name, number, sworn_until, languages, sex, hours, used, version) values ($1, $2, '1', '2099-01-01', 'ro', '', $3, 1, 1)`,
				fmt.Sprint("t", i), fmt.Sprint("Interpreter ", i), hours); err != nil {
				return err
			}
		}
		n := 0
		for _, one := range who {
			for day := range 90 {
				for hour := 7; hour < 17; hour += 2 {
					if random.Float64() > .75 {
						continue
					}
					n++
					at := today.AddDate(0, 0, day).Add(time.Duration(hour) * time.Hour).Unix()
					if err := exec(`insert into absence (id, who, starts, ends, why) values ($1, $2, $3, $4, 'other_work')`, fmt.Sprint("a", n), one, at, at+7200); err != nil {
						return err
					}
				}
			}
		}
		return nil
	})
	return kinds, err
}

// slots measures the whole way of a search: load, judge, search; once where a
// studio is found, and once where nothing can be, because none of the people
// who held the earlier interview is there any more.
func slots(ctx context.Context, book *planner.Book, cases *casefile.Files, kinds []planner.Kind) error {
	for _, c := range []struct{ what, earlier string }{{"soonest studio for a girl of ten", ""}, {"no slot without something left out", "gone"}} {
		file, err := cases.Open(ctx, "officer", casefile.Start{Channel: channel, Origin: casefile.ExOfficio})
		if err != nil {
			return err
		}
		person, err := cases.AddPerson(ctx, "officer", file.ID, casefile.Victim)
		if err != nil {
			return err
		}
		facts := url.Values{}
		for name, values := range girl {
			facts[name] = values
		}
		wish := planner.Wish{From: time.Now(), Until: time.Now().AddDate(0, 0, 89), Now: time.Now(), Length: 2 * time.Hour, Interviewers: 2, Kinds: kinds, Language: "ro", Most: 5}
		if c.earlier != "" {
			facts.Del("earlier.none")
			facts.Set("earlier.0.date", time.Now().AddDate(0, 0, -2).Format(time.DateOnly))
			facts.Set("earlier.0.interviewers", c.earlier)
			wish.Same = []string{c.earlier}
		}
		for _, f := range policy.Schema() {
			if fields := policy.FieldsOf(f.Name, facts); len(fields) > 0 {
				if err := cases.SetFact(ctx, "officer", file.ID, person, f.Name, fields, 0); err != nil {
					return err
				}
			}
		}
		interview, err := cases.Plan(ctx, "officer", file.ID, person)
		if err != nil {
			return err
		}
		found, asked := planner.Found{}, 0
		once := func() error {
			calendar, err := book.Load(ctx, file.ID, planner.Span{Start: wish.From, End: wish.Until.AddDate(0, 0, 1)})
			if err != nil {
				return err
			}
			judge, err := cases.Judge(ctx, "officer", file.ID, interview)
			if err != nil {
				return err
			}
			asked = 0
			found, err = planner.Search(ctx, calendar, wish, func(c planner.Candidate) (planner.Verdict, error) {
				asked++
				s, err := judge(casefile.Slot{Day: c.Day, RoomKind: c.RoomKind, Adapted: c.Adapted, Interviewers: c.Interviewers, Director: c.Director,
					Interpreter: c.Interpreter, Sworn: c.Sworn, Ideal: c.Ideal})
				return planner.Verdict(s), err
			})
			return err
		}
		first, err := timed(1, once)
		if err != nil {
			return err
		}
		took, err := timed(5, once)
		if err != nil {
			return err
		}
		if (len(found.Full) > 0) != (c.earlier == "") {
			return fmt.Errorf("%s: %d found", c.what, len(found.Full))
		}
		row(c.what+", 40 rooms × 400 people × 90 days", fmt.Sprintf("%.0f ms", ms(took[len(took)/2])), "< 200 ms", fmt.Sprintf("%.0f ms when the calendar is read first; the rules were asked %d times", ms(first[0]), asked))
	}
	return nil
}

// list measures the first page of one person's million case files.
func list(ctx context.Context, log *custody.Log, cases *casefile.Files) error {
	_, err := log.Do(ctx, custody.Act{Kind: "bench.filled"}, func(tx *db.Tx) error {
		for _, q := range []string{
			`with recursive n(i) as (select 1 union all select i + 1 from n where i < $1)
			insert into casefile (id, number, channel, origin, phase, opened, opened_by) select 'case' || i, '2000-' || i, 'police-avim', 'ex_officio', 'signal', i, 'busy' from n`,
			`with recursive n(i) as (select 1 union all select i + 1 from n where i < $1)
			insert into case_member (casefile, staff, since, added_by, excluded) select 'case' || i, 'busy', i, 'busy', '' from n`,
		} {
			if _, err := tx.Exec(q, files); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	took, err := timed(50, func() error {
		page, next, err := cases.Of(ctx, "busy", "", 50)
		if err == nil && (len(page) != 50 || next == "") {
			err = fmt.Errorf("%d case files on the first page", len(page))
		}
		return err
	})
	if err != nil {
		return err
	}
	row(fmt.Sprintf("first page of %d case files", files), fmt.Sprintf("p50 %.1f p99 %.1f ms", ms(took[len(took)/2]), ms(took[len(took)-1])), "< 30 ms", "")
	return nil
}
