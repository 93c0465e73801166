package seal

import (
	"crypto/sha256"
	"encoding/hex"
	"math/rand/v2"
	"strings"
	"testing"
	"unicode"

	"pgregory.net/rapid"

	"verhaal/internal/fault"
)

func drawReceipt(t *rapid.T) Receipt {
	return Receipt(rapid.SliceOfN(rapid.Byte(), len(Receipt{}), len(Receipt{})).Draw(t, "receipt"))
}

func mustRead(t interface{ Fatalf(string, ...any) }, text string, want Receipt) {
	got, err := ParseReceipt(text)
	if err != nil || got != want {
		t.Fatalf("%q reads as % x, %v; want % x", text, got[:], err, want[:])
	}
}

func TestReceiptComesBackFromWordsAndDigits(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		r := drawReceipt(t)
		mustRead(t, r.Digits(), r)
		for _, lang := range listed {
			mustRead(t, strings.Join(r.Words(lang), " "), r)
		}
	})
}

func TestReceiptsOfVersion1AreFixed(t *testing.T) {
	r := Receipt{0xff, 1, 2, 3, 4, 5, 6, 7, 8, 9}
	for lang, want := range map[string]string{
		"en": "yogurt amber legend amber evacuate adjust cactus crystal",
		"nl": "zwavel atelier marge atelier hemel affiche communie engeltje",
		"ar": "يقطين أزهار سينما أزهار جانب أحيان اختلاف تأمين",
	} {
		if got := strings.Join(r.Words(lang), " "); got != want {
			t.Errorf("%s: %q, want %q", lang, got, want)
		}
	}
	if got := r.Digits(); got != "1204 2220 4483 9865 8675 0362 5674" {
		t.Errorf("digits %s", got)
	}
	if got := (Receipt{}).Digits(); got != "0000 0000 0000 0000 0000 0000 0000" {
		t.Errorf("zero is %s", got)
	}
	if r.Words("fr") != nil {
		t.Error("a language without a list has words")
	}
}

func TestEntryForgivesHowItIsWritten(t *testing.T) {
	r := Receipt{0xff, 1, 2, 3, 4, 5, 6, 7, 8, 9}
	en, ar, digits := r.Words("en"), r.Words("ar"), r.Digits()
	numbered := ""
	for i, w := range en {
		numbered += string(rune('1'+i)) + ". " + w + "\n"
	}
	arabicIndic := strings.Map(func(c rune) rune {
		if c >= '0' && c <= '9' {
			return c - '0' + '٠'
		}
		return c
	}, digits)
	persian := strings.Map(func(c rune) rune {
		if c >= '0' && c <= '9' {
			return c - '0' + '۰'
		}
		return c
	}, digits)
	marked := strings.NewReplacer("ا", "أ", "ه", "ة", "ي", "ى").Replace(strings.Join(ar, " "))
	vowelled := ""
	for _, c := range strings.Join(ar, " ") {
		vowelled += string(c)
		if unicode.IsLetter(c) {
			vowelled += "َ"
		}
	}
	for name, text := range map[string]string{
		"capitals":        strings.ToUpper(strings.Join(en, " ")),
		"hyphens":         strings.Join(en, "-"),
		"commas, lines":   " " + strings.Join(en, ",\r\n") + ". ",
		"numbered":        numbered,
		"zero for o":      strings.ReplaceAll(strings.Join(en, " "), "o", "0"),
		"one for l":       strings.ReplaceAll(strings.Join(en, " "), "l", "1"),
		"accents":         strings.ReplaceAll(strings.Join(en, " "), "e", "é"),
		"full width":      strings.Map(func(c rune) rune { return c + 0xfee0 }, strings.ReplaceAll(digits, " ", "")),
		"no spaces":       strings.ReplaceAll(digits, " ", ""),
		"odd groups":      strings.Join(strings.Split(strings.ReplaceAll(digits, " ", ""), ""), " - "),
		"letter O":        strings.ReplaceAll(digits, "0", "O"),
		"letter o":        strings.ReplaceAll(digits, "0", "o"),
		"letter l":        strings.ReplaceAll(digits, "1", "l"),
		"letter I":        strings.ReplaceAll(digits, "1", "I"),
		"Arabic-Indic":    arabicIndic,
		"Persian":         persian,
		"direction marks": "\u200f" + strings.Join(ar, " ") + "\u200e",
		"other alef":      marked,
		"vowel marks":     vowelled,
		"tatweel":         strings.ReplaceAll(strings.Join(ar, " "), "ا", "اـــ"),
	} {
		got, err := ParseReceipt(text)
		if err != nil || got != r {
			t.Errorf("%s: %q: %v", name, text, err)
		}
	}
}

