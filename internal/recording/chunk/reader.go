package chunk

import (
	"bufio"
	"errors"
	"io"
)

// Reader reads records one after the other, from a file or a connection.
type Reader struct {
	r      *bufio.Reader
	offset int64
	tail   bool
	err    error
	buf    []byte
}

// NewReader reads from r.
func NewReader(r io.Reader) *Reader { return &Reader{r: bufio.NewReaderSize(r, 1<<16)} }

// Next gives the next record; its bytes are good until the call after. io.EOF at
// the end, also when the last record is incomplete: then Tail is true, and the
// whole records end at Offset. ErrDamaged and ErrMalformed end the reading too:
// what a power cut left may have the length of a record and not its bytes.
func (r *Reader) Next() (Record, error) {
	if r.err == nil {
		var rec Record
		if rec, r.err = r.read(); r.err == nil {
			r.offset += int64(len(rec.Raw))
			return rec, nil
		}
		if errors.Is(r.err, ErrIncomplete) {
			r.tail, r.err = true, io.EOF
		}
	}
	return Record{}, r.err
}

// Offset is where the last whole record ends.
func (r *Reader) Offset() int64 { return r.offset }

// Tail says that the bytes end within a record.
func (r *Reader) Tail() bool { return r.tail }

func (r *Reader) read() (Record, error) {
	head, err := r.r.Peek(HeaderSize)
	if len(head) == 0 {
		return Record{}, err
	}
	if err != nil && !errors.Is(err, io.EOF) {
		return Record{}, err
	}
	h, err := ParseHeader(head)
	if err != nil {
		return Record{}, err
	}
	if size := h.Size(); cap(r.buf) < size {
		r.buf = make([]byte, size)
	}
	r.buf = r.buf[:h.Size()]
	if _, err := io.ReadFull(r.r, r.buf); errors.Is(err, io.ErrUnexpectedEOF) {
		return Record{}, ErrIncomplete
	} else if err != nil {
		return Record{}, err
	}
	rec, _, err := Parse(r.buf)
	return rec, err
}
