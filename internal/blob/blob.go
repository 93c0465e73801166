// Package blob keeps sealed bytes by name, on a disk (OpenDisk) or in a bucket
// of an S3-compatible store (OpenS3). What is kept is ciphertext; names say
// nothing about anyone.
//
// # Promises
//
// Durable: when Put, Create, Append, Finish or Delete return without an error,
// what they did survives a crash of the process and of the machine. On a disk
// that is fsync of the file and of its folder; in S3 it is the answer of the
// service.
//
// Create-only: no bytes under a name ever change. Of several Puts, Creates or
// Finishes of one name at the same time exactly one wins.
//
// Concurrent: every method may be called at any time from any goroutine. A disk
// belongs to one process, and a second one is refused; a bucket may be shared
// by many.
//
// Errors are faults without any name in them: NotFound, Conflict (the name is
// taken, or the offset is not the end), BadInput (a name, size or range that
// can't be right), TooLarge, and Unavailable, with the sentence
// fault.disk_full when there is no room. After Unavailable a write may have
// happened or not: Stat or Status tell which.
package blob

import (
	"context"
	"io"
	"regexp"

	"verhaal/internal/fault"
)

// MaxAppend is the most bytes that one Append takes, and MaxPut one Put (the
// limit of a single PUT of S3).
const (
	MaxAppend = 8 << 20
	MaxPut    = 5 << 30
)

// Store is both halves; each backend is one.
type Store interface {
	Blobs
	Streams
}

// Blobs are whole: there or not there.
type Blobs interface {
	// Put keeps exactly size bytes of r under name; Conflict when the name is
	// taken, BadInput when r ends early. A Put that fails leaves nothing.
	Put(ctx context.Context, name string, size int64, r io.Reader) error
	// Get reads n bytes from offset off; n < 0 reads to the end, and an n
	// beyond the end is cut. ctx bounds the reading too. The caller closes.
	Get(ctx context.Context, name string, off, n int64) (io.ReadCloser, error)
	// Stat tells the size in bytes.
	Stat(ctx context.Context, name string) (int64, error)
	// Delete removes a blob or a stream, finished or not. What is not there is
	// no error. A Delete that failed half-way is completed by the next.
	Delete(ctx context.Context, name string) error
	// List gives up to limit names that begin with prefix ("attachment/" or
	// "attachment/ab…") and come after the name after, in byte order.
	List(ctx context.Context, prefix, after string, limit int) ([]string, error)
}

// Streams grow by appending until they are finished and become blobs; before
// that, Get, Stat and List don't see them. Each stream has one writer at a
// time; if there are two, one of them gets Conflict.
type Streams interface {
	// Create begins an empty stream; Conflict when the name is taken.
	Create(ctx context.Context, name string) error
	// Append adds b at offset, which must be the size so far, all of it or
	// nothing, and returns the new size. An offset that is not the end is a
	// Conflict: ask Status and go on from there.
	Append(ctx context.Context, name string, offset int64, b []byte) (int64, error)
	// Status tells how many bytes are durable.
	Status(ctx context.Context, name string) (Progress, error)
	// Finish turns a stream of exactly size bytes into a blob. Finishing again
	// with the same size is no error, so that a lost answer can be repeated.
	Finish(ctx context.Context, name string, size int64) error
}

// Progress is the state of a stream.
type Progress struct {
	Size     int64 // durable bytes
	Finished bool
}

// nameShape: a space, a slash, an id. No dots at the start, so no traversal;
// lower case only, so that a disk that ignores case keeps names apart; two
// parts exactly, so that no name is a folder of another.
var (
	nameShape   = regexp.MustCompile(`^[a-z][a-z0-9-]{0,31}/[a-z0-9][a-z0-9._-]{3,119}$`)
	prefixShape = regexp.MustCompile(`^[a-z][a-z0-9-]{0,31}/([a-z0-9][a-z0-9._-]{0,119})?$`)
)

// CheckName refuses what is no name: "<space>/<id>", lower-case letters,
// digits, hyphens, and in the id (4 to 120 bytes) also dots and underscores.
func CheckName(name string) error {
	if !nameShape.MatchString(name) {
		return fault.New(fault.BadInput, "", "blob: not a name")
	}
	return nil
}

func checkList(prefix, after string, limit int) error {
	if !prefixShape.MatchString(prefix) || limit < 1 || (after != "" && CheckName(after) != nil) {
		return fault.New(fault.BadInput, "", "blob: not a prefix, a name to go on from, or a limit")
	}
	return nil
}

func checkRange(off, size int64) error {
	if off < 0 || off > size {
		return fault.New(fault.BadInput, "", "blob: offset %d of %d bytes", off, size)
	}
	return nil
}

func checkPut(name string, size int64) error {
	if err := CheckName(name); err != nil {
		return err
	}
	if size < 0 {
		return fault.New(fault.BadInput, "", "blob: size %d", size)
	}
	if size > MaxPut {
		return fault.New(fault.TooLarge, "", "blob: %d bytes at once", size)
	}
	return nil
}

func checkAppend(name string, offset int64, b []byte) error {
	if err := CheckName(name); err != nil {
		return err
	}
	if offset < 0 || len(b) == 0 {
		return fault.New(fault.BadInput, "", "blob: append of %d bytes at %d", len(b), offset)
	}
	if len(b) > MaxAppend {
		return fault.New(fault.TooLarge, "", "blob: append of %d bytes at once", len(b))
	}
	return nil
}

func errTaken() error   { return fault.New(fault.Conflict, "", "blob: the name is taken") }
func errMissing() error { return fault.New(fault.NotFound, "", "blob: no such name") }
func errNotTheEnd(offset, size int64) error {
	return fault.New(fault.Conflict, "", "blob: offset %d is not the end, %d bytes are kept", offset, size)
}
