package custody

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"

	"verhaal/internal/custody/witness"
	"verhaal/internal/db"
)

const (
	// answerTime is how long a witness may take for an answer.
	answerTime = 20 * time.Second
	// slowest is the longest pause before a witness that failed is asked again.
	slowest = time.Minute
)

// Witness is an organisation outside the house that cosigns checkpoints (C2SP
// tlog-witness): nobody who trusts it can be shown another log.
type Witness struct {
	url    string
	key    string
	verify note.Verifier
}

// NewWitness names a witness by the address that it answers at and its public
// key, "<name>+<hash>+<key>".
func NewWitness(address, key string) (Witness, error) {
	if u, err := url.Parse(address); err != nil || u.Host == "" {
		return Witness{}, fmt.Errorf("%q is no address of a witness", address)
	}
	v, err := witness.Verifier(key)
	return Witness{address, strings.TrimSpace(key), v}, err
}

// RunWitness has a witness cosign the newest checkpoint whenever there is
// another, until ctx ends. Nothing waits for it: a witness that is away is asked
// again, ever more slowly, and what goes wrong is logged.
func (l *Log) RunWitness(ctx context.Context, w Witness) {
	client := &http.Client{Timeout: answerTime}
	pause := pace
	for {
		if err := l.Cosign(ctx, client, w); err == nil {
			pause = pace
		} else if ctx.Err() == nil {
			pause = min(2*pause, slowest)
			l.log.Error("a witness did not cosign the custody log", "witness", w.verify.Name(), "error", err)
		}
		select {
		case <-ctx.Done():
			return
		case <-time.After(pause):
		}
	}
}

// Cosign has a witness cosign the newest checkpoint, if it has not yet.
func (l *Log) Cosign(ctx context.Context, client *http.Client, w Witness) error {
	c, err := l.signed(ctx)
	if err != nil || c.size < 1 {
		return err
	}
	var old int64
	if err := l.db.QueryRow(ctx, findSeen, w.key).Scan(&old); err != nil && !errors.Is(err, sql.ErrNoRows) {
		return err
	}
	if old >= c.size {
		return nil
	}
	line, err := l.ask(ctx, client, w, old, c)
	if other := (witness.Elsewhere{}); errors.As(err, &other) {
		if other.Size > c.size {
			return fmt.Errorf("it saw %d leaves already, and this log has %d: acts are gone, as after an old backup was put back", other.Size, c.size)
		}
		line, err = l.ask(ctx, client, w, other.Size, c)
	}
	if err != nil {
		return err
	}
	return l.w.Write(ctx, nil, func(tx *db.Tx) error {
		_, err := tx.Exec(putSeen, w.key, c.size, c.note, line)
		return err
	})
}

func (l *Log) ask(ctx context.Context, client *http.Client, w Witness, old int64, c checkpoint) (line string, err error) {
	var proof tlog.TreeProof
	if old > 0 && old < c.size {
		if proof, err = l.Consistency(ctx, old, c.size); err != nil {
			return "", err
		}
	}
	return witness.Ask(ctx, client, w.url, w.verify, old, proof, c.note)
}

// witnessed is the newest checkpoint of more than seq leaves that a witness
// cosigned; its size is -1 when there is none.
func (l *Log) witnessed(ctx context.Context, seq int64) (checkpoint, error) {
	var stored []byte
	err := l.db.QueryRow(ctx, findWitnessed, seq).Scan(&stored)
	if errors.Is(err, sql.ErrNoRows) {
		return checkpoint{size: -1}, nil
	}
	if err != nil {
		return checkpoint{}, err
	}
	return l.parse(stored)
}

// cosigned is a checkpoint with the signature lines of its witnesses.
func (l *Log) cosigned(ctx context.Context, c checkpoint) ([]byte, error) {
	rows, err := l.db.Query(ctx, listLines, c.size)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	out := append([]byte{}, c.note...)
	for rows.Next() {
		var line string
		if err := rows.Scan(&line); err != nil {
			return nil, err
		}
		out = append(out, line...)
	}
	return out, rows.Err()
}

const (
	findSeen      = `select size from custody_witness where witness = $1`
	findWitnessed = `select checkpoint from custody_witness where size > $1 order by size desc limit 1`
	listLines     = `select line from custody_witness where size = $1 order by witness`
	putSeen       = `insert into custody_witness (witness, size, checkpoint, line) values ($1, $2, $3, $4)
		on conflict (witness) do update set size = excluded.size, checkpoint = excluded.checkpoint, line = excluded.line
		where custody_witness.size < excluded.size`
)
