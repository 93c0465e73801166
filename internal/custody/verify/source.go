package verify

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// Source is where a log's bytes come from.
type Source interface {
	// read gives the bytes at a path of the log, fs.ErrNotExist when there is
	// nothing. It is safe for concurrent use.
	read(ctx context.Context, path string) ([]byte, error)
}

// maxBytes bounds what is read at one path: a bundle of 256 of the largest leaves.
const maxBytes = 256 * (2 + 1<<16)

// At is Dir or URL, told apart by "http://" or "https://".
func At(place, token string) Source {
	if strings.HasPrefix(place, "http://") || strings.HasPrefix(place, "https://") {
		return URL(place, token)
	}
	return Dir(place)
}

// Dir is a log in a folder, as exported.
func Dir(dir string) Source { return folder(dir) }

type folder string

func (f folder) read(_ context.Context, path string) ([]byte, error) {
	file, err := os.Open(filepath.Join(string(f), filepath.FromSlash(path)))
	if err != nil {
		return nil, err
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil {
		return nil, err
	}
	if info.Size() > maxBytes {
		return nil, fmt.Errorf("%s is larger than any file of a log", path)
	}
	data := make([]byte, info.Size())
	_, err = io.ReadFull(file, data)
	return data, err
}

// URL is a log that is served at the address base; token, if not empty, goes
// along as bearer token.
func URL(base, token string) Source {
	return &server{strings.TrimSuffix(base, "/"), token, &http.Client{Timeout: time.Minute}}
}

type server struct {
	base, token string
	client      *http.Client
}

func (s *server) read(ctx context.Context, path string) ([]byte, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, s.base+"/"+path, nil)
	if err != nil {
		return nil, err
	}
	if s.token != "" {
		req.Header.Set("Authorization", "Bearer "+s.token)
	}
	resp, err := s.client.Do(req)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	switch resp.StatusCode {
	case http.StatusOK:
	case http.StatusNotFound, http.StatusGone:
		return nil, fmt.Errorf("%s: %w", path, fs.ErrNotExist)
	default:
		return nil, fmt.Errorf("%s: the server answers %s", path, resp.Status)
	}
	data, err := io.ReadAll(io.LimitReader(resp.Body, maxBytes+1))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	if len(data) > maxBytes {
		return nil, fmt.Errorf("%s is larger than any file of a log", path)
	}
	return data, nil
}

func isMissing(err error) bool { return errors.Is(err, fs.ErrNotExist) }

// tilePath names width hashes (or leaves) of tile n; level is "entries" or a
// number (C2SP tlog-tiles).
func tilePath(level string, n int64, width int) string {
	number := fmt.Sprintf("%03d", n%1000)
	for n /= 1000; n > 0; n /= 1000 {
		number = fmt.Sprintf("x%03d/%s", n%1000, number)
	}
	if width < tileWidth {
		return fmt.Sprintf("tile/%s/%s.p/%d", level, number, width)
	}
	return fmt.Sprintf("tile/%s/%s", level, number)
}

// readTile reads what a path names, or, where a partial one is gone because the
// log has grown, the whole that took its place.
func readTile(ctx context.Context, s Source, level string, n int64, width int) ([]byte, error) {
	data, err := s.read(ctx, tilePath(level, n, width))
	if isMissing(err) && width < tileWidth {
		if whole, err := s.read(ctx, tilePath(level, n, tileWidth)); err == nil {
			return whole, nil
		}
	}
	return data, err
}
