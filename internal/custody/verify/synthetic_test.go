package verify

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"io/fs"
	"maps"
	"strconv"
	"testing"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

// synthetic is a log made by this test alone, from the specification: leaves
// in, files out.
type synthetic struct {
	signer note.Signer
	vkey   string
}

func newSynthetic(t testing.TB) *synthetic {
	t.Helper()
	skey, vkey, err := note.GenerateKey(rand.Reader, "log.example/verhaal")
	if err != nil {
		t.Fatal(err)
	}
	signer, err := note.NewSigner(skey)
	if err != nil {
		t.Fatal(err)
	}
	return &synthetic{signer, vkey}
}

func (s *synthetic) sign(t testing.TB, text string) []byte {
	t.Helper()
	signed, err := note.Sign(&note.Note{Text: text}, s.signer)
	if err != nil {
		t.Fatal(err)
	}
	return signed
}

// write gives every file of a log of n leaves to put.
func (s *synthetic) write(t testing.TB, n int64, leaf func(int64) []byte, put func(path string, data []byte)) {
	t.Helper()
	var levels [][]byte
	var add func(level int, n int64, h tlog.Hash)
	add = func(level int, n int64, h tlog.Hash) {
		for len(levels) <= level {
			levels = append(levels, nil)
		}
		levels[level] = append(levels[level], h[:]...)
		if len(levels[level]) == tileWidth*tlog.HashSize {
			put(tilePath(strconv.Itoa(level), n/tileWidth, tileWidth), levels[level])
			root := treeHash(splitHashes(levels[level], tileWidth))
			levels[level] = nil
			add(level+1, n/tileWidth, root)
		}
	}
	var e edge
	var bundle []byte
	var partial []tlog.Hash
	for i := range n {
		data := leaf(i)
		h := tlog.RecordHash(data)
		bundle = append(binary.BigEndian.AppendUint16(bundle, uint16(len(data))), data...)
		partial = append(partial, h)
		if len(partial) == tileWidth {
			put(tilePath("entries", i/tileWidth, tileWidth), bundle)
			e.add(treeHash(partial))
			bundle, partial = nil, nil
		}
		add(0, i, h)
	}
	if len(partial) > 0 {
		put(tilePath("entries", n/tileWidth, len(partial)), bundle)
	}
	for level, data := range levels {
		if len(data) > 0 {
			put(tilePath(strconv.Itoa(level), n>>(tileHeight*(level+1)), len(data)/tlog.HashSize), data)
		}
	}
	root := e.root(partial)
	put(checkpointPath, s.sign(t, fmt.Sprintf("log.example/verhaal\n%d\n%s\n", n, base64.StdEncoding.EncodeToString(root[:]))))
}

// plainLeaf is leaf i of a log in which four actors take turns.
func plainLeaf(i int64) []byte {
	prev := ""
	if i >= 4 {
		prev = fmt.Sprintf(`"prev":%d,`, i-4)
	}
	return fmt.Appendf(nil, `{"actor":"staff-%d","basis":"duty","facts":{"channel":"police-avim","epoch":"1"},`+
		`"hashes":{"sealed":"%064x"},"kind":"report.opened",%s"subject":"%064x","time":1795435200,"v":1}`, i%4, i, prev, i*7)
}

// memory is a log in memory.
type memory map[string][]byte

func (m memory) read(_ context.Context, path string) ([]byte, error) {
	data, ok := m[path]
	if !ok {
		return nil, fs.ErrNotExist
	}
	return data, nil
}

func (s *synthetic) memory(t testing.TB, n int64, leaf func(int64) []byte) memory {
	t.Helper()
	m := memory{}
	s.write(t, n, leaf, func(path string, data []byte) { m[path] = append([]byte{}, data...) })
	return m
}

// with is a copy in which one file is another.
func (m memory) with(path string, change func([]byte) []byte) memory {
	out := maps.Clone(m)
	if data := change(append([]byte{}, m[path]...)); data != nil {
		out[path] = data
	} else {
		delete(out, path)
	}
	return out
}
