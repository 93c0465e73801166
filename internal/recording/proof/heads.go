package proof

import (
	"cmp"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"regexp"
	"slices"
	"strconv"

	"golang.org/x/mod/sumdb/tlog"

	"verhaal/internal/recording/chunk"
)

// HeadsAct is the kind of the act that takes a minute's heads down while a
// recording runs.
const HeadsAct = "recording.heads"

// HeadName is what an act of heads calls a part: its hash of this name is the
// hash of a record of the part, its fact of this name the record's number.
func HeadName(p chunk.Part) string { return fmt.Sprintf("track_%d_part_%d", p.Track, p.Number) }

var headForm = regexp.MustCompile(`^track_([0-3])_part_(0|[1-9][0-9]{0,4})$`)

// Binding binds an act of the log to its recording without naming it:
// HMAC-SHA-256 with the recording's id as key over the act's own salt.
func Binding(id chunk.ID, salt string) []byte {
	h := hmac.New(sha256.New, id[:])
	h.Write([]byte(salt))
	return h.Sum(nil)
}

// LoggedAct is an act of the log with the path from it to the root that the
// seal's proof has too.
type LoggedAct struct {
	Index int64        `json:"index"`
	Leaf  string       `json:"leaf"` // the act, as the log has it
	Path  []chunk.Hash `json:"path"`
}

// NewLoggedAct puts an act and its proof together.
func NewLoggedAct(index int64, leaf []byte, path tlog.RecordProof) LoggedAct {
	a := LoggedAct{Index: index, Leaf: string(leaf), Path: []chunk.Hash{}}
	for _, h := range path {
		a.Path = append(a.Path, chunk.Hash(h))
	}
	return a
}

type headsList struct {
	Version int         `json:"v"`
	Acts    []LoggedAct `json:"acts"` // by index, ascending
}

// MarshalHeads writes acts of heads, by index ascending: log/heads.json.
func MarshalHeads(acts []LoggedAct) ([]byte, error) {
	return canonical(headsList{manifestVersion, acts})
}

// ParseHeads reads what MarshalHeads wrote. The paths are not checked.
func ParseHeads(text []byte) ([]LoggedAct, error) {
	var list headsList
	if err := parse(text, &list); err != nil {
		return nil, err
	}
	if list.Version != manifestVersion {
		return nil, fmt.Errorf("version %d is unknown", list.Version)
	}
	return list.Acts, nil
}

// Head is a record that the log took down while the recording ran.
type Head struct {
	Part chunk.Part
	Seq  uint32
	Hash chunk.Hash
}

// ReadHeads reads an act of heads of a recording. An error says that it is none.
func ReadHeads(leaf []byte, id chunk.ID) ([]Head, error) {
	var act struct {
		Kind   string            `json:"kind"`
		Facts  map[string]string `json:"facts"`
		Hashes map[string]string `json:"hashes"`
	}
	if json.Unmarshal(leaf, &act) != nil || act.Kind != HeadsAct || act.Hashes["recording"] != hex.EncodeToString(Binding(id, act.Facts["salt"])) {
		return nil, errors.New("it is no act of heads of this recording")
	}
	var out []Head
	for name, text := range act.Hashes {
		place := headForm.FindStringSubmatch(name)
		if place == nil {
			continue
		}
		track, _ := strconv.ParseUint(place[1], 10, 8)
		part, err := strconv.ParseUint(place[2], 10, 16)
		seq, wrong := strconv.ParseUint(act.Facts[name], 10, 32)
		h := Head{Part: chunk.Part{Recording: id, Track: chunk.Track(track), Number: uint16(part)}, Seq: uint32(seq)}
		if err := errors.Join(err, wrong, h.Hash.UnmarshalText([]byte(text))); err != nil || strconv.FormatUint(seq, 10) != act.Facts[name] {
			return nil, fmt.Errorf("its head %s names no record", name)
		}
		out = append(out, h)
	}
	return out, nil
}

// loadHeads checks what came along of the acts of heads, and keeps their heads
// for the records: each act must stand in the log, before the seal.
func (c *check) loadHeads(sealed int64, in tree) error {
	text, err := c.optional(headsFile)
	if err != nil {
		return err
	}
	acts, err := ParseHeads(text)
	if text != nil && err != nil {
		c.fault(fault(2, InLog, "%s can't be read", headsFile))
		return nil
	}
	if len(acts) == 0 {
		c.note(fault(2, Open, "no heads of minutes came along: whether the log took these records down while they were made was not checked"))
	}
	before := int64(-1)
	for _, a := range acts {
		heads, err := ReadHeads([]byte(a.Leaf), c.m.Recording)
		switch {
		case err != nil:
			c.fault(fault(2, InLog, "act number %d of the log tells of no heads of this recording", a.Index))
			continue
		case a.Index <= before || a.Index >= sealed:
			c.fault(fault(2, InLog, "act number %d of the log, with heads of minutes, does not stand in its place before the seal", a.Index))
			continue
		case !in.holds(a):
			c.fault(fault(2, InLog, "the log does not hold these heads of minutes as its act number %d", a.Index))
			continue
		}
		before = a.Index
		for _, h := range heads {
			c.heads[h.Part] = append(c.heads[h.Part], h)
		}
	}
	for p, heads := range c.heads {
		slices.SortStableFunc(heads, func(a, b Head) int { return cmp.Compare(a.Seq, b.Seq) })
		if t, ok := c.m.track(p.Track); ok {
			if _, ok := t.part(p.Number); ok {
				continue
			}
		}
		c.fault(fault(2, Rewritten, "the log took records of this part down while they were made, and the seal knows no such part").at(p))
	}
	return nil
}

