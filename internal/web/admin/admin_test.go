package admin_test

import (
	"context"
	"encoding/base64"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"verhaal/internal/fault"
	"verhaal/internal/planner"
	"verhaal/internal/policy"
	"verhaal/internal/staff"
)

func TestOnlyAdministratorsEnterAnyPage(t *testing.T) {
	h := newHouse(t)
	walked := 0
	for _, route := range h.site.Routes() {
		method, path, _ := strings.Cut(route.Pattern, " ")
		if !strings.HasPrefix(path, "/admin/") {
			continue
		}
		walked++
		if route.Power != staff.Administrator {
			t.Errorf("%s asks for %q", route.Pattern, route.Power)
		}
		path = strings.NewReplacer("{$}", "", "{hash}", h.rules.Now().Hash, "{id}", h.admin.ID, "{channel}", channel).Replace(path)
		for role, want := range map[string]int{staff.Officer: http.StatusForbidden, staff.Auditor: http.StatusForbidden, "": http.StatusUnauthorized} {
			if role == "" && method == http.MethodGet {
				want = http.StatusSeeOther // to sign in
			}
			if status, _ := h.ask(t, role, method, path, nil); status != want {
				t.Errorf("%s as %q: %d, want %d", route.Pattern, role, status, want)
			}
		}
	}
	if walked < 19 {
		t.Errorf("only %d routes walked", walked)
	}
}

// TestNoPageReadsContent walks every route of an installation that has wraps
// of every kind, and looks for sealed bytes and keys in each answer.
func TestNoPageReadsContent(t *testing.T) {
	h := newHouse(t)
	ctx := context.Background()
	who, key := h.seated(t, "sam", "Sam Bos")
	wraps, err := h.desks.Wraps(ctx, who.ID, channel)
	must(t, err)
	locked, err := h.members.Locked(ctx, who)
	must(t, err)
	secret := []string{"age-encryption.org", "AGE-SECRET-KEY", "mlkem768x25519", key.Secret(), base64.StdEncoding.EncodeToString([]byte("age-encryption.org"))[:20]}
	for _, file := range [][]byte{wraps[0].Wrapped, locked.Wraps[0].Wrapped} {
		secret = append(secret, string(file[len(file)-40:]), base64.StdEncoding.EncodeToString(file)[400:440])
	}
	good := url.Values{"login": {"sam"}, "name": {"Some Body"}, "power": {staff.Officer}, "open": {"1"}, "kind": {policy.TraffickingCertificate},
		"from": {"2026-01-01"}, "until": {"2026-12-31"}, "staff": {who.ID}, "certificate": {"x"}}
	for _, route := range h.site.Routes() {
		method, path, _ := strings.Cut(route.Pattern, " ")
		if !strings.HasPrefix(path, "/admin/") {
			continue
		}
		path = strings.NewReplacer("{$}", "", "{hash}", h.rules.Now().Hash, "{id}", who.ID, "{channel}", channel).Replace(path)
		status, body := h.ask(t, staff.Administrator, method, path, good)
		if status >= 500 {
			t.Errorf("%s: %d", route.Pattern, status)
		}
		for _, s := range secret {
			if strings.Contains(body, s) {
				t.Errorf("%s shows sealed bytes or a key", route.Pattern)
			}
		}
	}
}

