package public

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"math/bits"
	"sync/atomic"
	"time"
)

// Proof of work: under load the page asks the device to search for a nonce
// such that SHA-256(challenge, lookup, nonce) begins with a number of zero
// bits. Bound to the report's own look-up value, it can't be reused for
// another, so the server keeps no state.

const (
	// workTime is how long a challenge is known at all.
	workTime = 12 * time.Hour
	// honoured is how long a challenge counts although more work would be asked
	// for by now. Scripts fetch one when they send; an older one, from a calmer
	// hour, would let a flood through for nothing.
	honoured = time.Minute
	// calm is the number of reports in hand up to which no work is asked for.
	calm = 64
	// Work in bits at the first step above calm, and at the most: about 4 ms
	// and 1 s of a phone.
	leastBits = 12
	mostBits  = 20
)

type work struct {
	key   []byte
	clock func() time.Time
}

type challenge struct {
	Challenge string `json:"challenge"`
	Bits      int    `json:"bits"`
}

// bitsFor rises by one with each doubling of the reports in hand.
func bitsFor(load int64) int {
	if load < calm {
		return 0
	}
	return min(leastBits+bits.Len64(uint64(load/calm))-1, mostBits)
}

// ask makes a challenge for the load of this moment.
func (k work) ask(load int64) challenge {
	n := bitsFor(load)
	b := binary.BigEndian.AppendUint64(nil, uint64(k.clock().Unix()))
	b = append(b, byte(n))
	b = append(b, []byte(rand.Text()[:12])...)
	return challenge{base64.RawURLEncoding.EncodeToString(append(b, k.mac(b)...)), n}
}

func (k work) mac(b []byte) []byte {
	m := hmac.New(sha256.New, k.key)
	m.Write([]byte("verhaal/v1/work"))
	m.Write(b)
	return m.Sum(nil)[:16]
}

// workSize is the length of a decoded challenge: time, bits, random, MAC.
const workSize = 8 + 1 + 12 + 16

// done says whether nonce answers the challenge for the report with lookup;
// need is the number of bits asked for at this moment.
func (k work) done(text, nonce string, lookup []byte, need int) bool {
	b, err := base64.RawURLEncoding.DecodeString(text)
	if err != nil || len(b) != workSize || len(nonce) > 64 {
		return false
	}
	body, mac := b[:workSize-16], b[workSize-16:]
	if !hmac.Equal(mac, k.mac(body)) {
		return false
	}
	asked := int(body[8])
	age := k.clock().Sub(time.Unix(int64(binary.BigEndian.Uint64(body)), 0))
	if age < -time.Minute || age > workTime || (asked < need && age > honoured) {
		return false
	}
	h := sha256.New()
	h.Write([]byte(text))
	h.Write(lookup)
	h.Write([]byte(nonce))
	return bits.LeadingZeros64(binary.BigEndian.Uint64(h.Sum(nil))) >= asked
}

// lanes lets reports through: all at once while it is calm; above that, those
// with work in a wide lane and those without in a narrow one. Nobody is turned
// away; the narrow lane only waits.
type lanes struct {
	inHand       *atomic.Int64
	wide, narrow chan struct{}
}

const (
	wideLane   = 128
	narrowLane = 4
)

func newLanes() lanes {
	return lanes{new(atomic.Int64), make(chan struct{}, wideLane), make(chan struct{}, narrowLane)}
}

// load is the number of reports in hand.
func (l lanes) load() int64 { return l.inHand.Load() }

// enter counts one more report in hand. need is the work, in bits, to be
// expected of it at this moment.
func (l lanes) enter() (need int, leave func()) {
	need = bitsFor(l.inHand.Add(1))
	return need, func() { l.inHand.Add(-1) }
}

// pass waits in the lane that the report belongs to.
func (l lanes) pass(worked bool) (leave func()) {
	lane := l.narrow
	if worked {
		lane = l.wide
	}
	lane <- struct{}{}
	return func() { <-lane }
}
