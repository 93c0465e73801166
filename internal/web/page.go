package web

import (
	"bytes"
	"context"
	"embed"
	"fmt"
	"html/template"
	"io/fs"
	"net/http"
	"path"
	"slices"
	"strings"
	"sync"
	"time"

	"verhaal/internal/web/lang"
)

//go:embed base.html error.html facts.html
var shared embed.FS

// Page is what every template knows about its visitor and its language.
type Page struct {
	Lang  string // e.g. "nl"
	Dir   string // "ltr" or "rtl"
	Path  string // path of the request, without query
	Actor *Actor // nil when nobody is signed in

	languages *lang.Bundle
	zone      *time.Location
}

// view is the root of a template: the page's own methods, and Data.
type view struct {
	*Page
	Data any
}

// With is the same page with other data, for a partial about one thing of it.
func (v view) With(data any) view { return view{v.Page, data} }

// T is the text of key in the page's language; pairs are "Name", value, …, and
// "Count" selects the plural form.
func (p *Page) T(key string, pairs ...any) string {
	return p.languages.T(p.Lang, key, pairs...)
}

// Date is a day given as YYYYMMDD, in the form of ISO 8601 that every language reads.
func (p *Page) Date(day int) string {
	return fmt.Sprintf("%04d-%02d-%02d", day/10000, day/100%100, day%100)
}

// Tongue marks words of a language among those of another, for who hears a page
// and for the order that words are set in.
func (p *Page) Tongue(of, within string) template.HTMLAttr {
	if of == within {
		return ""
	}
	return template.HTMLAttr(fmt.Sprintf(` lang="%s" dir="%s"`, template.HTMLEscapeString(of), p.languages.Dir(of)))
}

// Local is a moment in the installation's zone. What is evidence, JSON and the
// log, stays in UTC.
func (p *Page) Local(at time.Time) time.Time { return at.In(p.zone) }

// Moment is a moment to the second, with the name of the zone: read years later,
// in another country, it means the same.
func (p *Page) Moment(at time.Time) string { return p.Local(at).Format("2006-01-02 15:04:05 MST") }

// Zone is the name of the installation's zone, for scripts.
func (p *Page) Zone() string { return p.zone.String() }

// Languages lists every language by its own name, for the chooser.
func (p *Page) Languages() []lang.Name { return p.languages.Names() }

// In is the path of this page in another language; on public pages the
// language is the first part of the path.
func (p *Page) In(language string) string {
	_, rest, ok := p.languages.FromPath(p.Path)
	if !ok {
		return "/" + language + "/"
	}
	return "/" + language + rest
}

type contextKey struct{}

// known is what identify found out about a request.
type known struct{ actor *Actor }

func (s *Site) identify(r *http.Request) (*http.Request, error) {
	if s.cfg.Authenticate == nil {
		return r, nil
	}
	a, err := s.cfg.Authenticate(r)
	if err != nil || a == nil {
		return r, err
	}
	return r.WithContext(context.WithValue(r.Context(), contextKey{}, known{a})), nil
}

// ActorOf is the signed-in staff member behind r, or nil.
func ActorOf(r *http.Request) *Actor {
	k, _ := r.Context().Value(contextKey{}).(known)
	return k.actor
}

// Page tells the language and the actor of a request: the language of the
// path, else of the account, else the browser's wish.
func (s *Site) Page(r *http.Request) *Page {
	p := &Page{Path: r.URL.Path, Actor: ActorOf(r), languages: s.cfg.Languages, zone: s.cfg.Zone}
	if l, _, ok := s.cfg.Languages.FromPath(r.URL.Path); ok {
		p.Lang = l
	} else if p.Actor != nil && p.Actor.Lang != "" {
		p.Lang = p.Actor.Lang
	} else {
		p.Lang = s.cfg.Languages.Match(r.Header.Get("Accept-Language"))
	}
	p.Dir = s.cfg.Languages.Dir(p.Lang)
	return p
}

// Render writes a page. It is composed in memory first, so that a template's
// error never leaves half a page.
func (s *Site) Render(w http.ResponseWriter, r *http.Request, status int, name string, data any) error {
	parse, ok := s.pages[name]
	if !ok {
		return fmt.Errorf("no page %q", name)
	}
	t, err := parse()
	if err != nil {
		return fmt.Errorf("page %s: %w", name, err)
	}
	var b bytes.Buffer
	if err := t.ExecuteTemplate(&b, "base", view{s.Page(r), data}); err != nil {
		return fmt.Errorf("page %s: %w", name, err)
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(status)
	_, err = w.Write(b.Bytes())
	return err
}

// page gives the template of a page, parsed when it is first shown.
type page func() (*template.Template, error)

// findPages parses every page once, so that a fault in one is found at the
// start, and keeps none: together they take more memory than all else.
func findPages(audiences map[string]fs.FS) (map[string]page, error) {
	base, err := template.ParseFS(shared, "base.html", "facts.html")
	if err != nil {
		return nil, err
	}
	pages := map[string]page{}
	add := func(name string, fsys fs.FS, file string, partials []string) error {
		parse := func() (*template.Template, error) {
			return template.Must(base.Clone()).ParseFS(fsys, append(slices.Clone(partials), file)...)
		}
		if _, err := parse(); err != nil {
			return fmt.Errorf("page %s: %w", name, err)
		}
		pages[name] = sync.OnceValues(parse)
		return nil
	}
	if err := add("error", shared, "error.html", nil); err != nil {
		return nil, err
	}
	for audience, fsys := range audiences {
		files, err := fs.Glob(fsys, "*.html")
		if err != nil {
			return nil, err
		}
		// A file whose name begins with an underscore holds partials.
		var partials []string
		for _, f := range files {
			if strings.HasPrefix(f, "_") {
				partials = append(partials, f)
			}
		}
		for _, f := range files {
			if strings.HasPrefix(f, "_") {
				continue
			}
			if err := add(audience+"/"+strings.TrimSuffix(path.Base(f), ".html"), fsys, f, partials); err != nil {
				return nil, err
			}
		}
	}
	return pages, nil
}
