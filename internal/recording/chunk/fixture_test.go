package chunk_test

import (
	"encoding/binary"
	"hash/crc32"
	"testing"

	"verhaal/internal/recording/chunk"
)

type failer interface {
	Helper()
	Fatal(...any)
}

// sealed makes a record under a key of zeros.
func sealed(t failer, h chunk.Header) chunk.Record {
	t.Helper()
	r, err := chunk.Seal(h, chunk.Secret{}, []byte("half a second"))
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func twoRecords(t testing.TB) (first, second chunk.Record) {
	p := chunk.Part{Recording: recording, Track: chunk.AudioSafe, Number: 2}
	first = sealed(t, chunk.Header{Part: p, Flags: chunk.First, Codec: chunk.Opus, Duration: 500, Prev: p.Start()})
	second = sealed(t, chunk.Header{Part: p, Codec: chunk.Opus, Seq: 1, Mono: 500, Duration: 500, Prev: first.Hash()})
	return first, second
}

// mended puts the right checksum under changed bytes of a record, as a forger
// would.
func mended(t failer, raw []byte) chunk.Record {
	t.Helper()
	end := len(raw) - chunk.CRCSize
	binary.BigEndian.PutUint32(raw[end:], crc32.Checksum(raw[:end], crc32.MakeTable(crc32.Castagnoli)))
	r, rest, err := chunk.Parse(raw)
	if err != nil || len(rest) > 0 {
		t.Fatal(err)
	}
	return r
}
