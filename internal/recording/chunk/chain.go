package chunk

import (
	"errors"
	"fmt"
)

// The ways in which a record may not follow the one before.
var (
	// ErrForeign: it belongs to another recording, track or part, or its codec
	// is another than the part's.
	ErrForeign = errors.New("the record belongs elsewhere")
	// ErrSeq: it is not the next one; it was left out, repeated or moved.
	ErrSeq = errors.New("the record is not the next one")
	// ErrPrev: it is the next by number, but follows other bytes.
	ErrPrev = errors.New("the record follows other bytes than these")
	// ErrTime: it begins before the one before it ends.
	ErrTime = errors.New("the record begins before the end of the one before")
	// ErrEnded: the part has had its last record.
	ErrEnded = errors.New("the part has ended")
)

// Chain is the end of a part so far: what the next record must follow.
type Chain struct {
	part  Part
	codec Codec // 0 before the first record
	next  uint32
	head  Hash
	end   uint64
	ended bool
}

// NewChain is the chain of a part without records.
func NewChain(p Part) *Chain { return &Chain{part: p, head: p.Start()} }

// ResumeChain is the chain whose last record is known and was checked.
func ResumeChain(last Record) *Chain {
	c := &Chain{}
	c.step(last.Header, last.Hash())
	return c
}

// Part is the part that the chain is of.
func (c *Chain) Part() Part { return c.part }

// Next is the seq that the next record must have: how many there are.
func (c *Chain) Next() uint32 { return c.next }

// Head is the hash of the last record; Part.Start before the first.
func (c *Chain) Head() Hash { return c.head }

// End is the recording's ms at which the last record ends; 0 before the first.
func (c *Chain) End() uint64 { return c.end }

// Ended says that the last record was marked as the part's last.
func (c *Chain) Ended() bool { return c.ended }

// Check says whether a record with this header may come next.
func (c *Chain) Check(h Header) error {
	switch {
	case h.Part != c.part:
		return fmt.Errorf("%w: it is of recording %s, %s, part %d", ErrForeign, h.Recording, h.Track, h.Number)
	case c.codec != 0 && h.Codec != c.codec:
		return fmt.Errorf("%w: it is %s in a part of %s", ErrForeign, h.Codec, c.codec)
	case h.Seq != c.next:
		return fmt.Errorf("%w: it is number %d, want %d", ErrSeq, h.Seq, c.next)
	case h.Prev != c.head:
		return ErrPrev
	case c.ended:
		return ErrEnded
	case h.Mono < c.end:
		return fmt.Errorf("%w: it begins at %d ms, that one ends at %d ms", ErrTime, h.Mono, c.end)
	}
	return nil
}

// Add takes the next record, or says why it can't be and stays as it is.
func (c *Chain) Add(r Record) (Hash, error) {
	if err := c.Check(r.Header); err != nil {
		return Hash{}, err
	}
	hash := r.Hash()
	c.step(r.Header, hash)
	return hash, nil
}

func (c *Chain) step(h Header, hash Hash) {
	*c = Chain{part: h.Part, codec: h.Codec, next: h.Seq + 1, head: hash, end: h.End(), ended: h.Flags&Last != 0}
}
