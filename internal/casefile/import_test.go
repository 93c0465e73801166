package casefile

import (
	"errors"
	"net/url"
	"strings"
	"testing"

	"verhaal/internal/policy"
)

func TestInterviewsHeldElsewhereAreImportedWholeOrNotAtAll(t *testing.T) {
	each(t, func(t *testing.T, x *fixture) {
		ctx := t.Context()
		file := x.opened(t)
		girl, err := x.AddPerson(ctx, "ann", file.ID, Victim)
		ok(t, err)
		x.set(t, file.ID, girl, girlFacts)
		lines := "date;agency;level;interviewers;topics\n2026-10-01;comensha;audio;m.janssen;recruitment transport\n2026-10-20;shelter;;k.bakker;transport\n"
		n, err := x.ImportEarlier(ctx, "ann", file.ID, girl, lines)
		ok(t, err)
		again, err := x.ImportEarlier(ctx, "ann", file.ID, girl, lines+"2026-11-02;shelter;none;k.bakker;money\n")
		ok(t, err)
		if n != 2 || again != 1 {
			t.Errorf("%d and %d were added", n, again)
		}
		burden, err := x.BurdenOf(ctx, "ann", file.ID, girl)
		ok(t, err)
		if burden.Interviews != 3 || burden.Interviewers != 2 || burden.Told[0].Agency != "comensha" || strings.Join(burden.Told[0].Topics, "+") != "recruitment+transport" {
			t.Errorf("%+v", burden)
		}
		for name, bad := range map[string]string{
			"a day that is none": "2026-10-32, shelter\n", "the future": "2030-01-01, shelter, none, k.bakker, money\n", "a sentence": "2026-10-02, shelter, none, k.bakker, \"she said so\"\n2026-10-03, he told me\n",
			"a level that is none": "2026-10-02, shelter, tape, k.bakker, money", "no day": ", shelter", "an unknown column": "date, mood\n2026-10-02, sad\n", "too many": strings.Repeat("2026-10-02, shelter, none, k.bakker, a\n2026-10-02, shelter, none, k.bakker, b\n2026-10-02, shelter, none, k.bakker, c\n", 1) + many(40),
		} {
			if _, err := x.ImportEarlier(ctx, "ann", file.ID, girl, bad); !errors.As(err, new(Unreadable)) {
				t.Errorf("%s: %v", name, err)
			}
		}
		after, err := x.BurdenOf(ctx, "ann", file.ID, girl)
		ok(t, err)
		if after.Interviews != 3 {
			t.Errorf("%d interviews after imports that failed", after.Interviews)
		}
	})
}

func TestWhatWasHeldHereCountsBehindAnyNumberOfOthers(t *testing.T) {
	each(t, func(t *testing.T, x *fixture) {
		ctx := t.Context()
		file, girl, plan := x.girlsPlan(t)
		x.set(t, file.ID, plan, studioPlan)
		x.confirm(t, file.ID, plan)
		x.now = x.now.AddDate(0, 0, 2)
		ok(t, x.Hold(ctx, "ann", file.ID, plan))
		_, err := x.ImportEarlier(ctx, "ann", file.ID, girl, many(policy.FormRows))
		ok(t, err)
		again, err := x.Plan(ctx, "ann", file.ID, girl)
		ok(t, err)
		x.set(t, file.ID, again, "plan.date=2026-11-30&plan.planned=true&plan.topics.0.name=Recruitment")
		d, err := x.decided(t, file.ID, again)
		ok(t, err)
		if r, _ := d.Requirement("S-10"); r.Status != policy.Unmet {
			t.Errorf("a topic that was told here, in other letters: S-10 is %s", r.Status)
		}
		burden, err := x.BurdenOf(ctx, "ann", file.ID, girl)
		ok(t, err)
		if burden.Interviews != policy.FormRows+1 {
			t.Errorf("%d interviews", burden.Interviews)
		}
		kept, err := x.Facts(ctx, "ann", file.ID, again)
		ok(t, err)
		if got := form(kept).Get("plan.topics.0.name"); got != "recruitment" {
			t.Errorf("kept as %q", got)
		}
		// More rows than a page shows are refused by name, never cut.
		err = x.SetFact(ctx, "ann", file.ID, girl, "earlier", url.Values{"earlier.30.date": {"2026-01-02"}}, 2)
		if !errors.As(err, new(Unreadable)) || !strings.HasPrefix(err.Error(), "earlier: at most 30 rows") {
			t.Errorf("%v", err)
		}
	})
}

func many(n int) string {
	var b strings.Builder
	for i := range n {
		b.WriteString("2026-10-02, shelter, none, k.bakker, topic" + strings.Repeat("x", i) + "\n")
	}
	return b.String()
}

func FuzzReadEarlier(f *testing.F) {
	f.Add("date;agency\n2026-10-01;comensha\n")
	f.Add("2026-10-01, shelter, none, \"a, b\", x y\n")
	f.Add("\xef\xbb\xbfdate,date\n")
	f.Fuzz(func(t *testing.T, text string) {
		rows, err := ReadEarlier(text)
		if err != nil {
			return
		}
		for _, row := range rows {
			if row.Get("date") == "" || codesOnly(row) != nil {
				t.Errorf("%q was read as %v", text, row)
			}
		}
	})
}
