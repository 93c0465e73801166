package test

import (
	"archive/zip"
	"bytes"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"verhaal/internal/rulebook"
	"verhaal/packs"
)

// TestTheLawChangesWhileTheHouseIsOpen lets two administrators bring another
// emergency number into force, and finds it on the reporters' page.
func TestTheLawChangesWhileTheHouseIsOpen(t *testing.T) {
	a, people := inhabited(t)
	ctx, admin := t.Context(), people["administrator"]
	second := a.Member(t, "second", "administrator")
	arrive := func() string {
		w := httptest.NewRecorder()
		a.Handler.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/en/", nil))
		return w.Body.String()
	}
	if err := admin.ProposeRules(ctx, next(t)); err != nil {
		t.Fatal(err)
	}
	versions, err := a.Rules.List(ctx)
	if err != nil {
		t.Fatal(err)
	}
	for _, v := range versions {
		if v.State != rulebook.Proposed {
			continue
		}
		if v.Report.Passed < 50 || !strings.Contains(strings.Join(v.Report.Changes, "\n"), "emergency number: 112 → 119") {
			t.Errorf("the check says %+v", v.Report)
		}
		if err := admin.ConfirmRules(ctx, v.Hash); err == nil || strings.Contains(arrive(), "119") {
			t.Fatalf("one person changed the law: %v", err)
		}
		if err := second.ConfirmRules(ctx, v.Hash); err != nil {
			t.Fatal(err)
		}
	}
	if !strings.Contains(arrive(), "119") {
		t.Error("the reporters' page still shows the number of before")
	}
}

// next is the pack with a greater number and another emergency number.
func next(t *testing.T) []byte {
	t.Helper()
	var out bytes.Buffer
	z := zip.NewWriter(&out)
	err := fs.WalkDir(packs.FS, "nl", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		body, err := fs.ReadFile(packs.FS, name)
		if err != nil {
			return err
		}
		w, err := z.Create(name)
		if err != nil {
			return err
		}
		text := strings.Replace(string(body), `number: "112"`, `number: "119"`, 1)
		if name == "nl/pack.yaml" {
			text = strings.Replace(text, `version: "`, `version: "9`, 1)
		}
		_, err = w.Write([]byte(text))
		return err
	})
	if err == nil {
		err = z.Close()
	}
	if err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}
