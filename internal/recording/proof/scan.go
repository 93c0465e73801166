package proof

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"hash/crc32"
	"io"
	"runtime"

	"verhaal/internal/recording/chunk"
)

// item is what stands next in a file: a record, or bytes that are none.
type item struct {
	chunk.Record            // of a record; its bytes are good until the next item is taken
	hash         chunk.Hash // of a record
	whole        bool       // of a record: its checksum is right
	lost         int64      // otherwise: so many bytes
	tail         bool       // they look like a record that the end of the file cut off
}

// blockSize is how much is read at once: enough to keep the disk busy, little
// enough to stay in a processor's cache on the way to the hash.
const blockSize = 1 << 20

// block is a stretch of a file that holds whole items.
type block struct {
	buf   []byte
	items []item
	err   error
	done  chan struct{}
}

// scan reads a file from its beginning to its end and gives what it finds to
// take, in order. Records are hashed by as many workers as there are
// processors: their hashes don't depend on each other. Only reading fails.
func scan(ctx context.Context, r io.Reader, take func(item)) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	workers := runtime.GOMAXPROCS(0)
	ordered, work := make(chan *block, workers+1), make(chan *block)
	free := make(chan *block, workers+3)
	for range cap(free) {
		free <- &block{}
	}
	go func() {
		defer close(work)
		defer close(ordered)
		f := newFramer(r)
		for {
			var b *block
			select {
			case b = <-free:
			case <-ctx.Done():
				return
			}
			more := f.fill(b)
			b.done = make(chan struct{})
			select {
			case ordered <- b:
			case <-ctx.Done():
				return
			}
			select {
			case work <- b:
			case <-ctx.Done():
				return
			}
			if !more {
				return
			}
		}
	}()
	for range workers {
		go func() {
			for b := range work {
				b.sum()
				close(b.done)
			}
		}()
	}
	for b := range ordered {
		select {
		case <-b.done:
		case <-ctx.Done():
			return ctx.Err()
		}
		for _, i := range b.items {
			take(i)
		}
		if b.err != nil {
			return b.err
		}
		free <- b
	}
	return ctx.Err()
}

// LastWhole finds the last whole record in r, passing over what is none: where
// it ends, and its header; 0 when there is none.
func LastWhole(r io.Reader) (end int64, last chunk.Header, err error) {
	f, b := newFramer(r), &block{}
	var at int64
	for more := true; more; {
		more = f.fill(b)
		for _, it := range b.items {
			at += it.lost + int64(len(it.Raw))
			if it.lost == 0 && sound(it.Raw) {
				end, last = at, it.Header
			}
		}
		if b.err != nil {
			return 0, chunk.Header{}, b.err
		}
	}
	return end, last, nil
}

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

func (b *block) sum() {
	for i := range b.items {
		if it := &b.items[i]; it.lost == 0 {
			it.whole, it.hash = sound(it.Raw), sha256.Sum256(it.Raw)
		}
	}
}

// sound says whether the checksum at the end of a record fits.
func sound(raw []byte) bool {
	end := len(raw) - chunk.CRCSize
	return crc32.Checksum(raw[:end], castagnoli) == binary.BigEndian.Uint32(raw[end:])
}

// framer cuts a file into items. Where bytes are no record, it looks for the
// next place from which there is a whole one.
type framer struct {
	r     io.Reader
	carry []byte // the beginning of an item whose end is not read yet
	lost  int64  // bytes passed over before carry
	end   bool   // nothing more can be read
	// search is how many bytes may still be summed to find records where bytes are
	// none: a file of nothing but beginnings would take for ever. What is read adds
	// to it; where it is used up, what is there counts as lost.
	search int64
}

func newFramer(r io.Reader) *framer { return &framer{r: r, search: 16 * chunk.MaxRecord} }

// fill reads on until b has an item or there is no more.
func (f *framer) fill(b *block) (more bool) {
	b.items, b.err = b.items[:0], nil
	b.buf = append(b.buf[:0], f.carry...)
	for {
		if !f.end {
			b.buf, b.err = f.read(b.buf)
			if b.err != nil {
				return false
			}
		}
		used := f.cut(b)
		f.carry = append(f.carry[:0], b.buf[used:]...)
		if f.end {
			return false
		}
		if len(b.items) > 0 {
			return true
		}
		b.buf = append(b.buf[:0], f.carry...)
	}
}

func (f *framer) read(buf []byte) ([]byte, error) {
	n := len(buf)
	if cap(buf) < n+blockSize {
		buf = append(make([]byte, 0, n+blockSize), buf...)
	}
	got, err := io.ReadFull(f.r, buf[n:n+blockSize])
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		f.end, err = true, nil
	}
	f.search += 8 * int64(got)
	return buf[:n+got], err
}

// cut appends b's items and gives how many bytes they take. What comes after is
// the beginning of an item, and nothing when the file has ended.
func (f *framer) cut(b *block) int {
	at := 0
	for at < len(b.buf) {
		rest := b.buf[at:]
		h, err := chunk.ParseHeader(rest)
		if err == nil && len(rest) < h.Size() || errors.Is(err, chunk.ErrIncomplete) {
			if !f.end {
				return at // more of it may come
			}
			// A length that was changed looks like a record cut off: it is one
			// only if nothing whole follows.
			if next := f.next(rest); next >= 0 {
				f.lost, at = f.lost+int64(next), at+next
				continue
			}
			f.flush(b)
			b.items = append(b.items, item{lost: int64(len(rest)), tail: true})
			return len(b.buf)
		}
		if err == nil && f.frames(rest, h.Size()) {
			f.flush(b)
			size := h.Size()
			b.items = append(b.items, item{Record: chunk.Record{Header: h, Raw: rest[:size:size]}})
			at += size
			continue
		}
		if next := f.next(rest); next >= 0 {
			f.lost, at = f.lost+int64(next), at+next
			continue
		}
		// No record begins in what is read, but the last bytes may begin one.
		keep := 0
		if !f.end {
			keep = min(len(rest)-1, chunk.MaxRecord-1)
		}
		f.lost, at = f.lost+int64(len(rest)-keep), len(b.buf)-keep
		if !f.end {
			return at
		}
	}
	f.flush(b)
	return at
}

func (f *framer) flush(b *block) {
	if f.lost > 0 {
		b.items = append(b.items, item{lost: f.lost})
		f.lost = 0
	}
}

// frames says whether a record may be taken to be as long as its header says:
// the next begins there, or the file ends there, or its checksum is right.
func (f *framer) frames(rest []byte, size int) bool {
	after := rest[size:]
	return len(after) == 0 && f.end || len(after) >= len(mark) && bytes.Equal(after[:len(mark)], mark) || f.sound(rest[:size])
}

// sound says whether the checksum of what may be a record fits, as long as the
// search may go on.
func (f *framer) sound(raw []byte) bool {
	if f.search <= 0 {
		return false
	}
	f.search -= int64(len(raw))
	return sound(raw)
}

// mark is how every record of version 1 begins.
var mark = []byte("VHC1\x01")

// next finds the next whole record in rest, not at its very front; -1 if there
// is none.
func (f *framer) next(rest []byte) int {
	for at := 1; f.search > 0; at++ {
		i := bytes.Index(rest[at:], mark)
		if i < 0 {
			return -1
		}
		at += i
		f.search -= chunk.HeaderSize
		if h, err := chunk.ParseHeader(rest[at:]); err == nil && len(rest)-at >= h.Size() && f.sound(rest[at:at+h.Size()]) {
			return at
		}
	}
	return -1
}
