package proof_test

import (
	"context"
	"crypto/sha256"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"testing"

	"verhaal/internal/recording/chunk"
	"verhaal/internal/recording/proof"
	"verhaal/internal/recording/recordingtest"
)

// BenchmarkVerify checks ten minutes of 2 Mbit/s without keys, beside SHA-256
// over the same files, on one processor and on all; and with keys.
func BenchmarkVerify(b *testing.B) {
	r := recordingtest.Make(b, recordingtest.Part{Track: chunk.Main, Seconds: 600, Camera: recordingtest.Camera{Codec: chunk.VP8Opus, Bitrate: 2_000_000}})
	file := filepath.Join(r.Dir, "0-0.vhc")
	info, err := os.Stat(file)
	if err != nil {
		b.Fatal(err)
	}
	check := func(b *testing.B) {
		b.SetBytes(info.Size())
		for b.Loop() {
			if result, err := proof.Verify(context.Background(), os.DirFS(r.Dir), proof.Options{LogKey: r.LogKey}); err != nil || !result.Sound {
				b.Fatalf("%v\n%s", err, result.Words())
			}
		}
	}
	b.Run("sha256", func(b *testing.B) {
		b.SetBytes(info.Size())
		buf := make([]byte, 1<<20)
		for b.Loop() {
			f, err := os.Open(file)
			if err != nil {
				b.Fatal(err)
			}
			if _, err := io.CopyBuffer(struct{ io.Writer }{sha256.New()}, struct{ io.Reader }{f}, buf); err != nil {
				b.Fatal(err)
			}
			f.Close()
		}
	})
	b.Run("one processor", func(b *testing.B) {
		defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
		check(b)
	})
	b.Run("all processors", check)
	r.WriteKeys(b)
	b.Run("all processors, with keys", check)
}
