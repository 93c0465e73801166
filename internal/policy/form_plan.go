package policy

import (
	"net/url"
	"strconv"
	"strings"
)

// RowsIn counts the rows of a list that a form fills in.
func RowsIn(form url.Values, list string) int {
	n := 0
	for name := range form {
		rest, ok := strings.CutPrefix(name, list+".")
		first, _, _ := strings.Cut(rest, ".")
		if i, err := strconv.Atoi(first); ok && err == nil && form.Get(name) != "" {
			n = max(n, i+1)
		}
	}
	return n
}

// AddEarlier puts a plan that was held into a form as one of the person's
// earlier interviews, at a row of the list.
func AddEarlier(form url.Values, row int, plan url.Values) {
	form.Del("earlier" + formNone)
	at := "earlier." + strconv.Itoa(row) + "."
	form.Set(at+"date", plan.Get("plan.date"))
	form.Set(at+"level", plan.Get("plan.level"))
	var people, topics []string
	for i := range RowsIn(plan, "plan.interviewers") {
		people = append(people, plan.Get("plan.interviewers."+strconv.Itoa(i)+".id"))
	}
	for i := range RowsIn(plan, "plan.topics") {
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
	people := []string{"plan.director"}
	for i := range RowsIn(form, "plan.interviewers") {
		people = append(people, "plan.interviewers."+strconv.Itoa(i))
	}
	for _, at := range people {
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
