package recording

import (
	"context"
	"crypto/sha256"
	"fmt"
	"strings"

	"verhaal/internal/custody"
	"verhaal/internal/fault"
	"verhaal/internal/recording/chunk"
	"verhaal/internal/recording/proof"
	"verhaal/internal/recording/stamp"
)

// Receipt is what the interviewer takes along when a recording is sealed.
type Receipt struct {
	Recording string `json:"recording"`
	Manifest  string `json:"manifest"` // SHA-256
	Started   int64  `json:"started"`  // Unix ms
	Ended     int64  `json:"ended"`
	Position  int64  `json:"position"` // of the seal in the log
	Log       string `json:"log"`
	Stamped   int64  `json:"stamped,omitempty"` // Unix ms, by an authority
	StampedBy string `json:"stamped_by,omitempty"`
}

// Receipt gives the receipt again; NotFound while the recording runs.
func (b *Book) Receipt(ctx context.Context, actor string, id chunk.ID) (Receipt, error) {
	r, err := b.Get(ctx, actor, id)
	if err != nil {
		return Receipt{}, err
	}
	text, _, err := b.Manifest(ctx, actor, id)
	if err != nil {
		return Receipt{}, err
	}
	position, _, err := b.inLog(ctx, r, text)
	if err != nil {
		return Receipt{}, err
	}
	out := Receipt{Recording: id.String(), Manifest: fmt.Sprintf("%x", sha256.Sum256(text)), Started: r.Started, Ended: r.Stopped, Position: position, Log: b.log.Origin()}
	var der []byte
	if err := b.db.QueryRow(ctx, findStamp, id.String()).Scan(&der); err != nil {
		return Receipt{}, err
	}
	if len(der) > 0 {
		said, err := stamp.Check(der, text, nil)
		if err != nil {
			return Receipt{}, err
		}
		out.Stamped, out.StampedBy = said.At.UnixMilli(), said.By
	}
	return out, nil
}

// Manifest gives what was sealed; NotFound while the recording runs.
func (b *Book) Manifest(ctx context.Context, actor string, id chunk.ID) (text, signature []byte, err error) {
	if _, err := b.Get(ctx, actor, id); err != nil {
		return nil, nil, err
	}
	if err := b.db.QueryRow(ctx, findSeal, id.String()).Scan(&text, &signature); err != nil {
		return nil, nil, err
	}
	if len(text) == 0 {
		return nil, nil, fault.New(fault.NotFound, "room.fault.not_sealed", "not sealed yet")
	}
	return text, signature, nil
}

// saysSeal is what was sealed, read.
func (b *Book) saysSeal(ctx context.Context, id chunk.ID) (proof.Manifest, error) {
	var text, signature []byte
	if err := b.db.QueryRow(ctx, findSeal, id.String()).Scan(&text, &signature); err != nil {
		return proof.Manifest{}, err
	}
	return proof.ParseManifest(text)
}

// length is how long a sealed recording is, in ms.
func (b *Book) length(ctx context.Context, r Recording) (uint64, error) {
	if !r.Sealed {
		return 0, fault.New(fault.Conflict, "room.fault.not_sealed", "it still runs")
	}
	m, err := b.saysSeal(ctx, r.ID)
	return m.Length(), err
}

// Minutes is how many minutes a sealed recording has, the last one perhaps short.
func (b *Book) Minutes(ctx context.Context, r Recording) (int64, error) {
	length, err := b.length(ctx, r)
	return int64(length+chunk.MinuteMS-1) / chunk.MinuteMS, err
}

// sealedPart is what the seal says of a part; the zero Part if it has none.
func (b *Book) sealedPart(ctx context.Context, id chunk.ID, p chunk.Part) (proof.Part, error) {
	m, err := b.saysSeal(ctx, id)
	if err != nil {
		return proof.Part{}, err
	}
	for _, t := range m.Tracks {
		for _, sealed := range t.Parts {
			if t.Track == p.Track && sealed.Part == p.Number {
				return sealed, nil
			}
		}
	}
	return proof.Part{}, nil
}

// inLog finds the act that sealed a recording, and those before it that took
// its heads down.
func (b *Book) inLog(ctx context.Context, r Recording, manifest []byte) (sealed int64, acts []custody.Entry, err error) {
	all, err := b.log.About(ctx, r.Casefile)
	if err != nil {
		return 0, nil, err
	}
	hash := fmt.Sprintf("%x", sha256.Sum256(manifest))
	for _, a := range all {
		if text := string(a.Leaf); strings.Contains(text, hash) && strings.Contains(text, `"`+proof.SealedAct+`"`) {
			return a.Seq, append(acts, a), nil
		}
		if heads, err := proof.ReadHeads(a.Leaf, r.ID); err == nil && len(heads) > 0 {
			acts = append(acts, a)
		}
	}
	return 0, nil, fault.New(fault.NotFound, "", "the log has no such seal")
}

// proven gives the files that prove that the log holds acts, the last of which
// sealed a recording, all under one checkpoint.
func (b *Book) proven(ctx context.Context, acts []custody.Entry) (sealed, heads []byte, err error) {
	if err := b.log.Grow(ctx); err != nil {
		return nil, nil, err
	}
	var numbers []int64
	for _, a := range acts {
		numbers = append(numbers, a.Seq)
	}
	in, err := b.log.Inclusions(ctx, numbers)
	if err != nil {
		return nil, nil, err
	}
	last := len(acts) - 1
	logged := []proof.LoggedAct{}
	for i, a := range acts[:last] {
		logged = append(logged, proof.NewLoggedAct(a.Seq, a.Leaf, in[i].Proof))
	}
	heads, err = proof.MarshalHeads(logged)
	return proof.LogProof(in[last].Seq, in[last].Proof, in[last].Checkpoint), heads, err
}
