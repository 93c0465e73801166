package policy

import (
	"slices"
	"time"

	"cel.dev/cel-go/cel"
	"cel.dev/cel-go/common/types"
	"cel.dev/cel-go/common/types/ref"
	"cel.dev/cel-go/common/types/traits"
)

// derived is what rules may ask that follows from the facts.
type derived struct {
	name string
	kind *cel.Type
	from func(v *view) ref.Val
}

// doubtYears is how much younger than they say somebody may be whose age is in
// doubt. The instructions say "presume a child" and no bracket (requirement
// A-20); a person who says 19 then counts as 14.
const doubtYears = 5

var derivations = []derived{
	// What the question is about: contact with a person, or an act on what was
	// kept: disclosure, retention, informant.
	{"about", cel.StringType, func(v *view) ref.Val {
		for _, section := range []string{"disclosure", "retention", "informant"} {
			if act, _ := v.facts[section+".act"].(string); act != "" {
				return types.String(section)
			}
		}
		return types.String("contact")
	}},
	{"day", cel.StringType, func(v *view) ref.Val { return types.String(v.day) }},
	{"today", cel.StringType, func(v *view) ref.Val { return types.String(v.today) }},
	// The youngest age on the day of the interview that is plausible.
	{"age", cel.IntType, func(v *view) ref.Val { return types.Int(v.age().years) }},
	{"age_basis", cel.StringType, func(v *view) ref.Val { return types.String(v.age().basis) }},

	{"earlier.count", cel.IntType, func(v *view) ref.Val {
		return rows(v, "earlier", func(all []Row) ref.Val { return types.Int(len(all)) })
	}},
	{"earlier.highest_level", cel.StringType, func(v *view) ref.Val {
		return rows(v, "earlier", func(all []Row) ref.Val {
			highest, unknown := 0, false
			for _, row := range all {
				level, ok := row["level"].(string)
				unknown = unknown || !ok
				highest = max(highest, slices.Index(levels, level))
			}
			if unknown && levels[highest] != LevelVideo {
				return missing("earlier")
			}
			return types.String(levels[highest])
		})
	}},
	// What is known of the kinds of exploitation; empty when nothing is.
	{"report.kinds", cel.ListType(cel.StringType), func(v *view) ref.Val {
		kinds, _ := v.facts["report.exploitation"].([]string)
		return list(kinds)
	}},

	{"plan.interviewer_ids", cel.ListType(cel.StringType), func(v *view) ref.Val {
		return rows(v, "plan.interviewers", func(all []Row) ref.Val { return list(ids(all)) })
	}},
	// Who of the interviewers and the director holds a certificate on the day,
	// by kind.
	{"plan.holding", cel.MapType(cel.StringType, cel.ListType(cel.StringType)), func(v *view) ref.Val {
		return rows(v, "plan.interviewers", func(all []Row) ref.Val {
			out := map[string][]string{}
			for _, kind := range certificates {
				out[kind] = holding(append(slices.Clone(all), v.director()...), kind, v.day)
			}
			return types.DefaultTypeAdapter.NativeToValue(out)
		})
	}},
	{"plan.holding_studio", cel.ListType(cel.StringType), func(v *view) ref.Val {
		return rows(v, "plan.interviewers", func(all []Row) ref.Val {
			return list(holding(append(slices.Clone(all), v.director()...), "studio", v.day))
		})
	}},
	{"plan.trainees", cel.ListType(cel.StringType), func(v *view) ref.Val {
		return rows(v, "plan.interviewers", func(all []Row) ref.Val {
			in := func(row Row) bool { learns, _ := row["trainee"].(bool); return !learns }
			return list(ids(slices.DeleteFunc(append(slices.Clone(all), v.director()...), in)))
		})
	}},
	{"plan.director_id", cel.StringType, func(v *view) ref.Val {
		if d := v.director(); len(d) > 0 {
			return types.String(ids(d)[0])
		}
		return missing("plan.director")
	}},
	// Interviewers who held none of the earlier interviews.
	{"plan.new_interviewers", cel.ListType(cel.StringType), func(v *view) ref.Val {
		return rows(v, "earlier", func(before []Row) ref.Val {
			return rows(v, "plan.interviewers", func(now []Row) ref.Val {
				if len(before) == 0 {
					return list(nil)
				}
				seen := gather(before, "interviewers")
				return list(slices.DeleteFunc(ids(now), func(id string) bool { return slices.Contains(seen, id) }))
			})
		})
	}},
	// Topics of the plan that an earlier interview had, or that were told elsewhere.
	{"plan.repeats", cel.ListType(cel.StringType), func(v *view) ref.Val { return v.repeats(func(Row) bool { return true }) }},
	// Of these, those without a reason of their own.
	{"plan.repeats_unexplained", cel.ListType(cel.StringType), func(v *view) ref.Val { return v.repeats(unexplained) }},
	// A companion was refused, with or without all that a refusal takes.
	{"plan.companion.was_refused", cel.BoolType, func(v *view) ref.Val { return types.Bool(v.facts.refusal()) }},

	// Days from the report, or from when the person was ready, to the interview.
	{"clock.days_waited", cel.IntType, func(v *view) ref.Val {
		from, _ := v.facts["clock.reported"].(string)
		ready, _ := v.facts["clock.ready"].(string)
		if from = max(from, ready); from == "" {
			return missing("clock.reported")
		}
		stood, _ := v.facts["clock.stood_still"].(int)
		return types.Int(daysBetween(from, v.day) - stood)
	}},
	// The days that the pack's clock gives this person.
	{"clock.target_days", cel.IntType, func(v *view) ref.Val { return v.targetDays() }},
	{"reflection.days", cel.IntType, func(v *view) ref.Val { return v.span("reflection.from", "reflection.until") }},
	// The last day of three months from the first.
	{"reflection.three_months", cel.StringType, func(v *view) ref.Val {
		from, ok := v.facts["reflection.from"].(string)
		if !ok {
			return missing("reflection.from")
		}
		return types.String(addMonths(from, 3))
	}},
	{"case.assessment.age_days", cel.IntType, func(v *view) ref.Val {
		at, ok := v.facts["case.assessment.at"].(string)
		if !ok {
			return missing("case.assessment.at")
		}
		return types.Int(daysBetween(at, v.day))
	}},
	{"retention.days_to_destroy", cel.IntType, func(v *view) ref.Val { return v.span("retention.ordered_on", "retention.destroyed_on") }},
	{"informant.use_until", cel.StringType, func(v *view) ref.Val { return v.months("informant.first_processed", 4) }},
	{"informant.keep_until", cel.StringType, func(v *view) ref.Val { return v.months("informant.last_entry", 120) }},

	// Deviations that don't count: no reason, nobody named, signed after the
	// interview, or by a role that has no power over the rule.
	{"deviations.invalid", cel.ListType(cel.StringType), func(v *view) ref.Val {
		var out []string
		signed, _ := v.facts["deviations"].([]Row)
		for _, d := range signed {
			id, _ := d["rule"].(string)
			if rule, ok := v.pack.Rule(id); ok && !rule.deviatedBy(d, v.day) {
				out = append(out, id)
			}
		}
		return list(out)
	}},
}

