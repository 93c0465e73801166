package recording

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"database/sql"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"syscall"

	"verhaal/internal/db"
	"verhaal/internal/fault"
	"verhaal/internal/policy"
	"verhaal/internal/recording/chunk"
	"verhaal/internal/recording/proof"
)

// Ask is what pre-flight asks, and what a recording begins with.
type Ask struct {
	Casefile, Interview string
	Kind                string
	Minutes             int
	Tracks              []int
	// Pictures are the tracks with a picture. Where it is nil, a track's codec
	// tells when its first part begins.
	Pictures []int
}

// Ready is whether a recording could begin.
type Ready struct {
	Now        int64 // Unix ms
	Need, Free int64 // bytes
	Level      string
	Met        bool
	Running    string // id of a recording of this interview that still runs
}

// bytesPerMinute of each track, with half as much again (docs/chunk-format.md).
var bytesPerMinute = map[chunk.Track]int64{0: 2_100_000 / 8 * 60 * 3 / 2, 1: 96_000 / 8 * 60 * 3 / 2, 2: 2_000_000 / 8 * 60 * 3 / 2, 3: 2_000_000 / 8 * 60 * 3 / 2}

func (a Ask) need() int64 {
	var n int64
	for _, t := range a.Tracks {
		n += bytesPerMinute[chunk.Track(t)] * int64(a.Minutes)
	}
	return n
}

// met says whether tracks reach a level: video takes the main track with its
// picture, audio that track or the audio-safe one. Part holds both to sound.
func (a Ask) met(level string) bool {
	main := slices.Contains(a.Tracks, 0)
	if level == policy.LevelVideo {
		return main && (a.Pictures == nil || slices.Contains(a.Pictures, 0))
	}
	return main || slices.Contains(a.Tracks, 1)
}

func (a Ask) check() error {
	if a.Minutes < 1 || a.Minutes > 24*60 || slices.ContainsFunc(a.Tracks, func(t int) bool { return t < 0 || t > 3 }) {
		return fault.New(fault.BadInput, "", "no length, or a track that is none")
	}
	return nil
}

// rows is what a query of a database or within a write gives.
type rows func(query string, args ...any) (*sql.Rows, error)

// free is what the disk has left, less what running recordings reserved and what
// archives on their way need, as far as it is not written yet. The caller holds
// b.reserving.
func (b *Book) free(query rows) (int64, error) {
	left, err := b.disk(b.config.Files)
	if err != nil {
		return 0, err
	}
	found, err := query(listReserved)
	if err != nil {
		return 0, err
	}
	defer found.Close()
	for found.Next() {
		var name string
		var reserve int64
		if err := found.Scan(&name, &reserve); err != nil {
			return 0, err
		}
		left -= max(0, reserve-written(filepath.Join(b.config.Files, name)))
	}
	for path, size := range b.arriving {
		left -= max(0, size-length(path))
	}
	return left, found.Err()
}

// length is how many bytes a file has; one that can't be read counts as empty.
func length(path string) int64 {
	info, err := os.Stat(path)
	if err != nil {
		return 0
	}
	return info.Size()
}

// written is how many bytes the files of a folder have.
func written(folder string) (n int64) {
	files, _ := os.ReadDir(folder)
	for _, f := range files {
		n += length(filepath.Join(folder, f.Name()))
	}
	return n
}

// diskLeft is how many bytes fit on the disk of a folder.
func diskLeft(folder string) (int64, error) {
	var disk syscall.Statfs_t
	err := syscall.Statfs(folder, &disk)
	return int64(disk.Bavail) * disk.Bsize, err
}

// Ready answers a room's pre-flight; nothing is kept.
func (b *Book) Ready(ctx context.Context, actor string, a Ask) (Ready, error) {
	if err := a.check(); err != nil {
		return Ready{}, err
	}
	interview, err := b.cases.Recordable(ctx, actor, a.Casefile, a.Interview)
	if err != nil {
		return Ready{}, err
	}
	r := Ready{Now: b.clock().UnixMilli(), Need: a.need(), Level: interview.Level, Met: a.met(interview.Level)}
	b.reserving.Lock()
	r.Free, err = b.free(b.db.Source(ctx).Query)
	b.reserving.Unlock()
	if err != nil {
		return Ready{}, err
	}
	all, err := b.Of(ctx, a.Casefile, a.Interview)
	for _, one := range all {
		if one.Stopped == 0 {
			r.Running = one.ID.String()
		}
	}
	return r, err
}

