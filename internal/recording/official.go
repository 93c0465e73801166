package recording

import (
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
	"verhaal/internal/recording/proof"
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

// Official is the last version of a recording's official record. Sealed is an
// age file to the case key of Epoch: the fields that somebody wrote, a summary
// and key passages in the person's own words.
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
	Missing []string
}

// Official gives a recording's official record as far as it is.
func (b *Book) Official(ctx context.Context, actor string, id chunk.ID) (Official, error) {
	r, err := b.Get(ctx, actor, id)
	if err != nil {
		return Official{}, err
	}
	o, err := scanOfficial(b.db.QueryRow(ctx, findOfficial, id.String()))
	if err != nil {
		return Official{}, err
	}
	known, err := b.known(ctx, r)
	o.Missing = missing(o, known)
	return o, err
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

func isInterviewer(r proof.Role) bool { return r.Role == "interviewer" }

func (f sealedFacts) interviewed(actor string) bool {
	return slices.ContainsFunc(f.Roles, func(r proof.Role) bool { return isInterviewer(r) && r.Person == actor })
}

// known is which fields the recording fills by itself.
func (b *Book) known(ctx context.Context, r Recording) ([]string, error) {
	out := []string{"director_room"} // who watched is always known, also that nobody did
	facts, err := b.facts(ctx, r.ID)
	if err != nil {
		return nil, err
	}
	if slices.ContainsFunc(facts.Roles, isInterviewer) {
		out = append(out, "interviewers")
	}
	if r.Sealed {
		out = append(out, "date_place_times_breaks", "registration_numbers")
	}
	marks, err := b.marks(ctx, r.ID)
	if slices.ContainsFunc(marks, func(m Mark) bool { return m.Kind == "announced" }) {
		out = append(out, "notice_given")
	}
	return out, err
}

func missing(o Official, known []string) []string {
	var out []string
	for _, field := range OfficialFields() {
		if !slices.Contains(known, field) && !slices.Contains(o.Told, field) {
			out = append(out, field)
		}
	}
	return out
}

// maxOfficial bounds the sealed words of an official record, in bytes.
const maxOfficial = 512 << 10

// WriteOfficial keeps what somebody wrote. version must be what the writer saw,
// else it is a Conflict. After a signature it is a new version of the record,
// and says why. The notice is a field of the recording; only where nobody marked
// it may it be written down afterwards.
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
	act := b.act("recording.official_written", actor, r)
	act.Hashes["sealed"] = sum(o.Sealed)
	_, err = b.log.Do(ctx, act, func(tx *db.Tx) error {
		last, err := scanOfficial(tx.QueryRow(findOfficial, id.String()))
		if err != nil {
			return err
		}
		if last.Version != version {
			return fault.New(fault.Conflict, "room.fault.official_changed", "another version than the writer saw")
		}
		n := max(last.N, 1)
		if last.Signer != "" {
			if n++; !slices.Contains(corrections, o.Reason) {
				return fault.New(fault.BadInput, "room.fault.official_reason", "a signed record without a reason to write it anew")
			}
		} else {
			o.Reason = last.Reason
		}
		_, err = tx.Exec(upsertOfficial, id.String(), n, version+1, strings.Join(o.Told, " "), o.Epoch, o.Sealed, o.Reason, actor, b.clock().UnixMilli())
		return err
	})
	return err
}

// officialText is what is signed, as canonical JSON (RFC 8785).
type officialText struct {
	Version   int        `json:"v"`
	Recording chunk.ID   `json:"recording"`
	N         int64      `json:"n"`
	Manifest  chunk.Hash `json:"manifest"` // SHA-256 of the seal's manifest
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
	facts, err := b.facts(ctx, id)
	if err != nil {
		return err
	}
	manifest, _, err := b.Manifest(ctx, actor, id)
	if err != nil {
		return err
	}
	switch {
	case !facts.interviewed(actor):
		return fault.New(fault.Refused, "room.fault.official_signer", "somebody who did not interview")
	case o.N == 0 || o.Version != version:
		return fault.New(fault.Conflict, "room.fault.official_changed", "another version than the signer saw")
	case o.Signer != "":
		return fault.New(fault.Conflict, "room.fault.official_signed", "signed already")
	case len(o.Missing) > 0:
		return fault.New(fault.Refused, "room.fault.official_missing", "fields are missing: %s", strings.Join(o.Missing, ", "))
	}
	at := b.clock().UnixMilli()
	text, err := json.Marshal(officialText{1, id, o.N, chunk.Hash(sum(manifest)), slices.Sorted(slices.Values(o.Told)), sha256.Sum256(o.Sealed), actor, at})
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

// Watched is who followed a recording, from where and since when.
type Watched struct {
	Staff, Room string
	At          time.Time
}

// Watched lists who came to follow, the first first.
func (b *Book) Watched(ctx context.Context, actor string, id chunk.ID) ([]Watched, error) {
	acts, err := b.Custody(ctx, actor, id)
	if err != nil {
		return nil, err
	}
	var out []Watched
	for _, a := range acts {
		if a.Kind == "recording.watched" && a.Facts["room"] != "" {
			out = append(out, Watched{a.Staff, a.Facts["room"], a.Time})
		}
	}
	return out, nil
}

// Interviewers are the pseudonymous ids of those who interviewed.
func (b *Book) Interviewers(ctx context.Context, actor string, id chunk.ID) ([]string, error) {
	if _, err := b.Get(ctx, actor, id); err != nil {
		return nil, err
	}
	facts, err := b.facts(ctx, id)
	if err != nil {
		return nil, err
	}
	var out []string
	for _, role := range facts.Roles {
		if isInterviewer(role) {
			out = append(out, role.Person)
		}
	}
	return out, nil
}
