package proof

import (
	"crypto/sha256"
	"errors"
	"slices"

	"golang.org/x/mod/sumdb/tlog"

	"verhaal/internal/recording/chunk"
)

// Tree is the Merkle tree of a track (RFC 6962 section 2.1) that grows record
// by record; a leaf's data is the 32 bytes of a record's hash. It needs the
// memory of its right edge. The zero value is the empty tree.
type Tree struct {
	size int64
	edge []tlog.Hash // roots of the largest perfect subtrees, from the left
}

// Add puts the next record's hash into the tree.
func (t *Tree) Add(record chunk.Hash) {
	h := tlog.RecordHash(record[:])
	for n := t.size; n&1 == 1; n >>= 1 {
		h = tlog.NodeHash(t.edge[len(t.edge)-1], h)
		t.edge = t.edge[:len(t.edge)-1]
	}
	t.edge = append(t.edge, h)
	t.size++
}

// Size is the number of leaves.
func (t *Tree) Size() int64 { return t.size }

// Root is the root of the tree as it is now.
func (t *Tree) Root() chunk.Hash {
	if t.size == 0 {
		return sha256.Sum256(nil)
	}
	h := t.edge[len(t.edge)-1]
	for i := len(t.edge) - 2; i >= 0; i-- {
		h = tlog.NodeHash(t.edge[i], h)
	}
	return chunk.Hash(h)
}

// A path proves any number of leaves at once. It holds the root of every
// subtree that has no chosen leaf while its sibling has, left to right; one
// leaf alone gives RFC 6962's audit path in that order.

// provePath makes the path of the leaves with the numbers chosen, ascending.
func provePath(records []chunk.Hash, chosen []int64) []chunk.Hash {
	var path []chunk.Hash
	var walk func(lo, hi int64)
	root := func(lo, hi int64) chunk.Hash {
		var t Tree
		for _, r := range records[lo:hi] {
			t.Add(r)
		}
		return t.Root()
	}
	walk = func(lo, hi int64) {
		switch {
		case !anyIn(chosen, lo, hi):
			path = append(path, root(lo, hi))
		case hi-lo > 1:
			mid := lo + split(hi-lo)
			walk(lo, mid)
			walk(mid, hi)
		}
	}
	walk(0, int64(len(records)))
	return path
}

// errPath says that a path has not the length that its tree asks for.
var errPath = errors.New("the path does not fit the tree")

// rootByPath gives the root of a tree of size leaves of which only the chosen
// ones (numbers ascending, and their records' hashes) and a path are known.
func rootByPath(size int64, chosen []int64, records []chunk.Hash, path []chunk.Hash) (chunk.Hash, error) {
	if len(chosen) == 0 || chosen[len(chosen)-1] >= size || len(chosen) != len(records) {
		return chunk.Hash{}, errPath
	}
	short := false
	var walk func(lo, hi int64) tlog.Hash
	walk = func(lo, hi int64) tlog.Hash {
		if !anyIn(chosen, lo, hi) {
			if len(path) == 0 {
				short = true
				return tlog.Hash{}
			}
			h := tlog.Hash(path[0])
			path = path[1:]
			return h
		}
		if hi-lo == 1 {
			i, _ := slices.BinarySearch(chosen, lo)
			return tlog.RecordHash(records[i][:])
		}
		mid := lo + split(hi-lo)
		left := walk(lo, mid)
		return tlog.NodeHash(left, walk(mid, hi))
	}
	root := walk(0, size)
	if short || len(path) > 0 {
		return chunk.Hash{}, errPath
	}
	return chunk.Hash(root), nil
}

// split is the largest power of two smaller than n (RFC 6962 section 2.1).
func split(n int64) int64 {
	k := int64(1)
	for k*2 < n {
		k *= 2
	}
	return k
}

// anyIn says whether one of the ascending numbers lies in [lo, hi).
func anyIn(numbers []int64, lo, hi int64) bool {
	i, _ := slices.BinarySearch(numbers, lo)
	return i < len(numbers) && numbers[i] < hi
}
