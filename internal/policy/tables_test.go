package policy

import (
	"slices"
	"strings"
	"testing"
	"testing/fstest"
)

func same(t *testing.T, what string, got, want []string) {
	t.Helper()
	if !slices.Equal(got, want) {
		t.Errorf("%s: %v, must be %v", what, got, want)
	}
}

func holders(w Power) []string {
	var out []string
	for _, h := range w.Holders {
		s := h.Role
		if h.Only != nil {
			s += " " + h.Only.ID
		}
		out = append(out, s)
	}
	return out
}

func TestWhatARoomCanDoFollowsFromItsKind(t *testing.T) {
	p := netherlands(t)
	for _, c := range []struct {
		id     string
		use    RoomUse
		powers string
		beside string
	}{
		{"interview_room", ForInterview, "", ""},
		{"child_friendly_studio", ForInterview, "", ""},
		{"mobile", ForInterview, "", ""},
		{"other", ForInterview, "", ""},
		{"director_room", ForControl, "see hear prompt steer mark", "interview_room"},
		{"studio_director_room", ForControl, "see hear mark", "child_friendly_studio"},
		{"viewing_room", ForViewing, "see hear", "interview_room child_friendly_studio"},
	} {
		k, ok := p.Room(c.id)
		if !ok || k.For != c.use {
			t.Errorf("%s: %v for %q, must be for %s", c.id, ok, k.For, c.use)
		}
		same(t, c.id, k.Powers, strings.Fields(c.powers))
		same(t, c.id, k.Beside, strings.Fields(c.beside))
	}
	if len(p.Rooms) != 7 {
		t.Errorf("%d kinds of room; a new one needs a line above", len(p.Rooms))
	}
	for _, k := range p.Rooms {
		if k.For == ForViewing && (k.Can(CanPrompt) || k.Can(CanSteer)) {
			t.Errorf("%s: somebody can steer from a viewing room", k.ID)
		}
	}
	if _, ok := p.Room("cellar"); ok {
		t.Error("a room that is not there was found")
	}
}

func TestTheStudioHasItsDuties(t *testing.T) {
	p := netherlands(t)
	studio, _ := p.Room("child_friendly_studio")
	var equipment, procedure []string
	for _, d := range studio.Equipment {
		equipment = append(equipment, d.ID)
	}
	for _, d := range studio.Procedure {
		procedure = append(procedure, d.ID)
	}
	same(t, "equipment", equipment, []string{"overview_camera", "clock_in_picture", "both_in_picture", "empty_room_first"})
	for _, d := range []string{"start_before_entry", "name_watchers", "one_stays_in_break", "end_after_both_left"} {
		if !slices.Contains(procedure, d) {
			t.Errorf("the studio lacks %s", d)
		}
	}
	if studio.Interviewers != 1 || studio.Certificate != "studio" || !studio.Adapted || !slices.Contains(studio.Levels, "video") {
		t.Errorf("studio: %d interviewers, certificate %q, adapted %v, levels %v", studio.Interviewers, studio.Certificate, studio.Adapted, studio.Levels)
	}
	room, _ := p.Room("interview_room")
	if room.Interviewers != 0 || room.Certificate != "" || room.Adapted {
		t.Errorf("interview room: %d interviewers, certificate %q, adapted %v", room.Interviewers, room.Certificate, room.Adapted)
	}
}

