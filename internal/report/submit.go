package report

import (
	"bytes"
	"context"
	"crypto/sha256"
	"database/sql"
	"errors"
	"strconv"
	"strings"

	"verhaal/internal/custody"
	"verhaal/internal/db"
	"verhaal/internal/fault"
)

// Received is the answer to a finished report.
type Received struct {
	Proof string // signed proof of report, a C2SP signed note
	Day   int    // YYYYMMDD
}

// errKnown ends an act that would do what the same request did before.
var errKnown = errors.New("this was done before")

// Submit keeps a finished report. It returns when the report is durable.
// Sending the same report again gives the same answer; another report under
// the same receipt is a Conflict. A report sealed to a key that is no longer
// current is a Conflict with the key "fault.key_changed": seal again and send.
func (b *Reports) Submit(ctx context.Context, s Submission) (Received, error) {
	channel, ok := b.desk.Channel(s.Channel)
	if !ok {
		return Received{}, fault.New(fault.BadInput, "", "no such channel")
	}
	if err := s.check(); err != nil {
		return Received{}, err
	}
	lookup := sha256.Sum256(s.Lookup)
	body := s.hash()
	key, err := b.desk.Sealing(ctx, s.Channel)
	if err != nil || key.Fingerprint != s.Key {
		// What is sent again, because its answer got lost, is known whatever
		// became of the desk's key since.
		if got, known := b.again(ctx, lookup[:], body); !errors.Is(known, sql.ErrNoRows) {
			return got, known
		}
		if err == nil {
			err = fault.New(fault.Conflict, "fault.key_changed", "sealed to a key that is not current")
		}
		return Received{}, err
	}

	id, received := b.newID(), b.stamp(channel)
	proof := sha256.Sum256(s.Proof)
	proofHash, reporter := proof[:], s.Reporter
	if !channel.Dialogue {
		// Nothing to come back with: the channel promises that nobody is answered.
		proofHash, reporter = []byte{}, ""
	}
	act := custody.Act{
		Kind: "report.received", Subject: id, DayOnly: true,
		Facts:  map[string]string{"channel": s.Channel, "epoch": strconv.FormatInt(key.Epoch, 10)},
		Hashes: map[string][]byte{"sealed": body},
	}
	entry, err := b.log.Do(ctx, act, func(tx *db.Tx) error {
		n, err := tx.Exec(insertReport, id, s.Channel, key.Epoch, received, s.Facts.rank(), s.Lang,
			s.Facts.Danger, s.Facts.Age, strings.Join(s.Facts.Kinds, " "), s.Facts.AboutSelf, s.Facts.Language,
			s.Arrival, flag(s.Marked), reporter, lookup[:], proofHash, body, s.Content, s.IdentityKey, s.Identity)
		if err == nil && n == 0 {
			err = errKnown
		}
		return err
	})
	if errors.Is(err, errKnown) {
		return b.again(ctx, lookup[:], body)
	}
	if err != nil {
		return Received{}, err
	}
	return b.proof(s.Channel, received, body, entry)
}

// again answers a report that is already there; sql.ErrNoRows when it is not.
func (b *Reports) again(ctx context.Context, lookup, body []byte) (Received, error) {
	var id, channel string
	var received int64
	var known []byte
	err := b.db.QueryRow(ctx, findByLookup, lookup).Scan(&id, &channel, &received, &known)
	if errors.Is(err, sql.ErrNoRows) {
		return Received{}, err
	}
	if err != nil {
		return Received{}, fault.Wrap(fault.Unavailable, "", err)
	}
	if !bytes.Equal(known, body) {
		return Received{}, fault.New(fault.Conflict, "", "another report has this receipt")
	}
	acts, err := b.log.About(ctx, id)
	if err != nil {
		return Received{}, err
	}
	if len(acts) == 0 {
		return Received{}, fault.New(fault.Internal, "", "a report without its act")
	}
	return b.proof(channel, received, body, acts[0])
}

func (b *Reports) proof(channel string, received int64, body []byte, e custody.Entry) (Received, error) {
	day := Day(received)
	text, err := b.log.ProofOfReport(channel, day, body, e)
	return Received{Proof: text, Day: day}, err
}

func flag(b bool) int {
	if b {
		return 1
	}
	return 0
}
