// Package app puts the parts together: it is the only place that knows them
// all. Open builds an installation from its configuration, Serve runs it, Init
// sets one up.
package app

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"path/filepath"
	"runtime/debug"
	"slices"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"verhaal/internal/casefile"
	"verhaal/internal/custody"
	"verhaal/internal/db"
	"verhaal/internal/desk"
	"verhaal/internal/fault"
	"verhaal/internal/planner"
	"verhaal/internal/policy"
	"verhaal/internal/recording"
	"verhaal/internal/recording/proof"
	"verhaal/internal/report"
	"verhaal/internal/rulebook"
	"verhaal/internal/staff"
	"verhaal/internal/statistics"
	"verhaal/internal/web"
	plannerpages "verhaal/internal/web/planner"
)

// Files in the data folder's keys.
const (
	logKeyFile    = "log.key"
	serverKeyFile = "server.key"
)

// App is one running installation.
type App struct {
	Log      *custody.Log
	Members  *staff.Members
	Desks    *desk.Desks
	Reports  *report.Reports
	Rules    *rulebook.Book
	Cases    *casefile.Files
	Planner  *planner.Book
	Records  *recording.Book
	Outcomes *statistics.Book
	Site     *web.Site
	Handler  http.Handler

	config  Config
	logger  *slog.Logger
	db      *db.DB
	install install
	metrics *prometheus.Registry
	closers []func() error
}

var quiet = slog.New(slog.DiscardHandler)

// Open opens the stores of an installation that was set up and builds its
// pages. Nothing runs until Serve.
func Open(ctx context.Context, c Config, logger *slog.Logger) (*App, error) {
	if err := c.complete(); err != nil {
		return nil, err
	}
	return open(ctx, c, logger, nil)
}

// open is Open; prepare may write what a new installation needs first.
func open(ctx context.Context, c Config, logger *slog.Logger, prepare func(context.Context, *custody.Log) error) (_ *App, err error) {
	a := &App{config: c, logger: logger, metrics: prometheus.NewRegistry()}
	defer func() {
		if err != nil {
			err = errors.Join(err, a.Close())
		}
	}()
	serverKey, err := readKeyFile(c.keyFile(serverKeyFile))
	if err != nil {
		return nil, err
	}
	logKeyText, err := readKeyFile(c.keyFile(logKeyFile))
	if err != nil {
		return nil, err
	}
	logKey, err := custody.ParseKey(string(logKeyText))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", c.keyFile(logKeyFile), err)
	}
	d, w, err := db.Open(ctx, c.Database, logger)
	if err != nil {
		return nil, err
	}
	a.db = d
	a.closers = append(a.closers, d.Close)
	a.Log = custody.New(d, w, logKey, time.Now, logger)
	if prepare != nil {
		if err := prepare(ctx, a.Log); err != nil {
			return nil, err
		}
	}
	if a.install, err = readInstall(ctx, d); err != nil {
		return nil, err
	}
	a.Members, err = staff.New(d, a.Log, time.Now, staff.Config{Key: serverKey, Site: c.Site, Origins: c.Origins, Recovery: a.install.recovery})
	if err != nil {
		return nil, err
	}
	if err := a.openRules(ctx); err != nil {
		return nil, err
	}
	a.Desks = desk.New(d, a.Log, a.Rules.Now, a.Members, a.install.recovery, time.Now)
	a.Reports = report.New(d, a.Log, front{a.Desks, a}, time.Now)
	local, err := c.clock()
	if err != nil {
		return nil, err
	}
	a.Planner = planner.New(d, a.Log, planner.Around{Staff: roster{a.Members}.colleagues, Clock: local,
		Kinds: func() []planner.Kind { return plannerpages.Kinds(a.Rules.Now()) }, Avoided: casefile.Avoided,
		Fell: func(ctx context.Context, actor, id, interview, happened string) error {
			return a.Cases.AskAgain(ctx, actor, id, interview, happened)
		}})
	a.Cases = casefile.New(d, a.Log, casefile.Around{Desks: a.Desks, People: roster{a.Members}, Rules: a.Rules, Calendar: a.Planner, Sources: sources{a},
		Recovery: a.install.recovery, Clock: local})
	if err := a.openRecords(ctx, local); err != nil {
		return nil, err
	}
	a.Outcomes = statistics.New(statistics.Sources{DB: d, Channels: a.counted, Searches: searches{a.Planner}, Recordings: recordings{a.Records}}, time.Now)
	return a, a.pages(serverKey, local)
}

