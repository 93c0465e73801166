package recording

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"sync"

	"verhaal/internal/fault"
	"verhaal/internal/recording/chunk"
	"verhaal/internal/recording/proof"
)

// running is a recording in memory: what its files hold, and who watches.
type running struct {
	mu       sync.Mutex // guards all below
	news     *sync.Cond // something was appended, or it is over
	parts    []*part    // by track and number
	watchers map[string]watcher
	over     bool
}

// part is one part's file and its index.
type part struct {
	chunk.Part
	codec chunk.Codec
	write sync.Mutex // held over append and fdatasync: one writer for each file
	file  *os.File
	chain *chunk.Chain
	tally *proof.Tally
	index []entry
	size  int64
	over  bool // a later part of the track began
}

// entry is where a record lies.
type entry struct {
	offset     int64
	mono, till uint64
	key        bool
	hash       chunk.Hash
}

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
	r := &running{watchers: map[string]watcher{}, over: found.Stopped > 0}
	r.news = sync.NewCond(&r.mu)
	rows, err := b.db.Query(ctx, listParts, id.String())
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var track, n, codec int64
		var a, s []byte
		if err := rows.Scan(&track, &n, &codec, &a, &s); err != nil {
			return nil, err
		}
		p := chunk.Part{Recording: id, Track: chunk.Track(track), Number: uint16(n)}
		if err := r.begin(b.file(p), p, chunk.Codec(codec)); err != nil {
			return nil, err
		}
	}
	if err := rows.Err(); err != nil {
		return nil, err
	}
	b.live[id] = r
	return r, nil
}

// begin opens or makes a part's file. Only an incomplete end is cut off, which
// nobody was told is safe; a damaged record before the end is left for the
// verifier to name.
func (r *running) begin(path string, of chunk.Part, codec chunk.Codec) error {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return err
	}
	if err := syncFolder(filepath.Dir(path)); err != nil {
		return err
	}
	p := &part{Part: of, codec: codec, file: f, chain: chunk.NewChain(of), tally: proof.NewTally(of)}
	if err := p.walk(); err != nil {
		return errors.Join(err, f.Close())
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
	return nil
}

// walk reads what the file holds.
func (p *part) walk() error {
	reader := chunk.NewReader(io.NewSectionReader(p.file, 0, 1<<62))
	for {
		at := reader.Offset()
		record, err := reader.Next()
		if errors.Is(err, io.EOF) || errors.Is(err, chunk.ErrDamaged) || errors.Is(err, chunk.ErrMalformed) {
			break
		}
		if err != nil {
			return err
		}
		hash, err := p.chain.Add(record)
		if err != nil {
			break
		}
		p.count(at, record, hash)
	}
	size, err := p.file.Seek(0, io.SeekEnd)
	if err != nil || size == p.size {
		return err
	}
	return errors.Join(p.file.Truncate(p.size), p.file.Sync())
}

func (p *part) count(offset int64, r chunk.Record, hash chunk.Hash) {
	p.tally.Add(r.Header, hash)
	p.index = append(p.index, entry{offset, r.Mono, r.End(), r.Flags&chunk.KeyFrame != 0, hash})
	p.size = offset + int64(r.Size())
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
	over := r.over
	r.mu.Unlock()
	if err != nil {
		return Ack{}, err
	}
	to.write.Lock()
	defer to.write.Unlock()
	fresh, err := r.fresh(to, body)
	if err == nil && len(fresh) > 0 {
		if over {
			err = fault.New(fault.Conflict, "room.fault.over", "the recording is sealed")
		} else {
			err = r.write(to, fresh)
		}
	}
	ack := b.ack(r, to)
	return ack, err
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
		p.count(at, record, hashes[i])
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
	a := Ack{Next: p.chain.Next(), Head: p.chain.Head()}
	r.mu.Unlock()
	text := fmt.Appendf(nil, "verhaal/ack\n%s\n%d\n%d\n%d\n%s\n", p.Recording, p.Track, p.Number, int64(a.Next)-1, a.Head)
	a.Sig, _ = b.log.Ack(text) // an Ed25519 key that was parsed signs
	return a
}