// reckoned is an age and what it rests on.
type reckoned struct {
	years int
	basis string // birth_date, told, claimed, doubted, unknown
}

// age is the youngest that is plausible on the day of the interview: who may be
// a child is presumed one (2011/36/EU art. 13(2); requirements E-03, A-20).
func (v *view) age() reckoned {
	out := reckoned{-1, "unknown"}
	if born, ok := v.facts["subject.birth_date"].(string); ok {
		out = reckoned{ageOn(born, v.day), "birth_date"}
	} else if years, ok := v.facts["subject.age"].(int); ok {
		out = reckoned{years, "told"}
	}
	stated := out.years >= 0
	if claimed, ok := v.facts["subject.claimed_age"].(int); ok && !stated {
		out = reckoned{claimed, "claimed"}
	}
	if out.years < 0 {
		return reckoned{0, "unknown"}
	}
	doubt, told := v.facts["subject.age_doubt"].(bool)
	if doubt || (!told && !stated) {
		return reckoned{max(0, min(out.years-doubtYears, 17)), "doubted"}
	}
	return out
}

// interviewClock is the clock that a first interview runs by, by its id, and
// the circumstances that choose its target. In an acute situation a child
// counts as one with special need of protection.
func (v *view) interviewClock() (id string, circumstances []string) {
	age := v.age().years
	if age >= 18 {
		return "adult_interview", nil
	}
	if acute, _ := v.facts["case.acute"].(bool); acute {
		circumstances = append(circumstances, "special_protection")
	}
	if age < 6 {
		circumstances = append(circumstances, "under_six")
	}
	return "child_interview", circumstances
}

