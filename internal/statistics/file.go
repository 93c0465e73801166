package statistics

import (
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"verhaal/internal/policy"
)

// file is what is counted of one case file.
type file struct {
	channel  string
	reported int64 // of its first report, unix seconds; 0 = none
	victims  []string
	about    map[string]string     // person by held interview
	facts    map[string]fact       // by subject and name
	again    map[string]askedAgain // by interview, as it was confirmed
	events   []event               // in their order
}

func newFile() *file {
	return &file{about: map[string]string{}, facts: map[string]fact{}, again: map[string]askedAgain{}}
}

// askedAgain is how many topics of an interview were told before, and how many of
// these have no reason.
type askedAgain struct{ topics, unexplained int }

type fact struct {
	fields  string // of a form
	changed int64
}

type event struct {
	kind, subject string
	at            int64
}

// fact is a fact's fields; what can't be read is not known.
func (f *file) fact(subject, name string) url.Values {
	fields, _ := url.ParseQuery(f.facts[subject+" "+name].fields)
	return fields
}

func parseDay(s string) (int, bool) {
	t, err := time.Parse(time.DateOnly, s)
	return day(t.Unix()), err == nil
}

// since is the days from the report to a day; -1 when the report's is not known.
func (f *file) since(to int) int {
	from, ok := parseDay(f.fact("", "clock.reported").Get("clock.reported"))
	if !ok && f.reported > 0 {
		from, ok = day(f.reported), true
	}
	if !ok || to < from {
		return -1
	}
	return to - from
}

// talked is when the case file first said that there was an informative talk, with
// whichever victim.
func (f *file) talked() int64 {
	at := int64(0)
	for _, v := range f.victims {
		held := f.facts[v+" case.talk_held"].changed
		if f.fact(v, "case.talk_held").Get("case.talk_held") == "true" && (at == 0 || held < at) {
			at = held
		}
	}
	for _, e := range f.events {
		if e.kind == "phase_talk" && (at == 0 || e.at < at) {
			at = e.at
		}
	}
	return at
}

// told is what a person was asked, and by whom, so far.
type told struct {
	number         int // of interviews
	topics, people []string
	here           bool // one of them was held here
}

// elsewhere is what was entered of interviews that others held.
func (f *file) elsewhere(person string) told {
	fields := f.fact(person, "earlier")
	rows := policy.Rows(fields, "earlier")
	out := told{number: len(rows)}
	for _, i := range rows {
		at := "earlier." + strconv.Itoa(i) + "."
		out.topics = append(out.topics, list(fields.Get(at+"topics"))...)
		out.people = append(out.people, list(fields.Get(at+"interviewers"))...)
	}
	return out
}

func list(commas string) []string {
	var out []string
	for _, s := range strings.Split(commas, ",") {
		if s = strings.TrimSpace(s); s != "" {
			out = append(out, s)
		}
	}
	return out
}

// count counts the case file.
func (f *file) count(t *tally) {
	if at := f.talked(); at > 0 {
		days := f.since(day(at))
		t.count(talks, f.channel, at, "all", waited(days))
		t.took(talks, f.channel, at, "all", days)
	}
	sofar := map[string]told{}
	for _, v := range f.victims {
		sofar[v] = f.elsewhere(v)
	}
	ended := false
	for i, e := range f.events {
		switch e.kind {
		case "interview_held":
			if person, held := f.about[e.subject]; held && !f.heldAnew(i) && slices.Contains(f.victims, person) {
				sofar[person] = f.countInterview(t, e, person, sofar[person])
			}
		case "phase_sent", "phase_closed":
			for _, v := range f.victims {
				if !ended {
					t.count(victims, f.channel, e.at, "all", numbered("number", sofar[v].number, 4))
				}
			}
			ended = true
		}
	}
}

// heldAnew says of an interview that was said to be held that this was taken back, since
// it was said again later.
func (f *file) heldAnew(i int) bool {
	e := f.events[i]
	return slices.ContainsFunc(f.events[i+1:], func(o event) bool { return o.kind == e.kind && o.subject == e.subject })
}

// samePeople is the rule under which a plan says why a minor's interviewers change.
const samePeople = "S-11"

func (f *file) countInterview(t *tally, e event, person string, before told) told {
	on, known := parseDay(f.fact(e.subject, "plan.date").Get("plan.date"))
	if !known {
		on = day(e.at)
	}
	rows := []string{"all", numbered("nth", before.number+1, 4)}
	if !before.here {
		days := f.since(on)
		rows = append(rows, "first", waited(days))
		t.took(interviews, f.channel, e.at, "first", days)
	}
	asked, again := f.asked(e.subject, before.topics)
	switch {
	case again.topics == 0:
		rows = append(rows, "repeat.none")
	case again.unexplained == 0:
		rows = append(rows, "repeat.explained")
	default:
		rows = append(rows, "repeat.unexplained")
	}
	var people []string
	asking := f.fact(e.subject, "plan.interviewers")
	for _, i := range policy.Rows(asking, "plan.interviewers") {
		people = append(people, asking.Get("plan.interviewers."+strconv.Itoa(i)+".id"))
	}
	if before.number > 0 && f.minor(person, on) {
		fresh := slices.ContainsFunc(people, func(p string) bool { return !slices.Contains(before.people, p) })
		switch {
		case !fresh:
			rows = append(rows, "minor", "people.same")
		case f.fact(e.subject, "plan.reasons").Get("plan.reasons."+samePeople) != "":
			rows = append(rows, "minor", "people.explained")
		default:
			rows = append(rows, "minor", "people.unexplained")
		}
	}
	t.count(interviews, f.channel, e.at, rows...)
	return told{before.number + 1, append(before.topics, asked...), append(before.people, people...), true}
}

// asked is what an interview asked, and how much of it again: as the rules counted it
// when it was confirmed, with what reports, statements and recordings had told; of
// one that was confirmed before they did, by the earlier interviews alone.
func (f *file) asked(interview string, before []string) (names []string, again askedAgain) {
	topics := f.fact(interview, "plan.topics")
	for _, i := range policy.Rows(topics, "plan.topics") {
		at := "plan.topics." + strconv.Itoa(i) + "."
		name := topics.Get(at + "name")
		names = append(names, name)
		if slices.Contains(before, name) {
			again.topics++
			if topics.Get(at+"reason") == "" {
				again.unexplained++
			}
		}
	}
	if confirmed, counted := f.again[interview]; counted {
		again = confirmed
	}
	return names, again
}

// minor says whether a person is known to be under 18 on a day, or is presumed
// so because their age is in doubt (2011/36/EU art. 13(2)).
func (f *file) minor(person string, on int) bool {
	if born, ok := parseDay(f.fact(person, "subject.birth_date").Get("subject.birth_date")); ok {
		return time.Unix(int64(born)*24*60*60, 0).UTC().AddDate(18, 0, 0).Unix() > int64(on)*24*60*60
	}
	if f.fact(person, "subject.age_doubt").Get("subject.age_doubt") == "true" {
		return true
	}
	age, err := strconv.Atoi(f.fact(person, "subject.age").Get("subject.age"))
	return err == nil && age < 18
}
