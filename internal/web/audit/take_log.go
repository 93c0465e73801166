package audit

import (
	"math"
	"net/http"
	"strings"

	"verhaal/internal/custody"
	"verhaal/internal/fault"
	"verhaal/internal/web"
)

// download gives the whole log as a tar of a static tlog-tiles folder, which
// `verhaal verify log` and other tools read.
func (f *face) download(w http.ResponseWriter, r *http.Request) error {
	act := custody.Act{Kind: "log.exported", Actor: web.ActorOf(r).ID}
	if _, err := f.log.Do(r.Context(), act, nil); err != nil {
		return err
	}
	w.Header().Set("Content-Type", "application/x-tar")
	w.Header().Set("Content-Disposition", `attachment; filename="log.tar"`)
	return f.log.Export(r.Context(), w)
}

// makeReader shows a new reader's key, once.
func (f *face) makeReader(w http.ResponseWriter, r *http.Request) error {
	token, err := f.log.NewReader(r.Context(), web.ActorOf(r).ID)
	if err != nil {
		return err
	}
	return f.render(w, r, math.MaxInt64, token)
}

// serveLog serves checkpoint, tiles and entries (C2SP tlog-tiles) to auditors
// and to holders of a reader's key.
func (f *face) serveLog(w http.ResponseWriter, r *http.Request) error {
	if !web.ActorOf(r).Can(Power) {
		token, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
		if !ok {
			return fault.New(fault.Refused, "", "neither an auditor nor a reader")
		}
		if err := f.log.MayRead(r.Context(), token); err != nil {
			return err
		}
	}
	path := r.PathValue("path")
	body, kind, err := []byte(nil), "application/octet-stream", error(nil)
	if path == "checkpoint" {
		kind = "text/plain; charset=utf-8"
		body, err = f.log.Checkpoint(r.Context())
	} else {
		body, err = f.log.Tile(r.Context(), path)
	}
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", kind)
	_, err = w.Write(body)
	return err
}
