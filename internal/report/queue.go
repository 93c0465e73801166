package report

import (
	"context"
	"database/sql"
	"encoding/base64"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"verhaal/internal/fault"
)

// Row is a report in the queue: facts only.
type Row struct {
	ID       string
	Channel  string
	Day      int // YYYYMMDD
	Age      int // whole days since it was received
	Lang     string
	Facts    Facts
	Unread   bool
	State    string // new, opened, answered
	Marked   bool
	Arrival  string
	received int64
	rank     int
}

// States of a report.
const (
	StateNew      = "new"
	StateOpened   = "opened"
	StateAnswered = "answered"
)

// Queue lists a channel's reports for one of its readers: children first, then
// danger, then the oldest. What is withheld from the reader is left out. after is "" or the cursor that the page before returned; next is ""
// on the last page. The cost of a page does not grow with the queue.
func (b *Reports) Queue(ctx context.Context, reader, channel, after string, limit int) (rows []Row, next string, err error) {
	from, err := parseCursor(after)
	if err != nil {
		return nil, "", err
	}
	withheld, err := b.withheld(ctx, reader)
	if err != nil {
		return nil, "", err
	}
	res, err := b.db.Query(ctx, queuePage, channel, from.rank, from.received, from.id, limit+1, withheld)
	if err != nil {
		return nil, "", fault.Wrap(fault.Unavailable, "", err)
	}
	defer res.Close()
	for res.Next() {
		row, err := b.scan(res)
		if err != nil {
			return nil, "", err
		}
		rows = append(rows, row)
	}
	if err := res.Err(); err != nil {
		return nil, "", fault.Wrap(fault.Unavailable, "", err)
	}
	if len(rows) > limit {
		rows = rows[:limit]
		last := rows[limit-1]
		next = cursor{last.rank, last.received, last.ID}.String()
	}
	return rows, next, nil
}

// withheld is what queries leave out for a reader: the ids that the desk
// withholds, in one text.
func (b *Reports) withheld(ctx context.Context, reader string) (string, error) {
	ids, err := b.desk.Withheld(ctx, reader)
	return strings.Join(ids, " "), err
}

// Find is Get for a reader: a report that is withheld from them does not exist.
// Whether they may read its desk is not asked.
func (b *Reports) Find(ctx context.Context, reader, id string) (Row, error) {
	ids, err := b.desk.Withheld(ctx, reader)
	if err != nil {
		return Row{}, err
	}
	if slices.Contains(ids, id) {
		return Row{}, fault.New(fault.NotFound, "", "a report that is withheld from this reader")
	}
	return b.Get(ctx, id)
}

// Get finds one report's facts. Reading facts is not an act; opening is.
func (b *Reports) Get(ctx context.Context, id string) (Row, error) {
	row, err := b.scan(b.db.QueryRow(ctx, findReport, id))
	if errors.Is(err, sql.ErrNoRows) {
		return Row{}, fault.New(fault.NotFound, "", "no such report")
	}
	return row, err
}

// Counts says how much waits on a desk. Each number stops at CountLimit, so
// that counting costs the same in a queue of any length.
type Counts struct{ Reports, Unread, Children int }

// CountLimit is the highest number that Counts tells apart.
const CountLimit = 1000

// Counts counts a channel's reports, those unread, and unread ones about
// children, as Queue lists them.
func (b *Reports) Counts(ctx context.Context, reader, channel string) (c Counts, err error) {
	withheld, err := b.withheld(ctx, reader)
	if err != nil {
		return Counts{}, err
	}
	err = b.db.QueryRow(ctx, countQueue, channel, CountLimit, withheld).Scan(&c.Reports, &c.Unread, &c.Children)
	return c, fault.Wrap(fault.Unavailable, "", err)
}

type scanner interface{ Scan(...any) error }

func (b *Reports) scan(from scanner) (Row, error) {
	var r Row
	var kinds string
	var unread, marked int
	err := from.Scan(&r.ID, &r.Channel, &r.received, &r.rank, &unread, &r.State, &r.Lang, &r.Facts.Danger, &r.Facts.Age,
		&kinds, &r.Facts.AboutSelf, &r.Facts.Language, &r.Arrival, &marked)
	if errors.Is(err, sql.ErrNoRows) {
		return Row{}, err
	}
	if err != nil {
		return Row{}, fault.Wrap(fault.Unavailable, "", err)
	}
	r.Day, r.Unread, r.Marked, r.Facts.Kinds = Day(r.received), unread == 1, marked == 1, strings.Fields(kinds)
	r.Age = int(b.clock().Sub(time.Unix(r.received, 0)) / (24 * time.Hour))
	return r, nil
}

// cursor is the place in the queue after which a page begins.
type cursor struct {
	rank     int
	received int64
	id       string
}

func (c cursor) String() string {
	return base64.RawURLEncoding.EncodeToString(fmt.Appendf(nil, "%d.%d.%s", c.rank, c.received, c.id))
}

func parseCursor(s string) (cursor, error) {
	c := cursor{rank: -1}
	if s == "" {
		return c, nil
	}
	text, err := base64.RawURLEncoding.DecodeString(s)
	if err == nil {
		_, err = fmt.Sscanf(string(text), "%d.%d.%s", &c.rank, &c.received, &c.id)
	}
	if err != nil || c.String() != s {
		return cursor{}, fault.New(fault.BadInput, "", "not a place in the queue")
	}
	return c, nil
}
