package policy

import (
	"slices"
	"strings"
)

// Facts is what is known about a person, a report, a case and a plan, by the
// names of the schema ("plan.level"). What is absent is not known. The values
// are bool, int, string (also days, YYYY-MM-DD), []string, []Row and
// map[string]string; ReadFacts and FactsFromForm make them and check them.
type Facts map[string]any

// Row is one entry of a list of things, such as one earlier interview.
type Row map[string]any

// Kind says what values a fact has.
type Kind int

// The kinds of facts.
const (
	YesNo Kind = iota
	Day
	Whole   // a whole number from 0
	Code    // one of Values
	Codes   // several of Values; any code where there are none
	Words   // free text that names nobody
	Things  // a list of rows, see Of
	Thing   // one row, see Of
	Reasons // free text by the id of a rule
)

// Fact is one line of the schema.
type Fact struct {
	Name   string // "plan.level"
	Kind   Kind
	Values []string // of a Code, and of Codes where only some are allowed
	Of     []Fact   // of Things and Thing
	// Assumed is the value of a fact that is not told; nil = not known, which
	// counts as the protective side.
	Assumed any
	Most    int // of a Whole
}

// Section is the first part of the name.
func (f Fact) Section() string {
	s, _, _ := strings.Cut(f.Name, ".")
	return s
}

// The values that rules and code both name.
const (
	LevelNone  = "none"
	LevelAudio = "audio"
	LevelVideo = "video"
)

var (
	levels        = []string{LevelNone, LevelAudio, LevelVideo}
	vulnerability = []string{"absent", "present", "doubt", "unknown"}
	certificates  = []string{TraffickingCertificate, "studio"}
	roles         = []string{"prosecutor", "advocate_general", "examining_magistrate", "team_leader", "recordings_manager"}
	// Exploitation forms: art. 273f Sr and Directive 2024/1712.
	exploitation = []string{"sexual", "labour", "criminal", "begging", "domestic_servitude", "organ",
		"forced_marriage", "surrogacy", "illegal_adoption", "other"}
)

// Schema is every fact a decision can be given. The names are a fixed
// interface: facts may be added, none is renamed.
func Schema() []Fact { return schema }

