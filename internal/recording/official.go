package recording

import (
	"cmp"
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/gowebpki/jcs"

	"verhaal/internal/db"
	"verhaal/internal/fault"
	"verhaal/internal/recording/chunk"
	"verhaal/internal/seal"
)

// The ten fields of an official record (2010A018, protocol 3; rule A-22). What
// a recording knows by itself is filled in; the rest somebody writes, sealed.
var (
	knownFields  = []string{"notice_given", "interviewers", "director_room", "date_place_times_breaks", "registration_numbers"}
	writtenField = []string{"personal_data", "requester", "optional_recording_by", "interpreter", "suspects_lawyer"}
)

// OfficialFields lists all ten.
func OfficialFields() []string { return slices.Concat(knownFields, writtenField) }

// WrittenFields lists those that somebody writes.
func WrittenFields() []string { return slices.Clone(writtenField) }

// corrections are why a signed record is written anew.
var corrections = []string{"mistake", "addition", "order"}

// Corrections lists why a signed record may be written anew.
func Corrections() []string { return slices.Clone(corrections) }

// Official is a version of a recording's official record. Sealed is an age file
// to the case key of Epoch: the fields that somebody wrote, a summary and key
// passages in the person's own words.
type Official struct {
	N       int64 // which version; 0 = none yet
	Version int64 // of the writing; rises with each change
	Told    []string
	Epoch   int64
	Sealed  []byte
	Reason  string // why it was written anew; "" for the first
	Writer  string
	Written time.Time
	Signer  string // "" while it is not signed
	Signed  time.Time
	Hash    []byte // SHA-256 of what was signed
	// Of the last version alone:
	Known   Known
	Missing []string
	Before  []Official // the versions before it, all signed, the newest first
}

// Known is what a recording that is over tells of itself. It stands in every
// version of the official record, and a signature covers it.
type Known struct {
	Room         string    `json:"room"`         // kind of room, of the pack
	Interviewers []string  `json:"interviewers"` // pseudonymous ids
	Watched      []Watched `json:"watched"`      // the first to come first
	Moments      []Moment  `json:"moments"`      // by their time
}

// Watched is who came to follow a recording, from which kind of room and when.
type Watched struct {
	Staff string `json:"staff"` // pseudonymous id
	Room  string `json:"room"`
	At    int64  `json:"at"` // Unix ms
}

// Moment is when the notice was given, a break began or ended, the person left,
// or media are missing from.
type Moment struct {
	Kind string `json:"kind"` // a mark's, or MomentGap
	At   int64  `json:"at"`   // Unix ms
}

var momentKinds = []string{announced, "break", "resume", "left"}

// MomentGap is from when media are missing.
const MomentGap = "gap"

// announced is the mark of the notice that it is recorded.
const announced = "announced"

// Noticed says whether somebody marked the notice.
func (k Known) Noticed() bool {
	return slices.ContainsFunc(k.Moments, func(m Moment) bool { return m.Kind == announced })
}

// Official gives the last version of a recording's official record, with those
// before it; while it runs there is none ("room.fault.not_sealed").
func (b *Book) Official(ctx context.Context, actor string, id chunk.ID) (Official, error) {
	r, err := b.Get(ctx, actor, id)
	if err != nil {
		return Official{}, err
	}
	known, err := b.known(ctx, actor, r)
	if err != nil {
		return Official{}, err
	}
	rows, err := b.db.Query(ctx, listOfficial, id.String())
	if err != nil {
		return Official{}, err
	}
	defer rows.Close()
	var all []Official
	for rows.Next() {
		o, err := scanOfficial(rows)
		if err != nil {
			return Official{}, err
		}
		all = append(all, o)
	}
	var last Official
	if len(all) > 0 {
		last, last.Before = all[0], all[1:]
	}
	last.Known = known
	last.Missing = last.missing()
	return last, rows.Err()
}

