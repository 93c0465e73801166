package db

import (
	"context"
	"crypto/rand"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"strconv"
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

// postgresWriter is one process among those that share the database. They
// write in turns; each commit counts the turns on, and leaves its number in
// the process's own row, so that a commit that got no answer can be looked for.
type postgresWriter struct {
	db   *sql.DB
	id   string // letters and digits
	turn int64  // of this process's last commit; 0 = none
}

// Begin and commit are one journey each, in PostgreSQL's simple protocol, which
// takes several statements and no arguments.
const (
	beginTurn  = `begin isolation level read committed; select pg_advisory_xact_lock(%d); select turn from commit_turn where id = 1`
	commitTurn = `update commit_turn set turn = %[2]d where id = 1;
		insert into commit_mark (writer, turn) values ('%[1]s', %[2]d) on conflict (writer) do update set turn = excluded.turn;
		commit`
	findMark   = `select turn from commit_mark where writer = $1`
	forgetMark = `delete from commit_mark where writer = $1`
)

func (p *postgresWriter) connect(ctx context.Context) (*session, error) {
	conn, err := p.db.Conn(ctx)
	if err != nil {
		return nil, err
	}
	s := newSession(conn, Postgres)
	s.ctx = ctx
	send := func(query string) (last string, err error) {
		err = conn.Raw(func(c any) error {
			results, err := c.(*stdlib.Conn).Conn().PgConn().Exec(s.ctx, query).ReadAll()
			if err == nil {
				if rows := results[len(results)-1].Rows; len(rows) == 1 {
					last = string(rows[0][0])
				}
			}
			return err
		})
		return last, err
	}
	var turn int64 // the last commit of anyone
	s.begin = func() (bool, error) {
		last, err := send(fmt.Sprintf(beginTurn, int64(writerLock)))
		if err != nil {
			return false, err
		}
		turn, err = strconv.ParseInt(last, 10, 64)
		return p.turn != 0 && turn == p.turn, err
	}
	s.commit = func() (int64, error) {
		if _, err := send(fmt.Sprintf(commitTurn, p.id, turn+1)); err != nil {
			return turn + 1, err
		}
		p.turn = turn + 1
		return p.turn, nil
	}
	s.committed = func(turn int64) (bool, error) {
		stmt, err := s.prepare(findMark)
		if err != nil {
			return false, err
		}
		var found int64
		err = stmt.QueryRowContext(s.ctx, p.id).Scan(&found)
		if errors.Is(err, sql.ErrNoRows) {
			return false, nil
		}
		if err == nil && found == turn {
			p.turn = turn
		}
		return found == turn, err
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
