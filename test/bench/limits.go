package main

import (
	"database/sql"
	"fmt"
	"os"
	"path/filepath"
	"time"

	_ "github.com/jackc/pgx/v5/stdlib" // the driver "pgx"
	_ "modernc.org/sqlite"             // the driver "sqlite"
)

// rowSize is about what a sealed report takes in the database.
const rowSize = 16 << 10

// bareDisk is how often a second this disk makes an append of a report durable.
func bareDisk(dir string, length time.Duration) (float64, error) {
	f, err := os.Create(filepath.Join(dir, "bare"))
	if err != nil {
		return 0, err
	}
	defer f.Close()
	block := make([]byte, rowSize)
	n, start := 0, time.Now()
	for ; time.Since(start) < length; n++ {
		if _, err := f.Write(block); err != nil {
			return 0, err
		}
		if err := f.Sync(); err != nil {
			return 0, err
		}
	}
	return float64(n) / time.Since(start).Seconds(), nil
}

// bareEngine is how many rows a second the engine alone makes durable, group
// rows to a commit, on one connection.
func bareEngine(driver, dsn string, group int, length time.Duration) (float64, error) {
	db, err := sql.Open(driver, dsn)
	if err != nil {
		return 0, err
	}
	defer db.Close()
	db.SetMaxOpenConns(1)
	table := fmt.Sprintf("bare_%d", group)
	if _, err := db.Exec("create table " + table + " (id bigint primary key, body bytea not null)"); err != nil {
		return 0, err
	}
	block := make([]byte, rowSize)
	n, start := 0, time.Now()
	for time.Since(start) < length {
		tx, err := db.Begin()
		if err != nil {
			return 0, err
		}
		insert, err := tx.Prepare("insert into " + table + " values ($1, $2)")
		if err != nil {
			return 0, err
		}
		for range group {
			if _, err := insert.Exec(n, block); err != nil {
				return 0, err
			}
			n++
		}
		if err := tx.Commit(); err != nil {
			return 0, err
		}
	}
	return float64(n) / time.Since(start).Seconds(), nil
}

func bareSQLite(dir string, group int, length time.Duration) (float64, error) {
	dsn := "file:" + filepath.Join(dir, fmt.Sprintf("bare%d.db", group)) +
		"?_pragma=journal_mode(wal)&_pragma=synchronous(full)&_txlock=immediate"
	return bareEngine("sqlite", dsn, group, length)
}
