package report

import (
	"context"
	"database/sql"
	"slices"
	"strconv"

	"verhaal/internal/custody"
	"verhaal/internal/db"
	"verhaal/internal/fault"
	"verhaal/internal/seal"
)

// Message is one sealed line of the dialogue.
type Message struct {
	N      int64  // 1, 2, … within the report
	Sender string // FromDesk or FromReporter
	Day    int    // YYYYMMDD
	Epoch  int64  // of the desk key it was sealed to
	Sealed []byte
}

// Who wrote a message.
const (
	FromDesk     = "desk"
	FromReporter = "reporter"
)

// OpenedReport is all that an officer's browser needs to unseal a report,
// without who reported.
type OpenedReport struct {
	Row
	Epoch    int64
	Content  []byte
	Reporter string // recipient for answers; "" where the channel gives none
	Messages []Message
}

// Open gives out a report's sealed bytes to a member of its desk. It is an
// act: who opened what and when stands in the custody log before any byte leaves.
func (b *Reports) Open(ctx context.Context, actor, id string) (OpenedReport, error) {
	row, err := b.readable(ctx, actor, id)
	if err != nil {
		return OpenedReport{}, err
	}
	act := custody.Act{Kind: "report.opened", Actor: actor, Subject: id, Facts: map[string]string{"channel": row.Channel}}
	return b.giveOut(ctx, act, row)
}

// giveOut records act and reads what the report's desk may read. A report that
// a colleague handed over meanwhile is a Conflict with the key "fault.handed_over".
func (b *Reports) giveOut(ctx context.Context, act custody.Act, row Row) (OpenedReport, error) {
	out := OpenedReport{Row: row}
	_, err := b.log.Do(ctx, act, func(tx *db.Tx) error {
		n, err := tx.Exec(markOpened, row.ID, row.Channel)
		if err == nil && n == 0 {
			err = leftDesk(sql.ErrNoRows)
		}
		return err
	})
	if err != nil {
		return OpenedReport{}, err
	}
	out.Unread = false
	if out.State == StateNew {
		out.State = StateOpened
	}
	if err := b.db.QueryRow(ctx, findContent, row.ID, row.Channel).Scan(&out.Epoch, &out.Reporter, &out.Content); err != nil {
		return OpenedReport{}, leftDesk(err)
	}
	out.Messages, err = b.messages(ctx, row.ID)
	return out, err
}

// IdentityReasons are the codes for opening who reported.
var IdentityReasons = []string{"safety", "contact", "verification", "formal_report", "order"}

// SealedIdentity is who reported, under the report's own key.
type SealedIdentity struct {
	Epoch int64
	Key   []byte // age file to the desk key of Epoch, holds the identity's private key
	File  []byte
}

// OpenIdentity gives out who reported. It is an act of its own with a reason:
// a code, and words sealed to the desk (age file to one recipient).
func (b *Reports) OpenIdentity(ctx context.Context, actor, id, code string, reason []byte) (SealedIdentity, error) {
	if !slices.Contains(IdentityReasons, code) {
		return SealedIdentity{}, fault.New(fault.BadInput, "fault.reason_needed", "not a reason for opening an identity")
	}
	if err := checkSealed(reason, 1); err != nil {
		return SealedIdentity{}, err
	}
	row, err := b.readable(ctx, actor, id)
	if err != nil {
		return SealedIdentity{}, err
	}
	act := custody.Act{Kind: "identity.opened", Actor: actor, Subject: id, Basis: code,
		Facts: map[string]string{"channel": row.Channel}, Hashes: map[string][]byte{"reason": sum(reason)}}
	if _, err := b.log.Do(ctx, act, func(tx *db.Tx) error {
		if err := stillOn(tx, row); err != nil {
			return err
		}
		_, err := tx.Exec(insertOpening, b.newID(), id, actor, code, reason, b.clock().Unix())
		return err
	}); err != nil {
		return SealedIdentity{}, err
	}
	var out SealedIdentity
	if err := b.db.QueryRow(ctx, findIdentity, id, row.Channel).Scan(&out.Epoch, &out.Key, &out.File); err != nil {
		return SealedIdentity{}, leftDesk(err)
	}
	return out, nil
}

