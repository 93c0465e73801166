package casefile

import (
	"slices"
	"strings"
	"time"

	"verhaal/internal/policy"
)

// never is the due day of what stands still: after all days.
const never = "9999-12-31"

// date is a day as a number, so that days can be counted; 0 is 1 January 1970.
type date int

func dateOf(day string) (date, bool) {
	t, err := time.Parse(time.DateOnly, day)
	return date(t.Unix() / (24 * 60 * 60)), err == nil
}

func (d date) String() string {
	return time.Unix(int64(d)*24*60*60, 0).UTC().Format(time.DateOnly)
}

// works says that it is neither Saturday nor Sunday. The packs hold no calendar
// of holidays, so these count: a target never comes later than the law allows.
func (d date) works() bool {
	weekday := (int(d)%7 + 4 + 7) % 7 // 1 January 1970 was a Thursday
	return weekday != int(time.Saturday) && weekday != int(time.Sunday)
}

// stretch is some days in a row; Until is the last of them, "" while they go on.
type stretch struct{ From, Until string }

// standstill is the days on which a clock doesn't run.
type standstill []stretch

func (s standstill) on(d date) bool {
	day := d.String()
	return slices.ContainsFunc(s, func(one stretch) bool { return one.From <= day && (one.Until == "" || day <= one.Until) })
}

// endless says that from d on the clock stands still without an end.
func (s standstill) endless(d date) bool {
	day := d.String()
	return slices.ContainsFunc(s, func(one stretch) bool { return one.Until == "" && one.From <= day })
}

// encode writes the stretches for the table, "2026-11-01/2026-11-05,2026-11-20/".
func (s standstill) encode() string {
	var out []string
	for _, one := range s {
		out = append(out, one.From+"/"+one.Until)
	}
	return strings.Join(out, ",")
}

func decodeStandstill(text string) standstill {
	var out standstill
	for _, one := range strings.Split(text, ",") {
		if from, until, ok := strings.Cut(one, "/"); ok {
			out = append(out, stretch{from, until})
		}
	}
	return out
}

// after is the day that lies span behind a day. Hours count as the days they
// touch, since a case file knows days only. A month ends on its last day when it
// has no such day: three months from 30 November end on 28 February.
func after(day string, span policy.Span) string {
	t, err := time.Parse(time.DateOnly, day)
	if err != nil {
		return never
	}
	switch span.Unit {
	case policy.UnitHours:
		return t.AddDate(0, 0, (span.Amount+23)/24).Format(time.DateOnly)
	case policy.UnitWeeks:
		return t.AddDate(0, 0, 7*span.Amount).Format(time.DateOnly)
	case policy.UnitMonths, policy.UnitYears:
		months := span.Amount
		if span.Unit == policy.UnitYears {
			months *= 12
		}
		on := t.AddDate(0, months, 0)
		if on.Day() != t.Day() {
			on = on.AddDate(0, 0, -on.Day())
		}
		return on.Format(time.DateOnly)
	case policy.UnitWorkingDays:
		return dueDay(day, span, nil)
	default:
		return t.AddDate(0, 0, span.Amount).Format(time.DateOnly)
	}
}

// dueDay is the last day on time for what began on a day and may take span. A day on
// which the clock stands still is not counted (requirement S-08: a victim's own
// wish is never a breach); it is never while that has no end.
func dueDay(from string, span policy.Span, still standstill) string {
	d, ok := dateOf(from)
	if !ok {
		return never
	}
	left, counts := span.Amount, date.works
	if span.Unit != policy.UnitWorkingDays {
		end, _ := dateOf(after(from, span))
		left, counts = int(end-d), func(date) bool { return true }
	}
	for left > 0 {
		d++
		if still.endless(d) {
			return never
		}
		if counts(d) && !still.on(d) {
			left--
		}
	}
	return d.String()
}

// daysLate counts the days behind due until a day, without those on which the
// clock stood still.
func daysLate(due, until string, still standstill) int {
	d, ok := dateOf(due)
	end, ok2 := dateOf(until)
	if !ok || !ok2 || due == never {
		return 0
	}
	if len(still) == 0 {
		return max(0, int(end-d))
	}
	n := 0
	for d++; d <= end; d++ {
		if !still.on(d) {
			n++
		}
	}
	return n
}

// DaysBetween counts from one day (YYYY-MM-DD) to another, below 0 when the
// second is earlier.
func DaysBetween(from, until string) int {
	a, _ := dateOf(from)
	b, _ := dateOf(until)
	return int(b - a)
}
