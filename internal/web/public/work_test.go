package public

import (
	"context"
	"crypto/sha256"
	"errors"
	"math/bits"
	"strconv"
	"strings"
	"testing"
	"time"

	"verhaal/internal/seal"
)

// solve searches as the scripts do.
func solve(challenge string, lookup []byte, n int) string {
	for i := 0; ; i++ {
		nonce := strconv.FormatInt(int64(i), 36)
		h := sha256.Sum256([]byte(challenge + string(lookup) + nonce))
		if zeros(h) >= n {
			return nonce
		}
	}
}

func zeros(h [32]byte) (n int) {
	for _, b := range h {
		if b != 0 {
			return n + bits.LeadingZeros8(b)
		}
		n += 8
	}
	return n
}

func TestWorkRisesWithTheLoadUpToWhatAPhoneCanDo(t *testing.T) {
	last := 0
	for load := int64(0); load < 1<<20; load += 31 {
		n := bitsFor(load)
		if n < last || n > mostBits || (load < calm) != (n == 0) {
			t.Fatalf("at %d reports in hand %d bits are asked for, %d before", load, n, last)
		}
		last = n
	}
	if last != mostBits {
		t.Errorf("a flood is asked for %d bits", last)
	}
}

func TestWorkCountsForItsOwnReportAndItsOwnTime(t *testing.T) {
	now := time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
	k := work{[]byte("key"), func() time.Time { return now }}
	lookup := []byte("sixteen bytes ok")
	asked := k.ask(calm) // 12 bits
	nonce := solve(asked.Challenge, lookup, asked.Bits)
	need := asked.Bits
	if !k.done(asked.Challenge, nonce, lookup, need) {
		t.Fatal("honest work does not count")
	}
	for name, counts := range map[string]bool{
		"another report":      k.done(asked.Challenge, nonce, []byte("another sixteen!"), need),
		"another server":      work{[]byte("other"), k.clock}.done(asked.Challenge, nonce, lookup, need),
		"no challenge":        k.done("", nonce, lookup, need),
		"a changed challenge": k.done("A"+asked.Challenge[1:], nonce, lookup, need) && asked.Challenge[0] != 'A',
		"an endless nonce":    k.done(asked.Challenge, strings.Repeat("n", 65), lookup, need),
	} {
		if counts {
			t.Errorf("work counts for %s", name)
		}
	}
	free := k.ask(0)
	if !k.done(free.Challenge, "", lookup, leastBits) {
		t.Error("who began a moment ago, in calm, is asked for more")
	}
	now = now.Add(honoured + time.Second)
	if k.done(free.Challenge, "", lookup, leastBits) {
		t.Error("a challenge of a calm hour lets a flood through")
	}
	if !k.done(free.Challenge, "", lookup, 0) || !k.done(asked.Challenge, nonce, lookup, need) {
		t.Error("work that is enough still does not count after a while")
	}
	now = now.Add(workTime)
	if k.done(asked.Challenge, nonce, lookup, need) {
		t.Error("work counts for ever")
	}
	now = now.Add(-2*workTime - time.Hour)
	if k.done(asked.Challenge, nonce, lookup, need) {
		t.Error("work counts before it was asked for")
	}
}

func FuzzWork(f *testing.F) {
	now := time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
	k := work{[]byte("key"), func() time.Time { return now }}
	known := k.ask(1000).Challenge
	f.Add(known, "0", []byte("lookup"), 3)
	f.Add("", "", []byte{}, 0)
	f.Add(strings.Repeat("A", 50), "x", []byte(nil), 20)
	f.Fuzz(func(t *testing.T, challenge, nonce string, lookup []byte, need int) {
		if k.done(challenge, nonce, lookup, need) && zeros(sha256.Sum256([]byte(challenge+string(lookup)+nonce))) < leastBits {
			t.Error("work that was not done counts")
		}
	})
}

func TestEveryEntryWaitsForADerivationWhateverItIs(t *testing.T) {
	f := &face{derive: make(chan struct{}, 1)}
	f.Salt = make([]byte, seal.SaltSize)
	f.derive <- struct{}{} // all places are taken
	for _, typed := range []string{"", "nonsense", "1204 2220 4483 9865 8675 0362 5674", strings.Repeat("9", 28)} {
		ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
		if _, err := f.keysOfTyped(ctx, typed); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("an entry of %d characters is answered without a derivation: %v", len(typed), err)
		}
		cancel()
	}
}
