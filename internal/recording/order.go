package recording

import (
	"context"
	"crypto/rand"
	"slices"
	"strings"
	"time"

	"verhaal/internal/custody"
	"verhaal/internal/db"
	"verhaal/internal/fault"
	"verhaal/internal/policy"
	"verhaal/internal/recording/chunk"
	"verhaal/internal/seal"
)

// States of an order.
const (
	Asked     = "asked"
	Delivered = "delivered"
	Refused   = "refused"
	Ended     = "ended"
)

// prosecutorRole is the role of the pack that a prosecutor asks in.
const prosecutorRole = "prosecutor"

// disclosing are the powers of the pack by which minutes go out of a case. A copy
// for the defence or for an expert needs more than a file with a proof, and is
// none of them.
var disclosing = []string{"add_to_file", "permit_viewing"}

// listedOrders is how many a list has at most.
const listedOrders = 100

// maxLetter bounds the sealed words of an order, in bytes.
const maxLetter = 64 << 10

// Order is minutes of a sealed recording that a prosecutor asked for, and what
// came of it.
type Order struct {
	ID         string
	Recording  Recording
	Number     string // of the case file
	Prosecutor string
	Recipient  string // the prosecutor's own key when they asked
	Asked      time.Time
	From, To   uint32 // first and last minute
	What       string // court, proof
	Purpose    string
	Power      string // of the pack; "" where it names none
	State      string
	Settled    time.Time // when the state came; zero while asked
	SettledBy  string
	Archive    string // SHA-256 of what was made, in hex; "" before
	Size       int64  // of the sealed archive, in bytes
	file       string
	mirrored   string // what the second copy has of it
}

// NewOrder is what a prosecutor asks for.
type NewOrder struct {
	From, To  uint32
	All       bool // of the minutes, whatever From and To
	What      string
	Purpose   string
	Power     string
	Recipient string // the prosecutor's own key
	Words     []byte // to the members: an age file to the case key and to Recipient
}

// Word is on whose word minutes go out: an order of a prosecutor, or a power of
// the pack and the role that used it.
type Word struct{ Order, Power, By string }

// Disclosing lists the powers of the pack in force by which minutes go out; none
// where it says nothing of that.
func (b *Book) Disclosing() (out []policy.Power) {
	for _, id := range disclosing {
		if b.config.Power == nil {
			break
		}
		if p, ok := b.config.Power(id); ok {
			out = append(out, p)
		}
	}
	return out
}

// granted gives the rules of a power, if that role holds it.
func (b *Book) granted(power, role string) (rules string, err error) {
	all := b.Disclosing()
	i := slices.IndexFunc(all, func(p policy.Power) bool { return p.ID == power })
	if i >= 0 {
		if held, _ := all[i].HeldBy(role); held {
			return strings.Join(all[i].Ground.Rules, " "), nil
		}
	}
	if len(all) == 0 && power == "" {
		return "", nil
	}
	return "", fault.New(fault.BadInput, "room.fault.word", "nobody who may grant it")
}

// allowed puts into an act on whose word minutes go out.
func (b *Book) allowed(ctx context.Context, r Recording, minutes []uint32, on Word, act *custody.Act) error {
	if on.Order == "" {
		rules, err := b.granted(on.Power, on.By)
		if err == nil && on.Power != "" {
			act.Basis, act.Facts["power"], act.Facts["by"] = rules, on.Power, on.By
		}
		return err
	}
	o, err := b.order(ctx, on.Order)
	if err != nil {
		return err
	}
	asked := func(m uint32) bool { return m >= o.From && m <= o.To }
	if o.Recording.ID != r.ID || o.State != Asked || slices.ContainsFunc(minutes, func(m uint32) bool { return !asked(m) }) {
		return fault.New(fault.Conflict, "room.fault.order", "not what the prosecutor asks for, or not any more")
	}
	rules, err := b.granted(o.Power, prosecutorRole)
	act.Basis, act.Facts["order"], act.Facts["power"] = rules, o.ID, o.Power
	return err
}

// ForProsecutor finds the case of a sealed recording, to seal words to its
// members.
func (b *Book) ForProsecutor(ctx context.Context, prosecutor string, id chunk.ID) (Case, error) {
	r, err := b.find(ctx, id)
	if err != nil {
		return Case{}, fault.New(fault.NotFound, "room.fault.no_recording", "no such recording")
	}
	c, err := b.cases.Outside(ctx, prosecutor, r.Casefile)
	switch {
	case err != nil:
		return Case{}, err
	case !r.Sealed:
		return Case{}, fault.New(fault.NotFound, "room.fault.not_sealed", "it still runs")
	case c.Recipient == "":
		return Case{}, fault.New(fault.Conflict, "case.fault.key_due", "a new case key is due")
	}
	return c, nil
}

