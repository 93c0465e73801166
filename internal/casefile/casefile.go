// Package casefile holds case files: what a detective keeps about a case from
// the first signal until it is sent to the prosecutor. A case file may begin
// without any report and go all the way without a formal report or an interview
// (rules S-01, S-02).
//
// It has two kinds of content. Facts, by the names of the pack's schema, are
// what rules and deadlines need; they name nobody. Everything else, names,
// notes, reasons, is sealed in members' browsers to the case key, and the server
// keeps it without reading. Open makes a case file, SetFact and Seal change it,
// Decide asks the pack. Every change and every opening is an act.
package casefile

import (
	"context"
	"crypto/rand"
	"database/sql"
	"encoding/base32"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"verhaal/internal/custody"
	"verhaal/internal/db"
	"verhaal/internal/fault"
	"verhaal/internal/keyring"
	"verhaal/internal/policy"
)

// Origins of a case file.
const (
	FromReport = "report"
	ExOfficio  = "ex_officio"
	Referral   = "referral"
)

// Phases of a case file, in their order. A case may skip any of them: none is
// a condition for the next.
const (
	Signal       = "signal"
	Talk         = "talk"
	FormalReport = "formal_report"
	Interview    = "interview"
	Sent         = "sent"
	Closed       = "closed"
)

var (
	origins = []string{FromReport, ExOfficio, Referral}
	phases  = []string{Signal, Talk, FormalReport, Interview, Sent, Closed}
)

// Desks says who may work on a channel's cases.
type Desks interface {
	// MayRead is nil for who may now; else Refused, with "fault.certificate_expired"
	// for who is on the desk and lacks only a certificate of today.
	MayRead(ctx context.Context, staff, channel string) error
}

// People is what a case file must know of staff.
type People interface {
	// Recipient is a person's own key; "" for one who has none or has left.
	Recipient(ctx context.Context, staff string) (string, error)
	// Holds says whether whoever signs in by login holds a certificate of a kind
	// on a day (YYYY-MM-DD).
	Holds(ctx context.Context, login, kind, day string) (bool, error)
	// Prosecutes says whether a person signs as a prosecutor now.
	Prosecutes(ctx context.Context, staff string) (bool, error)
	// Called is who signs in by login; "" for nobody.
	Called(ctx context.Context, login string) (staff string, err error)
}

// Rules gives the pack that was or is in force on a day (YYYY-MM-DD): an
// interview is judged by that of its own day.
type Rules interface {
	On(day string) (*policy.Pack, error)
}

// Calendar holds rooms and people for interviews. Its acts belong to acts on
// case files, so they take their transaction.
type Calendar interface {
	// Booked says whether an interview has a slot.
	Booked(tx *db.Tx, casefile, interview string) (bool, error)
	// Cleared says whether who interprets in the slot of an interview, if
	// anybody, was checked for ties to those of the case.
	Cleared(tx *db.Tx, casefile, interview string) (bool, error)
	// Uncheck ends every such check of a case.
	Uncheck(tx *db.Tx, casefile string) error
	// Stands is a Conflict when the slot that an interview has could not be taken
	// any more as it is; its person needs an interpreter for a language, "" = none.
	Stands(src db.Source, casefile, interview, language string) error
	// Fallen tells of every interview whose slot could not be taken any more as it is.
	Fallen(src db.Source, tell func(casefile, interview string)) error
	// Suits is a Conflict when a person can't come on a day, YYYY-MM-DD.
	Suits(src db.Source, casefile, person, day string) error
	// Sworn says of who interprets in the slot that an interview has, if anybody,
	// whether the register counts on its day.
	Sworn(src db.Source, casefile, interview string) (sworn, known bool, err error)
	// Release gives the slot of an interview back, if it has one; why is a code.
	Release(tx *db.Tx, casefile, interview, why string) error
}

