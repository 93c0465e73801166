package recording

import (
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"

	"verhaal/internal/blob"
	"verhaal/internal/fault"
	"verhaal/internal/recording/chunk"
)

// restore brings back from the second copy what the first lost: a disk that
// was replaced, or a backup that is older than the copy. It takes only records
// that go on from all that the first has, and of what was sealed only what the
// seal names; else the first stays as it is.
func (b *Book) restore(ctx context.Context, of Recording, p chunk.Part, codec chunk.Codec) error {
	if b.config.Copies == nil {
		return nil
	}
	path, name := b.file(p), CopyName(p)
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
	from, err := b.copyOf(ctx, name, progress)
	if err != nil {
		return err
	}
	defer from.Close()
	beside := newPart(p, codec, path+".restored")
	if err := replace(beside.path, from); err != nil {
		return err
	}
	ours := newPart(p, codec, path)
	if err := errors.Join(beside.read(), ours.read()); err != nil {
		return err
	}
	further, err := b.furtherThan(ctx, of, ours, beside)
	if err != nil || !further {
		return errors.Join(err, os.Remove(beside.path))
	}
	return errors.Join(os.Rename(beside.path, path), syncFolder(filepath.Dir(path)))
}

// furtherThan says whether a copy has all records that ours has and more, and,
// once the recording is sealed, those that were sealed and no others.
func (b *Book) furtherThan(ctx context.Context, of Recording, ours, other *part) (bool, error) {
	n := len(ours.index)
	if len(other.index) <= n || n > 0 && other.index[n-1].hash != ours.index[n-1].hash {
		return false, nil
	}
	if !of.Sealed {
		return true, nil
	}
	sealed, err := b.sealedPart(ctx, of.ID, other.Part)
	records, head := other.head()
	return sealed.Records == records && sealed.Head == head, err
}

// copyOf reads a second copy, which closes it.
func (b *Book) copyOf(ctx context.Context, name string, progress blob.Progress) (io.ReadCloser, error) {
	if !progress.Finished {
		if err := b.config.Copies.Finish(ctx, name, progress.Size); err != nil {
			return nil, err
		}
	}
	return b.config.Copies.Get(ctx, name, 0, -1)
}

// mend takes records from the second copy where the first is damaged, and says
// whether that helped: each record names the one before, so no other bytes than
// those that were acknowledged can take their place. Where the copy does not
// help, the file stays as it is.
func (b *Book) mend(ctx context.Context, p *part) bool {
	if b.config.Copies == nil {
		return false
	}
	name := CopyName(p.Part)
	progress, err := b.config.Copies.Status(ctx, name)
	if err != nil || progress.Size <= p.sound {
		return false
	}
	mended := p.path + ".mended"
	err = b.join(ctx, name, progress, p.path, mended)
	if err == nil {
		joined := newPart(p.Part, p.codec, mended)
		err = errors.Join(joined.load(false), joined.shut())
		if err == nil && joined.damage != nil && joined.sound <= p.sound {
			err = chunk.ErrDamaged
		}
	}
	if err != nil {
		_ = os.Remove(mended)
		return false
	}
	return errors.Join(os.Rename(mended, p.path), syncFolder(filepath.Dir(p.path))) == nil
}

// join writes what the second copy has, and behind it the rest of the first.
func (b *Book) join(ctx context.Context, name string, progress blob.Progress, path, to string) error {
	from, err := b.copyOf(ctx, name, progress)
	if err != nil {
		return err
	}
	defer from.Close()
	ours, err := os.Open(path)
	if err != nil {
		return err
	}
	defer ours.Close()
	return replace(to, io.MultiReader(from, io.NewSectionReader(ours, progress.Size, 1<<62)))
}
