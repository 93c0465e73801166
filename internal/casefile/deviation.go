package casefile

import (
	"context"
	"database/sql"
	"errors"
	"slices"
	"time"

	"verhaal/internal/custody"
	"verhaal/internal/db"
	"verhaal/internal/fault"
	"verhaal/internal/policy"
	"verhaal/internal/seal"
)

// States of a deviation.
const (
	Asked     = "asked"
	Signed    = "signed"
	Refused   = "refused"
	Withdrawn = "withdrawn" // by a member, before it was answered
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
	Why        string // code of the pack's list policy.DeviationReasons; "" = asked before there were any
	State      string // asked, signed, refused, withdrawn
	AskedBy    string
	Asked      time.Time
	Prosecutor string
	Decided    time.Time // zero while asked
	Withheld   bool      // the prosecutor is excluded from the case: another must be asked
	Void       string    // why it counts no longer: VoidFacts, VoidRule; "" = it counts, was refused or withdrawn, or its interview is over
	Decision   []byte    // what the pack said when it was asked: policy.Decision.InEveryLanguage; of older ones JSON, in English
	about      string    // policy.Pack.Fingerprint when it was asked
}

// NewDeviation is a deviation to be asked for.
type NewDeviation struct {
	Rule, Prosecutor string
	Why              string // code of the pack's list policy.DeviationReasons
	Reason           []byte // the words: an age file to the case key and to the prosecutor's own
}

// AskDeviation asks a prosecutor for a deviation from a rule that blocks an
// interview. A code that is not on the list of the pack that judges the interview
// is BadInput with "case.fault.deviation_why"; a pack without a list takes none.
// Nobody signs in their own case: the actor, and whoever is or must not be a
// member of it, is Refused with "case.fault.own_case". While a request for the
// same is open, and can still be answered, another is a Conflict with
// "case.fault.asked_already".
func (f *Files) AskDeviation(ctx context.Context, actor, id, interview string, asked NewDeviation) error {
	file, err := f.Get(ctx, actor, id)
	if err != nil {
		return err
	}
	if err := checkReason(asked.Reason); err != nil {
		return err
	}
	if ok, err := f.people.Prosecutes(ctx, asked.Prosecutor); err != nil || !ok {
		return errors.Join(err, fault.New(fault.BadInput, "case.fault.no_prosecutor", "not a prosecutor"))
	}
	w, err := f.weigh(f.db.Source(ctx), file, interview)
	if err != nil {
		return err
	}
	pack, facts, err := w.facts(w.plan, f.holds(ctx))
	if err != nil {
		return err
	}
	d, err := pack.Decide(facts, f.today())
	if err != nil {
		return Unreadable{err}
	}
	r, listed := d.Requirement(asked.Rule)
	if !listed || !r.Blocks() || !slices.Contains(r.Rule.GrantedBy, prosecutorRole) {
		return fault.New(fault.Refused, "case.fault.no_deviation", "a rule that is not in the way, or that no prosecutor may deviate from")
	}
	reasons, coded := pack.CodeList(policy.DeviationReasons)
	if _, known := reasons.Entry(asked.Why); !known && (coded || asked.Why != "") {
		return fault.New(fault.BadInput, "case.fault.deviation_why", "a reason that is not on the list")
	}
	text, err := d.InEveryLanguage()
	if err != nil {
		return err
	}
	act := custody.Act{Kind: "deviation.asked", Actor: actor, Subject: id, Basis: asked.Rule, Facts: map[string]string{"channel": file.Channel, "why": asked.Why}}
	about := pack.Fingerprint(r.Rule, facts, f.today())
	_, err = f.log.Do(ctx, act, func(tx *db.Tx) error {
		if err := errors.Join(outside(tx, id, actor, asked.Prosecutor), f.keyStands(ctx, id), f.noneOpen(ctx, tx, id, interview, asked.Rule, about)); err != nil {
			return err
		}
		if err := event(tx, id, "deviation_asked", interview, actor, f.clock()); err != nil {
			return err
		}
		_, err := tx.Exec(insertDeviation, newID(), id, interview, asked.Rule, Asked, actor, f.clock().Unix(), asked.Prosecutor, asked.Reason, text, 0, []byte{}, about, asked.Why)
		return err
	})
	return err
}

// noneOpen refuses a second request for a deviation from a rule about the same
// facts while a prosecutor can still answer the first.
func (f *Files) noneOpen(ctx context.Context, tx *db.Tx, id, interview, rule, about string) error {
	return db.Each(tx, listOpen, func(row func(...any) error) error {
		var prosecutor string
		if err := row(&prosecutor); err != nil {
			return err
		}
		answers, err := f.people.Prosecutes(ctx, prosecutor)
		if err == nil && answers {
			err = fault.New(fault.Conflict, "case.fault.asked_already", "an open request for the same")
		}
		return err
	}, id, interview, rule, about)
}

// outside is nil for a prosecutor who has no part in a case.
func outside(tx *db.Tx, id, asker, prosecutor string) error {
	return hasNoPart(tx.QueryRow(countMember, id, prosecutor), asker == prosecutor)
}

