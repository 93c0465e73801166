// Package desk is the officer's face: the queue of the own channels, reports
// opened in the browser, answers, and the care for the desk's key. The server
// gives out sealed bytes and takes sealed bytes; every opening is an act.
package desk

import (
	"context"
	"embed"
	"io/fs"
	"net/http"

	"verhaal/internal/desk"
	"verhaal/internal/fault"
	"verhaal/internal/policy"
	"verhaal/internal/report"
	"verhaal/internal/staff"
	"verhaal/internal/web"
	"verhaal/internal/web/keys"
)

//go:embed *.html
var pages embed.FS

// Templates are the pages of this audience.
func Templates() fs.FS { return pages }

// Reports is the desk's half of the book of reports.
type Reports interface {
	Queue(ctx context.Context, reader, channel, after string, limit int) ([]report.Row, string, error)
	Counts(ctx context.Context, reader, channel string) (report.Counts, error)
	Find(ctx context.Context, reader, id string) (report.Row, error)
	Open(ctx context.Context, actor, id string) (report.OpenedReport, error)
	OpenIdentity(ctx context.Context, actor, id, code string, reason []byte) (report.SealedIdentity, error)
	Answer(ctx context.Context, actor, id string, after int64, key string, sealed []byte) error
	MayHandOver(from, to string) error
	PrepareHandOver(ctx context.Context, actor, id, to string) (report.Handable, error)
	HandOver(ctx context.Context, actor, id string, h report.HandOver) error
	HandedOver(ctx context.Context, reader, channel string, limit int) ([]report.Passed, error)
	Came(ctx context.Context, id string) ([]report.Passed, error)
}

// Desks is what these pages need of the desks.
type Desks interface {
	Of(ctx context.Context, staff string) ([]string, error)
	MayRead(ctx context.Context, staff, channel string) error
	Sealing(ctx context.Context, channel string) (desk.Key, error)
	keys.Rings
}

type face struct {
	site    *web.Site
	pack    func() *policy.Pack // in force now; a request asks once
	reports Reports
	desks   Desks
}

// Register adds the officer's pages to mux.
func Register(mux *http.ServeMux, site *web.Site, pack func() *policy.Pack, reports Reports, desks Desks) {
	f := &face{site, pack, reports, desks}
	at := func(pattern string, h web.Handler) { site.HandleStaff(mux, pattern, staff.Officer, h) }
	at("GET /desk/{$}", f.showDesks)
	at("GET /desk/{channel}/{$}", f.showQueue)
	keys.Register(mux, site, "/desk/{channel}", "channel", staff.Officer, desks)
	at("GET /desk/{channel}/{id}", f.showReport)
	at("POST /desk/{channel}/{id}/open", f.openReport)
	at("POST /desk/{channel}/{id}/identity", f.openIdentity)
	at("POST /desk/{channel}/{id}/answer", f.answer)
	at("POST /desk/{channel}/{id}/hand-over/prepare", f.prepareHandOver)
	at("POST /desk/{channel}/{id}/hand-over", f.handOver)
}

// channel finds the channel of the path for a member who may read it now.
func (f *face) channel(r *http.Request) (policy.Channel, error) {
	c, ok := f.pack().Channel(r.PathValue("channel"))
	if !ok {
		return policy.Channel{}, fault.New(fault.NotFound, "", "no such channel")
	}
	return c, f.desks.MayRead(r.Context(), web.ActorOf(r).ID, c.ID)
}

// report finds the report of the path; it must be of the path's channel.
func (f *face) report(r *http.Request) (policy.Channel, report.Row, error) {
	c, err := f.channel(r)
	if err != nil {
		return c, report.Row{}, err
	}
	row, err := f.reports.Find(r.Context(), web.ActorOf(r).ID, r.PathValue("id"))
	if err == nil && row.Channel != c.ID {
		err = fault.New(fault.NotFound, "", "the report is on another desk")
	}
	return c, row, err
}
