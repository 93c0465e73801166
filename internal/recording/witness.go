package recording

import (
	"context"
	"errors"
	"time"

	"verhaal/internal/db"
	"verhaal/internal/recording/chunk"
	"verhaal/internal/recording/proof"
)

// Stamper has an authority say when bytes were there; stamp.Authority is one.
type Stamper interface {
	Stamp(ctx context.Context, text []byte) ([]byte, error)
}

// logHeads writes the heads of all parts into the custody log, once in each
// minute that something came: whoever keeps a copy of the log can tell later
// that nothing was put in another's place. The head of a part is the last record
// before the minute, so that a check can name the minute which ended otherwise;
// a part that had none has its newest there. What fails is in the next minute's.
func (b *Book) logHeads(ctx context.Context, r *running, minute uint32) {
	r.mu.Lock()
	if minute < r.minute {
		r.mu.Unlock()
		return
	}
	r.minute = minute + 1
	act := b.act(proof.HeadsAct, "", r.of)
	act.Facts["minute"] = number(int64(minute))
	for _, p := range r.parts {
		if len(p.index) == 0 || p.over {
			continue
		}
		last := p.before(minute)
		if last < 0 {
			last = len(p.index) - 1
		}
		name := proof.HeadName(p.Part)
		act.Facts[name], act.Hashes[name] = number(int64(last)), p.index[last].hash[:]
	}
	r.mu.Unlock()
	_, _ = b.log.Do(ctx, act, nil)
}

// seldom is how long an authority that goes on failing is left alone.
const seldom = 10 * time.Minute

// stampOn has seals stamped until ctx ends. An authority that fails is asked
// again, less and less often; a seal never waits for it.
func (b *Book) stampOn(ctx context.Context) {
	if b.config.Stamp == nil {
		return
	}
	for wait := b.again; ; {
		if err := b.stampAll(ctx); err != nil {
			wait = min(2*wait, seldom)
		} else {
			wait = b.again
		}
		if !b.pause(ctx, wait) {
			return
		}
	}
}

// stampAll has seals stamped that have no stamp yet, and tells how many are left.
func (b *Book) stampAll(ctx context.Context) error {
	waiting, err := b.unstamped(ctx)
	for _, w := range waiting {
		if err == nil {
			err = b.stampOne(ctx, w)
		}
	}
	left, errCount := b.Unstamped(ctx)
	err = errors.Join(err, errCount)
	if b.config.Unstamped != nil && ctx.Err() == nil {
		b.config.Unstamped(left, err)
	}
	return err
}

// Unstamped is how many seals have no stamp yet; none where nobody stamps.
func (b *Book) Unstamped(ctx context.Context) (n int, err error) {
	if b.config.Stamp == nil {
		return 0, nil
	}
	err = b.db.QueryRow(ctx, countUnstamped).Scan(&n)
	return n, err
}

type unstamped struct {
	id       chunk.ID
	manifest []byte
}

func (b *Book) unstamped(ctx context.Context) ([]unstamped, error) {
	rows, err := b.db.Query(ctx, listUnstamped)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var out []unstamped
	for rows.Next() {
		var text string
		var one unstamped
		if err := rows.Scan(&text, &one.manifest); err != nil {
			return nil, err
		}
		if err := one.id.UnmarshalText([]byte(text)); err != nil {
			return nil, err
		}
		out = append(out, one)
	}
	return out, rows.Err()
}

func (b *Book) stampOne(ctx context.Context, u unstamped) error {
	der, err := b.config.Stamp.Stamp(ctx, u.manifest)
	if err != nil {
		return err
	}
	r, err := b.find(ctx, u.id)
	if err != nil {
		return err
	}
	act := b.act("recording.stamped", "", r)
	act.Hashes["manifest"], act.Hashes["stamp"] = sum(u.manifest), sum(der)
	_, err = b.log.Do(ctx, act, func(tx *db.Tx) error {
		_, err := tx.Exec(setStamp, u.id.String(), der)
		return err
	})
	return err
}
