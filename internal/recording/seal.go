package recording

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"golang.org/x/mod/sumdb/tlog"

	"verhaal/internal/db"
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
	_, _, _, position, err := b.inLog(ctx, r, text)
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

// Stop ends a recording and seals it, at once whatever its length: the tallies
// were kept while it grew. What the seal says is signed by the log's key, and
// its hash stands in the act.
func (b *Book) Stop(ctx context.Context, actor string, id chunk.ID, roomEmpty bool) (Receipt, error) {
	r, err := b.Get(ctx, actor, id)
	if err != nil {
		return Receipt{}, err
	}
	if !roomEmpty {
		return Receipt{}, fault.New(fault.BadInput, "room.fault.not_empty", "nobody said that the room is empty")
	}
	live, err := b.open(ctx, id)
	if err != nil {
		return Receipt{}, err
	}
	for _, p := range live.all() { // nothing is written while it is sealed
		p.write.Lock()
		defer p.write.Unlock()
	}
	m, err := b.manifest(ctx, r, live)
	if err != nil {
		return Receipt{}, err
	}
	m.RoomEmpty = roomEmpty
	text, err := m.Canonical()
	if err != nil {
		return Receipt{}, err
	}
	signature, err := b.log.Sign(proof.SealText(id, text, b.log.Origin()))
	if err != nil {
		return Receipt{}, err
	}
	act := b.act(proof.SealedAct, actor, r)
	act.Hashes["manifest"] = sum(text)
	entry, err := b.log.Do(ctx, act, func(tx *db.Tx) error {
		n, err := tx.Exec(sealRecording, id.String(), m.Ended, 1, text, signature)
		if err == nil && n == 0 {
			err = fault.New(fault.Conflict, "room.fault.over", "sealed already")
		}
		return err
	})
	if err != nil {
		return Receipt{}, err
	}
	live.mu.Lock()
	live.over = true
	live.news.Broadcast()
	live.mu.Unlock()
	if err := live.close(); err != nil {
		return Receipt{}, err
	}
	return Receipt{Recording: id.String(), Manifest: fmt.Sprintf("%x", sha256.Sum256(text)), Started: r.Started, Ended: m.Ended, Position: entry.Seq, Log: b.log.Origin()}, nil
}

func (r *running) all() []*part {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.parts)
}

// manifest says what will be sealed.
func (b *Book) manifest(ctx context.Context, r Recording, live *running) (proof.Manifest, error) {
	var text []byte
	var facts sealedFacts
	if err := b.db.QueryRow(ctx, findFacts, r.ID.String()).Scan(&text); err != nil {
		return proof.Manifest{}, err
	}
	if err := json.Unmarshal(text, &facts); err != nil {
		return proof.Manifest{}, err
	}
	m := proof.Manifest{Recording: r.ID, Kind: r.Kind, Level: r.Level, Started: r.Started, Ended: b.clock().UnixMilli(), Pack: facts.Pack,
		Roles: facts.Roles, Deviations: facts.Deviations, Software: b.config.Software, Log: b.log.Origin()}
	gaps, err := b.gaps(ctx, r.ID)
	if err != nil {
		return m, err
	}
	for _, g := range gaps {
		m.Gaps = append(m.Gaps, proof.Gap(g))
	}
	if _, m.Marks, err = b.sealedMarks(ctx, r.ID); err != nil {
		return m, err
	}
	shares, err := b.shares(ctx, r.ID)
	if err != nil {
		return m, err
	}
	tracks := map[chunk.Track][]proof.SealedPart{}
	for _, s := range shares {
		live.mu.Lock()
		p, err := live.find(s.Track, s.Number)
		live.mu.Unlock()
		if err != nil {
			return m, err
		}
		if p.tally.Records() > 0 {
			tracks[s.Track] = append(tracks[s.Track], proof.SealedPart{Tally: p.tally, ShareA: s.a, ShareB: s.b})
		}
	}
	for track := chunk.Track(0); track <= 3; track++ {
		if parts := tracks[track]; len(parts) > 0 {
			m.Tracks = append(m.Tracks, proof.SealTrack(track, parts))
		}
	}
	return m, nil
}

type share struct {
	chunk.Part
	codec chunk.Codec
	a, b  []byte
}

func (b *Book) shares(ctx context.Context, id chunk.ID) ([]share, error) {
	rows, err := b.db.Query(ctx, listParts, id.String())
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var out []share
	for rows.Next() {
		var track, n, codec int64
		s := share{Part: chunk.Part{Recording: id}}
		if err := rows.Scan(&track, &n, &codec, &s.a, &s.b); err != nil {
			return nil, err
		}
		s.Track, s.Number, s.codec = chunk.Track(track), uint16(n), chunk.Codec(codec)
		out = append(out, s)
	}
	return out, rows.Err()
}

func (b *Book) sealedMarks(ctx context.Context, id chunk.ID) ([]byte, proof.MarksSeal, error) {
	marks, err := b.marks(ctx, id)
	if err != nil {
		return nil, proof.MarksSeal{}, err
	}
	var out []proof.Mark
	for _, m := range marks {
		out = append(out, proof.Mark{Kind: m.Kind, Mono: m.Mono, Code: m.Code})
	}
	return proof.SealMarks(out)
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

// inLog finds the act that sealed a recording, and proves that the log holds it.
func (b *Book) inLog(ctx context.Context, r Recording, manifest []byte) (leaf []byte, path tlog.RecordProof, checkpoint []byte, seq int64, err error) {
	if err := b.log.Grow(ctx); err != nil {
		return nil, nil, nil, 0, err
	}
	acts, err := b.log.About(ctx, r.Casefile)
	if err != nil {
		return nil, nil, nil, 0, err
	}
	hash := fmt.Sprintf("%x", sha256.Sum256(manifest))
	for _, a := range acts {
		if text := string(a.Leaf); !strings.Contains(text, hash) || !strings.Contains(text, `"`+proof.SealedAct+`"`) {
			continue
		}
		in, err := b.log.Inclusion(ctx, a.Seq)
		return a.Leaf, in.Proof, in.Checkpoint, a.Seq, err
	}
	return nil, nil, nil, 0, fault.New(fault.NotFound, "", "the log has no such seal")
}
