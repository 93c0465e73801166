package verify

import (
	"context"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/tlog"
)

// Proof is what a signed proof of report says.
type Proof struct {
	Sealed   [32]byte  // SHA-256 of the sealed bytes
	Day      int       // YYYYMMDD, UTC
	Channel  string    // who received it
	Log      string    // origin of the custody log
	Position int64     // number of the leaf
	Leaf     tlog.Hash // of the leaf
}

const proofPath = "proof of report"

// Report checks the signature of a proof of report by vkey, the public key of
// the log, and reads it.
func Report(text []byte, vkey string) (Proof, error) {
	body, name, err := openNote(text, vkey)
	if err != nil {
		return Proof{}, broken(proofPath, "%v", err)
	}
	p, err := parseProof(body)
	if err != nil {
		return Proof{}, broken(proofPath, "%v", err)
	}
	if p.Log != name {
		return Proof{}, broken(proofPath, "is of the log %q, not of %q", p.Log, name)
	}
	return p, nil
}

// parseProof reads the seven lines of docs/formats.md, "Proof of report".
func parseProof(body string) (Proof, error) {
	var p Proof
	lines := strings.Split(body, "\n")
	if len(lines) != 8 || lines[0] != "verhaal proof of report v1" || lines[7] != "" {
		return p, errors.New("is no proof of report that this program knows")
	}
	var bad error
	value := func(i int, name string) string {
		v, ok := strings.CutPrefix(lines[i], name+" ")
		if (!ok || v == "") && bad == nil {
			bad = fmt.Errorf("lacks the line %q", name)
		}
		return v
	}
	sealed, day := value(1, "sealed"), value(2, "day")
	p.Channel, p.Log = value(3, "channel"), value(4, "log")
	position, leaf := value(5, "position"), value(6, "leaf")
	if bad != nil {
		return p, bad
	}
	hash, err := hex.DecodeString(sealed)
	if err != nil || len(hash) != len(p.Sealed) || hex.EncodeToString(hash) != sealed {
		return p, errors.New("has no proper hash of the sealed report")
	}
	copy(p.Sealed[:], hash)
	if p.Day, err = strconv.Atoi(day); err != nil || len(day) != 8 || strconv.Itoa(p.Day) != day {
		return p, errors.New("has no proper day")
	}
	if p.Position, err = strconv.ParseInt(position, 10, 64); err != nil || p.Position < 0 || strconv.FormatInt(p.Position, 10) != position {
		return p, errors.New("has no proper position")
	}
	hash, err = base64.StdEncoding.Strict().DecodeString(leaf)
	if err != nil || len(hash) != tlog.HashSize || base64.StdEncoding.EncodeToString(hash) != leaf {
		return p, errors.New("has no proper leaf hash")
	}
	copy(p.Leaf[:], hash)
	return p, nil
}

// ErrNotYet says that a log's checkpoint does not reach as far as a proof.
var ErrNotYet = errors.New("the log's newest checkpoint does not reach this report yet")

// ReportIn is Report, and checks that the log holds the report where the proof
// says: its leaf is in the signed tree and tells the same. ErrNotYet within
// seconds of a report, and for good when the log lost it.
func ReportIn(ctx context.Context, source Source, text []byte, vkey string) (Proof, error) {
	p, err := Report(text, vkey)
	if err != nil {
		return p, err
	}
	now, err := openCheckpoint(ctx, source, vkey)
	if err != nil {
		return p, err
	}
	if p.Position >= now.Size {
		return p, ErrNotYet
	}
	tree := tlog.Tree{N: now.Size, Hash: now.Root}
	hashes, err := tlog.TileHashReader(tree, &tiles{ctx, source}).ReadHashes([]int64{tlog.StoredHashIndex(0, p.Position)})
	if err != nil {
		return p, broken(proofPath, "the log can't show leaf %d under its checkpoint: %v", p.Position, err)
	}
	if hashes[0] != p.Leaf {
		return p, broken(proofPath, "leaf %d of the log is another one than was promised", p.Position)
	}
	return p, p.tells(ctx, source, now.Size)
}

// tells holds the leaf's own words against the proof's.
func (p Proof) tells(ctx context.Context, source Source, size int64) error {
	n := p.Position / tileWidth
	data, err := readTile(ctx, source, "entries", n, int(min(size-n*tileWidth, tileWidth)))
	if err != nil {
		return fmt.Errorf("leaf %d: %w", p.Position, err)
	}
	for at := p.Position % tileWidth; ; at-- {
		if len(data) < 2 || len(data)-2 < int(data[0])<<8+int(data[1]) {
			return broken(tilePath("entries", n, tileWidth), "is cut short before leaf %d", p.Position)
		}
		end := 2 + int(data[0])<<8 + int(data[1])
		if at == 0 {
			data = data[2:end]
			break
		}
		data = data[end:]
	}
	if tlog.RecordHash(data) != p.Leaf {
		return &Broken{[]Problem{{p.Position, tilePath("entries", n, tileWidth), "was changed: it is not the leaf in the signed tree"}}}
	}
	var act struct {
		Kind   string            `json:"kind"`
		Day    int               `json:"day"`
		Facts  map[string]string `json:"facts"`
		Hashes map[string]string `json:"hashes"`
	}
	if err := json.Unmarshal(data, &act); err != nil || act.Kind != "report.received" || act.Day != p.Day ||
		act.Facts["channel"] != p.Channel || act.Hashes["sealed"] != hex.EncodeToString(p.Sealed[:]) {
		return broken(proofPath, "leaf %d of the log tells of something else", p.Position)
	}
	return nil
}

// tiles is a tlog.TileReader over a source.
type tiles struct {
	ctx    context.Context
	source Source
}

func (t *tiles) Height() int { return tileHeight }

func (t *tiles) SaveTiles([]tlog.Tile, [][]byte) {}

func (t *tiles) ReadTiles(want []tlog.Tile) ([][]byte, error) {
	out := make([][]byte, len(want))
	for i, w := range want {
		data, err := readTile(t.ctx, t.source, strconv.Itoa(w.L), w.N, w.W)
		if err != nil {
			return nil, err
		}
		if len(data) < w.W*tlog.HashSize {
			return nil, fmt.Errorf("%s is cut short", tilePath(strconv.Itoa(w.L), w.N, w.W))
		}
		out[i] = data[:w.W*tlog.HashSize]
	}
	return out, nil
}
