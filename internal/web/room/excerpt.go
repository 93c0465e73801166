package room

import (
	"encoding/csv"
	"encoding/hex"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"verhaal/internal/fault"
	"verhaal/internal/recording/chunk"
	"verhaal/internal/web"
)

// longest is the most minutes of an excerpt: those of a day.
const longest = 24 * 60

// excerpt gives some minutes out, encrypted, with the proof that they are
// unaltered. The member's browser adds what opens them.
func (f *face) excerpt(w http.ResponseWriter, r *http.Request) error {
	id, err := recordingOf(r)
	if err != nil {
		return err
	}
	var in struct {
		Tracks  []int    `json:"tracks"`
		Minutes []uint32 `json:"minutes"`
	}
	if err := web.ReadJSON(r, maxBody, &in); err != nil {
		return err
	}
	var tracks []chunk.Track
	for _, n := range in.Tracks {
		if n < 0 || n > 3 {
			return fault.New(fault.BadInput, "", "no track")
		}
		tracks = append(tracks, chunk.Track(n))
	}
	if len(in.Minutes) > longest {
		return fault.New(fault.BadInput, "", "more minutes than a day has")
	}
	w.Header().Set("Content-Type", "application/zip")
	return f.book.Excerpt(r.Context(), actor(r), id, tracks, in.Minutes, w)
}

// custody lists the acts on a recording, as RFC 4180, for people outside: staff
// stand there by their pseudonyms.
func (f *face) custody(w http.ResponseWriter, r *http.Request) error {
	id, err := recordingOf(r)
	if err != nil {
		return err
	}
	acts, err := f.book.Custody(r.Context(), actor(r), id)
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", "text/csv; charset=utf-8")
	lines := csv.NewWriter(w)
	lines.UseCRLF = true
	rows := [][]string{{"leaf", "time", "act", "staff", "role", "basis", "details", "leaf_hash"}}
	for _, a := range acts {
		var details []string
		for _, name := range slices.Sorted(maps.Keys(a.Facts)) {
			details = append(details, name+"="+a.Facts[name])
		}
		rows = append(rows, []string{strconv.FormatInt(a.Seq, 10), a.Time.Format(time.RFC3339), a.Kind, a.Staff, strings.Join(a.Roles, " "), cell(a.Basis),
			strings.Join(details, "; "), hex.EncodeToString(a.Leaf[:])})
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
