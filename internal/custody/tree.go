package custody

import (
	"context"
	"database/sql"
	"encoding/base64"
	"errors"
	"fmt"
	"time"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"

	"verhaal/internal/custody/witness"
	"verhaal/internal/db"
	"verhaal/internal/fault"
)

const (
	// pace is how often Run looks for new leaves.
	pace = time.Second
	// stride is how many leaves one checkpoint adds at the most.
	stride = 4096
)

// Run grows the tree until ctx ends: each second, when there are new leaves,
// they become part of it and a new checkpoint is signed. Every process of an
// installation may run it at once. What goes wrong is logged and tried again.
func (l *Log) Run(ctx context.Context) {
	tick := time.NewTicker(pace)
	defer tick.Stop()
	for {
		if err := l.Grow(ctx); err != nil && ctx.Err() == nil {
			l.log.Error("the custody log's tree does not grow", "error", err)
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

// Grow takes all leaves that are committed now into the tree and signs a
// checkpoint over them. It refuses to sign when the tree that is stored is not
// the one signed before.
func (l *Log) Grow(ctx context.Context) error {
	// Only those: while acts keep coming there would be no end to it, and a
	// checkpoint for each few of them.
	var next int64
	if err := l.db.QueryRow(ctx, findNext).Scan(&next); err != nil {
		return err
	}
	for {
		old, err := l.signed(ctx)
		if err != nil {
			return err
		}
		if old.size >= next {
			return nil
		}
		if err := l.extend(ctx, old, min(next, max(old.size, 0)+stride)); err != nil && !errors.Is(err, errOvertaken) {
			return err
		}
	}
}

// errOvertaken says that another process published first.
var errOvertaken = errors.New("another process grew the tree")

// extend publishes the tree of the first size leaves.
func (l *Log) extend(ctx context.Context, old checkpoint, size int64) error {
	tiles := l.tiles(ctx)
	from := max(old.size, 0)
	if root, err := tlog.TreeHash(from, tiles); err != nil {
		return err
	} else if old.size >= 0 && root != old.root {
		return fault.New(fault.Internal, "", "the stored tree of %d leaves is not the one that was signed: nothing more is signed", from)
	}
	entries, err := l.list(ctx, listFrom, from, size-from)
	if err != nil {
		return err
	}
	for i, e := range entries {
		if e.Seq != from+int64(i) {
			return fault.New(fault.Internal, "", "leaf %d is missing", from+int64(i))
		}
		if err := tiles.add(0, e.Seq, e.Hash); err != nil {
			return err
		}
	}
	if int64(len(entries)) != size-from {
		return fault.New(fault.Internal, "", "leaf %d is missing", from+int64(len(entries)))
	}
	root, err := tlog.TreeHash(size, tiles)
	if err != nil {
		return err
	}
	signed, err := l.Sign(fmt.Appendf(nil, "%s\n%d\n%s\n", l.Origin(), size, base64.StdEncoding.EncodeToString(root[:])))
	if err != nil {
		return err
	}
	return l.w.Write(ctx, nil, func(tx *db.Tx) error {
		n, err := tx.Exec(putCheckpoint, size, signed, old.size)
		if err == nil && n == 0 {
			err = errOvertaken
		}
		for key := range tiles.changed {
			if err == nil {
				_, err = tx.Exec(putTile, key.level, key.n, tiles.known[key])
			}
		}
		return err
	})
}

// checkpoint is a signed tree; size -1 before the first one.
type checkpoint struct {
	size int64
	root tlog.Hash
	note []byte
}

// signed reads the newest checkpoint and checks that it is ours.
func (l *Log) signed(ctx context.Context) (checkpoint, error) {
	var stored []byte
	err := l.db.QueryRow(ctx, findCheckpoint).Scan(&stored)
	if errors.Is(err, sql.ErrNoRows) {
		return checkpoint{size: -1}, nil
	}
	if err != nil {
		return checkpoint{}, err
	}
	return l.parse(stored)
}

// parse reads a checkpoint that was stored and checks that it is ours.
func (l *Log) parse(stored []byte) (checkpoint, error) {
	c := checkpoint{note: stored}
	verifier, err := note.NewVerifier(l.key.verifier)
	if err != nil {
		return c, err
	}
	n, err := note.Open(stored, note.VerifierList(verifier))
	if err != nil {
		return c, fmt.Errorf("the stored checkpoint is not signed by this log's key: %w", err)
	}
	origin, size, root, err := witness.Tree(n.Text)
	if err != nil || origin != l.Origin() {
		return c, errors.Join(errors.New("the stored checkpoint is malformed"), err)
	}
	c.size, c.root = size, root
	return c, nil
}

// Checkpoint is the newest signed checkpoint with the cosignatures that
// witnesses gave it, to serve at "checkpoint". NotFound before Run's first round.
func (l *Log) Checkpoint(ctx context.Context) ([]byte, error) {
	c, err := l.signed(ctx)
	if err != nil {
		return nil, err
	}
	if c.size < 0 {
		return nil, fault.New(fault.NotFound, "", "no checkpoint is signed yet")
	}
	return l.cosigned(ctx, c)
}

const (
	findCheckpoint = `select note from custody_checkpoint where id = 1`
	// An upsert that only the process may win that saw the newest.
	putCheckpoint = `insert into custody_checkpoint (id, size, note) values (1, $1, $2)
		on conflict (id) do update set size = excluded.size, note = excluded.note where custody_checkpoint.size = $3`
	putTile = `insert into custody_tile (level, n, hashes) values ($1, $2, $3)
		on conflict (level, n) do update set hashes = excluded.hashes`
)
