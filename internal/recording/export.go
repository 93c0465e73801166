package recording

import (
	"archive/zip"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"slices"
	"strings"
	"time"

	"verhaal/internal/fault"
	"verhaal/internal/recording/chunk"
	"verhaal/internal/recording/proof"
)

// sealed is a sealed recording as the folder that an export is: what the
// database and the log say of it as small files, the records from the disk. It
// verifies as it stands.
type sealed struct {
	Recording
	names []string // of all files, in the order of an export
	small map[string][]byte
	disk  fs.FS
}

// Open implements fs.FS.
func (s *sealed) Open(name string) (fs.File, error) {
	if data, ok := s.small[name]; ok {
		return smallFile{bytes.NewReader(data), name}, nil
	}
	if !slices.Contains(s.names, name) {
		return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrNotExist}
	}
	return s.disk.Open(name)
}

// smallFile is a file in memory, and its own fs.FileInfo.
type smallFile struct {
	*bytes.Reader
	name string
}

func (f smallFile) Stat() (fs.FileInfo, error) { return f, nil }
func (f smallFile) Close() error               { return nil }
func (f smallFile) Name() string               { return f.name }
func (f smallFile) Mode() fs.FileMode          { return 0o400 }
func (f smallFile) ModTime() time.Time         { return time.Time{} }
func (f smallFile) IsDir() bool                { return false }
func (f smallFile) Sys() any                   { return nil }

// gather finds all that belongs to a sealed recording.
func (b *Book) gather(ctx context.Context, actor string, id chunk.ID) (*sealed, error) {
	r, err := b.Get(ctx, actor, id)
	if err != nil {
		return nil, err
	}
	text, signature, err := b.Manifest(ctx, actor, id)
	if err != nil {
		return nil, err
	}
	marks, _, err := b.sealedMarks(ctx, id)
	if err != nil {
		return nil, err
	}
	_, acts, err := b.inLog(ctx, r, text)
	if err != nil {
		return nil, err
	}
	inLog, heads, err := b.proven(ctx, acts)
	if err != nil {
		return nil, err
	}
	shares, err := b.shares(ctx, id)
	if err != nil {
		return nil, err
	}
	var stamp []byte
	if err := b.db.QueryRow(ctx, findStamp, id.String()).Scan(&stamp); err != nil {
		return nil, err
	}
	s := &sealed{Recording: r, small: map[string][]byte{}, disk: os.DirFS(b.folder(id))}
	put := func(name string, data []byte) {
		s.names, s.small[name] = append(s.names, name), data
	}
	put("manifest.json", text)
	put("manifest.sig", signature)
	put("marks.json", marks)
	put("log/key", []byte(b.log.Verifier()+"\n"))
	put("log/leaf.json", acts[len(acts)-1].Leaf)
	put("log/manifest.tlog-proof", inLog)
	put("log/heads.json", heads)
	if len(stamp) > 0 {
		put("manifest.tsr", stamp)
	}
	for _, share := range shares {
		info, err := os.Stat(b.file(share.Part))
		if err != nil || info.Size() == 0 {
			continue // a part that never got a record is not under the seal
		}
		put(fmt.Sprintf("shares/%d-%d.age", share.Track, share.Number), share.a)
		s.names = append(s.names, share.File())
	}
	return s, nil
}

// stored writes the files of an archive as they are: what is encrypted does not
// get smaller.
type stored struct{ *zip.Writer }

// Create implements proof.Sink.
func (z stored) Create(name string) (io.Writer, error) {
	return z.CreateHeader(&zip.FileHeader{Name: name, Method: zip.Store})
}

// Export writes a sealed recording as an archive that anybody can verify
// without a key: records, seal, the log's proof, and the recorder's halves of
// the keys, which open with the case key alone. It is an act.
func (b *Book) Export(ctx context.Context, actor string, id chunk.ID, to io.Writer) error {
	s, err := b.gather(ctx, actor, id)
	if err != nil {
		return err
	}
	if _, err := b.log.Do(ctx, b.act("recording.exported", actor, s.Recording), nil); err != nil {
		return err
	}
	z := stored{zip.NewWriter(to)}
	for _, name := range s.names {
		if err := s.copy(name, z); err != nil {
			return err
		}
	}
	return z.Close()
}

