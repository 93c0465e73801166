package app

import (
	"bytes"
	"context"
	"errors"
	"log"
	"log/slog"
	"net"
	"net/http"
	"runtime/debug"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// Limits of one connection. A reporter on a slow phone needs minutes, a
// connection that says nothing gets seconds. What staff send that is large is read
// by web.Unhurried instead.
const (
	headerTime  = 20 * time.Second
	requestTime = 10 * time.Minute
	idleTime    = 60 * time.Second
	// graceTime is how long a stop waits for requests that have begun.
	graceTime = 30 * time.Second
	// sweepPace is how often expired certificates are looked for.
	sweepPace = time.Minute
	// countPace is how often it is looked whether a day's figures are to be made.
	countPace = 10 * time.Minute
)

// Serve answers on l until ctx ends, then finishes the requests that have
// begun and closes everything.
func (a *App) Serve(ctx context.Context, l net.Listener) error {
	witnesses, err := a.config.witnesses()
	if err != nil {
		return errors.Join(err, a.Close())
	}
	work, stop := context.WithCancel(context.WithoutCancel(ctx))
	var workers sync.WaitGroup
	workers.Go(debug.FreeOSMemory) // what compiling the rules and checking the pages took
	workers.Go(func() { a.Log.Run(work) })
	for _, w := range witnesses {
		workers.Go(func() { a.Log.RunWitness(work, w) })
	}
	workers.Go(func() { a.sweep(work) })
	workers.Go(func() { a.Rules.Run(work) })
	workers.Go(func() { a.watchDeadlines(work) })
	workers.Go(func() { a.count(work) })
	workers.Go(func() { a.Records.Run(work) })

	servers := []*http.Server{a.newServer(a.Handler)}
	failed := make(chan error, 2)
	go func() { failed <- servers[0].Serve(l) }()
	if a.config.Metrics != "" {
		m := a.newServer(promhttp.HandlerFor(a.metrics, promhttp.HandlerOpts{}))
		m.Addr = a.config.Metrics
		servers = append(servers, m)
		go func() { failed <- m.ListenAndServe() }()
	}

	select {
	case <-ctx.Done():
	case err = <-failed:
	}
	grace, cancel := context.WithTimeout(context.WithoutCancel(ctx), graceTime)
	defer cancel()
	for _, s := range servers {
		err = errors.Join(err, s.Shutdown(grace))
	}
	stop()
	workers.Wait()
	return errors.Join(err, a.Close())
}

func (a *App) newServer(h http.Handler) *http.Server {
	return &http.Server{Handler: h, ReadHeaderTimeout: headerTime, ReadTimeout: requestTime, IdleTimeout: idleTime,
		ErrorLog: log.New(connectionLog{a.logger}, "", 0)}
}

// connectionLog takes what net/http has to say of a connection and keeps of it
// only which kind of fault it was: the rest names who was connected.
type connectionLog struct{ to *slog.Logger }

// connectionFaults are the kinds, as net/http writes them.
var connectionFaults = []string{"panic serving", "TLS handshake error", "Accept error", "superfluous response.WriteHeader"}

// Write implements io.Writer.
func (l connectionLog) Write(line []byte) (int, error) {
	kind := "other"
	for _, known := range connectionFaults {
		if bytes.Contains(line, []byte(known)) {
			kind = known
			break
		}
	}
	l.to.Error("a connection failed", "kind", kind)
	return len(line), nil
}

// sweep takes the wraps of those away whose certificate ended, and removes
// sessions that are over with their shares.
func (a *App) sweep(ctx context.Context) {
	tick := time.NewTicker(sweepPace)
	defer tick.Stop()
	for {
		if n, err := a.Desks.Sweep(ctx); err != nil && ctx.Err() == nil {
			a.logger.Error("expired certificates were not looked for", "error", err)
		} else if n > 0 {
			a.logger.Info("desk keys taken from members who may not read today", "wraps", n)
		}
		if err := a.Members.Sweep(ctx); err != nil && ctx.Err() == nil {
			a.logger.Error("sessions that are over were not removed", "error", err)
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

// watchPace is how often deadlines are looked at: days are what they count in.
const watchPace = 15 * time.Minute

// watchDeadlines reckons case files anew when other rules came into force, opens
// confirmed interviews again that don't stand, and lets what is late without a reason
// go up by itself.
func (a *App) watchDeadlines(ctx context.Context) {
	asked := "" // the day on which the rules were asked about every confirmed interview
	tick := time.NewTicker(watchPace)
	defer tick.Stop()
	for {
		n, err := a.Cases.Recheck(ctx)
		if n > 0 {
			a.logger.Info("deadlines reckoned by the rules in force", "cases", n)
		}
		fell, up := 0, 0
		if err == nil {
			today := a.Cases.Today()
			if fell, err = a.Cases.AskAll(ctx, n > 0 || asked != today); err == nil {
				asked = today
			}
		}
		if fell > 0 {
			a.logger.Info("confirmed interviews that did not stand are plans again", "interviews", fell)
		}
		if err == nil {
			up, err = a.Cases.Escalate(ctx)
		}
		if up > 0 {
			a.logger.Info("deadlines without a reason went up", "deadlines", up)
		}
		if err != nil && ctx.Err() == nil {
			a.logger.Error("deadlines were not looked at", "error", err)
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

// count makes the figures of each day before somebody waits for them.
func (a *App) count(ctx context.Context) {
	tick := time.NewTicker(countPace)
	defer tick.Stop()
	for {
		if _, err := a.Outcomes.Figures(ctx); err != nil && ctx.Err() == nil {
			a.logger.Error("the figures of the day were not made", "error", err)
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

// health answers 200 when the database answers: for load balancers, and for
// people at night.
func (a *App) health(w http.ResponseWriter, r *http.Request) {
	ctx, cancel := context.WithTimeout(r.Context(), 2*time.Second)
	defer cancel()
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	if err := a.db.Ping(ctx); err != nil {
		w.WriteHeader(http.StatusServiceUnavailable)
		_, _ = w.Write([]byte("database unavailable\n"))
		return
	}
	_, _ = w.Write([]byte("ok\n"))
}
