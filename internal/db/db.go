// Package db is one database with two engines: SQLite, embedded, and
// PostgreSQL. Open gives two things apart: a DB, which anyone may read from,
// and the Writer, which app hands to the custody log and to nobody else.
//
// Promises: when Writer.Write returns nil, the change is durable on disk (an
// fsync of SQLite with synchronous=FULL, PostgreSQL's own commit); when it
// returns an error nothing of that function is in the database, with one
// exception that the error's kind says: Unavailable, when the connection was
// lost during the commit itself and the outcome can't be known. A query is
// written once for both engines with $1 placeholders, bigint, text and bytea.
package db

import (
	"context"
	"database/sql"
	"fmt"
	"log/slog"
	"regexp"
	"strings"
	"sync"
)

// Engine names the database behind a DB.
type Engine string

// The engines.
const (
	SQLite   Engine = "sqlite"
	Postgres Engine = "postgres"
)

// DB reads. It is safe for concurrent use; the number of readers is bounded.
type DB struct {
	engine  Engine
	readers *sql.DB
	stmts   stmtCache
	closers []func() error
}

// Open opens the database at url, "sqlite:PATH" or "postgres://…", brings its
// schema up to date and starts the writer. log receives what went wrong in the
// engine, never a value.
func Open(ctx context.Context, url string, log *slog.Logger) (*DB, *Writer, error) {
	switch {
	case strings.HasPrefix(url, "sqlite:"):
		return openSQLite(ctx, strings.TrimPrefix(url, "sqlite:"), log)
	case strings.HasPrefix(url, "postgres://"), strings.HasPrefix(url, "postgresql://"):
		return openPostgres(ctx, url, log)
	}
	return nil, nil, fmt.Errorf("database: the address must begin with sqlite: or postgres://")
}

// Engine tells which engine it is.
func (d *DB) Engine() Engine { return d.engine }

// Query reads rows.
func (d *DB) Query(ctx context.Context, query string, args ...any) (*sql.Rows, error) {
	stmt, err := d.stmts.get(ctx, d.readers, d.engine, query)
	if err != nil {
		return nil, classify(err)
	}
	rows, err := stmt.QueryContext(ctx, args...)
	return rows, classify(err)
}

// Source reads rows: a Tx with its own changes, or the database as it stands.
type Source interface {
	Query(query string, args ...any) (*sql.Rows, error)
	Context() context.Context
}

// Source reads the database until ctx ends.
func (d *DB) Source(ctx context.Context) Source { return reading{d, ctx} }

type reading struct {
	*DB
	ctx context.Context
}

func (r reading) Context() context.Context { return r.ctx }

func (r reading) Query(query string, args ...any) (*sql.Rows, error) {
	return r.DB.Query(r.ctx, query, args...)
}

// Each scans every row of a query.
func Each(src Source, query string, scan func(row func(...any) error) error, args ...any) error {
	rows, err := src.Query(query, args...)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		if err := scan(rows.Scan); err != nil {
			return err
		}
	}
	return rows.Err()
}

// Strings gives the first column of every row.
func (d *DB) Strings(ctx context.Context, query string, args ...any) ([]string, error) {
	rows, err := d.Query(ctx, query, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var out []string
	for rows.Next() {
		var s string
		if err := rows.Scan(&s); err != nil {
			return nil, classify(err)
		}
		out = append(out, s)
	}
	return out, classify(rows.Err())
}

// Row is one row that Scan reads; its error is sql.ErrNoRows or classified.
type Row struct {
	row *sql.Row
	err error
	raw bool // of a Tx: the writer must see the engine's own error
}

// Scan copies the row's columns.
func (r *Row) Scan(dest ...any) error {
	if r.err != nil {
		return r.err
	}
	err := r.row.Scan(dest...)
	if r.raw {
		return err
	}
	return classify(err)
}

// QueryRow reads one row; Scan gives sql.ErrNoRows when there is none.
func (d *DB) QueryRow(ctx context.Context, query string, args ...any) *Row {
	stmt, err := d.stmts.get(ctx, d.readers, d.engine, query)
	if err != nil {
		return &Row{err: classify(err)}
	}
	return &Row{row: stmt.QueryRowContext(ctx, args...)}
}

// Ping says whether the database answers.
func (d *DB) Ping(ctx context.Context) error { return classify(d.readers.PingContext(ctx)) }

// Close ends the writer and the readers. Functions still waiting are not run.
func (d *DB) Close() error {
	d.stmts.close()
	var first error
	for i := len(d.closers) - 1; i >= 0; i-- {
		if err := d.closers[i](); err != nil && first == nil {
			first = err
		}
	}
	return first
}

// stmtCache keeps prepared readers; the number of queries is the number of
// constants in the source, so it does not grow.
type stmtCache struct {
	mu    sync.RWMutex // guards stmts
	stmts map[string]*sql.Stmt
}

func (c *stmtCache) get(ctx context.Context, readers *sql.DB, engine Engine, query string) (*sql.Stmt, error) {
	c.mu.RLock()
	stmt := c.stmts[query]
	c.mu.RUnlock()
	if stmt != nil {
		return stmt, nil
	}
	stmt, err := readers.PrepareContext(ctx, rewrite(engine, query))
	if err != nil {
		return nil, err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if other := c.stmts[query]; other != nil {
		_ = stmt.Close()
		return other, nil
	}
	if c.stmts == nil {
		c.stmts = map[string]*sql.Stmt{}
	}
	c.stmts[query] = stmt
	return stmt, nil
}

func (c *stmtCache) close() {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, stmt := range c.stmts {
		_ = stmt.Close()
	}
	c.stmts = nil
}

var placeholder = regexp.MustCompile(`\$(\d+)`)

// rewrite turns $1 into ?1 for SQLite, whose drivers number $ names in
// different ways.
func rewrite(e Engine, query string) string {
	if e == SQLite {
		return placeholder.ReplaceAllString(query, "?$1")
	}
	return query
}
