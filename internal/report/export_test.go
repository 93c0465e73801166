package report

import "context"

// Received is the stored time, for tests of what is kept.
func (r Row) Received() int64 { return r.received }

// CheckCursor parses a cursor, for fuzzing.
func CheckCursor(s string) error { _, err := parseCursor(s); return err }

// SentTimes are the stored times of a report's messages, for tests of what is kept.
func (b *Reports) SentTimes(ctx context.Context, id string) ([]int64, error) {
	rows, err := b.db.Query(ctx, `select sent from message where report = $1`, id)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var out []int64
	for rows.Next() {
		var at int64
		if err := rows.Scan(&at); err != nil {
			return nil, err
		}
		out = append(out, at)
	}
	return out, rows.Err()
}