// Answer adds the desk's message, sealed to the reporter and to the desk key
// with fingerprint key. after is the number of the last message the writer has
// seen: when a colleague or the reporter wrote meanwhile it is a Conflict with
// the key "fault.answered_meanwhile" and nothing is written.
func (b *Reports) Answer(ctx context.Context, actor, id string, after int64, key string, sealed []byte) error {
	row, err := b.readable(ctx, actor, id)
	if err != nil {
		return err
	}
	if c, _ := b.desk.Channel(row.Channel); !c.Dialogue {
		return fault.New(fault.Refused, "fault.no_dialogue", "the channel answers nobody")
	}
	return b.write(ctx, row, actor, key, Message{N: after + 1, Sender: FromDesk, Sealed: sealed})
}

// readable finds a report for a member who may read its channel now. To all
// others it does not exist.
func (b *Reports) readable(ctx context.Context, actor, id string) (Row, error) {
	row, err := b.Find(ctx, actor, id)
	if err != nil {
		return Row{}, err
	}
	return row, b.desk.MayRead(ctx, actor, row.Channel)
}

func (b *Reports) messages(ctx context.Context, id string) ([]Message, error) {
	rows, err := b.db.Query(ctx, listMessages, id)
	if err != nil {
		return nil, fault.Wrap(fault.Unavailable, "", err)
	}
	defer rows.Close()
	var out []Message
	for rows.Next() {
		var m Message
		var sent int64
		if err := rows.Scan(&m.N, &m.Sender, &sent, &m.Epoch, &m.Sealed); err != nil {
			return nil, fault.Wrap(fault.Unavailable, "", err)
		}
		m.Day = Day(sent)
		out = append(out, m)
	}
	return out, fault.Wrap(fault.Unavailable, "", rows.Err())
}

// write appends a message if nobody wrote since and it is sealed to the desk
// key of today.
func (b *Reports) write(ctx context.Context, row Row, actor, key string, m Message) error {
	if err := checkSealed(m.Sealed, 2); err != nil {
		return err
	}
	current, err := b.desk.Sealing(ctx, row.Channel)
	if err != nil {
		return err
	}
	if current.Fingerprint != key {
		return fault.New(fault.Conflict, "fault.key_changed", "sealed to a key that is not current")
	}
	m.Epoch = current.Epoch
	channel, _ := b.desk.Channel(row.Channel)
	act := custody.Act{Kind: "message.sent", Actor: actor, Subject: row.ID, DayOnly: m.Sender == FromReporter,
		Facts:  map[string]string{"channel": row.Channel, "epoch": strconv.FormatInt(m.Epoch, 10), "sender": m.Sender},
		Hashes: map[string][]byte{"sealed": sum(m.Sealed)}}
	state, unread := StateAnswered, 0
	if m.Sender == FromReporter {
		act.Kind, state, unread = "message.received", StateOpened, 1
	}
	meanwhile := fault.New(fault.Conflict, "fault.answered_meanwhile", "message %d exists or its predecessor does not", m.N)
	_, err = b.log.Do(ctx, act, func(tx *db.Tx) error {
		if err := stillOn(tx, row); err != nil {
			return err
		}
		if m.Sender == FromDesk {
			if err := b.desk.MayAnswer(tx, row.ID); err != nil {
				return err
			}
		}
		var last int64
		if err := tx.QueryRow(lastMessage, row.ID).Scan(&last); err != nil {
			return err
		}
		if m.N != last+1 {
			return meanwhile
		}
		n, err := tx.Exec(insertMessage, row.ID, m.N, m.Sender, actor, b.stamp(channel), m.Epoch, m.Sealed)
		if err != nil {
			return err
		}
		if n == 0 {
			return meanwhile
		}
		_, err = tx.Exec(touchReport, row.ID, state, unread)
		return err
	})
	return err
}

// stillOn is nil while the report is on the desk where row was read: what is
// written was sealed to that desk's key.
func stillOn(tx *db.Tx, row Row) error {
	var channel string
	if err := tx.QueryRow(findPlace, row.ID).Scan(&channel); err != nil {
		return err
	}
	if channel != row.Channel {
		return leftDesk(sql.ErrNoRows)
	}
	return nil
}

func checkSealed(file []byte, recipients int) error {
	if len(file) > MaxMessage {
		return fault.New(fault.TooLarge, "", "message over %d bytes", MaxMessage)
	}
	return seal.CheckFile(file, recipients)
}
