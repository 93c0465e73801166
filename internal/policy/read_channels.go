package policy

import (
	"net/url"
	"regexp"
	"slices"
	"strings"
)

var (
	idShape    = regexp.MustCompile(`^[a-z0-9][a-z0-9_-]{0,39}$`)
	phoneShape = regexp.MustCompile(`^[0-9][0-9 -]{1,20}$`)
	abroad     = regexp.MustCompile(`^\+[0-9][0-9 ]{5,20}$`)
	ruleShape  = regexp.MustCompile(`^[A-Z]{1,2}-[0-9]{2}[a-z]?$`)
	stripCodes = []string{StripName, StripContact, StripAddress, StripResidence, StripTime, StripSingleSource}
)

const (
	idWords    = "lower-case letters, digits, hyphens and underscores"
	phoneWords = "a phone number in quotes, digits with spaces or hyphens"
)

func (p *Pack) readChannels(r *reader, root field) {
	m := r.fields(root, "emergency", "exit", "help", "channels", "guide")
	p.Emergency = r.phone(m["emergency"])
	p.Exit = r.words(m["exit"])
	if u, err := url.Parse(p.Exit); r.err == nil && (err != nil || u.Scheme != "https" || u.Host == "" || u.RawQuery != "" || u.User != nil) {
		r.fail(m["exit"], "must be an https address without a query, as in https://www.example.org/")
	}
	p.Help = r.phones(m["help"])
	for _, f := range r.list(m["channels"]) {
		c := r.channel(f)
		if _, twice := p.Channel(c.ID); twice {
			r.fail(f, "the id %s is taken by an earlier channel", c.ID)
		}
		p.Channels = append(p.Channels, c)
	}
	p.readGuide(r, m["guide"])
}

func (r *reader) channel(f field) Channel {
	m := r.fields(f, "id", "name", "short", "for_whom", "promises", "not_promises", "naming", "answers", "certificate",
		"walled", "release?", "time", "strip?", "phones", "no_phone?")
	c := Channel{
		ID:          r.matching(m["id"], idShape, idWords),
		Name:        r.text(m["name"]),
		Short:       r.text(m["short"]),
		ForWhom:     r.text(m["for_whom"]),
		Promises:    r.texts(m["promises"]),
		NotPromises: r.texts(m["not_promises"]),
		Naming:      Naming(r.oneOf(m["naming"], string(Named), string(NamedOrShielded), string(Anonymous))),
		Answers:     r.flag(m["answers"]),
		Walled:      r.flag(m["walled"]),
		Time:        Precision(r.oneOf(m["time"], string(ExactTime), string(DayOnly))),
		Phones:      r.phones(m["phones"]),
		NoPhone:     r.text(m["no_phone"]),
	}
	if r.oneOf(m["certificate"], TraffickingCertificate, "none") == TraffickingCertificate {
		c.Certificate = TraffickingCertificate
	}
	if m["release"].present() {
		rel := r.fields(m["release"], "two_person", "window_months?")
		c.Release = Release{TwoPerson: r.flag(rel["two_person"]), WindowMonths: r.number(rel["window_months"], 1, 120)}
	}
	for _, s := range r.list(m["strip"]) {
		c.Strip = append(c.Strip, r.oneOf(s, stripCodes...))
	}
	switch {
	case c.Anonymous() && c.Time != DayOnly:
		r.fail(m["time"], "must be day where naming is anonymous: an exact time can point to a person")
	case c.Walled != m["release"].present():
		r.fail(m["walled"], "a walled channel has a release, and no other has one")
	case c.Walled != m["strip"].present():
		r.fail(m["walled"], "a walled channel has a strip list, and no other has one")
	case (len(c.Phones) == 0) != m["no_phone"].present():
		r.fail(m["phones"], "must hold a number, or no_phone says why there is none")
	}
	return c
}

