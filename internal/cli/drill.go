package cli

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"verhaal/internal/drill"
)

type drillCommand struct {
	JSON   bool          `name:"json" help:"Print the rows as JSON."`
	Quick  bool          `help:"As short as it can be; the whole takes about seven minutes."`
	Cut    time.Duration `help:"How long the network is cut." default:"6s"`
	Height int           `help:"Height of the camera's picture; a room asks for 720." default:"${height}"`
	Only   []string      `help:"Only these faults, by name: ${faults}." placeholder:"FAULT"`
}

// Run does the drill on a server of its own, in a folder that is gone afterwards.
func (c drillCommand) Run(t *terminal) error {
	program, err := os.Executable()
	if err != nil {
		return err
	}
	if !drill.Decodes() {
		fmt.Fprintln(t.errOut, "ffmpeg is not installed: picture and sound are not looked at, and what was lost is read from the headers of the records alone.")
	}
	rows, err := drill.Run(t.ctx, drill.Options{Program: program, Quick: c.Quick, Only: c.Only, Cut: c.Cut, Height: c.Height, Progress: func(text string) { fmt.Fprintf(t.errOut, "%s…\n", text) }})
	if c.JSON {
		e := json.NewEncoder(t.out)
		e.SetIndent("", "  ")
		err = errors.Join(err, e.Encode(rows))
	} else {
		err = errors.Join(err, drillTable(t, rows))
	}
	if broken := slices.DeleteFunc(rows, func(r drill.Row) bool { return r.Held }); len(broken) > 0 && err == nil {
		return errors.New("what is promised was not kept")
	}
	return err
}

func drillTable(t *terminal, rows []drill.Row) error {
	w := tabwriter.NewWriter(t.out, 0, 0, 2, ' ', 0)
	fmt.Fprintf(w, "fault\tlost by the headers\tlost in picture and sound, before + since\tacknowledged and gone\tsafe again after\tshown, or found\t\n")
	for _, r := range rows {
		held := "held"
		if !r.Held {
			held = "BROKEN: " + r.Why
		}
		if r.Found != "" || r.Lost == nil {
			fmt.Fprintf(w, "%s\t\t\t\t\t%s\t%s\n", r.Fault, r.Found, held)
			continue
		}
		var lost []string
		for _, track := range slices.Sorted(maps.Keys(r.Lost)) {
			lost = append(lost, fmt.Sprintf("%s %d ms", track, r.Lost[track]))
		}
		back := ""
		if r.Back > 0 {
			back = fmt.Sprintf("%d ms", r.Back)
		}
		if r.Down > 0 {
			back = fmt.Sprintf("(down %d ms)", r.Down)
		}
		fmt.Fprintf(w, "%s\t%s\t%s\t%d of %d bytes\t%s\t%s\t%s\n", r.Fault, strings.Join(lost, ", "), r.Watched(), r.Gone, r.Safe, back, strings.Join(r.Alarms, ", "), held)
	}
	return w.Flush()
}
