package statistics

import (
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"verhaal/internal/policy"
	"verhaal/internal/statistics"
	"verhaal/internal/web"
	"verhaal/internal/web/facts"
)

// hidden stands for a count that is not shown, as the Dutch statistics office
// marks what is secret.
const hidden = "x"

type choice struct {
	Value, Label string
	Here         bool
}

type page struct {
	Desks    []choice
	Desk     string // name
	Walled   bool
	By       string
	From, To []choice
	Last     string
	Tables   []table
	Download string
}

type table struct {
	Name    string
	Columns []string
	Rows    []line
	Total   line
	Median  []string // empty where the table is not about days
	P90     []string
	Charts  []chart
	Months  []choice // month and its median
	ByMonth *chart
}

type line struct {
	Label string
	Part  bool // of the line before it that is none
	Cells []string
}

func (f *face) show(w http.ResponseWriter, r *http.Request) error {
	figures, err := f.book.Figures(r.Context())
	if err != nil {
		return err
	}
	in, err := f.read(r, figures)
	if err != nil {
		return err
	}
	v := view{f.site.Page(r), f.pack()}
	out := page{Last: v.period(statistics.Period{Quarter: figures.Last}), Walled: figures.Walled(in.desk), By: "year"}
	if in.quarters {
		out.By = "quarter"
	}
	for _, desk := range in.desks {
		out.Desks = append(out.Desks, choice{desk, v.desk(desk), desk == in.desk})
	}
	for _, q := range figures.Quarters() {
		label := v.period(statistics.Period{Quarter: q})
		out.From = append(out.From, choice{q.String(), label, q == in.from})
		out.To = append(out.To, choice{q.String(), label, q == in.to})
	}
	if len(in.desks) > 0 {
		out.Desk = v.desk(in.desk)
		tables, _ := in.tables(figures)
		for i, t := range tables {
			out.Tables = append(out.Tables, v.table(t, i))
		}
		out.Download = "/outcomes/figures.csv?" + url.Values{"desk": {in.desk}, "by": {out.By}, "from": {in.from.String()}, "to": {in.to.String()}}.Encode()
	}
	return f.site.Render(w, r, http.StatusOK, "statistics/outcomes", out)
}

// view puts figures into the words of a visitor.
type view struct {
	*web.Page
	pack *policy.Pack
}

func (v view) desk(id string) string {
	if id == allDesks {
		return v.T("statistics.all_desks")
	}
	if c, ok := v.pack.Channel(id); ok {
		return c.Name.In(v.Lang)
	}
	return id
}

func (v view) period(p statistics.Period) string {
	year := strconv.Itoa(p.Quarter.Year())
	if p.Whole {
		return v.T("statistics.year", "Year", year)
	}
	return v.T("statistics.quarter", "Year", year, "N", strconv.Itoa(int(p.Quarter%4)+1))
}

// row is what a row is called, and its short name for a chart. Rows of deviations
// are named by a rule, a reason, or both ("asked.S-19", "why.equipment", "asked.S-19.equipment").
func (v view) row(name string) (label, short string) {
	kind, rest, _ := strings.Cut(name, ".")
	switch kind {
	case "asked", "signed", "refused":
	case "why":
		label = v.why(rest)
		return label, label
	default:
		label = v.T("statistics.row." + name)
		return label, label
	}
	id, why, both := strings.Cut(rest, ".")
	if both {
		label = id + ": " + v.why(why)
		return label, label
	}
	if rule, ok := v.pack.Rule(id); ok {
		return id + " " + rule.Title.In(facts.Language(v.pack, v.Lang)), id
	}
	return id, id
}

// why is what a reason for a deviation is called, as the pack of today names it.
func (v view) why(code string) string {
	if code == statistics.NotSaid {
		return v.T("statistics.row.not_said")
	}
	list, _ := v.pack.CodeList(policy.DeviationReasons)
	if reason, ok := list.Entry(code); ok {
		return reason.Name.In(facts.Language(v.pack, v.Lang))
	}
	return code
}

func cell(c statistics.Count) string {
	switch {
	case c.Hidden:
		return hidden
	case c.None:
		return "–"
	}
	return strconv.Itoa(c.N)
}

func cells(counts []statistics.Count) []string {
	var out []string
	for _, c := range counts {
		out = append(out, cell(c))
	}
	return out
}

func (v view) table(t statistics.Table, number int) table {
	out := table{Name: t.Name, Total: line{Label: v.T("statistics.total." + t.Name), Cells: cells(t.Total.Counts)}, Median: cells(t.Median), P90: cells(t.P90)}
	most := 0
	var shorts []string
	for _, r := range t.Rows {
		label, short := v.row(r.Name)
		out.Rows, shorts = append(out.Rows, line{label, r.Part, cells(r.Counts)}), append(shorts, short)
		for _, c := range r.Counts {
			most = max(most, c.N)
		}
	}
	title := v.T("statistics.table." + t.Name)
	for i, p := range t.Periods {
		out.Columns = append(out.Columns, v.period(p))
		var bars []bar
		for j, r := range t.Rows {
			// The table has the zeros; a chart of every reason below every rule is too long to read.
			if r.Part && r.Counts[i] == (statistics.Count{}) {
				continue
			}
			bars = append(bars, bar{Label: shorts[j], Part: r.Part, Count: r.Counts[i]})
		}
		id := "chart-" + strconv.Itoa(number) + "-" + strconv.Itoa(i)
		out.Charts = append(out.Charts, draw(id, title+", "+v.period(p), v.period(p), bars, most, v.Dir))
	}
	if len(t.Months) == 0 {
		return out
	}
	var bars []bar
	most = 0
	for _, m := range t.Months {
		out.Months = append(out.Months, choice{Value: m.Name, Label: cell(m.Median)})
		bars, most = append(bars, bar{Label: m.Name, Count: m.Median}), max(most, m.Median.N)
	}
	caption := v.T("statistics.months")
	c := draw("months-"+strconv.Itoa(number), title+", "+caption, caption, bars, most, v.Dir)
	out.ByMonth = &c
	return out
}
