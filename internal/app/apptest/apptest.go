// Package apptest gives tests a whole installation behind a loopback address,
// with people in it who enrolled through its own pages.
package apptest

import (
	"log/slog"
	"net/http/httptest"
	"testing"
	"time"

	"verhaal/internal/app"
	"verhaal/internal/client"
	"verhaal/internal/policy"
)

// Words are everybody's passphrase.
const Words = "seven quiet herons count the tide"

// House is an installation and its first administrator.
type House struct {
	*app.App
	Base  string // http://127.0.0.1:port
	Admin *client.Staff
}

// New sets an installation up, on a database of its own.
func New(t testing.TB) *House {
	t.Helper()
	ctx, config := t.Context(), app.Config{Data: t.TempDir(), Origin: "verhaal.test/log"}
	made, err := app.Init(ctx, config)
	must(t, err)
	a, err := app.Open(ctx, config, slog.New(slog.DiscardHandler))
	must(t, err)
	server := httptest.NewServer(a.Handler)
	t.Cleanup(func() {
		server.Close()
		if err := a.Close(); err != nil {
			t.Error(err)
		}
	})
	h := &House{App: a, Base: server.URL, Admin: client.NewStaff(server.URL)}
	must(t, h.Admin.Enrol(ctx, client.Newcomer{Code: made.Code, Login: "admin", Name: "A. Admin", Lang: "en", Passphrase: Words}))
	return h
}

// Member is somebody with powers who is signed in.
func (h *House) Member(t testing.TB, login string, powers ...string) *client.Staff {
	t.Helper()
	_, who := h.enrol(t, login, powers...)
	return who
}

// Seated is an officer with a certificate for today who sits on a desk, which
// is open; the first of a desk has made its key. It gives the officer's id too.
func (h *House) Seated(t testing.TB, login, channel string) (*client.Staff, string) {
	t.Helper()
	ctx, today := t.Context(), time.Now()
	id, who := h.enrol(t, login, "officer")
	must(t, h.Admin.Certify(ctx, id, policy.TraffickingCertificate, today.AddDate(-1, 0, 0).Format(time.DateOnly), today.AddDate(1, 0, 0).Format(time.DateOnly), "T-1"))
	must(t, h.Admin.Seat(ctx, channel, login))
	must(t, who.DoDuty(ctx, channel))
	must(t, h.Admin.OpenChannel(ctx, channel))
	return who, id
}

func (h *House) enrol(t testing.TB, login string, powers ...string) (string, *client.Staff) {
	t.Helper()
	id, code, err := h.Admin.Invite(t.Context(), login, "B. "+login, powers...)
	must(t, err)
	who := client.NewStaff(h.Base)
	must(t, who.Enrol(t.Context(), client.Newcomer{Code: code, Lang: "en", Passphrase: Words}))
	return id, who
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
