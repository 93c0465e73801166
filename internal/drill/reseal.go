package drill

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"

	"verhaal/internal/recording/chunk"
	"verhaal/internal/recording/proof"
)

// prevAt is where a record's header holds the hash of the record before.
const prevAt = 54

// reseal forges as somebody does who holds the machine and the log's key, but
// not the heads that the log took down before: it changes a record, chains all
// after it anew, seals anew, and puts the new seal behind the log's own heads.
// The log's key lies in the file key.
func reseal(ctx context.Context, dir, key string) (Row, error) {
	row := Row{Fault: "rewritten and sealed anew", Did: "a record is changed, all after it are chained anew, and the whole is sealed with the log's own key", Why: "it was not named"}
	text, err := os.ReadFile(filepath.Join(dir, "log/heads.json"))
	if err != nil {
		return row, err
	}
	acts, err := proof.ParseHeads(text)
	if err != nil {
		return row, err
	}
	text, err = os.ReadFile(filepath.Join(dir, "manifest.json"))
	if err != nil {
		return row, err
	}
	m, err := proof.ParseManifest(text)
	if err != nil {
		return row, err
	}
	head, err := latest(acts, m.Recording)
	if err != nil {
		return row, err
	}
	records, err := split(dir, head.Part)
	if err != nil {
		return row, err
	}
	changed, err := chunk.ParseHeader(records[head.Seq])
	if err != nil {
		return row, err
	}
	rechain(records, int(head.Seq))
	if err := os.WriteFile(filepath.Join(dir, head.Part.File()), bytes.Join(records, nil), 0o600); err != nil {
		return row, err
	}
	if err := sealAnew(dir, key, m, text, head.Part.Track, acts); err != nil {
		return row, err
	}
	result, err := proof.Verify(ctx, os.DirFS(dir), proof.Options{})
	if err != nil {
		return row, err
	}
	for _, found := range result.Faults {
		if at := int64(changed.Minute()); found.Kind == proof.Rewritten && found.Minutes.From <= at && at <= found.Minutes.To {
			row.Found, row.Held, row.Why = fmt.Sprint(found), len(result.Faults) == 1, ""
		}
	}
	if !row.Held && row.Found != "" {
		row.Why = "the forgery is no good: " + result.Words()
	}
	return row, nil
}

// latest finds the last record that the log took down of a recording.
func latest(acts []proof.LoggedAct, id chunk.ID) (last proof.Head, err error) {
	found := false
	for _, a := range acts {
		heads, err := proof.ReadHeads([]byte(a.Leaf), id)
		if err != nil {
			return last, err
		}
		for _, h := range heads {
			if !found || h.Seq > last.Seq || h.Seq == last.Seq && h.Part.Track < last.Part.Track {
				last, found = h, true
			}
		}
	}
	if !found {
		return last, errors.New("the log took no head of this recording down")
	}
	return last, nil
}

// rechain flips a bit of a record and has all after it follow. Their contents
// need keys to be sealed anew; a check without keys does not look at them.
func rechain(records [][]byte, from int) {
	records[from][chunk.HeaderSize] ^= 1
	for i := from; i < len(records); i++ {
		if i > from {
			hash := sha256.Sum256(records[i-1])
			copy(records[i][prevAt:], hash[:])
		}
		mend(records[i])
	}
}

// mend makes a record's checksum right again.
func mend(raw []byte) {
	end := len(raw) - chunk.CRCSize
	binary.BigEndian.PutUint32(raw[end:], crc32.Checksum(raw[:end], crc32.MakeTable(crc32.Castagnoli)))
}

// sealAnew writes manifest, signature and log for what the files of a track hold now.
func sealAnew(dir, key string, m proof.Manifest, old []byte, track chunk.Track, acts []proof.LoggedAct) error {
	for i := range m.Tracks {
		if m.Tracks[i].Track != track {
			continue
		}
		var parts []proof.SealedPart
		for _, p := range m.Tracks[i].Parts {
			tally, err := tallied(dir, chunk.Part{Recording: m.Recording, Track: track, Number: p.Part})
			if err != nil {
				return err
			}
			parts = append(parts, proof.SealedPart{Tally: tally})
		}
		sealed := proof.SealTrack(track, parts)
		for n, p := range m.Tracks[i].Parts {
			sealed.Parts[n].ShareA, sealed.Parts[n].ShareB = p.ShareA, p.ShareB
		}
		m.Tracks[i] = sealed
	}
	text, err := m.Canonical()
	if err != nil {
		return err
	}
	leaf, err := os.ReadFile(filepath.Join(dir, "log/leaf.json"))
	if err != nil {
		return err
	}
	leaf = bytes.Replace(leaf, fmt.Appendf(nil, "%x", sha256.Sum256(old)), fmt.Appendf(nil, "%x", sha256.Sum256(text)), 1)
	secret, err := os.ReadFile(key)
	if err != nil {
		return err
	}
	line, _, _ := strings.Cut(string(secret), "\n")
	signer, err := note.NewSigner(line)
	if err != nil {
		return errors.New("this is not a log key") // note's error may quote the key
	}
	files, err := logAnew(signer, acts, leaf)
	if err != nil {
		return err
	}
	files["manifest.json"], files["log/leaf.json"] = text, leaf
	if files["manifest.sig"], err = note.Sign(&note.Note{Text: string(proof.SealText(m.Recording, text, m.Log))}, signer); err != nil {
		return err
	}
	for name, data := range files {
		if err := os.WriteFile(filepath.Join(dir, name), data, 0o600); err != nil {
			return err
		}
	}
	return nil
}

func tallied(dir string, p chunk.Part) (*proof.Tally, error) {
	file, err := os.Open(filepath.Join(dir, p.File()))
	if err != nil {
		return nil, err
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil {
		return nil, err
	}
	return proof.Skim(file, info.Size(), p, nil)
}

// logAnew makes a log of the acts of heads as they are, and a seal behind them.
func logAnew(signer note.Signer, acts []proof.LoggedAct, seal []byte) (map[string][]byte, error) {
	var stored []tlog.Hash
	reader := tlog.HashReaderFunc(func(index []int64) (out []tlog.Hash, err error) {
		for _, i := range index {
			out = append(out, stored[i])
		}
		return out, nil
	})
	last := int64(len(acts))
	leaves := [][]byte{}
	for _, a := range acts {
		leaves = append(leaves, []byte(a.Leaf))
	}
	for n, leaf := range append(leaves, seal) {
		hashes, err := tlog.StoredHashes(int64(n), leaf, reader)
		if err != nil {
			return nil, err
		}
		stored = append(stored, hashes...)
	}
	root, err := tlog.TreeHash(last+1, reader)
	if err != nil {
		return nil, err
	}
	checkpoint, err := note.Sign(&note.Note{Text: fmt.Sprintf("%s\n%d\n%s\n", signer.Name(), last+1, base64.StdEncoding.EncodeToString(root[:]))}, signer)
	if err != nil {
		return nil, err
	}
	var heads []proof.LoggedAct
	for n, leaf := range leaves {
		path, err := tlog.ProveRecord(last+1, int64(n), reader)
		if err != nil {
			return nil, err
		}
		heads = append(heads, proof.NewLoggedAct(int64(n), leaf, path))
	}
	path, err := tlog.ProveRecord(last+1, last, reader)
	if err != nil {
		return nil, err
	}
	list, err := proof.MarshalHeads(heads)
	return map[string][]byte{"log/heads.json": list, "log/manifest.tlog-proof": proof.LogProof(last, path, checkpoint)}, err
}
