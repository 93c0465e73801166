package custody

import (
	"context"
	"slices"

	"golang.org/x/mod/sumdb/tlog"

	"verhaal/internal/fault"
)

// Inclusion is the proof that a leaf is in a signed tree; tlog.CheckRecord
// checks it.
type Inclusion struct {
	Seq        int64
	Size       int64 // leaves in the tree
	Root       tlog.Hash
	Leaf       tlog.Hash // the leaf's hash
	Proof      tlog.RecordProof
	Checkpoint []byte // signed note over Size and Root
}

// Inclusion proves that leaf seq is in a checkpoint: the newest that a witness
// cosigned, if that reaches so far, else the newest. NotFound while it is in none.
func (l *Log) Inclusion(ctx context.Context, seq int64) (Inclusion, error) {
	all, err := l.Inclusions(ctx, []int64{seq})
	if err != nil {
		return Inclusion{}, err
	}
	return all[0], nil
}

// Inclusions proves, as Inclusion does, that all leaves of a list are in one
// checkpoint.
func (l *Log) Inclusions(ctx context.Context, seqs []int64) ([]Inclusion, error) {
	last := slices.Max(seqs)
	c, err := l.witnessed(ctx, last)
	if err == nil && c.size <= last {
		c, err = l.signed(ctx)
	}
	if err != nil {
		return nil, err
	}
	if slices.Min(seqs) < 0 || last >= c.size {
		return nil, fault.New(fault.NotFound, "", "leaf %d is not in the checkpoint of %d leaves", last, c.size)
	}
	signed, err := l.cosigned(ctx, c)
	if err != nil {
		return nil, err
	}
	tiles := l.tiles(ctx)
	var out []Inclusion
	for _, seq := range seqs {
		proof, err := tlog.ProveRecord(c.size, seq, tiles)
		if err != nil {
			return nil, err
		}
		leaf, err := tiles.ReadHashes([]int64{tlog.StoredHashIndex(0, seq)})
		if err != nil {
			return nil, err
		}
		out = append(out, Inclusion{Seq: seq, Size: c.size, Root: c.root, Leaf: leaf[0], Proof: proof, Checkpoint: signed})
	}
	return out, nil
}

// Consistency proves that the tree of the first leaves numbering old is the
// beginning of the tree of size, which may be the newest signed or smaller;
// tlog.CheckTree checks it. Both sizes are at least 1.
func (l *Log) Consistency(ctx context.Context, old, size int64) (tlog.TreeProof, error) {
	c, err := l.signed(ctx)
	if err != nil {
		return nil, err
	}
	if old < 1 || old > size || size > c.size {
		return nil, fault.New(fault.BadInput, "", "no proof from %d to %d leaves in a log of %d", old, size, c.size)
	}
	return tlog.ProveTree(size, old, l.tiles(ctx))
}