var schema = []Fact{
	{Name: "subject.birth_date", Kind: Day},
	{Name: "subject.age", Kind: Whole, Most: 120},
	{Name: "subject.age_unknown", Kind: YesNo, Assumed: false},
	{Name: "subject.claimed_age", Kind: Whole, Most: 120},
	{Name: "subject.age_doubt", Kind: YesNo},
	{Name: "subject.intellectual_disability", Kind: Code, Values: vulnerability},
	{Name: "subject.cognitive_disorder", Kind: Code, Values: vulnerability},
	{Name: "subject.special_needs", Kind: Codes},
	{Name: "subject.language", Kind: Words},
	{Name: "subject.needs_interpreter", Kind: YesNo},
	{Name: "subject.lawful_stay", Kind: YesNo},
	{Name: "subject.dublin", Kind: YesNo},
	{Name: "subject.unaccompanied", Kind: YesNo},
	// Offences that the person was made to commit (2013A012, Vervolging 2).
	{Name: "subject.compelled_offences", Kind: YesNo, Assumed: false},

	{Name: "report.exploitation", Kind: Codes, Values: exploitation},
	{Name: "report.anonymous", Kind: YesNo},
	{Name: "report.about_self", Kind: YesNo},
	{Name: "report.danger_now", Kind: YesNo},

	{Name: "case.origin", Kind: Code, Values: []string{"report", "ex_officio", "referral"}},
	{Name: "case.phase", Kind: Code, Values: []string{"talk", "formal_report", "interview"}},
	{Name: "case.desk", Kind: Code, Assumed: ""}, // values: the channels of the pack
	{Name: "case.assessment.done", Kind: YesNo},
	{Name: "case.assessment.at", Kind: Day},
	{Name: "case.assessment.in_victims_interest", Kind: YesNo},
	{Name: "case.interest_weighed", Kind: YesNo},
	{Name: "case.acute", Kind: YesNo},
	{Name: "case.expert_supports", Kind: YesNo},
	{Name: "case.expert_conducts", Kind: YesNo},
	{Name: "case.would_rather_not_testify", Kind: YesNo},
	{Name: "case.talk_held", Kind: YesNo},
	{Name: "case.withdrawal_asked", Kind: YesNo, Assumed: false},
	{Name: "case.view_told_to_prosecutor", Kind: YesNo},
	{Name: "case.help_offered", Kind: YesNo},
	{Name: "case.help_depends_on_cooperation", Kind: YesNo},
	{Name: "case.comensha_told", Kind: YesNo},
	{Name: "case.guardian_arranged", Kind: YesNo},
	{Name: "case.court_measures_considered", Kind: YesNo},

	{Name: "clock.reported", Kind: Day},
	{Name: "clock.ready", Kind: Day},
	{Name: "clock.victims_wish", Kind: YesNo, Assumed: false},
	{Name: "clock.reason", Kind: Words, Assumed: ""},
	{Name: "clock.stood_still", Kind: Whole, Assumed: 0, Most: 36500}, // days of a wish to wait that is over

	{Name: "reflection.offered", Kind: YesNo},
	{Name: "reflection.from", Kind: Day},
	{Name: "reflection.until", Kind: Day},
	{Name: "reflection.extended", Kind: YesNo, Assumed: false},
	{Name: "reflection.refused", Kind: YesNo, Assumed: false}, // the victim wants none

	{Name: "earlier", Kind: Things, Of: []Fact{
		{Name: "date", Kind: Day},
		{Name: "agency", Kind: Words, Assumed: ""}, // who asked, where that was another authority or an NGO
		{Name: "level", Kind: Code, Values: levels},
		{Name: "interviewers", Kind: Codes},
		{Name: "topics", Kind: Codes},
	}},

	// What the person told other than in an interview: in a report, a document,
	// a statement. None of it is an interview.
	{Name: "told.topics", Kind: Codes, Assumed: []string{}},

	{Name: "plan.date", Kind: Day},
	{Name: "plan.planned", Kind: YesNo},
	{Name: "plan.room.kind", Kind: Code, Values: []string{"interview_room", "child_friendly_studio", "mobile", "other"}},
	{Name: "plan.room.adapted", Kind: YesNo},
	{Name: "plan.level", Kind: Code, Values: levels},
	{Name: "plan.interviewers", Kind: Things, Of: person},
	{Name: "plan.director", Kind: Thing, Of: person},
	{Name: "plan.companion.chosen", Kind: YesNo},
	{Name: "plan.companion.relation", Kind: Words},
	{Name: "plan.companion.refused.reason", Kind: Words, Assumed: ""},
	{Name: "plan.companion.refused.decided_by", Kind: Words, Assumed: ""},
	{Name: "plan.companion.refused.about_person", Kind: Words, Assumed: ""},
	{Name: "plan.companion.alternative_offered", Kind: YesNo},
	{Name: "plan.interpreter.present", Kind: YesNo},
	{Name: "plan.interpreter.sworn", Kind: YesNo},
	{Name: "plan.interpreter.reason", Kind: Words, Assumed: ""},
	{Name: "plan.interpreter.conflict_checked", Kind: YesNo},
	{Name: "plan.interpreter.choice_reasoned", Kind: YesNo},
	{Name: "plan.topics", Kind: Things, Of: []Fact{
		{Name: "name", Kind: Words},
		{Name: "reason", Kind: Words, Assumed: ""},
	}},
	{Name: "plan.necessity", Kind: Words, Assumed: ""},
	{Name: "plan.reasons", Kind: Reasons},
	{Name: "plan.prosecutor_consulted", Kind: YesNo},

	{Name: "talk.contents", Kind: Codes, Values: []string{"victimhood", "procedure", "ex_officio", "help"}},
	{Name: "talk.use_told", Kind: YesNo},
	{Name: "talk.prosecutor_consulted", Kind: YesNo}, // on audio of the talk
	{Name: "talk.written_report", Kind: YesNo},
	{Name: "talk.in_file", Kind: YesNo, Assumed: false},
	{Name: "talk.in_file_decided_by", Kind: Code, Values: roles, Assumed: ""},
	{Name: "talk.became_formal_report", Kind: YesNo, Assumed: false},

	{Name: "recording.notice_given", Kind: YesNo},
	{Name: "recording.watchers_named", Kind: YesNo},
	{Name: "recording.started_before_entry", Kind: YesNo},
	{Name: "recording.announced", Kind: YesNo},
	{Name: "recording.clock_in_picture", Kind: YesNo},
	{Name: "recording.overview_shot", Kind: YesNo},
	{Name: "recording.empty_room_first", Kind: YesNo},
	{Name: "recording.stopped_after_leaving", Kind: YesNo},
	{Name: "recording.child_left_alone_in_break", Kind: YesNo},
	{Name: "recording.companion_passive", Kind: YesNo},
	{Name: "recording.private_questions_needed", Kind: YesNo},
	{Name: "recording.sex_wish_followed", Kind: YesNo},
	{Name: "recording.steered_from", Kind: Code, Values: []string{"nowhere", "director_room", "studio_director_room", "viewing_room"}},
	{Name: "record.fields", Kind: Codes, Values: []string{"personal_data", "notice_given", "interviewers", "director_room", "requester",
		"optional_recording_by", "date_place_times_breaks", "registration_numbers", "interpreter", "suspects_lawyer"}},

	{Name: "disclosure.act", Kind: Code, Values: []string{"take_note", "view", "copy", "expert_copy"}, Assumed: ""},
	{Name: "disclosure.for", Kind: Code, Values: []string{"judge", "officer", "suspect", "lawyer", "complainant", "witness", "guardian", "interviewer", "care_worker", "expert"}},
	{Name: "disclosure.allowed_by", Kind: Code, Values: []string{"prosecutor", "advocate_general", "examining_magistrate", "chief_prosecutor", "court"}},
	{Name: "disclosure.subject_consents", Kind: YesNo},
	{Name: "disclosure.in_designated_room", Kind: YesNo},
	{Name: "disclosure.only_subject_in_picture", Kind: YesNo},
	{Name: "disclosure.overlay", Kind: YesNo},
	{Name: "disclosure.undertaking_signed", Kind: YesNo},
	{Name: "disclosure.return_date", Kind: Day},

	{Name: "retention.act", Kind: Code, Values: []string{"keep", "review", "destroy"}, Assumed: ""},
	{Name: "retention.prosecuted", Kind: YesNo},
	{Name: "retention.judgment_final", Kind: YesNo},
	{Name: "retention.review_date", Kind: Day},
	{Name: "retention.ordered_by", Kind: Code, Values: roles},
	{Name: "retention.ordered_on", Kind: Day},
	{Name: "retention.destroyed_on", Kind: Day},

	{Name: "informant.act", Kind: Code, Values: []string{"identify", "use", "keep"}, Assumed: ""},
	{Name: "informant.reader", Kind: Code, Values: []string{"head_of_unit", "deputy", "other"}},
	{Name: "informant.first_processed", Kind: Day},
	{Name: "informant.last_entry", Kind: Day},

	{Name: "deviations", Kind: Things, Of: []Fact{
		{Name: "rule", Kind: Words},
		{Name: "by_role", Kind: Code, Values: roles},
		{Name: "by", Kind: Words, Assumed: ""},
		{Name: "reason", Kind: Words, Assumed: ""},
		{Name: "at", Kind: Day},
	}},
}

var person = []Fact{
	{Name: "id", Kind: Words},
	{Name: "certificates", Kind: Things, Of: []Fact{
		{Name: "kind", Kind: Code, Values: certificates},
		{Name: "until", Kind: Day},
	}},
	{Name: "trainee", Kind: YesNo, Assumed: false},
}

// CertificateKinds are the certificates that rules ask for.
func CertificateKinds() []string { return slices.Clone(certificates) }

func findFact(name string) (Fact, bool) {
	f, ok := byName[name]
	return f, ok
}

var byName = func() map[string]Fact {
	out := map[string]Fact{}
	for _, f := range schema {
		out[f.Name] = f
	}
	return out
}()
