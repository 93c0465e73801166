package web

import (
	"io/fs"
	"mime"
	"net/http"
	"path"
	"strings"

	"verhaal/internal/fault"
)

// Static serves the built scripts and styles, compressed when they were built.
// They are as little stored by the browser as the pages are: a cached script
// on a shared phone would say that somebody was here.
func (s *Site) Static(w http.ResponseWriter, r *http.Request) error {
	name := path.Base(r.URL.Path)
	kind := mime.TypeByExtension(path.Ext(name))
	if kind == "" || !fs.ValidPath(name) {
		return fault.New(fault.NotFound, "", "no such asset")
	}
	body, err := fs.ReadFile(s.cfg.Assets, name)
	if err != nil {
		return fault.New(fault.NotFound, "", "no such asset")
	}
	accepted := r.Header.Get("Accept-Encoding")
	for _, twin := range []struct{ coding, suffix string }{{"br", ".br"}, {"gzip", ".gz"}} {
		if !strings.Contains(accepted, twin.coding) {
			continue
		}
		if small, err := fs.ReadFile(s.cfg.Assets, name+twin.suffix); err == nil {
			w.Header().Set("Content-Encoding", twin.coding)
			body = small
			break
		}
	}
	w.Header().Set("Vary", "Accept-Encoding")
	w.Header().Set("Content-Type", kind)
	_, err = w.Write(body)
	return err
}
