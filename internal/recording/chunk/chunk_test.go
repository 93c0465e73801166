package chunk_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"testing"

	"pgregory.net/rapid"

	"verhaal/internal/recording/chunk"
)

var recording = chunk.ID{0xde, 0xad, 15: 0x01}

// partOf seals a part of some records, and gives them with their keys' shares.
func partOf(t *rapid.T) (p chunk.Part, a, b chunk.Secret, plain [][]byte, records []chunk.Record) {
	p = chunk.Part{Recording: recording, Track: chunk.Track(rapid.IntRange(0, 3).Draw(t, "track")), Number: rapid.Uint16().Draw(t, "part")}
	a, b = chunk.Secret(rapid.SliceOfN(rapid.Byte(), 32, 32).Draw(t, "a")), chunk.Secret(rapid.SliceOfN(rapid.Byte(), 32, 32).Draw(t, "b"))
	codec := chunk.Codec(rapid.IntRange(1, 4).Draw(t, "codec"))
	chain := chunk.NewChain(p)
	mono := rapid.Uint64Range(0, 1<<40).Draw(t, "mono")
	for i := range rapid.IntRange(1, 5).Draw(t, "records") {
		mono += rapid.Uint64Range(0, 100_000).Draw(t, "hole")
		h := chunk.Header{Part: p, Codec: codec, Seq: uint32(i), Mono: mono, Wall: rapid.Uint64Range(0, 1<<53-1).Draw(t, "wall"), Prev: chain.Head()}
		h.Duration = uint32(rapid.Uint64Range(0, chunk.MinuteMS-mono%chunk.MinuteMS).Draw(t, "duration"))
		h.Flags = chunk.Flags(rapid.SampledFrom([]int{0, 2, 8, 10}).Draw(t, "flags"))
		if i == 0 {
			h.Flags |= chunk.First
		}
		text := rapid.SliceOfN(rapid.Byte(), 0, 300).Draw(t, "plain")
		r, err := chunk.Seal(h, chunk.MinuteKey(a, chunk.Release(b, p.Number, h.Minute()), p, h.Minute()), text)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := chain.Add(r); err != nil {
			t.Fatal(err)
		}
		mono = h.End()
		plain, records = append(plain, text), append(records, r)
	}
	return p, a, b, plain, records
}

func TestWhatIsSealedIsReadAndOpenedAgain(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p, a, b, plain, records := partOf(t)
		var file []byte
		for _, r := range records {
			file = append(file, r.Raw...)
		}
		reader, chain := chunk.NewReader(bytes.NewReader(file)), chunk.NewChain(p)
		for i, want := range records {
			r, err := reader.Next()
			if err != nil || r.Header != want.Header || !bytes.Equal(r.Raw, want.Raw) {
				t.Fatalf("record %d: %+v, %v; want %+v", i, r.Header, err, want.Header)
			}
			if again, err := chunk.ParseHeader(r.Append(nil)); err != nil || again != r.Header {
				t.Fatalf("header %d: %+v, %v", i, again, err)
			}
			if _, err := chain.Add(r); err != nil {
				t.Fatal(err)
			}
			text, err := r.Open(nil, chunk.MinuteKey(a, chunk.Release(b, p.Number, r.Minute()), p, r.Minute()))
			if err != nil || !bytes.Equal(text, plain[i]) {
				t.Fatalf("record %d opens to %x, %v", i, text, err)
			}
		}
		if _, err := reader.Next(); err != io.EOF || reader.Tail() || reader.Offset() != int64(len(file)) {
			t.Fatalf("end: %v, tail %v, offset %d of %d", err, reader.Tail(), reader.Offset(), len(file))
		}
		resumed := chunk.ResumeChain(records[len(records)-1])
		if *resumed != *chain {
			t.Fatalf("resumed chain %+v, want %+v", resumed, chain)
		}
	})
}

func TestAnyFlippedBitIsFound(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p, _, _, _, records := partOf(t)
		var file []byte
		for _, r := range records {
			file = append(file, r.Raw...)
		}
		at, bit := rapid.IntRange(0, len(file)-1).Draw(t, "byte"), rapid.IntRange(0, 7).Draw(t, "bit")
		file[at] ^= 1 << bit
		reader, read := chunk.NewReader(bytes.NewReader(file)), 0
		for {
			_, err := reader.Next()
			if err == io.EOF && !reader.Tail() {
				t.Fatalf("byte %d bit %d: nobody noticed", at, bit)
			}
			if err != nil {
				break
			}
			read++
		}
		whole := 0
		for _, r := range records[:read] {
			whole += len(r.Raw)
		}
		if at < whole {
			t.Fatalf("byte %d was changed in what was given as whole (%d records, %d bytes) of %s", at, read, whole, p.File())
		}
	})
}

