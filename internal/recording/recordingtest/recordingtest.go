// Package recordingtest makes whole recordings for tests: sealed, signed, in a
// log, as an export folder, with all that opens them.
package recordingtest

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"

	"verhaal/internal/custody"
	"verhaal/internal/recording/chunk"
	"verhaal/internal/recording/proof"
	"verhaal/internal/seal"
)

// Part is a part to make. Either Slices, or a Camera that films for Seconds.
type Part struct {
	Track   chunk.Track
	Number  uint16
	From    uint64 // ms of the recording
	Seconds uint64
	Camera  Camera
	Slices  []Slice
	// Wall is added to the recorder's clock from the ms of the recording on.
	Wall func(mono uint64) int64
}

// Recording is a recording that was made.
type Recording struct {
	Dir      string // the export, without keys
	ID       chunk.ID
	LogKey   string // verifies its log
	Case     seal.Identity
	Manifest proof.Manifest
	Records  map[chunk.Part][]chunk.Record

	shares map[chunk.Part][2]chunk.Secret
	key    custody.Key
	heads  [][]byte // acts of the log from while it was recorded
}

// Before is how many acts the log has before the seal, of which those with the
// heads of the first minutes come first.
const Before = 6

// Started is when every recording here began, in Unix ms.
const Started = 1_795_435_200_000

// Make makes a recording of parts, by track and number ascending.
func Make(t testing.TB, parts ...Part) *Recording {
	t.Helper()
	r := &Recording{Dir: t.TempDir(), Records: map[chunk.Part][]chunk.Record{}, shares: map[chunk.Part][2]chunk.Secret{}}
	secret := chunk.NewSecret()
	copy(r.ID[:], secret[:])
	var err error
	if r.Case, err = seal.NewIdentity(); err != nil {
		t.Fatal(err)
	}
	if r.key, err = custody.NewKey("verhaal.test/log"); err != nil {
		t.Fatal(err)
	}
	r.LogKey = r.key.Verifier()
	tracks := map[chunk.Track][]proof.SealedPart{}
	var order []chunk.Track
	for _, p := range parts {
		if _, ok := tracks[p.Track]; !ok {
			order = append(order, p.Track)
		}
		tracks[p.Track] = append(tracks[p.Track], r.part(t, p))
	}
	m := proof.Manifest{
		Recording: r.ID, Kind: "interview", Level: "video", Started: Started, Ended: Started + 7_200_000, RoomEmpty: true,
		Pack:  proof.Pack{Name: "nl", Version: "2026.1", Hash: "0f3a", Decision: chunk.Hash{1}},
		Roles: []proof.Role{{Role: "interviewer", Person: "st-7k2"}}, Software: "test", Log: r.key.Origin(),
	}
	for _, track := range order {
		m.Tracks = append(m.Tracks, proof.SealTrack(track, tracks[track]))
	}
	r.takeHeads(t)
	r.Seal(t, m, []proof.Mark{{Kind: "entry", Mono: 1000}, {Kind: "end", Mono: 5000}})
	return r
}

// takeHeads makes the acts that take the heads down as minutes begin: of each
// part the last record before the minute, or its first.
func (r *Recording) takeHeads(t testing.TB) {
	t.Helper()
	for minute := uint32(0); len(r.heads) < Before; minute++ {
		facts, hashes := map[string]string{"salt": fmt.Sprint("salt ", minute)}, map[string]string{}
		hashes["recording"] = hex.EncodeToString(proof.Binding(r.ID, facts["salt"]))
		runs := false
		for p, records := range r.Records {
			if records[0].Minute() > minute {
				continue
			}
			runs = runs || records[len(records)-1].Minute() >= minute
			last := 0
			for i, rec := range records {
				if rec.Minute() < minute {
					last = i
				}
			}
			facts[proof.HeadName(p)], hashes[proof.HeadName(p)] = fmt.Sprint(last), records[last].Hash().String()
		}
		if !runs && len(hashes) > 1 {
			return
		}
		if len(hashes) == 1 {
			continue
		}
		leaf, err := json.Marshal(map[string]any{"kind": proof.HeadsAct, "facts": facts, "hashes": hashes, "v": 1})
		if err != nil {
			t.Fatal(err)
		}
		r.heads = append(r.heads, leaf)
	}
}

