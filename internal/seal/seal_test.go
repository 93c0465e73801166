package seal_test

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"strings"
	"testing"

	"filippo.io/age"
	"filippo.io/age/armor"
	"pgregory.net/rapid"

	"verhaal/internal/fault"
	"verhaal/internal/seal"
)

func newIdentity(t testing.TB) seal.Identity {
	t.Helper()
	id, err := seal.NewIdentity()
	if err != nil {
		t.Fatal(err)
	}
	return id
}

// mustSeal seals to the identities' recipients.
// misspelt changes the last letter, whichever it is, to another.
func misspelt(recipient string) string {
	last := len(recipient) - 1
	if recipient[last] == 'q' {
		return recipient[:last] + "p"
	}
	return recipient[:last] + "q"
}

func mustSeal(t testing.TB, plain []byte, ids ...seal.Identity) []byte {
	t.Helper()
	var recipients []string
	for _, id := range ids {
		recipients = append(recipients, id.Recipient())
	}
	file, err := seal.Seal(plain, recipients...)
	if err != nil {
		t.Fatal(err)
	}
	return file
}

// byAge encrypts with the age library alone, as a foreign client might.
func byAge(t testing.TB, plain []byte, recipients ...age.Recipient) []byte {
	t.Helper()
	var file bytes.Buffer
	w, err := age.Encrypt(&file, recipients...)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.Write(plain); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return file.Bytes()
}

// unlabelled hides a recipient's post-quantum label, as a client would that
// mixes recipients against age's rule.
type unlabelled struct{ age.Recipient }

func (u unlabelled) Wrap(fileKey []byte) ([]*age.Stanza, error) { return u.Recipient.Wrap(fileKey) }

func mixed(t testing.TB, plain []byte, id seal.Identity) []byte {
	t.Helper()
	hybrid, err := age.ParseHybridRecipient(id.Recipient())
	if err != nil {
		t.Fatal(err)
	}
	classic, err := age.GenerateX25519Identity()
	if err != nil {
		t.Fatal(err)
	}
	return byAge(t, plain, unlabelled{hybrid}, classic.Recipient())
}

func TestFileOpensForEachRecipientAndNobodyElse(t *testing.T) {
	a, b, stranger := newIdentity(t), newIdentity(t), newIdentity(t)
	rapid.Check(t, func(rt *rapid.T) {
		plain := rapid.SliceOfN(rapid.Byte(), 0, 200_000).Draw(rt, "plain")
		file := mustSeal(t, plain, a, b)
		if err := seal.CheckFile(file, 2); err != nil {
			rt.Fatalf("our own file is refused: %v", err)
		}
		for _, id := range []seal.Identity{a, b} {
			got, err := seal.Open(file, stranger, id)
			if err != nil || !bytes.Equal(got, plain) {
				rt.Fatalf("opened %d bytes, %v; want %d", len(got), err, len(plain))
			}
		}
		if _, err := seal.Open(file, stranger); fault.KindOf(err) != fault.Refused {
			rt.Fatalf("a stranger's key gave %v", err)
		}
	})
}

func TestOrdinaryAgeOpensOurFiles(t *testing.T) {
	id := newIdentity(t)
	ordinary, err := age.ParseHybridIdentity(id.Secret())
	if err != nil {
		t.Fatal(err)
	}
	r, err := age.Decrypt(bytes.NewReader(mustSeal(t, []byte("story"), id)), ordinary)
	if err != nil {
		t.Fatal(err)
	}
	if plain, err := io.ReadAll(r); err != nil || string(plain) != "story" {
		t.Errorf("%q, %v", plain, err)
	}
}

