package public_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"unicode/utf8"

	"verhaal/internal/fault"
	"verhaal/internal/report"
	"verhaal/internal/web"
	"verhaal/internal/web/public"
)

// nobody is a book that takes nothing, so that a fuzzer meets the parsers.
type nobody struct{}

func (nobody) Submit(context.Context, report.Submission) (report.Received, error) {
	return report.Received{}, fault.New(fault.BadInput, "", "not taken")
}
func (nobody) Return(context.Context, []byte, []byte) (report.Dialogue, error) {
	return report.Dialogue{}, fault.New(fault.NotFound, "fault.wrong_receipt", "none")
}
func (nobody) WriteAgain(context.Context, []byte, []byte, int64, string, []byte) error {
	return fault.New(fault.NotFound, "fault.wrong_receipt", "none")
}

// handler is the reporter's pages in memory.
func (h *house) handler(book public.Reports) http.Handler {
	mux := http.NewServeMux()
	c := h.config
	c.Reports = book
	public.Register(mux, c)
	return web.Protect(mux)
}

func answered(t *testing.T, handler http.Handler, path, kind, body string) *httptest.ResponseRecorder {
	r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, path, strings.NewReader(body))
	r.Header.Set("Content-Type", kind)
	w := httptest.NewRecorder()
	handler.ServeHTTP(w, r)
	if w.Code >= 500 && w.Code != http.StatusServiceUnavailable || !utf8.Valid(w.Body.Bytes()) {
		t.Errorf("%s answers %d", path, w.Code)
	}
	return w
}

// The longest text a fuzzer may hide in a form, looked for in what comes back.
const mark = "<x-told>"

func FuzzForms(f *testing.F) {
	h := newHouse(f)
	handler := h.handler(nobody{})
	f.Add("channel=police-avim&kind=labour&kind=sexual&name=yes&age=12-15&about_self=yes")
	f.Add("channel=labour-tci&story=&danger=yes&where=" + url.QueryEscape(mark) + "&language=bg")
	f.Add("channel=crime-stoppers&once=ABCDEFGHIJKLMNOPQRSTUVWXYZ&safe_contact=%00%ff")
	f.Add("a=b;c=%")
	f.Fuzz(func(t *testing.T, form string) {
		for _, path := range []string{"/en/guide", "/ar/tell"} {
			w := answered(t, handler, path, "application/x-www-form-urlencoded", form)
			if strings.Contains(w.Body.String(), mark) {
				t.Errorf("%s writes a text into the page as it came", path)
			}
			if len(w.Result().Cookies()) > 0 {
				t.Errorf("%s sets a cookie", path)
			}
		}
	})
}

func FuzzSealed(f *testing.F) {
	h := newHouse(f)
	handler := h.handler(h.reports)
	f.Add(`{"channel":"police-avim","epoch":1,"key":"","lang":"en","facts":{"danger":"no","age":"adult","kinds":[],"about_self":"no","language":""},` +
		`"lookup":"AAAAAAAAAAAAAAAAAAAAAA==","proof":"","reporter":"age1pq1","content":"","identity_key":"","identity":"","work":{"challenge":"","nonce":""}}`)
	f.Add(`{"lookup":"AAAAAAAAAAAAAAAAAAAAAA==","proof":"AAAA"}`)
	f.Add(`{"lookup":"AAAA","proof":"AAAA","after":-1,"key":"00","sealed":"YWdl"}`)
	f.Add(`[]`)
	f.Fuzz(func(t *testing.T, body string) {
		for _, path := range []string{"/en/report", "/nl/dialogue", "/ar/dialogue/message"} {
			if w := answered(t, handler, path, "application/json", body); w.Code < 400 {
				t.Errorf("%s takes %d bytes that nobody sealed", path, len(body))
			}
		}
	})
}
