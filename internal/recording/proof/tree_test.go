package proof

import (
	"crypto/sha256"
	"slices"
	"testing"

	"golang.org/x/mod/sumdb/tlog"
	"pgregory.net/rapid"

	"verhaal/internal/recording/chunk"
)

// leaves is n hashes, and the tree that another implementation makes of them.
func leaves(t *rapid.T, n int) ([]chunk.Hash, tlog.Hash, tlog.HashReader) {
	var stored []tlog.Hash
	reader := tlog.HashReaderFunc(func(index []int64) ([]tlog.Hash, error) {
		var out []tlog.Hash
		for _, i := range index {
			out = append(out, stored[i])
		}
		return out, nil
	})
	records := make([]chunk.Hash, n)
	for i := range records {
		records[i] = sha256.Sum256([]byte{byte(i), byte(i >> 8)})
		hashes, err := tlog.StoredHashes(int64(i), records[i][:], reader)
		if err != nil {
			t.Fatal(err)
		}
		stored = append(stored, hashes...)
	}
	root, err := tlog.TreeHash(int64(n), reader)
	if err != nil {
		t.Fatal(err)
	}
	return records, root, reader
}

func TestTheGrowingTreeHasTheRootOfRFC6962(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(0, 300).Draw(t, "n")
		records, root, _ := leaves(t, n)
		var tree Tree
		for _, r := range records {
			tree.Add(r)
		}
		if tree.Root() != chunk.Hash(root) || tree.Size() != int64(n) {
			t.Fatalf("%d leaves: %s, want %s", n, tree.Root(), root)
		}
	})
}

func TestAPathProvesItsLeavesAndNoOthers(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(1, 300).Draw(t, "n")
		records, root, _ := leaves(t, n)
		chosen := rapid.SliceOfNDistinct(rapid.Int64Range(0, int64(n-1)), 1, min(n, 40), rapid.ID).Draw(t, "chosen")
		slices.Sort(chosen)
		var some []chunk.Hash
		for _, i := range chosen {
			some = append(some, records[i])
		}
		path := provePath(records, chosen)
		if got, err := rootByPath(int64(n), chosen, some, path); err != nil || got != chunk.Hash(root) {
			t.Fatalf("%s, %v; want %s", got, err, root)
		}
		bad := slices.Clone(some)
		i := rapid.IntRange(0, len(bad)-1).Draw(t, "bad")
		bad[i][rapid.IntRange(0, 31).Draw(t, "byte")] ^= 1
		if got, err := rootByPath(int64(n), chosen, bad, path); err == nil && got == chunk.Hash(root) {
			t.Fatal("it proves another record")
		}
		if _, err := rootByPath(int64(n), chosen, some, append(slices.Clone(path), chunk.Hash{})); err == nil {
			t.Fatal("it takes a path that is too long")
		}
		if len(path) > 0 {
			if _, err := rootByPath(int64(n), chosen, some, path[1:]); err == nil {
				t.Fatal("it takes a path that is too short")
			}
		}
	})
}

// TestAPathOfOneLeafIsAnAuditPath holds that the path has the hashes of RFC
// 6962's, sorted from left to right.
func TestAPathOfOneLeafIsAnAuditPath(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(1, 300).Draw(t, "n")
		records, _, reader := leaves(t, n)
		i := rapid.Int64Range(0, int64(n-1)).Draw(t, "leaf")
		want, err := tlog.ProveRecord(int64(n), i, reader)
		if err != nil {
			t.Fatal(err)
		}
		path := provePath(records, []int64{i})
		for _, h := range path {
			if !slices.Contains(want, tlog.Hash(h)) {
				t.Fatalf("%s is not in the audit path", h)
			}
		}
		if len(path) != len(want) {
			t.Fatalf("%d hashes, want %d", len(path), len(want))
		}
	})
}
