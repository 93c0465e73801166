// Package audit is the auditor's face: the custody log to read, to verify in
// the browser, to take away and to open to another organisation's reader. It
// shows leaves only, so nothing here leads to a person by itself.
package audit

import (
	"context"
	"embed"
	"io"
	"io/fs"
	"net/http"

	"verhaal/internal/custody"
	"verhaal/internal/db"
	"verhaal/internal/web"
)

//go:embed *.html
var pages embed.FS

// Templates are the pages of this audience.
func Templates() fs.FS { return pages }

// Power is what every page here asks for.
const Power = "auditor"

// Log is what the auditor's pages need of the custody log.
type Log interface {
	Do(ctx context.Context, act custody.Act, fn func(*db.Tx) error) (custody.Entry, error)
	Checkpoint(ctx context.Context) ([]byte, error)
	Tile(ctx context.Context, path string) ([]byte, error)
	Entries(ctx context.Context, before int64, limit int) ([]custody.Entry, error)
	Export(ctx context.Context, w io.Writer) error
	Verifier() string
	NewReader(ctx context.Context, actor string) (token string, err error)
	MayRead(ctx context.Context, token string) error
}

type face struct {
	site *web.Site
	log  Log
}

// Register adds the auditor's pages and the log itself to mux.
func Register(mux *http.ServeMux, site *web.Site, log Log) {
	f := &face{site, log}
	site.HandleStaff(mux, "GET /audit/{$}", Power, f.showLog)
	site.HandleStaff(mux, "GET /audit/download", Power, f.download)
	site.HandleStaff(mux, "POST /audit/readers", Power, f.makeReader)
	// Auditors by their session, readers of other organisations by their key.
	site.Handle(mux, "GET /log/{path...}", f.serveLog)
}
