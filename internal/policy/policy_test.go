package policy

import (
	"io/fs"
	"strings"
	"testing"
	"testing/fstest"

	"verhaal/packs"
)

// changed is the Dutch pack with one file's text replaced.
func changed(t testing.TB, file, from, to string) fstest.MapFS {
	t.Helper()
	fsys := fstest.MapFS{}
	err := fs.WalkDir(packs.FS, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		body, err := fs.ReadFile(packs.FS, name)
		fsys[name] = &fstest.MapFile{Data: body}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if file != "" {
		before := string(fsys[file].Data)
		if !strings.Contains(before, from) {
			t.Fatalf("%s no longer holds %q", file, from)
		}
		fsys[file] = &fstest.MapFile{Data: []byte(strings.Replace(before, from, to, 1))}
	}
	return fsys
}

func TestABrokenPackIsRefusedWithFileLineFieldAndWhatIsAllowed(t *testing.T) {
	const channels, head = "nl/channels.yaml", "nl/pack.yaml"
	for _, c := range []struct{ file, from, to, want string }{
		{head, "name: nl", "name: be", `nl/pack.yaml: name is "be", must be that of the folder`},
		{head, `"2026.1"`, "2026.1", `nl/pack.yaml:2: version: must be a text that is not empty, in quotes when it looks like a number, a date, yes or no`},
		{head, `"2013-07-01"`, `"2026-02-30"`, `nl/pack.yaml:5: in_force: "2026-02-30" must be a day that exists, in quotes, as in "2026-11-23"`},
		{head, "[en, nl, ar]", "[nl]", `nl/pack.yaml:8: languages: must hold en: every other language falls back to it`},
		{head, "[en, nl, ar]", "[en, nl, ar, fr]", `nl/channels.yaml:11: emergency.label.fr: is missing`},
		{channels, "    nl: Noodgeval, politie, ambulance, brandweer\n", "", `nl/channels.yaml:11: emergency.label.nl: is missing`},
		{channels, "exit: https://www.knmi.nl/", "exit: http://www.knmi.nl/", `nl/channels.yaml:19: exit: must be an https address without a query, as in https://www.example.org/`},
		{channels, `number: "112"`, "number: 112", `nl/channels.yaml:14: emergency.number: must be a text that is not empty, in quotes when it looks like a number, a date, yes or no`},
		{channels, "naming: named_or_shielded", "naming: maybe", `channels[0].naming: "maybe" must be one of named, named_or_shielded, anonymous`},
		{channels, "naming: named_or_shielded", "nameing: named", `channels[0]."nameing": unknown field; allowed are id, name, short, `},
		{channels, "answers: true", "answers: yes", `channels[0].answers: "yes" must be one of true, false`},
		{channels, "    answers: true\n", "", `channels[0].answers: is missing`},
		{channels, "    answers: true\n", "    answers: true\n    answers: true\n", `channels[0]."answers": stands twice`},
		{channels, "window_months: 4", "window_months: 400", `channels[2].release.window_months: must be a number from 1 to 120`},
		{channels, "time: day", "time: exact", `channels[2].time: must be day where naming is anonymous: an exact time can point to a person`},
		{channels, "walled: true", "walled: false", `channels[2].walled: a walled channel has a release, and no other has one`},
		{channels, "id: labour-authority", "id: police-avim", `channels[1]: the id police-avim is taken by an earlier channel`},
		{channels, "strip: [name,", "strip: [nmae,", `channels[2].strip[0]: "nmae" must be one of name, contact, address, residence, time, single_source`},
		{channels, "channel: labour-tci", "channel: tci", `guide.routing[0].channel: "tci" must be one of police-avim, labour-authority, labour-tci, crime-stoppers`},
		{channels, "kind: [labour,", "kind: [work,", `guide.routing[0].when.kind[0]: "work" must be one of labour, domestic_servitude, sexual, `},
		{channels, "when: {}", "when: {name: [\"yes\"]}", `guide.routing[3]: the last rule has no conditions, and no other has none`},
		{channels, "rule: S-05", "rule: five", `guide.routing[0].clause.rule: "five" must be the id of a rule, as in S-05`},
		{channels, "channels:", "channels: &a", ``},
		{channels, "guide:", "guide: [", `nl/channels.yaml: not YAML: `},
	} {
		_, err := Load(changed(t, c.file, c.from, c.to), "nl")
		if c.want == "" {
			if err != nil {
				t.Errorf("%q: %v", c.to, err)
			}
			continue
		}
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%q for %q:\n  %v\nwant\n  %s", c.to, c.from, err, c.want)
		}
		if err != nil && strings.Contains(err.Error(), "\n") {
			t.Errorf("%q: the error has several lines", c.to)
		}
	}
}

func TestAPackThatIsNotThereIsAnError(t *testing.T) {
	for _, name := range []string{"", ".", "..", "/etc", "xx", "nl/../nl"} {
		if _, err := Load(packs.FS, name); err == nil {
			t.Errorf("%q was loaded", name)
		}
	}
}

