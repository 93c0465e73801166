package stamp_test

import (
	"context"
	"crypto/x509"
	"encoding/pem"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"verhaal/internal/fault"
	"verhaal/internal/recording/stamp"
	"verhaal/internal/recording/stamp/stamptest"
)

func TestAStampIsOfTheseBytesAndAnotherToolAgrees(t *testing.T) {
	tsa := stamptest.Start(t)
	text := []byte(`{"manifest":1}`)
	der, err := tsa.Authority().Stamp(t.Context(), text)
	if err != nil {
		t.Fatal(err)
	}
	got, err := stamp.Check(der, text, tsa.Roots())
	if err != nil || !got.Trusted || got.By == "" || time.Since(got.At) > time.Minute {
		t.Fatalf("%+v, %v", got, err)
	}
	if got, err := stamp.Check(der, text, nil); err != nil || got.Trusted {
		t.Errorf("without roots: %+v, %v", got, err)
	}
	if _, err := stamp.Check(der, text, x509.NewCertPool()); err == nil {
		t.Error("a signer that nobody trusts is trusted")
	}
	if _, err := stamp.Check(der, []byte(`{"manifest":2}`), tsa.Roots()); err == nil {
		t.Error("a stamp of other bytes counts")
	}
	for i := range der {
		bad := append([]byte(nil), der...)
		bad[i] ^= 1
		if again, err := stamp.Check(bad, text, tsa.Roots()); err == nil && !again.At.Equal(got.At) {
			t.Fatalf("with byte %d changed it says %v", i, again.At)
		}
	}

	dir := t.TempDir()
	write := func(name string, data []byte) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, data, 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	roots := write("root.pem", pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: tsa.Root().Raw}))
	out, err := exec.Command("openssl", "ts", "-verify", "-data", write("manifest.json", text), "-in", write("manifest.tsr", der), "-CAfile", roots).CombinedOutput()
	if err != nil {
		t.Fatalf("openssl: %v\n%s", err, out)
	}
}

func TestAnAuthorityThatIsAwayOrWrongIsNoStamp(t *testing.T) {
	tsa := stamptest.Start(t)
	for name, set := range map[string]func(){
		"refuses":                  func() { tsa.Refuse = true },
		"stamps other bytes":       func() { tsa.OtherBytes = true },
		"answers another question": func() { tsa.OtherNonce = true },
		"may not stamp":            func() { tsa.NoUsage = true },
		"is gone":                  func() { tsa.Close() },
	} {
		tsa = stamptest.Start(t)
		set()
		if _, err := tsa.Authority().Stamp(context.Background(), []byte("x")); fault.KindOf(err) != fault.Unavailable {
			t.Errorf("an authority that %s: %v", name, err)
		}
	}
}

func FuzzAnAnswer(f *testing.F) {
	tsa := stamptest.Start(f)
	der, err := tsa.Authority().Stamp(f.Context(), []byte("x"))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(der)
	f.Fuzz(func(t *testing.T, der []byte) {
		if got, err := stamp.Check(der, []byte("x"), tsa.Roots()); err == nil && !got.Trusted {
			t.Error("neither trusted nor refused")
		}
	})
}

func FuzzCheck(f *testing.F) {
	f.Add([]byte{0x30, 0x09, 0x30, 0x03, 0x02, 0x01, 0x00, 0x30, 0x02, 0x1f, 0x01}) // ends inside a tag
	der, err := stamptest.Start(f).Authority().Stamp(f.Context(), []byte("manifest"))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(der)
	f.Fuzz(func(t *testing.T, der []byte) {
		_, _ = stamp.Check(der, []byte("manifest"), nil)
	})
}
