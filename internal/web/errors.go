package web

import (
	"errors"
	"net/http"
	"net/url"

	"verhaal/internal/fault"
)

// statusOf maps the kinds of faults to HTTP (RFC 9110 section 15).
func statusOf(k fault.Kind) int {
	switch k {
	case fault.BadInput:
		return http.StatusBadRequest
	case fault.NotFound:
		return http.StatusNotFound
	case fault.Conflict:
		return http.StatusConflict
	case fault.Refused:
		return http.StatusForbidden
	case fault.Unauthenticated:
		return http.StatusUnauthorized
	case fault.TooLarge:
		return http.StatusRequestEntityTooLarge
	case fault.Unavailable:
		return http.StatusServiceUnavailable
	}
	return http.StatusInternalServerError
}

// Failure is what a script is told.
type Failure struct {
	Error string `json:"error"` // message id, stable
	Text  string `json:"text"`  // the sentence in the visitor's language
}

// fail shows an error: JSON to scripts, the sign-in page to staff whose session
// ended, or the way there when they sent something, a page to everyone else. The
// log gets route, kind and detail; never an address, a query or anything of the
// request's body.
func (s *Site) fail(w *recorder, r *http.Request, route string, err error) {
	if r.Context().Err() != nil && errors.Is(err, r.Context().Err()) {
		return // the visitor left; there is nobody to tell
	}
	kind, key := fault.KindOf(err), fault.KeyOf(err)
	if kind == fault.Internal || kind == fault.Unavailable {
		s.cfg.Log.Error("request failed", "route", route, "kind", kind.String(), "error", err)
	} else {
		s.cfg.Log.Debug("request refused", "route", route, "kind", kind.String(), "error", err)
	}
	if w.wrote {
		return
	}
	status := statusOf(kind)
	if kind == fault.Unavailable {
		w.Header().Set("Retry-After", "5")
	}
	page := s.Page(r)
	if FromScript(r) {
		if err := WriteJSON(w, status, Failure{Error: key, Text: page.T(key)}); err != nil {
			s.cfg.Log.Debug("answer not written", "route", route, "error", err)
		}
		return
	}
	if kind == fault.Unauthenticated && r.Method == http.MethodGet {
		http.Redirect(w, r, signIn(r.URL.Path), http.StatusSeeOther)
		return
	}
	name, words := "error", struct{ Key, SignIn string }{Key: key}
	if kind == fault.Unauthenticated {
		words.SignIn = signIn(sentFrom(r))
	}
	if _, _, public := s.cfg.Languages.FromPath(r.URL.Path); public && s.pages["public/error"] != nil {
		name = "public/error" // with the way out that every reporter's page has
	}
	if err := s.Render(w, r, status, name, words); err != nil {
		s.cfg.Log.Error("error page failed", "route", route, "error", err)
	}
}

// signIn is the address at which staff sign in and come back to one of our pages.
func signIn(back string) string { return "/staff/sign-in?back=" + url.QueryEscape(back) }

// sentFrom is the path of our own page on which a form was filled in, where its
// draft is found again; without one, where the form was sent to.
func sentFrom(r *http.Request) string {
	if page, err := url.Parse(r.Referer()); err == nil && page.Host == r.Host && page.Path != "" {
		return page.Path
	}
	return r.URL.Path
}