// Sources is where the words of a case stand besides its file.
type Sources interface {
	// Report finds the channel that has a report now, and the day on which the
	// report came in, YYYY-MM-DD; NotFound when there is no such report.
	Report(ctx context.Context, report string) (channel, day string, err error)
	// Marked lists the codes of the topics that the recordings of a case have,
	// by interview, as src shows them: the database or a transaction.
	Marked(src interface {
		Query(query string, args ...any) (*sql.Rows, error)
	}, casefile string) (map[string][]string, error)
	// Recorded says, inside an act, whether an interview has a recording, running
	// or sealed.
	Recorded(tx *db.Tx, casefile, interview string) (bool, error)
	// Recording says whether a recording of an interview runs now.
	Recording(ctx context.Context, casefile, interview string) (bool, error)
}

// Around is what case files need of the rest of the house.
type Around struct {
	Desks    Desks
	People   People
	Rules    Rules
	Calendar Calendar
	Sources  Sources
	Recovery string           // the installation's recovery recipient
	Clock    func() time.Time // in the installation's time zone
}

// Files is the book of all case files. It is safe for concurrent use.
type Files struct {
	db       *db.DB
	log      *custody.Log
	desks    Desks
	people   People
	rules    Rules
	calendar Calendar
	sources  Sources
	clock    func() time.Time
	rings    *keyring.Rings
}

// New opens the book.
func New(d *db.DB, log *custody.Log, a Around) *Files {
	f := &Files{db: d, log: log, desks: a.Desks, people: a.People, rules: a.Rules, calendar: a.Calendar, sources: a.Sources, clock: a.Clock}
	f.rings = keyring.New(d, log, owner{f}, "case", "casefile", a.Recovery, a.Clock)
	return f
}

// File is a case file without its facts and sealed parts.
type File struct {
	ID      string
	Number  string // "2026-00017"
	Channel string
	Origin  string
	Phase   string
	Opened  time.Time
}

// Start is what a case file begins with.
type Start struct {
	Channel string
	Origin  string
	Reports []string // ids of reports of the channel; needed for FromReport only
}

// Open makes a case file, with the actor as its first member. The actor must be
// allowed to read the channel now, and its reports must lie on it.
func (f *Files) Open(ctx context.Context, actor string, s Start) (File, error) {
	if !slices.Contains(origins, s.Origin) || (s.Origin == FromReport) != (len(s.Reports) > 0) {
		return File{}, fault.New(fault.BadInput, "case.fault.origin", "an origin that is none, or reports that don't fit it")
	}
	if err := f.desks.MayRead(ctx, actor, s.Channel); err != nil {
		return File{}, err
	}
	first, err := f.firstDay(ctx, actor, s.Reports, s.Channel)
	if err != nil {
		return File{}, err
	}
	file := File{ID: newID(), Channel: s.Channel, Origin: s.Origin, Phase: Signal, Opened: f.clock()}
	act := custody.Act{Kind: "case.opened", Actor: actor, Subject: file.ID, Facts: map[string]string{"channel": s.Channel, "origin": s.Origin}}
	_, err = f.log.Do(ctx, act, func(tx *db.Tx) error {
		var last string
		year := file.Opened.UTC().Format("2006")
		if err := tx.QueryRow(lastNumber, year+"-", year+"-~").Scan(&last); err != nil {
			return err
		}
		file.Number = nextNumber(year, last)
		if _, err := tx.Exec(insertFile, file.ID, file.Number, file.Channel, file.Origin, file.Phase, file.Opened.Unix(), actor); err != nil {
			return err
		}
		if _, err := tx.Exec(insertMember, file.ID, actor, file.Opened.Unix(), actor, ""); err != nil {
			return err
		}
		if err := f.takeReports(tx, file.ID, actor, s.Reports, first); err != nil {
			return err
		}
		if err := f.reckon(tx, file.ID); err != nil {
			return err
		}
		return event(tx, file.ID, "opened", "", actor, file.Opened)
	})
	return file, err
}

