package proof

import (
	"crypto/sha256"
	"fmt"
	"io"

	"verhaal/internal/recording/chunk"
)

// Tally is what the seal will say of a part, kept while the part grows: 32
// bytes for each record. It belongs to one goroutine at a time.
type Tally struct {
	name   chunk.Part
	part   Part
	hashes []chunk.Hash
}

// NewTally begins the tally of a part.
func NewTally(p chunk.Part) *Tally { return &Tally{name: p, part: Part{Part: p.Number}} }

// Add counts a record that the part's chain took, with its hash.
func (t *Tally) Add(h chunk.Header, hash chunk.Hash) {
	if t.part.Records == 0 {
		t.part.Codec, t.part.From, t.part.WallFrom = h.Codec, h.Mono, h.Wall
	}
	t.part.Records++
	t.part.Bytes += uint64(h.Size())
	t.part.To, t.part.WallTo, t.part.Head = h.End(), h.Wall, hash
	t.part.Finished = h.Flags&chunk.Last != 0
	t.hashes = append(t.hashes, hash)
}

// Records is how many records were counted.
func (t *Tally) Records() uint32 { return t.part.Records }

// Seal gives the part's line of the manifest. shareA and shareB are the age
// files as they are stored.
func (t *Tally) Seal(shareA, shareB []byte) Part {
	p := t.part
	p.ShareA, p.ShareB = sha256.Sum256(shareA), sha256.Sum256(shareB)
	return p
}

// Skim makes the tally of a file of whole records that was checked when it was
// written, from the headers alone: each holds the hash of the record before. A
// server that starts again knows in an instant what it had. each, if there is
// one, is told where every record lies.
func Skim(file io.ReaderAt, size int64, p chunk.Part, each func(at int64, h chunk.Header, hash chunk.Hash)) (*Tally, error) {
	t := NewTally(p)
	add := func(at int64, h chunk.Header, hash chunk.Hash) {
		t.Add(h, hash)
		if each != nil {
			each(at, h, hash)
		}
	}
	var last chunk.Header
	var at, lastAt int64
	head := make([]byte, chunk.HeaderSize)
	for ; at < size; at += int64(last.Size()) {
		if _, err := file.ReadAt(head, at); err != nil {
			return nil, fmt.Errorf("%s at byte %d: %w", p.File(), at, err)
		}
		h, err := chunk.ParseHeader(head)
		if err != nil {
			return nil, fmt.Errorf("%s at byte %d: %w", p.File(), at, err)
		}
		if h.Part != p || at == 0 && h.Seq != 0 || at > 0 && h.Seq != last.Seq+1 {
			return nil, fmt.Errorf("%s at byte %d: another record than the next", p.File(), at)
		}
		if at > 0 {
			add(lastAt, last, h.Prev)
		}
		last, lastAt = h, at
	}
	if at != size {
		return nil, fmt.Errorf("%s: %w", p.File(), chunk.ErrIncomplete)
	}
	if size == 0 {
		return t, nil
	}
	hash := sha256.New()
	if _, err := io.Copy(hash, io.NewSectionReader(file, lastAt, int64(last.Size()))); err != nil {
		return nil, fmt.Errorf("%s: %w", p.File(), err)
	}
	add(lastAt, last, chunk.Hash(hash.Sum(nil)))
	return t, nil
}

// SealedPart is a part with what only its store knows.
type SealedPart struct {
	Tally          *Tally
	ShareA, ShareB []byte // the age files as they are stored
}

// SealTrack gives a track's line of the manifest. Its parts come in ascending
// order; parts without a record are left out by the caller.
func SealTrack(track chunk.Track, parts []SealedPart) Track {
	out := Track{Track: track}
	var tree Tree
	for _, p := range parts {
		out.Parts = append(out.Parts, p.Tally.Seal(p.ShareA, p.ShareB))
		for _, h := range p.Tally.hashes {
			tree.Add(h)
		}
	}
	out.Root = tree.Root()
	return out
}
