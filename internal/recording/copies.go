package recording

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
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

func copyName(p chunk.Part) string {
	return fmt.Sprintf("recording/%s-%d-%d", p.Recording, p.Track, p.Number)
}

// followed is a part that must be copied.
type followed struct {
	r *running
	p *part
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

// Run copies records elsewhere as they come, and has seals stamped, until ctx
// ends. What an earlier run left is done first.
func (b *Book) Run(ctx context.Context) {
	var copies sync.WaitGroup
	defer copies.Wait()
	tick := time.NewTicker(b.again)
	defer tick.Stop()
	begun := false
	for {
		if !begun && b.config.Copies != nil {
			begun = b.openUncopied(ctx) == nil
		}
		b.copying.Lock()
		todo := b.toCopy
		b.toCopy = nil
		b.copying.Unlock()
		for _, f := range todo {
			copies.Go(func() { b.follow(ctx, f) })
		}
		b.stampAll(ctx)
		select {
		case <-ctx.Done():
			return
		case <-b.wake:
		case <-tick.C:
		}
	}
}

// openUncopied opens what has no whole second copy yet, so that it gets one.
func (b *Book) openUncopied(ctx context.Context) error {
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
	for _, id := range ids {
		if _, err := b.open(ctx, id); err != nil {
			return err
		}
	}
	return rows.Err()
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
			select {
			case <-ctx.Done():
			case <-time.After(b.again):
			}
		}
	}
}

// copyOn asks what the copy has and goes on from there, until the recording is
// over or something fails.
func (b *Book) copyOn(ctx context.Context, f followed) (done bool, err error) {
	name := copyName(f.p.Part)
	progress, err := b.config.Copies.Status(ctx, name)
	if fault.KindOf(err) == fault.NotFound {
		progress, err = blob.Progress{}, b.config.Copies.Create(ctx, name)
	}
	if err != nil {
		return false, err
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
		some := make([]byte, min(size-at, blob.MaxAppend))
		if _, err := file.ReadAt(some, at); err != nil {
			return false, err
		}
		if at, err = b.config.Copies.Append(ctx, name, at, some); err != nil {
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
	stop := context.AfterFunc(ctx, func() {
		r.mu.Lock()
		defer r.mu.Unlock()
		r.news.Broadcast()
	})
	defer stop()
	r.mu.Lock()
	defer r.mu.Unlock()
	for size := p.size; p.copied < size; r.news.Wait() {
		if ctx.Err() != nil {
			return fault.New(fault.Unavailable, "room.fault.copy", "the second copy does not answer")
		}
	}
	return nil
}

// restore brings back from the second copy what the first lost: a disk that
// was replaced, or a backup that is older than the copy. The copy of a part that
// goes on is then made anew, since reading it closed it.
func (b *Book) restore(ctx context.Context, p chunk.Part, path string, over bool) error {
	if b.config.Copies == nil {
		return nil
	}
	name := copyName(p)
	progress, err := b.config.Copies.Status(ctx, name)
	if fault.KindOf(err) == fault.NotFound {
		return nil
	}
	info, errFile := os.Stat(path)
	switch {
	case err != nil && errFile == nil: // the store is away: what we have goes on
		return nil
	case err != nil:
		return err
	case errFile == nil && progress.Size <= info.Size():
		return nil
	}
	if !progress.Finished {
		if err := b.config.Copies.Finish(ctx, name, progress.Size); err != nil {
			return err
		}
	}
	from, err := b.config.Copies.Get(ctx, name, 0, -1)
	if err != nil {
		return err
	}
	defer from.Close()
	beside := path + ".restored"
	if err := replace(beside, from); err != nil {
		return err
	}
	if err := errors.Join(os.Rename(beside, path), syncFolder(filepath.Dir(path))); err != nil || over {
		return err
	}
	return b.config.Copies.Delete(ctx, name)
}
