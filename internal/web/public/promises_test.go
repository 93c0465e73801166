package public_test

import (
	"bufio"
	"encoding/json"
	"fmt"
	"html"
	"io"
	"net"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"verhaal/internal/client"
	"verhaal/internal/report"
	"verhaal/internal/seal"
)

var (
	digitsShape = regexp.MustCompile(`\d{4}( \d{4}){6}`)
	onceShape   = regexp.MustCompile(`name="once" value="([A-Z2-7]{26})"`)
)

func (h *house) count(t testing.TB, channel string) int {
	t.Helper()
	rows, _, err := h.reports.Queue(t.Context(), "reader", channel, "", 100)
	ok(t, err)
	return len(rows)
}

// form fetches the form of a channel and fills a story in.
func (h *house) form(t testing.TB, channel, story string) url.Values {
	t.Helper()
	page, _ := h.page(t, "/en/tell", url.Values{"channel": {channel}})
	once := onceShape.FindStringSubmatch(page)
	if once == nil {
		t.Fatal("the form has nothing that makes it one report")
	}
	return url.Values{"channel": {channel}, "once": {once[1]}, "story": {story}}
}

func TestAFormThatIsSentTwiceIsOneReportWithOneReceipt(t *testing.T) {
	h := newHouse(t)
	form := h.form(t, "police-avim", "Once.")
	first, _ := h.page(t, "/en/report", form)
	second, res := h.page(t, "/en/report", form)
	if res.StatusCode != http.StatusOK || digitsShape.FindString(first) == "" || digitsShape.FindString(first) != digitsShape.FindString(second) {
		t.Errorf("the second sending was answered with %d and another receipt", res.StatusCode)
	}
	if n := h.count(t, "police-avim"); n != 1 {
		t.Errorf("%d reports, want 1", n)
	}
	form.Set("story", "Once more, with other words.")
	third, _ := h.page(t, "/en/report", form)
	if digitsShape.FindString(third) == digitsShape.FindString(first) || h.count(t, "police-avim") != 2 {
		t.Error("a form that was changed is taken for the one before")
	}
	// A reload after writing again must not write twice.
	again := url.Values{"receipt": {digitsShape.FindString(first)}, "after": {"0"}, "text": {"And this."}}
	for range 2 {
		page, _ := h.page(t, "/en/return", again)
		if strings.Count(page, "And this.") != 1 || !strings.Contains(page, `class="notice good"`) {
			t.Errorf("a message that was sent twice is shown as %d", strings.Count(page, "And this."))
		}
	}
}

func TestAReportThatArrivedWholeIsKeptThoughTheLineBroke(t *testing.T) {
	h := newHouse(t)
	form := h.form(t, "labour-tci", "The line breaks now.").Encode()
	line, err := net.Dial("tcp", h.Listener.Addr().String())
	ok(t, err)
	_, err = fmt.Fprintf(line, "POST /en/report HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: %d\r\n\r\n%s", len(form), form)
	ok(t, err)
	ok(t, line.Close())
	for deadline := time.Now().Add(10 * time.Second); h.count(t, "labour-tci") == 0; time.Sleep(20 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("the report is lost")
		}
	}
}

