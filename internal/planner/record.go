package planner

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"time"

	"verhaal/internal/custody"
	"verhaal/internal/db"
	"verhaal/internal/fault"
)

// Outcomes of a search.
const (
	AtOnce     = "at_once"     // on the first day looked at
	Later      = "later"       // on another day
	StudioFull = "studio_full" // only a studio will do, and in the hours that they are open all were taken on the first day
	Nothing    = "nothing"     // no full proposal at all
)

// studio is the pack's kind of room that is scarce.
const studio = "child_friendly_studio"

// onlyStudio says that the rules allowed no other kind of room.
func (f Found) onlyStudio() bool { return slices.Equal(f.Lawful, []string{studio}) }

// outcome sums a search up.
func (f Found) outcome() string {
	switch {
	case len(f.Why) == 0:
		return AtOnce
	case f.Taken && f.onlyStudio():
		return StudioFull
	case len(f.Full) == 0:
		return Nothing
	}
	return Later
}

// Kept is a search as it is kept: what an "if possible" rests on, and what
// tells how often studios are full.
type Kept struct {
	ID      string
	At      time.Time
	Staff   string
	From    string // first day looked at
	Until   string // last
	Minutes int
	Crew    int
	Regions []string // empty = all
	Sex     string
	Outcome string
	Why     []Why
	Full    string // day and time of the soonest full proposal; "" = none
	// As they were when it was searched.
	Person, Companion Times
	Language          string
}

// Wish is a wish with what this search asked for in place of its own, so that a
// slot is judged as it was looked for.
func (k Kept) Wish(w Wish) (Wish, error) {
	zone := w.Now.Location()
	var err error
	if w.From, err = time.ParseInLocation(time.DateOnly, k.From, zone); err != nil {
		return w, fault.Wrap(fault.Internal, "", err)
	}
	if w.Until, err = time.ParseInLocation(time.DateOnly, k.Until, zone); err != nil {
		return w, fault.Wrap(fault.Internal, "", err)
	}
	w.Length, w.Interviewers, w.Regions, w.Sex = time.Duration(k.Minutes)*time.Minute, k.Crew, k.Regions, k.Sex
	return w, nil
}

// enough is how many days a search without a full proposal must have looked at
// to be a reason.
const enough = 14

// moment is how a start is written down.
const moment = "2006-01-02 15:04"

// Excuses says whether this search is a reason why a slot leaves out what is
// asked if possible: it looked everywhere from its own day on, and found
// nothing better for two weeks, or nothing sooner than this slot itself.
func (k Kept) Excuses(start time.Time) bool {
	if len(k.Regions) > 0 || k.From > k.At.In(start.Location()).Format(time.DateOnly) {
		return false
	}
	if k.Full != "" {
		return k.Full == start.Format(moment)
	}
	from, err := time.Parse(time.DateOnly, k.From)
	until, err2 := time.Parse(time.DateOnly, k.Until)
	return err == nil && err2 == nil && !until.Before(from.AddDate(0, 0, enough-1))
}

// Again is the wish of this search, to be looked for again now: for as long from now
// on as a reason needs, up to the first full proposal.
func (k Kept) Again(w Wish) Wish {
	if last := w.Now.AddDate(0, 0, enough-1); w.Until.Before(last) {
		w.Until = last
	}
	w.Most = 1
	return w
}

// Still says of what is found now whether it comes to the same as this search did. A
// search is a reason only as long as it does: what became free since may be better.
func (k Kept) Still(f Found) bool { return k.Full == f.soonest() }

// soonest is day and time of the soonest full proposal; "" = none.
func (f Found) soonest() string {
	if len(f.Full) == 0 {
		return ""
	}
	return f.Full[0].Start.Format(moment)
}

// Keep writes a search down as an act, and gives the id that reasons cite.
func (b *Book) Keep(ctx context.Context, actor, casefile, interview, channel string, w Wish, f Found) (string, error) {
	k := Kept{ID: newID(), At: b.clock().UTC(), Staff: actor, From: w.From.Format(time.DateOnly), Until: w.Until.Format(time.DateOnly),
		Minutes: int(w.Length.Minutes()), Crew: w.Interviewers, Regions: w.Regions, Sex: w.Sex, Outcome: f.outcome(), Why: f.Why,
		Person: w.Person, Companion: w.Companion, Language: w.Language, Full: f.soonest()}
	waited := -1
	if len(f.Full) > 0 {
		waited = int(f.Full[0].Start.Sub(w.From).Hours() / 24)
	}
	text, err := json.Marshal(k)
	if err != nil {
		return "", err
	}
	act := custody.Act{Kind: "planner.searched", Actor: actor, Subject: casefile, Facts: map[string]string{"channel": channel, "outcome": k.Outcome}}
	_, err = b.log.Do(ctx, act, func(tx *db.Tx) error {
		_, err := tx.Exec(insertSearch, k.ID, casefile, interview, channel, k.At.Unix(), actor, k.From, k.Outcome, number(f.onlyStudio()), waited, text)
		return err
	})
	return k.ID, err
}

// Searched finds a search of an interview by its id.
func (b *Book) Searched(ctx context.Context, casefile, interview, id string) (Kept, error) {
	var text []byte
	err := b.db.QueryRow(ctx, findSearch, id, casefile, interview).Scan(&text)
	if errors.Is(err, sql.ErrNoRows) {
		return Kept{}, fault.New(fault.NotFound, "", "no such search")
	}
	if err != nil {
		return Kept{}, err
	}
	var k Kept
	return k, json.Unmarshal(text, &k)
}

// citing is how a plan's reason names the search that it rests on.
const citing = "tried."

// Cite is the reason that a search gives a rule that asks something only if
// possible: the list of what was tried.
func Cite(id string) string { return citing + id }

// Cited is the search that a reason names; false when it names none.
func Cited(reason string) (string, bool) { return strings.CutPrefix(reason, citing) }

// Sought is a search for a studio, where no other room would do.
type Sought struct {
	Channel string
	At      int64 // unix seconds
	Full    bool  // those that were open on the first day were taken
}

// EachStudio tells of every search for a studio before a moment (unix seconds).
func (b *Book) EachStudio(ctx context.Context, until int64, yield func(Sought)) error {
	rows, err := b.db.Query(ctx, listStudioSearches, until)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var s Sought
		var outcome string
		if err := rows.Scan(&s.Channel, &s.At, &outcome); err != nil {
			return err
		}
		s.Full = outcome == StudioFull
		yield(s)
	}
	return rows.Err()
}