// openRecords opens the recordings, their second copy and who stamps them.
func (a *App) openRecords(ctx context.Context, local func() time.Time) error {
	c := a.config
	copies, closer, err := c.openCopies(ctx)
	if err != nil {
		return err
	}
	if closer != nil {
		a.closers = append(a.closers, closer.Close)
	}
	stamps, err := c.Stamps.open()
	if err != nil {
		return err
	}
	clock := local
	if c.Behind != nil {
		clock = func() time.Time { return local().Add(-c.Behind()) }
	}
	cases := interviews{a.Cases, a.Members}
	a.Records, err = recording.New(a.db, a.Log, cases, recording.Config{Files: filepath.Join(c.Data, "recordings"),
		Keys: c.keyFile("recordings"), Recovery: a.install.recovery, Software: version(), Copies: copies, CopyFirst: c.Copies.First, Stamp: stamps,
		Room:      func(id string) (policy.RoomKind, bool) { return a.Rules.Now().Room(id) },
		Power:     func(id string) (policy.Power, bool) { return a.Rules.Now().Power(id) },
		Certified: a.certified, Formal: cases, Unstamped: a.unstamped()}, clock)
	if err != nil {
		return err
	}
	a.closers = append(a.closers, a.Records.Close)
	return nil
}

// unstamped tells who watches the installation how many seals wait for a stamp,
// and the log once when the authority begins to fail.
func (a *App) unstamped() func(int, error) {
	waiting := prometheus.NewGauge(prometheus.GaugeOpts{Name: "verhaal_seals_unstamped", Help: "Sealed recordings that the timestamping authority has not stamped yet."})
	a.metrics.MustRegister(waiting)
	failing := false
	return func(left int, err error) {
		waiting.Set(float64(left))
		if err != nil && !failing {
			a.logger.Error("seals are not stamped", "waiting", left, "error", err)
		}
		failing = err != nil
	}
}

// certified implements recording.Config.
func (a *App) certified(ctx context.Context, id, kind string) (bool, error) {
	return a.Members.Certified(ctx, id, kind, a.Members.Today())
}

// searches shows the searches for a studio to the statistics.
type searches struct{ *planner.Book }

// EachSearch implements statistics.Searches.
func (s searches) EachSearch(ctx context.Context, until int64, yield func(statistics.Search)) error {
	return s.EachStudio(ctx, until, func(one planner.Sought) { yield(statistics.Search(one)) })
}

// recordings shows the recordings to the statistics.
type recordings struct{ *recording.Book }

// EachRecording implements statistics.Recordings.
func (r recordings) EachRecording(ctx context.Context, until int64, yield func(statistics.Recording)) error {
	return r.Each(ctx, until, func(one recording.Counted) { yield(statistics.Recording(one)) })
}

// sources shows reports and recordings to the case files.
type sources struct{ *App }

// Report implements casefile.Sources.
func (s sources) Report(ctx context.Context, id string) (channel, day string, err error) {
	row, err := s.Reports.Get(ctx, id)
	return row.Channel, fmt.Sprintf("%04d-%02d-%02d", row.Day/10000, row.Day/100%100, row.Day%100), err
}

// Marked implements casefile.Sources.
func (sources) Marked(src interface {
	Query(query string, args ...any) (*sql.Rows, error)
}, casefile string) (map[string][]string, error) {
	return recording.Marked(src, casefile)
}

// Recorded implements casefile.Sources.
func (sources) Recorded(tx *db.Tx, casefile, interview string) (bool, error) {
	return recording.Recorded(tx, casefile, interview)
}

// Recording implements casefile.Sources.
func (s sources) Recording(ctx context.Context, casefile, interview string) (bool, error) {
	return s.Records.Runs(ctx, casefile, interview)
}

// interviews shows case files to the recordings.
type interviews struct {
	*casefile.Files
	staff *staff.Members
}

// Recordable implements recording.Cases.
func (i interviews) Recordable(ctx context.Context, actor, id, interview string) (recording.Interview, error) {
	r, err := i.Files.Recordable(ctx, actor, id, interview)
	if err != nil {
		return recording.Interview{}, err
	}
	out := recording.Interview{Casefile: id, ID: interview, Channel: r.File.Channel, Number: r.File.Number, Kinds: r.Kinds, Level: r.Level, Room: r.Room,
		Pack: r.Relied.Pack, Version: r.Relied.Version, Hash: r.Relied.Hash, Decision: r.Relied.Decision}
	for login, role := range r.Roles() {
		who, err := i.staff.ByLogin(ctx, login)
		if err != nil && fault.KindOf(err) != fault.NotFound {
			return recording.Interview{}, err
		}
		// The seal names nobody: a pseudonymous id, as in the log.
		out.Roles = append(out.Roles, proof.Role{Role: role, Person: who.ID})
	}
	slices.SortFunc(out.Roles, func(a, b proof.Role) int { return strings.Compare(a.Role+a.Person, b.Role+b.Person) })
	for _, d := range r.Deviations {
		out.Deviations = append(out.Deviations, proof.Deviation{Rule: d.Rule, By: d.Prosecutor, At: d.Decided.UnixMilli()})
	}
	return out, nil
}