func TestWhatIsTooLongOrEmptyOrForAClosedPlaceComesBackWithEveryWord(t *testing.T) {
	h := newHouse(t)
	for name, c := range map[string]struct {
		story  string
		closed bool
		status int
	}{
		"too long": {strings.Repeat("قصة \"\n", 60_000), false, http.StatusRequestEntityTooLarge},
		"empty":    {"", false, http.StatusBadRequest},
		"closed":   {"I write while they close.", true, http.StatusServiceUnavailable},
	} {
		form := h.form(t, "police-avim", c.story)
		form.Set("where", "a farm <near> the river")
		form.Set("name", "N.")
		if c.closed {
			ok(t, h.desks.SetOpen(t.Context(), "admin", "police-avim", false))
			time.Sleep(1100 * time.Millisecond) // how long a key is known without asking
		}
		page, res := h.page(t, "/en/report", form)
		if res.StatusCode != c.status || !strings.Contains(page, `role="alert"`) {
			t.Errorf("%s: status %d", name, res.StatusCode)
		}
		ok(t, h.desks.SetOpen(t.Context(), "admin", "police-avim", true))
		if !strings.Contains(html.UnescapeString(page), strings.TrimSpace(c.story)+"</textarea>") ||
			!strings.Contains(html.UnescapeString(page), "a farm <near> the river</textarea>") || !strings.Contains(page, `value="N."`) {
			t.Errorf("%s: words are missing from the page", name)
		}
	}
	if n := h.count(t, "police-avim"); n != 0 {
		t.Errorf("%d reports were kept all the same", n)
	}
}

func TestTheGuidesAnswersGoOnButNeverAsAName(t *testing.T) {
	h := newHouse(t)
	page, _ := h.page(t, "/en/guide", url.Values{"kind": {"sexual"}, "name": {"yes"}, "about_self": {"yes"}, "age": {"12-15"}})
	for _, want := range []string{`name="kind" value="sexual"`, `name="age" value="12-15"`, `name="about_self" value="yes"`, "You did nothing wrong."} {
		if !strings.Contains(page, want) {
			t.Errorf("the result lacks %s", want)
		}
	}
	if strings.Contains(page, `name="name"`) {
		t.Error("the answer to whether a name may be given goes on as the name")
	}
	other, _ := h.page(t, "/en/guide", url.Values{"about_self": {"no"}, "age": {"12-15"}})
	if strings.Contains(other, "You did nothing wrong.") {
		t.Error("somebody who tells about a child is spoken to as the child")
	}
}

// shape is what an observer or a thief of the database can measure of a report.
func (h *house) shape(t testing.TB, channel string) [3]int {
	t.Helper()
	rows, _, err := h.reports.Queue(t.Context(), "reader", channel, "", 1)
	ok(t, err)
	opened, err := h.reports.Open(t.Context(), "officer", rows[0].ID)
	ok(t, err)
	id, err := h.reports.OpenIdentity(t.Context(), "officer", rows[0].ID, "order", mustSeal(t, "why", h.keys[channel].Recipient()))
	ok(t, err)
	return [3]int{len(opened.Content), len(id.Key), len(id.File)}
}

func TestEveryReportHasTheSameShapeWhereverItGoesAndWhoeverSealedIt(t *testing.T) {
	h := newHouse(t)
	h.page(t, "/en/report", url.Values{"channel": {"crime-stoppers"}, "story": {"s"}})
	h.page(t, "/en/report", url.Values{"channel": {"police-avim"}, "story": {strings.Repeat("long ", 200)}, "name": {"N"}, "contact": {"c"}})
	facts := report.Facts{Danger: "unknown", Age: "unknown", AboutSelf: "unknown"}
	_, _, err := client.NewReporter(h.URL, "en").Tell(t.Context(), "labour-tci", facts, client.Story{Text: "t"}, client.Identity{})
	ok(t, err)
	want := h.shape(t, "crime-stoppers")
	for _, channel := range []string{"police-avim", "labour-tci"} {
		if got := h.shape(t, channel); got != want {
			t.Errorf("%s: %v bytes, Crime Stoppers %v", channel, got, want)
		}
	}
}

// send posts JSON and gives the status and the answer's error.
func (h *house) send(t testing.TB, path string, body any) (int, string) {
	t.Helper()
	raw, err := json.Marshal(body)
	ok(t, err)
	res, err := http.Post(h.URL+path, "application/json", strings.NewReader(string(raw)))
	ok(t, err)
	defer res.Body.Close()
	var answer struct{ Error, Text string }
	text, err := io.ReadAll(res.Body)
	ok(t, err)
	ok(t, json.Unmarshal(text, &answer))
	return res.StatusCode, answer.Error
}

