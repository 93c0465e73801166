package blob

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"

	"verhaal/internal/fault"
)

// breaker lets a number of durable steps pass and fails the next one, and every
// one after it, until it is mended.
type breaker struct {
	steps atomic.Int64 // that still pass; negative = whole
	errno syscall.Errno
}

func (b *breaker) step() error {
	if b.steps.Load() < 0 {
		return nil
	}
	if b.steps.Add(-1) < 0 {
		b.steps.Store(0)
		return &fs.PathError{Op: "write", Path: "/somewhere/secretname", Err: b.errno}
	}
	return nil
}

func (b *breaker) breakAfter(n int64) { b.steps.Store(n) }
func (b *breaker) mend()              { b.steps.Store(-1) }

func (b *breaker) open(path string, flag int, perm fs.FileMode) (file, error) {
	if flag&os.O_CREATE != 0 {
		if err := b.step(); err != nil {
			return nil, err
		}
	}
	f, err := openFile(path, flag, perm)
	if err != nil {
		return nil, err
	}
	return brokenFile{f, b}, nil
}

// brokenFile fails before it acts; a failing write has written half, as a full
// disk does.
type brokenFile struct {
	file
	b *breaker
}

func (f brokenFile) Write(p []byte) (int, error) {
	if err := f.b.step(); err != nil {
		n, _ := f.file.Write(p[:len(p)/2])
		return n, err
	}
	return f.file.Write(p)
}

func (f brokenFile) WriteAt(p []byte, off int64) (int, error) {
	if err := f.b.step(); err != nil {
		n, _ := f.file.WriteAt(p[:len(p)/2], off)
		return n, err
	}
	return f.file.WriteAt(p, off)
}

func (f brokenFile) Sync() error {
	if err := f.b.step(); err != nil {
		return err
	}
	return f.file.Sync()
}

func (f brokenFile) datasync() error {
	if err := f.b.step(); err != nil {
		return err
	}
	return f.file.datasync()
}

func (f brokenFile) Truncate(size int64) error {
	if err := f.b.step(); err != nil {
		return err
	}
	return f.file.Truncate(size)
}

func read(t *testing.T, d *Disk, name string) string {
	t.Helper()
	r, err := d.Get(context.Background(), name, 0, -1)
	if err != nil {
		t.Fatalf("get: %v", err)
	}
	defer r.Close()
	b, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// At every durable step of every act the disk may be full or broken: the act
// fails with a kind and without a name, nothing acknowledged is lost, nothing
// half done is found (in this process and in the next), and once there is room
// again the act succeeds.
func TestAFullOrBrokenDiskLosesNothingAndTellsNoLie(t *testing.T) {
	ctx := context.Background()
	const name = "attachment/secretname"
	big := strings.Repeat("0123456789", 10_000)
	acts := map[string]struct {
		before, act func(*Disk) error
		done        func(*Disk) (string, bool) // what is kept, and whether the act is done
	}{
		"put": {
			before: func(d *Disk) error { return nil },
			act:    func(d *Disk) error { return d.Put(ctx, name, int64(len(big)), strings.NewReader(big)) },
			done:   func(d *Disk) (string, bool) { _, err := d.Stat(ctx, name); return "", err == nil },
		},
		"create": {
			before: func(d *Disk) error { return nil },
			act:    func(d *Disk) error { return d.Create(ctx, name) },
			done:   func(d *Disk) (string, bool) { _, err := d.Status(ctx, name); return "", err == nil },
		},
		"append": {
			before: func(d *Disk) error {
				if err := d.Create(ctx, name); err != nil {
					return err
				}
				_, err := d.Append(ctx, name, 0, []byte("first"))
				return err
			},
			act: func(d *Disk) error { _, err := d.Append(ctx, name, 5, []byte(big)); return err },
			done: func(d *Disk) (string, bool) {
				p, err := d.Status(ctx, name)
				return fmt.Sprint(p.Size >= 5, err), p.Size == int64(5+len(big))
			},
		},
		"finish": {
			before: func(d *Disk) error {
				if err := d.Create(ctx, name); err != nil {
					return err
				}
				_, err := d.Append(ctx, name, 0, []byte("first"))
				return err
			},
			act: func(d *Disk) error { return d.Finish(ctx, name, 5) },
			done: func(d *Disk) (string, bool) {
				p, err := d.Status(ctx, name)
				return fmt.Sprint(p.Size, err), p.Finished
			},
		},
	}
	for act, c := range acts {
		for _, errno := range []syscall.Errno{syscall.ENOSPC, syscall.EIO} {
			failed := 0
			for after := int64(0); ; after++ {
				dir := t.TempDir()
				b := &breaker{errno: errno}
				b.mend()
				d, err := openDisk(dir, b.open)
				if err != nil {
					t.Fatal(err)
				}
				if err := c.before(d); err != nil {
					t.Fatal(err)
				}
				kept, _ := c.done(d)
				b.breakAfter(after)
				err = c.act(d)
				b.mend()
				if err == nil {
					d.Close()
					break // every step was allowed
				}
				failed++
				what := fmt.Sprintf("%s, %v at step %d", act, errno, after)
				if fault.KindOf(err) != fault.Unavailable || strings.Contains(err.Error(), "secretname") ||
					(fault.KeyOf(err) == "fault.disk_full") != (errno == syscall.ENOSPC) {
					t.Errorf("%s: %v (%v, %s)", what, err, fault.KindOf(err), fault.KeyOf(err))
				}
				if now, _ := c.done(d); act != "finish" && now != kept {
					t.Errorf("%s: kept %s, had %s", what, now, kept)
				}
				d.Close()

				next, err := OpenDisk(dir) // as after a crash
				if err != nil {
					t.Fatal(err)
				}
				if _, done := c.done(next); !done {
					if err := c.act(next); err != nil {
						t.Errorf("%s: again, with room: %v", what, err)
					}
				} else if act != "finish" {
					t.Errorf("%s: was done, although it failed", what)
				} else if err := c.act(next); err != nil {
					t.Errorf("%s: repeated: %v", what, err)
				}
				if _, done := c.done(next); !done {
					t.Errorf("%s: not done in the end", what)
				}
				if left, _ := os.ReadDir(filepath.Join(dir, "tmp")); len(left) > 0 {
					t.Errorf("%s: %d temporary files stayed", what, len(left))
				}
				next.Close()
			}
			if failed < 2 {
				t.Errorf("%s, %v: only %d steps could fail", act, errno, failed)
			}
		}
	}
}

// torn is a stream of "first" and "second" whose files a test may spoil as a
// crash of the machine would.
func torn(t *testing.T, spoil func(data, ack string)) (Progress, *Disk) {
	t.Helper()
	ctx := context.Background()
	dir := t.TempDir()
	d, err := OpenDisk(dir)
	if err != nil {
		t.Fatal(err)
	}
	const name = "attachment/torn"
	if err := d.Create(ctx, name); err != nil {
		t.Fatal(err)
	}
	for i, text := range []string{"first", "second"} {
		if _, err := d.Append(ctx, name, int64(i*5), []byte(text)); err != nil {
			t.Fatal(err)
		}
	}
	path := d.path("streams", name)
	d.Close()
	spoil(path+data, path+ack)
	if d, err = OpenDisk(dir); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { d.Close() })
	p, err := d.Status(ctx, name)
	if err != nil {
		t.Fatal(err)
	}
	return p, d
}

