package recording

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"sync"

	"verhaal/internal/fault"
	"verhaal/internal/recording/chunk"
	"verhaal/internal/recording/proof"
)

// running is a recording in memory: what its files hold, and who watches.
type running struct {
	of       Recording  // as it was found; over tells whether it still runs
	mu       sync.Mutex // guards all below
	news     *sync.Cond // something was appended or copied, or it is over
	parts    []*part    // by track and number
	watchers map[string]watcher
	minute   uint32 // that the log has the heads of, and one
	over     bool
}

// part is one part's file and its index.
type part struct {
	chunk.Part
	codec  chunk.Codec
	path   string
	write  sync.Mutex // held over append and fdatasync: one writer for each file
	file   *os.File   // to append to; nil when it is over
	chain  *chunk.Chain
	tally  *proof.Tally
	index  []entry
	size   int64
	copied int64 // bytes that the second copy has
	over   bool  // a later part of the track began
}

// entry is where a record lies.
type entry struct {
	offset     int64
	mono, till uint64
	key        bool
	hash       chunk.Hash
}

// mostOver is how many recordings that are over stay indexed in memory.
const mostOver = 32

// open gives a recording as its files tell it, reading them the first time.
func (b *Book) open(ctx context.Context, id chunk.ID) (*running, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if r, ok := b.live[id]; ok {
		return r, nil
	}
	found, err := b.find(ctx, id)
	if err != nil {
		return nil, err
	}
	r := &running{of: found, watchers: map[string]watcher{}, over: found.Stopped > 0}
	r.news = sync.NewCond(&r.mu)
	shares, err := b.shares(ctx, id)
	if err != nil {
		return nil, err
	}
	for _, s := range shares {
		err := b.restore(ctx, s.Part, b.file(s.Part), r.over)
		if err == nil {
			err = b.begin(r, s.Part, s.codec)
		}
		if err != nil {
			return nil, errors.Join(err, r.close())
		}
	}
	b.forget()
	b.live[id] = r
	return r, nil
}

// forget drops the indexes of recordings that are over when there are many.
func (b *Book) forget() {
	over := func(_ chunk.ID, r *running) bool {
		r.mu.Lock()
		defer r.mu.Unlock()
		return r.over
	}
	n := 0
	for id, r := range b.live {
		if over(id, r) {
			n++
		}
	}
	if n >= mostOver {
		maps.DeleteFunc(b.live, over)
	}
}

