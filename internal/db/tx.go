package db

import (
	"context"
	"database/sql"
)

// Tx is a writing transaction as the function that got it sees it: alone with
// the database until it returns. It must not leave that function.
type Tx struct {
	s    *session
	ctx  context.Context
	rows []*sql.Rows

	undisturbed bool
}

// Context ends when the transaction takes too long.
func (t *Tx) Context() context.Context { return t.ctx }

// Undisturbed says that no other process has written since the last commit of
// this Writer, so that what was true then still is.
func (t *Tx) Undisturbed() bool { return t.undisturbed }

// Exec changes rows and says how many.
func (t *Tx) Exec(query string, args ...any) (int64, error) {
	stmt, err := t.s.prepare(query)
	if err != nil {
		return 0, err
	}
	res, err := stmt.ExecContext(t.s.ctx, args...)
	if err != nil {
		return 0, err
	}
	return res.RowsAffected()
}

// Query reads rows, its own changes included. Read them to the end or close
// them before the next call: there is one connection.
func (t *Tx) Query(query string, args ...any) (*sql.Rows, error) {
	stmt, err := t.s.prepare(query)
	if err != nil {
		return nil, err
	}
	rows, err := stmt.QueryContext(t.s.ctx, args...)
	if err == nil {
		t.rows = append(t.rows, rows)
	}
	return rows, err
}

// QueryRow reads one row; Scan gives sql.ErrNoRows when there is none.
func (t *Tx) QueryRow(query string, args ...any) *Row {
	stmt, err := t.s.prepare(query)
	if err != nil {
		return &Row{err: err}
	}
	return &Row{row: stmt.QueryRowContext(t.s.ctx, args...), raw: true}
}

// closeRows closes what a function left open, which would keep the connection busy.
func (t *Tx) closeRows() {
	for _, r := range t.rows {
		_ = r.Close()
	}
	t.rows = t.rows[:0]
}