func patch(t *testing.T, path string, off int64, b []byte) {
	t.Helper()
	f, err := os.OpenFile(path, os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if _, err := f.WriteAt(b, off); err != nil {
		t.Fatal(err)
	}
}

func TestATornTailIsCutToWhatWasAcknowledged(t *testing.T) {
	for _, c := range []struct {
		what  string
		spoil func(data, ack string)
		size  int64
	}{
		{"nothing", func(_, _ string) {}, 11},
		{"bytes without an acknowledgement", func(data, _ string) { patch(t, data, 11, []byte("never acknowledged")) }, 11},
		{"an acknowledgement whose bytes are cut", func(data, _ string) {
			if err := os.Truncate(data, 8); err != nil {
				t.Fatal(err)
			}
		}, 5},
		{"an acknowledgement whose bytes are zeros", func(data, _ string) { patch(t, data, 5, make([]byte, 6)) }, 5},
		{"half an acknowledgement", func(_, ack string) { patch(t, ack, 0, make([]byte, ackSize/2)) }, 5},
	} {
		p, d := torn(t, c.spoil)
		if p.Size != c.size || p.Finished {
			t.Errorf("%s: %+v, want %d", c.what, p, c.size)
			continue
		}
		ctx := context.Background()
		if _, err := d.Append(ctx, "attachment/torn", c.size, []byte("third")); err != nil {
			t.Errorf("%s: append: %v", c.what, err)
		}
		if err := d.Finish(ctx, "attachment/torn", c.size+5); err != nil {
			t.Errorf("%s: finish: %v", c.what, err)
		}
		if got := read(t, d, "attachment/torn"); got != "firstsecond"[:c.size]+"third" {
			t.Errorf("%s: kept %q", c.what, got)
		}
	}
}

func TestACrashInTheMiddleOfFinishIsCompletedByTheNext(t *testing.T) {
	ctx := context.Background()
	_, d := torn(t, func(_, _ string) {})
	const name = "attachment/torn"
	if err := d.link(d.path("streams", name)+data, d.path("blobs", name)); err != nil {
		t.Fatal(err)
	}
	// The crash: both names are there.
	if _, err := d.Append(ctx, name, 11, []byte("x")); fault.KindOf(err) != fault.Conflict {
		t.Errorf("an append reached the bytes of a blob: %v", err)
	}
	if err := d.Finish(ctx, name, 11); err != nil {
		t.Error(err)
	}
	if left, _ := os.ReadDir(filepath.Dir(d.path("streams", name))); len(left) > 0 {
		t.Errorf("%d files of the stream stayed", len(left))
	}
	if got := read(t, d, name); got != "firstsecond" {
		t.Errorf("kept %q", got)
	}
}

func TestAFolderBelongsToOneProcess(t *testing.T) {
	dir := t.TempDir()
	d, err := OpenDisk(dir)
	if err != nil {
		t.Fatal(err)
	}
	_, err = OpenDisk(dir)
	if fault.KindOf(err) != fault.Unavailable || !strings.Contains(err.Error(), "another process") {
		t.Errorf("a second one: %v", err)
	}
	d.Close()
	if d, err = OpenDisk(dir); err != nil {
		t.Errorf("after the first ended: %v", err)
	} else {
		d.Close()
	}
}

func FuzzASlotIsWhatWasWrittenOrNothing(f *testing.F) {
	f.Add(slot{seq: 7, offset: 10, end: 20, sum: 5}.encode())
	f.Add([]byte(ackMagic))
	f.Fuzz(func(t *testing.T, b []byte) {
		s, ok := decodeSlot(b)
		if ok && !bytes.Equal(s.encode(), b) {
			t.Errorf("%x decodes to %+v, which is %x", b, s, s.encode())
		}
	})
}
