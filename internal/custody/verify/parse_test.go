package verify

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/gowebpki/jcs"
	"pgregory.net/rapid"
)

// canonical writes v by a general implementation of RFC 8785.
func canonical(t interface{ Fatal(...any) }, v any) []byte {
	raw, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	out, err := jcs.Transform(raw)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func TestEveryCanonicalActIsALeaf(t *testing.T) {
	name := rapid.StringMatching(`[a-z][a-z0-9_]{0,8}`)
	hash := rapid.Map(rapid.SliceOfN(rapid.Byte(), 32, 32), hex.EncodeToString)
	text := rapid.StringN(1, 40, -1)
	rapid.Check(t, func(t *rapid.T) {
		act := map[string]any{"v": 1, "kind": text.Draw(t, "kind")}
		prev := int64(-1)
		maybe := func(what string, draw func()) {
			if rapid.Bool().Draw(t, what) {
				draw()
			}
		}
		maybe("actor", func() { act["actor"] = text.Draw(t, "a") })
		maybe("basis", func() { act["basis"] = text.Draw(t, "b") })
		maybe("facts", func() { act["facts"] = rapid.MapOfN(name, rapid.String(), 1, 5).Draw(t, "f") })
		maybe("hashes", func() { act["hashes"] = rapid.MapOfN(name, hash, 1, 3).Draw(t, "h") })
		maybe("prev", func() { prev = rapid.Int64Range(0, 1<<53).Draw(t, "p"); act["prev"] = prev })
		maybe("subject", func() { act["subject"] = hash.Draw(t, "s") })
		if rapid.Bool().Draw(t, "day only") {
			act["day"] = rapid.IntRange(20260101, 20991231).Draw(t, "day")
		} else {
			act["time"] = rapid.Int64Range(0, 1<<40).Draw(t, "time")
		}
		data := canonical(t, act)
		l, err := scanLeaf(data)
		if err != nil {
			t.Fatalf("%s: %v", data, err)
		}
		if l.prev != prev {
			t.Fatalf("%s: read prev %d", data, l.prev)
		}
	})
}

// FuzzLeaf holds that what the scanner takes is canonical by RFC 8785 and has
// no member that the format doesn't know.
func FuzzLeaf(f *testing.F) {
	f.Add(plainLeaf(0))
	f.Add(plainLeaf(5))
	f.Add([]byte(`{"day":20261123,"kind":"a.b","v":1}`))
	f.Add([]byte(`{"actor":"\u001f\n\"\\é","facts":{"a":"","b":"\t"},"kind":"a.b","time":0,"v":1}`))
	f.Add([]byte(`{"kind":"a.b","time":01,"v":1}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		if _, err := scanLeaf(data); err != nil {
			return
		}
		again, err := jcs.Transform(data)
		if err != nil {
			t.Fatalf("accepted, but it is no JSON: %v", err)
		}
		if !bytes.Equal(data, again) {
			t.Fatalf("accepted, but not canonical: %q, not %q", data, again)
		}
		strict := json.NewDecoder(bytes.NewReader(data))
		strict.DisallowUnknownFields()
		var known struct {
			Actor, Basis, Kind, Subject string
			Day, Prev, Time, V          int64
			Facts, Hashes               map[string]string
		}
		if err := strict.Decode(&known); err != nil {
			t.Fatal(err)
		}
	})
}

func FuzzBundle(f *testing.F) {
	leaf := plainLeaf(0)
	f.Add(append([]byte{0, byte(len(leaf))}, leaf...), 1)
	f.Add([]byte{0}, 1)
	f.Add([]byte{0, 0, 0, 0}, 2)
	f.Fuzz(func(t *testing.T, data []byte, width int) {
		if width < 1 || width > tileWidth {
			return
		}
		b := bundle{width: width}
		b.scan(data)
		if b.hashes != nil && len(b.hashes) != width {
			t.Fatalf("%d hashes of %d leaves", len(b.hashes), width)
		}
		if b.hashes == nil && len(b.faults) == 0 {
			t.Fatal("unreadable without a word")
		}
	})
}

func FuzzCheckpoint(f *testing.F) {
	s := newSynthetic(f)
	root := base64.StdEncoding.EncodeToString(make([]byte, 32))
	f.Add("log.example/verhaal\n12\n" + root + "\n")
	f.Add("log.example/verhaal\n12\n" + root + "\nextension\n")
	f.Add("log.example/other\n012\n" + root + "\n")
	f.Add("\n\n\n")
	f.Fuzz(func(t *testing.T, text string) {
		if !strings.HasSuffix(text, "\n") || strings.ToValidUTF8(text, "") != text {
			return
		}
		for _, r := range text {
			if r < 0x20 && r != '\n' {
				return // no note
			}
		}
		c, err := parseCheckpoint(s.sign(t, text), s.vkey)
		if err != nil {
			return
		}
		if want := fmt.Sprintf("%s\n%d\n%s\n", c.origin, c.Size, c.Root); !strings.HasPrefix(text, want) {
			t.Fatalf("%q was read as %q", text, want)
		}
		if _, err := parseCheckpoint([]byte(text), s.vkey); err == nil {
			t.Fatal("taken without a signature")
		}
	})
}

func FuzzProof(f *testing.F) {
	hash := strings.Repeat("0a", 32)
	f.Add("verhaal proof of report v1\nsealed " + hash + "\nday 20261123\nchannel police-avim\nlog log.example\nposition 7\nleaf " +
		base64.StdEncoding.EncodeToString(make([]byte, 32)) + "\n")
	f.Add("verhaal proof of report v1\nsealed \nday \nchannel \nlog \nposition \nleaf \n")
	f.Fuzz(func(t *testing.T, text string) {
		p, err := parseProof(text)
		if err != nil {
			return
		}
		again := fmt.Sprintf("verhaal proof of report v1\nsealed %x\nday %d\nchannel %s\nlog %s\nposition %d\nleaf %s\n",
			p.Sealed, p.Day, p.Channel, p.Log, p.Position, base64.StdEncoding.EncodeToString(p.Leaf[:]))
		if again != text {
			t.Fatalf("%q was read as %q", text, again)
		}
	})
}