// slip makes one slip of the hand in a word: a letter lost, doubled by another,
// replaced, or swapped with its neighbour.
func slip(word []rune, alphabet []rune, how, at, with int) []rune {
	at %= len(word)
	letter := alphabet[with%len(alphabet)]
	switch out := append([]rune(nil), word...); how {
	case 0:
		return append(out[:at], out[at+1:]...)
	case 1:
		return append(out[:at], append([]rune{letter}, out[at:]...)...)
	case 2:
		out[at] = letter
		return out
	default:
		if at+1 < len(out) {
			out[at], out[at+1] = out[at+1], out[at]
		}
		return out
	}
}

var alphabets = map[string][]rune{
	"en": []rune("abcdefghijklmnopqrstuvwxyz"),
	"nl": []rune("abcdefghijklmnopqrstuvwxyz"),
	"ar": []rune("ءابتثجحخدذرزسشصضطظعغفقكلمنهوي"),
}

func TestOneSlipInEachWordIsPutRightAndNeverWrong(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	for _, lang := range listed {
		alphabet := alphabets[lang]
		const rounds = 300
		right := 0
		for range rounds {
			var r Receipt
			for i := range r {
				r[i] = byte(random.Uint32())
			}
			words := r.Words(lang)
			for i, w := range words {
				words[i] = string(slip([]rune(w), alphabet, random.IntN(4), random.IntN(8), random.IntN(99)))
			}
			switch got, err := ParseReceipt(strings.Join(words, " ")); {
			case err == nil && got == r:
				right++
			case err == nil:
				t.Fatalf("%s: %v reads as another receipt", lang, words)
			}
		}
		t.Logf("%s: eight slips in eight words put right in %.1f %%", lang, 100*float64(right)/rounds)
		if right < rounds*90/100 {
			t.Errorf("%s: put right only %d of %d", lang, right, rounds)
		}
	}
}

func TestCheckDigitsCatchEverySingleErrorAndNeighbourSwap(t *testing.T) {
	random := rand.New(rand.NewPCG(3, 4))
	tried := 0
	for range 200 {
		var r Receipt
		for i := range r {
			r[i] = byte(random.Uint32())
		}
		digits := strings.ReplaceAll(r.Digits(), " ", "")
		for at := range digits {
			for d := byte('0'); d <= '9'; d++ {
				wrong := []byte(digits)
				if wrong[at] == d {
					continue
				}
				wrong[at] = d
				tried++
				if _, err := ParseReceipt(string(wrong)); err == nil {
					t.Fatalf("digit %d of %s may be %c", at, digits, d)
				}
			}
			if at+1 == len(digits) || digits[at] == digits[at+1] {
				continue
			}
			wrong := []byte(digits)
			wrong[at], wrong[at+1] = wrong[at+1], wrong[at]
			tried++
			if _, err := ParseReceipt(string(wrong)); err == nil {
				t.Fatalf("digits %d and %d of %s may be swapped", at, at+1, digits)
			}
		}
	}
	t.Logf("%d errors, all caught", tried)
}