func hasNoPart(members *db.Row, own bool) error {
	var n int
	if err := members.Scan(&n); err != nil {
		return err
	}
	if n > 0 || own {
		return fault.New(fault.Refused, "case.fault.own_case", "a prosecutor who works on the case, or must not")
	}
	return nil
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
	out, err := f.deviations(ctx, listDeviations, id, interview)
	if err == nil {
		err = f.markVoid(ctx, out)
	}
	for i := range out {
		if err == nil {
			out[i].Withheld, err = excludes(f.db.Source(ctx), id, out[i].Prosecutor)
		}
	}
	return out, err
}

func (f *Files) deviations(ctx context.Context, query string, args ...any) ([]Deviation, error) {
	return f.deviationsOf(f.db.Source(ctx), query, args...)
}

func (f *Files) deviationsOf(src db.Source, query string, args ...any) (out []Deviation, err error) {
	err = db.Each(src, query, func(row func(...any) error) error {
		var d Deviation
		var asked, decided int64
		err := row(&d.ID, &d.Casefile, &d.Number, &d.Interview, &d.Rule, &d.State, &d.AskedBy, &asked, &d.Prosecutor, &decided, &d.Decision, &d.about, &d.Why)
		d.Asked = f.moment(asked)
		if decided > 0 {
			d.Decided = f.moment(decided)
		}
		out = append(out, d)
		return err
	}, args...)
	return out, err
}

// DeviationWords are why a deviation was asked and what was answered: age files
// to the case key and to the prosecutor's own.
type DeviationWords struct {
	Reason    []byte
	Answer    []byte // empty while it is only asked
	Recipient string // of the case key, for an answer
}

// Reason gives the words of a deviation to the prosecutor who was asked, unless
// it was withdrawn or the case excludes them now. It is an act.
func (f *Files) Reason(ctx context.Context, prosecutor, deviation string) (DeviationWords, error) {
	return f.deviationWords(ctx, prosecutor, deviation, func(_, of, state string) bool { return of == prosecutor && state != Withdrawn })
}

// ReasonInCase gives the words of a deviation to a member of its case. It is an
// act.
func (f *Files) ReasonInCase(ctx context.Context, actor, id, deviation string) (DeviationWords, error) {
	if _, err := f.Get(ctx, actor, id); err != nil {
		return DeviationWords{}, err
	}
	return f.deviationWords(ctx, actor, deviation, func(casefile, _, _ string) bool { return casefile == id })
}

func (f *Files) deviationWords(ctx context.Context, actor, deviation string, may func(casefile, prosecutor, state string) bool) (out DeviationWords, err error) {
	var id, of, rule, state string
	err = f.db.QueryRow(ctx, findDeviationWords, deviation).Scan(&id, &of, &rule, &state, &out.Reason, &out.Answer)
	if errors.Is(err, sql.ErrNoRows) || err == nil && !may(id, of, state) {
		return DeviationWords{}, fault.New(fault.NotFound, "", "no such request here")
	}
	if err != nil {
		return DeviationWords{}, err
	}
	current, err := f.rings.Current(ctx, ring(id))
	if err != nil {
		return DeviationWords{}, err
	}
	out.Recipient = current.Recipient
	if _, err := f.log.Do(ctx, custody.Act{Kind: "deviation.read", Actor: actor, Subject: id, Basis: rule}, func(tx *db.Tx) error {
		return notExcluded(tx, id, actor)
	}); err != nil {
		return DeviationWords{}, err
	}
	return out, nil
}

// WithdrawDeviation takes a request back that nobody answered, so that the same can be
// asked of another prosecutor. Its words stay with the case, and whoever was asked sees
// nothing of it any more.
func (f *Files) WithdrawDeviation(ctx context.Context, actor, id, deviation string) error {
	if _, err := f.Get(ctx, actor, id); err != nil {
		return err
	}
	var of, prosecutor, rule, asker string
	err := f.db.QueryRow(ctx, findDeviation, deviation).Scan(&of, &prosecutor, &rule, &asker)
	if errors.Is(err, sql.ErrNoRows) || err == nil && of != id {
		return fault.New(fault.NotFound, "", "no such request in this case")
	}
	if err != nil {
		return err
	}
	return f.do(ctx, custody.Act{Kind: "deviation." + Withdrawn, Actor: actor, Subject: id, Basis: rule}, func(tx *db.Tx) error {
		return f.endDeviation(tx, actor, id, deviation, Withdrawn, []byte{})
	})
}

// endDeviation ends an open request inside an act, once.
func (f *Files) endDeviation(tx *db.Tx, actor, id, deviation, state string, answer []byte) error {
	n, err := tx.Exec(answerDeviation, deviation, state, f.clock().Unix(), answer)
	if err == nil && n == 0 {
		err = fault.New(fault.Conflict, "case.fault.answered", "answered already, or withdrawn")
	}
	if err != nil {
		return err
	}
	return event(tx, id, "deviation_"+state, deviation, actor, f.clock())
}
