// Package report holds what reporters sent, sealed, and the dialogue that
// follows. It never sees a story, a name or a private key: it keeps age files,
// the facts that drive queues and rules, and writes only through acts.
//
// Submit is the reporter's side of it and Queue, Open and Answer the desk's.
// "Received" means durable: Submit returns after the commit of the report and
// of its leaf in the custody log, and sending the same report again gives the
// same answer.
package report

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"slices"
	"time"

	"verhaal/internal/custody"
	"verhaal/internal/db"
	"verhaal/internal/fault"
	"verhaal/internal/seal"
)

// Limits of what one report may hold, in bytes of sealed files.
const (
	MaxContent  = 512 << 10
	MaxIdentity = 64 << 10
	MaxMessage  = 256 << 10
	maxKeyFile  = 8 << 10
)

// Facts are what the server may read of a report; none of them names anyone.
type Facts struct {
	Danger    string   `json:"danger"`     // yes, no, unknown
	Age       string   `json:"age"`        // under12, 12-15, 16-17, adult, unknown: of the person it is about
	Kinds     []string `json:"kinds"`      // of exploitation, see Kinds; may be empty
	AboutSelf string   `json:"about_self"` // yes, no, unknown
	Language  string   `json:"language"`   // spoken, ISO 639, may be empty
}

// Kinds are the forms of exploitation of the Dutch pack (art. 273f Sr and
// Directive 2024/1712).
var Kinds = []string{"sexual", "labour", "criminal", "begging", "domestic_servitude", "organ",
	"forced_marriage", "surrogacy", "illegal_adoption", "other"}

var (
	ages    = []string{"under12", "12-15", "16-17", "adult", "unknown"}
	answers = []string{"yes", "no", "unknown"}
)

// Child says whether the person is known to be under 18.
func (f Facts) Child() bool { return f.Age == "under12" || f.Age == "12-15" || f.Age == "16-17" }

func (f Facts) rank() int {
	rank := 3
	if f.Danger == "yes" {
		rank--
	}
	if f.Child() {
		rank -= 2
	}
	return rank
}

func (f Facts) check() error {
	ok := slices.Contains(answers, f.Danger) && slices.Contains(ages, f.Age) && slices.Contains(answers, f.AboutSelf) &&
		len(f.Kinds) <= len(Kinds) && plainCode(f.Language)
	for _, k := range f.Kinds {
		ok = ok && slices.Contains(Kinds, k)
	}
	if !ok {
		return fault.New(fault.BadInput, "", "a fact has a value that is not on its list")
	}
	return nil
}

// plainCode accepts an empty string or a short language code.
func plainCode(s string) bool {
	for _, c := range s {
		if !(c >= 'a' && c <= 'z' || c == '-') {
			return false
		}
	}
	return len(s) <= 12
}

// Submission is one finished report as it arrives.
type Submission struct {
	Channel string
	Key     string // fingerprint of the desk key it was sealed to
	Lang    string // of the pages it was written on
	Facts   Facts

	Lookup   []byte // 16 bytes, from the receipt
	Proof    []byte // 32 bytes, from the receipt
	Reporter string // the reporter's recipient for answers

	Content     []byte // age file to desk and reporter
	IdentityKey []byte // age file to the desk
	Identity    []byte // age file to the report's own identity key

	Arrival string // Browser or Server: where it was sealed
	Marked  bool   // arrived without the work that was asked for under load
}

// Where a report was sealed.
const (
	Browser = "browser"
	Server  = "server"
)

func (s *Submission) check() error {
	if len(s.Lookup) != 16 || len(s.Proof) != 32 || !plainCode(s.Lang) || s.Lang == "" ||
		(s.Arrival != Browser && s.Arrival != Server) {
		return fault.New(fault.BadInput, "", "a field of the report has the wrong length or value")
	}
	if len(s.Content) > MaxContent || len(s.Identity) > MaxIdentity || len(s.IdentityKey) > maxKeyFile {
		return fault.New(fault.TooLarge, "", "a sealed part is over its limit")
	}
	if err := s.Facts.check(); err != nil {
		return err
	}
	if !seal.PlausibleRecipient(s.Reporter) {
		return fault.New(fault.BadInput, "fault.not_a_key", "the reporter's key is not a hybrid recipient")
	}
	if err := seal.CheckFile(s.Content, 2); err != nil {
		return err
	}
	if err := seal.CheckFile(s.IdentityKey, 1); err != nil {
		return err
	}
	return seal.CheckFile(s.Identity, 1)
}

// hash is the SHA-256 over the sealed parts, each with its length in front:
// what the proof of report names.
func (s *Submission) hash() []byte {
	h := sha256.New()
	for _, part := range [][]byte{s.Content, s.IdentityKey, s.Identity} {
		var n [8]byte
		binary.BigEndian.PutUint64(n[:], uint64(len(part)))
		h.Write(n[:])
		h.Write(part)
	}
	return h.Sum(nil)
}

// Channel is what the book must know of a channel of the pack.
type Channel struct {
	Dialogue  bool // answers reach the reporter
	DayOnly   bool // the exact time is not kept
	Anonymous bool // no name is kept
	Walled    bool // nothing leaves but a released text
}

// Key is the desk key that reports are sealed to now.
type Key struct {
	Channel     string
	Epoch       int64
	Recipient   string
	Fingerprint string
}

// Desk is the desk's side of a report: its rules, its key, and who may read.
type Desk interface {
	// Channel finds a channel of the pack in force.
	Channel(id string) (Channel, bool)
	// Sealing gives the current key; an Unavailable fault while the channel is closed.
	Sealing(ctx context.Context, channel string) (Key, error)
	// MayRead is nil for a member who may read the channel at this moment.
	MayRead(ctx context.Context, staff, channel string) error
	// Withheld lists the reports that a person must not see, of whatever desk:
	// those of cases that the person is excluded from.
	Withheld(ctx context.Context, staff string) ([]string, error)
	// MayAnswer is nil unless something forbids the desk to write to the reporter,
	// such as a safe-contact plan; it is asked in the act that writes.
	MayAnswer(tx *db.Tx, report string) error
}

// Reports is the book of all reports. It is safe for concurrent use.
type Reports struct {
	db    *db.DB
	log   *custody.Log
	desk  Desk
	clock func() time.Time
	newID func() string
}

// New opens the book.
func New(d *db.DB, log *custody.Log, desk Desk, clock func() time.Time) *Reports {
	return &Reports{db: d, log: log, desk: desk, clock: clock, newID: rand.Text}
}

// stamp is the time that a channel lets us keep.
func (b *Reports) stamp(c Channel) int64 {
	now := b.clock().UTC()
	if c.DayOnly {
		now = now.Truncate(24 * time.Hour)
	}
	return now.Unix()
}

const secondsOfDay = 24 * 60 * 60

// Day is a unix time as the number YYYYMMDD in UTC.
func Day(unix int64) int {
	y, m, d := time.Unix(unix, 0).UTC().Date()
	return y*10000 + int(m)*100 + d
}
