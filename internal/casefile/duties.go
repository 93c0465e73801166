package casefile

import (
	"context"
	"net/url"
	"slices"
	"strconv"
	"time"

	"verhaal/internal/custody"
	"verhaal/internal/db"
	"verhaal/internal/fault"
	"verhaal/internal/policy"
)

// States of a task.
const (
	TaskOpen          = "open"
	TaskDone          = "done"
	TaskNotApplicable = "not_applicable"
)

// shelterTask is the task that is done when a place was found, not when it was
// asked for: its waiting time is what matters.
const shelterTask = "shelter"

// taskDays is how long a task that is not urgent may stay open before it counts
// as late. No source names a number: this is a default of ours. An urgent one
// is due on its day.
const taskDays = 7

// NotApplicable lists why a task need not be done. A report in a period that
// ended early needs none.
func NotApplicable() []string {
	return []string{"not_for_this_person", "not_wanted", "done_by_another", mistaken}
}

const (
	mistaken    = "mistake"
	periodEnded = "period_ended"
)

// Owed is a task of a case. It stays open until it is done or somebody says why it
// need not be, with a day and their name (requirement V-07); nothing else
// closes it.
type Owed struct {
	N        int64
	Task     string // id in the pack; of a report in a period: of that period
	About    string
	OfPeriod string // the period in which it is a report; "" for a task of the pack
	Opened   string // YYYY-MM-DD, as all days here
	Due      string
	State    string
	Day      string // on which it was done
	Reason   string // why it need not be
	Consent  bool   // the person agreed
	Staff    string
}

// Shelter says that it waits for a place.
func (o Owed) Shelter() bool { return o.Task == shelterTask && o.OfPeriod == "" }

// Waited counts the days from its opening until it was done, or until today.
func (o Owed) Waited(today string) int {
	if o.State != TaskOpen {
		today = o.Day
	}
	return max(0, DaysBetween(o.Opened, today))
}

// reckon follows a change of a case inside its act: what the system can see has
// happened becomes a step, steps open tasks, and the rows of the board are
// written anew.
func (f *Files) reckon(tx *db.Tx, id string) error {
	s, err := f.load(tx, id)
	if err != nil {
		return err
	}
	for _, step := range s.seen() {
		step.Seen = true
		if err := f.addStep(tx, s, step); err != nil {
			return err
		}
	}
	return f.writeDue(tx, s)
}

// seen lists what happened, as the facts show, and is no step yet. A step that somebody took
// back is not seen again, but for an interview that was not held after all, and a talk: its
// fact went with it, so who tells of one tells it anew; a contact of another day is another
// one. What Stands is seen although somebody entered the same: that may be taken back.
func (s *state) seen() []Step {
	var out []Step
	see := func(what, about, day string) {
		stands := slices.Contains(stand, what)
		same := func(one Step) bool {
			return one.What == what && one.About == about && (!stands || one.Seen && !one.Withdrawn)
		}
		if !slices.ContainsFunc(s.steps, same) && !slices.ContainsFunc(out, same) {
			out = append(out, Step{What: what, About: about, Day: day})
		}
	}
	for _, p := range s.people {
		if s.known[p.ID].Get(talkFact) == "true" && s.firstStep(talkHeld, p.ID, "") == "" {
			out = append(out, Step{What: talkHeld, About: p.ID, Day: s.dayOf(s.changed[p.ID+" "+talkFact])})
		}
		if p.Role != Victim {
			continue
		}
		see(victimFound, p.ID, s.dayOf(p.made))
		if policy.Minor(p.facts, s.today) {
			see(minorFound, p.ID, s.today)
		}
	}
	if reported := s.first(reportReceived, "", ""); s.first(contactMade, "", reported) == "" {
		for _, day := range s.reached {
			if day >= reported && !slices.ContainsFunc(s.steps, func(one Step) bool { return one.What == contactMade && one.Seen && one.Day == day }) {
				out = append(out, Step{What: contactMade, Day: day})
				break
			}
		}
	}
	for _, one := range s.held {
		see(one.What, one.About, one.Day)
	}
	if s.file.Phase == Sent {
		see(fileSent, "", s.today)
	}
	return out
}

// addStep writes a step and opens the tasks that it opens. A task that is open
// already for the same person is not opened twice.
func (f *Files) addStep(tx *db.Tx, s *state, step Step) error {
	step.N = int64(len(s.steps)) + 1
	if _, err := tx.Exec(insertStep, s.file.ID, step.N, step.What, step.About, step.Day, flag(step.Seen), f.clock().Unix(), step.Staff); err != nil {
		return err
	}
	s.steps = append(s.steps, step)
	for _, t := range s.pack.Tasks {
		opens := slices.ContainsFunc(t.Opens, func(c policy.Coded) bool { return c.ID == step.What })
		open := slices.ContainsFunc(s.tasks, func(o Owed) bool { return o.Task == t.ID && o.About == step.About && o.State == TaskOpen })
		if !opens || open {
			continue
		}
		day := step.Day
		if !t.Urgent {
			day = after(day, policy.Span{Amount: taskDays, Unit: policy.UnitDays})
		}
		if err := f.addTask(tx, s, Owed{Task: t.ID, About: step.About, Opened: step.Day, Due: day}); err != nil {
			return err
		}
	}
	return nil
}

