package policy

import "slices"

// RoomUse says what a kind of room is for.
type RoomUse string

// The uses.
const (
	ForInterview RoomUse = "interview" // the interviewed person is in it
	ForControl   RoomUse = "control"   // somebody directs or coaches from it
	ForViewing   RoomUse = "viewing"   // people only follow from it
)

// What those in a control or viewing room can do with the interview they
// follow (rule A-16).
const (
	CanSee    = "see"
	CanHear   = "hear"
	CanPrompt = "prompt" // put a question to the interviewer, who may take it up
	CanSteer  = "steer"  // say how the interview goes on
	CanMark   = "mark"   // put a mark at this moment of the recording
)

// RoomKind is one kind of room. What a room can and may do follows from its
// kind, never from the person who sits in it.
type RoomKind struct {
	Coded
	For RoomUse
	// Powers are those over an interview that is followed from here, see CanSee
	// and so on. An interview room has none: who is in it holds the interview.
	Powers []string
	// Beside are the ids of the kinds of interview room that it belongs to.
	Beside []string
	// Adapted says that every room of this kind is designed or adapted for
	// children. A single room of another kind may be too (rule S-12).
	Adapted bool
	// Levels are the recording levels possible here: none, audio, video.
	Levels []string
	// Certificate is what interviewer and director must hold to work here
	// (rule A-15); "" = none of its own.
	Certificate  string
	Interviewers int    // most at once; 0 = no limit
	Equipment    []Duty // what room and picture must have
	Procedure    []Duty // what must be done during the interview
	Ages         Text   // for whom the room is; nil = for everybody
	Ground       Ground
}

// Duty is one duty of a room, such as a clock in the picture.
type Duty struct {
	Coded
	Ground Ground
}

// Can says whether somebody in a room of this kind has the power.
func (k RoomKind) Can(power string) bool { return slices.Contains(k.Powers, power) }

// Room finds a kind of room by its id.
func (p *Pack) Room(id string) (RoomKind, bool) { return byID(p.Rooms, id) }
