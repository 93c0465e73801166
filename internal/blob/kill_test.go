package blob_test

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"strconv"
	"testing"
	"time"

	"verhaal/internal/blob"
	"verhaal/internal/blob/blobtest"
)

// childEnv makes the test binary the process that is killed; its value says
// which store to append to.
const childEnv = "VERHAAL_BLOB_CHILD"

const killed = "attachment/killed"

type place struct {
	Dir string
	S3  blob.S3Config
}

func (p place) open() (blob.Store, error) {
	if p.Dir != "" {
		return blob.OpenDisk(p.Dir)
	}
	return blob.OpenS3(context.Background(), p.S3)
}

func TestMain(m *testing.M) {
	if where := os.Getenv(childEnv); where != "" {
		fmt.Fprintln(os.Stderr, child(where))
		os.Exit(1)
	}
	os.Exit(m.Run())
}

// child appends until it is killed and prints each acknowledged size.
func child(where string) error {
	var p place
	if err := json.Unmarshal([]byte(where), &p); err != nil {
		return err
	}
	s, err := p.open()
	if err != nil {
		return err
	}
	ctx := context.Background()
	progress, err := s.Status(ctx, killed)
	for size := progress.Size; err == nil; {
		size, err = s.Append(ctx, killed, size, pattern(size, 1+rand.IntN(200_000)))
		if err == nil {
			fmt.Println(size)
		}
	}
	return err
}

func TestNoAcknowledgedByteIsLostWhenTheProcessIsKilled(t *testing.T) {
	t.Run("disk", func(t *testing.T) { killAgain(t, place{Dir: t.TempDir()}) })
	t.Run("s3", func(t *testing.T) { killAgain(t, place{S3: blobtest.Start(t).Config()}) })
}

func killAgain(t *testing.T, p place) {
	ctx := context.Background()
	with := func(f func(blob.Store)) {
		s, err := p.open()
		must(t, "open", err)
		f(s)
		if c, ok := s.(io.Closer); ok {
			must(t, "close", c.Close())
		}
	}
	with(func(s blob.Store) { must(t, "create", s.Create(ctx, killed)) })
	where, err := json.Marshal(p)
	must(t, "marshal", err)
	var acked int64
	for range 8 {
		acked = max(acked, killOne(t, string(where)))
		with(func(s blob.Store) {
			got, err := s.Status(ctx, killed)
			if err != nil || got.Size < acked {
				t.Fatalf("%d bytes were acknowledged, %d are there (%v)", acked, got.Size, err)
			}
		})
	}
	if acked == 0 {
		t.Fatal("no child ever acknowledged anything")
	}
	with(func(s blob.Store) {
		got, err := s.Status(ctx, killed)
		must(t, "status", err)
		must(t, "finish", s.Finish(ctx, killed, got.Size))
		r, err := s.Get(ctx, killed, 0, -1)
		must(t, "get", err)
		defer r.Close()
		b, err := io.ReadAll(r)
		if err != nil || !bytes.Equal(b, pattern(0, int(got.Size))) {
			t.Errorf("what is kept is not what was appended (%v)", err)
		}
	})
}

// killOne kills a child in the middle of an append and tells the last size that
// it had acknowledged.
func killOne(t *testing.T, where string) int64 {
	t.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), childEnv+"="+where)
	var problem bytes.Buffer
	cmd.Stderr = &problem
	out, err := cmd.StdoutPipe()
	must(t, "pipe", err)
	must(t, "start", cmd.Start())
	lines := bufio.NewScanner(out)
	if !lines.Scan() {
		t.Fatalf("the child appended nothing: %s", &problem)
	}
	// Some time after the first acknowledgement, wherever that is in an append.
	timer := time.AfterFunc(time.Duration(rand.IntN(40_000))*time.Microsecond, func() { cmd.Process.Kill() })
	defer timer.Stop()
	var acked int64
	for more := true; more; more = lines.Scan() {
		if n, err := strconv.ParseInt(lines.Text(), 10, 64); err == nil {
			acked = n
		}
	}
	cmd.Wait() // says "killed", which is what was asked
	return acked
}
