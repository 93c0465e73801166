// Package cli is the command line: one file per command. Run parses, calls and
// turns an error into one sentence and an exit status.
package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"runtime/debug"
	"strconv"
	"strings"
	"syscall"

	"github.com/alecthomas/kong"

	"verhaal/internal/drill"
)

// Exit statuses: 0 done, 1 it failed or does not verify, 2 wrongly called.
const (
	exitFailed = 1
	exitUsage  = 2
)

type commands struct {
	Demo    demoCommand    `cmd:"" help:"Start a demonstration with accounts and reports, made through the real paths."`
	Drill   drillCommand   `cmd:"" help:"Do to a server and a browser of its own what can go wrong in a recording, and tell what was lost."`
	Init    initCommand    `cmd:"" help:"Set up a new installation: keys, recovery key, first administrator. Explains each step."`
	Serve   serveCommand   `cmd:"" help:"Serve an installation."`
	Policy  policyCommand  `cmd:"" help:"The law as data: explain decisions, test packs, compare versions."`
	Recover recoverCommand `cmd:"" help:"Give a member the key of a desk or a case file that nobody can open any more, with the recovery key."`
	Verify  verifyCommand  `cmd:"" help:"Verify a custody log, a proof of report or a recording, offline and without any secret."`
	Witness witnessCommand `cmd:"" help:"Be a witness of other organisations' custody logs: cosign what goes on from what was seen before."`
	Version versionCommand `cmd:"" help:"Print the version."`
}

// terminal is where a command speaks.
type terminal struct {
	ctx    context.Context
	out    io.Writer
	errOut io.Writer
	log    *slog.Logger
}

func (t *terminal) say(format string, args ...any) { fmt.Fprintf(t.out, format+"\n", args...) }

// Run runs one command and returns the exit status of the process.
func Run(args []string, out, errOut io.Writer) int {
	var c commands
	status := 0
	parser, err := kong.New(&c, kong.Name("verhaal"), kong.UsageOnError(), kong.Writers(out, errOut),
		kong.Description("Receive reports of human trafficking, sealed to those who may read them."),
		kong.Vars{"faults": strings.Join(drill.Faults(), ", "), "height": strconv.Itoa(drill.Height)},
		kong.Exit(func(code int) { status = code; panic(exited{}) }))
	if err != nil {
		fmt.Fprintln(errOut, "verhaal:", err)
		return exitUsage
	}
	parsed, done := parse(parser, args)
	if done {
		return status
	}
	if parsed == nil {
		return exitUsage
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	signal.Ignore(syscall.SIGXFSZ) // a limit on files is a full disk, told by the write
	t := &terminal{ctx, out, errOut, slog.New(slog.NewTextHandler(errOut, nil))}
	if err := parsed.Run(t); err != nil && !errors.Is(err, context.Canceled) {
		fmt.Fprintln(errOut, "verhaal:", err)
		if errors.As(err, new(wrong)) {
			return exitUsage
		}
		return exitFailed
	}
	return 0
}

// exited ends parsing after help was shown.
type exited struct{}

func parse(p *kong.Kong, args []string) (parsed *kong.Context, done bool) {
	defer func() {
		if r := recover(); r != nil {
			if _, ok := r.(exited); !ok {
				panic(r)
			}
			done = true
		}
	}()
	parsed, err := p.Parse(args)
	if err != nil {
		fmt.Fprintln(p.Stderr, "verhaal:", err)
		return nil, false
	}
	return parsed, false
}

type versionCommand struct{}

// Run prints what this binary was built from.
func (versionCommand) Run(t *terminal) error {
	version := "unknown"
	if info, ok := debug.ReadBuildInfo(); ok {
		version = info.Main.Version
		for _, s := range info.Settings {
			if s.Key == "vcs.revision" {
				version = s.Value
			}
		}
	}
	t.say("verhaal %s", version)
	return nil
}
