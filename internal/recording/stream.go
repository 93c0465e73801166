package recording

import (
	"context"
	"io"
	"os"

	"verhaal/internal/fault"
	"verhaal/internal/recording/chunk"
)

// Range says which records of a part to stream.
type Range struct {
	From  uint32 // seq of the first
	To    uint32 // seq of the last; only with HasTo
	HasTo bool
	At    int64 // begin where a player must to show this ms; -1 = use From
	Until int64 // end before this ms; -1 = no end
}

// Stream writes records as they come, to the end of the part if the range has
// no end. Everybody who follows gets the bytes that are sealed. While the
// recording runs, that is those who are listed as watching it, and nothing that
// is masked, nor built on it.
func (b *Book) Stream(ctx context.Context, actor string, p chunk.Part, want Range, to io.Writer, flush func()) error {
	if _, err := b.Get(ctx, actor, p.Recording); err != nil {
		return err
	}
	r, err := b.open(ctx, p.Recording)
	if err != nil {
		return err
	}
	defer r.wakeWith(ctx)()
	r.mu.Lock()
	from, err := r.find(p.Track, p.Number)
	if err == nil {
		err = r.mayFollow(actor, b.clock())
	}
	if err != nil {
		r.mu.Unlock()
		return err
	}
	file, err := os.Open(from.path)
	if err != nil {
		r.mu.Unlock()
		return err
	}
	defer file.Close()
	follow := !want.HasTo && want.Until < 0
	next := int(want.From)
	if want.At >= 0 {
		next = from.showing(uint64(want.At), r.hides)
	}
	if r.hidden() && (!want.HasTo || want.To > 0) || next < 0 {
		r.mu.Unlock()
		return fault.New(fault.Refused, "room.fault.masked", "nobody may follow now")
	}
	for {
		begin, end, full := int64(-1), int64(0), false
		for ; next < len(from.index); next++ {
			e := from.index[next]
			if want.HasTo && uint32(next) > want.To || want.Until >= 0 && e.mono >= uint64(want.Until) {
				full = true
				break
			}
			if !r.visible(from, next) {
				if begin >= 0 {
					break
				}
				continue
			}
			if begin < 0 {
				begin = e.offset
			}
			end = from.size
			if next+1 < len(from.index) {
				end = from.index[next+1].offset
			}
		}
		if follow && (r.hidden() || r.mayFollow(actor, b.clock()) != nil) {
			r.mu.Unlock()
			return nil
		}
		over := full || !follow || r.over || from.over || from.chain.Ended() || ctx.Err() != nil
		if begin < 0 {
			if over {
				r.mu.Unlock()
				return ctx.Err()
			}
			r.news.Wait()
			continue
		}
		r.mu.Unlock()
		if _, err := io.Copy(to, io.NewSectionReader(file, begin, end-begin)); err != nil {
			return err
		}
		flush()
		r.mu.Lock()
	}
}
