package recording

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"verhaal/internal/db"
	"verhaal/internal/fault"
	"verhaal/internal/recording/chunk"
	"verhaal/internal/recording/proof"
)

// Stop ends a recording and seals it, at once whatever its length: the tallies
// were kept while it grew. What is missing and nobody declared is a gap by then:
// only now it is sure that no recorder brings it. What the seal says is signed by
// the log's key, and its hash stands in the act. Where nobody is heard, the act
// says that nothing was recorded, and the interview does not count as held. Asked
// again, it gives the receipt again: the first may have been lost on its way.
func (b *Book) Stop(ctx context.Context, actor string, id chunk.ID, roomEmpty bool) (Receipt, error) {
	if _, err := b.Get(ctx, actor, id); err != nil {
		return Receipt{}, err
	}
	if !roomEmpty {
		return Receipt{}, fault.New(fault.BadInput, "room.fault.not_empty", "nobody said that the room is empty")
	}
	live, err := b.open(ctx, id)
	if err != nil {
		return Receipt{}, err
	}
	live.change.Lock()
	defer live.change.Unlock()
	r, err := b.find(ctx, id)
	if err != nil {
		return Receipt{}, err
	}
	if r.Stopped > 0 {
		return b.Receipt(ctx, actor, id)
	}
	act := b.act(proof.SealedAct, actor, r)
	if act.Basis, err = b.mayStop(ctx, actor, live); err != nil {
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
	missing := m.Undeclared()
	for i := range missing {
		missing[i].Reason = recorderGone
	}
	m.Gaps = append(m.Gaps, missing...)
	text, err := m.Canonical()
	if err != nil {
		return Receipt{}, err
	}
	signature, err := b.log.Sign(proof.SealText(id, text, b.log.Origin()))
	if err != nil {
		return Receipt{}, err
	}
	act.Hashes["manifest"] = sum(text)
	marks, err := b.marks(ctx, id)
	if err != nil {
		return Receipt{}, err
	}
	heard := 1
	if !m.Heard() {
		heard, act.Facts["recorded"] = 0, "nothing"
	}
	entry, err := b.log.Do(ctx, act, func(tx *db.Tx) error {
		n, err := tx.Exec(sealRecording, id.String(), m.Ended, 1, text, signature, heard)
		if err == nil && n == 0 {
			err = fault.New(fault.Conflict, "room.fault.over", "sealed already")
		}
		for _, g := range missing {
			err = errors.Join(err, b.putGap(tx, id, Gap(g), ""))
		}
		if err != nil || heard == 0 {
			return err
		}
		return b.cases.Recorded(tx, actor, r.Casefile, r.Interview, shows(m, marks))
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

// mayStop lets those stop who hold the interview, once their recorder has ended
// its parts or fell silent; and anybody of the case when it has been silent for
// long, which the act gives as its basis.
func (b *Book) mayStop(ctx context.Context, actor string, live *running) (basis string, err error) {
	facts, err := b.facts(ctx, live.of.ID)
	if err != nil {
		return "", err
	}
	now := b.clock()
	live.mu.Lock()
	defer live.mu.Unlock()
	switch {
	case live.records(now):
		return "", fault.New(fault.Conflict, "room.fault.records", "a part is not ended")
	case live.heldBy(actor, facts):
		return "", nil
	case live.quiet(now) > silent:
		return "recorder_silent", nil
	}
	return "", fault.New(fault.Refused, "room.fault.stop", "who does not hold the interview does not stop it")
}

func (r *running) all() []*part {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.parts)
}

// facts are what was known when the recording began.
func (b *Book) facts(ctx context.Context, id chunk.ID) (facts sealedFacts, err error) {
	var text []byte
	if err = b.db.QueryRow(ctx, findFacts, id.String()).Scan(&text); err == nil {
		err = json.Unmarshal(text, &facts)
	}
	return facts, err
}

// manifest says what will be sealed.
func (b *Book) manifest(ctx context.Context, r Recording, live *running) (proof.Manifest, error) {
	facts, err := b.facts(ctx, r.ID)
	if err != nil {
		return proof.Manifest{}, err
	}
	level, _, err := b.needed(ctx, r)
	if err != nil {
		return proof.Manifest{}, err
	}
	m := proof.Manifest{Recording: r.ID, Kind: r.Kind, Level: level, Started: r.Started, Ended: b.clock().UnixMilli(), Pack: facts.Pack,
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
	codec  chunk.Codec
	opened int64 // Unix ms
	by     string
	a, b   []byte
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
		if err := rows.Scan(&track, &n, &codec, &s.opened, &s.by, &s.a, &s.b); err != nil {
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
