package custody

import (
	"context"
	"fmt"
	"strings"
	"time"

	"golang.org/x/mod/sumdb/tlog"

	"verhaal/internal/db"
)

const (
	findNext     = `select coalesce(max(seq), -1) + 1 from custody_leaf`
	findLast     = `select coalesce(max(seq), -1) from custody_leaf where actor = $1`
	eraseSubject = `update custody_leaf set subject = null, salt = null where subject = $1`

	listBefore = `select seq, leaf, done_at from custody_leaf where seq < $1 order by seq desc limit $2`
	listFrom   = `select seq, leaf, done_at from custody_leaf where seq >= $1 order by seq limit $2`
	listAbout  = `select seq, leaf, done_at from custody_leaf where subject = $1 order by seq`
)

// insertLeaf is one text for each number of rows in rowCounts, since on
// PostgreSQL each statement is a journey.
var (
	rowCounts  = [...]int{16, 4, 1}
	insertLeaf = [...]string{insertRows(rowCounts[0]), insertRows(rowCounts[1]), insertRows(rowCounts[2])}
)

const leafColumns = 6

func insertRows(n int) string {
	rows := make([]string, n)
	for i := range rows {
		c := leafColumns * i
		rows[i] = fmt.Sprintf("($%d, $%d, $%d, $%d, $%d, $%d)", c+1, c+2, c+3, c+4, c+5, c+6)
	}
	return "insert into custody_leaf (seq, leaf, actor, done_at, subject, salt) values " + strings.Join(rows, ", ")
}

func insertLeaves(tx *db.Tx, acts []*pending) error {
	for i, n := range rowCounts {
		for len(acts) >= n {
			args := make([]any, 0, leafColumns*n)
			for _, p := range acts[:n] {
				var subject, salt any
				if p.Subject != "" {
					subject, salt = p.Subject, p.salt
				}
				args = append(args, p.entry.Seq, p.entry.Leaf, p.Actor, p.entry.Time.Unix(), subject, salt)
			}
			if _, err := tx.Exec(insertLeaf[i], args...); err != nil {
				return err
			}
			acts = acts[n:]
		}
	}
	return nil
}

// Entries lists leaves for reading, newest first: at most limit of those
// numbered below before; before 0 begins at the newest.
func (l *Log) Entries(ctx context.Context, before int64, limit int) ([]Entry, error) {
	if before <= 0 {
		before = 1<<63 - 1
	}
	return l.list(ctx, listBefore, before, limit)
}

// About lists the acts on one subject, oldest first; none after Erase.
func (l *Log) About(ctx context.Context, subject string) ([]Entry, error) {
	return l.list(ctx, listAbout, subject)
}

func (l *Log) list(ctx context.Context, query string, args ...any) ([]Entry, error) {
	rows, err := l.db.Query(ctx, query, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var out []Entry
	for rows.Next() {
		var e Entry
		var at int64
		if err := rows.Scan(&e.Seq, &e.Leaf, &at); err != nil {
			return nil, err
		}
		e.Hash, e.Time = tlog.RecordHash(e.Leaf), time.Unix(at, 0).UTC()
		out = append(out, e)
	}
	return out, rows.Err()
}
