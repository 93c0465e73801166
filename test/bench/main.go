// Command bench prints what this machine does with Verhaal, each figure beside
// its goal and beside the limit of the bare disk or engine in the same run. It
// talks to a server process on loopback through the paths that browsers use.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"time"
)

func main() {
	length := flag.Duration("length", 4*time.Second, "how long each load lasts")
	queue := flag.Int("queue", 100_000, "reports in the queue whose first page is measured")
	postgres := flag.String("postgres", "", "address of a database for the PostgreSQL part; empty = start a cluster")
	flag.Parse()
	if err := run(context.Background(), *length, *queue, *postgres); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

// row prints one figure, its goal, and what it stands beside.
func row(what, ours, goal, beside string) {
	fmt.Printf("| %-58s | %-34s | %-22s | %s\n", what, ours, goal, beside)
}

func run(ctx context.Context, length time.Duration, queue int, postgres string) error {
	dir, err := os.MkdirTemp("", "verhaal-bench-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	binary := filepath.Join(dir, "verhaal")
	if out, err := exec.CommandContext(ctx, "go", "build", "-trimpath", "-o", binary, "./cmd/verhaal").CombinedOutput(); err != nil {
		return fmt.Errorf("build: %w: %s", err, out)
	}
	fmt.Printf("%d processors, %s/%s\n\n", runtime.NumCPU(), runtime.GOOS, runtime.GOARCH)
	row("what", "ours", "goal", "beside, in the same run")

	if err := policyPart(); err != nil {
		return fmt.Errorf("policy: %w", err)
	}
	if err := casesPart(ctx, dir); err != nil {
		return fmt.Errorf("case files: %w", err)
	}
	if err := recordingPart(ctx, binary, dir, length); err != nil {
		return fmt.Errorf("recording: %w", err)
	}
	disk, err := bareDisk(dir, length/2)
	if err != nil {
		return err
	}
	if err := sqlitePart(ctx, binary, dir, length, queue, disk); err != nil {
		return fmt.Errorf("SQLite: %w", err)
	}
	if err := postgresPart(ctx, binary, dir, length, postgres); err != nil {
		return fmt.Errorf("PostgreSQL: %w", err)
	}
	return custodyPart(ctx, dir, length)
}

func sqlitePart(ctx context.Context, binary, dir string, length time.Duration, queue int, disk float64) error {
	single, err := bareSQLite(dir, 1, length/2)
	if err != nil {
		return err
	}
	grouped, err := bareSQLite(dir, 32, length/2)
	if err != nil {
		return err
	}
	s, err := newServer(ctx, binary, mkdir(dir, "sqlite"), "")
	if err != nil {
		return err
	}
	defer s.kill()
	in, err := newIntake(ctx, s.base)
	if err != nil {
		return err
	}
	if err := livePart(ctx, s); err != nil {
		return fmt.Errorf("live: %w", err)
	}
	limits := fmt.Sprintf("bare SQLite %.0f/s singly, %.0f/s by 32; bare fsync %.0f/s", single, grouped, disk)
	capacity := loads(in, "SQLite", length, "≥ 2500/s, p99 < 50 ms", limits)
	overload(in, "SQLite", capacity, length)
	if err := plainLoad(in, length); err != nil {
		return err
	}
	if err := killed(ctx, s, in, "SQLite", length); err != nil {
		return err
	}
	for len(in.accepted) < queue {
		closed(32, length, in.send)
	}
	if err := queuePage(ctx, s, len(in.accepted)); err != nil {
		return err
	}
	lost := in.openAll(ctx)
	row("receipts given that do not open their report, SQLite", fmt.Sprintf("%d of %d", lost, len(in.accepted)), "0", "")
	return restart(ctx, s, len(in.accepted))
}

// loads runs closed loops from 1 to 256 clients and returns the rate at 16.
func loads(in *intake, engine string, length time.Duration, goal, limits string) (capacity float64) {
	for _, n := range []int{1, 16, 64, 256} {
		r := closed(n, length, in.send)
		wanted, beside := "0 lost or refused", ""
		if n == 16 {
			capacity, wanted, beside = r.rate, goal, limits
		}
		row(fmt.Sprintf("sealed reports, durable, %d clients, %s", n, engine),
			fmt.Sprintf("%.0f/s p50 %.1f p99 %.1f ms, %d lost", r.rate, ms(r.percentile(.5)), ms(r.percentile(.99)), r.failed), wanted, beside)
	}
	return capacity
}

func overload(in *intake, engine string, capacity float64, length time.Duration) {
	r := open(2*capacity, length, in.send)
	row("open loop at twice the capacity, "+engine, fmt.Sprintf("%d of %d received, %d lost", r.done, r.done+r.failed, r.failed), "0 lost or refused",
		fmt.Sprintf("last after %.1f s", r.percentile(1).Seconds()))
}

func plainLoad(in *intake, length time.Duration) error {
	one, err := kdf()
	if err != nil {
		return err
	}
	goal := float64(runtime.NumCPU()) / one.Seconds() * 0.8
	r := closed(8, length, in.plain)
	row("reports without scripts (sealed on arrival), 8 clients", fmt.Sprintf("%.1f/s, %d lost", r.rate, r.failed), fmt.Sprintf("≥ %.1f/s", goal),
		fmt.Sprintf("one derivation alone %.0f ms", ms(one)))
	return nil
}

// killed kills the server in the middle of a load and starts it again.
func killed(ctx context.Context, s *server, in *intake, engine string, length time.Duration) error {
	before := len(in.accepted)
	ended := make(chan result)
	go func() { ended <- closed(16, length, in.send) }()
	time.Sleep(length / 2)
	s.kill()
	took, err := s.start(ctx)
	if err != nil {
		return err
	}
	r := <-ended
	row("kill -9 in the middle, "+engine, fmt.Sprintf("%d acknowledged, %d sent to a dead server", len(in.accepted)-before, r.failed), "acknowledged ones open", fmt.Sprintf("back after %.0f ms", ms(took)))
	return nil
}

func queuePage(ctx context.Context, s *server, reports int) error {
	var times []time.Duration
	size := 0
	for range 21 {
		start := time.Now()
		var err error
		if _, size, err = s.officer.Queue(ctx, channel); err != nil {
			return err
		}
		times = append(times, time.Since(start))
	}
	slices.Sort(times)
	row("first page of a queue of "+strconv.Itoa(reports), fmt.Sprintf("%.1f ms, %.0f kB", ms(times[len(times)/2]), float64(size)/1000), "< 30 ms, < 100 kB", "median of 21")
	return nil
}

func restart(ctx context.Context, s *server, reports int) error {
	s.kill()
	took, err := s.start(ctx)
	if err != nil {
		return err
	}
	time.Sleep(2 * time.Second)
	mb, err := s.memory()
	if err != nil {
		return err
	}
	row(fmt.Sprintf("start to first answer, with %d reports", reports), fmt.Sprintf("%.0f ms", ms(took)), "< 300 ms", "after kill -9")
	row("idle memory", fmt.Sprintf("%.0f MB", mb), "< 60 MB", "resident, 2 s after the start")
	return nil
}

func mkdir(dir, name string) string {
	path := filepath.Join(dir, name)
	if err := os.MkdirAll(path, 0o700); err != nil {
		panic(err) // a fresh temporary folder that can't be written
	}
	return path
}

func ms(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }
