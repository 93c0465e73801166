// Package proof seals a recording and checks what was sealed: the manifest that
// is signed when the room is empty, the proof in the custody log, and excerpts
// that prove themselves. docs/chunk-format.md is the specification.
//
// A server tallies each part as its records come in (Tally), and at the stop
// makes the manifest (SealTrack, Manifest.Canonical) and has SealText signed.
// Anyone checks a folder, an archive or one file with Verify and VerifyPart, and
// Excerpt takes minutes out so that they can be checked alone.
//
// Promises: sealing reads no media, so that it takes as long for a day as for a
// minute; a check without a key reads each byte once, at the speed of SHA-256;
// a fault is named with its track, part and minute; the same recording gives the
// same manifest to the byte. Nothing here logs, and no result holds a key.
package proof

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"slices"

	"github.com/gowebpki/jcs"

	"verhaal/internal/recording/chunk"
)

// manifestVersion is the version of the manifest and of the files beside it.
const manifestVersion = 1

// Manifest is what is sealed of a recording. It holds no name and no word.
type Manifest struct {
	Version    int         `json:"v"`
	Recording  chunk.ID    `json:"recording"`
	Kind       string      `json:"kind"`    // interview, talk, formal_report
	Level      string      `json:"level"`   // what the rules demanded: audio, video
	Started    int64       `json:"started"` // Unix ms by the server's clock: 0 ms of the recording
	Ended      int64       `json:"ended"`   // Unix ms by the server's clock, at the stop
	RoomEmpty  bool        `json:"room_empty"`
	Pack       Pack        `json:"pack"`
	Roles      []Role      `json:"roles"`
	Tracks     []Track     `json:"tracks"` // by track, ascending
	Gaps       []Gap       `json:"gaps"`
	Marks      MarksSeal   `json:"marks"`
	Deviations []Deviation `json:"deviations"`
	Software   string      `json:"software"` // version of the build that sealed
	Log        string      `json:"log"`      // origin of the custody log
}

// Pack is the version of the rules, and the decision that the recording rests on.
type Pack struct {
	Name     string     `json:"name"`
	Version  string     `json:"version"`
	Hash     string     `json:"hash"`
	Decision chunk.Hash `json:"decision"` // SHA-256 of the decision that was relied on
}

// Role is a pseudonymous staff id and what that person did here.
type Role struct {
	Role   string `json:"role"`
	Person string `json:"person"`
}

// Track is one track with all its parts.
type Track struct {
	Track chunk.Track `json:"track"`
	Parts []Part      `json:"parts"` // by number, ascending
	Root  chunk.Hash  `json:"root"`  // RFC 6962, over the hashes of all records in order of part and seq
}

// Records is how many records the track has.
func (t Track) Records() (n int64) {
	for _, p := range t.Parts {
		n += int64(p.Records)
	}
	return n
}

// holes gives the stretches in which no part of the track has media, each with
// the part that begins after it. Parts may overlap: two computers recorded.
func (t Track) holes() iter.Seq2[Part, Gap] {
	return func(yield func(Part, Gap) bool) {
		end := t.Parts[0].To
		for _, p := range t.Parts {
			if p.From > end+slack && !yield(p, Gap{Track: t.Track, From: end, To: p.From}) {
				return
			}
			end = max(end, p.To)
		}
	}
}

// end is where the last medium of the track ends, in ms of the recording.
func (t Track) end() (end uint64) {
	for _, p := range t.Parts {
		end = max(end, p.To)
	}
	return end
}

// Length is how long the recording is, in ms: up to its stop, or to the end of
// the last record where a recorder's clock went ahead of the server's.
func (m Manifest) Length() uint64 {
	length := uint64(max(0, m.Ended-m.Started))
	for _, t := range m.Tracks {
		length = max(length, t.end())
	}
	return length
}

// Undeclared gives what is missing of the tracks and stands in no gap: between
// parts, and from a part that no recorder ended up to the end of the recording.
// What was shown may end at any time.
func (m Manifest) Undeclared() (out []Gap) {
	for _, t := range m.Tracks {
		declares := func(g Gap) bool {
			_, is := declared(gapsOf(m.Gaps, t.Track), g.From, g.To)
			return is
		}
		for _, g := range t.holes() {
			if !declares(g) {
				out = append(out, g)
			}
		}
		rest := Gap{Track: t.Track, From: t.end(), To: uint64(max(0, m.Ended-m.Started))}
		if t.Track != chunk.Exhibit && !t.Parts[len(t.Parts)-1].Finished && rest.To > rest.From+slack && !declares(rest) {
			out = append(out, rest)
		}
	}
	return out
}

// Heard says whether there is a record of a part with sound.
func (m Manifest) Heard() bool {
	return slices.ContainsFunc(m.Tracks, func(t Track) bool {
		return slices.ContainsFunc(t.Parts, func(p Part) bool { return p.Codec.Sound() && p.Records > 0 })
	})
}

