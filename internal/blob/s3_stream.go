package blob

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/minio/minio-go/v7"

	"verhaal/internal/fault"
)

// S3 can't append. Every Append is an object of its own, a part, whose key ends
// in its offset as 16 hex digits, so that parts list in order and of two
// appends at one offset one is refused by the store itself. Finishing writes
// one small object; reading goes from part to part. Nothing is copied.

const openMark = "open" // sorts after every offset

func (s *S3) partKey(name, part string) string { return s.prefix + "streams/" + name + "/" + part }

func offsetKey(offset int64) string { return fmt.Sprintf("%016x", offset) }

// part is one append.
type part struct{ offset, size int64 }

// parts lists the parts that may hold the bytes from offset from on, and says
// whether the sign of the stream is there.
func (s *S3) parts(ctx context.Context, name string, from int64) (out []part, open bool, err error) {
	opts := minio.ListObjectsOptions{Prefix: s.partKey(name, ""), Recursive: true}
	// No part is longer than MaxAppend, so none before this one reaches from.
	if first := from - MaxAppend; first > 0 {
		opts.StartAfter = s.partKey(name, offsetKey(first-1))
	}
	for info := range s.read.ListObjectsIter(ctx, s.bucket, opts) {
		if info.Err != nil {
			return nil, false, s3Fault(info.Err)
		}
		last := strings.TrimPrefix(info.Key, s.partKey(name, ""))
		if last == openMark {
			return out, true, nil
		}
		offset, err := strconv.ParseInt(last, 16, 64)
		if err != nil {
			return nil, false, fault.New(fault.Internal, "", "blob: a part without an offset")
		}
		out = append(out, part{offset, info.Size})
	}
	return out, false, nil
}

// sizeFrom is where the parts end, each beginning where the one before ends.
func sizeFrom(parts []part) int64 {
	var end int64
	for i, p := range parts {
		if i > 0 && p.offset != end {
			break // can't happen while every append checks the end
		}
		end = p.offset + p.size
	}
	return end
}

// Create puts the sign of the stream.
func (s *S3) Create(ctx context.Context, name string) error {
	if err := CheckName(name); err != nil {
		return err
	}
	if _, _, err := s.head(ctx, name); fault.KindOf(err) != fault.NotFound {
		if err == nil {
			return errTaken()
		}
		return err
	}
	return s.putEmpty(ctx, s.partKey(name, openMark), nil)
}

// Append puts one part.
func (s *S3) Append(ctx context.Context, name string, offset int64, b []byte) (int64, error) {
	if err := checkAppend(name, offset, b); err != nil {
		return 0, err
	}
	if size, _, err := s.head(ctx, name); err == nil {
		return 0, errNotTheEnd(offset, size)
	} else if fault.KindOf(err) != fault.NotFound {
		return 0, err
	}
	parts, open, err := s.parts(ctx, name, offset)
	if err != nil {
		return 0, err
	}
	if !open {
		return 0, errMissing()
	}
	if size := sizeFrom(parts); size != offset {
		return 0, errNotTheEnd(offset, size)
	}
	if err := s.put(ctx, s.partKey(name, offsetKey(offset)), bytes.NewReader(b), int64(len(b)), nil); err != nil {
		return 0, err
	}
	return offset + int64(len(b)), nil
}

// Status adds the parts up.
func (s *S3) Status(ctx context.Context, name string) (Progress, error) {
	if err := CheckName(name); err != nil {
		return Progress{}, err
	}
	if size, _, err := s.head(ctx, name); err == nil {
		return Progress{Size: size, Finished: true}, nil
	} else if fault.KindOf(err) != fault.NotFound {
		return Progress{}, err
	}
	parts, open, err := s.parts(ctx, name, 0)
	if err != nil {
		return Progress{}, err
	}
	if !open {
		return Progress{}, errMissing()
	}
	return Progress{Size: sizeFrom(parts)}, nil
}

// Finish puts the object that makes the parts a blob. The sign of the stream
// stays, so that a name that was used is never free again before Delete.
func (s *S3) Finish(ctx context.Context, name string, size int64) error {
	p, err := s.Status(ctx, name)
	if err != nil {
		return err
	}
	if p.Size != size {
		return errNotTheEnd(size, p.Size)
	}
	if !p.Finished {
		err = s.putEmpty(ctx, s.blobKey(name), map[string]string{streamMeta: strconv.FormatInt(size, 10)})
		if fault.KindOf(err) != fault.Conflict {
			return err
		}
	}
	// Finished before, or in this moment by another: the same stream, or not.
	kept, isStream, err := s.head(ctx, name)
	if err != nil {
		return err
	}
	if !isStream || kept != size {
		return errTaken()
	}
	return nil
}

// partsReader reads a finished stream from pos to end, a part at a time.
type partsReader struct {
	ctx      context.Context
	s        *S3
	name     string
	pos, end int64
	queue    []part // from the one that holds pos on; empty before the first Read
	current  io.ReadCloser
}

func (r *partsReader) Read(p []byte) (int, error) {
	for len(p) > 0 && r.pos < r.end {
		if r.current == nil {
			if err := r.next(); err != nil {
				return 0, err
			}
		}
		n, err := r.current.Read(p)
		r.pos += int64(n)
		if err == io.EOF {
			err = r.current.Close()
			r.current = nil
		}
		if n > 0 || err != nil {
			return n, err
		}
	}
	if r.pos >= r.end {
		return 0, io.EOF
	}
	return 0, nil
}

// next opens the part that holds pos.
func (r *partsReader) next() error {
	if r.queue == nil {
		var err error
		if r.queue, _, err = r.s.parts(r.ctx, r.name, r.pos); err != nil {
			return err
		}
	}
	for len(r.queue) > 0 && r.queue[0].offset+r.queue[0].size <= r.pos {
		r.queue = r.queue[1:]
	}
	if len(r.queue) == 0 || r.queue[0].offset > r.pos {
		return fault.New(fault.Internal, "", "blob: a part of a finished stream is missing")
	}
	p := r.queue[0]
	var err error
	r.current, err = r.s.object(r.ctx, r.s.partKey(r.name, offsetKey(p.offset)), r.pos-p.offset, min(p.offset+p.size, r.end)-r.pos)
	return err
}

// Close gives the open part back.
func (r *partsReader) Close() error {
	r.pos = r.end
	if r.current == nil {
		return nil
	}
	err := r.current.Close()
	r.current = nil
	return err
}