func TestOnlyItsHoldersHaveAPower(t *testing.T) {
	p := netherlands(t)
	for _, c := range []struct{ id, holders, needs string }{
		{"deviate_recording", "prosecutor,advocate_general", "reasons_in_file"},
		{"order_heavier", "prosecutor,advocate_general,examining_magistrate own_interviews", ""},
		{"record_optional", "team_leader", "consultation"},
		{"record_unconsulted", "team_leader unexpected", ""},
		{"file_talk_report", "prosecutor", ""},
		{"refuse_companion", "prosecutor not_named", "decision_about_person,alternative_offered"},
		{"allow_confidant", "prosecutor", ""},
		{"designate_expert", "prosecutor,advocate_general,examining_magistrate", ""},
		{"order_transcript", "prosecutor,advocate_general,examining_magistrate", "express_request"},
		{"add_to_file", "prosecutor,examining_magistrate,court", ""},
		{"permit_viewing", "prosecutor,advocate_general,examining_magistrate", ""},
		{"copy_to_defence", "court,chief_prosecutor,chief_advocate_general", "written_order,only_interviewed_in_picture,recipient_overlay,signed_undertaking,return_date"},
		{"copy_to_expert", "prosecutor,advocate_general", "signed_undertaking"},
		{"keep_or_destroy", "prosecutor", "written_order"},
		{"destroy_early", "prosecutor,advocate_general", "written_order"},
		{"run_rooms", "recordings_manager", ""},
		{"hide_witness", "examining_magistrate", ""},
		{"know_informant", "head_of_unit,deputy_head_of_unit", ""},
		{"take_anonymous_complaint", "police", "consultation"},
	} {
		w, ok := p.Power(c.id)
		if !ok || strings.Join(holders(w), ",") != c.holders || strings.Join(keys(w.Needs), ",") != c.needs {
			t.Errorf("%s: %v needs %v, must be %s and need %s", c.id, holders(w), keys(w.Needs), c.holders, c.needs)
		}
	}
	if len(p.Powers) != 19 {
		t.Errorf("%d powers; a new one needs a line above", len(p.Powers))
	}
	heavier, _ := p.Power("order_heavier")
	if held, only := heavier.HeldBy("examining_magistrate"); !held || only == nil || only.Name["nl"] == "" {
		t.Error("the magistrate's power has no limit")
	}
	if held, only := heavier.HeldBy("prosecutor"); !held || only != nil {
		t.Error("the prosecutor's power is limited")
	}
	if held, _ := heavier.HeldBy("team_leader"); held {
		t.Error("a team leader may order a heavier form")
	}
	// Deviations name these.
	for _, id := range []string{"prosecutor", "advocate_general", "examining_magistrate", "team_leader", "recordings_manager"} {
		if _, ok := p.Role(id); !ok {
			t.Errorf("there is no role %s", id)
		}
	}
}

func TestClocksRunAsLongAsTheSourceSays(t *testing.T) {
	p := netherlands(t)
	for _, c := range []struct {
		id            string
		circumstances []string
		want          Span
		standing      Standing
	}{
		{"first_contact", nil, Span{24, UnitHours}, StandingTarget},
		{"informative_talk", nil, Span{3, UnitWorkingDays}, StandingTarget},
		{"child_interview", nil, Span{21, UnitDays}, StandingTarget},
		{"child_interview", []string{"under_six"}, Span{14, UnitDays}, StandingTarget},
		{"child_interview", []string{"under_six", "recent_event"}, Span{7, UnitDays}, StandingTarget},
		{"child_interview", []string{"spontaneous_account"}, Span{7, UnitDays}, StandingTarget},
		{"child_interview", []string{"special_protection"}, Span{7, UnitDays}, StandingTarget},
		{"child_interview", []string{"something else"}, Span{21, UnitDays}, StandingTarget},
		{"adult_interview", nil, Span{14, UnitDays}, StandingTarget},
		{"file_to_prosecutor", nil, Span{30, UnitDays}, StandingNorm},
		{"prosecution_decision", nil, Span{60, UnitDays}, StandingNorm},
		{"file_in_half_a_year", nil, Span{6, UnitMonths}, StandingNorm},
		{"dublin_leads", nil, Span{4, UnitWeeks}, StandingNorm},
		{"residence_decision", nil, Span{24, UnitHours}, StandingNorm},
		{"investigation_purpose", nil, Span{1, UnitWeeks}, StandingLaw},
		{"shielding_appeal", nil, Span{14, UnitDays}, StandingLaw},
		{"breach_notice", nil, Span{72, UnitHours}, StandingLaw},
	} {
		clock, ok := p.Clock(c.id)
		if got := clock.Target(c.circumstances...); !ok || got != c.want || clock.Standing != c.standing {
			t.Errorf("%s %v: %v %s, must be %v %s", c.id, c.circumstances, got, clock.Standing, c.want, c.standing)
		}
		if want := map[bool]int{true: 80, false: 100}[c.id == "file_in_half_a_year"]; clock.Share != want {
			t.Errorf("%s: in %d %% of cases, must be %d", c.id, clock.Share, want)
		}
	}
	adult, _ := p.Clock("adult_interview")
	if adult.Starts.What.ID != "victim_ready" || adult.Starts.By.ID != "victim" {
		t.Errorf("the clock of an adult starts with %v", adult.Starts)
	}
	if (Clock{}).Target() != (Span{}) {
		t.Error("a clock that is not there has a target")
	}
}