// MayRead implements recording.Cases.
func (i interviews) MayRead(ctx context.Context, actor, id string) error {
	_, err := i.Get(ctx, actor, id)
	return err
}

// Outside implements recording.Cases.
func (i interviews) Outside(ctx context.Context, prosecutor, id string) (recording.Case, error) {
	file, recipient, err := i.Files.Outside(ctx, prosecutor, id)
	return recording.Case{Number: file.Number, Recipient: recipient}, err
}

// Key implements recording.Cases.
func (i interviews) Key(ctx context.Context, actor, id string) (string, error) {
	k, err := i.Files.Key(ctx, actor, id)
	return k.Recipient, err
}

// counted shows the channels of the pack in force to the statistics.
func (a *App) counted() []statistics.Channel {
	var out []statistics.Channel
	for _, c := range a.Rules.Now().Channels {
		out = append(out, statistics.Channel{ID: c.ID, Walled: c.Walled})
	}
	return out
}

// version names the build, as a seal does.
func version() string {
	if info, ok := debug.ReadBuildInfo(); ok {
		return info.Main.Version
	}
	return "unknown"
}

// clock tells the time in the installation's zone.
func (c Config) clock() (func() time.Time, error) {
	zone, err := time.LoadLocation(c.Zone)
	return func() time.Time { return time.Now().In(zone) }, err
}

// roster shows staff to the case files and to the calendar.
type roster struct{ *staff.Members }

// Prosecutes implements casefile.People.
func (r roster) Prosecutes(ctx context.Context, id string) (bool, error) {
	who, err := r.ByID(ctx, id)
	if fault.KindOf(err) == fault.NotFound {
		return false, nil
	}
	return who.Can(staff.Prosecutor), err
}

// Called implements casefile.People.
func (r roster) Called(ctx context.Context, login string) (string, error) {
	who, err := r.ByLogin(ctx, login)
	if fault.KindOf(err) == fault.NotFound {
		return "", nil
	}
	return who.ID, err
}

// Holds implements casefile.People.
func (r roster) Holds(ctx context.Context, login, kind, day string) (bool, error) {
	who, err := r.ByLogin(ctx, login)
	if fault.KindOf(err) == fault.NotFound {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	on, err := time.Parse(time.DateOnly, day)
	if err != nil {
		return false, nil
	}
	return r.Certified(ctx, who.ID, kind, on.Year()*10000+int(on.Month())*100+on.Day())
}

// colleagues lists who can be planned, with their certificates.
func (r roster) colleagues(ctx context.Context) ([]planner.Colleague, error) {
	all, err := r.With(ctx, staff.Officer)
	if err != nil {
		return nil, err
	}
	held, err := r.InForce(ctx)
	if err != nil {
		return nil, err
	}
	byID := map[string][]planner.Held{}
	for _, c := range held {
		byID[c.Staff] = append(byID[c.Staff], planner.Held{Kind: c.Kind, From: c.FromDay(), Until: c.UntilDay()})
	}
	var out []planner.Colleague
	for _, m := range all {
		out = append(out, planner.Colleague{ID: m.ID, Login: m.Login, Name: m.Name, Held: byID[m.ID]})
	}
	return out, nil
}

// front shows the desks to the book of reports.
type front struct {
	*desk.Desks
	app *App
}

func (f front) Channel(id string) (report.Channel, bool) {
	c, ok := f.app.Rules.Now().Channel(id)
	return report.Channel{Dialogue: c.Answers, DayOnly: c.Time == policy.DayOnly, Anonymous: c.Anonymous(), Walled: c.Walled}, ok
}

// Withheld asks the case files whom they exclude.
func (f front) Withheld(ctx context.Context, staff string) ([]string, error) {
	return f.app.Cases.Withheld(ctx, staff)
}

// MayAnswer asks the safe-contact plans of the case files.
func (f front) MayAnswer(tx *db.Tx, report string) error { return f.app.Cases.MayAnswer(tx, report) }

func (f front) Sealing(ctx context.Context, channel string) (report.Key, error) {
	k, err := f.Desks.Sealing(ctx, channel)
	return report.Key(k), err
}
