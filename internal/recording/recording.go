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
	"context"
	"database/sql"
	"errors"
	"os"
	"path/filepath"
	"sync"
	"time"

	"verhaal/internal/custody"
	"verhaal/internal/db"
	"verhaal/internal/fault"
	"verhaal/internal/lock"
	"verhaal/internal/policy"
	"verhaal/internal/recording/chunk"
	"verhaal/internal/recording/proof"
)

// Interview is what a recording must know of an interview.
type Interview struct {
	Casefile, ID, Channel, Number string
	Kinds                         []string // that fit the phase of the case: interview, talk, formal_report
	Level                         string   // that the rules demand: none, audio, video
	Room                          string   // kind of room, of the pack
	Pack, Version, Hash           string
	Decision                      []byte // that was relied on
	Roles                         []proof.Role
	Deviations                    []proof.Deviation
}

// Case is what somebody outside it must know: its number, and the key to
// seal to ("" while a new one is due).
type Case struct{ Number, Recipient string }

// Cases knows case files.
type Cases interface {
	// Recordable is the interview, for a member of its case; Refused unless it
	// was confirmed, the rules still allow it, and it is its day.
	Recordable(ctx context.Context, actor, casefile, interview string) (Interview, error)
	// MayRead is nil for a member of a case.
	MayRead(ctx context.Context, actor, casefile string) error
	// Key is the case key to seal to; "" while there is none.
	Key(ctx context.Context, actor, casefile string) (recipient string, err error)
	// Outside is a case, for a prosecutor who has no part in it.
	Outside(ctx context.Context, prosecutor, casefile string) (Case, error)
	// Heard lists the cases in which a prosecutor was asked or told something.
	Heard(ctx context.Context, prosecutor string) (casefiles []string, err error)
	// Recorded hears, inside the act that seals a recording in which somebody is
	// heard, that its interview was held, and what it says of itself by the names
	// of the rules' facts.
	Recorded(tx *db.Tx, actor, casefile, interview string, shown map[string]string) error
	// TopicLinked hears, inside the act that links a topic to a recording, that it
	// was told in this interview.
	TopicLinked(tx *db.Tx, actor, casefile, interview string) error
	// RecordSigned hears, inside the act that signs an official record, which
	// fields it has.
	RecordSigned(tx *db.Tx, actor, casefile, interview string, fields []string) error
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
	// Unstamped hears after each turn how many seals have no stamp yet, and why;
	// nil for nobody.
	Unstamped func(left int, err error)
	// Room finds a kind of room of the pack in force; nil where nobody follows.
	Room func(id string) (policy.RoomKind, bool)
	// Certified says whether somebody holds a certificate that counts today.
	Certified func(ctx context.Context, staff, kind string) (bool, error)
	// Power finds who may grant what, in the pack in force; nil where there is no pack.
	Power  func(id string) (policy.Power, bool)
	Formal Formal // nil where no talk becomes a formal report
}

// Book keeps all recordings. It is safe for concurrent use; one process owns
// its folders.
type Book struct {
	db     *db.DB
	log    *custody.Log
	cases  Cases
	clock  func() time.Time
	config Config
	disk   func(folder string) (int64, error) // bytes that it has left

	mu   sync.Mutex // guards what follows; nobody reads or waits while holding it
	live map[chunk.ID]*opening
	held *os.File // the lock on the folder of the records; nil before they are used

	reserving sync.Mutex       // nobody else takes of the disk between a look at what it has left and the reserve; guards arriving
	arriving  map[string]int64 // paths of archives that come for prosecutors, and how long they will be

	copying sync.Mutex // guards toCopy
	toCopy  []followed
	wake    chan struct{} // there is something for Run
	again   time.Duration // after a failure, a copy or a stamp is tried once more
}

// New opens the book. Whichever process first uses the records keeps them until
// its Close: see hold.
func New(d *db.DB, log *custody.Log, cases Cases, c Config, clock func() time.Time) (*Book, error) {
	for _, folder := range []string{c.Files, c.Keys} {
		if err := os.MkdirAll(folder, 0o700); err != nil {
			return nil, err
		}
	}
	return &Book{db: d, log: log, cases: cases, clock: clock, config: c, disk: diskLeft, live: map[chunk.ID]*opening{}, arriving: map[string]int64{}, wake: make(chan struct{}, 1), again: 5 * time.Second}, nil
}

// hold takes the folder of the records for this process. Two that append to one
// part would each cut off what the other wrote.
func (b *Book) hold() error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.held != nil {
		return nil
	}
	held, err := lock.Take(filepath.Join(b.config.Files, "lock"))
	if errors.Is(err, lock.ErrHeld) {
		return fault.New(fault.Unavailable, "room.fault.process", "another process keeps the recordings in %s: send what is about recordings there, or stop it", b.config.Files)
	}
	b.held = held
	return err
}

// Close gives the folder up; nothing is written after it.
func (b *Book) Close() error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.held == nil {
		return nil
	}
	return b.held.Close()
}

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
	Starter   string
	Stopped   int64 // 0 while it runs
	Sealed    bool
}

// Recorded says, inside an act, whether an interview has a recording that runs,
// or a sealed one in which somebody is heard.
func Recorded(tx *db.Tx, casefile, interview string) (bool, error) {
	var n int
	err := tx.QueryRow(countRecordings, casefile, interview).Scan(&n)
	return n > 0, err
}

// Runs says whether a recording of an interview runs now.
func (b *Book) Runs(ctx context.Context, casefile, interview string) (bool, error) {
	var n int
	err := b.db.QueryRow(ctx, countRunning, casefile, interview).Scan(&n)
	return n > 0, err
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
	if err = row.Scan(&id, &r.Casefile, &r.Interview, &r.Channel, &r.Kind, &r.Level, &r.Room, &r.Started, &r.Starter, &r.Stopped, &sealed); err != nil {
		return r, err
	}
	r.Sealed = sealed != 0
	return r, r.ID.UnmarshalText([]byte(id))
}

// Day is when it began.
func (r Recording) Day() time.Time { return time.UnixMilli(r.Started).UTC() }

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
