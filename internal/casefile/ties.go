package casefile

import (
	"context"
	"net/url"

	"verhaal/internal/db"
)

// ClearInterpreter says that an interpreter was checked for ties to those of the
// case; asked is a code of whom it was checked with. keep writes it into the
// calendar and gives the interviews that they are booked for: the rule is met
// there from now on.
func (f *Files) ClearInterpreter(ctx context.Context, actor, id, interview, asked string, keep func(*db.Tx) ([]string, error)) error {
	file, err := f.Get(ctx, actor, id)
	if err != nil {
		return err
	}
	return f.changeFor(ctx, actor, file, "interpreter_cleared", interview, asked, f.ties(actor, id, url.Values{tiesChecked: {"true"}}, keep))
}

// RefuseInterpreter says that an interpreter has ties and must not work on the
// case. The interviews that keep gives are not confirmed any more.
func (f *Files) RefuseInterpreter(ctx context.Context, actor, id, interview string, keep func(*db.Tx) ([]string, error)) error {
	file, err := f.Get(ctx, actor, id)
	if err != nil {
		return err
	}
	return f.change(ctx, actor, file, "interpreter_refused", interview, f.ties(actor, id, nil, keep))
}

// ties writes what became known of an interpreter's ties into the plans.
func (f *Files) ties(actor, id string, known url.Values, keep func(*db.Tx) ([]string, error)) func(*db.Tx) error {
	return func(tx *db.Tx) error {
		interviews, err := keep(tx)
		if err != nil {
			return err
		}
		for _, interview := range interviews {
			if err := f.putFact(tx, actor, id, interview, tiesChecked, known); err != nil {
				return err
			}
		}
		return nil
	}
}

// uncheck ends, inside the act that names a new suspect, what was checked of the
// interpreters of a case: nobody asked about this one. An interview that was held
// stays as it was.
func (f *Files) uncheck(tx *db.Tx, actor, id, role string) error {
	if role != Suspect {
		return nil
	}
	if err := f.calendar.Uncheck(tx, id); err != nil {
		return err
	}
	all, err := interviewsOf(tx, id)
	if err != nil {
		return err
	}
	for _, p := range all {
		if p.State != planned && p.State != confirmed {
			continue
		}
		plan, err := factsOf(tx, id, p.ID)
		if err == nil && len(plan[tiesChecked].Fields) > 0 {
			err = f.putFact(tx, actor, id, p.ID, tiesChecked, nil)
		}
		if err != nil {
			return err
		}
	}
	return nil
}
