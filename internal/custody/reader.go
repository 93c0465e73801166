package custody

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"database/sql"
	"errors"

	"verhaal/internal/db"
	"verhaal/internal/fault"
)

const (
	insertReader = `insert into custody_reader (token_hash, made_by) values ($1, $2)`
	findReader   = `select made_by from custody_reader where token_hash = $1`
)

// NewReader makes a key with which somebody outside the organisation may fetch
// the log, and nothing else. Only its hash is kept. It is an act.
func (l *Log) NewReader(ctx context.Context, actor string) (string, error) {
	token := rand.Text()
	hash := sha256.Sum256([]byte(token))
	_, err := l.Do(ctx, Act{Kind: "reader.made", Actor: actor}, func(tx *db.Tx) error {
		_, err := tx.Exec(insertReader, hash[:], actor)
		return err
	})
	return token, err
}

// MayRead is nil for a key that NewReader made, else Refused.
func (l *Log) MayRead(ctx context.Context, token string) error {
	hash := sha256.Sum256([]byte(token))
	var madeBy string
	err := l.db.QueryRow(ctx, findReader, hash[:]).Scan(&madeBy)
	if errors.Is(err, sql.ErrNoRows) {
		return fault.New(fault.Refused, "", "not a reader's key")
	}
	return err
}