// Forge changes a record and seals anew, as somebody does who holds every key,
// also the log's, but can't undo what the log took down before.
func (r *Recording) Forge(t testing.TB, p chunk.Part, seq int) {
	t.Helper()
	tally, chain := proof.NewTally(p), chunk.NewChain(p)
	var file []byte
	for i, rec := range r.Records[p] {
		key := r.Key(p, rec.Minute()).Key
		plain, err := rec.Open(nil, key)
		if err != nil {
			t.Fatal(err)
		}
		if i == seq {
			plain[len(plain)-1] ^= 1
		}
		h := rec.Header
		h.Prev = chain.Head()
		if rec, err = chunk.Seal(h, key, plain); err != nil {
			t.Fatal(err)
		}
		hash, err := chain.Add(rec)
		if err != nil {
			t.Fatal(err)
		}
		tally.Add(rec.Header, hash)
		file = append(file, rec.Raw...)
	}
	r.Write(t, p.File(), file)
	r.Reseal(t, p, tally)
}

// Reseal seals anew with another tally of the one part of a track.
func (r *Recording) Reseal(t testing.TB, p chunk.Part, tally *proof.Tally) {
	t.Helper()
	share, err := os.ReadFile(filepath.Join(r.Dir, shareFile(p)))
	if err != nil {
		t.Fatal(err)
	}
	m := r.Manifest
	m.Tracks = slices.Clone(m.Tracks)
	for i := range m.Tracks {
		if m.Tracks[i].Track == p.Track {
			m.Tracks[i] = proof.SealTrack(p.Track, []proof.SealedPart{{Tally: tally, ShareA: share, ShareB: shareB}})
		}
	}
	r.Seal(t, m, nil)
}

func shareFile(p chunk.Part) string { return fmt.Sprintf("shares/%d-%d.age", p.Track, p.Number) }

var shareB = []byte("sealed elsewhere")

func (r *Recording) part(t testing.TB, p Part) proof.SealedPart {
	t.Helper()
	name := chunk.Part{Recording: r.ID, Track: p.Track, Number: p.Number}
	a, b := chunk.NewSecret(), chunk.NewSecret()
	r.shares[name] = [2]chunk.Secret{a, b}
	slices := p.Slices
	if slices == nil {
		slices = p.Camera.Film(p.From, p.Seconds*1000, 500)
	}
	codec := p.Camera.Codec
	if codec == 0 {
		codec = chunk.VP8Opus
	}
	tally, chain := proof.NewTally(name), chunk.NewChain(name)
	var file []byte
	for i, s := range slices {
		h := chunk.Header{Part: name, Codec: codec, Seq: uint32(i), Mono: p.From + s.Mono, Wall: Started + p.From + s.Mono, Prev: chain.Head(),
			Duration: uint32(s.Till - s.Mono)}
		if p.Wall != nil {
			h.Wall = uint64(int64(h.Wall) + p.Wall(h.Mono))
		}
		if i == 0 {
			h.Flags |= chunk.First
		}
		if s.Key {
			h.Flags |= chunk.KeyFrame
		}
		if i == len(slices)-1 {
			h.Flags |= chunk.Last
		}
		rec, err := chunk.Seal(h, r.Key(name, h.Minute()).Key, s.Bytes)
		if err != nil {
			t.Fatal(err)
		}
		hash, err := chain.Add(rec)
		if err != nil {
			t.Fatal(err)
		}
		tally.Add(rec.Header, hash)
		r.Records[name] = append(r.Records[name], rec)
		file = append(file, rec.Raw...)
	}
	share, err := proof.SealShare(a, r.Case.Recipient())
	if err != nil {
		t.Fatal(err)
	}
	r.Write(t, name.File(), file)
	r.Write(t, shareFile(name), share)
	return proof.SealedPart{Tally: tally, ShareA: share, ShareB: shareB}
}

// Seal writes manifest, signature and log for m.
func (r *Recording) Seal(t testing.TB, m proof.Manifest, marks []proof.Mark) {
	t.Helper()
	list, sealed, err := proof.SealMarks(marks)
	if err != nil {
		t.Fatal(err)
	}
	m.Marks = sealed
	text, err := m.Canonical()
	if err != nil {
		t.Fatal(err)
	}
	r.Manifest = m
	r.Write(t, "marks.json", list)
	r.Write(t, "manifest.json", text)
	r.Write(t, "manifest.sig", r.sign(t, string(proof.SealText(r.ID, text, r.key.Origin()))))
	hash := chunk.Hash(sha256.Sum256(text))
	leaf, err := json.Marshal(map[string]any{"kind": proof.SealedAct, "hashes": map[string]string{"manifest": hash.String()}, "v": 1})
	if err != nil {
		t.Fatal(err)
	}
	r.Write(t, "log/key", []byte(r.LogKey+"\n"))
	r.Write(t, "log/leaf.json", leaf)
	r.log(t, leaf)
}

