package rulebook

import (
	"archive/zip"
	"bytes"
	"io/fs"
	"strings"
	"testing"
)

// entry is a file of a zip; its name may be anything.
type entry struct {
	name, body string
	mode       fs.FileMode
}

func zipOf(t testing.TB, entries ...entry) []byte {
	t.Helper()
	var out bytes.Buffer
	z := zip.NewWriter(&out)
	for _, e := range entries {
		head := &zip.FileHeader{Name: e.name, Method: zip.Deflate}
		head.SetMode(e.mode)
		w, err := z.CreateHeader(head)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write([]byte(e.body)); err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func TestAnArchiveHoldsYAMLOfOneFolderAndNothingElse(t *testing.T) {
	many := make([]entry, maxFiles+1)
	for i := range many {
		many[i] = entry{name: "nl/" + strings.Repeat("a", i+1) + ".yaml"}
	}
	for name, c := range map[string]struct {
		archive []byte
		want    string
	}{
		"traversal":  {zipOf(t, entry{name: "nl/../../etc/x.yaml"}), "no place"},
		"absolute":   {zipOf(t, entry{name: "/nl/x.yaml"}), "no place"},
		"backslash":  {zipOf(t, entry{name: `nl\x.yaml`}), "no place"},
		"other":      {zipOf(t, entry{name: "eu/pack.yaml"}), "no place"},
		"similar":    {zipOf(t, entry{name: "nl2/pack.yaml"}), "no place"},
		"no YAML":    {zipOf(t, entry{name: "nl/run.sh"}), "no place"},
		"hidden":     {zipOf(t, entry{name: "nl/.yaml"}), "no place"},
		"both":       {zipOf(t, entry{name: "nl/a.yaml"}, entry{name: "nl/a.yaml/b.yaml"}), "no place"},
		"link":       {zipOf(t, entry{name: "nl/a.yaml", mode: fs.ModeSymlink | 0o777}), "no place"},
		"twice":      {zipOf(t, entry{name: "nl/a.yaml"}, entry{name: "nl/a.yaml"}), "twice"},
		"many":       {zipOf(t, many...), "more than 200 files"},
		"bomb":       {zipOf(t, entry{name: "nl/a.yaml", body: strings.Repeat(" ", MaxArchive+1)}), "more than 2048 KiB together"},
		"two halves": {zipOf(t, entry{name: "nl/a.yaml", body: strings.Repeat(" ", MaxArchive)}, entry{name: "nl/b.yaml", body: " "}), "nl/b.yaml: the files"},
		"large":      {make([]byte, MaxArchive+1), "larger than"},
		"cut":        {zipOf(t, entry{name: "nl/a.yaml", body: "x"})[:40], "not a zip"},
	} {
		if _, err := open(c.archive, "nl"); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q", name, err, c.want)
		}
	}
	fsys, err := open(zipOf(t, entry{name: "nl/", mode: fs.ModeDir | 0o755}, entry{name: "nl/rules/10-a.b.yaml", body: "x"}), "nl")
	if err != nil {
		t.Fatal(err)
	}
	if body, err := fs.ReadFile(fsys, "nl/rules/10-a.b.yaml"); err != nil || string(body) != "x" {
		t.Errorf("%q %v", body, err)
	}
}

func TestNumbersAreOrderedAsNumbers(t *testing.T) {
	sorted := []string{"2025.12", "2026.1", "2026.1.1", "2026.2", "2026.10", "2027", "10000000000000000000000000.1"}
	for i, x := range sorted {
		for j, y := range sorted {
			if d := compare(x, y); (d < 0) != (i < j) || (d == 0) != (i == j) {
				t.Errorf("%s and %s: %d", x, y, d)
			}
		}
	}
	if compare("2026.1", "2026.01.0") != 0 {
		t.Error("2026.1 and 2026.01.0 are one number")
	}
}

// FuzzArchive holds that no bytes break the reader, and that what it takes is
// within its bounds.
func FuzzArchive(f *testing.F) {
	f.Add([]byte{})
	f.Add(zipOf(f, entry{name: "nl/pack.yaml", body: "name: nl"}, entry{name: "nl/rules/", mode: fs.ModeDir}))
	f.Add(zipOf(f, entry{name: "nl/../x.yaml", body: "x"}))
	f.Add(zipOf(f, entry{name: "nl/a.yaml"}, entry{name: "nl/a.yaml"}))
	f.Fuzz(func(t *testing.T, archive []byte) {
		fsys, err := open(archive, "nl")
		if err != nil {
			if strings.Contains(err.Error(), "\n") {
				t.Errorf("more than one line: %q", err)
			}
			return
		}
		total := 0
		err = fs.WalkDir(fsys, ".", func(name string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() {
				return err
			}
			if !strings.HasPrefix(name, "nl/") || !strings.HasSuffix(name, ".yaml") {
				t.Errorf("%q was taken", name)
			}
			body, err := fs.ReadFile(fsys, name)
			total += len(body)
			return err
		})
		if err != nil || total > MaxArchive {
			t.Errorf("%d bytes, %v", total, err)
		}
	})
}
