package web_test

import (
	"bytes"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"verhaal/internal/web"
	"verhaal/internal/web/lang"
	"verhaal/locales"
	"verhaal/ui"
)

// TestAPanicIsAnErrorPageAndALineWithoutValues: who meets a defect gets the
// error page; the log says where it was and of which kind, and nothing of what was
// typed or of who asked.
func TestAPanicIsAnErrorPageAndALineWithoutValues(t *testing.T) {
	var logged bytes.Buffer
	log := slog.New(slog.NewTextHandler(&logged, nil))
	languages, err := lang.Load(locales.FS, log)
	if err != nil {
		t.Fatal(err)
	}
	site, err := web.New(web.Config{Languages: languages, Assets: ui.Assets(), Log: log})
	if err != nil {
		t.Fatal(err)
	}
	mux := http.NewServeMux()
	site.Handle(mux, "POST /broken", func(_ http.ResponseWriter, r *http.Request) error {
		in, err := web.Form(r)
		if err != nil {
			return err
		}
		breakOn(in.Get("name"))
		return nil
	})
	site.Handle(mux, "POST /half", func(w http.ResponseWriter, _ *http.Request) error {
		_, _ = io.WriteString(w, "half an answer")
		_ = http.NewResponseController(w).Flush()
		panic("Ileana")
	})
	server := httptest.NewServer(mux)
	defer server.Close()

	answer, err := server.Client().Post(server.URL+"/broken?x=Ileana", "application/x-www-form-urlencoded", strings.NewReader("name=Ileana"))
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	page, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	if answer.StatusCode != http.StatusInternalServerError || !strings.Contains(string(page), "<h1") {
		t.Errorf("%d: %s", answer.StatusCode, page)
	}
	for _, said := range []string{`route="POST /broken"`, "panic of string", "web_test.breakOn:"} {
		if !strings.Contains(logged.String(), said) {
			t.Errorf("the log does not say %s: %s", said, logged.String())
		}
	}

	half, err := server.Client().Post(server.URL+"/half", "text/plain", nil)
	if err != nil {
		t.Fatal(err)
	}
	defer half.Body.Close()
	if text, err := io.ReadAll(half.Body); err == nil {
		t.Errorf("an answer that broke off looks whole: %q", text)
	}
	for _, secret := range []string{"Ileana", "127.0.0.1", "0x"} {
		if strings.Contains(logged.String(), secret) {
			t.Errorf("the log holds %q: %s", secret, logged.String())
		}
	}
}

//go:noinline
func breakOn(name string) { panic(name) }
