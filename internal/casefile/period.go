package casefile

import (
	"context"
	"slices"

	"verhaal/internal/custody"
	"verhaal/internal/db"
	"verhaal/internal/fault"
	"verhaal/internal/policy"
)

// Endings that say more than that a period is over.
const cooperates = "cooperates"

// periodFacts are what the rules read of a period: it was offered, its first and last day,
// whether it was extended.
var periodFacts = []string{"reflection.offered", "reflection.from", "reflection.until", "reflection.extended"}

// refusedFact is that the victim wants none: that is an answer too.
const refusedFact = "reflection.refused"

// periodMistakes are the codes of why a period is taken back.
var periodMistakes = []string{"wrong_day", "wrong_kind", "other_person", "not_wanted"}

// PeriodMistakes lists them.
func PeriodMistakes() []string { return slices.Clone(periodMistakes) }

// Period is time to think that a victim has or had (requirements V-01 to V-03).
type Period struct {
	About  string // the person
	Period string // id in the pack
	From   string // first day, YYYY-MM-DD
	Until  string // last day by the pack's length
	Ending string // why it ended; "" while it runs
	Ended  string // on which day
}

// BeginPeriod notes that a victim was offered a period of the pack on a day and wants it.
// Its length is the pack's, its reports become tasks with their days, and the facts that
// the rules read follow. Nobody has it twice, in whatever form.
func (f *Files) BeginPeriod(ctx context.Context, actor, id, person, period, from string) error {
	file, err := f.Get(ctx, actor, id)
	if err != nil {
		return err
	}
	if err := f.past(from); err != nil {
		return err
	}
	act := custody.Act{Kind: "case.period_begun", Actor: actor, Subject: id, Facts: map[string]string{"channel": file.Channel, "period": period, "from": from}}
	return f.changed(ctx, act, person, func(tx *db.Tx) error {
		s, err := f.load(tx, id)
		if err != nil {
			return err
		}
		p, known := s.pack.Period(period)
		victim := slices.ContainsFunc(s.people, func(one somebody) bool { return one.ID == person && one.Role == Victim })
		if !known || !victim {
			return fault.New(fault.BadInput, "", "no such period, or not a victim of this case")
		}
		if p.Once && slices.ContainsFunc(s.periods, func(one Period) bool { return one.About == person }) {
			return fault.New(fault.Conflict, "case.fault.period_once", "a second period")
		}
		until := after(from, p.Length)
		n, err := tx.Exec(insertPeriod, id, person, period, from, until, f.clock().Unix(), actor)
		if err == nil && n == 0 {
			err = fault.New(fault.Conflict, "case.fault.period_once", "the same period again")
		}
		if err != nil {
			return err
		}
		for _, what := range []string{periodOffered, periodWanted} {
			if err := f.addStep(tx, s, Step{What: what, About: person, Day: from, Staff: actor}); err != nil {
				return err
			}
		}
		for i := 1; ; i++ {
			on := after(from, policy.Span{Amount: i * p.Report.Every.Amount, Unit: p.Report.Every.Unit})
			if on > until {
				break
			}
			if err := f.addTask(tx, s, Owed{Task: period, OfPeriod: period, About: person, Opened: from, Due: on}); err != nil {
				return err
			}
		}
		if s.known[person].Get(refusedFact) != "" {
			if err := f.tell(tx, id, actor, person, refusedFact, ""); err != nil {
				return err
			}
		}
		return f.tellPeriod(tx, id, actor, person, "true", from, until, "false")
	})
}

// tellPeriod sets the facts that the rules read of a period, in the order of periodFacts.
func (f *Files) tellPeriod(tx *db.Tx, id, actor, person string, values ...string) error {
	for i, fact := range periodFacts {
		if err := f.tell(tx, id, actor, person, fact, values[i]); err != nil {
			return err
		}
	}
	return nil
}