func scanOfficial(row interface{ Scan(...any) error }) (o Official, err error) {
	var told string
	var written, signed int64
	err = row.Scan(&o.N, &o.Version, &told, &o.Epoch, &o.Sealed, &o.Reason, &o.Writer, &written, &o.Signer, &signed, &o.Hash)
	if errors.Is(err, sql.ErrNoRows) {
		return Official{}, nil
	}
	o.Told, o.Written = strings.Fields(told), time.UnixMilli(written).UTC()
	if signed > 0 {
		o.Signed = time.UnixMilli(signed).UTC()
	}
	return o, err
}

// interviewers are the pseudonymous ids of those who interview.
func (f sealedFacts) interviewers() []string {
	out := []string{}
	for _, r := range f.Roles {
		if r.Role == "interviewer" {
			out = append(out, r.Person)
		}
	}
	return out
}

func (f sealedFacts) interviewed(actor string) bool { return slices.Contains(f.interviewers(), actor) }

func (b *Book) known(ctx context.Context, actor string, r Recording) (Known, error) {
	k := Known{Room: r.Room, Watched: []Watched{}, Moments: []Moment{}}
	acts, err := b.Custody(ctx, actor, r.ID)
	if err != nil {
		return Known{}, err
	}
	for _, a := range acts {
		if a.Kind == "recording.watched" && a.Facts["room"] != "" {
			k.Watched = append(k.Watched, Watched{a.Staff, a.Facts["room"], a.Time.UnixMilli()})
		}
	}
	facts, err := b.facts(ctx, r.ID)
	if err != nil {
		return Known{}, err
	}
	k.Interviewers = facts.interviewers()
	marks, err := b.marks(ctx, r.ID)
	if err != nil {
		return Known{}, err
	}
	for _, m := range marks {
		if slices.Contains(momentKinds, m.Kind) {
			k.Moments = append(k.Moments, Moment{m.Kind, r.Started + int64(m.Mono)})
		}
	}
	gaps, err := b.gaps(ctx, r.ID)
	for _, g := range gaps {
		if g.Reason != ClockJumped && g.Reason != NotShown {
			k.Moments = append(k.Moments, Moment{MomentGap, r.Started + int64(g.From)})
		}
	}
	slices.SortStableFunc(k.Moments, func(a, b Moment) int { return cmp.Compare(a.At, b.At) })
	return k, err
}

// missing lists the fields that neither the recording knows nor somebody told.
// Who watched is always known, also that nobody did.
func (o Official) missing() []string {
	known := []string{"director_room", "date_place_times_breaks", "registration_numbers"}
	if len(o.Known.Interviewers) > 0 {
		known = append(known, "interviewers")
	}
	if o.Known.Noticed() {
		known = append(known, "notice_given")
	}
	return slices.DeleteFunc(OfficialFields(), func(field string) bool { return slices.Contains(known, field) || slices.Contains(o.Told, field) })
}

// maxOfficial bounds the sealed words of an official record, in bytes.
const maxOfficial = 512 << 10

