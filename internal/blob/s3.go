package blob

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/minio/minio-go/v7"
	"github.com/minio/minio-go/v7/pkg/credentials"

	"verhaal/internal/fault"
)

// S3Config says where the bucket is. The bucket must exist; Verhaal never makes
// one, so that its place, its encryption and its retention are chosen by people.
type S3Config struct {
	Endpoint  string // host:port
	TLS       bool
	Region    string // "" = us-east-1; most stores other than AWS don't care
	Bucket    string
	Prefix    string // "" or "verhaal/": put before every key
	AccessKey string
	SecretKey string
}

// S3 keeps blobs as objects:
//
//	<prefix>blobs/<name>             a whole blob; or, with the metadata
//	                                 "Verhaal-Stream: <size>" and no bytes, a
//	                                 finished stream, whose bytes are its parts
//	<prefix>streams/<name>/<offset>  a part, see s3_stream.go
//	<prefix>streams/<name>/open      there as long as the stream exists
//	<prefix>probe                    says that the store keeps create-only puts
type S3 struct {
	// write never tries again by itself: a repeated create-only put would be
	// refused by what the first one had written.
	write, read minio.Core
	bucket      string
	prefix      string
}

const streamMeta = "Verhaal-Stream"

// OpenS3 looks for the bucket and makes sure that the store honours
// "If-None-Match: *"; one that ignores it would overwrite, and is refused.
func OpenS3(ctx context.Context, c S3Config) (*S3, error) {
	client := func(tries int) (minio.Core, error) {
		core, err := minio.NewCore(c.Endpoint, &minio.Options{
			Creds:        credentials.NewStaticV4(c.AccessKey, c.SecretKey, ""),
			Secure:       c.TLS,
			Region:       orDefault(c.Region, "us-east-1"), // else the first call asks for it
			BucketLookup: minio.BucketLookupAuto,
			MaxRetries:   tries,
		})
		if err != nil {
			return minio.Core{}, fault.New(fault.BadInput, "", "blob: the S3 endpoint must be host:port")
		}
		return *core, nil
	}
	s := &S3{bucket: c.Bucket, prefix: c.Prefix}
	var err error
	if s.write, err = client(1); err != nil {
		return nil, err
	}
	if s.read, err = client(3); err != nil {
		return nil, err
	}
	return s, s.probe(ctx)
}

func orDefault(s, otherwise string) string {
	if s == "" {
		return otherwise
	}
	return s
}

func (s *S3) probe(ctx context.Context) error {
	there, err := s.read.BucketExists(ctx, s.bucket)
	if err != nil {
		return s3Fault(err)
	}
	if !there {
		return fault.New(fault.Unavailable, "", "blob: the bucket does not exist; make it first")
	}
	if err := s.putProbe(ctx); err != nil && fault.KindOf(err) != fault.Conflict {
		return err
	}
	switch err := s.putProbe(ctx); {
	case err == nil:
		return fault.New(fault.Unavailable, "", "blob: this S3 store ignores \"If-None-Match: *\" and would overwrite; it can't be used")
	case fault.KindOf(err) != fault.Conflict:
		return err
	}
	return nil
}

const emptyTries = 3

// putEmpty writes an empty object. Unlike a blob it may be tried again blindly:
// a store that closes the line after refusing spoils the next call on it. A
// Conflict may then be our own write whose answer was lost.
func (s *S3) putEmpty(ctx context.Context, key string, meta map[string]string) (err error) {
	for range emptyTries {
		if err = s.put(ctx, key, bytes.NewReader(nil), 0, meta); fault.KindOf(err) != fault.Unavailable || err == nil {
			return err
		}
	}
	return err
}

func (s *S3) putProbe(ctx context.Context) error { return s.putEmpty(ctx, s.prefix+"probe", nil) }

func (s *S3) blobKey(name string) string { return s.prefix + "blobs/" + name }

// put writes one object create-only.
func (s *S3) put(ctx context.Context, key string, r io.Reader, size int64, meta map[string]string) error {
	opts := minio.PutObjectOptions{ContentType: "application/octet-stream", UserMetadata: meta}
	opts.SetMatchETagExcept("*") // If-None-Match: * (RFC 9110 section 13.1.2)
	_, err := s.write.PutObject(ctx, s.bucket, key, r, size, "", "", opts)
	return s3Fault(err)
}

// Put sends one PUT request.
func (s *S3) Put(ctx context.Context, name string, size int64, r io.Reader) error {
	if err := checkPut(name, size); err != nil {
		return err
	}
	src := &source{ctx: ctx, r: r, left: size}
	err := s.put(ctx, s.blobKey(name), src, size, nil)
	if src.err != nil && err != nil {
		return src.err
	}
	return err
}

// head tells the size of a blob and whether it is a finished stream.
func (s *S3) head(ctx context.Context, name string) (size int64, isStream bool, err error) {
	info, err := s.read.StatObject(ctx, s.bucket, s.blobKey(name), minio.StatObjectOptions{})
	if err != nil {
		return 0, false, s3Fault(err)
	}
	return sizeOf(info)
}

