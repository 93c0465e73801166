package seal_test

import (
	"bytes"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"filippo.io/age"

	"verhaal/internal/fault"
	"verhaal/internal/seal"
)

func TestBrowserSealsAndGoOpens(t *testing.T) {
	b := openBrowser(t)
	if got := call[string](t, b, "subtle"); got != "undefined" {
		t.Fatal("the page has crypto.subtle; the test proves nothing about pages without")
	}
	desk, reporter := newIdentity(t), newIdentity(t)
	for _, n := range []int{0, 1, 4096, 65536, 200_000} {
		plain := make([]byte, n)
		if _, err := rand.Read(plain); err != nil {
			t.Fatal(err)
		}
		file := unb64(t, call[string](t, b, "seal", b64(plain), []string{desk.Recipient(), reporter.Recipient()}))
		if err := seal.CheckFile(file, 2); err != nil {
			t.Errorf("%d bytes: the door refuses it: %v", n, err)
		}
		for _, id := range []seal.Identity{desk, reporter} {
			if got, err := seal.Open(file, id); err != nil || !bytes.Equal(got, plain) {
				t.Errorf("%d bytes: %v", n, err)
			}
		}
		if goFile := mustSeal(t, plain, desk, reporter); len(goFile) != len(file) {
			t.Errorf("%d bytes: the browser's file has %d, Go's %d bytes: the size tells who sealed", n, len(file), len(goFile))
		}
	}
}

func TestGoSealsAndBrowserOpens(t *testing.T) {
	b := openBrowser(t)
	made := call[struct{ Identity, Recipient string }](t, b, "newIdentity")
	id, err := seal.ParseIdentity(made.Identity)
	if err != nil || id.Recipient() != made.Recipient {
		t.Fatalf("Go reads another identity: %v", err)
	}
	if got := call[string](t, b, "recipientOf", made.Identity); got != made.Recipient {
		t.Error("recipientOf gives another recipient")
	}
	if got := call[string](t, b, "fingerprint", made.Recipient); got != seal.Fingerprint(made.Recipient) {
		t.Errorf("fingerprint %s", got)
	}
	for _, n := range []int{0, 1, 65536, 200_000} {
		plain := bytes.Repeat([]byte{byte(n)}, n)
		got := unb64(t, call[string](t, b, "open", b64(mustSeal(t, plain, newIdentity(t), id)), made.Identity))
		if !bytes.Equal(got, plain) {
			t.Errorf("%d bytes came out as %d", n, len(got))
		}
	}
	if _, refusal := try[string](t, b, "open", b64(mustSeal(t, nil, newIdentity(t))), made.Identity); refusal == "" {
		t.Error("a stranger's key opens")
	}
}

func TestBrowserRefusesClassicAndMixedRecipients(t *testing.T) {
	b := openBrowser(t)
	good := newIdentity(t).Recipient()
	classic, err := age.GenerateX25519Identity()
	if err != nil {
		t.Fatal(err)
	}
	for name, recipients := range map[string][]string{
		"none":          {},
		"classic":       {classic.Recipient().String()},
		"mixed":         {good, classic.Recipient().String()},
		"mixed, before": {classic.Recipient().String(), good},
		"tag":           {"age1tagpq1" + good[len("age1pq1"):]},
		"damaged":       {misspelt(good)},
		"upper case":    {strings.ToUpper(good)},
	} {
		if _, refusal := try[string](t, b, "seal", b64([]byte("story")), recipients); refusal == "" {
			t.Errorf("%s: sealed", name)
		}
	}
	if _, refusal := try[string](t, b, "open", b64(byAge(t, nil, classic.Recipient())), classic.String()); refusal == "" {
		t.Error("a classic identity opens")
	}
}

func TestBothDeriveTheSameKeys(t *testing.T) {
	b := openBrowser(t)
	type keys struct{ Lookup, Proof, Identity, Recipient string }
	spelt := func(k seal.Keys, err error) keys {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return keys{b64(k.Lookup[:]), b64(k.Proof[:]), k.Identity.Secret(), k.Identity.Recipient()}
	}
	salt := []byte("0123456789abcdef")
	secrets := [][]byte{{1, 2, 3, 4, 5, 6, 7, 8, 9, 10}, []byte("een zin die niemand raadt"), []byte("جملة")}
	for _, secret := range secrets {
		if got, want := call[keys](t, b, "derive", b64(secret), b64(salt)), spelt(seal.Derive(secret, salt)); got != want {
			t.Errorf("derive %q: the browser has %v, Go %v", secret, got, want)
		}
	}
	prf := sha256.Sum256([]byte("passkey"))
	if got, want := call[keys](t, b, "deriveFromPRF", b64(prf[:])), spelt(seal.DeriveFromPRF(prf[:])); got != want {
		t.Errorf("PRF: the browser has %v, Go %v", got, want)
	}
	for name, args := range map[string][]any{
		"derive, short salt": {"derive", b64([]byte("x")), b64(salt[:15])},
		"derive, no secret":  {"derive", "", b64(salt)},
		"short PRF":          {"deriveFromPRF", b64(prf[:31])},
	} {
		if _, refusal := try[keys](t, b, args[0].(string), args[1:]...); refusal == "" {
			t.Errorf("%s: keys came out", name)
		}
	}
	for lack, times := range map[string]int{"noWasm": 1, "forbidWasm": 2} {
		b := openBrowser(t)
		call[any](t, b, lack)
		for range times { // a failed first try must not lock the second out
			if got, want := call[keys](t, b, "derive", b64(secrets[0]), b64(salt)), spelt(seal.Derive(secrets[0], salt)); got != want {
				t.Errorf("%s: the browser has %v, Go %v", lack, got, want)
			}
		}
	}
}

