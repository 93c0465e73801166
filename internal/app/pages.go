package app

import (
	"crypto/hmac"
	"crypto/sha256"
	"io/fs"
	"net/http"
	"time"

	"github.com/prometheus/client_golang/prometheus/collectors"

	"verhaal/internal/web"
	"verhaal/internal/web/admin"
	"verhaal/internal/web/audit"
	"verhaal/internal/web/cases"
	deskpages "verhaal/internal/web/desk"
	"verhaal/internal/web/lang"
	plannerpages "verhaal/internal/web/planner"
	"verhaal/internal/web/public"
	"verhaal/internal/web/room"
	"verhaal/internal/web/rules"
	staffpages "verhaal/internal/web/staff"
	outcomes "verhaal/internal/web/statistics"
	"verhaal/internal/web/withdraw"
	"verhaal/locales"
	"verhaal/ui"
)

// pages builds the faces on the opened stores.
func (a *App) pages(serverKey []byte, local func() time.Time) error {
	languages, err := lang.Load(locales.FS, a.logger)
	if err != nil {
		return err
	}
	own := staffpages.New(a.Members, a.config.Origins)
	a.Site, err = web.New(web.Config{
		Languages: languages,
		Templates: map[string]fs.FS{
			"public": public.Templates(), "staff": staffpages.Templates(), "desk": deskpages.Templates(),
			"admin": admin.Templates(), "audit": audit.Templates(), "rules": rules.Templates(), "cases": cases.Templates(),
			"planner": plannerpages.Templates(), "room": room.Templates(), "statistics": outcomes.Templates(),
		},
		Assets:       ui.Assets(),
		Authenticate: own.Authenticate,
		Log:          a.logger,
		Zone:         local().Location(),
		Metrics:      a.metrics,
	})
	if err != nil {
		return err
	}
	a.metrics.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))

	mux := http.NewServeMux()
	mux.HandleFunc("GET /healthz", a.health)
	a.Site.Handle(mux, "GET /static/{name}", a.Site.Static)
	public.Register(mux, public.Config{Site: a.Site, Languages: languages, Pack: a.Rules.Now, Reports: a.Reports, Desks: a.Desks,
		Salt: a.install.salt, WorkKey: subkey(serverKey, "verhaal/v1/work"), LogKey: a.Log.Verifier(), Clock: time.Now})
	own.Register(mux, a.Site, a.Planner)
	deskpages.Register(mux, a.Site, a.Rules.Now, a.Reports, a.Desks)
	cases.Register(mux, a.Site, a.Rules.Now, a.Cases, a.Members, a.Desks, a.Planner, a.Records)
	colleagues := withdraw.Staff{People: a.Members, Desks: a.Desks, Book: a.Planner, Cases: a.Cases}
	plannerpages.Register(mux, a.Site, a.Rules.Now, a.Planner, a.Cases, a.Members, a.Desks, colleagues, local)
	room.Register(mux, a.Site, a.Rules.Now, a.Records, a.Cases, a.Members, a.Log.Verifier())
	admin.Register(mux, a.Site, a.Rules, a.Members, a.Desks, a.Records, colleagues)
	audit.Register(mux, a.Site, a.Log)
	outcomes.Register(mux, a.Site, a.Rules.Now, a.Outcomes, a.Desks, a.Log)
	rules.Register(mux, a.Site, languages, a.Rules.Now, time.Now)
	a.Handler = web.Protect(own.Sessions(mux))
	return nil
}

// subkey is the server key for one purpose.
func subkey(key []byte, purpose string) []byte {
	m := hmac.New(sha256.New, key)
	m.Write([]byte(purpose))
	return m.Sum(nil)
}

// Close closes what Open opened, the last first.
func (a *App) Close() error {
	var err error
	for i := len(a.closers) - 1; i >= 0; i-- {
		if e := a.closers[i](); e != nil && err == nil {
			err = e
		}
	}
	a.closers = nil
	return err
}
