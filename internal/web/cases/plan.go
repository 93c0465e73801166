package cases

import (
	"context"
	"errors"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"verhaal/internal/casefile"
	"verhaal/internal/fault"
	"verhaal/internal/planner"
	"verhaal/internal/policy"
	"verhaal/internal/web"
	"verhaal/internal/web/facts"
)

// addPlan puts the rules, and what the person has told already, beside a plan.
func (f *face) addPlan(r *http.Request, page *aboutPage, known map[string]casefile.Fact, typed url.Values) error {
	ctx, who, id := r.Context(), actor(r), r.PathValue("id")
	interviews, err := f.files.Interviews(ctx, who, id)
	if err != nil {
		return err
	}
	i := slices.IndexFunc(interviews, func(p casefile.Planned) bool { return p.ID == page.Subject })
	if i < 0 {
		return fault.New(fault.NotFound, "", "no such interview")
	}
	page.Planned, page.Why, page.Outside = &interviews[i], casefile.CancelReasons(), casefile.OutsideReasons()
	page.DayOver = f.files.DayOver(known["plan.date"].Fields.Get("plan.date"))
	if page.Booking, err = f.fixed(ctx, id, page.Subject, known, typed); err != nil {
		return err
	}
	if page.Booking != nil && page.Booking.Interpreter() != "" {
		ties, err := f.calendar.CheckOf(ctx, id, page.Booking.Interpreter())
		if err != nil {
			return err
		}
		page.Ties, page.AskOf = &ties, planner.CheckedWith()
	}
	if page.Reasons, err = f.files.Reasons(ctx, who, id, page.Subject); err != nil {
		return err
	}
	page.Tried = map[string]string{}
	for name := range typed {
		if search, ok := planner.Cited(typed.Get(name)); ok {
			page.Tried[strings.TrimPrefix(name, "plan.reasons.")] = search
		}
	}
	d, shown, err := f.judged(r, page.Subject, typed)
	if err != nil {
		return err
	}
	page.Decision = &shown
	if err := f.addDeviations(r, page, d); err != nil {
		return err
	}
	burden, err := f.files.BurdenOf(ctx, who, id, interviews[i].Person)
	if err == nil {
		page.Burden = &burden
	} else if fault.KindOf(err) != fault.BadInput {
		return err
	}
	return nil
}

// fixed gives the slot of an interview, nil for none, and puts what it fixes over
// what is typed.
func (f *face) fixed(ctx context.Context, id, interview string, known map[string]casefile.Fact, typed url.Values) (*planner.Booking, error) {
	booking, err := f.calendar.Of(ctx, id, interview)
	if fault.KindOf(err) == fault.NotFound {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	for name, fact := range known {
		if casefile.FixedBySlot(name) {
			maps.Copy(typed, fact.Fields)
		}
	}
	return &booking, nil
}

// judged is what the rules say of a plan as it is typed, and as pages show it.
func (f *face) judged(r *http.Request, interview string, typed url.Values) (policy.Decision, facts.Decision, error) {
	d, err := f.files.Try(r.Context(), actor(r), r.PathValue("id"), interview, typed)
	if err != nil && !errors.As(err, new(casefile.Unreadable)) {
		return d, facts.Decision{}, err
	}
	pack := f.pack()
	shown := facts.Show(pack, d, err, facts.Language(pack, f.site.Page(r).Lang))
	shown.Channel = nil
	return d, shown, nil
}

// try shows what the rules would say of the plan of an interview as it is typed, and
// saves nothing. It shows nothing else of the case: it is no act.
func (f *face) try(w http.ResponseWriter, r *http.Request) error {
	typed, err := web.Form(r)
	if err != nil {
		return err
	}
	known, err := f.files.Facts(r.Context(), actor(r), r.PathValue("id"), subject(r))
	if err != nil {
		return err
	}
	if _, err := f.fixed(r.Context(), r.PathValue("id"), subject(r), known, typed); err != nil {
		return err
	}
	_, shown, err := f.judged(r, subject(r), typed)
	if err != nil {
		return err
	}
	return f.site.Render(w, r, http.StatusOK, "cases/try", shown)
}
