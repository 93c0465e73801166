package blob

import (
	"context"
	"encoding/binary"
	"errors"
	"hash/crc32"
	"hash/maphash"
	"io"
	"io/fs"
	"os"
	"path/filepath"
)

// A stream on a disk is two files. ".data" holds the bytes; it may end in bytes
// that were never acknowledged. ".ack" says which were: two slots of a sector
// each, written in turn, so that a torn write leaves the one before whole:
//
//	0  8 bytes  "vhlack1\n"
//	8  uint64   sequence number of the append; its parity is the slot's number
//	16 uint64   offset of the append
//	24 uint64   size of the stream after it
//	32 uint32   CRC-32C of the appended bytes
//	36 uint32   CRC-32C of bytes 0 to 35
//
// all big-endian. An append writes its bytes, then its slot, and makes both
// durable before it is acknowledged. After a crash the newer slot counts if its
// bytes are what it says; else the older one, which was acknowledged.
const (
	data = ".data"
	ack  = ".ack"

	ackMagic = "vhlack1\n"
	ackSize  = 40
	slotGap  = 4096
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// slot is one acknowledgement.
type slot struct {
	seq         uint64
	offset, end int64
	sum         uint32
}

func (s slot) encode() []byte {
	b := make([]byte, 0, ackSize)
	b = append(b, ackMagic...)
	b = binary.BigEndian.AppendUint64(b, s.seq)
	b = binary.BigEndian.AppendUint64(b, uint64(s.offset))
	b = binary.BigEndian.AppendUint64(b, uint64(s.end))
	b = binary.BigEndian.AppendUint32(b, s.sum)
	return binary.BigEndian.AppendUint32(b, crc32.Checksum(b, castagnoli))
}

// decodeSlot refuses everything that encode did not write.
func decodeSlot(b []byte) (slot, bool) {
	if len(b) != ackSize || string(b[:8]) != ackMagic ||
		crc32.Checksum(b[:36], castagnoli) != binary.BigEndian.Uint32(b[36:]) {
		return slot{}, false
	}
	s := slot{
		seq:    binary.BigEndian.Uint64(b[8:]),
		offset: int64(binary.BigEndian.Uint64(b[16:])),
		end:    int64(binary.BigEndian.Uint64(b[24:])),
		sum:    binary.BigEndian.Uint32(b[32:]),
	}
	return s, s.offset >= 0 && s.end >= s.offset && s.end-s.offset <= MaxAppend
}

func (s slot) at() int64 { return int64(s.seq%2) * slotGap }

// stream is an open stream; its name's stripe is held while it is.
type stream struct {
	data, ack file
	last      slot // the last acknowledged append
}

func (s *stream) close() { s.data.Close(); s.ack.Close() }

// hold locks the stripe of a name and returns the unlocking.
func (d *Disk) hold(name string) func() {
	mu := &d.stripes[maphash.String(d.seed, name)%uint64(len(d.stripes))]
	mu.Lock()
	return mu.Unlock
}

// Create makes an empty .data and links a first .ack, with which the stream
// begins to exist.
func (d *Disk) Create(_ context.Context, name string) error {
	if err := CheckName(name); err != nil {
		return err
	}
	defer d.hold(name)()
	if _, err := os.Lstat(d.path("blobs", name)); err == nil {
		return errTaken()
	}
	path := d.path("streams", name)
	if err := d.mkdir(filepath.Dir(path)); err != nil {
		return diskFault(err)
	}
	f, err := d.open(path+data, os.O_WRONLY|os.O_CREATE, 0o600)
	if err != nil {
		return diskFault(err)
	}
	if err := f.Close(); err != nil {
		return diskFault(err)
	}
	tmp, err := d.write(func(f file) error {
		first := make([]byte, slotGap+ackSize)
		copy(first, slot{}.encode())
		_, err := f.Write(first)
		return err
	})
	if err != nil {
		return diskFault(err)
	}
	err = d.link(tmp, path+ack)
	os.Remove(tmp)
	return diskFault(err)
}

// openStream finds the last acknowledged append.
func (d *Disk) openStream(name string) (*stream, error) {
	path := d.path("streams", name)
	var s stream
	var err error
	if s.ack, err = d.open(path+ack, os.O_RDWR, 0); err != nil {
		return nil, readFault(err)
	}
	if s.data, err = d.open(path+data, os.O_RDWR, 0); err != nil {
		s.ack.Close()
		return nil, diskFault(err)
	}
	for i := range int64(2) {
		b := make([]byte, ackSize)
		if _, err := s.ack.ReadAt(b, i*slotGap); err != nil && !errors.Is(err, io.EOF) {
			s.close()
			return nil, diskFault(err)
		}
		one, ok := decodeSlot(b)
		if !ok || one.at() != i*slotGap || (one.seq < s.last.seq) {
			continue
		}
		good, err := d.check(name, s.data, one)
		if err != nil {
			s.close()
			return nil, diskFault(err)
		}
		if good {
			s.last = one
		}
	}
	d.remember(name, s.last.seq)
	return &s, nil
}

// check says whether the bytes of an append are there as acknowledged.
func (d *Disk) check(name string, f file, s slot) (bool, error) {
	d.verifiedMu.Lock()
	known, ok := d.verified[name]
	d.verifiedMu.Unlock()
	if ok {
		return s.seq <= known, nil // every acknowledgement since then was ours
	}
	b := make([]byte, s.end-s.offset)
	n, err := f.ReadAt(b, s.offset)
	if err != nil && !errors.Is(err, io.EOF) {
		return false, err
	}
	return n == len(b) && crc32.Checksum(b, castagnoli) == s.sum, nil
}

func (d *Disk) remember(name string, seq uint64) {
	d.verifiedMu.Lock()
	defer d.verifiedMu.Unlock()
	if len(d.verified) > 10_000 {
		clear(d.verified) // bounded; only costs reading again
	}
	d.verified[name] = seq
}

func (d *Disk) forget(name string) {
	d.verifiedMu.Lock()
	defer d.verifiedMu.Unlock()
	delete(d.verified, name)
}

// Append writes, makes durable, acknowledges.
func (d *Disk) Append(_ context.Context, name string, offset int64, b []byte) (int64, error) {
	if err := checkAppend(name, offset, b); err != nil {
		return 0, err
	}
	defer d.hold(name)()
	if size, err := d.finished(name); err == nil {
		return 0, errNotTheEnd(offset, size)
	}
	s, err := d.openStream(name)
	if err != nil {
		return 0, err
	}
	defer s.close()
	if offset != s.last.end {
		return 0, errNotTheEnd(offset, s.last.end)
	}
	next := slot{seq: s.last.seq + 1, offset: offset, end: offset + int64(len(b)), sum: crc32.Checksum(b, castagnoli)}
	if err := s.append(next, b); err != nil {
		// The slot may be in the page cache and look durable to the next
		// process; what was not acknowledged should not be found. This process
		// knows better anyway (check), so a failure here changes nothing.
		_, _ = s.ack.WriteAt(make([]byte, ackSize), next.at())
		return 0, diskFault(err)
	}
	d.remember(name, next.seq)
	return next.end, nil
}

func (s *stream) append(next slot, b []byte) error {
	if _, err := s.data.WriteAt(b, next.offset); err != nil {
		return err
	}
	if _, err := s.ack.WriteAt(next.encode(), next.at()); err != nil {
		return err
	}
	// Both at once: they share a commit of the file system's journal.
	done := make(chan error, 1)
	go func() { done <- s.ack.datasync() }()
	err := s.data.datasync()
	return errors.Join(err, <-done)
}

// finished tells the size of the blob that a stream became. In the moment of a
// crash between the two steps of Finish the stream is there as well.
func (d *Disk) finished(name string) (int64, error) {
	info, err := os.Lstat(d.path("blobs", name))
	if err != nil {
		return 0, readFault(err)
	}
	return info.Size(), nil
}

// Status tells what is durable.
func (d *Disk) Status(_ context.Context, name string) (Progress, error) {
	if err := CheckName(name); err != nil {
		return Progress{}, err
	}
	defer d.hold(name)()
	if size, err := d.finished(name); err == nil {
		return Progress{Size: size, Finished: true}, nil
	}
	s, err := d.openStream(name)
	if err != nil {
		return Progress{}, err
	}
	defer s.close()
	return Progress{Size: s.last.end}, nil
}

// Finish cuts what was never acknowledged, links the bytes to the blob's name
// and removes the stream.
func (d *Disk) Finish(_ context.Context, name string, size int64) error {
	if err := CheckName(name); err != nil {
		return err
	}
	defer d.hold(name)()
	from, to := d.path("streams", name), d.path("blobs", name)
	if kept, err := d.finished(name); err == nil {
		if kept != size {
			return errNotTheEnd(size, kept)
		}
		if sameFile(from+data, to) {
			return d.drop(from)
		}
		if _, err := os.Lstat(from + ack); err == nil {
			return errTaken() // by a Put, while the stream was open
		}
		return nil
	}
	s, err := d.openStream(name)
	if err != nil {
		return err
	}
	defer s.close()
	if size != s.last.end {
		return errNotTheEnd(size, s.last.end)
	}
	if err := s.cut(size); err != nil {
		return diskFault(err)
	}
	if err := d.link(from+data, to); err != nil {
		return diskFault(err)
	}
	d.forget(name)
	return d.drop(from)
}

// cut removes the bytes after size, durably.
func (s *stream) cut(size int64) error {
	info, err := s.data.Stat()
	if err != nil || info.Size() == size {
		return err
	}
	if err := s.data.Truncate(size); err != nil {
		return err
	}
	return s.data.Sync()
}

// drop removes the two names of a stream. They may be gone.
func (d *Disk) drop(path string) error {
	gone := 0
	for _, name := range []string{path + ack, path + data} {
		err := os.Remove(name)
		if errors.Is(err, fs.ErrNotExist) {
			gone++
		} else if err != nil {
			return diskFault(err)
		}
	}
	if gone == 2 {
		return nil
	}
	return diskFault(d.syncDir(filepath.Dir(path)))
}

func sameFile(a, b string) bool {
	one, err := os.Lstat(a)
	if err != nil {
		return false
	}
	other, err := os.Lstat(b)
	return err == nil && os.SameFile(one, other)
}
