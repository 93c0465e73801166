package staff_test

import (
	"bytes"
	"context"
	"encoding/json"
	"io/fs"
	"log/slog"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"verhaal/internal/custody"
	"verhaal/internal/db/dbtest"
	"verhaal/internal/planner"
	"verhaal/internal/seal"
	domain "verhaal/internal/staff"
	"verhaal/internal/web"
	"verhaal/internal/web/lang"
	face "verhaal/internal/web/staff"
	"verhaal/locales"
	"verhaal/ui"
)

// house is an installation with the staff's pages and nothing else.
type house struct {
	members  *domain.Members
	book     *planner.Book
	recovery seal.Identity
	texts    *lang.Bundle
	site     *web.Site
	server   *httptest.Server
	base     string // http://localhost:port, a secure context

	mu  sync.Mutex // guards now
	now time.Time
}

func (h *house) clock() time.Time {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.now
}

func (h *house) pass(d time.Duration) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.now = h.now.Add(d)
}

func newHouse(t *testing.T) *house {
	t.Helper()
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	quiet := slog.New(slog.DiscardHandler)
	h := &house{now: time.Now()}
	d, w := dbtest.Open(t, "sqlite:"+filepath.Join(t.TempDir(), "test.db"))
	key, err := custody.NewKey("staff.example/log")
	must(err)
	h.recovery, err = seal.NewIdentity()
	must(err)
	h.texts, err = lang.Load(locales.FS, quiet)
	must(err)

	h.server = httptest.NewUnstartedServer(nil)
	h.base = strings.Replace("http://"+h.server.Listener.Addr().String(), "127.0.0.1", "localhost", 1)
	log := custody.New(d, w, key, h.clock, quiet)
	h.book = planner.New(d, log, planner.Around{Clock: h.clock})
	h.members, err = domain.New(d, log, h.clock, domain.Config{
		Key: bytes.Repeat([]byte{7}, 32), Site: "localhost", Origins: []string{h.base}, Recovery: h.recovery.Recipient(),
	})
	must(err)
	pages := face.New(h.members, []string{h.base})
	h.site, err = web.New(web.Config{
		Languages: h.texts, Templates: map[string]fs.FS{"staff": face.Templates()}, Assets: ui.Assets(),
		Authenticate: pages.Authenticate, Log: quiet,
	})
	must(err)
	mux := http.NewServeMux()
	pages.Register(mux, h.site, h.book)
	h.site.Handle(mux, "GET /static/{name}", h.site.Static)
	h.server.Config.Handler = web.Protect(pages.Sessions(mux))
	h.server.Start()
	t.Cleanup(h.server.Close)
	t.Cleanup(func() {
		if n := h.texts.Missed(); n > 0 {
			t.Errorf("%d texts missing", n)
		}
	})
	return h
}

// person is a member whose browser is written in Go.
type person struct {
	h      *house
	web    *http.Client
	id     string
	login  string
	proof  []byte
	own    seal.Identity
	unlock seal.Identity // of the passphrase
}

func (h *house) visitor(t *testing.T) *person {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	return &person{h: h, web: &http.Client{Jar: jar, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}}
}

// member is somebody with powers who has enrolled with a passphrase and is
// signed in.
func (h *house) member(t *testing.T, login string, powers ...string) *person {
	t.Helper()
	_, code, err := h.members.Invite(context.Background(), "", domain.Newcomer{Login: login, Name: "Somebody " + login, Lang: "en", Powers: powers})
	if err != nil {
		t.Fatal(err)
	}
	return h.enrol(t, code, login)
}

func (h *house) enrol(t *testing.T, code, login string) *person {
	t.Helper()
	p := h.visitor(t)
	p.login, p.proof = login, bytes.Repeat([]byte{9}, 32)
	p.own, p.unlock = identity(t), identity(t)
	wrap := func(to string) []byte {
		file, err := seal.Seal([]byte(p.own.Secret()), to)
		if err != nil {
			t.Fatal(err)
		}
		return file
	}
	status, body := p.post(t, "/staff/enrol", map[string]any{
		"code": code, "login": login, "name": "Somebody " + login, "lang": "en", "recipient": p.own.Recipient(), "recovery": wrap(h.recovery.Recipient()),
		"passphrase": map[string]any{"proof": p.proof, "wrapped": wrap(p.unlock.Recipient())}, "passkey": nil,
	})
	if status != http.StatusOK {
		t.Fatalf("enrol: %d %s", status, body)
	}
	who, _, err := h.members.List(context.Background(), "", 100)
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range who {
		if m.Login == login {
			p.id = m.ID
		}
	}
	return p
}

func identity(t *testing.T) seal.Identity {
	t.Helper()
	id, err := seal.NewIdentity()
	if err != nil {
		t.Fatal(err)
	}
	return id
}

func (p *person) post(t *testing.T, path string, body any) (int, string) {
	t.Helper()
	b, err := json.Marshal(body)
	if err != nil {
		t.Fatal(err)
	}
	req, err := http.NewRequest("POST", p.h.base+path, bytes.NewReader(b))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json")
	return p.do(t, req)
}

func (p *person) get(t *testing.T, path string) (int, string) {
	t.Helper()
	req, err := http.NewRequest("GET", p.h.base+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Accept", "text/html")
	return p.do(t, req)
}

func (p *person) do(t *testing.T, req *http.Request) (int, string) {
	t.Helper()
	res, err := p.web.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	var b bytes.Buffer
	if _, err := b.ReadFrom(res.Body); err != nil {
		t.Fatal(err)
	}
	if res.StatusCode/100 == 3 {
		return res.StatusCode, res.Header.Get("Location")
	}
	return res.StatusCode, b.String()
}