func TestClassicAndMixedRecipientsAreRefused(t *testing.T) {
	id := newIdentity(t)
	classic, err := age.GenerateX25519Identity()
	if err != nil {
		t.Fatal(err)
	}
	good := id.Recipient()
	for name, recipients := range map[string][]string{
		"none":          {},
		"classic":       {classic.Recipient().String()},
		"mixed":         {good, classic.Recipient().String()},
		"mixed, before": {classic.Recipient().String(), good},
		"tag":           {"age1tagpq1" + good[len("age1pq1"):]},
		"damaged":       {misspelt(good)},
		"upper case":    {strings.ToUpper(good)},
		"spaced":        {" " + good},
		"an identity":   {id.Secret()},
		"empty":         {""},
	} {
		if file, err := seal.Seal([]byte("story"), recipients...); fault.KindOf(err) != fault.BadInput || file != nil {
			t.Errorf("%s: sealed %d bytes, %v", name, len(file), err)
		}
		for _, r := range recipients {
			if r != good && seal.CheckRecipient(r) == nil {
				t.Errorf("%s: CheckRecipient takes it", name)
			}
		}
	}
	if err := seal.CheckRecipient(good); err != nil {
		t.Error(err)
	}
	if _, err := seal.ParseIdentity(classic.String()); err == nil {
		t.Error("a classic identity is taken")
	}
}

func TestTheDoorTakesOnlyHybridFiles(t *testing.T) {
	id := newIdentity(t)
	classic, err := age.GenerateX25519Identity()
	if err != nil {
		t.Fatal(err)
	}
	phrase, err := age.NewScryptRecipient("phrase")
	if err != nil {
		t.Fatal(err)
	}
	phrase.SetWorkFactor(10)
	good := mustSeal(t, []byte("story"), id)
	var armored bytes.Buffer
	w := armor.NewWriter(&armored)
	if _, err := w.Write(good); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	header, err := age.ExtractHeader(bytes.NewReader(good))
	if err != nil {
		t.Fatal(err)
	}
	for name, file := range map[string][]byte{
		"nothing":             nil,
		"text":                []byte("story"),
		"classic":             byAge(t, nil, classic.Recipient()),
		"phrase":              byAge(t, nil, phrase),
		"armored":             armored.Bytes(),
		"header alone":        header,
		"no payload":          good[:len(header)+16],
		"half a tag":          good[:len(header)+16+15],
		"no stanza":           []byte("age-encryption.org/v1\n--- " + strings.Repeat("A", 43) + "\n" + strings.Repeat("x", 32)),
		"lengthened a header": append([]byte("age-encryption.org/v1\n-> x\n\n"), good[len("age-encryption.org/v1\n"):]...),
	} {
		for stanzas := range 3 {
			if err := seal.CheckFile(file, stanzas); fault.KindOf(err) != fault.BadInput {
				if !(name == "no stanza" && stanzas == 0) {
					t.Errorf("%s with %d: %v", name, stanzas, err)
				}
			}
		}
	}
	if err := seal.CheckFile(mixed(t, []byte("story"), id), 2); fault.KindOf(err) != fault.BadInput {
		t.Errorf("mixed: %v", err)
	}
	if err := seal.CheckFile(good, 1); err != nil {
		t.Errorf("good: %v", err)
	}
	if seal.CheckFile(good, 2) == nil {
		t.Error("one recipient passes for two")
	}
}

func TestEveryPayloadLengthThatAgeMakesPassesTheDoor(t *testing.T) {
	id := newIdentity(t)
	for _, n := range []int{0, 1, 65535, 65536, 65537, 131072, 131073} {
		file := mustSeal(t, make([]byte, n), id)
		if err := seal.CheckFile(file, 1); err != nil {
			t.Errorf("%d bytes: %v", n, err)
		}
	}
	// A full chunk followed by an empty one is what no encrypter writes.
	file := mustSeal(t, make([]byte, 65536), id)
	if seal.CheckFile(append(file, make([]byte, 16)...), 1) == nil {
		t.Error("an empty last chunk passes")
	}
}

func TestAlteredFileNeverOpens(t *testing.T) {
	id := newIdentity(t)
	file := mustSeal(t, bytes.Repeat([]byte("story "), 20_000), id)
	rapid.Check(t, func(rt *rapid.T) {
		altered := bytes.Clone(file)
		switch rapid.IntRange(0, 2).Draw(rt, "how") {
		case 0:
			altered[rapid.IntRange(0, len(file)-1).Draw(rt, "at")] ^= byte(rapid.IntRange(1, 255).Draw(rt, "by"))
		case 1:
			altered = altered[:rapid.IntRange(0, len(file)-1).Draw(rt, "cut")]
		case 2:
			altered = append(altered, rapid.SliceOfN(rapid.Byte(), 1, 100).Draw(rt, "more")...)
		}
		if plain, err := seal.Open(altered, id); err == nil || plain != nil {
			rt.Fatalf("opened %d bytes, %v", len(plain), err)
		}
	})
}

