// Package sample invents reports, case files, interviews and deviations, for
// tests, the benchmark and the pictures of the docs. It writes rows as the
// other packages would, without anything that is sealed.
package sample

import (
	"fmt"
	"math/rand/v2"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// Data is what to invent: case files and as many reports, spread over desks
// and days.
type Data struct {
	Files    int
	From, To time.Time
	Channels []string // the first gets most
	Seed     uint64
}

// Exec runs one statement.
type Exec func(query string, args ...any) (int64, error)

const (
	insertReport = `insert into report (id, channel, epoch, received, rank, unread, state, lang, danger, age, kinds, about_self, spoken, arrival,
	marked, reporter, lookup_hash, proof_hash, body_hash, content, identity_key, identity)
values ($1, $2, 1, $3, $4, 0, 'answered', 'nl', 'no', 'adult', '', 'no', 'nl', 'browser', 0, '', $5, $6, $6, $7, $6, $6)`
	insertMessage   = `insert into message (report, n, sender, staff, sent, epoch, sealed) values ($1, $2, $3, '', $4, 1, $5)`
	insertFile      = `insert into casefile (id, number, channel, origin, phase, opened, opened_by) values ($1, $2, $3, 'report', 'interview', $4, 'x')`
	insertLink      = `insert into case_report (casefile, report) values ($1, $2)`
	insertSubject   = `insert into case_subject (casefile, id, kind, role, about, state, made, made_by) values ($1, $2, $3, $4, $5, $6, $7, 'x')`
	insertFact      = `insert into case_fact (casefile, subject, name, fields, version, changed, changed_by) values ($1, $2, $3, $4, 1, $5, 'x')`
	insertContact   = `insert into contact (casefile, n, person, way, at, result, basis, staff) values ($1, $2, 'p1', 'phone', $3, 'reached', '', 'x')`
	insertEvent     = `insert into case_event (casefile, n, kind, subject, at, staff) values ($1, $2, $3, $4, $5, 'x')`
	insertDeviation = `insert into case_deviation (id, casefile, interview, rule, state, asked_by, asked, prosecutor, reason, decision, decided, answer, why)
values ($1, $2, 'i1', $3, $4, 'x', $5, 'x', $6, $6, $7, $6, $8)`
)

type writer struct {
	exec Exec
	rand *rand.Rand
	err  error
}

func (w *writer) put(query string, args ...any) {
	if w.err == nil {
		_, w.err = w.exec(query, args...)
	}
}

// Fill writes the case files from number first on, count of them, so that a
// caller can spread them over transactions.
func (d Data) Fill(exec Exec, first, count int) error {
	for i := first; i < first+count; i++ {
		w := &writer{exec, rand.New(rand.NewPCG(d.Seed, uint64(i))), nil}
		if d.file(w, i); w.err != nil {
			return fmt.Errorf("case file %d: %w", i, w.err)
		}
	}
	return nil
}

func (d Data) channel(r *rand.Rand) string {
	for _, c := range d.Channels[:len(d.Channels)-1] {
		if r.IntN(3) < 2 {
			return c
		}
	}
	return d.Channels[len(d.Channels)-1]
}

// days is a wait: mostly short, with a long tail.
func days(r *rand.Rand, mean float64) time.Duration {
	return time.Duration(r.ExpFloat64() * mean * 24 * float64(time.Hour))
}

func (d Data) file(w *writer, i int) {
	r, none := w.rand, []byte{}
	id, report := fmt.Sprintf("f%08x", r.Uint32())+strconv.Itoa(i), fmt.Sprintf("r%08x", r.Uint32())+strconv.Itoa(i)
	channel := d.channel(r)
	at := d.From.Add(time.Duration(float64(d.To.Sub(d.From)) * (float64(i) + r.Float64()) / float64(d.Files)))
	w.put(insertReport, report, channel, at.Unix(), r.IntN(4), []byte(report), none, make([]byte, 4096))
	if r.IntN(20) > 0 {
		w.put(insertMessage, report, 1, "desk", at.Add(days(r, 2)).Unix(), make([]byte, 512))
	}
	opened := at.Add(days(r, 3))
	w.put(insertFile, id, fmt.Sprintf("%d-%07d", at.Year(), i), channel, opened.Unix())
	w.put(insertLink, id, report)
	n := 0
	event := func(kind, subject string, at time.Time) {
		n++
		w.put(insertEvent, id, n, kind, subject, at.Unix())
	}
	fact := func(subject, name, fields string) { w.put(insertFact, id, subject, name, fields, opened.Unix()) }
	event("opened", "", opened)
	if r.IntN(2) == 0 {
		w.put(insertContact, id, 1, opened.Add(days(r, 1)).Unix())
	}
	fact("", "clock.reported", "clock.reported="+at.Format(time.DateOnly))
	talk := opened.Add(days(r, 6))
	event("phase_talk", "", talk)
	w.put(insertSubject, id, "p1", "person", "victim", "", "planned", opened.Unix())
	fact("p1", "subject.birth_date", "subject.birth_date="+at.AddDate(-10-r.IntN(25), 0, 0).Format(time.DateOnly))
	if r.IntN(3) == 0 {
		fact("p1", "earlier", url.Values{"earlier.0.date": {at.Format(time.DateOnly)}, "earlier.0.interviewers": {"shelter"}, "earlier.0.topics": {"recruitment, transport"}}.Encode())
	} else {
		fact("p1", "earlier", "earlier.none=1")
	}
	held := talk
	for k := range r.IntN(5) {
		subject, topics := "i"+strconv.Itoa(k+1), url.Values{"plan.topics.0.name": {[]string{"recruitment", "transport", "money", "threats", "work"}[r.IntN(5)]}}
		if r.IntN(2) == 0 {
			topics.Set("plan.topics.0.reason", "sealed")
		}
		held = held.Add(days(r, 12))
		w.put(insertSubject, id, subject, "interview", "", "p1", "held", opened.Unix())
		fact(subject, "plan.date", "plan.date="+held.Format(time.DateOnly))
		fact(subject, "plan.topics", topics.Encode())
		fact(subject, "plan.interviewers", "plan.interviewers.0.id="+[]string{"ann", "ann", "ben"}[r.IntN(3)])
		event("interview_held", subject, held)
		if r.IntN(6) == 0 {
			d.deviation(w, id, subject, held)
		}
	}
	if r.IntN(2) == 0 {
		event("phase_sent", "", held.Add(days(r, 30)))
	}
}

func (d Data) deviation(w *writer, id, interview string, at time.Time) {
	r := w.rand
	rule := []string{"S-19", "S-19", "S-19", "S-17", "S-13", "A-06"}[r.IntN(6)]
	state, decided := "asked", time.Time{}
	if s := []string{"", "signed", "signed", "signed", "refused"}[r.IntN(5)]; s != "" {
		state, decided = s, at.Add(days(r, 4))
	}
	why := []string{"no_room", "no_room", "no_interviewer", "equipment", "persons_wish", "health", "other", ""}[r.IntN(8)]
	w.put(insertDeviation, strings.Join([]string{id, interview}, "."), id, rule, state, at.Unix(), []byte{}, max(decided.Unix(), 0), why)
}