// headed holds the records of a part, as they come, against its heads.
type headed struct {
	findings
	part   chunk.Part
	sealed Part
	heads  []Head // still to come
	next   int64  // number of the record after the one before
	from   int64  // number of the first record that no head speaks of yet
	begin  uint64 // ms at which it begins
	agreed int
	wrong  *Finding
	later  int // heads that differ too
}

// headsOf adds what the heads of a part showed.
func (c *check) headsOf(f *headed) {
	f.finish()
	c.join(f.findings)
	c.Seal.Heads += f.agreed
}

func (c *check) headed(p chunk.Part, s Part) *headed {
	return &headed{part: p, sealed: s, heads: c.heads[p], begin: s.From}
}

// take looks at a record that stands in its place.
func (f *headed) take(h chunk.Header, hash chunk.Hash) {
	seq := int64(h.Seq)
	if seq != f.next {
		f.settle()
		f.from, f.begin = seq, h.Mono
	}
	f.next = seq + 1
	for ; len(f.heads) > 0 && f.heads[0].Seq <= h.Seq; f.heads = f.heads[1:] {
		switch {
		case f.heads[0].Seq < h.Seq: // not there, or not in the excerpt
			continue
		case f.heads[0].Hash == hash:
			f.settle()
			f.agreed++
		default:
			f.differs(fault(2, Rewritten, "the log says that this ended otherwise: it took another record %d down when that was made", seq).
				records(f.from, seq).times(f.begin, h.End()))
		}
		f.from, f.begin = seq+1, h.End()
	}
}

// differs keeps the first of the heads that differ: records are chained, so
// that those after it must.
func (f *headed) differs(found Finding) {
	if f.wrong != nil {
		f.later++
		return
	}
	found = found.at(f.part)
	f.wrong = &found
}

// settle reports what differs up to here.
func (f *headed) settle() {
	if f.wrong == nil {
		return
	}
	if f.later > 0 {
		f.wrong.What += fmt.Sprintf("; heads after it that differ too: %d", f.later)
	}
	f.fault(*f.wrong)
	f.wrong, f.later = nil, 0
}

// finish looks for records that the log has and the seal has not.
func (f *headed) finish() {
	for _, h := range f.heads {
		if h.Seq >= f.sealed.Records {
			f.differs(fault(2, Rewritten, "the log says that this went on: it took a record %d down when that was made", h.Seq).
				records(int64(f.sealed.Records), int64(h.Seq)).times(f.sealed.To, f.sealed.To+1))
		}
	}
	f.settle()
}

// untold notes that no head speaks of a long end of a part, where others do.
func (c *check) untold(f *headed) {
	if len(c.heads) > 0 && f.sealed.To >= f.begin+unspoken {
		c.note(fault(2, Open, "no head of minutes that came along speaks of this: whether the log took it down while it was made was not checked").
			at(f.part).records(f.from, int64(f.sealed.Records)-1).times(f.begin, f.sealed.To))
	}
}

// unspoken is how long the end of a part may be, in ms, before it is noted that
// no head speaks of it: the last minute has none, and that of a track which came
// late may lack one more.
const unspoken = 2 * chunk.MinuteMS

// heads takes from an export the acts that speak of records of an excerpt; nil
// where there are none.
func (e *excerpt) heads(dir fs.FS) ([]byte, error) {
	text, err := readFile(dir, headsFile)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	acts, err := ParseHeads(text)
	if err != nil {
		return nil, fmt.Errorf("%w: %s: %w", ErrFaulty, headsFile, err)
	}
	acts = slices.DeleteFunc(acts, func(a LoggedAct) bool {
		heads, _ := ReadHeads([]byte(a.Leaf), e.Recording)
		return !slices.ContainsFunc(heads, e.holds)
	})
	if len(acts) == 0 {
		return nil, nil
	}
	return MarshalHeads(acts)
}

// holds says whether a head's record is in the excerpt.
func (e *excerpt) holds(h Head) bool {
	part, ok := e.part(h.Part)
	return ok && slices.ContainsFunc(part.Records, func(run [2]uint32) bool { return run[0] <= h.Seq && h.Seq <= run[1] })
}
