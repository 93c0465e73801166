// Package rules is the rule explorer: change facts and see what the rules
// demand, why, and where the law says so. It is for everybody, signed in or
// not; it stores nothing, and what is tried never stands in an address.
package rules

import (
	"embed"
	"io/fs"
	"net/http"
	"time"

	"verhaal/internal/policy"
	"verhaal/internal/web"
	"verhaal/internal/web/lang"
)

//go:embed *.html
var pages embed.FS

// Templates are the pages of this face.
func Templates() fs.FS { return pages }

type face struct {
	site  *web.Site
	pack  func() *policy.Pack
	clock func() time.Time
}

// Register adds the explorer in every language.
func Register(mux *http.ServeMux, site *web.Site, languages *lang.Bundle, pack func() *policy.Pack, clock func() time.Time) {
	f := &face{site, pack, clock}
	for _, l := range languages.Names() {
		at := func(method, path string, h web.Handler) { site.Handle(mux, method+" /"+l.Lang+path, h) }
		at("GET", "/rules", f.show)
		at("POST", "/rules", f.explain)
	}
}

func (f *face) today() string { return f.clock().Format(time.DateOnly) }
