package recording

import (
	"context"
	"errors"
	"fmt"
	"os"
	"sync"
	"time"

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
	recorder string    // whose recorder it is; who started it before the first part
	heard    time.Time // when something of a recorder came last, or the files were read
	minute   uint32    // that the log has the heads of, and one
	mask     mask
	over     bool

	// change is held from what a part's begin or a stop finds to what it leaves
	// behind, so that no part begins in a recording that is sealed meanwhile. It
	// is taken before a part's write and before mu.
	change sync.Mutex

	// seats is held from what a watcher's coming or going finds to what it leaves
	// behind, so that each is written down once. It is taken before mu.
	seats sync.Mutex
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
	heard  time.Time // when records came last, or a recorder began it; zero since a later part began
	copied int64     // bytes that the second copy has
	over   bool      // a later part of the track began, or it is damaged
	damage *Gap      // where records of it are damaged; nil for nowhere
	sound  int64     // bytes before the damage
}

// entry is where a record lies.
type entry struct {
	offset     int64
	mono, till uint64
	key        bool
	head       bool // the container's alone: it shows nothing
	hidden     bool // by its recorder
	hash       chunk.Hash
}

// wakeWith has those who wait for news look again when ctx ends. What it gives
// ends that.
func (r *running) wakeWith(ctx context.Context) (stop func() bool) {
	return context.AfterFunc(ctx, func() {
		r.mu.Lock()
		defer r.mu.Unlock()
		r.news.Broadcast()
	})
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
// follow. Who shows the part's token may bring it, see Brings: it opens nothing.
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
	fresh, err := r.take(to, body, b.clock())
	if len(fresh) > 0 && err == nil {
		b.logHeads(ctx, r, fresh[len(fresh)-1].Minute())
	}
	if err == nil {
		err = b.copied(ctx, r, to)
	}
	return b.ack(r, to), err
}

// take writes what is new of a body, and gives it.
func (r *running) take(p *part, body []byte, now time.Time) ([]chunk.Record, error) {
	p.write.Lock()
	defer p.write.Unlock()
	fresh, err := r.fresh(p, body)
	if err != nil || len(fresh) == 0 {
		return nil, err
	}
	if p.file == nil {
		return nil, r.takesNoMore()
	}
	return fresh, r.write(p, fresh, now)
}

// takesNoMore says why nothing is added to a part's file: the recording is over, or
// this part alone, where its file is damaged; a recorder goes on with the next.
func (r *running) takesNoMore() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.over {
		return fault.New(fault.Conflict, "room.fault.over", "the recording is sealed")
	}
	return fault.New(fault.Conflict, "room.fault.part_over", "the part's file is damaged")
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
func (r *running) write(p *part, records []chunk.Record, now time.Time) error {
	chain := *p.chain
	hashes := make([]chunk.Hash, len(records))
	last := len(records) - 1
	bytes := records[last].Raw // mostly there is only this one
	if last > 0 {
		bytes = nil
	}
	for i, record := range records {
		var err error
		if i < last {
			hashes[i], err = chain.Add(record)
		} else {
			err = chain.Check(record.Header)
		}
		if err != nil {
			return fault.New(fault.Conflict, elsewhere, "record %d: %v", record.Seq, err)
		}
		if last > 0 {
			bytes = append(bytes, record.Raw...)
		}
	}
	// The last one is hashed while the disk works: it was checked, and nobody sees
	// its hash before it is durable.
	hashed := make(chan struct{})
	go func() {
		defer close(hashed)
		hashes[last], _ = chain.Add(records[last])
	}()
	at := p.size
	_, err := p.file.WriteAt(bytes, at)
	if err != nil {
		err = errors.Join(err, p.file.Truncate(at))
	} else {
		err = datasync(p.file)
	}
	<-hashed
	if err != nil {
		return fault.Wrap(fault.Unavailable, "room.fault.disk", err)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	p.chain, p.heard, r.heard = &chain, now, now
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
