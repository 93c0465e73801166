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
	StudioFull = "studio_full" // only a studio will do, and none was free on the first day
	Nothing    = "nothing"     // no full proposal at all
)

// studio is the pack's kind of room that is scarce.
const studio = "child_friendly_studio"

// outcome sums a search up.
func (f Found) outcome() string {
	if len(f.Why) == 0 {
		return AtOnce
	}
	first := f.Why[0]
	only := len(first.Tried) > 0 && !slices.ContainsFunc(first.Tried, func(t Tried) bool { return t.Kind != studio && t.Cause != NotOfAKind })
	switch {
	case first.Stage == StageRoom && only:
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
}

// Keep writes a search down as an act, and gives the id that reasons cite.
func (b *Book) Keep(ctx context.Context, actor, casefile, interview, channel string, w Wish, f Found) (string, error) {
	k := Kept{ID: newID(), At: b.clock().UTC(), Staff: actor, From: w.From.Format(time.DateOnly), Until: w.Until.Format(time.DateOnly),
		Minutes: int(w.Length.Minutes()), Crew: w.Interviewers, Regions: w.Regions, Sex: w.Sex, Outcome: f.outcome(), Why: f.Why}
	waited := -1
	if len(f.Full) > 0 {
		k.Full = f.Full[0].Start.Format("2006-01-02 15:04")
		waited = int(f.Full[0].Start.Sub(w.From).Hours() / 24)
	}
	text, err := json.Marshal(k)
	if err != nil {
		return "", err
	}
	act := custody.Act{Kind: "planner.searched", Actor: actor, Subject: casefile, Facts: map[string]string{"channel": channel, "outcome": k.Outcome}}
	_, err = b.log.Do(ctx, act, func(tx *db.Tx) error {
		_, err := tx.Exec(insertSearch, k.ID, casefile, interview, channel, k.At.Unix(), actor, k.From, k.Outcome, waited, text)
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

// Searches counts searches in a time by outcome, and those of a channel alone
// when it is not "".
func (b *Book) Searches(ctx context.Context, s Span, channel string) (map[string]int, error) {
	rows, err := b.db.Query(ctx, countSearches, s.Start.Unix(), s.End.Unix(), channel)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	out := map[string]int{}
	for rows.Next() {
		var outcome string
		var n int
		if err := rows.Scan(&outcome, &n); err != nil {
			return nil, err
		}
		out[outcome] = n
	}
	return out, rows.Err()
}