func TestAChangedRecordWithAMendedChecksumBreaksTheChainAndDoesNotOpen(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p, a, b, _, records := partOf(t)
		r := records[0]
		at := rapid.IntRange(chunk.HeaderSize, len(r.Raw)-chunk.CRCSize-1).Draw(t, "byte")
		sealed := bytes.Clone(r.Raw)
		sealed[at] ^= 1 << rapid.IntRange(0, 7).Draw(t, "bit")
		forged := mended(t, sealed)
		if _, err := forged.Open(nil, chunk.MinuteKey(a, chunk.Release(b, p.Number, r.Minute()), p, r.Minute())); !errors.Is(err, chunk.ErrKey) {
			t.Fatalf("it opens: %v", err)
		}
		chain := chunk.NewChain(p)
		if _, err := chain.Add(forged); err != nil {
			t.Fatal(err)
		}
		if len(records) > 1 {
			if _, err := chain.Add(records[1]); !errors.Is(err, chunk.ErrPrev) {
				t.Fatalf("the next record follows it: %v", err)
			}
		}
	})
}

func TestAKeyOpensItsMinuteAndPartOnly(t *testing.T) {
	a, b := chunk.NewSecret(), chunk.NewSecret()
	p := chunk.Part{Recording: recording, Track: chunk.Main, Number: 3}
	r, err := chunk.Seal(chunk.Header{Part: p, Flags: chunk.First, Codec: chunk.VP8Opus, Mono: 70_000, Prev: p.Start()},
		chunk.MinuteKey(a, chunk.Release(b, 3, 1), p, 1), []byte("sound"))
	if err != nil {
		t.Fatal(err)
	}
	other := p
	other.Track = chunk.AudioSafe
	for name, key := range map[string]chunk.Secret{
		"another minute's release": chunk.MinuteKey(a, chunk.Release(b, 3, 2), p, 1),
		"another minute":           chunk.MinuteKey(a, chunk.Release(b, 3, 1), p, 2),
		"another part's release":   chunk.MinuteKey(a, chunk.Release(b, 4, 1), p, 1),
		"another track":            chunk.MinuteKey(a, chunk.Release(b, 3, 1), other, 1),
		"share A alone":            chunk.MinuteKey(a, chunk.Secret{}, p, 1),
		"share B alone":            chunk.MinuteKey(chunk.Secret{}, chunk.Release(b, 3, 1), p, 1),
	} {
		if text, err := r.Open(nil, key); !errors.Is(err, chunk.ErrKey) || len(text) != 0 {
			t.Errorf("%s opens it: %q, %v", name, text, err)
		}
	}
}

func TestAnIncompleteTailEndsTheReadingCleanly(t *testing.T) {
	first, second := twoRecords(t)
	for cut := range len(second.Raw) {
		file := append(bytes.Clone(first.Raw), second.Raw[:cut]...)
		r := chunk.NewReader(bytes.NewReader(file))
		if _, err := r.Next(); err != nil {
			t.Fatal(err)
		}
		_, err := r.Next()
		if err != io.EOF || r.Tail() != (cut > 0) || r.Offset() != int64(len(first.Raw)) {
			t.Fatalf("cut at %d: %v, tail %v, offset %d", cut, err, r.Tail(), r.Offset())
		}
	}
}

func TestAChainTakesEachRecordOnceInItsPlace(t *testing.T) {
	first, second := twoRecords(t)
	elsewhere := first.Part
	elsewhere.Number++
	chain := chunk.NewChain(first.Part)
	refuse := func(r chunk.Record, want error) {
		t.Helper()
		before := *chain
		if _, err := chain.Add(r); !errors.Is(err, want) || *chain != before {
			t.Errorf("record %d: %v, want %v", r.Seq, err, want)
		}
	}
	take := func(r chunk.Record) {
		t.Helper()
		if _, err := chain.Add(r); err != nil {
			t.Fatal(err)
		}
	}
	refuse(second, chunk.ErrSeq)
	refuse(sealed(t, chunk.Header{Part: elsewhere, Flags: chunk.First, Codec: chunk.Opus, Prev: first.Part.Start()}), chunk.ErrForeign)
	refuse(sealed(t, chunk.Header{Part: first.Part, Flags: chunk.First, Codec: chunk.Opus, Prev: elsewhere.Start()}), chunk.ErrPrev)
	take(first)
	refuse(first, chunk.ErrSeq)
	refuse(sealed(t, chunk.Header{Part: first.Part, Codec: chunk.VP8, Seq: 1, Mono: 500, Prev: first.Hash()}), chunk.ErrForeign)
	refuse(sealed(t, chunk.Header{Part: first.Part, Codec: chunk.Opus, Seq: 1, Mono: 499, Prev: first.Hash()}), chunk.ErrTime)
	take(second)
	take(sealed(t, chunk.Header{Part: first.Part, Flags: chunk.Last, Codec: chunk.Opus, Seq: 2, Mono: 1000, Prev: second.Hash()}))
	refuse(sealed(t, chunk.Header{Part: first.Part, Codec: chunk.Opus, Seq: 3, Mono: 1000, Prev: chain.Head()}), chunk.ErrEnded)
}

