package drill

import (
	"archive/zip"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/storage"
	"github.com/chromedp/chromedp"

	"verhaal/internal/client"
	"verhaal/internal/recording/chunk"
	"verhaal/internal/recording/proof"
)

// live is something that happens while an interview is recorded.
type live struct {
	name, did string
	alarm     string        // that the interviewer must be shown; "" = none is asked for
	before    time.Duration // recorded before it; 0 = a few seconds
	hurt      func(d *drill, t *tab) (mend func() error, err error)
	kills     bool // the browser: it is opened again to mend
	slow      bool // to bite: it is waited for
}

const networkCut = "network cut"

var faults = []live{
	{name: "nothing", did: "nothing goes wrong", before: 65 * time.Second, hurt: func(*drill, *tab) (func() error, error) { return func() error { return nil }, nil }},
	{name: "server killed", did: "the server is killed and started again", alarm: "offline", hurt: func(d *drill, _ *tab) (func() error, error) {
		d.server.Kill()
		return func() error { _, err := d.server.Start(d.ctx); return err }, nil
	}},
	{name: networkCut, did: "the network is cut", alarm: "offline", hurt: func(d *drill, _ *tab) (func() error, error) {
		d.wire.sever()
		return func() error { d.wire.mend(); return nil }, nil
	}},
	{name: "server's disk full", did: "no file of the server can grow", alarm: "offline", hurt: func(d *drill, _ *tab) (func() error, error) {
		return d.server.fill()
	}},
	{name: "recorder's disk full", did: "the browser gives no more space", alarm: "disk", slow: true, hurt: func(d *drill, t *tab) (func() error, error) {
		quota := func(bytes *float64) error {
			return chromedp.Do(t.ctx, chromedp.Func(func(ctx context.Context, to *chromedp.Target) error {
				_, err := cdp.Call(ctx, to, storage.OverrideQuotaForOrigin, storage.OverrideQuotaForOriginParams{Origin: t.base, QuotaSize: bytes})
				return err
			}))
		}
		return func() error { return quota(nil) }, quota(new(float64))
	}},
	{name: "clock shifted", did: "the recorder's clock is set an hour on", alarm: "clock", hurt: func(_ *drill, t *tab) (func() error, error) {
		_, err := ask[bool](t, `(window.rightNow = Date.now, Date.now = () => window.rightNow.call(Date) + 3600e3, true)`)
		return func() error { _, err := ask[bool](t, `(Date.now = window.rightNow, true)`); return err }, err
	}},
	{name: "browser killed", did: "the browser is killed and opened again", kills: true},
}

// Faults lists the names of what can happen while an interview is recorded.
func Faults() (names []string) {
	for _, f := range faults {
		names = append(names, f.name)
	}
	return names
}

// live records an interview, lets one thing go wrong, and looks at what is left.
// export is the folder of the sealed recording.
func (d *drill) live(f live) (row Row, export string, err error) {
	row = Row{Fault: f.name, Did: f.did}
	profile, err := os.MkdirTemp(d.dir, "profile-")
	if err != nil {
		return row, "", err
	}
	t, err := d.browse(profile)
	if err != nil {
		return row, "", err
	}
	defer func() { t.end() }()
	if err := errors.Join(t.signIn(d.room.Login, d.room.Passphrase), t.begin(d.room)); err != nil {
		return row, "", err
	}
	id, err := d.staff.Running(d.ctx, d.room.Case, d.room.Interview)
	if err != nil {
		return row, "", err
	}
	before := f.before
	if before == 0 || d.Quick {
		before = 4 * time.Second
	}
	t.watch(&row, before, never)
	safe, err := d.staff.Recording(d.ctx, id)
	if err != nil {
		return row, "", err
	}
	page, err := t.look()
	if err != nil {
		return row, "", err
	}
	if f.kills {
		page.killed = time.Now().UnixMilli()
		if err := t.kill(); err != nil {
			return row, "", err
		}
		if t, err = d.browse(profile); err != nil {
			return row, "", err
		}
		if err := errors.Join(t.signIn(d.room.Login, d.room.Passphrase), t.begin(d.room)); err != nil {
			return row, "", err
		}
	} else if row, err = d.suffer(f, t, row); err != nil {
		return row, "", err
	}
	t.watch(&row, 3*time.Second, never)
	if err := t.stop(); err != nil {
		return row, "", err
	}
	if export, err = d.export(id); err != nil {
		return row, "", err
	}
	return d.judge(f, row, export, safe, page)
}

// suffer lets a fault begin, last and end, and collects what is shown meanwhile.
func (d *drill) suffer(f live, t *tab, row Row) (Row, error) {
	mend, err := f.hurt(d, t)
	if errors.Is(err, errors.ErrUnsupported) {
		row.Why = "can't be done on this system"
		return row, nil
	}
	if err != nil {
		return row, err
	}
	hold := d.hold
	switch {
	case f.slow:
		hold = 150 * time.Second // a browser takes space from the disk in large pieces
	case f.name == networkCut && d.Cut > 0:
		hold = d.Cut
	}
	t.watch(&row, hold, func() bool { return f.slow && slices.Contains(row.Alarms, f.alarm) })
	if err := mend(); err != nil {
		return row, err
	}
	if f.name == "recorder's disk full" {
		return row, nil // it goes on with the server's copy alone
	}
	mended := time.Now()
	// What waited takes its time to arrive, at most as long as it took to be made.
	if err := t.within(patience+hold, safe+` && !document.querySelector("[data-alarm=offline], [data-alarm=lag]")`); err != nil {
		return row, err
	}
	row.Back = time.Since(mended).Milliseconds()
	return row, nil
}

