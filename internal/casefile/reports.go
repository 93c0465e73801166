package casefile

import (
	"context"
	"database/sql"
	"errors"
	"slices"
	"strconv"

	"verhaal/internal/db"
	"verhaal/internal/fault"
)

// maxReports bounds how many reports one act takes in.
const maxReports = 50

// Report is a report that a case file rests on. Its content stays with the
// report, sealed to its desk.
type Report struct {
	ID      string
	Channel string // where it is now; "" for whoever may not read that desk
}

// Reports lists the reports that a case file rests on.
func (f *Files) Reports(ctx context.Context, actor, id string) ([]Report, error) {
	if _, err := f.Get(ctx, actor, id); err != nil {
		return nil, err
	}
	ids, err := f.db.Strings(ctx, listReports, id)
	if err != nil {
		return nil, err
	}
	var out []Report
	for _, report := range ids {
		channel, _, err := f.readable(ctx, actor, report)
		if kind := fault.KindOf(err); err != nil && kind != fault.Refused && kind != fault.NotFound {
			return nil, err
		}
		out = append(out, Report{report, channel})
	}
	return out, nil
}

// Withheld lists the reports of the case files that somebody is excluded from:
// whoever must not work on a case does not read what it rests on either.
func (f *Files) Withheld(ctx context.Context, staff string) ([]string, error) {
	return f.db.Strings(ctx, listWithheld, staff)
}

// readable finds the channel of a report and the day it came in, for somebody
// who may read that desk now and from whom it is not withheld.
func (f *Files) readable(ctx context.Context, actor, report string) (channel, day string, err error) {
	withheld, err := f.Withheld(ctx, actor)
	if err != nil {
		return "", "", err
	}
	if slices.Contains(withheld, report) {
		return "", "", fault.New(fault.NotFound, "", "a report that is withheld from the actor")
	}
	if channel, day, err = f.sources.Report(ctx, report); err != nil {
		return "", "", err
	}
	if err := f.desks.MayRead(ctx, actor, channel); err != nil {
		return "", "", err
	}
	return channel, day, nil
}

// AddReports lets a case file rest on more reports, of any desk that the actor
// may read. One that another case file has is a Conflict with
// "case.fault.report_taken", see Having.
func (f *Files) AddReports(ctx context.Context, actor, id string, reports []string) error {
	file, err := f.Get(ctx, actor, id)
	if err != nil {
		return err
	}
	if len(reports) == 0 {
		return fault.New(fault.BadInput, "case.fault.no_report", "no report was chosen")
	}
	first, err := f.firstDay(ctx, actor, reports, "")
	if err != nil {
		return err
	}
	return f.change(ctx, actor, file, "reports_added", strconv.Itoa(len(reports)), func(tx *db.Tx) error {
		return f.takeReports(tx, id, actor, reports, first)
	})
}

// firstDay is the day on which the first of several reports came in, if the
// actor may read them all; of says of which channel they must be, "" = of any.
func (f *Files) firstDay(ctx context.Context, actor string, reports []string, of string) (string, error) {
	if len(reports) > maxReports {
		return "", fault.New(fault.BadInput, "", "more than %d reports at once", maxReports)
	}
	first := ""
	for _, report := range reports {
		channel, day, err := f.readable(ctx, actor, report)
		if err == nil && of != "" && channel != of {
			err = fault.New(fault.NotFound, "", "a report of another desk")
		}
		if err != nil {
			return "", err
		}
		if first == "" || day < first {
			first = day
		}
	}
	return first, nil
}

// takeReports puts reports into a case file, inside an act. Days since the
// report count from the first of them.
func (f *Files) takeReports(tx *db.Tx, id, actor string, reports []string, first string) error {
	for _, report := range slices.Compact(slices.Sorted(slices.Values(reports))) {
		var has string
		err := tx.QueryRow(findHaving, report).Scan(&has)
		if err == nil {
			return fault.New(fault.Conflict, "case.fault.report_taken", "a case file has this report")
		}
		if !errors.Is(err, sql.ErrNoRows) {
			return err
		}
		if _, err := tx.Exec(insertReport, id, report); err != nil {
			return err
		}
	}
	if first == "" {
		return nil
	}
	s, err := f.load(tx, id)
	if err != nil {
		return err
	}
	if known := s.known[""].Get(reported); known != "" && known <= first {
		return nil
	}
	return f.tell(tx, id, actor, "", reported, first)
}

// firstReport is the day on which the first of a case's reports came in; "" = it
// has none.
func (f *Files) firstReport(tx *db.Tx, id string) (day string, err error) {
	var reports []string
	if err := db.Each(tx, listReports, func(row func(...any) error) error {
		var one string
		err := row(&one)
		reports = append(reports, one)
		return err
	}, id); err != nil {
		return "", err
	}
	for _, one := range reports {
		_, came, err := f.sources.Report(tx.Context(), one)
		if fault.KindOf(err) == fault.NotFound {
			continue
		}
		if err != nil {
			return "", err
		}
		day = earlier(day, came)
	}
	return day, nil
}

// reported is the fact from which days since the report count.
const reported = "clock.reported"

// Having finds the case file that has a report, if one has. Whoever is no member
// of it learns only that there is one: their File is empty.
func (f *Files) Having(ctx context.Context, actor, report string) (file File, taken bool, err error) {
	var id string
	err = f.db.QueryRow(ctx, findHaving, report).Scan(&id)
	if errors.Is(err, sql.ErrNoRows) {
		return File{}, false, nil
	}
	if err != nil {
		return File{}, false, err
	}
	file, err = f.Get(ctx, actor, id)
	if fault.KindOf(err) == fault.Refused {
		return File{}, true, nil
	}
	return file, true, err
}
