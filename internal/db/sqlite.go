package db

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"os"
	"path/filepath"

	"verhaal/internal/lock"

	_ "modernc.org/sqlite" // the driver "sqlite"
)

// sqliteReaders is bounded because readers that never pause take the writer's
// processor time.
const sqliteReaders = 4

func openSQLite(ctx context.Context, path string, log *slog.Logger) (*DB, *Writer, error) {
	lock, err := lockFile(path + ".lock")
	if err != nil {
		return nil, nil, err
	}
	d := &DB{engine: SQLite, closers: []func() error{lock.Close}}
	if err := private(path); err != nil {
		return nil, nil, errors.Join(err, d.Close())
	}
	write, err := sql.Open("sqlite", sqliteDSN(path, "_txlock=immediate"))
	if err != nil {
		return nil, nil, errors.Join(err, d.Close())
	}
	d.closers = append(d.closers, write.Close)
	write.SetMaxOpenConns(1)
	if d.readers, err = sql.Open("sqlite", sqliteDSN(path, "_pragma=query_only(1)")); err != nil {
		return nil, nil, errors.Join(err, d.Close())
	}
	d.closers = append(d.closers, d.readers.Close)
	d.readers.SetMaxOpenConns(sqliteReaders)
	d.readers.SetMaxIdleConns(sqliteReaders)
	if err := migrate(ctx, write, SQLite); err != nil {
		return nil, nil, errors.Join(fmt.Errorf("database: %w", err), d.Close())
	}
	w := newWriter(func(ctx context.Context) (*session, error) { return sqliteSession(ctx, write) }, log)
	d.closers = append(d.closers, w.stop)
	return d, w, nil
}

func sqliteDSN(path, extra string) string {
	return "file:" + (&url.URL{Path: path}).EscapedPath() +
		"?_pragma=journal_mode(wal)&_pragma=synchronous(full)&_pragma=busy_timeout(5000)&_pragma=foreign_keys(1)&" + extra
}

func sqliteSession(ctx context.Context, db *sql.DB) (*session, error) {
	conn, err := db.Conn(ctx)
	if err != nil {
		return nil, err
	}
	s := newSession(conn, SQLite)
	undisturbed := false // until the first commit of this connection
	s.begin = func() (bool, error) {
		// The disk answers or it doesn't: a deadline would cost a goroutine a statement.
		s.ctx = context.Background()
		return undisturbed, s.exec("begin immediate")
	}
	// A local commit that fails is undone; there is no answer to be lost.
	s.commit = func() (int64, error) {
		err := s.exec("commit")
		undisturbed = err == nil
		return 0, err
	}
	s.committed = func(int64) (bool, error) { return false, nil }
	s.closed = func() bool { return false }
	s.lostBy = func(err error) bool { return full(err) || gone(err) }
	return s, nil
}

// private makes the database's file before SQLite does, readable by us alone;
// SQLite gives its other files the same mode. The folder is synchronised so
// that the file is still there after a power cut.
func private(path string) error {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return fmt.Errorf("database: %w", err)
	}
	if err := f.Close(); err != nil {
		return fmt.Errorf("database: %w", err)
	}
	dir, err := os.Open(filepath.Dir(path))
	if err != nil {
		return fmt.Errorf("database: %w", err)
	}
	return errors.Join(dir.Sync(), dir.Close())
}

// lockFile holds the database for this process until it is closed.
func lockFile(path string) (*os.File, error) {
	f, err := lock.Take(path)
	switch {
	case errors.Is(err, lock.ErrHeld):
		return nil, fmt.Errorf("another process has the database in %s open; SQLite serves one process: stop the other, or move to PostgreSQL to run several",
			filepath.Dir(path))
	case err != nil:
		return nil, fmt.Errorf("database: %w", err)
	}
	return f, nil
}
