package casefile

import (
	"context"
	"errors"
	"slices"
	"strings"

	"verhaal/internal/db"
	"verhaal/internal/fault"
	"verhaal/internal/policy"
)

// outsideReasons are the codes of why a plan can be confirmed without a slot:
// room and people are not in our calendar, so nothing can be taken there.
var outsideReasons = []string{"held_elsewhere", "other_agency", "at_once"}

// OutsideReasons lists the codes of why a plan needs no slot.
func OutsideReasons() []string { return slices.Clone(outsideReasons) }

// Confirm relies on the pack's decision: the plan stands with its slot, and the
// decision is kept with the version of the pack that made it. A blocked plan is
// Refused with "case.fault.blocked", one that holds no room and nobody with
// "case.fault.unbooked", one with a reason that nobody wrote down with
// "case.fault.reason_words", one that names somebody who is excluded from the case
// with "case.fault.excluded_plans". One whose slot does not stand any more is a
// Conflict, as the calendar says it.
func (f *Files) Confirm(ctx context.Context, actor, id, interview string) error {
	return f.confirm(ctx, actor, id, interview, "")
}

// ConfirmOutside is Confirm for an interview whose room and people are not in
// our calendar; why is one of OutsideReasons. One that has a slot is a Conflict,
// and so is one on a day on which the person can't come, as the calendar says it.
func (f *Files) ConfirmOutside(ctx context.Context, actor, id, interview, why string) error {
	if !slices.Contains(outsideReasons, why) {
		return fault.New(fault.BadInput, "case.fault.why", "no reason of the list")
	}
	return f.confirm(ctx, actor, id, interview, why)
}

func (f *Files) confirm(ctx context.Context, actor, id, interview, outside string) error {
	return f.move(ctx, actor, id, interview, step{to: confirmed, from: []string{planned}, basis: outside, allowed: func(d policy.Decision) error {
		if d.Verdict != policy.Allowed {
			return fault.New(fault.Refused, "case.fault.blocked", "a must that is not met")
		}
		return nil
	}, also: func(tx *db.Tx) error {
		taken, err := f.calendar.Booked(tx, id, interview)
		switch {
		case err != nil:
			return err
		case !taken && outside == "":
			return fault.New(fault.Refused, "case.fault.unbooked", "a plan without room and people")
		case taken && outside != "":
			return fault.New(fault.Conflict, "case.fault.booked", "it has a slot")
		}
		if _, err := tx.Exec(setOutside, id, interview, outside); err != nil {
			return err
		}
		return errors.Join(worded(tx, id, interview), f.noneExcluded(ctx, tx, id, interview), f.slotStands(tx, id, interview))
	}})
}

// slotStands is nil while the slot of an interview is as good as when it was taken,
// and without one, while its person can come on its day.
func (f *Files) slotStands(src db.Source, id, interview string) error {
	all, err := interviewsOf(src, id)
	if err != nil {
		return err
	}
	i := slices.IndexFunc(all, func(p Planned) bool { return p.ID == interview })
	known, err := factsOf(src, id, all[i].Person)
	if err != nil {
		return err
	}
	if err := f.calendar.Stands(src, id, interview, Interpreted(known)); err != nil {
		return err
	}
	if all[i].Outside == "" {
		return f.ofDesk(src, id, interview)
	}
	plan, err := factsOf(src, id, interview)
	if err != nil {
		return err
	}
	return f.calendar.Suits(src, id, all[i].Person, plan["plan.date"].Fields.Get("plan.date"))
}

// crew are those of the house who interview or direct by the plan of an interview.
func (f *Files) crew(ctx context.Context, src db.Source, id, interview string) (out []string, err error) {
	plan, err := factsOf(src, id, interview)
	if err != nil {
		return nil, err
	}
	for _, login := range policy.People(form(plan)) {
		staff, err := f.people.Called(ctx, login)
		if err != nil {
			return nil, err
		}
		if staff != "" {
			out = append(out, staff)
		}
	}
	return out, nil
}

// ofDesk is a Conflict where somebody whom a slot was taken for is not on the desk of
// its case any more. Certificates are for the rules, on the day of the interview.
func (f *Files) ofDesk(src db.Source, id, interview string) error {
	file, err := f.fileOf(src, id)
	if err != nil {
		return err
	}
	crew, err := f.crew(src.Context(), src, id, interview)
	if err != nil {
		return err
	}
	for _, staff := range crew {
		err := f.desks.MayRead(src.Context(), staff, file.Channel)
		switch {
		case err == nil || fault.KeyOf(err) == "fault.certificate_expired":
		case fault.KindOf(err) == fault.Refused:
			return fault.New(fault.Conflict, "planner.fault.gone", "somebody who is not on the desk any more")
		default:
			return err
		}
	}
	return nil
}

// Interpreted is the language into which a person needs an interpreter, by the facts
// about them: a code; "" = none.
func Interpreted(person map[string]Fact) string {
	if person["subject.needs_interpreter"].Fields.Get("subject.needs_interpreter") != "true" {
		return ""
	}
	return strings.ToLower(person["subject.language"].Fields.Get("subject.language"))
}
