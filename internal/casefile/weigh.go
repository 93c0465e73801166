package casefile

import (
	"cmp"
	"context"
	"maps"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"verhaal/internal/db"
	"verhaal/internal/fault"
	"verhaal/internal/policy"
)

// Try asks the pack about an interview as somebody types its plan: nothing of
// plan is kept. See weighing.
func (f *Files) Try(ctx context.Context, actor, id, interview string, plan url.Values) (policy.Decision, error) {
	w, err := f.weighFor(ctx, actor, id, interview)
	if err != nil {
		return policy.Decision{}, err
	}
	return w.decide(plan, f.holds(ctx))
}

// decide asks the pack about an interview as its plan is kept.
func (f *Files) decide(ctx context.Context, src db.Source, file File, interview string) (policy.Decision, error) {
	w, err := f.weigh(src, file, interview)
	if err != nil {
		return policy.Decision{}, err
	}
	return w.decide(w.plan, f.holds(ctx))
}

// holds asks the staff's record for certificates.
func (f *Files) holds(ctx context.Context) func(login, kind, day string) (bool, error) {
	return func(login, kind, day string) (bool, error) { return f.people.Holds(ctx, login, kind, day) }
}

// weighing is what a decision about an interview rests on besides its plan:
// what is known of the person and the case, with every interview of the person
// that was held here or elsewhere, the confirmed ones, and the deviations that
// were signed.
type weighing struct {
	files  *Files
	id     string // of the interview
	state  string // of the interview
	known  url.Values
	plan   url.Values // as it is kept
	slot   url.Values // what the calendar says now of the slot that it has
	signed []Deviation
	others []ahead // the person's other confirmed interviews
	delays []Delay // of the person
}

// ahead is an interview that was confirmed and not held yet.
type ahead struct {
	id   string
	plan url.Values
}

// weighFor is weigh for somebody who may read the case.
func (f *Files) weighFor(ctx context.Context, actor, id, interview string) (weighing, error) {
	file, err := f.Get(ctx, actor, id)
	if err != nil {
		return weighing{}, err
	}
	return f.weigh(f.db.Source(ctx), file, interview)
}

func (f *Files) weigh(src db.Source, file File, interview string) (weighing, error) {
	all, err := interviewsOf(src, file.ID)
	if err != nil {
		return weighing{}, err
	}
	i := slices.IndexFunc(all, func(p Planned) bool { return p.ID == interview })
	if i < 0 {
		return weighing{}, fault.New(fault.NotFound, "", "no such interview")
	}
	var parts []map[string]Fact
	for _, subject := range []string{"", all[i].Person, interview} {
		facts, err := factsOf(src, file.ID, subject)
		if err != nil {
			return weighing{}, err
		}
		parts = append(parts, facts)
	}
	known := form(parts[:2]...)
	known.Set("case.origin", file.Origin)
	known.Set("case.desk", file.Channel)
	ruled, err := phaseOf(src, file, all[i].Person)
	if err != nil {
		return weighing{}, err
	}
	known.Set("case.phase", ruled)
	plan := form(parts[2])
	if err := addAssessed(src, file.ID, all[i].Person, cmp.Or(plan.Get("plan.date"), f.today()), known); err != nil {
		return weighing{}, err
	}
	if err := addHeld(src, file.ID, all, all[i], known); err != nil {
		return weighing{}, err
	}
	if err := f.addTold(src, file.ID, all, all[i], known); err != nil {
		return weighing{}, err
	}
	delays, err := delaysOf(src, file.ID)
	if err != nil {
		return weighing{}, err
	}
	delays = slices.DeleteFunc(delays, func(d Delay) bool { return d.About != all[i].Person })
	w := weighing{files: f, id: interview, state: all[i].State, known: known, plan: plan, slot: url.Values{}, delays: delays}
	if sworn, taken, err := f.calendar.Sworn(src, file.ID, interview); err != nil {
		return weighing{}, err
	} else if taken {
		w.slot.Set("plan.interpreter.sworn", strconv.FormatBool(sworn))
	}
	for _, p := range all {
		if p.Person != all[i].Person || p.State != confirmed || p.ID == interview {
			continue
		}
		plan, err := factsOf(src, file.ID, p.ID)
		if err != nil {
			return weighing{}, err
		}
		w.others = append(w.others, ahead{p.ID, form(plan)})
	}
	asked, err := f.deviationsOf(src, listDeviations, file.ID, interview)
	w.signed = slices.DeleteFunc(asked, func(d Deviation) bool { return d.State != Signed })
	return w, err
}

