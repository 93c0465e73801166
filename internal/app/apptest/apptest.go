// Package apptest gives tests a whole installation behind a loopback address,
// with people in it who enrolled through its own pages.
package apptest

import (
	"log/slog"
	"math"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"verhaal/internal/app"
	"verhaal/internal/client"
	"verhaal/internal/policy"
	"verhaal/internal/report"
	"verhaal/internal/seal"
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

// Told tells a report and gives its receipt.
func (h *House) Told(t testing.TB, channel, story string, who client.Identity) seal.Receipt {
	t.Helper()
	facts := report.Facts{Danger: "no", Age: "adult", Kinds: []string{"labour"}, AboutSelf: "yes", Language: "pl"}
	receipt, _, err := client.NewReporter(h.Base, "en").Tell(t.Context(), channel, facts, client.Story{Text: story}, who)
	must(t, err)
	return receipt
}

// Acts are the leaves of the custody log of a kind.
func (h *House) Acts(t testing.TB, kind string) []string {
	t.Helper()
	entries, err := h.Log.Entries(t.Context(), math.MaxInt64, 1000)
	must(t, err)
	var out []string
	for _, e := range entries {
		if leaf := string(e.Leaf); strings.Contains(leaf, `"kind":"`+kind+`"`) {
			out = append(out, leaf)
		}
	}
	return out
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
