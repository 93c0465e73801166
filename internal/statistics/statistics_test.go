package statistics_test

import (
	"bytes"
	"context"
	"database/sql"
	"fmt"
	"log/slog"
	"net/url"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"verhaal/internal/casefile"
	"verhaal/internal/custody"
	"verhaal/internal/db"
	"verhaal/internal/db/dbtest"
	"verhaal/internal/planner"
	"verhaal/internal/policy"
	"verhaal/internal/seal"
	"verhaal/internal/statistics"
	"verhaal/internal/statistics/sample"
	"verhaal/packs"
)

var channels = []statistics.Channel{{ID: "police-avim"}, {ID: "labour-authority"}, {ID: "labour-tci", Walled: true}}

func ok(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func at(day string) time.Time {
	d, err := time.Parse(time.DateOnly, day)
	if err != nil {
		panic(err)
	}
	return d.Add(10 * time.Hour)
}

func book(d *db.DB, today string) *statistics.Book {
	return statistics.New(statistics.Sources{DB: d, Channels: func() []statistics.Channel { return channels }}, func() time.Time { return at(today) })
}

func figures(t testing.TB, b *statistics.Book) *statistics.Figures {
	t.Helper()
	f, err := b.Figures(context.Background())
	ok(t, err)
	return f
}

// line is a table's rows as "name counts".
func line(f *statistics.Figures, desk, table string, periods ...statistics.Period) string {
	var out []string
	put := func(name string, counts []statistics.Count) {
		s := name
		for _, c := range counts {
			switch {
			case c.Hidden:
				s += " x"
			case c.None:
				s += " -"
			default:
				s += fmt.Sprintf(" %d", c.N)
			}
		}
		out = append(out, s)
	}
	for _, t := range f.Tables(desk, periods) {
		if t.Name != table {
			continue
		}
		for _, r := range append(t.Rows, t.Total) {
			put(r.Name, r.Counts)
		}
		put("median", t.Median)
		put("p90", t.P90)
		for _, m := range t.Months {
			put(m.Name, []statistics.Count{m.Median})
		}
	}
	return strings.Join(out, "; ")
}

func quarter(s string) statistics.Period {
	q, ok := statistics.ParseQuarter(s)
	if !ok {
		panic(s)
	}
	return statistics.Period{Quarter: q}
}

// house is a desk whose case files are made by their own acts.
type house struct {
	*casefile.Files
	now time.Time
}

func (h *house) MayRead(context.Context, string, string) error               { return nil }
func (h *house) Recipient(context.Context, string) (string, error)           { return "", nil }
func (h *house) Holds(context.Context, string, string, string) (bool, error) { return true, nil }
func (h *house) Called(_ context.Context, login string) (string, error)      { return login, nil }
func (h *house) Prosecutes(_ context.Context, staff string) (bool, error)    { return staff == "pam", nil }

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

type always struct{ pack *policy.Pack }

func (a always) On(string) (*policy.Pack, error) { return a.pack, nil }

func (h *house) set(t *testing.T, id, subject, fields string) {
	t.Helper()
	all, err := url.ParseQuery(fields)
	ok(t, err)
	known, err := h.Facts(t.Context(), "ann", id, subject)
	ok(t, err)
	for _, f := range policy.Schema() {
		if mine := policy.FieldsOf(f.Name, all); len(mine) > 0 {
			if err := h.SetFact(t.Context(), "ann", id, subject, f.Name, mine, known[f.Name].Version); err != nil {
				t.Fatalf("%s: %v", f.Name, err)
			}
		}
	}
}

const plan = "&plan.planned=true&plan.room.kind=child_friendly_studio&plan.room.adapted=true&plan.level=video&plan.director.id=ben&plan.companion.chosen=true&plan.interpreter.present=true&plan.interpreter.sworn=true&plan.interpreter.conflict_checked=true&plan.topics.0.name=recruitment"

func (h *house) interview(t *testing.T, id, person, fields string) {
	t.Helper()
	i, err := h.Plan(t.Context(), "ann", id, person)
	ok(t, err)
	h.set(t, id, i, fields+plan)
	h.words(t, id, i)
	if err := h.ConfirmOutside(t.Context(), "ann", id, i, "held_elsewhere"); err != nil {
		d, _ := h.Try(t.Context(), "ann", id, i, func() url.Values { v, _ := url.ParseQuery(fields + plan); return v }())
		text, _ := d.JSON("en")
		t.Fatalf("%v: %s", err, text)
	}
	ok(t, h.Hold(t.Context(), "ann", id, i))
	// A wrong click that is taken back counts once, as it is held after all.
	ok(t, h.NotHeld(t.Context(), "ann", id, i, "mistake"))
	ok(t, h.ConfirmOutside(t.Context(), "ann", id, i, "held_elsewhere"))
	ok(t, h.Hold(t.Context(), "ann", id, i))
}

// words seals words for every reason that a plan says is given.
func (h *house) words(t *testing.T, id, interview string) {
	t.Helper()
	given, err := h.Reasons(t.Context(), "ann", id, interview)
	ok(t, err)
	for _, one := range given {
		h.seal(t, id, func(p casefile.Part) error {
			p.Name = one.Part
			return h.Seal(t.Context(), "ann", id, p)
		})
	}
}

// seal gives words to a case, with its first key.
func (h *house) seal(t *testing.T, id string, give func(casefile.Part) error) {
	t.Helper()
	key, err := h.Key(t.Context(), "ann", id)
	ok(t, err)
	if key.N == 0 {
		made, err := seal.NewIdentity()
		ok(t, err)
		wraps := map[string][]byte{}
		duty, err := h.Duty(t.Context(), "ann", id)
		ok(t, err)
		for _, one := range duty.Holders {
			wraps[one.ID], err = seal.Seal([]byte(made.Secret()), one.Recipient)
			ok(t, err)
		}
		ok(t, h.MakeEpoch(t.Context(), "ann", id, 0, made.Recipient(), wraps))
		key, err = h.Key(t.Context(), "ann", id)
		ok(t, err)
	}
	file, err := seal.Seal([]byte(`{"v":1,"text":"why"}`), key.Recipient)
	ok(t, err)
	ok(t, give(casefile.Part{Epoch: key.N, Sealed: file}))
}

// TestFiguresAreOfWhatWasDone lets six girls of ten be interviewed twice, by
// the acts that detectives use, and counts.
func TestFiguresAreOfWhatWasDone(t *testing.T) {
	pack, err := policy.Load(packs.FS, "nl")
	ok(t, err)
	dbtest.Each(t, func(t *testing.T, d *db.DB, w *db.Writer) {
		key, err := custody.NewKey("verhaal.test/log")
		ok(t, err)
		recovery, err := seal.NewIdentity()
		ok(t, err)
		h := &house{now: at("2026-01-12")}
		clock := func() time.Time { return h.now }
		log := custody.New(d, w, key, clock, slog.New(slog.DiscardHandler))
		h.Files = casefile.New(d, log, casefile.Around{Desks: h, People: h, Rules: always{pack}, Calendar: planner.New(d, log, planner.Around{Clock: clock}), Sources: nothing{}, Recovery: recovery.Recipient(), Clock: clock})
		reason, err := seal.Seal(bytes.Repeat([]byte("x"), 256), recovery.Recipient(), recovery.Recipient())
		ok(t, err)
		for range 6 {
			h.now = at("2026-01-12")
			file, err := h.Open(t.Context(), "ann", casefile.Start{Channel: "police-avim", Origin: casefile.ExOfficio})
			ok(t, err)
			girl, err := h.AddPerson(t.Context(), "ann", file.ID, casefile.Victim)
			ok(t, err)
			h.set(t, file.ID, "", "case.acute=false&report.exploitation=sexual&report.anonymous=false&clock.reported=2026-01-08")
			h.set(t, file.ID, girl, "case.talk_held=true&subject.birth_date=2016-03-01&subject.intellectual_disability=absent&subject.cognitive_disorder=absent&subject.special_needs.none=1&subject.language=ro&subject.needs_interpreter=true&subject.lawful_stay=true&subject.dublin=false&earlier.0.date=2026-01-09&earlier.0.level=video&earlier.0.interviewers=shelter&earlier.0.topics=transport&case.interest_weighed=true&case.expert_supports=false&case.expert_conducts=false&case.would_rather_not_testify=false")
			ok(t, h.Assess(t.Context(), "ann", file.ID, casefile.NewAssessment{Assessment: casefile.Assessment{Person: girl, Day: "2026-01-10", InInterest: true}, NoNeeds: true}))
			// The first interview asks again about what the report told, with a reason.
			h.seal(t, file.ID, func(p casefile.Part) error {
				return h.KeepTold(t.Context(), "ann", file.ID, girl, p, []casefile.ToldTopic{{Topic: "recruitment"}}, "")
			})
			h.now = at("2026-01-14")
			h.interview(t, file.ID, girl, "plan.topics.0.reason=sealed&plan.date=2026-01-14&plan.interviewers.0.id=ann&plan.necessity=sealed&plan.reasons.S-11=sealed")
			h.now = at("2026-02-16")
			h.interview(t, file.ID, girl, "plan.date=2026-02-16&plan.interviewers.0.id=ann&plan.necessity=sealed&plan.topics.0.reason=sealed&plan.reasons.S-08=sealed")
			i, err := h.Plan(t.Context(), "ann", file.ID, girl)
			ok(t, err)
			h.set(t, file.ID, i, strings.Replace("plan.date=2026-02-20&plan.interviewers.0.id=ann"+plan, "child_friendly_studio", "interview_room", 1))
			ok(t, h.AskDeviation(t.Context(), "ann", file.ID, i, casefile.NewDeviation{Rule: "S-19", Prosecutor: "pam", Why: "no_room", Reason: reason}))
			asked, err := h.Deviations(t.Context(), "ann", file.ID, i)
			ok(t, err)
			h.now = at("2026-04-03")
			ok(t, h.AnswerDeviation(t.Context(), "pam", asked[0].ID, casefile.Signed, reason))
			ok(t, h.Advance(t.Context(), "ann", file.ID, casefile.Signal, casefile.Sent))
		}
		f := figures(t, book(d, "2026-07-01"))
		q1, q2 := quarter("2026-Q1"), quarter("2026-Q2")
		for table, want := range map[string]string{
			// Recorded on the 12th, reported on the 8th.
			"talk":    "waited.0 0 0; waited.1 0 0; waited.2 6 0; waited.3 0 0; waited.4 0 0; waited.5 0 0; waited.6 0 0; waited.unknown 0 0; all 6 0; median 4 -; p90 - -",
			"first":   "waited.0 0 0; waited.1 0 0; waited.2 6 0; waited.3 0 0; waited.4 0 0; waited.5 0 0; waited.6 0 0; waited.unknown 0 0; first 6 0; median 6 -; p90 - -",
			"number":  "nth.1 0 0; nth.2 6 0; nth.3 6 0; nth.4 0 0; all 12 0; median; p90",
			"repeat":  "repeat.none 0 0; repeat.explained 12 0; repeat.unexplained 0 0; all 12 0; median; p90",
			"people":  "people.same 6 0; people.explained 6 0; people.unexplained 0 0; minor 12 0; median; p90",
			"victims": "number.0 0 0; number.1 0 0; number.2 0 0; number.3 0 6; number.4 0 0; all 0 6; median; p90",
			"asked":   "asked.S-19 6 0; asked.S-19.no_room 6 0; asked 6 0; median; p90",
			"why":     "why.no_room 6 0; asked 6 0; median; p90",
			"signed":  "signed.S-19 0 6; signed.S-19.no_room 0 6; signed 0 6; median; p90",
			"refused": "refused 0 0; median; p90",
		} {
			got, _, _ := strings.Cut(line(f, "", table, q1, q2), "; 2026-01")
			if got != want {
				t.Errorf("%s:\ngot  %s\nwant %s", table, got, want)
			}
		}
		if got := line(f, "labour-authority", "talk", q1); !strings.Contains(got, "all 0;") {
			t.Errorf("another desk has talks: %s", got)
		}
	})
}

// TestAContactIsOneThatReachedSomebody: neither a call that nobody answered nor
// the opening of a case file is one.
func TestAContactIsOneThatReachedSomebody(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB, w *db.Writer) {
		filled(t, w, sample.Data{Files: 6, From: at("2026-01-05"), To: at("2026-02-05"), Channels: []string{"police-avim"}, Seed: 7})
		ok(t, w.Write(t.Context(), nil, func(tx *db.Tx) (err error) {
			for _, query := range []string{"delete from message", "delete from contact",
				"insert into contact select k.casefile, 1, 'p1', 'phone', r.received, 'no_answer', '', 'x' from case_report k join report r on r.id = k.report",
				"insert into contact select k.casefile, 2, 'p1', 'phone', r.received + 5 * 86400, 'reached', '', 'x' from case_report k join report r on r.id = k.report"} {
				if _, err = tx.Exec(query); err != nil {
					return err
				}
			}
			return nil
		}))
		f := figures(t, book(d, "2026-07-01"))
		const want = "waited.0 0; waited.1 0; waited.2 6; waited.3 0;"
		if got := line(f, "", "contact", quarter("2026-Q1")); !strings.HasPrefix(got, want) {
			t.Errorf("got %s, want %s", got, want)
		}
	})
}

