package planner

import "time"

// Wish is what is looked for.
type Wish struct {
	From, Until  time.Time // days to look at; their time zone is that of all hours
	Now          time.Time // nothing begins before
	Length       time.Duration
	Interviewers int
	Kinds        []Kind
	// Of is the person, by their id in the case; Avoid are those whom they must
	// not meet, by theirs.
	Of    string
	Avoid []string
	// Person and Companion are when it suits them.
	Person, Companion Times
	// Taken are the interviews of the person that are booked already: nobody, and
	// nobody who comes with them, is in two rooms at once.
	Taken    []Span
	Language string // of the interpreter; "" = none is needed
	Sex      string // of interviewers and interpreter, when the person wishes; "" = any
	Same     []string
	// Crew are the logins of whom the plan names to interview, in its order, Director
	// of who directs: they come first wherever they are free and may. A signature of a
	// prosecutor can be for these very people.
	Crew     []string
	Director string
	Regions  []string // where it may be; empty = anywhere
	// Apart are times at a site when somebody is there whom the person must not
	// meet (2013A012 §2.1, requirement M-09).
	Apart []Visit
	Most  int // proposals of each kind
}

// Visit is somebody's presence at a site.
type Visit struct {
	ID   string // "" = an interview that is booked there
	Site string
	Span
}

// Margins around an interview.
const (
	roomMargin  = 15 * time.Minute // a room is set up and left
	travel      = 90 * time.Minute // to and from a region that is not one's own
	visitMargin = 60 * time.Minute // between two people who must not meet
)

// Candidate is a plan as far as the rules look at it.
type Candidate struct {
	Day          string
	RoomKind     string
	Adapted      bool
	Interviewers []string // logins
	Director     string
	Interpreter  bool
	Sworn        bool
	// Ideal stands for the best there could be: its people hold every
	// certificate, and its names are nobody's.
	Ideal bool
}

// Verdict is what the rules say of a candidate, as far as another time, place
// or person could change it.
type Verdict struct {
	Blocks []string // rules that must be met and are not
	Wants  []string // rules that should be met if possible and are not
	// Signed says that it rests on a signature for these very people: it holds for
	// nobody else.
	Signed bool
}

// Judge asks the rules. Search asks once for each different kind of candidate:
// who is in it matters through certificates on the day, earlier interviews of
// the person and training, and through nothing else but a signature.
type Judge func(Candidate) (Verdict, error)

// Proposal is a lawful slot.
type Proposal struct {
	Span
	Room         Room
	Interviewers []Worker
	Director     *Worker
	Interpreter  *Interpreter
	Sworn        bool
	Kit          []Item   // mobile equipment that the room needs
	Wants        []string // rules that it does not meet, though they ask only if possible
}

// Found is what a search brings.
type Found struct {
	// Full are lawful and leave out nothing that could be had on their day; the
	// soonest first. What a late day itself leaves out stands in their Wants.
	Full []Proposal
	// Sooner begin before the first of Full, or there is none, and leave
	// something out that the rules want if possible.
	Sooner []Proposal
	// Why says of every day before the first of Full why nothing was possible.
	Why []Why
	// Lawful are the kinds of room that the rules allow on the first day.
	Lawful []string
	// Taken says that none was to be had on the first day because every room that
	// would do, and is open when it suits, is taken then.
	Taken bool
}
