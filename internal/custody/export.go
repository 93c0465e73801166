package custody

import (
	"archive/tar"
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
)

// Export writes the log at its newest checkpoint as a tar file: the paths of
// C2SP tlog-tiles, which any static file server can serve and any reader of
// such logs can check. It needs the memory of one bundle.
func (l *Log) Export(ctx context.Context, w io.Writer) error {
	archive := tar.NewWriter(w)
	if err := l.export(ctx, func(path string, data []byte) error {
		header := &tar.Header{Name: path, Mode: 0o644, Size: int64(len(data)), ModTime: l.clock(), Format: tar.FormatPAX}
		if err := archive.WriteHeader(header); err != nil {
			return err
		}
		_, err := archive.Write(data)
		return err
	}); err != nil {
		return err
	}
	return archive.Close()
}

// ExportDir is Export into the folder dir, which must be empty or not there.
// The checkpoint is written last.
func (l *Log) ExportDir(ctx context.Context, dir string) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	if there, err := os.ReadDir(dir); err != nil {
		return err
	} else if len(there) > 0 {
		return errors.New(dir + " is not empty")
	}
	return l.export(ctx, func(path string, data []byte) error {
		file := filepath.Join(dir, filepath.FromSlash(path))
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			return err
		}
		return os.WriteFile(file, data, 0o644)
	})
}

func (l *Log) export(ctx context.Context, put func(path string, data []byte) error) error {
	signed, err := l.Checkpoint(ctx)
	if err != nil {
		return err
	}
	c, err := l.parse(signed)
	if err != nil {
		return err
	}
	for level := entriesLevel; level <= maxLevel; level++ {
		count := c.size >> (tileHeight * max(level, 0))
		for n := int64(0); n*tileWidth < count; n++ {
			r := resource{tileKey{level, n}, int(min(count-n*tileWidth, tileWidth))}
			data, err := l.read(ctx, r)
			if err != nil {
				return err
			}
			if err := put(r.path(), data); err != nil {
				return err
			}
		}
	}
	return put("checkpoint", c.note)
}
