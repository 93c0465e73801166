package public_test

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"io"
	"io/fs"
	"log/slog"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"verhaal/internal/client"
	"verhaal/internal/custody"
	"verhaal/internal/db"
	"verhaal/internal/desk"
	"verhaal/internal/fault"
	"verhaal/internal/policy"
	"verhaal/internal/report"
	"verhaal/internal/seal"
	"verhaal/internal/web"
	"verhaal/internal/web/lang"
	"verhaal/internal/web/public"
	"verhaal/locales"
	"verhaal/packs"
	"verhaal/ui"
)

// house is an installation with the reporter's pages: the pack of the
// Netherlands, the real book of reports on a SQLite file, and desks whose
// private keys the test holds.
type house struct {
	desks
	pack    *policy.Pack
	words   *lang.Bundle
	salt    []byte
	logKey  custody.Key
	file    string // of the database
	address string // host:port, the same after a restart

	book   *report.Reports
	stored *db.DB
	server *http.Server
}

// desks has one key for all channels.
type desks struct {
	pack *policy.Pack

	mu     sync.Mutex // keeps epoch and key together
	epoch  int64
	key    seal.Identity
	closed map[string]bool
}

func (d *desks) renew(t testing.TB) {
	t.Helper()
	id, err := seal.NewIdentity()
	if err != nil {
		t.Fatal(err)
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.epoch, d.key = d.epoch+1, id
}

func (d *desks) shut(channel string, shut bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.closed[channel] = shut
}

func (d *desks) Sealing(_ context.Context, channel string) (desk.Key, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if _, ok := d.pack.Channel(channel); !ok || d.closed[channel] {
		return desk.Key{}, fault.New(fault.Unavailable, "fault.channel_closed", "closed")
	}
	r := d.key.Recipient()
	return desk.Key{Channel: channel, Epoch: d.epoch, Recipient: r, Fingerprint: seal.Fingerprint(r)}, nil
}

// front shows the desks to the book of reports.
type front struct{ *desks }

func (f front) Channel(id string) (report.Channel, bool) {
	c, ok := f.pack.Channel(id)
	return report.Channel{Dialogue: c.Answers, DayOnly: c.Time == policy.DayOnly}, ok
}

func (f front) Sealing(ctx context.Context, channel string) (report.Key, error) {
	k, err := f.desks.Sealing(ctx, channel)
	return report.Key(k), err
}

func (f front) MayRead(context.Context, string, string) error { return nil }

// build sets a house up and opens its door.
func build(t testing.TB) *house {
	t.Helper()
	pack, err := policy.Load(packs.FS, "nl")
	if err != nil {
		t.Fatal(err)
	}
	words, err := lang.Load(locales.FS, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	key, err := custody.NewKey("verhaal.test/log")
	if err != nil {
		t.Fatal(err)
	}
	h := &house{pack: pack, words: words, salt: make([]byte, seal.SaltSize), logKey: key,
		file: filepath.Join(t.TempDir(), "verhaal.db"), address: "127.0.0.1:0"}
	h.desks.pack, h.closed = pack, map[string]bool{}
	if _, err := rand.Read(h.salt); err != nil {
		t.Fatal(err)
	}
	h.renew(t)
	h.open(t)
	t.Cleanup(func() {
		h.shutDown(t)
		if n := words.Missed(); n > 0 {
			t.Errorf("%d texts are missing in a language", n)
		}
	})
	return h
}

// handler builds the pages over reports.
func (h *house) handler(t testing.TB, reports public.Reports) http.Handler {
	t.Helper()
	site, err := web.New(web.Config{Languages: h.words, Templates: map[string]fs.FS{"public": public.Templates()},
		Assets: ui.Assets(), Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	mux := http.NewServeMux()
	public.Register(mux, public.Config{Site: site, Languages: h.words, Pack: h.pack, Reports: reports, Desks: &h.desks,
		Salt: h.salt, WorkKey: []byte("a key of thirty-two bytes, hidden"), Clock: time.Now})
	site.Handle(mux, "GET /static/{name}", site.Static)
	return web.Protect(mux)
}

// open starts the server on the same file and, after the first time, the same address.
func (h *house) open(t testing.TB) {
	t.Helper()
	quiet := slog.New(slog.DiscardHandler)
	d, w, err := db.Open(t.Context(), "sqlite:"+h.file, quiet)
	if err != nil {
		t.Fatal(err)
	}
	h.stored = d
	h.book = report.New(d, custody.New(d, w, h.logKey, time.Now, quiet), front{&h.desks}, time.Now)
	listener, err := net.Listen("tcp", h.address)
	if err != nil {
		t.Fatal(err)
	}
	h.address = listener.Addr().String()
	h.server = &http.Server{Handler: h.handler(t, h.book)}
	go func(s *http.Server) { _ = s.Serve(listener) }(h.server)
}

// shutDown breaks every connection, as a machine that loses its power does.
func (h *house) shutDown(t testing.TB) {
	t.Helper()
	if h.server == nil {
		return
	}
	_ = h.server.Close()
	if err := h.stored.Close(); err != nil {
		t.Error(err)
	}
	h.server = nil
}

func (h *house) base() string { return "http://" + h.address }

// only gives the one report of a channel, opened with the desk's key.
func (h *house) only(t testing.TB, channel string) opened {
	t.Helper()
	all := h.all(t, channel)
	if len(all) != 1 {
		t.Fatalf("%d reports at %s, want 1", len(all), channel)
	}
	return all[0]
}

// opened is a report as the desk reads it.
type opened struct {
	report.Row
	Story     string
	Answers   map[string]string
	Name      string
	Contact   string
	Safe      string
	Reporter  string
	Sizes     [3]int // content, identity key, identity
	Messages  []string
	MessageNs []int64
}

func (h *house) all(t testing.TB, channel string) []opened {
	t.Helper()
	rows, _, err := h.book.Queue(t.Context(), channel, "", 100)
	if err != nil {
		t.Fatal(err)
	}
	var out []opened
	for _, row := range rows {
		got, err := h.book.Open(t.Context(), "officer", row.ID)
		if err != nil {
			t.Fatal(err)
		}
		reason, err := seal.Seal([]byte("to see"), h.key.Recipient())
		if err != nil {
			t.Fatal(err)
		}
		who, err := h.book.OpenIdentity(t.Context(), "officer", row.ID, report.IdentityReasons[0], reason)
		if err != nil {
			t.Fatal(err)
		}
		var content struct {
			V       int
			Story   string
			Answers map[string]string
		}
		h.unseal(t, got.Content, &content, h.key)
		secret, err := seal.Open(who.Key, h.key)
		if err != nil {
			t.Fatal(err)
		}
		own, err := seal.ParseIdentity(string(secret))
		if err != nil {
			t.Fatal(err)
		}
		var person struct {
			V                          int
			Name, Contact, SafeContact string
			SafeContactWords           string `json:"safe_contact"`
		}
		h.unseal(t, who.File, &person, own)
		o := opened{Row: got.Row, Story: content.Story, Answers: content.Answers, Name: person.Name, Contact: person.Contact,
			Safe: person.SafeContactWords, Reporter: got.Reporter, Sizes: [3]int{len(got.Content), len(who.Key), len(who.File)}}
		for _, m := range got.Messages {
			var line struct{ Text string }
			h.unseal(t, m.Sealed, &line, h.key)
			o.Messages, o.MessageNs = append(o.Messages, m.Sender+": "+line.Text), append(o.MessageNs, m.N)
		}
		out = append(out, o)
	}
	return out
}

func (h *house) unseal(t testing.TB, file []byte, v any, id seal.Identity) {
	t.Helper()
	plain, err := seal.Open(file, id)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(plain, v); err != nil {
		t.Fatal(err)
	}
}

// answer writes to the reporter as the desk.
func (h *house) answer(t testing.TB, o opened, text string) {
	t.Helper()
	plain, err := seal.PadJSON(map[string]any{"v": 1, "text": text})
	if err != nil {
		t.Fatal(err)
	}
	file, err := seal.Seal(plain, o.Reporter, h.key.Recipient())
	if err != nil {
		t.Fatal(err)
	}
	after := int64(0)
	if n := len(o.MessageNs); n > 0 {
		after = o.MessageNs[n-1]
	}
	if err := h.book.Answer(t.Context(), "officer", o.ID, after, seal.Fingerprint(h.key.Recipient()), file); err != nil {
		t.Fatal(err)
	}
}

// page is one answer of the server.
type page struct {
	status int
	header http.Header
	body   string
}

// visitor is a browser without scripts.
type visitor struct {
	t    testing.TB
	h    *house
	http *http.Client
}

func (h *house) visitor(t testing.TB) *visitor {
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	return &visitor{t, h, &http.Client{Jar: jar, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}}
}

func (v *visitor) do(r *http.Request) page {
	v.t.Helper()
	res, err := v.http.Do(r)
	if err != nil {
		v.t.Fatal(err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		v.t.Fatal(err)
	}
	return page{res.StatusCode, res.Header, string(body)}
}

func (v *visitor) get(path string) page {
	v.t.Helper()
	r, err := http.NewRequestWithContext(v.t.Context(), http.MethodGet, v.h.base()+path, nil)
	if err != nil {
		v.t.Fatal(err)
	}
	return v.do(r)
}

func (v *visitor) send(path, kind, body string) page {
	v.t.Helper()
	r, err := http.NewRequestWithContext(v.t.Context(), http.MethodPost, v.h.base()+path, strings.NewReader(body))
	if err != nil {
		v.t.Fatal(err)
	}
	r.Header.Set("Content-Type", kind)
	return v.do(r)
}

func (v *visitor) form(path string, values url.Values) page {
	v.t.Helper()
	return v.send(path, "application/x-www-form-urlencoded", values.Encode())
}

func (v *visitor) json(path string, in any) page {
	v.t.Helper()
	b, err := json.Marshal(in)
	if err != nil {
		v.t.Fatal(err)
	}
	return v.send(path, "application/json", string(b))
}

// reporter is a device with scripts.
func (h *house) reporter(lang string) *client.Reporter { return client.NewReporter(h.base(), lang) }
