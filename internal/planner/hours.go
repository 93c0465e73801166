package planner

import (
	"fmt"
	"strings"
	"time"

	"verhaal/internal/fault"
)

// Hours is when somebody works, or a room is open: the same times on some days
// of the week, in the installation's time zone.
type Hours struct {
	Days     [7]bool // by time.Weekday: Sunday first
	From, To int     // minutes since midnight; From < To ≤ 1440
}

// letters stand for the days, Monday first as people write a week.
var letters = [...]struct {
	text string
	day  time.Weekday
}{{"mo", 1}, {"tu", 2}, {"we", 3}, {"th", 4}, {"fr", 5}, {"sa", 6}, {"su", 0}}

// String is the text that ParseHours reads: "mo,tu,we 09:00-17:30".
func (h Hours) String() string {
	var days []string
	for _, l := range letters {
		if h.Days[l.day] {
			days = append(days, l.text)
		}
	}
	return fmt.Sprintf("%s %s-%s", strings.Join(days, ","), clockText(h.From), clockText(h.To))
}

// ParseHours reads "mo,tu,we,th,fr 09:00-17:30"; anything else is BadInput.
func ParseHours(text string) (Hours, error) {
	bad := fault.New(fault.BadInput, "planner.fault.hours", "no hours like mo,tu 09:00-17:30")
	days, times, ok := strings.Cut(text, " ")
	from, to, both := strings.Cut(times, "-")
	if !ok || !both {
		return Hours{}, bad
	}
	var h Hours
	for _, name := range strings.Split(days, ",") {
		found := false
		for _, l := range letters {
			if l.text == name && !h.Days[l.day] {
				h.Days[l.day], found = true, true
			}
		}
		if !found {
			return Hours{}, bad
		}
	}
	var err error
	if h.From, err = ParseClock(from); err != nil {
		return Hours{}, bad
	}
	if h.To, err = ParseClock(to); err != nil || h.From >= h.To {
		return Hours{}, bad
	}
	return h, nil
}

// ParseClock reads "09:30" as minutes since midnight; 24:00 is the day's end.
func ParseClock(text string) (int, error) {
	digit := func(i int) int { return int(text[i]) - '0' }
	if len(text) == 5 && text[2] == ':' {
		ok := true
		for _, i := range []int{0, 1, 3, 4} {
			ok = ok && text[i] >= '0' && text[i] <= '9'
		}
		if ok {
			hour, minute := digit(0)*10+digit(1), digit(3)*10+digit(4)
			if minute < 60 && hour*60+minute <= 24*60 {
				return hour*60 + minute, nil
			}
		}
	}
	return 0, fault.New(fault.BadInput, "planner.fault.hours", "no time of day like 09:30")
}

func clockText(minutes int) string { return fmt.Sprintf("%02d:%02d", minutes/60, minutes%60) }
