package cli

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"sync/atomic"
	"time"

	"verhaal/internal/app"
)

type demoCommand struct {
	Addr string `default:"127.0.0.1:8080" help:"Address to serve on."`
	Data string `default:"demo-data" type:"path" help:"Folder for the demonstration's data; kept between runs."`
}

// Run starts a demonstration. On a new folder it first makes accounts, desks
// and reports by calling the running server as browsers do.
func (c demoCommand) Run(t *terminal) error {
	host, _, err := net.SplitHostPort(c.Addr)
	if err != nil {
		return fmt.Errorf("--addr: %w", err)
	}
	l, err := net.Listen("tcp", c.Addr)
	if err != nil {
		return err
	}
	base := "http://" + l.Addr().String()
	site := host
	if ip := net.ParseIP(host); ip != nil && ip.IsLoopback() {
		site = "localhost" // passkeys are never bound to a bare address
	}
	_, port, _ := net.SplitHostPort(l.Addr().String())
	config := app.Config{Data: c.Data, Origin: "verhaal.example/log", Site: site, Origins: []string{base, "http://localhost:" + port}}
	var behind atomic.Int64
	config.Behind = func() time.Duration { return time.Duration(behind.Load()) }

	var made app.Initial
	_, err = os.Stat(filepath.Join(c.Data, "keys"))
	fresh := errors.Is(err, os.ErrNotExist)
	if fresh {
		if made, err = app.Init(t.ctx, config); err != nil {
			return err
		}
	}
	a, err := app.Open(t.ctx, config, t.log)
	if err != nil {
		return err
	}
	ctx, stop := context.WithCancel(t.ctx)
	defer stop()
	served := make(chan error, 1)
	go func() { served <- a.Serve(ctx, l) }()

	notes := filepath.Join(c.Data, "demo.txt")
	if fresh {
		t.say("Making accounts, desks and reports through the server's own pages…")
		if err := furnish(ctx, base, made, notes, func(d time.Duration) { behind.Store(int64(d)) }); err != nil {
			stop()
			return errors.Join(err, <-served)
		}
	}
	text, err := os.ReadFile(notes)
	if err != nil {
		stop()
		return errors.Join(fmt.Errorf("%s has no finished demonstration; remove the folder and start again", c.Data), <-served)
	}
	t.say("\nVerhaal is at  %s/   (for passkeys: http://localhost:%s/)\n\n%s\nCtrl-C stops it.", base, port, text)
	return <-served
}
