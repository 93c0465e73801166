package client

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"strings"

	"verhaal/internal/policy"
	"verhaal/internal/report"
)

// moved posts a form and gives the last part of the address that the answer
// leads to: the id of what was made.
func (d door) moved(ctx context.Context, path string, values url.Values) (string, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, d.base+path, strings.NewReader(values.Encode()))
	if err != nil {
		return "", err
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	res, err := d.http.Do(req)
	if err != nil {
		return "", err
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusSeeOther {
		return "", &Refusal{Status: res.StatusCode, Text: http.StatusText(res.StatusCode)}
	}
	parts := strings.Split(strings.Trim(res.Header.Get("Location"), "/"), "/")
	if id := parts[len(parts)-1]; id != "" {
		return id, nil
	}
	return "", errors.New("the answer leads nowhere")
}

// OpenCase opens a case file of a channel, ex officio or by referral, and makes
// its key. It gives the id.
func (c *Staff) OpenCase(ctx context.Context, channel, origin string) (string, error) {
	id, err := c.moved(ctx, "/case/", url.Values{"channel": {channel}, "origin": {origin}})
	if err != nil {
		return "", err
	}
	return id, c.doDuty(ctx, "/case/"+id)
}

// AddPerson adds a person to a case file and gives their id within it.
func (c *Staff) AddPerson(ctx context.Context, id, role string) (string, error) {
	return c.moved(ctx, "/case/"+id+"/persons", url.Values{"role": {role}})
}

// PlanInterview begins the plan of an interview and gives its id within the case.
func (c *Staff) PlanInterview(ctx context.Context, id, person string) (string, error) {
	return c.moved(ctx, "/case/"+id+"/interviews", url.Values{"person": {person}})
}

// FirstFacts fills in facts of the case ("case"), a person or an interview that
// nobody has filled in before, by the names of the schema.
func (c *Staff) FirstFacts(ctx context.Context, id, subject string, fields url.Values) error {
	form := url.Values{}
	for _, fact := range policy.Schema() {
		if own := policy.FieldsOf(fact.Name, fields); len(own) > 0 {
			form.Set("version."+fact.Name, "0")
			for name, values := range own {
				form[name] = values
			}
		}
	}
	_, err := c.moved(ctx, "/case/"+id+"/about/"+subject, form)
	return err
}

// Assess makes an individual assessment of a person on a day: nothing found,
// and further questions are in the person's interest.
func (c *Staff) Assess(ctx context.Context, id, person, day string) error {
	_, err := c.moved(ctx, "/case/"+id+"/about/"+person+"/assessments", url.Values{"day": {day}, "interest": {"yes"}, "no_needs": {"yes"}, "needs_seen": {"0"}})
	return err
}

// Try asks the rules about an interview as its plan would be, keeps nothing, and
// gives the page that answers.
func (c *Staff) Try(ctx context.Context, id, interview string, plan url.Values) (string, error) {
	return c.form(ctx, "/case/"+id+"/about/"+interview+"/try", plan)
}

// Deviation is what is asked of a prosecutor: from which rule, why by the pack's
// list, and what happened in words.
type Deviation struct {
	Rule, Why, Words      string
	Prosecutor, Recipient string
}

// AskDeviation asks for a deviation from a rule that is in the way of an
// interview; the words are sealed to the case and to the prosecutor.
func (c *Staff) AskDeviation(ctx context.Context, id, interview string, d Deviation) error {
	var key struct{ Recipient string }
	if err := c.call(ctx, "/case/"+id+"/sealed/open", struct{}{}, &key); err != nil {
		return err
	}
	reason, err := report.SealMessage(d.Words, key.Recipient, d.Recipient)
	if err != nil {
		return err
	}
	return c.call(ctx, "/case/"+id+"/about/"+interview+"/deviations", map[string]any{
		"rule": d.Rule, "prosecutor": d.Prosecutor, "why": d.Why, "reason": reason}, nil)
}
