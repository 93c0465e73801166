package policy

import (
	"slices"
	"strings"
)

// Naming says whether a channel wants to know who reports.
type Naming string

// The ways of naming.
const (
	Named           Naming = "named"
	NamedOrShielded Naming = "named_or_shielded" // the name may be kept out of papers
	Anonymous       Naming = "anonymous"         // no name is asked, none is kept
)

// Precision says how much of the time of a report a channel keeps.
type Precision string

// The precisions.
const (
	ExactTime Precision = "exact"
	DayOnly   Precision = "day"
)

// What a walled channel takes out of a text before it leaves.
const (
	StripName         = "name"
	StripContact      = "contact"
	StripAddress      = "address"
	StripResidence    = "residence"
	StripTime         = "time"          // every indication of when
	StripSingleSource = "single_source" // what only one person could know
)

// TraffickingCertificate is the kind of certificate that a channel may demand
// of everyone who opens its reports (rule S-03).
const TraffickingCertificate = "trafficking"

// Channel is one place a report can go to.
type Channel struct {
	ID          string // "police-avim"
	Name        Text
	Short       Text // one sentence
	ForWhom     Text
	Promises    []Text // each a sentence
	NotPromises []Text // each a sentence; what a reporter must know before sending
	Naming      Naming
	Answers     bool   // the reporter can come back and hear something
	Certificate string // kind that every reader must hold on the day; "" = none
	Walled      bool   // own keys and staff; only a released text leaves
	Release     Release
	Time        Precision
	Strip       []string // see StripName and so on; only walled channels
	Phones      []Phone
	NoPhone     Text // the sentence in place of phones, when there are none
}

// Anonymous says that the channel asks no name and keeps none.
func (c Channel) Anonymous() bool { return c.Naming == Anonymous }

// Release is how a text leaves a walled channel; zero for all others.
type Release struct {
	TwoPerson    bool // somebody else checks that it does not point to the source
	WindowMonths int  // after that many months nothing is released any more; 0 = no end (rule W-05)
}

// Phone is a number with where it was found.
type Phone struct {
	Label      Text
	Number     string // as people write it, "0900-8844"
	FromAbroad string // "+31 …", or ""
	Hours      Text   // nil = not known
	Source     Source
}

// Dial is what follows "tel:" for the number.
func (p Phone) Dial() string {
	return strings.Map(func(c rune) rune {
		if c == '+' || (c >= '0' && c <= '9') {
			return c
		}
		return -1
	}, p.Number)
}

// Channel finds a channel by its id.
func (p *Pack) Channel(id string) (Channel, bool) {
	for _, c := range p.Channels {
		if c.ID == id {
			return c, true
		}
	}
	return Channel{}, false
}

func (p *Pack) channelIDs() []string {
	out := make([]string, len(p.Channels))
	for i, c := range p.Channels {
		out[i] = c.ID
	}
	return out
}

// Guide helps a reporter to find a channel with a few questions, of which any
// may be skipped.
type Guide struct {
	Questions []Question
	ChildNote Text // for somebody under 18, in a child's words
	routing   []route
}

// Question is one question of the guide. The ids of its options are the codes
// of a report's facts.
type Question struct {
	ID      string // "kind"
	Text    Text
	Many    bool // more than one option may be chosen
	Options []Option
}

// Option is one answer to choose.
type Option struct {
	ID   string // "labour"
	Text Text
}

// Answers holds the ids of the chosen options by the id of the question. A
// question that was skipped is absent. A form's url.Values can be converted to
// it: what is no answer of the guide changes nothing.
type Answers map[string][]string

// Suggestion is the channel that fits the answers best. The reporter may choose
// any other.
type Suggestion struct {
	Channel string // id
	Because Text   // one sentence
	Clause  Clause
	Others  []string // ids of all other channels, in the pack's order
}

// route is one rule of the guide: it holds when, for each question it names,
// one of the chosen options is in its list.
type route struct {
	when    map[string][]string
	channel string
	because Text
	clause  Clause
}

// Suggest says which channel fits. There is always exactly one in a pack that
// has channels: its last rule has no conditions.
func (p *Pack) Suggest(a Answers) Suggestion {
	i := slices.IndexFunc(p.Guide.routing, func(r route) bool { return r.holds(a) })
	r := p.Guide.routing[i]
	s := Suggestion{Channel: r.channel, Because: r.because, Clause: r.clause}
	for _, c := range p.Channels {
		if c.ID != r.channel {
			s.Others = append(s.Others, c.ID)
		}
	}
	return s
}

func (r route) holds(a Answers) bool {
	for question, options := range r.when {
		if !slices.ContainsFunc(a[question], func(o string) bool { return slices.Contains(options, o) }) {
			return false
		}
	}
	return true
}