func TestACodeIsShownOnceAndWorks(t *testing.T) {
	h := newHouse(t)
	form := url.Values{"login": {"Kim"}, "name": {"Kim de Boer"}, "power": {staff.Officer, staff.Administrator}}
	status, page := h.ask(t, staff.Administrator, "POST", "/admin/people", form)
	code := regexp.MustCompile(`[0-9A-Z]{4}(-[0-9A-Z]{4}){3}`).FindString(page)
	if status != http.StatusCreated || code == "" || !strings.Contains(page, "Give these powers to two people") {
		t.Fatalf("%d %s", status, page)
	}
	who, err := h.members.InvitedBy(context.Background(), code)
	must(t, err)
	for _, path := range []string{"/admin/people", "/admin/people/" + who.ID} {
		if _, page := h.ask(t, staff.Administrator, "GET", path, nil); strings.Contains(page, code) || !strings.Contains(page, "Kim de Boer") {
			t.Errorf("%s shows the code again, or not the person", path)
		}
	}
	_, page = h.ask(t, staff.Administrator, "POST", "/admin/people/"+who.ID+"/code", nil)
	if again := regexp.MustCompile(`[0-9A-Z]{4}(-[0-9A-Z]{4}){3}`).FindString(page); again == code || again == "" {
		t.Error("no new code")
	}
	for _, spoilt := range []url.Values{{"login": {"kim"}, "name": {"Another"}, "power": {staff.Officer}}, {"login": {"x y"}, "name": {"Some"}, "power": {staff.Officer}}, {"login": {"new"}, "name": {"Some"}}} {
		if status, _ := h.ask(t, staff.Administrator, "POST", "/admin/people", spoilt); status/100 != 4 {
			t.Errorf("%v: %d", spoilt, status)
		}
	}
}

// TestWhoWithdrawsACertificateReadsWhichInterviewsRestOnIt, and the cases of
// these are told.
func TestWhoWithdrawsACertificateReadsWhichInterviewsRestOnIt(t *testing.T) {
	h := newHouse(t)
	who, _ := h.seated(t, "sam", "Sam Bos")
	certificates, err := h.members.Certificates(t.Context(), who.ID)
	must(t, err)
	at := time.Date(2026, 12, 1, 9, 0, 0, 0, time.UTC)
	h.booked = []planner.Booking{{ID: "b1", Casefile: "c1", Interview: "i1", RoomName: "Studio 2", Span: planner.Span{Start: at, End: at.Add(time.Hour)}}}
	in := url.Values{"certificate": {certificates[0].ID}}
	status, page := h.ask(t, staff.Administrator, "POST", "/admin/people/"+who.ID+"/certificates/revoke", in)
	if status != http.StatusConflict || !strings.Contains(page, "2026-12-01 09:00 – 10:00, Studio 2") || !strings.Contains(page, `href="/admin/people/`+who.ID+`"`) {
		t.Errorf("%d %s", status, page)
	}
	if kept, err := h.members.Certificates(t.Context(), who.ID); err != nil || kept[0].Revoked || len(h.told) > 0 {
		t.Errorf("withdrawn before anybody went on: %+v %v, told %v", kept, err, h.told)
	}
	in.Set("seen", "b1")
	if status, page = h.ask(t, staff.Administrator, "POST", "/admin/people/"+who.ID+"/certificates/revoke", in); status != http.StatusSeeOther || page != "/admin/people/"+who.ID+"?done=revoked" {
		t.Errorf("%d %s", status, page)
	}
	if !slices.Equal(h.told, []string{h.admin.ID + " c1 i1 certificate_withdrawn"}) {
		t.Errorf("told are %v", h.told)
	}
	if certificates, err = h.members.Certificates(t.Context(), who.ID); err != nil || !certificates[0].Revoked {
		t.Errorf("%+v %v", certificates, err)
	}
}

