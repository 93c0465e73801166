package cli_test

import (
	"archive/zip"
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"verhaal/internal/cli"
	"verhaal/internal/recording/chunk"
	"verhaal/internal/recording/proof"
	"verhaal/internal/recording/recordingtest"
)

// verified runs `verhaal verify recording` and gives the exit status and all
// that was said.
func verified(args ...string) (int, string) {
	var out bytes.Buffer
	status := cli.Run(append([]string{"verify", "recording"}, args...), &out, &out)
	return status, out.String()
}

func TestVerifyRecordingAnswersByExitStatus(t *testing.T) {
	r := recordingtest.Make(t, recordingtest.Part{Track: chunk.Main, From: 50_000, Seconds: 20, Camera: recordingtest.Camera{Codec: chunk.VP8Opus}})
	file := filepath.Join(r.Dir, "0-0.vhc")
	identity := filepath.Join(t.TempDir(), "key.txt")
	if err := os.WriteFile(identity, []byte("# of a case\n"+r.Case.Secret()+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	expect := func(what string, status int, says string, args ...string) {
		t.Helper()
		if got, out := verified(args...); got != status || !strings.Contains(out, says) {
			t.Errorf("%s: exit %d, want %d and %q:\n%s", what, got, status, says, out)
		}
	}
	expect("a folder", 0, "unaltered since it was sealed", "--log-key", r.LogKey, r.Dir)
	expect("one file", 0, "whether its end is missing", file)
	expect("one file, and what it can't have", 2, "neither cosignature nor timestamp", "--witness", r.LogKey, file)
	expect("an archive", 0, "unaltered since it was sealed", "--log-key", r.LogKey, archived(t, r.Dir, ""))
	expect("an archive with a folder in it", 0, "unaltered since it was sealed", archived(t, r.Dir, "recording/"))
	expect("a key without the server's part", 2, "release.json", "--key", identity, r.Dir)
	release, err := proof.MarshalKeys(r.ID, r.Release())
	if err != nil {
		t.Fatal(err)
	}
	r.Write(t, "release.json", release)
	expect("a key", 0, "3. Contents: right.", "--key", identity, r.Dir)
	expect("no key file", 2, "no private key", "--key", file, r.Dir)
	expect("nothing", 2, "no such file", filepath.Join(r.Dir, "nothing"))
	expect("an empty folder", 2, "neither an export nor an excerpt", t.TempDir())
	expect("a letter", 2, "no chunk record", filepath.Join(r.Dir, "log/key"))

	whole, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	whole[len(whole)/2] ^= 1
	r.Write(t, "0-0.vhc", whole)
	expect("a flipped bit", 1, "main, part 0, minute 0, record 19: bytes of it were changed", r.Dir)

	status, out := verified("--json", r.Dir)
	var result proof.Result
	if err := json.NewDecoder(strings.NewReader(out)).Decode(&result); err != nil || status != 1 || result.Sound || len(result.Faults) != 1 {
		t.Fatalf("exit %d, %v:\n%s", status, err, out)
	}
}

// archived packs a folder into an archive, below prefix.
func archived(t *testing.T, dir, prefix string) string {
	t.Helper()
	name := filepath.Join(t.TempDir(), "export.zip")
	file, err := os.Create(name)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	w := zip.NewWriter(file)
	if err := filepath.WalkDir(dir, func(path string, entry os.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		data, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		inner, err := filepath.Rel(dir, path)
		if err != nil {
			return err
		}
		f, err := w.Create(prefix + filepath.ToSlash(inner))
		if err != nil {
			return err
		}
		_, err = f.Write(data)
		return err
	}); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return name
}
