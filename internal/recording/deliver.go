package recording

import (
	"bufio"
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"io"
	"os"
	"strings"
	"syscall"

	"verhaal/internal/db"
	"verhaal/internal/fault"
	"verhaal/internal/recording/chunk"
	"verhaal/internal/seal"
)

// Deliver keeps what was made for a prosecutor: size bytes of from, an age file
// to their own key. archive is the SHA-256 of what is sealed in it, as the
// member's browser says. It is an act, and on the disk when it returns.
func (b *Book) Deliver(ctx context.Context, actor string, recording chunk.ID, id, archive string, size int64, from io.Reader) error {
	o, err := b.ours(ctx, actor, recording, id)
	if err != nil {
		return err
	}
	if sum, err := hex.DecodeString(archive); err != nil || len(sum) != len(chunk.Hash{}) || size <= 0 {
		return fault.New(fault.BadInput, "", "no hash of the archive, or no length")
	}
	if o.State != Asked {
		return fault.New(fault.Conflict, "room.fault.order", "settled already")
	}
	if _, err := b.cases.Outside(ctx, o.Prosecutor, o.Recording.Casefile); err != nil {
		return err
	}
	start := bufio.NewReaderSize(from, seal.MaxHeader)
	head, _ := start.Peek(seal.MaxHeader) // a shorter file is told by its length
	if err := seal.CheckStart(head, size, 1); err != nil {
		return err
	}
	if err := b.hold(); err != nil {
		return err
	}
	o.file = o.ID + "-" + strings.ToLower(rand.Text())
	path := b.orderFile(o.file)
	if err := b.reserve(ctx, path, size); err != nil {
		return err
	}
	defer b.arrived(path)
	if err := write(path, os.O_EXCL, whole(start, size)); err != nil {
		if errors.Is(err, syscall.ENOSPC) {
			err = noRoom()
		}
		return errors.Join(err, os.Remove(path))
	}
	act := b.actOn("recording.minutes_delivered", actor, o)
	act.Facts["minutes"], act.Facts["archive"] = number(int64(o.From))+"-"+number(int64(o.To)), archive
	_, err = b.log.Do(ctx, act, func(tx *db.Tx) error {
		return b.settle(tx, o, Delivered, actor, []byte{}, archive, size, o.file)
	})
	if err != nil {
		return errors.Join(err, os.Remove(path))
	}
	return nil
}

// reserve keeps room on the disk for an archive that comes, as a recording does
// for its length: neither may take what the other was promised.
func (b *Book) reserve(ctx context.Context, path string, size int64) error {
	b.reserving.Lock()
	defer b.reserving.Unlock()
	left, err := b.free(b.db.Source(ctx).Query)
	if err != nil {
		return err
	}
	if left < size {
		return noRoom()
	}
	b.arriving[path] = size
	return nil
}

func noRoom() error {
	return fault.New(fault.Unavailable, "room.fault.archive_disk", "no room for an archive beside what is reserved")
}

// arrived ends what reserve began: the archive is on the disk, or gone.
func (b *Book) arrived(path string) {
	b.reserving.Lock()
	defer b.reserving.Unlock()
	delete(b.arriving, path)
}

// whole reads exactly size bytes; fewer or more are BadInput.
func whole(from io.Reader, size int64) io.Reader {
	return &counted{io.LimitReader(from, size+1), size}
}

type counted struct {
	io.Reader
	left int64
}

// Read implements io.Reader.
func (c *counted) Read(p []byte) (int, error) {
	n, err := c.Reader.Read(p)
	c.left -= int64(n)
	switch {
	case c.left < 0, err != nil && c.left > 0:
		err = fault.New(fault.BadInput, "", "the archive did not come whole")
	}
	return n, err
}

// Fetch gives a prosecutor what was made for them, sealed. It is an act. The
// caller closes it.
func (b *Book) Fetch(ctx context.Context, prosecutor, id string) (io.ReadCloser, Order, error) {
	o, err := b.mine(ctx, prosecutor, id)
	if err == nil && o.State != Delivered {
		err = fault.New(fault.NotFound, "room.fault.order", "nothing to fetch")
	}
	if err != nil {
		return nil, o, err
	}
	file, err := b.archive(ctx, o)
	if err != nil {
		return nil, o, err
	}
	act := b.actOn("recording.minutes_fetched", prosecutor, o)
	act.Facts["archive"] = o.Archive
	if _, err := b.log.Do(ctx, act, nil); err != nil {
		return nil, o, errors.Join(err, file.Close())
	}
	return file, o, nil
}

// EndOwnOrder takes back what a prosecutor asked for, and deletes what was made
// of it. It is an act.
func (b *Book) EndOwnOrder(ctx context.Context, prosecutor, id string) error {
	o, err := b.mine(ctx, prosecutor, id)
	return b.end(ctx, prosecutor, o, err)
}

// EndOrder does the same for a member of the case.
func (b *Book) EndOrder(ctx context.Context, actor string, recording chunk.ID, id string) error {
	o, err := b.ours(ctx, actor, recording, id)
	return b.end(ctx, actor, o, err)
}

func (b *Book) end(ctx context.Context, actor string, o Order, err error) error {
	if err != nil {
		return err
	}
	if o.State != Ended { // else the files are looked for once more
		_, err = b.log.Do(ctx, b.actOn("recording.minutes_ended", actor, o), func(tx *db.Tx) error {
			n, err := tx.Exec(endOrder, o.ID, b.clock().Unix(), actor)
			if err == nil && n == 0 {
				err = fault.New(fault.Conflict, "room.fault.order", "refused or ended already")
			}
			return err
		})
		if err != nil {
			return err
		}
	}
	return b.removeArchives(o)
}
