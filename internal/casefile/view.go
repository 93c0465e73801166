package casefile

import (
	"context"
	"database/sql"
	"errors"
	"net/url"
	"time"

	"verhaal/internal/custody"
	"verhaal/internal/db"
	"verhaal/internal/fault"
)

// viewTold is the fact that a view was sent to a prosecutor.
const viewTold = "case.view_told_to_prosecutor"

// View is what a victim wants the prosecutor to know, in place of a
// withdrawal, which the law does not know (requirement M-08): a formal report
// stands, and a named prosecutor hears the victim's view. Its words are the
// sealed part view/<N>.
type View struct {
	ID         string
	Casefile   string
	Number     string // of the case file
	N          int64
	Person     string // whose view it is; "" where nobody knows any more
	Prosecutor string
	Told       time.Time
	ToldBy     string
	Read       time.Time // zero until the prosecutor opened it
	Withheld   bool      // the prosecutor is excluded from the case: another must be told
}

// TellProsecutor sends a victim's view to a prosecutor. p is sealed to the case
// key and to the prosecutor's own; only then do the rules know that it was told.
func (f *Files) TellProsecutor(ctx context.Context, actor, id, person, prosecutor string, p Part) error {
	file, err := f.Get(ctx, actor, id)
	if err != nil {
		return err
	}
	if kind, err := f.kindOf(ctx, id, person); err != nil || kind != personKind {
		return fault.New(fault.NotFound, "", "no such person")
	}
	if ok, err := f.people.Prosecutes(ctx, prosecutor); err != nil || !ok {
		return errors.Join(err, fault.New(fault.BadInput, "case.fault.no_prosecutor", "not a prosecutor"))
	}
	p.Name = "view/1"
	if err := f.checkPart(ctx, id, p, 2); err != nil {
		return err
	}
	act := custody.Act{Kind: "case.view_told", Actor: actor, Subject: id, Facts: map[string]string{"channel": file.Channel}}
	return f.changed(ctx, act, "", func(tx *db.Tx) error {
		if err := outside(tx, id, actor, prosecutor); err != nil {
			return err
		}
		var n int64
		if err := tx.QueryRow(countViews, id).Scan(&n); err != nil {
			return err
		}
		if err := f.putPart(tx, actor, id, "view/"+number(n+1), p); err != nil {
			return err
		}
		if _, err := tx.Exec(insertView, newID(), id, n+1, prosecutor, f.clock().Unix(), actor, person); err != nil {
			return err
		}
		return f.putFact(tx, actor, id, person, viewTold, url.Values{viewTold: {"true"}})
	})
}

// tellAnother lets the rules ask again for a victim's view to be told, inside the
// act that excludes somebody, if all prosecutors who were told of it are excluded.
func (f *Files) tellAnother(tx *db.Tx, actor, id string) error {
	var unheard []string
	err := db.Each(tx, listUnheard, func(row func(...any) error) error {
		var person string
		err := row(&person)
		unheard = append(unheard, person)
		return err
	}, id)
	for _, person := range unheard {
		err = errors.Join(err, f.putFact(tx, actor, id, person, viewTold, nil))
	}
	return err
}

// Views lists what was told to prosecutors in a case, the newest first.
func (f *Files) Views(ctx context.Context, actor, id string) ([]View, error) {
	if _, err := f.Get(ctx, actor, id); err != nil {
		return nil, err
	}
	out, err := f.views(ctx, listViews, id)
	for i := range out {
		if err == nil {
			out[i].Withheld, err = excludes(f.db.Source(ctx), id, out[i].Prosecutor)
		}
	}
	return out, err
}

func (f *Files) views(ctx context.Context, query string, args ...any) ([]View, error) {
	var out []View
	err := db.Each(f.db.Source(ctx), query, func(row func(...any) error) error {
		var v View
		var told, read int64
		err := row(&v.ID, &v.Casefile, &v.Number, &v.N, &v.Person, &v.Prosecutor, &told, &v.ToldBy, &read)
		v.Told = f.moment(told)
		if read > 0 {
			v.Read = f.moment(read)
		}
		out = append(out, v)
		return err
	}, args...)
	return out, err
}

// ReadView gives out a view, sealed, to the prosecutor it was told to, unless the
// case excludes them now. It is an act, and the members of the case see that it
// was read.
func (f *Files) ReadView(ctx context.Context, prosecutor, view string) ([]byte, error) {
	var id, of string
	var n int64
	err := f.db.QueryRow(ctx, findView, view).Scan(&id, &n, &of)
	if errors.Is(err, sql.ErrNoRows) || err == nil && of != prosecutor {
		return nil, fault.New(fault.NotFound, "", "no such view told to this prosecutor")
	}
	if err != nil {
		return nil, err
	}
	var words []byte
	err = f.do(ctx, custody.Act{Kind: "case.view_read", Actor: prosecutor, Subject: id}, func(tx *db.Tx) error {
		if err := notExcluded(tx, id, prosecutor); err != nil {
			return err
		}
		if _, err := tx.Exec(readView, view, f.clock().Unix()); err != nil {
			return err
		}
		return tx.QueryRow(findPart, id, "view/"+number(n)).Scan(&words)
	})
	return words, err
}
