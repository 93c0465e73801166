package chunk_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"os"
	"testing"

	"golang.org/x/mod/sumdb/tlog"

	"verhaal/internal/recording/chunk"
)

// The test vectors are shared with ui/room and docs/reader. They are what Go
// makes of fixed input: -write replaces them after a change of the format, which
// needs a new version number.
var write = flag.Bool("write", false, "write the test vectors anew")

const vectorFile = "testdata/vectors.json"

type vectors struct {
	Parts   []vectorPart   `json:"parts"`
	Refused []vectorBroken `json:"refused"` // what a parser must refuse
	Broken  []vectorBroken `json:"broken"`  // what may not follow record 1 of the first part
}

type vectorPart struct {
	Recording chunk.ID       `json:"recording"`
	Track     chunk.Track    `json:"track"`
	Part      uint16         `json:"part"`
	Start     chunk.Hash     `json:"start"` // prev of the first record
	A         []byte         `json:"a"`
	B         []byte         `json:"b"`
	Minutes   []vectorMinute `json:"minutes"`
	Records   []vectorRecord `json:"records"`
	Root      []byte         `json:"root"` // RFC 6962 root of the records' hashes as leaves
}

type vectorMinute struct {
	Minute uint32 `json:"minute"`
	Bm     []byte `json:"b_m"`
	Km     []byte `json:"k_m"`
}

type vectorRecord struct {
	Seq      uint32      `json:"seq"`
	Flags    chunk.Flags `json:"flags"`
	Codec    chunk.Codec `json:"codec"`
	Minute   uint32      `json:"minute"`
	Mono     uint64      `json:"mono"`
	Wall     uint64      `json:"wall"`
	Duration uint32      `json:"duration"`
	Prev     chunk.Hash  `json:"prev"`
	Plain    []byte      `json:"plain"`
	Record   []byte      `json:"record"`
	Hash     chunk.Hash  `json:"hash"`
}

type vectorBroken struct {
	Why    string `json:"why"`
	Kind   string `json:"kind"` // incomplete, damaged, malformed; foreign, seq, prev, time
	Record []byte `json:"record"`
}

var kinds = map[string]error{
	"incomplete": chunk.ErrIncomplete, "damaged": chunk.ErrDamaged, "malformed": chunk.ErrMalformed,
	"foreign": chunk.ErrForeign, "seq": chunk.ErrSeq, "prev": chunk.ErrPrev, "time": chunk.ErrTime,
}

// filled makes a value that is easy to write down in another language.
func filled(from byte) (s chunk.Secret) {
	for i := range s {
		s[i] = from + byte(i)
	}
	return s
}

func makePart(t *testing.T, p chunk.Part, codec chunk.Codec, a, b chunk.Secret, mono uint64, plains ...string) vectorPart {
	out := vectorPart{Recording: p.Recording, Track: p.Track, Part: p.Number, Start: p.Start(), A: a[:], B: b[:]}
	chain := chunk.NewChain(p)
	var leaves []tlog.Hash
	for i, plain := range plains {
		h := chunk.Header{Part: p, Codec: codec, Seq: uint32(i), Mono: mono, Wall: 1_795_435_200_000 + mono, Duration: 500, Prev: chain.Head()}
		if i == 0 {
			h.Flags |= chunk.First | chunk.KeyFrame
		}
		if i == len(plains)-1 {
			h.Flags |= chunk.Last
		}
		if i == 2 {
			h.Flags |= chunk.Hidden
		}
		if over := h.End() - uint64(h.Minute()+1)*chunk.MinuteMS; int64(over) > 0 {
			h.Duration -= uint32(over)
		}
		bm := chunk.Release(b, p.Number, h.Minute())
		km := chunk.MinuteKey(a, bm, p, h.Minute())
		if n := len(out.Minutes); n == 0 || out.Minutes[n-1].Minute != h.Minute() {
			out.Minutes = append(out.Minutes, vectorMinute{h.Minute(), bm[:], km[:]})
		}
		r, err := chunk.Seal(h, km, []byte(plain))
		if err != nil {
			t.Fatal(err)
		}
		hash, err := chain.Add(r)
		if err != nil {
			t.Fatal(err)
		}
		out.Records = append(out.Records, vectorRecord{h.Seq, h.Flags, h.Codec, h.Minute(), h.Mono, h.Wall, h.Duration, h.Prev, []byte(plain), r.Raw, hash})
		leaves = append(leaves, tlog.RecordHash(hash[:]))
		mono = h.End()
	}
	root := treeHash(leaves)
	out.Root = root[:]
	return out
}

// treeHash is RFC 6962 section 2.1, as it stands there.
func treeHash(leaves []tlog.Hash) tlog.Hash {
	if len(leaves) == 1 {
		return leaves[0]
	}
	k := 1
	for k*2 < len(leaves) {
		k *= 2
	}
	return tlog.NodeHash(treeHash(leaves[:k]), treeHash(leaves[k:]))
}

