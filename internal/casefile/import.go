package casefile

import (
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"verhaal/internal/policy"
)

// maxImport bounds an import, in bytes.
const maxImport = 64 << 10

// earlierColumns are those of an import, in their order: the day
// (YYYY-MM-DD), the agency, the recording level (none, audio, video), the
// interviewers and the topics, each a code, with spaces or commas between.
var earlierColumns = []string{"date", "agency", "level", "interviewers", "topics"}

// ReadEarlier reads interviews that were held elsewhere from comma- or
// semicolon-separated lines (RFC 4180) with the columns date, agency, level,
// interviewers, topics; a first line with these names may say another order.
// The rows are fields of a form, without their number: "date", "topics"….
// The error names the line and what is wrong with it.
func ReadEarlier(text string) ([]url.Values, error) {
	if len(text) > maxImport {
		return nil, fmt.Errorf("more than %d bytes", maxImport)
	}
	r := csv.NewReader(strings.NewReader(strings.TrimPrefix(text, "\ufeff")))
	r.TrimLeadingSpace, r.FieldsPerRecord = true, -1
	if first, _, _ := strings.Cut(text, "\n"); strings.Count(first, ";") > strings.Count(first, ",") {
		r.Comma = ';'
	}
	columns := earlierColumns
	var out []url.Values
	for n := 0; ; n++ {
		record, err := r.Read()
		if errors.Is(err, io.EOF) {
			return out, nil
		}
		if err != nil {
			return nil, err
		}
		line, _ := r.FieldPos(0)
		if n == 0 && slices.ContainsFunc(record, func(s string) bool { return strings.EqualFold(strings.TrimSpace(s), "date") }) {
			columns = nil
			for _, name := range record {
				name = strings.ToLower(strings.TrimSpace(name))
				if !slices.Contains(earlierColumns, name) || slices.Contains(columns, name) {
					return nil, fmt.Errorf("line %d: no column is called %q, or twice", line, name)
				}
				columns = append(columns, name)
			}
			continue
		}
		if len(record) > len(columns) {
			return nil, fmt.Errorf("line %d: %d columns, at most %d are known", line, len(record), len(columns))
		}
		row := url.Values{}
		for i, value := range record {
			if columns[i] == "interviewers" || columns[i] == "topics" {
				value = strings.Join(strings.FieldsFunc(value, func(c rune) bool { return c == ' ' || c == ',' || c == '|' }), ", ")
			}
			if value = strings.TrimSpace(value); value != "" {
				row.Set(columns[i], value)
			}
		}
		if row.Get("date") == "" {
			return nil, fmt.Errorf("line %d: no date", line)
		}
		if err := codesOnly(row); err != nil {
			return nil, fmt.Errorf("line %d: words where only codes may stand", line)
		}
		out = append(out, row)
	}
}

// ImportEarlier adds interviews that were held elsewhere to those of a person:
// all lines or none. Lines that can't be read, or that the pack refuses, are
// Unreadable. How many were added is returned; one that is there already, with
// the same day, agency and topics in whatever letters, is left out. Topics that a line does not say
// stay unknown, which blocks a plan until somebody does.
func (f *Files) ImportEarlier(ctx context.Context, actor, id, person, text string) (int, error) {
	added, err := ReadEarlier(text)
	if err != nil {
		return 0, Unreadable{err}
	}
	known, err := f.Facts(ctx, actor, id, person)
	if err != nil {
		return 0, err
	}
	fields := url.Values{}
	for name, values := range known["earlier"].Fields {
		if name != "earlier.none" {
			fields[name] = values
		}
	}
	row, n := policy.NextRow(fields, "earlier"), 0
	for _, one := range added {
		if heldAlready(fields, row, one) {
			continue
		}
		if row == policy.FormRows {
			return 0, Unreadable{fmt.Errorf("more than %d earlier interviews", policy.FormRows)}
		}
		for name, values := range one {
			fields["earlier."+strconv.Itoa(row)+"."+name] = values
		}
		row++
		n++
	}
	if n == 0 {
		return 0, nil
	}
	return n, f.SetFact(ctx, actor, id, person, "earlier", fields, known["earlier"].Version)
}

// heldAlready says whether a row stands among the first rows of a form.
func heldAlready(fields url.Values, rows int, one url.Values) bool {
	for i := range rows {
		at := "earlier." + strconv.Itoa(i) + "."
		same := true
		for _, column := range []string{"date", "agency", "topics"} {
			same = same && strings.EqualFold(fields.Get(at+column), one.Get(column))
		}
		if same {
			return true
		}
	}
	return false
}
