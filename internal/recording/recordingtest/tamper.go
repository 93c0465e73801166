package recordingtest

import (
	"bytes"
	"encoding/binary"
	"hash/crc32"
	"os"
	"testing"

	"verhaal/internal/recording/chunk"
	"verhaal/internal/recording/proof"
)

// ThreeMinutes is a part that films from 0:50 to 3:00: 260 records, of which
// those of minute 1 are 20 to 139.
func ThreeMinutes() Part {
	return Part{Track: chunk.Main, From: 50_000, Seconds: 130, Camera: Camera{Codec: chunk.VP8Opus, Bitrate: 20_000}}
}

// Tampering is one thing done to a sealed recording, and what must be said of it.
type Tampering struct {
	Name    string
	Do      func(records [][]byte) [][]byte
	Kind    string
	Records proof.Span
	Minutes proof.Span
}

// Mend makes a record's checksum right again.
func Mend(raw []byte) []byte {
	end := len(raw) - chunk.CRCSize
	binary.BigEndian.PutUint32(raw[end:], crc32.Checksum(raw[:end], crc32.MakeTable(crc32.Castagnoli)))
	return raw
}

// Tamperings are what can be done to the one part of ThreeMinutes.
func Tamperings() []Tampering {
	flip := func(record, at int, mended bool) func([][]byte) [][]byte {
		return func(all [][]byte) [][]byte {
			all[record][(at+len(all[record]))%len(all[record])] ^= 4
			if mended {
				Mend(all[record])
			}
			return all
		}
	}
	one := func(n int64) proof.Span { return proof.Span{From: n, To: n} }
	minute := one
	return []Tampering{
		{"a bit of the first record", flip(0, 95, false), proof.Changed, one(0), minute(0)},
		{"a bit of the ciphertext", flip(100, 300, false), proof.Changed, one(100), minute(1)},
		{"a bit of the last record's checksum", flip(259, -1, false), proof.Changed, one(259), minute(2)},
		{"a bit, with the checksum mended", flip(100, 300, true), proof.Changed, one(100), minute(1)},
		{"a bit of the last record, mended", flip(259, 300, true), proof.Changed, one(259), minute(2)},
		{"a bit of prev, mended", flip(100, 60, true), proof.Changed, one(100), minute(1)},
		{"a bit of the magic", flip(139, 1, false), proof.Changed, one(139), minute(1)},
		{"a bit of the magic of the last record", flip(259, 1, false), proof.Cut, one(259), minute(2)},
		{"a bit of the minute", flip(140, 33, false), proof.Changed, one(140), minute(2)},
		{"a bit of seq", flip(100, 29, false), proof.Changed, one(100), minute(1)},
		{"a bit of the length, shorter", flip(100, 88, false), proof.Changed, one(100), minute(1)},
		{"a length beyond the end of the file", func(all [][]byte) [][]byte {
			all[100][87] ^= 0x3f
			return all
		}, proof.Changed, one(100), minute(1)},
		{"the tail dropped", func(all [][]byte) [][]byte { return all[:141] },
			proof.Cut, proof.Span{From: 141, To: 259}, minute(2)},
		{"more than a minute of the tail dropped", func(all [][]byte) [][]byte { return all[:130] },
			proof.Cut, proof.Span{From: 130, To: 259}, proof.Span{From: 1, To: 2}},
		{"the end torn off in a record", func(all [][]byte) [][]byte {
			all[250] = all[250][:200]
			return all[:251]
		}, proof.Cut, proof.Span{From: 250, To: 259}, minute(2)},
		{"one dropped in the middle", func(all [][]byte) [][]byte {
			return append(all[:100:100], all[101:]...)
		}, proof.Missing, one(100), minute(1)},
		{"many dropped in the middle", func(all [][]byte) [][]byte {
			return append(all[:100:100], all[200:]...)
		}, proof.Missing, proof.Span{From: 100, To: 199}, proof.Span{From: 1, To: 2}},
		{"the beginning dropped", func(all [][]byte) [][]byte { return all[10:] },
			proof.Missing, proof.Span{From: 0, To: 9}, minute(0)},
		{"everything dropped", func(all [][]byte) [][]byte { return nil },
			proof.Cut, proof.Span{From: 0, To: 259}, proof.Span{From: 0, To: 2}},
		{"two swapped", func(all [][]byte) [][]byte {
			all[100], all[101] = all[101], all[100]
			return all
		}, proof.Moved, one(100), minute(1)},
		{"one moved far", func(all [][]byte) [][]byte {
			moved := all[30]
			out := append(append([][]byte{}, all[:30]...), all[31:200]...)
			return append(append(out, moved), all[200:]...)
		}, proof.Moved, one(30), minute(1)},
		{"one replayed", func(all [][]byte) [][]byte {
			out := append(append([][]byte{}, all[:200]...), all[50])
			return append(out, all[200:]...)
		}, proof.Replayed, one(50), minute(1)},
		{"junk in the middle", func(all [][]byte) [][]byte {
			all[100] = append(bytes.Repeat([]byte("junk"), 300), all[100]...)
			return all
		}, proof.Added, one(100), minute(1)},
		{"a record's bytes overwritten with zeros", func(all [][]byte) [][]byte {
			clear(all[100])
			return all
		}, proof.Changed, one(100), minute(1)},
	}
}

// Rewrite writes what do makes of the records of a file.
func Rewrite(t testing.TB, file string, whole []byte, do func([][]byte) [][]byte) {
	t.Helper()
	var all [][]byte
	for rest := bytes.Clone(whole); len(rest) > 0; {
		rec, after, err := chunk.Parse(rest)
		if err != nil {
			t.Fatal(err)
		}
		all, rest = append(all, rec.Raw), after
	}
	if err := os.WriteFile(file, bytes.Join(do(all), nil), 0o600); err != nil {
		t.Fatal(err)
	}
}
