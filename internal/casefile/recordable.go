package casefile

import (
	"context"
	"errors"
	"slices"
	"strconv"
	"time"

	"verhaal/internal/fault"
	"verhaal/internal/policy"
)

// Recordable is an interview that may be recorded now.
type Recordable struct {
	File         File
	Interview    Planned
	Kinds        []string // of a recording, the likeliest first
	Level        string   // none, audio, video
	Room         string   // kind of room
	Interviewers []string
	Topics       []string // codes
	Director     string
	Interpreter  bool
	Companion    bool
	Relied       Relied // the decision that it was confirmed on
	Deviations   []Deviation
	Decision     policy.Decision // as the rules see it now
}

// Roles are those of the plan by login.
func (r Recordable) Roles() map[string]string {
	out := map[string]string{}
	for _, login := range r.Interviewers {
		out[login] = "interviewer"
	}
	if r.Director != "" {
		out[r.Director] = "director"
	}
	return out
}

// night is how long after midnight an interview of the evening may still begin,
// or be taken up again.
const night = 4 * time.Hour

// MayBeRecorded says of an interview whether it may be, as far as its state
// tells: one that was held may go on, since a recording can end before the
// interview does.
func (p Planned) MayBeRecorded() bool { return p.State == confirmed || p.State == held }

// DayOver says of the day of an interview that it is past, with its night.
func (f *Files) DayOver(day string) bool {
	return day < f.clock().Add(-night).Format(time.DateOnly)
}

// Recordable finds an interview for its recording, for a member of the case. It
// is Refused unless it was confirmed and it is its day, and with
// "case.fault.blocked" if the rules would not allow it today: nobody records
// on the word of an old decision, or of certificates that ended. A recording
// that runs goes on by the day on which it was to begin.
func (f *Files) Recordable(ctx context.Context, actor, id, interview string) (Recordable, error) {
	file, err := f.Get(ctx, actor, id)
	if err != nil {
		return Recordable{}, err
	}
	all, err := interviewsOf(f.db.Source(ctx), id)
	if err != nil {
		return Recordable{}, err
	}
	i := slices.IndexFunc(all, func(p Planned) bool { return p.ID == interview })
	if i < 0 {
		return Recordable{}, fault.New(fault.NotFound, "", "no such interview")
	}
	w, err := f.weigh(f.db.Source(ctx), file, interview)
	if err != nil {
		return Recordable{}, err
	}
	running, err := f.sources.Recording(ctx, id, interview)
	if err != nil {
		return Recordable{}, err
	}
	if !running {
		if err := f.onItsDay(all[i], w.plan.Get("plan.date")); err != nil {
			return Recordable{}, err
		}
		w.plan.Set("plan.date", f.today())
	}
	out := Recordable{File: file, Interview: all[i], Kinds: recordedAs(w.known.Get("case.phase")), Level: w.plan.Get("plan.level"), Room: w.plan.Get("plan.room.kind"),
		Interpreter: w.plan.Get("plan.interpreter.present") == "true", Companion: w.plan.Get("plan.companion.chosen") == "true"}
	out.Interviewers, out.Director = policy.Crew(w.plan)
	for _, n := range policy.Rows(w.plan, "plan.topics") {
		out.Topics = append(out.Topics, w.plan.Get("plan.topics."+strconv.Itoa(n)+".name"))
	}
	if out.Decision, err = w.decide(w.plan, f.holds(ctx)); err != nil {
		return Recordable{}, err
	}
	if out.Decision.Verdict != policy.Allowed && !running {
		return Recordable{}, fault.New(fault.Refused, "case.fault.blocked", "a must that is not met")
	}
	if err := errors.Join(f.noneExcluded(ctx, f.db.Source(ctx), id, interview), f.keyStands(ctx, id)); err != nil {
		return Recordable{}, err
	}
	relied, err := f.Decisions(ctx, actor, id, interview)
	if err != nil {
		return Recordable{}, err
	}
	if len(relied) > 0 {
		out.Relied = relied[len(relied)-1]
	}
	out.Deviations = slices.DeleteFunc(w.signed, func(d Deviation) bool {
		r, _ := out.Decision.Requirement(d.Rule)
		return r.Status != policy.Deviated
	})
	return out, nil
}

// onItsDay refuses to begin an interview that is not confirmed, or on another day
// than the planned one.
func (f *Files) onItsDay(p Planned, day string) error {
	switch {
	case !p.MayBeRecorded():
		return fault.New(fault.Refused, "case.fault.not_confirmed", "an interview that is %s", p.State)
	case day > f.today():
		return fault.New(fault.Refused, "case.fault.not_yet", "an interview before its day")
	case f.DayOver(day):
		return fault.New(fault.Refused, "case.fault.day_over", "an interview after its day")
	}
	return nil
}
