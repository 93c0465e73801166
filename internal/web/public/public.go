// Package public is the reporter's face: arrive, find a channel, tell, come
// back. Every page works without scripts; with them, what is told is sealed
// before it leaves the device. Nothing here sets a cookie, and no answer ever
// stands in an address.
package public

import (
	"context"
	"embed"
	"io/fs"
	"net/http"
	"runtime"
	"time"

	"verhaal/internal/desk"
	"verhaal/internal/fault"
	"verhaal/internal/policy"
	"verhaal/internal/report"
	"verhaal/internal/web"
	"verhaal/internal/web/lang"
)

//go:embed *.html
var pages embed.FS

// Templates are the pages of this audience.
func Templates() fs.FS { return pages }

// Reports is the reporter's half of the book of reports.
type Reports interface {
	Submit(ctx context.Context, s report.Submission) (report.Received, error)
	Return(ctx context.Context, lookup, proof []byte) (report.Dialogue, error)
	WriteAgain(ctx context.Context, lookup, proof []byte, after int64, key string, sealed []byte) error
}

// Desks gives the key to seal to.
type Desks interface {
	Sealing(ctx context.Context, channel string) (desk.Key, error)
}

// Config is what the pages stand on.
type Config struct {
	Site      *web.Site
	Languages *lang.Bundle
	Pack      func() *policy.Pack // in force now; a request asks once
	Reports   Reports
	Desks     Desks
	Salt      []byte // of the installation, for receipts
	WorkKey   []byte // secret, the same in every process
	LogKey    string // public key of the custody log
	Clock     func() time.Time
}

type face struct {
	Config
	work   work
	lanes  lanes
	derive chan struct{} // one place for each derivation that may run at once
	long   chan struct{} // one place for each long form that may be in memory at once
}

// Register adds the reporter's pages in every language.
func Register(mux *http.ServeMux, c Config) {
	f := &face{Config: c, work: work{c.WorkKey, c.Clock}, lanes: newLanes(),
		derive: make(chan struct{}, runtime.GOMAXPROCS(0)), long: make(chan struct{}, longForms)}
	c.Site.Handle(mux, "GET /{$}", f.arrive)
	c.Site.Handle(mux, "GET /exit", f.exit)
	for _, l := range c.Languages.Names() {
		at := func(method, path string, h web.Handler) { c.Site.Handle(mux, method+" /"+l.Lang+path, h) }
		at("GET", "/{$}", f.arrive)
		at("GET", "/guide", f.askGuide)
		at("POST", "/guide", f.suggest)
		at("GET", "/tell", f.tellNothing)
		at("POST", "/tell", f.tell)
		at("GET", "/key/{channel}", f.giveKey)
		at("POST", "/report", f.receive)
		at("GET", "/return", f.askReceipt)
		at("POST", "/return", f.comeBack)
		at("POST", "/dialogue", f.giveDialogue)
		at("POST", "/dialogue/message", f.receiveMessage)
		at("GET", "/verify", f.verify)
		at("GET", "/", noPage)
	}
}

// noPage answers for every address under a language that is none of ours.
func noPage(http.ResponseWriter, *http.Request) error {
	return fault.New(fault.NotFound, "", "no such page")
}
