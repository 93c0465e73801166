package main

import (
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// tree lays out a small repository: one audience that uses one npm package.
func tree(t *testing.T) string {
	t.Helper()
	root := t.TempDir()
	for name, text := range map[string]string{
		"ui/desk/main.ts":                    `import { hello } from "@x/greet"; console.log(hello satisfies string);`,
		"ui/seal/index.ts":                   `export const library = 1;`,
		"ui/css/site.css":                    "body {\n  margin-inline: 0;\n}\n",
		"internal/seal/words/en.txt":         "able\nacid\n",
		"docs/reader/verhaal_reader.py":      "print('sound')\n",
		"node_modules/@x/greet/LICENSE":      "Anybody may greet.",
		"node_modules/@x/greet/index.js":     `export const hello = "hello"; export const unused = "bye";`,
		"node_modules/@x/unused/index.js":    `export {};`,
		"node_modules/@x/greet/package.json": `{"name": "@x/greet", "type": "module", "main": "index.js"}`,
	} {
		path := filepath.Join(root, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return root
}

func contents(t *testing.T, dir string) map[string]string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	all := make(map[string]string)
	for _, entry := range entries {
		text, err := os.ReadFile(filepath.Join(dir, entry.Name()))
		if err != nil {
			t.Fatal(err)
		}
		all[entry.Name()] = string(text)
	}
	return all
}

func TestBuildMakesEveryFileThreeTimesAndTheSameAgain(t *testing.T) {
	root := tree(t)
	dist := filepath.Join(root, "ui", "dist")
	if err := run(root, false, io.Discard); err != nil {
		t.Fatal(err)
	}
	first := contents(t, dist)
	var want []string
	for _, name := range []string{"LICENSES.txt", "desk.js", "reader.txt", "site.css", "words-en.txt"} {
		want = append(want, name, name+".br", name+".gz")
	}
	slices.Sort(want)
	if got := slices.Sorted(maps.Keys(first)); !slices.Equal(got, want) {
		t.Errorf("dist has %v, want %v", got, want)
	}
	if !strings.Contains(first["desk.js"], "hello") || strings.Contains(first["desk.js"], "bye") {
		t.Errorf("desk.js is %q", first["desk.js"])
	}
	if got := first["LICENSES.txt"]; !strings.Contains(got, "@x/greet") || !strings.Contains(got, "Anybody may greet.") || strings.Contains(got, "unused") {
		t.Errorf("LICENSES.txt is %q", got)
	}
	if err := run(root, false, io.Discard); err != nil {
		t.Fatal(err)
	}
	if !maps.Equal(first, contents(t, dist)) {
		t.Error("the second build differs from the first")
	}
	if err := run(root, true, io.Discard); err != nil {
		t.Errorf("a fresh build is called stale: %v", err)
	}
}

func TestBuildRemovesWhatHasNoSource(t *testing.T) {
	root := tree(t)
	if err := run(root, false, io.Discard); err != nil {
		t.Fatal(err)
	}
	if err := os.RemoveAll(filepath.Join(root, "ui", "desk")); err != nil {
		t.Fatal(err)
	}
	if err := run(root, false, io.Discard); err != nil {
		t.Fatal(err)
	}
	for name := range contents(t, filepath.Join(root, "ui", "dist")) {
		if strings.HasPrefix(name, "desk.js") {
			t.Errorf("%s is still there", name)
		}
	}
}

func TestCheckNamesWhatIsStale(t *testing.T) {
	for name, spoil := range map[string]func(root string) error{
		"desk.js": func(root string) error {
			return os.WriteFile(filepath.Join(root, "ui/desk/main.ts"), []byte(`import { hello } from "@x/greet"; console.log(hello, "changed");`), 0o644)
		},
		"site.css.br": func(root string) error { return os.Remove(filepath.Join(root, "ui/dist/site.css.br")) },
		"site.css.gz": func(root string) error {
			return os.WriteFile(filepath.Join(root, "ui/dist/site.css.gz"), []byte("not gzip"), 0o644)
		},
		"gone.js": func(root string) error { return os.WriteFile(filepath.Join(root, "ui/dist/gone.js"), nil, 0o644) },
		"npm ci":  func(root string) error { return os.RemoveAll(filepath.Join(root, "node_modules")) },
		"@x/greet has no licence": func(root string) error {
			return os.Remove(filepath.Join(root, "node_modules/@x/greet/LICENSE"))
		},
		"ui/desk/main.ts": func(root string) error {
			return os.WriteFile(filepath.Join(root, "ui/desk/main.ts"), []byte(`console.log(`), 0o644)
		},
	} {
		root := tree(t)
		if err := run(root, false, io.Discard); err != nil {
			t.Fatal(err)
		}
		if err := spoil(root); err != nil {
			t.Fatal(err)
		}
		before := contents(t, filepath.Join(root, "ui", "dist"))
		if err := run(root, true, io.Discard); err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("%s: %v", name, err)
		}
		if !maps.Equal(before, contents(t, filepath.Join(root, "ui", "dist"))) {
			t.Errorf("%s: the check wrote", name)
		}
	}
}

// A reporter on a slow line waits for what seals.
func TestSealingWeighsAtMost55kBCompressed(t *testing.T) {
	root, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(filepath.Join(root, "node_modules")); err != nil {
		t.Fatal("node_modules is missing: run `npm ci` at the root of the repository")
	}
	script, err := transform(root, filepath.Join(root, "ui", "seal", "index.ts"), map[string]bool{})
	if err != nil {
		t.Fatal(err)
	}
	small := len(brotlied(script))
	t.Logf("ui/seal: %d bytes, %d in brotli", len(script), small)
	if small > 55_000 {
		t.Errorf("ui/seal has %d bytes in brotli", small)
	}
}