// filled is a database of invented cases.
func filled(t testing.TB, w *db.Writer, data sample.Data) {
	t.Helper()
	const each = 500
	for i := 0; i < data.Files; i += each {
		ok(t, w.Write(context.Background(), nil, func(tx *db.Tx) error { return data.Fill(tx.Exec, i, min(each, data.Files-i)) }))
	}
}

func invented(files int) sample.Data {
	return sample.Data{Files: files, From: at("2025-01-01"), To: at("2026-09-20"), Channels: []string{"police-avim", "labour-authority", "labour-tci"}, Seed: 7}
}

func TestTablesAddUpOverTheirRowsAndAWalledDeskIsInNoSum(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB, w *db.Writer) {
		filled(t, w, invented(1200))
		f := figures(t, book(d, "2026-11-23"))
		if f.Last.String() != "2026-Q3" {
			t.Fatalf("the last quarter is %s", f.Last)
		}
		from, to := f.Last-6, f.Last
		added, divided, hidden := 0, 0, 0
		for _, desk := range []string{"", "police-avim", "labour-authority", "labour-tci"} {
			periods := f.Periods(desk, from-from%4, to, true)
			if walled := desk == "labour-tci"; walled && (len(periods) != 1 || periods[0].String() != "2025") {
				t.Errorf("a walled desk is shown by %v", periods)
			}
			for _, table := range f.Tables(desk, periods) {
				if desk == "labour-tci" && (table.Name == "waiting" || len(table.Median)+len(table.Months) > 0) {
					t.Errorf("a walled desk shows %s with %d medians", table.Name, len(table.Median))
				}
				for i := range table.Periods {
					addUp := func(total statistics.Row, rows []statistics.Row) bool {
						sum, whole := 0, !total.Counts[i].Hidden
						for _, r := range rows {
							sum, whole = sum+r.Counts[i].N, whole && !r.Counts[i].Hidden
							if r.Counts[i].Hidden {
								hidden++
							}
						}
						if whole && sum != total.Counts[i].N {
							t.Errorf("%s of %q: rows of %s are %d, it says %d", table.Name, desk, total.Name, sum, total.Counts[i].N)
						}
						return whole
					}
					var rows []statistics.Row
					for n, r := range table.Rows {
						if r.Part {
							continue
						}
						rows = append(rows, r)
						after := table.Rows[n+1:]
						parts := slices.IndexFunc(after, func(r statistics.Row) bool { return !r.Part })
						if parts < 0 {
							parts = len(after)
						}
						if parts > 0 && addUp(r, after[:parts]) {
							divided++
						}
					}
					if addUp(table.Total, rows) {
						added++
					}
				}
			}
		}
		if added < 50 || divided < 5 || hidden < 50 {
			t.Errorf("only %d columns and %d rules were added up and %d counts hidden", added, divided, hidden)
		}
		var talks int
		ok(t, d.QueryRow(t.Context(), `select count(*) from case_event e join casefile c on c.id = e.casefile where e.kind = 'phase_talk' and c.channel <> 'labour-tci' and e.at >= $1 and e.at < $2`,
			f.Last.Start().Unix(), (f.Last+1).Start().Unix()).Scan(&talks))
		if got := line(f, "", "talk", statistics.Period{Quarter: f.Last}); !strings.Contains(got, fmt.Sprintf("; all %d; ", talks)) {
			t.Errorf("%d talks are shown as %s", talks, got)
		}
	})
}

