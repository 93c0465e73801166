package policy

import (
	"net/url"
	"slices"
	"strconv"
	"strings"
)

// Rows are the numbers of the rows of a list that a form fills in, in their
// order. There may be gaps.
func Rows(form url.Values, list string) []int {
	var out []int
	for name := range form {
		rest, ok := strings.CutPrefix(name, list+".")
		first, _, _ := strings.Cut(rest, ".")
		i, err := strconv.Atoi(first)
		if ok && err == nil && i >= 0 && strconv.Itoa(i) == first && form.Get(name) != "" {
			out = append(out, i)
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// NextRow is the number of the first row behind those that a form fills in.
func NextRow(form url.Values, list string) int {
	rows := Rows(form, list)
	if len(rows) == 0 {
		return 0
	}
	return rows[len(rows)-1] + 1
}

// AddEarlier puts a plan that was held into a form as one of the person's
// earlier interviews, at a row of the list.
func AddEarlier(form url.Values, row int, plan url.Values) {
	form.Del("earlier" + formNone)
	at := "earlier." + strconv.Itoa(row) + "."
	form.Set(at+"date", plan.Get("plan.date"))
	form.Set(at+"level", plan.Get("plan.level"))
	people, _ := Crew(plan)
	var topics []string
	for _, i := range Rows(plan, "plan.topics") {
		topics = append(topics, plan.Get("plan.topics."+strconv.Itoa(i)+".name"))
	}
	form.Set(at+"interviewers", strings.Join(people, ", "))
	form.Set(at+"topics", strings.Join(topics, ", "))
	if len(topics) == 0 {
		form.Set(at+"topics"+formNone, "1")
	}
}

// Certify puts the certificates of a plan's interviewers and director as they
// are on record, in place of what anybody typed: holds says whether a person
// holds a kind on the day of the interview.
func Certify(form url.Values, today string, holds func(id, kind, day string) (bool, error)) error {
	day := form.Get("plan.date")
	if day == "" {
		day = today
	}
	for _, at := range peopleAt(form) {
		for _, kind := range certificates {
			field := at + ".certificates." + kind
			form.Del(field)
			held, err := holds(form.Get(at+".id"), kind, day)
			if err != nil {
				return err
			}
			if held {
				form.Set(field, day)
			}
		}
	}
	return nil
}

// peopleAt are the fields of a plan that are about one of its people each.
func peopleAt(form url.Values) []string {
	out := []string{"plan.director"}
	for _, i := range Rows(form, "plan.interviewers") {
		out = append(out, "plan.interviewers."+strconv.Itoa(i))
	}
	return out
}

// People are the ids of a plan's interviewers and director.
func People(form url.Values) []string {
	var out []string
	for _, at := range peopleAt(form) {
		if id := form.Get(at + ".id"); id != "" {
			out = append(out, id)
		}
	}
	return out
}

// Crew are the logins of who interviews, in their order, and of who directs by a plan;
// "" = nobody.
func Crew(plan url.Values) (interviewers []string, director string) {
	for _, i := range Rows(plan, "plan.interviewers") {
		interviewers = append(interviewers, plan.Get("plan.interviewers."+strconv.Itoa(i)+".id"))
	}
	return interviewers, plan.Get("plan.director.id")
}
