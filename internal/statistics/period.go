package statistics

import (
	"fmt"
	"time"
)

// Quarter is a quarter of a calendar year in UTC: four times the year, plus 0 to 3.
type Quarter int

// QuarterOf is the quarter that a moment lies in.
func QuarterOf(t time.Time) Quarter {
	t = t.UTC()
	return Quarter(t.Year()*4 + (int(t.Month())-1)/3)
}

// ParseQuarter reads "2026-Q3"; false for anything else.
func ParseQuarter(s string) (Quarter, bool) {
	var year, n int
	if _, err := fmt.Sscanf(s, "%4d-Q%1d", &year, &n); err != nil || n < 1 || n > 4 || year < 1 {
		return 0, false
	}
	q := Quarter(year*4 + n - 1)
	return q, q.String() == s
}

// String is "2026-Q3".
func (q Quarter) String() string { return fmt.Sprintf("%04d-Q%d", q.Year(), q%4+1) }

// Year is the calendar year.
func (q Quarter) Year() int { return int(q / 4) }

// Start is its first moment.
func (q Quarter) Start() time.Time {
	return time.Date(q.Year(), time.Month(q%4*3+1), 1, 0, 0, 0, 0, time.UTC)
}

// Period is a whole quarter or a whole calendar year: nothing else is ever
// counted together, so that no two periods overlap but a year and its quarters.
type Period struct {
	Quarter Quarter // of a year: its first
	Whole   bool    // the whole year
}

// String is "2026-Q3" or "2026".
func (p Period) String() string {
	if p.Whole {
		return fmt.Sprintf("%04d", p.Quarter.Year())
	}
	return p.Quarter.String()
}

// parts are the quarters of a period.
func (p Period) parts() []Quarter {
	if !p.Whole {
		return []Quarter{p.Quarter}
	}
	return []Quarter{p.Quarter, p.Quarter + 1, p.Quarter + 2, p.Quarter + 3}
}

func year(of Quarter) Period { return Period{of - of%4, true} }

// month counts months as Quarter counts quarters.
type month int

func monthOf(t time.Time) month { t = t.UTC(); return month(t.Year()*12 + int(t.Month()) - 1) }

func (m month) String() string { return fmt.Sprintf("%04d-%02d", m/12, m%12+1) }

// day counts days since 1970 in UTC.
func day(unix int64) int {
	if unix < 0 {
		unix -= 24*60*60 - 1
	}
	return int(unix / (24 * 60 * 60))
}
