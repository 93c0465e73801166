package casefile

import (
	"context"
	"strconv"
	"strings"

	"verhaal/internal/custody"
	"verhaal/internal/db"
	"verhaal/internal/fault"
	"verhaal/internal/policy"
)

// Kinds of what is due.
const (
	KindClock  = "clock"
	KindTask   = "task"
	KindReport = "report" // in a period
	KindPeriod = "period"
	// KindMeasure is a measure of an individual assessment.
	KindMeasure = "measure"
	// KindReopened is an interview that was confirmed and is a plan again.
	KindReopened = "reopened"
	// KindExclusion is that somebody is kept out, and no prosecutor looked at it yet.
	KindExclusion = "exclusion"
)

// boardDays is how far ahead a desk's board looks.
const boardDays = 14

type dueKey struct {
	kind, name, about string
	n                 int64
}

// due is a row of the board.
type due struct {
	dueKey
	started, due string
	quiet        string // last day that a reason explains
	still        string // standstill.encode
	escalated    int
}

// writeDue writes the rows that changed and removes those that are not due any more.
func (f *Files) writeDue(tx *db.Tx, s *state) error {
	var now []due
	for _, r := range s.clocks() {
		if r.Met == "" {
			now = append(now, r.row(s))
		}
	}
	for _, o := range s.tasks {
		if o.State == TaskOpen {
			kind := KindTask
			if o.OfPeriod != "" {
				kind = KindReport
			}
			now = append(now, due{dueKey: dueKey{kind, o.Task, o.About, o.N}, started: o.Opened, due: o.Due})
		}
	}
	for _, p := range s.periods {
		if p.Ending == "" {
			now = append(now, due{dueKey: dueKey{KindPeriod, p.Period, p.About, 0}, started: p.From, due: p.Until})
		}
	}
	for _, m := range s.measures {
		now = append(now, due{dueKey: dueKey{KindMeasure, m.Code, m.about, m.N}, started: m.from, due: m.Due})
	}
	for _, r := range s.reopened {
		now = append(now, due{dueKey: dueKey{KindReopened, r.interview, r.about, 0}, started: r.day, due: r.day})
	}
	for _, x := range s.exclusions {
		now = append(now, due{dueKey: dueKey{KindExclusion, x.why, "", x.n}, started: x.day, due: x.day})
	}
	for _, row := range now {
		was, ok := s.due[row.dueKey]
		delete(s.due, row.dueKey)
		if row.escalated = was.escalated; ok && was == row {
			continue
		}
		if _, err := tx.Exec(upsertDue, s.file.ID, row.kind, row.name, row.about, row.n, s.file.Channel, row.started, row.due, row.quiet, row.still); err != nil {
			return err
		}
	}
	for gone := range s.due {
		if _, err := tx.Exec(deleteDue, s.file.ID, gone.kind, gone.name, gone.about, gone.n); err != nil {
			return err
		}
	}
	_, err := tx.Exec(upsertReckoned, s.file.ID, s.pack.Hash)
	return err
}

// Due is one line of a desk's board. It names nobody.
type Due struct {
	Casefile string
	Number   string
	Kind     string // clock, task, report, period, measure, reopened, exclusion
	Name     string // id in the pack; of a report: of its period; of what is reopened: its own; of an exclusion: why
	About    string // "p1"; "" for the case and for who is no member
	Due      string // YYYY-MM-DD
	Late     int    // days behind it, without those on which the clock stood still
	Left     int    // days until it
	Excused  bool   // a reason for the delay holds today
	Level    int    // how far it went up by itself
	Member   bool   // the viewer may open the case file

	cursor cursor
}

// cursor is the place of a row on the board.
type cursor struct {
	dueKey
	due, file string
}

// String is the cursor for an address. The id of a case file is random, and a
// place in it ("p1") names nobody.
func (c cursor) String() string {
	return strings.Join([]string{c.due, c.file, c.kind, c.name, c.about, strconv.FormatInt(c.n, 10)}, "~")
}

func parseCursor(text string) (cursor, error) {
	parts := strings.Split(text, "~")
	if len(parts) != 6 {
		return cursor{}, fault.New(fault.BadInput, "", "not a cursor")
	}
	n, err := strconv.ParseInt(parts[5], 10, 64)
	if err != nil {
		return cursor{}, fault.New(fault.BadInput, "", "not a cursor")
	}
	return cursor{dueKey{parts[2], parts[3], parts[4], n}, parts[0], parts[1]}, nil
}

// Board lists what is due over all cases of a desk, what is late first, for whoever may
// read the desk now. That they looked is an act, which names the desk and no case. Somebody who
// was excluded from a case sees nothing of it. after is ""
// or the cursor that the page before returned; upcoming leaves out what is late.
func (f *Files) Board(ctx context.Context, actor, channel, after string, upcoming bool, limit int) (out []Due, next string, err error) {
	if err := f.desks.MayRead(ctx, actor, channel); err != nil {
		return nil, "", err
	}
	today, _ := dateOf(f.today())
	from := cursor{}
	if upcoming {
		from.due = today.String()
	}
	if after != "" {
		if from, err = parseCursor(after); err != nil {
			return nil, "", err
		}
	}
	if err := f.do(ctx, custody.Act{Kind: "board.viewed", Actor: actor, Facts: map[string]string{"channel": channel}}, nil); err != nil {
		return nil, "", err
	}
	args := []any{channel, actor, (today + boardDays).String(), from.due, from.file, from.kind, from.name, from.about, from.n, limit + 1}
	err = db.Each(f.db.Source(ctx), listBoard, func(row func(...any) error) error {
		var d Due
		var n int64
		var quiet, still, member string
		if err := row(&d.Casefile, &d.Number, &d.Kind, &d.Name, &d.About, &n, &d.Due, &quiet, &still, &member); err != nil {
			return err
		}
		d.cursor = cursor{dueKey{d.Kind, d.Name, d.About, n}, d.Due, d.Casefile}
		d.Late, d.Left = daysLate(d.Due, today.String(), decodeStandstill(still)), max(0, DaysBetween(today.String(), d.Due))
		d.Excused, d.Member = quiet >= today.String(), member != ""
		d.Level = levelOf(d.Late, d.Excused)
		if !d.Member {
			d.About, d.Casefile = "", ""
		}
		out = append(out, d)
		return nil
	}, args...)
	if len(out) > limit {
		out = out[:limit]
		next = out[limit-1].cursor.String()
	}
	return out, next, err
}

// levelOf is how far something goes up by itself. Whoever looks sees it as of today; that
// it went up is written down by Escalate.
func levelOf(late int, excused bool) int {
	switch {
	case late == 0 || excused:
		return LevelNone
	case late > leaderAfter:
		return LevelLeader
	default:
		return LevelDesk
	}
}

// In is what is due, in the pack's words.
func (d Due) In(p *policy.Pack, lang string) string {
	var named policy.Coded
	switch d.Kind {
	case KindClock:
		c, _ := p.Clock(d.Name)
		named = c.Coded
	case KindTask:
		t, _ := p.Task(d.Name)
		named = t.Coded
	case KindMeasure:
		list, _ := p.CodeList(MeasuresList)
		for _, e := range list.Entries {
			if e.ID == d.Name {
				named = e.Coded
			}
		}
	default:
		t, _ := p.Period(d.Name)
		named = t.Coded
	}
	if named.ID == "" {
		return d.Name
	}
	return named.Name.In(lang)
}
