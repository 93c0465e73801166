package proof

import (
	"bytes"
	"slices"

	"verhaal/internal/recording/chunk"
)

const (
	// quiet is how long digital silence may last without a word, in ms.
	quiet = 20_000
	// pause is how long no sound packet may come, in ms: an encoder sends some
	// 16 a second, also of silence.
	pause = 2_000
	// still is how long no picture may come, in ms.
	still = 5_000
	// apart is how far the container's clock and a header may differ, in ms: a
	// recorder hands out its slices late.
	apart = 2_000
	// silentPacket is the size to which Opus codes digital silence: 3 bytes for
	// 20 ms, 8 for the 60 ms that Chromium packs together. The noise of the
	// quietest room takes more.
	silentPacket = 10
	// maxElement bounds what one element of a container may claim.
	maxElement = 4 * chunk.MaxSealed
)

// clusterMark begins a cluster as browsers write them: ID, unknown size, then
// the cluster's time. A player or a reader that comes in the middle starts here.
var clusterMark = []byte("\x1f\x43\xb6\x75\x01\xff\xff\xff\xff\xff\xff\xff\xe7")

// opener decrypts a part's records and walks through its container: level 3.
type opener struct {
	findings
	part   chunk.Part
	sealed Part
	keys   *ring
	head   []byte // of the container
	walk   *walker
	opened int64
	shown  *footage // nil where no film is to be compared
	wrong  *Finding
}

func (c *check) opener(p chunk.Part, s Part) *opener {
	o := &opener{part: p, sealed: s, keys: c.keys}
	if head, err := readFile(c.dir, headFile(p)); err == nil {
		o.head = head
	}
	if slices.ContainsFunc(c.Unchecked, isFilm) {
		o.shown = &footage{part: p, from: s.From, codec: s.Codec}
	}
	return o
}

// take opens the next record of the part; what is not one ends the walk until
// the next.
func (o *opener) take(i item, next bool) {
	if o.keys.empty() {
		return
	}
	key, ok := chunk.Secret{}, false
	if next {
		key, ok = o.keys.key(o.part, i.Minute())
	}
	if !ok {
		o.stop()
		return
	}
	plain, err := i.Open(nil, key)
	if err != nil {
		o.closed(i.Header)
		o.stop()
		return
	}
	o.endClosed()
	o.opened++
	if i.Seq == 0 {
		if at := bytes.Index(plain, clusterMark); at >= 0 {
			o.head = bytes.Clone(plain[:at])
		}
	} else if o.walk == nil {
		at := bytes.Index(plain, clusterMark)
		if at < 0 {
			return // the next cluster begins in a later record
		}
		plain = append(bytes.Clone(o.head), plain[at:]...)
	}
	if o.walk == nil {
		if i.Seq > 0 && o.head == nil {
			return
		}
		o.walk = newWalker(o.part, o.sealed, i.Header, o.shown)
	}
	o.walk.feed(i.Header, plain)
}

// closed notes a record that its key does not open; a run of them is one finding.
func (o *opener) closed(h chunk.Header) {
	if o.wrong == nil {
		found := fault(3, Key, "the key of its minute does not open it").at(o.part).records(int64(h.Seq), int64(h.Seq)).times(h.Mono, h.End())
		o.wrong = &found
		return
	}
	o.wrong.Records.To, o.wrong.Minutes.To = int64(h.Seq), int64(h.Minute())
}

func (o *opener) endClosed() {
	if o.wrong != nil {
		o.fault(*o.wrong)
		o.wrong = nil
	}
}

// stop ends the walk through a stretch of records.
func (o *opener) stop() {
	if o.walk != nil {
		found := o.walk.end()
		o.faults, o.notes = append(o.faults, found.faults...), append(o.notes, found.notes...)
		o.walk = nil
	}
}

// opened adds what an opener found.
func (c *check) opened(o *opener) {
	c.join(o.finish())
	if o.shown != nil && o.opened > 0 {
		c.footage = append(c.footage, o.shown)
	}
}

func (o *opener) finish() findings {
	o.endClosed()
	o.stop()
	if o.opened > 0 && o.head == nil {
		o.note(fault(3, Open, "the head of the container is not here: the records open, but sound and picture were not looked at").at(o.part))
	}
	return o.findings
}