func TestReplayedForeignAndUnsealedReportsAreToldApart(t *testing.T) {
	h := newHouse(t)
	c := client.NewReporter(h.URL, "en")
	key, err := c.Key(t.Context(), "police-avim")
	ok(t, err)
	facts := report.Facts{Danger: "no", Age: "adult", AboutSelf: "no"}
	sealed, err := c.Seal(key, facts, client.Story{Text: "s"}, client.Identity{})
	ok(t, err)
	body := func(change func(map[string]any)) map[string]any {
		raw, err := json.Marshal(sealed.Body)
		ok(t, err)
		var m map[string]any
		ok(t, json.Unmarshal(raw, &m))
		change(m)
		return m
	}
	for _, c := range []struct {
		name   string
		change func(map[string]any)
		status int
		key    string
	}{
		{"to another desk's key", func(m map[string]any) { m["key"] = strings.Repeat("0", 64) }, 409, "fault.key_changed"},
		{"content in the clear", func(m map[string]any) { m["content"] = "bXkgc3Rvcnk=" }, 400, "fault.damaged_file"},
		{"content for one reader only", func(m map[string]any) { m["content"] = m["identity"] }, 400, "fault.damaged_file"},
		{"content cut off", func(m map[string]any) { m["content"] = m["content"].(string)[:2000] }, 400, "fault.damaged_file"},
		{"no such channel", func(m map[string]any) { m["channel"] = "nowhere" }, 400, "fault.bad_input"},
		{"a fact off the list", func(m map[string]any) { m["facts"].(map[string]any)["age"] = "Maria" }, 400, "fault.bad_input"},
		{"whole", func(map[string]any) {}, 201, ""},
		{"replayed", func(map[string]any) {}, 201, ""},
		{"replayed with other bytes", func(m map[string]any) { m["identity_key"] = m["identity"] }, 409, "fault.conflict"},
	} {
		if status, key := h.send(t, "/en/report", body(c.change)); status != c.status || key != c.key {
			t.Errorf("%s: %d %s, want %d %s", c.name, status, key, c.status, c.key)
		}
	}
	if n := h.count(t, "police-avim"); n != 1 {
		t.Errorf("%d reports, want 1", n)
	}
}

func TestAWrongReceiptIsKindlyToldAndTellsNothing(t *testing.T) {
	h := newHouse(t)
	sent, _ := h.page(t, "/en/report", h.form(t, "police-avim", "s"))
	right, err := seal.ParseReceipt(digitsShape.FindString(sent))
	ok(t, err)
	wrong := right
	wrong[3] ^= 1
	var pages []string
	for _, receipt := range []string{wrong.Digits(), "not a receipt", "", strings.Repeat("word ", 500), strings.Join(wrong.Words("nl"), " ")} {
		page, res := h.page(t, "/en/return", url.Values{"receipt": {receipt}})
		if res.StatusCode != http.StatusNotFound || !strings.Contains(page, "No report fits this receipt") {
			t.Errorf("%d characters: %d", len(receipt), res.StatusCode)
		}
		pages = append(pages, page)
	}
	for _, p := range pages {
		if p != pages[0] {
			t.Error("two wrong receipts are answered differently")
		}
	}
	for _, ticket := range []map[string][]byte{
		{"lookup": make([]byte, 16), "proof": make([]byte, 32)}, {"lookup": nil, "proof": nil}, {"lookup": make([]byte, 3000), "proof": make([]byte, 1)},
	} {
		if status, key := h.send(t, "/en/dialogue", ticket); status != http.StatusNotFound && status != http.StatusRequestEntityTooLarge {
			t.Errorf("%d %s", status, key)
		}
	}
}