// TestWhoeverLetsSomebodyGoReadsWhichInterviewsTheyAreBookedFor: as they leave, or may not
// interview any more.
func TestWhoeverLetsSomebodyGoReadsWhichInterviewsTheyAreBookedFor(t *testing.T) {
	for done, act := range map[string]struct {
		path string
		form url.Values
	}{
		"powers": {"/powers", url.Values{"power": {staff.Auditor}}},
		"left":   {"/leave", url.Values{"sure": {"yes"}}},
	} {
		t.Run(done, func(t *testing.T) {
			h := newHouse(t)
			who, _ := h.seated(t, "sam", "Sam Bos")
			at := time.Date(2026, 12, 1, 9, 0, 0, 0, time.UTC)
			h.booked = []planner.Booking{{ID: "b1", Casefile: "c1", Interview: "i1", RoomName: "Studio 2", Span: planner.Span{Start: at, End: at.Add(time.Hour)}}}
			here := "/admin/people/" + who.ID
			if status, page := h.ask(t, staff.Administrator, "POST", here+act.path, act.form); status != http.StatusConflict || !strings.Contains(page, "2026-12-01 09:00 – 10:00, Studio 2") {
				t.Errorf("%d %s", status, page)
			}
			if kept, err := h.members.ByID(t.Context(), who.ID); err != nil || !kept.Can(staff.Officer) || len(h.told) > 0 {
				t.Errorf("gone before anybody went on: %+v %v, told %v", kept, err, h.told)
			}
			act.form.Set("seen", "b1")
			if status, page := h.ask(t, staff.Administrator, "POST", here+act.path, act.form); status != http.StatusSeeOther || page != here+"?done="+done {
				t.Errorf("%d %s", status, page)
			}
			if !slices.Equal(h.told, []string{h.admin.ID + " c1 i1 colleague_left"}) {
				t.Errorf("told are %v", h.told)
			}
		})
	}
}

// TestWhoeverTakesSomebodyOffADeskReadsWhatTheyAreBookedForInItsCases, and in those of no
// other desk.
func TestWhoeverTakesSomebodyOffADeskReadsWhatTheyAreBookedForInItsCases(t *testing.T) {
	h := newHouse(t)
	who, _ := h.seated(t, "sam", "Sam Bos")
	at := time.Date(2026, 12, 1, 9, 0, 0, 0, time.UTC)
	slot := func(id, casefile, room string) planner.Booking {
		return planner.Booking{ID: id, Casefile: casefile, Interview: "i1", RoomName: room, Span: planner.Span{Start: at, End: at.Add(time.Hour)}}
	}
	h.booked = []planner.Booking{slot("b1", channel+"/c1", "Studio 2"), slot("b2", "labour-authority/c2", "Room 7")}
	form := url.Values{"staff": {who.ID}}
	status, page := h.ask(t, staff.Administrator, "POST", "/admin/channels/"+channel+"/members/remove", form)
	if status != http.StatusConflict || !strings.Contains(page, "09:00 – 10:00, Studio 2") || strings.Contains(page, "Room 7") {
		t.Errorf("%d %s", status, page)
	}
	if on, err := h.desks.Of(t.Context(), who.ID); err != nil || len(on) != 1 || len(h.told) > 0 {
		t.Errorf("gone before anybody went on: on %v %v, told %v", on, err, h.told)
	}
	form.Set("seen", "b1")
	status, page = h.ask(t, staff.Administrator, "POST", "/admin/channels/"+channel+"/members/remove", form)
	if status != http.StatusSeeOther || page != "/admin/channels/"+channel+"?done=removed" {
		t.Errorf("%d %s", status, page)
	}
	if on, err := h.desks.Of(t.Context(), who.ID); err != nil || len(on) > 0 || !slices.Equal(h.told, []string{h.admin.ID + " " + channel + "/c1 i1 colleague_left"}) {
		t.Errorf("on %v %v, told %v", on, err, h.told)
	}
}

func TestLosingTheRightToReadTakesTheDeskKeyAtOnce(t *testing.T) {
	for name, act := range map[string]struct {
		path string
		form url.Values
	}{
		"powers":  {"/admin/people/ID/powers", url.Values{"power": {staff.Auditor}}},
		"leave":   {"/admin/people/ID/leave", url.Values{"sure": {"yes"}}},
		"revoke":  {"/admin/people/ID/certificates/revoke", url.Values{"certificate": {"CERT"}}},
		"removed": {"/admin/channels/" + channel + "/members/remove", url.Values{"staff": {"ID"}}},
	} {
		t.Run(name, func(t *testing.T) {
			h := newHouse(t)
			ctx := context.Background()
			who, _ := h.seated(t, "sam", "Sam Bos")
			certificates, err := h.members.Certificates(ctx, who.ID)
			must(t, err)
			fill := strings.NewReplacer("ID", who.ID, "CERT", certificates[0].ID)
			form := url.Values{}
			for k, v := range act.form {
				form.Set(k, fill.Replace(v[0]))
			}
			status, to := h.ask(t, staff.Administrator, "POST", fill.Replace(act.path), form)
			if status != http.StatusSeeOther {
				t.Fatalf("%d %s", status, to)
			}
			state, err := h.desks.State(ctx, channel)
			must(t, err)
			for _, m := range state.Members {
				if m.HasKey {
					t.Error("the desk key is still wrapped for somebody who may not read")
				}
			}
			if !state.Due {
				t.Error("no new key is asked for")
			}
			if _, page := h.ask(t, staff.Administrator, "GET", to, nil); !strings.Contains(page, `class="notice good"`) {
				t.Error("the page does not say what was done")
			}
		})
	}
}

