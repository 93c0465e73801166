package room

import (
	"encoding/csv"
	"encoding/hex"
	"encoding/json"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"verhaal/internal/fault"
	"verhaal/internal/recording"
	"verhaal/internal/recording/chunk"
)

// acts are those on the recording of an address, for people outside: staff stand
// there by their pseudonyms. Where a stretch of minutes is named, those about
// other minutes stay out.
func (f *face) acts(r *http.Request) (chunk.ID, []recording.Acted, error) {
	id, err := recordingOf(r)
	if err != nil {
		return id, nil, err
	}
	all, err := f.book.Custody(r.Context(), actor(r), id)
	if err != nil || !r.URL.Query().Has("from") {
		return id, all, err
	}
	from, errFrom := strconv.ParseUint(r.FormValue("from"), 10, 32)
	to, errTo := strconv.ParseUint(r.FormValue("to"), 10, 32)
	if errFrom != nil || errTo != nil {
		return id, nil, fault.New(fault.BadInput, "", "no minutes")
	}
	return id, recording.Within(all, uint32(from), uint32(to)), nil
}

// details are the facts of an act in one line.
func details(a recording.Acted) string {
	var out []string
	for _, name := range slices.Sorted(maps.Keys(a.Facts)) {
		out = append(out, name+"="+a.Facts[name])
	}
	return strings.Join(out, "; ")
}

// custody lists the acts as RFC 4180.
func (f *face) custody(w http.ResponseWriter, r *http.Request) error {
	_, all, err := f.acts(r)
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", "text/csv; charset=utf-8")
	lines := csv.NewWriter(w)
	lines.UseCRLF = true
	rows := [][]string{{"leaf", "time", "act", "staff", "role", "basis", "details", "leaf_hash"}}
	for _, a := range all {
		rows = append(rows, []string{strconv.FormatInt(a.Seq, 10), a.Time.Format(time.RFC3339), a.Kind, a.Staff, strings.Join(a.Roles, " "), cell(a.Basis),
			details(a), hex.EncodeToString(a.Leaf[:])})
	}
	return lines.WriteAll(rows)
}

// cell keeps a spreadsheet from taking what a member wrote for a formula.
func cell(text string) string {
	if strings.ContainsAny(text[:min(1, len(text))], "=+-@\t") {
		return "'" + text
	}
	return text
}

type custodyPage struct {
	ID   string
	Log  string // its key
	Part bool   // acts about minutes other than from From to To are left out
	From string
	To   string
	Acts []listed
}

// listed is an act as it is printed.
type listed struct {
	Leaf                                     int64
	Time                                     time.Time // in the installation's zone
	Kind, Staff, Roles, Basis, Details, Hash string
}

// custodyPage lists the acts to read.
func (f *face) custodyPage(r *http.Request) (custodyPage, error) {
	id, all, err := f.acts(r)
	local := f.site.Page(r).Local
	page := custodyPage{ID: id.String(), Log: f.logKey, Part: r.URL.Query().Has("from"), From: r.FormValue("from"), To: r.FormValue("to")}
	for _, a := range all {
		page.Acts = append(page.Acts, listed{a.Seq, local(a.Time), a.Kind, a.Staff, strings.Join(a.Roles, " "), a.Basis, details(a), hex.EncodeToString(a.Leaf[:])})
	}
	return page, err
}

// showCustody lists the acts on a page to read. A court pack takes it along.
func (f *face) showCustody(w http.ResponseWriter, r *http.Request) error {
	page, err := f.custodyPage(r)
	if err != nil {
		return err
	}
	return f.site.Render(w, r, http.StatusOK, "room/custody", page)
}

// caseCustody gives the acts as CASE.
func (f *face) caseCustody(w http.ResponseWriter, r *http.Request) error {
	id, all, err := f.acts(r)
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", "application/ld+json")
	return json.NewEncoder(w).Encode(caseOf(id, all))
}