// TakePeriodBack takes a period of a person back that was begun by mistake, for a reason of
// PeriodMistakes: the log keeps what stood there, its open reports fall away, its steps are
// taken back, and the rules know of none, so that the right one can be begun.
func (f *Files) TakePeriodBack(ctx context.Context, actor, id, person, why string) error {
	file, err := f.Get(ctx, actor, id)
	if err != nil {
		return err
	}
	if !slices.Contains(periodMistakes, why) {
		return fault.New(fault.BadInput, "case.fault.why", "no reason of the list")
	}
	s, err := f.load(f.db.Source(ctx), id)
	if err != nil {
		return err
	}
	i := slices.IndexFunc(s.periods, func(one Period) bool { return one.About == person })
	if i < 0 {
		return fault.New(fault.NotFound, "", "no period of this person")
	}
	was := s.periods[i]
	act := custody.Act{Kind: "case.period_taken_back", Actor: actor, Subject: id, Basis: why, Facts: map[string]string{
		"channel": file.Channel, "period": was.Period, "from": was.From, "until": was.Until, "ending": was.Ending, "ended": was.Ended}}
	return f.changed(ctx, act, person, func(tx *db.Tx) error {
		n, err := tx.Exec(deletePeriod, id, person, was.Period, was.From, was.Ended)
		if err == nil && n == 0 {
			err = changedMeanwhile("period")
		}
		if err != nil {
			return err
		}
		if _, err := tx.Exec(settleReports, id, person, was.Period, f.today(), mistaken, f.clock().Unix(), actor, ""); err != nil {
			return err
		}
		now, err := f.load(tx, id)
		if err != nil {
			return err
		}
		for _, step := range now.steps {
			if step.About != person || step.Day != was.From || step.What != periodOffered && step.What != periodWanted {
				continue
			}
			if _, err := tx.Exec(withdrawStep, id, step.N, f.clock().Unix()); err != nil {
				return err
			}
		}
		if _, refused, err := f.said(tx, now, Step{What: periodRefused, About: person}); err != nil {
			return err
		} else if refused != "" {
			if err := f.tell(tx, id, actor, person, refusedFact, refused); err != nil {
				return err
			}
		}
		return f.tellPeriod(tx, id, actor, person, "", "", "", "")
	})
}

// EndPeriod ends a victim's period for a reason of the pack: one that is early before its
// last day, one that is not from that day on. Reports that were due later fall away with it.
func (f *Files) EndPeriod(ctx context.Context, actor, id, person, ending, day string) error {
	file, err := f.Get(ctx, actor, id)
	if err != nil {
		return err
	}
	if err := f.past(day); err != nil {
		return err
	}
	act := custody.Act{Kind: "case.period_ended", Actor: actor, Subject: id, Basis: ending, Facts: map[string]string{"channel": file.Channel, "day": day}}
	return f.changed(ctx, act, person, func(tx *db.Tx) error {
		s, err := f.load(tx, id)
		if err != nil {
			return err
		}
		i := slices.IndexFunc(s.periods, func(one Period) bool { return one.About == person && one.Ending == "" })
		if i < 0 {
			return fault.New(fault.Conflict, "case.fault.period_over", "no period runs for this person")
		}
		runs := s.periods[i]
		p, _ := s.pack.Period(runs.Period)
		at := slices.IndexFunc(p.Ends, func(e policy.Ending) bool { return e.ID == ending })
		if at < 0 || day < runs.From || p.Ends[at].Early != (day < runs.Until) {
			return fault.New(fault.BadInput, "case.fault.period_end", "no ending of this period, or not on this day")
		}
		if _, err := tx.Exec(endPeriod, id, person, runs.Period, ending, day); err != nil {
			return err
		}
		if _, err := tx.Exec(settleReports, id, person, runs.Period, day, periodEnded, f.clock().Unix(), actor, day); err != nil {
			return err
		}
		told := func(one Step) bool {
			return one.About == person && !one.Withdrawn && (one.What == formalReport || one.What == cooperation)
		}
		if ending != cooperates || slices.ContainsFunc(s.steps, told) {
			return nil
		}
		return f.addStep(tx, s, Step{What: cooperation, About: person, Day: day, Staff: actor})
	})
}