func makeVectors(t *testing.T) vectors {
	secret := filled(0xa0)
	id := chunk.ID(secret[:16])
	first := chunk.Part{Recording: id, Track: chunk.Main, Number: 0}
	v := vectors{Parts: []vectorPart{
		makePart(t, first, chunk.VP8Opus, filled(1), filled(0x40), 59_000, "container head and first picture", "", "a new minute", "the end"),
		makePart(t, chunk.Part{Recording: id, Track: chunk.AudioSafe, Number: 513}, chunk.Opus, filled(0x80), filled(0xc0), 65_536*chunk.MinuteMS+1, "sound"),
	}}
	good := func() []byte { return bytes.Clone(v.Parts[0].Records[1].Record) }
	changed := func(at int, to byte) []byte { b := good(); b[at] = to; return b }
	refuse := func(why, kind string, record []byte) {
		v.Refused = append(v.Refused, vectorBroken{why, kind, record})
	}
	refuse("nothing", "incomplete", []byte{})
	refuse("half a header", "incomplete", good()[:45])
	refuse("one byte short", "incomplete", good()[:len(good())-1])
	refuse("a bit of the ciphertext flipped", "damaged", changed(95, good()[95]^0x10))
	refuse("a bit of the checksum flipped", "damaged", changed(len(good())-1, good()[len(good())-1]^1))
	refuse("a bit of prev flipped", "damaged", changed(60, good()[60]^1))
	refuse("another magic", "malformed", changed(0, 'v'))
	refuse("version 2", "malformed", changed(4, 2))
	refuse("an unknown flag", "malformed", changed(5, 16))
	refuse("the flag of a first record on record 1", "malformed", changed(5, 1))
	refuse("codec 0", "malformed", changed(6, 0))
	refuse("codec 5", "malformed", changed(6, 5))
	refuse("track 4", "malformed", changed(7, 4))
	refuse("a minute that is not the time's", "malformed", changed(33, 7))
	refuse("a record that crosses its minute", "malformed", changed(52, 2))
	refuse("ciphertext shorter than a tag", "malformed", changed(89, 15))
	refuse("ciphertext longer than 4 MiB", "malformed", changed(86, 1))
	refuse("a wall time that JSON can't hold", "malformed", changed(43, 0x20))

	r := v.Parts[0].Records
	next := chunk.Header{Part: first, Codec: chunk.VP8Opus, Seq: 2, Mono: 60_000, Wall: r[2].Wall, Duration: 500, Prev: r[1].Hash}
	follow := func(why, kind string, change func(*chunk.Header)) {
		h := next
		change(&h)
		v.Broken = append(v.Broken, vectorBroken{why, kind, sealed(t, h).Raw})
	}
	follow("of another recording", "foreign", func(h *chunk.Header) { h.Recording[0]++ })
	follow("of another track", "foreign", func(h *chunk.Header) { h.Track = chunk.Overview })
	follow("of another part", "foreign", func(h *chunk.Header) { h.Number = 1 })
	follow("of another codec", "foreign", func(h *chunk.Header) { h.Codec = chunk.VP9Opus })
	follow("one left out", "seq", func(h *chunk.Header) { h.Seq = 3 })
	follow("the same once more", "seq", func(h *chunk.Header) { h.Seq, h.Prev, h.Mono = 1, r[0].Hash, r[1].Mono })
	follow("after other bytes", "prev", func(h *chunk.Header) { h.Prev[31] ^= 1 })
	follow("before the end of the one before", "time", func(h *chunk.Header) { h.Mono, h.Duration = h.Mono-1, 1 })
	return v
}

func TestVectorsAreWhatTheFormatGives(t *testing.T) {
	made, err := json.MarshalIndent(makeVectors(t), "", " ")
	if err != nil {
		t.Fatal(err)
	}
	made = append(made, '\n')
	if *write {
		if err := os.WriteFile(vectorFile, made, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	stored, err := os.ReadFile(vectorFile)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(stored, made) {
		t.Fatal("the format gives other bytes than the published test vectors")
	}
}

func TestVectorsAreReadAsTheySay(t *testing.T) {
	stored, err := os.ReadFile(vectorFile)
	if err != nil {
		t.Fatal(err)
	}
	var v vectors
	if err := json.Unmarshal(stored, &v); err != nil {
		t.Fatal(err)
	}
	for _, p := range v.Parts {
		chain := chunk.NewChain(chunk.Part{Recording: p.Recording, Track: p.Track, Number: p.Part})
		keys := map[uint32]chunk.Secret{}
		for _, m := range p.Minutes {
			keys[m.Minute] = chunk.Secret(m.Km)
		}
		for _, want := range p.Records {
			r, rest, err := chunk.Parse(want.Record)
			if err != nil || len(rest) > 0 {
				t.Fatalf("record %d: %v, %d bytes more", want.Seq, err, len(rest))
			}
			hash, err := chain.Add(r)
			if err != nil || hash != want.Hash {
				t.Errorf("record %d: %v, hash %s", want.Seq, err, hash)
			}
			if text, err := r.Open(nil, keys[want.Minute]); err != nil || !bytes.Equal(text, want.Plain) {
				t.Errorf("record %d opens to %q, %v", want.Seq, text, err)
			}
		}
	}
	for _, b := range v.Refused {
		if _, _, err := chunk.Parse(b.Record); !errors.Is(err, kinds[b.Kind]) {
			t.Errorf("%s: %v, want %s", b.Why, err, b.Kind)
		}
	}
	before, _, err := chunk.Parse(v.Parts[0].Records[1].Record)
	if err != nil {
		t.Fatal(err)
	}
	for _, b := range v.Broken {
		r, _, err := chunk.Parse(b.Record)
		if err != nil {
			t.Errorf("%s: %v", b.Why, err)
			continue
		}
		if _, err := chunk.ResumeChain(before).Add(r); !errors.Is(err, kinds[b.Kind]) {
			t.Errorf("%s: %v, want %s", b.Why, err, b.Kind)
		}
	}
}
