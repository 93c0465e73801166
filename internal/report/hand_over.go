package report

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/binary"
	"errors"
	"slices"
	"strconv"

	"verhaal/internal/custody"
	"verhaal/internal/db"
	"verhaal/internal/fault"
	"verhaal/internal/seal"
)

// Consents are the codes for what the reporter said to a hand-over.
var Consents = []string{"agreed", "asked_no_answer", "danger_now", "wish_of_reporter"}

// MaxHandOver bounds the files of one hand-over together, in bytes.
const MaxHandOver = 12 << 20

// Advice is where the pack in force would send a report, and by which rule.
type Advice struct{ Channel, Rule string }

// MayHandOver is nil when the channels' own rules let a report go from one to
// the other as it is; else Refused, with a key that says why.
func (b *Reports) MayHandOver(from, to string) error {
	source, known := b.desk.Channel(from)
	target, ok := b.desk.Channel(to)
	switch {
	case !known || !ok || from == to:
		return fault.New(fault.BadInput, "fault.hand_over_same", "no other channel")
	case source.Walled:
		return fault.New(fault.Refused, "fault.walled", "only a released text leaves a walled channel")
	case source.Dialogue && !target.Dialogue:
		return fault.New(fault.Refused, "fault.no_way_back", "the reporter was promised answers")
	case target.Anonymous && !target.DayOnly:
		return fault.New(fault.Refused, "fault.keeps_time", "an anonymous channel that keeps the time")
	}
	return nil
}

// Handable is what a browser needs to seal a report anew for another desk.
type Handable struct {
	OpenedReport
	IdentityKey []byte // age file to the desk key of Epoch; nil where the identity stays behind
	Key         Key    // of the other desk
}

// PrepareHandOver gives a report's sealed bytes out to be sealed for another
// desk, and with them the key of the identity, never the identity. No identity
// goes to an anonymous channel, so there the key stays too. It is an act.
func (b *Reports) PrepareHandOver(ctx context.Context, actor, id, to string) (Handable, error) {
	row, err := b.readable(ctx, actor, id)
	if err != nil {
		return Handable{}, err
	}
	if err := b.MayHandOver(row.Channel, to); err != nil {
		return Handable{}, err
	}
	out := Handable{}
	if out.Key, err = b.desk.Sealing(ctx, to); err != nil {
		return Handable{}, err
	}
	act := custody.Act{Kind: "report.hand_over_prepared", Actor: actor, Subject: id, Facts: map[string]string{"from": row.Channel, "to": to}}
	if out.OpenedReport, err = b.giveOut(ctx, act, row); err != nil {
		return Handable{}, err
	}
	if target, _ := b.desk.Channel(to); !target.Anonymous {
		var epoch int64
		var identity []byte
		if err := b.db.QueryRow(ctx, findIdentity, id, row.Channel).Scan(&epoch, &out.IdentityKey, &identity); err != nil {
			return Handable{}, leftDesk(err)
		}
	}
	return out, nil
}

// HandOver is a report sealed anew for another desk.
type HandOver struct {
	From, To string // channels
	Key      string // fingerprint of the desk key of To that it was sealed to
	State    string // of the report when it was prepared
	Advice   Advice
	Consent  string // one of Consents
	Reason   []byte // age file to the present desk; may be empty when To is what was advised

	Content     []byte   // age file to desk and reporter
	Messages    [][]byte // the whole dialogue in its order, each an age file to desk and reporter
	IdentityKey []byte   // age file to the desk
	Identity    []byte   // a fresh empty one where To is anonymous, nothing elsewhere
}

// HandOver moves a report to another desk in one act: afterwards only that
// desk can read it, and there it is unread. When somebody wrote since it was
// prepared it is a Conflict with the key "fault.hand_over_meanwhile", and
// nothing changes. The same request sent again changes nothing and is no error.
func (b *Reports) HandOver(ctx context.Context, actor, id string, h HandOver) error {
	if err := b.desk.MayRead(ctx, actor, h.From); err != nil {
		return err
	}
	if err := b.MayHandOver(h.From, h.To); err != nil {
		return err
	}
	target, _ := b.desk.Channel(h.To)
	if err := h.check(target); err != nil {
		return err
	}
	body := h.hash()
	row, err := b.Find(ctx, actor, id)
	if err != nil {
		return err
	}
	var before int64
	if err := b.db.QueryRow(ctx, countSameHandOver, id, body).Scan(&before); err != nil || before > 0 {
		return fault.Wrap(fault.Unavailable, "", err)
	}
	if row.Channel != h.From {
		return leftDesk(sql.ErrNoRows)
	}
	key, err := b.desk.Sealing(ctx, h.To)
	if err != nil {
		return err
	}
	if key.Fingerprint != h.Key {
		return fault.New(fault.Conflict, "fault.key_changed", "sealed to a key that is not current")
	}
	act := custody.Act{Kind: "report.handed_over", Actor: actor, Subject: id, Basis: h.Advice.Rule,
		Facts: map[string]string{"from": h.From, "to": h.To, "advised": h.Advice.Channel, "consent": h.Consent,
			"epoch": strconv.FormatInt(key.Epoch, 10)},
		Hashes: map[string][]byte{"sealed": body}}
	if len(h.Reason) > 0 {
		act.Hashes["reason"] = sum(h.Reason)
	}
	_, err = b.log.Do(ctx, act, func(tx *db.Tx) error { return b.move(tx, actor, row, h, target, key.Epoch, body) })
	if errors.Is(err, errKnown) {
		return nil
	}
	return err
}

