// Package statistics counts what became of reports and cases: how long people
// waited, how often they were interviewed and asked the same again, which rules
// were deviated from and why. Book.Figures counts, Figures.Table shows one topic of a
// desk, or of all together.
//
// It reads codes, days and numbers only; nothing that is sealed and nobody's
// name. What a table shows, together with all other tables of now and of
// earlier quarters, gives away no count below five: see hide.go. Desks behind a wall
// are counted apart, by whole years, and are in no sum with others.
package statistics

import (
	"context"
	"sync"
	"time"

	"verhaal/internal/db"
)

// Channel is what is to be known of a desk. What is on no channel of the pack
// is not counted.
type Channel struct {
	ID     string
	Walled bool
}

// Search is a search for a child-friendly studio.
type Search struct {
	Channel string
	At      int64 // unix seconds
	Full    bool  // none was free
}

// Searches tells of the searches for a studio before a moment (unix seconds),
// each once, in any order.
type Searches interface {
	EachSearch(ctx context.Context, until int64, yield func(Search)) error
}

// Recording is an interview's recording that was begun.
type Recording struct {
	Channel string
	At      int64 // unix seconds
	Failed  bool
}

// Recordings tells of the recordings begun before a moment (unix seconds), each
// once, in any order.
type Recordings interface {
	EachRecording(ctx context.Context, until int64, yield func(Recording)) error
}

// Sources are what a Book counts. Searches and Recordings may be nil: then
// there are no figures of them.
type Sources struct {
	DB         *db.DB
	Channels   func() []Channel
	Searches   Searches
	Recordings Recordings
}

// Book makes the figures. It is safe for concurrent use.
type Book struct {
	db         *db.DB
	channels   func() []Channel
	searches   Searches
	recordings Recordings
	clock      func() time.Time

	mu   sync.Mutex // held while counting: one counts, the others wait for it
	made *Figures
	day  int
}

// New opens the book.
func New(s Sources, clock func() time.Time) *Book {
	return &Book{db: s.DB, channels: s.Channels, searches: s.Searches, recordings: s.Recordings, clock: clock}
}

// Figures counts everything up to the end of the last whole quarter. They are
// made once a day: whoever looks twice learns nothing of what happened between.
func (b *Book) Figures(ctx context.Context) (*Figures, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	now := b.clock().UTC()
	if today := day(now.Unix()); b.made == nil || b.day != today {
		made, err := b.count(ctx, QuarterOf(now)-1)
		if err != nil {
			return nil, err
		}
		b.made, b.day = made, today
	}
	return b.made, nil
}

func (b *Book) count(ctx context.Context, last Quarter) (*Figures, error) {
	channels := b.channels()
	t := newTally(channels, last)
	for _, c := range channels {
		if err := b.readReports(ctx, t, c.ID); err != nil {
			return nil, err
		}
	}
	if err := b.readFiles(ctx, t); err != nil {
		return nil, err
	}
	if err := b.readDeviations(ctx, t); err != nil {
		return nil, err
	}
	if err := b.readOthers(ctx, t); err != nil {
		return nil, err
	}
	return t.figures(b.searches != nil, b.recordings != nil), nil
}
