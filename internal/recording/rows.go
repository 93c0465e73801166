package recording

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"

	"verhaal/internal/db"
	"verhaal/internal/fault"
	"verhaal/internal/recording/chunk"
	"verhaal/internal/seal"
)

// A database that was put back may be older than the records and their keys.
// What its row of a part says therefore stands beside the records and beside the
// server's half of the key too, whichever is left; and a number that any of them
// had is never given to another part.

// row is a part's row of the database as a file.
type row struct {
	Version int         `json:"v"`
	Codec   chunk.Codec `json:"codec"`
	Opened  int64       `json:"opened"` // Unix ms
	By      string      `json:"by"`     // pseudonymous id
	ShareA  []byte      `json:"share_a"`
	ShareB  []byte      `json:"share_b"`
}

func (b *Book) rowFiles(p chunk.Part) []string {
	return []string{b.file(p) + ".row", b.keyFile(p) + ".row"}
}

// keepPart writes the server's half of a part's key and what its row will say;
// a number that had either is a failure.
func (b *Book) keepPart(s share, half chunk.Secret) error {
	text, err := json.Marshal(row{1, s.codec, s.opened, s.by, s.a, s.b})
	if err != nil {
		return err
	}
	if err := keep(b.keyFile(s.Part), half[:]); err != nil {
		return err
	}
	for _, file := range b.rowFiles(s.Part) {
		if err := keep(file, text); err != nil {
			return err
		}
	}
	return nil
}

// readRow reads what keepPart wrote of a part.
func readRow(p chunk.Part, text []byte) (share, error) {
	var r row
	if err := json.Unmarshal(text, &r); err != nil {
		return share{}, fault.New(fault.BadInput, "", "no row of a part: %v", err)
	}
	if r.Version != 1 || p.Track > chunk.Exhibit || !r.Codec.Valid() || r.Opened < 0 {
		return share{}, fault.New(fault.BadInput, "", "no row of a part")
	}
	return share{p, r.Codec, r.Opened, r.By, r.ShareA, r.ShareB}, errors.Join(seal.CheckFile(r.ShareA, 2), seal.CheckFile(r.ShareB, 1))
}

// freeNumber is the number of a track's next part: above those of all parts,
// keys and records.
func (b *Book) freeNumber(live *running, track chunk.Track) (uint16, error) {
	next := 0
	for _, p := range live.all() {
		if p.Track == track {
			next = max(next, int(p.Number)+1)
		}
	}
	parts, err := b.partsOnDisk(live.of.ID)
	if err != nil {
		return 0, err
	}
	for _, p := range parts {
		if p.Track == track {
			next = max(next, int(p.Number)+1)
		}
	}
	if next > math.MaxUint16 {
		return 0, fault.New(fault.Conflict, "", "a track with more parts than have a number")
	}
	return uint16(next), nil
}

// partsOnDisk lists the parts that files of a recording or of its keys are named
// after, each once.
func (b *Book) partsOnDisk(id chunk.ID) ([]chunk.Part, error) {
	var out []chunk.Part
	for _, folder := range []string{b.folder(id), filepath.Join(b.config.Keys, id.String())} {
		files, err := os.ReadDir(folder)
		if err != nil && !errors.Is(err, os.ErrNotExist) {
			return nil, err
		}
		for _, f := range files {
			p := chunk.Part{Recording: id}
			if n, _ := fmt.Sscanf(f.Name(), "%d-%d.vhc", &p.Track, &p.Number); n == 2 && !slices.Contains(out, p) {
				out = append(out, p)
			}
		}
	}
	return out, nil
}

// index gives the database the rows of parts that it doesn't have and that files
// tell of, each as an act. A seal names its parts: a recording that is sealed
// gets no more.
func (b *Book) index(ctx context.Context, r Recording, known []share) ([]share, error) {
	if r.Stopped > 0 {
		return known, nil
	}
	parts, err := b.partsOnDisk(r.ID)
	if err != nil {
		return nil, err
	}
	for _, p := range parts {
		if slices.ContainsFunc(known, func(s share) bool { return s.Part == p }) {
			continue
		}
		for _, file := range b.rowFiles(p) {
			text, err := os.ReadFile(file)
			if err != nil && !errors.Is(err, os.ErrNotExist) {
				return nil, err
			}
			s, err := readRow(p, text)
			if err != nil {
				continue // lost or torn; the other may be whole
			}
			act := b.act("recording.part_indexed", "", r)
			act.Facts["track"], act.Facts["part"], act.Hashes["share"] = number(int64(p.Track)), number(int64(p.Number)), sum(s.a)
			if _, err := b.log.Do(ctx, act, func(tx *db.Tx) error { return putPart(tx, s) }); err != nil {
				return nil, err
			}
			break
		}
	}
	return b.shares(ctx, r.ID)
}

// putPart writes a part's row.
func putPart(tx *db.Tx, s share) error {
	_, err := tx.Exec(insertPart, s.Recording.String(), int64(s.Track), int64(s.Number), int64(s.codec), s.opened, s.by, s.a, s.b)
	return err
}