func TestFiguresOfADayStayWhatTheyAre(t *testing.T) {
	d, w := dbtest.Open(t, "sqlite:"+t.TempDir()+"/test.db")
	now := at("2026-11-23")
	b := statistics.New(statistics.Sources{DB: d, Channels: func() []statistics.Channel { return channels }}, func() time.Time { return now })
	before := figures(t, b)
	filled(t, w, invented(100))
	if figures(t, b) != before {
		t.Error("figures were made twice on one day")
	}
	now = now.AddDate(0, 0, 1)
	if figures(t, b) == before {
		t.Error("figures are of yesterday")
	}
}

// counted is a planner and a recorder that tell of six and two.
type counted struct{}

func (counted) EachSearch(_ context.Context, until int64, yield func(statistics.Search)) error {
	for i := range 12 {
		yield(statistics.Search{Channel: "police-avim", At: until - 1, Full: i%2 == 0})
	}
	return nil
}

func (counted) EachRecording(_ context.Context, until int64, yield func(statistics.Recording)) error {
	for i := range 12 {
		yield(statistics.Recording{Channel: "police-avim", At: until - 1, Failed: i < 2})
	}
	return nil
}

func TestStudiosAndRecordingsAreShownOnlyWhereSomebodyCountsThem(t *testing.T) {
	d, _ := dbtest.Open(t, "sqlite:"+t.TempDir()+"/test.db")
	last := quarter("2026-Q3")
	if got := line(figures(t, book(d, "2026-11-23")), "", "studios", last) + line(figures(t, book(d, "2026-11-23")), "", "recordings", last); got != "" {
		t.Errorf("figures of nothing: %s", got)
	}
	b := statistics.New(statistics.Sources{DB: d, Channels: func() []statistics.Channel { return channels }, Searches: counted{}, Recordings: counted{}},
		func() time.Time { return at("2026-11-23") })
	if got, want := line(figures(t, b), "police-avim", "studios", last), "worked 6; failed 6; all 12; median; p90"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	if got, want := line(figures(t, b), "police-avim", "recordings", last), "worked x; failed x; all 12; median; p90"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestNoQueryNamesWhatIsSealedOrWhoDidIt(t *testing.T) {
	text, err := os.ReadFile("store.go")
	ok(t, err)
	queries := string(text)[strings.Index(string(text), "pageReports"):]
	for _, column := range []string{"content", "identity", "sealed,", ".sealed", "d.reason", "answer,", "decision,", "staff", "asked_by", "prosecutor", "opened_by", "made_by", "changed_by", "lookup_hash", "reporter"} {
		if strings.Contains(queries, column) {
			t.Errorf("a query names %s", column)
		}
	}
}

func TestADeskThatWasNotCountedHasNoTables(t *testing.T) {
	d, _ := dbtest.Open(t, "sqlite:"+t.TempDir()+"/test.db")
	f := figures(t, book(d, "2026-11-23"))
	if n := len(f.Tables("new-desk", f.Periods("new-desk", f.Last, f.Last, true))); n > 0 {
		t.Errorf("it has %d, of others", n)
	}
}

func FuzzAQuarterReadsBackAsItWasWritten(f *testing.F) {
	f.Add("2026-Q3")
	f.Add("02026-Q3 ")
	f.Fuzz(func(t *testing.T, s string) {
		if q, ok := statistics.ParseQuarter(s); ok && q.String() != s {
			t.Errorf("%q became %s", s, q)
		}
	})
}

// BenchmarkFigures counts 100,000 case files with as many reports on SQLite.
func BenchmarkFigures(b *testing.B) {
	d, w := dbtest.Open(b, "sqlite:"+b.TempDir()+"/bench.db")
	data := invented(100_000)
	data.From = at("2019-01-01")
	filled(b, w, data)
	var f *statistics.Figures
	for b.Loop() {
		f = figures(b, book(d, "2026-11-23"))
	}
	b.ReportMetric(float64(b.Elapsed().Milliseconds())/float64(b.N), "ms/op")
	began := time.Now()
	f.Tables("", f.Periods("", f.Last-7, f.Last, true))
	b.ReportMetric(float64(time.Since(began).Microseconds())/1000, "ms/page")
}
