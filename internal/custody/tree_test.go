package custody_test

import (
	"archive/tar"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/mod/sumdb/tlog"

	"verhaal/internal/custody"
	"verhaal/internal/custody/verify"
	"verhaal/internal/db"
	"verhaal/internal/db/dbtest"
	"verhaal/internal/fault"
)

// fill does n acts of a few actors, many at once.
func fill(t testing.TB, l *custody.Log, n int) {
	t.Helper()
	var wg sync.WaitGroup
	lanes := make(chan struct{}, 64)
	for i := range n {
		lanes <- struct{}{}
		wg.Go(func() {
			defer func() { <-lanes }()
			act := custody.Act{Kind: "report.opened", Actor: fmt.Sprintf("staff-%d", i%5), Subject: fmt.Sprintf("r%d", i),
				Facts: map[string]string{"channel": "police", "epoch": "1"}}
			if i%3 == 0 {
				act = custody.Act{Kind: "report.received", Subject: fmt.Sprintf("r%d", i), DayOnly: true,
					Facts: map[string]string{"channel": "police"}, Hashes: map[string][]byte{"sealed": make([]byte, 32)}}
			}
			if _, err := l.Do(context.Background(), act, nil); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
}

func grow(t testing.TB, l *custody.Log) {
	t.Helper()
	if err := l.Grow(context.Background()); err != nil {
		t.Fatal(err)
	}
}

func serve(t testing.TB, l *custody.Log, token string) string {
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if token != "" && r.Header.Get("Authorization") != "Bearer "+token {
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		path := strings.TrimPrefix(r.URL.Path, "/")
		data, err := l.Tile(r.Context(), path)
		if path == "checkpoint" {
			data, err = l.Checkpoint(r.Context())
		}
		switch {
		case fault.KindOf(err) == fault.NotFound || fault.KindOf(err) == fault.BadInput && err != nil:
			w.WriteHeader(http.StatusNotFound)
		case err != nil:
			w.WriteHeader(http.StatusInternalServerError)
		default:
			_, _ = w.Write(data)
		}
	}))
	t.Cleanup(s.Close)
	return s.URL
}

func TestReadersOfOthersAcceptWhatWeServeAndExport(t *testing.T) {
	tool, err := filepath.Abs("../../.tools/bin/fsck")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(tool); err != nil {
		t.Fatal("Tessera's fsck is missing: run `make tools`")
	}
	dbtest.Each(t, func(t *testing.T, d *db.DB, w *db.Writer) {
		l := newLog(t, d, w)
		fill(t, l, 700)
		grow(t, l)
		dir := filepath.Join(t.TempDir(), "log")
		if err := l.ExportDir(t.Context(), dir); err != nil {
			t.Fatal(err)
		}
		key := filepath.Join(t.TempDir(), "key.pub")
		if err := os.WriteFile(key, []byte(l.Verifier()), 0o600); err != nil {
			t.Fatal(err)
		}
		for _, at := range []string{"file://" + dir + "/", serve(t, l, "") + "/"} {
			ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
			defer cancel()
			out, err := exec.CommandContext(ctx, tool, "-storage_url", at, "-public_key", key, "-ui=false").CombinedOutput()
			if err != nil {
				t.Errorf("fsck refuses %s: %v\n%s", at, err, out)
			}
		}
		bundle := filepath.Join(dir, "tile/entries/001")
		data, err := os.ReadFile(bundle)
		if err != nil {
			t.Fatal(err)
		}
		data[100] ^= 1
		if err := os.WriteFile(bundle, data, 0o600); err != nil {
			t.Fatal(err)
		}
		// It tries a bad bundle for ever; what counts is that it never accepts.
		ctx, cancel := context.WithTimeout(t.Context(), 3*time.Second)
		defer cancel()
		if out, err := exec.CommandContext(ctx, tool, "-storage_url", "file://"+dir+"/", "-public_key", key, "-ui=false").CombinedOutput(); err == nil {
			t.Errorf("fsck accepts a flipped bit, so it proves nothing:\n%s", out)
		}
	})
}

func TestServedAndExportedLogsVerify(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB, w *db.Writer) {
		l := newLog(t, d, w)
		if _, err := l.Checkpoint(t.Context()); fault.KindOf(err) != fault.NotFound {
			t.Errorf("a checkpoint before the first: %v", err)
		}
		var older [][]byte
		url := serve(t, l, "secret")
		size := 0
		for _, n := range []int{0, 1, 254, 1, 1, 255, 100, 412, 3000} {
			fill(t, l, n)
			size += n
			if n == 0 {
				do(t, l, custody.Act{Kind: "log.begun"})
				size++
			}
			grow(t, l)
			r, err := verify.Log(t.Context(), verify.At(url, "secret"), l.Verifier(), older...)
			if err != nil {
				t.Fatalf("%d leaves: %v", size, err)
			}
			if r.Size != int64(size) || r.Origin != origin {
				t.Errorf("checked %d leaves of %s, want %d", r.Size, r.Origin, size)
			}
			older = append(older, r.Checkpoint)
		}
		if _, err := verify.Log(t.Context(), verify.At(url, "wrong"), l.Verifier()); err == nil {
			t.Error("verified without the token")
		}
		dir := untar(t, l)
		if _, err := verify.Log(t.Context(), verify.At(dir, ""), l.Verifier(), older...); err != nil {
			t.Error(err)
		}
		for i, signed := range older[:len(older)-1] {
			at := int64([]int{1, 2, 256, 257, 258, 513, 613, 1025}[i])
			proof, err := l.Consistency(t.Context(), at, int64(size))
			if err != nil {
				t.Fatal(err)
			}
			if err := tlog.CheckTree(proof, int64(size), root(t, older[len(older)-1]), at, root(t, signed)); err != nil {
				t.Errorf("from %d: %v", at, err)
			}
		}
	})
}

