package statistics

import (
	"encoding/csv"
	"net/http"
	"strconv"

	"verhaal/internal/custody"
	"verhaal/internal/statistics"
	"verhaal/internal/web"
)

// take gives the figures of the page as CSV, one figure a line: table, row,
// what the row is called, period, value. It is an act.
func (f *face) take(w http.ResponseWriter, r *http.Request) error {
	figures, err := f.book.Figures(r.Context())
	if err != nil {
		return err
	}
	in, err := f.read(r, figures)
	if err != nil {
		return err
	}
	desk := in.desk
	if desk == allDesks {
		desk = "all"
	}
	act := custody.Act{Kind: "statistics.taken", Actor: web.ActorOf(r).ID,
		Facts: map[string]string{"channel": desk, "from": in.from.String(), "to": in.to.String()}}
	if _, err := f.log.Do(r.Context(), act, nil); err != nil {
		return err
	}
	w.Header().Set("Content-Type", "text/csv; charset=utf-8")
	w.Header().Set("Content-Disposition", `attachment; filename="outcomes.csv"`)
	v := view{f.site.Page(r), f.pack()}
	out := csv.NewWriter(w)
	put := func(fields ...string) {
		// The writer keeps the first error for Error below.
		_ = out.Write(fields)
	}
	put("table", "row", "name", "period", "value")
	tables, _ := in.tables(figures)
	for _, t := range tables {
		of := func(row, label string, counts []statistics.Count) {
			for i, c := range counts {
				put(t.Name, row, label, t.Periods[i].String(), figure(c))
			}
		}
		for _, row := range t.Rows {
			label, _ := v.row(row.Name)
			of(row.Name, label, row.Counts)
		}
		of("total", v.T("statistics.total."+t.Name), t.Total.Counts)
		of("median", v.T("statistics.median"), t.Median)
		of("p90", v.T("statistics.p90"), t.P90)
		for _, m := range t.Months {
			put(t.Name, "median", v.T("statistics.median"), m.Name, figure(m.Median))
		}
	}
	out.Flush()
	return out.Error()
}

// figure is a count as a program reads it: "x" where it is not shown, nothing where there is none.
func figure(c statistics.Count) string {
	switch {
	case c.Hidden:
		return hidden
	case c.None:
		return ""
	}
	return strconv.Itoa(c.N)
}
