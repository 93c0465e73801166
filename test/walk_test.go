package test

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"verhaal/internal/cli"
	"verhaal/test/browser"
)

// screen is where a command speaks, read while it runs.
type screen struct {
	mu   sync.Mutex // guards text
	text bytes.Buffer
}

func (s *screen) Write(b []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.text.Write(b)
}

func (s *screen) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.text.String()
}

// demo starts `verhaal demo` on a free port and gives its address and words.
func demo(t *testing.T) (base, said string) {
	t.Helper()
	out, errs := &screen{}, &screen{}
	go cli.Run([]string{"demo", "--addr", "127.0.0.1:0", "--data", filepath.Join(t.TempDir(), "demo")}, out, errs)
	for range 1200 {
		if said = out.String(); strings.Contains(said, "Ctrl-C stops it.") {
			return regexp.MustCompile(`http://127[^/]+`).FindString(said), said
		}
		time.Sleep(100 * time.Millisecond)
	}
	t.Fatalf("the demonstration did not start:\n%s\n%s", said, errs)
	return "", ""
}

// day is a day before or after today, where the house stands.
func day(days int) string {
	zone, err := time.LoadLocation("Europe/Amsterdam")
	if err != nil {
		panic(err)
	}
	return time.Now().In(zone).AddDate(0, 0, days).Format(time.DateOnly)
}

// lookAt checks and pictures a page on a phone and on a wide screen.
func lookAt(b *browser.Tab, what, picture string) {
	b.T.Helper()
	for _, on := range []struct {
		screen string
		width  int64
	}{{"phone", 360}, {"wide", 1280}} {
		b.Width(on.width)
		b.Check(what)
		b.Shot(picture + "-" + on.screen)
	}
}

// signIn signs a demo account in and waits for its first page.
func signIn(b *browser.Tab, login string) {
	b.T.Helper()
	b.Visit("/staff/sign-in")
	b.Write("form[data-passphrase] [name=login]", login)
	b.Write("form[data-passphrase] [name=passphrase]", "lantern orchard velvet canyon pepper")
	b.Click("form[data-passphrase] button")
	b.Until(`!location.pathname.startsWith("/staff/sign-in")`)
}

// TestTheHouseFromTellingToVerifying walks the whole first path in a real
// browser: a person tells on the device, an officer opens, sees who reported
// and answers, the person comes back, an administrator sees no content, an
// auditor verifies the log.
func TestTheHouseFromTellingToVerifying(t *testing.T) {
	base, said := demo(t)
	if shots := os.Getenv("VERHAAL_SHOTS"); shots != "" {
		if err := os.MkdirAll(shots, 0o755); err != nil {
			t.Fatal(err)
		}
	}

	person := browser.Open(t, base)
	person.Width(360)
	person.Visit("/en/")
	person.Shot("public-arrive")
	person.Visit("/ar/")
	person.Shot("public-arrive-ar")
	person.Visit("/en/")
	person.Click(`a[href="/en/guide"]`)
	person.Click(`input[name=kind][value=sexual]`)
	person.Click(`input[name=name][value=yes]`)
	person.Click("main form button")
	person.Click(`main section form[action="/en/tell"] button`)
	person.Write("#story", "Walked in by the test: they took my papers.")
	person.Click("form[data-seal] > details:last-of-type > summary")
	person.Write("#name", "Somebody Invented")
	person.Write("#safe", "Only before noon")
	person.Click("form[data-seal] .cluster button")
	person.See("[data-sent]")
	person.Shot("public-receipt")
	receipt := person.Text("[data-digits]")
	if len(strings.Fields(receipt)) != 7 {
		t.Fatalf("receipt %q", receipt)
	}

	officer := browser.Open(t, base)
	officer.Width(1280)
	signIn(officer, "avim")
	officer.See("[data-desk=police-avim]")
	officer.Click("[data-desk=police-avim] h2 a")
	officer.See("[data-queue]")
	officer.Shot("desk-queue")
	if first := officer.Text("[data-queue] tbody tr"); !strings.Contains(first, "Child") {
		t.Errorf("the queue begins with %q, not with a child", first)
	}
	open := func(story string) {
		t.Helper()
		links := browser.Ask[[]string](officer, `[...document.querySelectorAll("[data-row]")].map(a => a.getAttribute("href"))`)
		for _, link := range links {
			officer.Visit(link)
			officer.Click("[data-open]")
			officer.See("[data-opened]")
			if strings.Contains(officer.Text("[data-story]"), story) {
				return
			}
		}
		t.Fatalf("no report says %q", story)
	}
	open("they took my papers")
	if shown := browser.Ask[string](officer, "document.body.innerText"); strings.Contains(shown, "Somebody Invented") {
		t.Error("the name is shown without its own act")
	}
	browser.Ask[bool](officer, `document.querySelector("#code").value = "safety", true`)
	officer.Write("#reason", "She asked to be called.")
	officer.Click("[data-identity] button")
	officer.See("[data-identity-shown]")
	if who := officer.Text("[data-identity-shown]"); !strings.Contains(who, "Somebody Invented") || !strings.Contains(who, "Only before noon") {
		t.Errorf("who reported: %q", who)
	}
	officer.Write("#text", "We believe you.")
	officer.Click("[data-answer] button")
	officer.See("[data-answer] .good")
	officer.Shot("desk-report")

	person.Visit("/en/return")
	person.Write("#receipt", receipt)
	person.Click("form[data-return] button")
	person.See("[data-dialogue]")
	if thread := person.Text("[data-thread]"); !strings.Contains(thread, "We believe you.") {
		t.Errorf("the reporter reads %q", thread)
	}
	person.Dark(true)
	person.Shot("public-dialogue-dark")

	ended := browser.Open(t, base)
	signIn(ended, "expired")
	if shown := browser.Ask[string](ended, "document.body.innerText"); !strings.Contains(shown, "no certificate that is valid today") {
		t.Errorf("a member whose certificate ended sees: %s", shown)
	}

	admin := browser.Open(t, base)
	admin.Width(1280)
	signIn(admin, "admin")
	admin.Until(`location.pathname.startsWith("/admin/")`)
	admin.Shot("admin-overview")
	admin.Visit("/admin/channels/police-avim")
	admin.Shot("admin-channel")
	admin.Visit("/en/rules")
	admin.See("[data-verdict]")
	admin.Screen("rules-explorer")
	admin.Visit("/desk/")
	if shown := browser.Ask[string](admin, "document.body.innerText"); !strings.Contains(shown, "not allowed") {
		t.Errorf("an administrator at a desk sees: %s", shown)
	}

	auditor := browser.Open(t, base)
	auditor.Width(1280)
	signIn(auditor, "auditor")
	auditor.Until(`location.pathname.startsWith("/audit/")`)
	time.Sleep(1500 * time.Millisecond) // the next checkpoint
	auditor.Visit("/audit/")
	auditor.Click("[data-verify] button")
	auditor.See("[data-result]")
	if result := auditor.Text("[data-result]"); !strings.HasPrefix(result, "The log is whole") {
		t.Errorf("the page says %q", result)
	}
	browser.Ask[bool](auditor, `document.querySelector("#check").scrollIntoView(), true`)
	auditor.Screen("audit-log")
	key := regexp.MustCompile(`verhaal\.example/log\+\S+`).FindString(said)
	if shown := auditor.Text("dd.mono"); shown != key {
		t.Errorf("the page names the key %q, the demonstration %q", shown, key)
	}
	verifyOffline(t, auditor, key)
}