func TestBothSpellAndReadTheSameReceipts(t *testing.T) {
	b := openBrowser(t)
	if got := unb64(t, call[string](t, b, "newReceipt")); len(got) != 10 || slices.Equal(got, make([]byte, 10)) {
		t.Errorf("a new receipt of %d bytes", len(got))
	}
	receipts := []seal.Receipt{{}, {0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff}}
	for range 30 {
		r, err := seal.NewReceipt(rand.Reader)
		if err != nil {
			t.Fatal(err)
		}
		receipts = append(receipts, r)
	}
	var entries []string
	for _, r := range receipts {
		digits := r.Digits()
		if got := call[string](t, b, "digits", b64(r[:])); got != digits {
			t.Errorf("digits %s, Go %s", got, digits)
		}
		entries = append(entries, digits, strings.ReplaceAll(digits, "0", "O"), strings.Replace(digits, digits[:1], "7", 1))
		for _, lang := range []string{"en", "nl", "ar"} {
			words := r.Words(lang)
			if got := call[[]string](t, b, "words", b64(r[:]), lang); !slices.Equal(got, words) {
				t.Errorf("%s: %v, Go %v", lang, got, words)
			}
			entries = append(entries, strings.Join(words, " "), strings.ToUpper(strings.Join(words, "-")))
			// One slip in each word; and two words swapped.
			slipped := slices.Clone(words)
			for i, w := range slipped {
				letters := []rune(w)
				slipped[i] = string(slices.Delete(letters, i%len(letters), i%len(letters)+1))
			}
			swapped := slices.Clone(words)
			swapped[0], swapped[1] = swapped[1], swapped[0]
			entries = append(entries, strings.Join(slipped, " "), strings.Join(swapped, " "))
		}
	}
	entries = append(entries, "", "1", "été", strings.Repeat("ا", 600), "١٢٣٤ ٥٦٧٨ ٩٠١٢ ٣٤٥٦ ٧٨٩٠ ١٢٣٤ ٥٦٧٨", "9999 9999 9999 9999 9999 9999 9000")
	read := 0
	for _, text := range entries {
		want := ""
		if r, err := seal.ParseReceipt(text); err == nil {
			want = b64(r[:])
			read++
		}
		if got := call[string](t, b, "parse", text); got != want {
			t.Errorf("%q reads as %q, Go %q", text, got, want)
		}
	}
	if read < len(receipts)*10 {
		t.Errorf("only %d of %d entries were read at all", read, len(entries))
	}
	if got := call[[]string](t, b, "words", b64(receipts[0][:]), "fr"); len(got) != 0 {
		t.Errorf("a language without a list has words: %v", got)
	}
}

func TestPageWithoutItsWordListsStillShowsAndReadsDigits(t *testing.T) {
	b := openBrowser(t)
	call[any](t, b, "unlist")
	r := seal.Receipt{1, 2, 3}
	if got := call[[]string](t, b, "words", b64(r[:]), "en"); len(got) != 0 {
		t.Errorf("words without a list: %v", got)
	}
	if _, refusal := try[string](t, b, "parse", strings.Join(r.Words("en"), " ")); refusal == "" {
		t.Error("words are called misread although nobody could look them up")
	}
	if got := call[string](t, b, "parse", call[string](t, b, "digits", b64(r[:]))); got != b64(r[:]) {
		t.Errorf("digits read as %q", got)
	}
}

func TestBothPadAlike(t *testing.T) {
	b := openBrowser(t)
	for _, n := range []int{0, 1, 4000, 4060, 4080, 5000, 9000, 66_000, 300_000} {
		v := map[string]string{"story": strings.Repeat("é<&>", n/4)}
		want, err := seal.PadJSON(v)
		if err != nil {
			t.Fatal(err)
		}
		got := unb64(t, call[string](t, b, "padJSON", v))
		if len(got) != len(want) {
			t.Errorf("%d characters: %d bytes, Go %d", n, len(got), len(want))
		}
		var back map[string]string
		if err := json.Unmarshal(got, &back); err != nil || back["story"] != v["story"] {
			t.Errorf("%d characters don't come back: %v", n, err)
		}
	}
}

func TestPublicAgeVectorsInTheBrowser(t *testing.T) {
	b := openBrowser(t)
	for _, v := range trials(t) {
		plain, refusal := try[string](t, b, "open", b64(v.file), v.id.Secret())
		if v.want != fault.Internal {
			if refusal == "" {
				t.Errorf("%s opens, want %v", v.name, v.want)
			}
			continue
		}
		if sum := sha256.Sum256(unb64(t, plain)); refusal != "" || hex.EncodeToString(sum[:]) != v.plain {
			t.Errorf("%s: %s", v.name, refusal)
		}
	}
}
