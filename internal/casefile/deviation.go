package casefile

import (
	"context"
	"database/sql"
	"errors"
	"net/url"
	"slices"
	"strconv"
	"time"

	"verhaal/internal/custody"
	"verhaal/internal/db"
	"verhaal/internal/fault"
	"verhaal/internal/seal"
)

// States of a deviation.
const (
	Asked   = "asked"
	Signed  = "signed"
	Refused = "refused"
)

// prosecutorRole is the role of the schema that a prosecutor signs in.
const prosecutorRole = "prosecutor"

// maxReason bounds a sealed reason, in bytes.
const maxReason = 64 << 10

// Deviation is a rule that a plan asks to deviate from, and what the
// prosecutor made of it (rule A-32).
type Deviation struct {
	ID         string
	Casefile   string
	Number     string // of the case file
	Interview  string
	Rule       string
	State      string // asked, signed, refused
	AskedBy    string
	Asked      time.Time
	Prosecutor string
	Decided    time.Time // zero while asked
	Decision   []byte    // what the pack said when it was asked: policy.Decision.JSON
}

// AskDeviation asks a prosecutor for a deviation from a rule that blocks an
// interview. reason is an age file to the case key and to the prosecutor's own.
func (f *Files) AskDeviation(ctx context.Context, actor, id, interview, rule, prosecutor string, reason []byte) error {
	file, err := f.Get(ctx, actor, id)
	if err != nil {
		return err
	}
	if err := checkReason(reason); err != nil {
		return err
	}
	if ok, err := f.people.Prosecutes(ctx, prosecutor); err != nil || !ok {
		return errors.Join(err, fault.New(fault.BadInput, "case.fault.no_prosecutor", "not a prosecutor"))
	}
	d, err := f.decide(ctx, file, interview)
	if err != nil {
		return err
	}
	r, listed := d.Requirement(rule)
	if !listed || !r.Blocks() || !slices.Contains(r.Rule.GrantedBy, prosecutorRole) {
		return fault.New(fault.Refused, "case.fault.no_deviation", "a rule that is not in the way, or that no prosecutor may deviate from")
	}
	text, err := d.JSON("en")
	if err != nil {
		return err
	}
	act := custody.Act{Kind: "deviation.asked", Actor: actor, Subject: id, Basis: rule, Facts: map[string]string{"channel": file.Channel}}
	_, err = f.log.Do(ctx, act, func(tx *db.Tx) error {
		if err := event(tx, id, "deviation_asked", interview, actor, f.clock()); err != nil {
			return err
		}
		_, err := tx.Exec(insertDeviation, newID(), id, interview, rule, Asked, actor, f.clock().Unix(), prosecutor, reason, text, 0, []byte{})
		return err
	})
	return err
}

func checkReason(file []byte) error {
	if len(file) > maxReason {
		return fault.New(fault.TooLarge, "", "a reason over %d bytes", maxReason)
	}
	return seal.CheckFile(file, 2)
}

// Deviations lists those of an interview, the oldest first.
func (f *Files) Deviations(ctx context.Context, actor, id, interview string) ([]Deviation, error) {
	if _, err := f.Get(ctx, actor, id); err != nil {
		return nil, err
	}
	return f.deviations(ctx, listDeviations, id, interview)
}

// AskedOf lists what a prosecutor was asked, the newest first; at most limit.
func (f *Files) AskedOf(ctx context.Context, prosecutor string, limit int) ([]Deviation, error) {
	return f.deviations(ctx, listAskedOf, prosecutor, limit)
}

func (f *Files) deviations(ctx context.Context, query string, args ...any) ([]Deviation, error) {
	rows, err := f.db.Query(ctx, query, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var out []Deviation
	for rows.Next() {
		var d Deviation
		var asked, decided int64
		if err := rows.Scan(&d.ID, &d.Casefile, &d.Number, &d.Interview, &d.Rule, &d.State, &d.AskedBy, &asked, &d.Prosecutor, &decided, &d.Decision); err != nil {
			return nil, err
		}
		d.Asked = time.Unix(asked, 0).UTC()
		if decided > 0 {
			d.Decided = time.Unix(decided, 0).UTC()
		}
		out = append(out, d)
	}
	return out, rows.Err()
}

// Reason gives out why a deviation was asked, sealed, and the case key's
// recipient for the answer. It is for the prosecutor who was asked, and an act.
func (f *Files) Reason(ctx context.Context, prosecutor, deviation string) (reason []byte, recipient string, err error) {
	var id, of, state, rule string
	err = f.db.QueryRow(ctx, findDeviation, deviation).Scan(&id, &of, &state, &rule, &reason)
	if errors.Is(err, sql.ErrNoRows) || err == nil && of != prosecutor {
		return nil, "", fault.New(fault.NotFound, "", "no such request to this prosecutor")
	}
	if err != nil {
		return nil, "", err
	}
	current, err := f.rings.Current(ctx, ring(id))
	if err != nil {
		return nil, "", err
	}
	_, err = f.log.Do(ctx, custody.Act{Kind: "deviation.read", Actor: prosecutor, Subject: id, Basis: rule}, nil)
	return reason, current.Recipient, err
}

// AnswerDeviation signs or refuses a deviation, once. answer is the
// prosecutor's own reason, an age file to the case key and to the prosecutor's.
func (f *Files) AnswerDeviation(ctx context.Context, prosecutor, deviation, state string, answer []byte) error {
	if state != Signed && state != Refused {
		return fault.New(fault.BadInput, "", "neither signed nor refused")
	}
	if err := checkReason(answer); err != nil {
		return err
	}
	if ok, err := f.people.Prosecutes(ctx, prosecutor); err != nil || !ok {
		return errors.Join(err, fault.New(fault.Refused, "fault.refused", "no prosecutor any more"))
	}
	var id, of, was, rule string
	var reason []byte
	err := f.db.QueryRow(ctx, findDeviation, deviation).Scan(&id, &of, &was, &rule, &reason)
	if errors.Is(err, sql.ErrNoRows) || err == nil && of != prosecutor {
		return fault.New(fault.NotFound, "", "no such request to this prosecutor")
	}
	if err != nil {
		return err
	}
	act := custody.Act{Kind: "deviation." + state, Actor: prosecutor, Subject: id, Basis: rule}
	_, err = f.log.Do(ctx, act, func(tx *db.Tx) error {
		n, err := tx.Exec(answerDeviation, deviation, state, f.clock().Unix(), answer)
		if err == nil && n == 0 {
			err = fault.New(fault.Conflict, "case.fault.answered", "answered already")
		}
		if err != nil {
			return err
		}
		return event(tx, id, "deviation_"+state, deviation, prosecutor, f.clock())
	})
	return err
}

// addSigned puts the signed deviations of an interview into its facts. Their
// reasons are sealed; that there is one is known.
func (f *Files) addSigned(ctx context.Context, id, interview string, fields url.Values) error {
	all, err := f.deviations(ctx, listDeviations, id, interview)
	if err != nil {
		return err
	}
	n := 0
	for _, d := range all {
		if d.State != Signed {
			continue
		}
		at := "deviations." + strconv.Itoa(n) + "."
		fields.Set(at+"rule", d.Rule)
		fields.Set(at+"by_role", prosecutorRole)
		fields.Set(at+"by", d.Prosecutor)
		fields.Set(at+"reason", SealedWords)
		fields.Set(at+"at", d.Decided.Format(time.DateOnly))
		n++
	}
	return nil
}
