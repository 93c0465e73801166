// Package recording keeps the recordings of interviews: it takes the encrypted
// records of a room as they come, gives them to those who watch, and seals the
// whole when the room is empty. chunk says what a record is, proof what a seal
// is; nothing here can decrypt anything.
//
// Start begins a recording of an interview that the rules allow, Part begins a
// run of one recorder, Append takes records and answers when they are on the
// disk, Stop seals. Release gives out the server's half of the keys, minute by
// minute, as acts.
//
// Promises: an acknowledged byte is on the disk (fdatasync) and is never
// changed; after a crash the files tell what there is, not the database; the
// half of the keys that is made here is on the disk before the first record.
package recording

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"database/sql"
	"encoding/json"
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"syscall"
	"time"

	"verhaal/internal/custody"
	"verhaal/internal/db"
	"verhaal/internal/fault"
	"verhaal/internal/recording/chunk"
	"verhaal/internal/recording/proof"
	"verhaal/internal/seal"
)

// Interview is what a recording must know of an interview.
type Interview struct {
	Casefile, ID, Channel, Number string
	Level                         string // that the rules demand: none, audio, video
	Room                          string // kind of room, of the pack
	Pack, Version, Hash           string
	Decision                      []byte // that was relied on
	Roles                         []proof.Role
	Deviations                    []proof.Deviation
}

// Cases knows case files.
type Cases interface {
	// Recordable is the interview, for a member of its case; Refused unless it
	// was confirmed, the rules still allow it, and it is its day.
	Recordable(ctx context.Context, actor, casefile, interview string) (Interview, error)
	// MayRead is nil for a member of a case.
	MayRead(ctx context.Context, actor, casefile string) error
	// Key is the case key to seal to; "" while there is none.
	Key(ctx context.Context, actor, casefile string) (recipient string, err error)
}

// Config of a Book.
type Config struct {
	Files    string // folder of the records
	Keys     string // folder of the server's halves of the keys, elsewhere
	Recovery string // the installation's recovery recipient
	Software string // version of the build
	Copies   Copies // a second copy of the records; nil for none
	// CopyFirst acknowledges nothing before the second copy has it too.
	CopyFirst bool
	Stamp     Stamper // RFC 3161; nil for none
}

// Book keeps all recordings. It is safe for concurrent use; one process owns
// its folders.
type Book struct {
	db     *db.DB
	log    *custody.Log
	cases  Cases
	clock  func() time.Time
	config Config

	mu   sync.Mutex // guards live
	live map[chunk.ID]*running

	copying sync.Mutex // guards toCopy
	toCopy  []followed
	wake    chan struct{} // there is something for Run
	again   time.Duration // after a failure, a copy or a stamp is tried once more
}

// New opens the book.
func New(d *db.DB, log *custody.Log, cases Cases, c Config, clock func() time.Time) (*Book, error) {
	for _, folder := range []string{c.Files, c.Keys} {
		if err := os.MkdirAll(folder, 0o700); err != nil {
			return nil, err
		}
	}
	return &Book{db: d, log: log, cases: cases, clock: clock, config: c, live: map[chunk.ID]*running{}, wake: make(chan struct{}, 1), again: 5 * time.Second}, nil
}

// Kinds of a recording.
var kinds = []string{"interview", "talk", "formal_report"}

// Recording is one recording.
type Recording struct {
	ID        chunk.ID
	Casefile  string
	Interview string
	Channel   string
	Kind      string
	Level     string
	Room      string
	Started   int64 // Unix ms
	Stopped   int64 // 0 while it runs
	Sealed    bool
}

