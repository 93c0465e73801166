package report

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"database/sql"
	"errors"

	"verhaal/internal/fault"
)

// Dialogue is what a reporter finds on coming back: the own report and every
// message, sealed to the reporter's key.
type Dialogue struct {
	Channel  string
	Day      int
	Moved    int // day on which Channel got it from another desk, YYYYMMDD; 0 = never
	Content  []byte
	Messages []Message
	Key      Key // of the desk, to seal the next message to; zero while the channel is closed
}

// Return finds a dialogue by what the receipt derives: lookup (16 bytes) and
// proof (32 bytes). Any wrong receipt costs the server the same: one look-up
// and one comparison; it is NotFound with the key "fault.wrong_receipt".
func (b *Reports) Return(ctx context.Context, lookup, proof []byte) (Dialogue, error) {
	row, content, err := b.find(ctx, lookup, proof)
	if err != nil {
		return Dialogue{}, err
	}
	key, err := b.desk.Sealing(ctx, row.Channel)
	if err != nil && fault.KindOf(err) != fault.Unavailable {
		return Dialogue{}, err
	}
	d := Dialogue{Channel: row.Channel, Day: row.Day, Content: content, Key: key}
	if err := b.db.QueryRow(ctx, lastHandOver, row.ID).Scan(&d.Moved); err != nil {
		return Dialogue{}, fault.Wrap(fault.Unavailable, "", err)
	}
	d.Messages, err = b.messages(ctx, row.ID)
	return d, err
}

// WriteAgain adds the reporter's message, sealed to the desk key with
// fingerprint key and to the reporter. after is as in Answer.
func (b *Reports) WriteAgain(ctx context.Context, lookup, proof []byte, after int64, key string, sealed []byte) error {
	row, _, err := b.find(ctx, lookup, proof)
	if err != nil {
		return err
	}
	return b.write(ctx, row, "", key, Message{N: after + 1, Sender: FromReporter, Sealed: sealed})
}

// noProof stands in for the stored hash when a look-up finds nothing, so that
// both ways compare 32 bytes.
var noProof [sha256.Size]byte

func (b *Reports) find(ctx context.Context, lookup, proof []byte) (Row, []byte, error) {
	wrong := fault.New(fault.NotFound, "fault.wrong_receipt", "no dialogue for this receipt")
	id, stored := sha256.Sum256(lookup), noProof[:]
	var report string
	var content, hash []byte
	err := b.db.QueryRow(ctx, findDialogue, id[:]).Scan(&report, &hash, &content)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return Row{}, nil, fault.Wrap(fault.Unavailable, "", err)
	}
	if len(hash) == sha256.Size {
		stored = hash
	}
	given := sha256.Sum256(proof)
	if subtle.ConstantTimeCompare(stored, given[:]) != 1 {
		return Row{}, nil, wrong
	}
	row, err := b.Get(ctx, report)
	return row, content, err
}

func sum(b []byte) []byte {
	h := sha256.Sum256(b)
	return h[:]
}
