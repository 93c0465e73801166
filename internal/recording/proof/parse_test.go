package proof

import (
	"bytes"
	"context"
	"fmt"
	"io/fs"
	"testing"
	"testing/fstest"

	"golang.org/x/mod/sumdb/tlog"

	"verhaal/internal/recording/chunk"
)

func sampleManifest() Manifest {
	part := Part{Codec: chunk.Opus, Records: 4, Bytes: 800, From: 10, To: 2010, WallFrom: 5, WallTo: 6}
	return Manifest{Kind: "talk", Level: "audio", Log: "verhaal.test/log", Gaps: []Gap{{Track: chunk.Main, From: 1, To: 2, Reason: "network"}},
		Tracks: []Track{{Track: chunk.Main, Parts: []Part{part}}}, Deviations: []Deviation{{Rule: "S-17", By: "p1", At: 7}}}
}

// FuzzManifest holds that a manifest has one spelling.
func FuzzManifest(f *testing.F) {
	text, err := sampleManifest().Canonical()
	if err != nil {
		f.Fatal(err)
	}
	f.Add(text)
	f.Add([]byte(`{"v":1}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		m, err := ParseManifest(text)
		if err != nil {
			return
		}
		if again, err := m.Canonical(); err != nil || !bytes.Equal(again, text) {
			t.Fatalf("%s becomes %s, %v", text, again, err)
		}
	})
}

// FuzzExcerpt holds that no list of records leads a check astray.
func FuzzExcerpt(f *testing.F) {
	m := sampleManifest()
	f.Add([]byte(`{"minutes":[0],"recording":"00000000000000000000000000000000","tracks":[{"parts":[{"part":0,"records":[[0,1],[3,3]]}],"path":[],"track":0}],"v":1}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		var e excerpt
		if parse(text, &e) != nil || e.check(m) != nil {
			return
		}
		c := &check{m: m, dir: noFiles{}, keys: &ring{}, Result: Result{Seal: &SealResult{}}}
		if err := c.excerpt(context.Background(), &e); err != nil {
			t.Fatal(err)
		}
		if c.close().Sound {
			t.Fatalf("an excerpt without files is sound: %s", text)
		}
	})
}

// FuzzLogProof holds that what is read of a proof is what was written.
func FuzzLogProof(f *testing.F) {
	f.Add(LogProof(6, tlog.RecordProof{{1}, {2}}, []byte("log\n7\nroot\n")))
	f.Add([]byte("c2sp.org/tlog-proof@v1\nextra AAAA\nindex 0\n\ncheckpoint"))
	f.Fuzz(func(t *testing.T, text []byte) {
		index, path, checkpoint, err := readLogProof(text)
		if err != nil {
			return
		}
		again := LogProof(index, path, checkpoint)
		i2, p2, c2, err := readLogProof(again)
		if err != nil || i2 != index || len(p2) != len(path) || !bytes.Equal(c2, checkpoint) {
			t.Fatalf("%q becomes %q, %v", text, again, err)
		}
	})
}

// FuzzHeads holds that a list of heads, whatever it says, is no evidence unless
// its acts are in the log.
func FuzzHeads(f *testing.F) {
	id := sampleManifest().Recording
	leaf := fmt.Appendf(nil, `{"facts":{"salt":"s","track_0_part_0":"1"},"hashes":{"recording":"%x","track_0_part_0":"%s"},"kind":"recording.heads"}`, Binding(id, "s"), chunk.Hash{})
	text, err := MarshalHeads([]LoggedAct{NewLoggedAct(2, leaf, tlog.RecordProof{{1}, {2}, {3}, {4}})})
	if err != nil {
		f.Fatal(err)
	}
	f.Add(text)
	f.Add([]byte(`{"acts":[],"v":1}`))
	f.Add([]byte(`{"acts":[{"index":-1,"leaf":"{}","path":[]}],"v":1}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		c := &check{m: sampleManifest(), dir: fstest.MapFS{headsFile: {Data: text}}, heads: map[chunk.Part][]Head{}}
		if err := c.loadHeads(6, tree{size: 11}); err != nil {
			t.Fatal(err)
		}
		if len(c.heads) > 0 || len(c.findings.faults)+len(c.findings.notes) == 0 {
			t.Fatalf("%s: %v", text, c.heads)
		}
	})
}

// FuzzScan holds that every byte of a file is accounted for, and that what a
// Reader takes is taken here too.
func FuzzScan(f *testing.F) {
	p := chunk.Part{Track: chunk.Main}
	first, err := chunk.Seal(chunk.Header{Part: p, Flags: chunk.First, Codec: chunk.Opus, Duration: 500, Prev: p.Start()}, chunk.Secret{}, []byte("one"))
	if err != nil {
		f.Fatal(err)
	}
	second, err := chunk.Seal(chunk.Header{Part: p, Codec: chunk.Opus, Seq: 1, Mono: 500, Prev: first.Hash()}, chunk.Secret{}, []byte("two"))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(append(bytes.Clone(first.Raw), second.Raw...))
	f.Add(append(append([]byte("junk"), first.Raw...), second.Raw[3:]...))
	f.Add(append(bytes.Clone(first.Raw[:100]), second.Raw...))
	f.Fuzz(func(t *testing.T, file []byte) {
		total, whole := 0, 0
		fl := newFollower(p, nil, nil)
		if err := scan(context.Background(), bytes.NewReader(file), func(i item) {
			fl.take(i)
			total += int(i.lost) + len(i.Raw)
			if i.whole {
				whole++
			}
		}); err != nil {
			t.Fatal(err)
		}
		fl.finish()
		read := 0
		for r := chunk.NewReader(bytes.NewReader(file)); ; read++ {
			if _, err := r.Next(); err != nil {
				break
			}
		}
		if total != len(file) || whole < read {
			t.Fatalf("%d bytes of %d, %d records; a reader finds %d", total, len(file), whole, read)
		}
	})
}

// noFiles is a folder without files.
type noFiles struct{}

func (noFiles) Open(string) (fs.File, error) { return nil, fs.ErrNotExist }

// FuzzFilm holds that no film leads a check astray.
func FuzzFilm(f *testing.F) {
	f.Add([]byte("\x1a\x45\xdf\xa3\x80\x18\x53\x80\x67\x01\xff\xff\xff\xff\xff\xff\xff\x16\x54\xae\x6b\x8c\xae\x8a\xd7\x81\x01\x86\x85V_VP8\x1f\x43\xb6\x75\x8d\xe7\x81\x00\xa3\x88\x81\x00\x00\x86\x01\x01ab"))
	f.Fuzz(func(t *testing.T, film []byte) {
		c := &check{dir: fstest.MapFS{"main.webm": {Data: film}}}
		held := &footage{codec: chunk.VP8, picture: []packet{{ms: 7}}}
		if err := c.film("main.webm", []*footage{held}); err != nil || len(c.Films) > 0 {
			t.Fatalf("%x: %v, %v", film, err, c.Films)
		}
	})
}
