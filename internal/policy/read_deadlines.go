package policy

// timetable reads deadlines.yaml: its rows name these lists of the same file.
type timetable struct {
	*reader
	actors, events, circumstances []Coded
	endings                       []Ending
}

func (p *Pack) readDeadlines(r *reader, root field) {
	m := r.fields(root, "actors", "events", "circumstances", "clocks", "delay_reasons", "endings", "periods", "tasks")
	t := timetable{
		reader:        r,
		actors:        table(r, m["actors"], r.codedRow),
		events:        table(r, m["events"], r.codedRow),
		circumstances: table(r, m["circumstances"], r.codedRow),
		endings:       table(r, m["endings"], r.ending),
	}
	p.Clocks = table(r, m["clocks"], t.clock)
	p.DelayReasons = table(r, m["delay_reasons"], r.delayReason)
	p.Periods = table(r, m["periods"], t.period)
	p.Tasks = table(r, m["tasks"], t.task)
}

func (t timetable) clock(f field) Clock {
	m := t.fields(f, "id", "name", "starts", "stops", "targets", "standing", "share?", "clause")
	c := Clock{
		Coded:    t.coded(m),
		Starts:   t.event(m["starts"]),
		Stops:    t.event(m["stops"]),
		Standing: Standing(t.oneOf(m["standing"], string(StandingTarget), string(StandingNorm), string(StandingLaw))),
		Share:    100,
		Ground:   t.ground(m["clause"]),
	}
	if m["share"].present() {
		c.Share = t.number(m["share"], 1, 100)
	}
	if c.Starts.What.ID == c.Stops.What.ID {
		t.fail(m["stops"], "must be another event than the one that starts the clock")
	}
	targets := t.list(m["targets"])
	for i, one := range targets {
		tm := t.fields(one, "any?", "within")
		target := Target{Span: t.span(tm["within"]), Any: picks(t.reader, tm["any"], t.circumstances)}
		if last := i == len(targets)-1; last != (len(target.Any) == 0) {
			t.fail(one, "the last target has no circumstances, and no other has none")
		}
		c.Targets = append(c.Targets, target)
	}
	if len(targets) == 0 {
		t.fail(m["targets"], "must hold at least one target")
	}
	return c
}

func (t timetable) event(f field) Event {
	m := t.fields(f, "event", "by")
	return Event{What: pick(t.reader, m["event"], t.events), By: pick(t.reader, m["by"], t.actors)}
}

func (r *reader) delayReason(f field) DelayReason {
	m := r.fields(f, "id", "name", "clock", "words", "clause")
	return DelayReason{
		Coded:  r.coded(m),
		Stops:  r.oneOf(m["clock"], "stops", "runs") == "stops",
		Words:  r.flag(m["words"]),
		Ground: r.ground(m["clause"]),
	}
}

func (r *reader) ending(f field) Ending {
	m := r.fields(f, "id", "name", "early", "clause")
	return Ending{Coded: r.coded(m), Early: r.flag(m["early"]), Ground: r.ground(m["clause"])}
}

func (t timetable) period(f field) Period {
	m := t.fields(f, "id", "name", "length", "at_least", "for", "starts", "once", "extendable", "ends", "report", "clause")
	p := Period{
		Coded:      t.coded(m),
		Length:     t.span(m["length"]),
		AtLeast:    t.span(m["at_least"]),
		For:        t.text(m["for"]),
		Starts:     t.event(m["starts"]),
		Once:       t.flag(m["once"]),
		Extendable: t.flag(m["extendable"]),
		Ends:       picks(t.reader, m["ends"], t.endings),
		Ground:     t.ground(m["clause"]),
	}
	rm := t.fields(m["report"], "every", "to")
	p.Report = Reporting{Every: t.span(rm["every"]), To: pick(t.reader, rm["to"], t.actors)}
	switch {
	case len(p.Ends) == 0:
		t.fail(m["ends"], "must hold at least one ending")
	case p.Length.shortestDays() < p.AtLeast.shortestDays():
		t.fail(m["length"], "must be at least as long as at_least")
	}
	return p
}

// shortestDays is how many days the span has at least: a month can have 28.
func (s Span) shortestDays() int {
	days := map[Unit]int{UnitDays: 1, UnitWorkingDays: 1, UnitWeeks: 7, UnitMonths: 28, UnitYears: 365}
	if s.Unit == UnitHours {
		return s.Amount / 24
	}
	return s.Amount * days[s.Unit]
}

func (t timetable) task(f field) Task {
	m := t.fields(f, "id", "name", "opens", "when", "by", "told", "urgent", "consent", "clause")
	k := Task{
		Coded:   t.coded(m),
		Opens:   picks(t.reader, m["opens"], t.events),
		When:    t.text(m["when"]),
		By:      pick(t.reader, m["by"], t.actors),
		Told:    pick(t.reader, m["told"], t.actors),
		Urgent:  t.flag(m["urgent"]),
		Consent: Consent(t.oneOf(m["consent"], string(ConsentNotNeeded), string(ConsentVictim), string(ConsentUnknown))),
		Ground:  t.ground(m["clause"]),
	}
	if len(k.Opens) == 0 {
		t.fail(m["opens"], "must hold at least one event")
	}
	return k
}
