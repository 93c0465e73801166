// Package drill does to a real server and a real browser what can go wrong
// while an interview is recorded, and tells what was lost: in milliseconds of the
// interview, and in bytes that the server had said were safe. The installation
// of its own that it starts for this is a demonstration; nothing else is touched.
package drill

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"time"

	"verhaal/internal/client"
)

// Options are how a drill is done.
type Options struct {
	Program  string        // of the server, which knows the command "demo"
	Quick    bool          // as short as it can be, for a look; leaves out what takes long
	Only     []string      // names of faults; none = all
	Cut      time.Duration // how long the network is cut; 0 = as long as any fault lasts
	Height   int           // of the camera's picture, 16:9; 0 = Height
	Progress func(text string)
}

// Row is what one fault did.
type Row struct {
	Fault string `json:"fault"`
	Did   string `json:"did"` // in words
	// Lost is how much of the interview is not on record by the headers of the
	// records, in ms, by track; of a killed browser: up to the kill, as nobody
	// records while it is dead.
	Lost map[string]int64 `json:"lost_ms,omitempty"`
	// Seen is what the picture and the sound show of it themselves, by track and
	// which of the two ("main picture"); none where no ffmpeg decodes them.
	Seen map[string]*Seen `json:"seen,omitempty"`
	// Down is how long nobody recorded, in ms.
	Down int64 `json:"down_ms,omitempty"`
	// Safe is how many bytes the server had acknowledged before the fault, and
	// Gone how many of those it has no more.
	Safe int64 `json:"safe_bytes,omitempty"`
	Gone int64 `json:"gone_bytes"`
	// Back is how long after the mending all was safe on two copies again, in ms.
	Back int64 `json:"back_ms,omitempty"`
	// Alarms are what the interviewer was shown.
	Alarms []string `json:"alarms,omitempty"`
	// Found is the verifier's sentence, of a recording that was tampered with.
	Found string `json:"found,omitempty"`
	Held  bool   `json:"held"` // what is promised was kept
	Why   string `json:"why,omitempty"`
}

// Height is that of the camera's picture where nothing else is said: small, so
// that what is lost is the fault's doing and not that of a busy computer.
const Height = 360

// MostLost is how much a killed browser may lose, in ms.
const MostLost = 500

// drill is one run.
type drill struct {
	Options
	ctx     context.Context
	dir     string
	server  *Server
	wire    *wire
	browser string
	staff   *client.Staff
	room    room
	hold    time.Duration // how long a fault lasts
	decodes bool          // picture and sound can be looked at
}

// room is where the demonstration's interview is recorded, and by whom.
type room struct{ Case, Interview, Login, Passphrase string }

var (
	inRoom = regexp.MustCompile(`/case/([a-z0-9]+)/room/(i[0-9]+)`)
	phrase = regexp.MustCompile(`(?s)with the passphrase\s+(\S[^\n]+)`)
)

// Run does all faults, one recording for each, and gives a row for each in
// order. The error is of the drill itself; what a fault broke is in its row.
func Run(ctx context.Context, o Options) (rows []Row, err error) {
	err = house(ctx, o, func(d *drill) error {
		var whole string
		for _, f := range faults {
			if f.slow && o.Quick || len(o.Only) > 0 && !slices.Contains(o.Only, f.name) {
				continue
			}
			o.Progress(f.did)
			row, export, err := d.live(f)
			if err != nil {
				return fmt.Errorf("%s: %w", f.name, err)
			}
			rows = append(rows, row)
			if whole == "" {
				whole = export
			}
			if ctx.Err() != nil {
				return ctx.Err()
			}
		}
		o.Progress("tampering with the first recording")
		more, err := Tamper(ctx, whole, filepath.Join(d.server.Data, "keys", "log.key"))
		rows = append(rows, more...)
		return err
	})
	return rows, err
}

// film and sound are what the made-up camera and microphone give.
func (d *drill) film() string  { return filepath.Join(d.dir, "numbers.mjpeg") }
func (d *drill) sound() string { return filepath.Join(d.dir, "numbers.wav") }

// house starts a server with an interview for today, does something with it, and
// leaves nothing behind.
func house(ctx context.Context, o Options, do func(d *drill) error) (err error) {
	if o.Height == 0 {
		o.Height = Height
	}
	if o.Height < 90 || o.Height > 2160 {
		return errors.New("the camera's picture is 90 to 2160 high")
	}
	d := &drill{Options: o, ctx: ctx, hold: 6 * time.Second, decodes: Decodes()}
	if d.browser, err = Browser(); err != nil {
		return err
	}
	if d.dir, err = os.MkdirTemp("", "verhaal-drill-"); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(d.dir)) }()
	if d.server, err = NewServer(o.Program, filepath.Join(d.dir, "data")); err != nil {
		return err
	}
	defer d.server.Kill()
	o.Progress("starting a server of its own")
	made := make(chan error, 1)
	go func() { made <- errors.Join(Film(d.film(), o.Height*16/9, o.Height), Tone(d.sound(), Speaking)) }()
	said, err := d.server.Start(ctx)
	if err := errors.Join(err, <-made); err != nil {
		return err
	}
	where, words := inRoom.FindStringSubmatch(said), phrase.FindStringSubmatch(said)
	if where == nil || words == nil {
		return errors.New("the demonstration names no interview that can be recorded today")
	}
	d.room = room{where[1], where[2], "avim", words[1]}
	if d.wire, err = newWire(d.server.Addr); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, d.wire.close()) }()
	d.staff = client.NewStaff(d.server.Base())
	if err := d.staff.SignIn(ctx, d.room.Login, d.room.Passphrase); err != nil {
		return err
	}
	return do(d)
}
