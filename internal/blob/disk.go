package blob

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"hash/maphash"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"

	"verhaal/internal/fault"
	"verhaal/internal/lock"
)

// Disk keeps blobs as plain files:
//
//	blobs/<space>/<first two bytes of id>/<id>     whole blobs
//	streams/<space>/<first two>/<id>.data, .ack    streams, see disk_stream.go
//	tmp/                                           Puts in progress
//	lock                                           held by the process
//
// The folder must be on a file system with hard links (ext4, xfs, btrfs, zfs).
type Disk struct {
	root string
	open opener
	lock *os.File

	// stripes keep one stream from being changed twice at once: every change
	// of a stream holds the mutex its name falls on.
	stripes [64]sync.Mutex
	seed    maphash.Seed

	// verified holds, by name, the last acknowledgement whose bytes this
	// process has written or checked; verifiedMu keeps it a map. It only saves
	// reading the last append again.
	verifiedMu sync.Mutex
	verified   map[string]uint64

	// durable holds the folders whose own entries are durable; foldersMu keeps
	// anybody from using a folder that another has made and not yet synced.
	foldersMu sync.Mutex
	durable   map[string]bool
}

// file is what Disk needs of an *os.File.
type file interface {
	io.Reader
	io.ReaderAt
	io.WriterAt
	io.Writer
	io.Closer
	Sync() error
	Stat() (fs.FileInfo, error)
	Truncate(size int64) error
	datasync() error
}

// opener opens files; tests put one in between that fails.
type opener func(path string, flag int, perm fs.FileMode) (file, error)

func openFile(path string, flag int, perm fs.FileMode) (file, error) {
	f, err := os.OpenFile(path, flag, perm)
	if err != nil {
		return nil, err
	}
	return diskFile{f}, nil
}

// OpenDisk takes a folder into possession, makes it when it is not there, and
// removes what Puts of an earlier process left unfinished. A second process is
// refused.
func OpenDisk(dir string) (*Disk, error) {
	return openDisk(dir, openFile)
}

func openDisk(dir string, open opener) (*Disk, error) {
	d := &Disk{root: dir, open: open, seed: maphash.MakeSeed(), verified: map[string]uint64{}, durable: map[string]bool{}}
	for _, part := range []string{"blobs", "streams", "tmp"} {
		if err := d.mkdir(filepath.Join(dir, part)); err != nil {
			return nil, diskFault(err)
		}
	}
	held, err := lock.Take(filepath.Join(dir, "lock"))
	if errors.Is(err, lock.ErrHeld) {
		return nil, fault.New(fault.Unavailable, "", "blob: another process uses this folder; several processes need an S3 store")
	}
	if err != nil {
		return nil, diskFault(err)
	}
	d.lock = held
	left, err := os.ReadDir(filepath.Join(dir, "tmp"))
	for _, e := range left {
		err = errors.Join(err, os.Remove(filepath.Join(dir, "tmp", e.Name())))
	}
	if err != nil {
		held.Close()
		return nil, diskFault(err)
	}
	return d, nil
}

// Close gives the folder up.
func (d *Disk) Close() error { return d.lock.Close() }

func (d *Disk) path(tree, name string) string {
	space, id, _ := strings.Cut(name, "/")
	return filepath.Join(d.root, tree, space, id[:2], id)
}

// Put writes a temporary file and links it to its name: a link, unlike a
// rename, never replaces what is there.
func (d *Disk) Put(ctx context.Context, name string, size int64, r io.Reader) error {
	if err := checkPut(name, size); err != nil {
		return err
	}
	to := d.path("blobs", name)
	if _, err := os.Lstat(to); err == nil {
		return errTaken()
	}
	tmp, err := d.write(func(f file) error {
		_, err := io.Copy(f, &source{ctx: ctx, r: r, left: size})
		return err
	})
	if err != nil {
		return diskFault(err)
	}
	err = d.link(tmp, to)
	os.Remove(tmp) // what stays is removed at the next start
	return diskFault(err)
}

// write makes a durable temporary file.
func (d *Disk) write(fill func(file) error) (path string, err error) {
	var id [16]byte
	if _, err := rand.Read(id[:]); err != nil {
		return "", err
	}
	path = filepath.Join(d.root, "tmp", hex.EncodeToString(id[:]))
	f, err := d.open(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return "", err
	}
	if err = fill(f); err == nil {
		err = f.Sync()
	}
	if shut := f.Close(); err == nil {
		err = shut
	}
	if err != nil {
		os.Remove(path)
	}
	return path, err
}

// link gives a durable file a further name, durably; Conflict when it is taken.
func (d *Disk) link(from, to string) error {
	if err := d.mkdir(filepath.Dir(to)); err != nil {
		return err
	}
	if err := os.Link(from, to); errors.Is(err, fs.ErrExist) {
		return errTaken()
	} else if err != nil {
		return err
	}
	if err := d.syncDir(filepath.Dir(to)); err != nil {
		// Not durable: nobody may be told that it is there.
		os.Remove(to)
		return err
	}
	return nil
}

