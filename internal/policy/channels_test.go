package policy

import (
	"slices"
	"testing"

	"verhaal/packs"
)

func netherlands(t testing.TB) *Pack {
	t.Helper()
	p, err := Load(packs.FS, "nl")
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestTheFourChannelsKeepTheirPromises(t *testing.T) {
	p := netherlands(t)
	type row struct {
		naming      Naming
		answers     bool
		certificate string
		walled      bool
		release     Release
		time        Precision
	}
	// product.md, "The channels"; rules S-03 to S-06, W-05.
	want := map[string]row{
		"police-avim":      {NamedOrShielded, true, TraffickingCertificate, false, Release{}, ExactTime},
		"labour-authority": {Named, true, TraffickingCertificate, false, Release{}, ExactTime},
		"labour-tci":       {Anonymous, true, "", true, Release{TwoPerson: true, WindowMonths: 4}, DayOnly},
		"crime-stoppers":   {Anonymous, false, "", true, Release{TwoPerson: true}, DayOnly},
	}
	for id, w := range want {
		c, ok := p.Channel(id)
		if !ok {
			t.Errorf("no channel %s", id)
			continue
		}
		if got := (row{c.Naming, c.Answers, c.Certificate, c.Walled, c.Release, c.Time}); got != w {
			t.Errorf("%s is %+v, want %+v", id, got, w)
		}
	}
	if len(p.Channels) != len(want) {
		t.Errorf("%d channels, want %d", len(p.Channels), len(want))
	}
	if m, _ := p.Channel("crime-stoppers"); !slices.Contains(m.Strip, StripTime) {
		t.Error("Crime Stoppers must take out every indication of time")
	}
	if _, ok := p.Channel("nowhere"); ok {
		t.Error("a channel that is not in the pack was found")
	}
}

func TestNumbersCanBeDialledAndSayWhereTheyComeFrom(t *testing.T) {
	p := netherlands(t)
	if p.Emergency.Number != "112" {
		t.Errorf("the emergency number is %s", p.Emergency.Number)
	}
	phones := append([]Phone{p.Emergency}, p.Help...)
	for _, c := range p.Channels {
		phones = append(phones, c.Phones...)
		if len(c.Phones) == 0 && c.NoPhone.In("nl") == "" {
			t.Errorf("%s has neither a number nor a reason", c.ID)
		}
	}
	for _, ph := range phones {
		if ph.Dial() == "" || ph.Source.Checked == "" || ph.Source.Document == "" {
			t.Errorf("%s: cannot be dialled or has no dated source", ph.Number)
		}
	}
	if got := (Phone{Number: "+31 343 57 88 44"}).Dial(); got != "+31343578844" {
		t.Errorf("dials %s", got)
	}
}

// subsets calls f with every set of options of a question; the empty set is a
// skipped question.
func subsets(q Question, f func([]string)) {
	for bits := range 1 << len(q.Options) {
		var chosen []string
		for i, o := range q.Options {
			if bits>>i&1 == 1 {
				chosen = append(chosen, o.ID)
			}
		}
		if q.Many || len(chosen) <= 1 {
			f(chosen)
		}
	}
}

func each(questions []Question, a Answers, f func(Answers)) {
	if len(questions) == 0 {
		f(a)
		return
	}
	subsets(questions[0], func(chosen []string) {
		a[questions[0].ID] = chosen
		each(questions[1:], a, f)
	})
}

func TestEveryCombinationOfAnswersGetsOneChannelWithAReason(t *testing.T) {
	p := netherlands(t)
	n := 0
	each(p.Guide.Questions, Answers{}, func(a Answers) {
		n++
		s := p.Suggest(a)
		if want := expected(a); s.Channel != want {
			t.Fatalf("%v: %s, want %s", a, s.Channel, want)
		}
		for _, l := range p.Languages {
			if s.Because[l] == "" {
				t.Fatalf("%v: no reason in %s", a, l)
			}
		}
		if s.Clause.Rule == "" || s.Clause.Document == "" {
			t.Fatalf("%v: no clause", a)
		}
		if len(s.Others) != len(p.Channels)-1 || slices.Contains(s.Others, s.Channel) {
			t.Fatalf("%v: the others are %v; a reporter may choose any channel", a, s.Others)
		}
	})
	if n < 70_000 {
		t.Errorf("only %d combinations were tried", n)
	}
}

// expected is the law in words: S-05 anonymous about work, S-06 anonymous about
// anything else, S-04 work, S-03 the rest.
func expected(a Answers) string {
	anonymous := slices.Contains(a["name"], "no")
	work := slices.Contains(a["kind"], "labour") || slices.Contains(a["kind"], "domestic_servitude")
	switch {
	case anonymous && work:
		return "labour-tci"
	case anonymous:
		return "crime-stoppers"
	case work:
		return "labour-authority"
	}
	return "police-avim"
}

func TestEachSuggestionCitesItsRule(t *testing.T) {
	p := netherlands(t)
	for _, c := range []struct {
		answers       Answers
		channel, rule string
	}{
		{Answers{"name": {"no"}, "kind": {"labour"}}, "labour-tci", "S-05"},
		{Answers{"name": {"no"}, "kind": {"sexual"}}, "crime-stoppers", "S-06"},
		{Answers{"name": {"yes"}, "kind": {"labour"}}, "labour-authority", "S-04"},
		{Answers{"name": {"yes"}, "kind": {"sexual"}}, "police-avim", "S-03"},
		{nil, "police-avim", "S-03"},
		{Answers{"kind": {"no such option"}, "something": {"else"}}, "police-avim", "S-03"},
	} {
		if s := p.Suggest(c.answers); s.Channel != c.channel || s.Clause.Rule != c.rule {
			t.Errorf("%v: %s by %s, want %s by %s", c.answers, s.Channel, s.Clause.Rule, c.channel, c.rule)
		}
	}
}
