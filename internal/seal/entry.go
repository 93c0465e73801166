package seal

import (
	"math/big"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"

	"verhaal/internal/fault"
)

// longestEntry bounds the work of reading what somebody typed, in bytes. Eight
// words of eight Arabic letters, numbered, are 150.
const longestEntry = 1000

// mostGuesses bounds the corrections tried for one entry in one language.
const mostGuesses = 512

// ParseReceipt reads what a person typed: words of any list's language, or
// digits. Forgiven: case, spaces, hyphens and numbering, accents and Arabic
// marks, Arabic-Indic and Persian digits, O for 0 and l or I for 1, and one
// slip in each word. What the check doesn't confirm is a fault.BadInput
// "fault.receipt_misread".
func ParseReceipt(s string) (Receipt, error) {
	misread := fault.New(fault.BadInput, "fault.receipt_misread", "neither eight words nor 28 digits that fit each other")
	if len(s) > longestEntry {
		return Receipt{}, misread
	}
	parts := entryParts(s)
	if digits, ok := asDigits(parts); ok {
		if r, ok := fromDigits(digits); ok {
			return r, nil
		}
		return Receipt{}, misread
	}
	words := asWords(parts)
	if len(words) != receiptWords {
		return Receipt{}, misread
	}
	// An exact spelling in any language goes before a correction in another.
	for _, correct := range []bool{false, true} {
		for _, lang := range listed {
			if r, ok := listOf(lang).read(words, correct); ok {
				return r, nil
			}
		}
	}
	return Receipt{}, misread
}

// entryParts splits an entry into runs of folded letters and digits.
func entryParts(s string) []string {
	return strings.FieldsFunc(foldEntry(s), func(c rune) bool {
		return !unicode.IsLetter(c) && !unicode.IsDigit(c)
	})
}

// asDigits joins the parts, if they can be the digits of a receipt: no word of
// a list is made of look-alikes alone and eight are never 28 of them.
func asDigits(parts []string) (string, bool) {
	all := strings.Map(func(c rune) rune {
		switch c {
		case 'o':
			return '0'
		case 'l', 'i':
			return '1'
		}
		return c
	}, strings.Join(parts, ""))
	return all, len(all) == receiptDigits+checkDigits && strings.Trim(all, "0123456789") == ""
}

func fromDigits(all string) (Receipt, bool) {
	n, _ := new(big.Int).SetString(all[:receiptDigits], 10)
	check, _ := new(big.Int).SetString(all[receiptDigits:], 10)
	var r Receipt
	if n.BitLen() > 8*len(r) || new(big.Int).Mod(n, big.NewInt(checkModulus)).Cmp(check) != 0 {
		return Receipt{}, false
	}
	n.FillBytes(r[:])
	return r, true
}

// asWords drops numbering and takes digits inside a word for the letters that
// they look like.
func asWords(parts []string) []string {
	var words []string
	for _, part := range parts {
		if strings.Trim(part, "0123456789") != "" {
			words = append(words, strings.NewReplacer("0", "o", "1", "l").Replace(part))
		}
	}
	return words
}

// read finds the one receipt that the words can spell in this language. With
// correct, each word may be one slip away; two receipts that both fit count as
// none, because a wrong one would look like a lost report.
func (l *wordList) read(words []string, correct bool) (Receipt, bool) {
	choices := make([][]int, len(words))
	guesses := 1
	for i, w := range words {
		if place, ok := l.place[w]; ok {
			choices[i] = []int{place}
		} else if correct {
			choices[i] = l.near(w)
		}
		guesses *= len(choices[i])
		if guesses == 0 || guesses > mostGuesses {
			return Receipt{}, false
		}
	}
	var found Receipt
	fits := 0
	for guess := range guesses {
		n := new(big.Int)
		for _, c := range choices {
			n.Lsh(n, wordBits).Or(n, big.NewInt(int64(c[guess%len(c)])))
			guess /= len(c)
		}
		var spelt [len(found) + 1]byte
		n.FillBytes(spelt[:])
		r := Receipt(spelt[:len(found)])
		if r.check() == spelt[len(found)] {
			found = r
			fits++
		}
	}
	return found, fits == 1
}

// foldEntry brings an entry, or a list's word, to what is compared: small
// letters without accents, European digits, Arabic without marks and with
// alef, ya, kaf and ta marbuta each in one form.
func foldEntry(s string) string {
	return strings.Map(func(c rune) rune {
		switch {
		case c >= '٠' && c <= '٩':
			return '0' + c - '٠'
		case c >= '۰' && c <= '۹':
			return '0' + c - '۰'
		case unicode.Is(unicode.Mn, c), unicode.Is(unicode.Cf, c), c == 'ـ':
			return -1 // accents, hamza on its seat, joiners, direction marks, tatweel
		case c == 'ٱ':
			return 'ا'
		case c == 'ى', c == 'ی':
			return 'ي'
		case c == 'ة':
			return 'ه'
		case c == 'ک':
			return 'ك'
		case c == 'ı':
			return 'i'
		}
		return unicode.ToLower(c)
	}, norm.NFKD.String(s))
}
