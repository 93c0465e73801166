package public_test

import (
	"context"
	"encoding/json"
	"io"
	"io/fs"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"verhaal/internal/client"
	"verhaal/internal/custody"
	"verhaal/internal/db"
	"verhaal/internal/db/dbtest"
	"verhaal/internal/desk"
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

// people says that everyone is certified and nobody but the test has a key.
type people struct{ recipient string }

func (people) Certified(context.Context, string, string, int) (bool, error) { return true, nil }
func (p people) Recipient(context.Context, string) (string, error)          { return p.recipient, nil }

// front joins desks and pack for the book of reports, as the application does.
type front struct {
	*desk.Desks
	pack *policy.Pack
}

func (f front) Channel(id string) (report.Channel, bool) {
	c, ok := f.pack.Channel(id)
	return report.Channel{Dialogue: c.Answers, DayOnly: c.Time == policy.DayOnly, Anonymous: c.Anonymous(), Walled: c.Walled}, ok
}

func (front) MayAnswer(*db.Tx, string) error { return nil }

func (front) Withheld(context.Context, string) ([]string, error) { return nil, nil }

func (f front) Sealing(ctx context.Context, channel string) (report.Key, error) {
	k, err := f.Desks.Sealing(ctx, channel)
	return report.Key(k), err
}

// house is a server with open desks on a fresh database.
type house struct {
	*httptest.Server
	reports *report.Reports
	desks   *desk.Desks
	keys    map[string]seal.Identity // of each desk, now
	holders map[string]string        // recipients by holder of the desks' keys
	site    *web.Site
	config  public.Config
}

func newHouse(t testing.TB) *house {
	t.Helper()
	quiet := slog.New(slog.DiscardHandler)
	d, w := dbtest.Open(t, "sqlite:"+t.TempDir()+"/public.db")
	key, err := custody.NewKey("verhaal.test/log")
	ok(t, err)
	log := custody.New(d, w, key, time.Now, quiet)
	pack, err := policy.Load(packs.FS, "nl")
	ok(t, err)
	officer, err := seal.NewIdentity()
	ok(t, err)
	recovery, err := seal.NewIdentity()
	ok(t, err)
	desks := desk.New(d, log, func() *policy.Pack { return pack }, people{officer.Recipient()}, recovery.Recipient(), time.Now)
	h := &house{desks: desks, keys: map[string]seal.Identity{},
		holders: map[string]string{"officer": officer.Recipient(), desk.Recovery: recovery.Recipient()}}
	for _, c := range pack.Channels {
		ok(t, desks.AddMember(t.Context(), "admin", c.ID, "officer"))
		h.renew(t, c.ID)
		ok(t, desks.SetOpen(t.Context(), "admin", c.ID, true))
	}
	h.reports = report.New(d, log, front{desks, pack}, time.Now)
	languages, err := lang.Load(locales.FS, quiet)
	ok(t, err)
	h.site, err = web.New(web.Config{Languages: languages, Templates: map[string]fs.FS{"public": public.Templates()}, Assets: ui.Assets(), Log: quiet})
	ok(t, err)
	h.config = public.Config{Site: h.site, Languages: languages, Pack: func() *policy.Pack { return pack }, Reports: h.reports, Desks: desks,
		Salt: make([]byte, seal.SaltSize), WorkKey: make([]byte, 32), Clock: time.Now}
	h.Server = h.door(t, h.config)
	t.Cleanup(func() {
		if n := languages.Missed(); n > 0 {
			t.Errorf("%d texts are missing in a language", n)
		}
	})
	return h
}

// door opens a server with the reporter's pages.
func (h *house) door(t testing.TB, c public.Config) *httptest.Server {
	t.Helper()
	mux := http.NewServeMux()
	h.site.Handle(mux, "GET /static/{name}", h.site.Static)
	public.Register(mux, c)
	s := httptest.NewServer(web.Protect(mux))
	t.Cleanup(s.Close)
	return s
}

// renew makes a desk's next key.
func (h *house) renew(t testing.TB, channel string) {
	t.Helper()
	id, err := seal.NewIdentity()
	ok(t, err)
	wraps := map[string][]byte{}
	for holder, to := range h.holders {
		wraps[holder], err = seal.Seal([]byte(id.Secret()), to)
		ok(t, err)
	}
	now, err := h.desks.Duty(t.Context(), "officer", channel)
	ok(t, err)
	ok(t, h.desks.MakeEpoch(t.Context(), "officer", channel, now.Current, id.Recipient(), wraps))
	h.keys[channel] = id
}

// read opens a report and who sent it, as the desk does.
func (h *house) read(t testing.TB, row report.Row) (told, who map[string]any) {
	t.Helper()
	desk := h.keys[row.Channel]
	opened, err := h.reports.Open(t.Context(), "officer", row.ID)
	ok(t, err)
	h.unseal(t, opened.Content, &told, desk)
	id, err := h.reports.OpenIdentity(t.Context(), "officer", row.ID, "order", mustSeal(t, "why", desk.Recipient()))
	ok(t, err)
	key, err := seal.Open(id.Key, desk)
	ok(t, err)
	own, err := seal.ParseIdentity(string(key))
	ok(t, err)
	h.unseal(t, id.File, &who, own)
	return told, who
}

func (h *house) unseal(t testing.TB, file []byte, v any, id seal.Identity) {
	t.Helper()
	plain, err := seal.Open(file, id)
	ok(t, err)
	ok(t, json.Unmarshal(plain, v))
}

// answer writes to the reporter as the desk.
func (h *house) answer(t testing.TB, id string, after int64, text string) {
	t.Helper()
	opened, err := h.reports.Open(t.Context(), "officer", id)
	ok(t, err)
	to := h.keys[opened.Channel].Recipient()
	plain, err := seal.PadJSON(map[string]any{"v": 1, "text": text})
	ok(t, err)
	ok(t, h.reports.Answer(t.Context(), "officer", id, after, seal.Fingerprint(to), mustSeal(t, string(plain), opened.Reporter, to)))
}

func ok(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// page fetches or posts as a browser without scripts does and returns the page.
func (h *house) page(t testing.TB, path string, form url.Values) (string, *http.Response) {
	t.Helper()
	var res *http.Response
	var err error
	if form == nil {
		res, err = http.Get(h.URL + path)
	} else {
		res, err = http.PostForm(h.URL+path, form)
	}
	ok(t, err)
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	ok(t, err)
	return string(body), res
}

func TestTheWholePathWithoutScripts(t *testing.T) {
	h := newHouse(t)
	first, _ := h.page(t, "/nl/", nil)
	if !strings.Contains(first, `href="tel:112"`) || !strings.Contains(first, "/nl/guide") {
		t.Fatal("the first page lacks the number for emergencies or the way on")
	}
	guide, _ := h.page(t, "/nl/guide", url.Values{"kind": {"labour"}, "name": {"no"}, "about_self": {"yes"}})
	if !strings.Contains(guide, `value="labour-tci"`) {
		t.Error("anonymous and labour does not lead to the intelligence unit")
	}
	if form, _ := h.page(t, "/nl/tell", url.Values{"channel": {"police-avim"}, "kind": {"sexual"}}); !strings.Contains(form, "data-plain") ||
		!strings.Contains(form, `name="safe_contact"`) {
		t.Error("the form is not honest without scripts, or lacks the safe contact")
	}
	sent, res := h.page(t, "/nl/report", url.Values{"channel": {"police-avim"}, "story": {"Ik kan niet weg."}, "danger": {"yes"},
		"age": {"16-17"}, "about_self": {"yes"}, "kind": {"sexual"}, "name": {"A. Bekend"}, "language": {"ro"}})
	if res.StatusCode != http.StatusOK {
		t.Fatalf("status %d: %s", res.StatusCode, sent)
	}
	digits := regexp.MustCompile(`\d{4}( \d{4}){6}`).FindString(sent)
	if digits == "" || !strings.Contains(sent, "verhaal proof of report") {
		t.Fatal("no receipt or no proof on the page")
	}

	rows, _, err := h.reports.Queue(t.Context(), "reader", "police-avim", "", 10)
	ok(t, err)
	if len(rows) != 1 || rows[0].Arrival != report.Server || !rows[0].Facts.Child() || rows[0].Facts.Danger != "yes" {
		t.Fatalf("queue: %+v", rows)
	}
	opened, err := h.reports.Open(t.Context(), "officer", rows[0].ID)
	ok(t, err)
	plain, err := seal.Open(opened.Content, h.keys["police-avim"])
	ok(t, err)
	if !strings.Contains(string(plain), "Ik kan niet weg.") || strings.Contains(string(plain), "Bekend") {
		t.Error("the desk reads another story, or the name with it")
	}

	back, _ := h.page(t, "/nl/return", url.Values{"receipt": {strings.ReplaceAll(digits, " ", "-")}})
	if !strings.Contains(back, "Ik kan niet weg.") {
		t.Fatal("the own report is not shown on return")
	}
	again, _ := h.page(t, "/nl/return", url.Values{"receipt": {digits}, "after": {"0"}, "text": {"Nog iets."}})
	if !strings.Contains(again, "Nog iets.") {
		t.Error("the message that was written is not shown")
	}
	stale, _ := h.page(t, "/nl/return", url.Values{"receipt": {digits}, "after": {"0"}, "text": {"Tweede scherm."}})
	if !strings.Contains(stale, "Tweede scherm.</textarea>") {
		t.Error("a message that came too late is not given back as a draft")
	}
	if _, res := h.page(t, "/nl/return", url.Values{"receipt": {"0000 0000"}}); res.StatusCode != http.StatusNotFound {
		t.Errorf("a wrong receipt gives %d", res.StatusCode)
	}
}

func TestTheWholePathSealedOnTheDevice(t *testing.T) {
	h := newHouse(t)
	c := client.NewReporter(h.URL, "en")
	facts := report.Facts{Danger: "no", Age: "adult", Kinds: []string{"labour"}, AboutSelf: "no", Language: "pl"}
	receipt, got, err := c.Tell(t.Context(), "labour-authority", facts, client.Story{Text: "They keep our passports."}, client.Identity{Name: "N. N."})
	ok(t, err)
	if got.Proof == "" {
		t.Error("no proof")
	}
	salt := make([]byte, seal.SaltSize)
	d, err := c.Return(t.Context(), strings.Join(receipt.Words("en"), " "), salt)
	ok(t, err)
	if d.Story != "They keep our passports." {
		t.Errorf("story %q", d.Story)
	}
	ok(t, c.Write(t.Context(), d, "One more thing."))
	d, err = c.Return(t.Context(), receipt.Digits(), salt)
	ok(t, err)
	if len(d.Lines) != 1 || d.Lines[0].Text != "One more thing." {
		t.Errorf("lines %+v", d.Lines)
	}
}

func TestCrimeStoppersOffersNoWayBack(t *testing.T) {
	h := newHouse(t)
	sent, _ := h.page(t, "/en/report", url.Values{"channel": {"crime-stoppers"}, "story": {"A house with covered windows."}, "name": {"Me"}})
	if regexp.MustCompile(`\d{4}( \d{4}){6}`).MatchString(sent) {
		t.Error("a receipt was given for a channel that never answers")
	}
	rows, _, err := h.reports.Queue(t.Context(), "reader", "crime-stoppers", "", 10)
	ok(t, err)
	if len(rows) != 1 {
		t.Fatalf("%d reports", len(rows))
	}
	// A name that was typed all the same does not go along.
	if _, who := h.read(t, rows[0]); len(who) != 1 {
		t.Errorf("of an anonymous reporter was kept: %v", who)
	}
}

func mustSeal(t testing.TB, text string, to ...string) []byte {
	t.Helper()
	file, err := seal.Seal([]byte(text), to...)
	ok(t, err)
	return file
}

func TestPagesLeaveNoTrace(t *testing.T) {
	h := newHouse(t)
	forms := map[string]url.Values{"/en/": nil, "/ar/guide": nil, "/nl/return": nil, "/en/guide ": {"kind": {"labour"}}, "/ar/tell": {"channel": {"labour-tci"}}}
	for path, form := range forms {
		body, res := h.page(t, strings.TrimSpace(path), form)
		if res.StatusCode != http.StatusOK {
			t.Errorf("%s: status %d", path, res.StatusCode)
		}
		if len(res.Cookies()) > 0 {
			t.Errorf("%s sets a cookie", path)
		}
		if res.Header.Get("Cache-Control") != "no-store" || res.Header.Get("Referrer-Policy") != "same-origin" ||
			!strings.Contains(res.Header.Get("Content-Security-Policy"), "default-src 'none'") {
			t.Errorf("%s: headers %v", path, res.Header)
		}
		if found := regexp.MustCompile(`(?i)(src|href|action)="(https?:)?//[^"]*"`).FindString(body); found != "" {
			t.Errorf("%s has an absolute address: %s", path, found)
		}
		if regexp.MustCompile(`(?i)<script>|style="|onclick=`).MatchString(body) {
			t.Errorf("%s has inline code or style", path)
		}
		if m := regexp.MustCompile(`[>"](public|common|fault)\.[a-z_.]+[<"]`).FindString(body); m != "" {
			t.Errorf("%s shows the key %s instead of its text", path, m)
		}
	}
	_, res := h.page(t, "/en/", nil)
	if strings.Contains(strings.ToLower(res.Header.Get("Server")), "verhaal") {
		t.Error("the server names itself")
	}
}

func TestTheFirstPageIsLight(t *testing.T) {
	h := newHouse(t)
	total := 0
	for _, path := range []string{"/ar/", "/static/site.css", "/static/public.js"} {
		req, err := http.NewRequest(http.MethodGet, h.URL+path, nil)
		ok(t, err)
		req.Header.Set("Accept-Encoding", "gzip")
		res, err := http.DefaultTransport.RoundTrip(req)
		ok(t, err)
		n, err := io.Copy(io.Discard, res.Body)
		ok(t, err)
		res.Body.Close()
		if res.StatusCode != http.StatusOK {
			t.Errorf("%s: %d", path, res.StatusCode)
		}
		total += int(n)
	}
	t.Logf("first page: %d bytes over the wire", total)
	if total > 30<<10 {
		t.Errorf("the first page weighs %d bytes, 30 kB are allowed", total)
	}
}

func TestBadBodiesGetASentence(t *testing.T) {
	h := newHouse(t)
	post := func(body string) (int, string) {
		res, err := http.Post(h.URL+"/en/report", "application/json", strings.NewReader(body))
		ok(t, err)
		defer res.Body.Close()
		text, err := io.ReadAll(res.Body)
		ok(t, err)
		return res.StatusCode, string(text)
	}
	for name, c := range map[string]struct {
		body   string
		status int
	}{
		"truncated":     {`{"channel":"police-avim","content":"YWJj`, 400},
		"unknown field": {`{"channel":"police-avim","plain":"my story"}`, 400},
		"unsealed":      {`{"channel":"police-avim","lang":"en","facts":{"danger":"no","age":"adult","about_self":"no"},"content":"bXkgc3Rvcnk="}`, 400},
		"oversized":     {`{"content":"` + strings.Repeat("A", 2<<20) + `"}`, 413},
		"two values":    {`{} {}`, 400},
	} {
		status, text := post(c.body)
		if status != c.status || !strings.Contains(text, `"text":"`) {
			t.Errorf("%s: %d %s", name, status, text)
		}
		if strings.Contains(text, "my story") || strings.Contains(text, "police-avim") {
			t.Errorf("%s: the answer repeats the body", name)
		}
	}
	long, res := h.page(t, "/en/report", url.Values{"channel": {"police-avim"}, "story": {strings.Repeat("a ", 300<<10)}})
	if res.StatusCode != http.StatusRequestEntityTooLarge || !strings.Contains(long, "<p>") {
		t.Errorf("an oversized form: %d", res.StatusCode)
	}
}
