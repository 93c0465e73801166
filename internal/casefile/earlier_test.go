package casefile

import (
	"errors"
	"net/url"
	"slices"
	"strings"
	"testing"

	"verhaal/internal/fault"
	"verhaal/internal/policy"
)

const twoElsewhere = "earlier.0.date=2026-01-14&earlier.0.agency=comensha&earlier.0.level=video&earlier.0.interviewers=jan&earlier.0.topics=recruitment,transport&" +
	"earlier.1.date=2026-02-02&earlier.1.level=audio&earlier.1.topics=debt"

// TestAnEarlierInterviewGoesOrSaysLessOnlyAsACorrection: ticking that there was
// none, another day, a lower level and a topic less are refused and named; with
// a reason for these very rows they are kept, and the act names them.
func TestAnEarlierInterviewGoesOrSaysLessOnlyAsACorrection(t *testing.T) {
	each(t, func(t *testing.T, x *fixture) {
		ctx := t.Context()
		file := x.opened(t)
		girl, err := x.AddPerson(ctx, "ann", file.ID, Victim)
		ok(t, err)
		x.set(t, file.ID, girl, "earlier.none=1")
		x.set(t, file.ID, girl, twoElsewhere)
		version := int64(2)
		change := func(fields string, c Correction) error {
			t.Helper()
			all, err := url.ParseQuery(fields)
			ok(t, err)
			if err = x.CorrectFact(ctx, "ann", file.ID, girl, earlierFact, all, version, c); err == nil {
				version++
			}
			return err
		}
		const first, second = "2026-01-14 comensha video", "2026-02-02 audio"
		without := func(field, value string) string {
			all, err := url.ParseQuery(twoElsewhere)
			ok(t, err)
			all.Set(field, value)
			return all.Encode()
		}
		for fields, want := range map[string][]string{
			"earlier.none=1":                 {first, second},
			"earlier.none=1&" + twoElsewhere: {first, second},
			"":                               {first, second},
			"earlier.0.date=2026-02-02&earlier.0.level=audio&earlier.0.topics=debt": {first}, // moved up
			without("earlier.0.level", "audio"):                                     {first},
			without("earlier.0.level", ""):                                          {first},
			without("earlier.0.date", "2026-01-15"):                                 {first},
			without("earlier.0.agency", "ngo"):                                      {first},
			without("earlier.0.topics", "recruitment"):                              {first},
			without("earlier.0.interviewers", ""):                                   {first},
			without("earlier.1.level", policy.LevelNone):                            {second},
		} {
			err := change(fields, Correction{})
			var less Lessened
			if !errors.As(err, &less) || !slices.Equal(less.Rows, want) {
				t.Errorf("%s: %v lessens %q, want %q", fields, err, less.Rows, want)
			}
			wantFault(t, err, fault.Refused, "case.fault.earlier_lessened")
		}

		// What was not known is filled in, a level rises, rows are added and change places.
		ok(t, change(without("earlier.1.agency", "ngo"), Correction{}))
		ok(t, change("earlier.0.date=2026-02-02&earlier.0.agency=NGO&earlier.0.level=video&earlier.0.topics=debt, home&"+
			"earlier.1.date=2026-01-14&earlier.1.agency=comensha&earlier.1.level=video&earlier.1.interviewers=jan&earlier.1.topics=transport,recruitment&earlier.2.date=2026-03-03", Correction{}))

		// A reason is of the list and for these rows alone.
		const third = "2026-03-03"
		rest := "earlier.0.date=2026-02-02&earlier.0.agency=NGO&earlier.0.level=video&earlier.0.topics=debt, home"
		wantFault(t, change(rest, Correction{Why: "no_need", Rows: []string{first, third}}), fault.BadInput, "case.fault.why")
		wantFault(t, change(rest, Correction{Why: "mistyped", Rows: []string{third}}), fault.Refused, "case.fault.earlier_lessened")
		ok(t, change(rest, Correction{Why: "other_person", Rows: []string{first, third}}))
		acts, err := x.log.About(ctx, file.ID)
		ok(t, err)
		last := string(acts[len(acts)-1].Leaf)
		for _, part := range []string{`"corrected":"` + first + "; " + third + `"`, `"other_person"`} {
			if !strings.Contains(last, part) {
				t.Errorf("the log says %s, without %s", last, part)
			}
		}
		// Somebody who saw another version is told so, not asked for a reason.
		version--
		wantFault(t, change("earlier.none=1", Correction{}), fault.Conflict, "case.fault.changed_meanwhile")
	})
}