func TestOnlyTheVictimsWishStopsAClock(t *testing.T) {
	p := netherlands(t)
	for _, d := range p.DelayReasons {
		if d.Stops != (d.ID == "victims_wish") {
			t.Errorf("%s stops the clock: %v", d.ID, d.Stops)
		}
	}
	for _, id := range []string{"victims_wish", "interpreter", "studio_full", "illness", "safety", "other"} {
		if _, ok := p.DelayReason(id); !ok {
			t.Errorf("there is no reason %s", id)
		}
	}
	if other, _ := p.DelayReason("other"); !other.Words {
		t.Error("another reason needs no words")
	}
}

func TestAReflectionPeriodIsGivenOnceAndNeverExtended(t *testing.T) {
	p := netherlands(t)
	for id, length := range map[string]Span{"reflection": {3, UnitMonths}, "reflection_dublin": {30, UnitDays}} {
		period, ok := p.Period(id)
		if !ok || period.Length != length || !period.Once || period.Extendable || period.AtLeast != (Span{30, UnitDays}) {
			t.Errorf("%s: %+v", id, period)
		}
		if period.Report.Every != (Span{1, UnitMonths}) || period.Report.To.ID != "police" {
			t.Errorf("%s: reporting %v", id, period.Report)
		}
		var early []string
		for _, e := range period.Ends {
			if e.Early {
				early = append(early, e.ID)
			}
		}
		same(t, id, early, []string{"left", "declared_off", "cooperates", "other_permit"})
	}
}

func TestEachTaskSaysWhoHearsIt(t *testing.T) {
	p := netherlands(t)
	for id, told := range map[string]string{
		"comensha_found": "comensha", "comensha_period": "comensha", "comensha_cooperation": "comensha", "comensha_out_of_hours": "comensha",
		"shelter": "comensha", "residence_form": "ind", "residence_notice": "ind", "guardian": "nidos", "youth_protection": "youth_protection",
		"lawyer": "lawyer", "victim_support": "victim_support", "signal_to_expertise_centre": "expertise_centre", "breach_notice": "data_protection_authority",
	} {
		if task, ok := p.Task(id); !ok || task.Told.ID != told {
			t.Errorf("%s: told %s, must be %s", id, task.Told.ID, told)
		}
	}
	// Registration needs no consent; a request for shelter does.
	for _, task := range p.Tasks {
		notice := strings.HasPrefix(task.ID, "comensha_")
		if notice && task.Consent != ConsentNotNeeded || task.ID == "shelter" && task.Consent != ConsentVictim {
			t.Errorf("%s: consent %s", task.ID, task.Consent)
		}
	}
	if night, _ := p.Task("comensha_out_of_hours"); !night.Urgent {
		t.Error("a placement outside office hours is not urgent")
	}
}

