package verify

import "golang.org/x/mod/sumdb/tlog"

const (
	tileHeight = 8
	tileWidth  = 1 << tileHeight
)

// treeHash is the root of the tree over hashes (RFC 6962 section 2.1); there
// must be at least one.
func treeHash(hashes []tlog.Hash) tlog.Hash {
	if len(hashes) == 1 {
		return hashes[0]
	}
	half := 1
	for half*2 < len(hashes) {
		half *= 2
	}
	return tlog.NodeHash(treeHash(hashes[:half]), treeHash(hashes[half:]))
}

// edge is the right edge of a tree of whole tiles: the roots of its largest
// perfect subtrees, from the left.
type edge struct {
	tiles int64
	roots []tlog.Hash
}

func (e *edge) add(root tlog.Hash) {
	for t := e.tiles; t&1 == 1; t >>= 1 {
		root = tlog.NodeHash(e.roots[len(e.roots)-1], root)
		e.roots = e.roots[:len(e.roots)-1]
	}
	e.roots = append(e.roots, root)
	e.tiles++
}

// root is the root of the tree of all tiles and the leaves that follow them.
func (e *edge) root(partial []tlog.Hash) tlog.Hash {
	roots := e.roots
	var h tlog.Hash
	switch {
	case len(partial) > 0:
		h = treeHash(partial)
	case len(roots) > 0:
		h, roots = roots[len(roots)-1], roots[:len(roots)-1]
	default:
		return emptyRoot
	}
	for i := len(roots) - 1; i >= 0; i-- {
		h = tlog.NodeHash(roots[i], h)
	}
	return h
}