func (s *sealed) copy(name string, z stored) error {
	file, err := s.Open(name)
	if err != nil {
		return err
	}
	defer file.Close()
	w, err := z.Create(name)
	if err != nil {
		return err
	}
	_, err = io.Copy(w, file)
	return err
}

// Excerpt writes some minutes of some tracks of a sealed recording as an
// archive that proves them, and where they stood, without a key; whoever holds
// the minutes' keys adds them to it. A minute before or after what the
// chosen tracks have, or a track that has none of the minutes, is NotFound ("room.fault.no_minutes"), a
// recording that runs too ("room.fault.not_sealed"). One that is damaged on the
// disk is a Conflict ("room.fault.faulty"). It is an act, which names on whose
// word minutes go out; without one that counts it is BadInput ("room.fault.word").
func (b *Book) Excerpt(ctx context.Context, actor string, id chunk.ID, tracks []chunk.Track, minutes []uint32, on Word, to io.Writer) error {
	s, err := b.gather(ctx, actor, id)
	if err != nil {
		return err
	}
	act := b.act("recording.excerpted", actor, s.Recording)
	if err := b.allowed(ctx, s.Recording, minutes, on, &act); err != nil {
		return err
	}
	live, err := b.open(ctx, id)
	if err != nil {
		return err
	}
	if !live.covers(tracks, minutes) {
		return fault.New(fault.NotFound, "room.fault.no_minutes", "a minute or a track is not there")
	}
	want := proof.Selection{Tracks: tracks, Minutes: minutes}
	// Once without writing: a fault can't be told any more when half is on its way.
	if err := proof.Excerpt(ctx, s, want, nowhere{}); errors.Is(err, proof.ErrFaulty) {
		return fault.Wrap(fault.Conflict, "room.fault.faulty", err)
	} else if err != nil {
		return err
	}
	act.Facts["tracks"], act.Facts["minutes"] = runs(tracks), runs(minutes)
	if _, err := b.log.Do(ctx, act, nil); err != nil {
		return err
	}
	z := stored{zip.NewWriter(to)}
	if err := proof.Excerpt(ctx, s, want, z); err != nil {
		return err
	}
	return z.Close()
}

// nowhere is a proof.Sink that keeps nothing.
type nowhere struct{}

// Create implements proof.Sink.
func (nowhere) Create(string) (io.Writer, error) { return io.Discard, nil }

// covers says whether every track has one of the minutes, and every minute lies
// within what these tracks recorded: one between two parts may be empty, the
// seal's gaps tell why.
func (r *running) covers(tracks []chunk.Track, minutes []uint32) bool {
	empty := map[chunk.Track]bool{}
	for _, t := range tracks {
		empty[t] = true
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	var there []uint32
	for _, p := range r.parts {
		if _, chosen := empty[p.Track]; !chosen {
			continue
		}
		for _, e := range p.index {
			minute := uint32(e.mono / chunk.MinuteMS)
			there = append(there, minute)
			if slices.Contains(minutes, minute) {
				empty[p.Track] = false
			}
		}
	}
	for _, none := range empty {
		if none {
			return false
		}
	}
	return len(minutes) > 0 && len(there) > 0 && slices.Min(minutes) >= slices.Min(there) && slices.Max(minutes) <= slices.Max(there)
}

// runs writes numbers as a log's fact: "3-5 9".
func runs[N chunk.Track | uint32](numbers []N) string {
	var out []string
	sorted := slices.Compact(slices.Sorted(slices.Values(numbers)))
	for i := 0; i < len(sorted); {
		from := i
		for i++; i < len(sorted) && sorted[i] == sorted[i-1]+1; i++ {
		}
		text := number(int64(sorted[from]))
		if i-from > 1 {
			text += "-" + number(int64(sorted[i-1]))
		}
		out = append(out, text)
	}
	return strings.Join(out, " ")
}
