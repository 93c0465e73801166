package custody

import (
	"context"
	"slices"

	"golang.org/x/mod/sumdb/tlog"

	"verhaal/internal/fault"
)

// tileSet is the tiles that one operation reads, each once, and changes. It is
// a tlog.HashReader.
type tileSet struct {
	// load adds the named tiles to known, those that are there.
	load    func(known map[tileKey][]byte, keys []tileKey) error
	known   map[tileKey][]byte
	changed map[tileKey]bool
}

// tileKey names a tile of height 8: tile n of a level holds the roots of 256
// tiles of the level below, or leaf hashes at level 0.
type tileKey struct {
	level int
	n     int64
}

const (
	tileHeight = 8
	tileWidth  = 1 << tileHeight
)

// findTiles reads four tiles in one journey: what a proof in a log of a
// hundred million leaves needs takes two.
const (
	findTiles = `select level, n, hashes from custody_tile where (level = $1 and n = $2) or (level = $3 and n = $4)
		or (level = $5 and n = $6) or (level = $7 and n = $8)`
	tilesAtOnce = 4
)

func (l *Log) tiles(ctx context.Context) *tileSet {
	return &tileSet{known: map[tileKey][]byte{}, changed: map[tileKey]bool{}, load: func(known map[tileKey][]byte, keys []tileKey) error {
		for some := range slices.Chunk(keys, tilesAtOnce) {
			var args []any
			for i := range tilesAtOnce {
				k := some[min(i, len(some)-1)]
				args = append(args, k.level, k.n)
			}
			if err := l.loadTiles(ctx, known, args); err != nil {
				return err
			}
		}
		return nil
	}}
}

func (l *Log) loadTiles(ctx context.Context, known map[tileKey][]byte, args []any) error {
	rows, err := l.db.Query(ctx, findTiles, args...)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var key tileKey
		var hashes []byte
		if err := rows.Scan(&key.level, &key.n, &hashes); err != nil {
			return err
		}
		known[key] = hashes
	}
	return rows.Err()
}

func (s *tileSet) get(key tileKey) ([]byte, error) {
	err := s.want([]tileKey{key})
	return s.known[key], err
}

// want loads what is not known yet; what is not there is known as empty.
func (s *tileSet) want(keys []tileKey) error {
	var unknown []tileKey
	for _, key := range keys {
		if _, ok := s.known[key]; !ok {
			unknown, s.known[key] = append(unknown, key), nil
		}
	}
	if len(unknown) == 0 {
		return nil
	}
	return s.load(s.known, unknown)
}

// add puts hash number n on a level, and the root of a tile that became full
// on the next.
func (s *tileSet) add(level int, n int64, h tlog.Hash) error {
	key := tileKey{level, n / tileWidth}
	data, err := s.get(key)
	if err != nil {
		return err
	}
	at := int(n % tileWidth)
	if len(data) < at*tlog.HashSize {
		return fault.New(fault.Internal, "", "tile %d of level %d is cut short", key.n, level)
	}
	// It may be longer when another process has been here since; same hashes.
	data = append(data[:at*tlog.HashSize:at*tlog.HashSize], h[:]...)
	s.known[key], s.changed[key] = data, true
	if at < tileWidth-1 {
		return nil
	}
	// The tile's root is the first hash of the level above; the two below it
	// are the highest that the tile itself can give.
	half := level*tileHeight + tileHeight - 1
	below, err := s.ReadHashes([]int64{tlog.StoredHashIndex(half, 2*key.n), tlog.StoredHashIndex(half, 2*key.n+1)})
	if err != nil {
		return err
	}
	return s.add(level+1, key.n, tlog.NodeHash(below[0], below[1]))
}

// ReadHashes implements tlog.HashReader.
func (s *tileSet) ReadHashes(indexes []int64) ([]tlog.Hash, error) {
	tiles, keys := make([]tlog.Tile, len(indexes)), make([]tileKey, len(indexes))
	for i, index := range indexes {
		tiles[i] = tlog.TileForIndex(tileHeight, index)
		keys[i] = tileKey{tiles[i].L, tiles[i].N}
	}
	if err := s.want(keys); err != nil {
		return nil, err
	}
	out := make([]tlog.Hash, len(indexes))
	for i, t := range tiles {
		data := s.known[keys[i]]
		if len(data) < t.W*tlog.HashSize {
			return nil, fault.New(fault.Internal, "", "tile %d of level %d is cut short", t.N, t.L)
		}
		var err error
		if out[i], err = tlog.HashFromTile(t, data[:t.W*tlog.HashSize], indexes[i]); err != nil {
			return nil, err
		}
	}
	return out, nil
}
