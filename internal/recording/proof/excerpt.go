package proof

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"slices"
	"sort"

	"verhaal/internal/recording/chunk"
)

// excerptFile says which records an excerpt holds, and has the path from them
// to each track's root.
const excerptFile = "excerpt.json"

type excerpt struct {
	Version   int            `json:"v"`
	Recording chunk.ID       `json:"recording"`
	Minutes   []uint32       `json:"minutes"` // ascending
	Tracks    []excerptTrack `json:"tracks"`
}

type excerptTrack struct {
	Track chunk.Track   `json:"track"`
	Parts []excerptPart `json:"parts"`
	Path  []chunk.Hash  `json:"path"`
}

// excerptPart lists runs of records: those of the minutes, and on either side
// the neighbour, whose minute shows that nothing of the minutes was left out.
type excerptPart struct {
	Part    uint16      `json:"part"`
	Records [][2]uint32 `json:"records"` // first and last of each run
}

func (e *excerpt) has(p chunk.Part) bool {
	_, ok := e.part(p)
	return ok
}

func (e *excerpt) part(p chunk.Part) (excerptPart, bool) {
	for _, t := range e.Tracks {
		for _, part := range t.Parts {
			if t.Track == p.Track && part.Part == p.Number {
				return part, true
			}
		}
	}
	return excerptPart{}, false
}

// wants says whether the excerpt is of this minute.
func (e *excerpt) wants(minute uint32) bool {
	_, ok := slices.BinarySearch(e.Minutes, minute)
	return ok
}

// within gives the excerpt's minutes over which a part reaches.
func (e *excerpt) within(s Part) []uint32 {
	from := sort.Search(len(e.Minutes), func(i int) bool { return (uint64(e.Minutes[i])+1)*chunk.MinuteMS > s.From })
	to := sort.Search(len(e.Minutes), func(i int) bool { return uint64(e.Minutes[i])*chunk.MinuteMS >= s.To })
	return e.Minutes[from:max(from, to)]
}

// spans says whether a minute of the excerpt lies between two others.
func (e *excerpt) spans(from, to uint32) bool {
	i := sort.Search(len(e.Minutes), func(i int) bool { return e.Minutes[i] > from })
	return i < len(e.Minutes) && e.Minutes[i] < to
}

// whole says whether the excerpt is of every minute that was recorded.
func (e *excerpt) whole(m Manifest) bool {
	for _, t := range m.Tracks {
		for _, p := range t.Parts {
			for minute := p.From / chunk.MinuteMS; minute*chunk.MinuteMS < p.To; minute++ {
				if !e.wants(uint32(minute)) {
					return false
				}
			}
		}
	}
	return true
}

// Sink takes the files of an export, one after the other; *zip.Writer is one.
type Sink interface {
	Create(name string) (io.Writer, error)
}

// Selection is what an excerpt shall hold.
type Selection struct {
	Tracks  []chunk.Track
	Minutes []uint32
	// Keys open the minutes; keys of other minutes are refused. Without keys the
	// excerpt proves, and opens nothing until somebody adds keys.json.
	Keys []MinuteKey
	// Heads are the beginnings of the parts' containers, up to the first
	// cluster: what a player needs to start in the middle. They hold neither
	// sound nor picture, and are not under the seal.
	Heads map[chunk.Part][]byte
}

// headFile is where an excerpt keeps the head of a part's container.
func headFile(p chunk.Part) string { return fmt.Sprintf("heads/%d-%d.webm", p.Track, p.Number) }

// ErrFaulty says that a recording is not sound, so that no excerpt of it can be
// proved; Verify says what is wrong.
var ErrFaulty = errors.New("the recording is not sound: verify it")

