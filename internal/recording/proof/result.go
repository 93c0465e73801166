package proof

import (
	"fmt"
	"slices"
	"strings"

	"verhaal/internal/recording/chunk"
)

// Result is what a check found. Its JSON is for machines, Words for people.
type Result struct {
	What      string        `json:"what"` // recording, excerpt, part
	Recording string        `json:"recording,omitempty"`
	Sound     bool          `json:"sound"` // no fault was found in what was checked
	Levels    []Level       `json:"levels"`
	Tracks    []TrackResult `json:"tracks"`
	Faults    []Finding     `json:"faults"`
	Notes     []Finding     `json:"notes"`          // no faults, but to be known
	Seal      *SealResult   `json:"seal,omitempty"` // what the manifest says, when there is one
	// Films lie beside the records and hold the same.
	Films []string `json:"films,omitempty"`
	// Unchecked are files that lie beside the records and that nothing holds to them.
	Unchecked []string `json:"unchecked,omitempty"`
}

// The states of a level.
const (
	Passed     = "passed"
	Failed     = "failed"
	Incomplete = "incomplete" // what could be checked is right, but not all could be
	NotChecked = "not_checked"
)

// Level is one of the three checks: 1 records, chains and roots; 2 signature and
// log; 3 contents.
type Level struct {
	Level int    `json:"level"`
	State string `json:"state"`
	Why   string `json:"why,omitempty"` // when it is incomplete or was not checked
}

// TrackResult is what was read of a track.
type TrackResult struct {
	Track   chunk.Track `json:"track"`
	Name    string      `json:"name"`
	Parts   int         `json:"parts"`
	Records int64       `json:"records"`
	Bytes   int64       `json:"bytes"`
	From    uint64      `json:"from"` // ms of the recording
	To      uint64      `json:"to"`
	Opened  int64       `json:"opened"` // records that were decrypted
}

// SealResult is what was sealed, by whom, and where it stands in the log.
type SealResult struct {
	Manifest string `json:"manifest"` // SHA-256
	Started  int64  `json:"started"`  // Unix ms
	Ended    int64  `json:"ended"`    // Unix ms
	Pack     string `json:"pack"`
	Log      string `json:"log"`
	Signed   bool   `json:"signed"`             // the signature was checked and is right
	Position *int64 `json:"position,omitempty"` // of the act in the log, when that was checked
	Minutes  []int  `json:"minutes,omitempty"`  // of an excerpt
	// Heads is how many heads of minutes, which the log took down while the
	// recording ran, agree with the records.
	Heads int `json:"heads,omitempty"`
	// Stamp is what a timestamping authority says, when one was asked.
	Stamp *StampResult `json:"stamp,omitempty"`
	// Witnesses are those that were asked for and cosigned the log's checkpoint.
	Witnesses []WitnessResult `json:"witnesses,omitempty"`
}

// WitnessResult is a cosignature that is right.
type WitnessResult struct {
	Name string `json:"name"`
	At   int64  `json:"at"` // Unix ms, by the witness's clock
}

// StampResult is a timestamp whose signature is right.
type StampResult struct {
	At      int64  `json:"at"` // Unix ms
	By      string `json:"by"` // the signer's name in its certificate
	Trusted bool   `json:"trusted"`
}

// The kinds of findings.
const (
	Changed   = "changed"   // a record is not the one that was recorded
	Missing   = "missing"   // records are not there
	Cut       = "cut"       // the last records are not there
	Moved     = "moved"     // a record stands in another place
	Replayed  = "replayed"  // a record number stands there twice
	Foreign   = "foreign"   // a record or file of another recording, track or part
	Added     = "added"     // records or bytes that the seal does not know
	Clock     = "clock"     // the clock jumps, or clocks disagree
	Hole      = "hole"      // a stretch without media that nobody declared
	Declared  = "declared"  // a stretch without media, declared with its reason
	Root      = "root"      // the records are not those under the sealed root
	Sealing   = "seal"      // the manifest or what came with it
	InLog     = "log"       // signature or place in the log
	Rewritten = "rewritten" // records are not those that the log took down while they were made
	Stamp     = "stamp"     // the timestamp of an authority
	Key       = "key"       // a record does not open with its key
	Media     = "media"     // container, sound or picture
	Film      = "film"      // a film beside the records is not what they hold
	Open      = "open"      // nothing wrong, but not everything could be checked
)

// Finding is one thing that was found, and where.
type Finding struct {
	Level   int          `json:"level"`
	Kind    string       `json:"kind"`
	Track   *chunk.Track `json:"track,omitempty"`
	Part    *uint16      `json:"part,omitempty"`
	Records *Span        `json:"records,omitempty"`
	Minutes *Span        `json:"minutes,omitempty"` // of the recording, from 0
	What    string       `json:"what"`              // a sentence without the place
}

