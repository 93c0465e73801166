package staff

import (
	"crypto/sha256"
	"encoding/binary"
	"math/bits"
	"sync"
	"time"
)

// Guessing costs the guesser: each guess at a passphrase costs one Argon2id by
// itself, and after freeGuesses wrong ones on a login also a search for a hash
// with leading zero bits, one bit more for each. Nobody is ever locked out by
// what others do: whoever has the right passphrase waits some seconds at most.
const (
	freeGuesses   = 5
	firstBits     = 12
	mostBits      = 20 // about a second in a browser
	calmFailures  = 200
	forgetting    = 5 * time.Minute // half of the failures are forgotten
	guessBuckets  = 4096
	workLife      = 10 * time.Minute
	workRandom    = 16
	workPurpose   = "work"
	challengeSize = 256 // characters at most
)

// guesses counts wrong guesses by login in a table of fixed size: known and
// unknown logins alike, and no flood makes it grow. A process that restarts
// forgets, which costs nothing but the guessers' head start.
type guesses struct {
	mu      sync.Mutex // guards the counts
	buckets [guessBuckets]failures
	all     failures
}

type failures struct {
	n  uint32
	at int64 // unix seconds of the last change
}

func (f failures) now(at int64) uint32 {
	return f.n >> min(31, max(0, at-f.at)/int64(forgetting/time.Second))
}

// bits is how much work a guess at the login of bucket costs now.
func (g *guesses) bits(bucket int, at int64) int {
	g.mu.Lock()
	defer g.mu.Unlock()
	need := 0
	if n := g.buckets[bucket].now(at); n >= freeGuesses {
		need = min(mostBits, firstBits+int(n)-freeGuesses)
	}
	if g.all.now(at) > calmFailures {
		need = max(need, firstBits+4)
	}
	return need
}

func (g *guesses) failed(bucket int, at int64) {
	g.mu.Lock()
	defer g.mu.Unlock()
	for _, f := range []*failures{&g.buckets[bucket], &g.all} {
		f.n, f.at = f.now(at)+1, at
	}
}

// right forgets the wrong guesses of a login whose member has signed in.
func (g *guesses) right(bucket int) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.buckets[bucket] = failures{}
}

// bucketOf spreads logins by a keyed hash, so that nobody can aim at another's.
func (m *Members) bucketOf(login string) int {
	return int(binary.BigEndian.Uint16(m.ticketMAC("bucket", []byte(login)))) % guessBuckets
}

// worked says whether SHA-256(challenge ‖ proof ‖ nonce) has need leading zero
// bits, for a challenge of ours for this login.
func (m *Members) worked(login string, a Attempt, need int) bool {
	if need == 0 {
		return true
	}
	if len(a.Challenge) > challengeSize || len(a.Nonce) > 32 {
		return false
	}
	if _, err := m.readTicket(workPurpose+login, a.Challenge); err != nil {
		return false
	}
	sum := sha256.Sum256(append(append([]byte(a.Challenge), a.Proof...), a.Nonce...))
	zeros := 0
	for _, b := range sum {
		zeros += bits.LeadingZeros8(b)
		if b != 0 {
			break
		}
	}
	return zeros >= need
}
