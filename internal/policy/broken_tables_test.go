package policy

import (
	"strings"
	"testing"
	"testing/fstest"
)

func TestABrokenTableIsRefusedWithFileLineFieldAndWhatIsAllowed(t *testing.T) {
	const rooms, powers, deadlines, retention, codes = "nl/rooms.yaml", "nl/powers.yaml", "nl/deadlines.yaml", "nl/retention.yaml", "nl/codes.yaml"
	for _, c := range []struct{ file, from, to, want string }{
		{rooms, "    for: viewing\n", "    for: watching\n", `rooms[6].for: "watching" must be one of interview, control, viewing`},
		{rooms, "powers: [see, hear]\n", "powers: [see, hear, steer]\n", `rooms[6].powers: nobody can prompt or steer from a viewing room`},
		{rooms, "powers: [see, hear, prompt, steer, mark]", "powers: [prompt, steer]", `rooms[4].powers: who prompts or steers must see and hear`},
		{rooms, "powers: [see, hear, mark]", "powers: [see, hear, see]", `rooms[5].powers[2]: see stands twice`},
		{rooms, "powers: [see, hear, mark]", "powers: [see, listen]", `rooms[5].powers[1]: "listen" must be one of see, hear, prompt, steer, mark`},
		{rooms, "    powers: []\n", "    powers: [see]\n", `rooms[0].powers: must be empty for an interview room, and for no other`},
		{rooms, "    recording: [none, audio, video]\n", "    recording: []\n", `rooms[0].recording: must name levels for an interview room, and none for any other`},
		{rooms, "recording: [none, audio, video]", "recording: [none, sound, video]", `rooms[0].recording[1]: "sound" must be one of none, audio, video`},
		{rooms, "    beside: [interview_room]\n", "", `rooms[4]: a control or viewing room is beside an interview room, and an interview room is beside none`},
		{rooms, "beside: [interview_room]\n", "beside: [viewing_room]\n", `rooms[4].beside[0]: "viewing_room" must be one of interview_room, child_friendly_studio, mobile, other`},
		{rooms, "beside: [interview_room]\n", "beside: []\n", `rooms[4].beside: must hold at least one interview room`},
		{rooms, "interviewers: 1", "interviewers: 0", `rooms[1].interviewers: must be a number from 1 to 9`},
		{rooms, "    certificate: studio\n", "    certificate: yes\n", `rooms[1].certificate: "yes" must be one of studio, none`},
		{rooms, "equipment: [overview_camera,", "equipment: [camera,", `rooms[0].equipment[0]: "camera" must be one of overview_camera, clock_in_picture, both_in_picture, empty_room_first`},
		{rooms, "- {id: mark,", "- {id: record,", `powers[4].id: "record" must be one of see, hear, prompt, steer, mark`},
		{rooms, "- id: mobile\n", "- id: interview_room\n", `rooms[2]: the id interview_room is taken by an earlier row`},
		{rooms, "    adapted: true\n", "", `rooms[1].adapted: is missing`},
		{rooms, "nl: Verhoorkamer", "fr: Salle", `rooms[0].name."fr": unknown field; allowed are en, nl`},
		{rooms, ", nl: Verhoorkamer", "", `rooms[0].name.nl: is missing`},
		{powers, "holders: [{role: team_leader}]", "holders: [{role: detective}]", `powers[2].holders[0].role: "detective" must be one of prosecutor, advocate_general, `},
		{powers, "holders: [{role: team_leader}]", "holders: []", `powers[2].holders: must hold at least one role`},
		{powers, "[{role: prosecutor}, {role: advocate_general}]", "[{role: prosecutor}, {role: prosecutor}]", `powers[0].holders[1]: prosecutor stands twice`},
		{powers, "only: own_interviews", "only: sometimes", `powers[1].holders[2].only: "sometimes" must be one of own_interviews, unexpected, not_named`},
		{powers, "needs: [reasons_in_file]", "needs: [reasons]", `powers[0].needs[0]: "reasons" must be one of reasons_in_file, written_order, `},
		{powers, "rules: [A-32]", "rules: [32]", `powers[0].clause.rules[0]: must be a text that is not empty, in quotes when it looks like a number, a date, yes or no`},
		{powers, "rules: [A-32]", "rules: [rule32]", `powers[0].clause.rules[0]: "rule32" must be the id of a rule, as in A-16`},
		{powers, "confidence: read}", "confidence: sure}", `powers[0].clause.confidence: "sure" must be one of read, excerpt, inferred, unverified`},
		{powers, "- {id: police,", "- {id: court,", `nl/powers.yaml:16: roles[10]: the id court is taken by an earlier row`},
		{powers, "roles:\n", "offices: []\nroles:\n", `nl/powers.yaml:4: "offices": unknown field; allowed are roles, needs, limits, powers`},
		{deadlines, "targets: [{within: {hours: 24}}]", "targets: []", `clocks[0].targets: must hold at least one target`},
		{deadlines, "within: {hours: 24}", "within: {hours: 0}", `clocks[0].targets[0].within.hours: must be a number from 1 to 240`},
		{deadlines, "within: {hours: 24}", "within: {hours: 24, days: 1}", `clocks[0].targets[0].within: must have one unit only`},
		{deadlines, "within: {hours: 24}", "within: {}", `clocks[0].targets[0].within: must have one of hours, days, working_days, weeks, months, years, as in {days: 30}`},
		{deadlines, "within: {hours: 24}", "within: {minutes: 24}", `clocks[0].targets[0].within."minutes": unknown field; allowed are hours, days, `},
		{deadlines, "      - {within: {days: 21}}\n", "", `clocks[2].targets[1]: the last target has no circumstances, and no other has none`},
		{deadlines, "any: [under_six]", "any: [under_seven]", `clocks[2].targets[1].any[0]: "under_seven" must be one of recent_event, `},
		{deadlines, "stops: {event: contact_made, by: desk}", "stops: {event: report_received, by: desk}", `clocks[0].stops: must be another event than the one that starts the clock`},
		{deadlines, "stops: {event: contact_made, by: desk}", "stops: {event: contact_made, by: nobody}", `clocks[0].stops.by: "nobody" must be one of reporter, victim, desk, `},
		{deadlines, "standing: target", "standing: wish", `clocks[0].standing: "wish" must be one of target, norm, law`},
		{deadlines, "share: 80", "share: 101", `clocks[6].share: must be a number from 1 to 100`},
		{deadlines, "clock: stops", "clock: pauses", `delay_reasons[0].clock: "pauses" must be one of stops, runs`},
		{deadlines, "length: {months: 3}", "length: {weeks: 3}", `periods[0].length: must be at least as long as at_least`},
		{deadlines, "ends: [expired, left,", "ends: [expired, gone,", `periods[0].ends[1]: "gone" must be one of expired, left, declared_off, cooperates, other_permit`},
		{deadlines, "once: true", "once: 1", `periods[0].once: "1" must be one of true, false`},
		{deadlines, "told: comensha", "told: everybody", `tasks[0].told: "everybody" must be one of reporter, `},
		{deadlines, "opens: [victim_found]", "opens: []", `tasks[0].opens: must hold at least one event`},
		{deadlines, "consent: not_needed", "consent: assumed", `tasks[0].consent: "assumed" must be one of not_needed, victim, not_found`},
		{retention, "regime: wpg", "regime: avg", `retention[0].regime: "avg" must be one of wpg, gdpr`},
		{retention, "ends: at_once", "ends: after", `retention[0].ends: must be after where there are stages, and only there`},
		{retention, "    review: {months: 12}\n", "", `retention[2]: what has no end date needs a review, as in review: {months: 12}`},
		{retention, "order_by: [prosecutor]", "order_by: [detective]", `retention[0].order_by[0]: "detective" must be one of prosecutor, `},
		{retention, "order_by: [prosecutor]", "order_by: []", `retention[0].written: must be false where nobody orders it`},
		{retention, "destroy_within: {days: 30}", "destroy_within: {days: 3000}", `retention[0].destroy_within.days: must be a number from 1 to 730`},
		{retention, "channels: [labour-tci]", "channels: [tci]", `retention[7].channels[0]: "tci" must be one of police-avim, labour-authority, labour-tci, crime-stoppers`},
		{retention, "    regime: gdpr\n", "    regime: wpg\n", ``},
		{retention, "channels: [crime-stoppers]", "channels: [labour-tci]", `retention[9].regime: must be wpg: an earlier row puts labour-tci under it, and a channel has one regime`},
		{retention, "{use: locked,", "{use: hidden,", `retention[4].stages[2].use: "hidden" must be one of free, `},
		{codes, "htcds: vic_TypeOfExploitation", "htcds: TypeOfExploitation", `lists[0].htcds: "TypeOfExploitation" must be a field of the standard, as in vic_TypeOfExploitation`},
		{codes, "htcds: ForcedLabour", "htcds: forced labour", `lists[0].entries[1].htcds: "forced labour" must be a value of the standard, as in ForcedLabour`},
		{codes, "htcds: ForcedLabour", "htcds: SexualExploitation", `lists[0].entries[1]: the value SexualExploitation of the standard is taken by an earlier row`},
		{codes, "        htcds: ForcedLabour\n", "", `lists[0].entries[1]: must have htcds with the value of the standard, or local: true`},
		{codes, "        local: true\n", "        local: true\n        htcds: Other\n", `lists[0].entries[2]: must have htcds with the value of the standard, or local: true`},
		{codes, "    htcds: vic_TypeOfExploitation\n", "", `lists[0].entries[0].htcds: must be absent where the list names no field of the standard`},
		{codes, "id: exploitation\n", "id: forms\n", `lists[0].entries[0]: an entry of the list exploitation has bases, and no other has any`},
		{codes, "{state: pending,", `{state: pending, from: "2026-07-15",`, `entries[6].bases[0]: what is pending has no from and no until: it covers no day yet`},
		{codes, "{state: in_force,", `{state: in_force, from: "2020-01-01", until: "2019-01-01",`, `entries[0].bases[0].until: must not be before from`},
		{codes, "{state: in_force,", `{state: in_force, from: "2021-02-29",`, `entries[0].bases[0].from: "2021-02-29" must be a day that exists`},
		{codes, "{state: pending,", `{state: in_force,`, ``},
		{codes, `          - {state: pending, checked: "2025-12-22", clause: {rules: [E-06]`, `          - {state: in_force, checked: "2025-12-22", clause: {rules: [E-06]`, `entries[6].bases[1]: must begin after the basis before it has ended; those that are pending come last`},
		{codes, "choose: many", "choose: all", `lists[0].choose: "all" must be one of one, many`},
		{codes, "nl: reden voor een afwijking}\n    choose: one\n", "nl: reden voor een afwijking}\n    choose: many\n", `lists[20].choose: must be one: a deviation is asked for one reason, and counted once`},
		{codes, "id: no_room,", "id: no.room,", `lists[20].entries[4].id: "no.room" must be `},
		{codes, "id: no_room,", "id: health,", `lists[20].entries[4]: the id health is taken by an earlier row`},
		{codes, "en: the equipment failed, ", "", `lists[20].entries[7].name.en: is missing`},
		{codes, "lists:\n", "lists: [\n", `nl/codes.yaml: not YAML: `},
	} {
		_, err := Load(changed(t, c.file, c.from, c.to), "nl")
		switch {
		case c.want == "" && err != nil:
			t.Errorf("%q: %v", c.to, err)
		case c.want == "":
		case err == nil || !strings.Contains(err.Error(), c.want) || !strings.HasPrefix(err.Error(), c.file+":"):
			t.Errorf("%q for %q:\n  %v\nwant\n  %s", c.to, c.from, err, c.want)
		case strings.Contains(err.Error(), "\n"):
			t.Errorf("%q: the error has several lines", c.to)
		}
	}
}