// Span is the first and the last of a run.
type Span struct {
	From int64 `json:"from"`
	To   int64 `json:"to"`
}

func (s Span) words(one, many string) string {
	if s.From == s.To {
		return fmt.Sprintf("%s %d", one, s.From)
	}
	return fmt.Sprintf("%s %d to %d", many, s.From, s.To)
}

func (f Finding) String() string {
	var where []string
	if f.Track != nil {
		where = append(where, f.Track.String())
	}
	if f.Part != nil {
		where = append(where, fmt.Sprintf("part %d", *f.Part))
	}
	if f.Minutes != nil {
		where = append(where, f.Minutes.words("minute", "minutes"))
	}
	if f.Records != nil {
		where = append(where, f.Records.words("record", "records"))
	}
	if len(where) == 0 {
		return f.What
	}
	return strings.Join(where, ", ") + ": " + f.What
}

// Words is the result as one page in plain words.
func (r Result) Words() string {
	var b strings.Builder
	line := func(format string, args ...any) { fmt.Fprintf(&b, format+"\n", args...) }
	switch {
	case !r.Sound && !slices.ContainsFunc(r.Faults, func(f Finding) bool { return f.Kind != Film }):
		line("FAULTS WERE FOUND. The records of this %s are right, but a film beside them is not what they hold.", r.What)
	case !r.Sound:
		line("FAULTS WERE FOUND. This %s is not what was recorded and sealed, or not all of it.", r.What)
	case r.What == "part":
		line("No fault was found in this file. Without its recording's seal nobody can say whether its end is missing.")
	case !slices.ContainsFunc(r.Levels, func(l Level) bool { return l.Level == 2 && l.State == Passed }):
		line("No fault was found in this %s. Not everything could be checked: see below.", r.What)
	case len(r.Unchecked) > 0:
		line("The records of this %s are unaltered since they were sealed, and the seal is in the log.", r.What)
	default:
		line("This %s is unaltered since it was sealed, and the seal is in the log.", r.What)
	}
	if len(r.Unchecked) > 0 {
		line("These files lie beside the records and were not checked: %s.", names(r.Unchecked))
	}
	if len(r.Films) > 0 {
		line("These films hold what the records hold: %s.", names(r.Films))
	}
	if r.Recording != "" {
		line("Recording %s", r.Recording)
	}
	if s := r.Seal; s != nil {
		line("Recorded from %s to %s. Rules: %s.", clock(s.Started), clock(s.Ended), s.Pack)
		if len(s.Minutes) > 0 {
			line("Minutes in this excerpt: %s.", runs(s.Minutes))
		}
		line("Seal: SHA-256 %s", s.Manifest)
		if s.Signed && s.Position != nil {
			line("Signed by the log %s, where it is act number %d.", s.Log, *s.Position)
		} else if s.Signed {
			line("Signed by the log %s.", s.Log)
		}
		if s.Heads > 0 {
			line("Heads of minutes that the log took down while it was recorded, and that agree: %d.", s.Heads)
		}
		for _, w := range s.Witnesses {
			line("Cosigned %s by the witness %s.", clock(w.At), w.Name)
		}
		if s.Stamp != nil {
			line("Stamped %s by %s.", clock(s.Stamp.At), s.Stamp.By)
		}
	}
	line("")
	for _, t := range r.Tracks {
		line("%s: %s in %s, %s, from %s to %s", t.Name, count(t.Records, "record"), count(int64(t.Parts), "part"), size(t.Bytes), span(t.From), span(t.To))
	}
	line("")
	for _, l := range r.Levels {
		line("%s %s", levelNames[l.Level], levelWords(l))
	}
	list := func(title string, found []Finding) {
		if len(found) > 0 {
			line("\n%s", title)
		}
		for _, f := range found {
			line("- %s", f)
		}
	}
	list("What is wrong:", r.Faults)
	list("What should be known:", r.Notes)
	line("\nMinutes are counted from 0: minute 14 is from 14:00 to 14:59 of the recording.")
	return b.String()
}

var levelNames = map[int]string{1: "1. Records, chains, tree:", 2: "2. Signature, log:", 3: "3. Contents:"}

func levelWords(l Level) string {
	words := map[string]string{Passed: "right", Failed: "WRONG", Incomplete: "right as far as it could be checked", NotChecked: "not checked"}[l.State]
	if l.Why != "" {
		words += ": " + l.Why
	}
	return words + "."
}
