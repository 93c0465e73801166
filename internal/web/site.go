// Package web is what every face shares: pages from templates, errors turned
// into sentences, headers, languages, static files. The faces themselves are
// the packages below it, one for each audience.
//
// A handler reads, checks, acts and shows; it returns an error and Site turns
// it into a status and a sentence a person can act on. Use Site.Handle for
// pages that need nobody signed in and Site.HandleStaff for all others.
package web

import (
	"errors"
	"io/fs"
	"log/slog"
	"net/http"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"verhaal/internal/fault"
	"verhaal/internal/web/lang"
)

// Handler is a face's act. An error it returns has not been shown yet.
type Handler func(w http.ResponseWriter, r *http.Request) error

// Actor is the staff member behind a request. It holds no key.
type Actor struct {
	ID     string // pseudonymous id, as in the custody log
	Name   string
	Lang   string // the language chosen in the account, or ""
	Powers []string
}

// Can says whether the actor holds power.
func (a *Actor) Can(power string) bool {
	if a == nil {
		return false
	}
	for _, p := range a.Powers {
		if p == power {
			return true
		}
	}
	return false
}

// Config is what a Site is made of.
type Config struct {
	Languages *lang.Bundle
	// Templates holds the pages of each audience; the key is the first part
	// of a page's name ("desk" of "desk/queue").
	Templates map[string]fs.FS
	// Assets holds the built scripts and styles with their .br and .gz twins.
	Assets fs.FS
	// Authenticate tells who is signed in; nil, nil when nobody is.
	Authenticate func(*http.Request) (*Actor, error)
	// Zone is the installation's, in which pages tell moments; nil for UTC.
	Zone    *time.Location
	Log     *slog.Logger
	Metrics prometheus.Registerer
}

// Site renders pages and maps errors for all faces. It is safe for concurrent
// use and holds no state of a visitor.
type Site struct {
	cfg      Config
	pages    map[string]page
	requests *prometheus.CounterVec
	routes   []Route
}

// Route is one registered pattern and the power it asks for; "" is public.
type Route struct{ Pattern, Power string }

// New parses every template; a template that does not parse is an error here
// and never one that a visitor sees.
func New(cfg Config) (*Site, error) {
	pages, err := findPages(cfg.Templates)
	if err != nil {
		return nil, err
	}
	if cfg.Zone == nil {
		cfg.Zone = time.UTC
	}
	s := &Site{cfg: cfg, pages: pages}
	s.requests = prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "verhaal_http_requests_total",
		Help: "Requests by route and class of status. No label tells anything about who asked.",
	}, []string{"route", "class"})
	if cfg.Metrics != nil {
		if err := cfg.Metrics.Register(s.requests); err != nil {
			return nil, err
		}
	}
	return s, nil
}

// Handle registers an act that needs nobody signed in.
func (s *Site) Handle(mux *http.ServeMux, pattern string, h Handler) {
	s.register(mux, pattern, "", h)
}

// AnyStaff is the power of everyone who is signed in.
const AnyStaff = "signed-in"

// HandleStaff registers an act that only a signed-in member with power may do.
func (s *Site) HandleStaff(mux *http.ServeMux, pattern, power string, h Handler) {
	s.register(mux, pattern, power, func(w http.ResponseWriter, r *http.Request) error {
		a := ActorOf(r)
		if a == nil {
			return fault.New(fault.Unauthenticated, "", "no session")
		}
		if power != AnyStaff && !a.Can(power) {
			return fault.New(fault.Refused, "fault.refused", "the power %s is missing", power)
		}
		return h(w, r)
	})
}

// Routes lists what has been registered, so that a test can walk every route
// with every role.
func (s *Site) Routes() []Route { return s.routes }

func (s *Site) register(mux *http.ServeMux, pattern, power string, h Handler) {
	s.routes = append(s.routes, Route{pattern, power})
	mux.HandleFunc(pattern, func(w http.ResponseWriter, r *http.Request) {
		rec := &recorder{ResponseWriter: w, status: http.StatusOK}
		err := withoutPanic(func() (err error) {
			if r, err = s.identify(r); err != nil {
				return err
			}
			return h(rec, r)
		})
		cut := rec.wrote && errors.As(err, new(panicked))
		if err != nil {
			s.fail(rec, r, pattern, err)
		}
		// A counter that moved between two scrapes tells when somebody reported.
		// Public routes are therefore counted only when we failed.
		if power != "" || rec.status >= http.StatusInternalServerError {
			s.requests.WithLabelValues(pattern, class(rec.status)).Inc()
		}
		if cut {
			panic(http.ErrAbortHandler) // or half an answer would look like a whole one
		}
	})
}

// recorder remembers the status for the metrics and whether anything has been
// written, after which an error page would only spoil the answer.
type recorder struct {
	http.ResponseWriter
	status int
	wrote  bool
}

func (w *recorder) WriteHeader(status int) {
	w.status, w.wrote = status, true
	w.ResponseWriter.WriteHeader(status)
}

func (w *recorder) Write(b []byte) (int, error) {
	w.wrote = true
	return w.ResponseWriter.Write(b)
}

// Unwrap lets http.ResponseController reach the real writer.
func (w *recorder) Unwrap() http.ResponseWriter { return w.ResponseWriter }

func class(status int) string { return string("012345"[status/100%6]) + "xx" }

// FromScript says that a script reads the answer, and no person.
func FromScript(r *http.Request) bool {
	return strings.HasPrefix(r.Header.Get("Content-Type"), "application/json") ||
		strings.HasPrefix(r.Header.Get("Accept"), "application/json")
}