// verifyOffline makes a reader's key on the auditor's page and runs the
// command with it, as another organisation would.
func verifyOffline(t *testing.T, auditor *browser.Tab, key string) {
	t.Helper()
	auditor.Click(`form[action="/audit/readers"] button`)
	auditor.See("#readers ~ pre")
	t.Setenv("VERHAAL_LOG_TOKEN", auditor.Text("#readers ~ pre"))
	out, errs := &screen{}, &screen{}
	if status := cli.Run([]string{"verify", "log", "--key", key, auditor.Base + "/log"}, out, errs); status != 0 {
		t.Fatalf("verify log: %s", errs)
	}
	if !strings.Contains(out.String(), "is whole") {
		t.Errorf("verify log says %q", out)
	}
	t.Setenv("VERHAAL_LOG_TOKEN", "not-a-key")
	if status := cli.Run([]string{"verify", "log", "--key", key, auditor.Base + "/log"}, out, errs); status == 0 {
		t.Error("a stranger reads the log")
	}
}

// TestEveryStaffPageIsAccessible looks at each page at two widths, in both
// directions and both themes.
func TestEveryStaffPageIsAccessible(t *testing.T) {
	base, _ := demo(t)
	for _, visit := range []struct {
		login string
		paths []string
	}{
		{"avim", []string{"/desk/", "/desk/police-avim/", "/staff/account"}},
		{"admin", []string{"/admin/", "/admin/people", "/admin/channels/police-avim"}},
		{"auditor", []string{"/audit/"}},
	} {
		b := browser.Open(t, base)
		signIn(b, visit.login)
		if visit.login == "avim" {
			b.Visit("/desk/police-avim/")
			visit.paths = append(visit.paths, browser.Ask[string](b, `document.querySelector("[data-row]").getAttribute("href")`))
		}
		for _, width := range []int64{360, 1280} {
			b.Width(width)
			for i, path := range visit.paths {
				for _, dark := range []bool{false, true} {
					b.Dark(dark)
					b.Visit(path)
					b.See("h1")
					name := fmt.Sprintf("staff-%s-%d-%d-dark=%v", visit.login, i, width, dark)
					b.Check(name)
					b.Shot(name)
				}
			}
		}
	}
}