// Ask is what pre-flight asks, and what a recording begins with.
type Ask struct {
	Casefile, Interview string
	Kind                string
	Minutes             int
	Tracks              []int
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

// met says whether tracks reach a level: video takes the main track, audio any
// track with sound.
func (a Ask) met(level string) bool {
	return len(a.Tracks) > 0 && (level != "video" || slices.Contains(a.Tracks, 0)) && (slices.Contains(a.Tracks, 0) || slices.Contains(a.Tracks, 1))
}

func (a Ask) check() error {
	if a.Minutes < 1 || a.Minutes > 24*60 || slices.ContainsFunc(a.Tracks, func(t int) bool { return t < 0 || t > 3 }) {
		return fault.New(fault.BadInput, "", "no length, or a track that is none")
	}
	return nil
}

// free is what the disk has left, less what running recordings reserved.
func (b *Book) free(ctx context.Context) (int64, error) {
	var disk syscall.Statfs_t
	if err := syscall.Statfs(b.config.Files, &disk); err != nil {
		return 0, err
	}
	var reserved int64
	err := b.db.QueryRow(ctx, sumReserved).Scan(&reserved)
	return int64(disk.Bavail)*disk.Bsize - reserved, err
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
	if r.Free, err = b.free(ctx); err != nil {
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
// ("room.fault.level") and where the disk has no room for its whole length
// ("room.fault.disk"): a recording that runs must never be the one to stop.
func (b *Book) Start(ctx context.Context, actor string, a Ask) (Begun, error) {
	if err := a.check(); err != nil {
		return Begun{}, err
	}
	if !slices.Contains(kinds, a.Kind) {
		return Begun{}, fault.New(fault.BadInput, "", "no kind of recording")
	}
	interview, err := b.cases.Recordable(ctx, actor, a.Casefile, a.Interview)
	if err != nil {
		return Begun{}, err
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
	free, err := b.free(ctx)
	if err != nil {
		return Begun{}, err
	}
	if free < a.need() {
		return Begun{}, fault.New(fault.Unavailable, "room.fault.disk", "no room for the whole length")
	}
	_, _ = rand.Read(out.ID[:]) // never fails, crypto/rand ends the process first
	out.Casefile, out.Interview, out.Channel, out.Kind, out.Level, out.Room = a.Casefile, a.Interview, interview.Channel, a.Kind, interview.Level, interview.Room
	out.Started = b.clock().UnixMilli()
	facts, err := json.Marshal(sealedFacts{proof.Pack{Name: interview.Pack, Version: interview.Version, Hash: interview.Hash, Decision: chunk.Hash(sha256.Sum256(interview.Decision))},
		interview.Roles, interview.Deviations})
	if err != nil {
		return Begun{}, err
	}
	if err := os.MkdirAll(b.folder(out.ID), 0o700); err != nil {
		return Begun{}, err
	}
	act := b.act("recording.started", actor, out.Recording)
	act.Facts["kind"], act.Facts["level"] = a.Kind, interview.Level
	_, err = b.log.Do(ctx, act, func(tx *db.Tx) error {
		var other int
		if err := tx.QueryRow(countRunning, a.Casefile, a.Interview).Scan(&other); err != nil {
			return err
		}
		if other > 0 {
			return fault.New(fault.Conflict, "room.fault.running", "a recording of this interview runs")
		}
		_, err := tx.Exec(insertRecording, out.ID.String(), a.Casefile, a.Interview, interview.Channel, a.Kind, interview.Level, interview.Room, out.Started, actor, a.need(), facts)
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

// Resume gives a recorder that lost its page what it began with.
func (b *Book) Resume(ctx context.Context, actor string, id chunk.ID) (Begun, error) {
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

// Get finds a recording for a member of its case.
func (b *Book) Get(ctx context.Context, actor string, id chunk.ID) (Recording, error) {
	r, err := b.find(ctx, id)
	if err != nil {
		return Recording{}, err
	}
	return r, b.cases.MayRead(ctx, actor, r.Casefile)
}

func (b *Book) find(ctx context.Context, id chunk.ID) (Recording, error) {
	r, err := scan(b.db.QueryRow(ctx, findRecording, id.String()))
	if errors.Is(err, sql.ErrNoRows) {
		return r, fault.New(fault.NotFound, "", "no such recording")
	}
	return r, err
}

func scan(row interface{ Scan(...any) error }) (r Recording, err error) {
	var id string
	var sealed int
	if err = row.Scan(&id, &r.Casefile, &r.Interview, &r.Channel, &r.Kind, &r.Level, &r.Room, &r.Started, &r.Stopped, &sealed); err != nil {
		return r, err
	}
	r.Sealed = sealed != 0
	return r, r.ID.UnmarshalText([]byte(id))
}

// Of lists the recordings of an interview, the first to begin first. The caller
// must have asked whether the actor may read the case.
func (b *Book) Of(ctx context.Context, casefile, interview string) ([]Recording, error) {
	rows, err := b.db.Query(ctx, listRecordings, casefile, interview)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var out []Recording
	for rows.Next() {
		r, err := scan(rows)
		if err != nil {
			return nil, err
		}
		out = append(out, r)
	}
	return out, rows.Err()
}

func (b *Book) folder(id chunk.ID) string { return filepath.Join(b.config.Files, id.String()) }

func (b *Book) file(p chunk.Part) string { return filepath.Join(b.folder(p.Recording), p.File()) }

func (b *Book) keyFile(p chunk.Part) string {
	return filepath.Join(b.config.Keys, p.Recording.String(), p.File()+".key")
}

// Part begins a run of a recorder on a track, after any run before. shareA is
// the recorder's half of the key, an age file to the case key and the recovery
// key; the server's half is on the disk before it is given out.
func (b *Book) Part(ctx context.Context, actor string, id chunk.ID, track chunk.Track, codec chunk.Codec, shareA []byte) (chunk.Part, chunk.Secret, error) {
	none := chunk.Part{}
	r, err := b.Get(ctx, actor, id)
	if err != nil {
		return none, chunk.Secret{}, err
	}
	if track > 3 || !codec.Valid() {
		return none, chunk.Secret{}, fault.New(fault.BadInput, "", "a track or codec that is none")
	}
	if err := seal.CheckFile(shareA, 2); err != nil {
		return none, chunk.Secret{}, err
	}
	live, err := b.open(ctx, id)
	if err != nil {
		return none, chunk.Secret{}, err
	}
	half := chunk.NewSecret()
	sealed, err := proof.SealShare(half, b.config.Recovery)
	if err != nil {
		return none, chunk.Secret{}, err
	}
	p := chunk.Part{Recording: id, Track: track}
	act := b.act("recording.part_opened", actor, r)
	act.Facts["track"], act.Hashes["share"] = number(int64(track)), sum(shareA)
	_, err = b.log.Do(ctx, act, func(tx *db.Tx) error {
		var stopped int64
		var n int
		if err := tx.QueryRow(findStopped, id.String()).Scan(&stopped); err != nil {
			return err
		}
		if stopped > 0 {
			return fault.New(fault.Conflict, "room.fault.over", "the recording is over")
		}
		if err := tx.QueryRow(countParts, id.String(), int64(track)).Scan(&n); err != nil {
			return err
		}
		p.Number = uint16(n)
		if err := keep(b.keyFile(p), half[:]); err != nil {
			return err
		}
		_, err := tx.Exec(insertPart, id.String(), int64(track), n, int64(codec), b.clock().UnixMilli(), actor, shareA, sealed)
		return err
	})
	if err != nil {
		return none, chunk.Secret{}, err
	}
	return p, half, b.begin(live, p, codec)
}

// keep writes a small secret durably: file and folder are on the disk when it returns.
func keep(path string, data []byte) error { return replace(path, bytes.NewReader(data)) }

// replace writes a whole file durably.
func replace(path string, from io.Reader) error {
	folder := filepath.Dir(path)
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return err
	}
	f, err := os.OpenFile(path, os.O_CREATE|os.O_WRONLY|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	_, err = io.Copy(f, from)
	err = errors.Join(err, f.Sync(), f.Close())
	if err != nil {
		return err
	}
	return syncFolder(folder, filepath.Dir(folder))
}

func syncFolder(folders ...string) error {
	for _, name := range folders {
		d, err := os.Open(name)
		if err != nil {
			return err
		}
		if err := errors.Join(d.Sync(), d.Close()); err != nil {
			return err
		}
	}
	return nil
}

func sum(b []byte) []byte {
	h := sha256.Sum256(b)
	return h[:]
}

// Counted is a recording as statistics count it: one with a gap failed.
type Counted struct {
	Channel string
	At      int64 // unix seconds
	Failed  bool
}

// Each tells of every recording that began before a moment (unix seconds) and is over.
func (b *Book) Each(ctx context.Context, until int64, yield func(Counted)) error {
	rows, err := b.db.Query(ctx, listCounted, until*1000)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var c Counted
		var failed int
		if err := rows.Scan(&c.Channel, &c.At, &failed); err != nil {
			return err
		}
		c.At, c.Failed = c.At/1000, failed != 0
		yield(c)
	}
	return rows.Err()
}