// targetDays looks the clock up in the pack's deadlines.
func (v *view) targetDays() ref.Val {
	name, circumstances := v.interviewClock()
	clock, ok := v.pack.Clock(name)
	if target := clock.Target(circumstances...); ok && target.Unit == UnitDays {
		return types.Int(target.Amount)
	}
	return missing("clock.reported")
}

func (v *view) director() []Row {
	if d, ok := v.facts["plan.director"].(Row); ok {
		return []Row{d}
	}
	return nil
}

// unexplained says of a topic that no reason is given for it.
func unexplained(topic Row) bool {
	reason, _ := topic["reason"].(string)
	return blank(reason)
}

// again are the repeats as numbers; false where it is not known what was told.
func (v *view) again() (Again, bool) {
	all, known := v.repeats(func(Row) bool { return true }).(traits.Lister)
	if !known {
		return Again{}, false
	}
	without := v.repeats(unexplained).(traits.Lister)
	return Again{int(all.Size().(types.Int)), int(without.Size().(types.Int))}, true
}

func (v *view) repeats(counts func(Row) bool) ref.Val {
	elsewhere, _ := v.facts["told.topics"].([]string)
	return rows(v, "earlier", func(before []Row) ref.Val {
		if len(before)+len(elsewhere) == 0 {
			return list(nil)
		}
		if slices.ContainsFunc(before, func(row Row) bool { return row["topics"] == nil }) {
			return missing("earlier")
		}
		return rows(v, "plan.topics", func(topics []Row) ref.Val {
			told := append(gather(before, "topics"), elsewhere...)
			for i := range told {
				told[i] = Topic(told[i])
			}
			var out []string
			for _, topic := range topics {
				if name, _ := topic["name"].(string); slices.Contains(told, Topic(name)) && counts(topic) {
					out = append(out, name)
				}
			}
			return list(out)
		})
	})
}

func (v *view) span(from, until string) ref.Val {
	for _, name := range []string{from, until} {
		if v.facts[name] == nil {
			return missing(name)
		}
	}
	return types.Int(daysBetween(v.facts[from].(string), v.facts[until].(string)))
}

func (v *view) months(from string, n int) ref.Val {
	day, ok := v.facts[from].(string)
	if !ok {
		return missing(from)
	}
	return types.String(addMonths(day, n))
}

// rows gives f the list of a fact, or says that the fact is missing.
func rows(v *view, name string, f func([]Row) ref.Val) ref.Val {
	all, ok := v.facts[name].([]Row)
	if !ok {
		return missing(name)
	}
	return f(all)
}

func list(s []string) ref.Val { return types.NewStringList(types.DefaultTypeAdapter, s) }

func ids(all []Row) []string {
	out := make([]string, 0, len(all))
	for _, row := range all {
		id, _ := row["id"].(string)
		out = append(out, id)
	}
	return out
}

func gather(all []Row, column string) []string {
	var out []string
	for _, row := range all {
		some, _ := row[column].([]string)
		out = append(out, some...)
	}
	return out
}

func holding(people []Row, kind, day string) []string {
	var out []string
	for _, p := range people {
		held, _ := p["certificates"].([]Row)
		for _, c := range held {
			if until, _ := c["until"].(string); c["kind"] == kind && until >= day {
				out = append(out, p["id"].(string))
				break
			}
		}
	}
	return out
}

func daysBetween(from, until string) int {
	a, _ := time.Parse(time.DateOnly, from)
	b, _ := time.Parse(time.DateOnly, until)
	return int(b.Sub(a).Hours() / 24)
}

// addMonths gives the same day n months on, or the last of that month.
func addMonths(day string, n int) string {
	d, _ := time.Parse(time.DateOnly, day)
	on := d.AddDate(0, n, 0)
	if on.Day() != d.Day() {
		on = on.AddDate(0, 0, -on.Day())
	}
	return on.Format(time.DateOnly)
}