// nextNumber counts the case files of a year: "2026-00001" and so on.
func nextNumber(year, last string) string {
	n := 0
	if _, err := fmt.Sscanf(strings.TrimPrefix(last, year+"-"), "%d", &n); err != nil {
		n = 0
	}
	return fmt.Sprintf("%s-%05d", year, n+1)
}

// Get finds a case file for a member who may read it now.
func (f *Files) Get(ctx context.Context, actor, id string) (File, error) {
	file, err := f.find(ctx, id)
	if err != nil {
		return File{}, err
	}
	return file, f.mayRead(ctx, file, actor)
}

// View is Get for somebody who looks at a page of a case file: that they did
// stands in the custody log before anything is shown.
func (f *Files) View(ctx context.Context, actor, id string) (File, error) {
	file, err := f.Get(ctx, actor, id)
	if err != nil {
		return File{}, err
	}
	_, err = f.log.Do(ctx, custody.Act{Kind: "case.viewed", Actor: actor, Subject: id, Facts: map[string]string{"channel": file.Channel}}, nil)
	return file, err
}

// Channel is that of a case file, for who takes something from it and may not read it.
func (f *Files) Channel(ctx context.Context, id string) (string, error) {
	file, err := f.find(ctx, id)
	return file.Channel, err
}

func (f *Files) find(ctx context.Context, id string) (File, error) {
	return f.fileOf(f.db.Source(ctx), id)
}

func (f *Files) fileOf(src db.Source, id string) (file File, err error) {
	err = db.Each(src, findFile, func(row func(...any) error) error {
		var opened int64
		err := row(&file.ID, &file.Number, &file.Channel, &file.Origin, &file.Phase, &opened)
		file.Opened = f.moment(opened)
		return err
	}, id)
	if err == nil && file.ID == "" {
		err = fault.New(fault.NotFound, "", "no such case file")
	}
	return file, err
}

// mayRead is nil for a member of the case file who may read its channel now.
func (f *Files) mayRead(ctx context.Context, file File, staff string) error {
	var excluded string
	err := f.db.QueryRow(ctx, findMember, file.ID, staff).Scan(&excluded)
	if errors.Is(err, sql.ErrNoRows) || err == nil && excluded != "" {
		return fault.New(fault.Refused, "fault.refused", "not a member of this case file")
	}
	if err != nil {
		return err
	}
	return f.desks.MayRead(ctx, staff, file.Channel)
}

// Row is a case file in a list.
type Row struct {
	File
	since int64
}

// Of lists a person's case files, the newest membership first. after is "" or
// the cursor that the page before returned.
func (f *Files) Of(ctx context.Context, staff, after string, limit int) (out []Row, next string, err error) {
	since, id := int64(1)<<62, ""
	if after != "" {
		if _, err := fmt.Sscanf(after, "%d.%s", &since, &id); err != nil {
			return nil, "", fault.New(fault.BadInput, "", "not a cursor")
		}
	}
	rows, err := f.db.Query(ctx, listOf, staff, since, id, limit+1)
	if err != nil {
		return nil, "", err
	}
	defer rows.Close()
	for rows.Next() {
		var r Row
		var opened int64
		if err := rows.Scan(&r.ID, &r.Number, &r.Channel, &r.Origin, &r.Phase, &opened, &r.since); err != nil {
			return nil, "", err
		}
		r.Opened = f.moment(opened)
		out = append(out, r)
	}
	if len(out) > limit {
		out = out[:limit]
		next = fmt.Sprintf("%d.%s", out[limit-1].since, out[limit-1].ID)
	}
	return out, next, rows.Err()
}

func newID() string {
	var b [10]byte
	_, _ = rand.Read(b[:]) // never fails, crypto/rand ends the process first
	return strings.ToLower(base32.StdEncoding.EncodeToString(b[:]))
}
