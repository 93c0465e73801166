package custody

import (
	"context"
	"encoding/binary"
	"fmt"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/tlog"

	"verhaal/internal/fault"
)

// entriesLevel stands for the entry bundles, which hold the leaves of a tile
// of level 0.
const entriesLevel = -1

// resource is what a path of the log names: width hashes of a tile, or leaves
// of a bundle; the whole when width is 256.
type resource struct {
	key   tileKey
	width int
}

// maxLevel is the highest level a tile of 2^63 leaves has.
const maxLevel = 7

// parsePath reads "tile/<L>/<N>[.p/<W>]" and "tile/entries/<N>[.p/<W>]", with
// <N> in groups of three digits, all but the last led by x (C2SP tlog-tiles,
// "Merkle Tree"). Each resource has one path.
func parsePath(path string) (resource, error) {
	bad := fault.New(fault.BadInput, "", "not a path of the log")
	rest, ok := strings.CutPrefix(path, "tile/")
	level, rest, more := strings.Cut(rest, "/")
	if !ok || !more {
		return resource{}, bad
	}
	r := resource{key: tileKey{level: entriesLevel}, width: tileWidth}
	if level != "entries" {
		n, err := strconv.Atoi(level)
		if err != nil || n < 0 || n > maxLevel {
			return resource{}, bad
		}
		r.key.level = n
	}
	number, width, partial := strings.Cut(rest, ".p/")
	if partial {
		n, err := strconv.Atoi(width)
		if err != nil || n < 1 || n >= tileWidth {
			return resource{}, bad
		}
		r.width = n
	}
	for group := range strings.SplitSeq(number, "/") {
		n, err := strconv.Atoi(strings.TrimPrefix(group, "x"))
		if err != nil || n < 0 || n > 999 || r.key.n > 1<<52 {
			return resource{}, bad
		}
		r.key.n = r.key.n*1000 + int64(n)
	}
	if r.path() != path {
		return resource{}, bad // another spelling of the same
	}
	return r, nil
}

func (r resource) path() string {
	level := "entries"
	if r.key.level != entriesLevel {
		level = strconv.Itoa(r.key.level)
	}
	number := fmt.Sprintf("%03d", r.key.n%1000)
	for n := r.key.n / 1000; n > 0; n /= 1000 {
		number = fmt.Sprintf("x%03d/%s", n%1000, number)
	}
	path := "tile/" + level + "/" + number
	if r.width < tileWidth {
		path += ".p/" + strconv.Itoa(r.width)
	}
	return path
}

// has says whether a tree of size leaves holds the resource.
func (r resource) has(size int64) bool {
	return r.key.n*tileWidth+int64(r.width) <= size>>(tileHeight*max(r.key.level, 0))
}

// Tile gives the bytes to serve at path, e.g. "tile/0/x001/234",
// "tile/1/000.p/17" or "tile/entries/000": hashes of 32 bytes each, or leaves
// each led by its length in two bytes (big-endian). NotFound beyond the newest
// checkpoint, BadInput when it is no such path.
func (l *Log) Tile(ctx context.Context, path string) ([]byte, error) {
	r, err := parsePath(path)
	if err != nil {
		return nil, err
	}
	c, err := l.signed(ctx)
	if err != nil {
		return nil, err
	}
	if !r.has(c.size) {
		return nil, fault.New(fault.NotFound, "", "%s is beyond the checkpoint of %d leaves", path, c.size)
	}
	return l.read(ctx, r)
}

func (l *Log) read(ctx context.Context, r resource) ([]byte, error) {
	if r.key.level == entriesLevel {
		return l.bundle(ctx, r)
	}
	hashes, err := l.tiles(ctx).get(r.key)
	if err != nil {
		return nil, err
	}
	if len(hashes) < r.width*tlog.HashSize {
		return nil, fault.New(fault.Internal, "", "%s is cut short", r.path())
	}
	return hashes[:r.width*tlog.HashSize], nil
}

func (l *Log) bundle(ctx context.Context, r resource) ([]byte, error) {
	entries, err := l.list(ctx, listFrom, r.key.n*tileWidth, r.width)
	if err != nil {
		return nil, err
	}
	if len(entries) != r.width || entries[r.width-1].Seq != r.key.n*tileWidth+int64(r.width)-1 {
		return nil, fault.New(fault.Internal, "", "%s lacks a leaf", r.path())
	}
	var out []byte
	for _, e := range entries {
		out = binary.BigEndian.AppendUint16(out, uint16(len(e.Leaf)))
		out = append(out, e.Leaf...)
	}
	return out, nil
}