func TestTheHashCoversEveryByteOfThePack(t *testing.T) {
	p := netherlands(t)
	if len(p.Hash) != 64 || p.Name != "nl" || p.Version == "" {
		t.Fatalf("pack %s %s %s", p.Name, p.Version, p.Hash)
	}
	same, err := Load(changed(t, "", "", ""), "nl")
	if err != nil || same.Hash != p.Hash {
		t.Errorf("the same files hash to %s and %s (%v)", p.Hash, same.Hash, err)
	}
	other, err := Load(changed(t, "nl/channels.yaml", "# The channels of", "# the channels of"), "nl")
	if err != nil || other.Hash == p.Hash {
		t.Errorf("a changed comment left the hash as it was (%v)", err)
	}
	below, err := Load(changed(t, "eu/rules/10-terms.yaml", "# The conditions", "# the conditions"), "nl")
	if err != nil || below.Hash == p.Hash {
		t.Errorf("a change in the pack below left the hash as it was (%v)", err)
	}
	more := changed(t, "", "", "")
	more["nl/cases/more.yaml"] = &fstest.MapFile{Data: []byte("cases: []\n")}
	if with, err := Load(more, "nl"); err != nil || with.Hash == p.Hash {
		t.Errorf("a further file left the hash as it was (%v)", err)
	}
	more["nl/rule/stray.yaml"] = &fstest.MapFile{Data: []byte("rules: []\n")}
	if _, err := Load(more, "nl"); err == nil || !strings.Contains(err.Error(), "nl/rule/stray.yaml is no file of a pack") {
		t.Errorf("a file that nobody reads was taken: %v", err)
	}
}

func TestATextFallsBackToEnglish(t *testing.T) {
	text := Text{"en": "yes", "nl": "ja"}
	if text.In("nl") != "ja" || text.In("fr") != "yes" {
		t.Errorf("%q %q", text.In("nl"), text.In("fr"))
	}
}

// Whatever the file says, Load either refuses in one line or gives a pack that
// always has exactly one suggestion.
func FuzzAPackThatLoadsAlwaysSuggests(f *testing.F) {
	// Small seeds: the real pack is tested above and would only slow this down.
	f.Add([]byte("name: nl\nversion: '1.0'\nin_force: '2026-01-01'\nlanguages: [en]\nstaff_languages: [en]\n"), []byte(smallest))
	f.Add([]byte("a: &a [*a]"), []byte("- {}"))
	f.Fuzz(func(t *testing.T, head, channels []byte) {
		p, err := Load(fstest.MapFS{"nl/pack.yaml": {Data: head}, "nl/channels.yaml": {Data: channels}}, "nl")
		if err != nil {
			if strings.Contains(err.Error(), "\n") {
				t.Errorf("an error of several lines: %q", err)
			}
			return
		}
		s := p.Suggest(Answers{"kind": {"labour"}, "name": {"no"}})
		if _, ok := p.Channel(s.Channel); !ok || s.Because["en"] == "" {
			t.Errorf("suggests %q because %q", s.Channel, s.Because)
		}
	})
}

const smallest = `emergency: {label: {en: a}, number: "1 1 2", source: {document: d, checked: "2026-01-01", confidence: read}}
exit: https://example.org/
help: []
channels:
  - {id: x, name: {en: a}, short: {en: a}, for_whom: {en: a}, promises: [{en: a}], not_promises: [{en: a}], naming: named,
     answers: true, certificate: none, walled: false, time: exact, phones: [], no_phone: {en: a}}
guide:
  questions: [{id: kind, choose: one, text: {en: a}, options: [{id: labour, text: {en: a}}]}]
  child_note: {en: a}
  routing: [{when: {}, channel: x, because: {en: a}, clause: {rule: S-03, document: d, section: s, confidence: read}}]
`

func TestTheSmallestPackLoads(t *testing.T) {
	fsys := fstest.MapFS{
		"x/pack.yaml":     {Data: []byte("name: x\nversion: '1.0'\nin_force: '2026-01-01'\nlanguages: [en]\nstaff_languages: [en]\n")},
		"x/channels.yaml": {Data: []byte(smallest)},
	}
	if _, err := Load(fsys, "x"); err != nil {
		t.Error(err)
	}
}

// Whatever stands in a file of rules, options or cases, Load refuses it in one
// line or gives a pack that decides.
func FuzzRulesThatLoadDecide(f *testing.F) {
	words, err := fs.ReadFile(packs.FS, "eu/words.yaml")
	if err != nil {
		f.Fatal(err)
	}
	head := []byte("name: x\nversion: '1.0'\nin_force: '2020-01-01'\nlanguages: [en]\nstaff_languages: [en, nl]\n")
	f.Add([]byte(smallRules), []byte("options: []"), []byte("today: '2026-01-01'\ncases: [{name: a, with: {plan.level: audio}, expect: {S-01: met}}]"))
	f.Add([]byte("terms: [{name: a, is: b}]"), []byte("options: [{id: C-1}]"), []byte("cases: 1"))
	f.Add([]byte("rules: &a [*a]"), []byte("options: {}"), []byte("base: {a: {plan: {level: audio}}}\ncases: [{from: a}]"))
	f.Fuzz(func(t *testing.T, rules, options, cases []byte) {
		p, err := Load(fstest.MapFS{"x/pack.yaml": {Data: head}, "x/words.yaml": {Data: words}, "x/rules/a.yaml": {Data: rules},
			"x/options.yaml": {Data: options}, "x/cases/a.yaml": {Data: cases}}, "x")
		if err != nil {
			if strings.Contains(err.Error(), "\n") {
				t.Errorf("an error of several lines: %q", err)
			}
			return
		}
		p.Test()
		p.Page("en")
	})
}

const smallRules = `terms: [{name: near, is: plan.level == "audio", says: {en: "{plan.level}", nl: "{plan.level}"}}]
rules:
  - {id: S-01, area: recording, title: {en: a, nl: a}, says: {en: a, nl: a}, when: near, duty: aa, strength: must, met: age < 12,
     clause: {document: d, section: s, in_force: "2020-01-01", confidence: read}}
`
