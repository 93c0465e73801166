package app

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"verhaal/internal/blob"
	"verhaal/internal/recording"
	"verhaal/internal/recording/stamp"
)

// Copies is where recordings are kept a second time: a folder, or a bucket.
type Copies struct {
	Folder string `yaml:"folder"` // on another disk
	Bucket Bucket `yaml:"bucket"`
	// First acknowledges nothing to a recorder before the second copy has it too.
	First bool `yaml:"first"`
}

// Bucket of an S3-compatible store. Its access key and secret are two lines of
// the file "store" among the keys.
type Bucket struct {
	Endpoint string `yaml:"endpoint"` // host:port
	Name     string `yaml:"name"`
	Prefix   string `yaml:"prefix"`
	Region   string `yaml:"region"`
	Plain    bool   `yaml:"plain"` // without TLS, for a store on this machine
}

const storeKeyFile = "store"

func (c Copies) check() error {
	switch {
	case c.Folder != "" && c.Bucket.Name != "":
		return errors.New("copies: a folder or a bucket, not both")
	case c.Bucket != Bucket{} && (c.Bucket.Name == "" || c.Bucket.Endpoint == ""):
		return errors.New("copies: a bucket needs its name and its endpoint (host:port)")
	case c.First && c.Folder == "" && c.Bucket.Name == "":
		return errors.New("copies: first, but no folder or bucket")
	}
	return nil
}

// openCopies opens the second copy; both results are nil when there is none.
func (c Config) openCopies(ctx context.Context) (recording.Copies, io.Closer, error) {
	switch of := c.Copies; {
	case of.Folder != "":
		disk, err := blob.OpenDisk(of.Folder)
		return disk, disk, err
	case of.Bucket.Name != "":
		text, err := readKeyFile(c.keyFile(storeKeyFile))
		if err != nil {
			return nil, nil, err
		}
		access, secret, two := strings.Cut(strings.TrimSpace(string(text)), "\n")
		if !two {
			return nil, nil, fmt.Errorf("%s: an access key and a secret, on two lines", c.keyFile(storeKeyFile))
		}
		store, err := blob.OpenS3(ctx, blob.S3Config{Endpoint: of.Bucket.Endpoint, TLS: !of.Bucket.Plain, Region: of.Bucket.Region, Bucket: of.Bucket.Name,
			Prefix: of.Bucket.Prefix, AccessKey: access, SecretKey: strings.TrimSpace(secret)})
		return store, nil, err
	}
	return nil, nil, nil
}

// Stamps is who says when a recording was sealed (RFC 3161).
type Stamps struct {
	URL   string `yaml:"url"`   // https://… ; empty = nobody
	Roots string `yaml:"roots"` // file of certificates (PEM) to trust; empty = the machine's
}

func (s Stamps) open() (recording.Stamper, error) {
	if s.URL == "" {
		return nil, nil
	}
	pool, err := x509.SystemCertPool()
	if s.Roots != "" {
		var text []byte
		text, err = os.ReadFile(s.Roots)
		if pool = x509.NewCertPool(); err == nil && !pool.AppendCertsFromPEM(text) {
			err = fmt.Errorf("stamps: %s holds no certificate (PEM)", s.Roots)
		}
	}
	return stamp.Authority{URL: s.URL, Pool: pool}, err
}
