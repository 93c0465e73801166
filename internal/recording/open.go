package recording

import (
	"cmp"
	"context"
	"errors"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"verhaal/internal/fault"
	"verhaal/internal/recording/chunk"
	"verhaal/internal/recording/proof"
)

// mostOver is how many recordings that are over stay indexed in memory.
const mostOver = 32

// opening is a recording that is read from its files, once for all who ask.
type opening struct {
	done chan struct{} // closed when what follows is there
	r    *running
	err  error
}

// read says whether r and err are there.
func (o *opening) read() bool {
	select {
	case <-o.done:
		return true
	default:
		return false
	}
}

// over says whether it was read and its recording is over.
func (o *opening) over() bool {
	if !o.read() || o.r == nil {
		return false
	}
	o.r.mu.Lock()
	defer o.r.mu.Unlock()
	return o.r.over
}

// open gives a recording as its files tell it, reading them the first time.
// Each is read apart: a long file or a slow second copy holds up nobody who
// asks for another.
func (b *Book) open(ctx context.Context, id chunk.ID) (*running, error) {
	if err := b.hold(); err != nil {
		return nil, err
	}
	b.mu.Lock()
	o, ok := b.live[id]
	if !ok {
		b.forget()
		o = &opening{done: make(chan struct{})}
		b.live[id] = o
		go b.fill(context.WithoutCancel(ctx), id, o) // others may wait for it when this one left
	}
	b.mu.Unlock()
	select {
	case <-o.done:
	case <-ctx.Done():
	}
	if !o.read() {
		return nil, fault.Wrap(fault.Unavailable, "", ctx.Err())
	}
	return o.r, o.err
}

// opened lists the recordings that have been read.
func (b *Book) opened() []*running {
	b.mu.Lock()
	defer b.mu.Unlock()
	var out []*running
	for _, o := range b.live {
		if o.read() && o.r != nil {
			out = append(out, o.r)
		}
	}
	return out
}

// fill reads a recording for all who wait for it; what fails is read anew for
// the next who asks.
func (b *Book) fill(ctx context.Context, id chunk.ID, o *opening) {
	o.r, o.err = b.read(ctx, id)
	if o.err != nil {
		b.mu.Lock()
		delete(b.live, id)
		b.mu.Unlock()
	}
	close(o.done)
}

func (b *Book) read(ctx context.Context, id chunk.ID) (*running, error) {
	found, err := b.find(ctx, id)
	if err != nil {
		return nil, err
	}
	r := &running{of: found, watchers: map[string]watcher{}, recorder: found.Starter, heard: b.clock(), over: found.Stopped > 0}
	r.news = sync.NewCond(&r.mu)
	marks, err := b.marks(ctx, id)
	if err != nil {
		return nil, err
	}
	r.mask = maskOf(marks)
	shares, err := b.shares(ctx, id)
	if err == nil {
		shares, err = b.index(ctx, found, shares)
	}
	if err != nil {
		return nil, err
	}
	opened := int64(0)
	for _, s := range shares {
		if s.opened >= opened {
			r.recorder, opened = s.by, s.opened
		}
		err := b.restore(ctx, found, s.Part, s.codec)
		if err == nil {
			err = b.begin(ctx, r, s.Part, s.codec)
		}
		if err != nil {
			return nil, errors.Join(err, r.close())
		}
	}
	return r, b.declareDamage(ctx, r)
}

// forget drops the indexes of recordings that are over when there are many.
// b.mu is held.
func (b *Book) forget() {
	over := func(_ chunk.ID, o *opening) bool { return o.over() }
	n := 0
	for id, o := range b.live {
		if over(id, o) {
			n++
		}
	}
	if n >= mostOver {
		maps.DeleteFunc(b.live, over)
	}
}

func newPart(of chunk.Part, codec chunk.Codec, path string) *part {
	return &part{Part: of, codec: codec, path: path, chain: chunk.NewChain(of), tally: proof.NewTally(of)}
}

// begin opens or makes a part's file.
func (b *Book) begin(ctx context.Context, r *running, of chunk.Part, codec chunk.Codec) error {
	p := newPart(of, codec, b.file(of))
	err := p.load(r.over)
	if err == nil && p.damage != nil && b.mend(ctx, p) {
		p = newPart(of, codec, p.path)
		err = p.load(r.over)
	}
	if err != nil {
		return err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, before := range r.parts {
		if before.Track == of.Track && before.Number < of.Number {
			before.over, before.heard = true, time.Time{}
		}
	}
	if !p.over {
		p.heard = b.clock()
	}
	r.parts = append(r.parts, p)
	r.news.Broadcast()
	b.copy(r, p)
	return nil
}

// load reads what the file holds. A part that goes on is checked record by
// record; of one that is over the headers are enough, and nothing is changed.
func (p *part) load(over bool) error {
	if !over {
		return p.loadOpen()
	}
	f, err := os.Open(p.path)
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return err
	}
	if p.skim(f, info.Size()) {
		return nil
	}
	return p.walk(f)
}

