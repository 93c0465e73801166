package staff_test

import (
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"verhaal/internal/fault"
	"verhaal/internal/seal"
	domain "verhaal/internal/staff"
)

// fit fills the wildcards of a pattern in and splits it.
func fit(pattern string) (method, path string) {
	method, path, _ = strings.Cut(pattern, " ")
	return method, strings.NewReplacer("{$}", "", "{name}", "site.css").Replace(path)
}

func TestEveryRouteAsksForWhatItSays(t *testing.T) {
	h := newHouse(t)
	roles := map[string]*person{
		"":                   h.visitor(t),
		domain.Officer:       h.member(t, "officer", domain.Officer),
		domain.Administrator: h.member(t, "administrator", domain.Administrator),
		domain.Auditor:       h.member(t, "auditor", domain.Auditor),
	}
	public := map[string]bool{}
	for _, p := range []string{"GET /staff/enrol", "POST /staff/enrol/begin", "POST /staff/enrol", "GET /staff/sign-in", "POST /staff/salt",
		"POST /staff/sign-in/passphrase", "POST /staff/sign-in/passkey/begin", "POST /staff/sign-in/passkey/finish", "POST /staff/sign-out",
		"GET /static/{name}"} {
		public[p] = true
	}
	for _, route := range h.site.Routes() {
		if (route.Power == "") != public[route.Pattern] {
			t.Errorf("%s asks for %q", route.Pattern, route.Power)
		}
		method, path := fit(route.Pattern)
		for role, p := range roles {
			if path == "/staff/sign-out" || path == "/staff/lock" || path == "/staff/account/everywhere" {
				continue // ends the session that the others are asked with
			}
			status, body := 0, ""
			if method == "GET" {
				status, body = p.get(t, path)
			} else {
				status, body = p.post(t, path, map[string]any{})
			}
			sentAway := method == "GET" && status == http.StatusSeeOther && strings.HasPrefix(body, "/staff/sign-in?back=")
			if turned := sentAway || method == "POST" && role == "" && strings.Contains(body, "fault.unauthenticated"); turned != (role == "" && !public[route.Pattern]) {
				t.Errorf("%s as %q: %d %.80s", route.Pattern, role, status, body)
			}
			if status >= 500 {
				t.Errorf("%s as %q: %d", route.Pattern, role, status)
			}
		}
	}
}

func TestOnlyTheStaffPagesReadOrSetTheCookie(t *testing.T) {
	h := newHouse(t)
	p := h.member(t, "sam", domain.Officer)
	h.pass(2 * time.Minute)
	for path, renewed := range map[string]bool{"/static/site.css": false, "/staff/account": true, "/staff/idle": false, "/": false, "/en/": false} {
		before := p.cookie(t)
		p.get(t, path)
		if (p.cookie(t) != before) != renewed {
			t.Errorf("%s renews the cookie: %v", path, !renewed)
		}
		h.pass(2 * time.Minute)
	}
	req, err := http.NewRequest("GET", h.base+"/staff/account", nil)
	if err != nil {
		t.Fatal(err)
	}
	res, err := p.web.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	c := res.Cookies()
	if len(c) != 1 || !c[0].HttpOnly || c[0].SameSite != http.SameSiteStrictMode || c[0].MaxAge != 0 || !c[0].Expires.IsZero() {
		t.Errorf("cookie: %+v", c)
	}
}

