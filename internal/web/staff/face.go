// Package staff is the face for everyone who works: enrolling with a one-time
// code, signing in, the account, and the session that all staff pages rest on.
// Keys are made and unlocked in the browser (ui/staff); what passes here is
// proofs, public keys and wraps.
package staff

import (
	"context"
	"embed"
	"io/fs"
	"net/http"
	"net/url"
	"strings"
	"time"

	"verhaal/internal/fault"
	"verhaal/internal/staff"
	"verhaal/internal/web"
)

//go:embed *.html
var pages embed.FS

// Templates are the pages of this audience.
func Templates() fs.FS { return pages }

// Cookie is the name of the session cookie, the only one there is.
const Cookie = "session"

// maxBody holds every JSON body of these pages: a recipient of 2 kB, wraps of
// 2 kB each and a passkey's answer.
const maxBody = 64 << 10

// Face is the staff's own pages.
type Face struct {
	members *staff.Members
	origins []string
	site    *web.Site

	calendars Calendars
}

// Calendars keeps the calendars for other programs, by whose they are ("staff/…").
type Calendars interface {
	Feeds(ctx context.Context) (map[string]time.Time, error)
	EndFeed(ctx context.Context, actor, who string) error
}

// New makes the face; origins are the addresses that staff sign in at. Give
// Authenticate to the site's configuration and wrap everything in Sessions,
// then Register.
func New(members *staff.Members, origins []string) *Face {
	return &Face{members: members, origins: origins}
}

// Register adds the pages to mux.
func (f *Face) Register(mux *http.ServeMux, site *web.Site, calendars Calendars) {
	f.site, f.calendars = site, calendars
	site.Handle(mux, "GET /staff/enrol", f.showEnrol)
	site.Handle(mux, "POST /staff/enrol/begin", f.beginEnrol)
	site.Handle(mux, "POST /staff/enrol", f.enrol)
	site.Handle(mux, "GET /staff/sign-in", f.showSignIn)
	site.Handle(mux, "POST /staff/salt", f.greet)
	site.Handle(mux, "POST /staff/sign-in/passphrase", f.signInPassphrase)
	site.Handle(mux, "POST /staff/sign-in/passkey/begin", f.beginSignInPasskey)
	site.Handle(mux, "POST /staff/sign-in/passkey/finish", f.signInPasskey)
	site.Handle(mux, "POST /staff/sign-out", f.signOut)

	site.HandleStaff(mux, "GET /staff/{$}", web.AnyStaff, f.home)
	site.HandleStaff(mux, "GET /staff/share", web.AnyStaff, f.share)
	site.HandleStaff(mux, "GET /staff/key", web.AnyStaff, f.key)
	site.HandleStaff(mux, "GET /staff/idle", web.AnyStaff, f.idleWords)
	site.HandleStaff(mux, "POST /staff/seen", web.AnyStaff, f.seen)
	site.HandleStaff(mux, "POST /staff/lock", web.AnyStaff, f.lock)
	site.HandleStaff(mux, "GET /staff/account", web.AnyStaff, f.showAccount)
	site.HandleStaff(mux, "POST /staff/account/language", web.AnyStaff, f.setLanguage)
	site.HandleStaff(mux, "POST /staff/account/passphrase", web.AnyStaff, f.setPassphrase)
	site.HandleStaff(mux, "POST /staff/account/passkey/begin", web.AnyStaff, f.beginPasskey)
	site.HandleStaff(mux, "POST /staff/account/passkey", web.AnyStaff, f.addPasskey)
	site.HandleStaff(mux, "POST /staff/account/passkey/remove", web.AnyStaff, f.removePasskey)
	site.HandleStaff(mux, "POST /staff/account/calendar/end", web.AnyStaff, f.endCalendar)
	site.HandleStaff(mux, "POST /staff/account/everywhere", web.AnyStaff, f.signOutEverywhere)
}

// areas are the paths on which a session means something. On all others, the
// reporters' pages first of all, no cookie is read or set.
var areas = []string{"/staff/", "/desk/", "/case/", "/planner/", "/record/", "/decisions/", "/outcomes/", "/admin/", "/audit/", "/log/"}

type contextKey struct{}

type found struct {
	session staff.Session
	err     error
}

// Sessions finds the session of each request to the staff's pages and renews
// its cookie, once a minute at most.
func (f *Face) Sessions(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		c, err := r.Cookie(Cookie)
		if err != nil || !inArea(r.URL.Path) {
			next.ServeHTTP(w, r)
			return
		}
		s, err := f.members.SessionOf(r.Context(), c.Value)
		switch {
		case err == nil && r.URL.Path != "/staff/idle":
			if cookie, fresh := f.members.Renewed(s); fresh {
				f.setCookie(w, r, cookie)
			}
		case fault.KindOf(err) == fault.Unauthenticated:
			f.setCookie(w, r, "")
			if fault.KeyOf(err) == "staff.fault.idle" && isPage(r) {
				http.Redirect(w, r, "/staff/sign-in?why=idle&back="+url.QueryEscape(r.URL.Path), http.StatusSeeOther)
				return
			}
		}
		next.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), contextKey{}, found{s, err})))
	})
}

// isPage says that a person looks at the answer, on a page that needs them
// signed in.
func isPage(r *http.Request) bool {
	return r.Method == http.MethodGet && strings.Contains(r.Header.Get("Accept"), "text/html") &&
		r.URL.Path != "/staff/sign-in" && r.URL.Path != "/staff/enrol"
}

// Authenticate is web.Config.Authenticate: it tells what Sessions found.
func (f *Face) Authenticate(r *http.Request) (*web.Actor, error) {
	got, ok := r.Context().Value(contextKey{}).(found)
	if !ok || fault.KindOf(got.err) == fault.Unauthenticated {
		return nil, nil
	}
	if got.err != nil {
		return nil, got.err
	}
	m := got.session.Member
	return &web.Actor{ID: m.ID, Name: m.Name, Lang: m.Lang, Powers: m.Powers}, nil
}

func sessionOf(r *http.Request) (staff.Session, bool) {
	got, ok := r.Context().Value(contextKey{}).(found)
	return got.session, ok && got.err == nil
}

// me is the member behind a request that HandleStaff let through.
func me(r *http.Request) staff.Member {
	s, _ := sessionOf(r)
	return s.Member
}

func inArea(path string) bool {
	for _, a := range areas {
		if strings.HasPrefix(path, a) {
			return true
		}
	}
	return false
}

// setCookie sets the session cookie, or ends it when value is "".
func (f *Face) setCookie(w http.ResponseWriter, r *http.Request, value string) {
	c := &http.Cookie{Name: Cookie, Value: value, Path: "/", HttpOnly: true, SameSite: http.SameSiteStrictMode, Secure: f.https(r)}
	if value == "" {
		c.MaxAge = -1
	}
	http.SetCookie(w, c)
}

// https says whether the browser came over TLS, which may end before us: then
// the configured address of this host tells.
func (f *Face) https(r *http.Request) bool {
	if r.TLS != nil {
		return true
	}
	for _, o := range f.origins {
		if u, err := url.Parse(o); err == nil && u.Scheme == "https" && strings.EqualFold(u.Host, r.Host) {
			return true
		}
	}
	return false
}

// back is the page to return to after signing in: one of ours, or the home.
func back(r *http.Request) string {
	b := r.URL.Query().Get("back")
	if u, err := url.Parse(b); err != nil || u.IsAbs() || u.Host != "" || strings.Contains(b, "\\") || !inArea(u.Path) ||
		u.Path == "/staff/sign-in" {
		return "/staff/"
	}
	return b
}
