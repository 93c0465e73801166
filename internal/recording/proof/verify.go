package proof

import (
	"context"
	"crypto/sha256"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
	"slices"

	"golang.org/x/mod/sumdb/note"

	"verhaal/internal/recording/chunk"
	"verhaal/internal/seal"
)

// Options of a check.
type Options struct {
	// LogKey is the public key of the custody log, "<origin>+<hash>+<key>", from
	// whoever is trusted to know it. Empty: the one that came with the recording,
	// which the result says.
	LogKey string
	// Identities open share A where it is there. Keys that lie in the folder
	// (keys.json) are used without being asked for.
	Identities []seal.Identity
	// Witnesses must have cosigned the checkpoint that the seal stands under.
	Witnesses []note.Verifier
	// Authorities are the roots of the timestamping authorities that are trusted;
	// nil: a stamp is checked, and its signer is only named.
	Authorities *x509.CertPool
}

// The files of an export.
const (
	manifestFile  = "manifest.json"
	signatureFile = "manifest.sig"
	marksFile     = "marks.json"
	logKeyFile    = "log/key"
	leafFile      = "log/leaf.json"
	logProofFile  = "log/manifest.tlog-proof"
	headsFile     = "log/heads.json"
	stampFile     = "manifest.tsr"
	chunkSuffix   = ".vhc"
	// maxSmall is the most bytes that a file beside the media may have.
	maxSmall = 64 << 20
)

// ErrNoRecording says that there is nothing to check.
var ErrNoRecording = errors.New("there is no manifest.json: this is neither an export nor an excerpt")

// check is one run of Verify.
type check struct {
	Result
	findings
	dir      fs.FS
	text     []byte // manifest.json
	m        Manifest
	keys     *ring
	heads    map[chunk.Part][]Head // that stand in the log, by number
	footage  []*footage            // of what was opened, where a film lies beside it
	cosigned bool                  // the cosignatures that were asked for were looked at
	why      [4]string             // why a level is incomplete or was not checked
	done     [4]bool               // the level was checked at least in part
}

// Verify checks an exported recording or an excerpt: dir is a folder
// (os.DirFS) or an archive (zip.Reader). An error means that the check could
// not be made; what is wrong stands in the result.
func Verify(ctx context.Context, dir fs.FS, o Options) (Result, error) {
	text, err := readFile(dir, manifestFile)
	if errors.Is(err, fs.ErrNotExist) {
		return Result{}, ErrNoRecording
	}
	if err != nil {
		return Result{}, err
	}
	c := &check{dir: dir, text: text, heads: map[chunk.Part][]Head{}, Result: Result{What: "recording", Tracks: []TrackResult{}}}
	c.done[1] = true
	if c.m, err = ParseManifest(text); err != nil {
		c.fault(fault(1, Sealing, "manifest.json was changed, or is no manifest: %v", err))
		c.why[2], c.why[3] = "there is no manifest to check", "there is no manifest to check"
		return c.close(), nil
	}
	c.Recording = c.m.Recording.String()
	c.Seal = &SealResult{Started: c.m.Started, Ended: c.m.Ended, Pack: c.m.Pack.Name + " " + c.m.Pack.Version, Log: c.m.Log,
		Manifest: fmt.Sprintf("%x", sha256.Sum256(text))}
	if c.keys, err = loadKeys(dir, c.m, o); err != nil {
		return Result{}, err
	}
	excerpt, err := loadExcerpt(dir, c.m)
	if err != nil {
		return Result{}, err
	}
	for _, step := range []func() error{
		func() error { return c.signature(o.LogKey, o.Witnesses) },
		func() error { return c.demanded(o.Witnesses) },
		func() error { return c.stamp(o.Authorities) },
		c.beside,
		func() error { return c.strangers(excerpt) },
		func() error {
			if excerpt != nil {
				return c.excerpt(ctx, excerpt)
			}
			return c.whole(ctx)
		},
		c.films,
	} {
		if err := step(); err != nil {
			return Result{}, err
		}
	}
	return c.close(), nil
}

