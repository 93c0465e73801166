// Package statistics is the face for managers and the national rapporteur:
// figures of what became of reports and cases, with the charts drawn here and
// the same figures in tables. It shows what internal/statistics lets be shown
// and nothing else.
package statistics

import (
	"context"
	"embed"
	"io/fs"
	"net/http"
	"slices"

	"verhaal/internal/custody"
	"verhaal/internal/db"
	"verhaal/internal/fault"
	"verhaal/internal/policy"
	"verhaal/internal/staff"
	"verhaal/internal/statistics"
	"verhaal/internal/web"
)

//go:embed *.html
var pages embed.FS

// Templates are the pages of this face.
func Templates() fs.FS { return pages }

// Book makes the figures.
type Book interface {
	Figures(ctx context.Context) (*statistics.Figures, error)
}

// Desks lists the channels of an officer.
type Desks interface {
	Of(ctx context.Context, staff string) ([]string, error)
}

// Log records that figures were taken away.
type Log interface {
	Do(ctx context.Context, act custody.Act, fn func(*db.Tx) error) (custody.Entry, error)
}

type face struct {
	site  *web.Site
	pack  func() *policy.Pack
	book  Book
	desks Desks
	log   Log
}

// Register adds the pages to mux. They are for holders of the power statistics,
// who see every desk, and for officers, who see their own.
func Register(mux *http.ServeMux, site *web.Site, pack func() *policy.Pack, book Book, desks Desks, log Log) {
	f := &face{site, pack, book, desks, log}
	site.HandleStaff(mux, "GET /outcomes/{$}", web.AnyStaff, f.show)
	site.HandleStaff(mux, "GET /outcomes/figures.csv", web.AnyStaff, f.take)
}

// allDesks stands for all desks that are not walled.
const allDesks = ""

// allowed lists the desks that the actor may see, allDesks first where it is
// one of them.
func (f *face) allowed(r *http.Request) ([]string, error) {
	who := web.ActorOf(r)
	if who.Can(staff.Statistics) {
		out := []string{allDesks}
		for _, c := range f.pack().Channels {
			out = append(out, c.ID)
		}
		return out, nil
	}
	if !who.Can(staff.Officer) {
		return nil, fault.New(fault.Refused, "fault.refused", "neither the power statistics nor an officer")
	}
	return f.desks.Of(r.Context(), who.ID)
}

// asked is what a visitor wants to see.
type asked struct {
	desks    []string // to choose from
	desk     string
	quarters bool
	from, to statistics.Quarter
}

// mostQuarters is how many quarters stand beside each other.
const mostQuarters = 8

// read reads the query: desk, by (quarter or year), from and to ("2026-Q3").
// Without any it is the last four whole quarters, or five years.
func (f *face) read(r *http.Request, figures *statistics.Figures) (asked, error) {
	q := r.URL.Query()
	desks, err := f.allowed(r)
	if err != nil || len(desks) == 0 {
		return asked{}, err
	}
	in := asked{desks: desks, desk: desks[0], quarters: q.Get("by") != "year"}
	if q.Has("desk") {
		in.desk = q.Get("desk")
	}
	if !slices.Contains(desks, in.desk) {
		return asked{}, fault.New(fault.Refused, "fault.refused", "not a desk of this person")
	}
	in.quarters = in.quarters && !figures.Walled(in.desk)
	all := figures.Quarters()
	in.to, in.from = all[0], all[0]-3
	if !in.quarters {
		in.from = all[0] - all[0]%4 - 5*4
	}
	for name, quarter := range map[string]*statistics.Quarter{"from": &in.from, "to": &in.to} {
		if q.Get(name) == "" {
			continue
		}
		asked, ok := statistics.ParseQuarter(q.Get(name))
		if !ok || !slices.Contains(all, asked) {
			return in, fault.New(fault.BadInput, "", "not a whole quarter that there are figures of")
		}
		*quarter = asked
	}
	if in.from > in.to {
		in.from, in.to = in.to, in.from
	}
	if !in.quarters {
		in.from, in.to = in.from-in.from%4, min(in.to-in.to%4+3, all[0])
	} else {
		in.from = max(in.from, in.to-mostQuarters+1)
	}
	in.from = max(in.from, all[len(all)-1])
	return in, nil
}

// tables are the figures that were asked for.
func (a asked) tables(f *statistics.Figures) ([]statistics.Table, []statistics.Period) {
	periods := f.Periods(a.desk, a.from, a.to, a.quarters)
	if len(periods) == 0 {
		return nil, nil
	}
	return f.Tables(a.desk, periods), periods
}
