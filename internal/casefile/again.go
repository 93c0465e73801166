package casefile

import (
	"context"
	"errors"
	"time"

	"verhaal/internal/db"
	"verhaal/internal/fault"
	"verhaal/internal/policy"
)

// askAgain asks the rules again, inside an act, about the confirmed interviews
// of its case. One that they block now, or in which somebody has a part who is
// excluded, or whose slot does not stand any more, goes back to being a plan, with its
// slot: nothing is held on the word of an old decision.
func (f *Files) askAgain(tx *db.Tx, actor, id string) error {
	file, err := f.fileOf(tx, id)
	if err != nil {
		return err
	}
	all, err := interviewsOf(tx, id)
	if err != nil {
		return err
	}
	for _, p := range all {
		if p.State != confirmed {
			continue
		}
		stands, err := f.stands(tx.Context(), tx, file, p.ID)
		if err != nil {
			return err
		}
		if stands {
			continue
		}
		if _, err := tx.Exec(setState, id, p.ID, planned); err != nil {
			return err
		}
		if err := event(tx, id, "interview_reopened", p.ID, actor, f.clock()); err != nil {
			return err
		}
	}
	return nil
}

// AskAgain asks the rules again in a case from which something was taken that an
// interview's slot or plan rests on, and notes what; happened is the kind of that
// event. Whoever took it need not be a member of the case.
func (f *Files) AskAgain(ctx context.Context, actor, id, interview, happened string) error {
	file, err := f.find(ctx, id)
	if err != nil {
		return err
	}
	return f.change(ctx, actor, file, happened, interview, func(*db.Tx) error { return nil })
}

// near is how many days ahead the rules are asked again each time that all are looked at.
const near = 14

// AskAll looks at every confirmed interview from today on, and asks the rules again
// in the cases of those that don't stand. What takes something away and what opens an
// interview again are two acts: nothing that a crash left between them is forgotten.
// Slots are looked at all together; the rules are asked one by one, about those of the
// next days alone unless far. It says how many did not stand.
func (f *Files) AskAll(ctx context.Context, far bool) (int, error) {
	type one struct{ file, interview string }
	until := "plan.date=" + f.clock().AddDate(0, 0, near).Format(time.DateOnly)
	fallen := map[one]bool{}
	src := f.db.Source(ctx)
	err := f.calendar.Fallen(src, func(file, interview string) { fallen[one{file, interview}] = true })
	if err != nil {
		return 0, err
	}
	var all []one
	err = db.Each(src, listConfirmed, func(row func(...any) error) error {
		var next one
		var date string
		err := row(&next.file, &next.interview, &date)
		if far || date <= until || fallen[next] {
			all = append(all, next)
		}
		return err
	}, "plan.date="+f.today())
	if err != nil {
		return 0, err
	}
	reopened := 0
	for _, next := range all {
		fell, err := f.askOne(ctx, next.file, next.interview)
		if err != nil {
			return reopened, err
		}
		if fell {
			reopened++
		}
	}
	return reopened, nil
}

// askOne asks the rules again about a confirmed interview that does not stand. One
// that is being recorded has begun.
func (f *Files) askOne(ctx context.Context, id, interview string) (fell bool, err error) {
	file, err := f.find(ctx, id)
	if err != nil {
		return false, err
	}
	if stands, err := f.stands(ctx, f.db.Source(ctx), file, interview); err != nil || stands {
		return false, err
	}
	err = f.change(ctx, "", file, "asked_again", interview, func(tx *db.Tx) error {
		recorded, err := f.sources.Recorded(tx, id, interview)
		if err == nil && recorded {
			err = fault.New(fault.Conflict, "", "it is recorded")
		}
		return errors.Join(err, stateIs(tx, id, interview, confirmed))
	})
	if fault.KindOf(err) == fault.Conflict {
		return false, nil
	}
	return err == nil, err
}

// stands says whether an interview could be confirmed as it is.
func (f *Files) stands(ctx context.Context, src db.Source, file File, interview string) (bool, error) {
	d, err := f.decide(ctx, src, file, interview)
	if errors.As(err, new(Unreadable)) {
		return false, nil
	}
	if err != nil || d.Verdict != policy.Allowed {
		return false, err
	}
	for _, err := range []error{f.noneExcluded(ctx, src, file.ID, interview), f.slotStands(src, file.ID, interview)} {
		if kind := fault.KindOf(err); kind == fault.Refused || kind == fault.Conflict {
			return false, nil
		}
		if err != nil {
			return false, err
		}
	}
	return true, nil
}