func TestARecordThatMayNotBeIsNotSealed(t *testing.T) {
	p := chunk.Part{Recording: recording}
	good := chunk.Header{Part: p, Flags: chunk.First, Codec: chunk.Opus, Mono: 59_500, Duration: 500}
	sealed(t, good)
	for name, change := range map[string]func(*chunk.Header){
		"crosses its minute":         func(h *chunk.Header) { h.Duration++ },
		"unknown flag":               func(h *chunk.Header) { h.Flags |= 16 },
		"no codec":                   func(h *chunk.Header) { h.Codec = 0 },
		"unknown codec":              func(h *chunk.Header) { h.Codec = 5 },
		"unknown track":              func(h *chunk.Header) { h.Track = 4 },
		"first without its flag":     func(h *chunk.Header) { h.Flags = 0 },
		"flag without being first":   func(h *chunk.Header) { h.Seq = 1 },
		"minute beyond 32 bits":      func(h *chunk.Header) { h.Mono = chunk.MinuteMS << 32; h.Duration = 0 },
		"wall time not exact in JS":  func(h *chunk.Header) { h.Wall = 1 << 53 },
		"time that would wrap round": func(h *chunk.Header) { h.Mono = 1<<64 - 1; h.Duration = 2 },
	} {
		h := good
		change(&h)
		if _, err := chunk.Seal(h, chunk.Secret{}, nil); !errors.Is(err, chunk.ErrMalformed) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := chunk.Seal(good, chunk.Secret{}, make([]byte, chunk.MaxSealed-chunk.TagSize+1)); !errors.Is(err, chunk.ErrMalformed) {
		t.Errorf("too long: %v", err)
	}
}

func TestSecretsDoNotPrintThemselves(t *testing.T) {
	s := chunk.Secret{'l', 'e', 'a', 'k'}
	text, err := json.Marshal(struct{ S chunk.Secret }{s})
	if err != nil {
		t.Fatal(err)
	}
	for _, out := range []string{fmt.Sprint(s), fmt.Sprintf("%x %+v %#v %s", s, s, s, &s), string(text)} {
		if bytes.Contains([]byte(out), []byte("leak")) || bytes.Contains([]byte(out), []byte("6c65616b")) || bytes.Contains([]byte(out), []byte("108")) {
			t.Errorf("it prints %s", out)
		}
	}
}

// FuzzParse holds that no bytes make the parser fail badly, and that what it
// accepts has one spelling.
func FuzzParse(f *testing.F) {
	first, second := twoRecords(f)
	f.Add(first.Raw)
	f.Add(append(bytes.Clone(first.Raw), second.Raw...))
	f.Add(first.Raw[:50])
	f.Fuzz(func(t *testing.T, b []byte) {
		// Most bytes fail at the checksum; mend it, so that the rest is tried too.
		if h, err := chunk.ParseHeader(b); err == nil && len(b) >= h.Size() {
			b = bytes.Clone(b)
			if r := mended(t, b[:h.Size()]); !bytes.Equal(r.Append(nil), b[:chunk.HeaderSize]) || r.Header != h {
				t.Fatalf("%x is read as %+v", b[:chunk.HeaderSize], r.Header)
			}
		}
		r := chunk.NewReader(bytes.NewReader(b))
		rest := b
		for {
			want, after, err := chunk.Parse(rest)
			got, readErr := r.Next()
			if err != nil {
				if readErr == nil || r.Tail() != (errors.Is(err, chunk.ErrIncomplete) && len(rest) > 0) {
					t.Fatalf("parse: %v; reader: %v, tail %v", err, readErr, r.Tail())
				}
				return
			}
			if readErr != nil || got.Header != want.Header || !bytes.Equal(got.Raw, want.Raw) {
				t.Fatalf("reader: %v, %+v; parse: %+v", readErr, got.Header, want.Header)
			}
			rest = after
		}
	})
}