// decide asks the pack about a plan.
func (w weighing) decide(plan url.Values, holds func(login, kind, day string) (bool, error)) (policy.Decision, error) {
	pack, facts, err := w.facts(plan, holds)
	if err != nil {
		return policy.Decision{}, err
	}
	d, err := pack.Decide(facts, w.files.today())
	if err != nil {
		return policy.Decision{}, Unreadable{err}
	}
	return d, nil
}

// facts are what a plan is judged by. A plan says nothing about the person or
// the case; certificates are those on record, and who is sworn stands in the
// register, never what was typed.
func (w weighing) facts(plan url.Values, holds func(login, kind, day string) (bool, error)) (*policy.Pack, policy.Facts, error) {
	fields := maps.Clone(w.known)
	for name, values := range plan {
		if section, _, _ := strings.Cut(name, "."); slices.Contains(sections[interviewKind], section) {
			fields[name] = values
		}
	}
	maps.Copy(fields, w.slot)
	day := cmp.Or(fields.Get("plan.date"), w.files.today())
	addAhead(fields, w.before(day))
	excused, err := w.excuses(day)
	if err != nil {
		return nil, nil, err
	}
	maps.Copy(fields, excused)
	if err := policy.Certify(fields, w.files.today(), holds); err != nil {
		return nil, nil, err
	}
	pack, facts, err := w.files.read(fields)
	if err == nil {
		w.sign(pack, facts)
	}
	return pack, facts, err
}

// excuses are what the reasons given for a delay say of an interview on a day. They were
// given for clocks of today's pack, whatever pack judges the interview.
func (w weighing) excuses(day string) (url.Values, error) {
	pack, err := w.files.rules.On(w.files.today())
	if err != nil {
		return nil, err
	}
	return excuses(w.delays, pack, max(w.known.Get(reported), w.known.Get(readyFact)), day), nil
}

// before are the confirmed interviews that come before one on a day. What will
// be told by then counts as told: of two interviews the later one answers for
// what both ask.
func (w weighing) before(day string) (out []ahead) {
	for _, o := range w.others {
		if cmp.Or(cmp.Compare(o.plan.Get("plan.date"), day), byNumber(o.id, w.id)) < 0 {
			out = append(out, o)
		}
	}
	return out
}

// addAhead puts confirmed interviews into a form as if they were held.
func addAhead(fields url.Values, before []ahead) {
	for _, o := range before {
		policy.AddEarlier(fields, policy.NextRow(fields, "earlier"), o.plan)
	}
}

// InterviewersBefore are the logins of who held the earlier interviews of the
// person whom an interview is with, and of who will hold those that are confirmed.
func (f *Files) InterviewersBefore(ctx context.Context, actor, id, interview string) ([]string, error) {
	w, err := f.weighFor(ctx, actor, id, interview)
	if err != nil {
		return nil, err
	}
	addAhead(w.known, w.others)
	var out []string
	for _, i := range policy.Rows(w.known, "earlier") {
		for login := range strings.SplitSeq(w.known.Get("earlier."+strconv.Itoa(i)+".interviewers"), ",") {
			if login = strings.TrimSpace(login); login != "" && !slices.Contains(out, login) {
				out = append(out, login)
			}
		}
	}
	return out, nil
}

// byNumber puts "i2" before "i10".
func byNumber(a, b string) int { return cmp.Or(cmp.Compare(len(a), len(b)), cmp.Compare(a, b)) }

// sign puts the signed deviations that count into facts. Their reasons are sealed;
// that there is one is known.
func (w weighing) sign(pack *policy.Pack, facts policy.Facts) {
	var rows []policy.Row
	for _, d := range w.signed {
		if d.void(pack, facts, w.files.today()) != "" {
			continue
		}
		day := d.Decided.In(w.files.clock().Location()).Format(time.DateOnly)
		rows = append(rows, policy.Row{"rule": d.Rule, "by_role": prosecutorRole, "by": d.Prosecutor, "reason": SealedWords, "at": day})
	}
	if len(rows) > 0 {
		facts["deviations"] = rows
	}
}

// addHeld puts the person's interviews that were held here behind those that
// were entered from elsewhere: nothing that was told is forgotten.
func addHeld(src db.Source, id string, all []Planned, now Planned, fields url.Values) error {
	row := policy.NextRow(fields, "earlier")
	for _, p := range all {
		if p.Person != now.Person || p.State != held || p.ID == now.ID {
			continue
		}
		plan, err := factsOf(src, id, p.ID)
		if err != nil {
			return err
		}
		policy.AddEarlier(fields, row, form(plan))
		row++
	}
	return nil
}
