package casefile

import (
	"context"
	"time"

	"verhaal/internal/db"
)

// Happened is one event of a case file.
type Happened struct {
	Kind    string // opened, phase names, member_added, …
	Subject string
	At      time.Time
	Staff   string
}

// Events lists what happened, the oldest first.
func (f *Files) Events(ctx context.Context, actor, id string) ([]Happened, error) {
	if _, err := f.Get(ctx, actor, id); err != nil {
		return nil, err
	}
	rows, err := f.db.Query(ctx, listEvents, id)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var out []Happened
	for rows.Next() {
		var h Happened
		var at int64
		if err := rows.Scan(&h.Kind, &h.Subject, &at, &h.Staff); err != nil {
			return nil, err
		}
		h.At = f.moment(at)
		out = append(out, h)
	}
	return out, rows.Err()
}

func event(tx *db.Tx, id, kind, subject, staff string, at time.Time) error {
	var n int64
	if err := tx.QueryRow(lastEvent, id).Scan(&n); err != nil {
		return err
	}
	_, err := tx.Exec(insertEvent, id, n+1, kind, subject, at.Unix(), staff)
	return err
}
