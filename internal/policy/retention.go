package policy

// Regime is the law on data that a class of data falls under (W-01).
type Regime string

// The regimes.
const (
	RegimePolice  Regime = "wpg"  // Wet politiegegevens, from the Law Enforcement Directive
	RegimeGeneral Regime = "gdpr" // everybody else
)

// RetentionEnd says when data of a class come to their end.
type RetentionEnd string

// The ends.
const (
	EndsAtOnce RetentionEnd = "at_once" // with the event itself
	EndsAfter  RetentionEnd = "after"   // when the stages are over
	EndsReview RetentionEnd = "review"  // no end date: looked at again and again, never purged by itself
)

// Retention is how long data of one class stay, and who may end that.
type Retention struct {
	Coded
	Regime    Regime
	AppliesTo Text     // one sentence
	Channels  []string // ids of the channels whose desks keep such data; empty = all under the regime
	From      Coded    // the event from which is counted
	Ends      RetentionEnd
	Stages    []Stage // one after the other, counted from From; only with EndsAfter
	Review    Span    // how often need is looked at again; zero = no such duty
	// OrderBy are the ids of the roles of which one must order keeping or
	// destroying; empty = nobody need order it.
	OrderBy []string
	Written bool // the order must be in writing
	// DestroyWithin is how soon after the order, or after the end, the data must
	// be gone; zero = the source gives no term.
	DestroyWithin Span
	Readers       []string // ids of the only roles that may see them; empty = by authorisation
	Ground        Ground
}

// Stage is a stretch of time with its own use of the data.
type Stage struct {
	Use Coded
	For Span
}

// RetentionClass finds a class of data by its id.
func (p *Pack) RetentionClass(id string) (Retention, bool) { return byID(p.Retention, id) }