// mkdir makes a folder and those above it below root, each durable in its own.
func (d *Disk) mkdir(dir string) error {
	d.foldersMu.Lock()
	defer d.foldersMu.Unlock()
	return d.mkdirHeld(dir)
}

func (d *Disk) mkdirHeld(dir string) error {
	if d.durable[dir] {
		return nil
	}
	if dir != d.root {
		if err := d.mkdirHeld(filepath.Dir(dir)); err != nil {
			return err
		}
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	// Also when it was there: an earlier process may have died before this.
	if err := d.syncDir(filepath.Dir(dir)); err != nil {
		return err
	}
	d.durable[dir] = true
	return nil
}

func (d *Disk) syncDir(dir string) error {
	f, err := d.open(dir, os.O_RDONLY, 0)
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}

// Get opens a blob; its file stays readable when it is deleted meanwhile.
func (d *Disk) Get(ctx context.Context, name string, off, n int64) (io.ReadCloser, error) {
	if err := CheckName(name); err != nil {
		return nil, err
	}
	f, err := d.open(d.path("blobs", name), os.O_RDONLY, 0)
	if err != nil {
		return nil, readFault(err)
	}
	info, err := f.Stat()
	if err == nil {
		err = checkRange(off, info.Size())
	}
	if err != nil {
		f.Close()
		return nil, diskFault(err)
	}
	if n < 0 || n > info.Size()-off {
		n = info.Size() - off
	}
	return struct {
		io.Reader
		io.Closer
	}{&bound{ctx, io.NewSectionReader(f, off, n), diskFault}, f}, nil
}

// Stat tells the size of a blob.
func (d *Disk) Stat(_ context.Context, name string) (int64, error) {
	if err := CheckName(name); err != nil {
		return 0, err
	}
	info, err := os.Lstat(d.path("blobs", name))
	if err != nil {
		return 0, readFault(err)
	}
	return info.Size(), nil
}

// Delete removes the blob first, then what a stream of that name left.
func (d *Disk) Delete(_ context.Context, name string) error {
	if err := CheckName(name); err != nil {
		return err
	}
	defer d.hold(name)()
	stream := d.path("streams", name)
	for _, path := range []string{d.path("blobs", name), stream + ack, stream + data} {
		err := os.Remove(path)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err == nil {
			err = d.syncDir(filepath.Dir(path))
		}
		if err != nil {
			return diskFault(err)
		}
	}
	d.forget(name)
	return nil
}

// List walks the folders of a space in order.
func (d *Disk) List(ctx context.Context, prefix, after string, limit int) ([]string, error) {
	if err := checkList(prefix, after, limit); err != nil {
		return nil, err
	}
	space, id, _ := strings.Cut(prefix, "/")
	top := filepath.Join(d.root, "blobs", space)
	shards, err := names(top)
	if err != nil {
		return nil, err
	}
	var out []string
	for _, shard := range shards {
		whole := space + "/" + shard
		if !strings.HasPrefix(shard, id[:min(2, len(id))]) || (after != "" && whole < after[:min(len(after), len(whole))]) {
			continue
		}
		ids, err := names(filepath.Join(top, shard))
		if err != nil {
			return nil, err
		}
		for _, one := range ids {
			name := space + "/" + one
			if !strings.HasPrefix(name, prefix) || name <= after {
				continue
			}
			if out = append(out, name); len(out) == limit {
				return out, nil
			}
		}
		if ctx.Err() != nil {
			return nil, fault.Wrap(fault.Unavailable, "", ctx.Err())
		}
	}
	return out, nil
}

// names lists a folder in byte order; a missing folder is empty.
func names(dir string) ([]string, error) {
	entries, err := os.ReadDir(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, diskFault(err)
	}
	var out []string
	for _, e := range entries {
		out = append(out, e.Name())
	}
	slices.Sort(out)
	return out, nil
}

// diskFault gives an error of the operating system its kind and takes the path
// out of it; faults stay what they are.
func diskFault(err error) error {
	var errno syscall.Errno
	switch {
	case err == nil:
		return nil
	case errors.Is(err, syscall.ENOSPC), errors.Is(err, syscall.EDQUOT):
		return fault.New(fault.Unavailable, "fault.disk_full", "blob: no room on the disk")
	case fault.KindOf(err) != fault.Internal:
		return err
	case errors.As(err, &errno):
		return fault.New(fault.Unavailable, "", "blob: disk: %s", errno)
	}
	return fault.New(fault.Unavailable, "", "blob: reading or writing failed")
}

// readFault is diskFault where a missing file means that the name is unknown.
func readFault(err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return errMissing()
	}
	return diskFault(err)
}