// WriteOfficial keeps what somebody wrote. version must be what the writer saw,
// else it is a Conflict. After a signature it is a new version of the record,
// which an interviewer writes, and says why; what was signed counts, for the rules
// of the case too, until the new one is signed. The notice is a field of the
// recording; only where nobody marked it may it be written down afterwards.
func (b *Book) WriteOfficial(ctx context.Context, actor string, id chunk.ID, o Official, version int64) error {
	r, err := b.Get(ctx, actor, id)
	if err != nil {
		return err
	}
	allowed := append(WrittenFields(), "notice_given")
	if slices.ContainsFunc(o.Told, func(f string) bool { return !slices.Contains(allowed, f) }) || len(o.Sealed) > maxOfficial {
		return fault.New(fault.BadInput, "", "no field of an official record")
	}
	if err := seal.CheckFile(o.Sealed, 1); err != nil {
		return err
	}
	facts, err := b.facts(ctx, id)
	if err != nil {
		return err
	}
	act := b.act("recording.official_written", actor, r)
	act.Hashes["sealed"] = sum(o.Sealed)
	_, err = b.log.Do(ctx, act, func(tx *db.Tx) error {
		last, err := scanOfficial(tx.QueryRow(listOfficial, id.String()))
		if err != nil {
			return err
		}
		if last.Version != version {
			return fault.New(fault.Conflict, "room.fault.official_changed", "another version than the writer saw")
		}
		n := max(last.N, 1)
		if last.Signer != "" {
			n++
		} else {
			o.Reason = last.Reason
		}
		switch {
		case n > 1 && !facts.interviewed(actor):
			return fault.New(fault.Refused, "room.fault.official_anew", "somebody who did not interview")
		case n > 1 && !slices.Contains(corrections, o.Reason):
			return fault.New(fault.BadInput, "room.fault.official_reason", "a signed record without a reason to write it anew")
		}
		_, err = tx.Exec(upsertOfficial, id.String(), n, version+1, strings.Join(o.Told, " "), o.Epoch, o.Sealed, o.Reason, actor, b.clock().UnixMilli())
		return err
	})
	return err
}

// officialText is what is signed, as canonical JSON (docs/formats.md).
type officialText struct {
	Version   int        `json:"v"`
	Recording chunk.ID   `json:"recording"`
	N         int64      `json:"n"`
	Manifest  chunk.Hash `json:"manifest"` // SHA-256 of the seal's manifest
	Known     Known      `json:"known"`
	Told      []string   `json:"told"`
	Sealed    chunk.Hash `json:"sealed"` // SHA-256 of the sealed words
	Signer    string     `json:"signer"` // pseudonymous id
	At        int64      `json:"at"`     // Unix ms
}

// SignOfficial signs the record as it stands: only an interviewer of the
// recording does, only what is complete, and only once. The rules of the case
// hear of it in the same act.
func (b *Book) SignOfficial(ctx context.Context, actor string, id chunk.ID, version int64) error {
	r, err := b.Get(ctx, actor, id)
	if err != nil {
		return err
	}
	o, err := b.Official(ctx, actor, id)
	if err != nil {
		return err
	}
	manifest, _, err := b.Manifest(ctx, actor, id)
	if err != nil {
		return err
	}
	switch {
	case !slices.Contains(o.Known.Interviewers, actor):
		return fault.New(fault.Refused, "room.fault.official_signer", "somebody who did not interview")
	case o.N == 0 || o.Version != version:
		return fault.New(fault.Conflict, "room.fault.official_changed", "another version than the signer saw")
	case o.Signer != "":
		return fault.New(fault.Conflict, "room.fault.official_signed", "signed already")
	case len(o.Missing) > 0:
		return fault.New(fault.Refused, "room.fault.official_missing", "fields are missing: %s", strings.Join(o.Missing, ", "))
	}
	at := b.clock().UnixMilli()
	text, err := json.Marshal(officialText{2, id, o.N, chunk.Hash(sum(manifest)), o.Known, slices.Sorted(slices.Values(o.Told)), sha256.Sum256(o.Sealed), actor, at})
	if err != nil {
		return err
	}
	if text, err = jcs.Transform(text); err != nil {
		return err
	}
	act := b.act("recording.official_signed", actor, r)
	act.Hashes["official"], act.Hashes["manifest"] = sum(text), sum(manifest)
	_, err = b.log.Do(ctx, act, func(tx *db.Tx) error {
		n, err := tx.Exec(signOfficial, id.String(), o.N, version, actor, at, sum(text))
		if err == nil && n == 0 {
			err = fault.New(fault.Conflict, "room.fault.official_changed", "changed meanwhile")
		}
		if err != nil {
			return err
		}
		return b.cases.RecordSigned(tx, actor, r.Casefile, r.Interview, OfficialFields())
	})
	return err
}
