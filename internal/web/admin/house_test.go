package admin_test

import (
	"bytes"
	"context"
	"io"
	"io/fs"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"verhaal/internal/custody"
	"verhaal/internal/db/dbtest"
	"verhaal/internal/desk"
	"verhaal/internal/planner"
	"verhaal/internal/policy"
	"verhaal/internal/rulebook"
	"verhaal/internal/seal"
	"verhaal/internal/staff"
	"verhaal/internal/web"
	"verhaal/internal/web/admin"
	"verhaal/internal/web/lang"
	plannerpages "verhaal/internal/web/planner"
	"verhaal/internal/web/withdraw"
	"verhaal/locales"
	"verhaal/packs"
	"verhaal/ui"
)

const channel = "police-avim" // demands a certificate

// house is an installation with the administrator's pages; who asks is told by
// a header, since signing in is not what is tested here.
type house struct {
	members  *staff.Members
	desks    *desk.Desks
	rules    *rulebook.Book
	recovery seal.Identity
	site     *web.Site
	server   *httptest.Server
	admin    staff.Member
	asks     staff.Member // who sends the requests; the admin at first
	now      time.Time
	seals    int               // that wait for a timestamp
	booked   []planner.Booking // without a certificate, once it is withdrawn
	told     []string          // interviews whose certificate was withdrawn
}

// Lapsed stands for the calendar.
func (h *house) Lapsed(context.Context, string, planner.Held) ([]planner.Booking, error) {
	return h.booked, nil
}

// BookedFor stands for the calendar too.
func (h *house) BookedFor(context.Context, string) ([]planner.Booking, error) { return h.booked, nil }

// Channel stands for the case files: each is of the channel that its id begins with.
func (h *house) Channel(_ context.Context, casefile string) (string, error) {
	of, _, _ := strings.Cut(casefile, "/")
	return of, nil
}

// Unstamped stands for the recordings.
func (h *house) Unstamped(context.Context) (int, error) { return h.seals, nil }

// Tell stands for the case files, by the calendar.
func (h *house) Tell(_ context.Context, actor, happened string, clashes []planner.Booking) error {
	for _, one := range clashes {
		h.told = append(h.told, actor+" "+one.Casefile+" "+one.Interview+" "+happened)
	}
	return nil
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func newHouse(t *testing.T) *house {
	t.Helper()
	ctx, quiet := context.Background(), slog.New(slog.DiscardHandler)
	h := &house{now: time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)}
	clock := func() time.Time { return h.now }
	d, w := dbtest.Open(t, "sqlite:"+filepath.Join(t.TempDir(), "test.db"))
	key, err := custody.NewKey("admin.example/log")
	must(t, err)
	log := custody.New(d, w, key, clock, quiet)
	h.recovery, err = seal.NewIdentity()
	must(t, err)
	h.members, err = staff.New(d, log, clock, staff.Config{
		Key: bytes.Repeat([]byte{7}, 32), Site: "localhost", Origins: []string{"http://localhost"}, Recovery: h.recovery.Recipient(),
	})
	must(t, err)
	h.rules, err = rulebook.Open(ctx, d, log, rulebook.Config{
		Pack: "nl", Packs: packs.FS, Clock: clock, Log: quiet,
		Check: func(candidate, inForce *policy.Pack) (rulebook.Report, error) {
			return rulebook.Report{Passed: 7, Changes: []string{"a child of 15: S-17: unmet → met"}}, nil
		},
		Administrator: func(ctx context.Context, id string) (bool, error) {
			who, err := h.members.ByID(ctx, id)
			return who.Can(staff.Administrator), err
		},
	})
	must(t, err)
	h.desks = desk.New(d, log, h.rules.Now, h.members, h.recovery.Recipient(), clock)
	texts, err := lang.Load(locales.FS, quiet)
	must(t, err)
	h.site, err = web.New(web.Config{
		Languages: texts, Templates: map[string]fs.FS{"admin": admin.Templates(), "planner": plannerpages.Templates()}, Assets: ui.Assets(), Log: quiet,
		Authenticate: func(r *http.Request) (*web.Actor, error) {
			if r.Header.Get("X-Role") == "" {
				return nil, nil
			}
			return &web.Actor{ID: h.asks.ID, Name: "Noor de Wit", Lang: r.Header.Get("X-Lang"), Powers: []string{r.Header.Get("X-Role")}}, nil
		},
	})
	must(t, err)
	mux := http.NewServeMux()
	admin.Register(mux, h.site, h.rules, h.members, h.desks, h, withdraw.Staff{People: h.members, Desks: h.desks, Book: h, Cases: h})
	h.site.Handle(mux, "GET /static/{name}", h.site.Static)
	h.server = httptest.NewServer(web.Protect(mux))
	t.Cleanup(h.server.Close)
	t.Cleanup(func() {
		if n := texts.Missed(); n > 0 {
			t.Errorf("%d texts missing", n)
		}
	})
	h.admin, _ = h.enrolled(t, "noor", "Noor de Wit", staff.Administrator)
	h.asks = h.admin
	return h
}

