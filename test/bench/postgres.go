package main

import (
	"context"
	"fmt"
	"time"

	"verhaal/internal/db/dbtest"
)

// postgresPart measures on a database that is given, or on a cluster of our
// own with fsync on.
func postgresPart(ctx context.Context, binary, dir string, length time.Duration, database string) error {
	if database == "" {
		c, err := dbtest.Run("on")
		if err != nil {
			return err
		}
		defer c.Stop()
		if database, err = c.Create(); err != nil {
			return err
		}
	}
	single, err := bareEngine("pgx", database, 1, length/2)
	if err != nil {
		return err
	}
	grouped, err := bareEngine("pgx", database, 32, length/2)
	if err != nil {
		return err
	}
	s, err := newServer(ctx, binary, mkdir(dir, "postgres"), database)
	if err != nil {
		return err
	}
	defer s.kill()
	in, err := newIntake(ctx, s.base)
	if err != nil {
		return err
	}
	capacity := loads(in, "PostgreSQL", length, "≥ 1000/s", fmt.Sprintf("bare PostgreSQL %.0f/s singly, %.0f/s by 32, one connection", single, grouped))
	overload(in, "PostgreSQL", capacity, length)
	if err := killed(ctx, s, in, "PostgreSQL", length); err != nil {
		return err
	}
	lost := in.openAll(ctx)
	row("receipts given that do not open their report, PostgreSQL", fmt.Sprintf("%d of %d", lost, len(in.accepted)), "0", "")
	return nil
}
