package casefile

import (
	"context"
	"slices"
	"strconv"

	"verhaal/internal/fault"
	"verhaal/internal/policy"
)

// Recordable is an interview that may be recorded now.
type Recordable struct {
	File         File
	Interview    Planned
	Level        string // none, audio, video
	Room         string // kind of room
	Interviewers []string
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

// Recordable finds an interview for its recording, for a member of the case. It
// is Refused unless it was confirmed and its day has come, and with
// "case.fault.blocked" if the rules would not allow it any more: nobody records
// on the word of an old decision.
func (f *Files) Recordable(ctx context.Context, actor, id, interview string) (Recordable, error) {
	file, err := f.Get(ctx, actor, id)
	if err != nil {
		return Recordable{}, err
	}
	all, err := f.interviews(ctx, id)
	if err != nil {
		return Recordable{}, err
	}
	i := slices.IndexFunc(all, func(p Planned) bool { return p.ID == interview })
	if i < 0 {
		return Recordable{}, fault.New(fault.NotFound, "", "no such interview")
	}
	if all[i].State != confirmed {
		return Recordable{}, fault.New(fault.Refused, "case.fault.not_confirmed", "an interview that is %s", all[i].State)
	}
	w, err := f.weigh(ctx, file, interview)
	if err != nil {
		return Recordable{}, err
	}
	out := Recordable{File: file, Interview: all[i], Level: w.plan.Get("plan.level"), Room: w.plan.Get("plan.room.kind"), Director: w.plan.Get("plan.director.id"),
		Interpreter: w.plan.Get("plan.interpreter.present") == "true", Companion: w.plan.Get("plan.companion.chosen") == "true"}
	for n := range policy.RowsIn(w.plan, "plan.interviewers") {
		out.Interviewers = append(out.Interviewers, w.plan.Get("plan.interviewers."+strconv.Itoa(n)+".id"))
	}
	if out.Decision, err = w.decide(w.plan, f.holds(ctx)); err != nil {
		return Recordable{}, err
	}
	if out.Decision.Verdict != policy.Allowed {
		return Recordable{}, fault.New(fault.Refused, "case.fault.blocked", "a must that is not met")
	}
	if out.Decision.Date > f.today() {
		return Recordable{}, fault.New(fault.Refused, "case.fault.not_yet", "an interview before its day")
	}
	relied, err := f.Decisions(ctx, actor, id, interview)
	if err != nil {
		return Recordable{}, err
	}
	if len(relied) > 0 {
		out.Relied = relied[len(relied)-1]
	}
	asked, err := f.deviations(ctx, listDeviations, id, interview)
	out.Deviations = slices.DeleteFunc(asked, func(d Deviation) bool { return d.State != Signed })
	return out, err
}