func (r *reader) phones(f field) []Phone {
	var out []Phone
	for _, one := range r.list(f) {
		out = append(out, r.phone(one))
	}
	return out
}

func (r *reader) phone(f field) Phone {
	m := r.fields(f, "label", "number", "from_abroad?", "hours?", "source")
	return Phone{
		Label:      r.text(m["label"]),
		Number:     r.matching(m["number"], phoneShape, phoneWords),
		FromAbroad: r.matching(m["from_abroad"], abroad, "a phone number in quotes that begins with +"),
		Hours:      r.text(m["hours"]),
		Source:     r.source(m["source"]),
	}
}

func (r *reader) source(f field) Source {
	m := r.fields(f, "document", "checked", "confidence")
	return Source{Document: r.words(m["document"]), Checked: r.date(m["checked"]), Confidence: r.confidence(m["confidence"])}
}

func (r *reader) confidence(f field) Confidence {
	return Confidence(r.oneOf(f, string(Read), string(Excerpt), string(Inferred), string(Unverified)))
}

func (p *Pack) readGuide(r *reader, f field) {
	m := r.fields(f, "questions", "child_note", "routing")
	for _, q := range r.list(m["questions"]) {
		p.Guide.Questions = append(p.Guide.Questions, r.question(q))
	}
	p.Guide.ChildNote = r.text(m["child_note"])
	rules := r.list(m["routing"])
	for i, f := range rules {
		route := p.readRoute(r, f)
		if last := i == len(rules)-1; last != (len(route.when) == 0) {
			r.fail(f, "the last rule has no conditions, and no other has none")
		}
		p.Guide.routing = append(p.Guide.routing, route)
	}
	if len(rules) == 0 {
		r.fail(m["routing"], "must hold at least one rule")
	}
}

func (r *reader) question(f field) Question {
	m := r.fields(f, "id", "choose", "text", "options")
	q := Question{
		ID:   r.matching(m["id"], idShape, idWords),
		Many: r.oneOf(m["choose"], "one", "many") == "many",
		Text: r.text(m["text"]),
	}
	for _, of := range r.list(m["options"]) {
		om := r.fields(of, "id", "text")
		o := Option{ID: r.matching(om["id"], idShape, idWords), Text: r.text(om["text"])}
		if slices.Contains(q.optionIDs(), o.ID) {
			r.fail(of, "the id %s is taken by an earlier option", o.ID)
		}
		q.Options = append(q.Options, o)
	}
	if len(q.Options) == 0 {
		r.fail(m["options"], "must hold at least one option")
	}
	return q
}

func (q Question) optionIDs() []string {
	var ids []string
	for _, o := range q.Options {
		ids = append(ids, o.ID)
	}
	return ids
}

func (p *Pack) readRoute(r *reader, f field) route {
	m := r.fields(f, "when", "channel", "because", "clause")
	out := route{when: map[string][]string{}, because: r.text(m["because"]), clause: r.clause(m["clause"])}
	var names []string
	for _, q := range p.Guide.Questions {
		names = append(names, q.ID+"?")
	}
	when := r.fields(m["when"], names...)
	for _, q := range p.Guide.Questions {
		if !when[q.ID].present() {
			continue
		}
		for _, o := range r.list(when[q.ID]) {
			out.when[q.ID] = append(out.when[q.ID], r.oneOf(o, q.optionIDs()...))
		}
		if len(out.when[q.ID]) == 0 {
			r.fail(when[q.ID], "must hold at least one of %s", strings.Join(q.optionIDs(), ", "))
		}
	}
	out.channel = r.oneOf(m["channel"], p.channelIDs()...)
	return out
}

func (r *reader) clause(f field) Clause {
	m := r.fields(f, "rule", "document", "section", "confidence")
	return Clause{
		Rule:       r.matching(m["rule"], ruleShape, ruleWords),
		Document:   r.words(m["document"]),
		Section:    r.words(m["section"]),
		Confidence: r.confidence(m["confidence"]),
	}
}