func TestACertificateThatEndsOvernightIsSeenOnThePages(t *testing.T) {
	h := newHouse(t)
	h.seated(t, "sam", "Sam Bos")
	_, page := h.ask(t, staff.Administrator, "GET", "/admin/", nil)
	if !strings.Contains(page, "2026-12-31") || !strings.Contains(page, "1 person can read new reports") {
		t.Error("the overview does not announce the end of the certificate")
	}
	h.now = time.Date(2027, 1, 1, 0, 0, 1, 0, time.UTC)
	_, page = h.ask(t, staff.Administrator, "GET", "/admin/channels/"+channel, nil)
	if !strings.Contains(page, "no valid certificate") || !strings.Contains(page, "Nobody can read new reports") {
		t.Error("the desk's page does not say that nobody can read")
	}
}

func TestTheOverviewTellsThatSealsWaitForATimestamp(t *testing.T) {
	h := newHouse(t)
	if _, page := h.ask(t, staff.Administrator, "GET", "/admin/", nil); strings.Contains(page, "data-seals") {
		t.Error("it tells of seals when none waits")
	}
	h.seals = 2
	if _, page := h.ask(t, staff.Administrator, "GET", "/admin/", nil); !strings.Contains(page, "2 sealed recordings wait for their timestamp") {
		t.Error("it does not tell how many wait")
	}
}

func TestOnlyOfficersSitOnDesksAndDaysMustExist(t *testing.T) {
	h := newHouse(t)
	who, _ := h.enrolled(t, "aud", "An Auditor", staff.Auditor)
	for _, c := range []struct {
		path   string
		form   url.Values
		status int
	}{
		{"/admin/channels/" + channel + "/members", url.Values{"login": {"aud"}}, http.StatusConflict},
		{"/admin/channels/" + channel + "/members", url.Values{"login": {"nobody"}}, http.StatusNotFound},
		{"/admin/channels/unknown/members", url.Values{"login": {"aud"}}, http.StatusNotFound},
		{"/admin/people/" + who.ID + "/leave", url.Values{}, http.StatusBadRequest},
		{"/admin/people/" + who.ID + "/certificates", url.Values{"kind": {"trafficking"}, "from": {"2026-02-30"}, "until": {"2026-12-31"}}, http.StatusBadRequest},
		{"/admin/people/" + who.ID + "/certificates", url.Values{"kind": {"made-up"}, "from": {"2026-01-01"}, "until": {"2026-12-31"}}, http.StatusBadRequest},
		{"/admin/people/" + who.ID + "/certificates", url.Values{"kind": {"trafficking"}, "from": {"2026-1-101"}, "until": {"2026-12-31"}}, http.StatusBadRequest},
		{"/admin/people/nobody/sessions", url.Values{}, http.StatusNotFound},
	} {
		if status, _ := h.ask(t, staff.Administrator, "POST", c.path, c.form); status != c.status {
			t.Errorf("%s %v: %d, want %d", c.path, c.form, status, c.status)
		}
	}
	if err := h.members.Leave(context.Background(), "", h.admin.ID); fault.KindOf(err) != fault.Refused {
		t.Errorf("the last administrator leaves: %v", err)
	}
}
