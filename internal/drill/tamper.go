package drill

import (
	"archive/zip"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"verhaal/internal/recording/chunk"
	"verhaal/internal/recording/proof"
)

// forgery is one thing done to a sealed recording by somebody who holds its files.
type forgery struct {
	name, did string
	kind      string // that must be found
	// do changes the records of a part, and says which of them it is about.
	do func(records [][]byte) (changed [][]byte, about int)
}

var forgeries = []forgery{
	{"bit flipped", "one bit of a record is flipped, and its checksum mended", proof.Changed, func(r [][]byte) ([][]byte, int) {
		n := len(r) / 2
		r[n] = append([]byte(nil), r[n]...)
		r[n][len(r[n])/2] ^= 1
		mend(r[n])
		return r, n
	}},
	{"tail dropped", "the last three records are left out", proof.Cut, func(r [][]byte) ([][]byte, int) { return r[:len(r)-3], len(r) - 3 }},
	{"record left out", "a record in the middle is left out", proof.Missing, func(r [][]byte) ([][]byte, int) {
		n := len(r) / 2
		return append(r[:n:n], r[n+1:]...), n
	}},
	{"records swapped", "two records change places", proof.Moved, func(r [][]byte) ([][]byte, int) {
		n := len(r) / 2
		r[n], r[n+1] = r[n+1], r[n]
		return r, n
	}},
	{"record replayed", "a record is played once more, later", proof.Replayed, func(r [][]byte) ([][]byte, int) {
		n := len(r) / 3
		return append(append(r[:2*n:2*n], r[n]), r[2*n:]...), n
	}},
	{"foreign record", "a record of the other track is put in", proof.Foreign, nil},
}

// Tamper forges a sealed recording that lies in a folder in every way, at last
// with the log's key, which lies in the file key, and looks whether the verifier
// names what was done, and its minute, without a key.
func Tamper(ctx context.Context, dir, key string) ([]Row, error) {
	text, err := fs.ReadFile(os.DirFS(dir), "manifest.json")
	if err != nil {
		return nil, err
	}
	m, err := proof.ParseManifest(text)
	if err != nil {
		return nil, err
	}
	if len(m.Tracks) < 2 {
		return nil, errors.New("the recording has one track only")
	}
	victim := chunk.Part{Recording: m.Recording, Track: m.Tracks[0].Track, Number: m.Tracks[0].Parts[0].Part}
	other := chunk.Part{Recording: m.Recording, Track: m.Tracks[1].Track, Number: m.Tracks[1].Parts[0].Part}
	path := filepath.Join(dir, victim.File())
	whole, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	var rows []Row
	for _, f := range forgeries {
		if err := os.WriteFile(path, whole, 0o600); err != nil {
			return nil, err
		}
		records, err := split(dir, victim)
		if err != nil {
			return nil, err
		}
		changed, about := records, len(records)/2
		if f.do != nil {
			changed, about = f.do(records)
		} else {
			strangers, err := split(dir, other)
			if err != nil {
				return nil, err
			}
			changed = append(append(records[:about:about], strangers[0]), records[about:]...)
		}
		row, err := f.judge(ctx, dir, path, changed, whole, about)
		if err != nil {
			return nil, err
		}
		rows = append(rows, row)
	}
	if err := os.WriteFile(path, whole, 0o600); err != nil {
		return nil, err
	}
	parts := m.Tracks[0].Parts
	if first, last := uint32(parts[0].From/chunk.MinuteMS), uint32((parts[len(parts)-1].To-1)/chunk.MinuteMS); first < last { // a quick drill has one minute
		row, err := overclaim(ctx, dir, victim.Track, first, last)
		if err != nil {
			return nil, err
		}
		rows = append(rows, row)
	}
	row, err := reseal(ctx, dir, key)
	return append(rows, row), err
}

// overclaim makes an excerpt of a track's first minute say that it holds the last
// one too.
func overclaim(ctx context.Context, dir string, track chunk.Track, first, last uint32) (row Row, err error) {
	row = Row{Fault: "excerpt that says too much", Did: "an excerpt of one minute names another as well", Why: "it was not named"}
	folder, err := os.MkdirTemp("", "verhaal-drill-")
	if err != nil {
		return row, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(folder)) }()
	var archive bytes.Buffer
	z := zip.NewWriter(&archive)
	err = proof.Excerpt(ctx, os.DirFS(dir), proof.Selection{Tracks: []chunk.Track{track}, Minutes: []uint32{first}}, z)
	if err := errors.Join(err, z.Close()); err != nil {
		return row, err
	}
	excerpt, err := zip.NewReader(bytes.NewReader(archive.Bytes()), int64(archive.Len()))
	if err != nil {
		return row, err
	}
	list, err := fs.ReadFile(excerpt, "excerpt.json")
	if err != nil {
		return row, err
	}
	list = bytes.Replace(list, fmt.Appendf(nil, `"minutes":[%d]`, first), fmt.Appendf(nil, `"minutes":[%d,%d]`, first, last), 1)
	if err := errors.Join(os.CopyFS(folder, excerpt), os.WriteFile(filepath.Join(folder, "excerpt.json"), list, 0o600)); err != nil {
		return row, err
	}
	return row.found(ctx, folder, proof.Missing, int64(last))
}

// split gives the records of a part that lies in a folder.
func split(dir string, p chunk.Part) (records [][]byte, err error) {
	raw, err := os.ReadFile(filepath.Join(dir, p.File()))
	if err != nil {
		return nil, err
	}
	err = walk(dir, p, func(at int64, h chunk.Header, _ chunk.Hash) { records = append(records, raw[at:at+int64(h.Size())]) })
	return records, err
}

func (f forgery) judge(ctx context.Context, dir, path string, changed [][]byte, whole []byte, about int) (Row, error) {
	row := Row{Fault: f.name, Did: f.did, Why: "it was not named"}
	var at int64 = -1 // minute of the record in question
	for rest, n := whole, 0; len(rest) > 0; n++ {
		r, more, err := chunk.Parse(rest)
		if err != nil {
			return row, err
		}
		if n == about {
			at = int64(r.Minute())
		}
		rest = more
	}
	var forged []byte
	for _, r := range changed {
		forged = append(forged, r...)
	}
	if err := os.WriteFile(path, forged, 0o600); err != nil {
		return row, err
	}
	return row.found(ctx, dir, f.kind, at)
}

// found adds what the verifier says of a folder, if it is the fault of this kind in
// this minute.
func (r Row) found(ctx context.Context, dir, kind string, minute int64) (Row, error) {
	result, err := proof.Verify(ctx, os.DirFS(dir), proof.Options{})
	if err != nil {
		return r, err
	}
	for _, found := range result.Faults {
		if found.Kind == kind && found.Minutes != nil && found.Minutes.From <= minute && minute <= found.Minutes.To {
			r.Found, r.Held, r.Why = fmt.Sprint(found), !result.Sound, ""
			break
		}
	}
	return r, nil
}
