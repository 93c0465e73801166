package staff

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"time"

	"verhaal/internal/db"
)

// SpellCode and ParseCode are the two directions of a one-time code.
func SpellCode(secret [codeSize]byte) string                   { return spellCode(secret) }
func ParseCode(text string) (secret [codeSize]byte, err error) { return parseCode(text) }

// Ticket and ReadTicket are the two directions of a ticket that lives a minute.
func (m *Members) Ticket(purpose string, payload []byte) string {
	return m.ticket(purpose, payload, time.Minute)
}
func (m *Members) ReadTicket(purpose, ticket string) ([]byte, error) {
	return m.readTicket(purpose, ticket)
}

// Work is what was asked of the database and of SHA-256.
type Work struct{ Queries, Digests int }

// Counter is Work while it is counted.
type Counter struct {
	Work
	Stop func()
}

type counting struct {
	reader
	work *Work
}

func (c counting) Query(ctx context.Context, q string, args ...any) (*sql.Rows, error) {
	c.work.Queries++
	return c.reader.Query(ctx, q, args...)
}

func (c counting) QueryRow(ctx context.Context, q string, args ...any) *db.Row {
	c.work.Queries++
	return c.reader.QueryRow(ctx, q, args...)
}

// CountWork counts until Stop.
func (m *Members) CountWork() *Counter {
	c := &Counter{}
	d, digest := m.db, m.digest
	m.db = counting{d, &c.Work}
	m.digest = func(b []byte) [sha256.Size]byte { c.Digests++; return digest(b) }
	c.Stop = func() { m.db, m.digest = d, digest }
	return c
}