func (f *Files) addTask(tx *db.Tx, s *state, o Owed) error {
	o.N, o.State = int64(len(s.tasks))+1, TaskOpen
	s.tasks = append(s.tasks, o)
	_, err := tx.Exec(insertTask, s.file.ID, o.N, o.Task, o.About, o.OfPeriod, o.Opened, o.Due)
	return err
}

func flag(is bool) int {
	if is {
		return 1
	}
	return 0
}

// Settlement is how a task ends.
type Settlement struct {
	State   string // done, not_applicable
	Day     string // on which it was done; not_applicable: today
	Reason  string // of NotApplicable, only with that state
	Consent bool   // the person agreed; needed to be done where the pack says so
}

// Settle ends a task, once. A task that needs the victim's agreement is not done
// without it. A fact that is all a rule of the task asks for, such as that
// CoMensha was told, becomes known when none of that rule's tasks is open.
func (f *Files) Settle(ctx context.Context, actor, id string, n int64, how Settlement) error {
	file, err := f.Get(ctx, actor, id)
	if err != nil {
		return err
	}
	switch {
	case how.State == TaskDone && how.Reason == "":
		if err := f.past(how.Day); err != nil {
			return err
		}
	case how.State == TaskNotApplicable && slices.Contains(NotApplicable(), how.Reason):
		how.Day, how.Consent = f.today(), false
	default:
		return fault.New(fault.BadInput, "case.fault.task", "neither done nor a reason of the list")
	}
	s, err := f.load(f.db.Source(ctx), id)
	if err != nil {
		return err
	}
	i := slices.IndexFunc(s.tasks, func(o Owed) bool { return o.N == n })
	if i < 0 {
		return fault.New(fault.NotFound, "", "no such task")
	}
	o := s.tasks[i]
	task, _ := s.pack.Task(o.Task)
	if how.State == TaskDone && o.OfPeriod == "" && task.Consent == policy.ConsentVictim && !how.Consent {
		return fault.New(fault.BadInput, "case.fault.consent", "the victim's agreement is not there")
	}
	if how.State == TaskDone && how.Day < o.Opened {
		return fault.New(fault.BadInput, "case.fault.day", "done before it was opened")
	}
	act := custody.Act{Kind: "case.task_" + how.State, Actor: actor, Subject: id, Basis: how.Reason,
		Facts: map[string]string{"channel": file.Channel, "task": o.Task, "day": how.Day}}
	return f.changed(ctx, act, o.Task, func(tx *db.Tx) error {
		changed, err := tx.Exec(settleTask, id, n, how.State, how.Day, how.Reason, flag(how.Consent), f.clock().Unix(), actor)
		if err == nil && changed == 0 {
			err = fault.New(fault.Conflict, "case.fault.settled", "ended already")
		}
		if err != nil || how.State != TaskDone || o.OfPeriod != "" {
			return err
		}
		now, err := f.load(tx, id)
		if err != nil {
			return err
		}
		for _, rule := range task.Ground.Rules {
			if fact := onlyFact(now.pack, rule); fact != "" && !now.open(rule) {
				if err := f.tell(tx, id, actor, "", fact, "true"); err != nil {
					return err
				}
			}
		}
		return nil
	})
}

// open says that a task of a rule is open, for anybody in the case.
func (s *state) open(rule string) bool {
	return slices.ContainsFunc(s.tasks, func(o Owed) bool {
		task, ok := s.pack.Task(o.Task)
		return ok && o.State == TaskOpen && o.OfPeriod == "" && slices.Contains(task.Ground.Rules, rule)
	})
}

// onlyFact is the yes-or-no fact about the case that is all a rule asks for.
func onlyFact(p *policy.Pack, id string) string {
	rule, ok := p.Rule(id)
	if !ok {
		return ""
	}
	asks := p.Asks(rule)
	if len(asks) != 1 {
		return ""
	}
	known := slices.ContainsFunc(policy.Schema(), func(f policy.Fact) bool {
		return f.Name == asks[0] && f.Kind == policy.YesNo && f.Section() == "case"
	})
	if !known {
		return ""
	}
	return asks[0]
}

// Covers says that a requirement of the rules is one of the open tasks about
// the person or the case, so that a list shows it once.
func (d Deadlines) Covers(p *policy.Pack, rule, about string) bool {
	return onlyFact(p, rule) != "" && slices.ContainsFunc(d.Tasks, func(o Owed) bool {
		task, ok := p.Task(o.Task)
		return ok && o.State == TaskOpen && o.OfPeriod == "" && (o.About == about || o.About == "") && slices.Contains(task.Ground.Rules, rule)
	})
}

// dayOf is the day of a moment (unix seconds), where the desk stands.
func (s *state) dayOf(at int64) string { return time.Unix(at, 0).In(s.zone).Format(time.DateOnly) }

// tell sets a fact about a person or the case inside an act: one field of the
// same name; "" = not known any more.
func (f *Files) tell(tx *db.Tx, id, actor, subject, name, value string) error {
	fields := url.Values{}
	if value != "" {
		fields.Set(name, value)
	}
	return f.putFact(tx, actor, id, subject, name, fields)
}

// past refuses what is no day, or one to come wherever the server stands.
func (f *Files) past(day string) error {
	if _, ok := dateOf(day); !ok || day > max(f.today(), f.clock().UTC().Format(time.DateOnly)) {
		return fault.New(fault.BadInput, "case.fault.day", "no day, or one to come")
	}
	return nil
}

func number(n int64) string { return strconv.FormatInt(n, 10) }
