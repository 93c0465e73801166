package db

import (
	"context"
	"database/sql"
	"database/sql/driver"
)

// session is the writer's own connection with its prepared statements, and
// what differs between the engines.
type session struct {
	conn   *sql.Conn
	engine Engine
	ctx    context.Context // of the attempt at hand
	stmts  map[string]*sql.Stmt

	// begin opens a transaction that no other writer's overlaps, and says
	// whether no other process has written since this writer's last commit.
	begin func() (undisturbed bool, err error)
	// commit ends it. When the answer is lost, committed can tell later, in
	// another transaction, whether the commit happened.
	commit    func() (turn int64, err error)
	committed func(turn int64) (bool, error)
	// closed says that the connection itself is gone.
	closed func() bool
	// lostBy says that an error leaves no transaction to go on with.
	lostBy func(error) bool
}

func newSession(conn *sql.Conn, e Engine) *session {
	return &session{conn: conn, engine: e, ctx: context.Background(), stmts: map[string]*sql.Stmt{}}
}

// alive says that there is a connection to go on with.
func (s *session) alive() bool { return s != nil && !s.closed() }

// lost says that err took the connection with it, or that there never was one.
func (s *session) lost(err error) bool {
	if s == nil {
		return gone(err)
	}
	return s.closed() || s.lostBy(err)
}

// close ends the connection for good, so that a transaction left open by an
// error is undone by the engine and never found by the next group.
func (s *session) close() {
	if s == nil {
		return
	}
	for _, stmt := range s.stmts {
		_ = stmt.Close()
	}
	_ = s.conn.Raw(func(any) error { return driver.ErrBadConn }) // makes database/sql discard it
	_ = s.conn.Close()
}

func (s *session) exec(query string, args ...any) error {
	stmt, err := s.prepare(query)
	if err != nil {
		return err
	}
	_, err = stmt.ExecContext(s.ctx, args...)
	return err
}

func (s *session) prepare(query string) (*sql.Stmt, error) {
	if stmt := s.stmts[query]; stmt != nil {
		return stmt, nil
	}
	stmt, err := s.conn.PrepareContext(s.ctx, rewrite(s.engine, query))
	if err != nil {
		return nil, err
	}
	s.stmts[query] = stmt
	return stmt, nil
}