func sizeOf(info minio.ObjectInfo) (size int64, isStream bool, err error) {
	text, ok := info.UserMetadata[streamMeta]
	if !ok {
		return info.Size, false, nil
	}
	size, err = strconv.ParseInt(text, 10, 64)
	if err != nil || size < 0 {
		return 0, false, fault.New(fault.Internal, "", "blob: a finished stream without a size")
	}
	return size, true, nil
}

// Stat asks for the head of the object.
func (s *S3) Stat(ctx context.Context, name string) (int64, error) {
	if err := CheckName(name); err != nil {
		return 0, err
	}
	size, _, err := s.head(ctx, name)
	return size, err
}

// Get reads an object, or the parts of a finished stream one after another.
func (s *S3) Get(ctx context.Context, name string, off, n int64) (io.ReadCloser, error) {
	if err := CheckName(name); err != nil {
		return nil, err
	}
	size, isStream, err := s.head(ctx, name)
	if err == nil {
		err = checkRange(off, size)
	}
	if err != nil {
		return nil, err
	}
	if n < 0 || n > size-off {
		n = size - off
	}
	switch {
	case n == 0:
		return io.NopCloser(bytes.NewReader(nil)), nil
	case isStream:
		return &partsReader{ctx: ctx, s: s, name: name, pos: off, end: off + n}, nil
	}
	return s.object(ctx, s.blobKey(name), off, n)
}

// object reads n > 0 bytes of one object.
func (s *S3) object(ctx context.Context, key string, off, n int64) (io.ReadCloser, error) {
	var opts minio.GetObjectOptions
	opts.Set("Range", "bytes="+strconv.FormatInt(off, 10)+"-"+strconv.FormatInt(off+n-1, 10))
	body, _, _, err := s.read.GetObject(ctx, s.bucket, key, opts)
	if err != nil {
		return nil, s3Fault(err)
	}
	return struct {
		io.Reader
		io.Closer
	}{&bound{ctx, body, s3Fault}, body}, nil
}

// Delete removes the blob first, then the parts, then the sign of the stream.
func (s *S3) Delete(ctx context.Context, name string) error {
	if err := CheckName(name); err != nil {
		return err
	}
	keys := []string{s.blobKey(name)}
	for info := range s.read.ListObjectsIter(ctx, s.bucket, minio.ListObjectsOptions{Prefix: s.partKey(name, ""), Recursive: true}) {
		if info.Err != nil {
			return s3Fault(info.Err)
		}
		keys = append(keys, info.Key)
	}
	for _, key := range keys {
		if err := s3Fault(s.write.RemoveObject(ctx, s.bucket, key, minio.RemoveObjectOptions{})); err != nil && fault.KindOf(err) != fault.NotFound {
			return err
		}
	}
	return nil
}

// List asks the store, which lists in byte order.
func (s *S3) List(ctx context.Context, prefix, after string, limit int) ([]string, error) {
	if err := checkList(prefix, after, limit); err != nil {
		return nil, err
	}
	opts := minio.ListObjectsOptions{Prefix: s.blobKey(prefix), Recursive: true, MaxKeys: min(limit, 1000)}
	if after != "" {
		opts.StartAfter = s.blobKey(after)
	}
	var out []string
	for info := range s.read.ListObjectsIter(ctx, s.bucket, opts) {
		if info.Err != nil {
			return nil, s3Fault(info.Err)
		}
		out = append(out, strings.TrimPrefix(info.Key, s.blobKey("")))
		if len(out) == limit {
			break
		}
	}
	return out, nil
}

// s3Fault gives an answer of the store its kind. The library's own texts hold
// addresses with names in them, so only its codes are kept.
func s3Fault(err error) error {
	if err == nil {
		return nil
	}
	if fault.KindOf(err) != fault.Internal {
		return err
	}
	var r minio.ErrorResponse
	if !errors.As(err, &r) {
		var op *net.OpError
		if errors.As(err, &op) {
			return fault.New(fault.Unavailable, "", "blob: S3: %s failed: %v", op.Op, op.Err)
		}
		return fault.New(fault.Unavailable, "", "blob: S3 does not answer")
	}
	full := []string{"InsufficientStorage", "QuotaExceeded", "XMinioStorageFull"}
	switch {
	case slices.Contains(full, r.Code) || r.StatusCode == http.StatusInsufficientStorage:
		return fault.New(fault.Unavailable, "fault.disk_full", "blob: S3: no room (%s)", r.Code)
	case r.StatusCode == http.StatusNotFound && r.Code != "NoSuchBucket":
		return errMissing()
	case r.StatusCode == http.StatusPreconditionFailed || r.StatusCode == http.StatusConflict:
		return errTaken()
	}
	return fault.New(fault.Unavailable, "", "blob: S3 answers %d %s", r.StatusCode, r.Code)
}