func TestAFloodOfFormsIsTakenOneByOneAndNobodyIsRefused(t *testing.T) {
	h := newHouse(t)
	const visitors = 24
	var all sync.WaitGroup
	var answered atomic.Int64
	for i := range visitors {
		all.Go(func() {
			defer answered.Add(1)
			res, err := http.PostForm(h.URL+"/en/report", url.Values{"channel": {"crime-stoppers"}, "story": {fmt.Sprint("story ", i)}})
			if err != nil {
				t.Error(err)
				return
			}
			defer res.Body.Close()
			if res.StatusCode != http.StatusOK {
				t.Errorf("visitor %d was answered with %d", i, res.StatusCode)
			}
		})
	}
	// A page in between must not wait behind them all.
	h.page(t, "/nl/", nil)
	if answered.Load() == visitors {
		t.Error("the first page waited behind all of them")
	}
	all.Wait()
	if n := h.count(t, "crime-stoppers"); n != visitors {
		t.Errorf("%d reports of %d", n, visitors)
	}
}

func TestLeavingGoesToTheNeutralPageAndClearsWhatCanBeCleared(t *testing.T) {
	h := newHouse(t)
	c := http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	res, err := c.Get(h.URL + "/exit")
	ok(t, err)
	ok(t, res.Body.Close())
	if res.StatusCode != http.StatusSeeOther || res.Header.Get("Location") != "https://www.knmi.nl/" ||
		res.Header.Get("Clear-Site-Data") != `"cache"` || res.Header.Get("Referrer-Policy") != "same-origin" {
		t.Errorf("%d %v", res.StatusCode, res.Header)
	}
}

func TestEveryPageHasTheWayOut(t *testing.T) {
	h := newHouse(t)
	for path, form := range map[string]url.Values{"/en/": nil, "/nl/guide": nil, "/ar/return": nil, "/en/nowhere": nil,
		"/en/tell": {"channel": {"labour-tci"}}, "/nl/tell": {"channel": {"nowhere"}}, "/en/report": {"channel": {"crime-stoppers"}, "story": {"s"}}} {
		page, _ := h.page(t, path, form)
		if !strings.Contains(page, `href="/exit"`) {
			t.Errorf("%s has no way out", path)
		}
		title, _, _ := strings.Cut(page[strings.Index(page, "<title>")+7:], "</title>")
		if strings.ContainsAny(title, "|-") || len(title) > 30 {
			t.Errorf("%s has the title %q", path, title)
		}
	}
	// Half a request gets an answer in HTTP, not a hang.
	line, err := net.Dial("tcp", h.Listener.Addr().String())
	ok(t, err)
	defer line.Close()
	_, err = fmt.Fprint(line, "POST /en/report HTTP/1.1\r\nHost: x\r\nContent-Type: text/plain\r\nContent-Length: 2\r\n\r\nhi")
	ok(t, err)
	res, err := http.ReadResponse(bufio.NewReader(line), nil)
	ok(t, err)
	ok(t, res.Body.Close())
	if res.StatusCode != http.StatusBadRequest {
		t.Errorf("a body of another type gets %d", res.StatusCode)
	}
}

func TestWhatIsNeededToSendWeighsAtMost150kB(t *testing.T) {
	h := newHouse(t)
	total := 0
	for _, path := range []string{"/ar/tell", "/static/site.css", "/static/public.js", "/static/report.js", "/en/key/police-avim", "/static/words-ar.txt"} {
		method, body := http.MethodGet, ""
		if path == "/ar/tell" {
			method, body = http.MethodPost, url.Values{"channel": {"police-avim"}}.Encode()
		}
		req, err := http.NewRequest(method, h.URL+path, strings.NewReader(body))
		ok(t, err)
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		req.Header.Set("Accept-Encoding", "gzip")
		res, err := http.DefaultTransport.RoundTrip(req)
		ok(t, err)
		n, err := io.Copy(io.Discard, res.Body)
		ok(t, err)
		ok(t, res.Body.Close())
		if res.StatusCode != http.StatusOK {
			t.Errorf("%s: %d", path, res.StatusCode)
		}
		total += int(n)
	}
	t.Logf("form to receipt: %d bytes over the wire", total)
	if total > 150<<10 {
		t.Errorf("%d bytes", total)
	}
}
