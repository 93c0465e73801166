package planner

import "time"

// Span is a time from Start until just before End.
type Span struct{ Start, End time.Time }

// Overlaps says whether two spans share a moment.
func (s Span) Overlaps(o Span) bool { return s.Start.Before(o.End) && o.Start.Before(s.End) }

// around is a span with the days before and after it.
func (s Span) around() Span { return Span{s.Start.AddDate(0, 0, -1), s.End.AddDate(0, 0, 1)} }

// Room is a place where people are interviewed.
type Room struct {
	ID, Name string
	Site     string // the building; who must not meet is kept out of one
	Region   string
	Kind     string // of the pack: interview_room, child_friendly_studio …
	Adapted  bool   // for children, where the kind alone is not
	// Equipment are the ids of what the pack asks of a room and this one has. Of
	// what stands in it as an Item, those say whether it can be used.
	Equipment []string
	Hours     Hours
	Busy      []Span
}

// Worker is somebody who interviews or directs.
type Worker struct {
	ID      string // of the staff member
	Login   string // how plans name them
	Name    string
	Region  string
	Sex     string // f, m, x; "" = not said
	Trainee bool
	Hours   Hours
	Busy    []Span
	Held    []Held
}

// Held is a certificate with its first and last day, YYYY-MM-DD.
type Held struct{ Kind, From, Until string }

func (h Held) on(day string) bool { return h.From <= day && day <= h.Until }

// Interpreter is somebody of the register.
type Interpreter struct {
	ID, Name  string
	Number    string // in the register of sworn interpreters; "" = not sworn
	Until     string // last day of that entry
	Languages []string
	Sex       string
	Hours     Hours
	Busy      []Span
	// Conflict says that they must not work on this case.
	Conflict bool
}

// sworn says whether the register counts on a day.
func (t Interpreter) sworn(day string) bool { return t.Number != "" && day <= t.Until }

// Item is a piece of equipment of a kind that the pack asks of rooms.
type Item struct {
	ID, Kind, Number string
	Room             string // where a fixed one stands
	Region           string // where a mobile one is kept
	Mobile           bool
	Busy             []Span
}

// Calendar is everything that a search chooses from.
type Calendar struct {
	Rooms        []Room
	Workers      []Worker
	Interpreters []Interpreter
	Items        []Item
}

// Kind is what the pack says of a kind of room.
type Kind struct {
	ID          string
	Most        int  // interviewers at once; 0 = no limit
	Directed    bool // somebody directs from next door
	AnyAdapted  bool // every room of the kind is adapted for children
	Equipment   []string
	Preferences int // lower comes first among rooms that are free at once
}