// begin opens or makes a part's file.
func (b *Book) begin(r *running, of chunk.Part, codec chunk.Codec) error {
	p := &part{Part: of, codec: codec, path: b.file(of), chain: chunk.NewChain(of), tally: proof.NewTally(of)}
	if err := p.load(r.over); err != nil {
		return err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, before := range r.parts {
		if before.Track == of.Track && before.Number < of.Number {
			before.over = true
		}
	}
	r.parts = append(r.parts, p)
	r.news.Broadcast()
	b.copy(r, p)
	return nil
}

// load reads what the file holds. A part that goes on is checked record by
// record, and an incomplete end is cut off, which nobody was told is safe; of
// one that is over the headers are enough, and nothing is changed. A damaged
// record is left for the verifier to name.
func (p *part) load(over bool) error {
	if !over {
		f, err := os.OpenFile(p.path, os.O_RDWR|os.O_CREATE, 0o600)
		if err != nil {
			return err
		}
		p.file = f
		err = syncFolder(filepath.Dir(p.path))
		if err == nil {
			err = p.walk(f)
		}
		size, errSeek := f.Seek(0, io.SeekEnd)
		if err = errors.Join(err, errSeek); err == nil && size > p.size {
			err = errors.Join(f.Truncate(p.size), f.Sync())
		}
		return err
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
	if p.tally, err = proof.Skim(f, info.Size(), p.Part, p.place); err == nil {
		return nil
	}
	p.index, p.size, p.tally = nil, 0, proof.NewTally(p.Part)
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
	p.index = append(p.index, entry{offset, h.Mono, h.End(), h.Flags&chunk.KeyFrame != 0, hash})
	p.size = offset + int64(h.Size())
}

// head is how many records there are, and the hash of the last.
func (p *part) head() (next uint32, head chunk.Hash) {
	if n := len(p.index); n > 0 {
		return uint32(n), p.index[n-1].hash
	}
	return 0, p.Start()
}

// close lets go of the files that were appended to.
func (r *running) close() (err error) {
	for _, p := range r.all() {
		if p.file != nil {
			err = errors.Join(err, p.file.Close())
			p.file = nil
		}
	}
	return err
}

// find gives a part; NotFound when there is none.
func (r *running) find(track chunk.Track, n uint16) (*part, error) {
	for _, p := range r.parts {
		if p.Track == track && p.Number == n {
			return p, nil
		}
	}
	return nil, fault.New(fault.NotFound, "", "no such part")
}

// Ack is what the server has of a part: how many records, the hash of the last,
// and the log key's signature over both.
type Ack struct {
	Next uint32
	Head chunk.Hash
	Sig  []byte
}

// Elsewhere says that a part holds other bytes than those that came; the fault
// is a Conflict, and what is there stands in the Ack beside it.
const elsewhere = "room.fault.other_bytes"

// Append takes whole records of a part from seq on and answers when they are on
// the disk. Records that are there already are compared and not written again;
// other bytes in their place are a Conflict, as is a record that does not
// follow. Whoever holds the ciphertext may bring it: it opens nothing.
func (b *Book) Append(ctx context.Context, p chunk.Part, body []byte) (Ack, error) {
	r, err := b.open(ctx, p.Recording)
	if err != nil {
		return Ack{}, err
	}
	r.mu.Lock()
	to, err := r.find(p.Track, p.Number)
	r.mu.Unlock()
	if err != nil {
		return Ack{}, err
	}
	fresh, err := r.take(to, body)
	if len(fresh) > 0 && err == nil {
		b.logHeads(ctx, r, fresh[len(fresh)-1].Minute())
	}
	if err == nil {
		err = b.copied(ctx, r, to)
	}
	return b.ack(r, to), err
}

// take writes what is new of a body, and gives it.
func (r *running) take(p *part, body []byte) ([]chunk.Record, error) {
	p.write.Lock()
	defer p.write.Unlock()
	fresh, err := r.fresh(p, body)
	if err != nil || len(fresh) == 0 {
		return nil, err
	}
	if p.file == nil {
		return nil, fault.New(fault.Conflict, "room.fault.over", "the recording is sealed")
	}
	return fresh, r.write(p, fresh)
}

// fresh gives the records of a body that are not there yet, in their order.
func (r *running) fresh(p *part, body []byte) ([]chunk.Record, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	var out []chunk.Record
	for len(body) > 0 {
		record, rest, err := chunk.Parse(body)
		if err != nil {
			return nil, fault.New(fault.BadInput, "room.fault.record", "%v", err)
		}
		body = rest
		if record.Part != p.Part || record.Codec != p.codec {
			return nil, fault.New(fault.BadInput, "room.fault.record", "%v", chunk.ErrForeign)
		}
		if int(record.Seq) < len(p.index) {
			if p.index[record.Seq].hash != record.Hash() {
				return nil, fault.New(fault.Conflict, elsewhere, "record %d is there with other bytes", record.Seq)
			}
			continue
		}
		out = append(out, record)
	}
	return out, nil
}

// write appends records: to the file, to the disk, and only then to what others see.
func (r *running) write(p *part, records []chunk.Record) error {
	chain := *p.chain
	hashes := make([]chunk.Hash, len(records))
	var bytes []byte
	for i, record := range records {
		var err error
		if hashes[i], err = chain.Add(record); err != nil {
			return fault.New(fault.Conflict, elsewhere, "record %d: %v", record.Seq, err)
		}
		bytes = append(bytes, record.Raw...)
	}
	at := p.size
	if _, err := p.file.WriteAt(bytes, at); err != nil {
		return fault.Wrap(fault.Unavailable, "room.fault.disk", errors.Join(err, p.file.Truncate(at)))
	}
	if err := datasync(p.file); err != nil {
		return fault.Wrap(fault.Unavailable, "room.fault.disk", err)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	p.chain = &chain
	for i, record := range records {
		p.tally.Add(record.Header, hashes[i])
		p.place(at, record.Header, hashes[i])
		at = p.size
	}
	r.news.Broadcast()
	return nil
}

// Next says what the server has of a part, so that a recorder goes on there.
func (b *Book) Next(ctx context.Context, p chunk.Part) (Ack, error) {
	r, err := b.open(ctx, p.Recording)
	if err != nil {
		return Ack{}, err
	}
	r.mu.Lock()
	to, err := r.find(p.Track, p.Number)
	r.mu.Unlock()
	if err != nil {
		return Ack{}, err
	}
	return b.ack(r, to), nil
}

func (b *Book) ack(r *running, p *part) Ack {
	r.mu.Lock()
	var a Ack
	a.Next, a.Head = p.head()
	r.mu.Unlock()
	text := fmt.Appendf(nil, "verhaal/ack\n%s\n%d\n%d\n%d\n%s\n", p.Recording, p.Track, p.Number, int64(a.Next)-1, a.Head)
	a.Sig, _ = b.log.Ack(text) // an Ed25519 key that was parsed signs
	return a
}
