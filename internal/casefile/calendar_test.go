package casefile

import (
	"testing"

	"pgregory.net/rapid"

	"verhaal/internal/policy"
)

func TestASpanIsReckonedInTheWordsOfItsSource(t *testing.T) {
	for _, c := range []struct {
		from   string
		amount int
		unit   policy.Unit
		want   string
	}{
		{"2026-11-23", 24, policy.UnitHours, "2026-11-24"},
		{"2026-11-23", 72, policy.UnitHours, "2026-11-26"},
		{"2026-11-23", 25, policy.UnitHours, "2026-11-25"},
		{"2026-11-20", 3, policy.UnitWorkingDays, "2026-11-25"}, // a Friday
		{"2026-11-21", 1, policy.UnitWorkingDays, "2026-11-23"}, // a Saturday
		{"2026-11-23", 4, policy.UnitWeeks, "2026-12-21"},
		{"2026-11-30", 3, policy.UnitMonths, "2027-02-28"},
		{"2024-02-29", 1, policy.UnitYears, "2025-02-28"},
		{"1969-12-30", 3, policy.UnitWorkingDays, "1970-01-02"},
		{"no day", 3, policy.UnitMonths, never},
	} {
		span := policy.Span{Amount: c.amount, Unit: c.unit}
		if got := after(c.from, span); got != c.want {
			t.Errorf("%v after %s: %s, want %s", span, c.from, got, c.want)
		}
		if got := dueDay(c.from, span, nil); got != c.want {
			t.Errorf("%v due from %s: %s, want %s", span, c.from, got, c.want)
		}
	}
}

func drawStill(t *rapid.T, start date) standstill {
	var still standstill
	for range rapid.IntRange(0, 3).Draw(t, "stretches") {
		from := start + date(rapid.IntRange(-20, 80).Draw(t, "from"))
		still = append(still, stretch{from.String(), (from + date(rapid.IntRange(0, 30).Draw(t, "length"))).String()})
	}
	return still
}

// What somebody would count on a calendar with the days crossed out.
func counted(from, until date, still standstill, working bool) int {
	n := 0
	for d := from + 1; d <= until; d++ {
		if !still.on(d) && (!working || d.works()) {
			n++
		}
	}
	return n
}

func TestADayOnWhichTheClockStandsStillIsNeverCounted(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		start := date(rapid.IntRange(19000, 21000).Draw(t, "start"))
		span := policy.Span{Amount: rapid.IntRange(1, 40).Draw(t, "amount"), Unit: rapid.SampledFrom([]policy.Unit{policy.UnitDays, policy.UnitWorkingDays}).Draw(t, "unit")}
		still := drawStill(t, start)
		due, ok := dateOf(dueDay(start.String(), span, still))
		if !ok || due.String() == never {
			t.Fatalf("no due day although every stretch ends: %v", still)
		}
		if got := counted(start, due, still, span.Unit == policy.UnitWorkingDays); got != span.Amount || still.on(due) {
			t.Fatalf("%d days count until %v, want %d", got, due, span.Amount)
		}
		until := due + date(rapid.IntRange(-5, 60).Draw(t, "until"))
		if late := daysLate(due.String(), until.String(), still); late != counted(due, until, still, false) {
			t.Fatalf("%d days late, want %d", late, counted(due, until, still, false))
		}
		// A wish that begins before the due day and has no end leaves none.
		wish := append(still, stretch{(due - date(rapid.IntRange(0, 5).Draw(t, "before"))).String(), ""})
		if got := dueDay(start.String(), span, wish); got != never && got >= due.String() {
			t.Fatalf("due on %s while the wish holds", got)
		}
		// The table keeps it as it is.
		back := decodeStandstill(wish.encode())
		if back.encode() != wish.encode() || len(back) != len(wish) {
			t.Fatalf("%q comes back as %q", wish.encode(), back.encode())
		}
	})
}

func FuzzCursor(f *testing.F) {
	f.Add("2026-11-23~abc~clock~first_contact~p1~0")
	f.Add("~~~~~x")
	f.Fuzz(func(t *testing.T, text string) {
		c, err := parseCursor(text)
		if err != nil {
			return
		}
		if again, err := parseCursor(c.String()); err != nil || again != c {
			t.Errorf("%q becomes %q", text, c)
		}
	})
}