// watch collects the alarms that are shown, for so long or until there are enough.
func (t *tab) watch(row *Row, long time.Duration, enough func() bool) {
	for end := time.Now().Add(long); time.Now().Before(end) && !enough(); time.Sleep(100 * time.Millisecond) {
		shown, err := ask[[]string](t, `[...document.querySelectorAll("[data-alarm]")].map(a => a.dataset.alarm)`)
		if err != nil {
			continue // a page that is busy is asked again
		}
		for _, alarm := range shown {
			if !slices.Contains(row.Alarms, alarm) {
				row.Alarms = append(row.Alarms, alarm)
			}
		}
	}
}

func never() bool { return false }

// safe is true in the recorder while what was recorded is on two machines.
const safe = `document.querySelector("[data-safe]")?.dataset.copies === "2"`

// begin opens the room and begins, or goes on with what runs already.
func (t *tab) begin(r room) error {
	return errors.Join(t.visit("/case/"+r.Case+"/room/"+r.Interview), t.click("[data-begin]"), t.until(safe))
}

// stop says that the room is empty and waits for the seal.
func (t *tab) stop() error {
	return errors.Join(t.click("[data-stop]"), t.click("[data-empty]"), t.until(`location.pathname.endsWith("/receipt")`))
}

// export fetches a sealed recording and unpacks it.
func (d *drill) export(id string) (dir string, err error) {
	var raw bytes.Buffer
	if err := d.staff.ExportRecording(d.ctx, id, &raw); err != nil {
		return "", err
	}
	z, err := zip.NewReader(bytes.NewReader(raw.Bytes()), int64(raw.Len()))
	if err != nil {
		return "", err
	}
	dir = filepath.Join(d.dir, id)
	return dir, os.CopyFS(dir, z)
}

// judge says what was lost, and whether what is promised was kept.
func (d *drill) judge(f live, row Row, dir string, safe []client.RecordedPart, page *had) (Row, string, error) {
	result, err := proof.Verify(d.ctx, os.DirFS(dir), proof.Options{})
	if err != nil {
		return row, "", err
	}
	text, err := fs.ReadFile(os.DirFS(dir), "manifest.json")
	if err != nil {
		return row, "", err
	}
	m, err := proof.ParseManifest(text)
	if err != nil {
		return row, "", err
	}
	row.Lost = map[string]int64{}
	for _, track := range m.Tracks {
		if row.Lost[track.Track.String()], err = holes(dir, m.Recording, track); err != nil {
			return row, "", err
		}
		if f.kills {
			row.Lost[track.Track.String()] = page.killed - m.Started - int64(track.Parts[0].To)
			row.Down = int64(track.Parts[len(track.Parts)-1].From) + m.Started - page.killed
		}
	}
	if d.decodes {
		if row.Seen, err = d.see(dir, m, page); err != nil {
			return row, "", err
		}
	}
	if row.Safe, row.Gone, err = kept(dir, m.Recording, safe); err != nil {
		return row, "", err
	}
	most := int64(0)
	if f.kills {
		most = MostLost
	}
	switch {
	case !result.Sound:
		row.Why = "the recording does not verify: " + result.Words()
	case row.Gone > 0:
		row.Why = "something was lost that was said to be safe"
	case f.alarm != "" && row.Why == "" && !slices.Contains(row.Alarms, f.alarm):
		row.Why = fmt.Sprintf("nobody was shown the alarm %q", f.alarm)
	}
	for track, lost := range row.Lost {
		if lost > most && row.Why == "" {
			row.Why = fmt.Sprintf("%s lost %d ms, more than %d", track, lost, most)
		}
	}
	for what, seen := range row.Seen {
		if seen.Told != nil {
			*seen.Told = slices.Contains(row.Alarms, "thin")
		}
		if broken := seen.broken(); broken != "" && row.Why == "" {
			row.Why = what + " " + broken
		}
	}
	row.Held = row.Why == ""
	return row, dir, nil
}

// walk gives every record of a part that lies in a folder.
func walk(dir string, p chunk.Part, each func(at int64, h chunk.Header, hash chunk.Hash)) error {
	file, err := os.Open(filepath.Join(dir, p.File()))
	if err != nil {
		return err
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil {
		return err
	}
	_, err = proof.Skim(file, info.Size(), p, each)
	return err
}

// holes is how much of a track is missing between its records, in ms.
func holes(dir string, id chunk.ID, t proof.Track) (ms int64, err error) {
	var end uint64
	for _, part := range t.Parts {
		err := walk(dir, chunk.Part{Recording: id, Track: t.Track, Number: part.Part}, func(_ int64, h chunk.Header, _ chunk.Hash) {
			if end > 0 && h.Mono > end {
				ms += int64(h.Mono - end)
			}
			end = h.End()
		})
		if err != nil {
			return 0, err
		}
	}
	return ms, nil
}

// kept says how many bytes were acknowledged, and how many of them are not in
// the export.
func kept(dir string, id chunk.ID, safe []client.RecordedPart) (bytes, gone int64, err error) {
	for _, part := range safe {
		var have int64
		found := part.Next == 0
		err := walk(dir, chunk.Part{Recording: id, Track: part.Track, Number: part.Number}, func(at int64, h chunk.Header, hash chunk.Hash) {
			if h.Seq < part.Next {
				have = at + int64(h.Size())
			}
			found = found || h.Seq+1 == part.Next && hash == part.Head
		})
		if err != nil {
			return 0, 0, err
		}
		bytes += have
		if !found {
			gone += max(have, 1) // at least the record that should stand there
		}
	}
	return bytes, gone, nil
}