// Part is one part of a track. Times are ms; From and To are the recording's.
type Part struct {
	Part     uint16      `json:"part"`
	Codec    chunk.Codec `json:"codec"`
	Records  uint32      `json:"records"`
	Bytes    uint64      `json:"bytes"`
	From     uint64      `json:"from"`
	To       uint64      `json:"to"` // end of the last record
	WallFrom uint64      `json:"wall_from"`
	WallTo   uint64      `json:"wall_to"` // Unix ms at the beginning of the last record
	Finished bool        `json:"finished"`
	Head     chunk.Hash  `json:"head"`
	ShareA   chunk.Hash  `json:"share_a"` // SHA-256 of the age file of share A
	ShareB   chunk.Hash  `json:"share_b"` // SHA-256 of the age file of share B
}

// Gap is a stretch of a track without media, with the reason's code. Times are
// the recording's, in ms.
type Gap struct {
	Track  chunk.Track `json:"track"`
	From   uint64      `json:"from"`
	To     uint64      `json:"to"`
	Reason string      `json:"reason"`
}

// Mark is a moment of a recording that somebody or something marked.
type Mark struct {
	Kind string `json:"kind"`
	Mono uint64 `json:"mono"` // ms of the recording
	Code string `json:"code"`
}

// MarksSeal binds the manifest to the file marks.json.
type MarksSeal struct {
	Count int        `json:"count"`
	Hash  chunk.Hash `json:"hash"` // SHA-256 of the canonical file
}

// Deviation is a rule that was not followed, and who answers for it. Its
// reasons in words are sealed, in the case file.
type Deviation struct {
	Rule string `json:"rule"`
	By   string `json:"by"` // pseudonymous id
	At   int64  `json:"at"` // Unix ms
}

// SealMarks gives the canonical marks.json and what the manifest says of it.
func SealMarks(marks []Mark) ([]byte, MarksSeal, error) {
	if marks == nil {
		marks = []Mark{}
	}
	text, err := canonical(marks)
	return text, MarksSeal{len(marks), sha256.Sum256(text)}, err
}

// Canonical gives the manifest as canonical JSON (RFC 8785): the bytes that are
// hashed, signed and exported.
func (m Manifest) Canonical() ([]byte, error) {
	m.Version = manifestVersion
	// Lists are never null, so that other readers need not ask.
	m.Roles, m.Tracks = append([]Role{}, m.Roles...), append([]Track{}, m.Tracks...)
	m.Gaps, m.Deviations = append([]Gap{}, m.Gaps...), append([]Deviation{}, m.Deviations...)
	if err := m.check(); err != nil {
		return nil, err
	}
	return canonical(m)
}

func canonical(v any) ([]byte, error) {
	text, err := json.Marshal(v)
	if err != nil {
		return nil, err
	}
	return jcs.Transform(text)
}

// ParseManifest reads a manifest and accepts only the canonical spelling.
func ParseManifest(text []byte) (Manifest, error) {
	var m Manifest
	if err := parse(text, &m); err != nil {
		return Manifest{}, err
	}
	if m.Version != manifestVersion {
		return Manifest{}, fmt.Errorf("version %d is unknown", m.Version)
	}
	if err := m.check(); err != nil {
		return Manifest{}, err
	}
	again, err := m.Canonical()
	if err != nil || !bytes.Equal(again, text) {
		return Manifest{}, errors.New("it is not spelt canonically (RFC 8785), or lacks a member")
	}
	return m, nil
}

// parse reads one JSON value without members that this version doesn't know.
func parse(text []byte, v any) error {
	d := json.NewDecoder(bytes.NewReader(text))
	d.DisallowUnknownFields()
	if err := d.Decode(v); err != nil {
		return errors.New("it is not the JSON that this version knows")
	}
	if d.More() {
		return errors.New("it goes on after its end")
	}
	return nil
}

// check says what no manifest may say, so that a check of the records can rely
// on the order of tracks and parts.
func (m Manifest) check() error {
	for i, t := range m.Tracks {
		if t.Track > chunk.Exhibit || i > 0 && m.Tracks[i-1].Track >= t.Track {
			return errors.New("its tracks are unknown, doubled or not in order")
		}
		if len(t.Parts) == 0 {
			return fmt.Errorf("track %s has no part", t.Track)
		}
		for j, p := range t.Parts {
			switch {
			case j > 0 && t.Parts[j-1].Part >= p.Part:
				return fmt.Errorf("the parts of track %s are doubled or not in order", t.Track)
			case p.Records == 0, !p.Codec.Valid():
				return fmt.Errorf("track %s, part %d has no record or no known codec", t.Track, p.Part)
			case p.To < p.From, p.To > maxTime, p.WallFrom > maxTime, p.WallTo > maxTime, p.Bytes > maxTime:
				return fmt.Errorf("track %s, part %d has times or sizes that can't be", t.Track, p.Part)
			}
		}
	}
	for _, g := range m.Gaps {
		if g.Track > chunk.Exhibit || g.To < g.From || g.To > maxTime {
			return errors.New("a gap has times or a track that can't be")
		}
	}
	return nil
}

// maxTime keeps numbers exact in every reader of JSON.
const maxTime = 1<<53 - 1

// SealText is what the log's key signs as a C2SP signed note: manifest.sig.
func SealText(recording chunk.ID, manifest []byte, log string) []byte {
	return fmt.Appendf(nil, "%s\nrecording %s\nmanifest %x\nlog %s\n", sealLine, recording, sha256.Sum256(manifest), log)
}

const sealLine = "verhaal recording seal v1"
