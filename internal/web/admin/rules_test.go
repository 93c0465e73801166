package admin_test

import (
	"archive/zip"
	"bytes"
	"io/fs"
	"mime/multipart"
	"net/http"
	"regexp"
	"strings"
	"testing"

	"verhaal/internal/rulebook"
	"verhaal/internal/staff"
	"verhaal/packs"
)

var number = regexp.MustCompile(`version: ".*"`)

// zipped is an archive of the pack with another line for its number.
func zipped(t testing.TB, version string) []byte {
	t.Helper()
	var out bytes.Buffer
	z := zip.NewWriter(&out)
	must(t, fs.WalkDir(packs.FS, "nl", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		body, err := fs.ReadFile(packs.FS, name)
		must(t, err)
		if name == "nl/pack.yaml" {
			body = number.ReplaceAll(body, []byte(version))
		}
		w, err := z.Create(name)
		must(t, err)
		_, err = w.Write(body)
		return err
	}))
	must(t, z.Close())
	return out.Bytes()
}

// upload sends an archive as the form does.
func (h *house) upload(t *testing.T, field string, archive []byte) (int, string) {
	t.Helper()
	var body bytes.Buffer
	form := multipart.NewWriter(&body)
	part, err := form.CreateFormFile(field, "nl.zip")
	must(t, err)
	_, err = part.Write(archive)
	must(t, err)
	must(t, form.Close())
	return h.send(t, staff.Administrator, http.MethodPost, "/admin/rules", form.FormDataContentType(), &body)
}

func TestTwoAdministratorsBringANewVersionOfTheRulesIntoForce(t *testing.T) {
	h := newHouse(t)
	second, _ := h.enrolled(t, "bo", "Bo Smit", staff.Administrator)
	officer, _ := h.enrolled(t, "off", "An Officer", staff.Officer)
	page := func(path string) string {
		t.Helper()
		status, page := h.ask(t, staff.Administrator, "GET", path, nil)
		if status != http.StatusOK {
			t.Fatalf("%s: %d", path, status)
		}
		return page
	}
	before := h.rules.Now()
	if p := page("/admin/rules"); !strings.Contains(p, before.Hash) || !strings.Contains(p, "Came with the software") {
		t.Error("the page does not say what is in force")
	}

	archive := zipped(t, `version: "2027.1"`)
	status, to := h.upload(t, "archive", archive)
	if status != http.StatusSeeOther || to != "/admin/rules?done=rules_proposed" {
		t.Fatalf("%d %s", status, to)
	}
	list, err := h.rules.List(t.Context())
	must(t, err)
	proposed := list[0]
	if list[0].State != rulebook.Proposed {
		proposed = list[1]
	}
	confirm, refuse := "/admin/rules/"+proposed.Hash+"/confirm", "/admin/rules/"+proposed.Hash+"/refuse"
	own := page(to)
	for _, want := range []string{"Another administrator must confirm it", "7 worked cases were tried", "S-17: unmet → met", "Noor de Wit", `action="` + refuse + `"`} {
		if !strings.Contains(own, want) {
			t.Errorf("who proposed does not see %q", want)
		}
	}
	if strings.Contains(own, confirm) {
		t.Error("who proposed is offered to confirm")
	}
	if !strings.Contains(page("/admin/"), "1 version of the rules waits") {
		t.Error("the overview does not say that a version waits")
	}
	if status, p := h.ask(t, staff.Administrator, "POST", confirm, nil); status != http.StatusForbidden || !strings.Contains(p, "another administrator must confirm") {
		t.Errorf("confirmed by who proposed: %d", status)
	}
	h.asks = officer
	if status, _ := h.ask(t, staff.Administrator, "POST", confirm, nil); status != http.StatusForbidden {
		t.Errorf("confirmed by somebody who is no administrator any more: %d", status)
	}
	if h.rules.Now() != before {
		t.Fatal("one person changed the law")
	}

	h.asks = second
	if p := page("/admin/rules"); !strings.Contains(p, `action="`+confirm+`"`) {
		t.Error("the second administrator can't confirm")
	}
	if status, to := h.ask(t, staff.Administrator, "POST", confirm, nil); status != http.StatusSeeOther || to != "/admin/rules?done=rules_confirmed" {
		t.Fatalf("%d %s", status, to)
	}
	if h.rules.Now().Version != "2027.1" {
		t.Errorf("in force is %s", h.rules.Now().Version)
	}
	if status, p := h.ask(t, staff.Administrator, "POST", refuse, nil); status != http.StatusConflict || !strings.Contains(p, `role="alert"`) {
		t.Errorf("refused after it was confirmed: %d", status)
	}
	if got := page("/admin/rules/" + proposed.Hash + "/archive"); got != string(archive) {
		t.Error("the archive is another than was uploaded")
	}
}

func TestAVersionThatCanNotBeTakenSaysWhereItIsWrong(t *testing.T) {
	h := newHouse(t)
	for name, c := range map[string]struct {
		field   string
		archive []byte
		status  int
		want    string
	}{
		"broken":    {"archive", zipped(t, "vresion: \"2027.1\""), http.StatusBadRequest, "nl/pack.yaml:2: &#34;vresion&#34;: unknown field"},
		"older":     {"archive", zipped(t, `version: "2001.1"`), http.StatusBadRequest, "version 2001.1 is older than"},
		"no zip":    {"archive", []byte("x"), http.StatusBadRequest, "not a zip archive"},
		"no file":   {"archive", nil, http.StatusBadRequest, "not a zip archive"},
		"field":     {"other", zipped(t, `version: "2027.1"`), http.StatusBadRequest, ""},
		"too large": {"archive", make([]byte, rulebook.MaxArchive+1), http.StatusRequestEntityTooLarge, ""},
		"endless":   {"archive", make([]byte, 2*rulebook.MaxArchive), http.StatusRequestEntityTooLarge, ""},
	} {
		status, page := h.upload(t, c.field, c.archive)
		if status != c.status || !strings.Contains(page, c.want) {
			t.Errorf("%s: %d %.200s", name, status, page)
		}
		if c.want != "" && !strings.Contains(page, "What was in force stays in force") {
			t.Errorf("%s: the page does not say that nothing changed", name)
		}
	}
	list, err := h.rules.List(t.Context())
	must(t, err)
	if len(list) != 1 {
		t.Errorf("%d versions are kept", len(list))
	}
}
