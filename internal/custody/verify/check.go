package verify

import (
	"context"
	"crypto/sha256"
	"fmt"
	"slices"
	"strconv"

	"golang.org/x/mod/sumdb/tlog"
)

// emptyRoot is the root of a tree without leaves (RFC 6962 section 2.1).
var emptyRoot = tlog.Hash(sha256.Sum256(nil))

// check is the state of one run over a log, from its first leaf to its last.
type check struct {
	source Source
	now    checkpoint
	older  []checkpoint
	found  []Problem

	edge  edge
	above [][]tlog.Hash    // above[i]: roots that belong in the tile at hand of level i+1
	last  map[string]int64 // the last leaf of each actor
	gap   bool             // leaves were missing or changed: the chains can't be followed further
}

func newCheck(source Source, now checkpoint) *check {
	return &check{source: source, now: now, last: map[string]int64{}}
}

func (c *check) problem(leaf int64, path, what string, args ...any) {
	c.found = append(c.found, Problem{leaf, path, fmt.Sprintf(what, args...)})
}

// take adds the next bundle to what is known.
func (c *check) take(ctx context.Context, b *bundle) error {
	if b.err != nil {
		return b.err
	}
	before := len(c.found)
	c.found = append(c.found, b.faults...)
	hashes, root, err := c.settle(ctx, b)
	if err != nil {
		return err
	}
	c.follow(b, len(c.found) == before)
	if hashes == nil {
		return nil
	}
	for _, old := range c.older {
		if start := b.n * tileWidth; old.Size > start && old.Size <= start+int64(b.width) {
			c.compare(old, c.edge.root(hashes[:old.Size-start]))
		}
	}
	if b.width < tileWidth {
		c.compare(c.now, c.edge.root(hashes))
		return nil
	}
	c.edge.add(root)
	return c.raise(ctx, 1, root)
}

// compare holds a computed root against a signed one.
func (c *check) compare(signed checkpoint, root tlog.Hash) {
	switch {
	case root == signed.Root:
	case signed.Size == c.now.Size && signed.Root == c.now.Root:
		c.problem(-1, checkpointPath, "the leaves don't make the tree that was signed")
	default:
		c.problem(-1, checkpointPath, "the first %d leaves are not those an older checkpoint was signed over: "+
			"history was rewritten, or this is another view of the log than was shown before", signed.Size)
	}
}

// follow holds each leaf against its actor's leaf before, as long as all
// leaves are those that were signed.
func (c *check) follow(b *bundle, sound bool) {
	if !sound {
		c.gap = true
	}
	if c.gap {
		return
	}
	for i, l := range b.leaves {
		seq := b.n*tileWidth + int64(i)
		before, ok := c.last[string(l.actor)]
		if !ok {
			before = -1
		}
		if l.prev != before {
			c.problem(seq, tilePath("entries", b.n, b.width), "says that its actor's act before is %s, but that is %s", ordinal(l.prev), ordinal(before))
		}
		c.last[string(l.actor)] = seq
	}
}

func ordinal(seq int64) string {
	if seq < 0 {
		return "none"
	}
	return "leaf " + strconv.FormatInt(seq, 10)
}

// settle says which hashes of the bundle to go on with, and what is wrong when
// leaves and tile disagree. None when there is neither.
func (c *check) settle(ctx context.Context, b *bundle) ([]tlog.Hash, tlog.Hash, error) {
	switch {
	case b.hashes == nil && b.tile == nil:
		return nil, tlog.Hash{}, nil
	case b.hashes == nil:
		return b.tile, treeHash(b.tile), nil
	case b.tile == nil || slices.Equal(b.tile, b.hashes):
		return b.hashes, b.root, nil
	}
	entries, tile := tilePath("entries", b.n, b.width), tilePath("0", b.n, b.width)
	signed, err := c.signedRoot(ctx, b)
	if err != nil {
		return nil, tlog.Hash{}, err
	}
	byTile := c.rootOf(b, b.tile)
	for i := range b.hashes {
		seq := b.n*tileWidth + int64(i)
		switch {
		case b.hashes[i] == b.tile[i]:
		case signed == byTile:
			if j := slices.Index(b.tile, b.hashes[i]); j >= 0 {
				c.problem(seq, entries, "this is leaf %d: leaves changed places", b.n*tileWidth+int64(j))
			} else {
				c.problem(seq, entries, "was changed: it is not the leaf in the signed tree")
			}
		case signed == c.rootOf(b, b.hashes):
			c.problem(seq, tile, "the tile's hash was changed; the leaf is the one in the signed tree")
		default:
			c.problem(seq, entries, "the leaf and its hash in %s don't match, and neither is in the signed tree", tile)
		}
	}
	if signed == byTile {
		return b.tile, byTile, nil
	}
	return b.hashes, b.root, nil
}