func TestPaddedJSONReadsBackAndTellsLittle(t *testing.T) {
	type story struct {
		V     int    `json:"v"`
		Story string `json:"story"`
	}
	lengths := map[int]bool{}
	rapid.Check(t, func(rt *rapid.T) {
		in := story{1, strings.Repeat(rapid.StringN(1, 20, -1).Draw(rt, "text"), rapid.IntRange(0, 3000).Draw(rt, "times"))}
		plain, err := json.Marshal(in)
		if err != nil {
			rt.Fatal(err)
		}
		padded, err := seal.PadJSON(in)
		if err != nil {
			rt.Fatal(err)
		}
		var out story
		if err := json.Unmarshal(padded, &out); err != nil || out != in {
			rt.Fatalf("read back %v", err)
		}
		if len(padded) < 4096 || (len(padded) > 4096 && float64(len(padded)) > 1.12*float64(len(plain))) {
			rt.Fatalf("%d bytes padded to %d", len(plain), len(padded))
		}
		lengths[len(padded)] = true
	})
	short, err := seal.PadJSON(struct{}{})
	if err != nil || len(short) != 4096 {
		t.Errorf("an empty object is padded to %d, %v", len(short), err)
	}
}

// The Padmé lengths are those of the paper's own definition; 2^k stays.
func TestPaddedLengths(t *testing.T) {
	for n, want := range map[int]int{1: 4096, 4096: 4096, 4097: 4352, 5000: 5120, 9000: 9216, 65536: 65536, 65537: 67584, 1_000_000: 1_015_808} {
		text := strings.Repeat("a", n-min(n, 2))
		padded, err := seal.PadJSON(text)
		if err != nil || len(padded) != want {
			t.Errorf("%d bytes padded to %d, want %d", len(text)+2, len(padded), want)
		}
	}
}

func TestNothingSecretPrints(t *testing.T) {
	id := newIdentity(t)
	keys, err := seal.DeriveFromPRF(make([]byte, 32))
	if err != nil {
		t.Fatal(err)
	}
	receipt := seal.Receipt{1, 2, 3, 4, 5, 6, 7, 8, 9, 10}
	for name, v := range map[string]any{"identity": id, "keys": keys, "receipt": receipt, "secret": seal.Secret("Amina")} {
		var log bytes.Buffer
		slog.New(slog.NewTextHandler(&log, nil)).Info("x", "v", v)
		slog.New(slog.NewJSONHandler(&log, nil)).Info("x", "v", v)
		body, err := json.Marshal(map[string]any{"v": v, "list": []any{v}})
		if err != nil {
			t.Fatal(err)
		}
		all := log.String() + string(body)
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "%d", "%08b"} {
			one := fmt.Sprintf(verb, v)
			if one != "[sealed]" {
				t.Errorf("%s prints %s with %s", name, one, verb)
			}
			all += one + fmt.Sprintf(verb, []any{v})
		}
		for _, leak := range []string{"Amina", "AGE-SECRET", hex.EncodeToString([]byte("Amina")), "2 3 4", "020304", hex.EncodeToString(keys.Lookup[:])} {
			if strings.Contains(all, leak) {
				t.Errorf("%s leaks %q", name, leak)
			}
		}
	}
	var read struct{ Name seal.Secret }
	if err := json.Unmarshal([]byte(`{"Name":"Amina"}`), &read); err != nil || read.Name.Reveal() != "Amina" {
		t.Errorf("a secret doesn't come in: %v", err)
	}
}

func TestErrorsQuoteNoKey(t *testing.T) {
	id := newIdentity(t)
	damagedID := strings.ToUpper(misspelt(strings.ToLower(id.Secret())))
	damagedRecipient := id.Recipient()[:len(id.Recipient())-1]
	_, parse := seal.ParseIdentity(damagedID)
	_, receipt := seal.ParseReceipt("1234 5678 9012 3456 7890 1234 5678")
	for _, err := range []error{parse, receipt, seal.CheckRecipient(damagedRecipient)} {
		if err == nil {
			t.Fatal("damage passes")
		}
		for _, piece := range []string{damagedID[20:30], damagedRecipient[20:30], "1234"} {
			if strings.Contains(err.Error(), piece) {
				t.Errorf("%v quotes what it read", err)
			}
		}
	}
}

