package recording

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"sync"
	"time"

	"verhaal/internal/blob"
	"verhaal/internal/db"
	"verhaal/internal/fault"
	"verhaal/internal/recording/chunk"
)

// Copies keep every record a second time, elsewhere: another disk, or a bucket.
// blob.Store is one.
type Copies interface {
	blob.Streams
	Get(ctx context.Context, name string, off, n int64) (io.ReadCloser, error)
	Delete(ctx context.Context, name string) error
}

// copyBehind is how many records the second copy may lack and still count as
// there: what is on its way.
const copyBehind = 4

// CopyName is the name of a part in the second copy.
func CopyName(p chunk.Part) string {
	return fmt.Sprintf("recording/%s-%d-%d", p.Recording, p.Track, p.Number)
}

// followed is a part that must be copied.
type followed struct {
	r *running
	p *part
}

// lacks says whether a copy of so many bytes is not the whole, or not yet.
func (f followed) lacks(size int64) bool {
	f.r.mu.Lock()
	defer f.r.mu.Unlock()
	return !f.r.over || size < f.p.size
}

// exceeds says whether a copy has bytes that the first never had.
func (f followed) exceeds(size int64) bool {
	f.r.mu.Lock()
	defer f.r.mu.Unlock()
	return size > f.p.size
}

// copy has a part copied by Run.
func (b *Book) copy(r *running, p *part) {
	if b.config.Copies == nil {
		return
	}
	b.copying.Lock()
	b.toCopy = append(b.toCopy, followed{r, p})
	b.copying.Unlock()
	select {
	case b.wake <- struct{}{}:
	default:
	}
}

// Run copies records and delivered archives elsewhere as they come, has seals
// stamped and notes who left, until ctx ends. What an earlier run left is done
// first, and what a delivery left that it did not end is deleted.
func (b *Book) Run(ctx context.Context) {
	var copies sync.WaitGroup
	defer copies.Wait()
	copies.Go(func() { b.stampOn(ctx) }) // an authority that hangs must not hold up the copies
	copies.Go(func() { b.mirrorOn(ctx) })
	tick := time.NewTicker(b.again)
	defer tick.Stop()
	begun, swept := false, false
	for {
		kept := b.hold() == nil // the first process that serves keeps the records; another is told when it needs them
		if kept && !swept {
			swept = b.sweepArchives(ctx) == nil
		}
		if !begun && b.config.Copies != nil {
			begun = b.openUncopied(ctx, &copies) == nil
		}
		b.copying.Lock()
		todo := b.toCopy
		b.toCopy = nil
		b.copying.Unlock()
		for _, f := range todo {
			copies.Go(func() { b.follow(ctx, f) })
		}
		_ = b.leave(ctx) // who could not be written down is at the next turn
		select {
		case <-ctx.Done():
			return
		case <-b.wake:
		case <-tick.C:
		}
	}
}

// openUncopied opens what has no whole second copy yet, so that it gets one.
func (b *Book) openUncopied(ctx context.Context, copies *sync.WaitGroup) error {
	rows, err := b.db.Query(ctx, listUncopied)
	if err != nil {
		return err
	}
	defer rows.Close()
	var ids []chunk.ID
	for rows.Next() {
		var text string
		var id chunk.ID
		if err := errors.Join(rows.Scan(&text), id.UnmarshalText([]byte(text))); err != nil {
			return err
		}
		ids = append(ids, id)
	}
	for _, id := range ids { // each apart: one whose copy is away must not hold up the others
		copies.Go(func() {
			for _, err := b.open(ctx, id); err != nil && b.pause(ctx, b.again); _, err = b.open(ctx, id) {
			}
		})
	}
	return rows.Err()
}

// pause waits before something is tried again; false when there is no again.
func (b *Book) pause(ctx context.Context, wait time.Duration) bool {
	select {
	case <-ctx.Done():
		return false
	case <-time.After(wait):
		return true
	}
}

// follow copies a part until its recording is over and the copy is whole.
func (b *Book) follow(ctx context.Context, f followed) {
	stop := context.AfterFunc(ctx, func() {
		f.r.mu.Lock()
		defer f.r.mu.Unlock()
		f.r.news.Broadcast()
	})
	defer stop()
	for {
		done, err := b.copyOn(ctx, f)
		if done || ctx.Err() != nil {
			return
		}
		if err != nil { // the store is away or full: what it lacks is still on our disk
			b.pause(ctx, b.again)
		}
	}
}

// copyOn asks what the copy has and goes on from there, until the recording is
// over or something fails.
func (b *Book) copyOn(ctx context.Context, f followed) (done bool, err error) {
	name := CopyName(f.p.Part)
	progress, err := b.config.Copies.Status(ctx, name)
	if err == nil && progress.Finished && f.lacks(progress.Size) {
		if f.p.damage != nil {
			return true, nil // what the copy still has of it is kept
		}
		// Reading closed it, see copyOf: it is made anew.
		progress, err = blob.Progress{}, errors.Join(b.config.Copies.Delete(ctx, name), b.config.Copies.Create(ctx, name))
	}
	if fault.KindOf(err) == fault.NotFound {
		progress, err = blob.Progress{}, b.config.Copies.Create(ctx, name)
	}
	if err != nil {
		return false, err
	}
	if f.exceeds(progress.Size) {
		return true, nil // it is no copy of what we have: it is kept, and never counts
	}
	file, err := os.Open(f.p.path)
	if errors.Is(err, os.ErrNotExist) {
		return true, nil // a part without a record
	}
	if err != nil {
		return false, err
	}
	defer file.Close()
	for at := progress.Size; ; {
		f.r.mu.Lock()
		f.p.copied = at
		f.r.news.Broadcast()
		for f.p.size <= at && !f.r.over && ctx.Err() == nil {
			f.r.news.Wait()
		}
		size, over := f.p.size, f.r.over
		f.r.mu.Unlock()
		switch {
		case ctx.Err() != nil:
			return false, ctx.Err()
		case size <= at && over:
			if err := b.config.Copies.Finish(ctx, name, at); err != nil {
				return false, err
			}
			return true, b.allCopied(ctx, f.r)
		}
		if at, err = b.carry(ctx, name, file, at, size); err != nil {
			return false, err
		}
	}
}

// allCopied notes that every part of a recording that is over was copied whole.
func (b *Book) allCopied(ctx context.Context, r *running) error {
	r.mu.Lock()
	whole := r.over
	for _, p := range r.parts {
		whole = whole && p.copied == p.size
	}
	r.mu.Unlock()
	if !whole {
		return nil
	}
	_, err := b.log.Do(ctx, b.act("recording.copied", "", r.of), func(tx *db.Tx) error {
		_, err := tx.Exec(markCopied, r.of.ID.String())
		return err
	})
	return err
}

// copied waits until the second copy has what the first has, where an
// installation wants that before anything counts as safe.
func (b *Book) copied(ctx context.Context, r *running, p *part) error {
	if !b.config.CopyFirst {
		return nil
	}
	defer r.wakeWith(ctx)()
	r.mu.Lock()
	defer r.mu.Unlock()
	for size := p.size; p.copied < size; r.news.Wait() {
		if ctx.Err() != nil {
			return fault.New(fault.Unavailable, "room.fault.copy", "the second copy does not answer")
		}
	}
	return nil
}