// Begun is what a recorder needs to begin.
type Begun struct {
	Recording
	CaseKey, Recovery string
}

// Start begins a recording. It is Refused below the level that the rules demand
// ("room.fault.level"), as a kind that the case's phase contradicts
// ("room.fault.kind"), and where the disk has no room for its whole length
// ("room.fault.disk"): a recording that runs must never be the one to stop.
func (b *Book) Start(ctx context.Context, actor string, a Ask) (Begun, error) {
	if err := errors.Join(a.check(), b.hold()); err != nil {
		return Begun{}, err
	}
	interview, err := b.cases.Recordable(ctx, actor, a.Casefile, a.Interview)
	if err != nil {
		return Begun{}, err
	}
	if !slices.Contains(interview.Kinds, a.Kind) {
		return Begun{}, fault.New(fault.Refused, "room.fault.kind", "no kind of recording for this phase of the case")
	}
	if !a.met(interview.Level) {
		return Begun{}, fault.New(fault.Refused, "room.fault.level", "the tracks do not reach the level")
	}
	out := Begun{Recovery: b.config.Recovery}
	if out.CaseKey, err = b.cases.Key(ctx, actor, a.Casefile); err != nil {
		return Begun{}, err
	}
	if out.CaseKey == "" {
		return Begun{}, fault.New(fault.Refused, "room.fault.no_key", "a case without a key")
	}
	_, _ = rand.Read(out.ID[:]) // never fails, crypto/rand ends the process first
	out.Casefile, out.Interview, out.Channel, out.Kind, out.Level, out.Room = a.Casefile, a.Interview, interview.Channel, a.Kind, interview.Level, interview.Room
	out.Started, out.Starter = b.clock().UnixMilli(), actor
	facts, err := json.Marshal(sealedFacts{proof.Pack{Name: interview.Pack, Version: interview.Version, Hash: interview.Hash, Decision: chunk.Hash(sha256.Sum256(interview.Decision))},
		interview.Roles, interview.Deviations})
	if err != nil {
		return Begun{}, err
	}
	if err := errors.Join(os.MkdirAll(b.folder(out.ID), 0o700), syncFolder(b.config.Files)); err != nil {
		return Begun{}, err
	}
	act := b.act("recording.started", actor, out.Recording)
	act.Facts["kind"], act.Facts["level"] = a.Kind, interview.Level
	b.reserving.Lock()
	defer b.reserving.Unlock()
	_, err = b.log.Do(ctx, act, func(tx *db.Tx) error {
		var other int
		if err := tx.QueryRow(countRunning, a.Casefile, a.Interview).Scan(&other); err != nil {
			return err
		}
		if other > 0 {
			return fault.New(fault.Conflict, "room.fault.running", "a recording of this interview runs")
		}
		free, err := b.free(tx.Query)
		if err != nil {
			return err
		}
		if free < a.need() {
			return fault.New(fault.Unavailable, "room.fault.disk", "no room for the whole length")
		}
		_, err = tx.Exec(insertRecording, out.ID.String(), a.Casefile, a.Interview, interview.Channel, a.Kind, interview.Level, interview.Room, out.Started, actor, a.need(), facts)
		return err
	})
	return out, err
}

// sealedFacts are what the manifest says of the rules, kept from the start on.
type sealedFacts struct {
	Pack       proof.Pack
	Roles      []proof.Role
	Deviations []proof.Deviation
}

// Resume gives a recorder that lost its page what it began with, or whoever may
// take over from one that is gone; see mayRecord.
func (b *Book) Resume(ctx context.Context, actor string, id chunk.ID) (Begun, error) {
	begun, err := b.Running(ctx, actor, id)
	if err != nil {
		return Begun{}, err
	}
	live, err := b.open(ctx, id)
	if err != nil {
		return Begun{}, err
	}
	_, err = b.mayRecord(ctx, actor, live)
	return begun, err
}

// Running gives a recording that is not over to those who follow it.
func (b *Book) Running(ctx context.Context, actor string, id chunk.ID) (Begun, error) {
	r, err := b.Get(ctx, actor, id)
	if err != nil {
		return Begun{}, err
	}
	if r.Stopped > 0 {
		return Begun{}, fault.New(fault.Conflict, "room.fault.over", "the recording is over")
	}
	key, err := b.cases.Key(ctx, actor, r.Casefile)
	return Begun{r, key, b.config.Recovery}, err
}
