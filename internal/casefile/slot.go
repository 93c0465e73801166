package casefile

import (
	"maps"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"verhaal/internal/policy"
)

// Slot is when, where and with whom an interview could be: the part of a plan
// that a calendar decides.
type Slot struct {
	Day          string // YYYY-MM-DD
	RoomKind     string // of the pack
	Adapted      bool
	Interviewers []string // logins
	Director     string
	Trainees     []string // of these
	Interpreter  bool
	Sworn        bool
	// Ideal stands for the best there could be: whoever is named holds every
	// certificate and held every interview before.
	Ideal bool
}

// slotFacts are those that a slot decides; rules that ask about none of them
// are met or not whatever the slot is.
var slotFacts = append([]string{"plan.room.kind", "plan.room.adapted", "plan.interpreter.present", "plan.interpreter.sworn", "clock.days_waited"}, crewFacts...)

// crewFacts are those of them that are about who interviews and directs.
var crewFacts = []string{"plan.interviewers", "plan.interviewer_ids", "plan.holding", "plan.holding_studio", "plan.trainees", "plan.new_interviewers",
	"plan.director", "plan.director_id"}

// tiesChecked is that the interpreter has no ties to those of the case: a slot
// is judged as if, and says so only once somebody checked.
const tiesChecked = "plan.interpreter.conflict_checked"

// levelFact is the level of the recording. Whoever asks for an interview chooses
// it, before a slot is looked for or after; a slot decides it only while nobody did.
const levelFact = "plan.level"

// fixed are the facts that a booking writes and fixes.
var fixed = []string{"plan.date", "plan.planned", "plan.room.kind", "plan.room.adapted", "plan.interviewers", "plan.director",
	"plan.interpreter.present", "plan.interpreter.sworn", tiesChecked}

// FixedBySlot says of a fact that a booked slot decides it, so that nobody
// changes it by hand.
func FixedBySlot(fact string) bool { return slices.Contains(fixed, fact) }

// levelsIn are the levels that a slot in a kind of room may choose, the lowest first:
// nothing is recorded only where nothing can be.
func levelsIn(pack *policy.Pack, kind string) []string {
	room, known := pack.Room(kind)
	levels := slices.DeleteFunc([]string{policy.LevelAudio, policy.LevelVideo}, func(level string) bool {
		return known && !slices.Contains(room.Levels, level)
	})
	if len(levels) == 0 {
		return []string{policy.LevelNone}
	}
	return levels
}

// knownTo is what is known, as if those of this slot had held every interview
// before.
func (s Slot) knownTo(known url.Values) url.Values {
	out := maps.Clone(known)
	for _, i := range policy.Rows(known, "earlier") {
		name := "earlier." + strconv.Itoa(i) + ".interviewers"
		out.Set(name, strings.Join(append([]string{known.Get(name)}, s.Interviewers...), ", "))
	}
	return out
}

// into is a plan with this slot in place of its own.
func (s Slot) into(kept url.Values) url.Values {
	plan := withoutSlot(kept)
	maps.Copy(plan, s.fields())
	return plan
}

// withoutSlot is what a plan says besides its slot.
func withoutSlot(kept url.Values) url.Values {
	plan := maps.Clone(kept)
	maps.DeleteFunc(plan, func(name string, _ []string) bool {
		return slices.ContainsFunc(fixed, func(fact string) bool { return name == fact || strings.HasPrefix(name, fact+".") })
	})
	return plan
}

// fields are the slot as fields of a plan.
func (s Slot) fields() url.Values {
	plan := url.Values{}
	plan.Set("plan.date", s.Day)
	plan.Set("plan.planned", "true")
	plan.Set("plan.room.kind", s.RoomKind)
	plan.Set("plan.room.adapted", strconv.FormatBool(s.Adapted))
	add := func(at, login string) {
		plan.Set(at+".id", login)
		if slices.Contains(s.Trainees, login) {
			plan.Set(at+".trainee", "true")
		}
	}
	for i, login := range s.Interviewers {
		add("plan.interviewers."+strconv.Itoa(i), login)
	}
	if s.Director != "" {
		add("plan.director", s.Director)
	}
	if s.Interpreter {
		plan.Set("plan.interpreter.present", "true")
		plan.Set("plan.interpreter.sworn", strconv.FormatBool(s.Sworn))
		plan.Set(tiesChecked, "true")
	}
	return plan
}

// CrewOf are the logins of who interviews and who directs by the facts of a plan.
func CrewOf(plan map[string]Fact) (interviewers []string, director string) {
	return policy.Crew(form(plan))
}