// loadOpen reads a part that goes on. An incomplete end is cut off: nobody was
// told that it is safe. Where whole records follow what is none, they were
// acknowledged once, so nothing is cut: the part ends there, and what is
// damaged is left for the verifier to name.
func (p *part) loadOpen() error {
	f, err := os.OpenFile(p.path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return err
	}
	p.file = f
	if err := errors.Join(syncFolder(filepath.Dir(p.path)), p.walk(f)); err != nil {
		return err
	}
	info, err := f.Stat()
	if err != nil || info.Size() == p.size {
		return err
	}
	whole, last, err := proof.LastWhole(io.NewSectionReader(f, p.size, info.Size()-p.size))
	switch {
	case err != nil:
		return err
	case whole == 0:
		return errors.Join(f.Truncate(p.size), f.Sync())
	}
	from, sound := p.chain.End(), len(p.index)
	p.sound = p.size
	p.damage = &Gap{Track: p.Track, From: from, To: max(from, last.End()), Reason: damaged}
	if p.skim(f, p.size+whole) {
		p.damage.To = p.index[sound].till
	}
	p.over = true
	return p.shut()
}

// skim reads a file of records from their headers, where all of them are right;
// each says what the hash of the one before must be.
func (p *part) skim(f *os.File, size int64) bool {
	other := newPart(p.Part, p.codec, p.path)
	tally, err := proof.Skim(f, size, p.Part, other.place)
	if err == nil {
		p.tally, p.index, p.size = tally, other.index, other.size
	}
	return err == nil
}

// read walks a file as it lies there; one that is not there has no record.
func (p *part) read() error {
	f, err := os.Open(p.path)
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	defer f.Close()
	return p.walk(f)
}

// walk reads records up to the end, or to the first that is none.
func (p *part) walk(f *os.File) error {
	reader := chunk.NewReader(io.NewSectionReader(f, 0, 1<<62))
	for {
		at := reader.Offset()
		record, err := reader.Next()
		if errors.Is(err, io.EOF) || errors.Is(err, chunk.ErrDamaged) || errors.Is(err, chunk.ErrMalformed) || errors.Is(err, chunk.ErrIncomplete) {
			return nil
		}
		if err != nil {
			return err
		}
		hash, err := p.chain.Add(record)
		if err != nil {
			return nil
		}
		p.tally.Add(record.Header, hash)
		p.place(at, record.Header, hash)
	}
}

// place notes where a record lies.
func (p *part) place(offset int64, h chunk.Header, hash chunk.Hash) {
	p.index = append(p.index, entry{offset, h.Mono, h.End(), h.Flags&chunk.KeyFrame != 0, h.Seq == 0 && h.Duration == 0, h.Flags&chunk.Hidden != 0, hash})
	p.size = offset + int64(h.Size())
}

// head is how many records there are, and the hash of the last.
func (p *part) head() (next uint32, head chunk.Hash) {
	if n := len(p.index); n > 0 {
		return uint32(n), p.index[n-1].hash
	}
	return 0, p.Start()
}

// before is the number of the last record before a minute; -1 for none.
func (p *part) before(minute uint32) int {
	n, _ := slices.BinarySearchFunc(p.index, uint64(minute)*chunk.MinuteMS, func(e entry, from uint64) int { return cmp.Compare(e.mono, from) })
	return n - 1
}

// close lets go of the files that were appended to.
func (r *running) close() (err error) {
	for _, p := range r.all() {
		err = errors.Join(err, p.shut())
	}
	return err
}

// shut lets go of a part's file.
func (p *part) shut() error {
	f := p.file
	p.file = nil
	if f == nil {
		return nil
	}
	return f.Close()
}

// declareDamage writes down what is damaged, once: the recorder goes on with
// its next part.
func (b *Book) declareDamage(ctx context.Context, r *running) error {
	known, err := b.gaps(ctx, r.of.ID)
	if err != nil {
		return err
	}
	for _, p := range r.all() {
		if p.damage == nil || slices.Contains(known, *p.damage) {
			continue
		}
		if err := b.declare(ctx, "", r.of, *p.damage); err != nil {
			return err
		}
	}
	return nil
}