func (p *person) cookie(t *testing.T) string {
	t.Helper()
	req, err := http.NewRequest("GET", p.h.base+"/staff/", nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range p.web.Jar.Cookies(req.URL) {
		if c.Name == "session" {
			return c.Value
		}
	}
	return ""
}

func TestAnIdleSessionIsToldSoAndComesBackToItsPage(t *testing.T) {
	h := newHouse(t)
	p := h.member(t, "sam", domain.Officer)
	h.pass(20 * time.Minute)
	status, to := p.get(t, "/staff/account")
	if status != http.StatusSeeOther || to != "/staff/sign-in?why=idle&back=%2Fstaff%2Faccount" {
		t.Fatalf("%d %q", status, to)
	}
	if p.cookie(t) != "" {
		t.Error("the cookie is still there")
	}
	_, page := p.get(t, to)
	if !strings.Contains(page, "away for 15 minutes") || !strings.Contains(page, `data-back="/staff/account"`) {
		t.Error("the page does not say why, or where to go back to")
	}
}

func TestSigningInNeverLeadsToAnotherSite(t *testing.T) {
	h := newHouse(t)
	p := h.visitor(t)
	for back, want := range map[string]string{
		"/desk/police-avim/": "/desk/police-avim/", "/admin/people?after=x": "/admin/people?after=x", "": "/staff/",
		"https://evil.example/desk/": "/staff/", "//evil.example/desk/": "/staff/", `/\evil.example/desk/`: "/staff/", "/desk/\\evil": "/staff/",
		"javascript:alert(1)": "/staff/", "/en/guide": "/staff/", "/staff/sign-in": "/staff/", "/desk/%zz": "/staff/",
	} {
		_, page := p.get(t, "/staff/sign-in?back="+strings.NewReplacer("%", "%25", "?", "%3F", `\`, "%5C", "&", "%26").Replace(back))
		if !strings.Contains(page, `data-back="`+want+`"`) {
			t.Errorf("%q does not lead to %q", back, want)
		}
	}
}

func TestAFormSentWithoutASessionLeadsBackToItsPageAndToNoOther(t *testing.T) {
	h := newHouse(t)
	p := h.visitor(t)
	for typedOn, want := range map[string]string{
		h.base + "/case/c1/about/p1?saved=facts": "/case/c1/about/p1", "": "/staff/account/language", "https://evil.example/case/c1/": "/staff/account/language",
		h.base + ".evil.example/case/": "/staff/account/language",
	} {
		req, err := http.NewRequest("POST", h.base+"/staff/account/language", strings.NewReader("lang=nl"))
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		req.Header.Set("Referer", typedOn)
		status, page := p.do(t, req)
		if status != http.StatusUnauthorized || !strings.Contains(page, `href="/staff/sign-in?back=`+url.QueryEscape(want)+`"`) {
			t.Errorf("typed on %q: %d, and no way to %q", typedOn, status, want)
		}
	}
}

func TestTheShareIsForTheLiveSessionOnly(t *testing.T) {
	h := newHouse(t)
	p := h.member(t, "sam", domain.Officer)
	status, body := p.get(t, "/staff/share")
	var got struct{ Share []byte }
	if err := json.Unmarshal([]byte(body), &got); err != nil || status != http.StatusOK || len(got.Share) != 32 {
		t.Fatalf("%d %s", status, body)
	}
	_, body = p.get(t, "/staff/key")
	if strings.Contains(body, "recovery") {
		t.Error("the recovery wrap is given out")
	}
	status, to := p.post(t, "/staff/sign-out", nil)
	if status != http.StatusSeeOther || to != "/staff/sign-in" {
		t.Errorf("sign-out: %d %s", status, to)
	}
	if status, _ := p.get(t, "/staff/share"); status != http.StatusSeeOther {
		t.Errorf("after signing out the share is %d", status)
	}
}

func TestSigningOutEverywhereEndsTheOtherBrowser(t *testing.T) {
	h := newHouse(t)
	first := h.member(t, "sam", domain.Officer)
	second := h.visitor(t)
	status, body := second.post(t, "/staff/sign-in/passphrase", map[string]any{"login": "sam", "proof": first.proof, "challenge": "", "nonce": ""})
	var got struct{ Share, Wrapped []byte }
	if err := json.Unmarshal([]byte(body), &got); err != nil || status != http.StatusOK {
		t.Fatalf("%d %s", status, body)
	}
	plain, err := seal.Open(got.Wrapped, first.unlock)
	if err != nil || string(plain) != first.own.Secret() {
		t.Error("the wrap does not open to the member's key")
	}
	if status, _ := first.post(t, "/staff/account/everywhere", nil); status != http.StatusSeeOther {
		t.Errorf("status %d", status)
	}
	for _, p := range []*person{first, second} {
		if status, _ := p.get(t, "/staff/account"); status != http.StatusSeeOther {
			t.Error("a session is left")
		}
	}
}

func TestSigningInAgainEndsTheSessionBefore(t *testing.T) {
	h := newHouse(t)
	p := h.member(t, "sam", domain.Officer)
	before := p.cookie(t)
	p.post(t, "/staff/sign-in/passphrase", map[string]any{"login": "sam", "proof": p.proof, "challenge": "", "nonce": ""})
	old := h.visitor(t)
	req, err := http.NewRequest("GET", h.base+"/staff/account", nil)
	if err != nil {
		t.Fatal(err)
	}
	req.AddCookie(&http.Cookie{Name: "session", Value: before})
	if status, _ := old.do(t, req); status != http.StatusSeeOther {
		t.Errorf("the session before still answers %d", status)
	}
}

func TestTheHomeLeadsToTheFirstPlaceOfEachPower(t *testing.T) {
	h := newHouse(t)
	for power, want := range map[string]string{domain.Officer: "/desk/", domain.Administrator: "/admin/", domain.Auditor: "/audit/"} {
		if _, to := h.member(t, power, power).get(t, "/staff/"); to != want {
			t.Errorf("%s goes to %s", power, to)
		}
	}
}

func TestTheAccountSpeaksTheChosenLanguage(t *testing.T) {
	h := newHouse(t)
	p := h.member(t, "sam", domain.Officer)
	for lang, word := range map[string]string{"nl": "Uw account", "ar": `dir="rtl"`, "en": "Your account"} {
		req, err := http.NewRequest("POST", h.base+"/staff/account/language", strings.NewReader("lang="+lang))
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		if status, to := p.do(t, req); status != http.StatusSeeOther {
			t.Fatalf("%d %s", status, to)
		}
		if _, page := p.get(t, "/staff/account?done=language"); !strings.Contains(page, word) {
			t.Errorf("%s: %q is not on the page", lang, word)
		}
	}
}

// TestACalendarIsEndedByWhoseItIs: the address answers nothing from then on, and
// another's stays.
func TestACalendarIsEndedByWhoseItIs(t *testing.T) {
	h := newHouse(t)
	sam, kim := h.member(t, "sam", domain.Officer), h.member(t, "kim", domain.Officer)
	secrets := map[string]string{}
	for _, p := range []*person{sam, kim} {
		secret, err := h.book.MakeFeed(t.Context(), "pia", "staff/"+p.id)
		if err != nil {
			t.Fatal(err)
		}
		secrets[p.id] = secret
	}
	const button = `action="/staff/account/calendar/end"`
	if _, page := sam.get(t, "/staff/account"); !strings.Contains(page, button) || strings.Contains(page, secrets[sam.id]) {
		t.Errorf("the account says %s", page)
	}
	if status, _ := sam.post(t, "/staff/account/calendar/end", nil); status != http.StatusSeeOther {
		t.Errorf("ended with %d", status)
	}
	if _, err := h.book.Feed(t.Context(), secrets[sam.id]); fault.KindOf(err) != fault.NotFound {
		t.Errorf("the ended calendar answers %v", err)
	}
	if _, err := h.book.Feed(t.Context(), secrets[kim.id]); err != nil {
		t.Errorf("another's calendar answers %v", err)
	}
	if _, page := sam.get(t, "/staff/account"); strings.Contains(page, button) {
		t.Errorf("there is still a button: %s", page)
	}
}
