package db

import (
	"context"
	"crypto/rand"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"
)

const (
	postgresReaders = 16
	// writerLock is the advisory lock that writers of all processes take in
	// turn for the length of a transaction.
	writerLock = 0x7665726861616c // "verhaal"
)

func openPostgres(ctx context.Context, url string, log *slog.Logger) (*DB, *Writer, error) {
	config, err := pgx.ParseConfig(url)
	if err != nil {
		return nil, nil, errors.New("database: the postgres:// address can't be read") // the error of pgx may quote the password
	}
	config.RuntimeParams["application_name"] = "verhaal"
	if config.ConnectTimeout == 0 {
		config.ConnectTimeout = 5 * time.Second
	}
	read := stdlib.OpenDB(*config)
	read.SetMaxOpenConns(postgresReaders)
	read.SetMaxIdleConns(postgresReaders)
	// A process that stands still in a transaction must not hold up the others.
	config.RuntimeParams["idle_in_transaction_session_timeout"] = "10s"
	write := stdlib.OpenDB(*config)
	write.SetMaxIdleConns(1)

	d := &DB{engine: Postgres, readers: read, closers: []func() error{write.Close, read.Close}}
	if err := migrate(ctx, write, Postgres); err != nil {
		return nil, nil, errors.Join(fmt.Errorf("database: %w", err), d.Close())
	}
	p := &postgresWriter{db: write, id: rand.Text()}
	w := newWriter(p.connect, log)
	d.closers = append(d.closers, p.forget, w.stop)
	return d, w, nil
}

// postgresWriter is one process among those that share the database.
type postgresWriter struct {
	db   *sql.DB
	id   string
	last int64 // the number of the last mark
}

// The mark of a writer is changed in each of its transactions: what it holds
// afterwards says whether a commit that got no answer happened.
const (
	setMark    = `insert into commit_mark (writer, mark) values ($1, $2) on conflict (writer) do update set mark = excluded.mark`
	findMark   = `select mark from commit_mark where writer = $1`
	forgetMark = `delete from commit_mark where writer = $1`
)

func (p *postgresWriter) connect(ctx context.Context) (*session, error) {
	conn, err := p.db.Conn(ctx)
	if err != nil {
		return nil, err
	}
	s := newSession(conn, Postgres)
	s.ctx = ctx
	s.begin = func() error {
		if err := s.exec("begin"); err != nil {
			return err
		}
		return s.exec("select pg_advisory_xact_lock($1)", int64(writerLock))
	}
	s.mark = func() (int64, error) {
		p.last++
		return p.last, s.exec(setMark, p.id, p.last)
	}
	s.committed = func(mark int64) (bool, error) {
		stmt, err := s.prepare(findMark)
		if err != nil {
			return false, err
		}
		var found int64
		err = stmt.QueryRowContext(s.ctx, p.id).Scan(&found)
		if errors.Is(err, sql.ErrNoRows) {
			return false, nil
		}
		return found == mark, err
	}
	s.closed = func() bool {
		closed := true
		_ = conn.Raw(func(c any) error { closed = c.(*stdlib.Conn).Conn().IsClosed(); return nil })
		return closed
	}
	s.lostBy = func(error) bool { return false }
	return s, p.durable(s)
}

// durable turns synchronous_commit on where the server's default is off; what
// is stricter than on stays.
func (p *postgresWriter) durable(s *session) error {
	var mode string
	if err := s.conn.QueryRowContext(s.ctx, "show synchronous_commit").Scan(&mode); err != nil {
		return err
	}
	if mode == "off" || mode == "local" {
		return s.exec("set synchronous_commit = on")
	}
	return nil
}

func (p *postgresWriter) forget() error {
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Second)
	defer cancel()
	// A row that stays behind is of no harm, and the database may be gone.
	_, _ = p.db.ExecContext(ctx, forgetMark, p.id)
	return nil
}
