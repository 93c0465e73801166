package web_test

import (
	"log/slog"
	"net/http/httptest"
	"testing"
	"time"

	"verhaal/internal/web"
	"verhaal/internal/web/lang"
	"verhaal/locales"
	"verhaal/ui"
)

// TestPagesTellMomentsInTheInstallationsZoneByItsName, winter and summer; a site
// that knows none tells UTC.
func TestPagesTellMomentsInTheInstallationsZoneByItsName(t *testing.T) {
	quiet := slog.New(slog.DiscardHandler)
	languages, err := lang.Load(locales.FS, quiet)
	if err != nil {
		t.Fatal(err)
	}
	amsterdam, err := time.LoadLocation("Europe/Amsterdam")
	if err != nil {
		t.Fatal(err)
	}
	winter, summer := time.Date(2026, 11, 28, 23, 30, 0, 0, time.UTC), time.Date(2026, 7, 1, 12, 0, 0, 0, time.UTC)
	for _, c := range []struct {
		zone                 *time.Location
		name, winter, summer string
	}{
		{amsterdam, "Europe/Amsterdam", "2026-11-29 00:30:00 CET", "2026-07-01 14:00:00 CEST"},
		{nil, "UTC", "2026-11-28 23:30:00 UTC", "2026-07-01 12:00:00 UTC"},
	} {
		site, err := web.New(web.Config{Languages: languages, Assets: ui.Assets(), Log: quiet, Zone: c.zone})
		if err != nil {
			t.Fatal(err)
		}
		p := site.Page(httptest.NewRequest("GET", "/", nil))
		if p.Zone() != c.name || p.Moment(winter) != c.winter || p.Moment(summer) != c.summer || !p.Local(summer).Equal(summer) {
			t.Errorf("%s: %s, %s", p.Zone(), p.Moment(winter), p.Moment(summer))
		}
	}
}
