package seal_test

import (
	"bufio"
	"encoding/base64"
	"encoding/json"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/evanw/esbuild/pkg/api"
)

// browser is ui/seal running in node, as in a page that has no secure context.
type browser struct {
	in  io.Writer
	out *bufio.Reader
}

func openBrowser(t *testing.T) *browser {
	t.Helper()
	node, err := exec.LookPath("node")
	if err != nil {
		t.Fatal("node is missing: install Node.js 20 or newer (Debian: apt-get install nodejs)")
	}
	root, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(filepath.Join(root, "node_modules", "age-encryption")); err != nil {
		t.Fatal("node_modules is missing: run `npm ci` at the root of the repository")
	}
	script := filepath.Join(t.TempDir(), "testpage.mjs")
	built := api.Build(api.BuildOptions{
		AbsWorkingDir: root,
		EntryPoints:   []string{"ui/seal/testpage.ts"},
		Outfile:       script,
		Bundle:        true,
		Write:         true,
		Format:        api.FormatESModule,
		Target:        api.ES2022,
		Platform:      api.PlatformBrowser,
		LogLevel:      api.LogLevelSilent,
	})
	if len(built.Errors) > 0 {
		t.Fatalf("bundle ui/seal/testpage.ts: %v", built.Errors)
	}
	page := exec.Command(node, script)
	page.Stderr = os.Stderr
	in, err := page.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := page.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := page.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := in.Close(); err != nil {
			t.Error(err)
		}
		if err := page.Wait(); err != nil {
			t.Errorf("node ended with %v", err)
		}
	})
	b := &browser{in, bufio.NewReader(out)}
	for _, lang := range []string{"en", "nl", "ar"} {
		text, err := os.ReadFile("words/" + lang + ".txt")
		if err != nil {
			t.Fatal(err)
		}
		call[any](t, b, "list", "/static/words-"+lang+".txt", string(text))
	}
	return b
}

// try calls a function of ui/seal; refusal is what it threw, "" if nothing.
func try[T any](t *testing.T, b *browser, name string, args ...any) (value T, refusal string) {
	t.Helper()
	line, err := json.Marshal(append([]any{name}, args...))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := b.in.Write(append(line, '\n')); err != nil {
		t.Fatal(err)
	}
	reply, err := b.out.ReadBytes('\n')
	if err != nil {
		t.Fatal(err)
	}
	var answer struct {
		Value json.RawMessage
		Error string
	}
	if err := json.Unmarshal(reply, &answer); err != nil {
		t.Fatalf("%s answered %q", name, reply)
	}
	if answer.Error != "" {
		return value, answer.Error
	}
	if err := json.Unmarshal(answer.Value, &value); err != nil {
		t.Fatalf("%s answered %s", name, answer.Value)
	}
	return value, ""
}

func call[T any](t *testing.T, b *browser, name string, args ...any) T {
	t.Helper()
	value, refusal := try[T](t, b, name, args...)
	if refusal != "" {
		t.Fatalf("%s: %s", name, refusal)
	}
	return value
}

func b64(bytes []byte) string { return base64.StdEncoding.EncodeToString(bytes) }

func unb64(t *testing.T, text string) []byte {
	t.Helper()
	bytes, err := base64.StdEncoding.DecodeString(text)
	if err != nil {
		t.Fatal(err)
	}
	return bytes
}