func TestTablesThatNameWhatAPackLacksAreRefused(t *testing.T) {
	fsys := changed(t, "", "", "")
	delete(fsys, "nl/powers.yaml")
	_, err := Load(fsys, "nl")
	if err == nil || !strings.Contains(err.Error(), "retention[0].order_by: must be empty: the pack has nothing that it could name") {
		t.Error(err)
	}
}

// small has one small file for each table.
var small = map[string]string{
	"powers.yaml": `
roles: [{id: boss, name: {en: a, nl: b}}]
needs: [{id: paper, name: {en: a, nl: b}}]
limits: [{id: rarely, name: {en: a, nl: b}}]
powers: [{id: x, name: {en: a, nl: b}, holders: [{role: boss, only: rarely}], needs: [paper], clause: {rules: [A-01], document: d, section: s, confidence: read}}]
`,
	"rooms.yaml": `
powers: [{id: see, name: {en: a, nl: b}}]
equipment: [{id: clock, name: {en: a, nl: b}, clause: {document: d, section: s, confidence: read}}]
procedure: [{id: start, name: {en: a, nl: b}, clause: {document: d, section: s, confidence: read}}]
rooms:
  - {id: i, name: {en: a, nl: b}, for: interview, powers: [], adapted: false, recording: [none], certificate: none, equipment: [clock], procedure: [start], clause: {document: d, section: s, confidence: read}}
  - {id: v, name: {en: a, nl: b}, for: viewing, powers: [see], beside: [i], adapted: false, recording: [], certificate: none, equipment: [], procedure: [], clause: {document: d, section: s, confidence: read}}
`,
	"deadlines.yaml": `
actors: [{id: me, name: {en: a, nl: b}}]
events: [{id: e, name: {en: a, nl: b}}, {id: f, name: {en: a, nl: b}}]
circumstances: [{id: soon, name: {en: a, nl: b}}]
clocks: [{id: c, name: {en: a, nl: b}, starts: {event: e, by: me}, stops: {event: f, by: me}, targets: [{any: [soon], within: {days: 1}}, {within: {days: 2}}], standing: law, clause: {document: d, section: s, confidence: read}}]
delay_reasons: [{id: r, name: {en: a, nl: b}, clock: stops, words: true, clause: {document: d, section: s, confidence: read}}]
endings: [{id: over, name: {en: a, nl: b}, early: false, clause: {document: d, section: s, confidence: read}}]
periods: [{id: p, name: {en: a, nl: b}, length: {months: 3}, at_least: {days: 30}, for: {en: a, nl: b}, starts: {event: e, by: me}, once: true, extendable: false, ends: [over], report: {every: {months: 1}, to: me}, clause: {document: d, section: s, confidence: read}}]
tasks: [{id: t, name: {en: a, nl: b}, opens: [e], when: {en: a, nl: b}, by: me, told: me, urgent: true, consent: victim, clause: {document: d, section: s, confidence: read}}]
`,
	"retention.yaml": `
events: [{id: e, name: {en: a, nl: b}}]
uses: [{id: u, name: {en: a, nl: b}}]
retention: [{id: c, name: {en: a, nl: b}, regime: gdpr, applies_to: {en: a, nl: b}, channels: [x], from: e, ends: after, stages: [{use: u, for: {years: 1}}], order_by: [boss], written: true, clause: {document: d, section: s, confidence: read}}]
`,
	"codes.yaml": `
lists:
  - {id: exploitation, name: {en: a, nl: b}, htcds: vic_TypeOfExploitation, choose: many, clause: {document: d, section: s, confidence: read}, entries: [{id: x, name: {en: a, nl: b}, htcds: Other, bases: [{state: in_force, from: "2020-01-01", checked: "2020-01-01", clause: {document: d, section: s, confidence: read}}]}]}
  - {id: gender, name: {en: a, nl: b}, choose: one, clause: {document: d, section: s, confidence: read}, entries: [{id: x, name: {en: a, nl: b}, local: true}]}
`,
}