func TestWhatIsNoReceiptIsRefused(t *testing.T) {
	r := Receipt{0xff, 1, 2, 3, 4, 5, 6, 7, 8, 9}
	en := r.Words("en")
	swapped := append([]string{en[1], en[0]}, en[2:]...)
	for name, text := range map[string]string{
		"nothing":        "",
		"spaces":         " \n",
		"seven words":    strings.Join(en[:7], " "),
		"nine words":     strings.Join(append(en, en[0]), " "),
		"swapped words":  strings.Join(swapped, " "),
		"two languages":  strings.Join(append(r.Words("ar")[:4], en[4:]...), " "),
		"27 digits":      strings.ReplaceAll(r.Digits(), " ", "")[1:],
		"too large":      "9999 9999 9999 9999 9999 9999 9000",
		"2^80":           "1208925819614629174706176" + "190",
		"other words":    "these are not the words of any receipt",
		"endless":        strings.Repeat(en[0]+" ", 10_000),
		"invalid UTF-8":  strings.Join(en[:7], " ") + " \xff\xfe",
		"two slips each": strings.Repeat("zzqzz ", 8),
	} {
		if _, err := ParseReceipt(text); fault.KindOf(err) != fault.BadInput || fault.KeyOf(err) != "fault.receipt_misread" {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestWordListsKeepTheirPromises(t *testing.T) {
	frozen := map[string]string{
		"en": "30f38acce5d956927ea7a33e4895b10932454dae2922caaf91705f71c79bf406",
		"nl": "5ce7e8df953658eb00013660445d405201c1d8202fcff9865e4e879012e16afd",
		"ar": "69349e85b7c518d6b3d27997174140948b3b47f80d4d0e77cbf316fbdfc8c5e0",
	}
	for _, lang := range listed {
		text, err := wordFiles.ReadFile("words/" + lang + ".txt")
		if err != nil {
			t.Fatal(err)
		}
		if sum := sha256.Sum256(text); hex.EncodeToString(sum[:]) != frozen[lang] {
			t.Errorf("%s has changed (%x): receipts in use can't be read any more", lang, sum)
		}
		list := listOf(lang)
		if len(list.words) != 1<<wordBits || len(list.place) != 1<<wordBits {
			t.Errorf("%s: %d words, %d when folded", lang, len(list.words), len(list.place))
		}
		for _, word := range list.words {
			folded := foldEntry(word)
			if n := len([]rune(word)); n < 3 || n > 8 {
				t.Errorf("%s: %q has %d letters", lang, word, n)
			}
			if strings.Trim(folded, string(alphabets[lang])) != "" {
				t.Errorf("%s: %q has other letters", lang, word)
			}
			if strings.Trim(folded, "oil") == "" {
				t.Errorf("%s: %q may be digits", lang, word)
			}
			if near := list.near(folded); len(near) > 0 {
				t.Errorf("%s: %q is one slip from %q", lang, word, list.words[near[0]])
			}
		}
	}
}

func TestNewReceiptTakesTenBytesOfItsRandomness(t *testing.T) {
	r, err := NewReceipt(strings.NewReader("0123456789rest"))
	if err != nil || string(r[:]) != "0123456789" {
		t.Errorf("% x, %v", r[:], err)
	}
	if _, err := NewReceipt(strings.NewReader("short")); err == nil {
		t.Error("a receipt of five bytes")
	}
}

func FuzzParseReceipt(f *testing.F) {
	r := Receipt{0xff, 1, 2, 3, 4, 5, 6, 7, 8, 9}
	f.Add(r.Digits())
	for _, lang := range listed {
		f.Add(strings.Join(r.Words(lang), " "))
	}
	f.Add("abut abut abut abut abut abut abut abut")
	f.Fuzz(func(t *testing.T, text string) {
		r, err := ParseReceipt(text)
		if err != nil {
			return
		}
		mustRead(t, r.Digits(), r)
	})
}
