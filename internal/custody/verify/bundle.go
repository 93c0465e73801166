package verify

import (
	"context"
	"encoding/binary"
	"fmt"
	"iter"

	"golang.org/x/mod/sumdb/tlog"
)

// bundle is 256 leaves, or the last fewer, as far as they can be checked apart
// from the others.
type bundle struct {
	n      int64 // its number
	width  int
	err    error       // it could not be fetched
	leaves []leaf      // nil when missing or cut short
	faults []Problem   // found in it
	hashes []tlog.Hash // of the leaves
	tile   []tlog.Hash // what the tile of level 0 says they are; nil when missing
	root   tlog.Hash   // of hashes
}

// bundles reads and hashes the log, ahead workers at a time, and gives the
// results in order.
func (c *check) bundles(ctx context.Context, ahead int) iter.Seq[chan *bundle] {
	return func(yield func(chan *bundle) bool) {
		ctx, cancel := context.WithCancel(ctx)
		defer cancel()
		queue := make(chan chan *bundle, ahead)
		go func() {
			defer close(queue)
			for n := int64(0); n*tileWidth < c.now.Size; n++ {
				out := make(chan *bundle, 1)
				select {
				case queue <- out:
				case <-ctx.Done():
					return
				}
				go func() {
					out <- c.fetch(ctx, n, int(min(c.now.Size-n*tileWidth, tileWidth)))
				}()
			}
		}()
		for out := range queue {
			if !yield(out) {
				return
			}
		}
	}
}

func (c *check) fetch(ctx context.Context, n int64, width int) *bundle {
	b := &bundle{n: n, width: width}
	data, err := readTile(ctx, c.source, "entries", n, width)
	switch {
	case isMissing(err):
		b.fault(-1, "entries", "is missing: %d leaves can't be read", width)
	case err != nil:
		b.err = err
		return b
	default:
		b.scan(data)
	}
	data, err = readTile(ctx, c.source, "0", n, width)
	switch {
	case isMissing(err):
		b.fault(-1, "0", "is missing")
	case err != nil:
		b.err = err
	case len(data) < width*tlog.HashSize, len(data) > tileWidth*tlog.HashSize:
		b.fault(-1, "0", "is cut short or too long")
	default:
		b.tile = splitHashes(data, width)
	}
	return b
}

func (b *bundle) fault(at int, level, what string, args ...any) {
	leaf := int64(-1)
	if at >= 0 {
		leaf = b.n*tileWidth + int64(at)
	}
	b.faults = append(b.faults, Problem{leaf, tilePath(level, b.n, b.width), fmt.Sprintf(what, args...)})
}

// scan takes the bundle apart: each leaf is led by its length in two bytes.
func (b *bundle) scan(data []byte) {
	leaves, hashes := make([]leaf, 0, b.width), make([]tlog.Hash, 0, b.width)
	for i := range b.width {
		if len(data) < 2 || len(data)-2 < int(binary.BigEndian.Uint16(data)) {
			b.fault(i, "entries", "the bundle is cut short here: %d leaves can't be read", b.width-i)
			return
		}
		end := 2 + int(binary.BigEndian.Uint16(data))
		l, err := scanLeaf(data[2:end])
		if err != nil {
			b.fault(i, "entries", "%v", err)
		}
		leaves, hashes = append(leaves, l), append(hashes, tlog.RecordHash(data[2:end]))
		data = data[end:]
	}
	if len(data) > 0 && b.width == tileWidth {
		b.fault(-1, "entries", "goes on after its last leaf")
	}
	b.leaves, b.hashes, b.root = leaves, hashes, treeHash(hashes)
}

func splitHashes(data []byte, width int) []tlog.Hash {
	out := make([]tlog.Hash, width)
	for i := range out {
		copy(out[i][:], data[i*tlog.HashSize:])
	}
	return out
}
