package seal

import (
	"crypto/sha256"
	"fmt"
	"io"
	"log/slog"
	"math/big"
	"strings"

	"verhaal/internal/fault"
)

// Receipt is the secret that leads back to a report: 80 random bits, made on
// the reporter's device where there are scripts. It redacts itself; only Words
// and Digits spell it.
type Receipt [10]byte

const (
	receiptWords  = 8
	wordBits      = 11
	receiptDigits = 25 // 2^80 has 25 decimal digits
	checkDigits   = 3
	// checkModulus is prime and no divisor of 10 or 9, so one wrong digit or
	// two neighbours swapped always change the remainder.
	checkModulus = 997
)

// NewReceipt makes a receipt from 10 bytes of rand (crypto/rand.Reader).
func NewReceipt(rand io.Reader) (Receipt, error) {
	var r Receipt
	if _, err := io.ReadFull(rand, r[:]); err != nil {
		return Receipt{}, fault.New(fault.Internal, "", "no randomness for a receipt")
	}
	return r, nil
}

// Digits spells the receipt as 28 digits in 7 groups of 4: the number as 25
// decimal digits, then that number modulo 997 as 3.
func (r Receipt) Digits() string {
	n := new(big.Int).SetBytes(r[:])
	check := new(big.Int).Mod(n, big.NewInt(checkModulus))
	all := fmt.Sprintf("%0*d%0*d", receiptDigits, n, checkDigits, check)
	var groups []string
	for ; len(all) > 0; all = all[4:] {
		groups = append(groups, all[:4])
	}
	return strings.Join(groups, " ")
}

// Words spells the receipt as 8 words of the language ("en", "nl", "ar"); nil
// where there is no list for it: show Digits.
func (r Receipt) Words(lang string) []string {
	list := listOf(lang)
	if list == nil {
		return nil
	}
	n := new(big.Int).SetBytes(append(r[:], r.check()))
	mask := big.NewInt(1<<wordBits - 1)
	words := make([]string, receiptWords)
	for i := receiptWords - 1; i >= 0; i-- {
		words[i] = list.words[new(big.Int).And(n, mask).Int64()]
		n.Rsh(n, wordBits)
	}
	return words
}

// check is the byte that 8 words carry beyond the 80 bits.
func (r Receipt) check() byte {
	return sha256.Sum256(append([]byte("verhaal/v1/receipt"), r[:]...))[0]
}

func (Receipt) String() string               { return redacted }
func (Receipt) GoString() string             { return redacted }
func (Receipt) LogValue() slog.Value         { return slog.StringValue(redacted) }
func (Receipt) MarshalJSON() ([]byte, error) { return []byte(`"` + redacted + `"`), nil }
func (Receipt) Format(f fmt.State, _ rune)   { io.WriteString(f, redacted) }