func TestRetentionEndsAsTheSourceSays(t *testing.T) {
	p := netherlands(t)
	for _, c := range []struct {
		id     string
		regime Regime
		ends   RetentionEnd
		stages string
		order  string
	}{
		{"recording_prosecuted", RegimePolice, EndsAtOnce, "", "prosecutor"},
		{"recording_time_barred", RegimePolice, EndsAtOnce, "", "prosecutor"},
		{"recording_trafficking", RegimePolice, EndsReview, "", "prosecutor"},
		{"recording_no_information", RegimePolice, EndsReview, "", "prosecutor advocate_general"},
		{"wpg_8", RegimePolice, EndsAfter, "1 years free, 4 years by_search, 5 years locked", ""},
		{"wpg_9", RegimePolice, EndsAfter, "6 months new_leads, 5 years locked", ""},
		{"wpg_10", RegimePolice, EndsAfter, "5 years theme, 5 years locked", ""},
		{"wpg_12", RegimePolice, EndsAfter, "10 years informants", ""},
		{"wpg_12_release", RegimePolice, EndsAfter, "4 months other_use", ""},
		{"gdpr_tip", RegimeGeneral, EndsAtOnce, "", ""},
		{"gdpr_help", RegimeGeneral, EndsReview, "", ""},
	} {
		k, ok := p.RetentionClass(c.id)
		if !ok || k.Regime != c.regime || k.Ends != c.ends || stages(k) != c.stages {
			t.Errorf("%s: %s %s %q, must be %s %s %q", c.id, k.Regime, k.Ends, stages(k), c.regime, c.ends, c.stages)
		}
		same(t, c.id, k.OrderBy, strings.Fields(c.order))
		recording := strings.HasPrefix(c.id, "recording_")
		if recording != (k.DestroyWithin == Span{30, UnitDays}) || recording != k.Written {
			t.Errorf("%s: destroyed within %v, in writing %v", c.id, k.DestroyWithin, k.Written)
		}
		if (k.Ends == EndsReview) && k.Review.IsZero() {
			t.Errorf("%s is never looked at again", c.id)
		}
	}
	informants, _ := p.RetentionClass("wpg_12")
	same(t, "readers", informants.Readers, []string{"head_of_unit", "deputy_head_of_unit"})
	if informants.Review != (Span{6, UnitMonths}) {
		t.Errorf("informants are looked at every %v", informants.Review)
	}
	// Every channel says under which regime its reports stay.
	for _, c := range p.Channels {
		if !slices.ContainsFunc(p.Retention, func(k Retention) bool { return slices.Contains(k.Channels, c.ID) }) {
			t.Errorf("no retention for %s", c.ID)
		}
	}
	// The release of an informant's text ends when that of the channel does.
	release, _ := p.RetentionClass("wpg_12_release")
	tci, _ := p.Channel("labour-tci")
	if (release.Stages[0].For != Span{tci.Release.WindowMonths, UnitMonths}) {
		t.Errorf("released for %v, and by the channel for %d months", release.Stages[0].For, tci.Release.WindowMonths)
	}
}

func TestEveryTableRowIsInBothLanguagesOfStaff(t *testing.T) {
	p := netherlands(t)
	var texts []Text
	for _, k := range p.Rooms {
		texts = append(texts, k.Name)
		if k.Ages != nil {
			texts = append(texts, k.Ages)
		}
	}
	for _, task := range p.Tasks {
		texts = append(texts, task.Name, task.When)
	}
	for _, k := range p.Retention {
		texts = append(texts, k.Name, k.AppliesTo)
	}
	for _, text := range texts {
		if len(text) != 2 || text["en"] == "" || text["nl"] == "" || text["en"] == text["nl"] {
			t.Errorf("%v", text)
		}
	}
}

func TestAPackMayBeWithoutTables(t *testing.T) {
	fsys := fstest.MapFS{
		"x/pack.yaml":     {Data: []byte(smallHead)},
		"x/channels.yaml": {Data: []byte(smallest)},
	}
	p, err := Load(fsys, "x")
	if err != nil {
		t.Fatal(err)
	}
	if p.Rooms != nil || p.Powers != nil || p.Clocks != nil || p.Retention != nil || p.Codes != nil {
		t.Errorf("%+v", p)
	}
}

// stages writes the stages of a class, as in "6 months new_leads, 5 years locked".
func stages(k Retention) string {
	var out []string
	for _, s := range k.Stages {
		out = append(out, s.For.String()+" "+s.Use.ID)
	}
	return strings.Join(out, ", ")
}