// beside checks the small files that the manifest names by their hash.
func (c *check) beside() error {
	marks, err := c.optional(marksFile)
	if err != nil {
		return err
	}
	switch {
	case marks == nil && c.m.Marks.Count > 0:
		c.note(fault(1, Open, "%s did not come along: %d marks can't be read", marksFile, c.m.Marks.Count))
	case marks != nil && chunk.Hash(sha256.Sum256(marks)) != c.m.Marks.Hash:
		c.fault(fault(1, Sealing, "%s is not the list of marks that was sealed", marksFile))
	}
	for _, t := range c.m.Tracks {
		for _, s := range t.Parts {
			p := c.part(t, s)
			share, err := c.optional(shareFile(p))
			if err != nil {
				return err
			}
			if share != nil && chunk.Hash(sha256.Sum256(share)) != s.ShareA {
				c.fault(fault(1, Sealing, "%s is not the share that was sealed", shareFile(p)).at(p))
			}
			if off := int64(s.WallFrom) - int64(s.From) - c.m.Started; off > slack || off < -slack {
				c.note(fault(1, Clock, "the recorder's clock differs from the server's by %+d ms", off).at(p).times(s.From, s.From+1))
			}
		}
		if end, over := uint64(max(0, c.m.Ended-c.m.Started)), t.end(); over > end+slack {
			found := fault(1, Clock, "records go on %d s after the end of the recording", (over-end)/1000).times(end, over)
			found.Track = &t.Track
			c.note(found)
		}
		for s, g := range t.holes() {
			var f findings
			f.silence(c.part(t, s), gapsOf(c.m.Gaps, t.Track), g.From, g.To)
			c.join(f)
		}
	}
	return nil
}

func (c *check) part(t Track, s Part) chunk.Part {
	return chunk.Part{Recording: c.m.Recording, Track: t.Track, Number: s.Part}
}

// strangers looks for files that belong to no part of the proof: of records
// that the manifest, or the excerpt, does not know, and of all else.
func (c *check) strangers(e *excerpt) error {
	known := map[string]bool{}
	for _, name := range []string{manifestFile, signatureFile, marksFile, logKeyFile, leafFile, logProofFile, headsFile, stampFile, excerptFile, keysFile, releaseFile} {
		known[name] = true
	}
	for _, t := range c.m.Tracks {
		for _, s := range t.Parts {
			p := c.part(t, s)
			known[shareFile(p)], known[headFile(p)] = true, true
			known[p.File()] = e == nil || e.has(p)
		}
	}
	return fs.WalkDir(c.dir, ".", func(name string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil || entry.IsDir() || known[name]:
			return err
		case path.Ext(name) == chunkSuffix && path.Dir(name) == ".":
			c.fault(fault(1, Foreign, "the file %q does not belong to this %s", name, c.What))
		default:
			c.Unchecked = append(c.Unchecked, name)
		}
		return nil
	})
}

// whole checks every record of a recording.
func (c *check) whole(ctx context.Context) error {
	for _, t := range c.m.Tracks {
		result := TrackResult{Track: t.Track, Name: t.Track.String(), Parts: len(t.Parts), From: t.Parts[0].From, To: t.Parts[len(t.Parts)-1].To}
		var tree Tree
		sound := true
		for i := range t.Parts {
			f := newFollower(c.part(t, t.Parts[i]), &t.Parts[i], c.m.Gaps)
			o := c.opener(f.part, t.Parts[i])
			heads := c.headed(f.part, t.Parts[i])
			err := c.scan(ctx, f.part, func(i item) {
				next := f.take(i)
				if next {
					tree.Add(i.hash)
					heads.take(i.Header, i.hash)
				}
				o.take(i, next)
			})
			if err != nil {
				return err
			}
			f.finish()
			sound = sound && len(f.faults) == 0
			c.join(f.findings)
			c.opened(o)
			c.headsOf(heads)
			if len(f.faults) == 0 {
				c.untold(heads)
			}
			result.Records, result.Bytes, result.Opened = result.Records+f.records, result.Bytes+f.bytes, result.Opened+o.opened
		}
		if sound && tree.Root() != t.Root {
			found := fault(1, Root, "the records agree with each other, but not with the root that was sealed")
			found.Track = &t.Track
			c.fault(found)
		}
		c.Tracks = append(c.Tracks, result)
	}
	c.contents()
	return nil
}

