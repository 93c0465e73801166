package web

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

// TestASlowUploadArrivesAndAStalledOneEnds: what a whole request may take does not
// end a body that goes on coming; one that brings nothing any more is given up.
func TestASlowUploadArrivesAndAStalledOneEnds(t *testing.T) {
	const whole, stall = 300 * time.Millisecond, 2 * time.Second
	type taken struct {
		text string
		err  error
	}
	came := make(chan taken, 1)
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		from := Unhurried(&recorder{ResponseWriter: w}, r).(*unhurried)
		from.stall = stall
		text, err := io.ReadAll(from)
		came <- taken{string(text), err}
		if err != nil {
			return
		}
		// The body is here: its deadline must not end the answer.
		select {
		case <-r.Context().Done():
			t.Error("the request ended with its body")
		case <-time.After(2 * whole):
		}
	}))
	server.Config.ReadTimeout = whole
	server.Start()
	defer server.Close()

	slow, sent := io.Pipe()
	go func() {
		for range 5 {
			time.Sleep(whole / 2)
			_, _ = io.WriteString(sent, "film ")
		}
		_ = sent.Close()
	}()
	answer, err := server.Client().Post(server.URL, "application/octet-stream", slow)
	if err != nil {
		t.Fatal(err)
	}
	_ = answer.Body.Close()
	if got := <-came; got.err != nil || got.text != strings.Repeat("film ", 5) {
		t.Errorf("of a slow upload came %q, %v", got.text, got.err)
	}

	stalled, half := io.Pipe()
	defer half.Close()
	go func() { _, _ = io.WriteString(half, "film ") }()
	begun := time.Now()
	go func() {
		if answer, err := server.Client().Post(server.URL, "application/octet-stream", stalled); err == nil {
			_ = answer.Body.Close()
		}
	}()
	select {
	case got := <-came:
		if got.err == nil || got.text != "film " || time.Since(begun) < stall {
			t.Errorf("of a stalled upload came %q, %v after %v", got.text, got.err, time.Since(begun))
		}
	case <-time.After(10 * stall):
		t.Error("a stalled upload still holds its connection")
	}
}
