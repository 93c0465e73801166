package recording

import (
	"context"
	"errors"
	"io"
	"maps"
	"os"
	"path/filepath"

	"verhaal/internal/blob"
	"verhaal/internal/db"
	"verhaal/internal/fault"
)

// ordersFolder lies among the records, and is kept and backed up with them.
const ordersFolder = "orders"

func (b *Book) orderFile(name string) string {
	return filepath.Join(b.config.Files, ordersFolder, name)
}

// ArchiveName is the name in the second copy of what was made for an order.
func ArchiveName(order string) string { return "order/" + order }

// archive opens what was made for an order; from the second copy where the first
// lost it.
func (b *Book) archive(ctx context.Context, o Order) (io.ReadCloser, error) {
	file, err := os.Open(b.orderFile(o.file))
	if err == nil {
		return file, nil
	}
	switch {
	case !errors.Is(err, os.ErrNotExist):
		return nil, err
	case b.config.Copies == nil || o.mirrored != mirrorKept:
		return nil, fault.New(fault.NotFound, "room.fault.archive_lost", "the archive is not there any more")
	}
	return b.config.Copies.Get(ctx, ArchiveName(o.ID), 0, -1)
}

// What the second copy has of an archive; "" before it has the whole.
const (
	mirrorKept    = "kept"
	mirrorDeleted = "deleted"
)

// mirrorOn gives the second copy what is delivered, and takes from it what was
// ended, until ctx ends. A store that is away is asked again.
func (b *Book) mirrorOn(ctx context.Context) {
	for again := b.config.Copies != nil; again; again = b.pause(ctx, b.again) {
		if b.hold() == nil {
			_ = b.mirror(ctx) // what it lacks is still on our disk
		}
	}
}

func (b *Book) mirror(ctx context.Context) error {
	lacking, err := b.orders(ctx, listUnmirrored)
	for _, o := range lacking {
		if copied := b.copyArchive(ctx, o); copied == nil {
			err = errors.Join(err, b.mirrored(ctx, o, "recording.minutes_copied", mirrorKept))
		} else {
			err = errors.Join(err, copied)
		}
	}
	// A copy may have been made, or begun, when it ended: each is deleted once.
	ended, errEnded := b.orders(ctx, listUndeleted)
	err = errors.Join(err, errEnded)
	for _, o := range ended {
		if deleted := b.config.Copies.Delete(ctx, ArchiveName(o.ID)); deleted == nil {
			err = errors.Join(err, b.mirrored(ctx, o, "recording.minutes_copy_deleted", mirrorDeleted))
		} else {
			err = errors.Join(err, deleted)
		}
	}
	return err
}

// mirrored notes what the second copy has of an archive, unless its order is in
// another state meanwhile.
func (b *Book) mirrored(ctx context.Context, o Order, act, state string) error {
	_, err := b.log.Do(ctx, b.actOn(act, "", o), func(tx *db.Tx) error {
		n, err := tx.Exec(setMirrored, o.ID, state, o.State)
		if err == nil && n == 0 {
			err = fault.New(fault.Conflict, "", "the order was settled meanwhile")
		}
		return err
	})
	return err
}

// copyArchive makes the second copy of an archive, or goes on with it.
func (b *Book) copyArchive(ctx context.Context, o Order) error {
	name := ArchiveName(o.ID)
	progress, err := b.config.Copies.Status(ctx, name)
	if fault.KindOf(err) == fault.NotFound {
		progress, err = blob.Progress{}, b.config.Copies.Create(ctx, name)
	}
	if err != nil || progress.Finished {
		return err
	}
	file, err := os.Open(b.orderFile(o.file))
	if err != nil {
		return err
	}
	defer file.Close()
	for at := progress.Size; at < o.Size; {
		if at, err = b.carry(ctx, name, file, at, o.Size); err != nil {
			return err
		}
	}
	return b.config.Copies.Finish(ctx, name, o.Size)
}

// carry appends to a second copy that has the bytes up to at what comes next, and
// says how far it reaches now.
func (b *Book) carry(ctx context.Context, name string, from io.ReaderAt, at, end int64) (int64, error) {
	some := make([]byte, min(end-at, blob.MaxAppend))
	if _, err := from.ReadAt(some, at); err != nil {
		return at, err
	}
	return b.config.Copies.Append(ctx, name, at, some)
}

// removeArchives deletes what was made for an order, with what a crash in the
// middle of a delivery left.
func (b *Book) removeArchives(o Order) error {
	files, err := filepath.Glob(b.orderFile(o.ID + "-*"))
	for _, path := range files {
		err = errors.Join(err, os.Remove(path))
	}
	if len(files) > 0 {
		err = errors.Join(err, syncFolder(filepath.Dir(files[0])))
	}
	return err
}

// sweepArchives deletes what no order names: a crash in the middle of a delivery
// left it, and nobody would ever fetch it.
func (b *Book) sweepArchives(ctx context.Context) error {
	left, err := filepath.Glob(b.orderFile("*"))
	if err != nil || len(left) == 0 {
		return err
	}
	// In this order: a delivery that ends meanwhile is named by one or the other.
	b.reserving.Lock()
	arriving := maps.Clone(b.arriving)
	b.reserving.Unlock()
	named := map[string]bool{}
	err = db.Each(b.db.Source(ctx), listArchives, func(row func(...any) error) error {
		var name string
		err := row(&name)
		named[b.orderFile(name)] = true
		return err
	})
	if err != nil {
		return err
	}
	for _, path := range left {
		if _, comes := arriving[path]; !comes && !named[path] {
			err = errors.Join(err, os.Remove(path))
		}
	}
	return errors.Join(err, syncFolder(filepath.Dir(left[0])))
}