// AskMinutes asks the members of a case for minutes of a sealed recording. The
// prosecutor must have no part in the case. It is an act.
func (b *Book) AskMinutes(ctx context.Context, prosecutor string, id chunk.ID, n NewOrder) error {
	c, err := b.ForProsecutor(ctx, prosecutor, id)
	if err != nil {
		return err
	}
	r, err := b.find(ctx, id)
	if err != nil {
		return err
	}
	parts, err := b.open(ctx, id)
	if err != nil {
		return err
	}
	first, last, any := parts.span()
	if n.All {
		n.From, n.To = first, last
	}
	if !any || n.From > n.To || n.From < first || n.To > last {
		return fault.New(fault.NotFound, "room.fault.no_minutes", "minutes that are not there")
	}
	why, known := purposeOf(n.Purpose)
	if !known || why.ID == live || n.What != "court" && n.What != "proof" {
		return fault.New(fault.BadInput, "room.fault.purpose", "no purpose, or neither a court pack nor a proof")
	}
	rules, err := b.granted(n.Power, prosecutorRole)
	if err != nil {
		return err
	}
	if err := checkWords(n.Words); err != nil {
		return err
	}
	o := Order{ID: strings.ToLower(rand.Text())}
	act := b.act("recording.minutes_asked", prosecutor, r)
	act.Basis, act.Facts["order"], act.Facts["minutes"] = rules, o.ID, number(int64(n.From))+"-"+number(int64(n.To))
	act.Facts["what"], act.Facts["purpose"], act.Facts["power"] = n.What, n.Purpose, n.Power
	_, err = b.log.Do(ctx, act, func(tx *db.Tx) error {
		_, err := tx.Exec(insertOrder, o.ID, id.String(), c.Number, prosecutor, n.Recipient, b.clock().Unix(), int64(n.From), int64(n.To), n.What, n.Purpose, n.Power, n.Words, []byte{})
		return err
	})
	return err
}

// span is the first and the last minute in which anything was recorded.
func (r *running) span() (first, last uint32, any bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, p := range r.parts {
		for _, e := range p.index {
			minute := uint32(e.mono / chunk.MinuteMS)
			if !any {
				first, last, any = minute, minute, true
			}
			first, last = min(first, minute), max(last, minute)
		}
	}
	return first, last, any
}

func checkWords(file []byte) error {
	if len(file) > maxLetter {
		return fault.New(fault.TooLarge, "", "words over %d bytes", maxLetter)
	}
	return seal.CheckFile(file, 2)
}

// OrderWords are what a prosecutor wrote to the members and, once refused, what
// was answered: age files to the case key and to the prosecutor's own.
type OrderWords struct{ Words, Answer []byte }

// OwnWords gives a prosecutor the words of an order of theirs. It is an act.
func (b *Book) OwnWords(ctx context.Context, prosecutor, id string) (OrderWords, error) {
	o, err := b.mine(ctx, prosecutor, id)
	return b.words(ctx, prosecutor, o, err)
}

// WordsInCase gives the same to a member of the case. It is an act.
func (b *Book) WordsInCase(ctx context.Context, actor string, recording chunk.ID, id string) (OrderWords, error) {
	o, err := b.ours(ctx, actor, recording, id)
	return b.words(ctx, actor, o, err)
}

func (b *Book) words(ctx context.Context, actor string, o Order, err error) (out OrderWords, _ error) {
	if err != nil {
		return out, err
	}
	if _, err := b.log.Do(ctx, b.actOn("recording.request_read", actor, o), nil); err != nil {
		return out, err
	}
	return out, b.db.QueryRow(ctx, findOrderWords, o.ID).Scan(&out.Words, &out.Answer)
}

// actOn begins an act on an order.
func (b *Book) actOn(kind, actor string, o Order) custody.Act {
	act := b.act(kind, actor, o.Recording)
	act.Facts["order"] = o.ID
	return act
}

// RefuseOrder tells a prosecutor no, in words: an age file to the case key and to
// the prosecutor's own. It is an act.
func (b *Book) RefuseOrder(ctx context.Context, actor string, recording chunk.ID, id string, answer []byte) error {
	o, err := b.ours(ctx, actor, recording, id)
	if err != nil {
		return err
	}
	if err := checkWords(answer); err != nil {
		return err
	}
	_, err = b.log.Do(ctx, b.actOn("recording.minutes_refused", actor, o), func(tx *db.Tx) error {
		return b.settle(tx, o, Refused, actor, answer, "", 0, "")
	})
	if err != nil {
		return err
	}
	return b.removeArchives(o)
}

// settle answers an order, once.
func (b *Book) settle(tx *db.Tx, o Order, state, actor string, answer []byte, archive string, size int64, file string) error {
	n, err := tx.Exec(settleOrder, o.ID, state, b.clock().Unix(), actor, answer, archive, size, file)
	if err == nil && n == 0 {
		err = fault.New(fault.Conflict, "room.fault.order", "settled already")
	}
	return err
}
