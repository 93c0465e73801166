package recording

import (
	"context"
	"errors"
	"sync"

	"verhaal/internal/db"
	"verhaal/internal/fault"
	"verhaal/internal/policy"
	"verhaal/internal/recording/chunk"
	"verhaal/internal/recording/proof"
	"verhaal/internal/seal"
)

// Part begins a run of a recorder on a track, after any run before. shareA is
// the recorder's half of the key, an age file to the case key and the recovery
// key; the server's half is on the disk before it is given out. Who may not
// record now is told by mayRecord.
func (b *Book) Part(ctx context.Context, actor string, id chunk.ID, track chunk.Track, codec chunk.Codec, shareA []byte) (chunk.Part, chunk.Secret, error) {
	none := chunk.Part{}
	r, err := b.Get(ctx, actor, id)
	if err != nil {
		return none, chunk.Secret{}, err
	}
	if track > 3 || !codec.Valid() {
		return none, chunk.Secret{}, fault.New(fault.BadInput, "", "a track or codec that is none")
	}
	if r.Level == policy.LevelVideo && track == chunk.Main && !codec.Picture() {
		return none, chunk.Secret{}, fault.New(fault.Refused, "room.fault.level", "no picture of the person")
	}
	if (track == chunk.Main || track == chunk.AudioSafe) && !codec.Sound() {
		return none, chunk.Secret{}, fault.New(fault.Refused, "room.fault.level", "no sound of the person")
	}
	if err := seal.CheckFile(shareA, 2); err != nil {
		return none, chunk.Secret{}, err
	}
	live, err := b.open(ctx, id)
	if err != nil {
		return none, chunk.Secret{}, err
	}
	live.change.Lock()
	defer live.change.Unlock()
	basis, err := b.mayRecord(ctx, actor, live)
	if err != nil {
		return none, chunk.Secret{}, err
	}
	half := chunk.NewSecret()
	sealed, err := proof.SealShare(half, b.config.Recovery)
	if err != nil {
		return none, chunk.Secret{}, err
	}
	p := chunk.Part{Recording: id, Track: track}
	if p.Number, err = b.freeNumber(live, track); err != nil {
		return none, chunk.Secret{}, err
	}
	row := share{p, codec, b.clock().UnixMilli(), actor, shareA, sealed}
	kept := sync.OnceValue(func() error { return b.keepPart(row, half) }) // the write below may run again
	act := b.act("recording.part_opened", actor, r)
	act.Basis, act.Facts["track"], act.Hashes["share"] = basis, number(int64(track)), sum(shareA)
	_, err = b.log.Do(ctx, act, func(tx *db.Tx) error {
		if err := stillRuns(tx, id); err != nil {
			return err
		}
		if r.Level == policy.LevelVideo && track != chunk.Main {
			if pictures, err := partsOf(tx, id, chunk.Main); err != nil || pictures == 0 {
				return errors.Join(err, fault.New(fault.Refused, "room.fault.level", "a track before that with the picture of the person"))
			}
		}
		if err := kept(); err != nil {
			return err
		}
		return putPart(tx, row)
	})
	if err != nil {
		return none, chunk.Secret{}, err
	}
	if err := b.begin(ctx, live, p, codec); err != nil {
		return none, chunk.Secret{}, err
	}
	live.mu.Lock()
	live.recorder, live.heard = actor, b.clock()
	live.mu.Unlock()
	return p, half, nil
}

// partsOf counts the parts that a track has had.
func partsOf(tx *db.Tx, id chunk.ID, track chunk.Track) (n int, err error) {
	err = tx.QueryRow(countParts, id.String(), int64(track)).Scan(&n)
	return n, err
}