func TestIdentityComesBackFromItsTextAndItsSeed(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		seed := rapid.SliceOfN(rapid.Byte(), 32, 32).Draw(rt, "seed")
		id, err := seal.IdentityFromSeed(seed)
		if err != nil {
			rt.Fatal(err)
		}
		again, err := seal.ParseIdentity(" " + id.Secret() + "\n")
		if err != nil || again.Secret() != id.Secret() || again.Recipient() != id.Recipient() {
			rt.Fatalf("another identity came back: %v", err)
		}
		if err := seal.CheckRecipient(id.Recipient()); err != nil {
			rt.Fatal(err)
		}
	})
	for _, n := range []int{0, 31, 33} {
		if _, err := seal.IdentityFromSeed(make([]byte, n)); err == nil {
			t.Errorf("a seed of %d bytes passes", n)
		}
	}
	var none seal.Identity
	if none.Secret() != "" || none.Recipient() != "" {
		t.Error("the zero identity is somebody's")
	}
	if _, err := seal.Open(mustSeal(t, nil, newIdentity(t)), none); fault.KindOf(err) != fault.Refused {
		t.Errorf("the zero identity opens: %v", err)
	}
}

// Changing these breaks every receipt and passphrase in use.
func TestDerivedKeysOfVersion1AreFixed(t *testing.T) {
	keys, err := seal.Derive([]byte{1, 2, 3, 4, 5, 6, 7, 8, 9, 10}, []byte("0123456789abcdef"))
	if err != nil {
		t.Fatal(err)
	}
	got := strings.Join([]string{hex.EncodeToString(keys.Lookup[:]), hex.EncodeToString(keys.Proof[:]), keys.Identity.Secret()}, " ")
	if want := wantDerived; got != want {
		t.Errorf("derived\n%s, want\n%s", got, want)
	}
	for name, f := range map[string]func() (seal.Keys, error){
		"no secret":  func() (seal.Keys, error) { return seal.Derive(nil, make([]byte, 16)) },
		"short salt": func() (seal.Keys, error) { return seal.Derive([]byte("x"), make([]byte, 15)) },
		"short PRF":  func() (seal.Keys, error) { return seal.DeriveFromPRF(make([]byte, 31)) },
	} {
		if _, err := f(); fault.KindOf(err) != fault.BadInput {
			t.Errorf("%s: %v", name, err)
		}
	}
}

const wantDerived = "1d62627d22b33efec18fceb387bdc275 7a0964ce31c101099eaafd5c6a762379078eab5a31e225fb265a64e7a2023b65 AGE-SECRET-KEY-PQ-1ESXGNQGRPU0H9ZPK7XX4EVR3P5KNHCYH44LAHYMMX8LWYXQVU3NQYXNHE5"

func FuzzCheckFile(f *testing.F) {
	id, err := seal.NewIdentity()
	if err != nil {
		f.Fatal(err)
	}
	good := mustSeal(f, []byte("story"), id)
	f.Add(good, 1)
	f.Add(mustSeal(f, nil, id, id), 2)
	f.Add(mixed(f, nil, id), 2)
	f.Add([]byte("age-encryption.org/v1\n"), 0)
	f.Fuzz(func(t *testing.T, file []byte, stanzas int) {
		err := seal.CheckFile(file, stanzas)
		if err != nil && fault.KindOf(err) != fault.BadInput {
			t.Errorf("kind %v", fault.KindOf(err))
		}
		if err == nil && (stanzas < 0 || len(file) < 1600*stanzas) {
			t.Errorf("%d bytes pass for a file with %d recipients", len(file), stanzas)
		}
	})
}

func FuzzParseIdentity(f *testing.F) {
	f.Add("AGE-SECRET-KEY-PQ-1HZLGZUPT4ETPKDEV8HSGFDCYZ4E522W0A7PU2LHT8EH9W6YLNC3SW78XKG")
	f.Add("AGE-SECRET-KEY-1")
	f.Add("")
	f.Fuzz(func(t *testing.T, s string) {
		id, err := seal.ParseIdentity(s)
		if err != nil {
			return
		}
		if !strings.EqualFold(id.Secret(), strings.TrimSpace(s)) {
			t.Error("another identity was read")
		}
	})
}