func (h *house) enrolled(t *testing.T, login, name string, powers ...string) (staff.Member, seal.Identity) {
	t.Helper()
	ctx := context.Background()
	_, code, err := h.members.Invite(ctx, "", staff.Newcomer{Login: login, Name: name, Lang: "en", Powers: powers})
	must(t, err)
	own, err := seal.NewIdentity()
	must(t, err)
	in, err := h.members.Enrol(ctx, staff.Enrolment{
		Code: code, Lang: "en", Recipient: own.Recipient(), Recovery: sealed(t, own.Secret(), h.recovery.Recipient()),
		Passphrase: &staff.Passphrase{Proof: make([]byte, 32), Wrapped: sealed(t, own.Secret(), own.Recipient())},
	})
	must(t, err)
	return in.Member, own
}

func sealed(t *testing.T, text, to string) []byte {
	t.Helper()
	file, err := seal.Seal([]byte(text), to)
	must(t, err)
	return file
}

// seated is an officer with a certificate who sits on the desk and has made
// its key, which is returned.
func (h *house) seated(t *testing.T, login, name string) (staff.Member, seal.Identity) {
	t.Helper()
	ctx := context.Background()
	who, _ := h.enrolled(t, login, name, staff.Officer)
	_, err := h.members.Certify(ctx, h.admin.ID, staff.Certificate{Staff: who.ID, Kind: policy.TraffickingCertificate, From: 20260101, Until: 20261231, Number: "NP-1204"})
	must(t, err)
	must(t, h.desks.AddMember(ctx, h.admin.ID, channel, who.ID))
	must(t, h.desks.SetOpen(ctx, h.admin.ID, channel, true))
	duty, err := h.desks.Duty(ctx, who.ID, channel)
	must(t, err)
	key, err := seal.NewIdentity()
	must(t, err)
	wraps := map[string][]byte{}
	for _, holder := range duty.Holders {
		wraps[holder.ID] = sealed(t, key.Secret(), holder.Recipient)
	}
	must(t, h.desks.MakeEpoch(ctx, who.ID, channel, duty.Current, key.Recipient(), wraps))
	return who, key
}

// ask sends a request as role and gives status and body, or where it leads.
func (h *house) ask(t *testing.T, role, method, path string, form url.Values) (int, string) {
	t.Helper()
	return h.send(t, role, method, path, "application/x-www-form-urlencoded", strings.NewReader(form.Encode()))
}

func (h *house) send(t *testing.T, role, method, path, kind string, form io.Reader) (int, string) {
	t.Helper()
	req, err := http.NewRequest(method, h.server.URL+path, form)
	must(t, err)
	req.Header.Set("X-Role", role)
	if method == http.MethodPost {
		req.Header.Set("Content-Type", kind)
	}
	client := http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	res, err := client.Do(req)
	must(t, err)
	defer res.Body.Close()
	var b bytes.Buffer
	_, err = b.ReadFrom(res.Body)
	must(t, err)
	if res.StatusCode/100 == 3 {
		return res.StatusCode, res.Header.Get("Location")
	}
	return res.StatusCode, b.String()
}
