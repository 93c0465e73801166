package facts_test

import (
	"maps"
	"net/url"
	"slices"
	"testing"

	"verhaal/internal/policy"
	"verhaal/internal/web/facts"
	"verhaal/packs"
)

// sent is what a browser sends of fields that nobody touched.
func sent(form url.Values, fields []facts.Input) {
	for _, in := range fields {
		if in.None {
			form.Set(in.Name+".none", "1")
		}
		switch in.Kind {
		case "code", "codes":
			for _, o := range in.Options {
				if o.Chosen {
					form.Add(in.Name, o.Value)
				}
			}
		case "rows":
			sent(form, in.Rows)
		case "row", "reasons":
			sent(form, in.Fields)
		default:
			form.Set(in.Name, in.Value)
		}
	}
}

// through shows facts on a page in lang, and reads what its form sends.
func through(t *testing.T, p *policy.Pack, known policy.Facts, today, lang string) policy.Facts {
	t.Helper()
	form := url.Values{}
	for _, part := range facts.Sections(p, known.Form(), lang, sections()) {
		sent(form, part.Fields)
	}
	read, err := p.FactsFromForm(form, today)
	if err != nil {
		t.Fatal(err)
	}
	return read
}

// fields are the facts as a form; several codes in no order.
func fields(known policy.Facts) url.Values {
	form := known.Form()
	for _, values := range form {
		slices.Sort(values)
	}
	return form
}

func sections() (names []string) {
	for _, f := range policy.Schema() {
		if !slices.Contains(names, f.Section()) {
			names = append(names, f.Section())
		}
	}
	return names
}

func netherlands(t *testing.T) *policy.Pack {
	t.Helper()
	p, err := policy.Load(packs.FS, "nl")
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// The worked cases of the pack have facts of every kind.
func TestAPageSendsBackTheFactsThatItShows(t *testing.T) {
	p := netherlands(t)
	kinds := map[policy.Kind]bool{}
	for _, c := range p.Cases {
		for _, lang := range p.StaffLanguages {
			if got, want := fields(through(t, p, c.Facts, c.Today, lang)), fields(c.Facts); !maps.EqualFunc(got, want, slices.Equal) {
				t.Errorf("%s in %s:\n%v\n%v", c.Name, lang, got, want)
			}
		}
		for _, f := range policy.Schema() {
			if _, ok := c.Facts[f.Name]; ok {
				kinds[f.Kind] = true
			}
		}
	}
	for _, f := range policy.Schema() {
		if !kinds[f.Kind] {
			t.Errorf("no case says anything of the kind of %s", f.Name)
		}
	}
}

func TestWhatNobodyFilledInStaysUnknown(t *testing.T) {
	if got := through(t, netherlands(t), policy.Facts{}, "2026-11-23", "en"); len(got) > 0 {
		t.Errorf("an empty page says %v", got)
	}
}

func TestADecisionShowsFirstWhatIsInTheWay(t *testing.T) {
	p := netherlands(t)
	for _, c := range p.Cases {
		d, err := p.Decide(c.Facts, c.Today)
		shown := facts.Show(p, d, err, "en")
		blocking, last := 0, false
		for _, g := range shown.Groups {
			if g.Open() && last {
				t.Errorf("%s: %s stands below what is in order", c.Name, g.Status)
			}
			last = !g.Open()
			for _, q := range g.Requirements {
				if q.Status != g.Status {
					t.Errorf("%s: %s is %s and stands under %s", c.Name, q.Rule.ID, q.Status, g.Status)
				}
				if q.Blocks() {
					blocking++
				}
			}
		}
		if blocking != shown.Blocking || (blocking > 0) != (shown.Verdict == policy.Blocked) {
			t.Errorf("%s is %s, with %d in the way and %d said", c.Name, shown.Verdict, blocking, shown.Blocking)
		}
	}
}

func TestAPackSpeaksThePagesLanguageOrEnglish(t *testing.T) {
	p := netherlands(t)
	for page, want := range map[string]string{"nl": "nl", "en": "en", "ar": "en"} {
		if got := facts.Language(p, page); got != want {
			t.Errorf("a page in %s has the pack's sentences in %s", page, got)
		}
	}
}

func TestANumberMayBeAsGreatAsTheSchemaLetsItBe(t *testing.T) {
	most := map[string]int{}
	for _, part := range facts.Sections(netherlands(t), nil, "en", sections()) {
		for _, in := range part.Fields {
			most[in.Fact] = in.Most
		}
	}
	for _, f := range policy.Schema() {
		if most[f.Name] != f.Most {
			t.Errorf("%s may be %d by the schema, %d by its field", f.Name, f.Most, most[f.Name])
		}
	}
}