// log puts the seal's leaf among others into a tree, and writes the proofs.
func (r *Recording) log(t testing.TB, leaf []byte) {
	t.Helper()
	const size = 11
	var stored []tlog.Hash
	reader := tlog.HashReaderFunc(func(index []int64) ([]tlog.Hash, error) {
		var out []tlog.Hash
		for _, i := range index {
			out = append(out, stored[i])
		}
		return out, nil
	})
	for n := range int64(size) {
		data := fmt.Appendf(nil, "act %d", n)
		if n == Before {
			data = leaf
		} else if n < int64(len(r.heads)) {
			data = r.heads[n]
		}
		hashes, err := tlog.StoredHashes(n, data, reader)
		if err != nil {
			t.Fatal(err)
		}
		stored = append(stored, hashes...)
	}
	root, err := tlog.TreeHash(size, reader)
	if err != nil {
		t.Fatal(err)
	}
	prove := func(n int64) tlog.RecordProof {
		path, err := tlog.ProveRecord(size, n, reader)
		if err != nil {
			t.Fatal(err)
		}
		return path
	}
	var acts []proof.LoggedAct
	for n, head := range r.heads {
		acts = append(acts, proof.NewLoggedAct(int64(n), head, prove(int64(n))))
	}
	heads, err := proof.MarshalHeads(acts)
	if err != nil {
		t.Fatal(err)
	}
	r.Write(t, "log/heads.json", heads)
	checkpoint := r.sign(t, fmt.Sprintf("%s\n%d\n%s\n", r.key.Origin(), size, base64.StdEncoding.EncodeToString(root[:])))
	r.Write(t, "log/manifest.tlog-proof", proof.LogProof(Before, prove(Before), checkpoint))
}

func (r *Recording) sign(t testing.TB, text string) []byte {
	t.Helper()
	secret, _, _ := strings.Cut(r.key.Secret(), "\n")
	signer, err := note.NewSigner(secret)
	if err != nil {
		t.Fatal(err)
	}
	signed, err := note.Sign(&note.Note{Text: text}, signer)
	if err != nil {
		t.Fatal(err)
	}
	return signed
}

// Key is K_m of a minute.
func (r *Recording) Key(p chunk.Part, minute uint32) proof.MinuteKey {
	s := r.shares[p]
	return proof.MinuteKey{Part: p, Minute: minute, Key: chunk.MinuteKey(s[0], chunk.Release(s[1], p.Number, minute), p, minute)}
}

// Released is B_m of a minute, as the server gives it out.
func (r *Recording) Released(p chunk.Part, minute uint32) proof.MinuteKey {
	return proof.MinuteKey{Part: p, Minute: minute, Key: chunk.Release(r.shares[p][1], p.Number, minute)}
}

// Keys is K_m of every minute of every part.
func (r *Recording) Keys() []proof.MinuteKey { return r.every(r.Key) }

// Release is B_m of every minute of every part.
func (r *Recording) Release() []proof.MinuteKey { return r.every(r.Released) }

func (r *Recording) every(key func(chunk.Part, uint32) proof.MinuteKey) (out []proof.MinuteKey) {
	for _, t := range r.Manifest.Tracks {
		for _, s := range t.Parts {
			p := chunk.Part{Recording: r.ID, Track: t.Track, Number: s.Part}
			for minute := s.From / chunk.MinuteMS; minute*chunk.MinuteMS < max(s.To, s.From+1); minute++ {
				out = append(out, key(p, uint32(minute)))
			}
		}
	}
	return out
}

// Write puts a file into the export.
func (r *Recording) Write(t testing.TB, name string, data []byte) {
	t.Helper()
	path := filepath.Join(r.Dir, filepath.FromSlash(name))
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
}

// WriteKeys puts K_m of every minute beside the export.
func (r *Recording) WriteKeys(t testing.TB) {
	t.Helper()
	text, err := proof.MarshalKeys(r.ID, r.Keys())
	if err != nil {
		t.Fatal(err)
	}
	r.Write(t, "keys.json", text)
}
