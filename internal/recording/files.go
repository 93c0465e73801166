package recording

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"io"
	"os"
	"path/filepath"

	"verhaal/internal/recording/chunk"
)

func (b *Book) folder(id chunk.ID) string { return filepath.Join(b.config.Files, id.String()) }

func (b *Book) file(p chunk.Part) string { return filepath.Join(b.folder(p.Recording), p.File()) }

func (b *Book) keyFile(p chunk.Part) string {
	return filepath.Join(b.config.Keys, p.Recording.String(), p.File()+".key")
}

// keep writes a small file durably where there is none: file and folder are on
// the disk when it returns. What is there already is never written over.
func keep(path string, data []byte) error { return write(path, os.O_EXCL, bytes.NewReader(data)) }

// replace writes a whole file durably.
func replace(path string, from io.Reader) error { return write(path, os.O_TRUNC, from) }

func write(path string, how int, from io.Reader) error {
	folder := filepath.Dir(path)
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return err
	}
	f, err := os.OpenFile(path, os.O_CREATE|os.O_WRONLY|how, 0o600)
	if err != nil {
		return err
	}
	_, err = io.Copy(f, from)
	err = errors.Join(err, f.Sync(), f.Close())
	if err != nil {
		return err
	}
	return syncFolder(folder, filepath.Dir(folder))
}

func syncFolder(folders ...string) error {
	for _, name := range folders {
		d, err := os.Open(name)
		if err != nil {
			return err
		}
		if err := errors.Join(d.Sync(), d.Close()); err != nil {
			return err
		}
	}
	return nil
}

func sum(b []byte) []byte {
	h := sha256.Sum256(b)
	return h[:]
}