const smallHead = "name: x\nversion: '1.0'\nin_force: '2026-01-01'\nlanguages: [en]\nstaff_languages: [en, nl]\n"

// smallPack is a pack with all tables, one of them replaced.
func smallPack(file, body string) fstest.MapFS {
	fsys := fstest.MapFS{
		"x/pack.yaml":     {Data: []byte(smallHead)},
		"x/channels.yaml": {Data: []byte(smallest)},
	}
	for name, text := range small {
		if name == file {
			text = body
		}
		fsys["x/"+name] = &fstest.MapFile{Data: []byte(text)}
	}
	return fsys
}

// Whatever a table says, it is refused in one line that names it, or every row
// keeps the promises of its type.
func FuzzATableIsRefusedInOneLineOrKeepsItsPromises(f *testing.F) {
	files := []string{"powers.yaml", "rooms.yaml", "deadlines.yaml", "retention.yaml", "codes.yaml"}
	for i, file := range files {
		if _, err := Load(smallPack(file, small[file]), "x"); err != nil {
			f.Fatal(err)
		}
		f.Add(byte(i), small[file])
		f.Add(byte(i), "a: &a [*a]")
	}
	f.Fuzz(func(t *testing.T, which byte, body string) {
		file := files[int(which)%len(files)]
		p, err := Load(smallPack(file, body), "x")
		if err != nil {
			// A table may lack what a later one names.
			if msg := err.Error(); strings.Contains(msg, "\n") || !strings.HasPrefix(msg, "x/") {
				t.Errorf("%q", msg)
			}
			return
		}
		for _, k := range p.Rooms {
			if k.For == ForViewing && (k.Can(CanPrompt) || k.Can(CanSteer)) || k.For != ForInterview && len(k.Beside) == 0 {
				t.Errorf("room %+v", k)
			}
			for _, id := range k.Beside {
				if other, ok := p.Room(id); !ok || other.For != ForInterview {
					t.Errorf("%s is beside %s", k.ID, id)
				}
			}
		}
		for _, w := range p.Powers {
			for _, h := range w.Holders {
				if _, ok := p.Role(h.Role); !ok {
					t.Errorf("%s holds %s", h.Role, w.ID)
				}
			}
		}
		for _, c := range p.Clocks {
			if c.Target().Amount < 1 || c.Share < 1 || c.Starts.What.ID == c.Stops.What.ID || c.Ground.Document == "" {
				t.Errorf("clock %+v", c)
			}
		}
		for _, k := range p.Periods {
			if k.Length.Amount < 1 || len(k.Ends) == 0 || k.For["nl"] == "" {
				t.Errorf("period %+v", k)
			}
		}
		for _, k := range p.Retention {
			if (k.Ends == EndsAfter) != (len(k.Stages) > 0) || k.Ends == EndsReview && k.Review.IsZero() || k.From.ID == "" {
				t.Errorf("retention %+v", k)
			}
		}
		for _, l := range p.Codes {
			for _, e := range l.Entries {
				if b, ok := e.BasisOn("2026-11-23"); ok && (b.State != BasisInForce || b.From > "2026-11-23") || e.Ground.Document == "" || e.Name["en"] == "" {
					t.Errorf("%s %+v", l.ID, e)
				}
			}
		}
	})
}
