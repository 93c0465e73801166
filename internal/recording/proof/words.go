package proof

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// clock is a moment in Unix ms for people.
func clock(ms int64) string { return time.UnixMilli(ms).UTC().Format("2006-01-02 15:04:05 UTC") }

// span is a moment of a recording in ms for people.
func span(ms uint64) string {
	s := ms / 1000
	return fmt.Sprintf("%d:%02d:%02d", s/3600, s/60%60, s%60)
}

func count(n int64, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}

func size(n int64) string {
	if n < 1e6 {
		return fmt.Sprintf("%d bytes", n)
	}
	return fmt.Sprintf("%.1f MB", float64(n)/1e6)
}

// names lists files; what could pass for other words of the page is quoted.
func names(files []string) string {
	var out []string
	for _, name := range files {
		if quoted := strconv.Quote(name); strings.Contains(name, ", ") || quoted != `"`+name+`"` {
			name = quoted
		}
		out = append(out, name)
	}
	return strings.Join(out, ", ")
}

// runs writes ascending numbers as "3, 14 to 16".
func runs(numbers []int) string {
	var out []string
	for i := 0; i < len(numbers); {
		j := i
		for j+1 < len(numbers) && numbers[j+1] == numbers[j]+1 {
			j++
		}
		if i == j {
			out = append(out, fmt.Sprint(numbers[i]))
		} else {
			out = append(out, fmt.Sprintf("%d to %d", numbers[i], numbers[j]))
		}
		i = j + 1
	}
	return strings.Join(out, ", ")
}
