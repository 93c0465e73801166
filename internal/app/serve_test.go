package app

import (
	"bytes"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
)

// TestAConnectionThatFailsLeavesNoAddressInTheLog: net/http names the visitor when
// a handler breaks; the log gets the kind alone.
func TestAConnectionThatFailsLeavesNoAddressInTheLog(t *testing.T) {
	var logged locked
	a := &App{logger: slog.New(slog.NewTextHandler(&logged, nil))}
	server := a.newServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { panic("Ileana") }))
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	served := make(chan error, 1)
	go func() { served <- server.Serve(l) }()
	if answer, err := http.Get("http://" + l.Addr().String()); err == nil {
		_ = answer.Body.Close()
		t.Errorf("a broken handler answered %s", answer.Status)
	}
	if err := server.Shutdown(t.Context()); err != nil {
		t.Fatal(err)
	}
	<-served
	// As net/http writes it when a visitor speaks no TLS.
	server.ErrorLog.Printf("http: TLS handshake error from 192.0.2.7:4711: EOF")

	said := logged.String()
	for _, kind := range []string{`kind="panic serving"`, `kind="TLS handshake error"`} {
		if !strings.Contains(said, kind) {
			t.Errorf("the log does not say %s: %s", kind, said)
		}
	}
	for _, secret := range []string{"127.0.0.1", "192.0.2.7", "4711", "Ileana", "goroutine"} {
		if strings.Contains(said, secret) {
			t.Errorf("the log holds %q: %s", secret, said)
		}
	}
}

// locked is a buffer that a server and a test share.
type locked struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *locked) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *locked) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}