func root(t *testing.T, checkpoint []byte) tlog.Hash {
	t.Helper()
	h, err := tlog.ParseHash(strings.Split(string(checkpoint), "\n")[2])
	if err != nil {
		t.Fatal(err)
	}
	return h
}

func untar(t *testing.T, l *custody.Log) string {
	t.Helper()
	var archive bytes.Buffer
	if err := l.Export(t.Context(), &archive); err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	for r := tar.NewReader(&archive); ; {
		h, err := r.Next()
		if errors.Is(err, io.EOF) {
			return dir
		}
		if err != nil {
			t.Fatal(err)
		}
		data, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		file := filepath.Join(dir, h.Name)
		if err := errors.Join(os.MkdirAll(filepath.Dir(file), 0o700), os.WriteFile(file, data, 0o600)); err != nil {
			t.Fatal(err)
		}
	}
}

func TestEveryLeafCanBeProvedIncluded(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB, w *db.Writer) {
		l := newLog(t, d, w)
		fill(t, l, 300)
		grow(t, l)
		entries, err := l.Entries(t.Context(), 0, 1000)
		if err != nil || len(entries) != 300 {
			t.Fatalf("%d entries, %v", len(entries), err)
		}
		for _, e := range entries {
			p, err := l.Inclusion(t.Context(), e.Seq)
			if err != nil {
				t.Fatal(err)
			}
			if p.Leaf != tlog.Hash(e.Hash) {
				t.Errorf("leaf %d: the proof is of another", e.Seq)
			}
			if err := tlog.CheckRecord(p.Proof, p.Size, p.Root, e.Seq, tlog.Hash(e.Hash)); err != nil {
				t.Errorf("leaf %d: %v", e.Seq, err)
			}
		}
		if _, err := l.Inclusion(t.Context(), 300); fault.KindOf(err) != fault.NotFound {
			t.Errorf("a leaf that is not there: %v", err)
		}
	})
}

func TestNothingIsSignedOverAChangedTree(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB, w *db.Writer) {
		l := newLog(t, d, w)
		fill(t, l, 10)
		grow(t, l)
		before, err := l.Checkpoint(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if err := w.Write(t.Context(), nil, func(tx *db.Tx) error {
			_, err := tx.Exec(`update custody_tile set hashes = $1 where level = 0`, make([]byte, 10*32))
			return err
		}); err != nil {
			t.Fatal(err)
		}
		fill(t, l, 1)
		if err := l.Grow(t.Context()); err == nil {
			t.Error("signed over a tree that was changed")
		}
		if after, err := l.Checkpoint(t.Context()); err != nil || !bytes.Equal(before, after) {
			t.Errorf("the checkpoint moved: %v", err)
		}
	})
}

func TestProofsOfReportAreCheckedWithAndWithoutTheLog(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB, w *db.Writer) {
		l := newLog(t, d, w)
		fill(t, l, 5)
		sealed := bytes.Repeat([]byte{7}, 32)
		e := do(t, l, custody.Act{Kind: "report.received", Subject: "r", DayOnly: true,
			Facts: map[string]string{"channel": "police-avim"}, Hashes: map[string][]byte{"sealed": sealed}})
		text, err := l.ProofOfReport("police-avim", 20261123, sealed, e)
		if err != nil {
			t.Fatal(err)
		}
		p, err := verify.Report([]byte(text), l.Verifier())
		if err != nil || p.Channel != "police-avim" || p.Day != 20261123 || p.Position != 5 || p.Log != origin || !bytes.Equal(p.Sealed[:], sealed) {
			t.Fatalf("%+v, %v", p, err)
		}
		source := verify.URL(serve(t, l, ""), "")
		grow(t, l)
		if _, err := verify.ReportIn(t.Context(), source, []byte(text), l.Verifier()); err != nil {
			t.Error(err)
		}
		late := do(t, l, custody.Act{Kind: "report.received", DayOnly: true})
		notYet, err := l.ProofOfReport("police-avim", 20261123, sealed, late)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := verify.ReportIn(t.Context(), source, []byte(notYet), l.Verifier()); !errors.Is(err, verify.ErrNotYet) {
			t.Errorf("before the checkpoint: %v", err)
		}
		grow(t, l)
		var b *verify.Broken
		if _, err := verify.ReportIn(t.Context(), source, []byte(notYet), l.Verifier()); !errors.As(err, &b) {
			t.Errorf("a leaf that tells of something else: %v", err)
		}
		forged := strings.Replace(text, "position 5", "position 4", 1)
		if _, err := verify.Report([]byte(forged), l.Verifier()); !errors.As(err, &b) {
			t.Errorf("a forged proof: %v", err)
		}
	})
}
