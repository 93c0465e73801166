package main

import (
	"context"
	"fmt"
	"log/slog"
	"path/filepath"
	"time"

	"verhaal/internal/custody"
	"verhaal/internal/custody/verify"
	"verhaal/internal/db"
)

// custodyPart measures the log by itself: acts with nothing but their leaf.
func custodyPart(ctx context.Context, dir string, length time.Duration) error {
	path := mkdir(dir, "custody")
	quiet := slog.New(slog.DiscardHandler)
	d, w, err := db.Open(ctx, "sqlite:"+filepath.Join(path, "log.db"), quiet)
	if err != nil {
		return err
	}
	defer d.Close()
	key, err := custody.NewKey("bench.test/log")
	if err != nil {
		return err
	}
	log := custody.New(d, w, key, time.Now, quiet)
	act := func() error {
		_, err := log.Do(ctx, custody.Act{Kind: "report.opened", Actor: "officer", Subject: "a report", Facts: map[string]string{"channel": channel}}, nil)
		return err
	}
	one := closed(1, length, act)
	row("acts in the custody log, singly, SQLite", fmt.Sprintf("%.0f/s", one.rate), "≥ 3000/s", "each durable before the next")
	many := closed(16, length, act)
	row("acts in the custody log, 16 callers, SQLite", fmt.Sprintf("%.0f/s", many.rate), "", "")

	if err := log.Grow(ctx); err != nil {
		return err
	}
	exported := filepath.Join(path, "export")
	if err := log.ExportDir(ctx, exported); err != nil {
		return err
	}
	start := time.Now()
	r, err := verify.Log(ctx, verify.Dir(exported), key.Verifier())
	if err != nil {
		return err
	}
	rate := float64(r.Size) / time.Since(start).Seconds()
	row(fmt.Sprintf("verify a log of %d acts", r.Size), fmt.Sprintf("%.0f acts/s: 10 million in %.0f s", rate, 1e7/rate), "10 million in < 30 s", "")
	const proofs = 200
	start = time.Now()
	for i := range int64(proofs) {
		if _, err := log.Inclusion(ctx, i*(r.Size-1)/proofs); err != nil {
			return err
		}
	}
	row("inclusion proof", fmt.Sprintf("%.2f ms", ms(time.Since(start)/proofs)), "< 1 ms", "")
	return nil
}
