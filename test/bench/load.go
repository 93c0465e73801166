package main

import (
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// result is what a load saw.
type result struct {
	done, failed int
	rate         float64 // done per second
	latencies    []time.Duration
}

func (r *result) percentile(p float64) time.Duration {
	if len(r.latencies) == 0 {
		return 0
	}
	return r.latencies[min(int(p*float64(len(r.latencies))), len(r.latencies)-1)]
}

// closed has n clients send one thing after the other for a time.
func closed(n int, length time.Duration, send func() error) result {
	start := time.Now()
	return gather(start, n, func(record func(time.Time, error)) {
		for time.Since(start) < length {
			began := time.Now()
			record(began, send())
		}
	})
}

// open sends at a rate, whether or not earlier ones were answered: what closed
// loops hide, because they wait, it shows. It returns when all were answered.
func open(rate float64, length time.Duration, send func() error) result {
	start := time.Now()
	total := int(rate * length.Seconds())
	var next atomic.Int64
	// One goroutine per request, started on time.
	return gather(start, total, func(record func(time.Time, error)) {
		due := start.Add(time.Duration(float64(next.Add(1)-1) / rate * float64(time.Second)))
		time.Sleep(time.Until(due))
		record(due, send())
	})
}

func gather(start time.Time, n int, run func(record func(began time.Time, err error))) result {
	var mu sync.Mutex // guards r
	var r result
	record := func(began time.Time, err error) {
		took := time.Since(began)
		mu.Lock()
		defer mu.Unlock()
		if err != nil {
			r.failed++
			return
		}
		r.done++
		r.latencies = append(r.latencies, took)
	}
	var wg sync.WaitGroup
	for range n {
		wg.Go(func() { run(record) })
	}
	wg.Wait()
	r.rate = float64(r.done) / time.Since(start).Seconds()
	slices.Sort(r.latencies)
	return r
}