func (b *Reports) move(tx *db.Tx, actor string, row Row, h HandOver, target Channel, epoch int64, body []byte) error {
	var channel, state string
	var last, passed, same int64
	if err := tx.QueryRow(countSameHandOver, row.ID, body).Scan(&same); err != nil {
		return err
	}
	if same > 0 {
		return errKnown
	}
	if err := tx.QueryRow(findMovable, row.ID).Scan(&channel, &state, &last, &passed); err != nil {
		return err
	}
	if channel != h.From {
		return leftDesk(sql.ErrNoRows)
	}
	if state != h.State || last != int64(len(h.Messages)) {
		return fault.New(fault.Conflict, "fault.hand_over_meanwhile", "a message or another act came in between")
	}
	keep := int64(1) // seconds that the times of the report are cut to
	if target.DayOnly {
		keep = secondsOfDay
	}
	if target.Anonymous {
		n, err := tx.Exec(replaceIdentity, row.ID, h.Identity)
		if err != nil {
			return err
		}
		if n == 0 {
			return fault.New(fault.BadInput, "", "the identity was passed on to an anonymous channel")
		}
	}
	if _, err := tx.Exec(moveReport, row.ID, h.To, epoch, keep, h.Content, h.IdentityKey); err != nil {
		return err
	}
	for i, sealed := range h.Messages {
		n, err := tx.Exec(moveMessage, row.ID, i+1, epoch, keep, sealed)
		if err != nil {
			return err
		}
		if n == 0 {
			return fault.New(fault.Internal, "", "a dialogue with a gap")
		}
	}
	reason := h.Reason
	if reason == nil {
		reason = []byte{}
	}
	_, err := tx.Exec(insertHandOver, row.ID, passed+1, h.From, h.To, h.Advice.Channel, h.Consent, reason, actor,
		Day(b.clock().Unix()), body)
	return err
}

// leftDesk tells of a report that is no longer on the desk that was asked.
func leftDesk(err error) error {
	if errors.Is(err, sql.ErrNoRows) {
		return fault.New(fault.Conflict, "fault.handed_over", "the report is on another desk now")
	}
	return fault.Wrap(fault.Unavailable, "", err)
}

func (h *HandOver) check(target Channel) error {
	if !slices.Contains(Consents, h.Consent) {
		return fault.New(fault.BadInput, "fault.consent_needed", "no code for what the reporter said")
	}
	if len(h.Reason) == 0 && h.To != h.Advice.Channel {
		return fault.New(fault.BadInput, "fault.hand_over_reason", "another channel than advised needs a reason")
	}
	if target.Anonymous != (len(h.Identity) > 0) {
		return fault.New(fault.BadInput, "", "an identity goes along exactly where it is to be replaced")
	}
	if len(h.Content) > MaxContent || len(h.Identity) > MaxIdentity || len(h.IdentityKey) > maxKeyFile {
		return fault.New(fault.TooLarge, "", "a sealed part is over its limit")
	}
	if len(h.Reason) > 0 {
		if err := checkSealed(h.Reason, 1); err != nil {
			return err
		}
	}
	if err := seal.CheckFile(h.Content, 2); err != nil {
		return err
	}
	for _, m := range h.Messages {
		if err := checkSealed(m, 2); err != nil {
			return err
		}
	}
	if target.Anonymous {
		if err := seal.CheckFile(h.Identity, 1); err != nil {
			return err
		}
	}
	return seal.CheckFile(h.IdentityKey, 1)
}

// hash is the SHA-256 over the sealed parts, each with its length in front.
func (h *HandOver) hash() []byte {
	s := sha256.New()
	for _, part := range slices.Concat([][]byte{[]byte(h.From), []byte(h.To), h.Content, h.IdentityKey, h.Identity, h.Reason}, h.Messages) {
		var n [8]byte
		binary.BigEndian.PutUint64(n[:], uint64(len(part)))
		s.Write(n[:])
		s.Write(part)
	}
	return s.Sum(nil)
}

// Passed is one hand-over that was made.
type Passed struct {
	Report   string
	From, To string // channels
	Consent  string
	Day      int // YYYYMMDD
}

// HandedOver lists the last hand-overs that a desk made, newest first, without
// the reports that are withheld from the reader.
func (b *Reports) HandedOver(ctx context.Context, reader, channel string, limit int) ([]Passed, error) {
	withheld, err := b.withheld(ctx, reader)
	if err != nil {
		return nil, err
	}
	return b.passed(ctx, listHandedOver, channel, limit, withheld)
}

// Came lists the hand-overs of one report, newest first; none for most.
func (b *Reports) Came(ctx context.Context, id string) ([]Passed, error) {
	return b.passed(ctx, listHandOvers, id)
}

func (b *Reports) passed(ctx context.Context, query string, args ...any) ([]Passed, error) {
	rows, err := b.db.Query(ctx, query, args...)
	if err != nil {
		return nil, fault.Wrap(fault.Unavailable, "", err)
	}
	defer rows.Close()
	var out []Passed
	for rows.Next() {
		var p Passed
		if err := rows.Scan(&p.Report, &p.From, &p.To, &p.Consent, &p.Day); err != nil {
			return nil, fault.Wrap(fault.Unavailable, "", err)
		}
		out = append(out, p)
	}
	return out, fault.Wrap(fault.Unavailable, "", rows.Err())
}