// rootOf is the hash that decides about a bundle's hashes: of a whole tile its
// root, of the last partial one the root of the whole log.
func (c *check) rootOf(b *bundle, hashes []tlog.Hash) tlog.Hash {
	if b.width < tileWidth {
		return c.edge.root(hashes)
	}
	return treeHash(hashes)
}

// signedRoot is what rootOf should be, by the checkpoint or the tile above.
func (c *check) signedRoot(ctx context.Context, b *bundle) (tlog.Hash, error) {
	if b.width < tileWidth {
		return c.now.Root, nil
	}
	data, err := c.parent(ctx, 1, b.n/tileWidth)
	at := int(b.n % tileWidth)
	if err != nil || len(data) < (at+1)*tlog.HashSize {
		return tlog.Hash{}, err
	}
	return tlog.Hash(data[at*tlog.HashSize:][:tlog.HashSize]), nil
}

func (c *check) parent(ctx context.Context, level int, n int64) ([]byte, error) {
	count := c.now.Size >> (tileHeight * level)
	width := int(min(count-n*tileWidth, tileWidth))
	data, err := readTile(ctx, c.source, strconv.Itoa(level), n, width)
	if isMissing(err) {
		return nil, nil
	}
	return data, err
}

// raise puts a computed root into the tile above and checks that when it is full.
func (c *check) raise(ctx context.Context, level int, root tlog.Hash) error {
	for len(c.above) < level {
		c.above = append(c.above, nil)
	}
	c.above[level-1] = append(c.above[level-1], root)
	if len(c.above[level-1]) < tileWidth {
		return nil
	}
	if err := c.checkTile(ctx, level); err != nil {
		return err
	}
	root = treeHash(c.above[level-1])
	c.above[level-1] = c.above[level-1][:0]
	return c.raise(ctx, level+1, root)
}

// checkTile holds the tile at hand of a level against the roots computed for it.
func (c *check) checkTile(ctx context.Context, level int) error {
	want := c.above[level-1]
	n := (c.now.Size>>(tileHeight*level) - 1) / tileWidth // the last one
	if len(want) == tileWidth {
		n = (c.edge.tiles>>(tileHeight*(level-1)) - 1) / tileWidth
	}
	path := tilePath(strconv.Itoa(level), n, len(want))
	data, err := readTile(ctx, c.source, strconv.Itoa(level), n, len(want))
	switch {
	case isMissing(err):
		c.problem(-1, path, "is missing")
		return nil
	case err != nil:
		return err
	case len(data) < len(want)*tlog.HashSize, len(data) > tileWidth*tlog.HashSize:
		c.problem(-1, path, "is cut short or too long")
		return nil
	}
	for i, h := range splitHashes(data, len(want)) {
		if h != want[i] {
			c.problem(-1, path, "hash %d does not follow from the leaves below it", i)
		}
	}
	return nil
}

// finish checks what the last leaf leaves open.
func (c *check) finish(ctx context.Context) error {
	for level := 1; level <= len(c.above); level++ {
		if len(c.above[level-1]) > 0 {
			if err := c.checkTile(ctx, level); err != nil {
				return err
			}
		}
	}
	if c.now.Size%tileWidth == 0 {
		c.compare(c.now, c.edge.root(nil))
	}
	for _, old := range c.older {
		if old.Size == 0 {
			c.compare(old, emptyRoot)
		}
	}
	return nil
}
