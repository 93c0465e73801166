package casefile

import (
	"context"
	"errors"

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
		stands, err := f.stands(tx, file, p.ID)
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

// CertificateWithdrawn says that somebody of an interview's plan does not hold a
// certificate any more on its day. Who takes certificates back need not be a
// member of the case.
func (f *Files) CertificateWithdrawn(ctx context.Context, actor, id, interview string) error {
	file, err := f.find(ctx, id)
	if err != nil {
		return err
	}
	return f.change(ctx, actor, file, "certificate_withdrawn", interview, func(*db.Tx) error { return nil })
}

// stands says whether an interview could be confirmed as it is.
func (f *Files) stands(tx *db.Tx, file File, interview string) (bool, error) {
	d, err := f.decide(tx.Context(), tx, file, interview)
	if errors.As(err, new(Unreadable)) {
		return false, nil
	}
	if err != nil || d.Verdict != policy.Allowed {
		return false, err
	}
	for _, err := range []error{f.noneExcluded(tx.Context(), tx, file.ID, interview), f.slotStands(tx, file.ID, interview)} {
		if kind := fault.KindOf(err); kind == fault.Refused || kind == fault.Conflict {
			return false, nil
		}
		if err != nil {
			return false, err
		}
	}
	return true, nil
}