// contents says how far level 3 went.
func (c *check) contents() {
	if c.keys.empty() {
		c.why[3] = "no keys were given"
		return
	}
	c.done[3] = true
	var all, opened int64
	for _, t := range c.Tracks {
		all, opened = all+t.Records, opened+t.Opened
	}
	if opened < all {
		c.why[3] = fmt.Sprintf("there are keys for %d of %d records", opened, all)
	}
}

// scan gives the items of a part's file; a file that is not there has none.
func (c *check) scan(ctx context.Context, p chunk.Part, take func(item)) error {
	file, err := c.dir.Open(p.File())
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	defer file.Close()
	return scan(ctx, file, take)
}

func (c *check) join(f findings) {
	c.findings.faults = append(c.findings.faults, f.faults...)
	c.findings.notes = append(c.findings.notes, f.notes...)
}

// close puts the result together.
func (c *check) close() Result {
	r := c.Result
	r.Faults, r.Notes = sorted(c.findings.faults), sorted(c.findings.notes)
	r.Sound = len(r.Faults) == 0
	for n := 1; n <= 3; n++ {
		l := Level{Level: n, State: Passed, Why: c.why[n]}
		switch {
		case slices.ContainsFunc(r.Faults, func(f Finding) bool { return f.Level == n }):
			l.State, l.Why = Failed, ""
		case !c.done[n]:
			l.State = NotChecked
		case c.why[n] != "":
			l.State = Incomplete
		}
		r.Levels = append(r.Levels, l)
	}
	return r
}

// sorted brings findings into the order of tracks, parts and records.
func sorted(found []Finding) []Finding {
	rank := func(f Finding) [4]int64 {
		var r [4]int64
		if f.Track != nil {
			r[0] = int64(*f.Track) + 1
		}
		if f.Part != nil {
			r[1] = int64(*f.Part) + 1
		}
		if f.Minutes != nil {
			r[2] = f.Minutes.From
		}
		if f.Records != nil {
			r[3] = f.Records.From
		}
		return r
	}
	out := append([]Finding{}, found...)
	slices.SortStableFunc(out, func(a, b Finding) int {
		x, y := rank(a), rank(b)
		return slices.Compare(x[:], y[:])
	})
	return out
}

// VerifyPart checks one file of records alone: level 1 without a seal, which
// can't know whether the end is missing.
func VerifyPart(ctx context.Context, file io.Reader) (Result, error) {
	c := &check{Result: Result{What: "part", Tracks: []TrackResult{}}}
	c.done[1], c.why[1] = true, "there is no seal beside it"
	c.why[2], c.why[3] = "there is no seal beside it", "a file alone is not decrypted"
	var f *follower
	var lost int64
	err := scan(ctx, file, func(i item) {
		if f == nil && i.lost > 0 {
			lost = i.lost
			return
		}
		if f == nil {
			f = newFollower(i.Part, nil, nil)
			f.lost = lost
		}
		f.take(i)
	})
	if err != nil {
		return Result{}, err
	}
	if f == nil {
		return Result{}, errors.New("there is no chunk record in this file")
	}
	f.finish()
	c.join(f.findings)
	c.Recording = f.part.Recording.String()
	c.Tracks = append(c.Tracks, TrackResult{Track: f.part.Track, Name: f.part.Track.String(), Parts: 1, Records: f.records, Bytes: f.bytes, From: f.first.Mono, To: f.last.End()})
	return c.close(), nil
}

// optional reads a file that need not be there: nil then.
func (c *check) optional(name string) ([]byte, error) {
	text, err := readFile(c.dir, name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	return text, err
}

func readFile(dir fs.FS, name string) ([]byte, error) {
	file, err := dir.Open(name)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	text, err := io.ReadAll(io.LimitReader(file, maxSmall+1))
	if err == nil && len(text) > maxSmall {
		err = fmt.Errorf("%s is too large", name)
	}
	return text, err
}