// Excerpt takes minutes out of the exported recording in dir, with the proof
// that they are unaltered and where they stood. Nobody can open another minute
// with it. It reads the chosen tracks whole, and checks them on the way.
func Excerpt(ctx context.Context, dir fs.FS, want Selection, to Sink) error {
	text, err := readFile(dir, manifestFile)
	if err != nil {
		return err
	}
	m, err := ParseManifest(text)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrFaulty, err)
	}
	e := excerpt{Version: manifestVersion, Recording: m.Recording, Minutes: slices.Compact(slices.Sorted(slices.Values(want.Minutes))), Tracks: []excerptTrack{}}
	for _, k := range want.Keys {
		if k.Part.Recording != m.Recording || !slices.Contains(want.Tracks, k.Part.Track) || !e.wants(k.Minute) {
			return fmt.Errorf("the %s is not of these minutes", k)
		}
	}
	for _, t := range m.Tracks {
		if !slices.Contains(want.Tracks, t.Track) {
			continue
		}
		track, err := e.cut(ctx, dir, m, t, to)
		if err != nil {
			return err
		}
		if len(track.Parts) > 0 {
			e.Tracks = append(e.Tracks, track)
		}
	}
	if len(e.Tracks) == 0 {
		return errors.New("the recording has nothing of these minutes on these tracks")
	}
	list, err := canonical(e)
	if err != nil {
		return err
	}
	files := map[string][]byte{excerptFile: list, manifestFile: text}
	beside := []string{signatureFile, logKeyFile, leafFile, logProofFile, stampFile}
	if e.whole(m) {
		beside = append(beside, marksFile) // it tells of every minute
	}
	for _, name := range beside {
		if files[name], err = readFile(dir, name); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	if files[headsFile], err = e.heads(dir); err != nil {
		return err
	}
	if len(want.Keys) > 0 {
		if files[keysFile], err = MarshalKeys(m.Recording, want.Keys); err != nil {
			return err
		}
	}
	for p, head := range want.Heads {
		if e.has(p) {
			files[headFile(p)] = head
		}
	}
	for _, name := range sortedNames(files) {
		if files[name] == nil {
			continue
		}
		w, err := to.Create(name)
		if err != nil {
			return err
		}
		if _, err := w.Write(files[name]); err != nil {
			return err
		}
	}
	return nil
}

func sortedNames(files map[string][]byte) []string {
	var names []string
	for name := range files {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// cut writes the chosen records of a track and makes its path.
func (e *excerpt) cut(ctx context.Context, dir fs.FS, m Manifest, t Track, to Sink) (excerptTrack, error) {
	out := excerptTrack{Track: t.Track, Parts: []excerptPart{}, Path: []chunk.Hash{}}
	var hashes []chunk.Hash
	var chosen []int64
	c := &check{dir: dir, m: m}
	for i, s := range t.Parts {
		p := c.part(t, s)
		f := newFollower(p, &t.Parts[i], m.Gaps)
		cutter := &cutter{e: e, create: func() (io.Writer, error) { return to.Create(p.File()) }}
		begin := int64(len(hashes))
		err := c.scan(ctx, p, func(i item) {
			if f.take(i) {
				hashes = append(hashes, i.hash)
				cutter.take(i)
			}
		})
		if err := errors.Join(err, cutter.err); err != nil {
			return out, err
		}
		if f.finish(); len(f.faults) > 0 {
			return out, fmt.Errorf("%w: %s", ErrFaulty, f.faults[0])
		}
		if len(cutter.runs) == 0 {
			continue
		}
		out.Parts = append(out.Parts, excerptPart{s.Part, cutter.runs})
		for _, run := range cutter.runs {
			for n := run[0]; n <= run[1]; n++ {
				chosen = append(chosen, begin+int64(n))
			}
		}
	}
	var tree Tree
	for _, h := range hashes {
		tree.Add(h)
	}
	if tree.Root() != t.Root {
		return out, ErrFaulty
	}
	if len(chosen) > 0 {
		out.Path = append(out.Path, provePath(hashes, chosen)...)
	}
	return out, nil
}

// cutter writes the records of wanted minutes and their neighbours; where nothing was
// recorded in such a minute, the two around it.
type cutter struct {
	e      *excerpt
	create func() (io.Writer, error)
	w      io.Writer
	err    error
	before []byte // the record before, not written
	runs   [][2]uint32
	open   bool   // the record before belongs to a wanted minute
	minute uint32 // of the record before
}

func (c *cutter) take(i item) {
	wanted := c.e.wants(i.Minute())
	needed := wanted || i.Seq > 0 && c.e.spans(c.minute, i.Minute())
	switch {
	case needed && c.before != nil:
		c.write(i.Seq-1, c.before)
		c.write(i.Seq, i.Raw)
		c.before = nil
	case needed || c.open:
		c.write(i.Seq, i.Raw)
		c.before = nil
	default:
		c.before = append(c.before[:0], i.Raw...)
	}
	c.open, c.minute = wanted, i.Minute()
}

func (c *cutter) write(seq uint32, raw []byte) {
	if c.err == nil && c.w == nil {
		c.w, c.err = c.create()
	}
	if c.err == nil {
		_, c.err = c.w.Write(raw)
	}
	if n := len(c.runs); n > 0 && c.runs[n-1][1]+1 == seq {
		c.runs[n-1][1] = seq
		return
	}
	c.runs = append(c.runs, [2]uint32{seq, seq})
}
